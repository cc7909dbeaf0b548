#pragma once
// The markers of a transaction: into its partitions, and to the groups whose offsets it committed.

#include <memory>

#include "broker/transactions/coordinator.h"
#include "partition/topics.h"

namespace takhin::broker {

namespace groups {
class GroupCoordinator;
}

/// Any thread. Borrows the topics.
class TransactionEnds final : public transactions::Ends {
 public:
  explicit TransactionEnds(partition::Topics& topics) : topics_(topics) {}
  /// Before anything else.
  void set_groups(std::shared_ptr<groups::GroupCoordinator> groups) { groups_ = std::move(groups); }

  void write(const log::TxnEnd& end, const std::vector<transactions::Participant>& to,
             std::function<void(Result<>)> then) override;
  /// One marker: as write(), but tells a producer or coordinator that was fenced.
  using Written = std::function<void(Result<log::AppendStatus>)>;
  void write_one(const log::TxnEnd& end, const transactions::Participant& to, const Written& then);

 private:
  partition::Topics& topics_;
  std::shared_ptr<groups::GroupCoordinator> groups_;
};

/// At the start: a transaction that is open in a partition and known to no coordinator would hold up its readers for ever. One
/// process is both, so it can tell (a crash of the machine may lose the coordinator's last records and keep the partition's).
void abort_orphans(const partition::Topics& topics, transactions::TransactionCoordinator& coordinator, transactions::Ends& ends);

}  // namespace takhin::broker
