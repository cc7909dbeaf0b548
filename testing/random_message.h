#pragma once
// Fills any Kafka message with random contents, as a visitor of its table.

#include <cstring>

#include "base/random.h"
#include "protocol/table.h"

namespace takhin::testing {

/// Only the fields that `version` has are filled, so that an encoded and decoded copy must be equal. Nulls come where the version
/// allows them, tagged fields sometimes keep their defaults.
class RandomMessage {
 public:
  RandomMessage(Random& random, std::int16_t version) : random_(random), version_(version) {}

  void fill(const protocol::Table& table, void* into) {
    for (const protocol::Row& row : table.rows) {
      if (!row.in(version_) || (row.tagged() && random_.below(3) == 0)) continue;
      value(*row.shape, row.of(into), row.nullable(version_));
    }
  }

 private:
  using Type = protocol::Type;

  void value(const protocol::Shape& shape, void* at, bool nullable) {
    switch (shape.type) {
      case Type::kBool: *static_cast<bool*>(at) = random_.below(2) == 1; return;
      case Type::kInt8:
      case Type::kInt16:
      case Type::kUint16:
      case Type::kInt32:
      case Type::kInt64:
      case Type::kUuid: return random_.fill(std::span(static_cast<std::byte*>(at), shape.bytes));
      case Type::kFloat64: *static_cast<double*>(at) = static_cast<double>(random_.below(1'000'000)) / 7; return;
      case Type::kString: *static_cast<std::string*>(at) = text_of(bytes(200)); return;
      case Type::kBytes: *static_cast<Bytes*>(at) = bytes(300); return;
      case Type::kRecords:
        *static_cast<protocol::Records*>(at) =
            nullable && random_.below(4) == 0 ? protocol::Records() : protocol::Records::own(bytes(10'000));
        return;
      case Type::kStruct: return fill(shape.table(), at);
      case Type::kArray: {
        const std::size_t count = random_.below(4);
        auto* element = static_cast<std::byte*>(shape.resize(at, count));
        for (std::size_t i = 0; i < count; ++i, element += shape.bytes) value(*shape.inner, element, false);
        return;
      }
      case Type::kOptional:
        if (nullable && random_.below(3) == 0) return shape.drop(at);
        return value(*shape.inner, shape.hold(at), false);
    }
  }
  Bytes bytes(std::size_t bound) {
    Bytes out(random_.below(bound));
    random_.fill(out);
    return out;
  }

  Random& random_;
  const std::int16_t version_;
};

}  // namespace takhin::testing
