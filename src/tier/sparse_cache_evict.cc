// The half of SparseCache that lets go: S3-FIFO, leaving chunks, and the holes they leave.
#include <algorithm>

#include "base/log.h"
#include "tier/cache_map.h"
#include "tier/sparse_cache.h"
#include "tier/sparse_cache_parts.h"

namespace takhin::tier {
namespace {

constexpr std::string_view kRoom = "tier";
constexpr std::uint64_t kSmallShare = 10;  // the newcomers' queue gets 1/10 of the room
constexpr std::size_t kGhostsMin = 64;     // else as many as there are chunks

}  // namespace

void SparseCache::Queue::push_back(Slot& slot) {
  slot.queue = this;
  slot.before = back;
  slot.after = nullptr;
  (back != nullptr ? back->after : front) = &slot;
  back = &slot;
  bytes += slot.bytes;
}

void SparseCache::Queue::unlink(Slot& slot) {
  (slot.before != nullptr ? slot.before->after : front) = slot.after;
  (slot.after != nullptr ? slot.after->before : back) = slot.before;
  slot.queue = nullptr;
  bytes -= slot.bytes;
}

void SparseCache::enqueue(Slot& slot) { (slot.in_main ? main_ : small_).push_back(slot); }

void SparseCache::dequeue(Slot& slot) { slot.queue->unlink(slot); }

bool SparseCache::make_room(std::uint64_t bytes, Victims& victims) {
  while (used_ + bytes > bytes_max_) {
    Slot* const victim = pick_victim();
    if (victim == nullptr) return false;
    leave(*victim, victims);
  }
  return true;
}

// Each step evicts, moves a chunk to main_ once, takes one of its at most three rereads, or takes a pinned chunk out
// until it is unpinned.
SparseCache::Slot* SparseCache::pick_victim() {
  for (;;) {
    const bool from_small = small_.front != nullptr && (small_.bytes > bytes_max_ / kSmallShare || main_.front == nullptr);
    Slot* const slot = from_small ? small_.front : main_.front;
    if (slot == nullptr) return nullptr;
    dequeue(*slot);
    if (slot->pins > 0) continue;
    if (slot->rereads == 0) {
      if (from_small) remember_ghost(*slot);
      return slot;
    }
    slot->rereads = from_small ? 0 : slot->rereads - 1;
    slot->in_main = true;
    enqueue(*slot);
  }
}

void SparseCache::remember_ghost(const Slot& slot) {
  const std::uint64_t ghost = hash_of(slot.owner->id, slot.owner->index_of(slot));
  if (ghost_set_.insert(ghost).second) ghosts_.push_back(ghost);
  while (ghosts_.size() > std::max(kGhostsMin, chunks_)) {
    ghost_set_.erase(ghosts_.front());
    ghosts_.pop_front();
  }
}

// The room is free at once; the bytes go in settle().
void SparseCache::leave(Slot& slot, Victims& victims) {
  Segment& segment = *slot.owner;
  if (slot.queue != nullptr) dequeue(slot);
  used_ -= slot.bytes;
  --chunks_;
  if (slot.ahead) {
    stats_.ahead_bytes -= slot.bytes;
    stats_.wasted_bytes += slot.bytes;
    slot.ahead = false;
  }
  slot.verified = false;
  if (segment.dead) {
    slot.state = State::kAbsent;
    --segment.live;
    return;
  }
  if (slot.state == State::kPresent) ++stats_.evictions;
  slot.state = State::kLeaving;
  victims.emplace_back(segments_.at(segment.id), segment.index_of(slot));
}

// Out of the map, its file unlinked. Pinned chunks count until they are let go.
void SparseCache::kill(const SegmentPtr& segment) {
  segment->dead = true;
  segments_.erase(segment->id);
  close_file(*segment);
  Victims none;
  for (Slot& slot : segment->slots) {
    const bool filled = slot.state == State::kPresent || slot.state == State::kBad;
    if (filled && slot.queue != nullptr) dequeue(slot);
    if (filled && slot.pins == 0) leave(slot, none);
  }
  if (auto removed = files_.remove(segment->path); !removed.ok()) log_warn(kRoom, "{}", removed.error().text);
}

// ---- without it

void SparseCache::settle(const Victims& victims) {
  for (const auto& [segment, chunk] : victims) {
    const std::lock_guard one_writer(segment->writing);
    Slot& slot = segment->slots[chunk];
    std::shared_ptr<File> file;
    {
      const std::lock_guard lock(mutex_);
      if (segment->dead || segment->live == 1) {  // the file is gone, or goes with its last chunk
        slot.state = State::kAbsent;
        if (--segment->live == 0 && !segment->dead) kill(segment);
        continue;
      }
      if (auto opened = file_of(*segment); opened.ok()) file = *opened;
    }
    if (file) {
      constexpr std::byte kGone{0};
      auto gone = file->write_at(CacheMap::presence_position(segment->log_bytes, segment->slots.size()) + chunk, View(&kGone, 1));
      if (gone.ok()) gone = file->punch({slot.begin, slot.begin + slot.bytes});
      if (!gone.ok()) log_debug(kRoom, "cannot give back cache bytes: {}", gone.error().text);
    }
    const std::lock_guard lock(mutex_);
    slot.state = State::kAbsent;
    if (--segment->live == 0 && !segment->dead) kill(segment);
  }
}

}  // namespace takhin::tier
