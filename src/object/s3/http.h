#pragma once
// One HTTP exchange at a time, blocking. The transport knows nothing of S3.

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "object/options.h"
#include "object/s3/sigv4.h"

namespace takhin::object::s3 {

struct HttpRequest {
  std::string method;
  std::string url;
  Pairs headers;
  View body{};                                // borrowed for the call
  std::uint64_t reply_bytes_max = 64 * kKiB;  // of a 2xx reply; a longer one is kCorrupt
};

inline constexpr std::uint64_t kErrorBytesMax = 64 * kKiB;  // of any other reply; the rest is not kept

struct HttpReply {
  int status = 0;
  Pairs headers;  // names in lower case
  Bytes body;
  /// Empty when absent.
  std::string_view header(std::string_view name) const;
};

/// Any thread.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  /// A reply of any status, whole; or an error without one: kUnavailable (name, connection, timeout, reset, cut short;
  /// the request may have been carried out), kDenied (the peer's certificate), kCorrupt (reply too long), kInvalid (no
  /// such protocol).
  virtual Result<HttpReply> send(const HttpRequest& request, Deadline deadline) = 0;
};

/// libcurl easy handles, at most `options.connections_max`, each with its own kept-alive connection; a request without
/// a free one waits. `clock` is borrowed.
std::unique_ptr<HttpTransport> make_curl_transport(const S3Options& options, Clock& clock);

}  // namespace takhin::object::s3
