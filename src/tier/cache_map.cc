#include "tier/cache_map.h"

#include "base/codec.h"
#include "base/crc32c.h"
#include "base/text.h"

namespace takhin::tier {
namespace {

constexpr std::uint32_t kMapMagic = 0x544b5343;  // "TKSC"
constexpr std::uint32_t kMapVersion = 1;
constexpr std::uint64_t kHeadBytes = 32;
constexpr std::uint64_t kShapeBytes = 8;
constexpr std::uint64_t kBlockBytes = 4096;
constexpr std::string_view kSuffix = ".cache";
constexpr std::size_t kUuidChars = 22;

}  // namespace

std::uint64_t CacheMap::position(std::uint64_t log_bytes) { return (log_bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes; }

std::uint64_t CacheMap::presence_position(std::uint64_t log_bytes, std::size_t chunks) {
  return position(log_bytes) + kHeadBytes + chunks * kShapeBytes + sizeof(std::uint32_t);
}

std::uint64_t CacheMap::tail_position(std::uint64_t log_bytes, std::size_t chunks) {
  return presence_position(log_bytes, chunks) + chunks;
}

Bytes CacheMap::encode(View tail) const {
  Bytes out;
  ByteWriter writer(out);
  writer.be(kMapMagic);
  writer.be(kMapVersion);
  writer.be(log_bytes);
  writer.be(object_bytes);
  writer.be(static_cast<std::uint32_t>(chunks.size()));
  writer.be(static_cast<std::uint32_t>(tail.size()));
  for (const ChunkShape& chunk : chunks) {
    writer.be(chunk.bytes);
    writer.be(chunk.crc);
  }
  writer.be(crc32c(out));
  out.resize(out.size() + chunks.size(), std::byte{0});
  writer.bytes(tail);
  return out;
}

Result<CacheMap> CacheMap::read(const File& file, std::uint64_t log_bytes) {
  const std::uint64_t begin = position(log_bytes);
  TRY(const std::uint64_t file_bytes, file.size());
  if (file_bytes < begin + kHeadBytes) return fail(Kind::kCorrupt, "cache file ends before its map");
  TRY(const Bytes head, read_exactly(file, {begin, begin + kHeadBytes}));
  ByteReader reader(head);
  CacheMap map;
  const auto magic = reader.be<std::uint32_t>();
  const auto version = reader.be<std::uint32_t>();
  map.log_bytes = reader.be<std::uint64_t>();
  map.object_bytes = reader.be<std::uint64_t>();
  const auto count = reader.be<std::uint32_t>();
  map.tail_bytes = reader.be<std::uint32_t>();
  if (magic != kMapMagic || version != kMapVersion || map.log_bytes != log_bytes) {
    return fail(Kind::kCorrupt, "not the map of a cache file of {} log bytes", log_bytes);
  }
  if (tail_position(log_bytes, count) + map.tail_bytes > file_bytes) return fail(Kind::kCorrupt, "cache file is cut short");

  TRY(const Bytes table, read_exactly(file, {begin + kHeadBytes, tail_position(log_bytes, count)}));
  ByteReader rows(table);
  std::uint64_t total = 0;
  map.chunks.resize(count);
  for (ChunkShape& chunk : map.chunks) {
    chunk.bytes = rows.be<std::uint32_t>();
    chunk.crc = rows.be<std::uint32_t>();
    total += chunk.bytes;
  }
  const std::uint32_t crc = crc32c(View(table).first(count * kShapeBytes), crc32c(head));
  if (rows.be<std::uint32_t>() != crc || total != log_bytes) return fail(Kind::kCorrupt, "map of a cache file fails its check");
  map.present.resize(count);
  for (std::size_t i = 0; i < count; ++i) map.present[i] = rows.be<std::uint8_t>() == 1;
  return map;
}

std::string text_of(const CacheFileName& name) {
  return fmt::format("{}.{}.{}{}", name.segment.text(), name.log_bytes, name.number, kSuffix);
}

std::optional<CacheFileName> parse_cache_file_name(std::string_view name) {
  if (!name.ends_with(kSuffix) || name.size() < kUuidChars + kSuffix.size() + 4 || name[kUuidChars] != '.') return std::nullopt;
  const auto segment = Uuid::parse(name.substr(0, kUuidChars));
  name.remove_prefix(kUuidChars + 1);
  name.remove_suffix(kSuffix.size());
  const auto dot = name.find('.');
  if (!segment || dot == std::string_view::npos) return std::nullopt;
  const auto log_bytes = number_of<std::uint64_t>(name.substr(0, dot));
  const auto number = number_of<std::uint64_t>(name.substr(dot + 1));
  if (!log_bytes || !number) return std::nullopt;
  return CacheFileName{*segment, *log_bytes, *number};
}

}  // namespace takhin::tier
