#include "broker/transactions/records.h"

#include "broker/stored_message.h"
#include "protocol/messages/transaction_log_key.h"

namespace takhin::broker::transactions {
namespace {
constexpr std::int16_t kKeyKind = 0;
constexpr std::int16_t kValueVersion = 1;
}  // namespace

StoredRecord transaction_record(const Transaction& transaction) {
  StoredRecord record = transaction_tombstone(transaction.id);
  record.value = stored_message(kValueVersion, transaction.to_record(), kValueVersion);
  return record;
}

StoredRecord transaction_tombstone(const std::string& transactional_id) {
  return {stored_message(kKeyKind, protocol::TransactionLogKey{.transactional_id = transactional_id}, 0), std::nullopt};
}

Result<std::optional<std::string>> parse_key(View key) {
  ByteReader in(key);
  const auto kind = in.be<std::int16_t>();
  if (!in.ok()) return fail(Kind::kCorrupt, "a key of {} bytes", key.size());
  if (kind != kKeyKind) return std::optional<std::string>();
  TRY(auto parsed, parse_stored<protocol::TransactionLogKey>(in.bytes(in.left()), 0));
  return std::optional(std::move(parsed.transactional_id));
}

Result<protocol::TransactionLogValue> parse_value(View value) {
  return parse_stored_value<protocol::TransactionLogValue>(value);
}

}  // namespace takhin::broker::transactions
