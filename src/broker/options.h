#pragma once
// Options of the Kafka listener. Keys that Apache Kafka has keep its name behind `kafka.`; units are in the name or Kafka's.

#include <cstdint>
#include <span>
#include <string>

#include "broker/groups/coordinator.h"
#include "broker/listeners.h"
#include "broker/net/listener.h"
#include "broker/oauth_options.h"
#include "broker/quotas/quotas.h"
#include "broker/security/authorizer.h"
#include "broker/tls_options.h"
#include "broker/transactions/coordinator.h"
#include "config/option.h"

namespace takhin::broker {

/// One option as tools are shown it.
struct ShownOption {
  std::string name;  // without "kafka."
  std::string_view type;  // "boolean", "int", "long", "double", "string"
  std::string value;
  std::string fallback;
  std::string_view doc;
  bool is_set = false;
  bool secret = false;  // then `value` is empty
};

struct Options {
  std::string data_dir;                // DATA: cluster id and producer ids live in DATA/broker
  net::ListenerOptions listener;       // its host and port count without `listeners` only
  std::string advertised_host;         // empty: the listener's host; as the next, without `listeners` only
  std::int32_t advertised_port = 0;    // 0: the port that is listened on
  std::vector<ListenerSpec> listeners;
  TlsSettings tls;
  std::string cluster_id;              // empty: made at the first start and kept
  std::int32_t broker_id = 1;
  bool auto_create_topics = true;
  std::int32_t num_partitions = 1;
  std::int32_t partitions_max = 10'000;         // of one topic
  std::int64_t cold_wait_ms = 2'000;            // kafka.fetch.cold.wait.ms
  std::int32_t cold_threads = 8;
  std::int64_t fetch_bytes_max = 57'671'680;    // of one answer, whatever the client asks for
  std::size_t fetch_sessions_max = 1'000;       // kafka.max.incremental.fetch.session.cache.slots
  groups::GroupOptions groups;
  std::int64_t groups_backup_interval_ms = 60'000;
  transactions::TransactionOptions transactions;
  quotas::QuotaOptions quotas;
  std::vector<std::string> sasl_mechanisms;     // empty: nobody is asked who they are
  std::string sasl_users_file;
  std::int64_t reauth_ms_max = 0;               // 0: a connection stays authenticated
  std::vector<ShownOption> shown;               // by name; for DescribeConfigs
  std::int64_t failure_delay_ms = 100;          // connection.failed.authentication.delay.ms
  security::OAuthOptions oauth;
  security::AuthorizerOptions authorizer;
  bool tiering = false;                         // shown by DescribeLogDirs; set by assembly
};

/// `options.listeners`, or the one that host, port and mechanisms make.
std::vector<ListenerSpec> listeners_of(const Options& options);
/// A listener offers it.
bool offers(const std::vector<ListenerSpec>& listeners, std::string_view mechanism);
/// Every option of this room, for config::Settings::load.
std::span<const config::Option* const> option_rows();
/// kInvalid with the one line of config::broken_rule.
Result<Options> options_from(const config::Settings& settings);

}  // namespace takhin::broker
