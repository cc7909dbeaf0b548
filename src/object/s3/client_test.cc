#include "object/s3/client.h"

#include <gmock/gmock.h>

#include "testing/fake_s3.h"

namespace takhin::object::s3 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(S3Address, PathStyleForEndpointsVirtualHostForAws) {
  const auto url = [](std::string bucket, std::string endpoint, std::string region = "eu-west-1",
                      Addressing addressing = Addressing::kAuto) -> std::string {
    S3Options options;
    options.bucket = std::move(bucket);
    options.endpoint = std::move(endpoint);
    options.region = std::move(region);
    options.addressing = addressing;
    const auto address = address_of(options);
    if (!address.ok()) return std::string(name_of(address.error().kind));
    return address->scheme + "://" + address->host + address->base;
  };
  EXPECT_EQ(url("b", ""), "https://b.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(url("b.with.dots", ""), "https://s3.eu-west-1.amazonaws.com/b.with.dots");
  EXPECT_EQ(url("b", "", "cn-north-1"), "https://b.s3.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(url("b", "http://127.0.0.1:9000"), "http://127.0.0.1:9000/b");
  EXPECT_EQ(url("b", "http://minio:80/"), "http://minio/b");
  EXPECT_EQ(url("b", "https://minio:443"), "https://minio/b");
  EXPECT_EQ(url("b", "https://minio:80"), "https://minio:80/b");
  EXPECT_EQ(url("b", "https://minio:9000", "eu-west-1", Addressing::kVirtual), "https://b.minio:9000");
  EXPECT_EQ(url("b.with.dots", "", "eu-west-1", Addressing::kVirtual), "https://b.with.dots.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(url("b", "", "eu-west-1", Addressing::kPath), "https://s3.eu-west-1.amazonaws.com/b");
  const std::string invalid(name_of(Kind::kInvalid));
  for (const char* endpoint :
       {"minio:9000", "ftp://minio", "http://", "http://minio/path", "http://user@minio", "file:///x"}) {
    EXPECT_EQ(url("b", endpoint), invalid) << endpoint;
  }
  EXPECT_EQ(url("", ""), invalid);
  EXPECT_EQ(url("a/b", ""), invalid);
}

/// Hands out the next key of a row each time one was refused.
class Rotating final : public CredentialsProvider {
 public:
  explicit Rotating(std::vector<std::string> keys) : keys_(std::move(keys)) {}
  Result<Credentials> get(Deadline) override { return Credentials{keys_.at(at_), "secret", "token", {}}; }
  void refused(const Credentials& credentials) override {
    EXPECT_EQ(credentials.access_key, keys_.at(at_));
    at_ = std::min(at_ + 1, keys_.size() - 1);
  }

 private:
  const std::vector<std::string> keys_;
  std::size_t at_ = 0;
};

TEST_F(S3, StaleCredentialsAreReplacedOnce) {
  struct Case {
    std::vector<std::string> keys;
    std::size_t requests;
    bool ok;
  };
  for (const char* code : {"ExpiredToken", "InvalidToken", "InvalidAccessKeyId"}) {
    for (const Case& one : {Case{{"old", "good"}, 2, true}, Case{{"old", "older", "good"}, 2, false}, Case{{"old"}, 1, false}}) {
      Rotating rotating(one.keys);
      auto transport = std::make_unique<Scripted>([&](const HttpRequest& request) {
        const bool good = header_of(request, "authorization").find("Credential=good/") != std::string::npos;
        return good ? reply_of(200, "", {{"etag", "e"}}) : error_reply(400, code);
      });
      Scripted& http = *transport;
      S3Store store(options_, *address_of(options_), rotating, clock_, random_, std::move(transport), meter_);
      EXPECT_EQ(store.put({"a"}, view_of("x"), When::kAlways, never_).ok(), one.ok) << code;
      EXPECT_EQ(http.requests.size(), one.requests) << code;
    }
  }
}

TEST_F(S3, AHeadSaysOnlyThatItIsABadRequest) {
  Rotating rotating({"old", "good"});
  auto transport = std::make_unique<Scripted>([&](const HttpRequest& request) {
    const bool good = header_of(request, "authorization").find("Credential=good/") != std::string::npos;
    return good ? reply_of(200, "", {{"content-length", "3"}}) : reply_of(400);
  });
  S3Store store(options_, *address_of(options_), rotating, clock_, random_, std::move(transport), meter_);
  const auto head = store.head({"a"}, never_);
  ASSERT_TRUE(head.ok()) << head.error().text;
  EXPECT_EQ(head->size, 3u);
}

/// The region that a request was signed for.
std::string region_of(const HttpRequest& request) {
  const std::string authorization = header_of(request, "authorization");
  const auto begin = authorization.find('/', authorization.find('/') + 1) + 1;  // Credential=AKID/20130524/REGION/s3
  return authorization.substr(begin, authorization.find('/', begin) - begin);
}

HttpReply wrong_region_reply(int status, std::string_view region, bool has_header) {
  HttpReply reply = reply_of(status, fmt::format("<Error><Code>{}</Code><Region>{}</Region></Error>",
                                                 status == 400 ? "AuthorizationHeaderMalformed" : "PermanentRedirect",
                                                 has_header ? "" : region));
  if (has_header) reply.headers.emplace_back("x-amz-bucket-region", region);
  return reply;
}

TEST_F(S3, TheRegionOfTheBucketIsLearntOnce) {
  options_.endpoint = "";
  for (const auto& [status, has_header] : {std::pair(301, true), std::pair(400, false), std::pair(307, true)}) {
    auto& http = open_scripted([&](const HttpRequest& request) {
      return region_of(request) == "eu-west-3" ? reply_of(200, "", {{"etag", "e"}})
                                               : wrong_region_reply(status, "eu-west-3", has_header);
    });
    for (int i = 0; i < 2; ++i) {
      const auto put = store_->put({"a"}, view_of("x"), When::kAlways, never_);
      ASSERT_TRUE(put.ok()) << status << put.error().text;
    }
    ASSERT_EQ(http.requests.size(), 3u) << "asked in the wrong place once";
    EXPECT_EQ(http.requests[0].url, "https://bucket.s3.us-east-1.amazonaws.com/a");
    EXPECT_EQ(http.requests[1].url, "https://bucket.s3.eu-west-3.amazonaws.com/a");
    EXPECT_EQ(http.requests[2].url, http.requests[1].url);
  }
}

TEST_F(S3, AHeadLearnsTheRegionFromItsHeader) {
  auto& http = open_scripted([&](const HttpRequest& request) {
    if (region_of(request) == "eu-west-3") return reply_of(200, "", {{"content-length", "3"}});
    return reply_of(400, "", {{"x-amz-bucket-region", "eu-west-3"}});
  });
  ASSERT_TRUE(store_->head({"a"}, never_).ok());
  EXPECT_EQ(http.requests.at(1).url, "http://127.0.0.1:9000/bucket/a") << "an endpoint stays where it is";
}

TEST_F(S3, ARemoveLearnsTheRegionThatItsKeysAreRefusedFor) {
  auto& http = open_scripted([&](const HttpRequest& request) {
    if (region_of(request) == "eu-west-3") return reply_of(200, "<DeleteResult></DeleteResult>");
    return reply_of(200,
                    "<DeleteResult><Error><Key>a</Key><Code>AuthorizationHeaderMalformed</Code></Error></DeleteResult>",
                    {{"x-amz-bucket-region", "eu-west-3"}});
  });
  const auto failed = store_->remove(std::vector<ObjectKey>{{"a"}}, never_);
  ASSERT_TRUE(failed.ok()) << failed.error().text;
  EXPECT_TRUE(failed->empty());
  EXPECT_EQ(http.requests.size(), 2u);
}

TEST_F(S3, RegionsThatLeadNowhereEndInAnError) {
  for (const char* region : {"us-east-1", "", "evil.example/", "UPPER", "eu-west-3"}) {
    auto& http = open_scripted([&](const HttpRequest&) { return wrong_region_reply(301, region, true); });
    EXPECT_EQ(store_->get({"a"}, {0, 1}, never_).error().kind, Kind::kDenied);
    EXPECT_EQ(http.requests.size(), std::string_view(region) == "eu-west-3" ? 2u : 1u) << region << ": no circles";
  }
}

TEST_F(S3, ATemporaryRedirectIsFollowedForThatCallOnly) {
  options_.endpoint = "https://store.example";
  auto& http = open_scripted([&](const HttpRequest& request) {
    if (request.url.starts_with("https://node7.store.example/bucket/")) return reply_of(200, "", {{"etag", "e"}});
    return reply_of(307, "", {{"location", "https://node7.store.example/bucket/a?x-id=PutObject"}});
  });
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(store_->put({"a"}, view_of("x"), When::kAlways, never_).ok());
  ASSERT_EQ(http.requests.size(), 4u);
  EXPECT_EQ(http.requests[1].url, "https://node7.store.example/bucket/a");
  EXPECT_EQ(header_of(http.requests[1], "host"), "node7.store.example");
  EXPECT_EQ(http.requests[2].url, "https://store.example/bucket/a");
}

TEST_F(S3, RedirectsThatAreNotFollowed) {
  options_.endpoint = "https://store.example";
  for (const char* location : {"http://node7.store.example/bucket/a", "https://store.example/bucket/a", "/elsewhere", "",
                               "https://user@evil.example/bucket/a"}) {
    auto& http = open_scripted([&](const HttpRequest&) { return reply_of(307, "", {{"location", location}}); });
    EXPECT_EQ(store_->put({"a"}, view_of("x"), When::kAlways, never_).error().kind, Kind::kDenied);
    EXPECT_EQ(http.requests.size(), 1u) << location;
  }
}

/// Refuses what is signed more than 15 minutes off its own time, as S3 does.
Scripted::Answer store_at(std::string date, std::string amz_hour) {
  return [=](const HttpRequest& request) {
    if (header_of(request, "x-amz-date").starts_with(amz_hour)) return reply_of(200, "", {{"content-length", "1"}});
    HttpReply refusal = request.method == "HEAD" ? reply_of(403) : error_reply(403, "RequestTimeTooSkewed");
    refusal.headers.emplace_back("date", date);
    return refusal;
  };
}

TEST_F(S3, AWrongClockIsCorrectedFromTheStoresDate) {
  for (const bool head_first : {false, true}) {
    auto& http = open_scripted(store_at("Fri, 24 May 2013 07:00:30 GMT", "20130524T0700"));
    if (head_first) {
      ASSERT_TRUE(store_->head({"a"}, never_).ok());
    } else {
      const auto put = store_->put({"a"}, view_of("x"), When::kAlways, never_);
      ASSERT_TRUE(put.ok()) << put.error().text;
    }
    EXPECT_EQ(http.requests.size(), 2u);
    ASSERT_TRUE(store_->put({"b"}, view_of("x"), When::kAlways, never_).ok());
    EXPECT_EQ(http.requests.size(), 3u) << "remembered";
  }
}

TEST_F(S3, AClockThatIsRightIsLeftAlone) {
  auto& http = open_scripted(store_at("Fri, 24 May 2013 00:00:01 GMT", "never"));
  EXPECT_EQ(store_->put({"a"}, view_of("x"), When::kAlways, never_).error().kind, Kind::kDenied);
  EXPECT_EQ(http.requests.size(), 1u);
  auto& dateless = open_scripted(store_at("no date", "never"));
  EXPECT_EQ(store_->put({"a"}, view_of("x"), When::kAlways, never_).error().kind, Kind::kDenied);
  EXPECT_EQ(store_->head({"a"}, never_).error().kind, Kind::kDenied);
  EXPECT_EQ(dateless.requests.size(), 2u);
}

TEST_F(S3, MovedSkewedAndExpiredAtOnceIsStillOneCall) {
  auto& http = open_scripted([&](const HttpRequest& request) -> Result<HttpReply> {
    if (region_of(request) != "eu-west-3") return wrong_region_reply(400, "eu-west-3", false);
    return store_at("Fri, 24 May 2013 07:00:30 GMT", "20130524T0700")(request);
  });
  ASSERT_TRUE(store_->put({"a"}, view_of("x"), When::kAlways, never_).ok());
  EXPECT_EQ(http.requests.size(), 3u);
}

/// Every request that the store can make, by what it asks for.
std::map<std::string, HttpRequest> all_requests(S3Store& store, MiniS3& mini, std::vector<HttpRequest>& seen) {
  const Deadline never = Deadline::never();
  EXPECT_TRUE(store.put({"small"}, view_of("x"), When::kAlways, never).ok());
  {
    auto upload = *store.upload({"k"}, When::kAlways, never);
    EXPECT_TRUE(upload->write(Bytes(2 * kPart)).ok());
    EXPECT_TRUE(upload->finish().ok());
    auto abandoned = *store.upload({"k"}, When::kAlways, never);
    EXPECT_TRUE(abandoned->write(Bytes(3 * kPart)).ok());
  }
  EXPECT_TRUE(store.head({"k"}, never).ok());
  (void)store.get({"k"}, {0, 1}, never);
  (void)store.list("", "", never);
  (void)store.remove(std::vector<ObjectKey>{{"k"}}, never);
  (void)store.abort_uploads("", TimestampMs{0}, never);
  std::map<std::string, HttpRequest> out;
  for (const HttpRequest& request : seen) {
    const bool of_upload = request.url.find("uploadId=") != std::string::npos;
    const bool of_bucket = request.url.find("/bucket/") == std::string::npos;
    std::string name = request.method + (of_upload ? " of upload" : of_bucket ? " of bucket" : "");
    if (of_bucket && request.url.find("uploads=") != std::string::npos) name += " uploads";
    out[name] = request;
  }
  EXPECT_EQ(out.size(), 10u) << mini.log.size();
  return out;
}

class S3Headers : public S3 {
 protected:
  std::map<std::string, HttpRequest> requests() {
    auto mutex = std::make_shared<std::mutex>();
    std::vector<HttpRequest> seen;
    auto& mini = open_mini([&, mutex](const HttpRequest& request, bool is_done) -> std::optional<Result<HttpReply>> {
      const std::lock_guard lock(*mutex);
      if (!is_done) seen.push_back(request);
      return std::nullopt;
    });
    return all_requests(*store_, mini, seen);
  }
  /// The requests that carry `name`, in order, with its value.
  std::string carriers(const std::map<std::string, HttpRequest>& requests, const std::string& name) {
    std::string out;
    for (const auto& [what, request] : requests) {
      if (const auto value = header_of(request, name); !value.empty()) out += what + ": " + value + "\n";
      const bool is_signed = header_of(request, "authorization").find(";" + name) != std::string::npos;
      EXPECT_EQ(is_signed, !header_of(request, name).empty()) << what << name;
    }
    return out;
  }
};

TEST_F(S3Headers, NothingIsSentThatNobodyAskedFor) {
  const auto all = requests();
  for (const char* name : {"x-amz-storage-class", "x-amz-server-side-encryption", "x-amz-request-payer",
                           "x-amz-server-side-encryption-customer-key"}) {
    EXPECT_EQ(carriers(all, name), "");
  }
}

TEST_F(S3Headers, StorageClassAndEncryptionAreForNewObjects) {
  options_.storage_class = "STANDARD_IA";
  options_.server_side = ServerSide::kKms;
  options_.kms_key_id = "alias/takhin";
  auto all = requests();
  EXPECT_EQ(carriers(all, "x-amz-storage-class"), "POST: STANDARD_IA\nPUT: STANDARD_IA\n");
  EXPECT_EQ(carriers(all, "x-amz-server-side-encryption"), "POST: aws:kms\nPUT: aws:kms\n");
  EXPECT_EQ(carriers(all, "x-amz-server-side-encryption-aws-kms-key-id"), "POST: alias/takhin\nPUT: alias/takhin\n");
  options_.server_side = ServerSide::kS3;
  all = requests();
  EXPECT_EQ(carriers(all, "x-amz-server-side-encryption"), "POST: AES256\nPUT: AES256\n");
  EXPECT_EQ(carriers(all, "x-amz-server-side-encryption-aws-kms-key-id"), "");
}

TEST_F(S3Headers, ACustomersKeyGoesWithWhateverTouchesTheBytes) {
  options_.endpoint = "https://127.0.0.1:9000";
  options_.server_side = ServerSide::kCustomer;
  options_.customer_key = copy_of(view_of("01234567890123456789012345678901"));
  const auto all = requests();
  const auto everywhere = [](const std::string& value) {
    std::string out;
    for (const char* what : {"GET", "HEAD", "POST", "POST of upload", "PUT", "PUT of upload"}) {
      out += std::string(what) + ": " + value + "\n";
    }
    return out;
  };
  const std::string prefix = "x-amz-server-side-encryption-customer-";
  EXPECT_EQ(carriers(all, prefix + "algorithm"), everywhere("AES256"));
  EXPECT_EQ(carriers(all, prefix + "key"), everywhere("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="));
  EXPECT_EQ(carriers(all, prefix + "key-md5"), everywhere(to_base64(md5(options_.customer_key))));
}

TEST_F(S3Headers, RequesterPaysIsSaidInEveryRequest) {
  options_.requester_pays = true;
  const auto all = requests();
  for (const auto& [what, request] : all) EXPECT_EQ(header_of(request, "x-amz-request-payer"), "requester") << what;
}

}  // namespace
}  // namespace takhin::object::s3
