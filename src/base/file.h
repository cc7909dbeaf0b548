#pragma once
// Files as the engine sees them. os/ holds the POSIX ones, testing/ one that forgets what was not synced.

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace takhin {

/// An open file. Reads from any thread; writes from one thread at a time. Closed by the destructor.
class File {
 public:
  virtual ~File() = default;
  /// Fills `into` from `position`; answers how many bytes there were, fewer only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const = 0;
  /// Writes all or fails; kExhausted when the disk is full, and then the file may hold a part of it.
  virtual Result<> write_at(std::uint64_t position, View data) = 0;
  /// Returns when data and size are on the disk (fdatasync). After a failure the data must be taken as lost.
  virtual Result<> sync() = 0;
  virtual Result<std::uint64_t> size() const = 0;
  virtual Result<> truncate(std::uint64_t size) = 0;
  /// Gives the blocks of `range` back to the disk; they read as zeros. The size stays.
  virtual Result<> punch(ByteRange range) = 0;
  /// For sendfile only; -1 when there is none.
  virtual int descriptor() const = 0;
};

enum class OpenMode {
  kRead,       // must exist
  kReadWrite,  // made when absent
  kCreateNew,  // kConflict when it exists
};

struct FileInfo {
  std::uint64_t size = 0;
  TimestampMs modified{};
  bool is_directory = false;
  std::uint32_t permissions = 0;  // POSIX: rwxrwxrwx of owner, group and others; 0 where there is no such thing
};

struct DirEntry {
  std::string name;
  bool is_directory = false;
};

struct DiskSpace {
  std::uint64_t total = 0;
  std::uint64_t available = 0;
};

/// Held until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// Any thread. Paths are UTF-8, absolute or relative to the process.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  /// An absent file is success.
  virtual Result<> remove(const std::string& path) = 0;
  /// With all that is below it; an absent one is success.
  virtual Result<> remove_tree(const std::string& path) = 0;
  /// Atomic, replaces `to`. Durable only after sync_dir() of the parent.
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  /// As rename(), but kConflict when `to` exists, also against other processes (renameat2 with RENAME_NOREPLACE, or link
  /// and unlink). A file system that cannot do this atomically keeps the default, which answers kInvalid.
  virtual Result<> rename_new(const std::string& from, const std::string& to);
  virtual Result<> make_dirs(const std::string& path) = 0;
  virtual Result<> sync_dir(const std::string& path) = 0;
  /// Sorted by name, without "." and "..".
  virtual Result<std::vector<DirEntry>> list(const std::string& path) = 0;
  virtual Result<FileInfo> stat(const std::string& path) = 0;
  virtual Result<DiskSpace> space(const std::string& path) = 0;
  /// Takes `path` for this process and writes `owner` into it; kConflict names the holder.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path, std::string_view owner) = 0;
};

/// A part of a file that a reply points to; keeps the file open, also after it was unlinked.
struct FileSlice {
  std::shared_ptr<const File> file;
  ByteRange range;
};

/// Exactly range.size() bytes, or kCorrupt when the file is shorter.
Result<Bytes> read_exactly(const File& file, ByteRange range);
Result<Bytes> read_whole(FileSystem& fs, const std::string& path);

/// The one way a small file becomes visible: temp file, fsync, rename, fsync of the directory. All of `data`
/// or the old content after a crash at any point.
Result<> write_atomically(FileSystem& fs, const std::string& path, View data);

/// Parent of a path: "a/b/c" gives "a/b", "c" gives ".".
std::string parent_of(const std::string& path);

}  // namespace takhin
