#pragma once
// One transactional id: its producer, the state of its transaction and who takes part in it. Data and allowed moves; what happens
// when is the coordinator's. Source: KIP-98, KIP-360 (epochs and fencing), KIP-890 (an epoch for each transaction).

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/types.h"
#include "protocol/errors.h"
#include "protocol/messages/transaction_log_value.h"

namespace takhin::broker::transactions {

/// Numbered as Kafka stores them.
enum class State : std::int8_t {
  kEmpty = 0,    // the id is known, no transaction was begun with its epoch
  kOngoing = 1,
  kPrepareCommit = 2,   // decided; markers are being written
  kPrepareAbort = 3,
  kCompleteCommit = 4,  // every marker is on disk
  kCompleteAbort = 5,
};
inline constexpr std::int8_t kStates = 6;
/// As DescribeTransactions names it.
std::string_view name_of(State state);

inline constexpr std::int64_t kNoProducer = -1;
inline constexpr std::int16_t kNoEpoch = -1;
/// With it a producer id is used up: the next one gets a new id. The epoch above it is for fencing only.
inline constexpr std::int16_t kEpochLast = 32'766;

/// A partition that a transaction wrote to.
struct Participant {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const Participant&) const = default;
};

/// Who a client says it is.
struct Producer {
  std::string transactional_id;
  std::int64_t id = kNoProducer;
  std::int16_t epoch = kNoEpoch;
};

struct Transaction {
  explicit Transaction(std::string transactional_id) : id(std::move(transactional_id)) {}

  const std::string id;
  std::int64_t producer_id = kNoProducer;
  std::int64_t previous_producer_id = kNoProducer;  // before the last change of the id
  std::int64_t next_producer_id = kNoProducer;      // takes over when the transaction that ends now is complete
  std::int16_t epoch = kNoEpoch;
  std::int16_t last_epoch = kNoEpoch;               // before the last bump that the client asked for: it may ask again
  std::int32_t timeout_ms = 0;
  std::int64_t started_ms = -1;
  std::int64_t updated_ms = -1;
  std::int16_t client_version = 0;                  // of transactions, as the client last spoke (KIP-890): 0, or 2
  std::set<Participant> participants;

  bool marking = false;           // markers are on their way
  Steady mark_again_at{};         // after a failure
  std::vector<std::function<void(protocol::ErrorCode)>> when_complete;  // who waits for the end

  State state() const { return state_; }
  bool is(State state) const { return state_ == state; }
  bool is_preparing() const { return is(State::kPrepareCommit) || is(State::kPrepareAbort); }
  bool is_complete() const { return is(State::kCompleteCommit) || is(State::kCompleteAbort); }
  /// Asserts that the move is one of the allowed ones.
  void move_to(State to, TimestampMs now);
  /// Begins the transaction when none is open.
  void add(const std::vector<Participant>& more, TimestampMs now);
  bool has_all(const std::vector<Participant>& asked) const;
  /// PrepareCommit or PrepareAbort; with `bump` (version 2) the markers carry the next epoch, which the client goes on with.
  void prepare(bool commit, bool bump, TimestampMs now);
  /// Markers are written: what the transaction knew goes.
  void complete(TimestampMs now);
  /// Markers of a transaction that is aborted behind its producer's back carry an epoch that it does not have.
  void fence();

  protocol::TransactionLogValue to_record() const;
  /// False when the state is none that is stored.
  bool restore(const protocol::TransactionLogValue& value);

 private:
  State state_ = State::kEmpty;
};

}  // namespace takhin::broker::transactions
