#include "broker/handlers/broker_configs.h"

#include <algorithm>
#include <set>

#include "broker/live_configs.h"

namespace takhin::broker::handlers {
namespace {

constexpr std::string_view kLists[] = {"advertised.listeners", "listeners", "log.dirs", "sasl.enabled.mechanisms"};

/// One text for each listener, with commas.
template <class Text>
std::string joined(const Broker& broker, Text text) {
  std::string out;
  for (const ListenerSpec& listener : broker.listeners) {
    if (!out.empty()) out += ',';
    out += text(listener);
  }
  return out;
}

std::string protocol_row(const ListenerSpec& listener) { return fmt::format("{}:{}", listener.name, name_of(listener.protocol)); }

/// What the options do not say, or say under other names than Kafka's.
std::vector<ConfigValue> made_values(const Broker& broker) {
  const Options& options = broker.options;
  struct Made {
    const char* name;
    const char* type;
    std::string value;
    const char* doc;
  };
  const Made values[] = {
      {"advertised.listeners", "list", joined(broker, advertised),
       "Where clients are told to connect to, by the listener on which they came."},
      {"broker.id", "int", std::to_string(options.broker_id), "Node id of this broker."},
      {"default.replication.factor", "int", "1", "Replicas of a topic; there is one broker, so there can be one."},
      {"listeners", "list", joined(broker, listened_on), "What is listened on."},
      {"listener.security.protocol.map", "string", joined(broker, protocol_row), "How each listener is secured."},
      {"log.dirs", "list", log_dir_of(broker), "Where the logs are: under the data directory."},
      {"node.id", "int", std::to_string(options.broker_id), "Node id of this broker."},
  };
  std::vector<ConfigValue> out;
  for (const Made& made : values) {
    out.push_back({.name = made.name,
                   .type = config_type_number(made.type),
                   .read_only = true,
                   .doc = made.doc,
                   .synonyms = {{made.name, made.value, ConfigSource::kStaticBroker}}});
  }
  return out;
}

std::vector<ConfigValue> live_values(const Options& options, const LiveConfigs::Layers& layers) {
  std::vector<ConfigValue> out;
  for (const LiveRow& row : live_rows()) {
    std::vector<ConfigSynonym> synonyms;
    const std::string name(row.key);
    if (const auto set = override_of(layers.broker, row.key)) synonyms.push_back({name, *set, ConfigSource::kDynamicBroker});
    if (const auto set = override_of(layers.cluster, row.key)) synonyms.push_back({name, *set, ConfigSource::kDynamicCluster});
    const std::int64_t fixed = row.fixed(options), fresh = row.fixed(Options{});
    if (fixed != fresh) synonyms.push_back({name, live_text(row, fixed), ConfigSource::kStaticBroker});
    synonyms.push_back({name, live_text(row, fresh), ConfigSource::kDefault});
    out.push_back({.name = name,
                   .type = config_type_number(row.type),
                   .doc = std::string(row.doc),
                   .synonyms = std::move(synonyms)});
  }
  return out;
}

/// The options of the configuration file, without "kafka.".
std::vector<ConfigValue> shown_values(const Options& options) {
  std::vector<ConfigValue> out;
  for (const ShownOption& shown : options.shown) {
    std::vector<ConfigSynonym> synonyms;
    if (shown.is_set) synonyms.push_back({shown.name, shown.value, ConfigSource::kStaticBroker});
    synonyms.push_back({shown.name, shown.fallback, ConfigSource::kDefault});
    const bool list = std::ranges::find(kLists, shown.name) != std::end(kLists);
    out.push_back({.name = shown.name,
                   .type = config_type_number(list ? "list" : shown.type),
                   .read_only = true,
                   .sensitive = shown.secret,
                   .doc = std::string(shown.doc),
                   .synonyms = std::move(synonyms)});
  }
  return out;
}

}  // namespace

std::vector<ConfigValue> broker_config_values(const Broker& broker) {
  std::vector<ConfigValue> out = default_config_values(broker.topics.defaults());
  std::set<std::string> named;
  for (const ConfigValue& value : out) named.insert(value.name);
  // The first of a name is the one that can be changed, or is Kafka's.
  for (auto* make : {+[](const Broker& from) { return live_values(from.options, from.live.layers()); }, +made_values,
                     +[](const Broker& from) { return shown_values(from.options); }}) {
    for (ConfigValue& value : make(broker)) {
      if (named.insert(value.name).second) out.push_back(std::move(value));
    }
  }
  std::ranges::sort(out, {}, &ConfigValue::name);
  return out;
}

std::vector<ConfigValue> cluster_config_values(const Broker& broker) {
  std::vector<ConfigValue> out = default_config_values({.fixed = {}, .cluster = broker.topics.defaults().cluster, .broker = {}});
  for (ConfigValue& value : live_values(broker.options, {.cluster = broker.live.layers().cluster, .broker = {}})) {
    out.push_back(std::move(value));
  }
  std::erase_if(out, [](const ConfigValue& value) { return value.synonyms.front().source != ConfigSource::kDynamicCluster; });
  std::ranges::sort(out, {}, &ConfigValue::name);
  return out;
}

}  // namespace takhin::broker::handlers
