#pragma once
// What a handler works with: the rooms below, the broker's identity, and the pools that may block.

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/worker_pool.h"
#include "broker/cold_reads.h"
#include "broker/fetch_sessions.h"
#include "broker/metrics.h"
#include "broker/options.h"
#include "broker/producer_ids.h"
#include "broker/timers.h"
#include "partition/topics.h"

namespace takhin::broker {

namespace groups {
class GroupConfigs;
class GroupCoordinator;
}
namespace transactions {
class TransactionCoordinator;
}
class TransactionEnds;
class InternalTopic;
class Features;
class LiveConfigs;
namespace security {
class AuditLog;
class Authorizer;
class Credentials;
class Failures;
class Tokens;
}
namespace quotas {
class Quotas;
}

/// Everything here outlives every request. Any thread.
struct Broker {
  const Options& options;
  partition::Topics& topics;
  Clock& clock;
  Random& random;
  FileSystem& files;
  Timers& timers;
  WorkerPool& cold;   // what may wait for the object store
  ColdReads& cold_reads;  // in `cold`
  WorkerPool& admin;  // topics made and removed, ids taken: short disk writes
  WorkerPool& passwords;  // checks of passwords
  WorkerPool& token_checks;  // may wait for an issuer's keys
  FetchSessions& fetch_sessions;
  ProducerIds& producer_ids;
  security::Credentials& credentials;
  quotas::Quotas& quotas;
  Features& features;
  LiveConfigs& live;
  groups::GroupConfigs& group_configs;
  security::Tokens* tokens;  // null: no OAUTHBEARER
  security::Failures& failures;
  security::Authorizer& authorizer;
  security::AuditLog& audit;
  InternalTopic& offsets_topic;
  InternalTopic& transactions_topic;
  std::shared_ptr<groups::GroupCoordinator> groups;
  std::shared_ptr<transactions::TransactionCoordinator> transactions;
  TransactionEnds& ends;
  const Counters& counters;
  std::string cluster_id;
  std::vector<ListenerSpec> listeners;  // with the ports and hosts that they have come to
};

}  // namespace takhin::broker
