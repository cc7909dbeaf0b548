// make_log DIR: a log with every codec, idempotent and transactional producers, markers, headers and nulls, in several
// segments, for Kafka's own tools to read. Prints what it wrote as "name number" lines.

#include <fmt/format.h>

#include "log/log.h"
#include "os/clock.h"
#include "os/files.h"
#include "record/control.h"
#include "record/index_format.h"

namespace takhin {
namespace {

constexpr std::int64_t kTransactionalId = 501;
constexpr int kRounds = 300;

struct Counts {
  std::int64_t batches = 0;
  std::int64_t markers = 0;
  std::int64_t aborted = 0;
};

class Maker {
 public:
  Maker(log::Log& log, TimestampMs now) : log_(log), now_(now) {}

  Result<Counts> run() {
    for (int round = 0; round < kRounds; ++round) {
      TRY(add(round, {.codec = static_cast<record::Codec>(round % 5)}));
      TRY(add(round, {.codec = record::Codec::kZstd, .producer_id = 500, .producer_epoch = 1, .base_sequence = plain_sequence_}));
      plain_sequence_ += kRecords;
      if (round % 10 == 0) {
        TRY(add(round, {.transactional = true,
                        .producer_id = kTransactionalId,
                        .producer_epoch = 0,
                        .base_sequence = txn_sequence_}));
        txn_sequence_ += kRecords;
      }
      if (round % 10 == 6) {
        TRY(end_transaction(round, round % 20 == 6 ? record::MarkerType::kAbort : record::MarkerType::kCommit));
      }
    }
    return counts_;
  }

 private:
  static constexpr int kRecords = 4;

  TimestampMs time_of(int round) const { return TimestampMs{now_.raw - 100'000 + round * 100}; }

  Result<> add(int round, const record::BatchOptions& options) {
    const std::string value(static_cast<std::size_t>(20 + round % 300), 'v');
    const std::string key = fmt::format("key-{}", round);
    std::vector<record::NewRecord> records(kRecords);
    for (int i = 0; i < kRecords; ++i) {
      record::NewRecord& record = records[static_cast<std::size_t>(i)];
      record.timestamp = TimestampMs{time_of(round).raw + (i * 37) % 60};
      if (i != 1) record.key = view_of(key);
      if (i != 2) record.value = view_of(value);
      if (i == 3) record.headers = {{"origin", view_of("make_log")}, {"nothing", std::nullopt}};
    }
    TRY(Bytes batch, record::build_batch(records, options));
    TRY(const auto appended, log_.append(batch, LeaderEpoch{round / 100}));
    if (appended.status != log::AppendStatus::kOk) return fail(Kind::kInvalid, "refused: {}", appended.why);
    ++counts_.batches;
    return done();
  }

  Result<> end_transaction(int round, record::MarkerType type) {
    const Bytes marker = record::build_marker({.type = type, .coordinator_epoch = 1}, time_of(round),
                                              {.base_offset = log_.end(), .leader_epoch = log_.epochs().back().epoch,
                                               .producer_id = kTransactionalId, .producer_epoch = 0});
    TRY(log_.append_as_is(marker));
    ++counts_.batches;
    ++counts_.markers;
    counts_.aborted += type == record::MarkerType::kAbort ? 1 : 0;
    return done();
  }

  log::Log& log_;
  const TimestampMs now_;
  Counts counts_;
  std::int32_t plain_sequence_ = 0;
  std::int32_t txn_sequence_ = 0;
};

Result<> make(const std::string& dir) {
  os::PosixFileSystem files;
  os::SystemClock clock;
  log::LogConfig config;
  config.segment_bytes = 64 * kKiB;
  config.index_interval_bytes = 1024;
  TRY(const auto log, log::Log::open({.files = &files, .clock = &clock, .dir = dir, .config = config}));
  TRY(const Counts counts, Maker(*log, clock.wall()).run());
  TRY(log->roll());
  std::uint64_t offset_entries = 0;
  std::uint64_t time_entries = 0;
  std::uint64_t txn_entries = 0;
  const auto segments = log->segments();
  for (const auto& segment : segments) {
    if (!segment.sealed) continue;
    TRY(const auto sealed, log->sealed_files(segment.base));
    offset_entries += sealed.offset_index.size() / record::kOffsetEntryBytes;
    time_entries += sealed.time_index.size() / record::kTimeEntryBytes;
    txn_entries += sealed.txn_index.size() / record::kTxnEntryBytes;
  }
  TRY(log->close());
  if (txn_entries != static_cast<std::uint64_t>(counts.aborted))
    return fail(Kind::kCorrupt, "{} transactions in the index", txn_entries);
  fmt::print("records {}\nbatches {}\nmarkers {}\naborted {}\nsegments {}\noffset_entries {}\ntime_entries {}\n", log->end().raw,
             counts.batches, counts.markers, counts.aborted, segments.size(), offset_entries, time_entries);
  return done();
}

}  // namespace
}  // namespace takhin

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: make_log DIR\n");
    return 2;
  }
  const auto made = takhin::make(argv[1]);
  if (made.ok()) return 0;
  fmt::print(stderr, "make_log: {}\n", made.error().text);
  return 1;
}
