#pragma once
// The segment object: chunks | sections | footer (docs/format/segment-object.md). Bytes in, bytes out; no I/O.

#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "tier/seal.h"
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
  /// As in the chunk table of an encrypted (`sealed`) or plain object.
  std::uint32_t flags(bool sealed) const;
  /// What its seal binds, as chunk number `index`.
  SealedPart sealed_part(std::size_t index) const;
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

/// Fields of the directory, in the same form.
enum class DirectoryField : std::uint16_t {
  kSection = 1,
  kEncryption = 2,
  kSeal = 3,
};

/// Section kinds, field numbers and flag bits are never given a second meaning; sections 8 = key filter and 9 = encryption
/// are spoken for (docs/format/segment-object.md).

inline constexpr std::string_view kMagic = "TAKHNSEG";
inline constexpr std::uint16_t kFormatVersion = 1;
inline constexpr std::size_t kFooterBytes = 48;
inline constexpr std::size_t kChunkEntryBytes = 60;
inline constexpr std::size_t kSectionEntryBytes = 28;
inline constexpr std::uint64_t kSectionBytesMax = 64 * kMiB;  // one section, decoded
inline constexpr std::uint64_t kTailBytesMax = 256 * kMiB;    // sections, directory and footer, as stored
inline constexpr std::uint64_t kChunksMax = kSectionBytesMax / kChunkEntryBytes;
inline constexpr std::uint32_t kFlagZstd = 1;    // of a chunk or a section
inline constexpr std::uint32_t kFlagSealed = 2;  // of a chunk or a section
inline constexpr std::uint16_t kFeatureSealed = 1;  // of the footer
inline constexpr std::uint8_t kAes256Gcm = 1;
inline constexpr std::size_t kKeyIdBytesMax = 256;
inline constexpr std::size_t kWrappedBytesMax = 2048;

/// The data key of an encrypted object, wrapped: directory field 2, or the key object that takes its place.
struct Envelope {
  std::string key_id;
  Bytes wrapped;
  bool operator==(const Envelope&) const = default;
};

/// What it takes to open an encrypted object.
struct Opening {
  Uuid object;  // its id, by its name
  bool encrypted_only = false;  // kDenied for an object that is not encrypted
  /// The cipher for `object`; its error is the parse's. Null: kKeyFailed.
  std::function<Result<std::shared_ptr<const ObjectCipher>>(const Envelope&)> cipher;
};

/// Everything of an object but its chunks: what a reader keeps of a segment.
struct Tail {
  std::uint64_t object_bytes = 0;
  std::uint64_t log_bytes = 0;
  std::vector<Chunk> chunks;                  // by offset, log positions contiguous from 0
  std::map<SectionKind, Bytes> sections;      // decoded, without the chunk table; unknown kinds are left out
  std::shared_ptr<const ObjectCipher> cipher;  // null: not encrypted
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
/// kCorrupt: checks or seals fail, or fields contradict each other. kInvalid: a version or flag of a later takhin. Else what
/// `opening` answers for an encrypted object.
Result<TailOrMore> parse_tail(View end, std::uint64_t object_bytes, const Opening& opening = {});

/// What the directory's seal covers: of the directory all but the tag itself, and the footer's bytes but for checksums and magic.
std::array<View, 3> seal_cover(View directory_before_tag, View footer);

/// How the object is encrypted, without its sections: the directory, checked, and its seal too when `opening` has a cipher.
struct HeadOrMore {
  std::optional<Envelope> envelope;  // nothing: not encrypted, or ask again
  std::uint64_t need = 0;            // > 0: ask again with so many bytes of the end
};
Result<HeadOrMore> parse_head(View end, std::uint64_t object_bytes, const Opening& opening = {});

/// The facts of a segment as its own object states them (section kSegment). kCorrupt when they are missing.
Result<ParsedName> segment_facts(const Tail& tail);

/// Undoes what storing did to chunk number `index`: checks the stored crc, decrypts, decompresses (never beyond log_bytes),
/// checks the plain crc. kCorrupt.
Result<Bytes> open_chunk(const Tail& tail, std::size_t index, View stored);

}  // namespace takhin::tier
