#pragma once
// A data directory, taken for this process, and what it remembers of the last one.

#include <memory>
#include <string>

#include "assembly/system.h"

namespace takhin::assembly {

class DataDir {
 public:
  /// Makes `path` when absent and takes DATA/LOCK. kConflict: "data directory X is in use by pid N".
  static Result<std::unique_ptr<DataDir>> open(const System& system, const std::string& path);

  const std::string& path() const { return path_; }
  /// True when the last process left the logs in order. True once: a crash from here on is found by the next start.
  Result<bool> take_clean_mark();
  /// Call when every log is closed and synced.
  Result<> put_clean_mark();

 private:
  DataDir(FileSystem& files, std::string path, std::unique_ptr<FileLock> lock)
      : files_(files), path_(std::move(path)), lock_(std::move(lock)) {}
  std::string mark_path() const { return path_ + "/clean-shutdown"; }

  FileSystem& files_;
  const std::string path_;
  const std::unique_ptr<FileLock> lock_;
};

}  // namespace takhin::assembly
