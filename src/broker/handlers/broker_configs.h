#pragma once
// The configs of a broker as DescribeConfigs shows them.

#include <vector>

#include "broker/handlers/common.h"

namespace takhin::broker::handlers {

/// Of this broker, by name: its own, and what topics fall back to.
std::vector<ConfigValue> broker_config_values(const Broker& broker);
/// Of all brokers: only what was set.
std::vector<ConfigValue> cluster_config_values(const Broker& broker);

}  // namespace takhin::broker::handlers
