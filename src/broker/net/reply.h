#pragma once
// What a connection writes back: bytes and parts of files, in order.

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "base/file.h"
#include "base/types.h"

namespace takhin::broker::net {

/// Shared bytes are for what more than one answer carries.
using Piece = std::variant<Bytes, std::shared_ptr<const Bytes>, FileSlice>;

/// Null: the bytes are in a file.
inline const Bytes* bytes_in(const Piece& piece) {
  if (const auto* owned = std::get_if<Bytes>(&piece)) return owned;
  if (const auto* shared = std::get_if<std::shared_ptr<const Bytes>>(&piece)) return shared->get();
  return nullptr;
}
inline std::uint64_t size_of(const Piece& piece) {
  const Bytes* bytes = bytes_in(piece);
  return bytes != nullptr ? bytes->size() : std::get<FileSlice>(piece).range.size();
}

/// The answer to one request, its four length bytes included. Without pieces nothing is written (Produce with acks=0).
struct Reply {
  std::vector<Piece> pieces;
  bool close = false;  // the connection ends once this is written

  static Reply none() { return {}; }
  static Reply last() { return {.pieces = {}, .close = true}; }
};

}  // namespace takhin::broker::net
