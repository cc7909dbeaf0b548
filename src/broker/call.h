#pragma once
// One request on its way through the broker: its header, and the right to answer it once.

#include <atomic>
#include <memory>
#include <string>

#include "broker/broker.h"
#include "broker/net/connection.h"
#include "broker/quotas/quotas.h"
#include "broker/security/rights.h"
#include "broker/security/session.h"
#include "protocol/api.h"

namespace takhin::broker {

/// Made and first run on its connection's core; answered from any thread, exactly once. Dropped unanswered it closes the
/// connection.
class Call {
 public:
  Call(Broker& broker, protocol::Request header, std::string peer, std::shared_ptr<security::Session> session,
       net::Responder respond, std::size_t frame_bytes);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Broker& broker;
  const protocol::Request header;  // its body ends with the handler's first call
  const std::string peer;          // "127.0.0.1:50312"
  const std::shared_ptr<security::Session> session;  // of the connection: on its core only
  const std::size_t frame_bytes;   // of the request, header included
  security::Rights rights;         // one thread at a time, until it is answered
  std::int16_t version() const { return header.version; }
  /// On which the client came: what it is told to connect to.
  const ListenerSpec& listener() const { return broker.listeners.at(session->listener); }
  std::string client_id() const { return header.client_id.value_or(""); }

  template <protocol::Message Response>
  void answer(const Response& response) {
    answer_in(header.version, response, false);
  }
  /// After which the connection ends.
  template <protocol::Message Response>
  void answer_last(const Response& response) {
    answer_in(header.version, response, true);
  }
  /// A frame without a header: SASL behind version 0 of the handshake.
  void answer_bare(View bytes);
  /// For the one API that answers in another version than it was asked in.
  template <protocol::Message Response>
  void answer_as(std::int16_t version, const Response& response) {
    answer_in(version, response, false);
  }
  /// A resource was changed, or was not for the `error`: for the audit log.
  void changed(security::ResourceType type, std::string_view name, protocol::ErrorCode error = protocol::ErrorCode::kNone);
  /// Produce with acks=0.
  void answer_nothing();
  /// The protocol has no error for this: closes the connection with one log line.
  void refuse(std::string_view why);
  /// Runs `task` on the connection's core soon; drops it when the connection is gone.
  void post(std::function<void()> task) const { respond_.post(std::move(task)); }

  // ---- quotas; by one thread at a time, as all that leads to the answer
  /// Somebody had a limit of this kind when the request came. False costs nothing: then do nothing.
  bool limited(quotas::Quota quota) const { return (limits_ >> static_cast<unsigned>(quota) & 1U) != 0; }
  quotas::Client client() const { return {user_, header.client_id ? std::string_view(*header.client_id) : std::string_view{}}; }
  /// The client is over this quota: its answer says for how long, and its connection is not read for as long (KIP-219). Of
  /// several the longest holds.
  void throttle(quotas::Quota quota, std::int32_t ms);
  /// Charges the time that the request took so far; once, at the latest with the answer. What throttle() has come to.
  std::int32_t charge_time();
  /// The handler's first call has ended. For who dispatches.
  void returned();

 private:
  template <protocol::Message Response>
  void answer_in(std::int16_t version, const Response& response, bool last) {
    const std::int32_t wait = limits_ == 0 ? 0 : charge_time();
    if constexpr (requires { response.throttle_time_ms; }) {
      if (wait > 0) {
        Response told = response;
        told.throttle_time_ms = wait;
        return send(protocol::encode_response(version, header.correlation_id, told), last);
      }
    }
    send(protocol::encode_response(version, header.correlation_id, response), last);
  }
  void send(protocol::Encoded encoded, bool last);
  void count();
  void tell_audit();

  net::Responder respond_;
  const Steady arrived_;
  const std::uint8_t limits_;  // Quotas::kinds() at arrival
  const std::string user_;     // only with limits
  bool charged_ = false;
  std::int32_t throttle_ms_ = 0;
  std::atomic<std::int64_t> ran_ns_{-1};  // of the handler's first call; -1: it still runs
  security::AuditNames changed_;
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
