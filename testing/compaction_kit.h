#pragma once
// A log of keys and values with short words to fill, clean and read it.

#include <gtest/gtest.h>

#include "log/key_offsets.h"
#include "log/names.h"
#include "record/batch_filter.h"
#include "record/index_builder.h"
#include "testing/log_maker.h"

namespace takhin::testing {

struct Pair {
  std::optional<std::string> key;
  std::optional<std::string> value;
};

/// Timestamps rise by a millisecond from `first_time` on.
inline Bytes keyed_batch(const std::vector<Pair>& pairs, std::int64_t first_time, const record::BatchOptions& options = {}) {
  std::vector<record::NewRecord> records;
  for (const Pair& pair : pairs) {
    record::NewRecord one{.timestamp = TimestampMs{first_time++}};
    if (pair.key) one.key = view_of(*pair.key);
    if (pair.value) one.value = view_of(*pair.value);
    records.push_back(std::move(one));
  }
  auto batch = record::build_batch(records, options);
  EXPECT_TRUE(batch.ok());
  return *std::move(batch);
}

struct Row {
  std::int64_t offset = 0;
  std::int64_t timestamp = 0;
  std::string key;
  std::optional<std::string> value;
  bool transactional = false;
  std::int64_t producer_id = -1;

  /// "7:key=value", "7:key" of a tombstone.
  std::string text() const { return fmt::format("{}:{}{}{}", offset, key, value ? "=" : "", value.value_or("")); }
};

class CompactionKit {
 public:
  /// With the topic's defaults, or what was set in made.options.
  void open() {
    made.open();
    next_time_ = 0;
  }
  void reopen() {
    EXPECT_TRUE(made.get().close().ok());
    made.open(true);
  }
  log::Log& log() { return made.get(); }
  TimestampMs now() const { return made.clock.wall(); }
  /// Of the n-th record that put() wrote.
  static std::int64_t time_of(std::int64_t n) { return LogMaker::kStart + n; }

  log::Appended put(const std::vector<Pair>& pairs, const ProducerStamp& stamp = {}, record::Codec codec = record::Codec::kNone) {
    Bytes batch = keyed_batch(pairs, time_of(next_time_), {.codec = codec, .transactional = stamp.transactional,
                                                           .producer_id = stamp.id, .producer_epoch = stamp.epoch,
                                                           .base_sequence = stamp.sequence});
    next_time_ += static_cast<std::int64_t>(pairs.size());
    return made.append(std::move(batch));
  }
  void roll() { EXPECT_TRUE(log().roll().ok()); }

  log::CleanOrder order(Offset before) {
    return {.dirty = log().cleaned_end(), .before = before, .now = now(), .keep_tombstones = keep_tombstones,
            .keys = keys()};
  }
  Result<log::Cleaned> try_clean() { return log().clean(order(log().segments().back().base)); }
  log::Cleaned clean() {
    const auto cleaned = try_clean();
    EXPECT_TRUE(cleaned.ok()) << cleaned.error().text;
    return cleaned.ok() ? *cleaned : log::Cleaned{};
  }
  /// A record that matters to nobody, so that there is something to clean.
  void dirty_and_clean() {
    put({{"~filler", "x"}});
    roll();
    clean();
  }

  std::vector<std::pair<record::BatchHeader, Bytes>> batches() {
    std::vector<std::pair<record::BatchHeader, Bytes>> out;
    for (Offset at = log().local_start(); at < log().end();) {
      const auto slice = log().read(at, 900, true, log().end());
      EXPECT_TRUE(slice.ok()) << slice.error().text;
      if (!slice.ok()) break;
      const auto data = read_exactly(*slice->data.file, slice->data.range);
      EXPECT_TRUE(data.ok());
      record::BatchCursor cursor(*data);
      const Offset before = at;
      while (const auto header = cursor.next()) {
        EXPECT_TRUE(record::crc_matches(cursor.batch()));
        if (header->last_offset() >= at) out.emplace_back(*header, copy_of(cursor.batch()));
        at = header->next_offset();
      }
      EXPECT_GT(at, before) << "a read made no progress";
      if (at <= before) break;
    }
    return out;
  }
  std::vector<record::BatchHeader> headers() {
    std::vector<record::BatchHeader> out;
    for (const auto& [header, bytes] : batches()) out.push_back(header);
    return out;
  }
  /// All data records; offsets must rise.
  std::vector<Row> rows() {
    std::vector<Row> out;
    for (const auto& [header, bytes] : batches()) {
      if (header.is_control()) continue;
      EXPECT_TRUE(record::for_each_record(bytes, kMiB, [&](const record::Record& record) {
        EXPECT_TRUE(out.empty() || out.back().offset < record.offset.raw);
        Row row{.offset = record.offset.raw, .timestamp = record.timestamp.raw, .transactional = header.is_transactional(),
                .producer_id = header.producer_id};
        if (record.key) row.key = text_of(*record.key);
        if (record.value) row.value = text_of(*record.value);
        out.push_back(std::move(row));
        return true;
      }).ok());
    }
    return out;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> out;
    for (const Row& row : rows()) {
      if (row.key != "~filler") out.push_back(row.text());
    }
    return out;
  }
  std::vector<std::int64_t> markers() {
    std::vector<std::int64_t> out;
    for (const auto& header : headers()) {
      if (header.is_control() && header.record_count > 0) out.push_back(header.base_offset.raw);
    }
    return out;
  }
  /// Files that only a cleaning under way may have.
  std::vector<std::string> leftovers() {
    std::vector<std::string> out;
    for (const auto names = made.fs.list(made.options.dir); const auto& entry : *names) {
      if (entry.name.ends_with(".cleaned") || entry.name.ends_with(".swap")) out.push_back(entry.name);
    }
    return out;
  }
  /// Indexes are what one pass over the log gives, segments join, nothing lies around.
  void check_files() {
    EXPECT_TRUE(leftovers().empty());
    Offset end = log().local_start();
    for (const auto& segment : log().segments()) {
      EXPECT_EQ(segment.base, end);
      end = segment.end;
      if (!segment.sealed) continue;
      const auto files = log().sealed_files(segment.base);
      ASSERT_TRUE(files.ok()) << files.error().text;
      const std::uint64_t interval = made.options.config.index_interval_bytes;
      const auto built = record::rebuild_indexes(*files->log, segment.bytes, segment.base, interval);
      EXPECT_EQ(built->valid_bytes, segment.bytes);
      EXPECT_EQ(built->end, segment.end);
      check_indexes(*files, *built);
      EXPECT_EQ(*files->log->size(), segment.bytes);
      EXPECT_EQ(made.fs.stat(log::segment_path(made.options.dir, segment.base, log::kLogSuffix))->size, segment.bytes);
    }
  }

  /// Entries depend on restarts, too: each must be true, and the last time entry the newest record.
  static void check_indexes(const log::SegmentFiles& files, const record::BuiltIndexes& built) {
    const Offset base = files.info.base;
    for (std::size_t i = 0; i < files.offset_index.size() / record::kOffsetEntryBytes; ++i) {
      const auto entry = record::offset_entry(files.offset_index, base, i);
      const auto head = read_exactly(*files.log, {entry.position, entry.position + record::kBatchHeaderBytes});
      ASSERT_TRUE(head.ok());
      EXPECT_EQ(record::parse_header(*head)->last_offset(), entry.offset);
    }
    EXPECT_TRUE(record::check_offset_index(files.offset_index, base, files.info.end, files.info.bytes).ok());
    EXPECT_TRUE(record::check_time_index(files.time_index, base, files.info.end).ok());
    EXPECT_TRUE(record::check_txn_index(files.txn_index, base, files.info.end).ok());
    const std::size_t times = files.time_index.size() / record::kTimeEntryBytes;
    EXPECT_EQ(times > 0, built.newest.timestamp != kNoTimestamp);
    if (times > 0) {
      EXPECT_EQ(record::time_entry(files.time_index, base, times - 1), built.newest);
    }
    EXPECT_EQ(files.info.max_timestamp, built.newest.timestamp);
  }

  LogMaker made;
  std::uint64_t map_bytes = 24 * 1000;
  bool keep_tombstones = false;

 private:
  log::KeyOffsets* keys() {
    keys_ = std::make_unique<log::KeyOffsets>(map_bytes, 5);
    return keys_.get();
  }

  std::int64_t next_time_ = 0;
  std::unique_ptr<log::KeyOffsets> keys_;
};

}  // namespace takhin::testing
