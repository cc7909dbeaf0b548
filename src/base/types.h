#pragma once
// Strong types for the quantities that must not be mixed up, and byte ranges.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace takhin {

/// A number with a name. Only the arithmetic that has a meaning exists; `raw` is the only way out.
template <class Tag, class Rep = std::int64_t>
struct Strong {
  using rep = Rep;
  Rep raw{};
  constexpr Strong() = default;
  constexpr explicit Strong(Rep r) : raw(r) {}
  auto operator<=>(const Strong&) const = default;
};

/// Position of a record in a partition, counted from 0. -1 = none.
using Offset = Strong<struct OffsetTag>;
using OffsetDelta = Strong<struct OffsetDeltaTag>;
/// Milliseconds since 1970 UTC, as Kafka stamps records. -1 = none.
using TimestampMs = Strong<struct TimestampMsTag>;
using LeaderEpoch = Strong<struct LeaderEpochTag, std::int32_t>;
using PartitionIndex = Strong<struct PartitionIndexTag, std::int32_t>;

inline constexpr Offset kNoOffset{-1};
inline constexpr TimestampMs kNoTimestamp{-1};
inline constexpr LeaderEpoch kNoEpoch{-1};

constexpr Offset operator+(Offset at, OffsetDelta by) { return Offset{at.raw + by.raw}; }
constexpr OffsetDelta operator-(Offset a, Offset b) { return OffsetDelta{a.raw - b.raw}; }
constexpr Offset next(Offset at) { return Offset{at.raw + 1}; }

/// Half-open range of byte positions: `end` is one past the last byte.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  constexpr std::uint64_t size() const { return end - begin; }
  constexpr bool empty() const { return end <= begin; }
  auto operator<=>(const ByteRange&) const = default;
};

/// Allocator that leaves bytes uninitialised on resize(): buffers that a read fills need no zeroing.
template <class T>
struct DefaultInitAllocator : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = DefaultInitAllocator<U>;
  };
  using std::allocator<T>::allocator;
  template <class U>
  void construct(U* at) noexcept(std::is_nothrow_default_constructible_v<U>) {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Args>
  void construct(U* at, Args&&... args) {
    ::new (static_cast<void*>(at)) U(std::forward<Args>(args)...);
  }
};

/// Owned bytes; new ones are uninitialised after resize().
using Bytes = std::vector<std::byte, DefaultInitAllocator<std::byte>>;
/// Borrowed bytes.
using View = std::span<const std::byte>;

inline View view_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view text_of(View bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
/// Appends by memcpy: with this allocator vector::insert copies byte by byte, at a fraction of the speed.
inline void append(Bytes& to, View more) {
  const std::size_t at = to.size();
  to.resize(at + more.size());
  if (!more.empty()) std::memcpy(to.data() + at, more.data(), more.size());
}
inline Bytes copy_of(View bytes) {
  Bytes out;
  append(out, bytes);
  return out;
}

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

/// A partition by the name clients use.
struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
  /// "topic-3", as Kafka names the directory.
  std::string name() const { return topic + "-" + std::to_string(partition); }
};

}  // namespace takhin

template <class Tag, class Rep>
struct std::hash<takhin::Strong<Tag, Rep>> {
  std::size_t operator()(takhin::Strong<Tag, Rep> value) const noexcept { return std::hash<Rep>{}(value.raw); }
};
template <>
struct std::hash<takhin::TopicPartition> {
  std::size_t operator()(const takhin::TopicPartition& tp) const noexcept {
    return std::hash<std::string>{}(tp.topic) * 31 + static_cast<std::size_t>(tp.partition);
  }
};
