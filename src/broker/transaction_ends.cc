#include "broker/transaction_ends.h"

#include <atomic>

#include "base/log.h"
#include "broker/groups/coordinator.h"
#include "broker/internal_topic.h"

namespace takhin::broker {
namespace {

/// Markers under way; the last one to be written answers.
struct Job {
  explicit Job(std::function<void(Result<>)> then) : then(std::move(then)) {}
  const std::function<void(Result<>)> then;
  std::atomic<std::size_t> open{1};  // the markers, and the request itself
  std::mutex mutex;                  // guards the one below
  Result<> result = done();

  void fail(const Error& error) {
    const std::lock_guard hold(mutex);
    if (result.ok()) result = error;
  }
  void settle() {
    if (open.fetch_sub(1) == 1) then(result);
  }
};

}  // namespace

void TransactionEnds::write_one(const log::TxnEnd& end, const transactions::Participant& to, const Written& then) {
  const auto stored = [then](const Result<>& durable) {
    if (durable.ok()) return then(log::AppendStatus::kOk);
    if (durable.error().kind == Kind::kInvalid) return then(log::AppendStatus::kInvalidProducerEpoch);
    then(durable.error());
  };
  if (to.topic == kOffsetsTopic) return groups_->end_transaction(end, stored);
  const auto partition = topics_.partition(to.topic, to.partition);
  if (partition == nullptr) return then(fail(Kind::kNotFound, "{}-{} is not there", to.topic, to.partition));
  const auto appended = partition->append_marker(end);
  if (!appended.ok()) return then(appended.error());
  if (appended->status != log::AppendStatus::kOk) return then(appended->status);
  partition->when_durable(appended->end, stored);
}

void TransactionEnds::write(const log::TxnEnd& end, const std::vector<transactions::Participant>& to,
                            std::function<void(Result<>)> then) {
  const auto job = std::make_shared<Job>(std::move(then));
  job->open += to.size();
  for (const transactions::Participant& one : to) {
    write_one(end, one, [job, &topics = topics_, one, end](const Result<log::AppendStatus>& written) {
      if (written.ok() && *written != log::AppendStatus::kOk) {
        // Somebody ended it with a higher epoch: an administrator, most likely.
        log_warn("transactions", "{}-{} takes no marker of producer {} epoch {}", one.topic, one.partition, end.producer_id,
                 end.producer_epoch);
      }
      const auto topic = topics.find(one.topic);
      const bool gone = topic == nullptr || static_cast<std::size_t>(one.partition) >= topic->partitions.size();
      if (!written.ok() && !gone) job->fail(written.error());
      job->settle();
    });
  }
  job->settle();
}

void abort_orphans(const partition::Topics& topics, transactions::TransactionCoordinator& coordinator, transactions::Ends& ends) {
  for (const auto& topic : topics.all()) {
    if (topic->name == kTransactionsTopic) continue;
    for (std::size_t index = 0; index < topic->partitions.size(); ++index) {
      if (topic->partitions[index] == nullptr) continue;
      const transactions::Participant where{topic->name, static_cast<std::int32_t>(index)};
      for (const log::ProducerInfo& producer : topic->partitions[index]->producers()) {
        if (producer.txn_first == kNoOffset || !coordinator.is_orphan(producer.id, producer.epoch, where)) continue;
        log_warn("transactions", "{}-{}: the transaction of producer {} epoch {} has no coordinator and is aborted", where.topic,
                 where.partition, producer.id, producer.epoch);
        const log::TxnEnd end{.producer_id = producer.id,
                              .producer_epoch = producer.epoch};
        ends.write(end, {where}, [where](const Result<>& written) {
          if (!written.ok()) log_error("transactions", "{}-{}: {}", where.topic, where.partition, written.error().text);
        });
      }
    }
  }
}

}  // namespace takhin::broker
