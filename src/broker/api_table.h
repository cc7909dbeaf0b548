#pragma once
// The APIs that are served: one row each. ApiVersions, docs/compatibility.md and the dispatcher read it.

#include <span>

#include "broker/call.h"

namespace takhin::broker {

/// What an API asks of its caller's rights (Call::rights). Every row has to say so: there is no default.
struct Access {
  enum class Kind {
    kOpen,     // nothing
    kCluster,  // `operation` on the cluster: dispatch() asks, and `refuse` answers where that is not allowed
    kHandler,  // the handler asks, resource by resource
  };
  Kind kind;
  security::AclOperation operation;
  void (*refuse)(const CallPtr& call);

  static constexpr Access open() { return {Kind::kOpen}; }
  static constexpr Access by_handler() { return {Kind::kHandler}; }
  static constexpr Access cluster(security::AclOperation operation, void (*refuse)(const CallPtr&)) {
    return {Kind::kCluster, operation, refuse};
  }

 private:
  constexpr Access(Kind kind, security::AclOperation operation = security::AclOperation::kUnknown,
                   void (*refuse)(const CallPtr&) = nullptr)
      : kind(kind), operation(operation), refuse(refuse) {}
};

struct ApiRow {
  protocol::ApiKey key;
  void (*run)(const CallPtr& call);
  Access access;
  std::int16_t version_max = -1;  // -1: the newest stable one of Kafka
};

struct ServedApi {
  protocol::ApiKey key;
  std::string_view name;
  std::int16_t version_min = 0;  // decoded and answered
  std::int16_t version_max = 0;
  std::int16_t listed_min = 0;   // told to clients; lower than version_min where old clients need to see it
  Access::Kind access = Access::Kind::kHandler;
};

/// By key.
std::span<const ServedApi> served_apis();

/// Runs the request's handler, when the caller may ask for it at all; answers or closes where there is none.
void dispatch(const CallPtr& call);

}  // namespace takhin::broker
