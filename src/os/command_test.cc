#include "os/command.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "os/files.h"
#include "testing/temp_dir.h"

namespace takhin::os {
namespace {

constexpr std::chrono::seconds kPlenty{120};

class Command : public ::testing::Test {
 protected:
  std::string script(const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_atomically(files, dir / name, view_of("#!/bin/sh\n" + text)).ok());
    ::chmod((dir / name).c_str(), 0700);
    return dir / name;
  }
  Result<CommandAnswer> run(std::vector<std::string> argv, std::string_view input = "",
                            std::chrono::nanoseconds time_max = kPlenty) {
    return commands.run(argv, view_of(input), time_max);
  }

  takhin::testing::TempDir dir;
  PosixFileSystem files;
  SystemCommands commands;
};

TEST_F(Command, GetsItsArgumentsAndInputAndAnswersItsOutput) {
  const auto path = script("echo", "read line; printf '%s|%s|%s' \"$1\" \"$2\" \"$line\"; exit 3");
  const auto answer = run({path, "a b", "$HOME"}, "secret\n");
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_EQ(text_of(answer->output), "a b|$HOME|secret");
  EXPECT_EQ(answer->exit_code, 3);
}

TEST_F(Command, MayLeaveItsInputUnreadAndSaysBySignalHowItEnded) {
  const auto unread = run({script("unread", "exit 0")}, std::string(kCommandInputMax, 'x'));
  ASSERT_TRUE(unread.ok()) << unread.error().text;
  EXPECT_EQ(unread->exit_code, 0);
  EXPECT_EQ(run({script("killed", "kill -9 $$")})->exit_code, 128 + SIGKILL);
  EXPECT_EQ(run({script("unread2", "exit 0")}, std::string(kCommandInputMax + 1, 'x')).error().kind, Kind::kInvalid);
}

TEST_F(Command, IsKilledWithWhatItStartedOnceItsTimeIsOver) {
  // The grandchild holds stdout open: without it gone, nobody would ever see the end.
  const auto path = script("slow", "sleep 1000 & sleep 1000");
  const auto answer = run({path}, "", std::chrono::milliseconds(200));
  EXPECT_EQ(answer.error().kind, Kind::kUnavailable);
  EXPECT_NE(answer.error().text.find("slow: gave no answer in 200 ms"), std::string::npos) << answer.error().text;
  const auto closed = run({script("closed", "exec >&-; sleep 1000")}, "", std::chrono::milliseconds(200));
  EXPECT_EQ(closed.error().kind, Kind::kUnavailable);
}

TEST_F(Command, TooMuchOutputIsRefusedWithoutShowingIt) {
  const auto answer = run({script("loud", "while :; do echo secret; done")});
  EXPECT_EQ(answer.error().kind, Kind::kExhausted);
  EXPECT_EQ(answer.error().text.find("secret"), std::string::npos);
}

TEST_F(Command, ThatCannotBeStartedSaysWhy) {
  EXPECT_EQ(run({dir / "absent"}).error().kind, Kind::kNotFound);
  ASSERT_TRUE(write_atomically(files, dir / "data", view_of("no program")).ok());
  EXPECT_EQ(run({dir / "data"}).error().kind, Kind::kDenied);
}

TEST_F(Command, InheritsNoDescriptorsAndNoBlockedSignals) {
  const int open_here = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  ASSERT_GE(open_here, 0);
  sigset_t term, before;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &term, &before);
  const auto answer = run({script("look", "[ -e /proc/self/fd/" + std::to_string(open_here) +
                                              " ] && echo leaked; kill -TERM $$; echo blocked")});
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::close(open_here);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(text_of(answer->output), "");
  EXPECT_EQ(answer->exit_code, 128 + SIGTERM);
}

}  // namespace
}  // namespace takhin::os
