#include "object/extra_options.h"

namespace takhin::object {

using config::Option;

namespace {

const Option kThawEnabled{.key = "tier.thaw.enabled",
                          .fallback = true,
                          .doc =
                              "Ask the store for segments that readers want and that lie in an archive class (GLACIER, "
                              "DEEP_ARCHIVE, archive tiers of INTELLIGENT_TIERING)."};
const Option kThawDays{.key = "tier.thaw.days",
                       .fallback = std::int64_t{3},
                       .min = 1,
                       .max = 365,
                       .doc = "Days for which a readable copy of such a segment is asked."};
constexpr std::string_view kThawTiers[] = {"Standard", "Bulk", "Expedited"};
const Option kThawTier{.key = "tier.thaw.tier",
                       .fallback = std::string("Standard"),
                       .doc = "How fast such a segment is asked for, and how dear: S3's retrieval tiers.",
                       .choices = kThawTiers};
const Option kThawObjectsMax{.key = "tier.thaw.objects.max",
                             .fallback = std::int64_t{1000},
                             .min = 1,
                             .max = 100'000,
                             .doc = "Segments that are asked for and not back yet, at the most: each costs money."};

const Option kReplicaUrl{.key = "tier.replica.url",
                         .fallback = std::string(),
                         .doc =
                             "A second store that gets a copy of every object and is read when the first cannot: "
                             "s3://bucket[/prefix] or file:///dir; empty = none (docs/stores.md)."};
const Option kReplicaEndpoint{.key = "tier.replica.endpoint",
                              .fallback = std::string(),
                              .doc = "Where the replica's bucket is, as storage.tiered.s3.endpoint; empty for AWS."};
const Option kReplicaRegion{.key = "tier.replica.region",
                            .fallback = std::string(),
                            .doc = "Region of the replica's bucket; empty = that of the first."};
const Option kReplicaAccessKey{.key = "tier.replica.access.key",
                               .fallback = std::string(),
                               .doc = "Access key id for the replica; empty = credentials as for the first store.",
                               .secret = true};
const Option kReplicaSecretKey{.key = "tier.replica.secret.key",
                               .fallback = std::string(),
                               .doc = "Secret access key for the replica.",
                               .secret = true};
const Option kReplicaSessionToken{.key = "tier.replica.session.token",
                                  .fallback = std::string(),
                                  .doc = "Session token of temporary keys for the replica.",
                                  .secret = true};
const Option kReplicaStorageClass{.key = "tier.replica.storage.class",
                                  .fallback = std::string(),
                                  .doc = "Storage class of the copies; empty = the bucket's default."};
const Option kReplicaThreads{.key = "tier.replica.threads",
                             .fallback = std::int64_t{2},
                             .min = 1,
                             .max = 32,
                             .doc = "Objects that are copied to the replica at the same time."};

constexpr std::string_view kUrlRule = "must be s3://bucket[/prefix] or file:///dir";

/// Bucket and prefix, or directory, of `url`.
Result<> set_place(const config::Settings& settings, const std::string& url, S3Options& where) {
  constexpr std::string_view kS3 = "s3://";
  where.endpoint = settings.text(kReplicaEndpoint);
  if (!where.endpoint.empty() && (!is_endpoint(where.endpoint) || local_directory(where))) {
    return config::broken_rule(settings, kReplicaEndpoint, "must be http://host[:port] or https://host[:port]");
  }
  if (where.endpoint.ends_with('/')) where.endpoint.pop_back();
  if (url.starts_with("file:")) {
    where.endpoint = url;
    return is_endpoint(url) ? done() : Result<>(config::broken_rule(settings, kReplicaUrl, kUrlRule));
  }
  const std::string place = url.starts_with(kS3) ? url.substr(kS3.size()) : std::string();
  const auto slash = std::min(place.find('/'), place.size());
  where.bucket = place.substr(0, slash);
  if (slash < place.size()) where.prefix = place.substr(slash + 1);  // else that of the first, as with --store
  if (where.prefix.ends_with('/')) where.prefix.pop_back();
  const bool named = !where.bucket.empty() && where.bucket.find_first_of("?#% ") == std::string::npos;
  if (named && (where.prefix.empty() || check({where.prefix}).ok())) return done();
  return config::broken_rule(settings, kReplicaUrl, kUrlRule);
}

bool is_same_place(const S3Options& a, const S3Options& b) {
  if (a.endpoint != b.endpoint) return false;
  return local_directory(a) ? a.prefix == b.prefix : a.bucket == b.bucket && a.prefix == b.prefix;
}

}  // namespace

std::span<const Option* const> extra_rows() {
  static constexpr const Option* kRows[] = {
      &kThawEnabled,   &kThawDays,         &kThawTier,         &kThawObjectsMax,      &kReplicaUrl,          &kReplicaEndpoint,
      &kReplicaRegion, &kReplicaAccessKey, &kReplicaSecretKey, &kReplicaSessionToken, &kReplicaStorageClass, &kReplicaThreads};
  return kRows;
}

ThawOptions thaw_options(const config::Settings& settings) {
  ThawOptions out;
  out.enabled = settings.flag(kThawEnabled);
  out.order.days = static_cast<int>(settings.integer(kThawDays));
  out.order.tier = settings.text(kThawTier);
  out.objects_max = static_cast<std::size_t>(settings.integer(kThawObjectsMax));
  return out;
}

Result<std::optional<ReplicaOptions>> replica_options(const config::Settings& settings, const S3Options& first) {
  const std::string& url = settings.text(kReplicaUrl);
  if (url.empty()) return std::optional<ReplicaOptions>();
  ReplicaOptions out{first, static_cast<std::size_t>(settings.integer(kReplicaThreads))};
  S3Options& where = out.where;
  TRY(set_place(settings, url, where));
  if (!settings.text(kReplicaRegion).empty()) where.region = settings.text(kReplicaRegion);
  where.storage_class = settings.text(kReplicaStorageClass);
  where.kms_key_id.clear();  // keys belong to a region
  const Credentials keys{settings.text(kReplicaAccessKey), settings.text(kReplicaSecretKey), settings.text(kReplicaSessionToken),
                         std::nullopt};
  if (keys.access_key.empty() != keys.secret_key.empty() || (keys.access_key.empty() && !keys.session_token.empty())) {
    return config::broken_rule(settings, kReplicaAccessKey, "access.key and secret.key go together");
  }
  if (!keys.access_key.empty()) where.keys = keys;
  if (is_same_place(first, where)) return config::broken_rule(settings, kReplicaUrl, "is the first store itself");
  if (where.server_side == ServerSide::kCustomer && where.endpoint.starts_with("http://")) {
    return config::broken_rule(settings, kReplicaEndpoint, "must be https, for the key of sse.mode sse-c goes with each request");
  }
  return std::optional(std::move(out));
}

}  // namespace takhin::object
