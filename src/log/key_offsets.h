#pragma once
// The last offset of each key, in bounded memory: what a cleaning knows of the dirty part of a log (Kafka's SkimpyOffsetMap).
// Keys are known by 128 bits of XXH3 under a random secret, so that nobody can prepare two that are taken for one. n keys hold
// such a pair by chance with odds of n² / 2^129: about 4e-26 for the 5 million keys of the default 128 MiB.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace takhin::log {

/// Slots that may be taken before the map counts as full, of all (log.cleaner.io.buffer.load.factor of Kafka).
inline constexpr double kKeyMapLoadMax = 0.9;

/// Not thread-safe.
class KeyOffsets {
 public:
  /// `bytes_max` bounds the table, at 24 bytes a slot (log.cleaner.dedupe.buffer.size). `seed` should be random.
  KeyOffsets(std::uint64_t bytes_max, std::uint64_t seed);

  /// Empties it and makes room for `keys`, as far as the bound allows.
  void begin(std::uint64_t keys);
  /// False, and nothing changed, when the key is new and there is no room for it.
  bool put(View key, Offset offset);
  /// The last offset put for `key`.
  std::optional<Offset> find(View key) const;
  std::size_t size() const { return size_; }
  /// Keys it can ever hold.
  std::uint64_t room() const;
  /// Gives the memory back.
  void release();

 private:
  struct Slot {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    Offset offset = kNoOffset;  // none: the slot is free
  };
  static_assert(sizeof(Slot) == 24);
  static constexpr std::size_t kSecretBytes = 192;  // XXH3's own

  std::size_t slot_of(View key, Slot& wanted) const;

  const std::uint64_t slots_max_;
  std::byte secret_[kSecretBytes];
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  std::size_t size_max_ = 0;
};

}  // namespace takhin::log
