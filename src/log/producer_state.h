#pragma once
// What a log knows of its producers: the last batches of each (to recognise a retry), and the open transactions
// (KIP-98, KIP-360). Kafka's rules and Kafka's snapshot file (version 1). Not thread-safe: it belongs to the log's
// writer.

#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "record/batch.h"
#include "log/log.h"
#include "record/control.h"

namespace takhin::log {

inline constexpr std::size_t kProducerBatchesKept = 5;  // Kafka's; max.in.flight of an idempotent producer
inline constexpr std::int64_t kProducerExpiryMs = std::int64_t{24} * 3600 * 1000;   // producer.id.expiration.ms
inline constexpr std::size_t kProducersMax = 100'000;  // of one partition; beyond it the longest idle are forgotten

struct SequencedBatch {
  std::int32_t first_sequence = -1;
  std::int32_t last_sequence = -1;
  Offset last_offset = kNoOffset;
  std::int32_t offset_delta = 0;
  TimestampMs timestamp = kNoTimestamp;

  Offset first_offset() const { return Offset{last_offset.raw - offset_delta}; }
  bool operator==(const SequencedBatch&) const = default;
};

struct ProducerEntry {
  std::int16_t epoch = -1;
  std::int32_t coordinator_epoch = -1;
  Offset txn_first = kNoOffset;            // first offset of the open transaction
  TimestampMs last_timestamp = kNoTimestamp;
  TimestampMs used{};                      // time of day of the last append here, for expiry
  std::array<SequencedBatch, kProducerBatchesKept> batches{};
  std::size_t batch_count = 0;             // oldest first

  const SequencedBatch* last() const { return batch_count == 0 ? nullptr : &batches[batch_count - 1]; }
  const SequencedBatch* find(std::int32_t first_sequence, std::int32_t last_sequence) const;
  void push(const SequencedBatch& batch);
};

/// What must stay of a producer in a compacted log, so that its retries and its epoch are still known: the batch that ends with
/// its last data, or, where that is not known, the markers of its epoch.
struct LastOfProducer {
  Offset last_data = kNoOffset;
  std::int16_t epoch = -1;
};
using LastOfProducers = std::unordered_map<std::int64_t, LastOfProducer>;

/// A transaction that a marker ended.
struct CompletedTxn {
  std::int64_t producer_id = -1;
  Offset first;
  Offset last;  // the marker's
  bool aborted = false;
};

class ProducerState {
 public:
  /// Entries as they will be once the batches of one append are written; kept apart until they are.
  using Overlay = std::unordered_map<std::int64_t, ProducerEntry>;

  enum class Verdict { kOk, kDuplicate, kOutOfOrderSequence, kStaleEpoch, kOutsideTransaction };
  struct Checked {
    Verdict verdict = Verdict::kOk;
    std::string why;
    SequencedBatch duplicate;  // of kDuplicate
  };
  /// Judges a client's batch whose header already carries its offset; kOk also enters it into `overlay`.
  Checked check(const record::BatchHeader& header, TimestampMs now, Overlay& overlay) const;
  void commit(Overlay&& overlay);

  /// Enters a batch that is in the log, unjudged: recovery and append_as_is.
  void replay(const record::BatchHeader& header, TimestampMs now);
  /// Ends the producer's transaction; nothing when none was open.
  std::optional<CompletedTxn> replay_marker(const record::BatchHeader& header, const record::Marker& marker, TimestampMs now);
  /// Older batches, in log order, of producers known from a snapshot, which holds only the last batch of each: so that
  /// a retry of one of the last five is known after a restart too.
  void recall(std::span<const record::BatchHeader> older);

  /// First offset of the oldest open transaction.
  std::optional<Offset> first_open() const;
  /// The last stable offset once `txn` is complete.
  Offset stable_after(const CompletedTxn& txn) const;

  /// Forgets producers idle for kProducerExpiryMs, and the longest idle beyond kProducersMax, but none with an open transaction.
  void expire(TimestampMs now);
  void clear();
  std::size_t size() const { return entries_.size(); }
  const ProducerEntry* find(std::int64_t producer_id) const;
  /// The highest producer id known; -1 when there is none.
  std::int64_t newest_id() const;
  LastOfProducers last_of_each() const;
  /// Of all, by id.
  std::vector<ProducerInfo> infos() const;

  /// Kafka's .snapshot file, version 1: int16 version, uint32 crc32c of the rest, int32 count, entries.
  Bytes encode() const;
  /// kCorrupt for any damage. Replaces what was known.
  Result<> decode(View snapshot, TimestampMs now);

 private:
  static void apply(const record::BatchHeader& header, TimestampMs now, ProducerEntry& entry);
  void put(std::int64_t producer_id, const ProducerEntry& entry);
  std::vector<std::int64_t> sorted_ids() const;

  std::unordered_map<std::int64_t, ProducerEntry> entries_;
  std::map<Offset, std::int64_t> open_;  // first offset of an open transaction -> producer
};

}  // namespace takhin::log
