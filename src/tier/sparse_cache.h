#pragma once
// Decoded chunks of archived segments on local disk: one sparse file per segment, every chunk at its ORIGINAL log
// position, so that
// a cold read after its first chunk is a pread or sendfile like any other, and neighbouring chunks are one slice.
//
// File "{segment id}.{log bytes}.{n}.cache":  [log bytes, sparse] [map: sizes and crc of the chunks, one presence byte
// each] [tail]
// Presence survives a restart as a hint: the first use of such a chunk checks its crc32c. Nothing is ever fsynced.
//
// Eviction is S3-FIFO (Yang et al., SOSP 2023) by chunk: O(1), by punching holes, and never touches a pinned chunk. A
// forward pass
// over a chunk in many small reads counts as one use, so that a scan cannot push out what is read again and again.
// A slice that was handed out pins its chunks until its `file` is destroyed: what sendfile reads is never a fresh hole.

#include <atomic>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "tier/format.h"

namespace takhin::tier {

/// Any thread. Lives as long as its last slice.
class SparseCache : public std::enable_shared_from_this<SparseCache> {
  struct Segment;
  struct Slot;
  class PinnedFile;

 public:
  /// Segment files kept open; the others are opened again at their next use.
  static constexpr std::size_t kOpenFilesMax = 512;

  /// One directory listing; takes over what an earlier process left, removes what it does not know. `bytes_max` counts log bytes;
  /// on disk each cached chunk may take two filesystem blocks more, and each cached segment its map and tail.
  static Result<std::shared_ptr<SparseCache>> open(FileSystem& files, const std::string& dir, std::uint64_t bytes_max);
  ~SparseCache();

  /// Room for one chunk, held until commit() or destruction. Taken before the GET.
  class Reservation {
   public:
    Reservation(std::shared_ptr<SparseCache> cache, std::shared_ptr<Segment> segment, std::size_t chunk);
    Reservation(Reservation&&) noexcept = default;
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation();
    /// Writes the chunk (its plain bytes, already checked) and answers it pinned. `ahead`: nobody asked for it yet.
    /// kExhausted: disk full; kClosed: the segment was forgotten meanwhile. Then the room is free again.
    Result<FileSlice> commit(View plain, bool ahead);

   private:
    std::shared_ptr<SparseCache> cache_;
    std::shared_ptr<Segment> segment_;
    std::size_t chunk_;
  };
  /// Nothing when the chunk is there or under way, or when all other chunks are pinned or under way. `raw_tail` (may
  /// be null) is kept
  /// with the segment, so that after a restart its tail needs no GET.
  std::optional<Reservation> reserve(const Uuid& segment, const Tail& tail, std::size_t chunk,
                                     std::shared_ptr<const Bytes> raw_tail);

  /// The chunks from `first` on that are present without a gap, before `last`, as one pinned slice; nothing when `first` is not.
  /// Checks the crc32c of chunks that come from an earlier process; a bad one is dropped and counts as absent.
  std::optional<FileSlice> pin(const Uuid& segment, std::size_t first, std::size_t last);
  bool has(const Uuid& segment, std::size_t chunk) const;
  /// These log bytes were read: feeds eviction.
  void touch(const Uuid& segment, ByteRange read);
  /// Drops the segment's file; slices that are out stay readable.
  void forget(const Uuid& segment);

  struct StoredTail {
    Bytes raw;
    std::uint64_t object_bytes = 0;
  };
  /// The tail kept beside the chunks; not checked here, parse_tail() does.
  std::optional<StoredTail> stored_tail(const Uuid& segment);

  struct Stats {
    std::uint64_t bytes = 0;         // present or reserved
    std::uint64_t ahead_bytes = 0;   // present, fetched ahead, not read yet
    std::uint64_t evictions = 0;     // chunks
    std::uint64_t wasted_bytes = 0;  // fetched ahead and evicted unread
    std::uint64_t rejected = 0;      // chunks of an earlier process that failed their check
    std::size_t segments = 0;
  };
  Stats stats() const;
  std::uint64_t bytes_max() const { return bytes_max_; }

 private:
  enum class State : std::uint8_t {
    kAbsent,
    kReserved,  // being fetched
    kPresent,
    kLeaving,   // chosen for eviction, its hole not punched yet
    kBad,       // failed its check; leaves with its last pin
  };
  /// FIFO linked through the slots themselves; front = oldest.
  struct Queue {
    Slot* front = nullptr;
    Slot* back = nullptr;
    std::uint64_t bytes = 0;
    void push_back(Slot& slot);
    void unlink(Slot& slot);
  };
  using SegmentPtr = std::shared_ptr<Segment>;
  using Victims = std::vector<std::pair<SegmentPtr, std::size_t>>;

  SparseCache(FileSystem& files, std::string dir, std::uint64_t bytes_max);
  Result<> load();
  Result<SegmentPtr> load_segment(const std::string& name);
  void adopt(const SegmentPtr& segment);
  SegmentPtr make_segment(const Uuid& id, const Tail& tail, std::shared_ptr<const Bytes> raw_tail);
  Result<> make_file(Segment& segment);
  Result<> write_chunk(Segment& segment, std::size_t chunk, View plain);

  // With mutex_ held:
  SegmentPtr find(const Uuid& id) const;
  Result<std::shared_ptr<File>> file_of(Segment& segment);
  void keep_open(Segment& segment, std::shared_ptr<File> file);
  void close_file(Segment& segment);
  void enqueue(Slot& slot);
  void dequeue(Slot& slot);
  bool make_room(std::uint64_t bytes, Victims& victims);
  Slot* pick_victim();
  void leave(Slot& slot, Victims& victims);
  void remember_ghost(const Slot& slot);
  void kill(const SegmentPtr& segment);
  void read_by_someone(Slot& slot);

  // Without it:
  void settle(const Victims& victims);
  void unpin(const SegmentPtr& segment, std::size_t first, std::size_t last);
  void release(const SegmentPtr& segment, std::size_t chunk, bool written);
  bool verify(const SegmentPtr& segment, const File& file, std::size_t chunk);

  FileSystem& files_;
  const std::string dir_;
  const std::uint64_t bytes_max_;

  mutable std::mutex mutex_;
  std::unordered_map<Uuid, SegmentPtr> segments_;
  std::list<Segment*> open_;  // most recently used first
  Queue small_;               // newcomers: a tenth of the room
  Queue main_;                // read again, or back soon after eviction
  std::deque<std::uint64_t> ghosts_;  // evicted from small_, by hash
  std::unordered_set<std::uint64_t> ghost_set_;
  std::uint64_t used_ = 0;
  std::size_t chunks_ = 0;
  std::uint64_t next_file_ = 0;
  Stats stats_;
};

}  // namespace takhin::tier
