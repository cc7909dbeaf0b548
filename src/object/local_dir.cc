#include "object/local_dir.h"

#include <algorithm>
#include <set>

#include "base/crc32c.h"
#include "base/uuid.h"

namespace takhin::object {
namespace {

constexpr std::string_view kHidden = ".takhin";
constexpr std::size_t kReadStepBytes = kMiB;

/// '/' cannot stand in a file's name.
std::string flattened(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '/') {
      out += "%2F";
    } else if (c == '%') {
      out += "%25";
    } else {
      out += c;
    }
  }
  return out;
}

/// kInvalid: the path is a folder, or a part of it is a file. Neither is an object of this name.
bool is_absent(const Error& error) { return error.kind == Kind::kNotFound || error.kind == Kind::kInvalid; }

std::string etag_of(const FileInfo& file) { return fmt::format("{}-{}", file.modified.raw, file.size); }

Result<std::uint32_t> crc_of(const File& file, std::uint64_t size) {
  std::uint32_t crc = 0;
  Bytes step(std::min<std::uint64_t>(size, kReadStepBytes));
  for (std::uint64_t at = 0; at < size; at += step.size()) {
    step.resize(std::min<std::uint64_t>(size - at, kReadStepBytes));
    TRY(const std::size_t got, file.read_at(at, step));
    if (got != step.size()) return fail(Kind::kCorrupt, "ends at {} instead of {}", at + got, size);
    crc = crc32c(step, crc);
  }
  return crc;
}

/// One page of a listing: visits folders in the order of the keys below them, and only those that can hold one.
class Lister {
 public:
  Lister(FileSystem& fs, const std::string& root, std::string_view prefix, std::string_view after)
      : fs_(fs), root_(root), prefix_(prefix), after_(after) {}

  /// `folder` is "" or ends with '/'.
  Result<> visit(const std::string& folder) {
    std::string path = root_ + "/" + folder;
    path.pop_back();
    auto entries = fs_.list(path);
    if (!entries.ok()) {
      if (entries.error().kind == Kind::kNotFound && !folder.empty()) return done();
      return std::move(entries).error();
    }
    // "a-b" sorts before "a/b", but the folder "a" before the file "a-b": so a folder sorts with its slash.
    std::vector<std::string> names;
    for (DirEntry& entry : *entries) {
      if (folder.empty() && entry.name == kHidden) continue;
      names.push_back(folder + entry.name + (entry.is_directory ? "/" : ""));
    }
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      if (page_.more) return done();
      if (name.back() == '/') {
        if (may_hold_wanted(name)) TRY(visit(name));
      } else if (name.starts_with(prefix_) && name > after_) {
        TRY(add(name));
      }
    }
    return done();
  }
  Page take() { return std::move(page_); }

 private:
  bool may_hold_wanted(const std::string& folder) const {
    if (!folder.starts_with(prefix_) && !prefix_.starts_with(folder)) return false;
    return folder > after_ || after_.starts_with(folder);
  }

  Result<> add(const std::string& name) {
    if (!check({name}).ok()) return done();  // a file that is not ours
    if (page_.objects.size() == kListPageMax) {
      page_.more = true;
      return done();
    }
    auto file = fs_.stat(root_ + "/" + name);
    if (!file.ok()) return file.error().kind == Kind::kNotFound ? done() : Result<>(std::move(file).error());
    page_.objects.push_back({{name}, file->size, etag_of(*file), std::nullopt, file->modified});
    return done();
  }

  FileSystem& fs_;
  const std::string& root_;
  const std::string_view prefix_;
  const std::string_view after_;
  Page page_;
};

}  // namespace

class LocalDirStore::LocalUpload final : public Upload {
 public:
  LocalUpload(LocalDirStore& store, ObjectKey key, When when, Deadline deadline, std::string temp,
              std::shared_ptr<File> file)
      : store_(store),
        key_(std::move(key)),
        when_(when),
        deadline_(deadline),
        temp_(std::move(temp)),
        file_(std::move(file)) {}
  ~LocalUpload() override {
    if (visible_) return;
    if (auto removed = store_.fs_.remove(temp_); !removed.ok()) return;  // abort_uploads() finds it later
  }

  Result<> write(View data) override {
    if (outcome_)
      return outcome_->ok() ? fail(Kind::kInvalid, "upload {}: write after finish", key_.name) : outcome_->error();
    auto wrote = store_.in_time("upload", deadline_);
    if (wrote.ok()) wrote = file_->write_at(size_, data);
    if (!wrote.ok()) return lost(std::move(wrote).error());
    size_ += data.size();
    crc_ = crc32c(data, crc_);
    return done();
  }

  Result<ObjectInfo> finish() override {
    if (outcome_) return *outcome_;
    auto finished = store_.in_time("upload", deadline_);
    if (finished.ok()) finished = file_->sync();
    file_.reset();
    const auto file = store_.fs_.stat(temp_);  // before the rename, which changes neither size nor time
    if (finished.ok() && !file.ok()) finished = file.error();
    if (finished.ok()) finished = store_.publish(temp_, key_, when_);
    if (!finished.ok()) return lost(std::move(finished).error());
    visible_ = true;
    outcome_ = ObjectInfo{key_, size_, etag_of(*file), crc_, file->modified};
    return *outcome_;
  }

 private:
  Error lost(Error error) {
    outcome_ = std::move(error).within("upload " + key_.name);
    return outcome_->error();
  }

  LocalDirStore& store_;
  const ObjectKey key_;
  const When when_;
  const Deadline deadline_;
  const std::string temp_;
  std::shared_ptr<File> file_;
  std::uint64_t size_ = 0;
  std::uint32_t crc_ = 0;
  bool visible_ = false;
  std::optional<Result<ObjectInfo>> outcome_;
};

Result<std::unique_ptr<LocalDirStore>> LocalDirStore::open(FileSystem& fs, const Clock& clock, Random& random,
                                                           std::string root) {
  std::unique_ptr<LocalDirStore> store(new LocalDirStore(fs, clock, random, std::move(root)));
  TRY(fs.make_dirs(store->root_ + "/" + std::string(kHidden)).within("open object directory"));
  TRY(fs.sync_dir(store->root_).within("open object directory"));
  return store;
}

Result<> LocalDirStore::in_time(std::string_view verb, const Deadline& deadline) const {
  if (deadline.passed(clock_)) return fail(Kind::kUnavailable, "{}: deadline passed", verb);
  return done();
}

Result<> LocalDirStore::admit(std::string_view verb, const ObjectKey& key, const Deadline& deadline) const {
  TRY(check(key));
  if (key.name == kHidden || key.name.starts_with(std::string(kHidden) + "/")) {
    return fail(Kind::kInvalid, "object key \"{}\": {} is kept for unfinished files", key.name, kHidden);
  }
  return in_time(verb, deadline);
}

std::string LocalDirStore::temp_path(const ObjectKey& key) {
  const std::string name = Uuid::make(random_).text() + "." + flattened(key.name);
  return fmt::format("{}/{}/{}", root_, kHidden, name.substr(0, kKeyPartBytesMax));
}

/// A folder is durable when its parent is synced, so every folder made here is, from the top down.
Result<> LocalDirStore::make_folders(const std::string& folder) {
  if (folder.size() <= root_.size()) return done();
  if (const auto found = fs_.stat(folder); found.ok()) {
    if (found->is_directory) return done();
    return fail(Kind::kInvalid, "{} is an object, not a folder", folder.substr(root_.size() + 1));
  }
  const std::string parent = parent_of(folder);
  TRY(make_folders(parent));
  TRY(fs_.make_dirs(folder));
  return fs_.sync_dir(parent);
}

Result<> LocalDirStore::publish(const std::string& temp, const ObjectKey& key, When when) {
  const std::string path = path_of(key);
  const std::string folder = parent_of(path);
  TRY(make_folders(folder));
  if (const auto found = fs_.stat(path); found.ok() && found->is_directory) {
    return fail(Kind::kInvalid, "{} is a folder of other objects", key.name);
  }
  auto renamed = when == When::kAbsent ? fs_.rename_new(temp, path) : fs_.rename(temp, path);
  if (!renamed.ok()) {
    if (renamed.error().kind == Kind::kConflict) return fail(Kind::kConflict, "{} exists", key.name);
    return renamed;
  }
  return fs_.sync_dir(folder);
}

Result<std::unique_ptr<Upload>> LocalDirStore::upload(const ObjectKey& key, When when, Deadline deadline) {
  TRY(admit("upload", key, deadline));
  std::string temp = temp_path(key);
  TRY(auto file, fs_.open(temp, OpenMode::kCreateNew).within("upload " + key.name));
  return std::unique_ptr<Upload>(
      std::make_unique<LocalUpload>(*this, key, when, deadline, std::move(temp), std::move(file)));
}

Result<ObjectInfo> LocalDirStore::put(const ObjectKey& key, View body, When when, Deadline deadline) {
  TRY(auto whole, upload(key, when, deadline));
  TRY(whole->write(body));
  return whole->finish();
}

Result<Bytes> LocalDirStore::get(const ObjectKey& key, ByteRange range, Deadline deadline) {
  TRY(admit("get", key, deadline));
  auto file = fs_.open(path_of(key), OpenMode::kRead);
  if (!file.ok()) {
    if (is_absent(file.error())) file.error().kind = Kind::kNotFound;
    return std::move(file).error().within("get " + key.name);
  }
  TRY(const std::uint64_t size, (*file)->size());
  if (range.begin > range.end || range.end > size) {
    return fail(Kind::kOutOfRange, "get {}: bytes {}..{} of {}", key.name, range.begin, range.end, size);
  }
  return read_exactly(**file, range).within("get " + key.name);
}

Result<ObjectInfo> LocalDirStore::head(const ObjectKey& key, Deadline deadline) {
  TRY(admit("head", key, deadline));
  const std::string path = path_of(key);
  auto file = fs_.open(path, OpenMode::kRead);
  if (!file.ok()) {
    if (is_absent(file.error())) file.error().kind = Kind::kNotFound;
    return std::move(file).error().within("head " + key.name);
  }
  TRY(const FileInfo info, fs_.stat(path).within("head " + key.name));
  TRY(const std::uint32_t crc, crc_of(**file, info.size).within("head " + key.name));
  return ObjectInfo{key, info.size, etag_of(info), crc, info.modified};
}

Result<Page> LocalDirStore::list(std::string_view prefix, std::string_view after, Deadline deadline) {
  TRY(in_time("list", deadline));
  // The folders that `prefix` names are entered at once; their siblings are never read.
  const auto slash = prefix.rfind('/');
  const std::string start(slash == std::string_view::npos ? "" : prefix.substr(0, slash + 1));
  if (!start.empty()) {
    if (!check({start.substr(0, start.size() - 1)}).ok()) return Page{};  // no key begins like that
    if (start.starts_with(std::string(kHidden) + "/")) return Page{};
    const auto folder = fs_.stat(root_ + "/" + start.substr(0, start.size() - 1));
    if (!folder.ok() && !is_absent(folder.error())) return folder.error();
    if (!folder.ok() || !folder->is_directory) {
      // An unmounted root must not look like an empty store.
      TRY(fs_.stat(fmt::format("{}/{}", root_, kHidden)).within("list: the object directory is gone"));
      return Page{};
    }
  }
  Lister lister(fs_, root_, prefix, after);
  TRY(lister.visit(start).within(fmt::format("list \"{}\"", prefix)));
  return lister.take();
}

Result<std::vector<KeyError>> LocalDirStore::remove(std::span<const ObjectKey> keys, Deadline deadline) {
  TRY(in_time("remove", deadline));
  std::vector<KeyError> failed;
  std::set<std::string> folders;
  for (const ObjectKey& key : keys) {
    auto removed = admit("remove", key, deadline);
    if (removed.ok()) removed = remove_file(path_of(key));
    if (removed.ok()) {
      folders.insert(parent_of(path_of(key)));
    } else {
      failed.push_back({key, std::move(removed).error()});
    }
  }
  for (const std::string& folder : folders) {
    if (auto synced = fs_.sync_dir(folder); !synced.ok() && !is_absent(synced.error()))
      return std::move(synced).error();
  }
  return failed;
}

Result<> LocalDirStore::remove_file(const std::string& path) {
  const auto found = fs_.stat(path);
  if (!found.ok()) return is_absent(found.error()) ? done() : Result<>(found.error());
  return found->is_directory ? done() : fs_.remove(path);  // a folder is not an object
}

Result<std::size_t> LocalDirStore::abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) {
  TRY(in_time("abort_uploads", deadline));
  const std::string hidden = fmt::format("{}/{}", root_, kHidden);
  const std::string wanted = flattened(prefix);
  TRY(const auto entries, fs_.list(hidden).within("abort_uploads"));
  std::size_t aborted = 0;
  for (const DirEntry& entry : entries) {
    const auto dot = entry.name.find('.');
    if (entry.is_directory || dot == std::string::npos) continue;
    // A name that was cut and is shorter than the prefix may belong to somebody else: left alone.
    if (!std::string_view(entry.name).substr(dot + 1).starts_with(wanted)) continue;
    const auto file = fs_.stat(hidden + "/" + entry.name);
    if (!file.ok() || file->modified >= older_than) continue;
    TRY(fs_.remove(hidden + "/" + entry.name));
    ++aborted;
  }
  return aborted;
}

}  // namespace takhin::object
