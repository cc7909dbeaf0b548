#include "tests/sim/run.h"

#include <algorithm>

#include "tests/sim/actors.h"
#include "tests/sim/checks.h"

namespace takhin::sim {
namespace {

constexpr std::uint64_t kStepsMin = 60;
constexpr std::uint64_t kStepsMore = 120;
constexpr std::uint64_t kCrashWithin = 90;  // changes of disk and store
constexpr int kCrashesInARow = 3;
constexpr int kMinutesToReturn = 5;  // beyond the keeper's longest pause
/// Actors in the order of one life; with its seed each of them finds something to do.
constexpr std::string_view kLife[] = {
    "create",  "produce", "produce", "produce", "produce",        "produce", "produce", "produce", "tick",   "produce",
    "produce", "tick",    "read",    "restore", "produce",        "produce", "produce", "time",    "evaluate", "archive",
    "produce", "tick",    "restore", "read",    "delete-records", "tick",    "time",    "time",    "evaluate", "create",
    "produce", "produce", "produce", "produce", "tick",           "evaluate", "time",   "time",    "tick",   "remove",
    "tick",    "produce", "tick"};

Result<> check_all_reads(World& world, bool store_is_well) {
  for (const auto& [name, topic] : world.model) {
    for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
      TRY(check_reads(world, name, index, store_is_well));
    }
  }
  return done();
}

/// Starts until it succeeds; a start may be crashed, too.
Result<> start_again(World& world, bool machine_lost) {
  for (int crashes = 0;; ++crashes) {
    if (crashes < kCrashesInARow && world.one_in(4)) world.disk.stop_after(world.below(kCrashWithin));
    const auto started = world.start();
    if (!world.disk.stopped()) {
      world.disk.stop_after(UINT64_MAX);
      TRY(started);
      if (world.offline() == 0 || world.store_is_well()) break;
      world.say("a partition needs the store to open");  // a folder that the crash took: only the bucket knows what it held
      world.set_faults(Faults::kNone);
      for (int minute = 0; minute < kMinutesToReturn && world.offline() > 0; ++minute) {
        world.clock.advance(std::chrono::minutes(1));
        world.topics->tick();
      }
      if (world.offline() == 0) break;  // it returned by itself
      return Error{Kind::kCorrupt, "a partition stays offline although the store is back"};
    }
    const bool lost = world.one_in(2);
    machine_lost |= lost;
    world.say(lost ? "power loss while starting" : "kill while starting");
    world.stop(lost ? End::kPowerLoss : End::kKill);
  }
  static_cast<void>(world.files.take_removed());  // what recovery cut; the reads below see whether it was right
  TRY(world.compare_after_start(machine_lost ? End::kPowerLoss : End::kKill));
  TRY(check_step(world));
  TRY(send_again(world, machine_lost));
  return check_all_reads(world, world.store_is_well());
}

/// Between two lives of the process: a disk may lose what is only a cache.
void lose_caches(World& world) {
  if (world.loses_catalogue && world.one_in(4)) {
    world.say("the catalogue is lost");
    for (const char* suffix : {"", "-wal", "-shm"}) static_cast<void>(world.disk.remove(kDataDir + "/catalog.db" + suffix));
    static_cast<void>(world.disk.sync_dir(kDataDir));
  }
  if (world.one_in(6)) {
    world.say("the cache is lost");
    static_cast<void>(world.disk.remove_tree(kDataDir + "/cache"));
    static_cast<void>(world.disk.sync_dir(kDataDir));
  }
}

Result<> restart(World& world, End how) {
  world.say(how == End::kClose ? "stop" : how == End::kKill ? "kill -9" : "power loss");
  world.stop(how);
  lose_caches(world);
  return start_again(world, how == End::kPowerLoss).within("restart");
}

/// Swarm: every seed has its own mix of actors, some of them absent.
std::vector<int> mix_of(World& world) {
  std::vector<int> weights;
  for (const Actor& actor : actors()) {
    const bool needed = actor.weight >= 8;
    weights.push_back(!needed && world.one_in(4) ? 0 : actor.weight * static_cast<int>(1 + world.below(4)));
  }
  return weights;
}

const Actor& choose(World& world, const std::vector<int>& weights) {
  std::uint64_t sum = 0;
  for (const int weight : weights) sum += static_cast<std::uint64_t>(weight);
  std::uint64_t at = world.below(sum);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (at < static_cast<std::uint64_t>(weights[i])) return actors()[i];
    at -= static_cast<std::uint64_t>(weights[i]);
  }
  return actors()[0];
}

Result<> step(World& world, const std::vector<int>& weights, RunReport& report) {
  if (world.one_in(12)) world.disk.stop_after(world.below(kCrashWithin));
  const Actor& actor = choose(world, weights);
  world.say(fmt::format("{} {} changes {} calls {}", report.steps, actor.name, world.disk.changes(), world.store.calls()));
  TRY(actor.act(world).within(actor.name));
  const bool died = world.disk.stopped();
  if (!died) TRY(check_step(world).within(actor.name));
  if (!died && !world.one_in(40)) return done();
  ++report.crashes;
  const std::uint64_t dice = world.below(5);
  return restart(world, !died && dice == 0 ? End::kClose : dice < 3 ? End::kKill : End::kPowerLoss);
}

}  // namespace

Result<RunReport> run_seed(std::uint64_t seed, const RunOptions& options) {
  World world(seed);
  world.loud = options.loud;
  RunReport report;
  const auto weights = mix_of(world);
  const std::uint64_t steps = kStepsMin + world.below(kStepsMore);
  world.set_faults(static_cast<Faults>(world.below(3)));
  TRY(start_again(world, false));
  for (; report.steps < steps; ++report.steps) {
    TRY(step(world, weights, report).within(fmt::format("step {}", report.steps)));
  }
  world.disk.stop_after(UINT64_MAX);
  if (world.sync_failed) TRY(restart(world, End::kKill));  // as the log asks the operator to
  world.heal_disk();
  TRY(check_at_rest(world));
  for (const auto& [name, topic] : world.model) {
    for (const PartitionModel& partition : topic.partitions) report.batches += partition.batches().size();
  }
  report.archived = world.engine->stats().segments;
  report.store_faults = world.store.faults_met();
  report.trace = world.trace;
  return report;
}

Result<bool> run_with_crash_at(std::uint64_t crash_at, End how) {
  World world(8);  // one that merges
  TRY(world.start());
  world.disk.stop_after(crash_at);
  bool crashed = false;
  for (const std::string_view name : kLife) {
    const auto actor = std::ranges::find(actors(), name, &Actor::name);
    TAKHIN_ASSERT(actor != actors().end(), "a name of kLife");
    TRY(actor->act(world).within(name));
    crashed = world.disk.stopped();
    if (crashed) break;
    TRY(check_step(world).within(name));
  }
  world.disk.stop_after(UINT64_MAX);
  if (!crashed) return false;
  world.stop(how);
  TRY(world.start().within("start"));
  static_cast<void>(world.files.take_removed());
  TRY(world.compare_after_start(how).within("restart"));
  TRY(check_step(world));
  TRY(send_again(world, how == End::kPowerLoss).within("restart"));
  TRY(check_all_reads(world, true).within("restart"));
  TRY(check_at_rest(world));
  return true;
}

}  // namespace takhin::sim
