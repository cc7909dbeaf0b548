// Encode and size: one walk, two sinks.

#include <fmt/format.h>

#include "base/codec.h"
#include "protocol/table.h"

namespace takhin::protocol {
namespace {

std::size_t uvarint_bytes(std::uint64_t value) {
  return value == 0 ? 1 : (static_cast<std::size_t>(std::bit_width(value)) + 6) / 7;
}

/// Counts.
class SizeSink {
 public:
  template <class Int>
  void be(Int) {
    size_ += sizeof(Int);
  }
  void bytes(View data) { size_ += data.size(); }
  void uvarint(std::uint64_t value) { size_ += uvarint_bytes(value); }
  void records(const Records& value) { size_ += value.size(); }
  std::uint64_t size() const { return size_; }

 private:
  std::uint64_t size_ = 0;
};

/// Appends to the last piece of an Encoded; records that are not copied end it.
class PieceSink {
 public:
  explicit PieceSink(Encoded& out) : out_(out) {
    if (!out_.pieces.empty()) {
      if (auto* last = std::get_if<Bytes>(&out_.pieces.back())) {
        buffer_ = std::move(*last);
        out_.pieces.pop_back();
        out_.size -= buffer_.size();
      }
    }
    buffer_.reserve(buffer_.size() + kFirstBytes);
  }
  ~PieceSink() { cut(); }
  PieceSink(const PieceSink&) = delete;
  PieceSink& operator=(const PieceSink&) = delete;

  template <class Int>
  void be(Int value) {
    ByteWriter(buffer_).be(value);
  }
  void bytes(View data) { ByteWriter(buffer_).bytes(data); }
  void uvarint(std::uint64_t value) { ByteWriter(buffer_).uvarint(value); }
  void records(const Records& value) {
    if (auto owned = value.owned(); owned && owned->size() > kCopyBytesMax) {
      cut();
      out_.size += owned->size();
      out_.pieces.emplace_back(std::move(owned));
    } else if (!value.slices().empty()) {
      for (const FileSlice& slice : value.slices()) add(slice);
    } else if (!value.is_null() && value.size() != 0) {
      bytes(value.view());
    }
  }

 private:
  static constexpr std::size_t kFirstBytes = 256;
  /// Below this a copy is cheaper than another piece.
  static constexpr std::size_t kCopyBytesMax = 4 * kKiB;

  void add(const FileSlice& slice) {
    if (slice.range.empty()) return;
    cut();
    out_.size += slice.range.size();
    out_.pieces.emplace_back(slice);
  }
  void cut() {
    if (buffer_.empty()) return;
    out_.size += buffer_.size();
    out_.pieces.emplace_back(std::move(buffer_));
    buffer_ = Bytes();
  }

  Encoded& out_;
  Bytes buffer_;
};

template <class Sink>
class Writer {
 public:
  Writer(Sink& sink, std::int16_t version) : sink_(sink), version_(version) {}

  void object(const Table& table, const void* from) {
    const bool flexible = table.flexible(version_);
    for (const Row& row : table.rows) {
      if (row.in(version_) && !row.tagged()) {
        value(*row.shape, row.of(from), row.nullable(version_), flexible && !row.rule.never_compact);
      }
    }
    if (flexible) tagged(table, from);
  }

 private:
  bool is_sent(const Table& table, const Row& row, const void* from) const {
    return row.tagged() && row.in(version_) && !equal_values(*row.shape, row.of(from), row.of(table.prototype()));
  }

  void tagged(const Table& table, const void* from) {
    std::uint64_t count = 0;
    for (const Row& row : table.rows) count += is_sent(table, row, from) ? 1 : 0;
    sink_.uvarint(count);
    if (count == 0) return;
    for (const Row& row : table.rows) {
      if (!is_sent(table, row, from)) continue;
      SizeSink size;
      Writer<SizeSink>(size, version_).value(*row.shape, row.of(from), row.nullable(version_), true);
      sink_.uvarint(static_cast<std::uint64_t>(row.rule.tag));
      sink_.uvarint(size.size());
      value(*row.shape, row.of(from), row.nullable(version_), true);
    }
  }

  template <class Int>
  void number(const void* at) {
    Int raw;
    std::memcpy(&raw, at, sizeof raw);
    sink_.be(raw);
  }
  /// `Int` is the plain form.
  template <class Int>
  void length(std::uint64_t count, bool compact) {
    if (compact) {
      sink_.uvarint(count + 1);
    } else {
      sink_.be(static_cast<Int>(count));
    }
  }
  void array(const Shape& shape, const void* at, bool compact) {
    const std::size_t count = shape.count(at);
    length<std::int32_t>(count, compact);
    const auto* element = static_cast<const std::byte*>(shape.first(at));
    for (std::size_t i = 0; i < count; ++i, element += shape.bytes) value(*shape.inner, element, false, compact);
  }
  void null(const Shape& shape, bool compact) {
    if (shape.type == Type::kStruct) return sink_.be(std::int8_t{-1});
    if (compact) return sink_.uvarint(0);
    if (shape.type == Type::kString) return sink_.be(std::int16_t{-1});
    sink_.be(std::int32_t{-1});
  }
  void optional(const Shape& shape, const void* at, bool nullable, bool compact) {
    const Shape& inner = *shape.inner;
    const void* held = shape.held(at);
    if (held == nullptr && nullable) return null(inner, compact);
    if (inner.type == Type::kStruct && nullable) sink_.be(std::int8_t{1});
    if (held != nullptr) return value(inner, held, false, compact);
    absent(inner, compact);
  }
  /// Null in a version that has no null.
  void absent(const Shape& shape, bool compact) {
    if (shape.type == Type::kStruct) return object(shape.table(), shape.table().prototype());
    if (shape.type == Type::kString) return length<std::int16_t>(0, compact);
    length<std::int32_t>(0, compact);
  }

  void value(const Shape& shape, const void* at, bool nullable, bool compact) {
    switch (shape.type) {
      case Type::kBool: return sink_.be(static_cast<std::int8_t>(*static_cast<const bool*>(at) ? 1 : 0));
      case Type::kInt8: return number<std::int8_t>(at);
      case Type::kInt16:
      case Type::kUint16: return number<std::int16_t>(at);
      case Type::kInt32: return number<std::int32_t>(at);
      case Type::kInt64:
      case Type::kFloat64: return number<std::int64_t>(at);
      case Type::kUuid: return sink_.bytes(static_cast<const Uuid*>(at)->bytes);
      case Type::kString: {
        std::string_view text = *static_cast<const std::string*>(at);
        if (!compact) text = text.substr(0, kPlainStringBytesMax);
        length<std::int16_t>(text.size(), compact);
        return sink_.bytes(view_of(text));
      }
      case Type::kBytes: {
        const auto& bytes = *static_cast<const Bytes*>(at);
        length<std::int32_t>(bytes.size(), compact);
        return sink_.bytes(bytes);
      }
      case Type::kRecords: {
        const auto& records = *static_cast<const Records*>(at);
        if (records.is_null() && nullable) return null(shape, compact);
        length<std::int32_t>(records.size(), compact);
        return sink_.records(records);
      }
      case Type::kStruct: return object(shape.table(), at);
      case Type::kArray: return array(shape, at, compact);
      case Type::kOptional: return optional(shape, at, nullable, compact);
    }
  }

  template <class>
  friend class Writer;
  Sink& sink_;
  const std::int16_t version_;
};

}  // namespace

void encode(const Table& table, const void* message, std::int16_t version, Encoded& out) {
  TAKHIN_ASSERT(version >= table.version_min && version <= table.version_max, table.name);
  PieceSink sink(out);
  Writer<PieceSink>(sink, version).object(table, message);
}

std::uint64_t encoded_size(const Table& table, const void* message, std::int16_t version) {
  TAKHIN_ASSERT(version >= table.version_min && version <= table.version_max, table.name);
  SizeSink sink;
  Writer<SizeSink>(sink, version).object(table, message);
  return sink.size();
}

View view_of_piece(const Encoded::Piece& piece) {
  if (const auto* bytes = std::get_if<Bytes>(&piece)) return *bytes;
  if (const auto* shared = std::get_if<std::shared_ptr<const Bytes>>(&piece)) return **shared;
  return {};
}

Result<Bytes> flatten(const Encoded& encoded) {
  Bytes out;
  out.reserve(encoded.size);
  ByteWriter writer(out);
  for (const Encoded::Piece& piece : encoded.pieces) {
    if (const auto* slice = std::get_if<FileSlice>(&piece)) {
      TRY(const Bytes data, read_exactly(*slice->file, slice->range));
      writer.bytes(data);
    } else {
      writer.bytes(view_of_piece(piece));
    }
  }
  return out;
}

}  // namespace takhin::protocol
