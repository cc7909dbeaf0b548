#include "os/process.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>

#include "os/files.h"

extern char** environ;  // NOLINT: POSIX names it so

namespace takhin::os {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

// /proc/self/statm: "size resident shared ..." in pages. Its size reads as 0, so it takes a plain read.
Result<std::uint64_t> resident_bytes() {
  PosixFileSystem files;
  TRY(const auto statm, files.open("/proc/self/statm", OpenMode::kRead));
  std::byte buffer[256];
  TRY(const std::size_t got, statm->read_at(0, buffer));
  const std::string_view text = text_of(View(buffer, got));
  const auto space = text.find(' ');
  std::uint64_t pages = 0;
  if (space == text.npos ||
      std::from_chars(text.data() + space + 1, text.data() + text.size(), pages).ec != std::errc()) {
    return fail(Kind::kCorrupt, "/proc/self/statm: '{}'", text);
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::int64_t process_id() { return ::getpid(); }

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> out;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view line = *at;
    const auto equals = line.find('=');
    if (equals != line.npos) out.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return out;
}

StopSignals::StopSignals() {
  ::sigemptyset(&set_);
  ::sigaddset(&set_, SIGTERM);
  ::sigaddset(&set_, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // a closed connection is an error of one write
}

int StopSignals::wait() {
  int signal = 0;
  while (::sigwait(&set_, &signal) != 0) {
  }
  return signal;
}

std::optional<int> StopSignals::wait_for(std::chrono::nanoseconds how_long) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(how_long);
  const timespec limit{whole.count(), (how_long - whole).count()};
  const int signal = ::sigtimedwait(&set_, nullptr, &limit);
  if (signal < 0) return std::nullopt;
  return signal;
}

Result<Usage> usage() {
  Usage out;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) != 0) return fail(Kind::kInvalid, "getrusage: {}", std::strerror(errno));
  out.cpu_seconds = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  TRY(out.resident_bytes, resident_bytes());
  PosixFileSystem files;
  TRY(const auto descriptors, files.list("/proc/self/fd"));
  out.open_files = descriptors.size() - 1;  // without the one that reads the list
  return out;
}

Result<std::uint64_t> raise_open_files_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return fail(Kind::kInvalid, "getrlimit: {}", std::strerror(errno));
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return fail(Kind::kDenied, "setrlimit: {}", std::strerror(errno));
  }
  return static_cast<std::uint64_t>(limit.rlim_cur);
}

}  // namespace takhin::os
