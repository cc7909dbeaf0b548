#pragma once
// The shared credentials and config files of the AWS tools, and what their profiles say: keys, roles to assume, programs to ask.

#include <map>
#include <memory>
#include <string>

#include "base/command.h"
#include "base/file.h"
#include "object/credentials.h"
#include "object/http.h"

namespace takhin::object {

/// One run of a credential_process, whatever its caller's deadline; its output is held to kCommandOutputMax.
inline constexpr auto kProcessTimeMax = std::chrono::seconds(10);
/// Profiles that name each other as source_profile.
inline constexpr int kProfilesInARowMax = 5;

/// Where the profile is ("Configuration and credential file settings", AWS SDKs reference).
struct ProfileSource {
  std::string credentials_path;
  std::string config_path;
  std::string profile;
  bool must_exist = false;  // somebody named it, so doing without it would be a surprise

  /// AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE and AWS_PROFILE of `environment`, else ~/.aws/credentials,
  /// ~/.aws/config, "default".
  static ProfileSource from(const Environment& environment);
};

/// What profiles need that hold no keys themselves. All borrowed.
struct ProfileWays {
  HttpTransport& sts;             // to STS, through the environment's proxies
  HttpTransport& beside;          // to the endpoints beside the machine
  CommandRunner* commands = nullptr;  // null: a profile with a credential_process is kInvalid
  Environment environment{};      // for credential_source, AWS_REGION, AWS_ENDPOINT_URL_STS and the PATH of programs
  std::string region{};           // of STS where neither the environment nor the profile names one
};

/// The keys that a program prints: `credential_process` of a profile. Each get() runs it. kInvalid when it cannot be started;
/// kUnavailable when it fails or takes more than kProcessTimeMax; kCorrupt when what it prints is no answer. No shell is
/// involved, and neither the command line nor what it prints is part of an error; its stderr is ours.
/// "Process credential provider", AWS SDKs reference.
class ProcessCredentials final : public CredentialsProvider {
 public:
  /// Borrows all but `line`. A program without a slash is looked for in `path`, as in the variable PATH.
  ProcessCredentials(std::string line, std::string path, FileSystem& fs, const Clock& clock, CommandRunner& commands);
  Result<Credentials> get(Deadline deadline) override;
  void refused(const Credentials&) override {}

 private:
  Result<std::string> found(const std::string& program) const;

  const std::string line_;
  const std::string path_;
  FileSystem& fs_;
  const Clock& clock_;
  CommandRunner& commands_;
};

/// One profile of the two files; a key in the credentials file wins. Any thread. A profile gives, in this order: the keys of
/// its role_arn, assumed with those of its source_profile or credential_source, or for its web_identity_token_file; its own
/// keys; what its credential_process prints. Keys that run out are asked for again in time, as RefreshingCredentials does. The
/// files are looked at again a minute after the last look, so that rotated keys are seen without a restart. kNotFound when
/// neither file has the profile or it has nothing of that; kInvalid when somebody named it, when it names what is not there, or
/// when it needs a person: a login (SSO) or a device (mfa_serial).
class ProfileCredentials final : public CredentialsProvider {
 public:
  /// Borrows `fs` and `clock`.
  ProfileCredentials(FileSystem& fs, Clock& clock, ProfileSource source, ProfileWays ways);
  ~ProfileCredentials() override;
  Result<Credentials> get(Deadline deadline) override;
  void refused(const Credentials& credentials) override;

 private:
  using Settings = std::map<std::string, std::string>;
  using Files = std::map<std::string, Settings>;  // by profile, as far as they were asked for
  using Provider = std::unique_ptr<CredentialsProvider>;
  struct State;

  Result<std::shared_ptr<CredentialsProvider>> at_hand();
  Result<const Settings*> settings_of(const std::string& profile, Files& seen) const;
  Result<Provider> provider_of(const std::string& profile, Files& seen, int depth) const;
  Result<Provider> role_of(const std::string& profile, const Settings& settings, Files& seen, int depth) const;
  Result<Provider> source_of(const std::string& profile, const Settings& settings, Files& seen, int depth) const;
  Result<Provider> keys_of(const std::string& profile, const Settings& settings) const;
  Environment for_web_identity(const Settings& settings) const;
  std::string region_of(const Settings& settings) const;

  FileSystem& fs_;
  Clock& clock_;
  const ProfileSource source_;
  const ProfileWays ways_;
  const std::unique_ptr<State> state_;
};

}  // namespace takhin::object
