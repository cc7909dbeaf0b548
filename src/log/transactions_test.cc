// What transactions ask of a log: markers, the last stable offset, and a say in which of them may begin.

#include <gtest/gtest.h>

#include "log/log.h"
#include "testing/log_maker.h"

namespace takhin::log {
namespace {

using testing::batch_of;
using testing::LogMaker;
using testing::ProducerStamp;

class Transactions : public ::testing::Test {
 protected:
  void SetUp() override { made.open(); }
  Appended write(std::int64_t producer, std::int16_t epoch, std::int32_t sequence) {
    return made.append(1, 20, ProducerStamp{.id = producer, .epoch = epoch, .sequence = sequence, .transactional = true});
  }
  Appended end(std::int64_t producer, std::int16_t epoch, bool commit, std::int32_t coordinator_epoch = 0) {
    auto appended = made.get().append_marker(
        {.producer_id = producer, .producer_epoch = epoch, .commit = commit, .coordinator_epoch = coordinator_epoch},
        LeaderEpoch{1});
    EXPECT_TRUE(appended.ok());
    return *appended;
  }
  Bytes transactional(std::int64_t producer, std::int16_t epoch, std::int32_t sequence) {
    return batch_of(std::vector<std::int64_t>{LogMaker::kStart}, 20,
                    {.id = producer, .epoch = epoch, .sequence = sequence, .transactional = true});
  }
  LogMaker made;
};

TEST_F(Transactions, AMarkerEndsWhatIsOpenAndTakesAnOffset) {
  write(7, 0, 0);
  made.append(2);
  EXPECT_EQ(made.get().last_stable(), Offset{0});
  const auto marker = end(7, 0, true);
  EXPECT_EQ(marker.status, AppendStatus::kOk);
  EXPECT_EQ(marker.base, Offset{3});
  EXPECT_EQ(marker.end, Offset{4});
  EXPECT_EQ(made.get().end(), Offset{4});
  EXPECT_EQ(made.get().last_stable(), Offset{4});
  EXPECT_TRUE(made.get().aborted_in(Offset{0}, Offset{4})->empty());
}

TEST_F(Transactions, AnAbortIsListedAndKnownAfterARestart) {
  write(7, 0, 0);
  write(8, 0, 0);
  end(7, 0, false);
  EXPECT_EQ(made.get().last_stable(), Offset{1});
  for (int run = 0; run < 2; ++run) {
    const auto aborted = made.get().aborted_in(Offset{0}, Offset{3});
    ASSERT_EQ(aborted->size(), 1u);
    EXPECT_EQ(aborted->front().producer_id, 7);
    EXPECT_EQ(aborted->front().first_offset, Offset{0});
    made.open();
  }
  EXPECT_EQ(made.get().last_stable(), Offset{1});
  end(8, 0, true);
  EXPECT_EQ(made.get().last_stable(), Offset{4});
}

TEST_F(Transactions, AMarkerOfAHigherEpochFencesTheProducer) {
  write(7, 0, 0);
  end(7, 1, false);
  EXPECT_EQ(write(7, 0, 1).status, AppendStatus::kInvalidProducerEpoch);
  EXPECT_EQ(end(7, 0, true).status, AppendStatus::kInvalidProducerEpoch);
  EXPECT_EQ(write(7, 1, 1).status, AppendStatus::kOutOfOrderSequence);
  EXPECT_EQ(write(7, 1, 0).status, AppendStatus::kOk);
}

TEST_F(Transactions, AnEarlierCoordinatorIsFenced) {
  write(7, 0, 0);
  end(7, 0, true, 3);
  EXPECT_EQ(end(7, 0, false, 2).status, AppendStatus::kCoordinatorFenced);
  EXPECT_EQ(end(7, 0, false, 3).status, AppendStatus::kOk);
}

TEST_F(Transactions, OnlyABatchThatBeginsATransactionIsAskedFor) {
  int asked = 0;
  bool allowed = false;
  const auto admit = [&] {
    ++asked;
    return allowed;
  };
  Bytes batch = transactional(7, 0, 0);
  EXPECT_EQ(made.get().append(batch, LeaderEpoch{1}, admit)->status, AppendStatus::kNotAdmitted);
  EXPECT_EQ(made.get().end(), Offset{0});
  EXPECT_TRUE(made.get().producers().empty());
  allowed = true;
  EXPECT_EQ(made.get().append(batch, LeaderEpoch{1}, admit)->status, AppendStatus::kOk);
  EXPECT_EQ(asked, 2);
  allowed = false;
  Bytes more = transactional(7, 0, 1);
  EXPECT_EQ(made.get().append(more, LeaderEpoch{1}, admit)->status, AppendStatus::kOk);
  EXPECT_EQ(asked, 2);
  end(7, 0, true);
  EXPECT_EQ(made.get().append(more, LeaderEpoch{1}, admit)->status, AppendStatus::kDuplicate);
  Bytes late = transactional(7, 0, 2);
  EXPECT_EQ(made.get().append(late, LeaderEpoch{1}, admit)->status, AppendStatus::kNotAdmitted);
  EXPECT_EQ(asked, 3);
}

TEST_F(Transactions, ProducersAreListed) {
  made.append(3, 20, ProducerStamp{.id = 9, .epoch = 2, .sequence = 0});
  write(7, 1, 0);
  const auto all = made.get().producers();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].id, 7);
  EXPECT_EQ(all[0].txn_first, Offset{3});
  EXPECT_EQ(all[1].id, 9);
  EXPECT_EQ(all[1].epoch, 2);
  EXPECT_EQ(all[1].last_sequence, 2);
  EXPECT_EQ(all[1].txn_first, kNoOffset);
  end(7, 1, true, 5);
  EXPECT_EQ(made.get().producers()[0].coordinator_epoch, 5);
  EXPECT_EQ(made.get().producers()[0].txn_first, kNoOffset);
}

}  // namespace
}  // namespace takhin::log
