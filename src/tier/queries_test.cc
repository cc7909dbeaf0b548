#include "tier/queries.h"

#include "base/codec.h"
#include "record/index_format.h"
#include "testing/engine_fixture.h"

namespace takhin::tier {
namespace {

using takhin::testing::MadeRecord;
using takhin::testing::MadeSegment;
using takhin::testing::make_segments;
using takhin::testing::SegmentSpec;
using takhin::testing::Verb;

class QueriesTest : public takhin::testing::EngineFixture {
 protected:
  static std::vector<MadeRecord> records_of(const std::vector<MadeSegment>& all) {
    std::vector<MadeRecord> out;
    for (const auto& made : all) out.insert(out.end(), made.records.begin(), made.records.end());
    return out;
  }
  void expect_offset_for(const std::vector<MadeRecord>& records, std::int64_t timestamp) {
    const auto answer = engine->offset_for(ref, TimestampMs{timestamp}, soon());
    ASSERT_TRUE(answer.ok()) << answer.error().text;
    const auto truth = std::ranges::find_if(records, [&](const MadeRecord& r) { return r.timestamp.raw >= timestamp; });
    ASSERT_EQ(answer->has_value(), truth != records.end()) << timestamp;
    if (truth == records.end()) return;
    EXPECT_EQ((*answer)->offset, truth->offset) << timestamp;
    EXPECT_EQ((*answer)->timestamp, truth->timestamp) << timestamp;
    EXPECT_EQ((*answer)->epoch, LeaderEpoch{3});
  }
  void expect_newest(const std::vector<MadeRecord>& records) {
    const auto answer = engine->offset_of_max_timestamp(ref, soon());
    ASSERT_TRUE(answer.ok()) << answer.error().text;
    ASSERT_TRUE(answer->has_value());
    const auto truth = std::ranges::max_element(records, {}, &MadeRecord::timestamp);  // the first of equals
    EXPECT_EQ((*answer)->timestamp, truth->timestamp);
    EXPECT_EQ((*answer)->offset, truth->offset);
  }
};

// T38: against a linear scan, for timestamps that go back and forth over batches, chunks and segments.
TEST_F(QueriesTest, T38_OffsetForIsExactlyWhatAScanFinds) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    const PartitionRef& partition = ref;
    const SegmentSpec spec{.batches = 12,
                           .records_per_batch = 3,
                           .codec = seed % 2 == 0 ? record::Codec::kZstd : record::Codec::kNone,
                           .timestamp = 1000,
                           .timestamp_jitter = 400,
                           .gap_every = seed % 3 == 0 ? 2 : 0,
                           .seed = seed * 100};
    const auto all = make_segments(partition, 4, spec);
    for (const auto& key : keys()) {
      const object::ObjectKey gone{key};
      ASSERT_TRUE(memory.remove(std::span(&gone, 1), soon())->empty());
    }
    open(true);
    archive_all(all);
    const auto records = records_of(all);
    for (std::int64_t timestamp = 900; timestamp < 3000; timestamp += 13) expect_offset_for(records, timestamp);
    expect_newest(records);
    SCOPED_TRACE(fmt::format("seed {}", seed));
  }
}

TEST_F(QueriesTest, NewestOfEqualsIsTheFirst) {
  const auto all = make_segments(ref, 3, {.timestamp = 5000, .timestamp_step = 0});
  archive_all(all);
  expect_newest(records_of(all));
  EXPECT_EQ((*engine->offset_of_max_timestamp(ref, soon()))->offset, Offset{0});
  EXPECT_LE(store.calls(Verb::kGet), 2) << "one tail and one chunk, whatever the number of segments";
}

TEST_F(QueriesTest, ATimestampInTheNameThatNoRecordHasMisleadsNobody) {
  auto all = make_segments(ref, 3, {.timestamp = 5000});
  all[0].sealed.max_timestamp = TimestampMs{1'000'000};
  archive_all(all);
  const auto records = records_of(all);
  expect_newest(records);
  expect_offset_for(records, all[0].records.back().timestamp.raw + 1);
  expect_offset_for(records, 999'999);
}

TEST_F(QueriesTest, RecordsBelowTheLogStartDoNotExist) {
  const auto all = make_segments(ref, 3, {.timestamp = 5000});
  archive_all(all);
  auto records = records_of(all);
  const Offset start = all[1].records[7].offset;
  ASSERT_TRUE(engine->put_log_start(ref, start, soon()).ok());
  std::erase_if(records, [&](const MadeRecord& r) { return r.offset < start; });
  expect_offset_for(records, 0);
  expect_newest(records);
  ASSERT_TRUE(engine->put_log_start(ref, all[2].sealed.end, soon()).ok());
  EXPECT_FALSE(engine->offset_for(ref, TimestampMs{0}, soon())->has_value());
  EXPECT_FALSE(engine->offset_of_max_timestamp(ref, soon())->has_value());
}

TEST_F(QueriesTest, AnEmptyPartitionAnswersNothing) {
  EXPECT_FALSE(engine->offset_for(ref, TimestampMs{0}, soon())->has_value());
  EXPECT_FALSE(engine->offset_of_max_timestamp(ref, soon())->has_value());
  EXPECT_TRUE(engine->aborted_in(ref, Offset{0}, Offset{100}, soon())->empty());
}

/// A producer snapshot as Kafka writes it, with one producer whose open transaction began at `first` (-1 = none).
Bytes snapshot(std::int64_t first) {
  Bytes out;
  ByteWriter writer(out);
  writer.be<std::int16_t>(1);
  writer.be<std::uint32_t>(0);
  writer.be<std::int32_t>(1);
  for (int i = 0; i < 38; ++i) writer.be<std::uint8_t>(0);
  writer.be<std::int64_t>(first);
  return out;
}

class AbortedTest : public QueriesTest {
 protected:
  /// Ten offsets a segment: [0, 10), [10, 20), …
  void make(int count) { all = make_segments(ref, count, {.batches = 5, .records_per_batch = 2}); }
  void abort(int segment, std::int64_t producer, std::int64_t first, std::int64_t last) {
    record::append_entry(all[static_cast<std::size_t>(segment)].sealed.txn_index,
                         record::TxnEntry{producer, Offset{first}, Offset{last}, Offset{last + 1}});
  }
  std::vector<std::int64_t> aborted(std::int64_t from, std::int64_t to) {
    const auto found = engine->aborted_in(ref, Offset{from}, Offset{to}, soon());
    EXPECT_TRUE(found.ok()) << found.error().text;
    std::vector<std::int64_t> producers;
    for (const auto& transaction : *found) producers.push_back(transaction.producer_id);
    return producers;
  }
  std::vector<MadeSegment> all;
};

TEST_F(AbortedTest, FindsTransactionsWhoseMarkerComesSegmentsLater) {
  make(4);
  abort(2, 7, 3, 25);  // begins in the first segment, ends in the third
  abort(3, 8, 32, 34);
  all[0].sealed.producer_snapshot = snapshot(3);
  all[1].sealed.producer_snapshot = snapshot(3);
  all[2].sealed.producer_snapshot = snapshot(-1);
  archive_all(all);
  EXPECT_EQ(aborted(0, 5), std::vector<std::int64_t>{7});
  EXPECT_EQ(aborted(0, 3), std::vector<std::int64_t>{});
  EXPECT_EQ(aborted(10, 20), std::vector<std::int64_t>{7});
  EXPECT_EQ(aborted(25, 26), std::vector<std::int64_t>{7});
  EXPECT_EQ(aborted(26, 32), std::vector<std::int64_t>{});
  EXPECT_EQ(aborted(20, 40), (std::vector<std::int64_t>{7, 8}));
}

// T37: the list does not reach into what was not asked for.
TEST_F(AbortedTest, T37_DoesNotOvershoot) {
  make(3);
  abort(1, 5, 12, 14);
  abort(2, 6, 22, 24);
  for (auto& made : all) made.sealed.producer_snapshot = snapshot(-1);
  archive_all(all);
  EXPECT_EQ(aborted(10, 20), std::vector<std::int64_t>{5});
  EXPECT_EQ(aborted(0, 10), std::vector<std::int64_t>{});
}

// T35: a long history without transactions is not searched to its end by every fetch.
TEST_F(AbortedTest, T35_AHistoryWithoutTransactionsCostsOneTail) {
  make(20);
  for (auto& made : all) made.sealed.producer_snapshot = snapshot(-1);
  archive_all(all);
  const int before = store.calls(Verb::kGet);
  EXPECT_EQ(aborted(0, 5), std::vector<std::int64_t>{});
  EXPECT_LE(store.calls(Verb::kGet) - before, 1);
}

// T35 at scale: a transaction that nobody ends is open at the end of every later segment.
TEST_F(AbortedTest, T35_AnOpenTransactionCostsTheStoreAFewRequestsOnce) {
  make(64);
  for (auto& made : all) made.sealed.producer_snapshot = snapshot(3);
  archive_all(all);
  open();  // nothing is at hand
  const int before = store.calls(Verb::kGet);
  EXPECT_EQ(aborted(0, 5), std::vector<std::int64_t>{});
  EXPECT_LE(store.calls(Verb::kGet) - before, 8);
  const int once = store.calls(Verb::kGet);
  EXPECT_EQ(aborted(0, 5), std::vector<std::int64_t>{});
  EXPECT_EQ(store.calls(Verb::kGet), once);
}

// T36: indexes that are not there, and empty ones, mean no aborted transaction; and no snapshot means: look on.
TEST_F(AbortedTest, T36_AbsentAndEmptyIndexesAreTheSame) {
  make(3);
  abort(2, 9, 1, 28);
  archive_all(all);
  EXPECT_EQ(aborted(0, 10), std::vector<std::int64_t>{9});
  EXPECT_EQ(aborted(29, 30), std::vector<std::int64_t>{});
}

}  // namespace
}  // namespace takhin::tier
