#pragma once
// Producer ids that never repeat, also not after kill -9: a block of them is taken on disk before the first of it is given out.

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace takhin::broker {

/// Any thread.
class ProducerIds {
 public:
  static constexpr std::int64_t kBlock = 1000;

  /// `path` is a small text file, made when absent. kCorrupt when it is not ours: ids must not start over.
  static Result<std::unique_ptr<ProducerIds>> open(FileSystem& files, const std::string& path);
  /// One fsync in kBlock calls. kExhausted or kUnavailable when the disk refuses it; then no id is lost or given twice.
  Result<std::int64_t> next();
  /// Ids from here on are free, also after a crash.
  std::int64_t taken_below() const {
    const std::lock_guard hold(mutex_);
    return end_;
  }
  /// For a data directory that is being recovered: ids below `from` are taken. Never lowers what is there.
  static Result<> raise(FileSystem& files, const std::string& path, std::int64_t from);

 private:
  ProducerIds(FileSystem& files, std::string path, std::int64_t from)
      : files_(files), path_(std::move(path)), next_(from), end_(from) {}

  static Result<> store(FileSystem& files, const std::string& path, std::int64_t taken_below);

  FileSystem& files_;
  const std::string path_;
  mutable std::mutex mutex_;
  std::int64_t next_;
  std::int64_t end_;  // ids below it are taken on disk
};

}  // namespace takhin::broker
