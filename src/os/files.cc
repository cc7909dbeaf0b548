#include "os/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace takhin::os {
namespace {

// Linux moves at most 2^31 - 4096 bytes in one call; a smaller step keeps a huge read interruptible.
constexpr std::size_t kTransferBytesMax = 256 * kMiB;
constexpr std::size_t kOwnerBytesMax = 256;

Kind kind_of(int error) {
  switch (error) {
    case ENOENT: return Kind::kNotFound;
    case EEXIST:
    case ENOTEMPTY:
    case EBUSY: return Kind::kConflict;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case EFBIG: return Kind::kExhausted;
    case EACCES:
    case EPERM:
    case EROFS: return Kind::kDenied;
    case EIO:
    case EAGAIN:
    case ENOMEM: return Kind::kUnavailable;
    default: return Kind::kInvalid;
  }
}

Error system_error(int error, std::string_view verb, std::string_view path) {
  return fail(kind_of(error), "{} {}: {}", verb, path, std::system_category().message(error));
}

template <class Call>
auto retried(Call call) {
  auto answer = call();
  while (answer < 0 && errno == EINTR)
    answer = call();
  return answer;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

class PosixFile : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const override {
    std::size_t done = 0;
    while (done < into.size()) {
      const std::size_t step = std::min(into.size() - done, kTransferBytesMax);
      const ssize_t got =
          retried([&] { return ::pread(fd_.get(), into.data() + done, step, static_cast<off_t>(position + done)); });
      if (got < 0) return system_error(errno, "read", path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Result<> write_at(std::uint64_t position, View data) override {
    std::size_t written = 0;
    while (written < data.size()) {
      const std::size_t step = std::min(data.size() - written, kTransferBytesMax);
      const ssize_t put = retried(
          [&] { return ::pwrite(fd_.get(), data.data() + written, step, static_cast<off_t>(position + written)); });
      if (put < 0) return system_error(errno, "write", path_);
      written += static_cast<std::size_t>(put);
    }
    return done();
  }

  Result<> sync() override {
    // Not retried: after a failed fsync the kernel may have dropped the pages, so a second success would prove nothing.
    if (::fdatasync(fd_.get()) != 0) return system_error(errno, "sync", path_);
    return done();
  }

  Result<std::uint64_t> size() const override {
    struct stat info{};
    if (::fstat(fd_.get(), &info) != 0) return system_error(errno, "stat", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }

  Result<> truncate(std::uint64_t size) override {
    if (retried([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0) {
      return system_error(errno, "truncate", path_);
    }
    return done();
  }

  Result<> punch(ByteRange range) override {
    if (range.empty()) return done();
    const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    const auto answer = retried([&] {
      return ::fallocate(fd_.get(), mode, static_cast<off_t>(range.begin), static_cast<off_t>(range.size()));
    });
    if (answer != 0) return system_error(errno, "punch hole into", path_);
    return done();
  }

  int descriptor() const override { return fd_.get(); }

 private:
  const Descriptor fd_;
  const std::string path_;
};

class HeldLock : public FileLock {
 public:
  explicit HeldLock(int fd) : fd_(fd) {}

 private:
  const Descriptor fd_;  // closing it lets go of the lock
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead: return O_RDONLY;
    case OpenMode::kReadWrite: return O_RDWR | O_CREAT;
    case OpenMode::kCreateNew: return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

bool is_directory(int parent, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN && entry.d_type != DT_LNK) return entry.d_type == DT_DIR;
  struct stat info{};
  return ::fstatat(parent, entry.d_name, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

Result<std::shared_ptr<File>> PosixFileSystem::open(const std::string& path, OpenMode mode) {
  const int fd = retried([&] { return ::open(path.c_str(), flags_of(mode) | O_CLOEXEC, 0644); });
  if (fd < 0) return system_error(errno, "open", path);
  auto file = std::make_shared<PosixFile>(fd, path);
  struct stat info{};
  if (::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) return system_error(EISDIR, "open", path);
  return std::shared_ptr<File>(std::move(file));
}

Result<> PosixFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(errno, "remove", path);
  return done();
}

Result<> PosixFileSystem::remove_tree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return system_error(error.value(), "remove", path);
  return done();
}

Result<> PosixFileSystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_error(errno, "rename to " + to, from);
  return done();
}

Result<> PosixFileSystem::rename_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return done();
  if (errno != EINVAL && errno != ENOSYS) return system_error(errno, "rename to " + to, from);
  // Some file systems (NFS among them) know no RENAME_NOREPLACE, but link() never replaces either.
  if (::link(from.c_str(), to.c_str()) != 0) return system_error(errno, "link to " + to, from);
  return remove(from);
}

Result<> PosixFileSystem::make_dirs(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return system_error(error.value(), "make directory", path);
  return done();
}

Result<> PosixFileSystem::sync_dir(const std::string& path) {
  const Descriptor dir(retried([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (dir.get() < 0) return system_error(errno, "open", path);
  if (::fsync(dir.get()) != 0) return system_error(errno, "sync", path);
  return done();
}

Result<std::vector<DirEntry>> PosixFileSystem::list(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), ::closedir);
  if (dir == nullptr) return system_error(errno, "list", path);
  std::vector<DirEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") entries.push_back({std::string(name), is_directory(::dirfd(dir.get()), *entry)});
    errno = 0;
  }
  if (errno != 0) return system_error(errno, "list", path);
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

Result<FileInfo> PosixFileSystem::stat(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return system_error(errno, "stat", path);
  return FileInfo{static_cast<std::uint64_t>(info.st_size),
                  TimestampMs{info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000}, S_ISDIR(info.st_mode),
                  static_cast<std::uint32_t>(info.st_mode & 0777)};
}

Result<DiskSpace> PosixFileSystem::space(const std::string& path) {
  struct statvfs info{};
  if (retried([&] { return ::statvfs(path.c_str(), &info); }) != 0) return system_error(errno, "statvfs", path);
  return DiskSpace{info.f_blocks * info.f_frsize, info.f_bavail * info.f_frsize};
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::string& path, std::string_view owner) {
  TAKHIN_ASSERT(owner.size() <= kOwnerBytesMax, "the owner's name does not fit");
  const int fd = retried([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644); });
  if (fd < 0) return system_error(errno, "open", path);
  auto held = std::make_unique<HeldLock>(fd);
  if (retried([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }) != 0) {
    if (errno != EWOULDBLOCK) return system_error(errno, "lock", path);
    char holder[kOwnerBytesMax];
    const ssize_t got = retried([&] { return ::pread(fd, holder, sizeof holder, 0); });
    const std::string_view text(holder, got > 0 ? static_cast<std::size_t>(got) : 0);
    const auto line = text.substr(0, text.find('\n'));
    return fail(Kind::kConflict, "in use by {}", line.empty() ? std::string_view("another process") : line);
  }
  const std::string line = std::string(owner) + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, line.data(), line.size(), 0) != static_cast<ssize_t>(line.size())) {
    return system_error(errno, "write", path);
  }
  return std::unique_ptr<FileLock>(std::move(held));
}

}  // namespace takhin::os
