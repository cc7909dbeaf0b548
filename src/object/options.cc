#include "object/options.h"

#include <algorithm>

#include "object/s3/text.h"
#include "object/store.h"

namespace takhin::object {

using config::Option;

const Option kS3Bucket{.key = "storage.tiered.s3.bucket",
                       .fallback = std::string(),
                       .doc = "Bucket of the archived segments; required with tiered storage on S3."};
const Option kS3Endpoint{.key = "storage.tiered.s3.endpoint",
                         .fallback = std::string(),
                         .doc =
                             "Empty for AWS; http://host:port or https://host:port of another S3 store, addressed "
                             "path-style; file:///dir for a local directory."};

namespace {

const Option kRegion{
    .key = "storage.tiered.s3.region", .fallback = std::string("us-east-1"), .doc = "Region of the bucket."};
const Option kPrefix{.key = "storage.tiered.s3.prefix",
                     .fallback = std::string("takhin-segments"),
                     .doc = "What all object keys begin with, without slashes at its ends; may be empty."};
const Option kAccessKey{.key = "storage.tiered.s3.access.key",
                        .fallback = std::string(),
                        .doc = "Access key id; empty means the sources that the AWS tools know, in their order (docs/stores.md).",
                        .secret = true};
const Option kSecretKey{
    .key = "storage.tiered.s3.secret.key", .fallback = std::string(), .doc = "Secret access key.", .secret = true};
const Option kSessionToken{.key = "storage.tiered.s3.session.token",
                           .fallback = std::string(),
                           .doc = "Session token of temporary keys.",
                           .secret = true};
const Option kCaFile{.key = "storage.tiered.s3.ca.file",
                     .fallback = std::string(),
                     .doc = "PEM file of the certificates to trust instead of the system's."};
const Option kPartSizeMb{
    .key = "storage.tiered.s3.part.size.mb",
    .fallback = std::int64_t{kPartBytesDefault / kMiB},
    .min = 5,
    .max = 1024,
    .doc =
        "Size of the parts of a multipart upload, in MiB. An upload holds at most one part more than "
        "upload.concurrency in memory."};
const Option kUploadConcurrency{.key = "storage.tiered.s3.upload.concurrency",
                                .fallback = std::int64_t{4},
                                .min = 1,
                                .max = 64,
                                .doc = "Parts sent at the same time."};
const Option kConnectionsMax{.key = "storage.tiered.s3.connections.max",
                             .fallback = std::int64_t{32},
                             .min = 1,
                             .max = 1024,
                             .doc = "Connections to the store, kept alive between requests."};
const Option kConnectTimeoutMs{.key = "storage.tiered.s3.connect.timeout.ms",
                               .fallback = std::int64_t{5'000},
                               .min = 1,
                               .max = 600'000,
                               .doc = "Longest time to connect."};
const Option kRequestTimeoutMs{.key = "storage.tiered.s3.request.timeout.ms",
                               .fallback = std::int64_t{300'000},
                               .min = 1,
                               .max = 86'400'000,
                               .doc = "Longest time of one attempt of a request."};
const Option kStallTimeoutSeconds{.key = "storage.tiered.s3.stall.timeout.seconds",
                                  .fallback = std::int64_t{20},
                                  .min = 1,
                                  .max = 3600,
                                  .doc = "An attempt that moves less than 1 KiB/s for so long is given up."};
const Option kRetryAttempts{.key = "storage.tiered.s3.retry.attempts",
                            .fallback = std::int64_t{6},
                            .min = 1,
                            .max = 100,
                            .doc = "Attempts of a request that fails for a passing reason, the first included."};
constexpr std::string_view kSigningChoices[] = {"auto", "always", "never"};
const Option kPayloadSigning{.key = "storage.tiered.s3.payload.signing",
                             .fallback = std::string("auto"),
                             .doc = "Whether bodies are signed with SHA-256: auto does so over plain http only.",
                             .choices = kSigningChoices};

constexpr std::string_view kAddressingChoices[] = {"auto", "path", "virtual"};
const Option kAddressing{.key = "storage.tiered.s3.addressing",
                         .fallback = std::string("auto"),
                         .doc =
                             "Where the bucket's name goes: virtual is https://bucket.host, path is "
                             "https://host/bucket; auto is virtual on AWS and path with an endpoint.",
                         .choices = kAddressingChoices};
const Option kStorageClass{.key = "storage.tiered.s3.storage.class",
                           .fallback = std::string(),
                           .doc =
                               "Storage class of new objects, such as STANDARD_IA, INTELLIGENT_TIERING or GLACIER_IR; "
                               "empty means the bucket's default. Classes that need a restore before a read are "
                               "refused here; what a lifecycle rule moves there is asked back (tier.thaw.*)."};
constexpr std::string_view kServerSideChoices[] = {"none", "sse-s3", "sse-kms", "sse-c"};
const Option kServerSide{.key = "storage.tiered.s3.sse.mode",
                         .fallback = std::string("none"),
                         .doc =
                             "Encryption at rest by the store: none leaves it to the bucket, sse-s3 uses the store's "
                             "keys, sse-kms a key of its key service, sse-c the key given here (https only).",
                         .choices = kServerSideChoices};
const Option kKmsKeyId{.key = "storage.tiered.s3.sse.kms.key.id",
                       .fallback = std::string(),
                       .doc = "Key for sse-kms; empty means the account's default key."};
const Option kCustomerKey{.key = "storage.tiered.s3.sse.customer.key",
                          .fallback = std::string(),
                          .doc =
                              "Key for sse-c: 32 bytes in base64. The store keeps none: without it the objects are "
                              "lost.",
                          .secret = true};
const Option kRequesterPays{.key = "storage.tiered.s3.requester.pays",
                            .fallback = false,
                            .doc = "Says in every request that we pay for it, as buckets of others may demand."};

PayloadSigning signing_of(std::string_view choice) {
  if (choice == "always") return PayloadSigning::kAlways;
  return choice == "never" ? PayloadSigning::kNever : PayloadSigning::kAuto;
}

Addressing addressing_of(std::string_view choice) {
  if (choice == "path") return Addressing::kPath;
  return choice == "virtual" ? Addressing::kVirtual : Addressing::kAuto;
}

ServerSide server_side_of(std::string_view choice) {
  if (choice == "sse-s3") return ServerSide::kS3;
  if (choice == "sse-kms") return ServerSide::kKms;
  return choice == "sse-c" ? ServerSide::kCustomer : ServerSide::kNone;
}

Result<> check_storage_class(const config::Settings& settings, std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  if (!std::ranges::all_of(name, is_plain)) {
    return config::broken_rule(settings, kStorageClass, "must be capital letters, digits, '_' and '-'");
  }
  if (name == "GLACIER" || name == "DEEP_ARCHIVE") {
    return config::broken_rule(settings, kStorageClass, "objects of this class cannot be read without a restore");
  }
  return done();
}

Result<> set_server_side(const config::Settings& settings, S3Options& options) {
  options.server_side = server_side_of(settings.text(kServerSide));
  options.kms_key_id = settings.text(kKmsKeyId);
  const std::string& key = settings.text(kCustomerKey);
  if (!options.kms_key_id.empty() && options.server_side != ServerSide::kKms) {
    return config::broken_rule(settings, kKmsKeyId, "needs sse.mode sse-kms");
  }
  if (key.empty() != (options.server_side != ServerSide::kCustomer)) {
    return config::broken_rule(settings, kCustomerKey, "goes together with sse.mode sse-c");
  }
  if (key.empty()) return done();
  auto bytes = s3::bytes_of_base64(key);
  if (!bytes || bytes->size() != kCustomerKeyBytes) {
    return config::broken_rule(settings, kCustomerKey, "must be 32 bytes in base64");
  }
  options.customer_key = *std::move(bytes);
  if (options.endpoint.starts_with("http://")) {
    return config::broken_rule(settings, kServerSide, "sends the key with each request, so the endpoint must be https");
  }
  return done();
}

}  // namespace

std::span<const Option* const> rows() {
  static constexpr const Option* kRows[] = {
      &kS3Bucket,       &kRegion,           &kPrefix,           &kS3Endpoint,          &kAccessKey,
      &kSecretKey,      &kSessionToken,     &kCaFile,           &kPartSizeMb,          &kUploadConcurrency,
      &kConnectionsMax, &kConnectTimeoutMs, &kRequestTimeoutMs, &kStallTimeoutSeconds, &kRetryAttempts,
      &kPayloadSigning, &kAddressing,       &kStorageClass,     &kServerSide,          &kKmsKeyId,
      &kCustomerKey,    &kRequesterPays};
  return kRows;
}

Result<S3Options> from(const config::Settings& settings) {
  const auto milliseconds = [&](const Option& option) { return std::chrono::milliseconds(settings.integer(option)); };
  S3Options options;
  options.bucket = settings.text(kS3Bucket);
  options.region = settings.text(kRegion);
  options.prefix = settings.text(kPrefix);
  options.endpoint = settings.text(kS3Endpoint);
  options.keys = {settings.text(kAccessKey), settings.text(kSecretKey), settings.text(kSessionToken), std::nullopt};
  options.http.ca_file = settings.text(kCaFile);
  options.part_bytes = static_cast<std::uint64_t>(settings.integer(kPartSizeMb)) * kMiB;
  options.upload_concurrency = static_cast<int>(settings.integer(kUploadConcurrency));
  options.http.connections_max = static_cast<int>(settings.integer(kConnectionsMax));
  options.http.connect_timeout = milliseconds(kConnectTimeoutMs);
  options.http.request_timeout = milliseconds(kRequestTimeoutMs);
  options.http.stall_timeout = std::chrono::seconds(settings.integer(kStallTimeoutSeconds));
  options.retry.attempts_max = static_cast<int>(settings.integer(kRetryAttempts));
  options.payload_signing = signing_of(settings.text(kPayloadSigning));
  options.addressing = addressing_of(settings.text(kAddressing));
  options.storage_class = settings.text(kStorageClass);
  options.requester_pays = settings.flag(kRequesterPays);

  if (!options.endpoint.empty() && !is_endpoint(options.endpoint)) {
    return config::broken_rule(settings, kS3Endpoint, "must be http://host[:port], https://host[:port] or file:///dir");
  }
  if (options.endpoint.ends_with('/')) options.endpoint.pop_back();
  if (!options.prefix.empty() && !check({options.prefix}).ok()) {
    return config::broken_rule(settings, kPrefix, "must be empty or an object key without slashes at its ends");
  }
  if (options.region.empty()) return config::broken_rule(settings, kRegion, "must not be empty");
  if (options.bucket.find_first_of("/?#% ") != std::string::npos) {
    return config::broken_rule(settings, kS3Bucket, "must be the bare name of a bucket");
  }
  if (options.keys.access_key.empty() != options.keys.secret_key.empty()) {
    return config::broken_rule(settings, kAccessKey, "access.key and secret.key go together");
  }
  if (!options.keys.session_token.empty() && options.keys.access_key.empty()) {
    return config::broken_rule(settings, kSessionToken, "needs access.key and secret.key");
  }
  TRY(check_storage_class(settings, options.storage_class));
  TRY(set_server_side(settings, options));
  return options;
}

bool is_endpoint(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    if (text.ends_with('/')) text.remove_suffix(1);
    return !text.empty() && text.find_first_of("/?#@ ") == std::string_view::npos;
  }
  return text.starts_with("file:///") && text.size() > std::string_view("file:///").size();
}

std::optional<std::string> local_directory(const S3Options& options) {
  constexpr std::string_view kScheme = "file://";
  if (!options.endpoint.starts_with(kScheme)) return std::nullopt;
  return options.endpoint.substr(kScheme.size());
}

}  // namespace takhin::object
