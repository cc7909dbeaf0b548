#pragma once
// A log on a CrashFs with short words to fill it; and a plain model of its records to compare with.

#include <gtest/gtest.h>

#include <random>

#include "log/log.h"
#include "record/control.h"
#include "testing/crash_fs.h"
#include "testing/fake_clock.h"

namespace takhin::testing {

struct ProducerStamp {
  std::int64_t id = -1;
  std::int16_t epoch = -1;
  std::int32_t sequence = -1;
  bool transactional = false;
};

/// A batch with one record per timestamp; values hold `value_bytes` bytes.
inline Bytes batch_of(std::span<const std::int64_t> timestamps, std::size_t value_bytes = 20, const ProducerStamp& stamp = {},
                      record::Codec codec = record::Codec::kNone) {
  const Bytes value(value_bytes, std::byte{'v'});
  std::vector<record::NewRecord> records;
  for (const std::int64_t at : timestamps)
    records.push_back({.key = view_of("key"), .value = View(value), .timestamp = TimestampMs{at}});
  auto batch = record::build_batch(records, {.codec = codec, .transactional = stamp.transactional, .producer_id = stamp.id,
                                             .producer_epoch = stamp.epoch, .base_sequence = stamp.sequence});
  EXPECT_TRUE(batch.ok());
  return *std::move(batch);
}

class LogMaker {
 public:
  static constexpr std::int64_t kStart = 1'700'000'000'000;

  LogMaker() : fs(&clock) {}

  /// Opens, or opens anew, with the settings in `options`.
  log::Log& open(bool clean = false) {
    log_.reset();
    options.files = &fs;
    options.clock = &clock;
    options.dir = "/data/topic-0";
    options.clean_shutdown = clean;
    auto opened = log::Log::open(options);
    EXPECT_TRUE(opened.ok()) << opened.error().text;
    log_ = *std::move(opened);
    return *log_;
  }
  Result<> try_open(bool clean) {
    log_.reset();
    options.clean_shutdown = clean;
    TRY(log_, log::Log::open(options));
    return done();
  }
  log::Log& get() { return *log_; }
  void drop() { log_.reset(); }

  log::Appended append(Bytes batch, std::int32_t epoch = 1) {
    auto appended = log_->append(batch, LeaderEpoch{epoch});
    EXPECT_TRUE(appended.ok()) << appended.error().text;
    return appended.ok() ? *appended : log::Appended{.status = log::AppendStatus::kCorruptMessage};
  }
  /// `count` records that are a millisecond apart.
  log::Appended append(std::size_t count, std::size_t value_bytes = 20, const ProducerStamp& stamp = {}) {
    std::vector<std::int64_t> times;
    for (std::size_t i = 0; i < count; ++i) times.push_back(kStart + next_time_++);
    return append(batch_of(times, value_bytes, stamp));
  }
  /// Ends a producer's transaction as a coordinator does.
  void end_transaction(std::int64_t producer_id, record::MarkerType type, std::int16_t epoch = 0) {
    const auto appended = log_->append_marker(
        {.producer_id = producer_id, .producer_epoch = epoch, .commit = type == record::MarkerType::kCommit}, LeaderEpoch{1});
    EXPECT_TRUE(appended.ok() && appended->status == log::AppendStatus::kOk);
  }

  /// All records from the log's start, read with `fetch_bytes` at a time as a consumer does.
  std::vector<std::pair<std::int64_t, std::int64_t>> read_all(std::uint64_t fetch_bytes = 700) {
    std::vector<std::pair<std::int64_t, std::int64_t>> out;
    for (Offset at = log_->local_start(); at < log_->end();) {
      const auto slice = log_->read(at, fetch_bytes, true, log_->end());
      EXPECT_TRUE(slice.ok()) << slice.error().text;
      if (!slice.ok()) break;
      const auto data = read_exactly(*slice->data.file, slice->data.range);
      EXPECT_TRUE(data.ok());
      record::BatchCursor cursor(*data);
      const Offset before = at;
      while (const auto header = cursor.next()) {
        EXPECT_TRUE(record::crc_matches(cursor.batch()));
        EXPECT_TRUE(record::for_each_record(cursor.batch(), kMiB, [&](const record::Record& record) {
          if (record.offset >= at) out.emplace_back(record.offset.raw, record.timestamp.raw);
          return true;
        }).ok());
        at = header->next_offset();
      }
      EXPECT_GT(at, before) << "a read made no progress";
      if (at <= before) break;
    }
    return out;
  }

  FakeClock clock{TimestampMs{kStart}};
  CrashFs fs;
  log::OpenOptions options;

 private:
  std::int64_t next_time_ = 0;
  std::unique_ptr<log::Log> log_;
};

}  // namespace takhin::testing
