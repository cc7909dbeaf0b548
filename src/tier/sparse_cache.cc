#include "tier/sparse_cache.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/log.h"
#include "tier/cache_map.h"
#include "tier/memory_file.h"

namespace takhin::tier {
namespace {

constexpr std::string_view kRoom = "tier";
constexpr std::uint64_t kSmallShare = 10;      // the newcomers' queue gets 1/10 of the room
constexpr std::uint8_t kRereadsMax = 3;        // S3-FIFO's two bits
constexpr std::size_t kGhostsMin = 64;         // else as many as there are chunks

std::uint64_t hash_of(const Uuid& segment, std::size_t chunk) {
  std::uint64_t halves[2];
  std::memcpy(halves, segment.bytes.data(), sizeof halves);
  return (halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15u)) + chunk * 0xbf58476d1ce4e5b9u;
}

}  // namespace

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

SparseCache::SparseCache(FileSystem& files, std::string dir, std::uint64_t bytes_max)
    : files_(files), dir_(std::move(dir)), bytes_max_(bytes_max) {}

SparseCache::~SparseCache() = default;

Result<std::shared_ptr<SparseCache>> SparseCache::open(FileSystem& files, const std::string& dir, std::uint64_t bytes_max) {
  std::shared_ptr<SparseCache> cache(new SparseCache(files, dir, bytes_max));
  TRY(cache->load().within("open cache"));
  return cache;
}

// ---- what an earlier process left

Result<> SparseCache::load() {
  TRY(files_.make_dirs(dir_));
  TRY(const auto entries, files_.list(dir_));
  for (const DirEntry& entry : entries) {
    if (entry.is_directory) continue;
    auto loaded = load_segment(entry.name);
    if (loaded.ok() && !segments_.contains((*loaded)->id)) {
      adopt(*loaded);
      continue;
    }
    if (!loaded.ok()) log_info(kRoom, "cache file {} is of no use: {}", entry.name, loaded.error().text);
    TRY(files_.remove(dir_ + "/" + entry.name));
  }
  Victims victims;  // the limit may be lower than last time
  {
    const std::lock_guard lock(mutex_);
    make_room(0, victims);
  }
  settle(victims);
  return done();
}

Result<SparseCache::SegmentPtr> SparseCache::load_segment(const std::string& name) {
  const auto parsed = parse_cache_file_name(name);
  if (!parsed) return fail(Kind::kInvalid, "a stranger");
  next_file_ = std::max(next_file_, parsed->number + 1);
  const std::string path = dir_ + "/" + name;
  TRY(const auto file, files_.open(path, OpenMode::kReadWrite));
  TRY(const CacheMap map, CacheMap::read(*file, parsed->log_bytes));

  auto segment = std::make_shared<Segment>();
  segment->id = parsed->segment;
  segment->path = path;
  segment->log_bytes = map.log_bytes;
  segment->object_bytes = map.object_bytes;
  segment->tail_bytes = map.tail_bytes;
  segment->made = true;
  segment->slots.resize(map.chunks.size());
  std::uint64_t at = 0;
  ByteRange absent;  // a chunk that was written but never marked still takes room on the disk
  for (std::size_t i = 0; i < segment->slots.size(); ++i) {
    Slot& slot = segment->slots[i];
    slot.owner = segment.get();
    slot.begin = at;
    slot.bytes = map.chunks[i].bytes;
    slot.crc = map.chunks[i].crc;
    at += slot.bytes;
    if (map.present[i]) {
      slot.state = State::kPresent;
      ++segment->live;
      if (!absent.empty()) TRY(file->punch(absent));
      absent = {at, at};
    } else {
      absent.end = at;
    }
  }
  if (segment->live == 0) return fail(Kind::kInvalid, "holds nothing");
  if (!absent.empty()) TRY(file->punch(absent));
  return segment;
}

void SparseCache::adopt(const SegmentPtr& segment) {
  const std::lock_guard lock(mutex_);
  segments_.emplace(segment->id, segment);
  for (Slot& slot : segment->slots) {
    if (slot.state != State::kPresent) continue;
    used_ += slot.bytes;
    ++chunks_;
    slot.in_main = true;  // it was worth keeping until the end
    enqueue(slot);
  }
}

std::optional<SparseCache::StoredTail> SparseCache::stored_tail(const Uuid& id) {
  SegmentPtr segment;
  std::shared_ptr<File> file;
  {
    const std::lock_guard lock(mutex_);
    segment = find(id);
    if (!segment || segment->tail_bytes == 0) return std::nullopt;
    auto opened = file_of(*segment);
    if (!opened.ok()) return std::nullopt;
    file = *opened;
  }
  const std::uint64_t begin = CacheMap::tail_position(segment->log_bytes, segment->slots.size());
  auto raw = read_exactly(*file, {begin, begin + segment->tail_bytes});
  if (!raw.ok()) return std::nullopt;
  return StoredTail{*std::move(raw), segment->object_bytes};
}

// ---- reserve, fill

SparseCache::SegmentPtr SparseCache::make_segment(const Uuid& id, const Tail& tail, std::shared_ptr<const Bytes> raw_tail) {
  auto segment = std::make_shared<Segment>();
  segment->id = id;
  segment->path = dir_ + "/" + text_of(CacheFileName{id, tail.log_bytes, next_file_++});
  segment->log_bytes = tail.log_bytes;
  segment->object_bytes = tail.object_bytes;
  segment->raw_tail = std::move(raw_tail);
  segment->slots.resize(tail.chunks.size());
  for (std::size_t i = 0; i < tail.chunks.size(); ++i) {
    Slot& slot = segment->slots[i];
    slot.owner = segment.get();
    slot.begin = tail.chunks[i].log_position;
    slot.bytes = tail.chunks[i].log_bytes;
    slot.crc = tail.chunks[i].plain_crc;
  }
  return segment;
}

std::optional<SparseCache::Reservation> SparseCache::reserve(const Uuid& id, const Tail& tail, std::size_t chunk,
                                                             std::shared_ptr<const Bytes> raw_tail) {
  const std::uint32_t bytes = tail.chunks[chunk].log_bytes;
  Victims victims;
  SegmentPtr segment;
  bool reserved = false;
  {
    const std::lock_guard lock(mutex_);
    if (bytes > bytes_max_) return std::nullopt;
    segment = find(id);
    if (!segment) {
      segment = make_segment(id, tail, std::move(raw_tail));
      segments_.emplace(id, segment);
    }
    TAKHIN_ASSERT(segment->slots.size() == tail.chunks.size(), "a segment id names one object, for good");
    Slot& slot = segment->slots[chunk];
    if (slot.state == State::kAbsent) {
      ++segment->live;  // before making room, which may empty this very segment
      slot.state = State::kReserved;
      reserved = make_room(bytes, victims);
      if (reserved) {
        used_ += bytes;
      } else {
        slot.state = State::kAbsent;
        --segment->live;
      }
    }
    if (segment->live == 0 && !segment->dead) kill(segment);  // made for this call, and not needed
  }
  settle(victims);
  if (!reserved) return std::nullopt;
  return Reservation(shared_from_this(), segment, chunk);
}

SparseCache::Reservation::Reservation(std::shared_ptr<SparseCache> cache, SegmentPtr segment, std::size_t chunk)
    : cache_(std::move(cache)), segment_(std::move(segment)), chunk_(chunk) {}

SparseCache::Reservation::~Reservation() {
  if (cache_) cache_->release(segment_, chunk_, false);
}

Result<FileSlice> SparseCache::Reservation::commit(View plain, bool ahead) {
  Slot& slot = segment_->slots[chunk_];
  TAKHIN_ASSERT(plain.size() == slot.bytes, "a chunk has the size its table says");
  const auto cache = std::move(cache_);
  if (auto written = cache->write_chunk(*segment_, chunk_, plain); !written.ok()) {
    cache->release(segment_, chunk_, true);
    return std::move(written).error().within("fill cache");
  }
  std::unique_lock lock(cache->mutex_);
  if (segment_->dead) {
    lock.unlock();
    cache->release(segment_, chunk_, false);
    return fail(Kind::kClosed, "segment {} was forgotten", segment_->id.text());
  }
  slot.state = State::kPresent;
  slot.verified = true;
  slot.ahead = ahead;
  slot.rereads = 0;
  slot.read_once = slot.read_to_end = false;
  slot.pins = 1;
  if (ahead) cache->stats_.ahead_bytes += slot.bytes;
  ++cache->chunks_;
  slot.in_main = cache->ghost_set_.erase(hash_of(segment_->id, chunk_)) > 0;
  cache->enqueue(slot);
  auto file = cache->file_of(*segment_);
  if (!file.ok()) {
    cache->kill(segment_);
    lock.unlock();
    cache->unpin(segment_, chunk_, chunk_ + 1);
    return std::move(file).error().within("fill cache");
  }
  return FileSlice{std::make_shared<PinnedFile>(cache, segment_, *file, chunk_, chunk_ + 1), segment_->range(chunk_, chunk_ + 1)};
}

Result<> SparseCache::make_file(Segment& segment) {
  TRY(auto file, files_.open(segment.path, OpenMode::kCreateNew));
  CacheMap map;
  map.log_bytes = segment.log_bytes;
  map.object_bytes = segment.object_bytes;
  for (const Slot& slot : segment.slots) map.chunks.push_back({slot.bytes, slot.crc});
  const View tail = segment.raw_tail ? View(*segment.raw_tail) : View();
  auto written = file->write_at(CacheMap::position(segment.log_bytes), map.encode(tail));
  if (!written.ok()) {
    TRY(files_.remove(segment.path));
    return written;
  }
  segment.made = true;
  std::unique_lock lock(mutex_);
  segment.tail_bytes = static_cast<std::uint32_t>(tail.size());
  segment.raw_tail.reset();
  if (!segment.dead) {
    keep_open(segment, std::move(file));
    return done();
  }
  lock.unlock();
  return files_.remove(segment.path);  // forgotten before the file was there to be unlinked
}

Result<> SparseCache::write_chunk(Segment& segment, std::size_t chunk, View plain) {
  const std::lock_guard one_writer(segment.writing);
  if (!segment.made) TRY(make_file(segment));
  std::shared_ptr<File> file;
  {
    const std::lock_guard lock(mutex_);
    if (segment.dead) return fail(Kind::kClosed, "segment {} was forgotten", segment.id.text());
    TRY(file, file_of(segment));
  }
  TRY(file->write_at(segment.slots[chunk].begin, plain));
  constexpr std::byte kHere{1};
  return file->write_at(CacheMap::presence_position(segment.log_bytes, segment.slots.size()) + chunk, View(&kHere, 1));
}

void SparseCache::release(const SegmentPtr& segment, std::size_t chunk, bool written) {
  Slot& slot = segment->slots[chunk];
  Victims victims;
  {
    const std::lock_guard lock(mutex_);
    used_ -= slot.bytes;
    if (written && !segment->dead) {
      slot.state = State::kLeaving;
      victims.emplace_back(segment, chunk);
    } else {
      slot.state = State::kAbsent;
      --segment->live;
      if (segment->live == 0 && !segment->dead) kill(segment);
    }
  }
  settle(victims);
}

// ---- read

std::optional<FileSlice> SparseCache::pin(const Uuid& id, std::size_t first, std::size_t last) {
  SegmentPtr segment;
  std::shared_ptr<File> file;
  std::vector<std::size_t> unchecked;
  std::size_t end = first;
  {
    const std::lock_guard lock(mutex_);
    segment = find(id);
    if (!segment) return std::nullopt;
    last = std::min(last, segment->slots.size());
    if (first >= last || segment->slots[first].state != State::kPresent) return std::nullopt;
    auto opened = file_of(*segment);
    if (!opened.ok()) {
      log_warn(kRoom, "cache file is gone: {}", opened.error().text);
      kill(segment);
      return std::nullopt;
    }
    file = *std::move(opened);
    for (; end < last && segment->slots[end].state == State::kPresent; ++end) {
      ++segment->slots[end].pins;
      if (!segment->slots[end].verified) unchecked.push_back(end);
    }
  }
  for (const std::size_t chunk : unchecked) {
    if (verify(segment, *file, chunk)) continue;
    unpin(segment, chunk, end);
    end = chunk;
    break;
  }
  if (end == first) return std::nullopt;
  return FileSlice{std::make_shared<PinnedFile>(shared_from_this(), segment, std::move(file), first, end), segment->range(first, end)};
}

bool SparseCache::verify(const SegmentPtr& segment, const File& file, std::size_t chunk) {
  Slot& slot = segment->slots[chunk];
  const auto plain = read_exactly(file, {slot.begin, slot.begin + slot.bytes});
  const bool good = plain.ok() && crc32c(*plain) == slot.crc;
  const std::lock_guard lock(mutex_);
  if (good) {
    slot.verified = true;
  } else if (slot.state == State::kPresent) {
    slot.state = State::kBad;
    if (slot.queue != nullptr) dequeue(slot);
    ++stats_.rejected;
    log_info(kRoom, "cached bytes {}..{} of segment {} fail their check, fetching them again", slot.begin, slot.begin + slot.bytes,
             segment->id.text());
  }
  return good;
}

bool SparseCache::has(const Uuid& id, std::size_t chunk) const {
  const std::lock_guard lock(mutex_);
  const SegmentPtr segment = find(id);
  return segment && chunk < segment->slots.size() && segment->slots[chunk].state == State::kPresent;
}

void SparseCache::touch(const Uuid& id, ByteRange read) {
  const std::lock_guard lock(mutex_);
  const SegmentPtr segment = find(id);
  if (!segment || read.empty()) return;
  auto& slots = segment->slots;
  auto at = std::upper_bound(slots.begin(), slots.end(), read.begin, [](std::uint64_t p, const Slot& slot) { return p < slot.begin; });
  if (at != slots.begin()) --at;
  for (; at != slots.end() && at->begin < read.end; ++at) {
    const auto from = static_cast<std::uint32_t>(read.begin > at->begin ? read.begin - at->begin : 0);
    // A reader that moves forward through the chunk is one use of it, however small its steps.
    const bool again = at->read_once && (from < at->read_from || (from == at->read_from && at->read_to_end));
    if (again) at->rereads = std::min<std::uint8_t>(at->rereads + 1, kRereadsMax);
    at->read_from = from;
    at->read_once = true;
    at->read_to_end = read.end >= at->begin + at->bytes;
    read_by_someone(*at);
  }
}

void SparseCache::read_by_someone(Slot& slot) {
  if (!slot.ahead) return;
  slot.ahead = false;
  stats_.ahead_bytes -= slot.bytes;
}

void SparseCache::unpin(const SegmentPtr& segment, std::size_t first, std::size_t last) {
  Victims victims;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = first; i < last; ++i) {
      Slot& slot = segment->slots[i];
      if (--slot.pins > 0) continue;
      if (segment->dead || slot.state == State::kBad) {
        leave(slot, victims);
      } else if (slot.queue == nullptr) {
        enqueue(slot);
      }
    }
  }
  settle(victims);
}

void SparseCache::forget(const Uuid& id) {
  const std::lock_guard lock(mutex_);
  if (const SegmentPtr segment = find(id)) kill(segment);
}

SparseCache::Stats SparseCache::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.bytes = used_;
  stats.segments = segments_.size();
  return stats;
}

// ---- with mutex_ held

SparseCache::SegmentPtr SparseCache::find(const Uuid& id) const {
  const auto at = segments_.find(id);
  return at == segments_.end() ? nullptr : at->second;
}

Result<std::shared_ptr<File>> SparseCache::file_of(Segment& segment) {
  if (segment.file) {
    open_.splice(open_.begin(), open_, segment.open_at);
    return segment.file;
  }
  TRY(auto file, files_.open(segment.path, OpenMode::kReadWrite));
  keep_open(segment, file);
  return file;
}

void SparseCache::keep_open(Segment& segment, std::shared_ptr<File> file) {
  segment.file = std::move(file);
  open_.push_front(&segment);
  segment.open_at = open_.begin();
  if (open_.size() > kOpenFilesMax) close_file(*open_.back());
}

void SparseCache::close_file(Segment& segment) {
  if (!segment.file) return;
  open_.erase(segment.open_at);
  segment.file.reset();
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

// Each step evicts, moves a chunk to main_ once, takes one of its at most three rereads, or takes a pinned chunk out until it is unpinned.
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
