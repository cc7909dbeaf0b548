// SaslHandshake, SaslAuthenticate: a client says who it is and proves it. Sources: KIP-43, KIP-152 (exchanges in Kafka's own
// frames), KIP-368 (again on the same connection). The bare exchange that follows version 0 of the handshake is not supported.

#include <algorithm>

#include "base/log.h"
#include "broker/handlers/handlers.h"
#include "broker/security/credentials.h"
#include "broker/security/session.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"

namespace takhin::broker::handlers {
namespace {

using protocol::ErrorCode;
using protocol::SaslAuthenticateRequest;
using protocol::SaslAuthenticateResponse;
using protocol::SaslHandshakeRequest;
using protocol::SaslHandshakeResponse;
using security::Session;

constexpr std::int16_t kFramedSince = 1;  // of the handshake
/// connection.failed.authentication.delay.ms: guessing is slow.
constexpr std::chrono::milliseconds kFailureDelay{100};

void handshake(const CallPtr& call, SaslHandshakeRequest request) {
  const auto& offered = call->listener().mechanisms;
  Session& session = *call->session;
  SaslHandshakeResponse response;
  response.mechanisms = offered;
  if (offered.empty() || call->version() < kFramedSince || session.checking) {
    response.error_code = ErrorCode::kIllegalSaslState;
  } else if (std::ranges::find(offered, request.mechanism) == offered.end()) {
    response.error_code = ErrorCode::kUnsupportedSaslMechanism;
  } else {
    session.mechanism = request.mechanism;
    session.scram.reset();
    if (const auto scram = security::scram_mechanism(request.mechanism)) {
      auto& credentials = call->broker.credentials;
      const auto find = [&credentials, scram](const std::string& user) { return credentials.find(user, *scram); };
      session.scram.emplace(*scram, find, credentials.secret(), call->broker.random);
    }
  }
  call->answer(response);
}

/// The answer comes late, and then the connection ends. The client learns no more than that it failed.
void refuse(const CallPtr& call, const std::string& user, const std::string& why) {
  Session& session = *call->session;
  const std::string mechanism = std::exchange(session.mechanism, "");
  session.scram.reset();
  session.authenticated = false;
  session.checking = false;
  session.failed = true;
  call->broker.counters.authentication_failed.add();
  log_warn("audit", "connection {}: authentication as '{}' by {} failed: {}", call->peer, user, mechanism, why);
  SaslAuthenticateResponse response;
  response.error_code = ErrorCode::kSaslAuthenticationFailed;
  response.error_message =
      fmt::format("Authentication failed during authentication due to invalid credentials with SASL mechanism {}", mechanism);
  session.delay = call->broker.timers.after(kFailureDelay, [call, response] { call->answer_last(response); });
}

void accept(const CallPtr& call, const std::string& user, Bytes bytes) {
  Session& session = *call->session;
  const bool again = session.authenticated;
  session.checking = false;
  if (again && session.user != user) return refuse(call, user, fmt::format("the connection is that of '{}'", session.user));
  const std::int64_t lifetime = call->broker.options.reauth_ms_max;
  session.authenticated = true;
  session.user = user;
  session.mechanism.clear();
  session.scram.reset();
  if (lifetime > 0) session.expires = call->broker.clock.steady() + std::chrono::milliseconds(lifetime);
  SaslAuthenticateResponse response;
  response.error_message.reset();
  response.auth_bytes = std::move(bytes);
  response.session_lifetime_ms = lifetime;
  call->answer(response);
}

/// RFC 4616: whom to act as, who it is, the password; a zero byte between them.
void authenticate_plain(const CallPtr& call, std::string_view message) {
  const auto first = message.find('\0');
  const auto second = first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (second == std::string_view::npos || message.size() > security::kSaslMessageBytesMax) {
    return refuse(call, "", "PLAIN: message");
  }
  const std::string acts_as(message.substr(0, first));
  const std::string user(message.substr(first + 1, second - first - 1));
  std::string password(message.substr(second + 1));
  if (user.empty() || password.empty() || (!acts_as.empty() && acts_as != user)) return refuse(call, user, "PLAIN: message");
  call->session->checking = true;
  in_pool(
      call->broker.passwords,
      [call, user, password = std::move(password)] {
        const bool right = call->broker.credentials.check_password(user, password);
        call->post([call, user, right] { right ? accept(call, user, {}) : refuse(call, user, "wrong user or password"); });
      },
      [&] { refuse(call, user, "too many are being authenticated"); });
}

void authenticate(const CallPtr& call, SaslAuthenticateRequest request) {
  Session& session = *call->session;
  if (session.mechanism.empty() || session.checking) {
    SaslAuthenticateResponse response;
    response.error_code = ErrorCode::kIllegalSaslState;
    response.error_message = "SaslAuthenticate without a SaslHandshake before it";
    session.failed = true;
    return call->answer_last(response);
  }
  if (!session.scram) return authenticate_plain(call, text_of(request.auth_bytes));
  auto answer = session.scram->step(request.auth_bytes);
  const std::string user = session.scram->user();
  if (!answer.ok()) return refuse(call, user, answer.error().text);
  if (session.scram->done()) return accept(call, user, *std::move(answer));
  SaslAuthenticateResponse response;
  response.error_message.reset();
  response.auth_bytes = *std::move(answer);
  call->answer(response);
}

}  // namespace

void sasl_handshake(const CallPtr& call) { decoded<SaslHandshakeRequest, handshake>(call); }
void sasl_authenticate(const CallPtr& call) { decoded<SaslAuthenticateRequest, authenticate>(call); }

}  // namespace takhin::broker::handlers
