// A partition whose folder is lost, or was never there: what the bucket says of it, and how a new log goes on behind that.

#include <algorithm>

#include "base/log.h"
#include "log/names.h"
#include "partition/partition_impl.h"

namespace takhin::partition {

Result<bool> PartitionImpl::folder_holds_records() const {
  TRY(const auto listed, deps_.files.list(setup_.dir));
  for (const DirEntry& entry : listed) {
    if (!log::offset_of_name(entry.name, log::kLogSuffix)) continue;
    TRY(const FileInfo info, deps_.files.stat(setup_.dir + "/" + entry.name));
    if (info.size > 0) return true;
  }
  return false;
}

/// The topic is known but its folder is empty or gone. New appends must not take offsets that the bucket holds already, so
/// this asks the bucket now; the partition stays offline when it cannot tell. A crash before the checkpoint is written leaves
/// files without records: then all of this is done once more.
Result<> PartitionImpl::find_out_what_was_lost() {
  TRY(const bool records, folder_holds_records());
  if (records || deps_.engine == nullptr) return done();
  const Deadline deadline = Deadline::in(deps_.clock, kStoreCallTime);
  TRY(deps_.engine->refresh(ref(), true, deadline).within("folder is lost, look into the bucket"));
  TRY(const Offset start, deps_.engine->get_log_start(ref(), deadline));
  bucket_log_start_ = start;
  const auto archived = deps_.engine->segments(ref());
  if (archived.empty()) {
    // All of it was deleted: the offsets below the log start are taken all the same.
    checkpoint_.log_start = checkpoint_.archived_end = checkpoint_.local_start = std::max(start, Offset{0});
    return done();
  }
  const tier::SegmentEntry& last = archived.back();
  TRY(begin_behind(last, deadline).within("begin a log behind the archived part"));
  checkpoint_.log_start = std::max({start, archived.front().base, Offset{0}});
  checkpoint_.archived_end = checkpoint_.local_start = std::max(last.end, checkpoint_.log_start);
  // What was written behind the archived part is lost, and its offsets are given out again: only a higher epoch tells the two
  // apart (KIP-320).
  checkpoint_.leader_epoch = LeaderEpoch{last.leader_epoch.raw + 1};
  log_warn("partition", "{}: local log is lost, the bucket has offsets {} to {}", ref().name(), archived.front().base.raw,
           last.end.raw);
  return done();
}

/// Leaves an empty log at the end of `last` with the epochs and the producers of that point, as the log itself would have left
/// them there.
Result<> PartitionImpl::begin_behind(const tier::SegmentEntry& last, Deadline deadline) {
  TRY(const tier::StateAtEnd state, deps_.engine->state_at_end(ref(), last.base, deadline));
  TRY(const auto listed, deps_.files.list(setup_.dir));
  for (const DirEntry& entry : listed) {
    if (log::offset_of_name(entry.name, log::kLogSuffix)) TRY(deps_.files.remove(setup_.dir + "/" + entry.name));
  }
  if (!state.leader_epochs.empty()) {
    TRY(write_atomically(deps_.files, setup_.dir + "/" + std::string(log::kEpochFile), state.leader_epochs));
  }
  if (!state.producer_snapshot.empty()) {
    TRY(write_atomically(deps_.files, log::segment_path(setup_.dir, last.end, log::kSnapshotSuffix), state.producer_snapshot));
  }
  return write_atomically(deps_.files, log::segment_path(setup_.dir, last.end, log::kLogSuffix), {});
}

}  // namespace takhin::partition
