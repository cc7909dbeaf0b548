// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/delete_topics.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& delete_topics_request::DeleteTopicState::table() {
  using S = DeleteTopicState;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.since = 6, .nullable_since = 6}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 6}},
  };
  static constexpr Table table{"DeleteTopicState", rows, 1, 6, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DeleteTopicsRequest::table() {
  using S = DeleteTopicsRequest;
  static constexpr Row rows[] = {
      {"Topics", offsetof(S, topics), kShape<decltype(S::topics)>, {.since = 6}},
      {"TopicNames", offsetof(S, topic_names), kShape<decltype(S::topic_names)>, {.until = 5}},
      {"TimeoutMs", offsetof(S, timeout_ms), kShape<decltype(S::timeout_ms)>, {}},
  };
  static constexpr Table table{"DeleteTopicsRequest", rows, 1, 6, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& delete_topics_response::DeletableTopicResult::table() {
  using S = DeletableTopicResult;
  static constexpr Row rows[] = {
      {"Name", offsetof(S, name), kShape<decltype(S::name)>, {.nullable_since = 6}},
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {.since = 6}},
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message),
       kShape<decltype(S::error_message)>, {.since = 5, .nullable_since = 5}},
  };
  static constexpr Table table{"DeletableTopicResult", rows, 1, 6, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& DeleteTopicsResponse::table() {
  using S = DeleteTopicsResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Responses", offsetof(S, responses), kShape<decltype(S::responses)>, {}},
  };
  static constexpr Table table{"DeleteTopicsResponse", rows, 1, 6, 4,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
