#pragma once
// A file system in memory that keeps apart what is on the disk and what is only in the page cache.

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "base/clock.h"
#include "base/file.h"

namespace takhin::testing {

/// Any thread. Rules, stricter than ext4's: a file's bytes are on the disk after File::sync(); its name (created,
/// renamed, removed, also with a whole directory) is only after sync_dir() of the directory it is in. power_loss() keeps
/// what was on the disk; kill() keeps everything, as kill -9 does. After both, files opened before answer kClosed.
/// Faults: stop_after(n) lets n more changes through and fails the rest; set_space() is the size of the disk;
/// fail_syncs().
class CrashFs : public FileSystem {
 public:
  explicit CrashFs(const Clock* clock = nullptr) : disk_(std::make_shared<Disk>()) { disk_->clock = clock; }

  /// What a power cut leaves. With a `seed` other than 0 some of what was not synced survives: a file may keep any part
  /// of what was appended, with zeros for its last bytes, or be as short as it once was, and names may or may not have
  /// changed. Heals stop_after() and fail_syncs().
  void power_loss(std::uint64_t seed = 0) {
    const std::scoped_lock lock(disk_->mutex);
    std::mt19937_64 random(seed);
    auto names = disk_->durable;
    if (seed != 0) mix_names(random, names);
    std::map<std::shared_ptr<Node>, std::shared_ptr<Node>> fresh;
    std::map<std::string, std::shared_ptr<Node>> after;
    for (const auto& [path, node] : names) {
      auto& copy = fresh[node];
      if (copy == nullptr) copy = survivor(random, seed, *node);
      after[path] = copy;
    }
    restart(std::move(after));
  }
  /// The process dies, the machine does not: nothing is lost, and what was not synced still is not.
  void kill() {
    const std::scoped_lock lock(disk_->mutex);
    std::map<std::shared_ptr<Node>, std::shared_ptr<Node>> fresh;
    const auto copy_of_node = [&](const std::shared_ptr<Node>& node) {
      auto& copy = fresh[node];
      if (copy == nullptr) copy = std::make_shared<Node>(*node);
      return copy;
    };
    for (auto* names : {&disk_->live, &disk_->durable}) {
      for (auto& [path, node] : *names) node = copy_of_node(node);
    }
    heal_locked();
  }

  void stop_after(std::uint64_t changes) {
    const std::scoped_lock lock(disk_->mutex);
    disk_->changes_left = changes;
    disk_->stopped = false;
  }
  /// True once stop_after() has refused a change: the process counts as dead.
  bool stopped() const {
    const std::scoped_lock lock(disk_->mutex);
    return disk_->stopped;
  }
  /// Counts a change that the process asks of somebody else (an object store), so that a crash can fall between any two.
  Result<> other_change() {
    const std::scoped_lock lock(disk_->mutex);
    return disk_->change(disk_->generation);
  }
  void set_space(std::uint64_t bytes) {
    const std::scoped_lock lock(disk_->mutex);
    disk_->space = bytes;
  }
  /// sync() of files fails from now on, and what they held in the cache never reaches the disk.
  void fail_syncs(bool fail) {
    const std::scoped_lock lock(disk_->mutex);
    disk_->syncs_fail = fail;
  }
  /// Changes asked for so far: writes, syncs, truncates, creates, renames, removes.
  std::uint64_t changes() const {
    const std::scoped_lock lock(disk_->mutex);
    return disk_->changes;
  }
  /// Files open now.
  std::size_t open_files() const {
    const std::scoped_lock lock(disk_->mutex);
    return disk_->open_files;
  }
  /// Flips a bit on disk and in the cache; for tests of damage. The byte must exist.
  void flip(const std::string& path, std::uint64_t position) {
    const std::scoped_lock lock(disk_->mutex);
    Node& node = *disk_->live.at(path);
    node.live.at(position) ^= std::byte{1};
    if (position < node.synced.size()) node.synced.at(position) ^= std::byte{1};
  }

  Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const std::scoped_lock lock(disk_->mutex);
    auto at = disk_->live.find(path);
    if (at == disk_->live.end() && mode == OpenMode::kRead) return fail(Kind::kNotFound, "{}: no such file", path);
    if (at != disk_->live.end() && mode == OpenMode::kCreateNew) return fail(Kind::kConflict, "{} exists", path);
    if (at == disk_->live.end()) {
      if (!disk_->dirs.contains(parent_of(path))) return fail(Kind::kNotFound, "{}: no such directory", parent_of(path));
      TRY(disk_->change(disk_->generation));
      at = disk_->live.emplace(path, std::make_shared<Node>()).first;
      at->second->modified = disk_->now();
    }
    return std::shared_ptr<File>(std::make_shared<Handle>(disk_, at->second));
  }
  Result<> remove(const std::string& path) override {
    const std::scoped_lock lock(disk_->mutex);
    if (!disk_->live.contains(path)) return done();
    TRY(disk_->change(disk_->generation));
    disk_->live.erase(path);
    return done();
  }
  Result<> remove_tree(const std::string& path) override {
    const std::scoped_lock lock(disk_->mutex);
    TRY(disk_->change(disk_->generation));
    std::erase_if(disk_->live, [&](const auto& entry) { return entry.first == path || entry.first.starts_with(path + "/"); });
    std::erase_if(disk_->dirs, [&](const auto& dir) { return dir == path || dir.starts_with(path + "/"); });
    return done();
  }
  Result<> rename(const std::string& from, const std::string& to) override {
    const std::scoped_lock lock(disk_->mutex);
    const auto at = disk_->live.find(from);
    if (at == disk_->live.end()) return fail(Kind::kNotFound, "{}: no such file", from);
    TRY(disk_->change(disk_->generation));
    disk_->live[to] = at->second;
    disk_->live.erase(from);
    disk_->renames.emplace_back(from, to);
    return done();
  }
  Result<> rename_new(const std::string& from, const std::string& to) override {
    if (stat(to).ok()) return fail(Kind::kConflict, "{} exists", to);
    return rename(from, to);
  }
  Result<> make_dirs(const std::string& path) override {
    const std::scoped_lock lock(disk_->mutex);
    for (std::string dir = path; dir != "." && dir != "/"; dir = parent_of(dir)) disk_->dirs.insert(dir);
    return done();
  }
  Result<> sync_dir(const std::string& path) override {
    const std::scoped_lock lock(disk_->mutex);
    TRY(disk_->change(disk_->generation));
    std::erase_if(disk_->renames, [&](const auto& renamed) { return parent_of(renamed.second) == path; });
    std::erase_if(disk_->durable, [&](const auto& entry) {
      return parent_of(entry.first) == path || disk_->in_removed_dir_of(path, entry.first);
    });
    for (const auto& [name, node] : disk_->live) {
      if (parent_of(name) == path) disk_->durable[name] = node;
    }
    return done();
  }
  Result<std::vector<DirEntry>> list(const std::string& path) override {
    const std::scoped_lock lock(disk_->mutex);
    if (!disk_->dirs.contains(path)) return fail(Kind::kNotFound, "{}: no such directory", path);
    std::vector<DirEntry> out;
    for (const auto& [name, node] : disk_->live) {
      if (parent_of(name) == path) out.push_back({.name = name.substr(path.size() + 1)});
    }
    for (const auto& dir : disk_->dirs) {
      if (dir != path && parent_of(dir) == path) out.push_back({.name = dir.substr(path.size() + 1), .is_directory = true});
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
  }
  Result<FileInfo> stat(const std::string& path) override {
    const std::scoped_lock lock(disk_->mutex);
    if (disk_->dirs.contains(path)) return FileInfo{.is_directory = true};
    const auto at = disk_->live.find(path);
    if (at == disk_->live.end()) return fail(Kind::kNotFound, "{}: no such file", path);
    return FileInfo{.size = at->second->live.size(), .modified = at->second->modified};
  }
  Result<DiskSpace> space(const std::string&) override {
    const std::scoped_lock lock(disk_->mutex);
    return DiskSpace{.total = disk_->space, .available = disk_->space - std::min(disk_->space, disk_->used())};
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, std::string_view owner) override {
    const std::scoped_lock guard(disk_->mutex);
    const auto [at, taken] = disk_->locks.emplace(path, owner);
    if (!taken) return fail(Kind::kConflict, "in use by {}", at->second);
    return std::unique_ptr<FileLock>(std::make_unique<Held>(disk_, path));
  }

 private:
  struct Node {
    Bytes live;
    Bytes synced;
    std::size_t cut_to = SIZE_MAX;  // the shortest it was since the last sync
    TimestampMs modified{};
  };
  struct Disk {
    mutable std::mutex mutex;
    const Clock* clock = nullptr;
    std::map<std::string, std::shared_ptr<Node>> live;
    std::map<std::string, std::shared_ptr<Node>> durable;
    std::set<std::string> dirs;
    std::vector<std::pair<std::string, std::string>> renames;  // not on the disk yet
    std::map<std::string, std::string> locks;
    std::uint64_t space = UINT64_MAX;
    std::uint64_t changes = 0;
    std::uint64_t changes_left = UINT64_MAX;
    std::uint64_t generation = 0;
    std::size_t open_files = 0;
    bool syncs_fail = false;
    bool stopped = false;

    /// `file` lies below a directory in `path` that is not there any more.
    bool in_removed_dir_of(const std::string& path, const std::string& file) const {
      if (!file.starts_with(path + "/")) return false;
      const auto slash = file.find('/', path.size() + 1);
      return slash != std::string::npos && !dirs.contains(file.substr(0, slash));
    }
    TimestampMs now() const { return clock == nullptr ? TimestampMs{} : clock->wall(); }
    std::uint64_t used() const {
      std::uint64_t sum = 0;
      for (const auto& [path, node] : live) sum += node->live.size();
      return sum;
    }
    Result<> alive(std::uint64_t of) const {
      if (of != generation) return fail(Kind::kClosed, "opened before the crash");
      return done();
    }
    Result<> change(std::uint64_t of) {
      TRY(alive(of));
      ++changes;
      if (changes_left == 0) {
        stopped = true;
        return fail(Kind::kUnavailable, "the disk stopped answering");
      }
      --changes_left;
      return done();
    }
  };

  class Handle : public File {
   public:
    Handle(std::shared_ptr<Disk> disk, std::shared_ptr<Node> node)
        : disk_(std::move(disk)), node_(std::move(node)), generation_(disk_->generation) {
      ++disk_->open_files;
    }
    ~Handle() override {
      const std::scoped_lock lock(disk_->mutex);
      --disk_->open_files;
    }
    Result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const override {
      const std::scoped_lock lock(disk_->mutex);
      TRY(disk_->alive(generation_));
      const Bytes& data = node_->live;
      if (position >= data.size()) return std::size_t{0};
      const std::size_t count = std::min<std::size_t>(into.size(), data.size() - position);
      if (count > 0) std::memcpy(into.data(), data.data() + position, count);
      return count;
    }
    Result<> write_at(std::uint64_t position, View data) override {
      const std::scoped_lock lock(disk_->mutex);
      TRY(disk_->change(generation_));
      const std::uint64_t others = disk_->used() - node_->live.size();
      const std::uint64_t end_max = disk_->space == UINT64_MAX ? UINT64_MAX : disk_->space - std::min(disk_->space, others);
      const std::uint64_t fits = end_max > position ? std::min<std::uint64_t>(data.size(), end_max - position) : 0;
      const std::uint64_t before = node_->live.size();
      if (fits > 0 && position + fits > before) {
        node_->live.resize(position + fits);
        std::memset(node_->live.data() + before, 0, position + fits - before);
      }
      if (fits > 0) std::memcpy(node_->live.data() + position, data.data(), fits);
      node_->modified = disk_->now();
      if (fits < data.size()) return fail(Kind::kExhausted, "no space left");
      return done();
    }
    Result<> sync() override {
      const std::scoped_lock lock(disk_->mutex);
      TRY(disk_->change(generation_));
      if (disk_->syncs_fail) return fail(Kind::kUnavailable, "fsync: input/output error");
      node_->synced = node_->live;
      node_->cut_to = SIZE_MAX;
      return done();
    }
    Result<std::uint64_t> size() const override {
      const std::scoped_lock lock(disk_->mutex);
      TRY(disk_->alive(generation_));
      return std::uint64_t{node_->live.size()};
    }
    Result<> truncate(std::uint64_t size) override {
      const std::scoped_lock lock(disk_->mutex);
      TRY(disk_->change(generation_));
      const std::uint64_t before = node_->live.size();
      node_->cut_to = std::min<std::size_t>(node_->cut_to, size);
      node_->live.resize(size);
      if (size > before) std::memset(node_->live.data() + before, 0, size - before);
      return done();
    }
    Result<> punch(ByteRange range) override {
      const std::scoped_lock lock(disk_->mutex);
      TRY(disk_->change(generation_));
      const std::uint64_t end = std::min<std::uint64_t>(range.end, node_->live.size());
      if (range.begin < end) std::memset(node_->live.data() + range.begin, 0, end - range.begin);
      return done();
    }
    int descriptor() const override { return -1; }

   private:
    const std::shared_ptr<Disk> disk_;
    const std::shared_ptr<Node> node_;
    const std::uint64_t generation_;
  };

  class Held : public FileLock {
   public:
    Held(std::shared_ptr<Disk> disk, std::string path) : disk_(std::move(disk)), path_(std::move(path)) {}
    ~Held() override {
      const std::scoped_lock lock(disk_->mutex);
      disk_->locks.erase(path_);
    }

   private:
    const std::shared_ptr<Disk> disk_;
    const std::string path_;
  };

  void mix_names(std::mt19937_64& random, std::map<std::string, std::shared_ptr<Node>>& names) const {
    std::set<std::string> all;
    for (const auto* side : {&disk_->live, &disk_->durable}) {
      for (const auto& [path, node] : *side) all.insert(path);
    }
    std::map<std::string, bool> changed;
    for (const auto& path : all) changed[path] = random() % 2 != 0;
    // A rename is atomic: the new name never comes without the old one going, nor the other way round.
    for (auto at = disk_->renames.rbegin(); at != disk_->renames.rend(); ++at) changed[at->first] = changed[at->second];
    for (const auto& path : all) {
      if (!changed[path]) continue;
      const auto at = disk_->live.find(path);
      if (at == disk_->live.end()) {
        names.erase(path);
      } else {
        names[path] = at->second;
      }
    }
  }
  static std::shared_ptr<Node> survivor(std::mt19937_64& random, std::uint64_t seed, const Node& node) {
    auto out = std::make_shared<Node>();
    out->modified = node.modified;
    out->live = node.synced;
    std::size_t from = node.synced.size();  // what is before it is on the disk for sure
    if (seed != 0 && node.cut_to < from && random() % 2 == 0) {  // the truncation reached the disk
      from = node.cut_to;
      out->live.resize(from);
    }
    if (seed != 0 && node.live.size() > from) {
      const std::size_t grown = node.live.size() - from;
      const std::size_t kept = random() % (grown + 1);
      const std::size_t zeros = random() % 3 == 0 ? random() % (kept + 1) : 0;
      out->live.assign(node.live.begin(), node.live.begin() + static_cast<std::ptrdiff_t>(from + kept));
      if (zeros > 0) std::memset(out->live.data() + out->live.size() - zeros, 0, zeros);
    }
    out->synced = out->live;
    return out;
  }
  void restart(std::map<std::string, std::shared_ptr<Node>> after) {
    disk_->renames.clear();
    disk_->durable = after;
    disk_->live = std::move(after);
    for (const auto& [path, node] : disk_->live) {  // a removed directory whose removal did not reach the disk
      for (std::string dir = parent_of(path); dir != "." && dir != "/"; dir = parent_of(dir)) disk_->dirs.insert(dir);
    }
    heal_locked();
  }
  void heal_locked() {
    ++disk_->generation;
    disk_->changes_left = UINT64_MAX;
    disk_->syncs_fail = false;
    disk_->stopped = false;
    disk_->locks.clear();
  }

  const std::shared_ptr<Disk> disk_;
};

}  // namespace takhin::testing
