#pragma once
// Kafka's records of __transaction_state: the key is the transactional id, the value all that is known of it.

#include "broker/record_store.h"
#include "broker/transactions/transaction.h"

namespace takhin::broker::transactions {

/// Version 1, which Kafka reads since 3.7.
StoredRecord transaction_record(const Transaction& transaction);
StoredRecord transaction_tombstone(const std::string& transactional_id);

/// The transactional id; nothing for a key of another kind. kCorrupt when it cannot be read.
Result<std::optional<std::string>> parse_key(View key);
Result<protocol::TransactionLogValue> parse_value(View value);

}  // namespace takhin::broker::transactions
