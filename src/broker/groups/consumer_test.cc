// Groups of the next generation: members come, agree, go, and are thrown out.

#include "testing/consumer_group_fixture.h"

namespace takhin::broker::groups {
namespace {

using protocol::ErrorCode;
using testing::BeatHow;

class Consumers : public testing::ConsumerGroupFixture {
 protected:
  void SetUp() override {
    t = topics.set("t", 4);
    open();
  }
  Client client(const std::string& id, testing::BeatHow how = {.topics = {{"t"}}}) { return {.id = id, .how = std::move(how)}; }
  Uuid t;
};

TEST_F(Consumers, TheFirstMemberGetsEverythingAtOnce) {
  const auto joined = join_consumer("a");
  EXPECT_EQ(joined.error_code, ErrorCode::kNone);
  EXPECT_EQ(joined.member_id, "a");
  EXPECT_EQ(joined.member_epoch, 1);
  EXPECT_EQ(joined.heartbeat_interval_ms, 5'000);
  EXPECT_EQ(assigned(joined), (PartitionSet{{t, {0, 1, 2, 3}}}));
  const auto group = describe_consumer();
  EXPECT_EQ(group.group_state, "Stable");
  EXPECT_EQ(group.group_epoch, 1);
  EXPECT_EQ(group.assignment_epoch, 1);
  EXPECT_EQ(group.assignor_name, "uniform");
  ASSERT_EQ(group.members.size(), 1u);
  EXPECT_EQ(group.members[0].client_id, "client");
  EXPECT_EQ(group.members[0].client_host, "/127.0.0.1");
  EXPECT_EQ(group.members[0].subscribed_topic_names, std::vector<std::string>{"t"});
  EXPECT_EQ(group.members[0].subscribed_topic_regex, std::nullopt);
  EXPECT_EQ(group.members[0].member_type, 1);
  ASSERT_EQ(group.members[0].target_assignment.topic_partitions.size(), 1u);
  EXPECT_EQ(group.members[0].target_assignment.topic_partitions[0].topic_name, "t");
  // Nothing changed: no assignment is told again, and nothing is written.
  const std::size_t stored = store.log.size();
  EXPECT_FALSE(beat("a", 1).assignment);
  EXPECT_EQ(store.log.size(), stored);
}

TEST_F(Consumers, ANewMemberWaitsForWhatAnotherMustGiveUp) {
  join_consumer("a");
  const auto b = join_consumer("b");
  EXPECT_EQ(b.member_epoch, 2);
  EXPECT_EQ(count(assigned(b)), 0u);
  EXPECT_EQ(consumer_state(), "Reconciling");
  const auto a = beat("a", 1);  // does not say what it has: told what to keep, at its old epoch
  EXPECT_EQ(a.member_epoch, 1);
  const PartitionSet keeps = assigned(a);
  EXPECT_EQ(count(keeps), 2u);
  EXPECT_FALSE(beat("b", 2).assignment);
  EXPECT_FALSE(beat("a", 1, {.owned = PartitionSet{{t, {0, 1, 2, 3}}}}).assignment);  // still has it all
  EXPECT_FALSE(beat("b", 2).assignment);
  EXPECT_EQ(beat("a", 1, {.owned = keeps}).member_epoch, 2);
  const auto now = beat("b", 2);
  const PartitionSet got = assigned(now);
  EXPECT_EQ(count(got), 2u);
  for (const std::int32_t index : got.at(t)) EXPECT_FALSE(keeps.at(t).contains(index));
  EXPECT_EQ(consumer_state(), "Stable");
}

TEST_F(Consumers, WrongEpochsAreFencedButAnAnswerMayBeLost) {
  join_consumer("a");
  EXPECT_EQ(beat("a", 2).error_code, ErrorCode::kFencedMemberEpoch);
  EXPECT_EQ(beat("b", 1).error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(beat("a", 1, {.group = "other"}).error_code, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(join_consumer("a").error_code, ErrorCode::kNone);  // the answer to the first one did not arrive
  topics.set("t", 5);
  pass(2'000);
  const PartitionSet had{{t, {0, 1, 2, 3}}};
  EXPECT_EQ(beat("a", 1).member_epoch, 2);
  const auto again = beat("a", 1, {.topics = {{"t"}}, .owned = had, .rebalance_ms = 60'000});
  EXPECT_EQ(again.error_code, ErrorCode::kNone);
  EXPECT_EQ(again.member_epoch, 2);
  EXPECT_EQ(count(assigned(again)), 5u);
  EXPECT_EQ(beat("a", 1).error_code, ErrorCode::kFencedMemberEpoch);  // does not say what it has
  EXPECT_EQ(beat("a", 1, {.owned = PartitionSet{{t, {7}}}}).error_code, ErrorCode::kFencedMemberEpoch);
  EXPECT_EQ(beat("a", 2).error_code, ErrorCode::kNone);
}

TEST_F(Consumers, WhoFallsSilentLosesItsPartitions) {
  Client a = client("a"), b = client("b");
  beat(a), beat(b);
  settle({&a, &b});
  EXPECT_EQ(shares(), (std::map<std::string, std::size_t>{{"a", 2}, {"b", 2}}));
  for (int i = 0; i < 45; ++i) {
    pass(1'000);
    beat(a);
  }
  beat(a);
  EXPECT_EQ(shares(), (std::map<std::string, std::size_t>{{"a", 4}}));
  EXPECT_EQ(count(a.owned), 4u);
  beat(b);
  EXPECT_EQ(b.error, ErrorCode::kUnknownMemberId);
  settle({&a, &b});
  EXPECT_EQ(shares(), (std::map<std::string, std::size_t>{{"a", 2}, {"b", 2}}));
}

TEST_F(Consumers, WhoDoesNotGiveUpInTimeIsThrownOut) {
  join_consumer("a", {.topics = {{"t"}}, .rebalance_ms = 10'000});
  Client b = client("b");
  beat(b);
  for (int i = 0; i < 9; ++i) {
    beat("a", 1, {.owned = PartitionSet{{t, {0, 1, 2, 3}}}});
    pass(1'000);
    beat(b);
  }
  EXPECT_EQ(count(b.owned), 0u);
  pass(2'000);
  EXPECT_EQ(beat("a", 1, {.owned = PartitionSet{{t, {0, 1, 2, 3}}}}).error_code, ErrorCode::kUnknownMemberId);
  beat(b);
  EXPECT_EQ(count(b.owned), 4u);
}

TEST_F(Consumers, AMemberLeaves) {
  Client a = client("a"), b = client("b");
  beat(a), beat(b);
  settle({&a, &b});
  const auto left = beat("b", -1);
  EXPECT_EQ(left.error_code, ErrorCode::kNone);
  EXPECT_EQ(left.member_epoch, -1);
  EXPECT_EQ(consumer_state(), "Assigning");
  beat(a);
  EXPECT_EQ(count(a.owned), 4u);
  EXPECT_EQ(beat("b", -1).error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(beat("a", -1).error_code, ErrorCode::kNone);
  EXPECT_EQ(consumer_state(), "Empty");
  EXPECT_EQ(beat("a", -1, {.group = "none"}).error_code, ErrorCode::kGroupIdNotFound);
}

TEST_F(Consumers, AStaticMemberComesBackToWhatItHad) {
  Client a = client("a", {.topics = {{"t"}}, .instance = "i"}), b = client("b");
  beat(a), beat(b);
  settle({&a, &b});
  const PartitionSet had = a.owned;
  const std::int32_t epoch = describe_consumer().group_epoch;
  EXPECT_EQ(join_consumer("c", {.topics = {{"t"}}, .instance = "i"}).error_code, ErrorCode::kUnreleasedInstanceId);
  EXPECT_EQ(beat("c", a.epoch, {.instance = "i"}).error_code, ErrorCode::kFencedInstanceId);
  EXPECT_EQ(beat("c", -2, {.instance = "i"}).error_code, ErrorCode::kFencedInstanceId);
  EXPECT_EQ(beat("a", -2, {.instance = "i"}).member_epoch, -2);
  EXPECT_EQ(beat("a", a.epoch, {.instance = "i"}).error_code, ErrorCode::kFencedMemberEpoch);
  beat(b);
  EXPECT_EQ(count(b.owned), 2u);  // its place is kept
  const auto back = join_consumer("c", {.topics = {{"t"}}, .instance = "i"});
  EXPECT_EQ(back.member_epoch, epoch);
  EXPECT_EQ(assigned(back), had);
  EXPECT_EQ(describe_consumer().group_epoch, epoch);
  EXPECT_EQ(consumer_state(), "Stable");
  EXPECT_EQ(beat("a", a.epoch).error_code, ErrorCode::kUnknownMemberId);
  // Away for longer than its session: its place is given away.
  beat("c", -2, {.instance = "i"});
  for (int i = 0; i < 45; ++i) {
    pass(1'000);
    beat(b);
  }
  beat(b);
  EXPECT_EQ(count(b.owned), 4u);
  EXPECT_EQ(beat("x", 3, {.instance = "i"}).error_code, ErrorCode::kUnknownMemberId);
}

TEST_F(Consumers, TopicsThatAppearGrowAndVanishAreNoticed) {
  Client a = client("a", {.topics = {{"t", "later"}}});
  beat(a);
  EXPECT_EQ(count(a.owned), 4u);
  EXPECT_EQ(a.epoch, 1);
  topics.set("unrelated", 3);
  settle({&a}, 2);
  EXPECT_EQ(a.epoch, 1);
  topics.set("later", 2);
  settle({&a}, 2);
  EXPECT_EQ(count(a.owned), 6u);
  topics.set("later", 3);
  settle({&a}, 2);
  EXPECT_EQ(count(a.owned), 7u);
  topics.remove("later");
  settle({&a}, 3);
  EXPECT_EQ(a.owned, (PartitionSet{{t, {0, 1, 2, 3}}}));
  EXPECT_EQ(consumer_state(), "Stable");
  topics.remove("t");
  const Uuid second = topics.set("t", 2);  // the same name, another topic
  settle({&a}, 3);
  EXPECT_EQ(a.owned, (PartitionSet{{second, {0, 1}}}));
}

TEST_F(Consumers, ARegularExpressionFollowsTheTopicsThatMatch) {
  topics.set("__consumer_offsets", 1);
  topics.set("orders-1", 2);
  Client a = client("a", {.regex = "orders-.*"}), b = client("b", {.topics = {{"t"}}});
  beat(a);
  EXPECT_EQ(count(a.owned), 2u);
  EXPECT_EQ(describe_consumer().members.at(0).subscribed_topic_regex, "orders-.*");
  beat(b);
  settle({&a, &b});
  EXPECT_EQ(count(a.owned), 2u);
  EXPECT_EQ(count(b.owned), 4u);
  topics.set("orders-2", 3);
  topics.set("my-orders-3", 3);
  settle({&a, &b}, 3);
  EXPECT_EQ(count(a.owned), 5u);
  a.how.regex = ".*";  // internal topics too, as in Kafka
  settle({&a, &b}, 6);
  EXPECT_EQ(count(a.owned) + count(b.owned), 4u + 2 + 3 + 3 + 1);
  a.how.regex = "";
  a.how.topics = {{"t"}};
  settle({&a, &b}, 6);
  EXPECT_EQ(count(a.owned), 2u);
  EXPECT_EQ(count(b.owned), 2u);
  const auto bad = join_consumer("c", {.regex = "(("});
  EXPECT_EQ(bad.error_code, ErrorCode::kInvalidRegularExpression);
  EXPECT_EQ(describe_consumer().members.size(), 2u);
}

TEST_F(Consumers, MembersVoteForAnAssignor) {
  topics.set("u", 4);
  Client a = client("a", {.topics = {{"t", "u"}}, .assignor = "range"}), b = client("b", {.topics = {{"t", "u"}}});
  beat(a), beat(b);
  settle({&a, &b});
  EXPECT_EQ(describe_consumer().assignor_name, "range");
  EXPECT_EQ(a.owned.at(t), (std::set<std::int32_t>{0, 1}));
  EXPECT_EQ(b.owned.at(t), (std::set<std::int32_t>{2, 3}));
  EXPECT_EQ(join_consumer("c", {.topics = {{"t"}}, .assignor = "sticky"}).error_code, ErrorCode::kUnsupportedAssignor);
}

TEST_F(Consumers, BadRequestsAreRefusedWithKafkasCodes) {
  const BeatHow full{.topics = {{"t"}}, .owned = PartitionSet{}, .rebalance_ms = 1'000};
  const auto with = [&](auto change) {
    BeatHow how = full;
    change(how);
    return beat("a", 0, how).error_code;
  };
  EXPECT_EQ(beat("", 0, full).error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(with([](auto& how) { how.group = ""; }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(with([](auto& how) { how.instance = ""; }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(with([](auto& how) { how.rebalance_ms = -1; }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(with([](auto& how) { how.topics.reset(); }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(with([](auto& how) { how.owned.reset(); }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(with([&](auto& how) { how.owned = PartitionSet{{t, {0}}}; }), ErrorCode::kInvalidRequest);
  EXPECT_EQ(beat("a", -2).error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(beat("a", -3).error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(groups->list({}).groups.size(), 0u);
  BeatHow old = full;
  old.version = 0;  // the broker makes the id
  EXPECT_EQ(beat("", 0, old).member_id.value_or("").size(), 22u);
  EXPECT_EQ(with([](auto&) {}), ErrorCode::kNone);
}

TEST_F(Consumers, AFullGroupTakesNobodyButItsOwn) {
  options.consumer.members_max = 2;
  open();
  join_consumer("a", {.topics = {{"t"}}, .instance = "i"});
  join_consumer("b");
  EXPECT_EQ(join_consumer("c").error_code, ErrorCode::kGroupMaxSizeReached);
  EXPECT_EQ(beat("b", 2).error_code, ErrorCode::kNone);
  beat("a", -2, {.instance = "i"});
  EXPECT_EQ(join_consumer("d", {.topics = {{"t"}}, .instance = "i"}).error_code, ErrorCode::kNone);
}

TEST_F(Consumers, AMemberWithoutTopicsIsAMember) {
  Client a = client("a", {.topics = {std::vector<std::string>{}}});
  beat(a);
  EXPECT_EQ(a.epoch, 1);
  EXPECT_EQ(count(a.owned), 0u);
  EXPECT_EQ(consumer_state(), "Stable");
  a.how.topics = {{"t"}};
  beat(a);
  EXPECT_EQ(count(a.owned), 4u);
  a.how.topics = {{"nothing"}};
  settle({&a}, 2);
  EXPECT_EQ(count(a.owned), 0u);
}

TEST_F(Consumers, NothingIsToldBeforeItIsOnDisk) {
  store.hold_durable = true;
  const auto first = beat_later("a", 0, {.topics = {{"t"}}, .owned = PartitionSet{}, .rebalance_ms = 1'000});
  EXPECT_FALSE(first.here());
  store.release();
  ASSERT_TRUE(first.here());
  EXPECT_EQ(first->member_epoch, 1);
}

TEST_F(Consumers, WhatCouldNotBeStoredIsStoredLater) {
  Client a = client("a"), b = client("b");
  beat(a);
  store.append_error = fail(Kind::kUnavailable, "full");
  beat(b);
  EXPECT_EQ(b.error, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(beat("a", -1).error_code, ErrorCode::kCoordinatorNotAvailable);
  store.append_error.reset();
  settle({&b});
  EXPECT_EQ(shares(), (std::map<std::string, std::size_t>{{"b", 4}}));
  open();
  EXPECT_EQ(shares(), (std::map<std::string, std::size_t>{{"b", 4}}));
  beat(b);
  EXPECT_EQ(b.error, ErrorCode::kNone);
}

}  // namespace
}  // namespace takhin::broker::groups
