#include "log/swap.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "log/names.h"
#include "record/index_builder.h"

namespace takhin::log {
namespace {

constexpr std::string_view kSideSuffixes[] = {kOffsetIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix};

std::string with(std::string_view suffix, std::string_view more) { return fmt::format("{}{}", suffix, more); }

std::string checkpoint_path(const std::string& dir) { return fmt::format("{}/{}", dir, kCleanerFile); }

/// Steps 3 and 4; may be begun again anywhere.
Result<> take_place(FileSystem& fs, const std::string& dir, Offset base, std::span<const Offset> replaced) {
  for (const Offset old : replaced) {
    // The log first: indexes without one are removed at the next start.
    for (const auto suffix : {kLogSuffix, kOffsetIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix, kSnapshotSuffix}) {
      TRY(fs.remove(segment_path(dir, old, suffix)));
    }
  }
  for (const auto suffix : kSideSuffixes) {
    const auto moved = fs.rename(segment_path(dir, base, with(suffix, kSwapSuffix)), segment_path(dir, base, suffix));
    if (!moved.ok() && moved.error().kind != Kind::kNotFound) return moved;
  }
  TRY(fs.sync_dir(dir));
  TRY(fs.rename(segment_path(dir, base, with(kLogSuffix, kSwapSuffix)), segment_path(dir, base, kLogSuffix)));
  const std::string txns = segment_path(dir, base, kTxnIndexSuffix);
  if (const auto info = fs.stat(txns); info.ok() && info->size == 0) {
    TRY(fs.remove(txns));
  }
  return fs.sync_dir(dir);
}

/// The end of a new segment, by its batches.
Result<Offset> end_of(FileSystem& fs, const std::string& path, Offset base) {
  TRY(const auto log, fs.open(path, OpenMode::kRead));
  TRY(const std::uint64_t size, log->size());
  TRY(const auto built, record::rebuild_indexes(*log, size, base, kGiB));
  if (built.valid_bytes != size || built.end == base) {
    return fail(Kind::kCorrupt, "{} is damaged at position {}", path, built.valid_bytes);
  }
  return built.end;
}

}  // namespace

Result<> swap_in(FileSystem& fs, const std::string& dir, Offset base, std::span<const Offset> replaced) {
  const std::string swap = segment_path(dir, base, with(kLogSuffix, kSwapSuffix));
  TRY(fs.rename(segment_path(dir, base, with(kLogSuffix, kCleanedSuffix)), swap));
  TRY(fs.sync_dir(dir));
  return take_place(fs, dir, base, replaced);
}

Result<> finish_swaps(FileSystem& fs, const std::string& dir, Offset local_start) {
  TRY(const auto names, fs.list(dir));
  std::set<Offset> logs;
  std::set<Offset> swaps;
  for (const auto& entry : names) {
    if (const auto base = offset_of_name(entry.name, kLogSuffix)) logs.insert(*base);
    const auto swap = offset_of_name(entry.name, with(kLogSuffix, kSwapSuffix));
    if (swap && *swap >= local_start) swaps.insert(*swap);
  }
  for (const auto& entry : names) {
    const bool cleaned = entry.name.ends_with(kCleanedSuffix);
    const bool swap = entry.name.ends_with(kSwapSuffix);
    if (!cleaned && !swap) continue;
    bool wanted = false;
    for (const auto suffix : {kLogSuffix, kOffsetIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix}) {
      const auto base = offset_of_name(entry.name, with(suffix, kSwapSuffix));
      wanted |= base && swaps.contains(*base);
    }
    if (!wanted) {
      TRY(fs.remove(dir + "/" + entry.name));
    }
  }
  for (const Offset base : swaps) {
    TRY(const Offset end, end_of(fs, segment_path(dir, base, with(kLogSuffix, kSwapSuffix)), base));
    log_info("log", "{}: the cleaned segment {} to {} takes its place after a crash", dir, base.raw, end.raw);
    const std::vector<Offset> replaced(logs.upper_bound(base), logs.lower_bound(end));
    TRY(take_place(fs, dir, base, replaced));
  }
  return done();
}

void drop_cleaned(FileSystem& fs, const std::string& dir, Offset base) {
  const auto drop = [&](const std::string& path) {
    if (const auto removed = fs.remove(path); !removed.ok()) log_warn("log", "{}: {}", path, removed.error().text);
  };
  drop(segment_path(dir, base, with(kLogSuffix, kCleanedSuffix)));
  for (const auto suffix : kSideSuffixes) drop(segment_path(dir, base, with(suffix, kSwapSuffix)));
}

Result<Offset> read_cleaned_end(FileSystem& fs, const std::string& dir) {
  const auto text = read_whole(fs, checkpoint_path(dir));
  if (!text.ok()) {
    if (text.error().kind == Kind::kNotFound) return Offset{0};
    return text.error();
  }
  std::string_view line = text_of(*text);
  const bool headed = line.starts_with("0\n1\n");
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  line.remove_prefix(line.rfind(' ') + 1);
  const auto end = number_of<std::int64_t>(line);
  if (headed && end && *end >= 0) return Offset{*end};
  log_warn("log", "{} is no checkpoint; compaction looks at the whole log again", checkpoint_path(dir));
  return Offset{0};
}

Result<> write_cleaned_end(FileSystem& fs, const std::string& dir, Offset end) {
  const std::string_view name = name_of(dir);
  const auto dash = name.rfind('-');
  const std::string_view number = dash == std::string_view::npos ? "0" : name.substr(dash + 1);
  return write_atomically(fs, checkpoint_path(dir),
                          view_of(fmt::format("0\n1\n{} {} {}\n", name.substr(0, dash), number, end.raw)));
}

}  // namespace takhin::log
