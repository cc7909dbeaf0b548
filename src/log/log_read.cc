// What readers ask of a log.

#include <algorithm>

#include "log/log_impl.h"
#include "log/names.h"

namespace takhin::log {
namespace {

constexpr std::string_view kGone = "the segment was released";

/// The first record of the batch that is at or after `from` and `at_least`.
Result<std::optional<TimestampedOffset>> first_record(const File& log, const FoundBatch& found, Offset from,
                                                      TimestampMs at_least) {
  TRY(const Bytes batch, read_exactly(log, {found.position, found.position + found.header.total_bytes()}));
  std::optional<TimestampedOffset> out;
  TRY(record::for_each_record(batch, kPlainBytesMax, [&](const record::Record& record) {
    if (record.offset < from || record.timestamp < at_least) return true;
    out = TimestampedOffset{record.offset, record.timestamp, found.header.leader_epoch};
    return false;
  }));
  return out;
}

/// As find_batch(), but an index that pointed past the wanted batch, or between two, is not believed.
Result<std::optional<FoundBatch>> find_from(const File& log, ByteRange range, Offset offset) {
  auto found = find_batch(log, range, offset);
  const bool misled = range.begin > 0 && (!found.ok() || !*found ||
                                          ((*found)->position == range.begin && (*found)->header.base_offset > offset));
  if (misled) return find_batch(log, {0, range.end}, offset);
  return found;
}

std::uint64_t position_of(View offsets, Offset base, Offset offset) {
  return record::floor_offset(offsets, base, offset).position;
}
std::uint64_t position_of(View offsets, View times, Offset base, TimestampMs timestamp) {
  return position_of(offsets, base, record::floor_time(times, base, timestamp).offset);
}

}  // namespace

Segment LogImpl::active_facts_locked() const {
  return {.base = active_->base, .end = active_->end, .bytes = active_->bytes, .newest = active_->index.newest(),
          .modified = active_->modified, .has_txns = !active_->txns.empty()};
}

const Segment* LogImpl::sealed_at_locked(Offset offset) const {
  const auto after = std::upper_bound(sealed_.begin(), sealed_.end(), offset,
                                      [](Offset wanted, const Segment& segment) { return wanted < segment.base; });
  if (after == sealed_.begin()) return nullptr;
  return &*std::prev(after);
}

Result<std::shared_ptr<const SegmentData>> LogImpl::data_of(const Segment& segment) const {
  std::uint64_t interval = 0;
  {
    const std::scoped_lock lock(mutex_);
    interval = config_.index_interval_bytes;
  }
  auto data = cache_.get(segment, interval);
  if (!data.ok() && data.error().kind == Kind::kCorrupt && segment.has_txns) {
    TRY(repair_txn_index(segment));
    data = cache_.get(segment, interval);
  }
  if (!data.ok() && data.error().kind == Kind::kNotFound && segment.base < local_start())
    return fail(Kind::kOutOfRange, "{}", kGone);
  return data;
}

Result<LogImpl::Place> LogImpl::place(Offset offset) const {
  Place out;
  const std::shared_lock files(swap_);
  {
    const std::scoped_lock lock(mutex_);
    const Segment* sealed = offset < active_->base ? sealed_at_locked(offset) : nullptr;
    if (sealed == nullptr) {
      if (offset < active_->base) return fail(Kind::kOutOfRange, "{}", kGone);
      out.facts = active_facts_locked();
      out.log = active_->log;
      const auto recent = active_->recent.find(offset);
      out.range = {recent ? recent->position : position_of(active_->index.offsets(), active_->base, offset), active_->bytes};
      return out;
    }
    out.facts = *sealed;
    out.sealed = true;
  }
  TRY(const auto data, data_of(out.facts));
  out.log = data->log;
  out.range = {position_of(data->offsets, out.facts.base, offset), out.facts.bytes};
  return out;
}

std::optional<ReadSlice> LogImpl::read_recent(Offset offset, std::uint64_t bytes_max, bool at_least_one, Offset limit) const {
  const std::scoped_lock lock(mutex_);
  const auto first = active_->recent.find(offset);
  if (!first) return std::nullopt;
  std::uint64_t end = active_->bytes;
  if (limit < active_->end) {
    const auto beyond = active_->recent.find(limit);
    if (!beyond) return std::nullopt;
    end = beyond->position;
  }
  ReadSlice out{.data = {active_->log, {first->position, first->position}}, .first = first->base};
  const std::uint64_t one = first->position + first->bytes;
  if (one > end) return out;
  end = std::min(end, bytes_max > end - first->position ? end : first->position + bytes_max);
  if (end < one) end = at_least_one ? one : first->position;
  out.data.range.end = end;
  return out;
}

Result<ReadSlice> LogImpl::read(Offset offset, std::uint64_t bytes_max, bool at_least_one, Offset limit) const {
  {
    const std::scoped_lock lock(mutex_);
    const Offset start = sealed_.empty() ? active_->base : sealed_.front().base;
    if (offset < start || offset > active_->end) {
      return fail(Kind::kOutOfRange, "offset {} is not in [{}, {}]", offset.raw, start.raw, active_->end.raw);
    }
    if (offset == active_->end || limit <= offset) {
      return ReadSlice{.data = {active_->log, {active_->bytes, active_->bytes}}, .first = offset};
    }
  }
  if (auto recent = read_recent(offset, bytes_max, at_least_one, limit)) return *std::move(recent);
  for (Offset at = offset;;) {
    TRY(const Place where, place(at));
    TRY(const auto first, find_from(*where.log, where.range, offset).within(segment_path(dir_, where.facts.base, kLogSuffix)));
    if (first) return read_from(where, *first, bytes_max, at_least_one, limit);
    if (!where.sealed || where.facts.end >= limit) {
      return ReadSlice{.data = {where.log, {where.range.end, where.range.end}}, .first = offset};
    }
    at = where.facts.end;  // the rest of this segment was compacted away: what follows begins the next one
  }
}

Result<ReadSlice> LogImpl::read_from(const Place& where, const FoundBatch& first, std::uint64_t bytes_max, bool at_least_one,
                                     Offset limit) const {
  std::uint64_t end = where.range.end;
  if (limit < where.facts.end) {
    TRY(const Place last, place(limit));
    TRY(const auto beyond, find_from(*where.log, {last.range.begin, end}, limit));
    if (beyond) end = beyond->position;
  }
  ReadSlice out{.data = {where.log, {first.position, first.position}}, .first = first.header.base_offset};
  const std::uint64_t one = first.position + first.header.total_bytes();
  if (one > end) return out;
  end = bytes_max > end - first.position ? end : first.position + bytes_max;
  if (end < one) end = at_least_one ? one : first.position;
  out.data.range.end = end;
  return out;
}

Offset LogImpl::local_start() const {
  const std::scoped_lock lock(mutex_);
  return sealed_.empty() ? active_->base : sealed_.front().base;
}

Offset LogImpl::end() const {
  const std::scoped_lock lock(mutex_);
  return active_->end;
}

Offset LogImpl::last_stable() const {
  const std::scoped_lock lock(mutex_);
  return last_stable_;
}

std::uint64_t LogImpl::bytes() const {
  const std::scoped_lock lock(mutex_);
  return sealed_bytes_ + active_->bytes;
}

std::vector<EpochStart> LogImpl::epochs() const {
  const std::scoped_lock lock(mutex_);
  return epochs_.entries();
}

/// The first segment that ends after `from` and has a record at or after `timestamp`.
Result<std::optional<LogImpl::Place>> LogImpl::place_of_time(Offset from, TimestampMs timestamp) const {
  Place out;
  const std::shared_lock files(swap_);
  {
    const std::scoped_lock lock(mutex_);
    const auto sealed = std::find_if(sealed_.begin(), sealed_.end(), [&](const Segment& segment) {
      return segment.end > from && segment.newest.timestamp >= timestamp;
    });
    if (sealed == sealed_.end()) {
      if (active_->end <= from || active_->index.newest().timestamp < timestamp) return std::optional<Place>();
      const auto& index = active_->index;
      out.facts = active_facts_locked();
      out.log = active_->log;
      out.range = {position_of(index.offsets(), index.times(), active_->base, timestamp), active_->bytes};
      return std::optional(std::move(out));
    }
    out.facts = *sealed;
    out.sealed = true;
  }
  TRY(const auto data, data_of(out.facts));
  out.log = data->log;
  out.range = {position_of(data->offsets, data->times, out.facts.base, timestamp), out.facts.bytes};
  return std::optional(std::move(out));
}

Result<std::optional<TimestampedOffset>> LogImpl::offset_for(TimestampMs timestamp) const {
  for (Offset from = local_start();;) {
    auto found = place_of_time(from, timestamp);
    if (!found.ok() && found.error().kind == Kind::kOutOfRange) {  // released meanwhile: begin again at what is left
      from = local_start();
      continue;
    }
    if (!found.ok()) return std::move(found).error();
    if (!*found) return std::optional<TimestampedOffset>();
    const Place& where = **found;
    ByteRange range = where.range;
    while (!range.empty()) {
      TRY(const auto batch, find_batch(*where.log, range, timestamp));
      if (!batch) break;
      TRY(auto record, first_record(*where.log, *batch, from, timestamp));
      if (record) return record;
      range.begin = batch->position + batch->header.total_bytes();
    }
    from = where.facts.end;
  }
}

Result<std::optional<TimestampedOffset>> LogImpl::offset_of_max_timestamp() const {
  for (;;) {
    record::TimeEntry newest;
    std::uint64_t replaced = 0;
    {
      const std::scoped_lock lock(mutex_);
      replaced = replaced_;
      for (const Segment& segment : sealed_) {
        if (segment.newest.timestamp > newest.timestamp) newest = segment.newest;
      }
      if (active_->index.newest().timestamp > newest.timestamp) newest = active_->index.newest();
    }
    if (newest.timestamp == kNoTimestamp) return std::optional<TimestampedOffset>();
    TRY(const Place where, place(newest.offset));
    TRY(const auto batch, find_from(*where.log, where.range, newest.offset));
    std::optional<TimestampedOffset> found;
    if (batch) {
      TRY(found, first_record(*where.log, *batch, Offset{0}, newest.timestamp));
    }
    if (found) return found;
    const std::scoped_lock lock(mutex_);  // a cleaning may have taken that record away since
    if (replaced == replaced_) return fail(Kind::kCorrupt, "no batch holds offset {}", newest.offset.raw);
  }
}

Result<std::vector<record::TxnEntry>> LogImpl::aborted_entries(Offset from, Offset to) const {
  std::vector<Segment> with_txns;
  Bytes active_txns;
  const std::shared_lock files(swap_);
  {
    const std::scoped_lock lock(mutex_);
    for (auto at = sealed_.rbegin(); at != sealed_.rend() && at->end > from; ++at) {
      if (at->has_txns) with_txns.push_back(*at);
    }
    active_txns = active_->txns;
  }
  std::vector<record::TxnEntry> entries;
  bool complete = false;
  for (auto at = with_txns.rbegin(); at != with_txns.rend() && !complete; ++at) {
    TRY(const auto data, data_of(*at));
    complete = record::aborted_between(data->txns, from, to, entries);
  }
  if (!complete) record::aborted_between(active_txns, from, to, entries);
  return entries;
}

Result<std::vector<AbortedTransaction>> LogImpl::aborted_in(Offset from, Offset to) const {
  TRY(const auto entries, aborted_entries(from, to));
  std::vector<AbortedTransaction> out;
  out.reserve(entries.size());
  for (const auto& entry : entries) out.push_back({entry.producer_id, entry.first});
  return out;
}

std::vector<SegmentInfo> LogImpl::segments() const {
  const std::scoped_lock lock(mutex_);
  std::vector<SegmentInfo> out;
  out.reserve(sealed_.size() + 1);
  const auto add = [&](const Segment& segment, bool sealed) {
    const bool timed = segment.newest.timestamp != kNoTimestamp;
    out.push_back({.base = segment.base,
                   .end = segment.end,
                   .bytes = segment.bytes,
                   .max_timestamp = segment.newest.timestamp,
                   .max_timestamp_offset = timed ? segment.newest.offset : kNoOffset,
                   .modified = segment.modified,
                   .sealed = sealed,
                   .last_epoch = segment.end == segment.base ? kNoEpoch : epochs_.at(Offset{segment.end.raw - 1})});
  };
  for (const Segment& segment : sealed_) add(segment, true);
  add(active_facts_locked(), false);
  out.back().begun = active_->begun;
  return out;
}

Result<SegmentFiles> LogImpl::sealed_files(Offset base) const {
  Segment segment;
  SegmentFiles out;
  std::vector<std::shared_ptr<File>> unsynced;
  const std::shared_lock shared(swap_);
  {
    const std::scoped_lock lock(mutex_);
    if (base == active_->base) return fail(Kind::kConflict, "segment {} is still being appended to", base.raw);
    const Segment* found = sealed_at_locked(base);
    if (found == nullptr || found->base != base) return fail(Kind::kNotFound, "no segment {} in {}", base.raw, dir_);
    if (offline_) return *offline_;
    segment = *found;
    out.epochs = copy_of(view_of(epochs_.text(segment.end)));
    for (const Unsynced& waiting : unsynced_) {
      if (waiting.end == segment.end) unsynced = waiting.files;
    }
  }
  for (const auto& file : unsynced) {  // what is archived is on disk first: the store must never know more than the log
    if (auto synced = file->sync(); !synced.ok()) return offline(synced.error());
  }
  const auto all = segments();
  const auto info = std::find_if(all.begin(), all.end(), [&](const SegmentInfo& each) { return each.base == base; });
  if (info == all.end()) return fail(Kind::kNotFound, "{}", kGone);
  out.info = *info;
  TRY(const auto data, data_of(segment));
  out.log = data->log;
  out.offset_index = data->offsets;
  out.time_index = data->times;
  out.txn_index = data->txns;
  TRY(out.producer_snapshot, snapshot_at_end_of(segment));
  return out;
}

Result<Bytes> LogImpl::snapshot_at_end_of(const Segment& segment) const {
  const TimestampMs now = clock_.wall();
  TRY(auto state, load_snapshot(fs_, dir_, segment.end, segment.base, now));
  if (state.at == segment.end) return state.producers.encode();
  std::vector<Segment> between;
  {
    const std::scoped_lock lock(mutex_);
    for (const Segment& each : sealed_) {
      if (each.end > state.at && each.end <= segment.end) between.push_back(each);
    }
  }
  for (const Segment& each : between) {
    TRY(replay_segment(fs_, dir_, each, state.at, now, state.producers, nullptr));
  }
  return state.producers.encode();
}

Result<> LogImpl::repair_txn_index(const Segment& segment) const {
  const TimestampMs now = clock_.wall();
  TRY(auto state, load_snapshot(fs_, dir_, segment.base, segment.base, now));
  if (state.at != segment.base)
    return fail(Kind::kCorrupt, "{}: transaction index is damaged", segment_path(dir_, segment.base, kLogSuffix));
  Bytes txns;
  TRY(replay_segment(fs_, dir_, segment, segment.base, now, state.producers, &txns));
  return write_atomically(fs_, segment_path(dir_, segment.base, kTxnIndexSuffix), txns);
}

}  // namespace takhin::log
