// The one place of this room that asks another server for something: an issuer's key set.

#include <curl/curl.h>

#include <memory>

#include "broker/security/oauth.h"

namespace takhin::broker::security {
namespace {

constexpr long kConnectMsMax = 5'000;
constexpr long kMsMax = 10'000;
constexpr long kOk = 200;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

/// Empty: not there.
std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

/// Keys that anybody on the way could change would let anybody in.
bool is_safe(const std::string& text) {
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return false;
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME), host = part_of(url.get(), CURLUPART_HOST);
  if (!part_of(url.get(), CURLUPART_USER).empty() || host.empty()) return false;
  return scheme == "https" || (scheme == "http" && (host == "localhost" || host == "127.0.0.1" || host == "[::1]"));
}

std::size_t take(const char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<Bytes*>(into);
  if (body.size() + size * count > kJwksBytesMax) return 0;  // ends the transfer
  append(body, view_of(std::string_view(data, size * count)));
  return size * count;
}

}  // namespace

bool is_key_set_url(const std::string& url) {
  return url.starts_with('/') || url.starts_with("file:///") || is_safe(url);
}

Result<Bytes> fetch_key_set(const std::string& url, const std::string& ca_file) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, FreeHandle> handle(global == CURLE_OK ? curl_easy_init() : nullptr);
  if (handle == nullptr || !is_safe(url)) return fail(Kind::kInvalid, "not a URL that keys may come from");
  Bytes body;
  char why[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(handle.get(), option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "https,http");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, kConnectMsMax);
  set(CURLOPT_TIMEOUT_MS, kMsMax);
  set(CURLOPT_MAXFILESIZE, static_cast<long>(kJwksBytesMax));
  set(CURLOPT_WRITEFUNCTION, &take);
  set(CURLOPT_WRITEDATA, &body);
  set(CURLOPT_ERRORBUFFER, why);
  set(CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  if (!ca_file.empty()) set(CURLOPT_CAINFO, ca_file.c_str());
  const CURLcode outcome = curl_easy_perform(handle.get());
  if (outcome == CURLE_WRITE_ERROR || outcome == CURLE_FILESIZE_EXCEEDED) {
    return fail(Kind::kInvalid, "more than {} bytes", kJwksBytesMax);
  }
  if (outcome != CURLE_OK) return fail(Kind::kUnavailable, "{}", why[0] != '\0' ? why : curl_easy_strerror(outcome));
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != kOk) return fail(Kind::kUnavailable, "answered {}", status);
  return body;
}

}  // namespace takhin::broker::security
