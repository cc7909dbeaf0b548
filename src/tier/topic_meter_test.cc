#include "tier/topic_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "object/memory.h"
#include "testing/fake_clock.h"
#include "testing/scripted_store.h"
#include "testing/segment_kit.h"

namespace takhin::tier {
namespace {

using takhin::testing::partition_ref;
using takhin::testing::Verb;

class TopicMeterTest : public ::testing::Test {
 protected:
  std::string key(const std::string& topic) const { return topic_prefix(topic, partition_ref(topic).topic_id) + "topic.json"; }
  TopicUsage of(std::string_view topic) const {
    for (const TopicUsage& usage : meter.usage()) {
      if (usage.topic == topic) return usage;
    }
    return {};
  }
  void put(const std::string& key, std::size_t bytes) {
    ASSERT_TRUE(meter.put({key}, Bytes(bytes), object::When::kAlways, Deadline::never()).ok());
  }

  takhin::testing::FakeClock clock;
  metrics::Metrics metrics;
  object::MemoryStore memory{clock};
  takhin::testing::ScriptedStore store{memory};
  TopicMeter meter{store, metrics, 100};
};

TEST_F(TopicMeterTest, CountsByTopicAndBillingClass) {
  put(key("a.b-1"), 30);
  ASSERT_TRUE(meter.get({key("a.b-1")}, {0, 10}, Deadline::never()).ok());
  ASSERT_TRUE(meter.head({key("a.b-1")}, Deadline::never()).ok());
  ASSERT_TRUE(meter.list(key("a.b-1"), "", Deadline::never()).ok());
  ASSERT_TRUE(meter.list("", "", Deadline::never()).ok());
  put("groups/x.snapshot", 7);
  const TopicUsage topic = of("a.b-1");
  EXPECT_EQ(topic.put_requests, 2u);
  EXPECT_EQ(topic.get_requests, 2u);
  EXPECT_EQ(topic.bytes_up, 30u);
  EXPECT_EQ(topic.bytes_down, 10u);
  EXPECT_EQ(of(kNoTopic).put_requests, 2u);
  EXPECT_EQ(of(kNoTopic).bytes_up, 7u);
  EXPECT_EQ(metrics.counter(kTopicRequests, {{"topic", "a.b-1"}, {"class", "put"}}).value(), 2);
  EXPECT_EQ(metrics.counter(kTopicBytes, {{"topic", "a.b-1"}, {"direction", "down"}}).value(), 10);
}

TEST_F(TopicMeterTest, AnUploadCountsAsItsParts) {
  for (const auto& [bytes, requests] : {std::pair{100u, 1u}, {101u, 4u}, {250u, 5u}}) {
    const TopicUsage before = of("t");
    auto upload = meter.upload({key("t")}, object::When::kAlways, Deadline::never());
    ASSERT_TRUE(upload.ok());
    ASSERT_TRUE((*upload)->write(Bytes(bytes / 2)).ok());
    ASSERT_TRUE((*upload)->write(Bytes(bytes - bytes / 2)).ok());
    ASSERT_TRUE((*upload)->finish().ok());
    EXPECT_EQ(of("t").put_requests - before.put_requests, requests) << bytes;
    EXPECT_EQ(of("t").bytes_up - before.bytes_up, bytes);
  }
}

TEST_F(TopicMeterTest, WhatFailsIsBilledAndMovesNothing) {
  store.fail_next(Verb::kPut);
  EXPECT_FALSE(meter.put({key("t")}, Bytes(9), object::When::kAlways, Deadline::never()).ok());
  EXPECT_FALSE(meter.get({key("t")}, {0, 5}, Deadline::never()).ok());
  EXPECT_EQ(of("t").put_requests, 1u);
  EXPECT_EQ(of("t").get_requests, 1u);
  EXPECT_EQ(of("t").bytes_up + of("t").bytes_down, 0u);
}

TEST_F(TopicMeterTest, BeyondTheLimitTopicsCountTogether) {
  for (std::size_t i = 0; i < kTopicsMeteredMax + 50; ++i) put(key("t" + std::to_string(i)), 1);
  const auto usage = meter.usage();
  EXPECT_EQ(usage.size(), kTopicsMeteredMax + 1);
  EXPECT_EQ(of(kOtherTopics).put_requests, 50u);
  put(key("t3"), 1);
  EXPECT_EQ(of("t3").put_requests, 2u) << "who has counters keeps them";
}

}  // namespace
}  // namespace takhin::tier
