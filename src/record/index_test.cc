#include <gtest/gtest.h>

#include <random>

#include "record/index_builder.h"

namespace takhin::record {
namespace {

/// A file in memory that can be shorter than it claims.
class MemoryFile : public File {
 public:
  explicit MemoryFile(Bytes data) : data_(std::move(data)) {}
  Result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const override {
    if (position >= data_.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(into.size(), data_.size() - position);
    std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(position), count, into.begin());
    return count;
  }
  Result<> write_at(std::uint64_t, View) override { return fail(Kind::kDenied, "read only"); }
  Result<> sync() override { return done(); }
  Result<std::uint64_t> size() const override { return std::uint64_t{data_.size()}; }
  Result<> truncate(std::uint64_t) override { return fail(Kind::kDenied, "read only"); }
  Result<> punch(ByteRange) override { return fail(Kind::kDenied, "read only"); }
  int descriptor() const override { return -1; }
  Bytes data_;
};

struct Sample {
  Bytes log;
  std::vector<BatchHeader> headers;
  std::vector<std::uint64_t> positions;
};
Sample make_log(Offset base, int batches, std::size_t value_bytes, unsigned seed) {
  Sample out;
  std::mt19937 random(seed);
  std::int64_t offset = base.raw;
  for (int i = 0; i < batches; ++i) {
    const Bytes value(value_bytes + random() % 50, std::byte{'v'});
    std::vector<NewRecord> records(1 + random() % 3, {.value = View(value)});
    for (auto& record : records) record.timestamp = TimestampMs{static_cast<std::int64_t>(10'000 + i * 10 + random() % 300)};
    const auto batch = build_batch(records, {.base_offset = Offset{offset}, .leader_epoch = LeaderEpoch{i / 10}});
    EXPECT_TRUE(batch.ok());
    out.positions.push_back(out.log.size());
    out.headers.push_back(*parse_header(*batch));
    out.log.insert(out.log.end(), batch->begin(), batch->end());
    offset += static_cast<std::int64_t>(records.size());
  }
  return out;
}

TEST(Index, EntriesHaveKafkasBytes) {
  Bytes index;
  append_entry(index, Offset{100}, OffsetEntry{.offset = Offset{101}, .position = 0x0102});
  append_entry(index, Offset{100}, TimeEntry{.timestamp = TimestampMs{5}, .offset = Offset{103}});
  append_entry(index, TxnEntry{.producer_id = 1, .first = Offset{2}, .last = Offset{3}, .last_stable = Offset{4}});
  const unsigned char want[] = {0, 0, 0, 1, 0, 0, 1, 2,  0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 3,  0, 0, 0, 0, 0, 0, 0, 0, 0,
                                1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4};
  ASSERT_EQ(index.size(), sizeof want);
  EXPECT_EQ(std::memcmp(index.data(), want, sizeof want), 0);
  EXPECT_EQ(txn_entry(View(index).subspan(20), 0), (TxnEntry{1, Offset{2}, Offset{3}, Offset{4}}));
}

TEST(Index, SearchesAgreeWithALinearScan) {
  const Sample sample = make_log(Offset{500}, 300, 100, 1);
  IndexBuilder builder(Offset{500}, 400);
  for (std::size_t i = 0; i < sample.headers.size(); ++i) builder.add(sample.headers[i], sample.positions[i]);
  builder.finish();
  ASSERT_GT(builder.offsets().size(), 20 * kOffsetEntryBytes);
  ASSERT_GT(builder.times().size(), 5 * kTimeEntryBytes);
  const Offset end = sample.headers.back().next_offset();
  EXPECT_TRUE(check_offset_index(builder.offsets(), Offset{500}, end, sample.log.size()).ok());
  EXPECT_TRUE(check_time_index(builder.times(), Offset{500}, end).ok());

  for (std::int64_t target = 498; target < end.raw + 2; ++target) {
    OffsetEntry want{.offset = Offset{500}};
    for (std::size_t i = 0; i < builder.offsets().size() / kOffsetEntryBytes; ++i) {
      const auto entry = offset_entry(builder.offsets(), Offset{500}, i);
      if (entry.offset.raw <= target) want = entry;
    }
    EXPECT_EQ(floor_offset(builder.offsets(), Offset{500}, Offset{target}), want);
  }
  for (std::int64_t target = 9'000; target < 14'000; target += 7) {
    TimeEntry want{.offset = Offset{500}};
    for (std::size_t i = 0; i < builder.times().size() / kTimeEntryBytes; ++i) {
      const auto entry = time_entry(builder.times(), Offset{500}, i);
      if (entry.timestamp.raw <= target) want = entry;
    }
    EXPECT_EQ(floor_time(builder.times(), Offset{500}, TimestampMs{target}), want);
  }
}

TEST(Index, RebuildEqualsWhatAppendBuilt) {
  const Sample sample = make_log(Offset{0}, 200, 20'000, 2);  // more than one window
  ASSERT_GT(sample.log.size(), 3 * kMiB);
  IndexBuilder builder(Offset{0}, 4096);
  for (std::size_t i = 0; i < sample.headers.size(); ++i) builder.add(sample.headers[i], sample.positions[i]);
  builder.finish();
  const MemoryFile file(sample.log);
  const auto built = rebuild_indexes(file, sample.log.size(), Offset{0}, 4096);
  ASSERT_TRUE(built.ok());
  EXPECT_EQ(built->offset_index, builder.offsets());
  EXPECT_EQ(built->time_index, builder.times());
  EXPECT_EQ(built->valid_bytes, sample.log.size());
  EXPECT_EQ(built->end, sample.headers.back().next_offset());
  EXPECT_EQ(built->newest, builder.newest());
  EXPECT_EQ(built->last_epoch, LeaderEpoch{19});
}

TEST(Index, RebuildStopsAtDamage) {
  Sample sample = make_log(Offset{0}, 50, 100, 3);
  sample.log[sample.positions[30] + 70] ^= std::byte{1};
  const MemoryFile file(sample.log);
  const auto built = rebuild_indexes(file, sample.log.size(), Offset{0}, 100);
  ASSERT_TRUE(built.ok());
  EXPECT_EQ(built->valid_bytes, sample.positions[30]);
  EXPECT_EQ(built->end, sample.headers[29].next_offset());
}

TEST(Index, ScanReadsABatchLargerThanItsWindow) {
  const Sample sample = make_log(Offset{0}, 3, 1'200'000, 4);
  const MemoryFile file(sample.log);
  std::vector<std::uint64_t> seen;
  const auto end = scan_batches(file, {0, sample.log.size()}, [&](const ScannedBatch& batch) -> Result<Scan> {
    EXPECT_TRUE(crc_matches(batch.bytes));
    seen.push_back(batch.position);
    return Scan::kGoOn;
  });
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(*end, sample.log.size());
  EXPECT_EQ(seen, sample.positions);
  // A range longer than the file, and one that cuts the last batch.
  const auto none = [](const ScannedBatch&) -> Result<Scan> { return Scan::kGoOn; };
  EXPECT_EQ(*scan_batches(file, {0, sample.log.size() + 99}, none), sample.log.size());
  EXPECT_EQ(*scan_batches(file, {0, sample.log.size() - 1}, none), sample.positions[2]);
}

TEST(Index, ChecksNameTheFault) {
  Bytes offsets;
  append_entry(offsets, Offset{0}, OffsetEntry{.offset = Offset{5}, .position = 10});
  append_entry(offsets, Offset{0}, OffsetEntry{.offset = Offset{5}, .position = 20});
  EXPECT_EQ(check_offset_index(offsets, Offset{0}, Offset{9}, 100).error().kind, Kind::kCorrupt);
  EXPECT_FALSE(check_offset_index(View(offsets).first(7), Offset{0}, Offset{9}, 100).ok());
  EXPECT_FALSE(check_offset_index(View(offsets).first(8), Offset{0}, Offset{5}, 100).ok());
  EXPECT_FALSE(check_offset_index(View(offsets).first(8), Offset{0}, Offset{9}, 10).ok());
  EXPECT_TRUE(check_offset_index(View(offsets).first(8), Offset{0}, Offset{6}, 11).ok());
  const Bytes zeros(24, std::byte{0});  // as Kafka preallocates
  EXPECT_FALSE(check_time_index(zeros, Offset{0}, Offset{9}).ok());
}

TEST(Index, AbortedListStopsOnceLaterEntriesCannotTouch) {
  Bytes index;
  append_entry(index, TxnEntry{1, Offset{0}, Offset{5}, Offset{3}});
  append_entry(index, TxnEntry{2, Offset{3}, Offset{9}, Offset{10}});
  append_entry(index, TxnEntry{3, Offset{20}, Offset{25}, Offset{26}});
  EXPECT_TRUE(check_txn_index(index, Offset{0}, Offset{30}).ok());
  EXPECT_FALSE(check_txn_index(index, Offset{0}, Offset{25}).ok());
  std::vector<TxnEntry> out;
  EXPECT_TRUE(aborted_between(index, Offset{0}, Offset{10}, out));
  EXPECT_EQ(out.size(), 2u);
  out.clear();
  EXPECT_FALSE(aborted_between(index, Offset{6}, Offset{40}, out));
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].producer_id, 2);
}

}  // namespace
}  // namespace takhin::record
