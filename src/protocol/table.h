#pragma once
// How a message is described: rows in wire order over plain structs. Included by the generated tables and by the visitors only.

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "protocol/codec.h"

namespace takhin::protocol {

inline constexpr std::int16_t kForever = std::numeric_limits<std::int16_t>::max();
inline constexpr std::int16_t kNever = kForever;

enum class Type : std::uint8_t {
  kBool,
  kInt8,
  kInt16,
  kUint16,
  kInt32,
  kInt64,
  kFloat64,
  kUuid,
  kString,
  kBytes,
  kRecords,
  kStruct,
  kArray,     // std::vector of `inner`
  kOptional,  // std::optional of `inner`: a field that is nullable in some version
};

/// A C++ type as the visitors see it.
struct Shape {
  Type type;
  std::size_t bytes = 0;                                      // sizeof; of an array: one element
  const Shape* inner = nullptr;                               // kArray, kOptional
  const Table& (*table)() = nullptr;                          // kStruct
  std::size_t (*count)(const void* array) = nullptr;          // kArray
  const void* (*first)(const void* array) = nullptr;          // kArray
  void* (*resize)(void* array, std::size_t count) = nullptr;  // kArray: all elements new; answers the first
  const void* (*held)(const void* optional) = nullptr;        // kOptional: null when empty
  void* (*hold)(void* optional) = nullptr;                    // kOptional: makes a new value
  void (*drop)(void* optional) = nullptr;                     // kOptional
};

/// In which versions a field is there and how. Inclusive; the message's own range is not repeated.
struct Rule {
  std::int16_t since = 0;
  std::int16_t until = kForever;
  std::int16_t nullable_since = kNever;
  std::int16_t nullable_until = kForever;
  std::int16_t tag = -1;       // -1 = in line
  bool never_compact = false;  // two-byte length even in flexible versions (RequestHeader.ClientId)
};

/// One field. Its default is the struct's own member initialiser.
struct Row {
  const char* name;
  std::size_t offset;
  const Shape* shape;
  Rule rule;

  bool in(std::int16_t version) const { return version >= rule.since && version <= rule.until; }
  bool nullable(std::int16_t version) const { return version >= rule.nullable_since && version <= rule.nullable_until; }
  bool tagged() const { return rule.tag >= 0; }
  const void* of(const void* object) const { return static_cast<const std::byte*>(object) + offset; }
  void* of(void* object) const { return static_cast<std::byte*>(object) + offset; }
};

/// A message or a struct inside of one. Tagged rows come last, by tag.
struct Table {
  const char* name;
  std::span<const Row> rows;
  std::int16_t version_min;
  std::int16_t version_max;
  std::int16_t flexible_since;
  const void* (*prototype)();        // a default-made one: where the defaults of tagged fields are looked up
  std::shared_ptr<void> (*make)();   // a new one, for callers that know the message only by its table

  bool flexible(std::int16_t version) const { return version >= flexible_since; }
};

bool equal_values(const Shape& shape, const void* a, const void* b);

template <class T>
struct ScalarType;
template <> struct ScalarType<bool> { static constexpr Type value = Type::kBool; };
template <> struct ScalarType<std::int8_t> { static constexpr Type value = Type::kInt8; };
template <> struct ScalarType<std::int16_t> { static constexpr Type value = Type::kInt16; };
template <> struct ScalarType<std::uint16_t> { static constexpr Type value = Type::kUint16; };
template <> struct ScalarType<std::int32_t> { static constexpr Type value = Type::kInt32; };
template <> struct ScalarType<std::int64_t> { static constexpr Type value = Type::kInt64; };
template <> struct ScalarType<double> { static constexpr Type value = Type::kFloat64; };
template <> struct ScalarType<Uuid> { static constexpr Type value = Type::kUuid; };
template <> struct ScalarType<std::string> { static constexpr Type value = Type::kString; };
template <> struct ScalarType<Bytes> { static constexpr Type value = Type::kBytes; };
template <> struct ScalarType<Records> { static constexpr Type value = Type::kRecords; };

template <class T>
struct ShapeOf {
  static constexpr Shape make() {
    if constexpr (Message<T>) {
      return {.type = Type::kStruct, .bytes = sizeof(T), .table = &T::table};
    } else if constexpr (std::is_enum_v<T>) {
      return {.type = ScalarType<std::underlying_type_t<T>>::value, .bytes = sizeof(T)};
    } else {
      return {.type = ScalarType<T>::value, .bytes = sizeof(T)};
    }
  }
  static constexpr Shape value = make();
};
template <class T>
struct ShapeOf<std::vector<T>> {
  using Array = std::vector<T>;
  static std::size_t count(const void* array) { return static_cast<const Array*>(array)->size(); }
  static const void* first(const void* array) { return static_cast<const Array*>(array)->data(); }
  static void* resize(void* array, std::size_t count) {
    auto& elements = *static_cast<Array*>(array);
    elements.clear();
    elements.resize(count);
    return elements.data();
  }
  static constexpr Shape value{
      .type = Type::kArray, .bytes = sizeof(T), .inner = &ShapeOf<T>::value, .count = count, .first = first, .resize = resize};
};
template <class T>
struct ShapeOf<std::optional<T>> {
  using Optional = std::optional<T>;
  static const void* held(const void* optional) {
    const auto& value = *static_cast<const Optional*>(optional);
    return value ? &*value : nullptr;
  }
  static void* hold(void* optional) { return &static_cast<Optional*>(optional)->emplace(); }
  static void drop(void* optional) { static_cast<Optional*>(optional)->reset(); }
  static constexpr Shape value{
      .type = Type::kOptional, .bytes = sizeof(T), .inner = &ShapeOf<T>::value, .held = held, .hold = hold, .drop = drop};
};

template <class T>
inline constexpr const Shape* kShape = &ShapeOf<T>::value;

template <class T>
const void* prototype_of() {
  static const T prototype{};
  return &prototype;
}

template <class T>
std::shared_ptr<void> make_one() {
  return std::make_shared<T>();
}

}  // namespace takhin::protocol
