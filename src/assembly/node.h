#pragma once
// A data directory at work: lock, store, engine, topics. What the broker serves and `takhin tier` repairs.

#include <memory>

#include "assembly/data_dir.h"
#include "assembly/engine.h"
#include "partition/topics.h"

namespace takhin::assembly {

enum class NodeMode {
  kServing,  // with the background passes
  kOffline,  // does only what it is told
  kRecovering,  // the same, on a directory that a recovery has prepared
};

class Node {
 public:
  /// kConflict names the process that holds the directory, or says that it is half recovered. Borrows system and metrics.
  static Result<std::unique_ptr<Node>> open(const System& system, metrics::Metrics& metrics,
                                            const config::Settings& settings, NodeMode mode);
  /// close(), unless that was done.
  ~Node();

  partition::Topics& topics() { return *topics_; }
  /// These two are null while tiering is off.
  tier::Engine* engine() { return engine_ ? &engine_->engine() : nullptr; }
  object::ObjectStore* store() { return engine_ ? &engine_->store() : nullptr; }
  const std::string& data_dir() const { return data_dir_->path(); }
  /// Stops the background work, syncs and closes the logs, and notes that for the next start. Idempotent.
  Result<> close();

 private:
  Node(std::unique_ptr<DataDir> data_dir, std::unique_ptr<EngineStack> engine,
       std::unique_ptr<partition::Topics> topics)
      : data_dir_(std::move(data_dir)), engine_(std::move(engine)), topics_(std::move(topics)) {}

  const std::unique_ptr<DataDir> data_dir_;
  const std::unique_ptr<EngineStack> engine_;  // null: tiering is off
  const std::unique_ptr<partition::Topics> topics_;
  bool closed_ = false;
};

}  // namespace takhin::assembly
