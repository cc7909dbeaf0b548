#pragma once
// A directory of a test's own, gone with it.

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace takhin::testing {

/// Under $TMPDIR, or /tmp. Removed with all that is in it by the destructor.
class TempDir {
 public:
  TempDir() : path_((std::filesystem::temp_directory_path() / "takhin-test-XXXXXX").string()) {
    TAKHIN_ASSERT(::mkdtemp(path_.data()) != nullptr, "no temporary directory");
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  /// path() / `name`.
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace takhin::testing
