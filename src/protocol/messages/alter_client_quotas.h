#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace alter_client_quotas_request {

struct EntityData {
  std::string entity_type;
  std::optional<std::string> entity_name{std::string{}};

  static const Table& table();
};
struct OpData {
  std::string key;
  double value = 0.0;
  bool remove = false;

  static const Table& table();
};
struct EntryData {
  std::vector<EntityData> entity;
  std::vector<OpData> ops;

  static const Table& table();
};

}  // namespace alter_client_quotas_request

struct AlterClientQuotasRequest {
  static constexpr std::int16_t kApiKey = 49;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 1;
  using EntityData = alter_client_quotas_request::EntityData;
  using OpData = alter_client_quotas_request::OpData;
  using EntryData = alter_client_quotas_request::EntryData;

  std::vector<EntryData> entries;
  bool validate_only = false;

  static const Table& table();
};

namespace alter_client_quotas_response {

struct EntityData {
  std::string entity_type;
  std::optional<std::string> entity_name{std::string{}};

  static const Table& table();
};
struct EntryData {
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message{std::string{}};
  std::vector<EntityData> entity;

  static const Table& table();
};

}  // namespace alter_client_quotas_response

struct AlterClientQuotasResponse {
  static constexpr std::int16_t kApiKey = 49;
  static constexpr std::int16_t kVersionMin = 0;
  static constexpr std::int16_t kVersionMax = 1;
  static constexpr std::int16_t kFlexibleSince = 1;
  using EntityData = alter_client_quotas_response::EntityData;
  using EntryData = alter_client_quotas_response::EntryData;

  std::int32_t throttle_time_ms = 0;
  std::vector<EntryData> entries;

  static const Table& table();
};

}  // namespace takhin::protocol
