#include "tier/small_objects.h"

#include <boost/json.hpp>

#include "base/base64.h"

namespace takhin::tier {
namespace {

namespace json = boost::json;

constexpr std::int64_t kVersion = 1;
constexpr std::string_view kAlgorithm = "AES-256-GCM";

/// An object of our version, or why not.
Result<json::object> parse_versioned(View text) {
  if (text.size() > kSmallObjectBytesMax) return fail(Kind::kCorrupt, "{} bytes are too many", text.size());
  boost::system::error_code error;
  const auto chars = text_of(text);
  json::value value = json::parse({chars.data(), chars.size()}, error);
  if (error || !value.is_object()) return fail(Kind::kCorrupt, "not a JSON object");
  const auto* version = value.as_object().if_contains("version");
  if (version == nullptr || !version->is_int64()) return fail(Kind::kCorrupt, "no version");
  if (version->as_int64() > kVersion) return fail(Kind::kInvalid, "version {} is not known here", version->as_int64());
  return std::move(value.as_object());
}

std::optional<std::string> text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->as_string());
}
std::optional<std::int64_t> number_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->as_int64();
}

}  // namespace

std::string state_json(Offset log_start) {
  return json::serialize(json::object{{"version", kVersion}, {"log_start_offset", log_start.raw}});
}

Result<Offset> parse_state(View text) {
  TRY(const auto object, parse_versioned(text).within("state.json"));
  const auto start = number_member(object, "log_start_offset");
  if (!start || *start < 0) return fail(Kind::kCorrupt, "state.json: no log start offset");
  return Offset{*start};
}

std::string topic_json(const TopicRecord& topic) {
  json::object configs;
  for (const auto& [key, value] : topic.configs) configs[key] = value;
  return json::serialize(json::object{{"version", kVersion},
                                      {"name", topic.name},
                                      {"id", topic.id.text()},
                                      {"partitions", topic.partitions},
                                      {"configs", std::move(configs)}});
}

Result<TopicRecord> parse_topic(View text) {
  TRY(const auto object, parse_versioned(text).within("topic.json"));
  const auto name = text_member(object, "name");
  const auto id = Uuid::parse(text_member(object, "id").value_or(""));
  const auto partitions = number_member(object, "partitions");
  if (!name || !id || !partitions || *partitions < 0 || *partitions > INT32_MAX) {
    return fail(Kind::kCorrupt, "topic.json: name, id or partitions are missing");
  }
  TopicRecord out{*name, *id, static_cast<std::int32_t>(*partitions), {}};
  const auto* configs = object.if_contains("configs");
  if (configs != nullptr && configs->is_object()) {
    for (const auto& [key, value] : configs->as_object()) {
      if (value.is_string()) out.configs.emplace_back(std::string(key), std::string(value.as_string()));
    }
  }
  return out;
}

std::string key_json(const Envelope& envelope) {
  return json::serialize(json::object{{"version", kVersion},
                                      {"algorithm", std::string(kAlgorithm)},
                                      {"key_id", envelope.key_id},
                                      {"wrapped", to_base64(envelope.wrapped)}});
}

Result<Envelope> parse_key(View text) {
  TRY(const auto object, parse_versioned(text).within("key object"));
  const auto algorithm = text_member(object, "algorithm");
  const auto key_id = text_member(object, "key_id");
  auto wrapped = from_base64(text_member(object, "wrapped").value_or("="));
  if (!algorithm || !key_id || key_id->size() > kKeyIdBytesMax || !wrapped || wrapped->size() > kWrappedBytesMax) {
    return fail(Kind::kCorrupt, "key object: algorithm, key_id or wrapped are missing");
  }
  if (*algorithm != kAlgorithm) return fail(Kind::kInvalid, "key object: algorithm '{}' is not known here", *algorithm);
  return Envelope{*key_id, *std::move(wrapped)};
}

std::string tombstone_json(const TopicDir& topic) {
  return json::serialize(json::object{{"version", kVersion}, {"name", topic.topic}, {"id", topic.id.text()}});
}

}  // namespace takhin::tier
