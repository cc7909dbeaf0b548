#include "object/credential_text.h"

#include <algorithm>
#include <boost/json.hpp>

#include "object/s3/text.h"
#include "object/s3/xml.h"

namespace takhin::object {
namespace {

namespace json = boost::json;

std::string member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string();
}

/// The four fields as texts: what both forms have in common.
Result<Credentials> checked(Credentials credentials, const std::string& expiration) {
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return fail(Kind::kCorrupt, "the answer holds no keys");
  }
  if (expiration.empty()) return credentials;
  const TimestampMs expires = s3::parse_iso8601(expiration);
  if (expires == TimestampMs{}) return fail(Kind::kCorrupt, "the answer's Expiration is no time");
  credentials.expires = expires;
  return credentials;
}

Result<json::object> object_of(View document) {
  boost::system::error_code error;
  const std::string_view text = text_of(document);
  json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return fail(Kind::kCorrupt, "the answer is no JSON object");
  return std::move(value.get_object());
}

}  // namespace

std::string value_of(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::map<std::string, std::string> ini_section(std::string_view text, std::string_view section) {
  std::map<std::string, std::string> values;
  bool inside = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view raw = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view line = trimmed(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      inside = trimmed(line.substr(1, line.find(']') - 1)) == section;
      continue;
    }
    const auto equals = line.find('=');
    if (!inside || equals == std::string_view::npos || raw.front() == ' ' || raw.front() == '\t') continue;
    std::string key(trimmed(line.substr(0, equals)));
    std::ranges::transform(key, key.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    values[std::move(key)] = trimmed(line.substr(equals + 1));
  }
  return values;
}

Result<Credentials> credentials_of_json(View document) {
  TRY(const json::object object, object_of(document));
  const std::string code = member(object, "Code");
  if (!code.empty() && code != "Success") return fail(Kind::kUnavailable, "the answer's Code is not Success");
  return checked({member(object, "AccessKeyId"), member(object, "SecretAccessKey"), member(object, "Token"), {}},
                 member(object, "Expiration"));
}

Result<Credentials> credentials_of_process(View document) {
  TRY(const json::object object, object_of(document));
  const auto* version = object.if_contains("Version");
  if (version == nullptr || !version->is_int64() || version->get_int64() != 1) {
    return fail(Kind::kCorrupt, "the answer's Version is not 1");
  }
  return checked({member(object, "AccessKeyId"), member(object, "SecretAccessKey"), member(object, "SessionToken"), {}},
                 member(object, "Expiration"));
}

Result<std::vector<std::string>> words_of(std::string_view command) {
  std::vector<std::string> words;
  bool inside = false;  // a word, maybe an empty one
  char quote = 0;
  for (std::size_t at = 0; at < command.size(); ++at) {
    const char c = command[at];
    const char next = at + 1 < command.size() ? command[at + 1] : '\0';
    if (quote == 0 && (c == ' ' || c == '\t')) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && next != '\0' && (quote == 0 || (quote == '"' && (next == '"' || next == '\\')))) {
      words.back() += next;
      ++at;
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) return fail(Kind::kInvalid, "a quote without an end");
  if (words.empty() || words.front().empty()) return fail(Kind::kInvalid, "no program");
  return words;
}

Result<Credentials> credentials_of_sts(View document) {
  TRY(auto fields, s3::parse_assumed_role(document));
  return checked({std::move(fields.access_key), std::move(fields.secret_key), std::move(fields.session_token), {}},
                 fields.expiration);
}

}  // namespace takhin::object
