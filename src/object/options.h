#pragma once
// Where the objects lie and how they are reached.

#include <chrono>
#include <string>

#include "config/option.h"
#include "object/credentials.h"
#include "object/retry.h"

namespace takhin::object {

/// AWS S3 limits, https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
inline constexpr std::uint64_t kPartBytesMin = 5 * kMiB;
inline constexpr std::uint64_t kPartsMax = 10'000;
/// 1 GiB in 16 parts, so with begin and finish 18 PUT-class requests.
inline constexpr std::uint64_t kPartBytesDefault = 64 * kMiB;
static_assert(kPartBytesDefault >= kPartBytesMin);

enum class PayloadSigning {
  kAuto,  // SHA-256 of the body over plain http, none over https, where TLS guards it
  kAlways,
  kNever,
};

struct S3Options {
  std::string bucket;
  std::string region = "us-east-1";
  std::string prefix = "takhin-segments";
  std::string endpoint;  // empty: AWS; http(s)://host[:port] of another store; file:///dir: the local directory store
  Credentials keys;      // explicit ones; an empty access key means: ask the environment and files
  std::string ca_file;   // certificates to trust instead of the system's
  /// Memory of one upload: (upload_concurrency + 1) * part_bytes at most, less for smaller objects.
  std::uint64_t part_bytes = kPartBytesDefault;
  int upload_concurrency = 4;  // parts in flight, of all uploads of the store together
  int connections_max = 32;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{300'000};  // of one attempt
  std::chrono::seconds stall_timeout{20};              // an attempt that moves less than 1 KiB/s for so long has failed
  PayloadSigning payload_signing = PayloadSigning::kAuto;
  RetryPolicy retry;
};

/// The rows of S3Options.
std::span<const config::Option* const> rows();
/// kInvalid names the key that breaks a rule. That the bucket is there when it is needed is for the caller to see, who
/// knows whether tiered storage is on.
Result<S3Options> from(const config::Settings& settings);

/// The directory of a file:// endpoint; nothing for the others.
std::optional<std::string> local_directory(const S3Options& options);

extern const config::Option kS3Bucket;
extern const config::Option kS3Endpoint;

}  // namespace takhin::object
