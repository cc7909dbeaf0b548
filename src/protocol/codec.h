#pragma once
// Encode, decode, size, dump and compare any Kafka message. Each is one walk over the message's table (table.h), so that a
// message is declared once. Any thread; no I/O. A version outside of [kVersionMin, kVersionMax] is kInvalid to decode and a bug
// to encode. Source: Kafka's protocol guide and KIP-482 (flexible versions).

#include <concepts>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "protocol/records.h"

namespace takhin::protocol {

struct Table;

template <class T>
concept Message = requires {
  { T::table() } -> std::same_as<const Table&>;
};

/// Most memory that the arrays of one message may take once decoded: a small frame cannot ask for much.
inline constexpr std::size_t kDecodedArrayBytesMax = 64 * kMiB;

/// Longest string that a version before the flexible ones can carry.
inline constexpr std::size_t kPlainStringBytesMax = 32'767;

/// What goes on the wire, in order. Owned record bytes are shared, not copied; a slice is for sendfile.
struct Encoded {
  using Piece = std::variant<Bytes, std::shared_ptr<const Bytes>, FileSlice>;
  std::vector<Piece> pieces;
  std::uint64_t size = 0;
};
/// The bytes of a piece in memory; empty for a FileSlice.
View view_of_piece(const Encoded::Piece& piece);
/// Everything as one buffer, for connections that cannot sendfile. Reads the files: may block.
Result<Bytes> flatten(const Encoded& encoded);

/// What becomes of bytes behind a message. Requests of clients may have some, as Kafka ignores them: librdkafka 2.x ends a
/// Metadata request for all topics with three bytes too many.
enum class Rest { kRefused, kIgnored };

/// The untyped walks; `message` points to the struct that `table` describes.
Result<> decode(const Table& table, void* message, View body, std::int16_t version, Rest rest = Rest::kRefused);
void encode(const Table& table, const void* message, std::int16_t version, Encoded& out);
std::uint64_t encoded_size(const Table& table, const void* message, std::int16_t version);
std::string dump(const Table& table, const void* message, std::int16_t version);
bool equal(const Table& table, const void* a, const void* b);

/// The whole body, no byte left over. Fields that the version lacks keep their defaults; unknown tagged fields are skipped.
/// Records borrow from `body`. kInvalid names the field: bytes that end too early, counts that cannot be, null where none may be.
template <Message M>
Result<M> decode(View body, std::int16_t version, Rest rest = Rest::kRefused) {
  M message;
  TRY(decode(M::table(), &message, body, version, rest));
  return message;
}
/// Fields that the version lacks are left out; null where the version knows no null is written as empty, and a string longer than
/// kPlainStringBytesMax is cut where the version cannot carry more. Borrowed records are copied, owned ones and files become
/// pieces of their own.
template <Message M>
Encoded encode(const M& message, std::int16_t version) {
  Encoded out;
  encode(M::table(), &message, version, out);
  return out;
}
template <Message M>
std::uint64_t encoded_size(const M& message, std::int16_t version) {
  return encoded_size(M::table(), &message, version);
}
/// JSON-like, one line, for logs and failing tests; records are shown by their size.
template <Message M>
std::string dump(const M& message, std::int16_t version) {
  return dump(M::table(), &message, version);
}
/// Every field, whatever the version. Records are equal when null-ness and bytes are; slices of files are compared by place.
template <Message M>
bool equal(const M& a, const M& b) {
  return equal(M::table(), &a, &b);
}

}  // namespace takhin::protocol
