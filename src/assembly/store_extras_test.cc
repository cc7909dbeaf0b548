// What a broker's store does beside answering: it asks for what is frozen, and keeps a replica.

#include <gtest/gtest.h>

#include <algorithm>

#include "assembly/store.h"
#include "object/replicator.h"
#include "os/clock.h"
#include "os/files.h"
#include "testing/http_server.h"
#include "testing/seeded_random.h"
#include "testing/temp_dir.h"

namespace takhin::assembly {
namespace {

class Extras : public ::testing::Test {
 protected:
  using Request = takhin::testing::HttpServer::Request;
  using Reply = takhin::testing::HttpServer::Reply;

  object::S3Options directory(const std::string& name) const {
    object::S3Options out;
    out.endpoint = "file://" + (dir / name);
    return out;
  }
  object::S3Options bucket(const std::string& url) const {
    object::S3Options out;
    out.bucket = "b";
    out.endpoint = url;
    out.retry.attempts_max = 1;
    out.keys = {"id", "secret", "", std::nullopt};
    return out;
  }
  StoreExtras extras(std::optional<object::ThawOptions> thaw, std::optional<object::S3Options> replica) const {
    StoreExtras out{.thaw = std::move(thaw), .replica_journal = dir / "removals"};
    if (replica) out.replica = object::ReplicaOptions{*std::move(replica), 1};
    return out;
  }
  template <class Check>
  bool soon(Check check) {
    const Deadline end = Deadline::in(clock, std::chrono::seconds(20));
    while (!check()) {
      if (end.passed(clock)) return false;
      clock.sleep(std::chrono::milliseconds(5));
    }
    return true;
  }

  const Deadline never = Deadline::never();
  takhin::testing::TempDir dir;
  os::PosixFileSystem files;
  os::SystemClock clock;
  takhin::testing::SeededRandom random;
  System system{files, clock, random, {}, 4711};
  metrics::Metrics metrics;
};

TEST_F(Extras, AReplicaIsWrittenBehindTheFirstAndReadInItsPlace) {
  {
    const auto store = *open_store(system, metrics, directory("first"), extras({}, directory("second")));
    ASSERT_TRUE(store->top().put({"t/k"}, view_of("hello"), object::When::kAlways, never).ok());
    ASSERT_TRUE(soon([&] { return files.stat(dir / "second/takhin-segments/t/k").ok(); }));
    EXPECT_EQ(store->meter().put_class(), 2u) << "the put, and a listing to compare; the replica's are not on this bill";
  }
  // The first one is a server that nobody runs any more.
  const auto store = *open_store(system, metrics, bucket("http://127.0.0.1:1"), extras({}, directory("second")));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(text_of(*store->top().get({"t/k"}, {0, 5}, never)), "hello");
  EXPECT_EQ(metrics.counter(object::kReplicaReads).value(), 3);
  EXPECT_EQ(store->top().list("", "", never).error().kind, Kind::kUnavailable);
}

TEST_F(Extras, OnlyWhoIsToldToAsksForWhatIsFrozen) {
  takhin::testing::HttpServer s3([](const Request& request) -> Reply {
    if (request.target.find("list-type") != std::string::npos) {
      return {.body = "<ListBucketResult><Contents><Key>takhin-segments/k</Key><Size>5</Size></Contents></ListBucketResult>"};
    }
    if (request.method == "GET") return {.status = 403, .body = "<Error><Code>InvalidObjectState</Code></Error>"};
    if (request.method == "HEAD") return {.body = "12345", .headers = {{"x-amz-storage-class", "DEEP_ARCHIVE"}}};
    return {.status = 202};
  });
  const auto asked = [&] {
    const auto all = s3.requests();
    return std::ranges::count_if(all, [](const Request& one) { return one.target.find("?restore") != std::string::npos; });
  };
  {
    const auto looking = *open_store(system, metrics, bucket(s3.url()));
    EXPECT_EQ(looking->top().get({"k"}, {0, 5}, never).error().kind, kFrozen);
  }
  {
    // Copying to a replica reads everything, and must not thaw it.
    const auto copying = *open_store(system, metrics, bucket(s3.url()), extras(object::ThawOptions{}, directory("second")));
    ASSERT_TRUE(soon([&] { return metrics.counter(object::kReplicaCopies, {{"result", "failure"}}).value() >= 1; }));
    EXPECT_EQ(asked(), 0);
    EXPECT_EQ(copying->top().get({"k"}, {0, 5}, never).error().kind, kFrozen);
    EXPECT_TRUE(soon([&] { return asked() == 1; }));
  }
}

}  // namespace
}  // namespace takhin::assembly
