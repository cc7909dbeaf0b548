#include "partition/topics_file.h"

#include <boost/json.hpp>
#include <exception>

namespace takhin::partition {
namespace {

namespace json = boost::json;
constexpr int kVersion = 1;

Uuid uuid_of(const json::value& value) {
  const auto id = Uuid::parse(std::string_view(value.as_string()));
  if (!id) throw std::invalid_argument("a topic id is not 22 characters of base64");
  return *id;
}

std::string text_of(const json::value& value) { return std::string(std::string_view(value.as_string())); }

ConfigMap configs_of(const json::object& stored) {
  ConfigMap out;
  for (const auto& [key, value] : stored) out.emplace_back(std::string(key), text_of(value));
  return out;
}

json::object json_of(const ConfigMap& configs) {
  json::object out;
  for (const auto& [key, value] : configs) out[key] = value;
  return out;
}

/// boost.json reports by exception; load_topics() is where that ends.
TopicsFile parse(std::string_view text) {
  const json::object root = json::parse(text).as_object();
  if (root.at("version").to_number<int>() != kVersion) throw std::invalid_argument("a version this takhin does not know");
  TopicsFile out;
  for (const json::value& each : root.at("topics").as_array()) {
    const json::object& topic = each.as_object();
    StoredTopic stored{text_of(topic.at("name")), uuid_of(topic.at("id")), topic.at("partitions").to_number<std::int32_t>(), {},
                       topic.at("published").as_bool()};
    stored.configs = configs_of(topic.at("configs").as_object());
    out.topics.push_back(std::move(stored));
  }
  for (const json::value& each : root.at("deleting").as_array()) {
    const json::object& topic = each.as_object();
    out.deleting.push_back(
        {text_of(topic.at("name")), uuid_of(topic.at("id")), topic.at("partitions").to_number<std::int32_t>()});
  }
  if (const json::value* defaults = root.if_contains("defaults")) {  // since 0.2
    out.cluster_defaults = configs_of(defaults->as_object().at("cluster").as_object());
    out.broker_defaults = configs_of(defaults->as_object().at("broker").as_object());
  }
  return out;
}

}  // namespace

Result<TopicsFile> load_topics(FileSystem& files, const std::string& path) {
  const auto data = read_whole(files, path);
  if (!data.ok() && data.error().kind == Kind::kNotFound) return TopicsFile{};
  if (!data.ok()) return data.error();
  try {
    return parse(takhin::text_of(*data));
  } catch (const std::exception& problem) {
    return fail(Kind::kCorrupt, "{}: {}", path, problem.what());
  }
}

Result<> store_topics(FileSystem& files, const std::string& path, const TopicsFile& topics) {
  json::array stored;
  for (const StoredTopic& topic : topics.topics) {
    stored.push_back(json::object{{"name", topic.name},
                                  {"id", topic.id.text()},
                                  {"partitions", topic.partitions},
                                  {"configs", json_of(topic.configs)},
                                  {"published", topic.published}});
  }
  json::array deleting;
  for (const DeletedTopic& topic : topics.deleting) {
    deleting.push_back(json::object{{"name", topic.name}, {"id", topic.id.text()}, {"partitions", topic.partitions}});
  }
  json::object defaults{{"cluster", json_of(topics.cluster_defaults)}, {"broker", json_of(topics.broker_defaults)}};
  const json::object root{{"version", kVersion},
                          {"topics", std::move(stored)},
                          {"deleting", std::move(deleting)},
                          {"defaults", std::move(defaults)}};
  return write_atomically(files, path, view_of(json::serialize(root)));
}

}  // namespace takhin::partition
