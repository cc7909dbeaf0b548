#pragma once
// A group coordinator over a fake clock and a store in memory, and clients that ask it things.

#include <gtest/gtest.h>

#include "base/codec.h"
#include "broker/groups/coordinator.h"
#include "testing/fake_clock.h"
#include "testing/fake_topic_source.h"
#include "testing/memory_record_store.h"
#include "testing/seeded_random.h"

namespace takhin::testing {

/// The answer to a question, once it has come.
template <class Response>
class Answer {
 public:
  bool here() const { return !got_->empty(); }
  const Response* operator->() const {
    TAKHIN_ASSERT(got_->size() == 1, "answered exactly once");
    return &got_->front();
  }
  std::function<void(Response)> taker() const {
    return [got = got_](Response response) { got->push_back(std::move(response)); };
  }

 private:
  std::shared_ptr<std::vector<Response>> got_ = std::make_shared<std::vector<Response>>();
};

struct JoinHow {
  std::optional<std::string> instance;
  std::vector<std::string> protocols = {"range"};
  std::vector<std::string> topics = {"t"};
  std::int16_t version = 9;
  std::int32_t session_ms = 10'000;
  std::int32_t rebalance_ms = 60'000;
  std::string type = "consumer";
  std::string group = "g";
};

class GroupFixture : public ::testing::Test {
 protected:
  using ErrorCode = protocol::ErrorCode;
  using State = broker::groups::State;

  void SetUp() override { open(); }
  /// Also: the process dies and starts again.
  void open() {
    groups.reset();
    auto opened = broker::groups::GroupCoordinator::open({clock, random, store, &topics}, options);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    groups = *std::move(opened);
  }
  /// Time goes by in ticks of 100 ms.
  void pass(std::int64_t ms) {
    for (std::int64_t gone = 0; gone < ms; gone += 100) {
      clock.advance(std::chrono::milliseconds(std::min<std::int64_t>(100, ms - gone)));
      groups->tick();
    }
  }

  static Bytes subscription(const std::vector<std::string>& topics) {
    Bytes out;
    ByteWriter writer(out);
    writer.be(std::int16_t{0});
    writer.be(static_cast<std::int32_t>(topics.size()));
    for (const auto& topic : topics) {
      writer.be(static_cast<std::int16_t>(topic.size()));
      writer.text(topic);
    }
    writer.be(std::int32_t{-1});
    return out;
  }

  Answer<protocol::JoinGroupResponse> join(const std::string& member, const JoinHow& how = {}) {
    protocol::JoinGroupRequest request{.group_id = how.group,
                                       .session_timeout_ms = how.session_ms,
                                       .rebalance_timeout_ms = how.rebalance_ms,
                                       .member_id = member,
                                       .group_instance_id = how.instance,
                                       .protocol_type = how.type};
    for (const auto& name : how.protocols) request.protocols.push_back({.name = name, .metadata = subscription(how.topics)});
    Answer<protocol::JoinGroupResponse> answer;
    groups->join({.version = how.version, .client_id = "client", .host = "/127.0.0.1"}, request,
                 answer.taker());
    return answer;
  }
  /// The id that a new dynamic member is told to come back with.
  std::string new_id(const JoinHow& how = {}) {
    const auto answer = join("", how);
    EXPECT_EQ(answer->error_code, ErrorCode::kMemberIdRequired);
    return answer->member_id;
  }
  Answer<protocol::SyncGroupResponse> sync(const std::string& member, std::int32_t generation,
                                              const std::map<std::string, std::string>& assignments = {},
                                              const std::optional<std::string>& instance = {}) {
    protocol::SyncGroupRequest request{
        .group_id = "g", .generation_id = generation, .member_id = member, .group_instance_id = instance};
    for (const auto& [id, text] : assignments) {
      request.assignments.push_back({.member_id = id, .assignment = copy_of(view_of(text))});
    }
    Answer<protocol::SyncGroupResponse> answer;
    groups->sync(request, answer.taker());
    return answer;
  }
  ErrorCode heartbeat(const std::string& member, std::int32_t generation, const std::optional<std::string>& instance = {}) {
    return groups->heartbeat({.group_id = "g", .generation_id = generation, .member_id = member, .group_instance_id = instance})
        .error_code;
  }
  ErrorCode leave(const std::string& member, const std::optional<std::string>& instance = {}) {
    protocol::LeaveGroupRequest request{.group_id = "g"};
    request.members.push_back({.member_id = member, .group_instance_id = instance});
    return groups->leave(request).members.at(0).error_code;
  }
  ErrorCode commit(std::int64_t offset, const std::string& member = "", std::int32_t generation = -1,
                   const std::string& topic = "t", const std::string& group = "g") {
    const auto answer = commit_later(offset, member, generation, topic, group);
    return answer->topics.at(0).partitions.at(0).error_code;
  }
  Answer<protocol::OffsetCommitResponse> commit_later(std::int64_t offset, const std::string& member = "",
                                                         std::int32_t generation = -1, const std::string& topic = "t",
                                                         const std::string& group = "g", std::int64_t retention = -1) {
    protocol::OffsetCommitRequest request{.group_id = group,
                                          .generation_id_or_member_epoch = generation,
                                          .member_id = member,
                                          .retention_time_ms = retention};
    auto& to = request.topics.emplace_back();
    to.name = topic;
    to.partitions.push_back({.partition_index = 0,
                             .committed_offset = offset,
                             .committed_leader_epoch = 3,
                             .committed_metadata = "m" + std::to_string(offset)});
    Answer<protocol::OffsetCommitResponse> answer;
    groups->commit({.version = 9}, request,
                   answer.taker());
    return answer;
  }
  /// -1: none.
  std::int64_t committed(const std::string& topic = "t", const std::string& group = "g") {
    protocol::OffsetFetchRequest request;
    auto& from = request.groups.emplace_back();
    from.group_id = group;
    from.topics.emplace();
    auto& wanted = from.topics->emplace_back();
    wanted.name = topic;
    wanted.partition_indexes = {0};
    return groups->fetch({.version = 9}, request).groups.at(0).topics.at(0).partitions.at(0).committed_offset;
  }
  std::string state(const std::string& group = "g") {
    return groups->describe({.version = 5}, {.groups = {group}}).groups.at(0).group_state;
  }

  struct Joined {
    std::string id;
    std::int32_t generation = 0;
  };
  /// A stable group of one dynamic member.
  Joined one_member(const JoinHow& how = {}) {
    Joined out{.id = new_id(how)};
    const auto joined = join(out.id, how);
    out.generation = joined->generation_id;
    EXPECT_EQ(sync(out.id, out.generation, {{out.id, "all"}})->error_code, ErrorCode::kNone);
    EXPECT_EQ(state(how.group), "Stable");
    return out;
  }
  /// A stable group of two; the first leads.
  std::pair<Joined, Joined> two_members() {
    Joined a = one_member();
    Joined b{.id = new_id()};
    const auto second = join(b.id);
    const auto first = join(a.id);
    a.generation = b.generation = first->generation_id;
    EXPECT_EQ(second->generation_id, a.generation);
    const auto waits = sync(b.id, b.generation);
    EXPECT_EQ(sync(a.id, a.generation, {{a.id, "A"}, {b.id, "B"}})->error_code, ErrorCode::kNone);
    EXPECT_EQ(text_of(waits->assignment), "B");
    return {a, b};
  }

  FakeClock clock;
  SeededRandom random;
  MemoryRecordStore store;
  FakeTopicSource topics;
  broker::groups::GroupOptions options;
  std::shared_ptr<broker::groups::GroupCoordinator> groups;
};

}  // namespace takhin::testing
