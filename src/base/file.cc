#include "base/file.h"

namespace takhin {

Result<> FileSystem::rename_new(const std::string& from, const std::string& to) {
  return fail(Kind::kInvalid, "rename {} to {}: this file system cannot rename without replacing", from, to);
}

Result<Bytes> read_exactly(const File& file, ByteRange range) {
  Bytes data(range.size());
  TRY(const std::size_t got, file.read_at(range.begin, data));
  if (got != data.size()) {
    return fail(Kind::kCorrupt, "file ends at {} where bytes {}..{} should be", range.begin + got, range.begin,
                range.end);
  }
  return data;
}

Result<Bytes> read_whole(FileSystem& fs, const std::string& path) {
  TRY(const auto file, fs.open(path, OpenMode::kRead));
  TRY(const std::uint64_t size, file->size());
  return read_exactly(*file, {0, size}).within(path);
}

Result<> write_atomically(FileSystem& fs, const std::string& path, View data) {
  const std::string temp = path + ".tmp";
  {
    TRY(fs.remove(temp));
    TRY(const auto file, fs.open(temp, OpenMode::kCreateNew));
    TRY(file->write_at(0, data).within(temp));
    TRY(file->sync().within(temp));
  }
  TRY(fs.rename(temp, path));
  return fs.sync_dir(parent_of(path));
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace takhin
