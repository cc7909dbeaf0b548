#include "object/remote_credentials.h"

#include <algorithm>
#include <cctype>

#include "object/credential_text.h"
#include "object/s3/sigv4.h"
#include "object/s3/text.h"
#include "object/s3/xml.h"

namespace takhin::object {
namespace {

constexpr std::uint64_t kTokenBytesMax = 64 * kKiB;
constexpr std::size_t kCodeBytesMax = 64;  // a longer one is no code and may be anything
constexpr std::string_view kFormType = "application/x-www-form-urlencoded";
constexpr std::string_view kContainerHost = "http://169.254.170.2";
constexpr std::string_view kPlainHosts[] = {"localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
constexpr std::string_view kInstanceEndpoint = "http://169.254.169.254";
constexpr std::string_view kInstanceEndpointIpv6 = "http://[fd00:ec2::254]";
constexpr std::string_view kInstanceRoles = "/latest/meta-data/iam/security-credentials/";
constexpr std::string_view kInstanceTokenSeconds = "300";  // of one get()

/// A status that is no success; the body is not quoted, for it may hold anything.
Error refusal(int status, std::string_view code = {}) {
  const bool passing = status >= 500 || status == 429 || code == "IDPCommunicationError" || code == "Throttling";
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0; };
  const bool plain = code.size() <= kCodeBytesMax && std::ranges::all_of(code, is_plain);
  return fail(passing ? Kind::kUnavailable : Kind::kDenied, "the answer was {}{}{}", status,
              code.empty() || !plain ? "" : " ", plain ? code : "");
}

/// A token that goes into a header or a form: the file's text without blanks around it.
Result<std::string> token_in(FileSystem& fs, const std::string& path) {
  TRY(const FileInfo info, fs.stat(path));
  if (info.size > kTokenBytesMax) return fail(Kind::kInvalid, "{} is larger than {} bytes", path, kTokenBytesMax);
  TRY(const Bytes text, read_whole(fs, path));
  return std::string(trimmed(text_of(text)));
}

/// A source that was asked for and cannot be had: another one would be a surprise.
Error configured(Error error) {
  if (error.kind == Kind::kNotFound) error.kind = Kind::kInvalid;
  return error;
}

std::string first_of(const Environment& environment, std::initializer_list<const char*> names, std::string fallback) {
  for (const char* name : names) {
    if (std::string value = value_of(environment, name); !value.empty()) return value;
  }
  return fallback;
}

std::string without_slash(std::string url) {
  if (url.ends_with('/')) url.pop_back();
  return url;
}

std::string sts_of(std::string_view region) { return fmt::format("https://sts.{}.{}", region, s3::aws_domain(region)); }

bool is_loopback(std::string_view host) {
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

HttpOptions metadata_http() {
  return {.connections_max = 2,
          .connect_timeout = std::chrono::milliseconds(1'000),
          .request_timeout = std::chrono::milliseconds(2'000),
          .stall_timeout = std::chrono::seconds(2),
          .ca_file = {},
          .proxies = {}};
}

WebIdentityCredentials::WebIdentityCredentials(const Environment& environment, std::string region, FileSystem& fs,
                                               HttpTransport& http)
    : token_file_(value_of(environment, "AWS_WEB_IDENTITY_TOKEN_FILE")),
      role_(value_of(environment, "AWS_ROLE_ARN")),
      session_(first_of(environment, {"AWS_ROLE_SESSION_NAME"}, "takhin")),
      fs_(fs),
      http_(http) {
  region = first_of(environment, {"AWS_REGION", "AWS_DEFAULT_REGION"}, std::move(region));
  endpoint_ = without_slash(first_of(environment, {"AWS_ENDPOINT_URL_STS"}, sts_of(region)));
}

Result<Credentials> WebIdentityCredentials::get(Deadline deadline) {
  if (token_file_.empty()) return fail(Kind::kNotFound, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
  if (role_.empty()) return fail(Kind::kInvalid, "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN");
  auto token = token_in(fs_, token_file_);
  if (!token.ok()) return configured(std::move(token).error());
  const std::string body = s3::canonical_query({{"Action", "AssumeRoleWithWebIdentity"},
                                                {"Version", "2011-06-15"},
                                                {"RoleArn", role_},
                                                {"RoleSessionName", session_},
                                                {"WebIdentityToken", *token}});
  TRY(const HttpReply reply, http_.send({.method = "POST",
                                         .url = endpoint_ + "/",
                                         .headers = {{"content-type", std::string(kFormType)}},
                                         .body = view_of(body)},
                                        deadline));
  if (reply.status != 200) return refusal(reply.status, s3::parse_sts_error(reply.body));
  return credentials_of_sts(reply.body);
}

RoleCredentials::RoleCredentials(RoleToAssume role, std::unique_ptr<CredentialsProvider> source, const std::string& region,
                                 std::string endpoint, const Clock& clock, HttpTransport& http)
    : role_(std::move(role)),
      source_(std::move(source)),
      endpoint_(endpoint.empty() ? sts_of(region) : without_slash(std::move(endpoint))),
      signer_(std::make_unique<s3::Signer>(region, "sts")),
      clock_(clock),
      http_(http) {}
RoleCredentials::~RoleCredentials() = default;

HttpRequest RoleCredentials::signed_request(const std::string& body, const Credentials& with) {
  const std::string date = s3::amz_date(clock_.wall());
  const std::string hash = s3::sha256_hex(view_of(body));
  s3::SignedParts parts{.method = "POST", .path = "/", .query = {}, .headers = {}, .payload_hash = hash};
  parts.headers = {{"content-type", std::string(kFormType)},
                   {"host", endpoint_.substr(endpoint_.find("://") + 3)},
                   {"x-amz-date", date}};
  if (!with.session_token.empty()) parts.headers.emplace_back("x-amz-security-token", with.session_token);
  std::string authorization = signer_->authorization(with, date, parts);
  HttpRequest request{
      .method = "POST", .url = endpoint_ + "/", .headers = std::move(parts.headers), .body = view_of(body)};
  request.headers.emplace_back("authorization", std::move(authorization));
  return request;
}

Result<Credentials> RoleCredentials::get(Deadline deadline) {
  const auto slashes = endpoint_.find("://");
  if (slashes == std::string::npos || endpoint_.find('/', slashes + 3) != std::string::npos) {
    return fail(Kind::kInvalid, "AWS_ENDPOINT_URL_STS is not http://host[:port] or https://host[:port]");
  }
  auto with = source_->get(deadline);
  if (!with.ok()) return configured(std::move(with).error());
  Pairs form{{"Action", "AssumeRole"}, {"Version", "2011-06-15"}, {"RoleArn", role_.arn}, {"RoleSessionName", role_.session}};
  if (!role_.external_id.empty()) form.emplace_back("ExternalId", role_.external_id);
  if (role_.duration_seconds != 0) form.emplace_back("DurationSeconds", fmt::format("{}", role_.duration_seconds));
  const std::string body = s3::canonical_query(form);
  TRY(const HttpReply reply, http_.send(signed_request(body, *with), deadline));
  if (reply.status != 200) return refusal(reply.status, s3::parse_sts_error(reply.body));
  return credentials_of_sts(reply.body);
}

ContainerCredentials::ContainerCredentials(const Environment& environment, FileSystem& fs, HttpTransport& http)
    : url_(value_of(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI")),
      token_file_(value_of(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")),
      token_(value_of(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN")),
      fs_(fs),
      http_(http) {
  const std::string path = value_of(environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  if (path.empty()) return;
  url_ = std::string(kContainerHost) + (path.starts_with('/') ? "" : "/") + path;
}

Result<std::string> ContainerCredentials::token() const {
  if (token_file_.empty()) return token_;
  return token_in(fs_, token_file_);
}

Result<Credentials> ContainerCredentials::get(Deadline deadline) {
  if (url_.empty()) return fail(Kind::kNotFound, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set");
  TRY(const std::string host, host_of(url_).within("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
  const bool is_plain = !url_.starts_with("https:");
  if (is_plain && !is_loopback(host) && std::ranges::find(kPlainHosts, host) == std::end(kPlainHosts)) {
    return fail(Kind::kInvalid, "AWS_CONTAINER_CREDENTIALS_FULL_URI: http is for this machine and its container agent only");
  }
  auto token = this->token();
  if (!token.ok()) return configured(std::move(token).error());
  if (token->find_first_of("\r\n") != std::string::npos) {
    return fail(Kind::kInvalid, "the authorization token of the container endpoint has more than one line");
  }
  HttpRequest request{.method = "GET", .url = url_, .headers = {{"accept", "application/json"}}};
  if (!token->empty()) request.headers.emplace_back("authorization", *token);
  TRY(const HttpReply reply, http_.send(request, deadline));
  if (reply.status != 200) return refusal(reply.status);
  return credentials_of_json(reply.body);
}

InstanceCredentials::InstanceCredentials(const Environment& environment, HttpTransport& http) : http_(http) {
  std::string disabled = value_of(environment, "AWS_EC2_METADATA_DISABLED");
  std::ranges::transform(disabled, disabled.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  disabled_ = disabled == "true";
  const bool ipv6 = value_of(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").starts_with("IPv6");
  const std::string named = value_of(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
  endpoint_ = named.empty() ? std::string(ipv6 ? kInstanceEndpointIpv6 : kInstanceEndpoint) : without_slash(named);
  expected_ = !named.empty();
}

Result<std::string> InstanceCredentials::token(Deadline deadline) {
  const HttpRequest request{
      .method = "PUT",
      .url = endpoint_ + "/latest/api/token",
      .headers = {{"x-aws-ec2-metadata-token-ttl-seconds", std::string(kInstanceTokenSeconds)}}};
  auto reply = http_.send(request, deadline);
  if (!reply.ok() && is_transient(reply.error().kind) && !expected_) {
    return fail(Kind::kNotFound, "nobody answers at {}", endpoint_);
  }
  TRY(reply);
  if (reply->status != 200) return refusal(reply->status);
  expected_ = true;
  std::string token(trimmed(text_of(reply->body)));
  if (token.empty() || token.find_first_of("\r\n") != std::string::npos) return fail(Kind::kCorrupt, "the answer is no token");
  return token;
}

Result<std::string> InstanceCredentials::read(const std::string& path, const std::string& token, Deadline deadline) {
  const HttpRequest request{
      .method = "GET", .url = endpoint_ + path, .headers = {{"x-aws-ec2-metadata-token", token}}};
  TRY(const HttpReply reply, http_.send(request, deadline));
  if (reply.status == 404) return fail(Kind::kNotFound, "the instance has no role");
  if (reply.status != 200) return refusal(reply.status);
  return std::string(text_of(reply.body));
}

Result<Credentials> InstanceCredentials::get(Deadline deadline) {
  if (disabled_) return fail(Kind::kNotFound, "AWS_EC2_METADATA_DISABLED is true");
  TRY(const std::string token, this->token(deadline));
  const std::string roles(kInstanceRoles);
  TRY(const std::string names, read(roles, token, deadline));
  const std::string_view role = trimmed(std::string_view(names).substr(0, names.find('\n')));
  if (role.empty()) return fail(Kind::kNotFound, "the instance has no role");
  TRY(const std::string document, read(roles + s3::uri_encode(role, false), token, deadline));
  return credentials_of_json(view_of(document));
}

}  // namespace takhin::object
