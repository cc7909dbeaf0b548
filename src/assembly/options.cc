#include "assembly/options.h"

#include "broker/options.h"
#include "console/options.h"
#include "object/extra_options.h"
#include "object/options.h"
#include "partition/options.h"
#include "tier/options.h"

namespace takhin::assembly {

std::span<const config::Option* const> all_rows() {
  static const std::vector<const config::Option*> kRows = [] {
    std::vector<const config::Option*> rows{&kLogLevel, &kDataDir, &kTieringEnabled};
    for (const auto room : {object::rows(), object::extra_rows(), tier::option_rows(), partition::option_rows(),
                            broker::option_rows(), console::option_rows()}) {
      rows.insert(rows.end(), room.begin(), room.end());
    }
    return rows;
  }();
  return kRows;
}

Tiering tiering_of(const config::Settings& settings) {
  if (settings.origin(kTieringEnabled) != config::Origin::kDefault) return {settings.flag(kTieringEnabled), false};
  const bool silent = settings.text(object::kS3Bucket).empty() && settings.text(object::kS3Endpoint).empty();
  return {silent, silent};
}

Result<> validate(const config::Settings& settings) {
  if (settings.text(kDataDir).empty()) return config::broken_rule(settings, kDataDir, "must name a directory");
  TRY(const auto store, object::from(settings));
  TRY(object::replica_options(settings, store));
  TRY(tier::validate(settings));
  TRY(broker::options_from(settings));
  TRY(console::options_from(settings));
  const auto tiering = tiering_of(settings);
  const bool s3 = !tiering.embedded && !object::local_directory(store);
  if (tiering.enabled && s3 && store.bucket.empty()) {
    return config::broken_rule(
        settings, object::kS3Bucket,
        "is required when storage.tiered.enabled is true and the endpoint is S3 (file:///dir is the local store)");
  }
  return done();
}

}  // namespace takhin::assembly
