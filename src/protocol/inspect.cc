// Compare and dump.

#include <fmt/format.h>

#include <algorithm>

#include "protocol/table.h"

namespace takhin::protocol {
namespace {

bool equal_records(const Records& a, const Records& b) {
  if (a.is_null() != b.is_null() || a.size() != b.size()) return false;
  if (a.slices().empty() != b.slices().empty()) return false;
  if (!a.slices().empty()) {
    return std::ranges::equal(a.slices(), b.slices(),
                              [](const FileSlice& x, const FileSlice& y) { return x.file == y.file && x.range == y.range; });
  }
  return std::ranges::equal(a.view(), b.view());
}

template <class T>
bool same(const void* a, const void* b) {
  return *static_cast<const T*>(a) == *static_cast<const T*>(b);
}

bool equal_arrays(const Shape& shape, const void* a, const void* b) {
  const std::size_t count = shape.count(a);
  if (count != shape.count(b)) return false;
  const auto* x = static_cast<const std::byte*>(shape.first(a));
  const auto* y = static_cast<const std::byte*>(shape.first(b));
  for (std::size_t i = 0; i < count; ++i, x += shape.bytes, y += shape.bytes) {
    if (!equal_values(*shape.inner, x, y)) return false;
  }
  return true;
}

class Dumper {
 public:
  explicit Dumper(std::int16_t version) : version_(version) {}

  void object(const Table& table, const void* from) {
    out_ += '{';
    bool first = true;
    for (const Row& row : table.rows) {
      if (!row.in(version_)) continue;
      if (!first) out_ += ',';
      first = false;
      quoted(row.name);
      out_ += ':';
      value(*row.shape, row.of(from));
    }
    out_ += '}';
  }
  std::string take() { return std::move(out_); }

 private:
  void quoted(std::string_view text) {
    out_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        out_ += {'\\', c};
      } else if (static_cast<unsigned char>(c) < 0x20) {
        fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<unsigned>(c));
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }
  void hex(View bytes) {
    out_ += '"';
    for (const std::byte b : bytes) fmt::format_to(std::back_inserter(out_), "{:02x}", static_cast<unsigned>(b));
    out_ += '"';
  }
  template <class T>
  void plain(const void* at) {
    fmt::format_to(std::back_inserter(out_), "{}", *static_cast<const T*>(at));
  }
  void array(const Shape& shape, const void* at) {
    out_ += '[';
    const auto* element = static_cast<const std::byte*>(shape.first(at));
    for (std::size_t i = 0; i < shape.count(at); ++i, element += shape.bytes) {
      if (i != 0) out_ += ',';
      value(*shape.inner, element);
    }
    out_ += ']';
  }
  void records(const Records& records) {
    if (records.is_null()) {
      out_ += "null";
    } else {
      fmt::format_to(std::back_inserter(out_), "\"{} bytes\"", records.size());
    }
  }

  void value(const Shape& shape, const void* at) {
    switch (shape.type) {
      case Type::kBool: return plain<bool>(at);
      case Type::kInt8: return plain<std::int8_t>(at);
      case Type::kInt16: return plain<std::int16_t>(at);
      case Type::kUint16: return plain<std::uint16_t>(at);
      case Type::kInt32: return plain<std::int32_t>(at);
      case Type::kInt64: return plain<std::int64_t>(at);
      case Type::kFloat64: return plain<double>(at);
      case Type::kUuid: return quoted(static_cast<const Uuid*>(at)->text());
      case Type::kString: return quoted(*static_cast<const std::string*>(at));
      case Type::kBytes: return hex(*static_cast<const Bytes*>(at));
      case Type::kRecords: return records(*static_cast<const Records*>(at));
      case Type::kStruct: return object(shape.table(), at);
      case Type::kArray: return array(shape, at);
      case Type::kOptional: {
        const void* held = shape.held(at);
        if (held != nullptr) return value(*shape.inner, held);
        out_ += "null";
      }
    }
  }

  const std::int16_t version_;
  std::string out_;
};

}  // namespace

bool equal_values(const Shape& shape, const void* a, const void* b) {
  switch (shape.type) {
    case Type::kBool:
    case Type::kInt8:
    case Type::kInt16:
    case Type::kUint16:
    case Type::kInt32:
    case Type::kInt64:
    case Type::kFloat64:  // bit for bit: a NaN equals itself
    case Type::kUuid: return std::memcmp(a, b, shape.bytes) == 0;
    case Type::kString: return same<std::string>(a, b);
    case Type::kBytes: return same<Bytes>(a, b);
    case Type::kRecords: return equal_records(*static_cast<const Records*>(a), *static_cast<const Records*>(b));
    case Type::kStruct: return equal(shape.table(), a, b);
    case Type::kArray: return equal_arrays(shape, a, b);
    case Type::kOptional: {
      const void* x = shape.held(a);
      const void* y = shape.held(b);
      return (x == nullptr) == (y == nullptr) && (x == nullptr || equal_values(*shape.inner, x, y));
    }
  }
  return false;
}

bool equal(const Table& table, const void* a, const void* b) {
  return std::ranges::all_of(table.rows, [&](const Row& row) { return equal_values(*row.shape, row.of(a), row.of(b)); });
}

std::string dump(const Table& table, const void* message, std::int16_t version) {
  Dumper dumper(version);
  dumper.object(table, message);
  return dumper.take();
}

}  // namespace takhin::protocol
