#include "log/epoch_cache.h"

#include <algorithm>
#include <charconv>

namespace takhin::log {
namespace {

/// Takes one whitespace-delimited whole number off the front of `text`.
template <class Int>
bool take_number(std::string_view& text, Int& into) {
  const auto begin = text.find_first_not_of(" \n\r");
  if (begin == std::string_view::npos) return false;
  text.remove_prefix(begin);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

Result<EpochCache> EpochCache::parse(std::string_view text) {
  const Error bad = fail(Kind::kCorrupt, "{} is malformed", "leader-epoch-checkpoint");
  int version = -1;
  std::size_t count = 0;
  if (!take_number(text, version) || version != 0 || !take_number(text, count) || count > text.size()) return bad;
  EpochCache cache;
  for (std::size_t i = 0; i < count; ++i) {
    EpochStart entry;
    if (!take_number(text, entry.epoch.raw) || !take_number(text, entry.start.raw)) return bad;
    if (!cache.assign(entry.epoch, entry.start)) return bad;
  }
  return cache;
}

std::string EpochCache::text(Offset before) const {
  std::string lines;
  std::size_t count = 0;
  for (const EpochStart& entry : entries_) {
    if (entry.start >= before) break;
    lines += fmt::format("{} {}\n", entry.epoch.raw, entry.start.raw);
    ++count;
  }
  return fmt::format("0\n{}\n{}", count, lines);
}

bool EpochCache::assign(LeaderEpoch epoch, Offset start) {
  if (epoch < LeaderEpoch{0}) return false;
  if (!entries_.empty() && (epoch <= entries_.back().epoch || start < entries_.back().start)) return false;
  // An epoch in which nothing was written leaves no trace.
  if (!entries_.empty() && start == entries_.back().start) entries_.pop_back();
  entries_.push_back({epoch, start});
  return true;
}

bool EpochCache::truncate(Offset end) {
  const std::size_t before = entries_.size();
  while (!entries_.empty() && entries_.back().start >= end) entries_.pop_back();
  return entries_.size() != before;
}

LeaderEpoch EpochCache::at(Offset offset) const {
  const auto after = std::upper_bound(entries_.begin(), entries_.end(), offset,
                                      [](Offset wanted, const EpochStart& entry) { return wanted < entry.start; });
  return after == entries_.begin() ? kNoEpoch : std::prev(after)->epoch;
}

}  // namespace takhin::log
