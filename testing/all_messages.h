#pragma once
// Every message that has a table.

#include <vector>

#include "protocol/api.h"
#include "protocol/messages/consumer_group_current_member_assignment_key.h"
#include "protocol/messages/consumer_group_current_member_assignment_value.h"
#include "protocol/messages/consumer_group_member_metadata_key.h"
#include "protocol/messages/consumer_group_member_metadata_value.h"
#include "protocol/messages/consumer_group_metadata_key.h"
#include "protocol/messages/consumer_group_metadata_value.h"
#include "protocol/messages/consumer_group_regular_expression_key.h"
#include "protocol/messages/consumer_group_regular_expression_value.h"
#include "protocol/messages/consumer_group_target_assignment_member_key.h"
#include "protocol/messages/consumer_group_target_assignment_member_value.h"
#include "protocol/messages/consumer_group_target_assignment_metadata_key.h"
#include "protocol/messages/consumer_group_target_assignment_metadata_value.h"
#include "protocol/messages/group_metadata_key.h"
#include "protocol/messages/group_metadata_value.h"
#include "protocol/messages/offset_commit_key.h"
#include "protocol/messages/offset_commit_value.h"
#include "protocol/messages/request_header.h"
#include "protocol/messages/response_header.h"
#include "protocol/messages/transaction_log_key.h"
#include "protocol/messages/transaction_log_value.h"
#include "protocol/table.h"

namespace takhin::testing {

inline std::vector<const protocol::Table*> all_messages() {
  std::vector<const protocol::Table*> tables{
      &protocol::RequestHeader::table(),
      &protocol::ResponseHeader::table(),
      &protocol::OffsetCommitKey::table(),
      &protocol::OffsetCommitValue::table(),
      &protocol::GroupMetadataKey::table(),
      &protocol::GroupMetadataValue::table(),
      &protocol::ConsumerGroupCurrentMemberAssignmentKey::table(),
      &protocol::ConsumerGroupCurrentMemberAssignmentValue::table(),
      &protocol::ConsumerGroupMemberMetadataKey::table(),
      &protocol::ConsumerGroupMemberMetadataValue::table(),
      &protocol::ConsumerGroupMetadataKey::table(),
      &protocol::ConsumerGroupMetadataValue::table(),
      &protocol::ConsumerGroupRegularExpressionKey::table(),
      &protocol::ConsumerGroupRegularExpressionValue::table(),
      &protocol::ConsumerGroupTargetAssignmentMemberKey::table(),
      &protocol::ConsumerGroupTargetAssignmentMemberValue::table(),
      &protocol::ConsumerGroupTargetAssignmentMetadataKey::table(),
      &protocol::ConsumerGroupTargetAssignmentMetadataValue::table(),
      &protocol::TransactionLogKey::table(),
      &protocol::TransactionLogValue::table(),
  };
  for (const protocol::ApiInfo& api : protocol::apis()) {
    tables.push_back(api.request);
    tables.push_back(api.response);
  }
  return tables;
}

/// Encoded as one buffer; must not contain files.
inline Bytes encode_flat(const protocol::Table& table, const void* message, std::int16_t version) {
  protocol::Encoded out;
  protocol::encode(table, message, version, out);
  auto bytes = protocol::flatten(out);
  TAKHIN_ASSERT(bytes.ok() && bytes->size() == out.size, "pieces add up");
  return *std::move(bytes);
}

}  // namespace takhin::testing
