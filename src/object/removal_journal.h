#pragma once
// Names of objects that are to be removed from a replica, kept through a crash.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file.h"
#include "object/store.h"

namespace takhin::object {

/// Names that wait at the most; at most 40 MB of them on disk and in memory.
inline constexpr std::size_t kRemovalsMax = 100'000;
/// A longer file is written anew with only what still waits.
inline constexpr std::uint64_t kJournalBytesMax = 64 * kMiB;

/// One name a line, appended and synced; the file is emptied when none is left. A torn last line is passed over: what it named
/// was not removed yet. Any thread.
class RemovalJournal {
 public:
  struct Due {
    ObjectKey key;
    bool is_sure = false;  // confirm() was told
  };

  /// Reads what an earlier process left, under number 0, as if doubt() had been told. Borrows `files`.
  static Result<std::unique_ptr<RemovalJournal>> open(FileSystem& files, const std::string& path);

  /// Durable on return. `number` orders them against what else happens. Not due before confirm() or doubt(): until then they are
  /// being removed from where they go first. kExhausted: none is taken.
  Result<> add(std::span<const ObjectKey> keys, std::uint64_t number);
  /// They are gone from there. Not kept through a crash.
  void confirm(std::span<const ObjectKey> keys);
  /// They may be gone from there, or not.
  void doubt(std::span<const ObjectKey> keys);
  /// All that wait get this number.
  void renumber(std::uint64_t number);
  /// They are done, or need not be done. For good once the file is emptied: a crash brings some back.
  void drop(std::span<const ObjectKey> keys);
  bool has(const std::string& name) const;
  /// Up to `count` of those that are due and have a number below `before`.
  std::vector<Due> some(std::size_t count, std::uint64_t before) const;
  std::size_t size() const;

 private:
  enum class State { kBeingRemoved, kGone, kDoubtful };
  struct Waiting {
    std::uint64_t number = 0;
    State state = State::kDoubtful;
  };

  RemovalJournal(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  Result<> rewrite();
  void set(std::span<const ObjectKey> keys, State state);

  FileSystem& files_;
  const std::string path_;
  mutable std::mutex mutex_;
  std::shared_ptr<File> file_;
  std::uint64_t end_ = 0;  // of the file
  std::map<std::string, Waiting, std::less<>> waiting_;
};

}  // namespace takhin::object
