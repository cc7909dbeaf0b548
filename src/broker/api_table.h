#pragma once
// The APIs that are served: one row each. ApiVersions, docs/compatibility.md and the dispatcher read it.

#include <span>

#include "broker/call.h"

namespace takhin::broker {

struct ApiRow {
  protocol::ApiKey key;
  void (*run)(const CallPtr& call);
  std::int16_t version_max = -1;  // -1: the newest stable one of Kafka
};

struct ServedApi {
  protocol::ApiKey key;
  std::string_view name;
  std::int16_t version_min = 0;  // decoded and answered
  std::int16_t version_max = 0;
  std::int16_t listed_min = 0;   // told to clients; lower than version_min where old clients need to see it
};

/// By key.
std::span<const ServedApi> served_apis();

/// Runs the request's handler; answers or closes where there is none.
void dispatch(const CallPtr& call);

}  // namespace takhin::broker
