#include "broker/group_backup.h"

#include "broker/groups/records.h"
#include "broker/groups/snapshot.h"
#include "os/files.h"
#include "testing/group_fixture.h"
#include "testing/temp_dir.h"

namespace takhin::broker {
namespace {

class GroupBackupTest : public testing::GroupFixture {
 protected:
  void SetUp() override {
    open();
    ids_ = *ProducerIds::open(files_, dir_ / "ids");
    backup_.emplace(GroupBackup::Deps{clock, *groups, store, *ids_, "cluster",
                                      [this](const std::string& cluster, View object) -> Result<> {
                                        EXPECT_EQ(cluster, "cluster");
                                        if (failing_) return fail(Kind::kUnavailable, "the store is away");
                                        puts_.emplace_back(object.begin(), object.end());
                                        return done();
                                      }},
                    std::chrono::seconds(60));
  }
  void commit_one(std::int64_t offset) {
    protocol::OffsetCommitRequest request{.group_id = "g"};
    request.topics.push_back({.name = "t", .partitions = {{.partition_index = 0, .committed_offset = offset}}});
    groups->commit({.version = 8}, request, [](const protocol::OffsetCommitResponse&) {});
  }

  testing::TempDir dir_;
  os::PosixFileSystem files_;
  std::unique_ptr<ProducerIds> ids_;
  std::optional<GroupBackup> backup_;
  std::vector<Bytes> puts_;
  bool failing_ = false;
};

TEST_F(GroupBackupTest, PutsOnlyWhatChangedAndNoOftenerThanTheInterval) {
  backup_->tick();
  EXPECT_EQ(puts_.size(), 0u) << "no group was ever here";
  commit_one(7);
  backup_->tick();
  ASSERT_EQ(puts_.size(), 1u);
  const auto snapshot = groups::decode_snapshot(puts_[0]);
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().text;
  ASSERT_EQ(snapshot->records.size(), 1u);
  EXPECT_EQ(groups::parse_offset(*snapshot->records[0].value)->offset, 7);
  commit_one(8);
  commit_one(9);
  backup_->tick();
  EXPECT_EQ(puts_.size(), 1u);
  clock.advance(std::chrono::seconds(61));
  backup_->tick();
  ASSERT_EQ(puts_.size(), 2u);
  EXPECT_EQ(groups::parse_offset(*groups::decode_snapshot(puts_[1])->records[0].value)->offset, 9);
  clock.advance(std::chrono::hours(10));
  backup_->tick();
  EXPECT_EQ(puts_.size(), 2u) << "nothing was committed since";
}

TEST_F(GroupBackupTest, TriesAgainAfterTheIntervalWhatFailed) {
  commit_one(7);
  failing_ = true;
  backup_->tick();
  failing_ = false;
  backup_->tick();
  EXPECT_EQ(puts_.size(), 0u);
  clock.advance(std::chrono::seconds(61));
  backup_->tick();
  EXPECT_EQ(puts_.size(), 1u);
}

TEST_F(GroupBackupTest, SaysWhichProducerIdsAreTaken) {
  ASSERT_TRUE(ids_->next().ok());
  commit_one(1);
  backup_->tick();
  ASSERT_EQ(puts_.size(), 1u);
  EXPECT_EQ(groups::decode_snapshot(puts_[0])->next_producer_id, ProducerIds::kBlock);
  ASSERT_TRUE(ProducerIds::raise(files_, dir_ / "other", 5000).ok());
  ASSERT_TRUE(ProducerIds::raise(files_, dir_ / "other", 10).ok());
  EXPECT_EQ(*(*ProducerIds::open(files_, dir_ / "other"))->next(), 5000);
}

}  // namespace
}  // namespace takhin::broker
