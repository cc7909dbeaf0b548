#include "assembly/store.h"

#include <optional>
#include <vector>

#include "object/credentials.h"
#include "object/local_dir.h"
#include "object/prefixed.h"
#include "object/retrying.h"
#include "object/s3.h"

namespace takhin::assembly {
namespace {

// In the order in which an operator expects them to count.
std::unique_ptr<object::CredentialsProvider> credentials_of(const System& system, const object::S3Options& options) {
  std::vector<std::unique_ptr<object::CredentialsProvider>> sources;
  sources.push_back(std::make_unique<object::StaticCredentials>(options.keys));
  sources.push_back(std::make_unique<object::EnvironmentCredentials>(system.environment));
  sources.push_back(std::make_unique<object::ProfileCredentials>(system.files, system.clock,
                                                                 object::ProfileSource::from(system.environment)));
  return std::make_unique<object::CredentialsChain>(std::move(sources));
}

class Stack final : public Store {
 public:
  Stack(const System& system, metrics::Metrics& metrics) : system_(system), meter_(metrics) {}

  Result<> open(const object::S3Options& options) {
    TRY(object::ObjectStore* const metered, open_adapter(options));
    retrying_.emplace(*metered, options.retry, system_.clock, system_.random);
    prefixed_.emplace(*retrying_, options.prefix);
    return done();
  }

  object::ObjectStore& top() override { return *prefixed_; }
  const object::RequestMeter& meter() const override { return meter_; }

 private:
  Result<object::ObjectStore*> open_adapter(const object::S3Options& options) {
    if (const auto directory = object::local_directory(options)) {
      TRY(adapter_, object::LocalDirStore::open(system_.files, system_.clock, system_.random, *directory));
      metered_.emplace(*adapter_, meter_, system_.clock);
      return static_cast<object::ObjectStore*>(&*metered_);
    }
    credentials_ = credentials_of(system_, options);
    TRY(adapter_, object::open_s3(options, *credentials_, system_.clock, system_.random, meter_));
    return adapter_.get();
  }

  const System& system_;
  object::RequestMeter meter_;
  std::unique_ptr<object::CredentialsProvider> credentials_;
  std::unique_ptr<object::ObjectStore> adapter_;
  std::optional<object::MeteredStore> metered_;
  std::optional<object::RetryingStore> retrying_;
  std::optional<object::PrefixedStore> prefixed_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_store(const System& system, metrics::Metrics& metrics,
                                          const object::S3Options& options) {
  auto stack = std::make_unique<Stack>(system, metrics);
  TRY(stack->open(options));
  return std::unique_ptr<Store>(std::move(stack));
}

}  // namespace takhin::assembly
