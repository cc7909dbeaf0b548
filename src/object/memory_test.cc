#include "object/memory.h"

#include <gmock/gmock.h>

#include "testing/fake_clock.h"
#include "testing/scripted_store.h"

namespace takhin::object {
namespace {

using takhin::testing::Effect;
using takhin::testing::FakeClock;
using takhin::testing::ScriptedStore;
using takhin::testing::Verb;

TEST(ObjectKey, TakesWhatADirectoryAndAListingCanHold) {
  for (const char* good : {"a", "a/b", "a b+c%20=/ü/日本", "..a", "a/...", "-", "a/.b"}) {
    EXPECT_TRUE(check({good}).ok()) << good;
  }
  EXPECT_TRUE(check({std::string(255, 'x')}).ok());
}

TEST(ObjectKey, RefusesTheRestAndSaysWhy) {
  const std::pair<std::string, std::string> bad[] = {
      {"", "is empty"},       {"/a", "empty part"},          {"a/", "empty part"},
      {"a//b", "empty part"}, {"a/./b", "\"..\""},           {"..", "\"..\""},
      {"a\nb", "control"},    {"a\x7f", "control"},          {std::string("a\0b", 3), "control"},
      {"\xff", "UTF-8"},      {"\xc0\xaf", "UTF-8"},         {"\xed\xa0\x80", "UTF-8"},
      {"a\xe2\x82", "UTF-8"}, {"\xf4\x90\x80\x80", "UTF-8"}, {std::string(256, 'x'), "255"},
  };
  for (const auto& [key, rule] : bad) {
    const auto answer = check({key});
    ASSERT_FALSE(answer.ok()) << key;
    EXPECT_EQ(answer.error().kind, Kind::kInvalid);
    EXPECT_THAT(answer.error().text, ::testing::HasSubstr(rule));
  }
  std::string long_key = "a";
  while (long_key.size() <= kKeyBytesMax) long_key += "/bcdefg";
  EXPECT_THAT(check({long_key}).error().text, ::testing::HasSubstr("1,024"));
}

TEST(MemoryStore, GivesUpAtTheDeadline) {
  FakeClock clock;
  MemoryStore store(clock);
  const auto soon = Deadline::in(clock, std::chrono::seconds(1));
  ASSERT_TRUE(store.put({"a"}, view_of("1"), When::kAlways, soon).ok());
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(store.get({"a"}, {0, 1}, soon).error().kind, Kind::kUnavailable);
}

TEST(MemoryStore, AbortsOldUploadsOnly) {
  FakeClock clock;
  MemoryStore store(clock);
  auto old = *store.upload({"p/old"}, When::kAlways, Deadline::never());
  auto other = *store.upload({"q/old"}, When::kAlways, Deadline::never());
  clock.advance(std::chrono::hours(2));
  auto young = *store.upload({"p/young"}, When::kAlways, Deadline::never());
  EXPECT_EQ(*store.abort_uploads("p/", clock.wall(), Deadline::never()), 1u);
  EXPECT_EQ(old->finish().error().kind, Kind::kNotFound);
  EXPECT_TRUE(young->finish().ok());
  EXPECT_TRUE(other->finish().ok());
}

TEST(ForEach, WalksPagesAndStopsWhereTold) {
  FakeClock clock;
  MemoryStore store(clock, 3);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(store.put({fmt::format("k/{}", i)}, {}, When::kAlways, Deadline::never()).ok());
  }
  std::vector<std::string> seen;
  ASSERT_TRUE(for_each(store, "k/", "k/1", Deadline::never(), [&](const ObjectInfo& info) {
                seen.push_back(info.key.name);
                return done();
              }).ok());
  EXPECT_THAT(seen, ::testing::ElementsAre("k/2", "k/3", "k/4", "k/5", "k/6", "k/7", "k/8", "k/9"));
  int calls = 0;
  const auto stopped = for_each(store, "k/", "", Deadline::never(), [&](const ObjectInfo&) -> Result<> {
    if (++calls == 4) return fail(Kind::kClosed, "enough");
    return done();
  });
  EXPECT_EQ(stopped.error().kind, Kind::kClosed);
  EXPECT_EQ(calls, 4);
}

TEST(ScriptedStore, FailsLosesAndFlips) {
  FakeClock clock;
  MemoryStore memory(clock);
  ScriptedStore store(memory);
  const auto never = Deadline::never();
  store.fail_next(Verb::kPut, Kind::kThrottled);
  store.lose_reply(Verb::kPut);
  EXPECT_EQ(store.put({"a"}, view_of("1"), When::kAlways, never).error().kind, Kind::kThrottled);
  EXPECT_EQ(memory.head({"a"}, never).error().kind, Kind::kNotFound);
  EXPECT_EQ(store.put({"a"}, view_of("12"), When::kAlways, never).error().kind, Kind::kUnavailable);
  EXPECT_EQ(memory.head({"a"}, never)->size, 2u);
  EXPECT_TRUE(store.put({"a"}, view_of("12"), When::kAlways, never).ok());
  EXPECT_EQ(store.calls(Verb::kPut), 3);

  store.add({.verb = Verb::kGet, .effect = Effect::kFlipBit, .key_part = "a", .skip = 1});
  EXPECT_EQ(text_of(*store.get({"a"}, {0, 2}, never)), "12");
  EXPECT_NE(text_of(*store.get({"a"}, {0, 2}, never)), "12");
  EXPECT_EQ(text_of(*store.get({"a"}, {0, 2}, never)), "12");
  EXPECT_EQ(store.faults_left(), 0u);

  store.set_down(true);
  EXPECT_EQ(store.head({"a"}, never).error().kind, Kind::kUnavailable);
  store.set_down(false);
  auto upload = *store.upload({"b"}, When::kAlways, never);
  store.fail_next(Verb::kFinish);
  EXPECT_FALSE(upload->finish().ok());
  EXPECT_TRUE(upload->finish().ok());
}

}  // namespace
}  // namespace takhin::object
