#include "broker/tls_options.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace takhin::broker {
namespace {

using config::Option;

constexpr std::string_view kClientAuths[] = {"none", "requested", "required"};

const Option kCertificate{.key = "kafka.ssl.keystore.location", .fallback = std::string(""),
                          .doc = "PEM file of SSL listeners: the certificate, what leads to its root, and the private key "
                                 "unless that "
                                 "has a file of its own."};
const Option kKey{.key = "kafka.ssl.keystore.key.location", .fallback = std::string(""),
                  .doc = "PEM file of the private key; empty: it is in kafka.ssl.keystore.location."};
const Option kKeyPassword{
    .key = "kafka.ssl.key.password", .fallback = std::string(""), .doc = "Of an encrypted private key.", .secret = true};
const Option kAuthorities{.key = "kafka.ssl.truststore.location", .fallback = std::string(""),
                          .doc = "PEM file of the authorities that may sign clients' certificates."};
const Option kClientAuth{.key = "kafka.ssl.client.auth",
                         .fallback = std::string("none"),
                         .doc = "Whether clients show a certificate. One that is shown must be good, also where it is "
                                "only requested.",
                         .choices = kClientAuths};
const Option kClientAuthMap{.key = "kafka.listener.ssl.client.auth.map", .fallback = std::string(""),
                            .doc = "name:none, name:requested or name:required with commas, for listeners that ask otherwise."};
const Option kProtocols{.key = "kafka.ssl.enabled.protocols", .fallback = std::string("TLSv1.2,TLSv1.3"),
                        .doc = "Of TLSv1.2, TLSv1.3, with commas."};
const Option kCiphers{.key = "kafka.ssl.cipher.suites", .fallback = std::string(""),
                      .doc = "Of TLS 1.2, as OpenSSL writes a list of ciphers; empty: its default."};
const Option kRules{.key = "kafka.ssl.principal.mapping.rules", .fallback = std::string("DEFAULT"),
                    .doc = "Who a client is by the name in its certificate: RULE:pattern/replacement/[LU] or DEFAULT, "
                           "with commas; the "
                           "first that matches counts. Patterns are RE2's and match the whole name."};
const Option kHandshake{.key = "kafka.ssl.handshake.timeout.ms", .fallback = std::int64_t{10'000}, .min = 10, .max = 600'000,
                        .doc = "How long a TLS handshake may take."};
const Option kReload{.key = "kafka.ssl.reload.interval.ms", .fallback = std::int64_t{5'000}, .min = 0, .max = 86'400'000,
                     .doc = "Between two looks at the PEM files, for new certificates; 0: they are read at the start only."};
constexpr std::array kRows{&kCertificate, &kKey,     &kKeyPassword, &kAuthorities, &kClientAuth, &kClientAuthMap,
                           &kProtocols,   &kCiphers, &kRules,       &kHandshake,   &kReload};

std::optional<net::ClientAuth> client_auth_of(std::string_view text) {
  const auto* at = std::ranges::find(kClientAuths, text);
  if (at == std::end(kClientAuths)) return std::nullopt;
  return static_cast<net::ClientAuth>(at - std::begin(kClientAuths));
}

Result<> set_protocols(const config::Settings& settings, net::TlsOptions& tls) {
  tls.tls12 = tls.tls13 = false;
  for (const auto name : members_of(settings.text(kProtocols))) {
    if (name == "TLSv1.2") tls.tls12 = true;
    else if (name == "TLSv1.3") tls.tls13 = true;
    else return config::broken_rule(settings, kProtocols, "must be of TLSv1.2, TLSv1.3");
  }
  if (!tls.tls12 && !tls.tls13) return config::broken_rule(settings, kProtocols, "must name one");
  return done();
}

Result<> set_client_auth(const config::Settings& settings, net::ClientAuth all, std::vector<ListenerSpec>& listeners) {
  for (ListenerSpec& listener : listeners) {
    if (uses_tls(listener.protocol)) listener.client_auth = all;
  }
  TRY(const auto rows, listener_map(settings, kClientAuthMap));
  for (const auto& [name, value] : rows) {
    const auto listener = std::ranges::find(listeners, name, &ListenerSpec::name);
    const auto wanted = client_auth_of(value);
    if (listener == listeners.end() || !uses_tls(listener->protocol) || !wanted) {
      return config::broken_rule(settings, kClientAuthMap,
                                 fmt::format("{}: not an SSL listener, or not none, requested or required", name));
    }
    listener->client_auth = *wanted;
  }
  return done();
}

}  // namespace

std::span<const Option* const> tls_rows() { return kRows; }

Result<TlsSettings> tls_from(const config::Settings& settings, std::vector<ListenerSpec>& listeners) {
  TlsSettings out;
  out.tls.certificate_file = settings.text(kCertificate);
  out.tls.key_file = settings.text(kKey);
  out.tls.key_password = settings.text(kKeyPassword);
  out.tls.ca_file = settings.text(kAuthorities);
  out.tls.ciphers = settings.text(kCiphers);
  out.handshake_ms = settings.integer(kHandshake);
  out.reload_ms = settings.integer(kReload);
  TRY(set_protocols(settings, out.tls));
  auto rules = security::PrincipalRules::parse(settings.text(kRules));
  if (!rules.ok()) return config::broken_rule(settings, kRules, rules.error().text);
  out.principals = *std::move(rules);
  TRY(set_client_auth(settings, *client_auth_of(settings.text(kClientAuth)), listeners));
  const auto any = [&](auto what) { return std::ranges::any_of(listeners, what); };
  if (any([](const auto& one) { return uses_tls(one.protocol); }) && out.tls.certificate_file.empty()) {
    return config::broken_rule(settings, kCertificate, "must be set for SSL listeners");
  }
  if (any([](const auto& one) { return one.client_auth != net::ClientAuth::kNone; }) && out.tls.ca_file.empty()) {
    return config::broken_rule(settings, kAuthorities, "must be set where clients show certificates");
  }
  return out;
}

}  // namespace takhin::broker
