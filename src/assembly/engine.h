#pragma once
// The tiering engine over the store that the configuration asks for.

#include <memory>
#include <string>

#include "assembly/store.h"
#include "assembly/system.h"
#include "config/option.h"
#include "tier/engine.h"
#include "tier/object_keys.h"

namespace takhin::assembly {

/// Where the store is: the configured one, or DATA/objects when nothing was said.
Result<object::S3Options> store_options(const config::Settings& settings);

/// The keys of encrypted segments.
struct Keys {
  std::unique_ptr<tier::KeyRing> ring;
  std::unique_ptr<tier::ObjectKeys> keys;  // goes first
};
/// kInvalid: tier.encryption.* is wrong. Makes no request. Borrows all.
Result<Keys> open_keys(const System& system, const config::Settings& settings, object::ObjectStore& store,
                       metrics::Metrics& metrics);

/// Who opens an engine, and so what goes on by itself beside it.
enum class EngineUse {
  kLooking,  // nothing: a command over a store
  kWorking,  // segments in archive classes are asked for
  kServing,  // and the replica is kept
};

class EngineStack {
 public:
  /// `dir` gets the cache and the catalogue: DIR/cache, DIR/catalog.db. Borrows system and metrics. The store need not be
  /// reachable.
  static Result<std::unique_ptr<EngineStack>> open(const System& system, metrics::Metrics& metrics,
                                                   const config::Settings& settings, const std::string& dir,
                                                   EngineUse use = EngineUse::kLooking);

  tier::Engine& engine() { return *engine_; }
  object::ObjectStore& store() { return store_->top(); }
  const tier::TopicMeter& topic_meter() const { return store_->topic_meter(); }
  const tier::KeyRing& key_ring() const { return *keys_.ring; }
  tier::ObjectKeys& keys() { return *keys_.keys; }

 private:
  EngineStack(std::unique_ptr<Store> store, Keys keys, std::unique_ptr<tier::Engine> engine)
      : store_(std::move(store)), keys_(std::move(keys)), engine_(std::move(engine)) {}

  const std::unique_ptr<Store> store_;
  const Keys keys_;
  const std::unique_ptr<tier::Engine> engine_;  // goes first
};

}  // namespace takhin::assembly
