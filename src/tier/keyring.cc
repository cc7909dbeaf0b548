#include "tier/keyring.h"

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/log.h"
#include "base/text.h"

namespace takhin::tier {
namespace {

constexpr std::uint32_t kOthersMayReadOrWrite = 0006;
constexpr std::uint32_t kGroupMayWrite = 0020;

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._:/@+-").find(c) != std::string_view::npos;
}

/// Bytes that are wiped when they go.
struct Secret {
  Bytes bytes;
  ~Secret() { wipe(bytes); }
};

Result<> read_secret(FileSystem& files, const std::string& path, Secret& into) {
  TRY(const FileInfo info, files.stat(path));
  if ((info.permissions & (kOthersMayReadOrWrite | kGroupMayWrite)) != 0) {
    return fail(Kind::kInvalid, "{}: has mode {:04o}, others may use its keys; try chmod 0600", path, info.permissions);
  }
  if (info.size > kKeyFileBytesMax) return fail(Kind::kInvalid, "{}: {} bytes are too many for keys", path, info.size);
  TRY(into.bytes, read_whole(files, path));
  return done();
}

Error no_such_key(std::string_view id) { return fail(kKeyFailed, "key '{}' is not in the key ring", id); }

}  // namespace

Result<> check_key_id(std::string_view id) {
  if (!id.empty() && id.size() <= kKeyIdBytesMax && std::ranges::all_of(id, is_key_char)) return done();
  return fail(Kind::kInvalid, "a key id must be 1 to {} of [A-Za-z0-9._:/@+-]", kKeyIdBytesMax);
}

Result<std::unique_ptr<KeyRing>> KeyRing::open(FileSystem& files, CommandRunner* commands, const KeyRingOptions& options,
                                               const Clock* clock) {
  TAKHIN_ASSERT(options.command.empty() || commands != nullptr, "a key command and nothing that runs it");
  std::unique_ptr<KeyRing> ring(new KeyRing(files, commands, options, options.path.empty() ? nullptr : clock));
  Keys keys;
  if (!options.path.empty()) {
    TRY(ring->stamp_, ring->stamp().within("key ring"));
    TRY(keys, ring->load().within("key ring"));
  }
  TRY(ring->check_active(keys));
  ring->keys_ = std::make_shared<const Keys>(std::move(keys));
  if (ring->clock_ != nullptr) ring->looked_at_ = ring->read_at_ = clock->steady();
  return ring;
}

Result<> KeyRing::check_active(const Keys& keys) const {
  const bool known =
      options_.active.empty() || options_.active == kNoKey || !options_.command.empty() || keys.contains(options_.active);
  return known ? done() : Result<>(Error{Kind::kInvalid, no_such_key(options_.active).text});
}

// ---- files

Result<KeyRing::Keys> KeyRing::load() const {
  Keys keys;
  TRY(const FileInfo info, files_.stat(options_.path));
  if (!info.is_directory) {
    Secret text;
    TRY(read_secret(files_, options_.path, text));
    TRY(load_lines(text.bytes, keys));
    return keys;
  }
  TRY(const auto entries, files_.list(options_.path));
  for (const DirEntry& entry : entries) {
    if (entry.name.starts_with('.')) continue;  // a secret mounted as a volume has such helpers beside the keys
    const std::string path = options_.path + "/" + entry.name;
    Secret text;
    TRY(read_secret(files_, path, text));
    TRY(add(entry.name, trimmed(text_of(text.bytes)), path, keys));
  }
  return keys;
}

Result<> KeyRing::load_lines(View text, Keys& into) const {
  std::string_view rest = text_of(text);
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    const std::string_view line = trimmed(rest.substr(0, end));
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const std::string where = fmt::format("{}:{}", options_.path, number);
    const auto equals = line.find('=');
    if (equals == line.npos) return fail(Kind::kInvalid, "{}: must be 'id = base64 of {} bytes'", where, kKeyBytes);
    TRY(add(std::string(trimmed(line.substr(0, equals))), trimmed(line.substr(equals + 1)), where, into));
  }
  return done();
}

Result<> KeyRing::add(const std::string& id, std::string_view base64, std::string_view where, Keys& into) {
  // The id may be a key that somebody put on the wrong side: it is not repeated before it is known to be one.
  TRY(check_key_id(id).within(where));
  if (id == kNoKey) return fail(Kind::kInvalid, "{}: '{}' stands for no encryption and cannot be a key's id", where, kNoKey);
  auto decoded = from_base64(base64);
  const bool fits = decoded && decoded->size() == kKeyBytes;
  const bool fresh = fits && into.emplace(id, SecretKey(*decoded)).second;
  if (decoded) wipe(*decoded);
  if (!fits) return fail(Kind::kInvalid, "{}: the key must be base64 of {} bytes", where, kKeyBytes);
  if (!fresh) return fail(Kind::kInvalid, "{}: key '{}' is there twice", where, id);
  return done();
}

// ---- files that change

KeyRing::SharedKeys KeyRing::current() const {
  const std::lock_guard hold(keys_mutex_);
  return keys_;
}

/// The keys, read again for `key_id` when it is not among them.
KeyRing::SharedKeys KeyRing::keys_with(const std::string& key_id) const {
  if (clock_ == nullptr) return current();
  look_for_changes();
  auto keys = current();
  if (keys->contains(key_id)) return keys;
  const std::unique_lock hold(files_mutex_);
  const Steady now = clock_->steady();
  if (now - read_at_ < kKeyFilesReadAfter) return current();
  read_again();
  return current();
}

std::uint64_t KeyRing::generation() const {
  if (clock_ != nullptr) look_for_changes();
  return generation_;
}

/// What the files look like from outside.
Result<std::string> KeyRing::stamp() const {
  TRY(const FileInfo info, files_.stat(options_.path));
  std::string out = fmt::format("{} {} {:o}", info.size, info.modified.raw, info.permissions);
  if (!info.is_directory) return out;
  TRY(const auto entries, files_.list(options_.path));
  for (const DirEntry& entry : entries) {
    if (entry.name.starts_with('.')) continue;
    TRY(const FileInfo key, files_.stat(options_.path + "/" + entry.name));
    out += fmt::format("\n{} {} {} {:o}", entry.name, key.size, key.modified.raw, key.permissions);
  }
  return out;
}

void KeyRing::look_for_changes() const {
  const std::unique_lock hold(files_mutex_, std::try_to_lock);
  if (!hold) return;  // another thread is at it; what is known will do
  const Steady now = clock_->steady();
  if (now - looked_at_ < kKeyFilesLookAfter) return;
  looked_at_ = now;
  const auto seen = stamp();
  if (seen.ok() && *seen == stamp_) return;
  read_again();
}

/// files_mutex_ held.
void KeyRing::read_again() const {
  looked_at_ = read_at_ = clock_->steady();
  const auto complain = [&](const Error& error) {
    if (error.text != complaint_) log_error("tier", "key ring: {}; the keys read before stay in use", error.text);
    complaint_ = error.text;
  };
  auto seen = stamp();  // before the reading: what changes meanwhile is seen the next time
  if (!seen.ok()) return complain(seen.error());
  auto keys = load();
  if (!keys.ok()) return complain(keys.error());
  const auto before = current();
  if (keys->empty() && !before->empty()) return complain({Kind::kInvalid, options_.path + " holds no key any more"});
  if (const auto active = check_active(*keys); !active.ok()) return complain(active.error());
  stamp_ = *std::move(seen);
  complaint_.clear();
  if (*keys == *before) return;
  log_info("tier", "key ring: {} keys read from {}, {} before", keys->size(), options_.path, before->size());
  {
    const std::lock_guard hold(keys_mutex_);
    keys_ = std::make_shared<const Keys>(*std::move(keys));
  }
  ++generation_;
}

// ---- wrap, unwrap

Result<Envelope> KeyRing::wrap(const std::string& key_id, const SecretKey& key, const Uuid& object, Random& random) const {
  TRY(check_key_id(key_id));
  const auto keys = keys_with(key_id);
  if (const auto found = keys->find(key_id); found != keys->end()) {
    return Envelope{key_id, wrap_key(found->second, key, object, random)};
  }
  TRY(Bytes wrapped, ask("wrap", key_id, object, key.bytes()));
  if (wrapped.empty() || wrapped.size() > kWrappedBytesMax) {
    return fail(Kind::kInvalid, "key '{}': its command wraps into {} bytes, at most {} are kept", key_id, wrapped.size(),
                kWrappedBytesMax);
  }
  Envelope envelope{key_id, std::move(wrapped)};
  // What cannot be unwrapped is lost for good, and nobody would notice before the local copy is gone.
  TRY(const SecretKey again, unwrap(envelope, object));
  if (again != key) return fail(Kind::kInvalid, "key '{}': its command does not unwrap what it wrapped", key_id);
  return envelope;
}

Result<SecretKey> KeyRing::unwrap(const Envelope& envelope, const Uuid& object) const {
  const auto keys = keys_with(envelope.key_id);
  if (const auto found = keys->find(envelope.key_id); found != keys->end()) {
    auto key = unwrap_key(found->second, envelope.wrapped, object);
    if (!key) {
      return fail(kKeyFailed,
                  "key '{}' of the key ring does not open the data key: another key under the same id, or damaged bytes",
                  envelope.key_id);
    }
    return *key;
  }
  TRY(check_key_id(envelope.key_id));
  Secret plain;
  TRY(plain.bytes, ask("unwrap", envelope.key_id, object, envelope.wrapped));
  if (plain.bytes.size() != kKeyBytes) {
    return fail(Kind::kInvalid, "key '{}': its command unwraps to {} bytes, a data key has {}", envelope.key_id,
                plain.bytes.size(), kKeyBytes);
  }
  return SecretKey(plain.bytes);
}

/// `command VERB KEY_ID OBJECT_ID`, base64 on stdin, base64 on stdout.
Result<Bytes> KeyRing::ask(std::string_view verb, const std::string& key_id, const Uuid& object, View data) const {
  if (options_.command.empty()) return no_such_key(key_id);
  const std::array<std::string, 4> argv{options_.command, std::string(verb), key_id, object.text()};
  std::string input = to_base64(data) + "\n";
  auto answer = commands_->run(argv, view_of(input), options_.command_time);
  wipe(std::as_writable_bytes(std::span(input)));
  if (!answer.ok()) {
    // A program that cannot be started is no key that is gone.
    const Kind kind = is_transient(answer.error().kind) ? answer.error().kind : kKeyFailed;
    return fail(kind, "{} with key '{}': {}", verb, key_id, answer.error().text);
  }
  const Secret output{std::move(answer->output)};
  if (answer->exit_code == kCommandNoSuchKey) return no_such_key(key_id);
  if (answer->exit_code != 0) {
    const Kind kind = answer->exit_code == kCommandRefused ? kKeyFailed : Kind::kUnavailable;
    return fail(kind, "{} with key '{}': {} ended with exit code {}", verb, key_id, options_.command, answer->exit_code);
  }
  auto decoded = from_base64(trimmed(text_of(output.bytes)));
  if (!decoded) return fail(Kind::kInvalid, "{} with key '{}': {} did not print base64", verb, key_id, options_.command);
  return *std::move(decoded);
}

}  // namespace takhin::tier
