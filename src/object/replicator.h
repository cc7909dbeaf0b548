#pragma once
// Brings a second store up to the first, in the background: copies, removals, and after a start what was missed.

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/file.h"
#include "metrics/metrics.h"
#include "object/breaker.h"
#include "object/removal_journal.h"
#include "object/store.h"

namespace takhin::object {

inline constexpr metrics::MetricDef kReplicaCopies{"tiered_storage_replica_copies_total", metrics::Type::kCounter,
                                                   "Objects copied to the replica, by result; failed ones are tried again."};
inline constexpr metrics::MetricDef kReplicaBytes{"tiered_storage_replica_bytes_total", metrics::Type::kCounter,
                                                  "Bytes copied to the replica."};
inline constexpr metrics::MetricDef kReplicaWaiting{"tiered_storage_replica_waiting_objects", metrics::Type::kGauge,
                                                    "Objects that are known to be missing in the replica."};
inline constexpr metrics::MetricDef kReplicaLag{"tiered_storage_replica_lag_seconds", metrics::Type::kGauge,
                                                "Age of the oldest object that is known to be missing in the replica."};
inline constexpr metrics::MetricDef kReplicaRemovals{"tiered_storage_replica_removals_waiting", metrics::Type::kGauge,
                                                     "Objects that are gone from the first store and not yet from the replica."};
inline constexpr metrics::MetricDef kReplicaSynced{
    "tiered_storage_replica_compared", metrics::Type::kGauge,
    "1 when the replica was compared with the first store since the start, so that the other figures know of everything."};
inline constexpr metrics::MetricDef kReplicaReads{"tiered_storage_replica_reads_total", metrics::Type::kCounter,
                                                  "Reads that the replica answered because the first store could not."};
inline constexpr metrics::MetricDef kFirstUnreachable{"tiered_storage_first_store_unreachable", metrics::Type::kGauge,
                                                      "1 while the first store cannot be reached and its replica is read."};

/// Copies that are known to be due; beyond it they are found by comparing the stores again.
inline constexpr std::size_t kReplicaQueueMax = 10'000;
/// Bytes in memory of each copy: larger objects go in such pieces.
inline constexpr std::uint64_t kReplicaPieceBytes = 8 * kMiB;
/// A copy or comparison that failed is tried again after, growing up to the second.
inline constexpr auto kReplicaAgainFirst = std::chrono::seconds(1);
inline constexpr auto kReplicaAgainLongest = std::chrono::minutes(5);
/// The stores are compared again so often, in case that others write to the first.
inline constexpr auto kReplicaCompareAgain = std::chrono::hours(6);
/// One call of the background's. A stop waits for at most one in each thread.
inline constexpr auto kReplicaCallTime = std::chrono::seconds(20);

/// Any thread. Borrows all.
///
/// Copies are made in the order in which they were noted, as far as they succeed; one that fails is repeated for ever and holds
/// up no other. A removal is done once every copy that was noted before it is (so that what stands for a removed object is there
/// first) and the first store says that the object is gone. Nothing is ever removed because the first store does not have it:
/// a first store that was emptied or lost takes nothing with it.
///
/// Memory: about 250 bytes per copy and removal noted, and threads times kReplicaPieceBytes and what an upload holds.
/// Cost: per object 1 HEAD and its GETs at the first, its PUTs at the second; a comparison is 1 LIST per 1,000 objects at both.
class Replicator {
 public:
  struct Stores {
    ObjectStore& first;
    ObjectStore& second;
    Breaker& breaker;  // of the first: looked at while it is open
  };
  /// `journal`: a file for removals that are due. With `threads` 0 only turn() does anything.
  static Result<std::unique_ptr<Replicator>> open(Stores stores, FileSystem& files, const std::string& journal, Clock& clock,
                                                  metrics::Metrics& metrics, std::size_t threads);
  ~Replicator();

  /// The first store has, or may have, a new object of this name.
  void note_copy(const ObjectKey& key);
  /// Before the removal: durable on return. kExhausted when too many wait; then nothing is noted, and they stay in the replica
  /// until `takhin tier gc` finds them.
  Result<> note_removals(std::span<const ObjectKey> keys);
  /// The first store has removed them, so it need not be asked again.
  void confirm_removals(std::span<const ObjectKey> keys);
  /// Nobody knows whether the first store has removed them: it is asked.
  void doubt_removals(std::span<const ObjectKey> keys);
  /// These were not removed after all.
  void forget_removals(std::span<const ObjectKey> keys);
  bool is_going(const ObjectKey& key) const;

  /// Does one thing that is due: a copy, a removal, a page of a comparison, a look at a store that is away. False: there is none.
  bool turn();
  /// Copies that wait or are being made.
  std::size_t waiting() const;
  /// True when all that was noted is done and the stores were compared.
  bool is_settled() const;

 private:
  struct Copy {
    std::string name;
    Steady since{};
    Steady next{};
    int failures = 0;
    bool running = false;
    bool again = false;  // noted while it was running
  };
  struct Walk {  // a comparison under way
    std::string after;
    Page second;  // the replica's page that is being compared with
    std::size_t at = 0;
    std::string second_after;
    bool second_over = false;
  };

  Replicator(Stores stores, std::unique_ptr<RemovalJournal> journal, Clock& clock, metrics::Metrics& metrics);
  void run();
  bool copy_one(Steady now);
  void copied(std::uint64_t number, const Result<>& answer);
  Result<> copy(const ObjectKey& key);
  Result<> copy_pieces(const ObjectInfo& info);
  bool remove_some(Steady now);
  Result<std::vector<ObjectKey>> gone_from_first(std::span<const RemovalJournal::Due> due);
  bool compare_some(Steady now);
  Result<bool> compare_page();
  Result<bool> is_in_second(const ObjectInfo& wanted);
  void compare_ended(const Result<bool>& answer);
  bool look_at_first(Steady now);
  Steady next_time(Steady now) const;
  void enqueue(const std::string& name);
  bool knows_all() const { return compared_ && overflows_ == overflows_covered_; }
  void count();
  Deadline soon() const { return Deadline::in(clock_, kReplicaCallTime); }

  const Stores stores_;
  const std::unique_ptr<RemovalJournal> journal_;
  Clock& clock_;
  const metrics::Counter copied_, failed_, bytes_;
  const metrics::Gauge waiting_gauge_, lag_gauge_, removals_gauge_, compared_gauge_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::uint64_t, Copy> copies_;  // by when they were noted
  std::unordered_map<std::string, std::uint64_t> by_name_;
  std::uint64_t next_number_ = 1;
  // Copies that were not noted, for want of room, and those of them that a comparison has found since.
  std::uint64_t overflows_ = 0, overflows_covered_ = 0, overflows_at_walk_ = 0;
  Steady compare_at_{};
  Steady remove_at_{};
  Steady copy_at_{};  // not before: a store is away
  int copy_failures_ = 0, compare_failures_ = 0, remove_failures_ = 0;
  bool comparing_ = false, removing_ = false, looking_ = false;  // one thread at a time
  bool compared_ = false;
  std::atomic<bool> stopping_{false};
  Walk walk_;  // of the thread that compares
  std::vector<std::thread> threads_;
};

}  // namespace takhin::object
