// Reads: which tier an offset is in, and the aborted transactions that belong to the bytes answered.

#include <algorithm>

#include "partition/partition_impl.h"

namespace takhin::partition {
namespace {

/// A reader that finds nothing asks the bucket again, but not more often than this.
constexpr std::chrono::seconds kLookAgainAfter{10};
/// How stale the list may be by which hot reads are booked to their segments.
constexpr std::chrono::seconds kBasesFreshFor{1};
/// One pread while batch headers are walked.
constexpr std::uint64_t kHeaderWindowBytes = 64 * kKiB;

/// One past the last offset of the last whole batch in `data`; `from` when there is none.
Result<Offset> end_of(const FileSlice& data, Offset from) {
  Offset end = from;
  Bytes window;
  std::uint64_t window_at = 0;
  for (std::uint64_t at = data.range.begin; at + record::kBatchHeaderBytes <= data.range.end;) {
    if (window.empty() || at + record::kBatchHeaderBytes > window_at + window.size()) {
      window_at = at;
      window.resize(std::min(kHeaderWindowBytes, data.range.end - at));
      TRY(const std::size_t got, data.file->read_at(at, window));
      if (got < window.size()) return fail(Kind::kCorrupt, "log ends inside of a slice of it");
    }
    TRY(const auto header, record::parse_header(View(window).subspan(at - window_at)));
    if (at + header.total_bytes() > data.range.end) break;
    end = header.next_offset();
    at += header.total_bytes();
  }
  return end;
}

}  // namespace

Result<ReadAnswer> PartitionImpl::read(const ReadRequest& request) { return read_with(request, std::nullopt); }

Result<ReadAnswer> PartitionImpl::read_cold(const ReadRequest& request, Deadline deadline) {
  return read_with(request, deadline);
}

Result<ReadAnswer> PartitionImpl::read_with(const ReadRequest& request, std::optional<Deadline> deadline) {
  TRY(check_open());
  ReadAnswer answer;
  answer.offsets = offsets();
  if (request.offset < answer.offsets.log_start || request.offset > answer.offsets.high_watermark) {
    return fail(Kind::kOutOfRange, "{}: offset {} is outside of {} to {}", ref().name(), request.offset.raw,
                answer.offsets.log_start.raw, answer.offsets.high_watermark.raw);
  }
  const bool committed = request.isolation == Isolation::kReadCommitted;
  const Offset limit = committed ? answer.offsets.last_stable : answer.offsets.high_watermark;
  if (request.offset >= limit) return answer;
  if (!deadline && committed && request.offset < log_->local_start()) {
    answer.cold = true;  // the list of aborted transactions may need an object's index
    return answer;
  }
  TRY(auto slice, slice_at(request, limit, deadline));
  if (!slice) {
    answer.cold = true;
    return answer;
  }
  if (committed) {
    TRY(auto aborted, aborted_in(*slice, request.offset, limit, deadline));
    answer.cold = !aborted;
    if (answer.cold) return answer;
    answer.aborted = *std::move(aborted);
  }
  record_access(slice->segment_base, slice->data.range.size());
  answer.data = std::move(slice->data);
  return answer;
}

/// Nothing: it would take the store, and there is no deadline to ask it under.
Result<std::optional<PartitionImpl::Slice>> PartitionImpl::slice_at(const ReadRequest& request, Offset limit,
                                                                    std::optional<Deadline> deadline) {
  if (request.offset >= log_->local_start()) {
    auto hot = log_->read(request.offset, request.bytes_max, request.at_least_one, limit);
    if (hot.ok()) {
      const Offset base = segment_of(hot->first);
      return std::optional(Slice{std::move(hot->data), base});
    }
    // Its segment may have left local disk since the look at local_start: then it is archived.
    if (request.offset >= log_->local_start()) return hot.error();
  }
  if (request.offset < Offset{log_start_.load()}) {
    return fail(Kind::kOutOfRange, "{}: offset {} was deleted", ref().name(), request.offset.raw);
  }
  return cold_slice(request, deadline);
}

Result<std::optional<PartitionImpl::Slice>> PartitionImpl::cold_slice(const ReadRequest& request,
                                                                      std::optional<Deadline> deadline) {
  if (deps_.engine == nullptr) TRY(look_for(request.offset, Deadline{}));
  std::optional<tier::ColdSlice> cold;
  if (is_archived(request.offset)) cold = deps_.engine->read_at_hand(handle_, request.offset, request.bytes_max);
  if (!cold && !deadline) return std::optional<Slice>();
  if (!cold) {
    if (!is_archived(request.offset)) TRY(look_for(request.offset, *deadline));
    auto read = deps_.engine->read(handle_, request.offset, request.bytes_max, *deadline);
    if (!read.ok() && (read.error().kind == Kind::kNotFound || read.error().kind == Kind::kOutOfRange)) {
      TRY(look_for(request.offset, *deadline));  // its object may have been replaced by one that covers the same offsets
      read = deps_.engine->read(handle_, request.offset, request.bytes_max, *deadline);
    }
    if (!read.ok()) {
      Error error = read.error();
      if (error.kind == Kind::kNotFound || error.kind == Kind::kOutOfRange) error.kind = Kind::kUnavailable;
      return std::move(error).within(ref().name());
    }
    cold = *std::move(read);
  }
  Slice slice{std::move(cold->data), cold->segment_base};
  if (!request.at_least_one) slice.data.range.end = std::min(slice.data.range.end, slice.data.range.begin + request.bytes_max);
  return std::optional(std::move(slice));
}

/// A compacted topic's gaps are covered by whatever follows; anywhere else a gap is a segment that is missing, never to be
/// skipped.
bool PartitionImpl::is_archived(Offset offset) const {
  if (deps_.engine == nullptr) return false;
  const auto entry = deps_.engine->find(handle_, offset);
  return entry.has_value() && (entry->base <= offset || config()->cleanup_compact);
}

/// Lists the bucket again for an offset that should be archived. kUnavailable when it is not there either: data is missing, and a
/// client that were told "out of range" would silently go on behind it.
Result<> PartitionImpl::look_for(Offset offset, Deadline deadline) {
  if (deps_.engine == nullptr) {
    return fail(Kind::kUnavailable, "{}: offset {} is in an object store, but tiering is off", ref().name(), offset.raw);
  }
  const std::lock_guard hold(look_mutex_);
  const Steady now = deps_.clock.steady();
  if (looked_at_ < Steady{0} || now - looked_at_ >= kLookAgainAfter) {
    TRY(refresh(true, deadline).within(ref().name()));
    looked_at_ = deps_.clock.steady();
  }
  if (is_archived(offset)) return done();
  return fail(Kind::kUnavailable, "{}: the archived segment of offset {} is missing from the bucket", ref().name(), offset.raw);
}

/// Those that `slice` may hold records of; nothing: that takes the store, and there is no deadline. Where there are none, as in
/// most logs, its batches are not walked to see where they end: they stay on their way from the page cache to the socket.
/// `limit`: no record of it lies beyond.
Result<std::optional<PartitionImpl::Aborted>> PartitionImpl::aborted_in(const Slice& slice, Offset from, Offset limit,
                                                                        std::optional<Deadline> deadline) {
  if (deps_.engine != nullptr && from < log_->local_start()) {
    const auto segment = deps_.engine->find(handle_, slice.segment_base);
    if (segment && segment->base == slice.segment_base) limit = std::min(limit, segment->end);
  }
  TRY(auto all, aborted_between(from, limit, deadline));
  if (!all || all->empty()) return all;
  TRY(const Offset end, end_of(slice.data, from));
  std::erase_if(*all, [&](const log::AbortedTransaction& one) { return one.first_offset >= end; });
  return all;
}

/// Transactions are listed where their markers lie: the data's own tier and, for cold data, perhaps the hot one too. The hot one
/// is asked first: what leaves it meanwhile is in the bucket by then.
Result<std::optional<PartitionImpl::Aborted>> PartitionImpl::aborted_between(Offset from, Offset to,
                                                                             std::optional<Deadline> deadline) {
  TRY(Aborted all, log_->aborted_in(from, to));
  if (from < log_->local_start() && deps_.engine != nullptr) {
    if (!deadline) return std::optional<Aborted>();
    TRY(const auto archived, deps_.engine->aborted_in(ref(), from, to, *deadline));
    for (const auto& one : archived) all.push_back({one.producer_id, one.first_offset});
  }
  const auto key = [](const log::AbortedTransaction& one) { return std::pair(one.first_offset, one.producer_id); };
  std::ranges::sort(all, {}, key);
  const auto twice = std::ranges::unique(all, {}, key);
  all.erase(twice.begin(), twice.end());
  return std::optional(std::move(all));
}

void PartitionImpl::record_access(Offset segment_base, std::uint64_t bytes) {
  if (deps_.engine != nullptr && bytes > 0) deps_.engine->access().record(slot_, segment_base, bytes, deps_.clock.wall());
}

/// The base of the log segment that holds `offset`. From a list up to a second old: accesses in the first second after a roll may
/// be booked to the segment before.
Offset PartitionImpl::segment_of(Offset offset) {
  if (deps_.engine == nullptr) return offset;
  const Steady now = deps_.clock.steady();
  const std::lock_guard hold(view_mutex_);
  if (bases_read_at_ < Steady{0} || now - bases_read_at_ >= kBasesFreshFor) {
    segment_bases_.clear();
    for (const log::SegmentInfo& segment : log_->segments()) segment_bases_.push_back(segment.base);
    bases_read_at_ = now;
  }
  const auto after = std::ranges::upper_bound(segment_bases_, offset);
  return after == segment_bases_.begin() ? offset : *std::prev(after);
}

}  // namespace takhin::partition
