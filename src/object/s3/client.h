#pragma once
// One signed request to one bucket.

#include <atomic>
#include <memory>
#include <mutex>

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
         HttpTransport& transport, RequestMeter& meter);

  /// One attempt: a 2xx reply without an error in its body, or what went wrong. A refusal that says what to do otherwise
  /// is followed at once, each sort of it once a call, and remembered for all calls: the bucket's region (301, 307, 400
  /// AuthorizationHeaderMalformed), the store's time (RequestTimeTooSkewed), other credentials (ExpiredToken and the
  /// like). Another host (307 Temporary Redirect) is followed for this call only. kDenied when there are no credentials.
  Result<HttpReply> send(const Call& call, Deadline deadline);

 private:
  /// Where the bucket is and how requests to it are signed.
  struct Site {
    Site(Address where, std::string region) : address(std::move(where)), signer(std::move(region), "s3") {}
    const Address address;
    Signer signer;
  };
  using SharedSite = std::shared_ptr<Site>;

  SharedSite site() const;
  SharedSite learn(const SharedSite& from, std::string region);
  SharedSite moved(const SharedSite& from, const Call& call, const HttpReply& reply);
  bool adjust_clock(const Call& call, const HttpReply& reply, std::int64_t skew_ms);
  Result<Credentials> credentials(Deadline deadline);
  Result<HttpReply> attempt(const Call& call, Site& site, const Credentials& credentials, Deadline deadline);
  static bool failed(const Call& call, HttpReply& reply);
  HttpRequest signed_request(const Call& call, Site& site, const Credentials& credentials);
  void add_options(const Call& call, Pairs& headers) const;
  bool signs_payload(const Site& site) const;

  const S3Options& options_;
  CredentialsProvider& credentials_;
  const Clock& clock_;
  HttpTransport& transport_;
  RequestMeter& meter_;
  Pairs new_object_headers_;    // storage class and encryption
  Pairs customer_key_headers_;  // whatever touches the bytes of an object needs the key
  mutable std::mutex mutex_;
  SharedSite site_;                       // guarded by mutex_; never null
  std::atomic<std::int64_t> skew_ms_{0};  // the store's clock minus ours, once that matters
};

}  // namespace takhin::object::s3
