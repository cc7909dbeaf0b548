#pragma once
// The segment object: chunks | sections | footer (docs/format/segment-object.md). Bytes in, bytes out; no I/O.

#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "tier/segment.h"

namespace takhin::tier {

/// Whole record batches that are stored, and read back, as one.
struct Chunk {
  Offset first_offset;  // base offset of the first batch
  Offset end_offset;    // last offset of the last batch + 1
  TimestampMs max_timestamp;
  std::uint64_t log_position = 0;     // of the original .log
  std::uint32_t log_bytes = 0;
  std::uint64_t stored_position = 0;  // in the object
  std::uint32_t stored_bytes = 0;
  std::uint32_t stored_crc = 0;       // crc32c as stored
  std::uint32_t plain_crc = 0;        // crc32c of the log's bytes
  bool compressed = false;            // zstd

  auto operator<=>(const Chunk&) const = default;
  ByteRange log_range() const { return {log_position, log_position + log_bytes}; }
  ByteRange stored_range() const { return {stored_position, stored_position + stored_bytes}; }
};

enum class SectionKind : std::uint16_t {
  kChunkTable = 1,
  kOffsetIndex = 2,
  kTimeIndex = 3,
  kTxnIndex = 4,
  kProducerSnapshot = 5,
  kLeaderEpochs = 6,
  kSegment = 7,  // topic, ids, offsets: the name's facts, so that a renamed object still says what it is
};

/// Fields of section kSegment, each a u16 number, a u16 length and its value.
enum class SegmentField : std::uint16_t {
  kTopic = 1,
  kTopicId = 2,
  kPartition = 3,
  kBase = 4,
  kEnd = 5,
  kMaxTimestamp = 6,
  kLogBytes = 7,
  kLeaderEpoch = 8,
  kGeneration = 9,
  kId = 10,
};

/// Section kinds, field numbers and flag bits are never given a second meaning; 8 = key filter and directory field 2 =
/// encryption are spoken for (docs/format/segment-object.md).

inline constexpr std::string_view kMagic = "TAKHNSEG";
inline constexpr std::uint16_t kFormatVersion = 1;
inline constexpr std::size_t kFooterBytes = 48;
inline constexpr std::size_t kChunkEntryBytes = 60;
inline constexpr std::size_t kSectionEntryBytes = 28;
inline constexpr std::uint64_t kSectionBytesMax = 64 * kMiB;  // one section, decoded
inline constexpr std::uint64_t kTailBytesMax = 256 * kMiB;    // sections, directory and footer, as stored
inline constexpr std::uint64_t kChunksMax = kSectionBytesMax / kChunkEntryBytes;
inline constexpr std::uint32_t kFlagZstd = 1;  // of a chunk or a section

/// Everything of an object but its chunks: what a reader keeps of a segment.
struct Tail {
  std::uint64_t object_bytes = 0;
  std::uint64_t log_bytes = 0;
  std::vector<Chunk> chunks;                  // by offset, log positions contiguous from 0
  std::map<SectionKind, Bytes> sections;      // decoded, without the chunk table; unknown kinds are left out
  std::size_t memory_bytes() const;

  /// Index of the chunk that holds `offset`, or the next one when it falls into a gap. chunks.size() when past the end.
  std::size_t chunk_of(Offset offset) const;
  std::size_t chunk_at(std::uint64_t log_position) const;
  View section(SectionKind kind) const;       // empty when absent
};

/// How many bytes of the end to ask for at first: holds the whole tail of nearly every segment.
std::uint64_t tail_guess_bytes(std::uint64_t log_bytes);

/// `end` = the last bytes of the object. Answers the tail, or how many bytes of the end it takes (more than given).
struct TailOrMore {
  std::shared_ptr<const Tail> tail;  // null: ask again with `need` bytes
  std::uint64_t need = 0;
};
/// kCorrupt: checks fail or fields contradict each other. kInvalid: a version or flag of a later takhin.
Result<TailOrMore> parse_tail(View end, std::uint64_t object_bytes);

/// The facts of a segment as its own object states them (section kSegment). kCorrupt when they are missing.
Result<ParsedName> segment_facts(const Tail& tail);

/// Undoes what storing did: checks the stored crc, decompresses (never beyond log_bytes), checks the plain crc. kCorrupt.
Result<Bytes> open_chunk(const Chunk& chunk, View stored);

}  // namespace takhin::tier
