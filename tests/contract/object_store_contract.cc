#include "tests/contract/object_store_contract.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/crc32c.h"
#include "base/uuid.h"
#include "os/random.h"
#include "testing/seeded_random.h"

namespace takhin::contract {

using object::ObjectInfo;
using object::ObjectKey;
using object::When;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

constexpr int kThreads = 8;

Bytes random_bytes(std::size_t size) {
  testing::SeededRandom random(size + 1);
  Bytes data(size);
  random.fill(data);
  return data;
}

/// Runs `work(i)` for i in [0, count) on several threads.
void in_parallel(int count, const std::function<void(int)>& work) {
  std::atomic<int> next{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = next++; i < count; i = next++) work(i);
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace

void ObjectStoreContract::SetUp() {
  opened_ = GetParam().open();
  ASSERT_NE(opened_, nullptr);
  os::SystemRandom random;
  prefix_ = "contract/" + Uuid::make(random).text() + "/";
}

void ObjectStoreContract::TearDown() {
  std::vector<ObjectKey> keys;
  const auto walked = object::for_each(store(), prefix_, "", soon(), [&](const ObjectInfo& info) {
    keys.push_back(info.key);
    return done();
  });
  EXPECT_TRUE(walked.ok()) << walked.error().text;
  const auto failed = store().remove(keys, soon());
  ASSERT_TRUE(failed.ok()) << failed.error().text;
  EXPECT_EQ(failed->size(), 0u);
}

std::vector<std::string> ObjectStoreContract::listed(std::string_view prefix, std::string_view after) {
  std::vector<std::string> names;
  const std::string from = after.empty() ? std::string() : prefix_ + std::string(after);
  const auto walked =
      object::for_each(store(), prefix_ + std::string(prefix), from, soon(), [&](const ObjectInfo& info) {
        names.push_back(info.key.name.substr(prefix_.size()));
        return done();
      });
  EXPECT_TRUE(walked.ok()) << walked.error().text;
  return names;
}

void ObjectStoreContract::put_text(std::string_view name, std::string_view text) {
  const auto put = store().put(key(name), view_of(text), When::kAlways, soon());
  ASSERT_TRUE(put.ok()) << put.error().text;
}

Result<std::string> ObjectStoreContract::text_at(std::string_view name) {
  TRY(const ObjectInfo info, store().head(key(name), soon()));
  TRY(const Bytes data, store().get(key(name), {0, info.size}, soon()));
  return std::string(text_of(data));
}

TEST_P(ObjectStoreContract, PutThenGetHeadAndList) {
  const auto before = opened_->clock().wall();
  const auto put = store().put(key("a/b"), view_of("hello"), When::kAlways, soon());
  ASSERT_TRUE(put.ok()) << put.error().text;
  EXPECT_EQ(put->key, key("a/b"));
  EXPECT_EQ(put->size, 5u);
  EXPECT_EQ(*text_at("a/b"), "hello");

  const auto head = store().head(key("a/b"), soon());
  ASSERT_TRUE(head.ok()) << head.error().text;
  EXPECT_EQ(head->key, key("a/b"));
  EXPECT_EQ(head->size, 5u);
  EXPECT_EQ(head->etag, put->etag);
  EXPECT_EQ(head->etag.find('"'), std::string::npos);
  EXPECT_NEAR(static_cast<double>(head->modified.raw), static_cast<double>(before.raw), 60'000);
  EXPECT_NEAR(static_cast<double>(put->modified.raw), static_cast<double>(before.raw), 60'000);

  const auto page = store().list(prefix_, "", soon());
  ASSERT_TRUE(page.ok()) << page.error().text;
  ASSERT_EQ(page->objects.size(), 1u);
  EXPECT_FALSE(page->more);
  EXPECT_EQ(page->objects[0].key, key("a/b"));
  EXPECT_EQ(page->objects[0].size, 5u);
  EXPECT_EQ(page->objects[0].etag, put->etag);
  EXPECT_NEAR(static_cast<double>(page->objects[0].modified.raw), static_cast<double>(before.raw), 60'000);
}

TEST_P(ObjectStoreContract, ReportsTheChecksumOfTheWholeObject) {
  if (!GetParam().reports_crc32c) GTEST_SKIP() << GetParam().name << " reports no CRC32C";
  const Bytes data = random_bytes(100'000);
  const auto put = store().put(key("x"), data, When::kAlways, soon());
  ASSERT_TRUE(put.ok()) << put.error().text;
  EXPECT_EQ(put->crc32c, crc32c(data));
  EXPECT_EQ(store().head(key("x"), soon())->crc32c, crc32c(data));
}

TEST_P(ObjectStoreContract, PutReplacesWhole) {
  put_text("a", "a long first value");
  put_text("a", "short");
  EXPECT_EQ(*text_at("a"), "short");
  EXPECT_THAT(listed(), ElementsAre("a"));
}

TEST_P(ObjectStoreContract, EmptyObject) {
  ASSERT_TRUE(store().put(key("empty"), {}, When::kAlways, soon()).ok());
  EXPECT_EQ(store().head(key("empty"), soon())->size, 0u);
  const auto nothing = store().get(key("empty"), {0, 0}, soon());
  ASSERT_TRUE(nothing.ok()) << nothing.error().text;
  EXPECT_EQ(nothing->size(), 0u);
  EXPECT_EQ(store().get(key("empty"), {0, 1}, soon()).error().kind, Kind::kOutOfRange);
  EXPECT_THAT(listed(), ElementsAre("empty"));
}

TEST_P(ObjectStoreContract, RangesAreExact) {
  put_text("r", "0123456789");
  const std::pair<ByteRange, std::string_view> cases[] = {{{0, 10}, "0123456789"}, {{0, 1}, "0"}, {{9, 10}, "9"},
                                                          {{3, 7}, "3456"},        {{5, 5}, ""},  {{10, 10}, ""}};
  for (const auto& [range, text] : cases) {
    const auto got = store().get(key("r"), range, soon());
    ASSERT_TRUE(got.ok()) << range.begin << ".." << range.end << ": " << got.error().text;
    EXPECT_EQ(text_of(*got), text);
  }
}

TEST_P(ObjectStoreContract, RangesPastTheEndAreErrors) {
  put_text("r", "0123456789");
  for (const ByteRange range : {ByteRange{0, 11}, {9, 11}, {10, 11}, {11, 12}, {1000, 2000}, {11, 11}, {7, 3}}) {
    const auto got = store().get(key("r"), range, soon());
    ASSERT_FALSE(got.ok()) << range.begin << ".." << range.end;
    EXPECT_EQ(got.error().kind, Kind::kOutOfRange) << range.begin << ".." << range.end << ": " << got.error().text;
  }
}

TEST_P(ObjectStoreContract, AbsentIsNotFound) {
  EXPECT_EQ(store().head(key("none"), soon()).error().kind, Kind::kNotFound);
  EXPECT_EQ(store().get(key("none"), {0, 1}, soon()).error().kind, Kind::kNotFound);
  EXPECT_EQ(store().get(key("none"), {0, 0}, soon()).error().kind, Kind::kNotFound);
  EXPECT_EQ(store().get(key("no/such/folder"), {0, 1}, soon()).error().kind, Kind::kNotFound);
  EXPECT_THAT(listed(), IsEmpty());
  EXPECT_THAT(listed("no/such/"), IsEmpty());
}

TEST_P(ObjectStoreContract, AFolderIsNoObject) {
  put_text("folder/object", "x");
  EXPECT_EQ(store().head(key("folder"), soon()).error().kind, Kind::kNotFound);
  EXPECT_EQ(store().get(key("folder"), {0, 0}, soon()).error().kind, Kind::kNotFound);
  EXPECT_EQ(store().get(key("folder/object/below"), {0, 1}, soon()).error().kind, Kind::kNotFound);
  const ObjectKey keys[] = {key("folder"), key("folder/object/below")};
  EXPECT_EQ(store().remove(keys, soon())->size(), 0u);
  EXPECT_EQ(*text_at("folder/object"), "x");
}

TEST_P(ObjectStoreContract, RefusesKeysThatNobodyCouldHold) {
  for (const char* bad : {"", "/a", "a//b", "a/", "../x", "a/./b", "a\tb", "\xff"}) {
    EXPECT_EQ(store().put({bad}, {}, When::kAlways, soon()).error().kind, Kind::kInvalid) << bad;
    EXPECT_EQ(store().get({bad}, {0, 1}, soon()).error().kind, Kind::kInvalid) << bad;
    EXPECT_EQ(store().head({bad}, soon()).error().kind, Kind::kInvalid) << bad;
    EXPECT_EQ(store().upload({bad}, When::kAlways, soon()).error().kind, Kind::kInvalid) << bad;
  }
  put_text("good", "x");
  const ObjectKey keys[] = {{"/bad"}, key("good")};
  const auto failed = store().remove(keys, soon());
  ASSERT_TRUE(failed.ok()) << failed.error().text;
  ASSERT_EQ(failed->size(), 1u);
  EXPECT_EQ(failed->front().key.name, "/bad");
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_P(ObjectStoreContract, OddKeysComeBackAsTheyWent) {
  const std::vector<std::string> names = {"with space",
                                          " leading and trailing ",
                                          "plus+plus",
                                          "percent%41%2F",
                                          "equals=here",
                                          "a&b<c>d\"e'f",
                                          "ques?tion#hash",
                                          "semi;colon:at@",
                                          "comma,dollar$bang!",
                                          "paren(s)[b]{c}",
                                          "til~de-_.*",
                                          "ümläut",
                                          "日本語/キー",
                                          "emoji-\xf0\x9f\x98\x80",
                                          "back\\slash|pipe",
                                          "caret^tick`",
                                          "00000000000000000000-00000000000000000010-1700000000000-12-0-1-AAAA_-aa.seg",
                                          "..dots",
                                          "a/...",
                                          ".hidden/file"};
  for (const auto& name : names) put_text(name, "value of " + name);
  for (const auto& name : names) {
    const auto text = text_at(name);
    ASSERT_TRUE(text.ok()) << name << ": " << text.error().text;
    EXPECT_EQ(*text, "value of " + name);
    EXPECT_THAT(listed(name), ElementsAre(name));
  }
  auto sorted = names;
  std::ranges::sort(sorted);
  EXPECT_EQ(listed(), sorted);
  for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
    const auto rest = listed("", sorted[i]);
    ASSERT_FALSE(rest.empty()) << sorted[i];
    EXPECT_EQ(rest.front(), sorted[i + 1]) << "after " << sorted[i];
  }
  std::vector<ObjectKey> keys;
  for (const auto& name : names) keys.push_back(key(name));
  EXPECT_EQ(store().remove(keys, soon())->size(), 0u);
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_P(ObjectStoreContract, LongKeys) {
  const std::string part(200, 'p');
  const std::string name = part + "/" + part + "/" + std::string(255, 'q');
  put_text(name, "deep");
  EXPECT_EQ(*text_at(name), "deep");
  EXPECT_THAT(listed(part + "/"), ElementsAre(name));
}

TEST_P(ObjectStoreContract, ListsInByteOrderWithPrefixAndAfter) {
  for (const char* name : {"a", "a-b", "b/a", "b/b", "b/c/d", "b-", "b0", "B", "c"}) put_text(name, "x");
  // '-' < '/' < '0' < 'B' < 'a': a folder sorts by its slash, not by its name.
  EXPECT_THAT(listed(), ElementsAre("B", "a", "a-b", "b-", "b/a", "b/b", "b/c/d", "b0", "c"));
  EXPECT_THAT(listed("b"), ElementsAre("b-", "b/a", "b/b", "b/c/d", "b0"));
  EXPECT_THAT(listed("b/"), ElementsAre("b/a", "b/b", "b/c/d"));
  EXPECT_THAT(listed("b/c"), ElementsAre("b/c/d"));
  EXPECT_THAT(listed("", "b/a"), ElementsAre("b/b", "b/c/d", "b0", "c"));
  EXPECT_THAT(listed("", "b/aa"), ElementsAre("b/b", "b/c/d", "b0", "c"));
  EXPECT_THAT(listed("b/", "b/b"), ElementsAre("b/c/d"));
  EXPECT_THAT(listed("b/", "b/c/d"), IsEmpty());
  EXPECT_THAT(listed("b/", "a"), ElementsAre("b/a", "b/b", "b/c/d"));
  EXPECT_THAT(listed("b/", "c"), IsEmpty());
  EXPECT_THAT(listed("d"), IsEmpty());
}

TEST_P(ObjectStoreContract, ListsAndRemovesMoreThanAPage) {
  constexpr int kObjects = 1105;
  std::vector<std::string> expected;
  for (int i = 0; i < kObjects; ++i) expected.push_back(fmt::format("p{}/{:05}", i % 3, i));
  in_parallel(kObjects, [&](int i) { put_text(expected[static_cast<std::size_t>(i)], "x"); });
  std::ranges::sort(expected);

  const auto page = store().list(prefix_, "", soon());
  ASSERT_TRUE(page.ok()) << page.error().text;
  EXPECT_EQ(page->objects.size(), object::kListPageMax);
  EXPECT_TRUE(page->more);
  EXPECT_EQ(listed(), expected);
  EXPECT_EQ(listed("", expected[1000]), std::vector(expected.begin() + 1001, expected.end()));

  std::vector<ObjectKey> keys;
  for (const auto& name : expected) keys.push_back(key(name));
  keys.push_back(key("never/was"));
  const auto failed = store().remove(keys, soon());
  ASSERT_TRUE(failed.ok()) << failed.error().text;
  EXPECT_EQ(failed->size(), 0u);
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_P(ObjectStoreContract, RemovingTheAbsentIsSuccess) {
  const ObjectKey keys[] = {key("none"), key("no/such/folder/none")};
  const auto failed = store().remove(keys, soon());
  ASSERT_TRUE(failed.ok()) << failed.error().text;
  EXPECT_EQ(failed->size(), 0u);
  EXPECT_EQ(store().remove({}, soon())->size(), 0u);
}

TEST_P(ObjectStoreContract, PutOfTheAbsentNeverReplaces) {
  ASSERT_TRUE(store().put(key("once"), view_of("first"), When::kAbsent, soon()).ok());
  const auto again = store().put(key("once"), view_of("second"), When::kAbsent, soon());
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, Kind::kConflict) << again.error().text;
  EXPECT_EQ(*text_at("once"), "first");
  const ObjectKey keys[] = {key("once")};
  ASSERT_TRUE(store().remove(keys, soon()).ok());
  EXPECT_TRUE(store().put(key("once"), view_of("third"), When::kAbsent, soon()).ok());
}

TEST_P(ObjectStoreContract, OneOfManyWritersOfTheAbsentWins) {
  std::atomic<int> won{0};
  std::atomic<int> lost{0};
  std::atomic<int> winner{-1};
  in_parallel(16, [&](int i) {
    const auto put = store().put(key("race"), view_of(std::to_string(i)), When::kAbsent, soon());
    if (put.ok()) {
      ++won;
      winner = i;
    } else if (put.error().kind == Kind::kConflict) {
      ++lost;
    } else {
      ADD_FAILURE() << put.error().text;
    }
  });
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 15);
  EXPECT_EQ(*text_at("race"), std::to_string(winner));
}

TEST_P(ObjectStoreContract, ConcurrentPutsOfOneKeyLeaveOneWhole) {
  if (!GetParam().takes_puts_of_one_key_at_once) GTEST_SKIP() << GetParam().name << " refuses some puts of one key at once";
  constexpr std::size_t kSize = 100'000;
  in_parallel(24, [&](int i) {
    const Bytes data(kSize, static_cast<std::byte>('a' + i));
    const auto put = store().put(key("same"), data, When::kAlways, soon());
    EXPECT_TRUE(put.ok()) << put.error().text;
  });
  const auto text = text_at("same");
  ASSERT_TRUE(text.ok()) << text.error().text;
  EXPECT_EQ(*text, std::string(kSize, text->front()));
}

TEST_P(ObjectStoreContract, UploadOfALittle) {
  auto upload = store().upload(key("u"), When::kAlways, soon());
  ASSERT_TRUE(upload.ok()) << upload.error().text;
  ASSERT_TRUE((*upload)->write(view_of("hello, ")).ok());
  ASSERT_TRUE((*upload)->write({}).ok());
  ASSERT_TRUE((*upload)->write(view_of("world")).ok());
  EXPECT_THAT(listed(), IsEmpty());
  EXPECT_EQ(store().head(key("u"), soon()).error().kind, Kind::kNotFound);
  const auto finished = (*upload)->finish();
  ASSERT_TRUE(finished.ok()) << finished.error().text;
  EXPECT_EQ(finished->size, 12u);
  EXPECT_EQ(*text_at("u"), "hello, world");
  EXPECT_EQ((*upload)->finish()->etag, finished->etag);
  EXPECT_EQ((*upload)->write(view_of("more")).error().kind, Kind::kInvalid);
  upload->reset();
  EXPECT_EQ(*text_at("u"), "hello, world");
}

TEST_P(ObjectStoreContract, UploadOfNothing) {
  auto upload = store().upload(key("u"), When::kAlways, soon());
  ASSERT_TRUE(upload.ok()) << upload.error().text;
  const auto finished = (*upload)->finish();
  ASSERT_TRUE(finished.ok()) << finished.error().text;
  EXPECT_EQ(store().head(key("u"), soon())->size, 0u);
}

TEST_P(ObjectStoreContract, UploadOfManyParts) {
  const Bytes data = random_bytes(23 * kMiB + 4711);
  auto upload = store().upload(key("big/one"), When::kAbsent, soon());
  ASSERT_TRUE(upload.ok()) << upload.error().text;
  for (std::size_t at = 0; at < data.size();) {
    const std::size_t step = std::min<std::size_t>(1'234'567, data.size() - at);
    const auto wrote = (*upload)->write(View(data).subspan(at, step));
    ASSERT_TRUE(wrote.ok()) << wrote.error().text;
    at += step;
  }
  EXPECT_THAT(listed(), IsEmpty());
  const auto finished = (*upload)->finish();
  ASSERT_TRUE(finished.ok()) << finished.error().text;
  EXPECT_EQ(finished->size, data.size());

  const auto head = store().head(key("big/one"), soon());
  ASSERT_TRUE(head.ok()) << head.error().text;
  EXPECT_EQ(head->size, data.size());
  EXPECT_EQ(head->etag, finished->etag);
  // Stores that know only composite checksums of uploads report none here.
  const std::uint32_t crc = crc32c(data);
  EXPECT_EQ(head->crc32c.value_or(crc), crc);
  EXPECT_EQ(finished->crc32c.value_or(crc), crc);
  RecordProperty("whole_crc32c_of_parts", head->crc32c ? "reported" : "unknown");
  const auto whole = store().get(key("big/one"), {0, data.size()}, soon());
  ASSERT_TRUE(whole.ok()) << whole.error().text;
  EXPECT_TRUE(*whole == data);
  const ByteRange seam{5 * kMiB - 10, 5 * kMiB + 10};
  EXPECT_TRUE(
      std::ranges::equal(*store().get(key("big/one"), seam, soon()), View(data).subspan(seam.begin, seam.size())));
}

TEST_P(ObjectStoreContract, UploadOfTheAbsentNeverReplaces) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{6 * kMiB}}) {
    const std::string name = fmt::format("u{}", size);
    auto upload = store().upload(key(name), When::kAbsent, soon());
    ASSERT_TRUE(upload.ok()) << upload.error().text;
    ASSERT_TRUE((*upload)->write(random_bytes(size)).ok());
    put_text(name, "was faster");
    const auto finished = (*upload)->finish();
    ASSERT_FALSE(finished.ok()) << size;
    EXPECT_EQ(finished.error().kind, Kind::kConflict) << finished.error().text;
    upload->reset();
    EXPECT_EQ(*text_at(name), "was faster");
  }
}

TEST_P(ObjectStoreContract, UploadReplacesWhenTold) {
  put_text("u", "old");
  auto upload = store().upload(key("u"), When::kAlways, soon());
  ASSERT_TRUE((*upload)->write(random_bytes(6 * kMiB)).ok());
  EXPECT_EQ(*text_at("u"), "old");
  ASSERT_TRUE((*upload)->finish().ok());
  EXPECT_EQ(store().head(key("u"), soon())->size, 6 * kMiB);
}

TEST_P(ObjectStoreContract, AbandonedUploadsLeaveNothing) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{12 * kMiB}}) {
    auto upload = store().upload(key("left"), When::kAlways, soon());
    ASSERT_TRUE(upload.ok()) << upload.error().text;
    ASSERT_TRUE((*upload)->write(random_bytes(size)).ok());
    EXPECT_THAT(listed(), IsEmpty());
    upload->reset();
    EXPECT_THAT(listed(), IsEmpty());
    EXPECT_EQ(store().head(key("left"), soon()).error().kind, Kind::kNotFound);
  }
  const TimestampMs tomorrow{opened_->clock().wall().raw + 86'400'000};
  EXPECT_EQ(*store().abort_uploads(prefix_, tomorrow, soon()), 0u) << "something was left to abort";
}

TEST_P(ObjectStoreContract, AbortsUnfinishedUploadsThatAreOldEnough) {
  if (!GetParam().finds_uploads_by_prefix) GTEST_SKIP() << GetParam().name << " lists uploads by whole keys only";
  if (!GetParam().dates_uploads) GTEST_SKIP() << GetParam().name << " does not say when uploads began";
  auto here = store().upload(key("here/u"), When::kAlways, soon());
  auto there = store().upload(key("there/u"), When::kAlways, soon());
  const Bytes data = random_bytes(12 * kMiB);
  ASSERT_TRUE((*here)->write(data).ok());
  ASSERT_TRUE((*there)->write(data).ok());
  const TimestampMs now = opened_->clock().wall();
  EXPECT_EQ(*store().abort_uploads(key("here/").name, TimestampMs{now.raw - 86'400'000}, soon()), 0u);
  // A part that is on its way can make a server list its upload twice (versitygw does): at least this one.
  EXPECT_GE(*store().abort_uploads(key("here/").name, TimestampMs{now.raw + 86'400'000}, soon()), 1u);
  EXPECT_FALSE((*here)->finish().ok());
  const auto finished = (*there)->finish();
  ASSERT_TRUE(finished.ok()) << finished.error().text;
  EXPECT_THAT(listed(), ElementsAre("there/u"));
}

TEST_P(ObjectStoreContract, ReadersSeeOldOrNewNeverAMixture) {
  const Bytes one(300'000, std::byte{'1'});
  const Bytes two(300'000, std::byte{'2'});
  ASSERT_TRUE(store().put(key("m"), one, When::kAlways, soon()).ok());
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(store().put(key("m"), i % 2 == 0 ? two : one, When::kAlways, soon()).ok());
    stop = true;
  });
  int reads = 0;
  do {
    const auto got = store().get(key("m"), {0, one.size()}, soon());
    if (!got.ok()) {
      ADD_FAILURE() << got.error().text;
      break;
    }
    EXPECT_TRUE(*got == one || *got == two);
    ++reads;
  } while (!stop);
  writer.join();
  EXPECT_GT(reads, 0);
}

TEST_P(ObjectStoreContract, APassedDeadlineDoesNothing) {
  const Deadline passed{opened_->clock().steady()};
  EXPECT_EQ(store().put(key("late"), view_of("x"), When::kAlways, passed).error().kind, Kind::kUnavailable);
  EXPECT_EQ(store().list(prefix_, "", passed).error().kind, Kind::kUnavailable);
  EXPECT_THAT(listed(), IsEmpty());
}

}  // namespace takhin::contract
