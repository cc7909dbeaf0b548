#pragma once
// One cleaning of a log, as Kafka's LogCleaner does it (kafka.log.Cleaner, 4.0): learns the last offset of each key in the dirty
// part, then writes segments anew without what later records or aborted transactions made superfluous. Knows files and segments,
// not the log that they belong to. One thread.

#include <map>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "log/log.h"
#include "log/producer_state.h"
#include "log/segment.h"
#include "record/batch_filter.h"
#include "record/index_format.h"

namespace takhin::log {

/// Bytes of new segments that wait for their write at most, beside the batch that passes it.
inline constexpr std::size_t kCleanWriteBytes = kMiB;
/// CleanOrder::pace hears of so many bytes at a time.
inline constexpr std::uint64_t kCleanPaceBytes = 64 * kKiB;
/// As large as a segment may become: positions in its indexes are 31 bits.
inline constexpr std::uint64_t kCleanedBytesMax = INT32_MAX;

/// Which transactions' data and markers may go (kafka.log.CleanedTransactionMetadata). Fed with batches in log order.
class CleanedTransactions {
 public:
  /// `aborted`: all that touch what will be fed.
  explicit CleanedTransactions(std::vector<record::TxnEntry> aborted);

  /// True: the batch belongs to an aborted transaction.
  bool data_goes(const record::BatchHeader& header);
  struct Fate {
    bool goes = false;                       // no batch of its transaction was met
    std::optional<record::TxnEntry> listed;  // for the transaction index, as long as it stays
  };
  Result<Fate> marker(const record::BatchHeader& header, View batch);

 private:
  struct Ongoing {
    record::TxnEntry entry;
    bool met = false;
  };
  void pass(Offset offset);

  std::vector<record::TxnEntry> aborted_;  // by first offset
  std::size_t next_ = 0;
  std::unordered_map<std::int64_t, Ongoing> ongoing_aborted_;
  std::set<std::int64_t> ongoing_committed_;
};

/// A segment that was written anew, beside the log still (log/swap.h, step 1).
struct CleanedSegment {
  Segment facts;
  std::shared_ptr<const SegmentData> data;
  bool same = false;  // nothing changed: the old one may stay
};

class Cleaner {
 public:
  struct Where {
    FileSystem& fs;
    const std::string& dir;
    LogConfig config;
  };
  /// `order` is borrowed; `segments` are those it may touch, in order.
  Cleaner(Where where, const CleanOrder& order, std::vector<Segment> segments, std::vector<record::TxnEntry> aborted,
          LastOfProducers last);

  /// Fills order.keys; answers the offset below which all records are known, at least one past order.dirty.
  Result<Offset> learn();
  /// Segments to be merged into one each, of those that begin below the offset that learn() answered.
  std::vector<std::span<const Segment>> groups() const;
  /// Groups in order, each once. An error leaves nothing behind that the next start would take for anything.
  Result<CleanedSegment> write(std::span<const Segment> group);
  Cleaned& stats() { return stats_; }

 private:
  class Output;
  using Taken = record::ScannedBatch;
  Result<std::shared_ptr<File>> open(const Segment& segment) const;
  Result<> scan(const Segment& segment, const std::function<Result<record::Scan>(const Taken&)>& each);
  Result<> paced(std::uint64_t bytes);
  Result<bool> learn_batch(const Taken& batch);
  Result<> take(const Taken& batch, bool last, std::uint64_t left, Output& out);
  Result<> take_marker(const Taken& batch, bool last, std::uint64_t left, Output& out);
  Result<record::Filtered> filter(const Taken& batch, bool marker_goes, std::uint64_t left, Output& out, Bytes& made);
  bool record_stays(const record::BatchHeader& header, const record::RawRecord& record) const;
  bool horizon_passed(const record::BatchHeader& header) const;
  bool is_last_of_producer(const record::BatchHeader& header) const;
  std::uint64_t index_bytes(const Segment& segment, std::string_view suffix) const;

  const Where where_;
  const CleanOrder& order_;
  const std::vector<Segment> segments_;
  const std::vector<record::TxnEntry> aborted_;
  const LastOfProducers last_;
  CleanedTransactions learning_;
  CleanedTransactions cleaning_;
  const TimestampMs horizon_;  // of what gets one in this cleaning
  Offset end_;
  std::uint64_t unpaced_ = 0;
  Cleaned stats_;
};

}  // namespace takhin::log
