#include "assembly/store.h"

#include <optional>
#include <vector>

#include "object/credentials.h"
#include "object/local_dir.h"
#include "object/prefixed.h"
#include "object/profiles.h"
#include "object/refreshing.h"
#include "object/remote_credentials.h"
#include "object/retrying.h"
#include "object/retry.h"
#include "object/s3.h"
#include "object/unfinished.h"

namespace takhin::assembly {
namespace {

/// The sources in the order in which an operator expects them to count, and the connections of those that have any.
class SourcesOfCredentials {
 public:
  SourcesOfCredentials(const System& system, const object::S3Options& options)
      : beside_(object::make_curl_transport(object::metadata_http(), system.clock)),
        sts_(object::make_curl_transport(options.http, system.clock)),
        chain_(sources(system, options)) {}

  object::CredentialsProvider& chain() { return chain_; }

 private:
  std::vector<std::unique_ptr<object::CredentialsProvider>> sources(const System& system,
                                                                    const object::S3Options& options) {
    std::vector<std::unique_ptr<object::CredentialsProvider>> out;
    const auto refreshing = [&](std::string name, std::unique_ptr<object::CredentialsProvider> source) {
      out.push_back(std::make_unique<object::RefreshingCredentials>(std::move(name), std::move(source), system.clock));
    };
    const object::Environment& environment = system.environment;
    out.push_back(std::make_unique<object::StaticCredentials>(options.keys));
    out.push_back(std::make_unique<object::EnvironmentCredentials>(environment));
    out.push_back(std::make_unique<object::ProfileCredentials>(
        system.files, system.clock, object::ProfileSource::from(environment),
        object::ProfileWays{*sts_, *beside_, system.commands, environment, options.region}));
    refreshing("web identity",
               std::make_unique<object::WebIdentityCredentials>(environment, options.region, system.files, *sts_));
    refreshing("container endpoint",
               std::make_unique<object::ContainerCredentials>(environment, system.files, *beside_));
    refreshing("instance profile", std::make_unique<object::InstanceCredentials>(environment, *beside_));
    return out;
  }

  const std::unique_ptr<object::HttpTransport> beside_;
  const std::unique_ptr<object::HttpTransport> sts_;
  object::CredentialsChain chain_;
};

class Stack final : public Store {
 public:
  Stack(const System& system, metrics::Metrics& metrics) : system_(system), metrics_(metrics), meter_(metrics) {}

  Result<> open(object::S3Options options) {
    options.http.proxies = object::Proxies::from(system_.environment);
    retry_ = options.retry;
    prefix_ = options.prefix.empty() ? "" : options.prefix + "/";
    TRY(object::ObjectStore* const metered, open_adapter(options));
    retrying_.emplace(*metered, options.retry, system_.clock, system_.random);
    prefixed_.emplace(*retrying_, options.prefix);
    topics_.emplace(*prefixed_, metrics_, object::local_directory(options) ? 0 : options.part_bytes);
    return done();
  }

  object::ObjectStore& top() override { return *topics_; }
  const tier::TopicMeter& topic_meter() const override { return *topics_; }
  const object::RequestMeter& meter() const override { return meter_; }
  Result<std::size_t> count_unfinished_uploads(TimestampMs older_than, Deadline deadline) override {
    auto* const counts = dynamic_cast<object::UnfinishedUploads*>(adapter_.get());
    if (counts == nullptr) return std::size_t{0};
    return object::retried({retry_, system_.clock, system_.random, deadline},
                           [&] { return counts->count_uploads(prefix_, older_than, deadline); });
  }

 private:
  Result<object::ObjectStore*> open_adapter(const object::S3Options& options) {
    if (const auto directory = object::local_directory(options)) {
      TRY(adapter_, object::LocalDirStore::open(system_.files, system_.clock, system_.random, *directory));
      metered_.emplace(*adapter_, meter_, system_.clock);
      return static_cast<object::ObjectStore*>(&*metered_);
    }
    credentials_.emplace(system_, options);
    TRY(adapter_, object::open_s3(options, credentials_->chain(), system_.clock, system_.random, meter_));
    return adapter_.get();
  }

  const System& system_;
  metrics::Metrics& metrics_;
  object::RetryPolicy retry_;
  std::string prefix_;  // as PrefixedStore has it
  object::RequestMeter meter_;
  std::optional<SourcesOfCredentials> credentials_;
  std::unique_ptr<object::ObjectStore> adapter_;
  std::optional<object::MeteredStore> metered_;
  std::optional<object::RetryingStore> retrying_;
  std::optional<object::PrefixedStore> prefixed_;
  std::optional<tier::TopicMeter> topics_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_store(const System& system, metrics::Metrics& metrics,
                                          const object::S3Options& options) {
  auto stack = std::make_unique<Stack>(system, metrics);
  TRY(stack->open(options));
  return std::unique_ptr<Store>(std::move(stack));
}

}  // namespace takhin::assembly
