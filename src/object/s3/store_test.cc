#include "object/s3/store.h"

#include <gmock/gmock.h>

#include "testing/fake_s3.h"

namespace takhin::object::s3 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
  EXPECT_EQ(store.put({"a"}, {}, When::kAlways, never_).error().kind, Kind::kDenied);
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
  auto& unfinished = dynamic_cast<UnfinishedUploads&>(*store_);
  EXPECT_EQ(*unfinished.count_uploads("p/", TimestampMs{clock_.wall().raw - 2 * 86'400'000}, never_), 2u);
  EXPECT_EQ(*store_->abort_uploads("p/", TimestampMs{clock_.wall().raw - 2 * 86'400'000}, never_), 2u);
  std::vector<std::string> aborted;
  for (const auto& request : http.requests) {
    if (request.method == "DELETE") aborted.push_back(request.url.substr(request.url.find("bucket")));
  }
  EXPECT_THAT(aborted, ElementsAre("bucket/p/a?uploadId=1", "bucket/p/c?uploadId=gone"));
}

TEST_F(S3, AFrozenObjectIsKnownByItsCodeAndItsHeaders) {
  Pairs headers;
  auto& scripted = open_scripted([&](const HttpRequest& request) {
    return request.method == "GET" ? error_reply(403, "InvalidObjectState") : reply_of(200, "", headers);
  });
  EXPECT_EQ(store_->get({"k"}, {0, 1}, never_).error().kind, kFrozen);
  struct Case {
    Pairs headers;
    ThawPhase phase;
    bool moves;
  };
  const Case cases[] = {
      {{}, ThawPhase::kReadable, false},
      {{{"x-amz-storage-class", "GLACIER_IR"}}, ThawPhase::kReadable, false},
      {{{"x-amz-storage-class", "GLACIER"}}, ThawPhase::kFrozen, false},
      {{{"x-amz-storage-class", "DEEP_ARCHIVE"}, {"x-amz-restore", "ongoing-request=\"true\""}}, ThawPhase::kThawing, false},
      {{{"x-amz-storage-class", "GLACIER"},
        {"x-amz-restore", "ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2012 00:00:00 GMT\""}},
       ThawPhase::kReadable,
       false},
      {{{"x-amz-storage-class", "INTELLIGENT_TIERING"}}, ThawPhase::kReadable, false},
      {{{"x-amz-storage-class", "INTELLIGENT_TIERING"}, {"x-amz-archive-status", "ARCHIVE_ACCESS"}}, ThawPhase::kFrozen, true},
      {{{"x-amz-storage-class", "INTELLIGENT_TIERING"},
        {"x-amz-archive-status", "DEEP_ARCHIVE_ACCESS"},
        {"x-amz-restore", "ongoing-request=\"true\""}},
       ThawPhase::kThawing,
       true},
  };
  for (const Case& one : cases) {
    headers = one.headers;
    const auto state = store_->thaw_state({"k"}, never_);
    ASSERT_TRUE(state.ok()) << state.error().text;
    EXPECT_EQ(state->phase, one.phase);
    EXPECT_EQ(state->moves, one.moves);
  }
  EXPECT_EQ(scripted.requests.back().method, "HEAD");
}

TEST_F(S3, ThawsByARestoreRequest) {
  auto& scripted = open_scripted([](const HttpRequest&) { return reply_of(202); });
  ASSERT_TRUE(store_->thaw({"a/k"}, {ThawPhase::kFrozen, "GLACIER", false}, {.days = 7, .tier = "Bulk"}, never_).ok());
  EXPECT_EQ(scripted.requests[0].method, "POST");
  EXPECT_TRUE(scripted.requests[0].url.ends_with("/bucket/a/k?restore=")) << scripted.requests[0].url;
  EXPECT_NE(scripted.bodies[0].find("<Days>7</Days><GlacierJobParameters><Tier>Bulk</Tier></GlacierJobParameters>"),
            std::string::npos);
  ASSERT_TRUE(store_->thaw({"k"}, {ThawPhase::kFrozen, "INTELLIGENT_TIERING", true}, {}, never_).ok());
  EXPECT_EQ(scripted.bodies[1].find("<Days>"), std::string::npos) << "it comes back for good";
  EXPECT_EQ(meter_.requests_of(Request::kPut), 2u);
}

TEST_F(S3, WhatAnOrderIsAnswered) {
  HttpReply reply;
  open_scripted([&](const HttpRequest&) { return reply; });
  const auto kind = [&](int status, std::string_view code) {
    reply = error_reply(status, code);
    return store_->thaw({"k"}, {ThawPhase::kFrozen, "GLACIER", false}, {}, never_).error().kind;
  };
  EXPECT_EQ(kind(409, "RestoreAlreadyInProgress"), Kind::kConflict);
  EXPECT_EQ(kind(403, "InvalidObjectState"), kFrozen);
  EXPECT_EQ(kind(503, "GlacierExpeditedRetrievalNotAvailable"), Kind::kUnavailable);
  EXPECT_EQ(kind(403, "AccessDenied"), Kind::kDenied);
}

}  // namespace
}  // namespace takhin::object::s3
