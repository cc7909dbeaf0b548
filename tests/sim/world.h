#pragma once
// A whole broker's storage (topics, partitions, engine, log) in one thread: time, chance, disk and object store belong to a seed.

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "object/memory.h"
#include "object/retrying.h"
#include "partition/topics_impl.h"
#include "testing/crash_fs.h"
#include "testing/fake_clock.h"
#include "testing/faulty_store.h"
#include "testing/seeded_random.h"
#include "testing/sqlite_on_files.h"
#include "tests/sim/model.h"

namespace takhin::sim {

inline constexpr std::int64_t kMinuteMs = 60'000;
inline constexpr std::int64_t kHourMs = 60 * kMinuteMs;
inline const std::string kDataDir = "/data";

/// A CrashFs that tells which files of logs were removed.
class WatchedFs final : public FileSystem {
 public:
  struct Removed {
    std::string path;
    std::uint64_t bytes = 0;
  };
  explicit WatchedFs(testing::CrashFs& below) : below_(below) {}
  std::vector<Removed> take_removed() { return std::exchange(removed_, {}); }

  Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override { return below_.open(path, mode); }
  Result<> remove(const std::string& path) override;
  Result<> remove_tree(const std::string& path) override { return below_.remove_tree(path); }
  Result<> rename(const std::string& from, const std::string& to) override { return below_.rename(from, to); }
  Result<> rename_new(const std::string& from, const std::string& to) override { return below_.rename_new(from, to); }
  Result<> make_dirs(const std::string& path) override { return below_.make_dirs(path); }
  Result<> sync_dir(const std::string& path) override { return below_.sync_dir(path); }
  Result<std::vector<DirEntry>> list(const std::string& path) override { return below_.list(path); }
  Result<FileInfo> stat(const std::string& path) override { return below_.stat(path); }
  Result<DiskSpace> space(const std::string& path) override { return below_.space(path); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path, std::string_view owner) override {
    return below_.lock(path, owner);
  }

 private:
  testing::CrashFs& below_;
  std::vector<Removed> removed_;
};

struct SimTopic {
  Uuid id;
  bool tiered = false;  // remote.storage.enable
  std::vector<PartitionModel> partitions;
};

enum class Faults { kNone, kSome, kMany };

/// How the process ends.
enum class End {
  kClose,      // in order
  kKill,       // kill -9: the page cache survives
  kPowerLoss,  // what was not synced is lost, or a part of it
};

class World {
 public:
  explicit World(std::uint64_t seed);
  ~World();

  /// Opens engine and topics. An error is the simulated crash (`files.stopped()`) or a violation.
  Result<> start();
  /// Ends the process. The disk is whole again afterwards, nothing is open.
  void stop(End how);
  bool running() const { return topics != nullptr; }

  /// Partitions that could not open.
  std::size_t offline() const;
  /// Compares with what came back, takes over where the logs end now.
  Result<> compare_after_start(End how);

  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : chance() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  std::shared_ptr<partition::Partition> partition(const std::string& topic, std::size_t index) const;
  Deadline soon() const { return Deadline::in(clock, std::chrono::minutes(2)); }
  void set_faults(Faults faults);
  /// The disk takes less than what is left to be written from now on / takes everything again.
  void fill_disk(std::uint64_t bytes_left);
  void fail_syncs();
  void heal_disk();
  bool disk_is_well() const { return !disk_full && !syncs_fail; }
  bool store_is_well() const { return faults_now == Faults::kNone && !store.down(); }
  void note_time() { latest_wall = std::max(latest_wall, clock.wall()); }
  void say(const std::string& what);

  // ---- the world
  std::mt19937_64 chance;
  testing::FakeClock clock;
  testing::SeededRandom random;
  const bool merges;  // small archived segments become larger ones
  testing::CrashFs disk{&clock};
  WatchedFs files{disk};
  object::MemoryStore bucket{clock, 5};  // short pages: listings are walked
  testing::FaultyStore store{bucket, disk, clock, chance()};
  object::RetryingStore retrying{store, {.attempts_max = 3}, clock, random};
  testing::SqliteOnFiles sqlite{disk};

  // ---- the code under test
  std::unique_ptr<metrics::Metrics> metrics;
  std::unique_ptr<tier::Engine> engine;
  std::unique_ptr<partition::TopicsImpl> topics;
  bool retries = true;
  /// Either the disk forgets the catalogue, or the store keeps wrong bytes: the reservation that finds out about an object that
  /// was never verified is in the catalogue. Stores that check what they are sent, as S3 does, have no such objects.
  bool loses_catalogue = false;
  bool disk_full = false;
  bool syncs_fail = false;
  bool sync_failed = false;  // since the process began: partitions that met it take no appends until a restart
  partition::DiskTarget disk_target;
  std::uint64_t chunk_bytes = 512;
  std::uint64_t cache_bytes = 64 * kKiB;

  // ---- what must be
  std::map<std::string, SimTopic> model;
  std::set<std::string> unsure_created;  // create() failed: the topic may be there all the same
  std::set<std::string> unsure_removed;
  Faults faults_now = Faults::kNone;
  std::uint64_t producers = 1000;        // ids given out
  TimestampMs latest_wall{};
  std::uint64_t trace = 0;               // a hash of all that happened: the same for the same seed
  std::uint64_t starts = 0;
  bool loud = false;
};

}  // namespace takhin::sim
