#pragma once
// What the handlers of group requests share.

#include "broker/call.h"
#include "broker/groups/coordinator.h"

namespace takhin::broker::handlers {

groups::Caller caller_of(const Call& call);

}  // namespace takhin::broker::handlers
