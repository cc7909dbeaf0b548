// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/consumer_group_describe.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& ConsumerGroupDescribeRequest::table() {
  using S = ConsumerGroupDescribeRequest;
  static constexpr Row rows[] = {
      {"GroupIds", offsetof(S, group_ids), kShape<decltype(S::group_ids)>, {}},
      {"IncludeAuthorizedOperations", offsetof(S, include_authorized_operations),
       kShape<decltype(S::include_authorized_operations)>, {}},
  };
  static constexpr Table table{"ConsumerGroupDescribeRequest", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& consumer_group_describe_response::TopicPartitions::table() {
  using S = TopicPartitions;
  static constexpr Row rows[] = {
      {"TopicId", offsetof(S, topic_id), kShape<decltype(S::topic_id)>, {}},
      {"TopicName", offsetof(S, topic_name), kShape<decltype(S::topic_name)>, {}},
      {"Partitions", offsetof(S, partitions), kShape<decltype(S::partitions)>, {}},
  };
  static constexpr Table table{"TopicPartitions", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& consumer_group_describe_response::Assignment::table() {
  using S = Assignment;
  static constexpr Row rows[] = {
      {"TopicPartitions", offsetof(S, topic_partitions), kShape<decltype(S::topic_partitions)>, {}},
  };
  static constexpr Table table{"Assignment", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& consumer_group_describe_response::Member::table() {
  using S = Member;
  static constexpr Row rows[] = {
      {"MemberId", offsetof(S, member_id), kShape<decltype(S::member_id)>, {}},
      {"InstanceId", offsetof(S, instance_id), kShape<decltype(S::instance_id)>, {.nullable_since = 0}},
      {"RackId", offsetof(S, rack_id), kShape<decltype(S::rack_id)>, {.nullable_since = 0}},
      {"MemberEpoch", offsetof(S, member_epoch), kShape<decltype(S::member_epoch)>, {}},
      {"ClientId", offsetof(S, client_id), kShape<decltype(S::client_id)>, {}},
      {"ClientHost", offsetof(S, client_host), kShape<decltype(S::client_host)>, {}},
      {"SubscribedTopicNames", offsetof(S, subscribed_topic_names),
       kShape<decltype(S::subscribed_topic_names)>, {}},
      {"SubscribedTopicRegex", offsetof(S, subscribed_topic_regex),
       kShape<decltype(S::subscribed_topic_regex)>, {.nullable_since = 0}},
      {"Assignment", offsetof(S, assignment), kShape<decltype(S::assignment)>, {}},
      {"TargetAssignment", offsetof(S, target_assignment), kShape<decltype(S::target_assignment)>, {}},
      {"MemberType", offsetof(S, member_type), kShape<decltype(S::member_type)>, {.since = 1}},
  };
  static constexpr Table table{"Member", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& consumer_group_describe_response::DescribedGroup::table() {
  using S = DescribedGroup;
  static constexpr Row rows[] = {
      {"ErrorCode", offsetof(S, error_code), kShape<decltype(S::error_code)>, {}},
      {"ErrorMessage", offsetof(S, error_message), kShape<decltype(S::error_message)>, {.nullable_since = 0}},
      {"GroupId", offsetof(S, group_id), kShape<decltype(S::group_id)>, {}},
      {"GroupState", offsetof(S, group_state), kShape<decltype(S::group_state)>, {}},
      {"GroupEpoch", offsetof(S, group_epoch), kShape<decltype(S::group_epoch)>, {}},
      {"AssignmentEpoch", offsetof(S, assignment_epoch), kShape<decltype(S::assignment_epoch)>, {}},
      {"AssignorName", offsetof(S, assignor_name), kShape<decltype(S::assignor_name)>, {}},
      {"Members", offsetof(S, members), kShape<decltype(S::members)>, {}},
      {"AuthorizedOperations", offsetof(S, authorized_operations), kShape<decltype(S::authorized_operations)>, {}},
  };
  static constexpr Table table{"DescribedGroup", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

const Table& ConsumerGroupDescribeResponse::table() {
  using S = ConsumerGroupDescribeResponse;
  static constexpr Row rows[] = {
      {"ThrottleTimeMs", offsetof(S, throttle_time_ms), kShape<decltype(S::throttle_time_ms)>, {}},
      {"Groups", offsetof(S, groups), kShape<decltype(S::groups)>, {}},
  };
  static constexpr Table table{"ConsumerGroupDescribeResponse", rows, 0, 1, 0,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
