#pragma once
// S3 without a network: transports that answer as a test says, and a store over them.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>

#include "base/crc32c.h"
#include "object/s3/store.h"
#include "object/s3/text.h"
#include "testing/fake_clock.h"
#include "testing/seeded_random.h"

namespace takhin::object::s3 {

inline constexpr std::uint64_t kPart = 64 * kKiB;  // below what S3 takes: the tests are faster for it

inline std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

inline HttpReply reply_of(int status, std::string_view body = "", Pairs headers = {}) {
  return {status, std::move(headers), copy_of(view_of(body))};
}

inline HttpReply error_reply(int status, std::string_view code) {
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

}  // namespace takhin::object::s3
