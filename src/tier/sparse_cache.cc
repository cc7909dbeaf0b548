#include "tier/sparse_cache.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/log.h"
#include "tier/cache_map.h"
#include "tier/sparse_cache_parts.h"

namespace takhin::tier {
namespace {

constexpr std::string_view kRoom = "tier";
constexpr std::uint8_t kRereadsMax = 3;  // S3-FIFO's two bits

}  // namespace

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
  auto pinned = std::make_shared<PinnedFile>(shared_from_this(), segment, std::move(file), first, end);
  return FileSlice{std::move(pinned), segment->range(first, end)};
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
    log_info(kRoom, "cached bytes {}..{} of segment {} fail their check, fetching them again", slot.begin,
             slot.begin + slot.bytes, segment->id.text());
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
  auto at = std::ranges::upper_bound(slots, read.begin, {}, &Slot::begin);
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

}  // namespace takhin::tier
