#pragma once
// The object store the configuration asks for, with its wrappers in the one order they have:
// adapter, meter, thaw, retry, prefix, replica, meter of topics. (S3 meters itself, below, since only it knows the requests of an
// upload. Retries are above the thaw, for a frozen object is no passing trouble; the replica, with a stack of its own, gets what
// the first one has behind its prefix.)

#include <memory>
#include <optional>
#include <string>

#include "assembly/system.h"
#include "metrics/metrics.h"
#include "object/extra_options.h"
#include "object/metered.h"
#include "object/options.h"
#include "object/store.h"
#include "tier/topic_meter.h"

namespace takhin::assembly {

class Store {
 public:
  virtual ~Store() = default;
  virtual object::ObjectStore& top() = 0;
  virtual const object::RequestMeter& meter() const = 0;
  virtual const tier::TopicMeter& topic_meter() const = 0;
  /// Multipart uploads below the prefix that began before `older_than` and are not finished. 0 where there is no such thing.
  virtual Result<std::size_t> count_unfinished_uploads(TimestampMs older_than, Deadline deadline) = 0;
};

/// What a broker's store has that a look at a bucket has not: both act by themselves.
struct StoreExtras {
  std::optional<object::ThawOptions> thaw;         // without: frozen objects are reported, nobody asks for them
  std::optional<object::ReplicaOptions> replica;
  std::string replica_journal;                     // file of removals that the replica has yet to follow
};

/// Makes no request, but for what the replica does in the background. Borrows system and metrics. kInvalid: neither a bucket nor
/// a directory.
Result<std::unique_ptr<Store>> open_store(const System& system, metrics::Metrics& metrics, const object::S3Options& options,
                                          const StoreExtras& extras = {});

}  // namespace takhin::assembly
