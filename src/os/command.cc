#include "os/command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

extern char** environ;  // NOLINT: POSIX names it so

namespace takhin::os {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// How often a child that has closed its stdout is asked whether it has ended.
constexpr std::chrono::milliseconds kReapInterval{2};

Kind kind_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR: return Kind::kNotFound;
    case EACCES:
    case EPERM:
    case ENOEXEC: return Kind::kDenied;
    default: return Kind::kExhausted;
  }
}

class Pipe {
 public:
  Result<> open() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) return fail(Kind::kExhausted, "pipe: {}", std::strerror(errno));
    return done();
  }
  ~Pipe() { close_reader(), close_writer(); }
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void close_reader() { close(ends_[0]); }
  void close_writer() { close(ends_[1]); }

 private:
  static void close(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  int ends_[2] = {-1, -1};
};

/// posix_spawn's two arguments that need an end.
struct SpawnSetup {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnSetup() { ::posix_spawn_file_actions_init(&actions), ::posix_spawnattr_init(&attributes); }
  ~SpawnSetup() { ::posix_spawn_file_actions_destroy(&actions), ::posix_spawnattr_destroy(&attributes); }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

Result<pid_t> spawn(std::span<const std::string> argv, const Pipe& in, const Pipe& out) {
  SpawnSetup setup;
  ::posix_spawn_file_actions_adddup2(&setup.actions, in.reader(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&setup.actions, out.writer(), STDOUT_FILENO);
  // Sockets of ours must not live on in a child that outlives us.
  ::posix_spawn_file_actions_addclosefrom_np(&setup.actions, STDERR_FILENO + 1);
  sigset_t none, ignored;
  ::sigemptyset(&none);
  ::sigemptyset(&ignored);
  ::sigaddset(&ignored, SIGPIPE);
  ::posix_spawnattr_setsigmask(&setup.attributes, &none);
  ::posix_spawnattr_setsigdefault(&setup.attributes, &ignored);
  ::posix_spawnattr_setpgroup(&setup.attributes, 0);  // so that a kill reaches what it starts
  ::posix_spawnattr_setflags(&setup.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, arguments[0], &setup.actions, &setup.attributes, arguments.data(), environ);
  if (error != 0) return fail(kind_of(error), "{}: {}", argv[0], std::strerror(error));
  return child;
}

/// Up to the end of its stdout. False when the time ran out.
Result<bool> read_output(int from, Bytes& into, SteadyClock::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{from, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready <= 0) continue;  // EINTR and a minute passed alike: look at the time
    std::byte buffer[4 * kKiB];
    const ssize_t got = ::read(from, buffer, sizeof buffer);
    if (got == 0) return true;
    if (got < 0 && errno != EINTR) return fail(Kind::kExhausted, "read: {}", std::strerror(errno));
    if (got > 0) append(into, View(buffer, static_cast<std::size_t>(got)));
    if (into.size() > kCommandOutputMax) return fail(Kind::kExhausted, "more than {} bytes of output", kCommandOutputMax);
  }
}

/// Its exit code, or nothing when the time ran out.
std::optional<int> reap(pid_t child, SteadyClock::time_point until) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (ended < 0 && errno != EINTR) return 0;  // SIGCHLD is ignored: the kernel has reaped it
    if (SteadyClock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(kReapInterval);
  }
}

void kill_group(pid_t child) {
  ::kill(-child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<CommandAnswer> SystemCommands::run(std::span<const std::string> argv, View input, std::chrono::nanoseconds time_max) {
  TAKHIN_ASSERT(!argv.empty(), "a command without a program");
  if (input.size() > kCommandInputMax) return fail(Kind::kInvalid, "{}: more than {} bytes of input", argv[0], kCommandInputMax);
  const auto until = SteadyClock::now() + time_max;
  Pipe in, out;
  TRY(in.open());
  TRY(out.open());
  // Before the child is there: an empty pipe takes this much without waiting, and nobody can close its other end meanwhile.
  if (::write(in.writer(), input.data(), input.size()) != static_cast<ssize_t>(input.size())) {
    return fail(Kind::kExhausted, "{}: write to its stdin: {}", argv[0], std::strerror(errno));
  }
  TRY(const pid_t child, spawn(argv, in, out));
  in.close_writer();
  in.close_reader();
  out.close_writer();
  CommandAnswer answer;
  const auto whole = read_output(out.reader(), answer.output, until);
  const auto exit_code = whole.ok() && *whole ? reap(child, until) : std::nullopt;
  if (exit_code) {
    answer.exit_code = *exit_code;
    return answer;
  }
  kill_group(child);
  if (!whole.ok()) return Error(whole.error()).within(argv[0]);
  return fail(Kind::kUnavailable, "{}: gave no answer in {} ms", argv[0],
              std::chrono::duration_cast<std::chrono::milliseconds>(time_max).count());
}

}  // namespace takhin::os
