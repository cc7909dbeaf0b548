#include "broker/security/oauth.h"

#include <algorithm>

#include "base/log.h"

namespace takhin::broker::security {
namespace {

constexpr char kSeparator = '\x01';
constexpr std::string_view kFileScheme = "file://";
constexpr std::chrono::milliseconds kFilePause{5'000};
constexpr std::chrono::milliseconds kRetryPause{10'000};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_value(char c) { return (c >= 0x20 && c <= 0x7e) || c == '\t' || c == '\r' || c == '\n'; }
bool is_token(char c) { return is_letter(c) || (c >= '0' && c <= '9') ||
    std::string_view("-._~+/=").find(c) != std::string_view::npos; }

/// RFC 5801: "=2C" is a comma, "=3D" an equals sign.
std::optional<std::string> sasl_name(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',' || text[i] == '\0') return std::nullopt;
    if (text[i] != '=') {
      out += text[i];
    } else if (text.substr(i, 3) == "=2C" || text.substr(i, 3) == "=3D") {
      out += text[i + 1] == '2' ? ',' : '=';
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

/// "Bearer abc"; the scheme in any case (RFC 6750).
std::optional<std::string> bearer_of(std::string_view text) {
  constexpr std::string_view kScheme = "bearer";
  if (text.size() <= kScheme.size() || !std::ranges::equal(text.substr(0, kScheme.size()), kScheme, {}, [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      })) {
    return std::nullopt;
  }
  text.remove_prefix(kScheme.size());
  const auto begin = text.find_first_not_of(' ');
  if (begin == 0 || begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin);
  if (!std::ranges::all_of(text, is_token)) return std::nullopt;
  return std::string(text);
}

}  // namespace

Result<OAuthMessage> parse_oauth_message(std::string_view message) {
  const auto wrong = [] { return fail(Kind::kInvalid, "OAUTHBEARER: message"); };
  OAuthMessage out;
  if (!message.starts_with("n,")) return wrong();  // no channel binding
  message.remove_prefix(2);
  const auto header = message.find(std::string{',', kSeparator});
  if (header == std::string_view::npos) return wrong();
  if (header > 0) {
    const auto name = message.starts_with("a=") ? sasl_name(message.substr(2, header - 2)) : std::nullopt;
    if (!name || name->empty()) return wrong();
    out.acts_as = *name;
  }
  message.remove_prefix(header + 2);
  for (;;) {
    const auto end = message.find(kSeparator);
    if (end == std::string_view::npos) return wrong();
    const auto pair = message.substr(0, end);
    message.remove_prefix(end + 1);
    if (pair.empty()) break;
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) return wrong();
    const auto key = pair.substr(0, equals), value = pair.substr(equals + 1);
    if (!std::ranges::all_of(key, is_letter) || value.empty() || !std::ranges::all_of(value, is_value)) return wrong();
    if (key == "auth") {
      auto token = bearer_of(value);
      if (!token || !out.token.empty()) return wrong();
      out.token = *std::move(token);
    } else if (out.extensions.size() == kSaslExtensionsMax || !out.extensions.emplace(key, value).second) {
      return wrong();
    }
  }
  if (!message.empty() || out.token.empty()) return wrong();
  return out;
}

bool Tokens::in_file() const { return options_.jwks_url.starts_with('/') || options_.jwks_url.starts_with(kFileScheme); }

Result<Bytes> Tokens::read() const {
  if (!in_file()) return get_(options_.jwks_url);
  const std::string path = options_.jwks_url.substr(options_.jwks_url.starts_with('/') ? 0 : kFileScheme.size());
  TRY(const auto info, files_.stat(path));
  if (info.size > kJwksBytesMax) return fail(Kind::kInvalid, "{}: more than {} bytes", path, kJwksBytesMax);
  return read_whole(files_, path);
}

Result<> Tokens::load() {
  TRY(Bytes data, read());
  if (data == loaded_) return done();
  TRY(KeySet keys, KeySet::parse(data));
  if (keys.keys().empty()) return fail(Kind::kInvalid, "no key in it that could be used");
  log_info("broker", "OAUTHBEARER: {} keys from {}", keys.keys().size(), options_.jwks_url);
  loaded_ = std::move(data);
  const std::lock_guard hold(mutex_);
  keys_ = std::make_shared<const KeySet>(std::move(keys));
  return done();
}

Result<std::unique_ptr<Tokens>> Tokens::open(FileSystem& files, Clock& clock, OAuthOptions options, Get get) {
  std::unique_ptr<Tokens> made(new Tokens(files, clock, std::move(options), std::move(get)));
  if (made->in_file()) TRY(made->load().within(fmt::format("OAUTHBEARER: key set {}", made->options_.jwks_url)));
  return made;
}

void Tokens::refresh() {
  const std::lock_guard one(load_mutex_);
  const auto loaded = load();
  failed_ = !loaded.ok();
  const std::string now = loaded.ok() ? "" : loaded.error().text;
  if (std::exchange(told_, now) == now || now.empty()) return;
  log_error("broker", "OAUTHBEARER: key set {}: {}; {}", options_.jwks_url, now,
            keys()->keys().empty() ? "nobody can log in by a token" : "the old one stays");
}

std::chrono::milliseconds Tokens::until_refresh() const {
  const std::chrono::milliseconds normal(options_.refresh_ms);
  return std::min(normal, in_file() ? kFilePause : failed_ ? kRetryPause : normal);
}

std::shared_ptr<const KeySet> Tokens::keys() const {
  const std::lock_guard hold(mutex_);
  return keys_;
}

Result<Token> Tokens::check(std::string_view token) {
  TRY(const auto header, header_of(token));
  if (!header.key_id.empty() && !keys()->has(header.key_id)) {
    bool due = false;
    if (std::unique_lock one(load_mutex_, std::try_to_lock); one) {
      const Steady now = clock_.steady();
      due = !fetched_for_unknown_ || now - *fetched_for_unknown_ >= kUnknownKeyPause;
      if (due) fetched_for_unknown_ = now;
    }
    if (due) refresh();
  }
  return check_token(token, *keys(), options_.rules, clock_.wall().raw);
}

}  // namespace takhin::broker::security
