#pragma once
// What the files of a log say after a start: trusted where they were synced, read and cut where they were not.

#include <deque>

#include "log/epoch_cache.h"
#include "log/producer_state.h"
#include "log/segment.h"

namespace takhin::log {

struct Recovered {
  std::deque<Segment> sealed;
  std::unique_ptr<ActiveSegment> active;
  ProducerState producers;
  EpochCache epochs;
  Offset cleaned_end;
};

/// Brings the directory into order and answers what is in it. After a clean shutdown sealed segments cost a stat and
/// one small read, and only the tail of the last one is looked at. After another end every segment past the recovery
/// point is read and checked: the log ends at the last whole, valid batch, and what comes behind it is removed.
/// kCorrupt: a segment below the recovery point lacks data.
Result<Recovered> recover(const OpenOptions& options);

/// Takes one batch of the log into `producers`; an aborted transaction that it ends is appended to `txns`, when given.
Result<> replay_batch(const record::BatchHeader& header, View batch, TimestampMs now, ProducerState& producers, Bytes* txns);

/// The newest sound snapshot at or below `at`; an empty state and offset `floor` when there is none.
struct LoadedSnapshot {
  ProducerState producers;
  Offset at;
};
Result<LoadedSnapshot> load_snapshot(FileSystem& fs, const std::string& dir, Offset at, Offset floor, TimestampMs now);

/// Replays a sealed segment from `from` on. Cost: one pass over the log file.
Result<> replay_segment(FileSystem& fs, const std::string& dir, const Segment& segment, Offset from, TimestampMs now,
                        ProducerState& producers, Bytes* txns);

/// Reads the recovery point; 0 when there is none.
Result<Offset> read_recovery_point(FileSystem& fs, const std::string& dir);
Result<> write_recovery_point(FileSystem& fs, const std::string& dir, Offset at);

}  // namespace takhin::log
