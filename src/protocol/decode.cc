// Decode: bytes from the network into structs. Nothing is allocated for a count before the bytes that are left could hold it.

#include <fmt/format.h>

#include "base/codec.h"
#include "protocol/table.h"

namespace takhin::protocol {
namespace {

class Reader {
 public:
  Reader(View body, std::int16_t version) : in_(body), version_(version) {}

  bool ok() const { return in_.ok(); }
  std::size_t left() const { return in_.left(); }
  /// The field at which the bytes stopped making sense, and why.
  const char* field() const { return field_; }
  const char* why() const { return why_; }

  void object(const Table& table, void* into) {
    const bool flexible = table.flexible(version_);
    for (const Row& row : table.rows) {
      if (!row.in(version_) || row.tagged()) continue;
      field(row, into, flexible && !row.rule.never_compact);
      if (!ok()) return;
    }
    if (flexible) tagged(table, into);
  }

 private:
  void fail(const char* why) {
    if (ok()) why_ = why;
    in_.fail();
  }
  void field(const Row& row, void* into, bool compact) {
    value(*row.shape, row.of(into), row.nullable(version_), compact);
    if (!ok() && field_ == nullptr) field_ = row.name;
  }

  void tagged(const Table& table, void* into) {
    const std::uint64_t count = in_.uvarint();
    if (count > in_.left() / kTaggedFieldBytesMin) return fail("more tagged fields than bytes");
    for (std::uint64_t i = 0; i < count && ok(); ++i) {
      const std::uint64_t tag = in_.uvarint();
      const std::uint64_t size = in_.uvarint();
      if (size > in_.left()) return fail("tagged field past the end");
      const View body = in_.bytes(static_cast<std::size_t>(size));
      const Row* row = find(table, tag);
      if (row == nullptr) continue;
      ByteReader outer = std::exchange(in_, ByteReader(body));
      field(*row, into, true);
      if (ok() && in_.left() != 0) {
        fail("tagged field with bytes left over");
        field_ = row->name;
      }
      if (!ok()) return;
      in_ = outer;
    }
  }
  const Row* find(const Table& table, std::uint64_t tag) const {
    for (const Row& row : table.rows) {
      if (row.tagged() && static_cast<std::uint64_t>(row.rule.tag) == tag && row.in(version_)) return &row;
    }
    return nullptr;
  }

  template <class Int>
  void number(void* at) {
    const Int raw = in_.be<Int>();
    std::memcpy(at, &raw, sizeof raw);
  }
  /// A length, or nothing for null; `Int` is its plain form. Fails when fewer than `each` bytes for each are left.
  template <class Int>
  std::optional<std::size_t> length(bool compact, std::size_t each) {
    std::int64_t count = 0;
    if (compact) {
      const std::uint64_t raw = in_.uvarint();
      if (raw > std::numeric_limits<std::int32_t>::max()) return fail("length too large"), 0;
      count = static_cast<std::int64_t>(raw) - 1;
    } else {
      count = in_.be<Int>();
    }
    if (count == -1 && ok()) return std::nullopt;
    if (count < 0) return fail("negative length"), 0;
    if (static_cast<std::uint64_t>(count) > in_.left() / each) return fail("length past the end"), 0;
    return static_cast<std::size_t>(count);
  }

  /// Fewest bytes that a value can take.
  std::size_t least(const Shape& shape, bool compact) const {
    switch (shape.type) {
      case Type::kString: return compact ? 1 : 2;
      case Type::kBytes:
      case Type::kRecords:
      case Type::kArray: return compact ? 1 : 4;
      case Type::kOptional: return shape.inner->type == Type::kStruct ? 1 : least(*shape.inner, compact);
      case Type::kStruct: {
        const Table& table = shape.table();
        std::size_t total = table.flexible(version_) ? 1 : 0;
        for (const Row& row : table.rows) total += row.in(version_) && !row.tagged() ? least(*row.shape, compact) : 0;
        return total;
      }
      default: return shape.bytes;
    }
  }

  /// False for null.
  bool array(const Shape& shape, void* at, bool compact) {
    const std::size_t each = std::max<std::size_t>(1, least(*shape.inner, compact));
    const auto count = length<std::int32_t>(compact, each);
    if (!ok() || !count) return !ok();
    array_bytes_ += *count * shape.bytes;
    if (array_bytes_ > kDecodedArrayBytesMax) return fail("message too large once decoded"), true;
    auto* element = static_cast<std::byte*>(shape.resize(at, *count));
    for (std::size_t i = 0; i < *count && ok(); ++i, element += shape.bytes) value(*shape.inner, element, false, compact);
    return true;
  }
  bool text(void* at, bool compact) {
    const auto size = length<std::int16_t>(compact, 1);
    if (!ok() || !size) return !ok();
    *static_cast<std::string*>(at) = text_of(in_.bytes(*size));
    return true;
  }
  bool bytes(void* at, bool compact) {
    const auto size = length<std::int32_t>(compact, 1);
    if (!ok() || !size) return !ok();
    *static_cast<Bytes*>(at) = copy_of(in_.bytes(*size));
    return true;
  }
  bool records(void* at, bool compact) {
    const auto size = length<std::int32_t>(compact, 1);
    if (!ok() || !size) return !ok();
    *static_cast<Records*>(at) = Records::borrow(in_.bytes(*size));
    return true;
  }
  void optional(const Shape& shape, void* at, bool nullable, bool compact) {
    const Shape& inner = *shape.inner;
    if (inner.type == Type::kStruct && nullable) {
      const auto mark = in_.be<std::int8_t>();
      if (mark < 0 && ok()) return shape.drop(at);
    }
    if (!present(inner, shape.hold(at), compact)) {
      shape.drop(at);
      if (!nullable) fail("null is not allowed here");
    }
  }

  /// Reads a value that is not optional; false when the bytes say null.
  bool present(const Shape& shape, void* at, bool compact) {
    switch (shape.type) {
      case Type::kBool: return *static_cast<bool*>(at) = in_.be<std::int8_t>() != 0, true;
      case Type::kInt8: return number<std::int8_t>(at), true;
      case Type::kInt16:
      case Type::kUint16: return number<std::int16_t>(at), true;
      case Type::kInt32: return number<std::int32_t>(at), true;
      case Type::kInt64:
      case Type::kFloat64: return number<std::int64_t>(at), true;
      case Type::kUuid: {
        const View raw = in_.bytes(sizeof(Uuid));
        if (ok()) std::memcpy(at, raw.data(), sizeof(Uuid));
        return true;
      }
      case Type::kString: return text(at, compact);
      case Type::kBytes: return bytes(at, compact);
      case Type::kRecords: return records(at, compact);
      case Type::kArray: return array(shape, at, compact);
      case Type::kStruct: return object(shape.table(), at), true;
      case Type::kOptional: break;
    }
    return fail("optional of optional"), true;
  }
  void value(const Shape& shape, void* at, bool nullable, bool compact) {
    if (shape.type == Type::kOptional) return optional(shape, at, nullable, compact);
    if (present(shape, at, compact)) return;
    if (shape.type == Type::kRecords && nullable) {
      *static_cast<Records*>(at) = Records();
    } else {
      fail("null is not allowed here");
    }
  }

  static constexpr std::size_t kTaggedFieldBytesMin = 2;
  ByteReader in_;
  const std::int16_t version_;
  const char* field_ = nullptr;
  const char* why_ = "bytes end too early";
  std::size_t array_bytes_ = 0;
};

}  // namespace

Result<> decode(const Table& table, void* message, View body, std::int16_t version, Rest rest) {
  if (version < table.version_min || version > table.version_max) {
    return fail(Kind::kInvalid, "{} has no version {}", table.name, version);
  }
  Reader reader(body, version);
  reader.object(table, message);
  if (!reader.ok()) {
    const char* field = reader.field() == nullptr ? "tagged fields" : reader.field();
    return fail(Kind::kInvalid, "{} v{}: {}: {}", table.name, version, field, reader.why());
  }
  if (rest == Rest::kRefused && reader.left() != 0) {
    return fail(Kind::kInvalid, "{} v{}: {} bytes left over", table.name, version, reader.left());
  }
  return done();
}

}  // namespace takhin::protocol
