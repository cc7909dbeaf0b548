// Offsets by time, over both tiers. The indexes of log and engine answer nearly always; only when the log start lies inside
// of a segment, so that their answer may be a record that is deleted, records are looked at one by one.

#include <algorithm>

#include "partition/partition_impl.h"

namespace takhin::partition {
namespace {

constexpr std::uint64_t kScanReadBytes = kMiB;
/// What one batch may decompress to while scanned.
constexpr std::size_t kScanBatchBytesMax = 256 * kMiB;
/// Segments that move from local disk to the bucket during a lookup make it begin anew, so often.
constexpr int kLookupAttempts = 5;

OffsetAnswer answer_of(const tier::TimestampedOffset& found) { return {found.offset, found.timestamp, found.epoch}; }
OffsetAnswer answer_of(const log::TimestampedOffset& found) { return {found.offset, found.timestamp, found.epoch}; }

}  // namespace

Result<OffsetAnswer> PartitionImpl::offset_for(TimestampMs timestamp, Deadline deadline) {
  TRY(check_open());
  for (int attempt = 0; attempt < kLookupAttempts; ++attempt) {
    const Offset log_start{log_start_.load()};
    const Offset local_start = log_->local_start();
    if (log_start < local_start) {
      if (!is_archived(log_start)) TRY(look_for(log_start, deadline));
      TRY(const auto cold, deps_.engine->offset_for(ref(), timestamp, deadline));
      if (cold && cold->offset < log_start) return scan_for(timestamp, deadline);
      if (cold && cold->offset < local_start) return answer_of(*cold);
    }
    TRY(const auto hot, log_->offset_for(timestamp));
    if (log_->local_start() != local_start) continue;  // what it skipped may hold the answer
    if (!hot) return OffsetAnswer{};
    if (hot->offset < log_start) return scan_for(timestamp, deadline);
    return answer_of(*hot);
  }
  return fail(Kind::kUnavailable, "{}: segments keep moving during a lookup", ref().name());
}

Result<OffsetAnswer> PartitionImpl::offset_of_max_timestamp(Deadline deadline) {
  TRY(check_open());
  for (int attempt = 0; attempt < kLookupAttempts; ++attempt) {
    const Offset log_start{log_start_.load()};
    const Offset local_start = log_->local_start();
    OffsetAnswer best;
    if (log_start < local_start) {
      if (!is_archived(log_start)) TRY(look_for(log_start, deadline));
      TRY(const auto cold, deps_.engine->offset_of_max_timestamp(ref(), deadline));
      if (cold) best = answer_of(*cold);
    }
    TRY(const auto hot, log_->offset_of_max_timestamp());
    if (log_->local_start() != local_start) continue;
    if (hot && (hot->timestamp > best.timestamp || (hot->timestamp == best.timestamp && hot->offset < best.offset))) {
      best = answer_of(*hot);
    }
    if (best.offset != kNoOffset && best.offset < log_start) return scan_for_max(deadline);
    return best;
  }
  return fail(Kind::kUnavailable, "{}: segments keep moving during a lookup", ref().name());
}

/// Every record of [from, to), in order, until `each` answers false.
Result<> PartitionImpl::scan(Offset from, Offset to, Deadline deadline,
                             const std::function<bool(const record::Record&, LeaderEpoch)>& each) {
  bool more = true;
  for (Offset at = from; more && at < to;) {
    if (deadline.passed(deps_.clock)) return fail(Kind::kUnavailable, "{}: lookup ran out of time at {}", ref().name(), at.raw);
    TRY(const auto slice, slice_at({at, kScanReadBytes, true, Isolation::kReadUncommitted}, to, deadline));
    TRY(const Bytes data, read_exactly(*slice->data.file, slice->data.range));
    record::BatchCursor cursor(data);
    const Offset before = at;
    while (more) {
      const auto header = cursor.next();
      if (!header) break;
      at = header->next_offset();
      if (header->is_control()) continue;
      TRY(record::for_each_record(cursor.batch(), kScanBatchBytesMax, [&](const record::Record& record) {
        if (record.offset >= from && record.offset < to) more = each(record, header->leader_epoch);
        return more;
      }));
    }
    if (at == before) break;
  }
  return done();
}

Result<OffsetAnswer> PartitionImpl::scan_for(TimestampMs timestamp, Deadline deadline) {
  const Offset log_start{log_start_.load()};
  std::vector<std::pair<Offset, Offset>> ranges;  // segments that can hold the answer, by their newest timestamp
  const Offset local_start = log_->local_start();
  const auto cold = view();
  for (const tier::SegmentEntry& entry : cold->archived) {
    if (entry.end > log_start && entry.base < local_start && entry.max_timestamp >= timestamp)
      ranges.emplace_back(entry.base, entry.end);
  }
  for (const log::SegmentInfo& segment : log_->segments()) {
    if (segment.end > log_start && segment.max_timestamp >= timestamp) ranges.emplace_back(segment.base, segment.end);
  }
  OffsetAnswer answer;
  for (const auto& [base, end] : ranges) {
    TRY(scan(std::max(base, log_start), end, deadline, [&](const record::Record& record, LeaderEpoch epoch) {
      if (record.timestamp < timestamp) return true;
      answer = {record.offset, record.timestamp, epoch};
      return false;
    }));
    if (answer.offset != kNoOffset) break;
  }
  return answer;
}

Result<OffsetAnswer> PartitionImpl::scan_for_max(Deadline deadline) {
  struct Range {
    Offset base, end;
    TimestampMs newest;
  };
  const Offset log_start{log_start_.load()};
  const Offset local_start = log_->local_start();
  std::vector<Range> ranges;
  const auto cold = view();
  for (const tier::SegmentEntry& entry : cold->archived) {
    if (entry.end > log_start && entry.base < local_start) ranges.push_back({entry.base, entry.end, entry.max_timestamp});
  }
  for (const log::SegmentInfo& segment : log_->segments()) {
    if (segment.end > log_start) ranges.push_back({segment.base, segment.end, segment.max_timestamp});
  }
  // Newest first: the first whole segment settles it, only one that the log start cuts may promise more than it holds.
  std::ranges::sort(ranges, [](const Range& a, const Range& b) {
    return a.newest != b.newest ? a.newest > b.newest : a.base < b.base;
  });
  OffsetAnswer best;
  for (const Range& range : ranges) {
    if (best.offset != kNoOffset && range.newest < best.timestamp) break;
    TRY(scan(std::max(range.base, log_start), range.end, deadline, [&](const record::Record& record, LeaderEpoch epoch) {
      const bool better =
          record.timestamp > best.timestamp || (record.timestamp == best.timestamp && record.offset < best.offset);
      if (better) best = {record.offset, record.timestamp, epoch};
      return true;
    }));
  }
  return best;
}

}  // namespace takhin::partition
