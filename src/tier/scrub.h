#pragma once
// Looks for what is wrong in a bucket, and between a bucket and the data directory that writes it. docs/care.md says what each
// anomaly means and what to do about it. Changes nothing.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tier/survey.h"

namespace takhin::tier {

/// The names (name_of) are a promise to whoever reads the report.
enum class AnomalyKind : std::uint8_t {
  kGap,                    // offsets between two segments, or above the log start, are nowhere
  kOverlap,                // two segments hold the same offsets and neither stands for the other
  kMissingObject,          // on record in the catalogue, not in the bucket
  kUnrecordedObject,       // in the bucket, not on record in the catalogue
  kWrongSize,              // other than the size on record
  kWrongChecksum,          // other than the crc32c on record
  kUnreadableTail,         // footer, directory or a section fails its check, or says another segment's name
  kDamagedObject,          // --deep: a chunk or a batch in it fails its check
  kLostKey,                // encrypted under a key that cannot be had: unknown, refused, or another one under its id
  kRefused,                // the store lets it be seen but not read, or it is plain where encryption is required
  kFrozen,                 // in an archive class: nothing is wrong, but nothing was looked into either
  kStump,                  // named like a segment, but too small to be one
  kUnreadableState,        // state.json
  kUnreadableTopicRecord,  // topic.json
  kNoTopicRecord,          // segments without a topic.json
  kNameTwice,              // two topics that are not deleted have the same name
  kSuperseded,             // the rest: what `takhin tier gc` removes
  kCopy,
  kBelowLogStart,
  kDeletedTopic,
};
inline constexpr std::size_t kAnomalyKinds = 20;
std::string_view name_of(AnomalyKind kind);
/// Only space is lost by it: gc removes it.
constexpr bool is_leftover(AnomalyKind kind) { return kind >= AnomalyKind::kSuperseded; }

struct Anomaly {
  AnomalyKind kind = AnomalyKind::kGap;
  std::string topic;
  std::int32_t partition = -1;  // -1: of the whole topic
  std::string object;           // its key; empty when no object is concerned
  Offset base = kNoOffset;      // the offsets concerned, [base, end)
  Offset end = kNoOffset;
  std::string detail;
};

/// What a data directory's log says of a partition.
struct LocalExtent {
  Offset log_start{0};
  Offset local_start{0};  // from here on the local log has everything
};

struct ScrubOptions {
  bool deep = false;  // read every object whole
  std::uint64_t fetch_bytes_max = 16 * kMiB;
  std::size_t threads = 8;
};

/// Borrowed. With a catalogue the two views are compared, with `local` also where the local log takes over.
struct ScrubInput {
  object::ObjectStore& store;
  Clock& clock;
  const Catalog* catalog = nullptr;
  const std::map<PartitionRef, LocalExtent>* local = nullptr;
  ObjectKeys* keys = nullptr;  // of encrypted segments
};

/// A bucket in ruins must not fill the memory: further anomalies are counted, not kept.
inline constexpr std::size_t kAnomaliesMax = 100'000;

struct ScrubReport {
  std::uint64_t topics = 0;
  std::uint64_t partitions = 0;
  std::uint64_t segments = 0;      // that stand
  std::uint64_t object_bytes = 0;  // of these
  std::uint64_t log_bytes = 0;
  std::uint64_t counts[kAnomalyKinds] = {};
  std::vector<Anomaly> anomalies;  // in key order of the bucket, then what only the catalogue knows
  std::uint64_t anomalies_total() const;
  /// Those that somebody should do something about: all but kFrozen.
  std::uint64_t faults() const;
};

/// kUnavailable, kDenied and the like when the bucket cannot be read; what it read is then of no use. Retry-safe.
/// Cost: as survey(), and for each segment that stands 1 GET of its tail (2 when it is larger than the guess), and 1 HEAD when a
/// crc32c is on record that the listing does not tell; deep also 1 GET per fetch_bytes_max of it.
Result<ScrubReport> scrub(const ScrubInput& input, const ScrubOptions& options);

}  // namespace takhin::tier
