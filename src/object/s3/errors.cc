#include "object/s3/errors.h"

#include <algorithm>

#include "base/kinds.h"
#include "object/s3/xml.h"

namespace takhin::object::s3 {
namespace {

constexpr std::size_t kMessageBytesMax = 200;

struct Row {
  std::string_view code;
  Kind kind;
};

constexpr Row kRows[] = {
    {"SlowDown", Kind::kThrottled},
    {"SlowDownRead", Kind::kThrottled},
    {"SlowDownWrite", Kind::kThrottled},
    {"Throttling", Kind::kThrottled},
    {"ThrottlingException", Kind::kThrottled},
    {"ThrottledException", Kind::kThrottled},
    {"RequestThrottled", Kind::kThrottled},
    {"RequestThrottledException", Kind::kThrottled},
    {"RequestLimitExceeded", Kind::kThrottled},
    {"TooManyRequests", Kind::kThrottled},
    {"TooManyRequestsException", Kind::kThrottled},
    {"BandwidthLimitExceeded", Kind::kThrottled},
    {"InternalError", Kind::kUnavailable},
    {"ServiceUnavailable", Kind::kUnavailable},
    {"RequestTimeout", Kind::kUnavailable},
    {"RequestTimeoutException", Kind::kUnavailable},
    {"OperationAborted", Kind::kUnavailable},
    // The bytes that arrived are not the bytes that were sent: send them again.
    {"BadDigest", Kind::kUnavailable},
    {"IncompleteBody", Kind::kUnavailable},
    {"XAmzContentSHA256Mismatch", Kind::kUnavailable},
    {"XAmzContentChecksumMismatch", Kind::kUnavailable},
    {"PreconditionFailed", Kind::kConflict},
    {"ConditionalRequestConflict", Kind::kConflict},
    {"AccessDenied", Kind::kDenied},
    {"AllAccessDisabled", Kind::kDenied},
    {"InvalidObjectState", kFrozen},
    {"NoSuchKey", Kind::kNotFound},
    {"NoSuchUpload", Kind::kNotFound},
    // Not kNotFound: a missing bucket must never look like a missing object.
    {"NoSuchBucket", Kind::kDenied},
    {"InvalidRange", Kind::kOutOfRange},
    {"ExpiredToken", Kind::kDenied},
    {"InvalidToken", Kind::kDenied},
    {"TokenRefreshRequired", Kind::kDenied},
    {"AuthorizationHeaderMalformed", Kind::kDenied},
    {"InvalidAccessKeyId", Kind::kDenied},
    {"SignatureDoesNotMatch", Kind::kDenied},
    {"RequestTimeTooSkewed", Kind::kDenied},
    {"PermanentRedirect", Kind::kDenied},
    {"TemporaryRedirect", Kind::kUnavailable},
    {"XMinioStorageFull", Kind::kExhausted},
    {"QuotaExceeded", Kind::kExhausted},
};

}  // namespace

Kind classify(int status, std::string_view code) {
  if (const auto row = std::ranges::find(kRows, code, &Row::code); row != std::end(kRows)) return row->kind;
  switch (status) {
    case 401:
    case 403:
      return Kind::kDenied;
    case 404:
      return Kind::kNotFound;
    case 408:
      return Kind::kUnavailable;
    case 409:
    case 412:
      return Kind::kConflict;
    case 416:
      return Kind::kOutOfRange;
    case 429:
      return Kind::kThrottled;
    case 507:
      return Kind::kExhausted;
    default:
      break;
  }
  if (status >= 300 && status < 400) return Kind::kDenied;  // the bucket lies elsewhere
  if (status == 501) return Kind::kInvalid;
  return status >= 500 ? Kind::kUnavailable : Kind::kInvalid;
}

std::string code_of(const HttpReply& reply) {
  std::string code = parse_error(reply.body).code;
  if (code.empty()) code = reply.header("x-minio-error-code");
  return code;
}

Error error_of(const HttpReply& reply) {
  const ErrorBody body = parse_error(reply.body);
  const std::string code = code_of(reply);
  std::string text = std::to_string(reply.status);
  if (!code.empty()) text += " " + code;
  if (!body.message.empty()) text += ": " + body.message.substr(0, kMessageBytesMax);
  if (const auto region = reply.header("x-amz-bucket-region"); !region.empty() && reply.status / 100 == 3) {
    text += fmt::format(" (the bucket is in region {})", region);
  }
  if (const auto id = reply.header("x-amz-request-id"); !id.empty()) text += fmt::format(" (request {})", id);
  return {classify(reply.status, code), std::move(text)};
}

}  // namespace takhin::object::s3
