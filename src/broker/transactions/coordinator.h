#pragma once
// The transaction coordinator (KIP-98, KIP-360, KIP-890): who may write under a transactional id, what takes part in its
// transaction, and how that ends. A state machine over a clock and a store; no sockets and no threads of its own. Error codes
// are Kafka's.
//
// What it promises: a decision is on disk before the first marker, and every marker is on disk before the transaction is
// complete. So a crash anywhere leaves a transaction that is either undecided, and can go on or time out, or decided, and its
// markers are written again.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "broker/record_store.h"
#include "broker/transactions/transaction.h"
#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/list_transactions.h"

namespace takhin::broker::transactions {

/// Defaults are Kafka's.
struct TransactionOptions {
  std::int32_t timeout_max_ms = 900'000;                    // transaction.max.timeout.ms
  std::int64_t id_expiration_ms = 7LL * 24 * 3600 * 1000;   // transactional.id.expiration.ms
  std::int64_t timeout_check_ms = 1'000;                    // how often open transactions are looked at
  std::int64_t expiry_check_ms = 3'600'000;                 // how often idle ids are
  std::int64_t mark_again_ms = 500;                         // after markers could not be written
  std::size_t transactions_max = 1'000'000;
  SnapshotRule snapshot;
};

/// Those who must learn how a transaction ended.
class Ends {
 public:
  virtual ~Ends() = default;
  /// Writes a marker to each, and calls `then` when all are on disk or one failed; from this thread or another, without a lock.
  /// A partition that is gone has nothing to learn. Retry-safe.
  virtual void write(const log::TxnEnd& end, const std::vector<Participant>& to, std::function<void(Result<>)> then) = 0;
};

/// May a batch begin to count as part of a transaction?
struct Admission {
  protocol::ErrorCode error = protocol::ErrorCode::kNone;
  Offset durable;  // what was noted about it is on disk once the store is, up to here: the batch must not be confirmed before
};

/// Any thread. Callbacks come once, from the calling thread, a thread of the store or of Ends; never under the coordinator's
/// mutex; a coordinator that goes away drops them.
class TransactionCoordinator : public std::enable_shared_from_this<TransactionCoordinator> {
 public:
  struct Deps {
    Clock& clock;
    RecordStore& store;
    Ends& ends;
    std::function<Result<std::int64_t>()> next_producer_id;  // may write to disk, rarely
  };
  /// Replays the store. Everything in `deps` outlives it. What was decided and not complete goes on with the first tick().
  static Result<std::shared_ptr<TransactionCoordinator>> open(Deps deps, TransactionOptions options);

  using InitAnswer = std::function<void(protocol::InitProducerIdResponse)>;
  /// A producer begins with its transactional id: whoever had it before is fenced, and its open transaction aborted first.
  /// Answers when that is on disk. `request` has a transactional id.
  void init(const protocol::InitProducerIdRequest& request, InitAnswer answer);

  using ErrorAnswer = std::function<void(protocol::ErrorCode)>;
  /// Takes partitions into the transaction, which begins with the first. Answers when that is on disk.
  void add(const Producer& who, const std::vector<Participant>& partitions, ErrorAnswer answer);
  /// One answer for each partition: whether it is part of the open transaction.
  std::vector<protocol::ErrorCode> verify(const Producer& who, const std::vector<Participant>& partitions) const;
  /// What verify() or, with `may_add` (version 2), add() would say of one partition, without waiting for the disk. Called under
  /// the lock of the partition's appends, so that the end of the transaction cannot come between answer and append.
  Admission admit(const Producer& who, const Participant& partition, bool may_add);
  /// As RecordStore::when_durable.
  void when_durable(Offset at, std::function<void(Result<>)> then) { deps_.store.when_durable(at, std::move(then)); }

  using EndAnswer = std::function<void(protocol::EndTxnResponse)>;
  /// Commits or aborts. Answers when every marker is on disk: who then reads, sees. `version_2`: the producer counts a new
  /// epoch for each transaction, and is told it.
  void end(const protocol::EndTxnRequest& request, bool version_2, EndAnswer answer);

  protocol::DescribeTransactionsResponse describe(const protocol::DescribeTransactionsRequest& request) const;
  protocol::ListTransactionsResponse list(const protocol::ListTransactionsRequest& request) const;

  /// At the start, for a transaction that is open in a partition: takes the partition into the producer's transaction when that
  /// one is open, so that both end together; true when none is and the partition's must be aborted.
  bool is_orphan(std::int64_t producer_id, std::int16_t epoch, const Participant& partition);

  /// Aborts transactions that ran out of time, writes markers that failed before, forgets idle ids, and rewrites a store that has
  /// grown. Call it several times a second.
  void tick();

 private:
  using Later = std::vector<std::function<void()>>;
  using ErrorCode = protocol::ErrorCode;

  TransactionCoordinator(Deps deps, TransactionOptions options) : deps_(std::move(deps)), options_(options) {}

  // coordinator.cc
  Result<> load();
  Transaction* find(const std::string& id);
  const Transaction* find(const std::string& id) const;
  Result<Offset> store(const Transaction& transaction);
  void when_stored(const Result<Offset>& end, Later& later, std::function<void(Result<>)> then);
  void expire_ids(Later& later);
  void snapshot_if_grown(Later& later);

  // init.cc
  struct Initialised {
    ErrorCode error = ErrorCode::kNone;
    bool abort_first = false;
    Transaction* transaction = nullptr;
  };
  Initialised init_locked(const protocol::InitProducerIdRequest& request);
  ErrorCode bump_for(Transaction& transaction, const protocol::InitProducerIdRequest& request);
  ErrorCode give_new_id(Transaction& transaction);

  // participants.cc
  ErrorCode check(const Producer& who, const Transaction*& transaction) const;

  // end.cc
  ErrorCode check_end(const protocol::EndTxnRequest& request, bool version_2, Transaction*& transaction, bool& done_before) const;
  ErrorCode may_end(const Transaction& transaction, bool commit, bool version_2, bool retried, bool& done_before) const;
  /// Decides, stores, and sends the markers once that is on disk; `then` when all is done, or the decision could not be stored.
  void decide(Transaction& transaction, bool commit, bool bump, Later& later, std::function<void(ErrorCode)> then);
  void pursue(Transaction& transaction, Later& later);
  void abort_behind(Transaction& transaction, Later& later, std::function<void(ErrorCode)> then);
  void send_markers(const std::string& id);
  void markers_written(const std::string& id, const Result<>& written);
  void abort_late(Later& later);

  const Deps deps_;
  const TransactionOptions options_;
  mutable std::mutex mutex_;  // guards all below; held for memory work and appends to the page cache, never for the disk
  std::unordered_map<std::string, std::unique_ptr<Transaction>> transactions_;
  Steady timeouts_looked_at_{};
  Steady expiry_looked_at_{};
  bool snapshot_running_ = false;
};

}  // namespace takhin::broker::transactions
