#include <condition_variable>
#include <mutex>

#include "base/crc32c.h"
#include "base/log.h"
#include "object/retrying.h"
#include "object/s3/store.h"
#include "object/s3/text.h"
#include "object/s3/xml.h"

namespace takhin::object::s3 {
namespace {

constexpr auto kAbortWithin = std::chrono::seconds(10);

/// What the threads that send parts share with the upload.
struct Sending {
  std::mutex mutex;
  std::condition_variable changed;
  int in_flight = 0;
  bool cancelled = false;
  std::optional<Error> lost;  // of the first part that failed for good
  std::vector<Part> parts;
  std::vector<Bytes> spare;  // buffers of parts that arrived: filling fresh pages costs more than copying into them
};

/// One part in flight. Counts itself out when its task is done or dropped.
class Flight {
 public:
  explicit Flight(std::shared_ptr<Sending> sending) : sending_(std::move(sending)) {}
  ~Flight() {
    {
      const std::lock_guard lock(sending_->mutex);
      --sending_->in_flight;
    }
    sending_->changed.notify_all();
  }
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;
  Sending& sending() { return *sending_; }

 private:
  const std::shared_ptr<Sending> sending_;
};

class S3Upload final : public Upload {
 public:
  S3Upload(UploadContext context, ObjectKey key, When when, Deadline deadline)
      : context_(context), key_(std::move(key)), when_(when), deadline_(deadline), doing_("upload " + key_.name) {}
  ~S3Upload() override;

  Result<> write(View data) override;
  Result<ObjectInfo> finish() override;

 private:
  Backoff backoff() const { return Backoff(context_.options.retry, context_.clock, context_.random, deadline_); }
  Error lost(Error error);
  Result<> begin();
  Result<> send_part();
  Result<Part> put_part(std::size_t number, View body, std::uint32_t crc);
  Result<> wait_until_below(int in_flight_max);
  bool cancelled() const;
  Result<ObjectInfo> complete();
  Result<ObjectInfo> complete_once(const std::string& body);
  Result<ObjectInfo> own_object(Error error);

  const UploadContext context_;
  const ObjectKey key_;
  const When when_;
  const Deadline deadline_;
  const std::string doing_;
  const std::shared_ptr<Sending> sending_ = std::make_shared<Sending>();
  Bytes part_;  // being filled; sent only when more comes, so that an object of one part is one PUT
  std::string upload_id_;
  std::uint64_t size_ = 0;
  std::uint32_t crc_ = 0;
  bool reply_lost_ = false;  // an earlier attempt to complete may have succeeded
  std::optional<Error> lost_;
  std::optional<ObjectInfo> finished_;
};

S3Upload::~S3Upload() {
  {
    std::unique_lock lock(sending_->mutex);
    sending_->cancelled = true;
    // A part that arrived after the abort would stay, and be paid for, unseen.
    while (sending_->in_flight > 0) sending_->changed.wait(lock);
  }
  if (finished_ || upload_id_.empty()) return;
  const auto until = Deadline::in(context_.clock, kAbortWithin);
  const Call call{
      .request = Request::kAbort, .method = "DELETE", .key = key_.name, .query = {{"uploadId", upload_id_}}};
  const auto gone = retried(Backoff(context_.options.retry, context_.clock, context_.random, until),
                            [&] { return context_.client.send(call, until); });
  if (!gone.ok() && gone.error().kind != Kind::kNotFound) {
    log_warn("object", "{}: not aborted, the next sweep will: {}", doing_, gone.error().text);
  }
}

Error S3Upload::lost(Error error) {
  lost_ = std::move(error).within(doing_);
  return *lost_;
}

Result<> S3Upload::write(View data) {
  if (finished_) return fail(Kind::kInvalid, "{}: write after finish", doing_);
  if (lost_) return *lost_;
  crc_ = crc32c(data, crc_);
  size_ += data.size();
  while (!data.empty()) {
    if (part_.size() == context_.options.part_bytes) {
      if (auto sent = send_part(); !sent.ok()) return lost(std::move(sent).error());
    }
    const std::size_t step = std::min<std::size_t>(data.size(), context_.options.part_bytes - part_.size());
    // Address space; memory comes as it is written to.
    if (part_.size() + step > part_.capacity()) part_.reserve(context_.options.part_bytes);
    append(part_, data.first(step));
    data = data.subspan(step);
  }
  return done();
}

Result<> S3Upload::begin() {
  Call call{.request = Request::kCreateUpload, .method = "POST", .key = key_.name, .query = {{"uploads", ""}}};
  call.headers = {{"x-amz-checksum-algorithm", "CRC32C"}, {"x-amz-checksum-type", "FULL_OBJECT"}};
  TRY(const HttpReply reply, retried(backoff(), [&] { return context_.client.send(call, deadline_); }));
  TRY(upload_id_, parse_upload_id(reply.body));
  return done();
}

Result<Part> S3Upload::put_part(std::size_t number, View body, std::uint32_t crc) {
  Call call{.request = Request::kPart, .method = "PUT", .key = key_.name, .body = body, .is_payload = true};
  call.query = {{"partNumber", std::to_string(number)}, {"uploadId", upload_id_}};
  call.headers.emplace_back("x-amz-checksum-crc32c", crc_to_base64(crc));
  TRY(const HttpReply reply, retried(backoff(), [&]() -> Result<HttpReply> {
        if (cancelled()) return fail(Kind::kClosed, "part {}: the upload was given up", number);
        return context_.client.send(call, deadline_);
      }));
  const auto reported = crc_from_base64(reply.header("x-amz-checksum-crc32c"));
  if (reported && *reported != crc) {
    return fail(Kind::kCorrupt, "part {}: the store reports crc32c {:08x} for {:08x}", number, *reported, crc);
  }
  return Part{std::string(reply.header("etag")), crc};
}

Result<> S3Upload::send_part() {
  if (upload_id_.empty()) TRY(begin());
  TRY(wait_until_below(context_.options.upload_concurrency));
  std::size_t number = 0;
  {
    const std::lock_guard lock(sending_->mutex);
    if (sending_->parts.size() == kPartsMax)
      return fail(Kind::kInvalid, "more than {} parts of {} bytes", kPartsMax, context_.options.part_bytes);
    sending_->parts.emplace_back();
    number = sending_->parts.size();
    ++sending_->in_flight;
  }
  auto flight = std::make_shared<Flight>(sending_);
  // The checksum is of the bytes as they were given, not of what a retry might find in the buffer.
  auto body = std::make_shared<Bytes>(std::move(part_));
  const std::uint32_t crc = crc32c(*body);
  part_ = Bytes{};
  {
    const std::lock_guard lock(sending_->mutex);
    if (!sending_->spare.empty()) {
      part_ = std::move(sending_->spare.back());
      sending_->spare.pop_back();
    }
  }
  return context_.part_senders.submit([this, flight = std::move(flight), body = std::move(body), number, crc] {
    Sending& sending = flight->sending();
    auto part = put_part(number, *body, crc);
    const std::lock_guard lock(sending.mutex);
    body->clear();
    sending.spare.push_back(std::move(*body));  // no more of them than parts were in flight at once
    if (part.ok()) {
      sending.parts[number - 1] = *std::move(part);
    } else if (!sending.lost) {
      sending.lost = std::move(part).error();
    }
  });
}

/// True once the parts that are not sent yet are of no use.
bool S3Upload::cancelled() const {
  const std::lock_guard lock(sending_->mutex);
  return sending_->cancelled || sending_->lost.has_value();
}

/// Waits until fewer than `in_flight_max` parts are on their way, or one of them failed.
Result<> S3Upload::wait_until_below(int in_flight_max) {
  std::unique_lock lock(sending_->mutex);
  while (sending_->in_flight >= in_flight_max && !sending_->lost) {
    if (!context_.clock.wait(sending_->changed, lock, deadline_.at) && deadline_.passed(context_.clock)) {
      return fail(Kind::kUnavailable, "deadline passed");
    }
  }
  if (sending_->lost) return *sending_->lost;
  return done();
}

Result<ObjectInfo> S3Upload::finish() {
  if (finished_) return *finished_;
  if (lost_) return *lost_;
  if (upload_id_.empty()) {
    RetryingStore store(context_.store, context_.options.retry, context_.clock, context_.random);
    TRY(finished_, store.put(key_, part_, when_, deadline_));
    return *finished_;
  }
  if (!part_.empty()) {
    if (auto sent = send_part(); !sent.ok()) return lost(std::move(sent).error());
  }
  if (auto sent = wait_until_below(1); !sent.ok()) return lost(std::move(sent).error());
  TRY(finished_, complete().within(doing_));
  return *finished_;
}

Result<ObjectInfo> S3Upload::complete() {
  const std::string body = complete_body(sending_->parts);
  return retried(backoff(), [&]() -> Result<ObjectInfo> {
    auto answer = complete_once(body);
    if (answer.ok()) return answer;
    const Kind kind = answer.error().kind;
    if (kind == Kind::kUnavailable) reply_lost_ = true;
    // An upload that is gone was completed, or aborted by somebody else: the object tells.
    if (kind == Kind::kNotFound || (reply_lost_ && kind == Kind::kConflict))
      return own_object(std::move(answer).error());
    return answer;
  });
}

Result<ObjectInfo> S3Upload::complete_once(const std::string& body) {
  Call call{.request = Request::kComplete, .method = "POST", .key = key_.name, .query = {{"uploadId", upload_id_}}};
  call.body = view_of(body);
  call.headers = {{"x-amz-checksum-crc32c", crc_to_base64(crc_)}, {"x-amz-checksum-type", "FULL_OBJECT"}};
  if (when_ == When::kAbsent) call.headers.emplace_back("if-none-match", "*");
  TRY(const HttpReply reply, context_.client.send(call, deadline_));
  TRY(const Completed completed, parse_completed(reply.body));
  const auto reported = whole_crc(completed.crc32c, completed.checksum_type);
  if (reported && *reported != crc_) {
    return fail(Kind::kCorrupt, "the store reports crc32c {:08x} for {:08x}", *reported, crc_);
  }
  return ObjectInfo{key_, size_, completed.etag, reported, parse_http_date(reply.header("date"))};
}

/// The ETag of a multipart object as S3 makes it where parts have MD5s for ETags: the MD5 of those, and their number.
/// Empty where they have not.
std::string etag_of(std::span<const Part> parts) {
  Bytes digests;
  for (const Part& part : parts) {
    const auto digest = bytes_of_hex(unquoted(part.etag));
    if (!digest || digest->size() != md5({}).size()) return {};
    append(digests, *digest);
  }
  return fmt::format("{}-{}", hex(md5(digests)), parts.size());
}

/// The upload is gone or its key is taken, perhaps because an attempt whose reply was lost completed it.
Result<ObjectInfo> S3Upload::own_object(Error error) {
  auto info = context_.store.head(key_, deadline_);
  if (!info.ok()) return info.error().kind == Kind::kNotFound ? Result<ObjectInfo>(std::move(error)) : info;
  const bool same = info->crc32c ? *info->crc32c == crc_ : info->etag == etag_of(sending_->parts);
  if (info->size == size_ && same) return info;
  return error;
}

}  // namespace

std::unique_ptr<Upload> make_upload(UploadContext context, ObjectKey key, When when, Deadline deadline) {
  return std::make_unique<S3Upload>(context, std::move(key), when, deadline);
}

}  // namespace takhin::object::s3
