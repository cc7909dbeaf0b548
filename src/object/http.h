#pragma once
// One HTTP exchange at a time, blocking. For S3 and for the endpoints that hand out credentials.

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace takhin::object {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Where requests go through. May hold a password, so it is never printed.
struct Proxies {
  std::string http;    // of http:// URLs; empty: straight to the host
  std::string https;   // of https:// URLs
  std::string except;  // as no_proxy: hosts, domains and networks that are reached without one, or "*"

  /// http_proxy, https_proxy, all_proxy and no_proxy of `environment`, as curl reads them ("Environment", curl manual):
  /// the capital names count too, but for HTTP_PROXY, which a CGI client could set.
  static Proxies from(const std::map<std::string, std::string>& environment);
};

struct HttpOptions {
  int connections_max = 32;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{300'000};  // of one attempt
  std::chrono::seconds stall_timeout{20};              // an attempt that moves less than 1 KiB/s for so long has failed
  std::string ca_file;                                 // certificates to trust instead of the system's
  Proxies proxies;
};

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

/// The host of an http(s) URL as curl reads it, in lower case, with the brackets of an IPv6 address; kInvalid when it is
/// none or names a user.
Result<std::string> host_of(const std::string& url);

/// libcurl easy handles, at most `options.connections_max`, each with its own kept-alive connection; a request without
/// a free one waits. `clock` is borrowed.
std::unique_ptr<HttpTransport> make_curl_transport(const HttpOptions& options, Clock& clock);

}  // namespace takhin::object
