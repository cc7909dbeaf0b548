#pragma once
// Keys and values of internal topics: a 16-bit number, which is a key's kind or a value's version, and a message behind it.

#include "base/codec.h"
#include "protocol/codec.h"

namespace takhin::broker {

/// `prefix` and the message after it, in one buffer.
template <protocol::Message M>
Bytes stored_message(std::int16_t prefix, const M& message, std::int16_t version) {
  protocol::Encoded out;
  Bytes start;
  ByteWriter(start).be(prefix);
  out.size = start.size();
  out.pieces.emplace_back(std::move(start));
  protocol::encode(M::table(), &message, version, out);
  auto* bytes = std::get_if<Bytes>(&out.pieces.front());
  TAKHIN_ASSERT(out.pieces.size() == 1 && bytes != nullptr, "a message without records is one piece");
  return std::move(*bytes);
}

/// kCorrupt when the bytes are not such a message.
template <protocol::Message M>
Result<M> parse_stored(View body, std::int16_t version) {
  auto message = protocol::decode<M>(body, version);
  if (!message.ok()) return fail(Kind::kCorrupt, "{}", message.error().text);
  return message;
}

/// A value, whose number is its version.
template <protocol::Message M>
Result<M> parse_stored_value(View value) {
  ByteReader in(value);
  const auto version = in.be<std::int16_t>();
  return parse_stored<M>(in.bytes(in.left()), version);
}

}  // namespace takhin::broker
