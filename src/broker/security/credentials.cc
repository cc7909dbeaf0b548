#include "broker/security/credentials.h"

#include <charconv>

#include "base/base64.h"
#include "base/text.h"
#include "broker/kept_lines.h"

namespace takhin::broker::security {
namespace {

constexpr std::string_view kHeader = "takhin scram credentials 1";
constexpr std::size_t kSaltBytes = 16;

/// The parts of `line` between blanks.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  while (!line.empty()) {
    const auto blank = std::min(line.find(' '), line.size());
    if (blank > 0) out.push_back(line.substr(0, blank));
    line.remove_prefix(std::min(blank + 1, line.size()));
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<Credentials>> Credentials::open(FileSystem& files, Random& random, std::string kept,
                                                       const std::string& users_file) {
  std::unique_ptr<Credentials> made(new Credentials(files, random, std::move(kept)));
  TRY(made->load());
  if (!users_file.empty()) TRY(made->read_users(random, users_file));
  return made;
}

/// Lines of: name, mechanism, iterations, salt, stored key, server key; name and bytes in base64.
Result<> Credentials::load() {
  return read_kept_lines(files_, kept_path_, kHeader, [this](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() != 6) return false;
    const auto name = from_base64(words[0]), salt = from_base64(words[3]), stored = from_base64(words[4]),
               server = from_base64(words[5]);
    const auto mechanism = scram_mechanism(words[1]);
    std::int32_t iterations = 0;
    const auto [end, error] = std::from_chars(words[2].data(), words[2].data() + words[2].size(), iterations);
    if (!name || !salt || !stored || !server || !mechanism || error != std::errc{} || iterations <= 0) return false;
    made_[{std::string(text_of(*name)), *mechanism}] = {*salt, iterations, *stored, *server};
    return true;
  });
}

Result<> Credentials::read_users(Random& random, const std::string& path) {
  TRY(const Bytes data, read_whole(files_, path).within("kafka.sasl.users.file"));
  return each_line(text_of(data), [&](std::string_view line, std::size_t number) -> Result<> {
    line = trimmed(line, " \t\r");
    if (line.empty() || line[0] == '#') return done();
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == line.size()) {
      return fail(Kind::kInvalid, "kafka.sasl.users.file {}: line {} is not name:password", path, number);
    }
    for (const ScramMechanism mechanism : kScramMechanisms) {
      Bytes salt(kSaltBytes);
      random.fill(salt);
      from_file_[{std::string(line.substr(0, colon)), mechanism}] =
          credential_of(mechanism, line.substr(colon + 1), std::move(salt), kIterationsMin);
    }
    return done();
  });
}

std::optional<ScramCredential> Credentials::find(const std::string& user, ScramMechanism mechanism) const {
  {
    const std::lock_guard hold(mutex_);
    if (const auto found = made_.find({user, mechanism}); found != made_.end()) return found->second;
    const auto any = made_.lower_bound({user, ScramMechanism::kSha256});
    if (any != made_.end() && any->first.first == user) return std::nullopt;
  }
  const auto found = from_file_.find({user, mechanism});
  return found == from_file_.end() ? std::nullopt : std::optional(found->second);
}

bool Credentials::check_password(const std::string& user, std::string_view password) const {
  for (const ScramMechanism mechanism : {ScramMechanism::kSha512, ScramMechanism::kSha256}) {
    if (const auto credential = find(user, mechanism)) return has_password(mechanism, *credential, password);
  }
  const ScramCredential nobody{Bytes(kSaltBytes), kIterationsMin, {}, {}};
  return has_password(ScramMechanism::kSha512, nobody, password);
}

std::map<std::string, std::vector<std::pair<ScramMechanism, std::int32_t>>> Credentials::list() const {
  std::map<std::string, std::vector<std::pair<ScramMechanism, std::int32_t>>> out;
  const std::lock_guard hold(mutex_);
  for (const auto& [key, credential] : made_) out[key.first].emplace_back(key.second, credential.iterations);
  return out;
}

Result<> Credentials::apply(const std::vector<Change>& changes) {
  const std::lock_guard one_writer(change_mutex_);
  Map next;
  {
    const std::lock_guard hold(mutex_);
    next = made_;
  }
  for (const Change& change : changes) {
    if (change.credential) next[{change.user, change.mechanism}] = *change.credential;
    else next.erase({change.user, change.mechanism});
  }
  if (next.size() > kUsersMax) return fail(Kind::kExhausted, "{} users are there, the limit", kUsersMax);
  TRY(store(next));
  const std::lock_guard hold(mutex_);
  made_ = std::move(next);
  return done();
}

Result<> Credentials::store(const Map& all) const {
  std::string text = fmt::format("{}\n", kHeader);
  for (const auto& [key, credential] : all) {
    text += fmt::format("{} {} {} {} {} {}\n", to_base64(view_of(key.first)), name_of(key.second), credential.iterations,
                        to_base64(credential.salt), to_base64(credential.stored_key), to_base64(credential.server_key));
  }
  return write_atomically(files_, kept_path_, view_of(text));
}

}  // namespace takhin::broker::security
