#pragma once
// Chunks from the object store into the cache: single flight per chunk, neighbours in one GET, on threads of its own.

#include <deque>
#include <unordered_map>

#include "tier/fetch_deps.h"
#include "tier/flight.h"
#include "tier/memory_file.h"
#include "tier/tail_store.h"

namespace takhin::tier {

/// Any thread. A caller whose deadline passes cancels nothing: its retry finds the chunk in the cache. A failed load
/// is never kept.
class Fetcher {
 public:
  using TailPtr = TailStore::TailPtr;
  /// Chunks for which the cache has no room (smaller than a chunk, all of it pinned, disk full) are answered from memory; that
  /// many bytes of the newest ones are kept for a retry, and always the last one.
  static constexpr std::uint64_t kShelfBytesMax = 32 * kMiB;

  Fetcher(FetchDeps& deps, TailStore& tails);

  /// The chunks from `first` on, before `last`, that are on local disk (or, one of them, in memory) without a gap.
  std::optional<FileSlice> at_hand(const Uuid& segment, std::size_t first, std::size_t last);
  /// The same, fetching what is missing at the front in one GET. `ahead_last` >= last: the GET goes on up to there
  /// when that costs no
  /// further request. Answers chunk `first` at least. kUnavailable: deadline, or too many downloads wait. kNotFound:
  /// the object is gone.
  /// kCorrupt names key and range: the bytes failed their check twice.
  Result<FileSlice> load(const ColdSegment& segment, const TailPtr& tail, std::size_t first, std::size_t last,
                         std::size_t ahead_last, Deadline deadline);
  /// Starts one GET for the first missing chunks in [first, last) and answers where it ends; `last` when nothing is
  /// missing, `first`
  /// when the download was refused. Never blocks.
  std::size_t prefetch(const ColdSegment& segment, const TailPtr& tail, std::size_t first, std::size_t last);
  /// One chunk's plain bytes out of its stored ones, checked; fetched again, past the cache, when they are damaged.
  Result<Bytes> open(const object::ObjectKey& key, const Tail& tail, std::size_t chunk, View stored, Deadline deadline);
  /// Where a GET that begins with chunk `first` ends: fetch_bytes_max, the end of the contiguous bytes, or `last`.
  std::size_t run_end(const Tail& tail, std::size_t first, std::size_t last) const;
  void forget(const Uuid& segment);
  /// Prefetches that have not landed.
  std::size_t ahead_flights() const { return ahead_flights_; }

 private:
  struct Landed {
    std::vector<Result<FileSlice>> chunks;  // the first ones of the run; the rest found no room and were not fetched
    std::optional<Error> error;             // of all
  };
  struct Job {
    ColdSegment segment;
    TailPtr tail;
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t ahead_from = 0;  // chunks from here on nobody waits for
    std::shared_ptr<Flight<Landed>> flight = std::make_shared<Flight<Landed>>();
  };
  using JobPtr = std::shared_ptr<Job>;
  struct ChunkKey {
    Uuid segment;
    std::size_t chunk = 0;
    bool operator==(const ChunkKey&) const = default;
  };
  struct ChunkKeyHash {
    std::size_t operator()(const ChunkKey& key) const { return std::hash<Uuid>{}(key.segment) + key.chunk * 0x9e3779b97f4a7c15u; }
  };
  struct Shelved {
    ChunkKey key;
    std::shared_ptr<const MemoryFile> bytes;
  };

  bool missing(const Uuid& segment, std::size_t chunk) const;  // with mutex_ held
  JobPtr make_job(const ColdSegment& segment, const TailPtr& tail, std::size_t first, std::size_t last, std::size_t ahead_from);
  Result<> submit(const JobPtr& job);
  void land(const JobPtr& job, Landed landed);
  Landed run(const Job& job);
  Result<FileSlice> keep(const Job& job, std::size_t chunk, View stored, std::optional<SparseCache::Reservation> room);
  FileSlice shelve(const ChunkKey& key, std::uint64_t position, Bytes plain);
  std::shared_ptr<const MemoryFile> shelved(const ChunkKey& key) const;

  FetchDeps& deps_;
  TailStore& tails_;
  mutable std::mutex mutex_;
  std::unordered_map<ChunkKey, JobPtr, ChunkKeyHash> flights_;
  mutable std::mutex shelf_mutex_;
  std::deque<Shelved> shelf_;  // oldest first
  std::uint64_t shelf_bytes_ = 0;
  std::atomic<std::size_t> ahead_flights_{0};
  std::atomic<bool> cache_ails_{false};
};

}  // namespace takhin::tier
