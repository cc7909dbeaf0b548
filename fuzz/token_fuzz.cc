// Bytes that pretend to be a SASL OAUTHBEARER message, a token, a key set or rules for names: none may crash, and no token
// that was not signed may be taken.

#include <string>

#include "broker/security/jwt.h"
#include "broker/security/oauth.h"
#include "broker/security/principal_rules.h"

namespace {

using namespace takhin;
using namespace takhin::broker::security;

/// P-256's own base point: a key whose secret everybody knows is 1, but no input of ours signs by it.
constexpr std::string_view kKeys =
    R"({"keys":[{"kty":"EC","kid":"k","crv":"P-256","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",)"
    R"("y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}]})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const KeySet keys = *KeySet::parse(view_of(kKeys));
  const View given(reinterpret_cast<const std::byte*>(data), size);
  const std::string text(text_of(given));
  for (const std::string& token : {text, "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ." + text, text + ".e30." + std::string(86, 'A')}) {
    const auto checked = check_token(token, keys, {}, 1'700'000'000'000);
    TAKHIN_ASSERT(!checked.ok() || !checked->principal.empty(), "a token of nobody");
  }
  for (const std::string& message : {text, "n,,\x01" + text, "n,,\x01" "auth=Bearer " + text + "\x01\x01"}) {
    const auto parsed = parse_oauth_message(message);
    TAKHIN_ASSERT(!parsed.ok() || !parsed->token.empty(), "a message without a token");
  }
  if (const auto set = KeySet::parse(given); set.ok()) {
    for (const auto& key : set->keys()) TAKHIN_ASSERT(key.key != nullptr, "a key that is none");
  }
  if (size < 200) {
    if (const auto rules = PrincipalRules::parse(text); rules.ok()) static_cast<void>(rules->apply("CN=alice,OU=eng"));
  }
  return 0;
}
