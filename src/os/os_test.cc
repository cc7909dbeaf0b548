#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <thread>

#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "os/random.h"
#include "testing/fake_clock.h"
#include "testing/seeded_random.h"
#include "testing/temp_dir.h"

namespace takhin::os {
namespace {

class Files : public ::testing::Test {
 protected:
  takhin::testing::TempDir dir;
  PosixFileSystem fs;
};

TEST_F(Files, WriteReadPastTheEndAndTruncate) {
  const auto file = *fs.open(dir / "a", OpenMode::kReadWrite);
  ASSERT_TRUE(file->write_at(4, view_of("hello")).ok());
  ASSERT_TRUE(file->sync().ok());
  EXPECT_EQ(*file->size(), 9u);
  Bytes into(20);
  EXPECT_EQ(*file->read_at(2, into), 7u);
  EXPECT_EQ(text_of(View(into).first(7)), std::string_view("\0\0hello", 7));
  EXPECT_EQ(*file->read_at(9, into), 0u);
  ASSERT_TRUE(file->truncate(5).ok());
  EXPECT_EQ(*file->size(), 5u);
  EXPECT_EQ(read_exactly(*file, {0, 9}).error().kind, Kind::kCorrupt);
}

TEST_F(Files, PunchedRangeReadsAsZerosAndKeepsTheSize) {
  const auto file = *fs.open(dir / "a", OpenMode::kCreateNew);
  ASSERT_TRUE(file->write_at(0, Bytes(3 * 65536, std::byte{7})).ok());
  ASSERT_TRUE(file->punch({65536, 2 * 65536}).ok());
  EXPECT_EQ(*file->size(), 3u * 65536);
  const auto data = *read_exactly(*file, {0, 3 * 65536});
  EXPECT_EQ(data[65535], std::byte{7});
  EXPECT_EQ(data[65536], std::byte{0});
  EXPECT_EQ(data[2 * 65536 - 1], std::byte{0});
  EXPECT_EQ(data[2 * 65536], std::byte{7});
}

TEST_F(Files, KindsSayWhatHappened) {
  EXPECT_EQ(fs.open(dir / "none", OpenMode::kRead).error().kind, Kind::kNotFound);
  ASSERT_TRUE(fs.open(dir / "a", OpenMode::kCreateNew).ok());
  const auto again = fs.open(dir / "a", OpenMode::kCreateNew);
  EXPECT_EQ(again.error().kind, Kind::kConflict);
  EXPECT_NE(again.error().text.find(dir / "a"), std::string::npos);
  EXPECT_EQ(fs.open(dir.path(), OpenMode::kRead).error().kind, Kind::kInvalid);
  EXPECT_EQ(fs.stat(dir / "none").error().kind, Kind::kNotFound);
  EXPECT_EQ(fs.list(dir / "none").error().kind, Kind::kNotFound);
  EXPECT_FALSE(fs.make_dirs(dir / "a/b").ok());
  EXPECT_TRUE(fs.remove(dir / "none").ok());
  EXPECT_TRUE(fs.remove_tree(dir / "none").ok());
}

TEST_F(Files, AFullDiskIsExhausted) {
  const auto full = fs.open("/dev/full", OpenMode::kReadWrite);
  if (!full.ok()) GTEST_SKIP() << "no /dev/full here";
  EXPECT_EQ((*full)->write_at(0, view_of("x")).error().kind, Kind::kExhausted);
}

TEST_F(Files, RenameNewNeverReplaces) {
  ASSERT_TRUE(write_atomically(fs, dir / "a", view_of("a")).ok());
  ASSERT_TRUE(write_atomically(fs, dir / "b", view_of("b")).ok());
  EXPECT_EQ(fs.rename_new(dir / "a", dir / "b").error().kind, Kind::kConflict);
  EXPECT_EQ(text_of(*read_whole(fs, dir / "b")), "b");
  ASSERT_TRUE(fs.rename_new(dir / "a", dir / "c").ok());
  EXPECT_EQ(text_of(*read_whole(fs, dir / "c")), "a");
  EXPECT_EQ(fs.stat(dir / "a").error().kind, Kind::kNotFound);
}

TEST_F(Files, DirectoriesListSortedAndGo) {
  ASSERT_TRUE(fs.make_dirs(dir / "x/b").ok());
  ASSERT_TRUE(fs.open(dir / "x/c", OpenMode::kCreateNew).ok());
  ASSERT_TRUE(fs.open(dir / "x/a", OpenMode::kCreateNew).ok());
  const auto entries = *fs.list(dir / "x");
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_FALSE(entries[0].is_directory);
  EXPECT_EQ(entries[1].name, "b");
  EXPECT_TRUE(entries[1].is_directory);
  ASSERT_TRUE(fs.rename(dir / "x/a", dir / "x/c").ok());
  EXPECT_EQ(fs.list(dir / "x")->size(), 2u);
  EXPECT_TRUE(fs.sync_dir(dir / "x").ok());
  ASSERT_TRUE(fs.remove_tree(dir / "x").ok());
  EXPECT_EQ(fs.stat(dir / "x").error().kind, Kind::kNotFound);
  EXPECT_GT(fs.space(dir.path())->total, 0u);
}

TEST_F(Files, AtomicWriteReplacesAndStatSeesIt) {
  const auto before = SystemClock().wall();
  ASSERT_TRUE(write_atomically(fs, dir / "f", view_of("one")).ok());
  ASSERT_TRUE(write_atomically(fs, dir / "f", view_of("three")).ok());
  EXPECT_EQ(text_of(*read_whole(fs, dir / "f")), "three");
  EXPECT_EQ(fs.list(dir.path())->size(), 1u) << "no temp file stays";
  const auto info = *fs.stat(dir / "f");
  EXPECT_EQ(info.size, 5u);
  EXPECT_GE(info.modified.raw, before.raw - 1000);
}

TEST_F(Files, LockNamesItsHolderAndGoesWithIt) {
  auto first = fs.lock(dir / "LOCK", "pid 41");
  ASSERT_TRUE(first.ok());
  const auto second = fs.lock(dir / "LOCK", "pid 42");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, Kind::kConflict);
  EXPECT_EQ(second.error().text, "in use by pid 41");
  first->reset();
  EXPECT_TRUE(fs.lock(dir / "LOCK", "pid 42").ok());
  EXPECT_EQ(text_of(*read_whole(fs, dir / "LOCK")), "pid 42\n");
}

TEST_F(Files, AnOpenFileOutlivesItsName) {
  const auto file = *fs.open(dir / "a", OpenMode::kCreateNew);
  ASSERT_TRUE(file->write_at(0, view_of("still")).ok());
  ASSERT_TRUE(fs.remove(dir / "a").ok());
  EXPECT_EQ(text_of(*read_exactly(*file, {0, 5})), "still");
}

TEST(Clock, SteadyNeverGoesBackAndWaitEnds) {
  SystemClock clock;
  const auto start = clock.steady();
  std::mutex mutex;
  std::condition_variable cv;
  std::unique_lock lock(mutex);
  const auto until = start + std::chrono::milliseconds(2);
  while (clock.wait(cv, lock, until)) {
  }
  EXPECT_GE(clock.steady(), until);
  EXPECT_GT(clock.wall().raw, 1'700'000'000'000);
}

TEST(FakeClock, AdvanceWakesWaitersAndSleepCostsNothing) {
  takhin::testing::FakeClock clock;
  const auto wall = clock.wall();
  clock.sleep(std::chrono::hours(1));
  EXPECT_EQ(clock.wall().raw - wall.raw, 3'600'000);
  std::mutex mutex;
  std::condition_variable cv;
  std::thread other([&] { clock.advance(std::chrono::hours(2)); });
  std::unique_lock lock(mutex);
  const auto until = clock.steady() + std::chrono::hours(1);
  while (clock.steady() < until)
    clock.wait(cv, lock, until);
  other.join();
  EXPECT_FALSE(clock.wait(cv, lock, until));
}

TEST(Random, SystemFillsAndSeededReplays) {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i)
    seen.insert(random.next());
  EXPECT_EQ(seen.size(), 100u);
  takhin::testing::SeededRandom a(7), b(7), c(8);
  const auto value = a.next();
  EXPECT_EQ(value, b.next());
  EXPECT_NE(value, c.next());
}

TEST(Process, KnowsItself) {
  EXPECT_EQ(process_id(), ::getpid());
  EXPECT_EQ(environment().count("PATH"), 1u);
  const auto used = usage();
  ASSERT_TRUE(used.ok());
  EXPECT_GT(used->resident_bytes, kMiB);
  EXPECT_GE(used->open_files, 3u);
  EXPECT_GE(*raise_open_files_limit(), 256u);
}

TEST(Process, StopSignalsWaitForTerm) {
  // In a child, since the signal mask is the process's.
  const pid_t child = ::fork();
  if (child == 0) {
    StopSignals signals;
    if (signals.wait_for(std::chrono::milliseconds(1)).has_value()) ::_exit(1);
    ::kill(::getpid(), SIGTERM);
    ::_exit(signals.wait() == SIGTERM ? 0 : 2);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace takhin::os
