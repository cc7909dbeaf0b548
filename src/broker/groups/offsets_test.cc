// Committed offsets, what tools ask, and what is left after the process died.

#include "broker/groups/records.h"
#include "protocol/messages/offset_commit_value.h"
#include "testing/group_fixture.h"

namespace takhin::broker::groups {
namespace {

using protocol::ErrorCode;

constexpr std::int64_t kDay = 24LL * 3600 * 1000;

class Offsets : public testing::GroupFixture {
 protected:
  /// Days go by: one look at the offsets is enough.
  void pass_days(std::int64_t days) {
    clock.advance(std::chrono::milliseconds(days * kDay));
    groups->tick();
  }
};

TEST_F(Offsets, ASimpleConsumerCommitsWithoutAGroup) {
  EXPECT_EQ(committed(), -1);
  EXPECT_EQ(commit(5), ErrorCode::kNone);
  EXPECT_EQ(committed(), 5);
  EXPECT_EQ(commit(3), ErrorCode::kNone);  // backwards is allowed
  EXPECT_EQ(committed(), 3);
  EXPECT_EQ(state(), "Empty");
}

TEST_F(Offsets, OnlyMembersOfTheGenerationCommitToALivingGroup) {
  const auto a = one_member();
  EXPECT_EQ(commit(1), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(commit(1, "x", a.generation), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(commit(1, a.id, a.generation - 1), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(commit(1, a.id, a.generation), ErrorCode::kNone);
  EXPECT_EQ(commit(1, "x", 3, "t", "nobody"), ErrorCode::kGroupIdNotFound);
  testing::Answer<protocol::OffsetCommitResponse> old;
  protocol::OffsetCommitRequest request{.group_id = "nobody", .generation_id_or_member_epoch = 3};
  request.topics.emplace_back().partitions.emplace_back();
  groups->commit({.version = 8}, request, old.taker());
  EXPECT_EQ(old->topics.at(0).partitions.at(0).error_code, ErrorCode::kIllegalGeneration);
}

TEST_F(Offsets, DuringARebalanceCommitsStandUntilTheNewGeneration) {
  const auto a = one_member();
  const auto waits = join(new_id());
  EXPECT_EQ(commit(7, a.id, a.generation), ErrorCode::kNone);  // preparing: it may still hand over
  join(a.id);
  EXPECT_EQ(commit(8, a.id, 2), ErrorCode::kRebalanceInProgress);  // completing: it has nothing yet
  EXPECT_EQ(committed(), 7);
}

TEST_F(Offsets, ACommitIsASignOfLife) {
  const auto a = one_member();
  for (int i = 0; i < 5; ++i) {
    pass(8'000);
    EXPECT_EQ(commit(i, a.id, a.generation), ErrorCode::kNone);
  }
}

TEST_F(Offsets, TheAnswerWaitsForTheDisk) {
  store.hold_durable = true;
  const auto answer = commit_later(9);
  EXPECT_FALSE(answer.here());
  store.release();
  EXPECT_EQ(answer->topics.at(0).partitions.at(0).error_code, ErrorCode::kNone);
  store.hold_durable = false;
  store.sync_error = fail(Kind::kUnavailable, "disk");
  EXPECT_EQ(commit(10), ErrorCode::kCoordinatorNotAvailable);
  store.append_error = fail(Kind::kExhausted, "full");
  EXPECT_EQ(commit(10), ErrorCode::kCoordinatorNotAvailable);
}

TEST_F(Offsets, LongMetadataIsRefusedAlone) {
  protocol::OffsetCommitRequest request{.group_id = "g"};
  auto& topic = request.topics.emplace_back();
  topic.name = "t";
  topic.partitions.push_back({.partition_index = 0, .committed_offset = 1, .committed_metadata = std::string(4'097, 'x')});
  topic.partitions.push_back({.partition_index = 1, .committed_offset = 2, .committed_metadata = std::string(4'096, 'x')});
  testing::Answer<protocol::OffsetCommitResponse> answer;
  groups->commit({.version = 9}, request, answer.taker());
  EXPECT_EQ(answer->topics.at(0).partitions.at(0).error_code, ErrorCode::kOffsetMetadataTooLarge);
  EXPECT_EQ(answer->topics.at(0).partitions.at(1).error_code, ErrorCode::kNone);
  request.topics[0].partitions.pop_back();
  request.group_id = "h";
  testing::Answer<protocol::OffsetCommitResponse> nothing;
  groups->commit({.version = 9}, request, nothing.taker());
  EXPECT_EQ(nothing->topics.at(0).partitions.at(0).error_code, ErrorCode::kOffsetMetadataTooLarge);
  EXPECT_EQ(groups->list({}).groups.size(), 1u);
}

TEST_F(Offsets, FetchOfOneOfManyAndOfEverything) {
  commit(1, "", -1, "a");
  commit(2, "", -1, "b");
  commit(3, "", -1, "a", "h");
  protocol::OffsetFetchRequest request;
  request.groups.emplace_back().group_id = "g";
  request.groups[0].topics.reset();
  request.groups.emplace_back().group_id = "h";
  request.groups[1].topics.reset();
  request.groups.emplace_back().group_id = "nobody";
  request.groups[2].topics.reset();
  const auto all = groups->fetch({.version = 9}, request);
  ASSERT_EQ(all.groups.size(), 3u);
  ASSERT_EQ(all.groups[0].topics.size(), 2u);
  EXPECT_EQ(all.groups[0].topics[1].name, "b");
  const auto& partition = all.groups[0].topics[1].partitions.at(0);
  EXPECT_EQ(partition.committed_offset, 2);
  EXPECT_EQ(partition.committed_leader_epoch, 3);
  EXPECT_EQ(partition.metadata, "m2");
  EXPECT_EQ(all.groups[1].topics.at(0).partitions.at(0).committed_offset, 3);
  EXPECT_TRUE(all.groups[2].topics.empty());
  EXPECT_EQ(all.groups[2].error_code, ErrorCode::kNone);

  protocol::OffsetFetchRequest old{.group_id = "g"};
  old.topics.emplace();
  auto& topic = old.topics->emplace_back();
  topic.name = "a";
  topic.partition_indexes = {0, 5};
  const auto some = groups->fetch({.version = 5}, old);
  ASSERT_EQ(some.topics.size(), 1u);
  EXPECT_EQ(some.topics[0].partitions.at(0).committed_offset, 1);
  EXPECT_EQ(some.topics[0].partitions.at(1).committed_offset, -1);
  EXPECT_EQ(some.topics[0].partitions.at(1).metadata, "");
  EXPECT_EQ(some.topics[0].partitions.at(1).error_code, ErrorCode::kNone);
  old.topics.reset();
  EXPECT_EQ(groups->fetch({.version = 5}, old).topics.size(), 2u);
}

TEST_F(Offsets, SurviveARestartWithTheGroupAndItsMembers) {
  const auto [a, b] = two_members();
  commit(41, a.id, a.generation);
  commit(42, a.id, a.generation);
  open();
  EXPECT_EQ(committed(), 42);
  EXPECT_EQ(state(), "Stable");
  EXPECT_EQ(heartbeat(a.id, a.generation), ErrorCode::kNone);
  EXPECT_EQ(text_of(sync(b.id, b.generation)->assignment), "B");
  EXPECT_EQ(commit(43, b.id, b.generation), ErrorCode::kNone);
  pass(10'000);  // nobody came back
  EXPECT_EQ(heartbeat(a.id, a.generation), ErrorCode::kUnknownMemberId);
}

TEST_F(Offsets, AMemberIdIsKeptOverARestartForStaticMembersToo) {
  const testing::JoinHow how{.instance = "one"};
  const std::string id = join("", how)->member_id;
  sync(id, 1, {{id, "A"}}, "one");
  open();
  EXPECT_EQ(heartbeat("other", 1, "one"), ErrorCode::kFencedInstanceId);
  EXPECT_EQ(join("", how)->generation_id, 1);
}

TEST_F(Offsets, ADeadProcessLosesOnlyWhatWasNotAnswered) {
  commit(1);
  const std::size_t durable = store.log.size();
  store.hold_durable = true;
  const auto lost = commit_later(2);
  EXPECT_FALSE(lost.here());
  store.cut(durable);
  open();
  store.hold_durable = false;
  EXPECT_EQ(committed(), 1);
  store.release();  // a callback of the coordinator that is gone
}

TEST_F(Offsets, ExpireAfterTheLastMemberLeft) {
  const auto a = one_member();
  commit(5, a.id, a.generation);
  for (int i = 0; i < 20; ++i) {  // members keep them alive
    clock.jump_wall(std::chrono::milliseconds(kDay));
    heartbeat(a.id, a.generation);
    pass(1'000);
  }
  EXPECT_EQ(committed(), 5);
  EXPECT_EQ(leave(a.id), ErrorCode::kNone);
  pass_days(6);
  EXPECT_EQ(committed(), 5);
  pass_days(1);
  EXPECT_EQ(committed(), -1);
  EXPECT_EQ(groups->list({}).groups.size(), 0u);
  open();
  EXPECT_EQ(groups->list({}).groups.size(), 0u);
}

TEST_F(Offsets, OfSimpleConsumersExpireByTheirOwnAge) {
  commit(1, "", -1, "a");
  pass_days(4);
  commit(2, "", -1, "b");
  pass_days(3);
  EXPECT_EQ(committed("a"), -1);
  EXPECT_EQ(committed("b"), 2);
}

TEST_F(Offsets, OldClientsChooseTheirRetention) {
  EXPECT_TRUE(commit_later(1, "", -1, "t", "g", 1'000'000).here());
  open();
  pass_days(0);
  EXPECT_EQ(committed(), 1);
  clock.advance(std::chrono::milliseconds(1'000'000));
  groups->tick();
  EXPECT_EQ(committed(), -1);
}

TEST_F(Offsets, OfTopicsThatNobodyReadsAnyMoreExpireUnderALivingGroup) {
  const auto a = one_member({.topics = {"t"}, .session_ms = 1'800'000});
  commit(1, a.id, a.generation, "t");
  commit(1, a.id, a.generation, "gone");
  clock.jump_wall(std::chrono::milliseconds(8 * kDay));
  pass(600'000);
  EXPECT_EQ(committed("t"), 1);
  EXPECT_EQ(committed("gone"), -1);
}

TEST_F(Offsets, ARemovedTopicIsForgotten) {
  commit(1, "", -1, "a");
  commit(2, "", -1, "b");
  groups->forget_topic("a");
  EXPECT_EQ(committed("a"), -1);
  open();
  EXPECT_EQ(committed("a"), -1);
  EXPECT_EQ(committed("b"), 2);
}

TEST_F(Offsets, AreRemovedOneByOne) {
  const auto ask = [&](const std::string& group, const std::string& topic) {
    protocol::OffsetDeleteRequest request{.group_id = group};
    auto& from = request.topics.emplace_back();
    from.name = topic;
    from.partitions.push_back({.partition_index = 0});
    testing::Answer<protocol::OffsetDeleteResponse> answer;
    groups->remove_offsets(request, answer.taker());
    const auto inner = answer->topics.empty() ? ErrorCode::kNone : answer->topics[0].partitions.at(0).error_code;
    return std::pair(answer->error_code, inner);
  };
  EXPECT_EQ(ask("g", "t").first, ErrorCode::kGroupIdNotFound);
  commit(1, "", -1, "t");
  EXPECT_EQ(ask("g", "t"), std::pair(ErrorCode::kNone, ErrorCode::kNone));
  EXPECT_EQ(committed("t"), -1);
  commit(1, "", -1, "t");
  commit(1, "", -1, "old");
  const auto a = one_member();
  EXPECT_EQ(ask("g", "t"), std::pair(ErrorCode::kNone, ErrorCode::kGroupSubscribedToTopic));
  EXPECT_EQ(ask("g", "old"), std::pair(ErrorCode::kNone, ErrorCode::kNone));
  EXPECT_EQ(committed("t"), 1);
  EXPECT_EQ(committed("old"), -1);
  const testing::JoinHow connect{.type = "connect", .group = "c"};
  join(new_id(connect), connect);
  EXPECT_EQ(ask("c", "t").first, ErrorCode::kNonEmptyGroup);
  open();
  EXPECT_EQ(committed("t"), 1);
  EXPECT_EQ(committed("old"), -1);
}

TEST_F(Offsets, AGrownStoreIsRewrittenAndHoldsTheSame) {
  options.snapshot.records_min = 50;
  options.snapshot.ratio = 4;
  open();
  const auto a = one_member();
  for (int i = 0; i < 30; ++i) commit(i, a.id, a.generation, "t");
  commit(7, "", -1, "u", "simple");
  groups->tick();
  EXPECT_EQ(store.start, 0);
  for (int i = 30; i < 60; ++i) commit(i, a.id, a.generation, "t");
  store.hold_durable = true;
  groups->tick();
  EXPECT_EQ(store.start, 0);  // nothing goes before the copy is on disk
  const auto more = commit_later(1'000, a.id, a.generation, "t");
  groups->tick();             // and no second copy meanwhile
  EXPECT_EQ(store.waiting(), 2u);
  store.release();
  store.hold_durable = false;
  EXPECT_GT(store.start, 50);
  EXPECT_LT(store.log.size(), 6u);
  open();
  EXPECT_EQ(committed("t"), 1'000);
  EXPECT_EQ(committed("u", "simple"), 7);
  EXPECT_EQ(heartbeat(a.id, a.generation), ErrorCode::kNone);
}

TEST_F(Offsets, ARewriteInTheMiddleOfARebalanceDoesNotInventAssignments) {
  options.snapshot.records_min = 10;
  open();
  const auto a = one_member();
  for (int i = 0; i < 20; ++i) commit(i, a.id, a.generation);
  join(a.id);  // the leader again: completing, generation 2
  ASSERT_EQ(state(), "CompletingRebalance");
  groups->tick();
  ASSERT_GT(store.start, 0);
  open();
  EXPECT_EQ(state(), "Empty");
  EXPECT_EQ(sync(a.id, 2)->error_code, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(committed(), 19);
  const std::string id = new_id();
  EXPECT_EQ(join(id)->generation_id, 3);
}

class Admin : public testing::GroupFixture {};

TEST_F(Admin, DescribesWhatThereIs) {
  const auto [a, b] = two_members();
  const auto described = groups->describe({.version = 6}, {.groups = {"g", "nobody", ""}});
  const auto& group = described.groups.at(0);
  EXPECT_EQ(group.group_state, "Stable");
  EXPECT_EQ(group.protocol_type, "consumer");
  EXPECT_EQ(group.protocol_data, "range");
  ASSERT_EQ(group.members.size(), 2u);
  const auto& member = group.members[0].member_id == a.id ? group.members[0] : group.members[1];
  EXPECT_EQ(member.client_id, "client");
  EXPECT_EQ(member.client_host, "/127.0.0.1");
  EXPECT_EQ(member.member_metadata, subscription({"t"}));
  EXPECT_EQ(text_of(member.member_assignment), "A");
  EXPECT_EQ(described.groups.at(1).error_code, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(described.groups.at(1).error_message, "Group nobody not found.");
  EXPECT_EQ(described.groups.at(2).error_code, ErrorCode::kInvalidGroupId);
  const auto older = groups->describe({.version = 5}, {.groups = {"nobody"}});
  EXPECT_EQ(older.groups.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(older.groups.at(0).group_state, "Dead");
  join(a.id);
  const auto moving = groups->describe({.version = 6}, {.groups = {"g"}});
  EXPECT_EQ(moving.groups.at(0).protocol_data, "");
  EXPECT_TRUE(moving.groups.at(0).members.at(0).member_assignment.empty());
}

TEST_F(Admin, ListsByStateAndType) {
  one_member();
  commit(1, "", -1, "t", "simple");
  EXPECT_EQ(groups->list({}).groups.size(), 2u);
  const auto stable = groups->list({.states_filter = {"stable"}});
  ASSERT_EQ(stable.groups.size(), 1u);
  EXPECT_EQ(stable.groups[0].group_id, "g");
  EXPECT_EQ(stable.groups[0].protocol_type, "consumer");
  EXPECT_EQ(stable.groups[0].group_type, "classic");
  EXPECT_EQ(groups->list({.states_filter = {"Empty"}}).groups.at(0).group_id, "simple");
  EXPECT_EQ(groups->list({.types_filter = {"Classic"}}).groups.size(), 2u);
  EXPECT_EQ(groups->list({.types_filter = {"consumer"}}).groups.size(), 0u);
}

TEST_F(Admin, RemovesEmptyGroupsForGood) {
  const auto a = one_member();
  commit(1, "", -1, "t", "simple");
  const auto ask = [&] {
    testing::Answer<protocol::DeleteGroupsResponse> answer;
    groups->remove({.groups_names = {"g", "simple", "nobody"}}, answer.taker());
    std::vector<ErrorCode> errors;
    for (const auto& result : answer->results) errors.push_back(result.error_code);
    return errors;
  };
  EXPECT_EQ(ask(), (std::vector{ErrorCode::kNonEmptyGroup, ErrorCode::kNone, ErrorCode::kGroupIdNotFound}));
  leave(a.id);
  EXPECT_EQ(ask(), (std::vector{ErrorCode::kNone, ErrorCode::kGroupIdNotFound, ErrorCode::kGroupIdNotFound}));
  open();
  EXPECT_EQ(groups->list({}).groups.size(), 0u);
  EXPECT_EQ(committed("t", "simple"), -1);
}

TEST(Records, AreKafkasBytes) {
  const auto hex = [](View bytes) {
    std::string out;
    for (const std::byte b : bytes) out += fmt::format("{:02x}", static_cast<unsigned>(b));
    return out;
  };
  const CommittedOffset offset{.offset = 258, .leader_epoch = 3, .metadata = "m", .commit_ms = 1};
  const StoredRecord plain = offset_record("g", "t", 7, offset);
  EXPECT_EQ(hex(plain.key), "0001000167000174" "00000007");
  EXPECT_EQ(hex(*plain.value), "0003" "0000000000000102" "00000003" "00016d" "0000000000000001");
  EXPECT_EQ(hex(group_tombstone("g").key), "0002000167");
  CommittedOffset expiring = offset;
  expiring.expire_ms = 2;
  EXPECT_EQ(hex(*offset_record("g", "t", 7, expiring).value),
            "0001" "0000000000000102" "00016d" "0000000000000001" "0000000000000002");
  CommittedOffset named = offset;
  named.topic_id.bytes[0] = std::byte{1};
  const auto back = parse_offset(*offset_record("g", "t", 7, named).value);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->topic_id, named.topic_id);
  EXPECT_EQ(back->leader_epoch, 3);
}

TEST(Records, OfOtherKindsArePassedOverAndBrokenOnesStopTheLoad) {
  const auto key_of = [](std::int16_t kind) {
    Bytes key;
    ByteWriter(key).be(kind);
    return key;
  };
  const auto other = parse_key(key_of(11));  // a share group's
  ASSERT_TRUE(other.ok());
  EXPECT_TRUE(std::holds_alternative<UnknownKey>(*other));
  EXPECT_EQ(parse_key(key_of(1)).error().kind, Kind::kCorrupt);
  EXPECT_EQ(parse_key({}).error().kind, Kind::kCorrupt);
  EXPECT_EQ(parse_offset(key_of(3)).error().kind, Kind::kCorrupt);

  testing::MemoryRecordStore store;
  testing::FakeClock clock;
  testing::SeededRandom random;
  ASSERT_TRUE(store.append(std::vector<StoredRecord>{{key_of(11), std::nullopt}}, {}).ok());
  EXPECT_TRUE(GroupCoordinator::open({clock, random, store}, {}).ok());
  ASSERT_TRUE(store.append(std::vector<StoredRecord>{{key_of(1), std::nullopt}}, {}).ok());
  EXPECT_FALSE(GroupCoordinator::open({clock, random, store}, {}).ok());
}

}  // namespace
}  // namespace takhin::broker::groups
