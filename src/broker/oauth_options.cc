#include "broker/oauth_options.h"

#include <array>

#include "base/text.h"

namespace takhin::broker {
namespace {

using config::Option;

const Option kUrl{.key = "kafka.sasl.oauthbearer.jwks.endpoint.url", .fallback = std::string(""),
                  .doc = "Where the keys are that sign tokens: a JSON web key set at an https URL, an http one on this "
                         "machine, or in a "
                         "file (file:///path)."};
const Option kCa{.key = "kafka.sasl.oauthbearer.jwks.endpoint.ca.file", .fallback = std::string(""),
                 .doc = "PEM file of the authorities that the key set's server is trusted by; empty: the system's."};
const Option kRefresh{.key = "kafka.sasl.oauthbearer.jwks.endpoint.refresh.ms",
                      .fallback = std::int64_t{3'600'000},
                      .min = 1'000,
                      .max = 86'400'000,
                      .doc = "Between two fetches of the key set; an unknown key has it fetched at once, a file is looked "
                             "at every "
                             "five seconds."};
const Option kAudience{.key = "kafka.sasl.oauthbearer.expected.audience", .fallback = std::string(""),
                       .doc = "Whom a token must be for (aud), one of these, with commas. Empty: any token of the issuer "
                              "opens the "
                              "broker, also one for another service."};
const Option kIssuer{.key = "kafka.sasl.oauthbearer.expected.issuer", .fallback = std::string(""),
                     .doc = "Who must have issued a token (iss); empty: whoever has a key of the set."};
const Option kSkew{.key = "kafka.sasl.oauthbearer.clock.skew.seconds", .fallback = std::int64_t{30}, .min = 0, .max = 3'600,
                   .doc = "By how much the issuer's clock may differ."};
const Option kSubject{.key = "kafka.sasl.oauthbearer.sub.claim.name", .fallback = std::string("sub"),
                      .doc = "The claim of a token that names the user."};
const Option kScopeName{.key = "kafka.sasl.oauthbearer.scope.claim.name", .fallback = std::string("scope"),
                        .doc = "The claim of a token that lists its scopes."};
const Option kScopes{.key = "kafka.sasl.oauthbearer.required.scopes", .fallback = std::string(""),
                     .doc = "Scopes that a token must have, all of them, with commas."};
constexpr std::array kRows{&kUrl, &kCa, &kRefresh, &kAudience, &kIssuer, &kSkew, &kSubject, &kScopeName, &kScopes};

std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> out;
  for (const auto member : members_of(text)) out.emplace_back(member);
  return out;
}

}  // namespace

std::span<const Option* const> oauth_rows() { return kRows; }

Result<security::OAuthOptions> oauth_from(const config::Settings& settings, bool wanted) {
  security::OAuthOptions out;
  out.jwks_url = settings.text(kUrl);
  out.jwks_ca_file = settings.text(kCa);
  out.refresh_ms = settings.integer(kRefresh);
  out.rules.audiences = list_of(settings.text(kAudience));
  out.rules.issuer = settings.text(kIssuer);
  out.rules.skew_seconds = settings.integer(kSkew);
  out.rules.principal_claim = settings.text(kSubject);
  out.rules.scope_claim = settings.text(kScopeName);
  out.rules.scopes = list_of(settings.text(kScopes));
  if (wanted && out.jwks_url.empty()) return config::broken_rule(settings, kUrl, "must be set for OAUTHBEARER");
  if (!out.jwks_url.empty() && !security::is_key_set_url(out.jwks_url)) {
    return config::broken_rule(settings, kUrl, "must be https://, http:// to this machine, or file:///");
  }
  if (out.rules.principal_claim.empty()) return config::broken_rule(settings, kSubject, "must not be empty");
  return out;
}

}  // namespace takhin::broker
