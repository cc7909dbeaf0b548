#include <gmock/gmock.h>

#include <atomic>

#include "testing/fake_s3.h"

namespace takhin::object::s3 {
namespace {

using ::testing::ElementsAre;

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

TEST_F(S3, AnUploadThatIsGoneIsFoundByChecksumOrEtag) {
  // The client below sends a request again by itself, so that "gone" may be the first we hear of a completion.
  const Bytes data = bytes(2 * kPart);
  const std::string_view text = text_of(data);
  const std::string first(text.substr(0, kPart));
  const std::string second(text.substr(kPart));
  const Bytes digests = *bytes_of_hex(hex(md5(view_of(first))) + hex(md5(view_of(second))));
  const std::string good = hex(md5(digests)) + "-2";
  for (const auto& [etag, ok] : {std::pair(good, true), std::pair(std::string("0123456789abcdef0123456789abcdef-2"), false)}) {
    open_mini([&](const HttpRequest& request, bool is_done) -> std::optional<Result<HttpReply>> {
      if (!is_done) return std::nullopt;
      if (request.method == "HEAD")
        return Result<HttpReply>(reply_of(200, "", {{"content-length", std::to_string(data.size())}, {"etag", etag}}));
      if (request.method == "PUT")
        return Result<HttpReply>(reply_of(200, "", {{"etag", "\"" + hex(md5(request.body)) + "\""}}));
      if (request.url.find("uploadId=") == std::string::npos) return std::nullopt;
      return Result<HttpReply>(error_reply(404, "NoSuchUpload"));
    });
    const auto finished = upload(data)->finish();
    EXPECT_EQ(finished.ok(), ok) << etag;
    EXPECT_TRUE(ok || finished.error().kind == Kind::kNotFound);
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
