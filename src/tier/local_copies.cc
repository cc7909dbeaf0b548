#include "tier/local_copies.h"

#include "base/log.h"

namespace takhin::tier {
namespace {

/// The same bytes: a segment archived again, as another object, is still the same copy.
bool same_log(const SegmentEntry& a, const SegmentEntry& b) {
  return a.base == b.base && a.end == b.end && a.log_bytes == b.log_bytes;
}

}  // namespace

std::string segment_file(const std::string& dir, Offset base, std::string_view suffix) {
  return fmt::format("{}/{:020}{}", dir, base.raw, suffix);
}

Result<> LocalCopies::add(const PartitionRef& partition, const SegmentEntry& entry, const std::string& dir) {
  const std::string path = segment_file(dir, entry.base, ".log");
  TRY(const FileInfo info, files_.stat(path));
  if (info.size != entry.log_bytes) {
    return fail(Kind::kInvalid, "{} has {} bytes, the archived segment {}", path, info.size, entry.log_bytes);
  }
  const std::lock_guard lock(mutex_);
  const Key key = key_of(partition, entry.base);
  if (const auto at = copies_.find(key); at != copies_.end() && (!same_log(at->second.entry, entry) || at->second.dir != dir)) {
    erase(key);
  }
  copies_.try_emplace(key, Copy{entry, dir, nullptr, {}});
  return done();
}

Result<> LocalCopies::drop(const PartitionRef& partition, Offset base) {
  std::string dir;
  {
    const std::lock_guard lock(mutex_);
    const auto at = copies_.find(key_of(partition, base));
    if (at == copies_.end()) return done();
    dir = at->second.dir;
  }
  for (const std::string_view suffix : {".log", ".index", ".timeindex", ".txnindex", ".snapshot"}) {
    TRY(files_.remove(segment_file(dir, base, suffix)));
  }
  TRY(files_.sync_dir(dir));
  const std::lock_guard lock(mutex_);
  erase(key_of(partition, base));  // only now: a drop that failed is tried again
  return done();
}

void LocalCopies::forget(const PartitionRef& partition, const SegmentEntry& entry) {
  const std::lock_guard lock(mutex_);
  const Key key = key_of(partition, entry.base);
  if (const auto at = copies_.find(key); at != copies_.end() && same_log(at->second.entry, entry)) erase(key);
}

bool LocalCopies::has(const PartitionRef& partition, Offset base) const {
  const std::lock_guard lock(mutex_);
  return copies_.contains(key_of(partition, base));
}

std::shared_ptr<const LocalCopies::Opened> LocalCopies::open(const PartitionRef& partition, const SegmentEntry& entry) {
  const Key key = key_of(partition, entry.base);
  std::string dir;
  {
    const std::lock_guard lock(mutex_);
    const auto at = copies_.find(key);
    if (at == copies_.end() || !same_log(at->second.entry, entry)) return nullptr;
    if (at->second.opened) {
      open_.splice(open_.begin(), open_, at->second.open_at);
      return at->second.opened;
    }
    dir = at->second.dir;
  }
  auto log = files_.open(segment_file(dir, entry.base, ".log"), OpenMode::kRead);
  if (!log.ok()) {
    log_warn("tier", "a local copy is gone: {}", log.error().text);
    forget(partition, entry);
    return nullptr;
  }
  auto index = read_whole(files_, segment_file(dir, entry.base, ".index"));
  const auto opened = std::make_shared<const Opened>(Opened{*std::move(log), index.ok() ? *std::move(index) : Bytes()});
  const std::lock_guard lock(mutex_);
  const auto at = copies_.find(key);
  if (at == copies_.end() || at->second.opened) return opened;
  at->second.opened = opened;
  open_.push_front(key);
  at->second.open_at = open_.begin();
  index_bytes_ += opened->index.size();
  while (open_.size() > 1 && (open_.size() > kOpenMax || index_bytes_ > kIndexBytesMax)) close(copies_.at(open_.back()));
  return opened;
}

void LocalCopies::close(Copy& copy) {
  if (!copy.opened) return;
  index_bytes_ -= copy.opened->index.size();
  open_.erase(copy.open_at);
  copy.opened.reset();
}

void LocalCopies::erase(const Key& key) {
  const auto at = copies_.find(key);
  if (at == copies_.end()) return;
  close(at->second);
  copies_.erase(at);
}

}  // namespace takhin::tier
