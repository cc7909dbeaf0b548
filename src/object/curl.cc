#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include "object/http.h"

namespace takhin::object {
namespace {

constexpr long kStallBytesPerSecond = 1024;
constexpr long kSocketBufferBytes = 512 * 1024;
constexpr std::size_t kHeadersMax = 128;

struct CloseEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Easy = std::unique_ptr<CURL, CloseEasy>;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// What curl's callbacks see of one exchange.
struct Exchange {
  CURL* easy = nullptr;
  View body;
  std::size_t sent = 0;
  std::uint64_t reply_bytes_max = 0;
  HttpReply reply;
  bool too_long = false;
  bool sent_again = false;
};

std::size_t on_read(char* into, std::size_t size, std::size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  const std::size_t step = std::min(size * count, exchange.body.size() - exchange.sent);
  if (step > 0) std::memcpy(into, exchange.body.data() + exchange.sent, step);
  exchange.sent += step;
  return step;
}

/// A kept-alive connection may turn out dead after part of the body or all of it: curl then sends it again from the start.
int on_seek(void* context, curl_off_t offset, int origin) {
  auto& exchange = *static_cast<Exchange*>(context);
  if (origin != SEEK_SET || offset < 0 || static_cast<std::size_t>(offset) > exchange.body.size())
    return CURL_SEEKFUNC_FAIL;
  exchange.sent_again = exchange.sent_again || exchange.sent > 0;
  exchange.sent = static_cast<std::size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

std::size_t on_write(char* data, std::size_t size, std::size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  const std::size_t length = size * count;
  long status = 0;
  curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
  Bytes& body = exchange.reply.body;
  if (status / 100 != 2) {
    const std::size_t kept =
        std::min<std::size_t>(length, kErrorBytesMax - std::min<std::size_t>(body.size(), kErrorBytesMax));
    append(body, view_of(std::string_view(data, kept)));
    return length;
  }
  if (body.size() + length > exchange.reply_bytes_max) {
    exchange.too_long = true;
    return 0;
  }
  if (body.empty()) {
    curl_off_t expected = 0;
    curl_easy_getinfo(exchange.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &expected);
    if (expected > 0)
      body.reserve(std::min<std::uint64_t>(static_cast<std::uint64_t>(expected), exchange.reply_bytes_max));
  }
  append(body, view_of(std::string_view(data, length)));
  return length;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) exchange.reply.headers.clear();  // of a 1xx reply before the real one
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || exchange.reply.headers.size() >= kHeadersMax) return line.size();
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(), lower);
  const auto begin = line.find_first_not_of(" \t", colon + 1);
  const auto end = line.find_last_not_of(" \t\r\n");
  std::string value(begin <= end && begin != std::string_view::npos ? line.substr(begin, end - begin + 1)
                                                                    : std::string_view());
  exchange.reply.headers.emplace_back(std::move(name), std::move(value));
  return line.size();
}

Kind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return Kind::kInvalid;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return Kind::kDenied;
    case CURLE_OUT_OF_MEMORY:
      return Kind::kExhausted;
    default:
      return Kind::kUnavailable;
  }
}

class CurlTransport final : public HttpTransport {
 public:
  CurlTransport(const HttpOptions& options, Clock& clock) : options_(options), clock_(clock) {}

  Result<HttpReply> send(const HttpRequest& request, Deadline deadline) override {
    TRY(Lease lease, take(deadline));
    CURL* easy = lease.easy.get();
    Exchange exchange{.easy = easy, .body = request.body, .reply_bytes_max = request.reply_bytes_max};
    std::unique_ptr<curl_slist, FreeList> headers;
    for (const auto& [name, value] : request.headers) add_header(headers, fmt::format("{}: {}", name, value));
    add_header(headers, "Expect:");  // no round trip before a body: a refusal is rare, an upload is not
    set_common(easy, request, deadline);
    set_method(easy, request, exchange);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    std::array<char, CURL_ERROR_SIZE> text{};
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, text.data());
    const CURLcode code = curl_easy_perform(easy);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    exchange.reply.status = static_cast<int>(status);
    // Pointers into this frame must not stay in the handle; its connection does.
    curl_easy_reset(easy);
    if (exchange.too_long) return fail(Kind::kCorrupt, "reply is longer than {} bytes", request.reply_bytes_max);
    if (code != CURLE_OK) return fail(kind_of(code), "{}", may_print(text.data()) ? text.data() : curl_easy_strerror(code));
    // What was refused may only be what an earlier copy of the same request has brought about.
    if (exchange.sent_again && status / 100 == 4) {
      return fail(Kind::kUnavailable, "{} to a request that was sent again as its connection broke", status);
    }
    return std::move(exchange.reply);
  }

 private:
  /// curl quotes a proxy it cannot use, with its password.
  bool may_print(std::string_view text) const {
    const auto has_user = [](const std::string& proxy) { return proxy.find('@') != std::string::npos; };
    return !text.empty() && !has_user(options_.proxies.http) && !has_user(options_.proxies.https);
  }

  /// A handle, given back by the destructor.
  struct Lease {
    Lease(CurlTransport& owner, Easy handle) : owner(&owner), easy(std::move(handle)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (easy != nullptr) owner->give_back(std::move(easy));
    }
    CurlTransport* owner;
    Easy easy;
  };

  Result<Lease> take(Deadline deadline) {
    std::unique_lock lock(mutex_);
    while (free_.empty() && made_ >= options_.connections_max) {
      if (!clock_.wait(freed_, lock, deadline.at) && deadline.passed(clock_)) {
        return fail(Kind::kUnavailable, "deadline passed: all {} connections are busy", options_.connections_max);
      }
    }
    if (!free_.empty()) {
      Easy easy = std::move(free_.back());  // the last one used is the most likely to be alive still
      free_.pop_back();
      return Lease(*this, std::move(easy));
    }
    Easy easy(curl_easy_init());
    if (easy == nullptr) return fail(Kind::kExhausted, "no memory for a connection");
    ++made_;
    return Lease(*this, std::move(easy));
  }

  void give_back(Easy easy) {
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(std::move(easy));
    }
    freed_.notify_one();
  }

  static void add_header(std::unique_ptr<curl_slist, FreeList>& headers, const std::string& line) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    TAKHIN_ASSERT(longer != nullptr, "out of memory");
    static_cast<void>(headers.release());
    headers.reset(longer);
  }

  void set_common(CURL* easy, const HttpRequest& request, const Deadline& deadline) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.left(clock_));
    const auto timeout = std::max(std::min(left, options_.request_timeout), std::chrono::milliseconds(1));
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kSocketBufferBytes);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kSocketBufferBytes);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerSecond);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_timeout.count()));
    if (!options_.ca_file.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
      curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, options_.ca_file.c_str());
    }
    // Set also when empty, or curl would look into the environment by itself.
    const bool is_https = request.url.starts_with("https:");
    curl_easy_setopt(easy, CURLOPT_PROXY, (is_https ? options_.proxies.https : options_.proxies.http).c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, options_.proxies.except.c_str());
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  }

  static void set_method(CURL* easy, const HttpRequest& request, Exchange& exchange) {
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, &exchange);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, &exchange);
    if (request.method == "HEAD") {
      curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (request.method == "PUT") {
      curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
      curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    } else if (request.method == "POST") {
      curl_easy_setopt(easy, CURLOPT_POST, 1L);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    } else if (request.method != "GET") {
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
  }

  const HttpOptions options_;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Easy> free_;
  int made_ = 0;
};

}  // namespace

Result<std::string> host_of(const std::string& url) {
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  if (parsed == nullptr) return fail(Kind::kExhausted, "no memory for a URL");
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    std::string out;
    if (curl_url_get(parsed.get(), which, &text, 0) == CURLUE_OK) out = text;
    curl_free(text);
    return out;
  };
  const bool good = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) == CURLUE_OK;
  const std::string scheme = good ? part(CURLUPART_SCHEME) : "";
  std::string host = good ? part(CURLUPART_HOST) : "";
  if ((scheme != "http" && scheme != "https") || host.empty()) return fail(Kind::kInvalid, "not an http or https URL");
  std::ranges::transform(host, host.begin(), lower);
  return host;
}

std::unique_ptr<HttpTransport> make_curl_transport(const HttpOptions& options, Clock& clock) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);  // once a process, as libcurl demands
  TAKHIN_ASSERT(kReady == CURLE_OK, "libcurl does not start");
  return std::make_unique<CurlTransport>(options, clock);
}

}  // namespace takhin::object
