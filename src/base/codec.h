#pragma once
// Big-endian and varint primitives over bounded buffers, shared by records, protocol and object format.

#include <bit>
#include <cstring>
#include <optional>
#include <type_traits>

#include "base/types.h"

namespace takhin {

template <class Int>
constexpr Int big_endian(Int value) {
  static_assert(std::is_integral_v<Int>);
  if constexpr (sizeof(Int) == 1) {
    return value;
  } else {
    using U = std::make_unsigned_t<Int>;
    auto bits = static_cast<U>(value);
    if constexpr (sizeof(Int) == 2) bits = __builtin_bswap16(bits);
    if constexpr (sizeof(Int) == 4) bits = __builtin_bswap32(bits);
    if constexpr (sizeof(Int) == 8) bits = __builtin_bswap64(bits);
    return static_cast<Int>(bits);
  }
}
static_assert(std::endian::native == std::endian::little, "written for little-endian machines");

/// Reads a big-endian number at `from`, which must hold sizeof(Int) bytes.
template <class Int>
Int load_be(const std::byte* from) {
  Int value;
  std::memcpy(&value, from, sizeof value);
  return big_endian(value);
}
template <class Int>
void store_be(std::byte* to, Int value) {
  value = big_endian(value);
  std::memcpy(to, &value, sizeof value);
}

/// A cursor that never passes the end: the first read that would fails, and so does every one after it. Values read
/// after a failure are zero; callers look at ok() once, at the end or before they trust a count.
class ByteReader {
 public:
  explicit ByteReader(View data) : data_(data) {}

  bool ok() const { return ok_; }
  std::size_t left() const { return data_.size() - at_; }
  std::size_t position() const { return at_; }
  void fail() { ok_ = false, at_ = data_.size(); }

  template <class Int>
  Int be() {
    if (!ok_ || left() < sizeof(Int)) return fail(), Int{};
    const Int value = load_be<Int>(data_.data() + at_);
    at_ += sizeof(Int);
    return value;
  }
  View bytes(std::size_t count) {
    if (!ok_ || left() < count) return fail(), View{};
    const View out = data_.subspan(at_, count);
    at_ += count;
    return out;
  }
  void skip(std::size_t count) { bytes(count); }
  /// Unsigned LEB128 of at most 64 bits (protobuf varint; Kafka's UNSIGNED_VARINT).
  std::uint64_t uvarint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = be<std::uint8_t>();
      if (!ok_) return 0;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return fail(), 0;
  }
  /// Zigzag varint (Kafka's VARINT and VARLONG).
  std::int64_t varint() {
    const std::uint64_t raw = uvarint();
    return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
  }

 private:
  View data_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// Appends to a buffer that it borrows.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}

  std::size_t size() const { return out_.size(); }
  template <class Int>
  void be(Int value) {
    const std::size_t at = out_.size();
    out_.resize(at + sizeof(Int));
    store_be(out_.data() + at, value);
  }
  /// Overwrites a number written before, such as a length known only now.
  template <class Int>
  void be_at(std::size_t position, Int value) {
    store_be(out_.data() + position, value);
  }
  void bytes(View data) { out_.insert(out_.end(), data.begin(), data.end()); }
  void text(std::string_view data) { bytes(view_of(data)); }
  void uvarint(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<std::byte>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<std::byte>(value));
  }
  void varint(std::int64_t value) {
    uvarint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }

 private:
  Bytes& out_;
};

}  // namespace takhin
