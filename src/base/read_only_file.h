#pragma once

#include "base/file.h"

namespace takhin {

/// For files that are only ever read: what changes a file is refused with kInvalid.
class ReadOnlyFile : public File {
 public:
  Result<> write_at(std::uint64_t, View) final { return refused(); }
  Result<> sync() final { return refused(); }
  Result<> truncate(std::uint64_t) final { return refused(); }
  Result<> punch(ByteRange) final { return refused(); }

 private:
  static Error refused() { return fail(Kind::kInvalid, "a part of the log is read-only"); }
};

}  // namespace takhin
