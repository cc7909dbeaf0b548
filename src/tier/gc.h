#pragma once
// Removes from a bucket what nobody reads any more, once it has been that for a grace period. docs/care.md.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tier/survey.h"

namespace takhin::tier {

enum class GarbageKind : std::uint8_t {
  kSuperseded,
  kCopy,
  kBelowLogStart,
  kDeletedTopic,
  kTombstone,  // of a topic whose objects are gone
  kReserved,   // begun by this data directory, never put on record, and not whole
  kOrphanKey,  // a key object whose segment is gone
};
inline constexpr std::size_t kGarbageKinds = 7;
std::string_view name_of(GarbageKind kind);

enum class GarbageFate : std::uint8_t {
  kRemoved,
  kWouldGo,   // a dry run, or storage.tiered.write.once
  kTooYoung,  // within the grace period
  kRefused,   // the store did not let go of it
};
inline constexpr std::size_t kGarbageFates = 4;
std::string_view name_of(GarbageFate fate);

struct Garbage {
  GarbageKind kind = GarbageKind::kCopy;
  GarbageFate fate = GarbageFate::kTooYoung;
  std::string object;
  std::uint64_t bytes = 0;
  TimestampMs since{};
  std::string refusal;  // of kRefused
};

struct GcOptions {
  bool dry_run = false;
  bool write_once = false;  // storage.tiered.write.once
  std::chrono::milliseconds grace = std::chrono::hours(24);
  std::uint64_t fetch_bytes_max = 16 * kMiB;
};

/// Borrowed. With a catalogue, whose owner must not run meanwhile, what goes is forgotten there too.
struct GcInput {
  object::ObjectStore& store;
  Clock& clock;
  Catalog* catalog = nullptr;
  ObjectKeys* keys = nullptr;  // of encrypted segments
  /// How many uploads that began before then are not finished; empty: the store has no such thing.
  std::function<Result<std::size_t>(TimestampMs older_than, Deadline deadline)> count_uploads{};
};

/// Items kept for the report; further ones are treated in the same way and counted.
inline constexpr std::size_t kGarbageListMax = 100'000;

struct GcReport {
  std::uint64_t counts[kGarbageFates] = {};
  std::uint64_t bytes[kGarbageFates] = {};
  std::uint64_t uploads_aborted = 0;
  std::uint64_t uploads_would_go = 0;  // in a dry run
  std::optional<Error> uploads_refusal;
  std::vector<Garbage> items;
};

/// Goes on past whatever the store refuses (object lock, permissions) and says so per object. An Error only when the bucket
/// cannot be listed, or the catalogue not written; what went until then is gone. Retry-safe. A dry run changes nothing.
/// Unfinished uploads are no objects, so that write_once does not spare them.
/// Cost: as survey(), 1 DELETE per 500 objects or partition, 1 list of uploads.
Result<GcReport> collect_garbage(const GcInput& input, const GcOptions& options);

}  // namespace takhin::tier
