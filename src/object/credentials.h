#pragma once
// Who we are to an object store.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace takhin::object {

/// There is no formatter on purpose: only the signer reads the secret.
struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;           // empty for long-lived keys
  std::optional<TimestampMs> expires;  // temporary ones only
};

/// The variables of a process, as an argument.
using Environment = std::map<std::string, std::string>;

/// A source of credentials. Any thread.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  /// Called for each request, so it answers from memory unless what it has runs out. kNotFound: this source has none,
  /// ask the next; kUnavailable: it should have some but cannot be reached; kDenied: it refuses; kInvalid: its
  /// configuration is wrong; kCorrupt: its answer makes no sense. No text ever holds a secret.
  virtual Result<Credentials> get(Deadline deadline) = 0;
  /// A store says that `credentials`, which get() answered, have expired or are unknown: the next get() looks afresh
  /// where that may bring others. Makes no request.
  virtual void refused(const Credentials& credentials) = 0;
};

/// Always the same ones; kNotFound when the access key is empty.
class StaticCredentials final : public CredentialsProvider {
 public:
  explicit StaticCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<Credentials> get(Deadline deadline) override;
  void refused(const Credentials&) override {}

 private:
  const Credentials credentials_;
};

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of `environment`, read once.
class EnvironmentCredentials final : public CredentialsProvider {
 public:
  explicit EnvironmentCredentials(const Environment& environment);
  Result<Credentials> get(Deadline deadline) override;
  void refused(const Credentials&) override {}

 private:
  Credentials credentials_;
};

/// The first source that has some. kNotFound only when all have none; another error of a source ends the search, for an
/// operator who configured it would not want the next one instead.
class CredentialsChain final : public CredentialsProvider {
 public:
  explicit CredentialsChain(std::vector<std::unique_ptr<CredentialsProvider>> sources) : sources_(std::move(sources)) {}
  Result<Credentials> get(Deadline deadline) override;
  void refused(const Credentials& credentials) override;

 private:
  const std::vector<std::unique_ptr<CredentialsProvider>> sources_;
};

}  // namespace takhin::object
