#include "assembly/store.h"

#include <gtest/gtest.h>

#include "assembly/data_dir.h"
#include "os/clock.h"
#include "os/files.h"
#include "testing/seeded_random.h"
#include "testing/temp_dir.h"

namespace takhin::assembly {
namespace {

class World : public ::testing::Test {
 protected:
  takhin::testing::TempDir dir;
  os::PosixFileSystem files;
  os::SystemClock clock;
  takhin::testing::SeededRandom random;
  System system{files, clock, random, {}, 4711};
  metrics::Metrics metrics;
};

TEST_F(World, ALocalDirectoryIsPrefixedAndMetered) {
  object::S3Options options;
  options.endpoint = "file://" + dir.path();
  options.prefix = "pre/fix";
  const auto store = *open_store(system, metrics, options);
  ASSERT_TRUE(store->top().put({"a/b"}, view_of("hello"), object::When::kAlways, Deadline::never()).ok());
  EXPECT_EQ(text_of(*read_whole(files, dir / "pre/fix/a/b")), "hello");
  EXPECT_EQ(text_of(*store->top().get({"a/b"}, {0, 5}, Deadline::never())), "hello");
  EXPECT_EQ(store->top().get({"none"}, {0, 5}, Deadline::never()).error().kind, Kind::kNotFound);
  EXPECT_EQ(store->meter().put_class(), 1u);
  EXPECT_EQ(store->meter().bytes_up(), 5u);
  EXPECT_NE(metrics.text().find("tiered_storage_s3_bytes_downloaded 5\n"), std::string::npos);
}

TEST_F(World, S3NeedsNoNetworkToOpen) {
  object::S3Options options;
  EXPECT_FALSE(open_store(system, metrics, options).ok()) << "no bucket";
  options.bucket = "b";
  options.endpoint = "http://127.0.0.1:1";
  options.retry.attempts_max = 1;
  options.keys = {"id", "secret", "", std::nullopt};
  const auto store = open_store(system, metrics, options);
  ASSERT_TRUE(store.ok()) << store.error().text;
  const auto answer = (*store)->top().head({"a"}, Deadline::in(clock, std::chrono::seconds(5)));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, Kind::kUnavailable);
}

TEST_F(World, ADataDirectoryHasOneOwner) {
  auto first = DataDir::open(system, dir / "data");
  ASSERT_TRUE(first.ok());
  const auto second = DataDir::open(system, dir / "data");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, Kind::kConflict);
  EXPECT_EQ(second.error().text, fmt::format("data directory {} is in use by pid 4711", dir / "data"));
  first->reset();
  EXPECT_TRUE(DataDir::open(system, dir / "data").ok());
}

TEST_F(World, TheCleanMarkHoldsOnce) {
  const auto data = *DataDir::open(system, dir.path());
  EXPECT_FALSE(*data->take_clean_mark());
  ASSERT_TRUE(data->put_clean_mark().ok());
  EXPECT_TRUE(*data->take_clean_mark());
  EXPECT_FALSE(*data->take_clean_mark()) << "a crash now is a crash";
}

}  // namespace
}  // namespace takhin::assembly
