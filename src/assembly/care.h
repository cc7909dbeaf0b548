#pragma once
// A bucket, and perhaps the data directory that writes it, opened for those that look after it: no engine, no cache, no change
// but what they ask for.

#include <map>
#include <memory>

#include "assembly/data_dir.h"
#include "assembly/engine.h"
#include "assembly/store.h"
#include "config/option.h"
#include "tier/catalog.h"
#include "tier/scrub.h"

namespace takhin::assembly {

class Care {
 public:
  /// With `with_data_dir` the data directory, which must exist, is taken (kConflict names who runs on it) and its catalogue
  /// opened; without it only the store. Makes no request. Borrows system and metrics.
  static Result<std::unique_ptr<Care>> open(const System& system, metrics::Metrics& metrics, const config::Settings& settings,
                                            bool with_data_dir);

  object::ObjectStore& store() { return store_->top(); }
  const object::RequestMeter& meter() const { return store_->meter(); }
  /// As Store's.
  Result<std::size_t> count_unfinished_uploads(TimestampMs older_than, Deadline deadline) {
    return store_->count_unfinished_uploads(older_than, deadline);
  }
  tier::ObjectKeys* keys() { return keys_.keys.get(); }
  /// Null without a data directory.
  tier::Catalog* catalog() { return catalog_.get(); }
  const std::map<tier::PartitionRef, tier::LocalExtent>* local() const { return data_dir_ ? &local_ : nullptr; }

 private:
  Care() = default;
  Result<> take_data_dir(const System& system, const config::Settings& settings);

  std::unique_ptr<DataDir> data_dir_;
  std::unique_ptr<Store> store_;
  Keys keys_;
  std::unique_ptr<tier::Catalog> catalog_;
  std::map<tier::PartitionRef, tier::LocalExtent> local_;
};

/// What the folders under `log_dir` (DATA/log) say, by their own small files; folders without them are left out.
Result<std::map<tier::PartitionRef, tier::LocalExtent>> local_extents(FileSystem& files, const std::string& log_dir);

}  // namespace takhin::assembly
