#pragma once
// Options of TLS on the Kafka listeners. Names are Kafka's, of its PEM stores.

#include <cstdint>
#include <span>

#include "broker/listeners.h"
#include "broker/net/tls_context.h"
#include "broker/security/principal_rules.h"
#include "config/option.h"

namespace takhin::broker {

struct TlsSettings {
  net::TlsOptions tls;                      // of every listener; client_auth but for those that say otherwise
  security::PrincipalRules principals;
  std::int64_t handshake_ms = 10'000;
  std::int64_t reload_ms = 5'000;           // between two looks at the files; 0: none
};

/// Every option of this file.
std::span<const config::Option* const> tls_rows();
/// Sets ListenerSpec::client_auth. kInvalid with the one line of config::broken_rule.
Result<TlsSettings> tls_from(const config::Settings& settings, std::vector<ListenerSpec>& listeners);

}  // namespace takhin::broker
