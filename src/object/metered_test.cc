#include "object/metered.h"

#include <gmock/gmock.h>

#include "object/memory.h"
#include "testing/fake_clock.h"
#include "testing/scripted_store.h"

namespace takhin::object {
namespace {

using takhin::testing::Verb;
using ::testing::HasSubstr;

TEST(MeteredStore, CountsRequestsBytesAndResults) {
  takhin::testing::FakeClock clock;
  MemoryStore memory(clock);
  takhin::testing::ScriptedStore scripted(memory);
  metrics::Metrics metrics;
  RequestMeter meter(metrics);
  MeteredStore store(scripted, meter, clock);
  const auto never = Deadline::never();

  ASSERT_TRUE(store.put({"a"}, view_of("12345"), When::kAlways, never).ok());
  scripted.fail_next(Verb::kPut, Kind::kThrottled);
  EXPECT_FALSE(store.put({"a"}, view_of("12345"), When::kAlways, never).ok());
  {
    auto upload = *store.upload({"b"}, When::kAlways, never);
    ASSERT_TRUE(upload->write(view_of("123")).ok());
    ASSERT_TRUE(upload->finish().ok());
  }
  {
    const auto abandoned = store.upload({"c"}, When::kAlways, never);
  }
  EXPECT_EQ(store.get({"a"}, {1, 3}, never)->size(), 2u);
  EXPECT_FALSE(store.get({"none"}, {0, 1}, never).ok());
  EXPECT_TRUE(store.head({"a"}, never).ok());
  EXPECT_TRUE(store.list("", "", never).ok());
  const ObjectKey keys[] = {{"a"}};
  EXPECT_TRUE(store.remove(keys, never).ok());

  EXPECT_EQ(meter.requests_of(Request::kPut), 3u);
  EXPECT_EQ(meter.put_class(), 4u);
  EXPECT_EQ(meter.get_class(), 3u);
  EXPECT_EQ(meter.bytes_up(), 8u);
  EXPECT_EQ(meter.bytes_down(), 2u);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("tiered_storage_s3_bytes_uploaded 8"));
  EXPECT_THAT(text, HasSubstr("tiered_storage_s3_bytes_downloaded 2"));
  EXPECT_THAT(text, HasSubstr(R"(tiered_storage_requests_total{result="throttled",verb="put"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(tiered_storage_requests_total{result="absent",verb="get"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(tiered_storage_request_seconds_count{verb="remove"} 1)"));
}

TEST(RequestMeter, BillsAsS3Does) {
  RequestMeter meter;
  for (std::size_t i = 0; i < kRequestKinds; ++i) meter.record(static_cast<Request>(i), std::nullopt, 0, 0, {});
  EXPECT_EQ(meter.put_class(), 6u);  // put, create, part, complete, list uploads, list
  EXPECT_EQ(meter.get_class(), 2u);  // get, head; abort and remove are free
}

}  // namespace
}  // namespace takhin::object
