#pragma once
// The XML of the S3 API, both ways. Names of elements are compared without their namespace.

#include "object/http.h"
#include "object/store.h"

namespace takhin::object::s3 {

/// <Error> of a reply; empty fields when it has none.
struct ErrorBody {
  std::string code;
  std::string message;
  std::string region;  // the one that the request should have been signed for
};
/// Also finds an error inside a reply with status 200, as CompleteMultipartUpload may answer.
ErrorBody parse_error(View body);

/// ListObjectsV2. kCorrupt when it is not one or its keys are out of order.
Result<Page> parse_list(View body);

/// <AssumeRoleResponse> or <AssumeRoleWithWebIdentityResponse> of STS, whose texts are secret. kCorrupt when it is neither.
struct AssumedRole {
  std::string access_key;
  std::string secret_key;
  std::string session_token;
  std::string expiration;  // as sent
};
Result<AssumedRole> parse_assumed_role(View body);
/// <ErrorResponse><Error><Code>; empty when it has none.
std::string parse_sts_error(View body);

struct PendingUpload {
  std::string key;
  std::string upload_id;
  TimestampMs begun{};
};
struct PendingUploads {
  std::vector<PendingUpload> uploads;
  bool more = false;
  std::string next_key;
  std::string next_upload_id;
};
Result<PendingUploads> parse_uploads(View body);

Result<std::string> parse_upload_id(View body);

struct Completed {
  std::string etag;
  std::string crc32c;  // as sent; empty when the store reports none
  std::string checksum_type;
};
Result<Completed> parse_completed(View body);

struct RemoveError {
  std::string key;
  std::string code;
  std::string message;
};
Result<std::vector<RemoveError>> parse_removed(View body);

/// <RestoreRequest>; without days where they are 0.
std::string restore_body(int days, std::string_view tier);

std::string remove_body(std::span<const ObjectKey> keys);

struct Part {
  std::string etag;  // as received, with its quotes
  std::uint32_t crc32c = 0;
};
/// `parts` in order; their numbers count from 1.
std::string complete_body(std::span<const Part> parts);

}  // namespace takhin::object::s3
