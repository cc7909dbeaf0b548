#include "broker/fetch_sessions.h"

#include <gtest/gtest.h>

#include "testing/fake_clock.h"
#include "testing/seeded_random.h"

namespace takhin::broker {
namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;

class FetchSessionsTest : public ::testing::Test {
 protected:
  static void add(FetchRequest& request, const std::string& topic, std::int32_t partition, std::int64_t offset = 0) {
    auto& to = request.topics.emplace_back();
    to.topic = topic;
    FetchRequest::FetchPartition asked;
    asked.partition = partition;
    asked.fetch_offset = offset;
    to.partitions.push_back(asked);
  }
  static FetchRequest whole(const std::vector<std::string>& topics = {"a", "b"}, std::int32_t epoch = 0, std::int32_t id = 0) {
    FetchRequest request;
    request.session_id = id;
    request.session_epoch = epoch;
    for (const auto& topic : topics) add(request, topic, 0);
    return request;
  }
  static FetchRequest next(std::int32_t id, std::int32_t epoch) { return whole({}, epoch, id); }
  std::int32_t session(const std::vector<std::string>& topics = {"a", "b"}) {
    const auto context = sessions.open(whole(topics), false);
    return sessions.close(context, std::vector<FetchNews>(topics.size())).session_id;
  }
  static std::vector<std::string> names(const FetchSessions::Context& context) {
    std::vector<std::string> out;
    for (const auto& one : context.partitions) out.push_back(one.topic);
    return out;
  }
  using Names = std::vector<std::string>;

  testing::FakeClock clock;
  testing::SeededRandom random;
  FetchSessions sessions{clock, random, 3};
};

TEST_F(FetchSessionsTest, AnswersNameOnlyWhatHasNews) {
  const auto first = sessions.open(whole(), false);
  const auto made = sessions.close(first, {{.high_watermark = 5, .log_start = 0}, {.high_watermark = 9, .log_start = 0}});
  EXPECT_GT(made.session_id, 0);
  EXPECT_EQ(made.include, (std::vector{true, true}));
  auto ask = [&, epoch = 1](FetchNews a, FetchNews b) mutable {
    const auto context = sessions.open(next(made.session_id, epoch++), false);
    EXPECT_EQ(names(context), (Names{"a", "b"}));
    return sessions.close(context, {a, b}).include;
  };
  const FetchNews a{.high_watermark = 5, .log_start = 0};
  const FetchNews b{.high_watermark = 9, .log_start = 0};
  EXPECT_EQ(ask(a, b), (std::vector{false, false}));
  EXPECT_EQ(ask({.high_watermark = 6, .log_start = 0}, b), (std::vector{true, false}));
  EXPECT_EQ(ask({.high_watermark = 6, .log_start = 0}, {.high_watermark = 9, .log_start = 3}), (std::vector{false, true}));
  const FetchNews broken{.error = ErrorCode::kKafkaStorageError};
  EXPECT_EQ(ask(broken, {.high_watermark = 9, .log_start = 3}), (std::vector{true, false}));
  EXPECT_EQ(ask(broken, {.high_watermark = 9, .log_start = 3}), (std::vector{true, false}));
  EXPECT_EQ(ask({.high_watermark = 6, .log_start = 0}, {.high_watermark = 9, .log_start = 3}), (std::vector{true, false}));
}

TEST_F(FetchSessionsTest, WhatHadRecordsGoesLast) {
  const std::int32_t id = session({"a", "b", "c"});
  auto context = sessions.open(next(id, 1), false);
  sessions.close(context, {{.has_records = true}, {}, {}});
  context = sessions.open(next(id, 2), false);
  EXPECT_EQ(names(context), (Names{"b", "c", "a"}));
  sessions.close(context, {{.has_records = true}, {.has_records = true}, {}});
  EXPECT_EQ(names(sessions.open(next(id, 3), false)), (Names{"a", "b", "c"}));
}

TEST_F(FetchSessionsTest, RequestsNameChangesOnly) {
  const std::int32_t id = session();
  auto change = next(id, 1);
  add(change, "c", 4, 7);
  add(change, "a", 0, 99);
  change.forgotten_topics_data.push_back({.topic = "b", .partitions = {0, 5}});
  auto context = sessions.open(change, false);
  EXPECT_EQ(names(context), (Names{"a", "c"}));
  EXPECT_EQ(context.partitions[0].asked.fetch_offset, 99);
  EXPECT_EQ(context.partitions[1].asked.fetch_offset, 7);
  EXPECT_EQ(names(sessions.open(next(id, 2), false)), (Names{"a", "c"}));
  auto nothing = next(id, 3);
  nothing.forgotten_topics_data = {{.topic = "a", .partitions = {0}}, {.topic = "c", .partitions = {4}}};
  context = sessions.open(nothing, false);
  EXPECT_EQ(context.session, nullptr);
  EXPECT_EQ(sessions.size(), 0u);
}

TEST_F(FetchSessionsTest, EpochsCountAndErrorsAreKafkas) {
  const std::int32_t id = session();
  EXPECT_EQ(sessions.open(next(id, 2), false).error, ErrorCode::kInvalidFetchSessionEpoch);
  EXPECT_EQ(sessions.open(next(id + 1, 1), false).error, ErrorCode::kFetchSessionIdNotFound);
  EXPECT_EQ(sessions.open(next(0, 1), false).error, ErrorCode::kInvalidFetchSessionEpoch);
  EXPECT_EQ(sessions.open(next(id, 1), true).error, ErrorCode::kFetchSessionTopicIdError);
  const auto slow = sessions.open(next(id, 1), false);
  EXPECT_EQ(slow.error, ErrorCode::kNone);
  sessions.open(next(id, 2), false);
  EXPECT_EQ(sessions.close(slow, {{}, {}}).error, ErrorCode::kInvalidFetchSessionEpoch);
  EXPECT_EQ(sessions.open(whole({"a"}, -1, id), false).error, ErrorCode::kNone);
  EXPECT_EQ(sessions.size(), 0u);
  EXPECT_EQ(sessions.open(next(id, 3), false).error, ErrorCode::kFetchSessionIdNotFound);
}

TEST_F(FetchSessionsTest, ASessionThatNamesEverMoreEnds) {
  const auto id = session();
  FetchRequest more = next(id, 1);
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(kSessionPartitionsMax) - 2; ++i) add(more, "c", i);
  EXPECT_EQ(sessions.open(more, false).error, ErrorCode::kNone);
  FetchRequest one_more = next(id, 2);
  add(one_more, "d", 0);
  EXPECT_EQ(sessions.open(one_more, false).error, ErrorCode::kFetchSessionIdNotFound);
  EXPECT_EQ(sessions.size(), 0u);
}

TEST_F(FetchSessionsTest, AWholeRequestReplacesItsSession) {
  const std::int32_t id = session();
  const auto context = sessions.open(whole({"x"}, 0, id), false);
  const auto told = sessions.close(context, {{}});
  EXPECT_NE(told.session_id, id);
  EXPECT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions.close(sessions.open(whole({"x"}, -1), false), {{}}).session_id, 0);
  EXPECT_EQ(sessions.close(sessions.open(whole({}, 0), false), {}).session_id, 0);
}

TEST_F(FetchSessionsTest, TopicsAreTheirIdsSinceTheyHaveThem) {
  FetchRequest request = whole({""});
  request.topics[0].topic_id = Uuid::make(random);
  request.topics.push_back(request.topics[0]);
  request.topics[1].topic_id = Uuid::make(random);
  const std::int32_t id = sessions.close(sessions.open(request, true), {{}, {}}).session_id;
  auto change = next(id, 1);
  change.forgotten_topics_data.push_back({.topic_id = request.topics[0].topic_id, .partitions = {0}});
  const auto context = sessions.open(change, true);
  ASSERT_EQ(context.partitions.size(), 1u);
  EXPECT_EQ(context.partitions[0].topic_id, request.topics[1].topic_id);
}

TEST_F(FetchSessionsTest, AFullCacheKeepsWhatIsUsedUnlessALargerOneComes) {
  const std::int32_t small = session({"a"});
  const std::int32_t large = session({"a", "b", "c"});
  const std::int32_t middle = session({"a", "b"});
  EXPECT_EQ(session({"a", "b", "c", "d"}), 0) << "all are new";
  clock.advance(std::chrono::minutes(3));
  std::int32_t epoch = 0;
  const auto use_all = [&](const std::vector<std::int32_t>& ids) {
    ++epoch;
    for (const auto id : ids) EXPECT_EQ(sessions.open(next(id, epoch), false).error, ErrorCode::kNone);
  };
  use_all({small, large, middle});
  EXPECT_EQ(session({"z"}), 0) << "not larger than any";
  clock.advance(std::chrono::seconds(1));
  EXPECT_NE(session({"y", "z"}), 0);
  EXPECT_EQ(sessions.open(next(small, 2), false).error, ErrorCode::kFetchSessionIdNotFound);
  clock.advance(std::chrono::minutes(3));
  use_all({large});
  EXPECT_NE(session({"q"}), 0) << "idle ones go first, whatever their size";
  EXPECT_EQ(sessions.open(next(middle, 2), false).error, ErrorCode::kFetchSessionIdNotFound);
  EXPECT_EQ(sessions.open(next(large, 3), false).error, ErrorCode::kNone);
}

}  // namespace
}  // namespace takhin::broker
