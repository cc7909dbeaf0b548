#include "tier/restorer.h"

#include <thread>

#include "testing/cold_bed.h"
#include "testing/crash_fs.h"

namespace takhin::tier {
namespace {

using testing::ColdBed;
using testing::Verb;

class Restore : public ::testing::Test {
 protected:
  void build(const testing::LogShape& shape = {.segments = 2, .batches = 60}) {
    bed.add_log(shape);
    bed.open();
  }
  const SegmentEntry& entry(std::size_t i = 0) const { return bed.segments[i].entry.segment; }
  Result<> restore(std::size_t i = 0) { return bed.reader->restore(bed.partition, entry(i), local, Deadline::never()); }
  void expect_whole(FileSystem& files, std::size_t i = 0) {
    const auto log = read_whole(files, segment_file(local, entry(i).base, ".log"));
    ASSERT_TRUE(log.ok()) << log.error().text;
    EXPECT_TRUE(std::ranges::equal(*log, bed.segments[i].log));
    const auto tail = bed.reader->tail(bed.partition, entry(i), Deadline::never());
    const auto index = read_whole(files, segment_file(local, entry(i).base, ".index"));
    ASSERT_TRUE(tail.ok() && index.ok());
    EXPECT_TRUE(std::ranges::equal(*index, (*tail)->section(SectionKind::kOffsetIndex)));
    EXPECT_TRUE(files.stat(segment_file(local, entry(i).base, ".timeindex")).ok());
    EXPECT_FALSE(files.stat(segment_file(local, entry(i).base, Restorer::kPartSuffix)).ok());
  }

  ColdBed bed;
  const std::string local = bed.dir / "log/orders-3";
};

TEST_F(Restore, BringsBackLogAndIndexesAndIsReadFromThenOn) {
  build({.batches = 60});  // no segment behind it that read-ahead would fetch
  ASSERT_TRUE(restore().ok());
  expect_whole(bed.files);
  EXPECT_TRUE(bed.reader->has_local_copy(bed.partition, entry().base));
  const int before = bed.gets();
  for (Offset at = entry().base; at < entry().end; at = next(at)) bed.read_and_check(at, 700);
  EXPECT_EQ(bed.gets(), before);
  ASSERT_TRUE(restore().ok());
  EXPECT_EQ(bed.gets(), before);
}

TEST_F(Restore, UsesWhatTheCacheHas) {
  build({.batches = 60});
  bed.read_in_order(1000);
  const int before = bed.gets();
  ASSERT_TRUE(restore().ok());
  EXPECT_EQ(bed.gets(), before);
  expect_whole(bed.files);
}

TEST_F(Restore, WorksWithoutACache) {
  bed.options.cache_bytes_max = 0;
  bed.options.fetch_threads = 1;
  build();
  ASSERT_TRUE(restore().ok());
  ASSERT_TRUE(restore(1).ok());
  expect_whole(bed.files, 0);
  expect_whole(bed.files, 1);
  bed.read_in_order(900);
}

TEST_F(Restore, ManyCallersAreOneRestore) {
  bed.options.cache_bytes_max = 0;
  bed.options.fetch_bytes_max = kMiB;
  build({.batches = 100});
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) threads.emplace_back([this] { EXPECT_TRUE(restore().ok()); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(bed.gets(), 2);  // the tail, and one GET for all chunks
  expect_whole(bed.files);
}

TEST_F(Restore, AFailureLeavesNothingAndTheNextOneWorks) {
  build();
  ASSERT_TRUE(bed.reader->tail(bed.partition, entry(), Deadline::never()).ok());
  bed.scripted.add({.verb = Verb::kGet, .skip = 1});
  const auto failed = restore();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().kind, Kind::kUnavailable);
  EXPECT_TRUE(bed.files.list(local)->empty());
  EXPECT_FALSE(bed.reader->has_local_copy(bed.partition, entry().base));
  ASSERT_TRUE(restore().ok());
  expect_whole(bed.files);
}

// One thread may be done before the next one starts. It once made the segment visible then, and the next one did so again.
TEST_F(Restore, IsPublishedOnceWhoeverEndsFirst) {
  bed.options.fetch_threads = 16;
  build({.batches = 3});
  bed.read_in_order(1000);  // from the cache a thread is done at once
  for (int round = 0; round < 300; ++round) {
    const auto restored = restore();
    ASSERT_TRUE(restored.ok()) << "round " << round << ": " << restored.error().text;
    ASSERT_TRUE(bed.reader->drop_local_copy(bed.partition, entry().base).ok());
  }
}

TEST_F(Restore, GivingUpDoesNotStopIt) {
  build();
  ASSERT_TRUE(bed.reader->tail(bed.partition, entry(), Deadline::never()).ok());
  const auto early = bed.reader->restore(bed.partition, entry(), local, Deadline{bed.clock.steady()});
  EXPECT_EQ(early.error().kind, Kind::kUnavailable);
  ASSERT_TRUE(restore().ok());
  expect_whole(bed.files);
}

TEST_F(Restore, DroppedCopyIsReadFromTheStoreAgain) {
  build();
  ASSERT_TRUE(restore().ok());
  const auto held = bed.reader->read(*bed.handle, entry().base, 500, Deadline::never());
  ASSERT_TRUE(bed.reader->drop_local_copy(bed.partition, entry().base).ok());
  EXPECT_TRUE(bed.files.list(local)->empty());
  EXPECT_FALSE(bed.reader->has_local_copy(bed.partition, entry().base));
  bed.check(*held, entry().base, 500);
  bed.read_in_order(500);
  EXPECT_TRUE(bed.reader->drop_local_copy(bed.partition, entry().base).ok());
}

TEST_F(Restore, OnlyAFileOfTheRightSizeIsALocalCopy) {
  build({.batches = 60});
  EXPECT_EQ(bed.reader->add_local_copy(bed.partition, entry(), local).error().kind, Kind::kNotFound);
  ASSERT_TRUE(bed.files.make_dirs(local).ok());
  const std::string path = segment_file(local, entry().base, ".log");
  ASSERT_TRUE(write_atomically(bed.files, path, View(bed.segments[0].log).first(100)).ok());
  EXPECT_EQ(bed.reader->add_local_copy(bed.partition, entry(), local).error().kind, Kind::kInvalid);
  ASSERT_TRUE(write_atomically(bed.files, path, bed.segments[0].log).ok());
  ASSERT_TRUE(bed.reader->add_local_copy(bed.partition, entry(), local).ok());
  const int before = bed.gets();
  for (Offset at = entry().base; at < entry().end; at = next(at)) {  // without an index too
    const auto slice = bed.reader->at_hand(*bed.handle, at, 300);
    ASSERT_TRUE(slice.has_value());
    bed.check(*slice, at, 300);
  }
  EXPECT_EQ(bed.gets(), before);
  ASSERT_TRUE(bed.files.remove(path).ok());
  bed.open();
  bed.read_in_order(500);
}

// The disk stops after each number of changes in turn, then the power goes: a .log is either absent or whole and durable.
TEST_F(Restore, PowerLossAtAnyStepLeavesNoHalfSegment) {
  testing::CrashFs disk;
  bed.other_files = &disk;
  bed.options.fetch_threads = 1;
  bed.add_log({.batches = 12});
  int survived = 0;
  for (std::uint64_t changes = 0; changes < 200 && survived < 3; ++changes) {
    SCOPED_TRACE(changes);
    bed.open();
    ASSERT_TRUE(bed.reader->tail(bed.partition, entry(), Deadline::never()).ok());
    disk.stop_after(changes);
    const bool said_done = restore().ok();
    bed.reader.reset();
    disk.power_loss(changes);
    const auto log = read_whole(disk, segment_file(local, entry().base, ".log"));
    if (said_done) {
      ASSERT_TRUE(log.ok());
      ++survived;
    }
    if (log.ok()) {
      ASSERT_TRUE(std::ranges::equal(*log, bed.segments[0].log));
      ASSERT_TRUE(disk.remove_tree(local).ok());
    }
  }
  EXPECT_EQ(survived, 3);
}

}  // namespace
}  // namespace takhin::tier
