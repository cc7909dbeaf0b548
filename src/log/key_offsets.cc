#include "log/key_offsets.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace takhin::log {
namespace {

std::uint64_t keys_in(std::uint64_t slots) {
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(slots) * kKeyMapLoadMax));
}

}  // namespace

KeyOffsets::KeyOffsets(std::uint64_t bytes_max, std::uint64_t seed)
    : slots_max_(std::max<std::uint64_t>(2, bytes_max / sizeof(Slot))) {
  static_assert(kSecretBytes >= XXH3_SECRET_SIZE_MIN);
  for (std::size_t at = 0; at < kSecretBytes; at += sizeof seed) {  // splitmix64
    seed += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    mixed ^= mixed >> 31;
    std::memcpy(secret_ + at, &mixed, sizeof mixed);
  }
}

std::uint64_t KeyOffsets::room() const { return keys_in(slots_max_); }

void KeyOffsets::begin(std::uint64_t keys) {
  const auto enough = static_cast<std::uint64_t>(static_cast<double>(std::min(keys, slots_max_)) / kKeyMapLoadMax) + 2;
  slots_.clear();
  slots_.resize(std::min(slots_max_, enough));
  size_ = 0;
  size_max_ = keys_in(slots_.size());
}

void KeyOffsets::release() {
  std::vector<Slot>().swap(slots_);
  size_ = size_max_ = 0;
}

/// The key's slot, or the free one where it would go; `wanted` gets its hash. One slot is always free: the load is below 1.
std::size_t KeyOffsets::slot_of(View key, Slot& wanted) const {
  const XXH128_hash_t hash = XXH3_128bits_withSecret(key.data(), key.size(), secret_, kSecretBytes);
  wanted.low = hash.low64;
  wanted.high = hash.high64;
  // The high half spread over the table by multiplication; the low one only tells keys apart.
  auto at = static_cast<std::size_t>((static_cast<unsigned __int128>(hash.high64) * slots_.size()) >> 64);
  while (slots_[at].offset != kNoOffset && (slots_[at].low != wanted.low || slots_[at].high != wanted.high)) {
    if (++at == slots_.size()) at = 0;
  }
  return at;
}

bool KeyOffsets::put(View key, Offset offset) {
  if (slots_.empty()) return false;
  Slot wanted;
  const std::size_t at = slot_of(key, wanted);
  if (slots_[at].offset == kNoOffset) {
    if (size_ >= size_max_) return false;
    ++size_;
  }
  wanted.offset = offset;
  slots_[at] = wanted;
  return true;
}

std::optional<Offset> KeyOffsets::find(View key) const {
  if (slots_.empty()) return std::nullopt;
  Slot wanted;
  const std::size_t at = slot_of(key, wanted);
  if (slots_[at].offset == kNoOffset) return std::nullopt;
  return slots_[at].offset;
}

}  // namespace takhin::log
