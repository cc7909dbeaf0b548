#pragma once
// A store that asks for what lies frozen in an archive class, and says so until it can be read.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "metrics/metrics.h"
#include "object/archive_class.h"
#include "object/forwarding_store.h"

namespace takhin::object {

inline constexpr metrics::MetricDef kFrozenReads{"tiered_storage_frozen_reads_total", metrics::Type::kCounter,
                                                 "Reads that met an object in an archive class of the store."};
inline constexpr metrics::MetricDef kThawsAsked{"tiered_storage_thaws_asked_total", metrics::Type::kCounter,
                                                "Objects that the store was asked for out of an archive class, by result."};
inline constexpr metrics::MetricDef kThawsDone{"tiered_storage_thaws_done_total", metrics::Type::kCounter,
                                               "Objects that came back from an archive class."};
inline constexpr metrics::MetricDef kFrozenObjects{"tiered_storage_frozen_objects", metrics::Type::kGauge,
                                                   "Objects that somebody wants to read and that lie in an archive class."};
inline constexpr metrics::MetricDef kThawingObjects{"tiered_storage_thawing_objects", metrics::Type::kGauge,
                                                    "Of these, the ones that the store was asked for and that are not back."};

struct ThawOptions {
  bool enabled = true;            // tier.thaw.enabled: else a frozen object is only reported
  ThawOrder order;                // tier.thaw.days, tier.thaw.tier
  std::size_t objects_max = 1000;  // tier.thaw.objects.max: asked for and not back yet; each costs money
};

/// The first look after an order, and the longest time between two: thawing takes minutes (Expedited) to two days (Bulk of
/// DEEP_ARCHIVE).
inline constexpr auto kThawLookFirst = std::chrono::minutes(1);
inline constexpr auto kThawLookLongest = std::chrono::minutes(30);
/// One request of the background's.
inline constexpr auto kThawCallTime = std::chrono::seconds(20);
/// What was noted and not asked for yet is asked for before the end, for so long: a recovery ends at the first frozen object.
inline constexpr auto kThawStopTime = std::chrono::seconds(2);

/// Wraps `below`. Any thread. A get() that meets a frozen object notes it and answers kFrozen at once; in the background the
/// store is asked for it (1 HEAD, 1 POST), and it is looked at in growing intervals (1 HEAD each) until it can be read. Meanwhile
/// get() answers kFrozen from memory. What is noted is bounded, and forgotten by a restart: the next reader notes it again, and
/// the store, which was asked already, says so. One line in the log per object when it is asked for, and one when it is back.
class ThawingStore final : public ForwardingStore {
 public:
  /// Borrows all. `background` false: only turn() does anything (tests, simulations).
  ThawingStore(ArchiveClassStore& below, ThawOptions options, Clock& clock, metrics::Metrics& metrics, bool background);
  ~ThawingStore() override;

  Result<Bytes> get(const ObjectKey& key, ByteRange range, Deadline deadline) override;

  /// Does what is due now; when to call again, at the latest. Only one thread at a time.
  Steady turn();

 private:
  struct Frozen {
    bool asked = false;
    bool complained = false;  // of a refusal, in the log
    Steady since{};
    Steady next{};
    std::chrono::nanoseconds interval = kThawLookFirst;
  };

  Error frozen(const ObjectKey& key, const Frozen& state) const;
  std::optional<std::string> due(Steady now);
  void look_after(const std::string& name);
  void ask(const std::string& name, const ThawState& state);
  void settle(const std::string& name, bool readable, std::string_view why);
  void asked(const std::string& name);
  void later(const std::string& name);
  bool complain(const std::string& name);
  void count();
  void run();
  void ask_at_the_end();

  ArchiveClassStore& archive_;
  const ThawOptions options_;
  Clock& clock_;
  const metrics::Counter reads_, asks_ok_, asks_failed_, done_;
  const metrics::Gauge frozen_gauge_, thawing_gauge_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_map<std::string, Frozen> objects_;
  std::size_t thawing_ = 0;  // of them, asked for
  std::chrono::nanoseconds call_time_ = kThawCallTime;  // of the thread that looks after them
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace takhin::object
