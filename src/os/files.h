#pragma once
// Files of the POSIX system that runs us.

#include "base/file.h"

namespace takhin::os {

/// Stateless; any thread. Errors: ENOENT kNotFound, EEXIST kConflict, a full disk, quota or descriptor table kExhausted,
/// permissions kDenied, a failing device kUnavailable. Every text names path and reason.
///
/// lock(): flock(2) on `path`, so that the kernel lets go when the process dies, however it dies. kConflict says
/// "in use by <owner>".
class PosixFileSystem : public FileSystem {
 public:
  Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<> remove(const std::string& path) override;
  Result<> remove_tree(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> rename_new(const std::string& from, const std::string& to) override;
  Result<> make_dirs(const std::string& path) override;
  Result<> sync_dir(const std::string& path) override;
  Result<std::vector<DirEntry>> list(const std::string& path) override;
  Result<FileInfo> stat(const std::string& path) override;
  Result<DiskSpace> space(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, std::string_view owner) override;
};

}  // namespace takhin::os
