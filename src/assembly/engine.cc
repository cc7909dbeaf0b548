#include "assembly/engine.h"

#include "assembly/options.h"
#include "tier/options.h"

namespace takhin::assembly {

Result<object::S3Options> store_options(const config::Settings& settings) {
  TRY(auto options, object::from(settings));
  if (tiering_of(settings).embedded) options.endpoint = "file://" + settings.text(kDataDir) + "/objects";
  return options;
}

Result<Keys> open_keys(const System& system, const config::Settings& settings, object::ObjectStore& store,
                       metrics::Metrics& metrics) {
  const auto how = tier::keyring_options(settings);
  if (!how.command.empty() && system.commands == nullptr) return fail(Kind::kInvalid, "{}: nothing here runs it", how.command);
  Keys out;
  TRY(out.ring, tier::KeyRing::open(system.files, system.commands, how, &system.clock));
  out.keys = std::make_unique<tier::ObjectKeys>(*out.ring, store, system.clock, system.random, &metrics);
  return out;
}

Result<std::unique_ptr<EngineStack>> EngineStack::open(const System& system, metrics::Metrics& metrics,
                                                       const config::Settings& settings, const std::string& dir,
                                                       EngineUse use) {
  TRY(const auto where, store_options(settings));
  StoreExtras extras;
  if (use != EngineUse::kLooking) extras.thaw = object::thaw_options(settings);
  if (use == EngineUse::kServing) {
    TRY(extras.replica, object::replica_options(settings, where));
  }
  extras.replica_journal = dir + "/replica-removals";
  TRY(auto store, open_store(system, metrics, where, extras).within("object store"));
  TRY(auto keys, open_keys(system, settings, store->top(), metrics));
  const tier::EngineDeps deps{store->top(), system.files, system.clock, system.random, metrics, &store->meter(), keys.keys.get()};
  TRY(auto engine, tier::Engine::open(deps, tier::engine_options(settings, dir)));
  return std::unique_ptr<EngineStack>(new EngineStack(std::move(store), std::move(keys), std::move(engine)));
}

}  // namespace takhin::assembly
