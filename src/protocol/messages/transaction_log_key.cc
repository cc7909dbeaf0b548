// Made by tools/protocol_gen.py from Kafka's message schemas. Do not edit.

#include "protocol/messages/transaction_log_key.h"

#include <cstddef>

#include "protocol/table.h"

namespace takhin::protocol {

const Table& TransactionLogKey::table() {
  using S = TransactionLogKey;
  static constexpr Row rows[] = {
      {"TransactionalId", offsetof(S, transactional_id), kShape<decltype(S::transactional_id)>, {}},
  };
  static constexpr Table table{"TransactionLogKey", rows, 0, 0, kNever,
                               &prototype_of<S>, &make_one<S>};
  return table;
}

}  // namespace takhin::protocol
