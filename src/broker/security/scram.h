#pragma once
// SCRAM: what is kept of a password, and the server's half of the exchange. Source: RFC 5802, RFC 7677; mechanism numbers and
// bounds of the iteration count are Kafka's (KIP-554).

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace takhin::broker::security {

enum class ScramMechanism : std::int8_t { kSha256 = 1, kSha512 = 2 };
inline constexpr ScramMechanism kScramMechanisms[] = {ScramMechanism::kSha256, ScramMechanism::kSha512};
std::string_view name_of(ScramMechanism mechanism);
std::optional<ScramMechanism> scram_mechanism(std::string_view name);

inline constexpr std::int32_t kIterationsMin = 4'096;
inline constexpr std::int32_t kIterationsMax = 16'384;
/// Longest salt that a client may choose; it is sent in every exchange.
inline constexpr std::size_t kSaltBytesMax = 256;
/// Longest message that a client may send in an exchange.
inline constexpr std::size_t kSaslMessageBytesMax = 64 * kKiB;

/// From which nobody can log in, only check who does.
struct ScramCredential {
  Bytes salt;
  std::int32_t iterations = 0;
  Bytes stored_key;
  Bytes server_key;
  bool operator==(const ScramCredential&) const = default;
};
ScramCredential credential_of_salted(ScramMechanism mechanism, View salted_password, Bytes salt, std::int32_t iterations);
/// Costs `iterations` hashes: milliseconds.
ScramCredential credential_of(ScramMechanism mechanism, std::string_view password, Bytes salt, std::int32_t iterations);
/// The same cost. In constant time but for that.
bool has_password(ScramMechanism mechanism, const ScramCredential& credential, std::string_view password);

/// One exchange with one client. One thread.
class ScramServer {
 public:
  using Find = std::function<std::optional<ScramCredential>(const std::string& user)>;
  /// `secret` makes the answers for users that do not exist: the same for the same name, so that nobody learns which do.
  ScramServer(ScramMechanism mechanism, Find find, View secret, Random& random);

  /// The next answer. kDenied: the client is not who it says it is, or breaks the protocol; the exchange is over.
  Result<Bytes> step(View message);
  bool done() const { return state_ == State::kDone; }
  /// Once done.
  const std::string& user() const { return user_; }

 private:
  enum class State { kFirst, kFinal, kDone, kFailed };
  Result<Bytes> first(std::string_view message);
  Result<Bytes> last(std::string_view message);

  const ScramMechanism mechanism_;
  const Find find_;
  const Bytes secret_;
  Random& random_;
  State state_ = State::kFirst;
  std::string user_;
  std::string header_;         // gs2
  std::string nonce_;          // our part
  std::string auth_message_;   // as far as it is known
  ScramCredential credential_;
  bool exists_ = false;
};

}  // namespace takhin::broker::security
