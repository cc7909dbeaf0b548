#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "app/commands.h"
#include "app/real_system.h"
#include "app/settings.h"
#include "assembly/data_dir.h"
#include "assembly/inventory.h"
#include "assembly/node.h"
#include "assembly/options.h"
#include "base/log.h"
#include "base/in_parallel.h"
#include "base/uuid.h"
#include "console/json.h"
#include "partition/topic_config.h"
#include "tier/options.h"
#include "tier/rewrap.h"

namespace takhin::app {
namespace {

constexpr auto kListMax = std::chrono::minutes(10);     // the whole bucket
constexpr auto kRewrapMax = std::chrono::hours(24);     // one partition
constexpr auto kSegmentMax = std::chrono::minutes(10);  // one segment, every byte of it

// A store or a data directory, opened for as long as one verb runs.
class Tiers {
 public:
  explicit Tiers(const Command& command) : command_(command) {}
  ~Tiers() {
    stack_.reset();
    if (!scratch_.empty()) {
      if (const auto gone = real_.files.remove_tree(scratch_); !gone.ok()) complain("takhin: " + gone.error().text);
    }
  }
  Tiers(const Tiers&) = delete;
  Tiers& operator=(const Tiers&) = delete;

  Result<> configure() {
    TRY(auto loaded, load_settings(command_, real_.files));
    settings_.emplace(std::move(loaded));
    return done();
  }

  Result<> open() {
    if (!assembly::tiering_of(*settings_).enabled) return fail(Kind::kInvalid, "tiered storage not enabled");
    if (command_.store.empty()) {
      TRY(real_.files.stat(settings_->text(assembly::kDataDir)).within("data directory"));  // a typo must not make one
      TRY(data_dir_, assembly::DataDir::open(real_.system, settings_->text(assembly::kDataDir)));
    } else {
      scratch_ = temporary_dir() + "/takhin-tier-" + Uuid::make(real_.random).text();
      TRY(real_.files.make_dirs(scratch_));
    }
    TRY(stack_, assembly::EngineStack::open(real_.system, metrics_, *settings_, data_dir_ ? data_dir_->path() : scratch_));
    const auto learned = assembly::learn_bucket(*stack_, Deadline::in(real_.clock, kListMax));
    if (learned.ok()) return done();
    if (!data_dir_) return Error(learned.error()).within("list");
    complain("takhin: the store does not answer, so this is the local catalogue's view: " + learned.error().text);
    return done();
  }

  Result<std::vector<assembly::InventoryRow>> rows() {
    return assembly::inventory(stack_->engine(), real_.files, data_dir_ ? data_dir_->path() + "/log" : "");
  }

  Result<std::unique_ptr<assembly::Node>> node() {
    TRY(real_.files.stat(settings_->text(assembly::kDataDir)).within("data directory"));
    return assembly::Node::open(real_.system, metrics_, *settings_, assembly::NodeMode::kOffline);
  }

  tier::Engine& engine() { return stack_->engine(); }
  tier::RewrapDeps rewrap_deps() { return {stack_->store(), stack_->key_ring(), real_.clock, real_.random}; }
  std::size_t store_threads() const { return static_cast<std::size_t>(settings_->integer(tier::kFetchThreads)); }
  Deadline deadline() const { return Deadline::in(real_.clock, kSegmentMax); }

 private:
  std::string temporary_dir() const {
    const auto at = real_.system.environment.find("TMPDIR");
    return at == real_.system.environment.end() || at->second.empty() ? "/tmp" : at->second;
  }

  const Command& command_;
  RealSystem real_;
  metrics::Metrics metrics_;
  std::optional<config::Settings> settings_;
  std::unique_ptr<assembly::DataDir> data_dir_;
  std::string scratch_;
  std::unique_ptr<assembly::EngineStack> stack_;
};

std::string json_of(const assembly::InventoryRow& row) {
  console::JsonObject object;
  object.text("segment_path", row.path).text("policy", tier::name_of(row.tier)).flag("is_archived", row.archived);
  object.whole("base_offset", static_cast<std::uint64_t>(row.entry.base.raw)).whole("log_bytes", row.entry.log_bytes);
  if (row.archived) {
    object.whole("end_offset", static_cast<std::uint64_t>(row.entry.end.raw))
        .text("max_timestamp", console::rfc3339(row.entry.max_timestamp))
        .whole("generation", row.entry.generation)
        .text("object", tier::object_name(row.partition, row.entry));
  }
  return object.str();
}

int list(Tiers& tiers, bool json) {
  const auto rows = tiers.rows();
  if (!rows.ok()) return complain("takhin: " + rows.error().text), kFailed;
  if (json) {
    std::string out;
    for (const auto& row : *rows)
      out += (out.empty() ? "" : ",\n ") + json_of(row);
    fmt::print("[{}]\n", out);
    return 0;
  }
  fmt::print("{:<5} {:>20} {:>20} {:>13} {:<24} {}\n", "TIER", "BASE", "END", "BYTES", "NEWEST", "SEGMENT");
  for (const auto& row : *rows) {
    const std::string end = row.archived ? fmt::format("{}", row.entry.end.raw) : "-";
    const std::string newest = row.archived ? console::rfc3339(row.entry.max_timestamp) : "-";
    fmt::print("{:<5} {:>20} {:>20} {:>13} {:<24} {}\n", tier::name_of(row.tier), row.entry.base.raw, end,
               row.entry.log_bytes, newest, row.path);
  }
  return 0;
}

int stat(Tiers& tiers, bool json) {
  const auto rows = tiers.rows();
  if (!rows.ok()) return complain("takhin: " + rows.error().text), kFailed;
  std::uint64_t count[3] = {};
  std::uint64_t archived = 0, log_bytes = 0, local_bytes = 0, archived_bytes = 0;
  for (const auto& row : *rows) {
    ++count[static_cast<std::size_t>(row.tier)];
    log_bytes += row.entry.log_bytes;
    if (row.tier != tier::Tier::kCold) local_bytes += row.entry.log_bytes;
    if (row.archived) ++archived, archived_bytes += row.entry.log_bytes;
  }
  const std::pair<std::string_view, std::uint64_t> totals[] = {{"total_segments", rows->size()},
                                                               {"hot_segments", count[0]},
                                                               {"warm_segments", count[1]},
                                                               {"cold_segments", count[2]},
                                                               {"archived_segments", archived},
                                                               {"total_size_bytes", log_bytes},
                                                               {"local_size_bytes", local_bytes},
                                                               {"archived_size_bytes", archived_bytes},
                                                               {"partitions", tiers.engine().partitions().size()}};
  console::JsonObject object;
  for (const auto& [name, value] : totals) {
    object.whole(name, value);
    if (!json) fmt::print("{:<20} {}\n", name, value);
  }
  if (json) fmt::print("{}\n", object.str());
  return 0;
}

int verify(Tiers& tiers, bool full) {
  const auto rows = tiers.rows();
  if (!rows.ok()) return complain("takhin: " + rows.error().text), kFailed;
  const auto depth = full ? tier::VerifyDepth::kFull : tier::VerifyDepth::kHead;
  std::size_t good = 0;
  std::size_t bad = 0;
  for (const auto& row : *rows) {
    if (!row.archived) continue;
    const auto checked = tiers.engine().verify(row.partition, row.entry.base, depth, tiers.deadline());
    ++(checked.ok() ? good : bad);
    if (!checked.ok()) fmt::print("bad {}: {}\n", row.path, checked.error().text);
  }
  fmt::print("{} good, {} bad\n", good, bad);
  return bad == 0 ? 0 : kFailed;
}

/// The key that new segments of each topic are wrapped with, by what the bucket says of the topic.
Result<std::map<Uuid, std::string>> topic_keys(Tiers& tiers) {
  TRY(const auto topics, tiers.engine().list_topics(tiers.deadline()));
  std::map<Uuid, std::string> out;
  for (const auto& topic : topics) {
    for (const auto& [key, value] : topic.configs) {
      if (key == partition::kEncryptionKeyConfig) out[topic.id] = value;
    }
  }
  return out;
}

struct RewrapJob {
  tier::PartitionRef partition;
  std::string to;
};

/// What is to be done; topics for which no key is set are left as they are.
Result<std::vector<RewrapJob>> rewrap_jobs(Tiers& tiers, const Command& command) {
  TRY(auto keys, topic_keys(tiers));
  const std::string& active = tiers.rewrap_deps().ring.options().active;
  std::vector<RewrapJob> jobs;
  bool met = false;
  for (const auto& ref : tiers.engine().partitions()) {
    if (!command.topic.empty() && ref.topic != command.topic) continue;
    met = true;
    std::string to = command.to.empty() ? keys[ref.topic_id] : command.to;
    if (to.empty()) to = active;
    if (to.empty() || to == tier::kNoKey) {
      complain(fmt::format("takhin: {} is left as it is: no key is set for it", ref.name()));
    } else {
      jobs.push_back({ref, std::move(to)});
    }
  }
  if (!met && !command.topic.empty()) return fail(Kind::kNotFound, "topic {} has no archived segments", command.topic);
  return jobs;
}

/// Several partitions at a time, because a segment is two requests and nothing else.
tier::RewrapCounts rewrap_all(const tier::RewrapDeps& deps, const std::vector<RewrapJob>& jobs, std::size_t threads_max) {
  std::mutex mutex;
  tier::RewrapCounts counts;
  const auto bad = [&](const std::string& what, const Error& error) {
    const std::lock_guard hold(mutex);
    fmt::print("bad {}: {}\n", what, error.text);
  };
  in_parallel(jobs.size(), threads_max, [&](std::size_t at) {
    const Deadline deadline = Deadline::in(deps.clock, kRewrapMax);
    const auto outcome = tier::rewrap(deps, jobs[at].partition, jobs[at].to, deadline, bad);
    if (!outcome.ok()) bad(jobs[at].partition.name(), outcome.error());
    const std::lock_guard hold(mutex);
    counts += outcome.ok() ? *outcome : tier::RewrapCounts{.failed = 1};
  });
  return counts;
}

int rewrap(Tiers& tiers, const Command& command) {
  const auto jobs = rewrap_jobs(tiers, command);
  if (!jobs.ok()) return complain("takhin: " + jobs.error().text), kFailed;
  const auto counts = rewrap_all(tiers.rewrap_deps(), *jobs, tiers.store_threads());
  fmt::print("{} rewrapped, {} already, {} not encrypted, {} failed\n", counts.rewrapped, counts.already, counts.plain,
             counts.failed);
  return counts.failed == 0 ? 0 : kFailed;
}

Result<> change(Tiers& tiers, const Command& command) {
  TRY(const auto node, tiers.node());
  TRY(command.verb == Verb::kTierArchive ? node->topics().archive(command.segment)
                                         : node->topics().restore(command.segment));
  return node->close();
}

int failed(const Error& error) {
  const bool held = error.kind == Kind::kConflict && error.text.starts_with("data directory ");
  complain("takhin: " + error.text + (held ? "; while it runs, ask its console" : ""));
  return kFailed;
}

int why(Tiers& tiers, const Command& command) {
  const auto node = tiers.node();
  if (!node.ok()) return failed(node.error());
  const auto why = (*node)->topics().why(command.segment);
  if (!why.ok()) return failed(why.error());
  if (command.json) {
    fmt::print("{}\n", console::why_json(*why));
    return 0;
  }
  for (const auto& one : why->reasons) {
    fmt::print("{}: {}: {}\n", one.place == "local" ? "on local disk" : "in the store", one.reason, one.detail);
  }
  return 0;
}

// From a bucket into any directory: what one has when the data directory is gone.
Result<> restore_to(Tiers& tiers, const Command& command) {
  if (command.to.empty()) return fail(Kind::kInvalid, "restore --store needs --to DIR");
  TRY(tiers.open());
  TRY(const auto rows, tiers.rows());
  for (const auto& row : rows) {
    if (row.path == command.segment)
      return tiers.engine().restore(row.partition, row.entry.base, command.to, tiers.deadline());
  }
  return fail(Kind::kNotFound, "segment not found: {}", command.segment);
}

int report(const Result<>& result, std::string_view what) {
  if (!result.ok()) return failed(result.error());
  fmt::print("segment {} successfully\n", what);
  return 0;
}

}  // namespace

int tier(const Command& command) {
  set_log_level(LogLevel::kWarn);
  Tiers tiers(command);
  if (const auto configured = tiers.configure(); !configured.ok())
    return complain(configured.error().text), kWrongConfiguration;
  if (command.verb == Verb::kTierArchive) return report(change(tiers, command), "archived");
  if (command.verb == Verb::kTierRestore) {
    return report(command.store.empty() ? change(tiers, command) : restore_to(tiers, command), "restored");
  }
  if (command.verb == Verb::kTierWhy) return why(tiers, command);
  if (const auto opened = tiers.open(); !opened.ok()) return failed(opened.error());
  if (command.verb == Verb::kTierLs) return list(tiers, command.json);
  if (command.verb == Verb::kTierStat) return stat(tiers, command.json);
  if (command.verb == Verb::kTierRewrap) return rewrap(tiers, command);
  return verify(tiers, command.full);
}

}  // namespace takhin::app
