// Groups of both kinds: who may commit, what tools see, and how one becomes the other; what a restart brings back.

#include "testing/all_messages.h"
#include "testing/consumer_group_fixture.h"

namespace takhin::broker::groups {
namespace {

using protocol::ErrorCode;
using testing::BeatHow;

class ConsumerKinds : public testing::ConsumerGroupFixture {
 protected:
  void SetUp() override {
    topics.set("t", 4);
    open();
  }
  ErrorCode fetch_as(std::optional<std::string> member, std::int32_t epoch) {
    protocol::OffsetFetchRequest request;
    auto& from = request.groups.emplace_back();
    from.group_id = "g";
    from.member_id = std::move(member);
    from.member_epoch = epoch;
    from.topics.emplace();
    return groups->fetch({.version = 9}, request).groups.at(0).error_code;
  }
  ErrorCode commit_old(const std::string& member, std::int32_t epoch) {
    protocol::OffsetCommitRequest request{.group_id = "g", .generation_id_or_member_epoch = epoch, .member_id = member};
    request.topics.emplace_back().name = "t";
    request.topics.back().partitions.push_back({.partition_index = 0, .committed_offset = 1});
    testing::Answer<protocol::OffsetCommitResponse> answer;
    groups->commit({.version = 8}, request, answer.taker());
    return answer->topics.at(0).partitions.at(0).error_code;
  }
  ErrorCode remove(const std::string& group) {
    testing::Answer<protocol::DeleteGroupsResponse> answer;
    groups->remove({.groups_names = {group}}, answer.taker());
    return answer->results.at(0).error_code;
  }
  ErrorCode remove_offset(const std::string& topic) {
    protocol::OffsetDeleteRequest request{.group_id = "g"};
    request.topics.emplace_back().name = topic;
    request.topics.back().partitions.push_back({0});
    testing::Answer<protocol::OffsetDeleteResponse> answer;
    groups->remove_offsets(request, answer.taker());
    return answer->error_code != ErrorCode::kNone ? answer->error_code : answer->topics.at(0).partitions.at(0).error_code;
  }
  std::vector<std::string> listed(std::vector<std::string> states, std::vector<std::string> types) {
    std::vector<std::string> ids;
    for (const auto& group : groups->list({.states_filter = std::move(states), .types_filter = std::move(types)}).groups) {
      ids.push_back(group.group_id);
    }
    return ids;
  }
  /// The last value of each key.
  std::map<std::string, Bytes> stored() const {
    std::map<std::string, Bytes> out;
    for (const auto& entry : store.log) {
      const std::string key(text_of(entry.record.key));
      if (entry.record.value) out[key] = *entry.record.value;
      else out.erase(key);
    }
    return out;
  }
};

TEST_F(ConsumerKinds, OnlyAMemberOfTheRightEpochCommitsAndFetches) {
  EXPECT_EQ(commit(1), ErrorCode::kNone);  // a tool, before there is anybody
  join_consumer("a");
  EXPECT_EQ(committed(), 1);
  EXPECT_EQ(commit(2), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(commit(2, "b", 1), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(commit(2, "a", 2), ErrorCode::kStaleMemberEpoch);
  EXPECT_EQ(commit_old("a", 1), ErrorCode::kUnsupportedVersion);
  EXPECT_EQ(commit(3, "a", 1), ErrorCode::kNone);
  EXPECT_EQ(committed(), 3);
  EXPECT_EQ(fetch_as("a", 1), ErrorCode::kNone);
  EXPECT_EQ(fetch_as(std::nullopt, -1), ErrorCode::kNone);
  EXPECT_EQ(fetch_as("a", 0), ErrorCode::kStaleMemberEpoch);
  EXPECT_EQ(fetch_as("b", 1), ErrorCode::kUnknownMemberId);
  beat("a", -1);
  EXPECT_EQ(commit(4), ErrorCode::kNone);
}

TEST_F(ConsumerKinds, TransactionsCommitForAMember) {
  join_consumer("a");
  const auto commit_as = [&](const std::string& member, std::int32_t epoch) {
    protocol::OffsetCommitRequest request{.group_id = "g", .generation_id_or_member_epoch = epoch, .member_id = member};
    request.topics.emplace_back().name = "t";
    request.topics.back().partitions.push_back({.partition_index = 0, .committed_offset = 8});
    testing::Answer<protocol::OffsetCommitResponse> answer;
    groups->commit_in_transaction({}, {.producer = {7, 0}, .admit = [] { return ErrorCode::kNone; }}, request, answer.taker());
    return answer->topics.at(0).partitions.at(0).error_code;
  };
  EXPECT_EQ(commit_as("a", 5), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(commit_as("b", 1), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(commit_as("", -1), ErrorCode::kNone);
  EXPECT_EQ(commit_as("a", 1), ErrorCode::kNone);
  EXPECT_EQ(committed(), -1);
  groups->end_transaction({.producer_id = 7, .producer_epoch = 0, .commit = true}, [](const Result<>&) {});
  EXPECT_EQ(committed(), 8);
}

TEST_F(ConsumerKinds, ToolsSeeWhichKindItIs) {
  join_consumer("a", {.topics = {{"t"}}, .group = "n"});
  one_member();
  EXPECT_EQ(listed({}, {}), (std::vector<std::string>{"g", "n"}));
  EXPECT_EQ(listed({}, {"Consumer"}), std::vector<std::string>{"n"});
  EXPECT_EQ(listed({"stable"}, {"classic"}), std::vector<std::string>{"g"});
  EXPECT_EQ(groups->list({.states_filter = {}, .types_filter = {"consumer"}}).groups.at(0).protocol_type, "consumer");
  const auto classic = groups->describe({.version = 6}, {.groups = {"n"}}).groups.at(0);
  EXPECT_EQ(classic.error_code, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(classic.group_state, "Dead");
  EXPECT_EQ(groups->describe({.version = 5}, {.groups = {"n"}}).groups.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(describe_consumer("g").error_code, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(describe_consumer("none").error_code, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(remove("n"), ErrorCode::kNonEmptyGroup);
  beat("a", -1, {.group = "n"});
  EXPECT_EQ(listed({"empty"}, {"consumer"}), std::vector<std::string>{"n"});
  EXPECT_EQ(remove("n"), ErrorCode::kNone);
  open();
  EXPECT_EQ(listed({}, {}), std::vector<std::string>{"g"});
}

TEST_F(ConsumerKinds, OffsetsOfSubscribedTopicsStay) {
  join_consumer("a", {.topics = {{"t"}}});
  commit(5, "a", 1, "t");
  commit(6, "a", 1, "u");
  EXPECT_EQ(remove_offset("t"), ErrorCode::kGroupSubscribedToTopic);
  EXPECT_EQ(remove_offset("u"), ErrorCode::kNone);
  EXPECT_EQ(committed("t"), 5);
  EXPECT_EQ(committed("u"), -1);
  // They grow old only when nobody reads the topic any more, and a group without them and without members goes.
  options.offsets_retention_ms = 3'600'000;
  options.expiry_interval_ms = 1'000;
  open();
  for (int i = 0; i < 200; ++i) {
    pass(30'000);
    beat("a", 1);
  }
  EXPECT_EQ(committed("t"), 5);
  beat("a", -1);
  pass(3'000);
  EXPECT_EQ(committed("t"), -1);
  EXPECT_EQ(listed({}, {}), std::vector<std::string>{});
}

TEST_F(ConsumerKinds, AnEmptyGroupChangesItsKindAndBack) {
  const auto classic = one_member();
  commit(5, classic.id, classic.generation);
  EXPECT_EQ(join_consumer("a").error_code, ErrorCode::kGroupIdNotFound);  // online migration is off
  leave(classic.id);
  EXPECT_EQ(join_consumer("a").member_epoch, 1);
  EXPECT_EQ(committed(), 5);
  EXPECT_EQ(listed({}, {"consumer"}), std::vector<std::string>{"g"});
  open();
  EXPECT_EQ(committed(), 5);
  EXPECT_EQ(consumer_state(), "Stable");
  EXPECT_EQ(join("")->error_code, ErrorCode::kInconsistentGroupProtocol);
  EXPECT_EQ(heartbeat(classic.id, classic.generation), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(leave("a"), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(beat("a", 1).error_code, ErrorCode::kNone);
  beat("a", -1);
  EXPECT_EQ(join("nobody")->error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(consumer_state(), "Empty");
  one_member();
  EXPECT_EQ(listed({}, {"classic"}), std::vector<std::string>{"g"});
  EXPECT_EQ(beat("a", 1).error_code, ErrorCode::kGroupIdNotFound);
  open();
  EXPECT_EQ(listed({}, {"classic"}), std::vector<std::string>{"g"});
  EXPECT_EQ(state(), "Stable");
  EXPECT_EQ(committed(), 5);
}

TEST_F(ConsumerKinds, ARestartBringsBackAllOfIt) {
  topics.set("orders", 3);
  Client a{.id = "a", .how = {.topics = {{"t"}}, .instance = "i", .assignor = "range"}}, b{.id = "b", .how = {.regex = "ord.*"}},
      c{.id = "c", .how = {.topics = {{"t", "orders"}}}};
  beat(a), beat(b);
  settle({&a, &b});
  beat(c);
  beat(a, true), beat(b, true);  // half way: some must give up, some wait
  const auto bytes_of = [&] {
    protocol::ConsumerGroupDescribeResponse response = groups->describe_consumer({.group_ids = {"g"}});
    return testing::encode_flat(response.table(), &response, 1);
  };
  const Bytes before = bytes_of();
  EXPECT_EQ(consumer_state(), "Reconciling");
  open();
  EXPECT_EQ(bytes_of(), before);
  settle({&a, &b, &c});
  EXPECT_EQ(consumer_state(), "Stable");
  EXPECT_EQ(a.error, ErrorCode::kNone);
  EXPECT_EQ(a.epoch, b.epoch);
  std::size_t total = 0;
  for (const auto& [id, share] : shares()) total += share;
  EXPECT_EQ(total, 7u);
}

TEST_F(ConsumerKinds, ARewrittenStoreHoldsTheSame) {
  Client a{.id = "a", .how = {.regex = "t.*"}}, b{.id = "b"};
  beat(a), beat(b);
  settle({&a, &b});
  for (int i = 0; i < 20; ++i) {
    topics.set("t" + std::to_string(i), 2);
    settle({&a, &b}, 2);
  }
  settle({&a, &b}, 4);
  const auto before = stored();
  const std::size_t records = store.log.size();
  options.snapshot.records_min = 1;
  options.snapshot.ratio = 1;
  open();
  EXPECT_LT(store.log.size(), records);
  EXPECT_EQ(stored(), before);
  open();
  EXPECT_EQ(stored(), before);
  beat(a), beat(b);
  EXPECT_EQ(a.error, ErrorCode::kNone);
  EXPECT_EQ(b.error, ErrorCode::kNone);
  // What goes to the bucket are the epochs, so that members join anew and no epoch is used twice.
  const std::int32_t epoch = describe_consumer().group_epoch;
  store.log.clear();
  for (const auto& record : groups->live_records()) store.log.push_back({record, -1, std::nullopt});
  open();
  EXPECT_EQ(consumer_state(), "Empty");
  EXPECT_EQ(beat("a", a.epoch).error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(join_consumer("a").member_epoch, epoch + 1);
}

}  // namespace
}  // namespace takhin::broker::groups
