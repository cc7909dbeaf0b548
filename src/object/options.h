#pragma once
// Where the objects lie and how they are reached.

#include <chrono>
#include <string>

#include "config/option.h"
#include "object/credentials.h"
#include "object/http.h"
#include "object/retry.h"
#include "object/store.h"

namespace takhin::object {

/// AWS S3 limits, https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
inline constexpr std::uint64_t kPartBytesMin = 5 * kMiB;
inline constexpr std::uint64_t kPartsMax = 10'000;
inline constexpr std::size_t kCustomerKeyBytes = 32;  // AES-256
/// 1 GiB in 16 parts, so with begin and finish 18 PUT-class requests.
inline constexpr std::uint64_t kPartBytesDefault = 64 * kMiB;
static_assert(kPartBytesDefault >= kPartBytesMin);

enum class PayloadSigning {
  kAuto,  // SHA-256 of the body over plain http, none over https, where TLS guards it
  kAlways,
  kNever,
};

enum class Addressing {
  kAuto,     // virtual-host on AWS unless the bucket's name has dots, path style with an endpoint
  kPath,     // https://host/bucket/key
  kVirtual,  // https://bucket.host/key
};

/// Who encrypts objects at rest on the side of the store, and with whose key.
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
enum class ServerSide {
  kNone,      // as the bucket says
  kS3,        // the store's own keys
  kKms,       // a key of the store's key service
  kCustomer,  // ours, sent along with every request on an object and kept nowhere else
};

struct S3Options {
  std::string bucket;
  std::string region = "us-east-1";
  std::string prefix = "takhin-segments";
  std::string endpoint;  // empty: AWS; http(s)://host[:port] of another store; file:///dir: the local directory store
  Credentials keys;      // explicit ones; an empty access key means: ask the environment and files
  /// Memory of one upload: (upload_concurrency + 1) * part_bytes at most, less for smaller objects.
  std::uint64_t part_bytes = kPartBytesDefault;
  int upload_concurrency = 4;  // parts in flight, of all uploads of the store together
  HttpOptions http;           // its proxies are the environment's, so the caller's to fill in
  PayloadSigning payload_signing = PayloadSigning::kAuto;
  Addressing addressing = Addressing::kAuto;
  std::string storage_class;  // of new objects; empty: the bucket's default
  ServerSide server_side = ServerSide::kNone;
  std::string kms_key_id;  // with kKms; empty: the account's default key
  Bytes customer_key;      // with kCustomer: 32 bytes, secret
  bool requester_pays = false;
  std::size_t list_page_keys = kListPageMax;  // fewer only to try how a store pages
  RetryPolicy retry;
};

/// The rows of S3Options.
std::span<const config::Option* const> rows();
/// kInvalid names the key that breaks a rule. That the bucket is there when it is needed is for the caller to see, who
/// knows whether tiered storage is on.
Result<S3Options> from(const config::Settings& settings);

/// http://host[:port], https://host[:port] or file:///dir.
bool is_endpoint(std::string_view text);
/// The directory of a file:// endpoint; nothing for the others.
std::optional<std::string> local_directory(const S3Options& options);

extern const config::Option kS3Bucket;
extern const config::Option kS3Endpoint;

}  // namespace takhin::object
