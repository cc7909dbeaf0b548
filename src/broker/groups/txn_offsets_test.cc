// Offsets that are committed in transactions: they count once the transaction does.

#include "testing/group_fixture.h"

namespace takhin::broker::groups {
namespace {

using protocol::ErrorCode;

class TxnOffsets : public testing::GroupFixture {
 protected:
  ErrorCode commit_in(std::int64_t producer, std::int64_t offset, const std::string& member = "", std::int32_t generation = -1,
                      ErrorCode admitted = ErrorCode::kNone) {
    protocol::OffsetCommitRequest request{
        .group_id = "g", .generation_id_or_member_epoch = generation, .member_id = member};
    auto& to = request.topics.emplace_back();
    to.name = "t";
    to.partitions.push_back({.partition_index = 0, .committed_offset = offset});
    testing::Answer<protocol::OffsetCommitResponse> answer;
    groups->commit_in_transaction({}, {{producer, 0}, [admitted] { return admitted; }}, request, answer.taker());
    return answer->topics.at(0).partitions.at(0).error_code;
  }
  Result<> end(std::int64_t producer, bool commit) {
    Result<> result = fail(Kind::kClosed, "not answered");
    groups->end_transaction({.producer_id = producer, .producer_epoch = 0, .commit = commit},
                            [&](const Result<>& stored) { result = stored; });
    return result;
  }
  protocol::OffsetFetchResponse::OffsetFetchResponsePartitions stable() {
    protocol::OffsetFetchRequest request{.require_stable = true};
    auto& from = request.groups.emplace_back();
    from.group_id = "g";
    auto& wanted = from.topics.emplace().emplace_back();
    wanted.name = "t";
    wanted.partition_indexes = {0};
    return groups->fetch({.version = 9}, request).groups.at(0).topics.at(0).partitions.at(0);
  }
};

TEST_F(TxnOffsets, CountOnceTheTransactionIsCommitted) {
  commit(3);
  EXPECT_EQ(commit_in(7, 10), ErrorCode::kNone);
  EXPECT_EQ(committed(), 3);
  EXPECT_EQ(stable().error_code, ErrorCode::kUnstableOffsetCommit);
  EXPECT_EQ(stable().committed_offset, -1);
  EXPECT_TRUE(end(7, true).ok());
  EXPECT_EQ(committed(), 10);
  EXPECT_EQ(stable().committed_offset, 10);
  EXPECT_EQ(commit_in(7, 20), ErrorCode::kNone);
  EXPECT_TRUE(end(7, false).ok());
  EXPECT_EQ(committed(), 10);
  EXPECT_EQ(stable().error_code, ErrorCode::kNone);
}

TEST_F(TxnOffsets, SurviveACrashOpenCommittedAndAborted) {
  commit_in(7, 10);
  commit_in(8, 99);
  open();
  EXPECT_EQ(committed(), -1);
  EXPECT_EQ(stable().error_code, ErrorCode::kUnstableOffsetCommit);
  EXPECT_TRUE(end(7, true).ok());
  EXPECT_TRUE(end(8, false).ok());
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(committed(), 10);
    EXPECT_EQ(stable().error_code, ErrorCode::kNone);
    open();
  }
}

TEST_F(TxnOffsets, AnEndWithoutCommitsAndOneThatIsRepeatedChangeNothing) {
  EXPECT_TRUE(end(7, true).ok());
  commit_in(7, 10);
  EXPECT_TRUE(end(7, true).ok());
  EXPECT_TRUE(end(7, true).ok());
  EXPECT_EQ(committed(), 10);
}

TEST_F(TxnOffsets, AnEndThatIsNotStoredDoesNotCount) {
  commit_in(7, 10);
  store.append_error = fail(Kind::kExhausted, "full");
  EXPECT_FALSE(end(7, true).ok());
  EXPECT_EQ(committed(), -1);
  store.append_error.reset();
  EXPECT_TRUE(end(7, true).ok());
  EXPECT_EQ(committed(), 10);
}

TEST_F(TxnOffsets, WhatTheTransactionDoesNotAdmitIsNotStored) {
  EXPECT_EQ(commit_in(7, 10, "", -1, ErrorCode::kProducerFenced), ErrorCode::kProducerFenced);
  EXPECT_TRUE(store.log.empty());
  EXPECT_EQ(state(), "Dead");
  EXPECT_TRUE(end(7, true).ok());
  EXPECT_EQ(committed(), -1);
}

TEST_F(TxnOffsets, MembersAreFencedAsInAnyCommit) {
  const auto a = one_member();
  EXPECT_EQ(commit_in(7, 1, a.id, a.generation - 1), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(commit_in(7, 1, "somebody", a.generation), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(commit_in(7, 1, a.id, a.generation), ErrorCode::kNone);
  EXPECT_EQ(commit_in(8, 1), ErrorCode::kNone);  // a producer that does not say for whom
}

TEST_F(TxnOffsets, AGroupWithOpenCommitsStays) {
  commit_in(7, 10);
  testing::Answer<protocol::DeleteGroupsResponse> removed;
  groups->remove({.groups_names = {"g"}}, removed.taker());
  EXPECT_EQ(removed->results.at(0).error_code, ErrorCode::kNonEmptyGroup);
  pass(200);
  EXPECT_EQ(state(), "Empty");
  EXPECT_TRUE(end(7, false).ok());
  EXPECT_EQ(state(), "Dead");
}

}  // namespace
}  // namespace takhin::broker::groups
