#include "object/s3/client.h"

#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "object/s3/errors.h"
#include "object/s3/text.h"
#include "object/s3/xml.h"

namespace takhin::object::s3 {
namespace {

constexpr std::size_t kRegionBytesMax = 64;
/// S3 refuses requests that are 15 minutes off; a HEAD cannot say so, but shows its Date.
constexpr std::chrono::minutes kSkewMax{15};
/// Less than this is what a request takes, not a clock that is off.
constexpr std::chrono::seconds kSkewMin{2};

const std::pair<std::string, std::string> kSchemes[] = {{"http", ":80"}, {"https", ":443"}};

bool is_region(std::string_view text) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= kRegionBytesMax && std::ranges::all_of(text, is_plain);
}

/// Scheme and host of an endpoint; the port of the scheme itself is left out.
std::optional<Address> host_of_endpoint(std::string_view url) {
  for (const auto& [scheme, port] : kSchemes) {
    if (!url.starts_with(scheme + "://")) continue;
    std::string host(url.substr(scheme.size() + 3));
    if (host.ends_with('/')) host.pop_back();
    if (host.ends_with(port)) host.resize(host.size() - port.size());
    if (host.empty() || host.find_first_of("/?#@ ") != std::string::npos) break;
    return Address{scheme, std::move(host), ""};
  }
  return std::nullopt;
}

Result<Address> address_in(const S3Options& options, const std::string& region) {
  if (options.bucket.empty()) return fail(Kind::kInvalid, "s3: no bucket");
  if (options.bucket.find_first_of("/?#% @:") != std::string::npos) {
    return fail(Kind::kInvalid, "s3: \"{}\" is no name of a bucket", options.bucket);
  }
  auto address = options.endpoint.empty() ? Address{"https", fmt::format("s3.{}.{}", region, aws_domain(region)), ""}
                                          : host_of_endpoint(options.endpoint);
  if (!address) {
    return fail(Kind::kInvalid, "s3: endpoint \"{}\" is not http://host[:port] or https://host[:port]",
                options.endpoint);
  }
  // No wildcard certificate covers a name with dots.
  const bool by_itself = options.endpoint.empty() && options.bucket.find('.') == std::string::npos;
  if (options.addressing == Addressing::kVirtual || (options.addressing == Addressing::kAuto && by_itself)) {
    address->host = options.bucket + "." + address->host;
  } else {
    address->base = "/" + options.bucket;
  }
  return *std::move(address);
}

/// The host that a redirect names, unless that would give up TLS.
std::optional<Address> address_of_redirect(std::string_view location, const Address& from) {
  const auto begin = location.find("://");
  if (begin == std::string_view::npos) return std::nullopt;
  const auto slash = std::min(location.find_first_of("/?#", begin + 3), location.size());
  auto address = host_of_endpoint(location.substr(0, slash));
  if (!address || (from.scheme == "https" && address->scheme != "https")) return std::nullopt;
  const std::string_view path = location.substr(slash);
  if (path == from.base || path.starts_with(from.base + "/")) address->base = from.base;
  if (address->host == from.host && address->base == from.base) return std::nullopt;
  return address;
}

/// The store wants other credentials: these have expired, or are not known (any more).
bool is_stale(const Call& call, const HttpReply& reply) {
  const std::string code = code_of(reply);
  if (code.empty()) return call.request == Request::kHead && reply.status == 400;  // a HEAD has no body to say it in
  constexpr std::string_view kCodes[] = {"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired",
                                         "InvalidAccessKeyId"};
  return std::ranges::find(kCodes, code) != std::end(kCodes);
}

Pairs headers_of_new_objects(const S3Options& options) {
  Pairs out;
  if (!options.storage_class.empty()) out.emplace_back("x-amz-storage-class", options.storage_class);
  if (options.server_side == ServerSide::kS3) out.emplace_back("x-amz-server-side-encryption", "AES256");
  if (options.server_side != ServerSide::kKms) return out;
  out.emplace_back("x-amz-server-side-encryption", "aws:kms");
  if (!options.kms_key_id.empty()) {
    out.emplace_back("x-amz-server-side-encryption-aws-kms-key-id", options.kms_key_id);
  }
  return out;
}

Pairs headers_of_customer_key(const S3Options& options) {
  if (options.server_side != ServerSide::kCustomer) return {};
  const std::string prefix = "x-amz-server-side-encryption-customer-";
  return {{prefix + "algorithm", "AES256"},
          {prefix + "key", to_base64(options.customer_key)},
          {prefix + "key-md5", to_base64(md5(options.customer_key))}};
}

}  // namespace

Result<Address> address_of(const S3Options& options) { return address_in(options, options.region); }

Client::Client(const S3Options& options, Address address, CredentialsProvider& credentials, const Clock& clock,
               HttpTransport& transport, RequestMeter& meter)
    : options_(options),
      credentials_(credentials),
      clock_(clock),
      transport_(transport),
      meter_(meter),
      new_object_headers_(headers_of_new_objects(options)),
      customer_key_headers_(headers_of_customer_key(options)),
      site_(std::make_shared<Site>(std::move(address), options.region)) {}

bool Client::signs_payload(const Site& site) const {
  if (options_.payload_signing == PayloadSigning::kAuto) return site.address.scheme == "http";
  return options_.payload_signing == PayloadSigning::kAlways;
}

void Client::add_options(const Call& call, Pairs& headers) const {
  const auto add = [&](const Pairs& more) { headers.insert(headers.end(), more.begin(), more.end()); };
  const auto is_one_of = [&](std::initializer_list<Request> requests) {
    return std::ranges::find(requests, call.request) != requests.end();
  };
  const bool is_thaw = call.request == Request::kPut && call.method == "POST";
  if (!is_thaw && is_one_of({Request::kPut, Request::kCreateUpload})) add(new_object_headers_);
  if (!is_thaw && is_one_of({Request::kPut, Request::kCreateUpload, Request::kPart, Request::kComplete, Request::kGet,
                 Request::kHead})) {
    add(customer_key_headers_);
  }
  if (options_.requester_pays) headers.emplace_back("x-amz-request-payer", "requester");
}

HttpRequest Client::signed_request(const Call& call, Site& site, const Credentials& credentials) {
  const Address& address = site.address;
  std::string path = address.base;
  if (!call.key.empty()) path += "/" + uri_encode(call.key, true);
  if (path.empty()) path = "/";

  std::string hash(kEmptyPayload);
  if (call.is_payload && !signs_payload(site)) {
    hash = kUnsignedPayload;
  } else if (!call.body.empty()) {
    hash = sha256_hex(call.body);
  }
  const std::string date = amz_date(TimestampMs{clock_.wall().raw + skew_ms_.load()});
  SignedParts parts{
      .method = call.method, .path = path, .query = call.query, .headers = call.headers, .payload_hash = hash};
  add_options(call, parts.headers);
  parts.headers.emplace_back("host", address.host);
  parts.headers.emplace_back("x-amz-content-sha256", hash);
  parts.headers.emplace_back("x-amz-date", date);
  if (!credentials.session_token.empty()) parts.headers.emplace_back("x-amz-security-token", credentials.session_token);
  // Ours, or curl would add its own unsigned one.
  if (call.method == "POST") parts.headers.emplace_back("content-type", "application/xml");

  HttpRequest request{.method = std::string(call.method), .body = call.body, .reply_bytes_max = call.reply_bytes_max};
  request.url = fmt::format("{}://{}{}", address.scheme, address.host, path);
  if (const std::string query = canonical_query(call.query); !query.empty()) request.url += "?" + query;
  std::string authorization = site.signer.authorization(credentials, date, parts);
  request.headers = std::move(parts.headers);
  request.headers.emplace_back("authorization", std::move(authorization));
  return request;
}

Client::SharedSite Client::site() const {
  const std::lock_guard lock(mutex_);
  return site_;
}

/// The site in `region`, for all calls from now on; null when that is where `from` is already, or no region.
Client::SharedSite Client::learn(const SharedSite& from, std::string region) {
  if (!is_region(region) || region == from->signer.region()) return nullptr;
  auto address = address_in(options_, region);
  if (!address.ok()) return nullptr;
  log_info("object", "bucket {} is in region {}, not {}", options_.bucket, region, from->signer.region());
  auto there = std::make_shared<Site>(*std::move(address), std::move(region));
  const std::lock_guard lock(mutex_);
  site_ = there;
  return there;
}

/// Where `reply` says that the bucket is, when that is not where the request went; else null.
Client::SharedSite Client::moved(const SharedSite& from, const Call& call, const HttpReply& reply) {
  const ErrorBody body = parse_error(reply.body);
  const bool malformed = body.code == "AuthorizationHeaderMalformed" ||
                         (body.code.empty() && call.request == Request::kHead && reply.status == 400);
  if (reply.status / 100 != 3 && !malformed) return nullptr;
  const std::string_view named = reply.header("x-amz-bucket-region");
  if (auto there = learn(from, named.empty() ? body.region : std::string(named))) return there;
  if (reply.status != 307) return nullptr;
  auto elsewhere = address_of_redirect(reply.header("location"), from->address);
  return elsewhere ? std::make_shared<Site>(*std::move(elsewhere), from->signer.region()) : nullptr;
}

/// True when the reply says that the time a request was signed with, `skew` from ours, is wrong; then the store's counts.
bool Client::adjust_clock(const Call& call, const HttpReply& reply, std::int64_t skew_ms) {
  const std::string code = code_of(reply);
  const TimestampMs theirs = parse_http_date(reply.header("date"));
  if (theirs == TimestampMs{}) return false;
  const std::int64_t seen_ms = theirs.raw - clock_.wall().raw;
  const auto off = std::chrono::abs(std::chrono::milliseconds(seen_ms - skew_ms));
  const bool is_head = code.empty() && call.request == Request::kHead && reply.status == 403;
  const bool said = code == "RequestTimeTooSkewed" || code == "RequestInTheFuture" || code == "RequestExpired";
  if (!said && !(is_head && off > kSkewMax)) return false;
  if (off < kSkewMin) return false;  // it is not the clock, then
  // Of many calls that are refused at once, one tells.
  if (skew_ms_.exchange(seen_ms) == skew_ms) {
    log_warn("object", "this machine's clock is {} s {} the store's; requests are signed with the store's time",
             std::abs(seen_ms) / 1000, seen_ms > 0 ? "behind" : "ahead of");
  }
  return true;
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

Result<HttpReply> Client::attempt(const Call& call, Site& site, const Credentials& credentials, Deadline deadline) {
  if (deadline.passed(clock_)) return fail(Kind::kUnavailable, "deadline passed");
  const HttpRequest request = signed_request(call, site, credentials);
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
  SharedSite site = this->site();
  TRY(Credentials credentials, this->credentials(deadline));
  bool has_moved = false, has_adjusted = false, has_asked = false;
  for (;;) {
    const std::int64_t skew_ms = skew_ms_.load();
    TRY(HttpReply reply, attempt(call, *site, credentials, deadline));
    if (reply.status / 100 == 2) {
      (void)learn(site, std::string(reply.header("x-amz-bucket-region")));
      return reply;
    }
    SharedSite elsewhere = has_moved ? nullptr : moved(site, call, reply);
    if (elsewhere != nullptr) {
      has_moved = true;
      site = std::move(elsewhere);
    } else if (!has_adjusted && adjust_clock(call, reply, skew_ms)) {
      has_adjusted = true;
    } else if (!has_asked && is_stale(call, reply)) {
      has_asked = true;
      credentials_.refused(credentials);
      TRY(Credentials others, this->credentials(deadline));
      if (others.access_key == credentials.access_key && others.session_token == credentials.session_token) {
        return error_of(reply);
      }
      credentials = std::move(others);
    } else {
      return error_of(reply);
    }
  }
}

}  // namespace takhin::object::s3
