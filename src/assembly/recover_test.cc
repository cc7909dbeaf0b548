#include "assembly/recover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assembly/broker.h"
#include "assembly/options.h"
#include "base/log.h"
#include "broker/groups/snapshot.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/random.h"
#include "record/batch.h"
#include "testing/temp_dir.h"

namespace takhin::assembly {
namespace {

using ::testing::HasSubstr;

class RecoverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    set_log_level(LogLevel::kOff);
    fill();
  }
  void TearDown() override { set_log_level(LogLevel::kInfo); }

  config::Settings settings(const std::string& data) {
    auto loaded = config::Settings::load(
        all_rows(), {.set = {"storage.data.dir=" + dir / data, "kafka.port=0", "console.port=0", "metrics.port=0",
                             "health.port=0", "storage.tiered.enabled=true", "storage.tiered.s3.endpoint=file://" + bucket,
                             "storage.tiered.s3.prefix="}});
    TAKHIN_ASSERT(loaded.ok() && validate(*loaded).ok(), "the settings are right");
    return *std::move(loaded);
  }
  /// Two topics with archived segments, in a data directory called "old".
  void fill() {
    auto process = Process::start(system, settings("old"));
    ASSERT_TRUE(process.ok()) << process.error().text;
    for (const std::string topic : {"a", "b"}) {
      ASSERT_TRUE((*process)->topics().create(topic, 1, {{"segment.bytes", "1048576"}, {"remote.storage.enable", "true"}}).ok());
      for (int i = 0; i < 5; ++i) append(**process, topic);
    }
    ASSERT_TRUE((*process)->topics().evaluate().ok());
    ASSERT_TRUE((*process)->stop().ok());
  }
  void append(Process& process, const std::string& topic) {
    Bytes value(600'000);  // two of them do not fit into a segment
    random.fill(value);
    const record::NewRecord record{.key = view_of("k"), .value = View(value), .timestamp = clock.wall()};
    auto batch = *record::build_batch({&record, 1},
                                      {.producer_id = 41, .producer_epoch = 0, .base_sequence = sequence_[topic]++});
    const auto appended = process.topics().partition(topic, 0)->append(batch);
    ASSERT_TRUE(appended.ok()) << appended.error().text;
    ASSERT_EQ(appended->status, log::AppendStatus::kOk) << appended->why;
  }
  Result<RecoverReport> recover_into(const std::string& data, const std::vector<std::string>& topics = {}) {
    metrics::Metrics metrics;
    return recover(system, metrics, settings(data), topics);
  }

  takhin::testing::TempDir dir;
  const std::string bucket = dir / "bucket";
  os::PosixFileSystem files;
  os::SystemClock clock;
  os::SystemRandom random;
  System system{files, clock, random, {}, 4711};
  std::map<std::string, std::int32_t> sequence_;
};

TEST_F(RecoverTest, ADirectoryFromTheBucketServesWhatWasArchivedAndTakesMore) {
  const auto report = recover_into("new");
  ASSERT_TRUE(report.ok()) << report.error().text;
  EXPECT_EQ(report->topics, 2u);
  ASSERT_EQ(report->partitions.size(), 2u);
  EXPECT_EQ(report->partitions[0].segments, 4u);
  EXPECT_EQ(report->partitions[0].end, Offset{4});
  EXPECT_GT(report->next_producer_id, 41);
  auto process = Process::start(system, settings("new"));
  ASSERT_TRUE(process.ok()) << process.error().text;
  const auto a = (*process)->topics().partition("a", 0);
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->offsets().log_start, Offset{0});
  EXPECT_EQ(a->offsets().high_watermark, Offset{4});
  const auto read = a->read_cold({.offset = Offset{0}}, Deadline::in(clock, std::chrono::seconds(30)));
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_GT(read->data.range.size(), 600'000u);
  sequence_["a"] = 4;  // the fifth batch was never archived
  append(**process, "a");
  EXPECT_EQ(a->offsets().high_watermark, Offset{5});
  EXPECT_EQ((*process)->topics().find("a")->configs.size(), 2u);
}

TEST_F(RecoverTest, TakesTheTopicsItIsAskedFor) {
  const auto report = recover_into("new", {"b"});
  ASSERT_TRUE(report.ok()) << report.error().text;
  ASSERT_EQ(report->partitions.size(), 1u);
  EXPECT_EQ(report->partitions[0].partition.topic, "b");
  const auto unknown = recover_into("newer", {"c"});
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().kind, Kind::kNotFound);
}

TEST_F(RecoverTest, RefusesADirectoryThatIsNotEmpty) {
  const auto refused = recover_into("old");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, Kind::kConflict);
  EXPECT_THAT(refused.error().text, HasSubstr("is not empty"));
}

TEST_F(RecoverTest, ARecoveryThatWasCutShortIsStartedOverAndServesNobody) {
  ASSERT_FALSE(recover_into("new", {"c"}).ok());  // leaves the mark
  const auto process = Process::start(system, settings("new"));
  ASSERT_FALSE(process.ok());
  EXPECT_THAT(process.error().text, HasSubstr("takhin recover"));
  ASSERT_TRUE(write_atomically(files, dir / "new/topics.json", view_of("half")).ok());
  ASSERT_TRUE(files.make_dirs(dir / "new/log/a-0").ok());
  const auto report = recover_into("new");
  ASSERT_TRUE(report.ok()) << report.error().text;
  EXPECT_TRUE(Process::start(system, settings("new")).ok());
}

TEST_F(RecoverTest, TwoTopicsOfOneNameNeedAnId) {
  // A fresh directory on a bucket in use: it stays clear of what is there.
  auto process = Process::start(system, settings("third"));
  ASSERT_TRUE(process.ok());
  ASSERT_TRUE((*process)->topics().create("a", 1, {{"segment.bytes", "1048576"}, {"remote.storage.enable", "true"}}).ok());
  const Uuid id = (*process)->topics().find("a")->id;
  sequence_.clear();
  for (int i = 0; i < 3; ++i) append(**process, "a");
  ASSERT_TRUE((*process)->topics().evaluate().ok());
  ASSERT_TRUE((*process)->stop().ok());
  const auto refused = recover_into("new");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, Kind::kConflict);
  EXPECT_THAT(refused.error().text, HasSubstr(id.text()));
  const auto report = recover_into("new", {"a." + id.text()});
  ASSERT_TRUE(report.ok()) << report.error().text;
  ASSERT_EQ(report->partitions.size(), 1u);
  EXPECT_EQ(report->partitions[0].end, Offset{2});
}

TEST_F(RecoverTest, DamagedGroupsAreToldAndTheRestIsRecovered) {
  ASSERT_TRUE(files.make_dirs(bucket + "/groups").ok());
  ASSERT_TRUE(write_atomically(files, bucket + "/" + groups_object_name("x"), view_of("no line")).ok());
  const auto report = recover_into("new");
  ASSERT_TRUE(report.ok()) << report.error().text;
  ASSERT_TRUE(report->groups_fault.has_value());
  EXPECT_EQ(report->partitions.size(), 2u);
}

}  // namespace
}  // namespace takhin::assembly
