#include "log/cleaner.h"

#include <algorithm>

#include "base/log.h"
#include "log/key_offsets.h"
#include "log/log_impl.h"
#include "log/names.h"
#include "log/swap.h"

namespace takhin::log {
namespace {

using record::BatchHeader;
using record::Scan;

std::vector<record::TxnEntry> ended_at_or_after(std::span<const record::TxnEntry> entries, Offset from) {
  std::vector<record::TxnEntry> out;
  std::ranges::copy_if(entries, std::back_inserter(out), [&](const auto& entry) { return entry.last >= from; });
  return out;
}

TimestampMs sum_of(TimestampMs at, std::int64_t more) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(at.raw, more, &sum) ? TimestampMs{INT64_MAX} : TimestampMs{sum};
}

}  // namespace

// ---- transactions

CleanedTransactions::CleanedTransactions(std::vector<record::TxnEntry> aborted) : aborted_(std::move(aborted)) {
  std::ranges::sort(aborted_, {}, &record::TxnEntry::first);
}

void CleanedTransactions::pass(Offset offset) {
  for (; next_ < aborted_.size() && aborted_[next_].first <= offset; ++next_) {
    ongoing_aborted_.try_emplace(aborted_[next_].producer_id, Ongoing{aborted_[next_]});
  }
}

bool CleanedTransactions::data_goes(const BatchHeader& header) {
  pass(header.last_offset());
  if (!header.is_transactional()) return false;
  if (const auto found = ongoing_aborted_.find(header.producer_id); found != ongoing_aborted_.end()) {
    found->second.met = true;
    return true;
  }
  ongoing_committed_.insert(header.producer_id);
  return false;
}

Result<CleanedTransactions::Fate> CleanedTransactions::marker(const BatchHeader& header, View batch) {
  pass(header.last_offset());
  if (header.record_count == 0) return Fate{.goes = true};
  TRY(const auto marker, record::marker_of(batch));
  Fate fate;
  if (!marker) return fate;  // another kind of control record
  if (marker->type == record::MarkerType::kCommit) {
    fate.goes = ongoing_committed_.erase(header.producer_id) == 0;
    return fate;
  }
  const auto found = ongoing_aborted_.find(header.producer_id);
  fate.goes = found == ongoing_aborted_.end() || !found->second.met;
  if (!fate.goes) fate.listed = found->second.entry;
  if (found != ongoing_aborted_.end()) ongoing_aborted_.erase(found);
  return fate;
}

// ---- the new segment

/// <base>.log.cleaned while it grows, and its indexes.
class Cleaner::Output {
 public:
  Output(FileSystem& fs, const std::string& dir, Offset base, std::uint64_t interval)
      : fs_(fs), dir_(dir), base_(base), end_(base), index_(base, interval) {}

  Result<> open() {
    const std::string path = segment_path(dir_, base_, fmt::format("{}{}", kLogSuffix, kCleanedSuffix));
    TRY(fs_.remove(path));
    TRY(log_, fs_.open(path, OpenMode::kCreateNew));
    return done();
  }
  /// `batch` is whole, or empty: then nothing of the old one stays.
  Result<> add(View batch, bool same) {
    same_ &= same;
    if (batch.empty()) return done();
    const auto header = record::parse_header(batch);
    if (!header.ok()) return header.error();
    index_.add(*header, bytes());
    end_ = header->next_offset();
    append(pending_, batch);
    return pending_.size() < kCleanWriteBytes ? done() : flush();
  }
  void list(const record::TxnEntry& aborted) { record::append_entry(txns_, aborted); }
  std::uint64_t bytes() const { return written_ + pending_.size(); }
  Offset end() const { return end_; }

  /// Step 1 of log/swap.h.
  Result<CleanedSegment> finish(std::span<const Segment> group, bool merged) {
    TRY(flush());
    index_.finish();
    CleanedSegment out;
    out.same = same_ && !merged;
    out.facts = {.base = base_, .end = end_, .bytes = written_, .newest = index_.newest(), .has_txns = !txns_.empty()};
    for (const Segment& old : group) out.facts.modified = std::max(out.facts.modified, old.modified);
    auto data = std::make_shared<SegmentData>();
    data->log = log_;
    data->offsets = index_.offsets();
    data->times = index_.times();
    data->txns = txns_;
    if (!out.same) {
      TRY(log_->sync());
      TRY(write_side(kOffsetIndexSuffix, data->offsets));
      TRY(write_side(kTimeIndexSuffix, data->times));
      TRY(write_side(kTxnIndexSuffix, data->txns));
      TRY(fs_.sync_dir(dir_));
    }
    out.data = std::move(data);
    return out;
  }

 private:
  Result<> flush() {
    if (pending_.empty()) return done();
    TRY(log_->write_at(written_, pending_));
    written_ += pending_.size();
    pending_.clear();
    return done();
  }
  Result<> write_side(std::string_view suffix, View data) {
    TRY(const auto file, write_plain(fs_, segment_path(dir_, base_, fmt::format("{}{}", suffix, kSwapSuffix)), data));
    return file->sync();
  }

  FileSystem& fs_;
  const std::string& dir_;
  const Offset base_;
  Offset end_;
  record::IndexBuilder index_;
  Bytes txns_;
  std::shared_ptr<File> log_;
  Bytes pending_;
  std::uint64_t written_ = 0;
  bool same_ = true;
};

// ---- the cleaner

Cleaner::Cleaner(Where where, const CleanOrder& order, std::vector<Segment> segments, std::vector<record::TxnEntry> aborted,
                 LastOfProducers last)
    : where_(std::move(where)),
      order_(order),
      segments_(std::move(segments)),
      aborted_(std::move(aborted)),
      last_(std::move(last)),
      learning_(ended_at_or_after(aborted_, order.dirty)),
      cleaning_(aborted_),
      horizon_(sum_of(order.now, order.delete_retention_ms)),
      end_(order.dirty) {}

Result<> Cleaner::paced(std::uint64_t bytes) {
  unpaced_ += bytes;
  if (unpaced_ < kCleanPaceBytes || !order_.pace) return done();
  return order_.pace(std::exchange(unpaced_, 0));
}

Result<std::shared_ptr<File>> Cleaner::open(const Segment& segment) const {
  const std::string path = segment_path(where_.dir, segment.base, kLogSuffix);
  auto file = where_.fs.open(path, OpenMode::kRead);
  if (!file.ok() && file.error().kind == Kind::kNotFound) return fail(Kind::kConflict, "{} was released meanwhile", path);
  return file;
}

/// All batches of a segment; damage is an error, because a batch written anew gets a checksum that fits.
Result<> Cleaner::scan(const Segment& segment, const std::function<Result<Scan>(const Taken&)>& each) {
  TRY(const auto file, open(segment));
  bool stopped = false;
  TRY(const std::uint64_t end, record::scan_batches(*file, {0, segment.bytes}, [&](const Taken& batch) -> Result<Scan> {
        if (!record::crc_matches(batch.bytes)) return Scan::kStop;
        TRY(paced(batch.bytes.size()));
        stats_.bytes_read += batch.bytes.size();
        TRY(const Scan next, each(batch));
        stopped |= next == Scan::kStop;
        return next;
      }));
  if (end == segment.bytes || stopped) return done();
  return fail(Kind::kCorrupt, "{} is damaged at position {}", segment_path(where_.dir, segment.base, kLogSuffix), end);
}

Result<Offset> Cleaner::learn() {
  TAKHIN_ASSERT(order_.keys != nullptr, "a cleaning needs a map");
  order_.keys->begin(static_cast<std::uint64_t>(order_.before.raw - order_.dirty.raw));
  bool full = false;
  for (const Segment& segment : segments_) {
    if (segment.end <= order_.dirty) continue;
    TRY(scan(segment, [&](const Taken& batch) -> Result<Scan> {
      if (batch.header.last_offset() < order_.dirty) return Scan::kGoOn;
      TRY(const bool room, learn_batch(batch));
      full = !room;
      return room ? Scan::kGoOn : Scan::kStop;
    }));
    if (full) break;
    end_ = segment.end;
  }
  return end_;
}

/// False when the map is full; end_ is then the offset of the first record that it does not know.
Result<bool> Cleaner::learn_batch(const Taken& batch) {
  const BatchHeader& header = batch.header;
  if (header.is_control()) {
    TRY(learning_.marker(header, batch.bytes));
  } else if (!learning_.data_goes(header)) {
    Bytes buffer;
    TRY(const View plain, record::plain_records(header, batch.bytes, kPlainBytesMax, buffer));
    record::RecordCursor cursor(header, plain);
    for (;;) {
      TRY(const auto record, cursor.next());
      if (!record) break;
      const Offset offset{header.base_offset.raw + record->offset_delta};
      if (offset < order_.dirty) continue;
      if (record->key && !order_.keys->put(*record->key, offset)) {
        end_ = offset;
        return false;
      }
    }
  }
  end_ = header.next_offset();
  return true;
}

std::uint64_t Cleaner::index_bytes(const Segment& segment, std::string_view suffix) const {
  const auto info = where_.fs.stat(segment_path(where_.dir, segment.base, suffix));
  return info.ok() ? info->size : 0;
}

std::vector<std::span<const Segment>> Cleaner::groups() const {
  std::vector<std::span<const Segment>> out;
  const std::span<const Segment> all(segments_);
  for (std::size_t at = 0; at < all.size() && all[at].base < end_;) {
    std::uint64_t bytes = 0, offsets = 0, times = 0;
    std::size_t count = 0;
    for (; at + count < all.size() && all[at + count].base < end_; ++count) {
      const Segment& next = all[at + count];
      bytes += next.bytes;
      offsets += index_bytes(next, kOffsetIndexSuffix);
      times += index_bytes(next, kTimeIndexSuffix);
      const bool fits = bytes <= where_.config.segment_bytes && offsets <= kIndexBytesMax && times <= kIndexBytesMax &&
                        next.end.raw - 1 - all[at].base.raw <= INT32_MAX;
      if (count > 0 && !fits) break;
    }
    out.push_back(all.subspan(at, count));
    at += count;
  }
  return out;
}

Result<CleanedSegment> Cleaner::write(std::span<const Segment> group) {
  Output out(where_.fs, where_.dir, group.front().base, where_.config.index_interval_bytes);
  std::uint64_t left = 0;
  for (const Segment& segment : group) left += segment.bytes;
  const auto run = [&]() -> Result<CleanedSegment> {
    TRY(out.open());
    for (const Segment& segment : group) {
      TRY(scan(segment, [&](const Taken& batch) -> Result<Scan> {
        left -= batch.bytes.size();
        TRY(take(batch, left == 0, left, out));
        return Scan::kGoOn;
      }));
    }
    if (out.end() != group.back().end) {
      return fail(Kind::kCorrupt, "{} ends at {}, not at {}", segment_path(where_.dir, group.back().base, kLogSuffix),
                  out.end().raw, group.back().end.raw);
    }
    stats_.bytes_written += out.bytes();
    TRY(paced(out.bytes()));
    return out.finish(group, group.size() > 1);
  };
  auto made = run();
  if (!made.ok() || made->same) drop_cleaned(where_.fs, where_.dir, group.front().base);
  return made;
}

bool Cleaner::horizon_passed(const BatchHeader& header) const {
  const auto horizon = record::delete_horizon(header);
  return horizon && *horizon <= order_.now && !order_.keep_tombstones;
}

bool Cleaner::is_last_of_producer(const BatchHeader& header) const {
  if (!header.has_producer()) return false;
  const auto found = last_.find(header.producer_id);
  if (found == last_.end()) return false;
  const LastOfProducer& last = found->second;
  if (last.last_data != kNoOffset) return header.last_offset() == last.last_data;
  return header.is_control() && header.producer_epoch == last.epoch;
}

bool Cleaner::record_stays(const BatchHeader& header, const record::RawRecord& record) const {
  const Offset offset{header.base_offset.raw + record.offset_delta};
  if (offset >= end_) return true;
  if (!record.key) return false;  // from before the topic was compacted: Kafka drops it, too
  const auto last = order_.keys->find(*record.key);
  if (last && offset < *last) return false;
  return record.value || !horizon_passed(header);
}

/// `made` gets what stays of the batch; the batch itself when what stays would be larger and the segment could grow too large.
Result<record::Filtered> Cleaner::filter(const Taken& batch, bool marker_goes, std::uint64_t left, Output& out, Bytes& made) {
  const bool control = batch.header.is_control();
  const record::FilterOrder how{.horizon = horizon_, .needs_horizon = marker_goes, .plain_max = kPlainBytesMax};
  TRY(auto filtered, record::filter_batch(batch.header, batch.bytes, how,
                                          [&](const record::RawRecord& record) {
                                            return control || record_stays(batch.header, record);
                                          },
                                          made));
  if (made.size() > batch.bytes.size() && out.bytes() + made.size() + left > kCleanedBytesMax) {
    made.assign(batch.bytes.begin(), batch.bytes.end());
    filtered.same = true;
  }
  return filtered;
}

Result<> Cleaner::take(const Taken& batch, bool last, std::uint64_t left, Output& out) {
  const BatchHeader& header = batch.header;
  stats_.records_read += static_cast<std::uint64_t>(header.record_count);
  if (header.is_control()) return take_marker(batch, last, left, out);
  Bytes made;
  if (!cleaning_.data_goes(header) && header.record_count > 0) {
    TRY(const auto filtered, filter(batch, false, left, out, made));
    stats_.records_kept += static_cast<std::uint64_t>(filtered.kept);
    if (!made.empty()) return out.add(made, filtered.same);
  }
  if (is_last_of_producer(header) || last) {
    record::append_empty_batch(made, header, !is_last_of_producer(header));
  }
  return out.add(made, made.size() == batch.bytes.size() && std::ranges::equal(made, batch.bytes));
}

/// A marker stays as long as data of its transaction do, and then until its horizon. One that alone knows its producer's epoch
/// stays whole: an empty one would tell a replay nothing.
Result<> Cleaner::take_marker(const Taken& batch, bool last, std::uint64_t left, Output& out) {
  TRY(const auto fate, cleaning_.marker(batch.header, batch.bytes));
  Bytes made;
  if (fate.goes && (horizon_passed(batch.header) || batch.header.record_count == 0) && !is_last_of_producer(batch.header)) {
    if (last) record::append_empty_batch(made, batch.header, true);
    return out.add(made, false);
  }
  TRY(const auto filtered, filter(batch, fate.goes, left, out, made));
  stats_.records_kept += static_cast<std::uint64_t>(filtered.kept);
  if (fate.listed) out.list(*fate.listed);
  const bool no_record = made.empty();
  if (no_record) append(made, batch.bytes);
  return out.add(made, no_record || filtered.same);
}

}  // namespace takhin::log
