#include "broker/transactions/transaction.h"

#include <algorithm>

namespace takhin::broker::transactions {
namespace {

constexpr std::pair<State, State> kMoves[] = {
    {State::kEmpty, State::kEmpty},                   // the producer begins anew
    {State::kEmpty, State::kOngoing},
    {State::kEmpty, State::kPrepareAbort},            // version 2: an abort of nothing still takes an epoch
    {State::kOngoing, State::kOngoing},               // one more participant
    {State::kOngoing, State::kPrepareCommit},
    {State::kOngoing, State::kPrepareAbort},
    {State::kPrepareCommit, State::kCompleteCommit},
    {State::kPrepareAbort, State::kCompleteAbort},
    {State::kCompleteCommit, State::kEmpty},
    {State::kCompleteCommit, State::kOngoing},
    {State::kCompleteCommit, State::kPrepareAbort},
    {State::kCompleteAbort, State::kEmpty},
    {State::kCompleteAbort, State::kOngoing},
    {State::kCompleteAbort, State::kPrepareAbort},
};

}  // namespace

std::string_view name_of(State state) {
  switch (state) {
    case State::kEmpty: return "Empty";
    case State::kOngoing: return "Ongoing";
    case State::kPrepareCommit: return "PrepareCommit";
    case State::kPrepareAbort: return "PrepareAbort";
    case State::kCompleteCommit: return "CompleteCommit";
    case State::kCompleteAbort: return "CompleteAbort";
  }
  return "Unknown";
}

void Transaction::move_to(State to, TimestampMs now) {
  TAKHIN_ASSERT(std::ranges::find(kMoves, std::pair(state_, to)) != std::end(kMoves), "a transaction moves as in the table");
  state_ = to;
  updated_ms = now.raw;
}

void Transaction::add(const std::vector<Participant>& more, TimestampMs now) {
  if (!is(State::kOngoing)) started_ms = now.raw;
  move_to(State::kOngoing, now);
  participants.insert(more.begin(), more.end());
}

bool Transaction::has_all(const std::vector<Participant>& asked) const {
  return std::ranges::all_of(asked, [&](const Participant& one) { return participants.contains(one); });
}

void Transaction::prepare(bool commit, bool bump, TimestampMs now) {
  move_to(commit ? State::kPrepareCommit : State::kPrepareAbort, now);
  client_version = bump ? 2 : 0;
  if (!bump) return;
  last_epoch = epoch;
  ++epoch;
}

void Transaction::complete(TimestampMs now) {
  move_to(is(State::kPrepareCommit) ? State::kCompleteCommit : State::kCompleteAbort, now);
  participants.clear();
  started_ms = -1;
  if (next_producer_id == kNoProducer) return;
  previous_producer_id = producer_id;
  producer_id = next_producer_id;
  next_producer_id = kNoProducer;
  last_epoch = kNoEpoch;
  epoch = 0;
}

void Transaction::fence() {
  if (epoch <= kEpochLast) ++epoch;
  last_epoch = kNoEpoch;
}

protocol::TransactionLogValue Transaction::to_record() const {
  protocol::TransactionLogValue value{.producer_id = producer_id,
                                      .previous_producer_id = previous_producer_id,
                                      .next_producer_id = next_producer_id,
                                      .producer_epoch = epoch,
                                      .transaction_timeout_ms = timeout_ms,
                                      .transaction_status = static_cast<std::int8_t>(state_),
                                      .transaction_last_update_timestamp_ms = updated_ms,
                                      .transaction_start_timestamp_ms = started_ms,
                                      .client_transaction_version = client_version};
  if (is(State::kEmpty)) {
    value.transaction_partitions.reset();  // as Kafka writes it
    return value;
  }
  for (const Participant& one : participants) {
    auto& topics = *value.transaction_partitions;
    if (topics.empty() || topics.back().topic != one.topic) topics.push_back({.topic = one.topic, .partition_ids = {}});
    topics.back().partition_ids.push_back(one.partition);
  }
  return value;
}

bool Transaction::restore(const protocol::TransactionLogValue& value) {
  if (value.transaction_status < 0 || value.transaction_status >= kStates) return false;
  state_ = static_cast<State>(value.transaction_status);
  producer_id = value.producer_id;
  previous_producer_id = value.previous_producer_id;
  next_producer_id = value.next_producer_id;
  epoch = value.producer_epoch;
  // Not stored: with version 2 every end bumped it, else a client that asks again is taken for another one, and fenced.
  last_epoch = value.client_transaction_version >= 2 && epoch > 0 ? static_cast<std::int16_t>(epoch - 1) : kNoEpoch;
  timeout_ms = value.transaction_timeout_ms;
  started_ms = value.transaction_start_timestamp_ms;
  updated_ms = value.transaction_last_update_timestamp_ms;
  client_version = value.client_transaction_version;
  participants.clear();
  if (!value.transaction_partitions) return true;
  for (const auto& topic : *value.transaction_partitions) {
    for (const std::int32_t partition : topic.partition_ids) participants.insert({topic.topic, partition});
  }
  return true;
}

}  // namespace takhin::broker::transactions
