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

PartitionSegments::PartitionSegments(std::vector<CatalogEntry> sorted) : entries_(std::move(sorted)) {
  bases_.reserve(entries_.size());
  bool overlaps = false;
  std::int64_t end = 0;
  for (const CatalogEntry& entry : entries_) {
    overlaps = overlaps || entry.segment.base.raw < end;
    end = std::max(end, entry.segment.end.raw);
    bases_.push_back(entry.segment.base.raw);
    log_bytes_ += entry.segment.log_bytes;
    object_bytes_ += entry.object_bytes;
  }
  if (!overlaps) return;
  end = 0;
  for (const CatalogEntry& entry : entries_) ends_max_.push_back(end = std::max(end, entry.segment.end.raw));
}

/// The last entry that begins at or before `offset`, 0 when none does. Segments of a log hold similar numbers of offsets, so a
/// guess lands near: doubling steps from there bracket the place in a few neighbouring cache lines, where a plain search of a
/// large array would miss the cache at every step. Never worse than twice its steps.
std::size_t PartitionSegments::last_at_or_before(std::int64_t offset) const {
  const std::size_t count = bases_.size();
  std::size_t at = 0, end = count;  // the answer is in [at, end)
  if (count > kGuessFrom && offset > bases_.front() && offset < bases_.back()) {
    const auto share = static_cast<double>(offset - bases_.front()) / static_cast<double>(bases_.back() - bases_.front());
    const auto guess = static_cast<std::size_t>(share * static_cast<double>(count - 1));
    std::size_t step = 8;
    if (bases_[guess] <= offset) {
      for (at = guess; at + step < count && bases_[at + step] <= offset; step *= 2) at += step;
      end = std::min(count, at + step);
    } else {
      for (end = guess; end > step && bases_[end - step] > offset; step *= 2) end -= step;
      at = end > step ? end - step : 0;
    }
  }
  for (std::size_t left = end - at; left > 1;) {
    const std::size_t half = left / 2;
    at = bases_[at + half] <= offset ? at + half : at;  // a conditional move: no branch to mispredict
    left -= half;
  }
  return at;
}

const CatalogEntry* PartitionSegments::find(Offset offset) const {
  if (bases_.empty()) return nullptr;
  const std::size_t at = last_at_or_before(offset.raw);
  if (bases_[at] > offset.raw || entries_[at].segment.end > offset) return &entries_[at];
  // Only with overlapping ranges can an earlier, longer one hold it.
  for (std::size_t i = at; !ends_max_.empty() && i > 0 && ends_max_[i - 1] > offset.raw; --i) {
    if (entries_[i - 1].segment.end > offset) return &entries_[i - 1];
  }
  return at + 1 < entries_.size() ? &entries_[at + 1] : nullptr;
}

std::uint64_t CatalogIndex::hash_of(const PartitionRef& partition) {
  std::uint64_t id = 0;
  std::memcpy(&id, partition.topic_id.bytes.data(), sizeof id);
  return XXH3_64bits_withSeed(partition.topic.data(), partition.topic.size(),
                              id ^ (static_cast<std::uint64_t>(partition.partition) * 0x9e3779b97f4a7c15u));
}

std::optional<CatalogEntry> CatalogIndex::find(const PartitionRef& partition, Offset offset) const {
  const std::uint64_t hash = hash_of(partition);
  const Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.map.find(Probe{hash, partition});
  if (found == shard.map.end()) return std::nullopt;
  const CatalogEntry* entry = found->second->find(offset);
  return entry == nullptr ? std::nullopt : std::optional(*entry);
}

std::shared_ptr<const PartitionSegments> CatalogIndex::get(const PartitionRef& partition) const {
  const std::uint64_t hash = hash_of(partition);
  const Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.map.find(Probe{hash, partition});
  return found == shard.map.end() ? nullptr : found->second;
}

void CatalogIndex::set(const PartitionRef& partition, std::shared_ptr<const PartitionSegments> segments) {
  const std::uint64_t hash = hash_of(partition);
  Shard& shard = shard_of(hash);
  if (segments != nullptr) {
    segments_ += segments->entries().size();
    log_bytes_ += segments->log_bytes();
    object_bytes_ += segments->object_bytes();
  }
  {
    const std::lock_guard lock(shard.mutex);
    if (segments == nullptr || segments->entries().empty()) {
      const auto found = shard.map.find(Probe{hash, partition});
      if (found == shard.map.end()) return;
      segments = std::move(found->second);
      shard.map.erase(found);
    } else {
      shard.map[Key{hash, partition}].swap(segments);
    }
  }
  if (segments == nullptr) return;  // `segments` is now what was there before
  segments_ -= segments->entries().size();
  log_bytes_ -= segments->log_bytes();
  object_bytes_ -= segments->object_bytes();
}

std::vector<PartitionRef> CatalogIndex::partitions() const {
  std::vector<PartitionRef> out;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [key, segments] : shard.map) out.push_back(key.partition);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace takhin::tier
