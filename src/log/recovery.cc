#include "log/recovery.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/log.h"
#include "log/names.h"
#include "log/swap.h"

namespace takhin::log {
namespace {

using record::Scan;
using record::ScannedBatch;

/// Read at a clean start to know more of a producer than its last batch.
constexpr std::uint64_t kRecallBytes = 128 * kKiB;

struct Found {
  Offset base;
  std::uint64_t bytes = 0;
  TimestampMs modified{};
  bool has_offsets = false;
  bool has_times = false;
  bool has_txns = false;
};

class Recovery {
 public:
  explicit Recovery(const OpenOptions& options) : options_(options), fs_(*options.files), now_(options.clock->wall()) {}

  Result<Recovered> run() {
    TRY(fs_.make_dirs(options_.dir));
    TRY(finish_swaps(fs_, options_.dir, options_.local_start));
    TRY(list());
    TRY(load_epochs());
    TRY(const Offset point, read_recovery_point(fs_, options_.dir));
    if (found_.empty()) {
      TRY(start_active(options_.local_start));
    } else {
      TRY(const bool resumed, options_.clean_shutdown ? resume() : Result<bool>(false));
      if (!resumed) {
        TRY(scan(point));
      }
    }
    if (out_.epochs.truncate(out_.active->end)) {
      TRY(write_atomically(fs_, options_.dir + "/" + std::string(kEpochFile), view_of(out_.epochs.text(Offset{INT64_MAX}))));
    }
    TRY(remove_stale_snapshots());
    TRY(out_.cleaned_end, read_cleaned_end(fs_, options_.dir));
    if (out_.cleaned_end > out_.active->end) out_.cleaned_end = Offset{0};
    return std::move(out_);
  }

 private:
  std::string path(Offset base, std::string_view suffix) const { return segment_path(options_.dir, base, suffix); }

  Result<> list() {
    TRY(const auto names, fs_.list(options_.dir));
    std::map<Offset, Found> logs;
    for (const auto& entry : names) {
      const auto base = offset_of_name(entry.name, kLogSuffix);
      if (base) logs[*base].base = *base;
    }
    for (const auto& entry : names) {
      if (const auto at = offset_of_name(entry.name, kSnapshotSuffix)) snapshots_.insert(*at);
      for (const auto suffix : {kOffsetIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix}) {
        const auto base = offset_of_name(entry.name, suffix);
        if (!base) continue;
        const auto log = logs.find(*base);
        if (log == logs.end()) {
          TRY(fs_.remove(options_.dir + "/" + entry.name));  // a removal that a crash cut in two
          continue;
        }
        (suffix == kOffsetIndexSuffix ? log->second.has_offsets
         : suffix == kTimeIndexSuffix ? log->second.has_times
                                      : log->second.has_txns) = true;
      }
    }
    for (auto& [base, log] : logs) {
      if (base < options_.local_start) continue;  // the partition's copy of an archived segment
      TRY(const FileInfo info, fs_.stat(path(base, kLogSuffix)));
      log.bytes = info.size;
      log.modified = info.modified;
      found_.push_back(log);
    }
    return done();
  }

  Result<> load_epochs() {
    auto text = read_whole(fs_, options_.dir + "/" + std::string(kEpochFile));
    if (!text.ok()) {
      if (text.error().kind != Kind::kNotFound) return std::move(text).error();
      return done();
    }
    auto epochs = EpochCache::parse(text_of(*text));
    if (epochs.ok()) {
      out_.epochs = *std::move(epochs);
    } else {
      log_warn("log", "{}: {}; starting without old epochs", options_.dir, epochs.error().text);
    }
    return done();
  }

  /// The facts of a segment that is known to be whole, from its neighbours and its last time index entry.
  Result<> trust(const Found& found, Offset end) {
    if (found.bytes == 0) return fail(Kind::kCorrupt, "{} is empty but was on disk", path(found.base, kLogSuffix));
    Segment segment{.base = found.base, .end = end, .bytes = found.bytes, .modified = found.modified, .has_txns = found.has_txns};
    std::optional<record::TimeEntry> newest;
    if (found.has_times && found.has_offsets) newest = last_time_entry(found.base, end);
    if (!newest) {
      TRY(const auto log, fs_.open(path(found.base, kLogSuffix), OpenMode::kRead));
      TRY(const auto built, record::rebuild_indexes(*log, found.bytes, found.base, options_.config.index_interval_bytes));
      if (built.valid_bytes != found.bytes) {
        return fail(Kind::kCorrupt, "{} is damaged at position {}", path(found.base, kLogSuffix), built.valid_bytes);
      }
      TRY(write_atomically(fs_, path(found.base, kOffsetIndexSuffix), built.offset_index));
      TRY(write_atomically(fs_, path(found.base, kTimeIndexSuffix), built.time_index));
      newest = built.newest;
    }
    segment.newest = *newest;
    out_.sealed.push_back(segment);
    return done();
  }

  /// Nothing when the file is unfit; an empty one is a segment without timestamps.
  std::optional<record::TimeEntry> last_time_entry(Offset base, Offset end) {
    const auto file = fs_.open(path(base, kTimeIndexSuffix), OpenMode::kRead);
    if (!file.ok()) return std::nullopt;
    const auto size = (*file)->size();
    if (!size.ok() || *size % record::kTimeEntryBytes != 0) return std::nullopt;
    if (*size == 0) return record::TimeEntry{.offset = base};
    const auto last = read_exactly(**file, {*size - record::kTimeEntryBytes, *size});
    if (!last.ok()) return std::nullopt;
    const auto entry = record::time_entry(*last, base, 0);
    if (entry.timestamp < TimestampMs{0} || entry.offset < base || entry.offset >= end) return std::nullopt;
    return entry;
  }

  Result<> start_active(Offset base) {
    out_.active = std::make_unique<ActiveSegment>(base, options_.config.index_interval_bytes);
    TRY(out_.active->log, fs_.open(path(base, kLogSuffix), OpenMode::kReadWrite));
    out_.active->modified = out_.active->begun = now_;
    return done();
  }

  /// The cheap way after a clean shutdown: false when anything is not as a clean shutdown leaves it.
  Result<bool> resume() {
    for (std::size_t i = 0; i + 1 < found_.size(); ++i) {
      TRY(trust(found_[i], found_[i + 1].base));
    }
    const Found& last = found_.back();
    TRY(start_active(last.base));
    ActiveSegment& active = *out_.active;
    auto offsets = read_whole(fs_, path(last.base, kOffsetIndexSuffix));
    auto times = read_whole(fs_, path(last.base, kTimeIndexSuffix));
    constexpr Offset kAnyEnd{INT64_MAX};
    bool sound = offsets.ok() && times.ok() && record::check_offset_index(*offsets, last.base, kAnyEnd, last.bytes).ok() &&
                 record::check_time_index(*times, last.base, kAnyEnd).ok();
    if (sound && last.has_txns) {
      TRY(active.txns, read_whole(fs_, path(last.base, kTxnIndexSuffix)));
      sound = record::check_txn_index(active.txns, last.base, kAnyEnd).ok();
    }
    if (!sound) return give_up_resuming();
    const auto tail = record::floor_offset(*offsets, last.base, kAnyEnd);
    const bool indexed = !offsets->empty();
    active.index = record::IndexBuilder(last.base, options_.config.index_interval_bytes, *std::move(offsets), *std::move(times));
    TRY(const std::uint64_t valid, record::scan_batches(*active.log, {tail.position, last.bytes}, [&](const ScannedBatch& batch) {
          return take(batch, batch.position == tail.position && indexed);
        }));
    TRY(const auto state, load_snapshot(fs_, options_.dir, active.end, kNoOffset, now_));
    // A clean shutdown leaves whole batches and a snapshot of its end.
    const bool indexes_fit = record::check_offset_index(active.index.offsets(), last.base, active.end, last.bytes).ok() &&
                             record::check_time_index(active.index.times(), last.base, active.end).ok();
    if (!indexes_fit || valid != last.bytes || (state.at != active.end && (last.bytes > 0 || found_.size() > 1)))
      return give_up_resuming();
    out_.producers = std::move(state.producers);
    active.bytes = valid;
    active.modified = last.modified;
    TRY(first_times(last));
    TRY(recall_producers());
    return true;
  }

  Result<bool> give_up_resuming() {
    log_warn("log", "{}: not as a clean shutdown leaves it, recovering", options_.dir);
    out_.sealed.clear();
    out_.active.reset();
    return false;
  }

  /// A batch of the active segment, if it is valid and goes on where the last one ended.
  Result<Scan> take(const ScannedBatch& batch, bool first_of_tail = false) {
    ActiveSegment& active = *out_.active;
    const auto& header = batch.header;
    const bool in_order = first_of_tail ? header.base_offset >= active.base : header.base_offset >= active.end;
    if (!in_order || header.last_offset().raw - active.base.raw > INT32_MAX || !record::crc_matches(batch.bytes))
      return Scan::kStop;
    active.index.add(header, batch.position);
    active.recent.push({header.base_offset, header.next_offset(), batch.position, header.total_bytes()});
    active.end = header.next_offset();
    if (out_.epochs.assign(header.leader_epoch, header.base_offset)) epochs_grew_ = true;
    return Scan::kGoOn;
  }

  Result<> first_times(const Found& found) {
    if (found.bytes == 0) return done();
    TRY(const auto first, find_batch(*out_.active->log, {0, found.bytes}, found.base));
    if (!first) return done();
    out_.active->first_timestamp = first->header.max_timestamp;
    // When it was really begun is not on disk; neither a timestamp from the future nor one from long ago may stand for it.
    out_.active->begun = std::min(found.modified, std::max(first->header.max_timestamp, TimestampMs{0}));
    return done();
  }

  Result<> recall_producers() {
    ActiveSegment& active = *out_.active;
    if (out_.producers.size() == 0 || active.bytes == 0) return done();
    std::uint64_t from = 0;
    const Bytes& offsets = active.index.offsets();
    for (std::size_t i = offsets.size() / record::kOffsetEntryBytes; i > 0 && active.bytes > kRecallBytes; --i) {
      from = record::offset_entry(offsets, active.base, i - 1).position;
      if (active.bytes - from >= kRecallBytes) break;
    }
    std::vector<record::BatchHeader> older;
    TRY(record::scan_batches(*active.log, {from, active.bytes}, [&](const ScannedBatch& batch) -> Result<Scan> {
      if (batch.header.has_producer()) older.push_back(batch.header);
      return Scan::kGoOn;
    }));
    out_.producers.recall(older);
    return done();
  }

  /// Reads everything past the recovery point.
  Result<> scan(Offset point) {
    std::size_t first = 0;
    while (first + 1 < found_.size() && found_[first + 1].base <= point) ++first;
    for (std::size_t i = 0; i < first; ++i) {
      TRY(trust(found_[i], found_[i + 1].base));
    }
    TRY(replay_to(found_[first].base));
    for (std::size_t i = first; i < found_.size(); ++i) {
      const bool last = i + 1 == found_.size();
      TRY(const bool whole, scan_one(found_[i]));
      const bool joined = last || out_.active->end == found_[i + 1].base;
      if (last || !whole || !joined) {
        TRY(remove_behind(i));
        break;
      }
      TRY(seal(found_[i]));
    }
    if (epochs_grew_) {
      TRY(write_atomically(fs_, options_.dir + "/" + std::string(kEpochFile), view_of(out_.epochs.text(Offset{INT64_MAX}))));
    }
    return done();
  }

  /// Producer state at `base`: the newest snapshot below it, and the trusted segments since then.
  Result<> replay_to(Offset base) {
    TRY(auto state, load_snapshot(fs_, options_.dir, base, found_.front().base, now_));
    out_.producers = std::move(state.producers);
    for (const Segment& segment : out_.sealed) {
      if (segment.end <= state.at) continue;
      TRY(replay_segment(fs_, options_.dir, segment, state.at, now_, out_.producers, nullptr));
    }
    return done();
  }

  /// Scans one segment as the active one; true when all of it is valid. What is not is cut off.
  Result<bool> scan_one(const Found& found) {
    TRY(start_active(found.base));
    ActiveSegment& active = *out_.active;
    active.modified = found.modified;
    TRY(active.bytes, record::scan_batches(*active.log, {0, found.bytes}, [&](const ScannedBatch& batch) -> Result<Scan> {
          TRY(const Scan scan, take(batch));
          if (scan == Scan::kStop) return scan;
          TRY(replay_batch(batch.header, batch.bytes, now_, out_.producers, &active.txns));
          return scan;
        }));
    if (active.bytes < found.bytes) {
      log_warn("log", "{}: cut from {} to {} bytes, the end of its last whole batch", path(found.base, kLogSuffix), found.bytes,
               active.bytes);
      TRY(active.log->truncate(active.bytes));
    }
    Found cut = found;
    cut.bytes = active.bytes;
    TRY(first_times(cut));
    return active.bytes == found.bytes;
  }

  /// The scanned segment was whole and another one follows.
  Result<> seal(const Found& found) {
    ActiveSegment& active = *out_.active;
    active.index.finish();
    TRY(write_atomically(fs_, path(active.base, kOffsetIndexSuffix), active.index.offsets()));
    TRY(write_atomically(fs_, path(active.base, kTimeIndexSuffix), active.index.times()));
    if (!active.txns.empty()) {
      TRY(write_atomically(fs_, path(active.base, kTxnIndexSuffix), active.txns));
    } else {
      TRY(fs_.remove(path(active.base, kTxnIndexSuffix)));
    }
    TRY(write_atomically(fs_, path(active.end, kSnapshotSuffix), out_.producers.encode()));
    snapshots_.insert(active.end);
    TRY(active.log->sync());
    out_.sealed.push_back({.base = active.base,
                           .end = active.end,
                           .bytes = active.bytes,
                           .newest = active.index.newest(),
                           .modified = found.modified,
                           .has_txns = !active.txns.empty()});
    return done();
  }

  /// Segments behind a cut cannot be joined to the log any more.
  Result<> remove_behind(std::size_t i) {
    for (std::size_t k = found_.size(); k-- > i + 1;) {
      log_warn("log", "{}: removed, it does not go on where the log ends ({})", path(found_[k].base, kLogSuffix),
               out_.active->end.raw);
      for (const auto suffix : {kLogSuffix, kOffsetIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix}) {
        TRY(fs_.remove(path(found_[k].base, suffix)));
      }
    }
    return done();
  }

  /// Snapshots stand at the segments' borders; others are left from a shutdown or speak of data that is gone.
  Result<> remove_stale_snapshots() {
    std::set<Offset> wanted{out_.active->base, out_.active->end};
    for (const Segment& segment : out_.sealed) wanted.insert(segment.base);
    for (const Offset at : snapshots_) {
      if (at < options_.local_start || wanted.contains(at)) continue;
      TRY(fs_.remove(path(at, kSnapshotSuffix)));
    }
    return done();
  }

  const OpenOptions& options_;
  FileSystem& fs_;
  const TimestampMs now_;
  std::vector<Found> found_;
  std::set<Offset> snapshots_;
  bool epochs_grew_ = false;
  Recovered out_;
};

}  // namespace

Result<Recovered> recover(const OpenOptions& options) { return Recovery(options).run().within(options.dir); }

Result<> replay_batch(const record::BatchHeader& header, View batch, TimestampMs now, ProducerState& producers, Bytes* txns) {
  if (!header.has_producer()) return done();
  if (!header.is_control()) {
    producers.replay(header, now);
    return done();
  }
  TRY(const auto marker, record::marker_of(batch));
  if (!marker) return done();
  const auto completed = producers.replay_marker(header, *marker, now);
  if (completed && completed->aborted && txns != nullptr) {
    append_entry(*txns, record::TxnEntry{.producer_id = completed->producer_id,
                                         .first = completed->first,
                                         .last = completed->last,
                                         .last_stable = producers.stable_after(*completed)});
  }
  return done();
}

Result<LoadedSnapshot> load_snapshot(FileSystem& fs, const std::string& dir, Offset at, Offset floor, TimestampMs now) {
  TRY(const auto names, fs.list(dir));
  std::set<Offset, std::greater<>> newest_first;
  for (const auto& entry : names) {
    const auto offset = offset_of_name(entry.name, kSnapshotSuffix);
    if (offset && *offset <= at) newest_first.insert(*offset);
  }
  LoadedSnapshot out;
  for (const Offset offset : newest_first) {
    TRY(const Bytes data, read_whole(fs, segment_path(dir, offset, kSnapshotSuffix)));
    const auto decoded = out.producers.decode(data, now);
    out.at = offset;
    if (decoded.ok()) return out;
    log_warn("log", "{}: {}", segment_path(dir, offset, kSnapshotSuffix), decoded.error().text);
  }
  out.producers.clear();
  out.at = floor;
  return out;
}

Result<> replay_segment(FileSystem& fs, const std::string& dir, const Segment& segment, Offset from, TimestampMs now,
                        ProducerState& producers, Bytes* txns) {
  const std::string path = segment_path(dir, segment.base, kLogSuffix);
  TRY(const auto log, fs.open(path, OpenMode::kRead));
  TRY(const std::uint64_t read, record::scan_batches(*log, {0, segment.bytes}, [&](const ScannedBatch& batch) -> Result<Scan> {
        if (batch.header.base_offset >= from) {
          TRY(replay_batch(batch.header, batch.bytes, now, producers, txns));
        }
        return Scan::kGoOn;
      }));
  if (read != segment.bytes) return fail(Kind::kCorrupt, "{} is damaged at position {}", path, read);
  return done();
}

Result<Offset> read_recovery_point(FileSystem& fs, const std::string& dir) {
  const auto text = read_whole(fs, dir + "/" + std::string(kRecoveryPointFile));
  if (!text.ok()) {
    if (text.error().kind == Kind::kNotFound) return Offset{0};
    return text.error();
  }
  const std::string_view digits = text_of(*text);
  Offset at{0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), at.raw);
  return error == std::errc() ? at : Offset{0};
}

Result<> write_recovery_point(FileSystem& fs, const std::string& dir, Offset at) {
  return write_atomically(fs, dir + "/" + std::string(kRecoveryPointFile), view_of(fmt::format("{}\n", at.raw)));
}

}  // namespace takhin::log
