#include "object/credentials.h"

#include <mutex>

#include "object/credential_text.h"

namespace takhin::object {
namespace {

constexpr auto kLookAgainAfter = std::chrono::minutes(1);
constexpr std::uint64_t kFileBytesMax = kMiB;

/// Settings of a profile that name a way to keys we do not go.
constexpr std::string_view kUnknownWays[] = {"role_arn", "credential_process", "sso_session", "sso_start_url",
                                             "login_session"};

}  // namespace

Result<Credentials> StaticCredentials::get(Deadline) {
  if (credentials_.access_key.empty()) return fail(Kind::kNotFound, "no access key configured");
  return credentials_;
}

EnvironmentCredentials::EnvironmentCredentials(const Environment& environment)
    : credentials_{value_of(environment, "AWS_ACCESS_KEY_ID"), value_of(environment, "AWS_SECRET_ACCESS_KEY"),
                   value_of(environment, "AWS_SESSION_TOKEN"), std::nullopt} {}

Result<Credentials> EnvironmentCredentials::get(Deadline) {
  if (credentials_.access_key.empty() && credentials_.secret_key.empty()) {
    return fail(Kind::kNotFound, "AWS_ACCESS_KEY_ID is not set");
  }
  if (credentials_.access_key.empty() || credentials_.secret_key.empty()) {
    return fail(Kind::kInvalid, "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set");
  }
  return credentials_;
}

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

struct ProfileCredentials::State {
  std::mutex mutex;
  std::optional<Result<Credentials>> last;
  Steady looked_at{};
};

ProfileCredentials::ProfileCredentials(FileSystem& fs, const Clock& clock, ProfileSource source)
    : fs_(fs), clock_(clock), source_(std::move(source)), state_(std::make_unique<State>()) {}
ProfileCredentials::~ProfileCredentials() = default;

Result<Credentials> ProfileCredentials::get(Deadline) {
  const std::lock_guard lock(state_->mutex);
  const Steady now = clock_.steady();
  if (!state_->last || now >= state_->looked_at + kLookAgainAfter) {
    state_->last = read();
    state_->looked_at = now;
  }
  return *state_->last;
}

void ProfileCredentials::refused(const Credentials& credentials) {
  const std::lock_guard lock(state_->mutex);
  if (state_->last && state_->last->ok() && (*state_->last)->access_key == credentials.access_key) state_->last.reset();
}

Result<Credentials> ProfileCredentials::read() const {
  const bool is_default = source_.profile == "default";
  const std::pair<std::string, std::string> places[] = {
      {source_.credentials_path, source_.profile},
      {source_.config_path, is_default ? source_.profile : "profile " + source_.profile},
  };
  for (const auto& [path, section] : places) {
    const auto info = fs_.stat(path);
    if (!info.ok() && info.error().kind == Kind::kNotFound) continue;
    if (!info.ok()) return Result<Credentials>(info.error()).within("credentials");
    if (info->size > kFileBytesMax) return fail(Kind::kInvalid, "credentials: {} is larger than 1 MiB", path);
    TRY(const Bytes text, read_whole(fs_, path).within("credentials"));
    auto values = ini_section(text_of(text), section);
    Credentials found{values["aws_access_key_id"], values["aws_secret_access_key"], values["aws_session_token"], {}};
    if (found.access_key.empty() && found.secret_key.empty()) {
      for (const auto way : kUnknownWays) {
        if (!values.contains(std::string(way))) continue;
        return fail(Kind::kInvalid, "credentials: profile {} in {} has no keys but {}, which takhin does not follow",
                    source_.profile, path, way);
      }
      continue;
    }
    if (found.access_key.empty() || found.secret_key.empty()) {
      return fail(Kind::kInvalid, "credentials: profile {} in {} has only one of its two keys", source_.profile, path);
    }
    return found;
  }
  return fail(source_.must_exist ? Kind::kInvalid : Kind::kNotFound, "no keys of profile {} in {} or {}",
              source_.profile, source_.credentials_path, source_.config_path);
}

Result<Credentials> CredentialsChain::get(Deadline deadline) {
  std::string tried;
  for (const auto& source : sources_) {
    auto found = source->get(deadline);
    if (found.ok() || found.error().kind != Kind::kNotFound) return found;
    tried += tried.empty() ? found.error().text : "; " + found.error().text;
  }
  return fail(Kind::kNotFound, "no credentials: {}", tried);
}

void CredentialsChain::refused(const Credentials& credentials) {
  for (const auto& source : sources_) source->refused(credentials);
}

}  // namespace takhin::object
