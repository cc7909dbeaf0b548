#include "partition/upload_control.h"

#include <gtest/gtest.h>

#include "testing/fake_clock.h"
#include "testing/memory_file.h"

namespace takhin::partition {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Time passes exactly as long as somebody waits.
class WaitingClock : public testing::FakeClock {
 public:
  bool wait(std::condition_variable&, std::unique_lock<std::mutex>&, Steady until) override {
    advance(std::max(Steady{}, until - steady()));
    if (while_waiting) while_waiting();
    return false;
  }
  std::function<void()> while_waiting;
};

tier::PartitionRef partition_of(const std::string& topic) {
  tier::PartitionRef ref{topic, {}, 0};
  ref.topic_id.bytes[0] = static_cast<std::byte>(topic[0]);
  return ref;
}

class UploadControlTest : public ::testing::Test {
 protected:
  std::shared_ptr<const File> begin(UploadControl& control, const std::string& topic = "t", std::uint64_t budget = 0) {
    return control.begin({partition_of(topic), Offset{0}, 10'000, budget, &closed, &stop}, log);
  }
  static Result<> read(const File& file, std::uint64_t position, std::size_t bytes = 1000) {
    Bytes into(bytes);
    TRY(const std::size_t got, file.read_at(position, into));
    EXPECT_EQ(got, bytes);
    return done();
  }
  Steady time_of(const std::function<void()>& doing) {
    const Steady began = clock.steady();
    doing();
    return clock.steady() - began;
  }

  WaitingClock clock;
  std::atomic<bool> closed{false}, stop{false};
  const std::shared_ptr<const File> log = std::make_shared<testing::MemoryFile>(Bytes(10'000));
};

TEST_F(UploadControlTest, WithoutLimitsNobodyWaits) {
  UploadControl control(clock, {});
  const auto file = begin(control);
  EXPECT_EQ(time_of([&] {
              for (int i = 0; i < 10; ++i) EXPECT_TRUE(read(*file, 0, 10'000).ok());
            }),
            Steady{});
  EXPECT_FALSE(control.rate().has_value());
  EXPECT_EQ(control.time_for(kGiB, 0).count() / 1'000'000'000, 0);
}

TEST_F(UploadControlTest, AllUploadsShareOneRate) {
  UploadControl control(clock, {.bytes_per_second = 1000});
  const auto a = begin(control, "a");
  const auto b = begin(control, "b");
  EXPECT_EQ(time_of([&] { EXPECT_TRUE(read(*a, 0).ok()); }), Steady{});  // nothing was taken before
  EXPECT_EQ(time_of([&] { EXPECT_TRUE(read(*b, 0).ok()); }), seconds(1));
  EXPECT_EQ(time_of([&] { EXPECT_TRUE(read(*a, 1000, 500).ok()); }), seconds(1));
  EXPECT_EQ(time_of([&] { EXPECT_TRUE(read(*a, 1500).ok()); }), milliseconds(500));
  clock.advance(seconds(60));  // a pause earns no more than one read at once
  EXPECT_EQ(time_of([&] { EXPECT_TRUE(read(*a, 0).ok()); }), Steady{});
  EXPECT_EQ(time_of([&] { EXPECT_TRUE(read(*b, 0).ok()); }), seconds(1));
  EXPECT_GE(control.time_for(10'000, 0), seconds(10));
}

TEST_F(UploadControlTest, ATopicsBudgetIsItsOwn) {
  UploadControl control(clock, {});
  const auto slow = begin(control, "a", 1000);
  const auto slow_too = begin(control, "a", 1000);
  const auto fast = begin(control, "b");
  EXPECT_TRUE(read(*slow, 0).ok());
  EXPECT_EQ(time_of([&] { EXPECT_TRUE(read(*fast, 0, 10'000).ok()); }), Steady{});
  EXPECT_EQ(time_of([&] { EXPECT_TRUE(read(*slow_too, 0).ok()); }), seconds(1));
  EXPECT_EQ(time_of([&] { EXPECT_TRUE(read(*slow, 1000).ok()); }), seconds(1));
  EXPECT_GE(control.time_for(10'000, 1000), seconds(10));
}

TEST_F(UploadControlTest, AWaitEndsWhenTheProcessOrThePartitionDoes) {
  for (std::atomic<bool>* const flag : {&closed, &stop}) {
    UploadControl control(clock, {.bytes_per_second = 1});
    const auto file = begin(control);
    EXPECT_TRUE(read(*file, 0).ok());
    clock.while_waiting = [flag] { *flag = true; };
    Result<> stopped = done();
    EXPECT_LE(time_of([&] { stopped = read(*file, 1000); }), UploadControl::kLookForStop);  // of the 1,000 s that it would take
    clock.while_waiting = {};
    ASSERT_FALSE(stopped.ok());
    EXPECT_EQ(stopped.error().kind, Kind::kClosed);
    EXPECT_FALSE(read(*file, 0).ok());
    *flag = false;
  }
}

TEST_F(UploadControlTest, SlowFsyncsSlowUploadsDownAndFastOnesLetThemGoAgain) {
  UploadControl control(clock, {.bytes_per_second = 64 * kMiB, .fsync_p99_max_ms = 20});
  const auto file = begin(control);
  const auto rate_after = [&](milliseconds fsync) {
    for (int i = 0; i < 20; ++i) control.note_fsync(fsync);
    clock.advance(seconds(1));
    EXPECT_TRUE(read(*file, 0).ok());
    return *control.rate();
  };
  EXPECT_EQ(rate_after(milliseconds(5)), 64.0 * kMiB);
  double before = *control.rate();
  for (int i = 0; i < 20; ++i) {
    const double now = rate_after(milliseconds(100));
    EXPECT_LE(now, before);
    before = now;
  }
  EXPECT_EQ(before, static_cast<double>(kUploadRateLeast));  // never less: it would never be done
  clock.advance(kFsyncWindow + seconds(1));                  // what was slow is forgotten
  EXPECT_GT(rate_after(milliseconds(5)), before);
  for (int i = 0; i < 30; ++i) rate_after(milliseconds(5));
  EXPECT_EQ(*control.rate(), 64.0 * kMiB);
}

TEST_F(UploadControlTest, TheRateFallsBelowWhatUploadsTookAlsoWithoutALimit) {
  UploadControl control(clock, {.fsync_p99_max_ms = 20});
  const std::shared_ptr<const File> big = std::make_shared<testing::MemoryFile>(Bytes(8 * kMiB));
  const auto file = control.begin({partition_of("t"), Offset{0}, 8 * kMiB, 0, nullptr, nullptr}, big);
  EXPECT_FALSE(control.rate().has_value());
  EXPECT_TRUE(read(*file, 0, 8 * kMiB).ok());
  control.note_fsync(milliseconds(500));
  clock.advance(seconds(1));
  EXPECT_TRUE(read(*file, 0, 1).ok());
  EXPECT_EQ(*control.rate(), 4.0 * kMiB);  // half of 8 MiB in a second
}

TEST_F(UploadControlTest, AnUploadThatDoesNotMoveIsGivenUpOnce) {
  UploadControl control(clock, {.stall_ms = 60'000});
  auto file = begin(control);
  EXPECT_TRUE(read(*file, 0).ok());
  clock.advance(seconds(59));
  control.give_up_stalled();
  EXPECT_TRUE(read(*file, 1000).ok());  // it moves
  clock.advance(seconds(60));
  ASSERT_EQ(control.running().size(), 1u);
  EXPECT_EQ(control.running()[0].idle, seconds(60));
  EXPECT_EQ(control.running()[0].read, 2000u);
  EXPECT_EQ(control.running()[0].segment, "t-0/00000000000000000000.log");
  control.give_up_stalled();
  control.give_up_stalled();
  EXPECT_EQ(control.stalls(), 1u);
  const auto given_up = read(*file, 2000);
  ASSERT_FALSE(given_up.ok());
  EXPECT_EQ(given_up.error().kind, Kind::kUnavailable);
  file.reset();
  EXPECT_TRUE(control.running().empty());
  EXPECT_TRUE(read(*begin(control), 0).ok());  // the next attempt is a new one
}

TEST_F(UploadControlTest, WaitingForItsTurnIsNoStall) {
  UploadControl control(clock, {.bytes_per_second = 10, .stall_ms = 60'000});
  const auto file = begin(control);
  EXPECT_TRUE(read(*file, 0).ok());
  std::size_t looks = 0;
  clock.while_waiting = [&] { ++looks; };
  EXPECT_EQ(time_of([&] { EXPECT_TRUE(read(*file, 1000).ok()); }), seconds(100));
  EXPECT_GE(looks, 1000u);  // an interrupt would have been seen within kLookForStop
  clock.while_waiting = {};
  control.give_up_stalled();
  EXPECT_EQ(control.stalls(), 0u);
}

}  // namespace
}  // namespace takhin::partition
