#pragma once
// The handlers, one file per API. Each runs on its connection's core, never blocks it, and answers its call once.

#include "broker/call.h"

namespace takhin::broker::handlers {

void api_versions(const CallPtr& call);
void metadata(const CallPtr& call);
void create_topics(const CallPtr& call);
void delete_topics(const CallPtr& call);
void produce(const CallPtr& call);
void fetch(const CallPtr& call);
void list_offsets(const CallPtr& call);
void init_producer_id(const CallPtr& call);
void find_coordinator(const CallPtr& call);

}  // namespace takhin::broker::handlers
