#pragma once
// Key rings with known keys, and a command hook that lives in the process.

#include <sys/stat.h>

#include <map>
#include <mutex>

#include "base/base64.h"
#include "os/files.h"
#include "testing/seeded_random.h"
#include "testing/temp_dir.h"
#include "tier/keyring.h"

namespace takhin::testing {

/// The key of a test whose id begins with `seed`.
inline std::string key_text(unsigned char seed) { return to_base64(Bytes(tier::kKeyBytes, std::byte{seed})); }

/// A ring of `keys` (id to seed), read from a file with the mode that such files must have.
inline std::unique_ptr<tier::KeyRing> make_ring(const std::map<std::string, unsigned char>& keys,
                                                tier::KeyRingOptions options = {}, CommandRunner* commands = nullptr) {
  os::PosixFileSystem files;
  TempDir dir;
  std::string text = "# keys of a test\n\n";
  for (const auto& [id, seed] : keys) text += id + " = " + key_text(seed) + "\n";
  options.path = dir / "keys";
  TAKHIN_ASSERT(write_atomically(files, options.path, view_of(text)).ok(), "no key file");
  ::chmod(options.path.c_str(), 0600);
  auto ring = tier::KeyRing::open(files, commands, options);
  TAKHIN_ASSERT(ring.ok(), ring.error().text);
  return *std::move(ring);
}

/// A key management service of one process: wraps by a key per id, and counts how often it was asked. Any thread.
class FakeKms : public CommandRunner {
 public:
  Result<CommandAnswer> run(std::span<const std::string> argv, View input, std::chrono::nanoseconds) override {
    const std::lock_guard hold(mutex_);
    ++runs_;
    if (failure_) return *failure_;
    if (exit_code_ != 0) return CommandAnswer{exit_code_, {}};
    const auto found = keys_.find(argv[2]);
    if (found == keys_.end()) return CommandAnswer{tier::kCommandNoSuchKey, {}};
    const tier::SecretKey wrapping(Bytes(tier::kKeyBytes, std::byte{found->second}));
    const auto object = Uuid::parse(argv[3]);
    const auto data = from_base64(text_of(input.first(input.size() - 1)));
    if (!object || !data) return CommandAnswer{64, {}};
    Bytes out;
    if (argv[1] == "wrap") {
      out = tier::wrap_key(wrapping, tier::SecretKey(*data), *object, random_);
    } else {
      const auto key = tier::unwrap_key(wrapping, *data, *object);
      if (!key) return CommandAnswer{tier::kCommandRefused, {}};
      out = copy_of(key->bytes());
    }
    return CommandAnswer{0, copy_of(view_of(to_base64(out) + "\n"))};
  }

  void add(const std::string& id, unsigned char seed) {
    const std::lock_guard hold(mutex_);
    keys_[id] = seed;
  }
  /// From now on every run ends so; 0 and nothing: as it should.
  void end_with(int exit_code, std::optional<Error> failure = std::nullopt) {
    const std::lock_guard hold(mutex_);
    exit_code_ = exit_code;
    failure_ = std::move(failure);
  }
  int runs() const {
    const std::lock_guard hold(mutex_);
    return runs_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, unsigned char> keys_;
  int exit_code_ = 0;
  std::optional<Error> failure_;
  int runs_ = 0;
  SeededRandom random_{77};
};

}  // namespace takhin::testing
