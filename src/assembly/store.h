#pragma once
// The object store the configuration asks for, with its wrappers in the one order they have:
// adapter, meter, retry, prefix, meter of topics. (S3 meters itself, below, since only it knows the requests of an upload.)

#include <memory>

#include "assembly/system.h"
#include "metrics/metrics.h"
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

/// Makes no request. Borrows system and metrics. kInvalid: neither a bucket nor a directory.
Result<std::unique_ptr<Store>> open_store(const System& system, metrics::Metrics& metrics,
                                          const object::S3Options& options);

}  // namespace takhin::assembly
