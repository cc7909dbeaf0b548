#include "broker/call.h"

#include "base/log.h"

namespace takhin::broker {

Call::Call(Broker& broker, protocol::Request header, std::string peer, std::shared_ptr<security::Session> session,
           net::Responder respond)
    : broker(broker),
      header(std::move(header)),
      peer(std::move(peer)),
      session(std::move(session)),
      respond_(std::move(respond)),
      arrived_(broker.clock.steady()) {}

void Call::answer_nothing() {
  count();
  respond_.answer(net::Reply::none());
}

void Call::refuse(std::string_view why) {
  broker.counters.rejected.add();
  log_info("broker", "connection {} closed: {} v{} from client '{}': {}", peer, header.api != nullptr ? header.api->name : "API",
           header.version, client_id(), why);
  respond_.answer(net::Reply::last());
}

void Call::send(protocol::Encoded encoded, bool last) {
  count();
  respond_.answer({.pieces = std::move(encoded.pieces), .close = last});
}

void Call::count() {
  const auto& counters = broker.counters.of(header.key);
  counters.requests.add();
  counters.seconds.observe(std::chrono::duration<double>(broker.clock.steady() - arrived_).count());
}

}  // namespace takhin::broker
