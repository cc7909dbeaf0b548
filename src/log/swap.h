#pragma once
// How cleaned segments take the place of the ones they were made of: Kafka's .cleaned and .swap files. Any state that a crash
// leaves is either the old segments or the new one, and finish_swaps() makes it one of them.
//
//   1. <base>.{index,timeindex,txnindex}.swap and <base>.log.cleaned are written and synced, then their names.
//   2. <base>.log.cleaned becomes <base>.log.swap and its name is synced: from here on the new segment counts.
//   3. The old segments behind <base> go, the .swap indexes take their names; synced.
//   4. <base>.log.swap becomes <base>.log; synced.
//
// The new segment ends where the last old one did (its last batch stays, if empty), so its own bytes say what it replaces.

#include <span>
#include <string>

#include "base/file.h"
#include "base/types.h"

namespace takhin::log {

/// Steps 2 to 4. `replaced`: bases of the old segments behind `base`. An error leaves what finish_swaps() can go on with; the log
/// must not be used before.
Result<> swap_in(FileSystem& fs, const std::string& dir, Offset base, std::span<const Offset> replaced);

/// At a start: goes on with what was past step 2, removes what was not, and what lies below `local_start`. kCorrupt: a new
/// segment is damaged, though it was on disk before its old ones went.
Result<> finish_swaps(FileSystem& fs, const std::string& dir, Offset local_start);

/// What step 1 made is not wanted. Best effort: the next start removes what stays.
void drop_cleaned(FileSystem& fs, const std::string& dir, Offset base);

/// Kafka's cleaner-offset-checkpoint of this one partition; 0 when there is none or it cannot be read as one.
Result<Offset> read_cleaned_end(FileSystem& fs, const std::string& dir);
Result<> write_cleaned_end(FileSystem& fs, const std::string& dir, Offset end);

}  // namespace takhin::log
