// SaslHandshake, SaslAuthenticate: a client says who it is and proves it. Sources: KIP-43 (version 0 of the handshake,
// behind which tokens come bare), KIP-152 (tokens in Kafka's own frames), KIP-368 (again on the same connection), KIP-255
// (OAUTHBEARER).

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "broker/handlers/handlers.h"
#include "broker/security/credentials.h"
#include "broker/security/failures.h"
#include "broker/security/oauth.h"
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
constexpr std::int64_t kLifetimeMsMax = 100LL * 365 * 86'400'000;  // that a clock can add

void handshake(const CallPtr& call, SaslHandshakeRequest request) {
  const auto& offered = call->listener().mechanisms;
  Session& session = *call->session;
  SaslHandshakeResponse response;
  response.mechanisms = offered;
  const bool bare = call->version() < kFramedSince;
  if (offered.empty() || session.checking || (bare && session.authenticated)) {
    response.error_code = ErrorCode::kIllegalSaslState;
  } else if (std::ranges::find(offered, request.mechanism) == offered.end()) {
    response.error_code = ErrorCode::kUnsupportedSaslMechanism;
  } else {
    session.mechanism = request.mechanism;
    session.bare = bare;
    session.refused.clear();
    session.scram.reset();
    if (const auto scram = security::scram_mechanism(request.mechanism)) {
      auto& credentials = call->broker.credentials;
      const auto find = [&credentials, scram](const std::string& user) { return credentials.find(user, *scram); };
      session.scram.emplace(*scram, find, credentials.secret(), call->broker.random);
    }
  }
  call->answer(response);
}

std::string address_of(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

void answer(const CallPtr& call, Bytes bytes, std::int64_t lifetime_ms = 0) {
  if (call->session->bare) return call->answer_bare(bytes);
  SaslAuthenticateResponse response;
  response.error_message.reset();
  response.auth_bytes = std::move(bytes);
  response.session_lifetime_ms = lifetime_ms;
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
  const bool bare = std::exchange(session.bare, false);
  session.delay = call->broker.timers.after(call->broker.failures.add(address_of(call->peer)), [call, response, bare] {
    if (bare) call->refuse("its authentication failed");  // there is no answer for that
    else call->answer_last(response);
  });
}

/// `expires_ms`: of what it authenticated with; since 1970.
void accept(const CallPtr& call, const std::string& user, Bytes bytes, std::optional<std::int64_t> expires_ms = std::nullopt) {
  Session& session = *call->session;
  const bool again = session.authenticated;
  session.checking = false;
  if (again && session.user != user) return refuse(call, user, fmt::format("the connection is that of '{}'", session.user));
  std::int64_t lifetime = call->broker.options.reauth_ms_max;
  if (expires_ms) {
    const std::int64_t left = std::max<std::int64_t>(*expires_ms - call->broker.clock.wall().raw, 1);
    lifetime = lifetime > 0 ? std::min(lifetime, left) : left;
  }
  session.authenticated = true;
  session.user = user;
  session.mechanism.clear();
  session.scram.reset();
  session.expires.reset();
  if (lifetime > 0) session.expires = call->broker.clock.steady() + std::chrono::milliseconds(std::min(lifetime, kLifetimeMsMax));
  answer(call, std::move(bytes), lifetime);
  session.bare = false;
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

/// A refused token is told in two steps (RFC 7628): why, and the end once the client has seen that.
void refuse_token(const CallPtr& call, const std::string& why) {
  call->session->checking = false;
  call->session->refused = why;
  answer(call, copy_of(view_of(security::kInvalidToken)));
}

void authenticate_token(const CallPtr& call, std::string_view text) {
  if (!call->session->refused.empty()) return refuse(call, "", call->session->refused);
  auto message = security::parse_oauth_message(text);
  if (!message.ok() || text.size() > security::kSaslMessageBytesMax) return refuse(call, "", "OAUTHBEARER: message");
  call->session->checking = true;
  in_pool(
      call->broker.token_checks,
      [call, message = *std::move(message)] {
        auto token = call->broker.tokens->check(message.token);
        if (token.ok() && !message.acts_as.empty() && message.acts_as != token->principal) {
          token = fail(Kind::kDenied, "the token is that of '{}'", printable(token->principal));
        }
        call->post([call, token = std::move(token)] {
          token.ok() ? accept(call, token->principal, {}, token->expires_ms) : refuse_token(call, token.error().text);
        });
      },
      [&] { refuse(call, "", "too many are being authenticated"); });
}

void authenticate(const CallPtr& call, SaslAuthenticateRequest request) {
  Session& session = *call->session;
  if (session.mechanism.empty() || session.checking) {
    SaslAuthenticateResponse response;
    response.error_code = ErrorCode::kIllegalSaslState;
    response.error_message = "SaslAuthenticate without a SaslHandshake before it";
    session.failed = true;
    if (session.bare) return call->refuse("it sends more before an answer");
    return call->answer_last(response);
  }
  if (session.mechanism == security::kOAuthBearer) return authenticate_token(call, text_of(request.auth_bytes));
  if (!session.scram) return authenticate_plain(call, text_of(request.auth_bytes));
  auto step = session.scram->step(request.auth_bytes);
  const std::string user = session.scram->user();
  if (!step.ok()) return refuse(call, user, step.error().text);
  if (session.scram->done()) return accept(call, user, *std::move(step));
  answer(call, *std::move(step));
}

}  // namespace

void sasl_handshake(const CallPtr& call) { decoded<SaslHandshakeRequest, handshake>(call); }
void sasl_authenticate(const CallPtr& call) { decoded<SaslAuthenticateRequest, authenticate>(call); }
void sasl_bare(const CallPtr& call) { authenticate(call, {.auth_bytes = copy_of(call->header.body)}); }

}  // namespace takhin::broker::handlers
