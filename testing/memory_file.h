#pragma once
// A file that lives in memory, for tests that need a FileSlice.

#include <algorithm>
#include <mutex>

#include "base/file.h"

namespace takhin::testing {

/// Any thread.
class MemoryFile final : public File {
 public:
  MemoryFile() = default;
  explicit MemoryFile(Bytes content) : content_(std::move(content)) {}

  Result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const override {
    const std::lock_guard hold(mutex_);
    if (position >= content_.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(into.size(), content_.size() - position);
    std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(position), count, into.begin());
    return count;
  }
  Result<> write_at(std::uint64_t position, View data) override {
    const std::lock_guard hold(mutex_);
    if (content_.size() < position + data.size()) content_.resize(position + data.size(), std::byte{0});
    std::copy(data.begin(), data.end(), content_.begin() + static_cast<std::ptrdiff_t>(position));
    return done();
  }
  Result<> sync() override { return done(); }
  Result<std::uint64_t> size() const override {
    const std::lock_guard hold(mutex_);
    return static_cast<std::uint64_t>(content_.size());
  }
  Result<> truncate(std::uint64_t size) override {
    const std::lock_guard hold(mutex_);
    content_.resize(size, std::byte{0});
    return done();
  }
  Result<> punch(ByteRange range) override {
    const std::lock_guard hold(mutex_);
    const std::uint64_t end = std::min<std::uint64_t>(range.end, content_.size());
    for (std::uint64_t at = range.begin; at < end; ++at) content_[at] = std::byte{0};
    return done();
  }
  int descriptor() const override { return -1; }

 private:
  mutable std::mutex mutex_;
  Bytes content_;
};

}  // namespace takhin::testing
