#include "object/s3/store.h"

#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <mutex>

#include "base/crc32c.h"
#include "object/s3/text.h"
#include "object/s3/xml.h"
#include "testing/fake_clock.h"
#include "testing/seeded_random.h"

namespace takhin::object::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kPart = 64 * kKiB;  // below what S3 takes: the tests are faster for it

std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

HttpReply reply_of(int status, std::string_view body = "", Pairs headers = {}) {
  return {status, std::move(headers), copy_of(view_of(body))};
}

HttpReply error_reply(int status, std::string_view code) {
  return reply_of(status, fmt::format("<Error><Code>{}</Code><Message>as scripted</Message></Error>", code));
}

/// The few requests of an upload as a server carries them out, path style. `hook` may answer instead, before or after
/// the deed.
class MiniS3 final : public HttpTransport {
 public:
  using Hook = std::function<std::optional<Result<HttpReply>>(const HttpRequest&, bool is_done)>;

  explicit MiniS3(Hook hook = {}) : hook_(std::move(hook)) {}

  Result<HttpReply> send(const HttpRequest& request, Deadline) override {
    const std::string what = request.method + " " + request.url.substr(request.url.find("/bucket") + 7);
    {
      const std::lock_guard lock(mutex_);
      log.push_back(what);
      ++in_flight_;
      in_flight_max = std::max(in_flight_max, in_flight_);
    }
    auto answer = hook_ ? hook_(request, false) : std::nullopt;
    if (!answer) {
      HttpReply done = carry_out(request);
      answer = hook_ ? hook_(request, true) : std::nullopt;
      if (!answer) answer = std::move(done);
    }
    const std::lock_guard lock(mutex_);
    --in_flight_;
    return *std::move(answer);
  }

  int count(std::string_view begin) const {
    return static_cast<int>(std::ranges::count_if(log, [&](const auto& line) { return line.starts_with(begin); }));
  }

  std::vector<std::string> log;
  std::map<std::string, std::string> objects;
  std::map<std::string, std::map<int, std::string>> uploads;
  int in_flight_max = 0;

 private:
  HttpReply carry_out(const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    const auto path = request.url.substr(request.url.find("/bucket") + 7);
    const std::string key = path.substr(1, path.find('?') - 1);
    const std::string query = path.find('?') == std::string::npos ? "" : path.substr(path.find('?') + 1);
    const std::string body(text_of(request.body));
    const bool absent_only = header_of(request, "if-none-match") == "*";
    if (request.method == "PUT" && query.starts_with("partNumber=")) {
      if (!uploads.contains("u1")) return error_reply(404, "NoSuchUpload");
      uploads["u1"][std::stoi(query.substr(11))] = body;
      return reply_of(200, "", {{"etag", "\"p\""}, {"x-amz-checksum-crc32c", crc_to_base64(crc32c(request.body))}});
    }
    if (request.method == "PUT") {
      if (absent_only && objects.contains(key)) return error_reply(412, "PreconditionFailed");
      objects[key] = body;
      return reply_of(200, "", {{"etag", "\"e\""}});
    }
    if (request.method == "POST" && query == "uploads=") {
      uploads["u1"];
      return reply_of(200, "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>");
    }
    if (request.method == "POST") return complete(key, absent_only);
    if (request.method == "DELETE") return uploads.erase("u1") == 1 ? reply_of(204) : error_reply(404, "NoSuchUpload");
    if (request.method == "HEAD") {
      if (!objects.contains(key)) return reply_of(404);
      const auto& object = objects[key];
      return reply_of(200, "",
                      {{"content-length", std::to_string(object.size())},
                       {"etag", "\"whole-3\""},
                       {"x-amz-checksum-crc32c", crc_to_base64(crc32c(view_of(object)))},
                       {"x-amz-checksum-type", "FULL_OBJECT"}});
    }
    return error_reply(501, "NotImplemented");
  }

  HttpReply complete(const std::string& key, bool absent_only) {
    if (!uploads.contains("u1")) return error_reply(404, "NoSuchUpload");
    if (absent_only && objects.contains(key)) return error_reply(412, "PreconditionFailed");
    std::string whole;
    for (const auto& [number, part] : uploads["u1"]) whole += part;
    uploads.erase("u1");
    objects[key] = whole;
    return reply_of(
        200, fmt::format("<CompleteMultipartUploadResult><ETag>\"whole-3\"</ETag><ChecksumCRC32C>{}</ChecksumCRC32C>"
                         "<ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>",
                         crc_to_base64(crc32c(view_of(whole)))));
  }

  const Hook hook_;
  std::mutex mutex_;
  int in_flight_ = 0;
};

/// Answers what the test says and keeps the requests.
class Scripted final : public HttpTransport {
 public:
  using Answer = std::function<Result<HttpReply>(const HttpRequest&)>;
  explicit Scripted(Answer answer) : answer_(std::move(answer)) {}
  Result<HttpReply> send(const HttpRequest& request, Deadline) override {
    requests.push_back(request);
    bodies.emplace_back(text_of(request.body));
    return answer_(request);
  }
  std::vector<HttpRequest> requests;
  std::vector<std::string> bodies;

 private:
  const Answer answer_;
};

class S3 : public ::testing::Test {
 protected:
  S3() {
    options_.bucket = "bucket";
    options_.endpoint = "http://127.0.0.1:9000";
    options_.part_bytes = kPart;
    options_.retry.attempts_max = 4;
  }

  template <class Transport, class Arg>
  Transport& open(Arg arg) {
    auto transport = std::make_unique<Transport>(std::move(arg));
    Transport& out = *transport;
    store_ = std::make_unique<S3Store>(options_, *address_of(options_), credentials_, clock_, random_,
                                       std::move(transport), meter_);
    return out;
  }
  MiniS3& open_mini(MiniS3::Hook hook = {}) { return open<MiniS3>(std::move(hook)); }
  Scripted& open_scripted(Scripted::Answer answer) { return open<Scripted>(std::move(answer)); }

  std::unique_ptr<Upload> upload(View data, When when = When::kAlways) {
    auto begun = store_->upload({"k"}, when, never_);
    EXPECT_TRUE(begun.ok());
    const auto wrote = (*begun)->write(data);
    EXPECT_TRUE(wrote.ok()) << wrote.error().text;
    return *std::move(begun);
  }
  Bytes bytes(std::size_t size) {
    Bytes out(size);
    random_.fill(out);
    return out;
  }

  takhin::testing::FakeClock clock_{TimestampMs{1'369'353'599'000}};  // a second before, which it has run
  takhin::testing::SeededRandom random_;
  S3Options options_;
  StaticCredentials credentials_{{"AKID", "very-secret", "very-secret-token", std::nullopt}};
  RequestMeter meter_;
  std::unique_ptr<S3Store> store_;
  const Deadline never_ = Deadline::never();
};

TEST(S3Address, PathStyleForEndpointsVirtualHostForAws) {
  const auto url = [](std::string bucket, std::string endpoint, std::string region = "eu-west-1") -> std::string {
    S3Options options;
    options.bucket = std::move(bucket);
    options.endpoint = std::move(endpoint);
    options.region = std::move(region);
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
  const std::string invalid(name_of(Kind::kInvalid));
  for (const char* endpoint :
       {"minio:9000", "ftp://minio", "http://", "http://minio/path", "http://user@minio", "file:///x"}) {
    EXPECT_EQ(url("b", endpoint), invalid) << endpoint;
  }
  EXPECT_EQ(url("", ""), invalid);
  EXPECT_EQ(url("a/b", ""), invalid);
}

TEST_F(S3, PutCarriesSignatureChecksumAndCondition) {
  auto& http = open_scripted([](const HttpRequest&) { return reply_of(200, "", {{"etag", "\"e\""}}); });
  const auto put = store_->put({"a b/c+d"}, view_of("123456789"), When::kAbsent, never_);
  ASSERT_TRUE(put.ok()) << put.error().text;
  EXPECT_EQ(put->etag, "e");
  EXPECT_EQ(put->crc32c, std::nullopt) << "the store reported none";
  const HttpRequest& request = http.requests.at(0);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.url, "http://127.0.0.1:9000/bucket/a%20b/c%2Bd");
  EXPECT_EQ(header_of(request, "x-amz-checksum-crc32c"), "4waSgw==");
  EXPECT_EQ(header_of(request, "if-none-match"), "*");
  EXPECT_EQ(header_of(request, "x-amz-date"), "20130524T000000Z");
  EXPECT_EQ(header_of(request, "x-amz-security-token"), "very-secret-token");
  EXPECT_EQ(header_of(request, "x-amz-content-sha256"), sha256_hex(view_of("123456789"))) << "signed over plain http";
  EXPECT_THAT(header_of(request, "authorization"),
              HasSubstr("SignedHeaders=host;if-none-match;x-amz-checksum-crc32c;x-amz-content-sha256;x-amz-date;"
                        "x-amz-security-token, Signature="));
}

TEST_F(S3, PayloadIsUnsignedOverTlsUnlessTold) {
  for (const auto& [endpoint, signing, is_signed] : {std::tuple("https://store", PayloadSigning::kAuto, false),
                                                     std::tuple("https://store", PayloadSigning::kAlways, true),
                                                     std::tuple("http://store", PayloadSigning::kNever, false),
                                                     std::tuple("http://store", PayloadSigning::kAuto, true)}) {
    options_.endpoint = endpoint;
    options_.payload_signing = signing;
    auto& http = open_scripted([](const HttpRequest&) { return reply_of(200); });
    ASSERT_TRUE(store_->put({"a"}, view_of("x"), When::kAlways, never_).ok());
    EXPECT_EQ(header_of(http.requests.at(0), "x-amz-content-sha256") != kUnsignedPayload, is_signed) << endpoint;
  }
}

TEST_F(S3, PutNoticesAForeignChecksum) {
  open_scripted([](const HttpRequest&) { return reply_of(200, "", {{"x-amz-checksum-crc32c", "AAAAAA=="}}); });
  EXPECT_EQ(store_->put({"a"}, view_of("x"), When::kAlways, never_).error().kind, Kind::kCorrupt);
}

TEST_F(S3, ErrorsNeverHoldSecrets) {
  open_scripted([](const HttpRequest& request) {
    return reply_of(403, "<Error><Code>AccessDenied</Code><Message>no</Message><Echo>" +
                             header_of(request, "authorization") + header_of(request, "x-amz-security-token") +
                             "</Echo></Error>");
  });
  const auto put = store_->put({"a"}, view_of("x"), When::kAlways, never_);
  EXPECT_EQ(put.error().kind, Kind::kDenied);
  EXPECT_EQ(put.error().text, "put a: 403 AccessDenied: no");
}

TEST_F(S3, WithoutCredentialsNothingIsSent) {
  StaticCredentials none{{}};
  auto transport = std::make_unique<Scripted>([](const HttpRequest&) { return reply_of(200); });
  Scripted& http = *transport;
  S3Store store(options_, *address_of(options_), none, clock_, random_, std::move(transport), meter_);
  EXPECT_FALSE(store.put({"a"}, {}, When::kAlways, never_).ok());
  EXPECT_TRUE(http.requests.empty());
}

TEST_F(S3, RangesOfRepliesAreChecked) {
  struct Case {
    HttpReply reply;
    std::optional<Kind> error;
  };
  const Case cases[] = {
      {reply_of(206, "3456", {{"content-range", "bytes 3-6/10"}}), std::nullopt},
      {reply_of(206, "345", {{"content-range", "bytes 3-5/6"}}), Kind::kOutOfRange},
      {reply_of(206, "3456", {{"content-range", "bytes 2-5/10"}}), Kind::kCorrupt},
      {reply_of(206, "345", {{"content-range", "bytes 3-6/10"}}), Kind::kCorrupt},
      {reply_of(206, "3456"), Kind::kCorrupt},
      {reply_of(206, "3456", {{"content-range", "bytes 3-6/*"}}), Kind::kCorrupt},
      {reply_of(200, "0123456789"), Kind::kCorrupt},
      {reply_of(200, "012"), Kind::kOutOfRange},
      {error_reply(416, "InvalidRange"), Kind::kOutOfRange},
      {error_reply(404, "NoSuchKey"), Kind::kNotFound},
      {error_reply(404, "NoSuchBucket"), Kind::kDenied},
      {error_reply(503, "SlowDown"), Kind::kThrottled},
  };
  for (const Case& one : cases) {
    auto& http = open_scripted([&](const HttpRequest&) { return one.reply; });
    const auto got = store_->get({"k"}, {3, 7}, never_);
    EXPECT_EQ(got.ok() ? std::nullopt : std::optional(got.error().kind), one.error) << text_of(one.reply.body);
    EXPECT_EQ(header_of(http.requests.at(0), "range"), "bytes=3-6");
    EXPECT_EQ(http.requests.at(0).reply_bytes_max, 4u);
  }
}

TEST_F(S3, AWholeObjectIsComparedWithTheStoresChecksum) {
  for (const auto& [crc, type, ok] :
       {std::tuple("4waSgw==", "FULL_OBJECT", true), std::tuple("AAAAAA==", "FULL_OBJECT", false),
        std::tuple("AAAAAA==", "COMPOSITE", true), std::tuple("AAAAAA==-2", "", true)}) {
    open_scripted([&](const HttpRequest&) {
      return reply_of(
          206, "123456789",
          {{"content-range", "bytes 0-8/9"}, {"x-amz-checksum-crc32c", crc}, {"x-amz-checksum-type", type}});
    });
    EXPECT_EQ(store_->get({"k"}, {0, 9}, never_).ok(), ok) << crc << type;
  }
}

TEST_F(S3, HeadReportsOnlyChecksumsOfTheWholeObject) {
  for (const auto& [crc, type, known] :
       {std::tuple("4waSgw==", "FULL_OBJECT", true), std::tuple("4waSgw==", "", true),
        std::tuple("4waSgw==", "COMPOSITE", false), std::tuple("4waSgw==-3", "", false)}) {
    open_scripted([&](const HttpRequest&) {
      return reply_of(200, "",
                      {{"content-length", "9"}, {"x-amz-checksum-crc32c", crc}, {"x-amz-checksum-type", type}});
    });
    EXPECT_EQ(store_->head({"k"}, never_)->crc32c.has_value(), known) << crc << type;
  }
}

TEST_F(S3, ListAsksForWhatComesAfterAndHidesWhatIsNoKey) {
  auto& http = open_scripted([](const HttpRequest& request) {
    const bool first = request.url.find("start-after") == std::string::npos;
    return reply_of(200,
                    fmt::format("<ListBucketResult><IsTruncated>{}</IsTruncated><Contents><Key>{}</Key><Size>1</Size>"
                                "</Contents></ListBucketResult>",
                                first, first ? "p/folder/" : "p/x"));
  });
  const auto page = store_->list("p/", "", never_);
  ASSERT_TRUE(page.ok()) << page.error().text;
  ASSERT_EQ(page->objects.size(), 1u);
  EXPECT_EQ(page->objects[0].key.name, "p/x");
  ASSERT_EQ(http.requests.size(), 2u);
  EXPECT_EQ(http.requests[1].url,
            "http://127.0.0.1:9000/bucket?encoding-type=url&list-type=2&max-keys=1000&prefix=p%2F"
            "&start-after=p%2Ffolder%2F");
}

TEST_F(S3, RemoveSendsBatchesAndTellsTheKeysThatStayed) {
  auto& http = open_scripted([](const HttpRequest&) {
    return reply_of(200,
                    "<DeleteResult><Error><Key>k7</Key><Code>AccessDenied</Code><Message>locked</Message></Error>"
                    "<Error><Key>k8</Key><Code>NoSuchKey</Code></Error><Error><Key>k9</Key><Code>SlowDown</Code></"
                    "Error></DeleteResult>");
  });
  std::vector<ObjectKey> keys;
  for (int i = 0; i < 2001; ++i) keys.push_back({fmt::format("k{}", i)});
  const auto failed = store_->remove(keys, never_);
  ASSERT_TRUE(failed.ok()) << failed.error().text;
  EXPECT_EQ(http.requests.size(), 3u);
  EXPECT_EQ(header_of(http.requests[2], "content-md5").size(), 24u);
  EXPECT_THAT(http.bodies[2], HasSubstr("<Object><Key>k2000</Key></Object></Delete>"));
  ASSERT_EQ(failed->size(), 6u) << "two of each batch, the absent one is none";
  EXPECT_EQ(failed->at(0).error.kind, Kind::kDenied);
  EXPECT_EQ(failed->at(1).error.kind, Kind::kThrottled);
  EXPECT_EQ(meter_.put_class(), 0u) << "removes are free";
}

TEST_F(S3, AbortsOldUploadsPageByPage) {
  auto& http = open_scripted([](const HttpRequest& request) {
    if (request.method == "DELETE")
      return request.url.find("gone") != std::string::npos ? error_reply(404, "NoSuchUpload") : reply_of(204);
    const bool first = request.url.find("key-marker") == std::string::npos;
    const auto item = [](std::string_view key, std::string_view id, std::string_view day) {
      return fmt::format(
          "<Upload><Key>{}</Key><UploadId>{}</UploadId><Initiated>2013-05-{}T00:00:00.000Z</Initiated></Upload>", key,
          id, day);
    };
    return reply_of(
        200,
        fmt::format("<ListMultipartUploadsResult><IsTruncated>{}</IsTruncated><NextKeyMarker>p/b</NextKeyMarker>"
                    "<NextUploadIdMarker>2</NextUploadIdMarker>{}</ListMultipartUploadsResult>",
                    first, first ? item("p/a", "1", "01") + item("p/b", "young", "23") : item("p/c", "gone", "02")));
  });
  EXPECT_EQ(*store_->abort_uploads("p/", TimestampMs{clock_.wall().raw - 2 * 86'400'000}, never_), 2u);
  std::vector<std::string> aborted;
  for (const auto& request : http.requests) {
    if (request.method == "DELETE") aborted.push_back(request.url.substr(request.url.find("bucket")));
  }
  EXPECT_THAT(aborted, ElementsAre("bucket/p/a?uploadId=1", "bucket/p/c?uploadId=gone"));
}

TEST_F(S3, AnUploadOfOnePartIsOnePut) {
  auto& mini = open_mini();
  const Bytes data = bytes(kPart);
  ASSERT_TRUE(upload(data)->finish().ok());
  EXPECT_THAT(mini.log, ElementsAre("PUT /k"));
  EXPECT_EQ(meter_.put_class(), 1u);
  EXPECT_EQ(meter_.bytes_up(), kPart);
}

TEST_F(S3, SixteenPartsCostEighteenPuts) {
  auto& mini = open_mini();
  const Bytes data = bytes(16 * kPart);
  auto whole = upload(data);
  const auto finished = whole->finish();
  ASSERT_TRUE(finished.ok()) << finished.error().text;
  EXPECT_EQ(finished->crc32c, crc32c(data));
  EXPECT_EQ(finished->size, data.size());
  EXPECT_TRUE(mini.objects["k"] == text_of(data));
  EXPECT_EQ(meter_.put_class(), 18u);  // a segment of 1 GiB in parts of kPartBytesDefault: the same
  EXPECT_EQ(kGiB / kPartBytesDefault, 16u);
  EXPECT_LE(mini.in_flight_max, options_.upload_concurrency);
  EXPECT_EQ(meter_.bytes_up(), data.size());
}

TEST_F(S3, PartsThatFailForAWhileAreSentAgainUnchanged) {
  std::atomic<int> failures{0};
  auto& mini = open_mini([&](const HttpRequest& request, bool is_done) -> std::optional<Result<HttpReply>> {
    if (request.url.find("partNumber=2") == std::string::npos || failures >= 3) return std::nullopt;
    if (!is_done && failures == 0) return ++failures, Result<HttpReply>(error_reply(503, "SlowDown"));
    if (!is_done && failures == 1) return ++failures, Result<HttpReply>(fail(Kind::kUnavailable, "connection reset"));
    if (is_done) return ++failures, Result<HttpReply>(fail(Kind::kUnavailable, "reply lost"));
    return std::nullopt;
  });
  const Bytes data = bytes(3 * kPart + 1);
  auto whole = upload(data);
  const auto finished = whole->finish();
  ASSERT_TRUE(finished.ok()) << finished.error().text;
  EXPECT_TRUE(mini.objects["k"] == text_of(data));
  EXPECT_EQ(mini.count("PUT /k?partNumber=2&"), 4);
  EXPECT_EQ(failures, 3);
}

TEST_F(S3, APartThatFailsForGoodLosesTheUploadAndAbortsIt) {
  auto& mini = open_mini([](const HttpRequest& request, bool) -> std::optional<Result<HttpReply>> {
    if (request.url.find("partNumber=1") == std::string::npos) return std::nullopt;
    return Result<HttpReply>(error_reply(403, "AccessDenied"));
  });
  const Bytes data = bytes(2 * kPart);
  auto whole = upload(data);
  EXPECT_EQ(whole->finish().error().kind, Kind::kDenied);
  EXPECT_EQ(whole->finish().error().kind, Kind::kDenied);
  EXPECT_EQ(whole->write(data).error().kind, Kind::kDenied);
  whole.reset();
  EXPECT_TRUE(mini.uploads.empty());
  EXPECT_TRUE(mini.objects.empty());
  EXPECT_EQ(mini.log.back(), "DELETE /k?uploadId=u1");
}

TEST_F(S3, AnAbandonedUploadIsAborted) {
  auto& mini = open_mini();
  upload(bytes(3 * kPart)).reset();
  EXPECT_TRUE(mini.uploads.empty());
  EXPECT_TRUE(mini.objects.empty());
  EXPECT_EQ(mini.log.back(), "DELETE /k?uploadId=u1");
}

/// Whether the n-th completion is carried out, and what is answered instead of its reply.
MiniS3::Hook lose_complete(std::shared_ptr<std::atomic<int>> times, bool carry_out) {
  return [times, carry_out](const HttpRequest& request, bool is_done) -> std::optional<Result<HttpReply>> {
    const bool completes = request.method == "POST" && request.url.find("uploadId=") != std::string::npos;
    if (!completes || is_done != carry_out || *times <= 0) return std::nullopt;
    --*times;
    return Result<HttpReply>(fail(Kind::kUnavailable, "connection reset"));
  };
}

TEST_F(S3, ACompletionWhoseReplyWasLostIsFound) {
  for (const When when : {When::kAlways, When::kAbsent}) {
    auto& mini = open_mini(lose_complete(std::make_shared<std::atomic<int>>(1), true));
    const Bytes data = bytes(2 * kPart);
    auto whole = upload(data, when);
    const auto finished = whole->finish();
    ASSERT_TRUE(finished.ok()) << finished.error().text;
    EXPECT_EQ(finished->size, data.size());
    EXPECT_EQ(finished->crc32c, crc32c(data));
    EXPECT_EQ(mini.count("HEAD /k"), 1);
    EXPECT_EQ(whole->finish()->size, data.size());
  }
}

TEST_F(S3, FinishCanBeCalledAgainAfterItGaveUp) {
  auto times = std::make_shared<std::atomic<int>>(options_.retry.attempts_max);
  auto& mini = open_mini(lose_complete(times, false));
  const Bytes data = bytes(2 * kPart);
  auto whole = upload(data, When::kAbsent);
  EXPECT_EQ(whole->finish().error().kind, Kind::kUnavailable);
  EXPECT_TRUE(whole->finish().ok());
  EXPECT_TRUE(mini.objects["k"] == text_of(data));
}

TEST_F(S3, ALostCompletionDoesNotTakeAnothersObjectForItsOwn) {
  auto& mini = open_mini(lose_complete(std::make_shared<std::atomic<int>>(1), false));
  mini.objects["k"] = std::string(2 * kPart, 'x');
  const Bytes data = bytes(2 * kPart);
  EXPECT_EQ(upload(data, When::kAbsent)->finish().error().kind, Kind::kConflict);
  EXPECT_EQ(mini.objects["k"], std::string(2 * kPart, 'x'));
  EXPECT_TRUE(mini.uploads.empty());
}

TEST_F(S3, AnErrorInsideACompletionWithStatus200IsAnError) {
  std::atomic<int> answered{0};
  auto& mini = open_mini([&](const HttpRequest& request, bool is_done) -> std::optional<Result<HttpReply>> {
    if (request.method != "POST" || request.url.find("uploadId=") == std::string::npos || is_done || answered > 0)
      return std::nullopt;
    ++answered;
    return Result<HttpReply>(error_reply(200, "InternalError"));
  });
  const Bytes data = bytes(2 * kPart);
  EXPECT_TRUE(upload(data)->finish().ok());
  EXPECT_EQ(mini.count("POST /k?uploadId"), 2);
  EXPECT_EQ(meter_.requests_of(Request::kComplete), 2u);
}

TEST_F(S3, APartOfAnotherChecksumIsNeverCompleted) {
  auto& mini = open_mini([](const HttpRequest& request, bool is_done) -> std::optional<Result<HttpReply>> {
    if (!is_done || request.url.find("partNumber=1") == std::string::npos) return std::nullopt;
    return Result<HttpReply>(reply_of(200, "", {{"etag", "\"p\""}, {"x-amz-checksum-crc32c", "AAAAAA=="}}));
  });
  EXPECT_EQ(upload(bytes(2 * kPart))->finish().error().kind, Kind::kCorrupt);
  EXPECT_EQ(mini.count("POST /k?uploadId"), 0);
}

TEST_F(S3, APassedDeadlineSendsNothing) {
  auto& mini = open_mini();
  const Deadline soon = Deadline::in(clock_, std::chrono::seconds(1));
  auto begun = *store_->upload({"k"}, When::kAlways, soon);
  ASSERT_TRUE(begun->write(view_of("x")).ok());
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(begun->finish().error().kind, Kind::kUnavailable);
  EXPECT_TRUE(mini.log.empty());
}

}  // namespace
}  // namespace takhin::object::s3
