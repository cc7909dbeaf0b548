#pragma once
// The four compressions of Kafka's batches (message format, attributes bits 0-2). Whole buffers in memory; any thread.

#include <optional>

#include "base/result.h"
#include "base/types.h"
#include "record/batch.h"

namespace takhin::record {

/// Compresses as Kafka's own clients do, so that every client can read it: gzip, snappy in xerial's stream framing, LZ4 frames of
/// independent 64 KiB blocks, zstd. kNone copies. `level`: as Kafka's compression.*.level (KIP-390), none is its default;
/// snappy has none.
Result<Bytes> compress(Codec codec, View plain, std::optional<int> level = std::nullopt);

/// The plain bytes. Snappy is taken both as one raw block and in xerial's framing; gzip members and zstd or LZ4 frames may follow
/// each other. kCorrupt for damaged, cut or trailing bytes; kExhausted once the output would pass `plain_max` bytes, so a
/// hostile input costs at most that much memory.
Result<Bytes> decompress(Codec codec, View packed, std::size_t plain_max);

/// "none", "gzip", "snappy", "lz4", "zstd": the values of compression.type.
std::string_view name_of(Codec codec);
std::optional<Codec> codec_named(std::string_view name);

}  // namespace takhin::record
