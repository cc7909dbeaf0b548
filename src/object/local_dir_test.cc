#include "object/local_dir.h"

#include <gmock/gmock.h>

#include "base/crc32c.h"
#include "os/files.h"
#include "testing/crash_fs.h"
#include "testing/fake_clock.h"
#include "testing/seeded_random.h"
#include "testing/temp_dir.h"

namespace takhin::object {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LocalDir : public ::testing::Test {
 protected:
  std::unique_ptr<LocalDirStore> open(FileSystem& fs, const std::string& root) {
    auto store = LocalDirStore::open(fs, clock_, random_, root);
    EXPECT_TRUE(store.ok());
    return *std::move(store);
  }
  std::vector<std::string> names(ObjectStore& store) {
    std::vector<std::string> out;
    const auto walked = for_each(store, "", "", never_, [&](const ObjectInfo& info) {
      out.push_back(info.key.name);
      return done();
    });
    EXPECT_TRUE(walked.ok()) << walked.error().text;
    return out;
  }

  takhin::testing::FakeClock clock_;
  takhin::testing::SeededRandom random_;
  takhin::testing::TempDir directory_;
  os::PosixFileSystem files_;
  const Deadline never_ = Deadline::never();
};

TEST_F(LocalDir, ObjectsAreFilesUnderTheirKeys) {
  auto store = open(files_, directory_ / "new/root");
  ASSERT_TRUE(store->put({"topic/00001/x.seg"}, view_of("bytes"), When::kAlways, never_).ok());
  EXPECT_EQ(text_of(*read_whole(files_, directory_ / "new/root/topic/00001/x.seg")), "bytes");
  EXPECT_THAT(*files_.list(directory_ / "new/root/.takhin"), IsEmpty());
}

TEST_F(LocalDir, FilesOfOthersAreNoObjects) {
  auto store = open(files_, directory_.path());
  ASSERT_TRUE(write_atomically(files_, directory_ / "bad\nname", view_of("x")).ok());
  ASSERT_TRUE(store->put({"good"}, {}, When::kAlways, never_).ok());
  EXPECT_THAT(names(*store), ElementsAre("good"));
}

TEST_F(LocalDir, TheHiddenFolderIsOutOfReach) {
  auto store = open(files_, directory_.path());
  auto upload = *store->upload({"a"}, When::kAlways, never_);
  const auto hidden = *files_.list(directory_ / ".takhin");
  ASSERT_EQ(hidden.size(), 1u);
  const ObjectKey key{".takhin/" + hidden[0].name};
  EXPECT_EQ(store->get(key, {0, 0}, never_).error().kind, Kind::kInvalid);
  EXPECT_EQ(store->put({".takhin"}, {}, When::kAlways, never_).error().kind, Kind::kInvalid);
  const ObjectKey keys[] = {key};
  EXPECT_EQ(store->remove(keys, never_)->size(), 1u);
  EXPECT_THAT(store->list(".takhin/", "", never_)->objects, IsEmpty());
  EXPECT_THAT(names(*store), IsEmpty());
  EXPECT_TRUE(upload->finish().ok());
}

TEST_F(LocalDir, AKeyIsNoFolderOfAnother) {
  auto store = open(files_, directory_.path());
  ASSERT_TRUE(store->put({"a/b"}, view_of("1"), When::kAlways, never_).ok());
  for (const When when : {When::kAlways, When::kAbsent}) {
    EXPECT_EQ(store->put({"a"}, {}, when, never_).error().kind, Kind::kInvalid);
    EXPECT_EQ(store->put({"a/b/c"}, {}, when, never_).error().kind, Kind::kInvalid);
  }
  EXPECT_THAT(names(*store), ElementsAre("a/b"));
  EXPECT_THAT(*files_.list(directory_ / ".takhin"), IsEmpty());
}

TEST_F(LocalDir, AMissingRootIsNotAnEmptyStore) {
  auto store = open(files_, directory_ / "mounted");
  EXPECT_TRUE(store->list("some/prefix/", "", never_).ok());
  ASSERT_TRUE(files_.remove_tree(directory_ / "mounted").ok());
  EXPECT_FALSE(store->list("", "", never_).ok());
  EXPECT_FALSE(store->list("some/prefix/", "", never_).ok());
}

TEST_F(LocalDir, AbortsWhatADeadProcessLeft) {
  auto store = open(files_, directory_.path());
  ASSERT_TRUE(write_atomically(files_, directory_ / ".takhin/AAAAAAAAAAAAAAAAAAAAAA.p%2Fone%25", view_of("x")).ok());
  ASSERT_TRUE(write_atomically(files_, directory_ / ".takhin/BBBBBBBBBBBBBBBBBBBBBB.q%2Ftwo", view_of("x")).ok());
  EXPECT_EQ(*store->abort_uploads("p/", TimestampMs{1}, never_), 0u) << "written later than that";
  const TimestampMs future{std::numeric_limits<std::int64_t>::max()};
  EXPECT_EQ(*store->abort_uploads("p/one%", future, never_), 1u);
  EXPECT_EQ(*store->abort_uploads("p/", future, never_), 0u);
  EXPECT_EQ(*store->abort_uploads("", future, never_), 1u);
  EXPECT_THAT(*files_.list(directory_ / ".takhin"), IsEmpty());
}

TEST_F(LocalDir, HeadReportsTheChecksumOfTheBytesThatAreThere) {
  auto store = open(files_, directory_.path());
  const auto put = store->put({"a"}, view_of("123456789"), When::kAlways, never_);
  EXPECT_EQ(put->crc32c, 0xe3069283u);
  auto file = *files_.open(directory_ / "a", OpenMode::kReadWrite);
  ASSERT_TRUE(file->write_at(0, view_of("X")).ok());
  EXPECT_EQ(store->head({"a"}, never_)->crc32c, crc32c(view_of("X23456789")));
}

TEST_F(LocalDir, AtEveryPowerCutAnObjectIsWholeOrAbsent) {
  const std::string body(5000, 'b');
  int seen_absent = 0, seen_whole = 0;
  bool answered = false;
  for (std::uint64_t changes = 0; !answered; ++changes) {
    ASSERT_LT(changes, 100u);
    takhin::testing::CrashFs fs(&clock_);
    auto store = open(fs, "/root");
    ASSERT_TRUE(store->put({"old"}, view_of("old"), When::kAlways, never_).ok());
    fs.stop_after(changes);
    answered = store->put({"topic/7/new"}, view_of(body), When::kAbsent, never_).ok();
    store.reset();
    fs.power_loss();
    store = open(fs, "/root");
    EXPECT_EQ(store->head({"old"}, never_)->size, 3u);
    const auto head = store->head({"topic/7/new"}, never_);
    if (!head.ok()) {
      EXPECT_EQ(head.error().kind, Kind::kNotFound);
      EXPECT_FALSE(answered) << "an acknowledged object is gone";
      ++seen_absent;
    } else {
      EXPECT_EQ(head->crc32c, crc32c(view_of(body)));
      ++seen_whole;
    }
  }
  EXPECT_GT(seen_absent, 3);
  EXPECT_GE(seen_whole, 1);
}

TEST_F(LocalDir, AFullDiskLeavesNothing) {
  takhin::testing::CrashFs fs(&clock_);
  auto store = open(fs, "/root");
  fs.set_space(1000);
  const auto put = store->put({"a"}, Bytes(2000), When::kAlways, never_);
  ASSERT_FALSE(put.ok());
  EXPECT_EQ(put.error().kind, Kind::kExhausted);
  EXPECT_THAT(names(*store), IsEmpty());
  EXPECT_THAT(*fs.list("/root/.takhin"), IsEmpty());
}

}  // namespace
}  // namespace takhin::object
