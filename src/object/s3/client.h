#pragma once
// One signed request to one bucket.

#include "object/metered.h"
#include "object/http.h"
#include "object/options.h"
#include "object/s3/sigv4.h"

namespace takhin::object::s3 {

/// Where the requests for a bucket go.
struct Address {
  std::string scheme;  // "http" or "https"
  std::string host;    // with the port unless it is the scheme's own, as HTTP's Host header wants it
  std::string base;    // "" or "/bucket"
};
/// kInvalid when bucket or endpoint make no URL.
Result<Address> address_of(const S3Options& options);

struct Call {
  Request request;  // for the meter
  std::string_view method;
  std::string key{};  // empty: the bucket itself
  Pairs query{};
  Pairs headers{};  // lower-case names; host, date and signature come by themselves
  View body{};
  bool is_payload = false;  // the body is object bytes: counted, and signed as options.payload_signing says
  std::uint64_t reply_bytes_max = 64 * kKiB;
};

/// Any thread. All arguments are borrowed.
class Client {
 public:
  Client(const S3Options& options, Address address, CredentialsProvider& credentials, const Clock& clock,
         HttpTransport& transport, RequestMeter& meter)
      : options_(options),
        address_(std::move(address)),
        credentials_(credentials),
        clock_(clock),
        transport_(transport),
        meter_(meter),
        signer_(options.region, "s3") {}

  /// One attempt: a 2xx reply without an error in its body, or what went wrong. A refusal that says what to do otherwise
  /// is followed at once, each sort of it once: credentials that have expired are asked for again. kDenied when there
  /// are no credentials.
  Result<HttpReply> send(const Call& call, Deadline deadline);

 private:
  Result<Credentials> credentials(Deadline deadline);
  Result<HttpReply> attempt(const Call& call, const Credentials& credentials, Deadline deadline);
  static bool failed(const Call& call, HttpReply& reply);
  HttpRequest signed_request(const Call& call, const Credentials& credentials);
  bool signs_payload() const;

  const S3Options& options_;
  const Address address_;
  CredentialsProvider& credentials_;
  const Clock& clock_;
  HttpTransport& transport_;
  RequestMeter& meter_;
  Signer signer_;
};

}  // namespace takhin::object::s3
