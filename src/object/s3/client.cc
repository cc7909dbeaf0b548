#include "object/s3/client.h"

#include <algorithm>

#include "object/s3/errors.h"
#include "object/s3/text.h"
#include "object/s3/xml.h"

namespace takhin::object::s3 {

Result<Address> address_of(const S3Options& options) {
  if (options.bucket.empty()) return fail(Kind::kInvalid, "s3: no bucket");
  if (options.bucket.find_first_of("/?#% @:") != std::string::npos) {
    return fail(Kind::kInvalid, "s3: \"{}\" is no name of a bucket", options.bucket);
  }
  const std::string in_path = "/" + options.bucket;
  if (options.endpoint.empty()) {
    const std::string_view domain = options.region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
    const std::string service = fmt::format("s3.{}.{}", options.region, domain);
    if (options.bucket.find('.') != std::string::npos) return Address{"https", service, in_path};
    return Address{"https", options.bucket + "." + service, ""};
  }
  for (const auto& [scheme, port] : {std::pair<std::string, std::string>{"http", ":80"}, {"https", ":443"}}) {
    if (!options.endpoint.starts_with(scheme + "://")) continue;
    std::string host = options.endpoint.substr(scheme.size() + 3);
    if (host.ends_with('/')) host.pop_back();
    if (host.ends_with(port)) host.resize(host.size() - port.size());
    if (host.empty() || host.find_first_of("/?#@ ") != std::string::npos) break;
    return Address{scheme, host, in_path};
  }
  return fail(Kind::kInvalid, "s3: endpoint \"{}\" is not http://host[:port] or https://host[:port]", options.endpoint);
}

namespace {

/// The store wants other credentials: these have expired, or are not known (any more).
bool is_stale(const Call& call, const HttpReply& reply) {
  const std::string code = code_of(reply);
  if (code.empty()) return call.request == Request::kHead && reply.status == 400;  // a HEAD has no body to say it in
  constexpr std::string_view kCodes[] = {"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired",
                                         "InvalidAccessKeyId"};
  return std::ranges::find(kCodes, code) != std::end(kCodes);
}

}  // namespace

bool Client::signs_payload() const {
  if (options_.payload_signing == PayloadSigning::kAuto) return address_.scheme == "http";
  return options_.payload_signing == PayloadSigning::kAlways;
}

HttpRequest Client::signed_request(const Call& call, const Credentials& credentials) {
  std::string path = address_.base;
  if (!call.key.empty()) path += "/" + uri_encode(call.key, true);
  if (path.empty()) path = "/";

  std::string hash(kEmptyPayload);
  if (call.is_payload && !signs_payload()) {
    hash = kUnsignedPayload;
  } else if (!call.body.empty()) {
    hash = sha256_hex(call.body);
  }
  const std::string date = amz_date(clock_.wall());
  SignedParts parts{
      .method = call.method, .path = path, .query = call.query, .headers = call.headers, .payload_hash = hash};
  parts.headers.emplace_back("host", address_.host);
  parts.headers.emplace_back("x-amz-content-sha256", hash);
  parts.headers.emplace_back("x-amz-date", date);
  if (!credentials.session_token.empty()) parts.headers.emplace_back("x-amz-security-token", credentials.session_token);
  // Ours, or curl would add its own unsigned one.
  if (call.method == "POST") parts.headers.emplace_back("content-type", "application/xml");

  HttpRequest request{.method = std::string(call.method), .body = call.body, .reply_bytes_max = call.reply_bytes_max};
  request.url = fmt::format("{}://{}{}", address_.scheme, address_.host, path);
  if (const std::string query = canonical_query(call.query); !query.empty()) request.url += "?" + query;
  std::string authorization = signer_.authorization(credentials, date, parts);
  request.headers = std::move(parts.headers);
  request.headers.emplace_back("authorization", std::move(authorization));
  return request;
}

Result<Credentials> Client::credentials(Deadline deadline) {
  auto got = credentials_.get(deadline);
  // To a caller of the store, kNotFound would mean that an object is not there.
  if (!got.ok() && got.error().kind == Kind::kNotFound) got.error().kind = Kind::kDenied;
  return got;
}

/// CompleteMultipartUpload sends its status before it knows how it ends.
bool Client::failed(const Call& call, HttpReply& reply) {
  if (reply.status / 100 != 2) return true;
  if (call.request != Request::kComplete || parse_error(reply.body).code.empty()) return false;
  reply.status = 500;
  return true;
}

Result<HttpReply> Client::attempt(const Call& call, const Credentials& credentials, Deadline deadline) {
  if (deadline.passed(clock_)) return fail(Kind::kUnavailable, "deadline passed");
  const HttpRequest request = signed_request(call, credentials);
  const Steady begun = clock_.steady();
  auto reply = transport_.send(request, deadline);
  const auto took = clock_.steady() - begun;
  std::optional<Kind> failure;
  if (!reply.ok()) {
    failure = reply.error().kind;
  } else if (failed(call, *reply)) {
    failure = error_of(*reply).kind;
  }
  const std::uint64_t down = call.request == Request::kGet && !failure ? reply->body.size() : 0;
  meter_.record(call.request, failure, call.is_payload ? call.body.size() : 0, down, took);
  return reply;
}

Result<HttpReply> Client::send(const Call& call, Deadline deadline) {
  TRY(Credentials credentials, this->credentials(deadline));
  for (bool asked_again = false;;) {
    TRY(HttpReply reply, attempt(call, credentials, deadline));
    if (reply.status / 100 == 2) return reply;
    if (asked_again || !is_stale(call, reply)) return error_of(reply);
    asked_again = true;
    credentials_.refused(credentials);
    TRY(Credentials others, this->credentials(deadline));
    if (others.access_key == credentials.access_key && others.session_token == credentials.session_token) {
      return error_of(reply);
    }
    credentials = std::move(others);
  }
}

}  // namespace takhin::object::s3
