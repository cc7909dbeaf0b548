#pragma once
// The keys that wrap data keys: from files, or behind a command of the operator's (a hook to a key management service).

#include <chrono>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/command.h"
#include "base/file.h"
#include "base/kinds.h"
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

/// The files are looked at for a change no more often than this,
inline constexpr auto kKeyFilesLookAfter = std::chrono::seconds(5);
/// and read again for a key that the ring does not have, changed or not, no more often than this.
inline constexpr auto kKeyFilesReadAfter = std::chrono::seconds(1);

/// Any thread. No error text holds bytes of a key. With a clock the files are read again when they have changed (size, time or
/// names) and when a key is asked for that they did not have; so a running process takes up new keys, and forgets those that are
/// gone. Files that are wrong, hold no key any more, or lack the active one leave the ring as it was, with one line in the log.
class KeyRing {
 public:
  /// Reads the files. kInvalid, in one line, for what is wrong with them: a key of another length, an id twice, or a file
  /// that others may read. `commands` is borrowed; may be null when options.command is empty. So are `files` and `clock`; without
  /// a clock they are read this once.
  static Result<std::unique_ptr<KeyRing>> open(FileSystem& files, CommandRunner* commands, const KeyRingOptions& options,
                                               const Clock* clock = nullptr);

  /// kKeyFailed: the ring has no such key, or the command refuses; kUnavailable after the command's time. The command's answer is
  /// unwrapped again and compared before anyone relies on it. Cost: nothing; by command, two runs.
  Result<Envelope> wrap(const std::string& key_id, const SecretKey& key, const Uuid& object, Random& random) const;
  /// kKeyFailed also when the key does not open it. Else as wrap(). Cost: nothing, or one run.
  Result<SecretKey> unwrap(const Envelope& envelope, const Uuid& object) const;
  /// True when unwrap() with this key answers from memory.
  bool at_hand(const std::string& key_id) const { return current()->contains(key_id); }
  /// Grows when other keys were read from the files: what failed for want of one may be tried again.
  std::uint64_t generation() const;
  const KeyRingOptions& options() const { return options_; }

 private:
  using Keys = std::map<std::string, SecretKey, std::less<>>;
  using SharedKeys = std::shared_ptr<const Keys>;

  KeyRing(FileSystem& files, CommandRunner* commands, KeyRingOptions options, const Clock* clock)
      : files_(files), commands_(commands), options_(std::move(options)), clock_(clock) {}
  Result<Keys> load() const;
  Result<> load_lines(View text, Keys& into) const;
  static Result<> add(const std::string& id, std::string_view base64, std::string_view where, Keys& into);
  Result<> check_active(const Keys& keys) const;
  SharedKeys current() const;
  SharedKeys keys_with(const std::string& key_id) const;
  Result<std::string> stamp() const;
  void look_for_changes() const;
  void read_again() const;
  Result<Bytes> ask(std::string_view verb, const std::string& key_id, const Uuid& object, View data) const;

  FileSystem& files_;
  CommandRunner* const commands_;
  const KeyRingOptions options_;
  const Clock* const clock_;
  mutable std::mutex keys_mutex_;  // of keys_, for as long as it takes to copy the pointer
  mutable SharedKeys keys_;
  mutable std::atomic<std::uint64_t> generation_{0};
  mutable std::mutex files_mutex_;  // of all below: one thread at a time looks at the files
  mutable std::string stamp_;       // what the files looked like when they were read
  mutable std::string complaint_;   // the last one, so that it is logged once
  mutable Steady looked_at_{};
  mutable Steady read_at_{};
};

}  // namespace takhin::tier
