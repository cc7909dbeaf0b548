#pragma once
// Members of consumer groups (KIP-848) that do as Kafka's clients do.

#include "broker/groups/consumer_group.h"
#include "testing/group_fixture.h"

namespace takhin::testing {

struct BeatHow {
  std::optional<std::vector<std::string>> topics;
  std::optional<std::string> regex;
  std::optional<std::string> instance;
  std::optional<broker::groups::PartitionSet> owned;
  std::optional<std::string> assignor;
  std::int32_t rebalance_ms = -1;
  std::string group = "g";
  std::int16_t version = 1;
};

class ConsumerGroupFixture : public GroupFixture {
 protected:
  using PartitionSet = broker::groups::PartitionSet;
  using Beat = protocol::ConsumerGroupHeartbeatResponse;
  using Described = protocol::ConsumerGroupDescribeResponse::DescribedGroup;

  Beat beat(const std::string& member, std::int32_t epoch, const BeatHow& how = {}) {
    const auto answer = beat_later(member, epoch, how);
    return *answer.operator->();
  }
  Answer<Beat> beat_later(const std::string& member, std::int32_t epoch, const BeatHow& how = {}) {
    protocol::ConsumerGroupHeartbeatRequest request{.group_id = how.group,
                                                    .member_id = member,
                                                    .member_epoch = epoch,
                                                    .instance_id = how.instance,
                                                    .rebalance_timeout_ms = how.rebalance_ms,
                                                    .subscribed_topic_names = how.topics,
                                                    .subscribed_topic_regex = how.regex,
                                                    .server_assignor = how.assignor};
    if (how.owned) {
      request.topic_partitions.emplace();
      for (const auto& [topic, indexes] : *how.owned) {
        auto& to = request.topic_partitions->emplace_back();
        to.topic_id = topic;
        to.partitions.assign(indexes.begin(), indexes.end());
      }
    }
    Answer<Beat> answer;
    groups->consumer_heartbeat({.version = how.version, .client_id = "client", .host = "/127.0.0.1"}, request, answer.taker());
    return answer;
  }
  /// The first request of a member.
  Beat join_consumer(const std::string& member, BeatHow how = {.topics = {{"t"}}}) {
    how.owned.emplace();
    if (how.rebalance_ms == -1) how.rebalance_ms = 60'000;
    return beat(member, 0, how);
  }
  static PartitionSet assigned(const Beat& beat) {
    PartitionSet out;
    if (!beat.assignment) return out;
    for (const auto& topic : beat.assignment->topic_partitions) {
      out[topic.topic_id].insert(topic.partitions.begin(), topic.partitions.end());
    }
    return out;
  }
  static std::size_t count(const PartitionSet& partitions) { return broker::groups::count_of(partitions); }

  Described describe_consumer(const std::string& group = "g") {
    return groups->describe_consumer({.group_ids = {group}}).groups.at(0);
  }
  std::string consumer_state(const std::string& group = "g") { return describe_consumer(group).group_state; }
  /// What everybody is told to have.
  std::map<std::string, std::size_t> shares(const std::string& group = "g") {
    std::map<std::string, std::size_t> out;
    for (const auto& member : describe_consumer(group).members) {
      out[member.member_id] = 0;
      for (const auto& topic : member.assignment.topic_partitions) out[member.member_id] += topic.partitions.size();
    }
    return out;
  }

  /// A client: knows its epoch and what it owns, says what it owns with every heartbeat, gives up at once what it must.
  struct Client {
    std::string id;
    BeatHow how{.topics = {{"t"}}};
    std::int32_t epoch = 0;
    PartitionSet owned;
    ErrorCode error = ErrorCode::kNone;
  };
  /// `lost`: the answer does not arrive.
  void beat(Client& client, bool lost = false) {
    BeatHow how = client.how;
    how.owned = client.owned;
    if (client.epoch == 0) how.owned->clear();
    how.rebalance_ms = 60'000;
    const Beat answer = beat(client.id, client.epoch, how);
    if (lost) return;
    client.error = answer.error_code;
    if (answer.error_code == ErrorCode::kFencedMemberEpoch || answer.error_code == ErrorCode::kUnknownMemberId ||
        answer.error_code == ErrorCode::kGroupIdNotFound) {
      client.epoch = 0;
      client.owned.clear();
      return;
    }
    if (answer.error_code != ErrorCode::kNone) return;
    client.epoch = answer.member_epoch;
    if (answer.assignment) client.owned = assigned(answer);
  }
  /// Everybody beats until nothing moves.
  void settle(std::vector<Client*> clients, int rounds = 10) {
    for (int i = 0; i < rounds; ++i) {
      pass(1'000);
      for (Client* client : clients) beat(*client);
    }
  }
};

}  // namespace takhin::testing
