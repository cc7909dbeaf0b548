#pragma once
// The map a cache file carries behind its log bytes: what its chunks are, which of them are there, and the segment's tail.
// Private to this process and its successors: a version it does not know is a stranger's file, and is removed.

#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "base/uuid.h"

namespace takhin::tier {

/// Big-endian: "TKSC" u32 | version u32 | log bytes u64 | object bytes u64 | chunks u32 | tail bytes u32 |
/// per chunk: bytes u32, crc32c u32 | crc32c of all this u32 | per chunk: 1 = present, u8 | tail
struct CacheMap {
  struct ChunkShape {
    std::uint32_t bytes = 0;
    std::uint32_t crc = 0;  // of the plain bytes
  };
  std::uint64_t log_bytes = 0;
  std::uint64_t object_bytes = 0;
  std::vector<ChunkShape> chunks;
  std::vector<bool> present;
  std::uint32_t tail_bytes = 0;

  /// Where it stands in the file: behind the log, at a block of its own.
  static std::uint64_t position(std::uint64_t log_bytes);
  static std::uint64_t presence_position(std::uint64_t log_bytes, std::size_t chunks);
  static std::uint64_t tail_position(std::uint64_t log_bytes, std::size_t chunks);

  /// With nothing present.
  Bytes encode(View tail) const;
  /// kCorrupt when it is not the map of a file of `log_bytes`.
  static Result<CacheMap> read(const File& file, std::uint64_t log_bytes);
};

struct CacheFileName {
  Uuid segment;
  std::uint64_t log_bytes = 0;
  std::uint64_t number = 0;  // a name is never used twice
};
std::string text_of(const CacheFileName& name);
std::optional<CacheFileName> parse_cache_file_name(std::string_view name);

}  // namespace takhin::tier
