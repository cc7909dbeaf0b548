#pragma once
// AWS Signature Version 4 in the Authorization header.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html

#include <array>
#include <mutex>
#include <string>
#include <string_view>

#include "object/credentials.h"
#include "object/http.h"

namespace takhin::object::s3 {

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
/// SHA-256 of nothing.
inline constexpr std::string_view kEmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Lower-case hex, as x-amz-content-sha256 wants it.
std::string sha256_hex(View data);

/// What is signed. The path is encoded already; query and header values are raw, header names lower case, in any order.
struct SignedParts {
  std::string_view method;
  std::string_view path;
  Pairs query;
  Pairs headers;  // must hold host and x-amz-date
  std::string_view payload_hash;
};

/// "a=1&b=", each side encoded, sorted: what is signed is also what is sent.
std::string canonical_query(const Pairs& query);
std::string canonical_request(const SignedParts& parts);

/// Makes Authorization headers for one service in one region. Any thread. Keeps the signing key of the day.
class Signer {
 public:
  Signer(std::string region, std::string service) : region_(std::move(region)), service_(std::move(service)) {}
  const std::string& region() const { return region_; }
  /// `amz_date` is the value of x-amz-date among the headers. Cost: 2 to 3 us, no I/O.
  std::string authorization(const Credentials& credentials, std::string_view amz_date, const SignedParts& parts);

 private:
  using Mac = std::array<std::byte, 32>;
  Mac signing_key(const Credentials& credentials, std::string_view date);

  const std::string region_;
  const std::string service_;
  std::mutex mutex_;
  std::string key_date_;
  std::string key_secret_;
  Mac key_{};
};

}  // namespace takhin::object::s3
