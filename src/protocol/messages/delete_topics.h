#pragma once
// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"
#include "base/uuid.h"
#include "protocol/errors.h"

namespace takhin::protocol {

struct Table;

namespace delete_topics_request {

struct DeleteTopicState {
  std::optional<std::string> name;
  Uuid topic_id;

  static const Table& table();
};

}  // namespace delete_topics_request

struct DeleteTopicsRequest {
  static constexpr std::int16_t kApiKey = 20;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 6;
  static constexpr std::int16_t kFlexibleSince = 4;
  using DeleteTopicState = delete_topics_request::DeleteTopicState;

  std::vector<DeleteTopicState> topics;
  std::vector<std::string> topic_names;
  std::int32_t timeout_ms = 0;

  static const Table& table();
};

namespace delete_topics_response {

struct DeletableTopicResult {
  std::optional<std::string> name{std::string{}};
  Uuid topic_id;
  ErrorCode error_code = ErrorCode::kNone;
  std::optional<std::string> error_message;

  static const Table& table();
};

}  // namespace delete_topics_response

struct DeleteTopicsResponse {
  static constexpr std::int16_t kApiKey = 20;
  static constexpr std::int16_t kVersionMin = 1;
  static constexpr std::int16_t kVersionMax = 6;
  static constexpr std::int16_t kFlexibleSince = 4;
  using DeletableTopicResult = delete_topics_response::DeletableTopicResult;

  std::int32_t throttle_time_ms = 0;
  std::vector<DeletableTopicResult> responses;

  static const Table& table();
};

}  // namespace takhin::protocol
