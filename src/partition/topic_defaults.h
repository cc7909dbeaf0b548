#pragma once
// What a broker says for topics that do not say themselves: Kafka's log.* and other broker configs that a topic config falls back
// to, from the configuration file and changed at run time (KIP-226).

#include "config/option.h"
#include "partition/topic_config.h"

namespace takhin::partition {

/// Keys are topic configs'. A stronger layer hides a weaker one.
struct TopicDefaults {
  ConfigMap fixed;    // weakest: the configuration file
  ConfigMap cluster;  // set at run time for all brokers
  ConfigMap broker;   // strongest: set at run time for this one
};

struct BrokerKey {
  std::string_view broker;  // as Kafka's broker configs name it
  std::string_view topic;
};
/// Sorted by the broker's name.
std::span<const BrokerKey> broker_keys();
/// Null when there is none.
const BrokerKey* find_by_broker_key(std::string_view broker_key);
const BrokerKey* find_by_topic_key(std::string_view topic_key);

/// What parse_topic_config() is to read of a topic that sets `overrides`. A compacted topic cannot be tiered, so it does not
/// inherit remote.storage.enable.
ConfigMap effective_configs(const TopicDefaults& defaults, const ConfigMap& overrides);

/// One option for each broker key, log.* as it is, others behind "kafka.". Hours and minutes of retention and roll as well.
std::span<const config::Option* const> default_option_rows();
/// Only what was set.
ConfigMap fixed_defaults(const config::Settings& settings);

}  // namespace takhin::partition
