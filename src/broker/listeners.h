#pragma once
// The listeners of a broker: where it listens, how clients prove who they are there, and what clients that came there are told to
// connect to. Rows and rules of kafka.listeners and its companions; names and meaning are Kafka's.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "broker/net/tls_context.h"
#include "config/option.h"

namespace takhin::broker {

/// Listeners of one broker.
inline constexpr std::size_t kListenersMax = 32;

enum class SecurityProtocol : std::uint8_t { kPlaintext, kSsl, kSaslPlaintext, kSaslSsl };
std::string_view name_of(SecurityProtocol protocol);
constexpr bool uses_sasl(SecurityProtocol protocol) {
  return protocol == SecurityProtocol::kSaslPlaintext || protocol == SecurityProtocol::kSaslSsl;
}
constexpr bool uses_tls(SecurityProtocol protocol) {
  return protocol == SecurityProtocol::kSsl || protocol == SecurityProtocol::kSaslSsl;
}

struct ListenerSpec {
  std::string name;                          // upper case
  SecurityProtocol protocol = SecurityProtocol::kPlaintext;
  std::string host;
  std::uint16_t port = 0;                    // 0: a free one
  std::string advertised_host;               // empty: `host`
  std::int32_t advertised_port = 0;          // 0: the port that is listened on
  std::vector<std::string> mechanisms;       // SASL ones that are offered here
  std::size_t connections_max = 0;           // 0: only the limit of all
  net::ClientAuth client_auth = net::ClientAuth::kNone;
};

/// "SASL_SSL://broker.example.org:9093", as listened on or as advertised. IPv6 addresses in brackets.
std::string listened_on(const ListenerSpec& listener);
std::string advertised(const ListenerSpec& listener);

/// Every option of this file.
std::span<const config::Option* const> listener_rows();
/// From kafka.listeners; none when that is empty. `mechanisms`: of every SASL listener that has no row of its own. kInvalid
/// with the one line of config::broken_rule.
Result<std::vector<ListenerSpec>> listeners_from(const config::Settings& settings, const std::vector<std::string>& mechanisms);

/// An option that is name:value with commas; names in upper case.
Result<std::map<std::string, std::string>> listener_map(const config::Settings& settings, const config::Option& option);

/// PLAIN, SCRAM-SHA-256, ...
bool is_known_mechanism(std::string_view name);

}  // namespace takhin::broker
