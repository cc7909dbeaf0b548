#include "object/credentials.h"

#include <mutex>

namespace takhin::object {
namespace {

constexpr auto kLookAgainAfter = std::chrono::minutes(1);
constexpr std::uint64_t kFileBytesMax = kMiB;

std::string value_of(const std::map<std::string, std::string>& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// The keys of one section of an INI file as the AWS tools write them: "[name]", "key = value", '#' and ';' comments;
/// indented lines belong to nested settings and are skipped.
std::map<std::string, std::string> section_of(std::string_view text, std::string_view section) {
  std::map<std::string, std::string> values;
  bool inside = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view raw = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view line = trimmed(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      inside = trimmed(line.substr(1, line.find(']') - 1)) == section;
      continue;
    }
    const auto equals = line.find('=');
    if (!inside || equals == std::string_view::npos || raw.front() == ' ' || raw.front() == '\t') continue;
    values[std::string(trimmed(line.substr(0, equals)))] = trimmed(line.substr(equals + 1));
  }
  return values;
}

}  // namespace

Result<Credentials> StaticCredentials::get(Deadline) {
  if (credentials_.access_key.empty()) return fail(Kind::kNotFound, "no access key configured");
  return credentials_;
}

EnvironmentCredentials::EnvironmentCredentials(const std::map<std::string, std::string>& environment)
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

ProfileSource ProfileSource::from(const std::map<std::string, std::string>& environment) {
  const std::string home = value_of(environment, "HOME");
  ProfileSource source{value_of(environment, "AWS_SHARED_CREDENTIALS_FILE"), value_of(environment, "AWS_CONFIG_FILE"),
                       value_of(environment, "AWS_PROFILE")};
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
    auto values = section_of(text_of(text), section);
    Credentials found{values["aws_access_key_id"], values["aws_secret_access_key"], values["aws_session_token"], {}};
    if (found.access_key.empty() && found.secret_key.empty()) continue;
    if (found.access_key.empty() || found.secret_key.empty()) {
      return fail(Kind::kInvalid, "credentials: profile {} in {} has only one of its two keys", source_.profile, path);
    }
    return found;
  }
  return fail(Kind::kNotFound, "no keys of profile {} in {} or {}", source_.profile, source_.credentials_path,
              source_.config_path);
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

}  // namespace takhin::object
