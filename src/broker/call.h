#pragma once
// One request on its way through the broker: its header, and the right to answer it once.

#include <memory>
#include <string>

#include "broker/broker.h"
#include "broker/net/connection.h"
#include "broker/security/session.h"
#include "protocol/api.h"

namespace takhin::broker {

/// Made and first run on its connection's core; answered from any thread, exactly once. Dropped unanswered it closes the
/// connection.
class Call {
 public:
  Call(Broker& broker, protocol::Request header, std::string peer, std::shared_ptr<security::Session> session,
       net::Responder respond);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Broker& broker;
  const protocol::Request header;  // its body ends with the handler's first call
  const std::string peer;          // "127.0.0.1:50312"
  const std::shared_ptr<security::Session> session;  // of the connection: on its core only
  std::int16_t version() const { return header.version; }
  std::string client_id() const { return header.client_id.value_or(""); }

  template <protocol::Message Response>
  void answer(const Response& response) {
    send(protocol::encode_response(header.version, header.correlation_id, response));
  }
  /// After which the connection ends.
  template <protocol::Message Response>
  void answer_last(const Response& response) {
    send(protocol::encode_response(header.version, header.correlation_id, response), true);
  }
  /// For the one API that answers in another version than it was asked in.
  template <protocol::Message Response>
  void answer_as(std::int16_t version, const Response& response) {
    send(protocol::encode_response(version, header.correlation_id, response));
  }
  /// Produce with acks=0.
  void answer_nothing();
  /// The protocol has no error for this: closes the connection with one log line.
  void refuse(std::string_view why);
  /// Runs `task` on the connection's core soon; drops it when the connection is gone.
  void post(std::function<void()> task) const { respond_.post(std::move(task)); }

 private:
  void send(protocol::Encoded encoded, bool last = false);
  void count();

  net::Responder respond_;
  const Steady arrived_;
};

using CallPtr = std::shared_ptr<Call>;

/// How an API is run: with its decoded request. `Records` in it borrow from the frame, which may be changed until run() returns.
template <protocol::Message Request, void (*run)(const CallPtr&, Request)>
void decoded(const CallPtr& call) {
  auto request = protocol::decode<Request>(call->header.body, call->version(), protocol::Rest::kIgnored);
  if (!request.ok()) return call->refuse(request.error().text);
  run(call, *std::move(request));
}

/// Runs `task` in `pool`; answers what `busy` makes when the pool is full or stopped.
template <class Task, class Busy>
void in_pool(WorkerPool& pool, Task task, Busy busy) {
  if (!pool.submit(std::move(task)).ok()) busy();
}

}  // namespace takhin::broker
