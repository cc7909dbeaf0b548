#include "assembly/store.h"

#include <gtest/gtest.h>

#include <atomic>

#include "assembly/data_dir.h"
#include "object/refreshing.h"
#include "os/clock.h"
#include "os/files.h"
#include "testing/fake_clock.h"
#include "testing/http_server.h"
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

/// A machine with nothing but an instance profile, whose first credentials the store does not take (any more).
class Instance : public ::testing::Test {
 protected:
  using Request = takhin::testing::HttpServer::Request;
  using Reply = takhin::testing::HttpServer::Reply;

  Reply metadata(const Request& request) {
    if (request.method == "PUT") return {.body = "imds"};
    if (!request.target.ends_with("/role")) return {.body = "role"};
    const int number = ++handed_out;
    return {.body = fmt::format(R"({{"Code":"Success","AccessKeyId":"AKID","SecretAccessKey":"s","Token":"token{}",)"
                                R"("Expiration":"2033-05-18T03:33:20Z"}})",
                                number)};
  }
  Reply bucket(const Request& request) {
    const auto token = request.headers.find("x-amz-security-token");
    if (token == request.headers.end()) return {.status = 403};
    if (token->second == expired)
      return {.status = 400, .body = "<Error><Code>ExpiredToken</Code><Message>it has expired</Message></Error>"};
    return {.headers = {{"etag", "e"}}};
  }

  std::atomic<int> handed_out{0};
  std::string expired = "none";
  takhin::testing::HttpServer imds{[this](const Request& request) { return metadata(request); }};
  takhin::testing::HttpServer s3{[this](const Request& request) { return bucket(request); }};
  takhin::testing::TempDir home;
  os::PosixFileSystem files;
  takhin::testing::FakeClock clock;
  takhin::testing::SeededRandom random;
  System system{files, clock, random, {{"HOME", home.path()}, {"AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url()}}, 4711};
  metrics::Metrics metrics;
};

TEST_F(Instance, AnExpiredTokenFailsNoRequest) {
  object::S3Options options;
  options.bucket = "b";
  options.endpoint = s3.url();
  options.retry.attempts_max = 1;
  const auto store = *open_store(system, metrics, options);
  const auto put = [&] { return store->top().put({"a"}, view_of("x"), object::When::kAlways, Deadline::never()); };
  ASSERT_TRUE(put().ok());
  EXPECT_EQ(handed_out, 1);
  ASSERT_TRUE(put().ok());
  EXPECT_EQ(handed_out, 1) << "remembered";
  clock.advance(object::kYoungFor);
  expired = "token1";
  const auto refreshed = put();
  ASSERT_TRUE(refreshed.ok()) << refreshed.error().text;
  EXPECT_EQ(handed_out, 2);
  EXPECT_EQ(s3.requests().back().headers.at("x-amz-security-token"), "token2");
  EXPECT_EQ(store->meter().put_class(), 4u) << "the refused request counts";
}

TEST_F(Instance, AMachineWithoutCredentialsSaysWhatWasTried) {
  system.environment["AWS_EC2_METADATA_DISABLED"] = "true";
  object::S3Options options;
  options.bucket = "b";
  options.endpoint = s3.url();
  const auto store = *open_store(system, metrics, options);
  const auto answer = store->top().head({"a"}, Deadline::never());
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, Kind::kDenied) << "and not kNotFound, which would be said of the object";
  for (const char* source : {"access key", "AWS_ACCESS_KEY_ID", "profile default", "web identity: AWS_WEB_IDENTITY_TOKEN_FILE",
                             "container endpoint: AWS_CONTAINER", "instance profile: AWS_EC2_METADATA_DISABLED"}) {
    EXPECT_NE(answer.error().text.find(source), std::string::npos) << source << " in " << answer.error().text;
  }
  EXPECT_TRUE(s3.requests().empty());
}

TEST_F(Instance, TheProxyOfTheEnvironmentIsForTheStoreOnly) {
  system.environment["http_proxy"] = s3.url();  // answers for any host
  object::S3Options options;
  options.bucket = "b";
  options.endpoint = "http://store.invalid";
  const auto store = *open_store(system, metrics, options);
  ASSERT_TRUE(store->top().put({"a"}, view_of("x"), object::When::kAlways, Deadline::never()).ok());
  EXPECT_EQ(s3.requests().size(), 1u);
  EXPECT_EQ(s3.requests().at(0).target, "http://store.invalid/b/takhin-segments/a");
  EXPECT_EQ(handed_out, 1) << "straight from the metadata service";
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
