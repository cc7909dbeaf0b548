#pragma once
// What sparse_cache.cc and sparse_cache_evict.cc share, and nobody else includes.

#include <cstring>

#include "tier/memory_file.h"
#include "tier/sparse_cache.h"

namespace takhin::tier {

/// Names a chunk among the ghosts.
inline std::uint64_t hash_of(const Uuid& segment, std::size_t chunk) {
  std::uint64_t halves[2];
  std::memcpy(halves, segment.bytes.data(), sizeof halves);
  return (halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15u)) + chunk * 0xbf58476d1ce4e5b9u;
}

// One chunk's place. Everything is guarded by the cache's mutex_, but begin, bytes, crc, which never change.
struct SparseCache::Slot {
  Segment* owner = nullptr;
  Slot* before = nullptr;  // in its queue
  Slot* after = nullptr;
  Queue* queue = nullptr;  // none while absent, reserved, or met by the hand while pinned
  std::uint64_t begin = 0;
  std::uint32_t bytes = 0;
  std::uint32_t crc = 0;
  std::uint32_t pins = 0;
  std::uint32_t read_from = 0;  // where in the chunk its last read began
  State state = State::kAbsent;
  std::uint8_t rereads = 0;
  bool in_main = false;      // where it belongs, also while out of the queues
  bool verified = false;
  bool ahead = false;        // fetched ahead, not read yet
  bool read_once = false;
  bool read_to_end = false;
};

struct SparseCache::Segment {
  Uuid id;
  std::string path;
  std::uint64_t log_bytes = 0;
  std::uint64_t object_bytes = 0;
  std::uint32_t tail_bytes = 0;
  std::vector<Slot> slots;     // never resized: the queues point into it
  std::size_t live = 0;        // slots that are not absent
  bool dead = false;           // no longer in segments_
  std::shared_ptr<File> file;  // null = closed
  std::list<Segment*>::iterator open_at;

  std::mutex writing;          // File takes one writer at a time; taken before mutex_, never after it
  bool made = false;           // by `writing`
  std::shared_ptr<const Bytes> raw_tail;  // by `writing`; until the file is made

  ByteRange range(std::size_t first, std::size_t last) const {
    return {slots[first].begin, slots[last - 1].begin + slots[last - 1].bytes};
  }
  std::size_t index_of(const Slot& slot) const { return static_cast<std::size_t>(&slot - slots.data()); }
};

// Holds [first, last) in place for as long as a reply points to it.
class SparseCache::PinnedFile final : public ReadOnlyFile {
 public:
  PinnedFile(std::shared_ptr<SparseCache> cache, SegmentPtr segment, std::shared_ptr<const File> file, std::size_t first,
             std::size_t last)
      : cache_(std::move(cache)), segment_(std::move(segment)), file_(std::move(file)), first_(first), last_(last) {}
  ~PinnedFile() override { cache_->unpin(segment_, first_, last_); }

  Result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const override {
    return file_->read_at(position, into);
  }
  Result<std::uint64_t> size() const override { return file_->size(); }
  int descriptor() const override { return file_->descriptor(); }

 private:
  const std::shared_ptr<SparseCache> cache_;
  const SegmentPtr segment_;
  const std::shared_ptr<const File> file_;
  const std::size_t first_;
  const std::size_t last_;
};

}  // namespace takhin::tier
