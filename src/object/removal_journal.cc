#include "object/removal_journal.h"

#include <algorithm>

namespace takhin::object {

Result<std::unique_ptr<RemovalJournal>> RemovalJournal::open(FileSystem& files, const std::string& path) {
  std::unique_ptr<RemovalJournal> journal(new RemovalJournal(files, path));
  const auto left = read_whole(files, path);
  if (!left.ok() && left.error().kind != Kind::kNotFound) return left.error();
  if (left.ok()) {
    std::string_view rest = text_of(*left);
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      if (end > 0) journal->waiting_.emplace(rest.substr(0, end), Waiting{});
      rest.remove_prefix(end + 1);
    }
  }
  TRY(journal->rewrite());  // without the torn line, if there was one
  return journal;
}

/// What waits, and nothing else. mutex_ held, or nobody knows of us yet.
Result<> RemovalJournal::rewrite() {
  std::string text;
  for (const auto& [name, waiting] : waiting_) text += name + "\n";
  file_.reset();
  TRY(write_atomically(files_, path_, view_of(text)));
  TRY(file_, files_.open(path_, OpenMode::kReadWrite));
  end_ = text.size();
  return done();
}

Result<> RemovalJournal::add(std::span<const ObjectKey> keys, std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() + keys.size() > kRemovalsMax) {
    return fail(Kind::kExhausted, "{} removals wait already", waiting_.size());
  }
  if (file_ == nullptr || end_ > kJournalBytesMax) TRY(rewrite());
  std::string text;
  for (const ObjectKey& key : keys) text += key.name + "\n";
  TRY(file_->write_at(end_, view_of(text)));
  TRY(file_->sync());
  end_ += text.size();
  for (const ObjectKey& key : keys) waiting_.insert_or_assign(key.name, Waiting{number, State::kBeingRemoved});
  return done();
}

void RemovalJournal::set(std::span<const ObjectKey> keys, State state) {
  const std::lock_guard lock(mutex_);
  for (const ObjectKey& key : keys) {
    if (const auto at = waiting_.find(key.name); at != waiting_.end()) at->second.state = state;
  }
}

void RemovalJournal::confirm(std::span<const ObjectKey> keys) { set(keys, State::kGone); }

void RemovalJournal::doubt(std::span<const ObjectKey> keys) { set(keys, State::kDoubtful); }

void RemovalJournal::renumber(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, waiting] : waiting_) waiting.number = number;
}

void RemovalJournal::drop(std::span<const ObjectKey> keys) {
  const std::lock_guard lock(mutex_);
  const bool had_some = !waiting_.empty();
  for (const ObjectKey& key : keys) waiting_.erase(key.name);
  // A failure leaves names in the file that are looked at once more after a restart.
  if (had_some && waiting_.empty() && file_ != nullptr && file_->truncate(0).ok()) end_ = 0;
}

bool RemovalJournal::has(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return waiting_.contains(name);
}

std::vector<RemovalJournal::Due> RemovalJournal::some(std::size_t count, std::uint64_t before) const {
  const std::lock_guard lock(mutex_);
  std::vector<Due> out;
  for (const auto& [name, waiting] : waiting_) {
    if (out.size() == count) break;
    if (waiting.number >= before || waiting.state == State::kBeingRemoved) continue;
    out.push_back({{name}, waiting.state == State::kGone});
  }
  return out;
}

std::size_t RemovalJournal::size() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

}  // namespace takhin::object
