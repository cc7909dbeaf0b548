// Bytes that pretend to hold credentials: a file of profiles, a JSON document, STS's XML. Whatever is wrong with them, no error
// quotes them.

#include <string>

#include "object/credential_text.h"

namespace {

using namespace takhin;
using namespace takhin::object;

constexpr std::string_view kSecret = "wJalrXUtnFEMI";

void check_answer(const Result<Credentials>& answer) {
  if (answer.ok()) {
    TAKHIN_ASSERT(!answer->access_key.empty() && !answer->secret_key.empty(), "credentials without keys");
  } else {
    TAKHIN_ASSERT(answer.error().text.find(kSecret) == std::string::npos, "an error that quotes what is secret");
  }
}

void check_section(std::string_view text, std::string_view section) {
  for (const auto& [key, value] : ini_section(text, section)) {
    TAKHIN_ASSERT(trimmed(key) == key && trimmed(value) == value, "blanks around a key or value");
    TAKHIN_ASSERT(key.find('=') == std::string::npos, "a key with a part of its value");
    TAKHIN_ASSERT(key.find('\n') == std::string::npos && value.find('\n') == std::string::npos, "two lines in one");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const View given(reinterpret_cast<const std::byte*>(data), size);
  const std::string text(text_of(given));
  check_section(text, "default");
  check_section("[default]\n" + text, "default");
  check_section(text, text.substr(0, 8));
  check_answer(credentials_of_json(given));
  check_answer(credentials_of_sts(given));
  check_answer(credentials_of_process(given));
  if (const auto words = words_of(text); words.ok()) {
    TAKHIN_ASSERT(!words->empty() && !words->front().empty(), "a command line without a program");
  } else {
    TAKHIN_ASSERT(words.error().text.size() < 32, "an error that quotes the command line");
  }
  const std::string secret(kSecret);
  check_answer(credentials_of_json(view_of(R"({"AccessKeyId":"A","SecretAccessKey":")" + secret + R"(",)" + text + "}")));
  check_answer(credentials_of_json(view_of(R"({"AccessKeyId":"A","SecretAccessKey":")" + secret + text + R"("})")));
  check_answer(credentials_of_sts(
      view_of("<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><SecretAccessKey>" + secret +
              "</SecretAccessKey>" + text)));
  return 0;
}
