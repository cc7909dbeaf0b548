#include "broker/call.h"

#include "base/codec.h"
#include "base/log.h"

namespace takhin::broker {

Call::Call(Broker& broker, protocol::Request header, std::string peer, std::shared_ptr<security::Session> session,
           net::Responder respond, std::size_t frame_bytes)
    : broker(broker),
      header(std::move(header)),
      peer(std::move(peer)),
      session(std::move(session)),
      frame_bytes(frame_bytes),
      rights(broker.authorizer, this->session->user, this->peer),
      respond_(std::move(respond)),
      arrived_(broker.clock.steady()),
      limits_(broker.quotas.kinds()),
      user_(limits_ != 0 ? this->session->user : std::string()) {}

void Call::answer_nothing() {
  count();
  respond_.answer(net::Reply::none());
}

void Call::answer_bare(View bytes) {
  count();
  Bytes frame;
  ByteWriter out(frame);
  out.be(static_cast<std::int32_t>(bytes.size()));
  out.bytes(bytes);
  net::Reply reply;
  reply.pieces.emplace_back(std::move(frame));
  respond_.answer(std::move(reply));
}

void Call::refuse(std::string_view why) {
  tell_audit();
  broker.counters.rejected.add();
  log_info("broker", "connection {} closed: {} v{} from client '{}': {}", peer, header.api != nullptr ? header.api->name : "API",
           header.version, client_id(), why);
  respond_.answer(net::Reply::last());
}

void Call::send(protocol::Encoded encoded, bool last) {
  count();
  respond_.answer({.pieces = std::move(encoded.pieces), .close = last});
}

void Call::throttle(quotas::Quota quota, std::int32_t ms) {
  if (ms <= throttle_ms_) return;
  broker.quotas.throttled(quota, ms - throttle_ms_, throttle_ms_ == 0);
  throttle_ms_ = ms;
  respond_.hold(std::chrono::milliseconds(ms));
}

// Time on the connection's core only: what waits for disk or store keeps nobody else waiting.
std::int32_t Call::charge_time() {
  if (charged_ || !limited(quotas::Quota::kRequest)) return throttle_ms_;
  charged_ = true;
  using protocol::ApiKey;
  const ApiKey key = header.key;
  const bool free = key == ApiKey::kSaslHandshake || key == ApiKey::kSaslAuthenticate || key == ApiKey::kWriteTxnMarkers;
  if (free) return throttle_ms_;
  const std::int64_t ran = ran_ns_.load(std::memory_order_relaxed);
  const auto taken = static_cast<double>(ran >= 0 ? ran : (broker.clock.steady() - arrived_).count());
  constexpr double kPercentOfOneSecond = 100.0 / 1e9;
  throttle(quotas::Quota::kRequest, broker.quotas.record(quotas::Quota::kRequest, client(), taken * kPercentOfOneSecond));
  return throttle_ms_;
}

void Call::returned() {
  if (limited(quotas::Quota::kRequest)) ran_ns_.store((broker.clock.steady() - arrived_).count(), std::memory_order_relaxed);
}

void Call::changed(security::ResourceType type, std::string_view name, protocol::ErrorCode error) {
  std::string text = fmt::format("{} {}", name_of(type), security::quoted(name));
  if (error != protocol::ErrorCode::kNone) text += fmt::format(" ({})", name_of(error));
  changed_.add(std::move(text));
}

void Call::tell_audit() {
  if (rights.denied().empty() && changed_.empty()) return;
  const std::string_view api = header.api != nullptr ? header.api->name : "API";
  const auto who = fmt::format("{} from {} by {}", security::quoted(rights.principal()), rights.host(), api);
  if (!rights.denied().empty()) {
    broker.counters.authorization_denied.add();
    broker.audit.denied(fmt::format("{}: denied {}", who, rights.denied().text()));
  }
  if (!changed_.empty()) broker.audit.changed(fmt::format("{}: {}", who, changed_.text()));
}

void Call::count() {
  tell_audit();
  const auto& counters = broker.counters.of(header.key);
  counters.requests.add();
  counters.seconds.observe(std::chrono::duration<double>(broker.clock.steady() - arrived_).count());
}

}  // namespace takhin::broker
