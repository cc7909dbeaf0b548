// DescribeClientQuotas (KIP-546): no quota can be set here, so none is listed. Tools ask for them beside other things of a user.

#include "broker/handlers/handlers.h"
#include "protocol/messages/describe_client_quotas.h"

namespace takhin::broker::handlers {
namespace {

using protocol::DescribeClientQuotasRequest;
using protocol::DescribeClientQuotasResponse;

void describe(const CallPtr& call, DescribeClientQuotasRequest) {
  DescribeClientQuotasResponse response;
  response.error_message.reset();
  response.entries.emplace();
  call->answer(response);
}

}  // namespace

void describe_client_quotas(const CallPtr& call) { decoded<DescribeClientQuotasRequest, describe>(call); }

}  // namespace takhin::broker::handlers
