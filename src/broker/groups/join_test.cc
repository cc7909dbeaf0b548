// The way into a group and through its rebalances.

#include "testing/group_fixture.h"

namespace takhin::broker::groups {
namespace {

using protocol::ErrorCode;

class Join : public testing::GroupFixture {};
using testing::JoinHow;

TEST_F(Join, BadRequestsAreRefusedWithKafkasCodes) {
  EXPECT_EQ(join("", {.group = ""})->error_code, ErrorCode::kInvalidGroupId);
  EXPECT_EQ(join("", {.session_ms = 5'999})->error_code, ErrorCode::kInvalidSessionTimeout);
  EXPECT_EQ(join("", {.session_ms = 1'800'001})->error_code, ErrorCode::kInvalidSessionTimeout);
  EXPECT_EQ(join("who", {})->error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(join("", {.type = ""})->error_code, ErrorCode::kInconsistentGroupProtocol);
  EXPECT_EQ(join("", {.protocols = {}})->error_code, ErrorCode::kInconsistentGroupProtocol);
  EXPECT_EQ(groups->list({}).groups.size(), 0u);
}

TEST_F(Join, ANewMemberComesBackWithTheIdItWasGiven) {
  const auto first = join("");
  EXPECT_EQ(first->error_code, ErrorCode::kMemberIdRequired);
  EXPECT_EQ(first->generation_id, -1);
  EXPECT_TRUE(first->member_id.starts_with("client-")) << first->member_id;
  const auto second = join(first->member_id);
  EXPECT_EQ(second->error_code, ErrorCode::kNone);
  EXPECT_EQ(second->generation_id, 1);
  EXPECT_EQ(second->leader, first->member_id);
  EXPECT_EQ(second->protocol_name, "range");
  EXPECT_EQ(second->protocol_type, "consumer");
  ASSERT_EQ(second->members.size(), 1u);
  EXPECT_EQ(second->members[0].metadata, subscription({"t"}));
}

TEST_F(Join, OldClientsNeedNoSecondStep) {
  const auto joined = join("", {.version = 3});
  EXPECT_EQ(joined->error_code, ErrorCode::kNone);
  EXPECT_EQ(joined->generation_id, 1);
}

TEST_F(Join, AnIdThatIsNotUsedIsForgottenWithItsGroup) {
  const std::string id = new_id();
  EXPECT_EQ(groups->list({}).groups.size(), 1u);
  pass(10'000);
  EXPECT_EQ(join(id)->error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(groups->list({}).groups.size(), 0u);
}

TEST_F(Join, ASecondMemberMakesTheFirstRejoin) {
  const auto a = one_member();
  const std::string b = new_id();
  const auto second = join(b);
  EXPECT_FALSE(second.here());
  EXPECT_EQ(state(), "PreparingRebalance");
  EXPECT_EQ(heartbeat(a.id, a.generation), ErrorCode::kRebalanceInProgress);
  const auto first = join(a.id);
  ASSERT_TRUE(first.here());
  ASSERT_TRUE(second.here());
  EXPECT_EQ(first->generation_id, 2);
  EXPECT_EQ(first->leader, a.id);
  EXPECT_EQ(first->members.size(), 2u);
  EXPECT_EQ(second->leader, a.id);
  EXPECT_TRUE(second->members.empty());
  EXPECT_EQ(state(), "CompletingRebalance");
  EXPECT_EQ(heartbeat(a.id, 2), ErrorCode::kNone);
  EXPECT_EQ(heartbeat(a.id, 1), ErrorCode::kIllegalGeneration);
}

TEST_F(Join, WhoDoesNotRejoinInTimeIsOut) {
  const auto a = one_member({.rebalance_ms = 20'000});
  const std::string b = new_id();
  const auto second = join(b, {.rebalance_ms = 20'000});
  for (int i = 0; i < 19; ++i) {  // it beats its heart but does not come
    pass(1'000);
    EXPECT_EQ(heartbeat(a.id, a.generation), ErrorCode::kRebalanceInProgress);
  }
  EXPECT_FALSE(second.here());
  pass(1'000);
  ASSERT_TRUE(second.here());
  EXPECT_EQ(second->leader, b);
  EXPECT_EQ(second->members.size(), 1u);
  EXPECT_EQ(heartbeat(a.id, 2), ErrorCode::kUnknownMemberId);
}

TEST_F(Join, ASilentMemberIsExpiredAndTheOthersRebalance) {
  const auto [a, b] = two_members();
  for (int i = 0; i < 11; ++i) {
    pass(900);
    heartbeat(a.id, a.generation);
  }
  EXPECT_EQ(heartbeat(b.id, b.generation), ErrorCode::kNone);  // 9.9 s of 10
  for (int i = 0; i < 9; ++i) {
    pass(1'000);
    EXPECT_EQ(heartbeat(a.id, a.generation), ErrorCode::kNone);
  }
  pass(1'000);
  EXPECT_EQ(heartbeat(a.id, a.generation), ErrorCode::kRebalanceInProgress);
  EXPECT_EQ(heartbeat(b.id, b.generation), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(join(a.id)->generation_id, 3);
}

TEST_F(Join, AWaitingMemberDoesNotExpireAndANewOneOnlyAfterFiveMinutes) {
  const auto a = one_member({.rebalance_ms = 1'000'000});
  const std::string b = new_id();
  const auto second = join(b, {.rebalance_ms = 1'000'000});
  for (int i = 0; i < 299; ++i) {
    pass(1'000);
    heartbeat(a.id, a.generation);
  }
  EXPECT_FALSE(second.here());
  pass(1'000);
  ASSERT_TRUE(second.here());
  EXPECT_EQ(second->error_code, ErrorCode::kUnknownMemberId);
}

TEST_F(Join, APendingIdHoldsTheRebalanceBackUntilItExpires) {
  const auto a = one_member();
  const std::string b = new_id({.session_ms = 6'000});  // its owner never comes back
  const std::string c = new_id({.session_ms = 30'000});
  const auto third = join(c, {.session_ms = 30'000});
  const auto first = join(a.id);
  EXPECT_FALSE(first.here());
  pass(5'900);
  EXPECT_FALSE(first.here());
  pass(100);
  ASSERT_TRUE(first.here());
  EXPECT_EQ(first->members.size(), 2u);
  EXPECT_EQ(third->error_code, ErrorCode::kNone);
}

TEST_F(Join, TheProtocolIsOneThatAllSupportAndMostPrefer) {
  const std::string a = new_id({.protocols = {"x", "y", "z"}});
  join(a, {.protocols = {"x", "y", "z"}});
  EXPECT_EQ(join("", {.protocols = {"w"}})->error_code, ErrorCode::kInconsistentGroupProtocol);
  EXPECT_EQ(join("", {.protocols = {"x"}, .type = "connect"})->error_code, ErrorCode::kInconsistentGroupProtocol);
  const std::string b = new_id({.protocols = {"y", "z"}});
  const auto second = join(b, {.protocols = {"y", "z"}});
  const auto first = join(a, {.protocols = {"z", "x", "y"}});
  ASSERT_TRUE(second.here());
  EXPECT_TRUE(first->protocol_name == "y" || first->protocol_name == "z") << *first->protocol_name;
  EXPECT_EQ(second->protocol_name, first->protocol_name);
}

TEST_F(Join, ARepeatedJoinGetsTheSameAnswerAgain) {
  const auto [a, b] = two_members();
  const auto follower = join(b.id);
  EXPECT_EQ(follower->generation_id, b.generation);
  EXPECT_EQ(state(), "Stable");
  const auto changed = join(b.id, {.topics = {"t", "u"}});
  EXPECT_FALSE(changed.here());
  EXPECT_EQ(state(), "PreparingRebalance");
  const auto leader = join(a.id);
  EXPECT_EQ(leader->generation_id, 3);
  EXPECT_EQ(join(a.id)->generation_id, 3);  // lost its answer while others sync
  EXPECT_EQ(state(), "CompletingRebalance");
}

TEST_F(Join, ALeaderThatRejoinsAStableGroupStartsARebalance) {
  const auto [a, b] = two_members();
  const auto again = join(a.id);
  EXPECT_FALSE(again.here());
  EXPECT_EQ(heartbeat(b.id, b.generation), ErrorCode::kRebalanceInProgress);
}

TEST_F(Join, TheFirstOfTwoEqualQuestionsIsAnsweredToo) {
  const auto a = one_member();
  const std::string b = new_id();
  const auto once = join(b);
  const auto twice = join(b);
  EXPECT_EQ(once->error_code, ErrorCode::kRebalanceInProgress);
  join(a.id);
  EXPECT_EQ(twice->error_code, ErrorCode::kNone);
}

TEST_F(Join, GroupsAndMembersHaveLimits) {
  options.members_max = 1;
  options.groups_max = 2;
  open();
  const auto a = one_member();
  EXPECT_EQ(join("")->error_code, ErrorCode::kGroupMaxSizeReached);
  EXPECT_EQ(commit(1, "", -1, "t", "h"), ErrorCode::kNone);
  EXPECT_EQ(join("", {.group = "third"})->error_code, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(commit(1, "", -1, "t", "third"), ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(heartbeat(a.id, a.generation), ErrorCode::kNone);
}

TEST_F(Join, TheInitialDelayIsStretchedWhileMembersComeUpToTheRebalanceTimeout) {
  options.initial_rebalance_delay_ms = 3'000;
  open();
  const auto first = join("", {.version = 3, .rebalance_ms = 10'000});
  pass(2'900);
  EXPECT_FALSE(first.here());
  const auto second = join("", {.version = 3, .rebalance_ms = 10'000});
  pass(3'000);
  EXPECT_FALSE(first.here());
  const auto third = join("", {.version = 3, .rebalance_ms = 10'000});
  pass(3'000);
  EXPECT_FALSE(first.here());
  join("", {.version = 3, .rebalance_ms = 10'000});
  pass(1'000);
  EXPECT_FALSE(first.here());
  join("", {.version = 3, .rebalance_ms = 10'000});
  pass(100);  // 10 s in all
  ASSERT_TRUE(first.here());
  EXPECT_EQ(first->generation_id, 1);
  EXPECT_EQ(second->generation_id, 1);
  EXPECT_EQ(third->generation_id, 1);
}

TEST_F(Join, TheInitialDelayEndsWhenNobodyElseComes) {
  options.initial_rebalance_delay_ms = 3'000;
  open();
  const auto first = join("", {.version = 3});
  pass(2'900);
  EXPECT_FALSE(first.here());
  pass(100);
  EXPECT_TRUE(first.here());
}

class Sync : public testing::GroupFixture {};

TEST_F(Sync, FollowersWaitForTheLeadersAssignment) {
  const auto a = one_member();
  const std::string b = new_id();
  const auto second = join(b);
  const auto first = join(a.id);
  const auto follower = sync(b, 2);
  EXPECT_FALSE(follower.here());
  const auto leader = sync(a.id, 2, {{a.id, "1"}, {b, "2"}, {"stranger", "3"}});
  EXPECT_EQ(text_of(leader->assignment), "1");
  EXPECT_EQ(text_of(follower->assignment), "2");
  EXPECT_EQ(follower->protocol_name, "range");
  EXPECT_EQ(state(), "Stable");
  EXPECT_EQ(text_of(sync(b, 2)->assignment), "2");  // lost its answer
}

TEST_F(Sync, TheAssignmentIsHandedOutOnceItIsOnDisk) {
  const std::string id = new_id();
  join(id);
  store.hold_durable = true;
  const auto synced = sync(id, 1, {{id, "x"}});
  EXPECT_FALSE(synced.here());
  EXPECT_EQ(state(), "CompletingRebalance");
  store.release();
  EXPECT_EQ(text_of(synced->assignment), "x");
  EXPECT_EQ(state(), "Stable");
}

TEST_F(Sync, AFailingStoreSendsEverybodyBack) {
  const std::string id = new_id();
  join(id);
  store.sync_error = fail(Kind::kUnavailable, "disk");
  EXPECT_EQ(sync(id, 1, {{id, "x"}})->error_code, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(state(), "PreparingRebalance");
  store.sync_error.reset();
  EXPECT_EQ(join(id)->generation_id, 2);
  store.append_error = fail(Kind::kExhausted, "full");
  EXPECT_EQ(sync(id, 2, {{id, "x"}})->error_code, ErrorCode::kCoordinatorNotAvailable);
}

TEST_F(Sync, AStaleAssignmentThatReachesTheDiskLateIsIgnored) {
  const std::string a = new_id();
  join(a);
  store.hold_durable = true;
  const auto synced = sync(a, 1, {{a, "x"}});
  const auto other = join(new_id());
  EXPECT_EQ(synced->error_code, ErrorCode::kRebalanceInProgress);
  EXPECT_EQ(join(a)->generation_id, 2);
  store.release();
  EXPECT_EQ(state(), "CompletingRebalance");
}

TEST_F(Sync, ErrorsAreKafkas) {
  protocol::SyncGroupRequest request;
  const auto ask = [&] {
    testing::Answer<protocol::SyncGroupResponse> answer;
    groups->sync(request, answer.taker());
    return answer->error_code;
  };
  EXPECT_EQ(ask(), ErrorCode::kInvalidGroupId);
  request.group_id = "g";
  EXPECT_EQ(ask(), ErrorCode::kUnknownMemberId);
  const auto a = one_member();
  EXPECT_EQ(ask(), ErrorCode::kUnknownMemberId);
  request.member_id = a.id;
  EXPECT_EQ(ask(), ErrorCode::kIllegalGeneration);
  request.generation_id = a.generation;
  request.protocol_type = "connect";
  EXPECT_EQ(ask(), ErrorCode::kInconsistentGroupProtocol);
  request.protocol_type = "consumer";
  request.protocol_name = "other";
  EXPECT_EQ(ask(), ErrorCode::kInconsistentGroupProtocol);
  request.protocol_name = "range";
  EXPECT_EQ(ask(), ErrorCode::kNone);
  join(new_id());
  EXPECT_EQ(ask(), ErrorCode::kRebalanceInProgress);
}

TEST_F(Sync, WhoJoinsButNeverSyncsIsOut) {
  const auto a = one_member({.rebalance_ms = 20'000});
  const std::string b = new_id({.rebalance_ms = 20'000});
  join(b, {.rebalance_ms = 20'000});
  join(a.id, {.rebalance_ms = 20'000});
  EXPECT_EQ(sync(a.id, 2, {{a.id, "1"}, {b, "2"}})->error_code, ErrorCode::kNone);
  for (int i = 0; i < 20; ++i) {  // both are alive, b never asks for its assignment
    EXPECT_EQ(heartbeat(a.id, 2), ErrorCode::kNone);
    EXPECT_EQ(heartbeat(b, 2), ErrorCode::kNone);
    pass(1'000);
  }
  EXPECT_EQ(heartbeat(b, 2), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(heartbeat(a.id, 2), ErrorCode::kRebalanceInProgress);
}

TEST_F(Sync, WithoutTheLeaderFollowersAreSentBack) {
  const auto a = one_member({.rebalance_ms = 20'000});
  const std::string b = new_id({.rebalance_ms = 20'000});
  join(b, {.rebalance_ms = 20'000});
  join(a.id, {.rebalance_ms = 20'000});
  const auto follower = sync(b, 2);
  pass(10'000);  // the leader's session is over
  EXPECT_EQ(follower->error_code, ErrorCode::kRebalanceInProgress);
  EXPECT_EQ(join(b, {.rebalance_ms = 20'000})->leader, b);
}

class Leave : public testing::GroupFixture {};

TEST_F(Leave, TheRestRebalancesAndTheLastLeavesAnEmptyGroup) {
  const auto [a, b] = two_members();
  EXPECT_EQ(leave(a.id), ErrorCode::kNone);
  EXPECT_EQ(leave(a.id), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(heartbeat(b.id, b.generation), ErrorCode::kRebalanceInProgress);
  const auto alone = join(b.id);
  EXPECT_EQ(alone->generation_id, 3);
  EXPECT_EQ(alone->leader, b.id);
  EXPECT_EQ(leave(b.id), ErrorCode::kNone);
  EXPECT_EQ(state(), "Empty");
  EXPECT_EQ(heartbeat(b.id, 3), ErrorCode::kUnknownMemberId);
}

TEST_F(Leave, AnIdThatWasNeverUsedCanBeGivenBackWithoutARebalance) {
  const auto a = one_member();
  const std::string b = new_id();
  EXPECT_EQ(leave(b), ErrorCode::kNone);
  EXPECT_EQ(join(b)->error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(heartbeat(a.id, a.generation), ErrorCode::kNone);
}

TEST_F(Leave, AWaitingMemberIsToldThatItIsGone) {
  const auto a = one_member();
  const std::string b = new_id();
  const auto waits = join(b);
  EXPECT_EQ(leave(b), ErrorCode::kNone);
  EXPECT_EQ(waits->error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(join(a.id)->members.size(), 1u);
}

TEST_F(Leave, OldAndManyMemberFormsAndUnknownGroups) {
  const auto [a, b] = two_members();
  EXPECT_EQ(groups->leave({}).error_code, ErrorCode::kInvalidGroupId);
  EXPECT_EQ(groups->leave({.group_id = "none", .member_id = "x"}).error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(groups->leave({.group_id = "g", .member_id = "x"}).error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(groups->leave({.group_id = "g", .member_id = a.id}).error_code, ErrorCode::kNone);
  protocol::LeaveGroupRequest many{.group_id = "g"};
  many.members.push_back({.member_id = a.id});
  many.members.push_back({.member_id = b.id});
  const auto response = groups->leave(many);
  EXPECT_EQ(response.error_code, ErrorCode::kNone);
  EXPECT_EQ(response.members.at(0).error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(response.members.at(1).error_code, ErrorCode::kNone);
  EXPECT_EQ(state(), "Empty");
}

class Static : public testing::GroupFixture {
 protected:
  const JoinHow one_{.instance = "one"};
  const JoinHow two_{.instance = "two"};
};

TEST_F(Static, ARestartedMemberKeepsItsAssignmentWithoutARebalance) {
  const auto first = join("", one_);
  ASSERT_EQ(first->error_code, ErrorCode::kNone);  // no second step
  EXPECT_TRUE(first->member_id.starts_with("one-"));
  const auto second = join("", two_);
  join(first->member_id, one_);
  const std::string a = first->member_id;
  const std::string b = second->member_id;
  sync(b, 2, {}, "two");
  sync(a, 2, {{a, "A"}, {b, "B"}}, "one");
  ASSERT_EQ(state(), "Stable");

  const auto again = join("", two_);
  EXPECT_EQ(again->error_code, ErrorCode::kNone);
  EXPECT_EQ(again->generation_id, 2);
  EXPECT_NE(again->member_id, b);
  EXPECT_FALSE(again->skip_assignment);
  EXPECT_EQ(state(), "Stable");
  EXPECT_EQ(text_of(sync(again->member_id, 2, {}, "two")->assignment), "B");
  EXPECT_EQ(heartbeat(b, 2, "two"), ErrorCode::kFencedInstanceId);
  EXPECT_EQ(sync(b, 2, {}, "two")->error_code, ErrorCode::kFencedInstanceId);
  EXPECT_EQ(join(b, two_)->error_code, ErrorCode::kFencedInstanceId);
  EXPECT_EQ(heartbeat(b, 2), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(heartbeat("x", 2, "three"), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(leave(b, "two"), ErrorCode::kFencedInstanceId);
  const auto leader = join("", one_);
  EXPECT_EQ(leader->leader, leader->member_id);
  EXPECT_EQ(leader->members.size(), 2u);
  EXPECT_EQ(state(), "Stable");
}

TEST_F(Static, ARestartedLeaderIsTold) {
  const std::string a = join("", one_)->member_id;
  sync(a, 1, {{a, "A"}}, "one");
  const auto modern = join("", one_);
  EXPECT_TRUE(modern->skip_assignment);
  EXPECT_EQ(modern->leader, modern->member_id);
  EXPECT_EQ(modern->members.size(), 1u);
  JoinHow old = one_;
  old.version = 8;
  const auto older = join("", old);
  EXPECT_FALSE(older->skip_assignment);
  EXPECT_EQ(older->leader, modern->member_id);  // the one before: so it will not assign
  EXPECT_NE(older->leader, older->member_id);
}

TEST_F(Static, ANewIdWhileTheGroupRebalancesFencesTheWaitingOne) {
  const std::string a = join("", one_)->member_id;
  sync(a, 1, {{a, "A"}}, "one");
  const auto waits = join("", two_);
  const auto again = join("", two_);
  EXPECT_EQ(waits->error_code, ErrorCode::kFencedInstanceId);
  EXPECT_FALSE(again.here());
  EXPECT_EQ(join(a, one_)->generation_id, 2);
  EXPECT_EQ(again->generation_id, 2);
  // In the next phase the leader may already know the old id: everybody joins again.
  const auto synced = sync(again->member_id, 2, {}, "two");
  const auto third = join("", two_);
  EXPECT_EQ(synced->error_code, ErrorCode::kFencedInstanceId);
  EXPECT_EQ(state(), "PreparingRebalance");
  EXPECT_FALSE(third.here());
}

TEST_F(Static, AnAdministratorRemovesAMemberByItsInstance) {
  const std::string a = join("", one_)->member_id;
  sync(a, 1, {{a, "A"}}, "one");
  EXPECT_EQ(leave("", "nobody"), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(leave("", "one"), ErrorCode::kNone);
  EXPECT_EQ(state(), "Empty");
}

TEST_F(Static, ARebalanceWaitsForAnAbsentStaticMemberAndKeepsIt) {
  JoinHow one = one_;
  one.session_ms = 100'000;
  one.rebalance_ms = 20'000;
  const std::string a = join("", one)->member_id;
  sync(a, 1, {{a, "A"}}, "one");
  JoinHow other;
  other.rebalance_ms = 20'000;
  const auto b = join(new_id(other), other);
  pass(19'900);
  EXPECT_FALSE(b.here());
  pass(100);
  EXPECT_EQ(b->leader, b->member_id);   // the old leader is away
  EXPECT_EQ(b->members.size(), 2u);     // but still a member, with a share
  EXPECT_EQ(heartbeat(a, 2, "one"), ErrorCode::kNone);
}

TEST_F(Static, AChangedProtocolStartsARebalance) {
  JoinHow both = one_;
  both.protocols = {"range", "sticky"};
  const std::string a = join("", both)->member_id;
  sync(a, 1, {{a, "A"}}, "one");
  JoinHow changed = one_;
  changed.protocols = {"sticky", "range"};
  const auto again = join("", changed);
  EXPECT_EQ(again->generation_id, 2);
  EXPECT_EQ(again->protocol_name, "sticky");
}

}  // namespace
}  // namespace takhin::broker::groups
