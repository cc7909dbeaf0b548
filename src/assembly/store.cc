#include "assembly/store.h"

#include <vector>

#include "object/credentials.h"
#include "object/local_dir.h"
#include "object/prefixed.h"
#include "object/profiles.h"
#include "object/refreshing.h"
#include "object/remote_credentials.h"
#include "object/replicated.h"
#include "object/retrying.h"
#include "object/retry.h"
#include "object/s3.h"
#include "object/thawing.h"
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

/// One store and the wrappers that belong to it alone.
class Backend {
 public:
  /// `metrics` may be null.
  Backend(const System& system, object::RequestMeter& meter, metrics::Metrics* metrics)
      : system_(system), meter_(meter), metrics_(metrics) {}

  Result<> open(object::S3Options options, const std::optional<object::ThawOptions>& thaw) {
    options.http.proxies = object::Proxies::from(system_.environment);
    retry_ = options.retry;
    prefix_ = options.prefix.empty() ? "" : options.prefix + "/";
    TRY(object::ObjectStore* const metered, open_adapter(options));
    object::ObjectStore* below = metered;
    if (thaw && archive_ != nullptr && metrics_ != nullptr) {
      below = &thawing_.emplace(*archive_, *thaw, system_.clock, *metrics_, true);
    }
    retrying_.emplace(*below, options.retry, system_.clock, system_.random);
    prefixed_.emplace(*retrying_, options.prefix);
    plain_retrying_.emplace(*metered, options.retry, system_.clock, system_.random);
    plain_.emplace(*plain_retrying_, options.prefix);
    return done();
  }
  object::ObjectStore& top() { return *prefixed_; }
  /// The same, but nothing is thawed for who reads it.
  object::ObjectStore& plain() { return *plain_; }
  /// As Store::count_unfinished_uploads.
  Result<std::size_t> count_unfinished_uploads(TimestampMs older_than, Deadline deadline) {
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
    TRY(auto s3, object::open_s3(options, credentials_->chain(), system_.clock, system_.random, meter_, metrics_));
    archive_ = s3.get();
    adapter_ = std::move(s3);
    return adapter_.get();
  }

  const System& system_;
  object::RequestMeter& meter_;
  metrics::Metrics* const metrics_;
  object::RetryPolicy retry_;
  std::string prefix_;  // as PrefixedStore has it
  std::optional<SourcesOfCredentials> credentials_;
  std::unique_ptr<object::ObjectStore> adapter_;
  object::ArchiveClassStore* archive_ = nullptr;  // the adapter, when it knows such classes
  std::optional<object::MeteredStore> metered_;
  std::optional<object::ThawingStore> thawing_;
  std::optional<object::RetryingStore> retrying_, plain_retrying_;
  std::optional<object::PrefixedStore> prefixed_, plain_;
};

/// A second store beside the first.
class Replica {
 public:
  Replica(const System& system, metrics::Metrics& metrics)
      : breaker_("the first object store", system.clock, metrics.gauge(object::kFirstUnreachable)),
        backend_(system, meter_, nullptr) {}

  Result<> open(const System& system, metrics::Metrics& metrics, Backend& first, const StoreExtras& extras) {
    TRY(backend_.open(extras.replica->where, std::nullopt));
    TRY(replicator_, object::Replicator::open({first.plain(), backend_.top(), breaker_}, system.files, extras.replica_journal,
                                              system.clock, metrics, extras.replica->threads));
    both_.emplace(first.top(), backend_.top(), *replicator_, breaker_, metrics);
    return done();
  }
  object::ObjectStore& both() { return *both_; }

 private:
  object::RequestMeter meter_;  // its requests are not the first store's, which the bill is made from
  object::Breaker breaker_;
  Backend backend_;
  std::unique_ptr<object::Replicator> replicator_;
  std::optional<object::ReplicatedStore> both_;
};

class Stack final : public Store {
 public:
  Stack(const System& system, metrics::Metrics& metrics)
      : system_(system), metrics_(metrics), meter_(metrics), first_(system, meter_, &metrics) {}

  Result<> open(const object::S3Options& options, const StoreExtras& extras) {
    TRY(first_.open(options, extras.thaw));
    object::ObjectStore* below = &first_.top();
    if (extras.replica) {
      replica_.emplace(system_, metrics_);
      TRY(replica_->open(system_, metrics_, first_, extras).within("tier.replica"));
      below = &replica_->both();
    }
    topics_.emplace(*below, metrics_, object::local_directory(options) ? 0 : options.part_bytes);
    return done();
  }

  object::ObjectStore& top() override { return *topics_; }
  const tier::TopicMeter& topic_meter() const override { return *topics_; }
  const object::RequestMeter& meter() const override { return meter_; }
  Result<std::size_t> count_unfinished_uploads(TimestampMs older_than, Deadline deadline) override {
    return first_.count_unfinished_uploads(older_than, deadline);
  }

 private:
  const System& system_;
  metrics::Metrics& metrics_;
  object::RequestMeter meter_;
  Backend first_;
  std::optional<Replica> replica_;
  std::optional<tier::TopicMeter> topics_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_store(const System& system, metrics::Metrics& metrics, const object::S3Options& options,
                                          const StoreExtras& extras) {
  auto stack = std::make_unique<Stack>(system, metrics);
  TRY(stack->open(options, extras));
  return std::unique_ptr<Store>(std::move(stack));
}

}  // namespace takhin::assembly
