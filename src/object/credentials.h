#pragma once
// Who we are to an object store.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
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

/// The shared credentials and config files of the AWS tools ("Configuration and credential file settings", AWS SDKs
/// reference).
struct ProfileSource {
  std::string credentials_path;
  std::string config_path;
  std::string profile;
  bool must_exist = false;  // somebody named it, so doing without it would be a surprise

  /// AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE and AWS_PROFILE of `environment`, else ~/.aws/credentials,
  /// ~/.aws/config, "default".
  static ProfileSource from(const Environment& environment);
};

/// One profile of the two files; the credentials file wins. Looked at again a minute after the last look, so that
/// rotated keys are seen without a restart. kNotFound when neither file has the profile or it has no keys; kInvalid
/// when somebody named it, or when it gets its keys in a way that takhin does not know (a role to assume, a login, an
/// external command).
class ProfileCredentials final : public CredentialsProvider {
 public:
  /// Borrows `fs` and `clock`.
  ProfileCredentials(FileSystem& fs, const Clock& clock, ProfileSource source);
  ~ProfileCredentials() override;
  Result<Credentials> get(Deadline deadline) override;
  void refused(const Credentials& credentials) override;

 private:
  struct State;
  Result<Credentials> read() const;

  FileSystem& fs_;
  const Clock& clock_;
  const ProfileSource source_;
  const std::unique_ptr<State> state_;
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
