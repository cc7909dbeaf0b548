#include "object/profiles.h"

#include <algorithm>
#include <mutex>

#include "base/text.h"
#include "object/credential_text.h"
#include "object/refreshing.h"
#include "object/remote_credentials.h"

namespace takhin::object {
namespace {

constexpr auto kLookAgainAfter = std::chrono::minutes(1);
constexpr std::uint64_t kFileBytesMax = kMiB;
/// What STS takes for DurationSeconds.
constexpr int kDurationSecondsMin = 900;
constexpr int kDurationSecondsMax = 43'200;

/// Settings of a profile that lead to keys only by way of a person's browser.
constexpr std::string_view kLogins[] = {"sso_session", "sso_start_url", "sso_account_id", "login_session"};

using Settings = std::map<std::string, std::string>;

std::string setting(const Settings& settings, const std::string& key) {
  const auto found = settings.find(key);
  return found == settings.end() ? std::string() : found->second;
}

Result<int> duration_of(const Settings& settings) {
  const std::string text = setting(settings, "duration_seconds");
  if (text.empty()) return 0;
  const auto seconds = number_of<int>(text);
  if (!seconds || *seconds < kDurationSecondsMin || *seconds > kDurationSecondsMax) {
    return fail(Kind::kInvalid, "duration_seconds is not {} to {}", kDurationSecondsMin, kDurationSecondsMax);
  }
  return *seconds;
}

}  // namespace

ProfileSource ProfileSource::from(const Environment& environment) {
  const std::string home = value_of(environment, "HOME");
  ProfileSource source{value_of(environment, "AWS_SHARED_CREDENTIALS_FILE"), value_of(environment, "AWS_CONFIG_FILE"),
                       value_of(environment, "AWS_PROFILE")};
  source.must_exist = !source.profile.empty();
  if (source.credentials_path.empty()) source.credentials_path = home + "/.aws/credentials";
  if (source.config_path.empty()) source.config_path = home + "/.aws/config";
  if (source.profile.empty()) source.profile = "default";
  return source;
}

ProcessCredentials::ProcessCredentials(std::string line, std::string path, FileSystem& fs, const Clock& clock,
                                       CommandRunner& commands)
    : line_(std::move(line)), path_(std::move(path)), fs_(fs), clock_(clock), commands_(commands) {}

Result<std::string> ProcessCredentials::found(const std::string& program) const {
  if (program.find('/') != std::string::npos) return program;
  for (std::string_view rest = path_; !rest.empty();) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const std::string candidate = fmt::format("{}/{}", rest.substr(0, colon), program);
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    if (candidate.starts_with('/') && fs_.stat(candidate).ok()) return candidate;
  }
  return fail(Kind::kInvalid, "{} is not in PATH", program);
}

Result<Credentials> ProcessCredentials::get(Deadline deadline) {
  TRY(auto words, words_of(line_).within("credential_process"));
  TRY(words.front(), found(words.front()).within("credential_process"));
  const auto answer = commands_.run(words, {}, std::min<std::chrono::nanoseconds>(deadline.left(clock_), kProcessTimeMax));
  if (!answer.ok()) {
    Error error = answer.error();
    if (error.kind == Kind::kNotFound || error.kind == Kind::kDenied) error.kind = Kind::kInvalid;
    return std::move(error).within("credential_process");
  }
  if (answer->exit_code != 0) {
    return fail(Kind::kUnavailable, "credential_process: {} ended with {}", words.front(), answer->exit_code);
  }
  return credentials_of_process(answer->output).within("credential_process");
}

struct ProfileCredentials::State {
  std::mutex mutex;
  bool looked = false;
  Steady looked_at{};
  Files seen;  // what the profile came to when it was looked at, and with it the profiles that it names
  std::optional<Error> failure;
  std::shared_ptr<CredentialsProvider> provider;
  std::string given;  // access key of the last answer
};

ProfileCredentials::ProfileCredentials(FileSystem& fs, Clock& clock, ProfileSource source, ProfileWays ways)
    : fs_(fs), clock_(clock), source_(std::move(source)), ways_(std::move(ways)), state_(std::make_unique<State>()) {}
ProfileCredentials::~ProfileCredentials() = default;

Result<Credentials> ProfileCredentials::get(Deadline deadline) {
  TRY(const auto provider, at_hand());
  auto answer = provider->get(deadline);  // without the lock: it may ask a service or run a program
  if (answer.ok()) {
    const std::lock_guard lock(state_->mutex);
    state_->given = answer->access_key;
  }
  return answer;
}

void ProfileCredentials::refused(const Credentials& credentials) {
  std::shared_ptr<CredentialsProvider> provider;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->given == credentials.access_key) state_->looked = false;
    provider = state_->provider;
  }
  if (provider != nullptr) provider->refused(credentials);
}

/// The provider that the files ask for. The same one as long as they say the same, for it remembers what it fetched.
Result<std::shared_ptr<CredentialsProvider>> ProfileCredentials::at_hand() {
  const std::lock_guard lock(state_->mutex);
  State& state = *state_;
  const Steady now = clock_.steady();
  if (!state.looked || now >= state.looked_at + kLookAgainAfter) {
    Files seen;
    auto made = provider_of(source_.profile, seen, 0).within("credentials");
    state.looked = true;
    state.looked_at = now;
    if (!made.ok()) {
      state.failure = made.error();
      state.provider.reset();
    } else if (state.provider == nullptr || seen != state.seen) {
      state.failure.reset();
      state.provider = std::make_shared<RefreshingCredentials>("profile " + source_.profile, *std::move(made), clock_);
    }
    state.seen = std::move(seen);
  }
  if (state.failure) return *state.failure;
  return state.provider;
}

/// The profile's settings of both files. Kept in `seen`, where they tell whether anything changed.
Result<const ProfileCredentials::Settings*> ProfileCredentials::settings_of(const std::string& profile, Files& seen) const {
  const auto section_in = [&](const std::string& path, const std::string& section) -> Result<Settings> {
    const auto info = fs_.stat(path);
    if (!info.ok() && info.error().kind == Kind::kNotFound) return Settings{};
    if (!info.ok()) return info.error();
    if (info->size > kFileBytesMax) return fail(Kind::kInvalid, "{} is larger than 1 MiB", path);
    TRY(const Bytes text, read_whole(fs_, path));
    return ini_section(text_of(text), section);
  };
  TRY(Settings settings, section_in(source_.config_path, profile == "default" ? profile : "profile " + profile));
  TRY(const Settings before, section_in(source_.credentials_path, profile));
  // Keys go together: half of them from each file would be nobody's.
  if (before.contains("aws_access_key_id") || before.contains("aws_secret_access_key")) {
    for (const char* key : {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"}) settings.erase(key);
  }
  for (const auto& [key, value] : before) settings[key] = value;
  return &(seen[profile] = std::move(settings));
}

Result<ProfileCredentials::Provider> ProfileCredentials::provider_of(const std::string& profile, Files& seen, int depth) const {
  if (depth >= kProfilesInARowMax) return fail(Kind::kInvalid, "more than {} profiles in a row", kProfilesInARowMax);
  TRY(const Settings* settings, settings_of(profile, seen));
  const bool has_source = settings->contains("source_profile") || settings->contains("credential_source");
  if (!settings->contains("role_arn")) return keys_of(profile, *settings);
  if (has_source) return role_of(profile, *settings, seen, depth).within(fmt::format("profile {}", profile));
  if (settings->contains("web_identity_token_file")) {
    return Provider(std::make_unique<WebIdentityCredentials>(for_web_identity(*settings), region_of(*settings), fs_, ways_.sts));
  }
  return keys_of(profile, *settings);
}

Result<ProfileCredentials::Provider> ProfileCredentials::role_of(const std::string& profile, const Settings& settings,
                                                                 Files& seen, int depth) const {
  if (settings.contains("mfa_serial")) {
    return fail(Kind::kInvalid, "its role asks for a code of an MFA device (mfa_serial), and a server has no one to type it");
  }
  TRY(const int duration, duration_of(settings));
  RoleToAssume role{.arn = setting(settings, "role_arn"),
                    .session = setting(settings, "role_session_name"),
                    .external_id = setting(settings, "external_id"),
                    .duration_seconds = duration};
  if (role.session.empty()) role.session = RoleToAssume{}.session;
  TRY(Provider source, source_of(profile, settings, seen, depth));
  return Provider(std::make_unique<RoleCredentials>(std::move(role), std::move(source), region_of(settings),
                                                    value_of(ways_.environment, "AWS_ENDPOINT_URL_STS"), clock_, ways_.sts));
}

Result<ProfileCredentials::Provider> ProfileCredentials::source_of(const std::string& profile, const Settings& settings,
                                                                   Files& seen, int depth) const {
  const std::string name = setting(settings, "source_profile"), kind = setting(settings, "credential_source");
  if (!name.empty() && !kind.empty()) return fail(Kind::kInvalid, "source_profile and credential_source exclude each other");
  if (name == profile) return keys_of(profile, settings);  // its own keys assume its role
  if (!name.empty()) {
    // Found here already: it leads back to where it came from.
    if (seen.contains(name)) return fail(Kind::kInvalid, "source_profile {} goes round in a circle", name);
    auto source = provider_of(name, seen, depth + 1);
    if (!source.ok() && source.error().kind == Kind::kNotFound) source.error().kind = Kind::kInvalid;
    return std::move(source).within("source_profile");
  }
  if (kind == "Environment") return Provider(std::make_unique<EnvironmentCredentials>(ways_.environment));
  if (kind == "EcsContainer") return Provider(std::make_unique<ContainerCredentials>(ways_.environment, fs_, ways_.beside));
  if (kind == "Ec2InstanceMetadata") return Provider(std::make_unique<InstanceCredentials>(ways_.environment, ways_.beside));
  return fail(Kind::kInvalid, "credential_source is not Environment, EcsContainer or Ec2InstanceMetadata");
}

/// Keys that stand in the profile, or that its program prints.
Result<ProfileCredentials::Provider> ProfileCredentials::keys_of(const std::string& profile, const Settings& settings) const {
  Credentials keys{setting(settings, "aws_access_key_id"), setting(settings, "aws_secret_access_key"),
                   setting(settings, "aws_session_token"), {}};
  if (keys.access_key.empty() != keys.secret_key.empty()) {
    return fail(Kind::kInvalid, "profile {} has only one of its two keys", profile);
  }
  if (!keys.access_key.empty()) return Provider(std::make_unique<StaticCredentials>(std::move(keys)));
  if (settings.contains("credential_process")) {
    if (ways_.commands == nullptr) return fail(Kind::kInvalid, "profile {}: nothing here runs its credential_process", profile);
    return Provider(std::make_unique<ProcessCredentials>(setting(settings, "credential_process"),
                                                         value_of(ways_.environment, "PATH"), fs_, clock_, *ways_.commands));
  }
  for (const auto login : kLogins) {
    if (!settings.contains(std::string(login))) continue;
    return fail(Kind::kInvalid,
                "profile {} needs a person who logs in ({}), which a server cannot do; a credential_process can hand on what "
                "another program logged in for",
                profile, login);
  }
  if (settings.contains("role_arn")) {
    return fail(Kind::kInvalid, "profile {} has a role_arn, but no source_profile or credential_source for it", profile);
  }
  const bool named = source_.must_exist || profile != source_.profile;
  return fail(named ? Kind::kInvalid : Kind::kNotFound, "no keys of profile {} in {} or {}", profile, source_.credentials_path,
              source_.config_path);
}

/// WebIdentityCredentials reads the variables of a process; a profile says the same under other names.
Environment ProfileCredentials::for_web_identity(const Settings& settings) const {
  return {{"AWS_WEB_IDENTITY_TOKEN_FILE", setting(settings, "web_identity_token_file")},
          {"AWS_ROLE_ARN", setting(settings, "role_arn")},
          {"AWS_ROLE_SESSION_NAME", setting(settings, "role_session_name")},
          {"AWS_ENDPOINT_URL_STS", value_of(ways_.environment, "AWS_ENDPOINT_URL_STS")}};
}

std::string ProfileCredentials::region_of(const Settings& settings) const {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (std::string region = value_of(ways_.environment, name); !region.empty()) return region;
  }
  const std::string own = setting(settings, "region");
  return own.empty() ? ways_.region : own;
}

}  // namespace takhin::object
