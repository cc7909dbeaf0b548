#include "tier/catalog_index.h"

#include <xxhash.h>

#include <algorithm>
#include <tuple>

namespace takhin::tier {
namespace {

bool by_offset(const CatalogEntry& a, const CatalogEntry& b) {
  const auto key = [](const SegmentEntry& s) { return std::tuple(s.base, s.end, s.generation, s.id); };
  return key(a.segment) < key(b.segment);
}

/// `a` makes `b` superfluous.
bool stands_for(const SegmentEntry& a, const SegmentEntry& b) {
  if (a.generation > b.generation) return a.base <= b.base && a.end >= b.end;
  return a.generation == b.generation && a.base == b.base && a.end == b.end && a.id < b.id;
}

/// Entries [begin, end) overlap each other in a chain.
void keep_standing(std::span<const CatalogEntry> chain, std::vector<CatalogEntry>& out) {
  for (const CatalogEntry& entry : chain) {
    const bool superfluous = chain.size() > 1 && std::ranges::any_of(chain, [&](const CatalogEntry& other) {
                               return stands_for(other.segment, entry.segment) ||
                                      (&other < &entry && other.segment == entry.segment);
                             });
    if (!superfluous) out.push_back(entry);
  }
}

/// The last of bases[at, at + count) at or before `offset`, at least `at`. A conditional move each step: no branch to mispredict.
inline std::size_t last_in(const std::int64_t* bases, std::size_t at, std::size_t count, std::int64_t offset) {
  for (std::size_t left = count; left > 1;) {
    const std::size_t half = left / 2;
    at = bases[at + half] <= offset ? at + half : at;
    left -= half;
  }
  return at;
}

/// The last of `bases` at or before `offset`, 0 when none is; `guess` is a place near it. Segments of a log hold similar numbers
/// of offsets, so it lies in the window around the guess almost always: a fixed number of steps in neighbouring cache lines,
/// where a plain search of a large array would miss the cache at every step. Else doubling steps bracket it: never worse than
/// twice the steps of a plain search.
inline std::size_t last_at_or_before(const std::int64_t* bases, std::size_t count, std::size_t guess, std::int64_t offset) {
  // How far off a guess is grows with the square root of how many there are.
  constexpr std::size_t kFew = 256, kNarrow = 16, kWide = 32;
  const std::size_t window = count < kFew ? kNarrow : kWide;
  const std::size_t low = guess - std::min(guess, window / 2);
  if (low + window < count && bases[low] <= offset && offset < bases[low + window]) [[likely]] {
    return count < kFew ? last_in(bases, low, kNarrow, offset) : last_in(bases, low, kWide, offset);
  }
  std::size_t at = 0, end = count, step = window;  // the answer is in [at, end)
  if (bases[guess] <= offset) {
    for (at = guess; at + step < count && bases[at + step] <= offset; step *= 2) at += step;
    end = std::min(count, at + step);
  } else {
    for (end = guess; end > step && bases[end - step] > offset; step *= 2) end -= step;
    at = end > step ? end - step : 0;
  }
  return last_in(bases, at, end - at, offset);
}

}  // namespace

std::vector<CatalogEntry> standing(std::vector<CatalogEntry> entries) {
  if (!std::ranges::is_sorted(entries, by_offset)) std::ranges::sort(entries, by_offset);
  std::vector<CatalogEntry> out;
  out.reserve(entries.size());
  for (std::size_t begin = 0; begin < entries.size();) {
    Offset covered = entries[begin].segment.end;
    std::size_t end = begin + 1;
    for (; end < entries.size() && entries[end].segment.base < covered; ++end) {
      covered = std::max(covered, entries[end].segment.end);
    }
    keep_standing(std::span(entries).subspan(begin, end - begin), out);
    begin = end;
  }
  return out;
}

PartitionSegments::PartitionSegments(const std::vector<CatalogEntry>& sorted) {
  bases_.reserve(sorted.size());
  rows_.reserve(sorted.size());
  bool overlaps = false;
  std::int64_t end = 0;
  for (const auto& [segment, object_bytes, crc32c] : sorted) {
    overlaps = overlaps || segment.base.raw < end;
    end = std::max(end, segment.end.raw);
    bases_.push_back(segment.base.raw);
    rows_.push_back({segment.end, segment.max_timestamp, segment.log_bytes, object_bytes, segment.id, segment.leader_epoch,
                     segment.generation, crc32c.value_or(0), crc32c.has_value()});
    log_bytes_ += segment.log_bytes;
    object_bytes_ += object_bytes;
  }
  first_base_ = bases_.front();
  last_base_ = bases_.back();
  if (last_base_ > first_base_) {
    entries_per_offset_ = static_cast<double>(sorted.size() - 1) / static_cast<double>(last_base_ - first_base_);
  }
  if (!overlaps) return;
  end = 0;
  for (const Row& row : rows_) ends_max_.push_back(end = std::max(end, row.end.raw));
}

inline CatalogEntry PartitionSegments::entry(std::size_t at) const {
  const Row& row = rows_[at];
  return {{.base = Offset{bases_[at]},
           .end = row.end,
           .max_timestamp = row.max_timestamp,
           .log_bytes = row.log_bytes,
           .leader_epoch = row.leader_epoch,
           .generation = row.generation,
           .id = row.id},
          row.object_bytes,
          row.has_crc32c ? std::optional(row.crc32c) : std::nullopt};
}

std::vector<CatalogEntry> PartitionSegments::entries() const {
  std::vector<CatalogEntry> out;
  out.reserve(size());
  for (std::size_t at = 0; at < size(); ++at) out.push_back(entry(at));
  return out;
}

inline std::size_t PartitionSegments::position_of(Offset offset) const {
  std::size_t at = 0;
  if (offset.raw >= last_base_) {
    at = size() - 1;
  } else if (offset.raw > first_base_) {
    const double guess = static_cast<double>(offset.raw - first_base_) * entries_per_offset_;
    at = last_at_or_before(bases_.data(), size(), std::min(static_cast<std::size_t>(guess), size() - 1), offset.raw);
  }
  if (offset.raw < first_base_ || rows_[at].end > offset) return at;
  // Only with overlapping ranges can an earlier, longer one hold it.
  for (std::size_t i = at; !ends_max_.empty() && i > 0 && ends_max_[i - 1] > offset.raw; --i) {
    if (rows_[i - 1].end > offset) return i - 1;
  }
  return at + 1;
}

std::uint64_t CatalogIndex::hash_of(const PartitionRef& partition) {
  std::uint64_t id = 0;
  std::memcpy(&id, partition.topic_id.bytes.data(), sizeof id);
  return XXH3_64bits_withSeed(partition.topic.data(), partition.topic.size(),
                              id ^ (static_cast<std::uint64_t>(partition.partition) * 0x9e3779b97f4a7c15u));
}

// With the shard's lock held.
CatalogIndex::PlacePtr CatalogIndex::place_in(Shard& shard, const PartitionRef& partition) {
  if (const auto found = shard.places.find(partition); found != shard.places.end()) return *found;
  if (shard.places.size() >= shard.clean_at) {
    boost::unordered::erase_if(shard.places, [](const PlacePtr& p) { return p.use_count() == 1 && p->segments_ == nullptr; });
    shard.clean_at = 2 * shard.places.size() + 8;
  }
  return *shard.places.insert(std::make_shared<CatalogPartition>(partition)).first;
}

PartitionHandle CatalogIndex::handle(const PartitionRef& partition) {
  Shard& shard = shard_of(partition);
  const std::lock_guard lock(shard.mutex);
  return place_in(shard, partition);
}

std::optional<CatalogEntry> CatalogIndex::find(const CatalogPartition& partition, Offset offset) const {
  const auto inside = readers_.enter();
  const PartitionSegments* const segments = partition.for_readers_.load();
  if (segments == nullptr) return std::nullopt;
  const std::size_t at = segments->position_of(offset);
  if (at == segments->size()) return std::nullopt;
  // Made where it is to be: a copy of what was stored just now, in other widths, would stall on every word of it.
  struct InPlace {
    const PartitionSegments& segments;
    const std::size_t at;
    operator CatalogEntry() const { return segments.entry(at); }
  };
  return std::optional<CatalogEntry>(std::in_place, InPlace{*segments, at});
}

std::shared_ptr<const PartitionSegments> CatalogIndex::get(const PartitionRef& partition) const {
  const Shard& shard = shard_of(partition);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.places.find(partition);
  return found == shard.places.end() ? nullptr : (*found)->segments_;
}

void CatalogIndex::set(const PartitionRef& partition, const std::vector<CatalogEntry>& entries) {
  std::shared_ptr<const PartitionSegments> segments;
  if (!entries.empty()) segments = std::make_shared<PartitionSegments>(entries);
  if (segments != nullptr) count(*segments, true);
  Shard& shard = shard_of(partition);
  {
    const std::lock_guard lock(shard.mutex);
    const PlacePtr place = place_in(shard, partition);
    place->segments_.swap(segments);
    place->for_readers_.store(place->segments_.get());
  }
  if (segments == nullptr) return;  // `segments` is now what was there before
  count(*segments, false);
  readers_.wait_for_those_inside();
}

void CatalogIndex::count(const PartitionSegments& segments, bool added) {
  const auto change = [&](std::atomic<std::uint64_t>& total, std::uint64_t by) { added ? total += by : total -= by; };
  change(segments_, segments.size());
  change(log_bytes_, segments.log_bytes());
  change(object_bytes_, segments.object_bytes());
}

std::vector<PartitionRef> CatalogIndex::partitions() const {
  std::vector<PartitionRef> out;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const PlacePtr& place : shard.places) {
      if (place->segments_ != nullptr) out.push_back(place->ref());
    }
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace takhin::tier
