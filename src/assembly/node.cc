#include "assembly/node.h"

#include <limits>

#include "assembly/options.h"
#include "assembly/recover.h"
#include "base/log.h"
#include "partition/options.h"
#include "tier/options.h"

namespace takhin::assembly {
namespace {

partition::TopicsOptions topics_options(const config::Settings& settings, bool clean_shutdown, NodeMode mode) {
  auto options = partition::options_from(settings);
  options.data_dir = settings.text(kDataDir);
  options.tiering = tiering_of(settings).enabled;
  options.policy = tier::policy_options(settings);
  options.rates = tier::cost_rates(settings);
  options.clean_shutdown = clean_shutdown;
  options.background_passes = mode != NodeMode::kRecovering;
  if (mode == NodeMode::kOffline) {
    constexpr std::int64_t kNever = std::numeric_limits<std::int32_t>::max();  // 24 days
    options.auto_archive = false;
    options.archive_interval_ms = options.evaluate_interval_ms = options.local_pass_interval_ms = kNever;
  }
  return options;
}

EngineUse engine_use(NodeMode mode) {
  switch (mode) {
    case NodeMode::kServing: return EngineUse::kServing;
    case NodeMode::kRecovering: return EngineUse::kWorking;
    case NodeMode::kOffline: break;
  }
  return EngineUse::kLooking;
}

}  // namespace

Result<std::unique_ptr<Node>> Node::open(const System& system, metrics::Metrics& metrics,
                                         const config::Settings& settings, NodeMode mode) {
  TRY(auto data_dir, DataDir::open(system, settings.text(kDataDir)));
  if (mode != NodeMode::kRecovering) TRY(check_not_half_recovered(system.files, data_dir->path()));
  std::unique_ptr<EngineStack> engine;
  if (tiering_of(settings).enabled) {
    TRY(engine, EngineStack::open(system, metrics, settings, data_dir->path(), engine_use(mode)));
  }
  TRY(const bool clean, data_dir->take_clean_mark());
  auto options = topics_options(settings, clean, mode);
  const partition::TopicsDeps deps{system.files, system.clock, system.random, metrics,
                                   engine ? &engine->engine() : nullptr,
                                   engine ? &engine->topic_meter() : nullptr};
  TRY(auto topics, partition::Topics::open(deps, std::move(options)));
  return std::unique_ptr<Node>(new Node(std::move(data_dir), std::move(engine), std::move(topics)));
}

Node::~Node() {
  const auto closed = close();
  if (!closed.ok()) log_error("assembly", "close: {}", closed.error().text);
}

Result<> Node::close() {
  if (closed_) return done();
  closed_ = true;
  TRY(topics_->close());
  return data_dir_->put_clean_mark();
}

}  // namespace takhin::assembly
