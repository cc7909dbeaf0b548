#pragma once
// Bytes in memory as a file.

#include <algorithm>
#include <cstring>

#include "base/read_only_file.h"

namespace takhin::tier {

/// Bytes of a log in memory, read by their log positions. Has no descriptor: not for sendfile. Any thread.
class MemoryFile final : public ReadOnlyFile {
 public:
  MemoryFile(std::uint64_t position, Bytes bytes) : position_(position), bytes_(std::move(bytes)) {}

  Result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const override {
    if (position < position_) return fail(Kind::kInvalid, "bytes before {} are not in memory", position_);
    const std::uint64_t skip = std::min<std::uint64_t>(position - position_, bytes_.size());
    const std::size_t count = std::min<std::size_t>(into.size(), bytes_.size() - skip);
    if (count > 0) std::memcpy(into.data(), bytes_.data() + skip, count);
    return count;
  }
  Result<std::uint64_t> size() const override { return range().end; }
  int descriptor() const override { return -1; }

  ByteRange range() const { return {position_, position_ + bytes_.size()}; }

 private:
  const std::uint64_t position_;
  const Bytes bytes_;
};

}  // namespace takhin::tier
