#pragma once
// The keys that wrap data keys: from files, or behind a command of the operator's (a hook to a key management service).

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/command.h"
#include "base/file.h"
#include "tier/format.h"
#include "tier/seal.h"

namespace takhin::tier {

/// Stands where a key id could, and means: not encrypted.
inline constexpr std::string_view kNoKey = "none";
inline constexpr std::uint64_t kKeyFileBytesMax = kMiB;

/// What the command says by its exit code; any other one is a failure that may pass.
inline constexpr int kCommandNoSuchKey = 3;
inline constexpr int kCommandRefused = 4;

struct KeyRingOptions {
  std::string path;     // a file of lines "id = base64", or a directory of files, each named by its id and holding base64
  std::string command;  // path of the program for all other ids
  std::chrono::milliseconds command_time{10'000};
  std::string active;   // id for new objects; empty or kNoKey: they are not encrypted unless their topic says so
  bool required = false;  // objects that are not encrypted are neither written nor read
};

/// 1 to 256 of [A-Za-z0-9._:/@+-]; kInvalid.
Result<> check_key_id(std::string_view id);

/// Immutable; any thread. No error text holds bytes of a key.
class KeyRing {
 public:
  /// Reads the files once. kInvalid, in one line, for what is wrong with them: a key of another length, an id twice, or a file
  /// that others may read. `commands` is borrowed; may be null when options.command is empty.
  static Result<std::unique_ptr<KeyRing>> open(FileSystem& files, CommandRunner* commands, const KeyRingOptions& options);

  /// kNotFound: the ring has no such key. From the command also kDenied, and kUnavailable after its time. The command's answer is
  /// unwrapped again and compared before anyone relies on it. Cost: nothing; by command, two runs.
  Result<Envelope> wrap(const std::string& key_id, const SecretKey& key, const Uuid& object, Random& random) const;
  /// kNotFound: the ring has no such key. kDenied: the key does not open it. Else as wrap(). Cost: nothing, or one run.
  Result<SecretKey> unwrap(const Envelope& envelope, const Uuid& object) const;
  /// True when unwrap() with this key answers from memory.
  bool at_hand(const std::string& key_id) const { return keys_.contains(key_id); }
  const KeyRingOptions& options() const { return options_; }

 private:
  KeyRing(CommandRunner* commands, KeyRingOptions options) : commands_(commands), options_(std::move(options)) {}
  Result<> load(FileSystem& files);
  Result<> load_lines(View text);
  Result<> add(const std::string& id, std::string_view base64, std::string_view where);
  Result<Bytes> ask(std::string_view verb, const std::string& key_id, const Uuid& object, View data) const;

  CommandRunner* const commands_;
  const KeyRingOptions options_;
  std::map<std::string, SecretKey, std::less<>> keys_;
};

}  // namespace takhin::tier
