#pragma once
// What a connection writes back: bytes and parts of files, in order.

#include <cstdint>
#include <variant>
#include <vector>

#include "base/file.h"
#include "base/types.h"

namespace takhin::broker::net {

using Piece = std::variant<Bytes, FileSlice>;

inline std::uint64_t bytes_of(const Piece& piece) {
  if (const auto* bytes = std::get_if<Bytes>(&piece)) return bytes->size();
  return std::get<FileSlice>(piece).range.size();
}

/// The answer to one request, its four length bytes included. Without pieces nothing is written (Produce with acks=0).
struct Reply {
  std::vector<Piece> pieces;
  bool close = false;  // the connection ends once this is written

  static Reply none() { return {}; }
  static Reply last() { return {.pieces = {}, .close = true}; }
};

}  // namespace takhin::broker::net
