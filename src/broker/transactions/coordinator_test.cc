// Who may write under a transactional id, and how its transactions end: every move, also over a crash.

#include "broker/transactions/coordinator.h"

#include "broker/transactions/records.h"
#include "testing/fake_clock.h"
#include "testing/group_fixture.h"

namespace takhin::broker::transactions {
namespace {

using protocol::ErrorCode;
using testing::Answer;

class FakeEnds final : public Ends {
 public:
  struct Written {
    log::TxnEnd end;
    std::vector<Participant> to;
  };
  bool hold = false;  // answers wait for release()
  std::optional<Error> error;
  std::vector<Written> written;

  void write(const log::TxnEnd& end, const std::vector<Participant>& to, std::function<void(Result<>)> then) override {
    written.push_back({end, to});
    waiting_.push_back(std::move(then));
    if (!hold) release();
  }
  void release() {
    std::vector<std::function<void(Result<>)>> waiting;
    waiting.swap(waiting_);
    for (auto& then : waiting) then(error ? Result<>(*error) : done());
  }

 private:
  std::vector<std::function<void(Result<>)>> waiting_;
};

class TransactionsTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  /// Also: the process dies and starts again.
  void open() {
    coordinator.reset();
    auto opened = TransactionCoordinator::open({clock, store, ends, [this] { return Result<std::int64_t>(next_id++); }}, options);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    coordinator = *std::move(opened);
  }
  void pass(std::int64_t ms) {
    clock.advance(std::chrono::milliseconds(ms));
    coordinator->tick();
  }

  Answer<protocol::InitProducerIdResponse> init_later(std::int32_t timeout_ms = 60'000, std::int64_t id = -1,
                                                      std::int16_t epoch = -1, const std::string& txn = "t") {
    Answer<protocol::InitProducerIdResponse> answer;
    coordinator->init({.transactional_id = txn, .transaction_timeout_ms = timeout_ms, .producer_id = id, .producer_epoch = epoch},
                      answer.taker());
    return answer;
  }
  Producer init(std::int32_t timeout_ms = 60'000, std::int64_t id = -1, std::int16_t epoch = -1, const std::string& txn = "t") {
    const auto answer = init_later(timeout_ms, id, epoch, txn);
    EXPECT_EQ(answer->error_code, ErrorCode::kNone);
    return {txn, answer->producer_id, answer->producer_epoch};
  }
  ErrorCode init_error(std::int64_t id = -1, std::int16_t epoch = -1) { return init_later(60'000, id, epoch)->error_code; }
  ErrorCode add(const Producer& who, const std::vector<Participant>& to = {{"a", 0}}) {
    Answer<ErrorCode> answer;
    coordinator->add(who, to, answer.taker());
    return *answer.operator->();
  }
  Answer<protocol::EndTxnResponse> end_later(const Producer& who, bool commit, bool version_2 = false) {
    Answer<protocol::EndTxnResponse> answer;
    coordinator->end({.transactional_id = who.transactional_id, .producer_id = who.id, .producer_epoch = who.epoch,
                      .committed = commit},
                     version_2, answer.taker());
    return answer;
  }
  ErrorCode end(const Producer& who, bool commit) { return end_later(who, commit)->error_code; }
  /// With version 2: who the producer is from then on.
  Producer end_2(const Producer& who, bool commit) {
    const auto answer = end_later(who, commit, true);
    EXPECT_EQ(answer->error_code, ErrorCode::kNone);
    return {who.transactional_id, answer->producer_id, answer->producer_epoch};
  }
  std::string state(const std::string& txn = "t") {
    return coordinator->describe({.transactional_ids = {txn}}).transaction_states.at(0).transaction_state;
  }

  testing::FakeClock clock;
  testing::MemoryRecordStore store;
  FakeEnds ends;
  TransactionOptions options;
  std::int64_t next_id = 1000;
  std::shared_ptr<TransactionCoordinator> coordinator;
};

TEST_F(TransactionsTest, ATransactionCommitsAndTheNextOneBeginsWithTheSameEpoch) {
  const auto who = init();
  EXPECT_EQ(who.id, 1000);
  EXPECT_EQ(who.epoch, 0);
  EXPECT_EQ(state(), "Empty");
  EXPECT_EQ(add(who, {{"a", 0}, {"a", 1}}), ErrorCode::kNone);
  EXPECT_EQ(add(who, {{"b", 0}}), ErrorCode::kNone);
  EXPECT_EQ(state(), "Ongoing");
  EXPECT_EQ(end(who, true), ErrorCode::kNone);
  EXPECT_EQ(state(), "CompleteCommit");
  ASSERT_EQ(ends.written.size(), 1u);
  EXPECT_TRUE(ends.written[0].end.commit);
  EXPECT_EQ(ends.written[0].end.producer_epoch, 0);
  EXPECT_EQ(ends.written[0].to, (std::vector<Participant>{{"a", 0}, {"a", 1}, {"b", 0}}));
  EXPECT_EQ(add(who), ErrorCode::kNone);
  EXPECT_EQ(end(who, false), ErrorCode::kNone);
  EXPECT_FALSE(ends.written[1].end.commit);
  EXPECT_EQ(ends.written[1].to, (std::vector<Participant>{{"a", 0}}));
  EXPECT_EQ(state(), "CompleteAbort");
}

TEST_F(TransactionsTest, NoMarkerBeforeTheDecisionIsOnDiskAndNoAnswerBeforeTheMarkers) {
  const auto who = init();
  add(who);
  store.hold_durable = true;
  ends.hold = true;
  const auto answer = end_later(who, true);
  EXPECT_TRUE(ends.written.empty());
  EXPECT_EQ(state(), "PrepareCommit");
  store.release();
  EXPECT_EQ(ends.written.size(), 1u);
  EXPECT_FALSE(answer.here());
  EXPECT_EQ(add(who), ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(end(who, true), ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(end(who, false), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(init_error(), ErrorCode::kConcurrentTransactions);
  ends.release();
  EXPECT_EQ(answer->error_code, ErrorCode::kNone);
  EXPECT_EQ(state(), "CompleteCommit");
}

TEST_F(TransactionsTest, AnAddedPartitionIsConfirmedOnceItIsOnDisk) {
  const auto who = init();
  store.hold_durable = true;
  Answer<ErrorCode> first;
  coordinator->add(who, {{"a", 0}}, first.taker());
  Answer<ErrorCode> again;
  coordinator->add(who, {{"a", 0}}, again.taker());
  EXPECT_FALSE(first.here());
  EXPECT_FALSE(again.here());
  store.release();
  EXPECT_EQ(*first.operator->(), ErrorCode::kNone);
  EXPECT_EQ(*again.operator->(), ErrorCode::kNone);
}

TEST_F(TransactionsTest, EndsThatDoNotFitAreRefusedAndRepeatedOnesAnswered) {
  const auto who = init();
  EXPECT_EQ(end(who, true), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(end(who, false), ErrorCode::kInvalidTxnState);
  add(who);
  EXPECT_EQ(end(who, true), ErrorCode::kNone);
  EXPECT_EQ(end(who, true), ErrorCode::kNone);
  EXPECT_EQ(end(who, false), ErrorCode::kInvalidTxnState);
  add(who);
  EXPECT_EQ(end(who, false), ErrorCode::kNone);
  EXPECT_EQ(end(who, false), ErrorCode::kNone);
  EXPECT_EQ(end(who, true), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(ends.written.size(), 2u);
  EXPECT_EQ(end({"", 1, 0}, true), ErrorCode::kInvalidRequest);
  EXPECT_EQ(end({"nobody", 1, 0}, true), ErrorCode::kInvalidProducerIdMapping);
  EXPECT_EQ(end({"t", who.id + 1, 0}, true), ErrorCode::kInvalidProducerIdMapping);
}

TEST_F(TransactionsTest, AnotherProducerWithTheIdFencesTheFirst) {
  const auto first = init();
  const auto second = init();
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.epoch, 1);
  EXPECT_EQ(add(first), ErrorCode::kProducerFenced);
  EXPECT_EQ(end(first, true), ErrorCode::kProducerFenced);
  EXPECT_EQ(init_error(first.id, first.epoch), ErrorCode::kProducerFenced);
  EXPECT_EQ(add(second), ErrorCode::kNone);
}

TEST_F(TransactionsTest, AnOpenTransactionIsAbortedBeforeItsIdIsTakenOver) {
  const auto first = init();
  add(first);
  ends.hold = true;
  const auto waits = init_later();
  EXPECT_FALSE(waits.here());
  ASSERT_EQ(ends.written.size(), 1u);
  EXPECT_FALSE(ends.written[0].end.commit);
  EXPECT_EQ(ends.written[0].end.producer_epoch, 1);  // fences the first one in the partitions too
  ends.release();
  EXPECT_EQ(waits->error_code, ErrorCode::kConcurrentTransactions);
  ends.hold = false;
  const auto second = init();
  EXPECT_EQ(second.epoch, 2);
  EXPECT_EQ(end(first, true), ErrorCode::kProducerFenced);
}

TEST_F(TransactionsTest, AProducerBumpsItsOwnEpochAndMayAskTwice) {
  const auto who = init();
  const auto bumped = init(60'000, who.id, who.epoch);
  EXPECT_EQ(bumped.epoch, 1);
  EXPECT_EQ(init(60'000, who.id, who.epoch).epoch, 1);  // its answer was lost
  EXPECT_EQ(init(60'000, who.id, bumped.epoch).epoch, 2);
  EXPECT_EQ(init_error(who.id, who.epoch), ErrorCode::kProducerFenced);
  EXPECT_EQ(init_error(who.id + 5, 0), ErrorCode::kProducerFenced);
}

TEST_F(TransactionsTest, AUsedUpEpochMakesANewProducerId) {
  auto who = init();
  for (int i = 0; i < kEpochLast; ++i) who = init(60'000, who.id, who.epoch);
  EXPECT_EQ(who.epoch, kEpochLast);
  const auto fresh = init(60'000, who.id, who.epoch);
  EXPECT_NE(fresh.id, who.id);
  EXPECT_EQ(fresh.epoch, 0);
  const auto again = init(60'000, who.id, who.epoch);  // its answer was lost
  EXPECT_EQ(again.id, fresh.id);
  EXPECT_EQ(again.epoch, 0);
  EXPECT_EQ(add(who), ErrorCode::kInvalidProducerIdMapping);
}

TEST_F(TransactionsTest, TimeoutsAreBounded) {
  EXPECT_EQ(init_later(0)->error_code, ErrorCode::kInvalidTransactionTimeout);
  EXPECT_EQ(init_later(900'001)->error_code, ErrorCode::kInvalidTransactionTimeout);
  EXPECT_EQ(init_later(1'000, -1, -1, "")->error_code, ErrorCode::kInvalidRequest);
}

TEST_F(TransactionsTest, WhatTakesTooLongIsAborted) {
  const auto who = init(5'000);
  add(who);
  pass(4'000);
  EXPECT_EQ(state(), "Ongoing");
  add(who, {{"b", 0}});  // does not begin anew
  pass(1'500);
  EXPECT_EQ(state(), "CompleteAbort");
  ASSERT_EQ(ends.written.size(), 1u);
  EXPECT_EQ(ends.written[0].end.producer_epoch, 1);
  EXPECT_EQ(end(who, true), ErrorCode::kProducerFenced);
  EXPECT_EQ(add(who), ErrorCode::kProducerFenced);
  pass(10'000);
  EXPECT_EQ(ends.written.size(), 1u);
}

TEST_F(TransactionsTest, MarkersThatFailAreWrittenAgain) {
  const auto who = init();
  add(who);
  ends.error = fail(Kind::kUnavailable, "disk");
  EXPECT_EQ(end(who, true), ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(state(), "PrepareCommit");
  pass(2'000);
  EXPECT_EQ(ends.written.size(), 2u);
  ends.error.reset();
  pass(2'000);
  EXPECT_EQ(ends.written.size(), 3u);
  EXPECT_TRUE(ends.written[2].end.commit);
  EXPECT_EQ(state(), "CompleteCommit");
  EXPECT_EQ(end(who, true), ErrorCode::kNone);
}

TEST_F(TransactionsTest, ADecisionThatIsNotOnDiskWritesNoMarker) {
  const auto who = init();
  add(who);
  store.append_error = fail(Kind::kExhausted, "full");
  EXPECT_EQ(end(who, true), ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(add(who, {{"c", 0}}), ErrorCode::kConcurrentTransactions);
  pass(2'000);
  EXPECT_TRUE(ends.written.empty());
  store.append_error.reset();
  pass(2'000);
  EXPECT_EQ(ends.written.size(), 1u);
  EXPECT_EQ(state(), "CompleteCommit");
}

TEST_F(TransactionsTest, WhatWasOpenGoesOnAfterACrash) {
  const auto who = init();
  add(who, {{"a", 0}, {"b", 3}});
  open();
  EXPECT_EQ(state(), "Ongoing");
  pass(2'000);
  EXPECT_TRUE(ends.written.empty());
  EXPECT_EQ(end(who, true), ErrorCode::kNone);
  EXPECT_EQ(ends.written[0].to, (std::vector<Participant>{{"a", 0}, {"b", 3}}));
}

TEST_F(TransactionsTest, WhatWasDecidedIsFinishedAfterACrash) {
  for (const bool commit : {true, false}) {
    const auto who = init();
    add(who);
    ends.hold = true;
    const auto lost = end_later(who, commit);
    open();
    EXPECT_EQ(state(), commit ? "PrepareCommit" : "PrepareAbort");
    ends.written.clear();
    ends.hold = false;
    pass(2'000);
    ASSERT_EQ(ends.written.size(), 1u);
    EXPECT_EQ(ends.written[0].end.commit, commit);
    EXPECT_EQ(end(who, commit), ErrorCode::kNone);  // the producer asks again
    EXPECT_FALSE(lost.here());
  }
}

TEST_F(TransactionsTest, WhatDidNotReachTheDiskNeverHappened) {
  const auto who = init();
  add(who);
  const std::size_t durable = store.log.size();
  end(who, true);
  store.cut(durable);
  open();
  EXPECT_EQ(state(), "Ongoing");
  EXPECT_EQ(end(who, false), ErrorCode::kNone);
}

TEST_F(TransactionsTest, AdmissionAsksOrAdds) {
  const auto who = init();
  EXPECT_EQ(coordinator->admit(who, {"a", 0}, false).error, ErrorCode::kTransactionAbortable);
  EXPECT_EQ(state(), "Empty");
  const auto added = coordinator->admit(who, {"a", 0}, true);
  EXPECT_EQ(added.error, ErrorCode::kNone);
  EXPECT_EQ(added.durable, store.end());
  EXPECT_EQ(state(), "Ongoing");
  EXPECT_EQ(coordinator->admit(who, {"a", 0}, false).error, ErrorCode::kNone);
  EXPECT_EQ(coordinator->admit({"t", who.id, 7}, {"a", 0}, true).error, ErrorCode::kProducerFenced);
  EXPECT_EQ(coordinator->admit({"t", 7, 0}, {"a", 0}, true).error, ErrorCode::kInvalidProducerIdMapping);
  EXPECT_EQ(coordinator->verify(who, {{"a", 0}, {"a", 1}}),
            (std::vector{ErrorCode::kNone, ErrorCode::kTransactionAbortable}));
  ends.hold = true;
  const auto ending = end_later(who, true);
  EXPECT_EQ(coordinator->admit(who, {"a", 0}, true).error, ErrorCode::kConcurrentTransactions);
}

TEST_F(TransactionsTest, Version2TakesAnEpochForEachTransaction) {
  auto who = init();
  coordinator->admit(who, {"a", 0}, true);
  auto next = end_2(who, true);
  EXPECT_EQ(next.id, who.id);
  EXPECT_EQ(next.epoch, 1);
  EXPECT_EQ(ends.written[0].end.producer_epoch, 1);
  EXPECT_EQ(end_2(who, true).epoch, 1);  // asked again: the same answer
  EXPECT_EQ(end_later(who, false, true)->error_code, ErrorCode::kInvalidTxnState);
  EXPECT_EQ(coordinator->admit(who, {"a", 0}, true).error, ErrorCode::kProducerFenced);
  EXPECT_EQ(end_later(next, true, true)->error_code, ErrorCode::kInvalidTxnState);
  // An abort without any partition: the client does not know whether its first batch arrived.
  auto third = end_2(next, false);
  EXPECT_EQ(third.epoch, 2);
  EXPECT_TRUE(ends.written.back().to.empty());
  open();
  EXPECT_EQ(end_2(next, false).epoch, 2);
}

TEST_F(TransactionsTest, Version2GoesOnWithANewIdWhenEpochsAreUsedUp) {
  auto who = init();
  for (int i = 0; i < kEpochLast; ++i) who = init(60'000, who.id, who.epoch);
  coordinator->admit(who, {"a", 0}, true);
  const auto next = end_2(who, true);
  EXPECT_EQ(ends.written[0].end.producer_id, who.id);
  EXPECT_EQ(ends.written[0].end.producer_epoch, kEpochLast + 1);
  EXPECT_NE(next.id, who.id);
  EXPECT_EQ(next.epoch, 0);
  EXPECT_EQ(end_2(who, true).id, next.id);
  EXPECT_EQ(coordinator->admit(next, {"a", 0}, true).error, ErrorCode::kNone);
}

TEST_F(TransactionsTest, AnOpenTransactionOfAPartitionFindsItsCoordinator) {
  const auto who = init();
  EXPECT_TRUE(coordinator->is_orphan(who.id, 0, {"a", 0}));  // nothing was begun
  add(who);
  EXPECT_FALSE(coordinator->is_orphan(who.id, 0, {"a", 0}));
  EXPECT_FALSE(coordinator->is_orphan(who.id, 0, {"lost", 4}));
  EXPECT_TRUE(coordinator->is_orphan(who.id, 3, {"a", 0}));
  EXPECT_TRUE(coordinator->is_orphan(77, 0, {"a", 0}));
  ends.hold = true;
  const auto ending = end_later(who, true);
  EXPECT_EQ(ends.written[0].to, (std::vector<Participant>{{"a", 0}, {"lost", 4}}));
  EXPECT_FALSE(coordinator->is_orphan(who.id, 0, {"lost", 4}));
  EXPECT_TRUE(coordinator->is_orphan(who.id, 0, {"other", 0}));
}

TEST_F(TransactionsTest, IdleIdsExpire) {
  init();
  const auto busy = init(900'000, -1, -1, "busy");
  options.id_expiration_ms = 1'000;
  open();
  add(busy);
  pass(3'600'000);  // the open one runs into its timeout instead
  EXPECT_EQ(state(), "");
  EXPECT_EQ(state("busy"), "CompleteAbort");
  open();
  EXPECT_EQ(state(), "");
}

TEST_F(TransactionsTest, AStoreThatHasGrownIsRewritten) {
  options.snapshot = {.records_min = 20, .ratio = 4};
  open();
  const auto who = init();
  for (int i = 0; i < 30; ++i) {
    add(who);
    end(who, i % 2 == 0);
  }
  add(who, {{"z", 1}});
  EXPECT_GT(store.log.size(), 60u);
  pass(100);
  EXPECT_EQ(store.log.size(), 1u);
  open();
  EXPECT_EQ(state(), "Ongoing");
  end(who, true);
  EXPECT_EQ(ends.written.back().to, (std::vector<Participant>{{"z", 1}}));
}

TEST_F(TransactionsTest, ToolsListAndDescribe) {
  const auto who = init();
  const auto other = init(60'000, -1, -1, "other-1");
  add(who, {{"a", 0}, {"a", 2}});
  clock.advance(std::chrono::milliseconds(5'000));
  const auto described = coordinator->describe({.transactional_ids = {"t", "no", ""}}).transaction_states;
  ASSERT_EQ(described.size(), 3u);
  EXPECT_EQ(described[0].producer_id, who.id);
  ASSERT_EQ(described[0].topics.size(), 1u);
  EXPECT_EQ(described[0].topics[0].partitions, (std::vector<std::int32_t>{0, 2}));
  EXPECT_EQ(described[1].error_code, ErrorCode::kTransactionalIdNotFound);
  EXPECT_EQ(described[2].error_code, ErrorCode::kInvalidRequest);

  const auto ids = [&](protocol::ListTransactionsRequest request) {
    std::vector<std::string> out;
    for (const auto& one : coordinator->list(request).transaction_states) out.push_back(one.transactional_id);
    return out;
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(ids({}), (Ids{"other-1", "t"}));
  EXPECT_EQ(ids({.state_filters = {"Ongoing", "Dead"}}), (Ids{"t"}));
  EXPECT_EQ(ids({.producer_id_filters = {other.id}}), (Ids{"other-1"}));
  EXPECT_EQ(ids({.duration_filter = 4'000}), (Ids{"t"}));
  EXPECT_EQ(ids({.duration_filter = 6'000}), (Ids{}));
  EXPECT_EQ(ids({.transactional_id_pattern = "other-\\d"}), (Ids{"other-1"}));
  EXPECT_EQ(ids({.transactional_id_pattern = "othe"}), (Ids{}));
  EXPECT_EQ(coordinator->list({.transactional_id_pattern = "("}).error_code, ErrorCode::kInvalidRegularExpression);
  EXPECT_EQ(coordinator->list({.state_filters = {"Nonsense"}}).unknown_state_filters, (Ids{"Nonsense"}));
}

TEST_F(TransactionsTest, RecordsAreKafkas) {
  Transaction one("id");
  const auto record = transaction_record(one);
  EXPECT_EQ(text_of(View(record.key).subspan(4)), "id");
  const auto version = ByteReader(*record.value).be<std::int16_t>();
  EXPECT_EQ(version, 1);
  EXPECT_EQ(**parse_key(record.key), "id");
  EXPECT_FALSE(parse_value(*record.value)->transaction_partitions.has_value());
  Bytes other = record.key;
  other[1] = std::byte{9};
  EXPECT_FALSE(parse_key(other)->has_value());
  EXPECT_EQ(parse_key({}).error().kind, Kind::kCorrupt);
}

}  // namespace
}  // namespace takhin::broker::transactions
