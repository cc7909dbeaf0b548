#pragma once
// The object store that is a directory: an object is a file, its key the path below the root. What `file://` endpoints
// mean.

#include "base/file.h"
#include "base/random.h"
#include "object/store.h"

namespace takhin::object {

/// Objects appear by rename from `ROOT/.takhin/`, which no listing shows and no key may begin with; put() and finish()
/// return when data, name and folders are on the disk. kAbsent is atomic also between processes. A key cannot be a
/// folder of another (kInvalid), and folders that became empty stay. Any thread, any number of processes.
///
/// crc32c: put() and finish() report that of the bytes given, head() reads the file and reports that of the bytes
/// found; list() reports none. Cost of head(): reading the object.
class LocalDirStore final : public ObjectStore {
 public:
  /// Makes `root` when absent. All arguments are borrowed.
  static Result<std::unique_ptr<LocalDirStore>> open(FileSystem& fs, const Clock& clock, Random& random,
                                                     std::string root);

  Result<ObjectInfo> put(const ObjectKey& key, View body, When when, Deadline deadline) override;
  Result<std::unique_ptr<Upload>> upload(const ObjectKey& key, When when, Deadline deadline) override;
  Result<Bytes> get(const ObjectKey& key, ByteRange range, Deadline deadline) override;
  Result<ObjectInfo> head(const ObjectKey& key, Deadline deadline) override;
  Result<Page> list(std::string_view prefix, std::string_view after, Deadline deadline) override;
  Result<std::vector<KeyError>> remove(std::span<const ObjectKey> keys, Deadline deadline) override;
  /// Removes files that a put or upload left behind when its process died; `older_than` is compared with their last
  /// write.
  Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override;

 private:
  class LocalUpload;
  LocalDirStore(FileSystem& fs, const Clock& clock, Random& random, std::string root)
      : fs_(fs), clock_(clock), random_(random), root_(std::move(root)) {}

  Result<> admit(std::string_view verb, const ObjectKey& key, const Deadline& deadline) const;
  Result<> in_time(std::string_view verb, const Deadline& deadline) const;
  std::string path_of(const ObjectKey& key) const { return root_ + "/" + key.name; }
  std::string temp_path(const ObjectKey& key);
  Result<> make_folders(const std::string& folder);
  Result<> remove_file(const std::string& path);
  Result<> publish(const std::string& temp, const ObjectKey& key, When when);

  FileSystem& fs_;
  const Clock& clock_;
  Random& random_;
  const std::string root_;
};

}  // namespace takhin::object
