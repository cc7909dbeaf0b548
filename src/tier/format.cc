#include "tier/format.h"

#include <zstd.h>

#include <algorithm>

#include "base/codec.h"
#include "base/crc32c.h"
#include "base/kinds.h"

namespace takhin::tier {
namespace {

struct Footer {
  std::uint32_t directory_bytes = 0;
  std::uint32_t tail_bytes = 0;
  std::uint64_t object_bytes = 0;
  std::uint64_t log_bytes = 0;
  std::uint32_t directory_crc = 0;
  bool sealed = false;
};

constexpr std::size_t kFooterDirectoryCrcAt = 24;
constexpr std::size_t kFooterVersionAt = 28;

struct SectionEntry {
  std::uint16_t kind = 0;
  std::uint16_t flags = 0;
  std::uint64_t position = 0;
  std::uint32_t stored_bytes = 0;
  std::uint32_t plain_bytes = 0;
  std::uint32_t stored_crc = 0;
  std::uint32_t plain_crc = 0;
};

struct Directory {
  std::vector<SectionEntry> sections;
  std::optional<Envelope> envelope;
  View unsealed;  // of its bytes: what stands before the tag
  View seal;      // the tag; empty when it is not the last field
};

Error corrupt(std::string_view what) { return fail(Kind::kCorrupt, "segment object: {}", what); }

Result<Footer> parse_footer(View end, std::uint64_t object_bytes) {
  const View footer = end.last(kFooterBytes);
  if (text_of(footer.last(kMagic.size())) != kMagic) return corrupt("no magic at its end");
  ByteReader in(footer);
  Footer out;
  out.directory_bytes = in.be<std::uint32_t>();
  out.tail_bytes = in.be<std::uint32_t>();
  out.object_bytes = in.be<std::uint64_t>();
  out.log_bytes = in.be<std::uint64_t>();
  out.directory_crc = in.be<std::uint32_t>();
  const auto version = in.be<std::uint16_t>();
  const auto required = in.be<std::uint16_t>();
  in.skip(4);
  const std::size_t checked = in.position();
  if (in.be<std::uint32_t>() != crc32c(footer.first(checked))) return corrupt("footer fails its crc32c");
  if (version != kFormatVersion) return fail(Kind::kInvalid, "segment object: version {} is not known here", version);
  if ((required & ~kFeatureSealed) != 0) {
    return fail(Kind::kInvalid, "segment object: needs features {:#x} not known here", required);
  }
  out.sealed = (required & kFeatureSealed) != 0;
  if (out.object_bytes != object_bytes) return corrupt("its size is not the one in the footer");
  if (out.tail_bytes > object_bytes || out.tail_bytes > kTailBytesMax ||
      out.tail_bytes < kFooterBytes + std::uint64_t{out.directory_bytes}) {
    return corrupt("impossible sizes in the footer");
  }
  return out;
}

Result<SectionEntry> parse_section(ByteReader field) {
  SectionEntry entry;
  entry.kind = field.be<std::uint16_t>();
  entry.flags = field.be<std::uint16_t>();
  entry.position = field.be<std::uint64_t>();
  entry.stored_bytes = field.be<std::uint32_t>();
  entry.plain_bytes = field.be<std::uint32_t>();
  entry.stored_crc = field.be<std::uint32_t>();
  entry.plain_crc = field.be<std::uint32_t>();
  if (!field.ok()) return corrupt("torn section entry");
  return entry;
}

Result<Envelope> parse_envelope(ByteReader field) {
  const auto algorithm = field.be<std::uint8_t>();
  const View key_id = field.bytes(field.be<std::uint16_t>());
  const View wrapped = field.bytes(field.be<std::uint16_t>());
  if (!field.ok() || key_id.size() > kKeyIdBytesMax || wrapped.size() > kWrappedBytesMax) return corrupt("torn encryption field");
  if (algorithm != kAes256Gcm) return fail(Kind::kInvalid, "segment object: algorithm {} is not known here", algorithm);
  return Envelope{std::string(text_of(key_id)), copy_of(wrapped)};
}

Result<Directory> parse_directory(View directory) {
  Directory out;
  ByteReader in(directory);
  while (in.left() > 0) {
    const auto number = static_cast<DirectoryField>(in.be<std::uint16_t>());
    const auto bytes = in.be<std::uint16_t>();
    const View value = in.bytes(bytes);
    if (!in.ok()) return corrupt("torn directory field");
    if (number == DirectoryField::kSection) {
      TRY(const SectionEntry entry, parse_section(ByteReader(value)));
      out.sections.push_back(entry);
    } else if (number == DirectoryField::kEncryption) {
      if (out.envelope) return corrupt("two encryption fields");
      TRY(out.envelope, parse_envelope(ByteReader(value)));
    } else if (number == DirectoryField::kSeal && in.left() == 0 && bytes == kTagBytes) {
      out.seal = value;
      out.unsealed = directory.first(directory.size() - kTagBytes);
    }
  }
  return out;
}

/// An encrypted object says so in three places, all or none, and its seal holds.
Result<std::shared_ptr<const ObjectCipher>> check_seal(const Footer& footer, const Directory& directory, View footer_bytes,
                                                       const Opening& opening) {
  if (!footer.sealed) {
    if (directory.envelope) return corrupt("an encryption field where nothing is encrypted");
    if (opening.encrypted_only) return fail(Kind::kDenied, "is not encrypted, and tier.encryption.required refuses that");
    return std::shared_ptr<const ObjectCipher>();
  }
  if (!directory.envelope || directory.seal.empty()) return corrupt("encrypted, but without key or seal");
  if (!opening.cipher) {
    return fail(kKeyFailed, "encrypted with key '{}', and there is no key ring", directory.envelope->key_id);
  }
  TRY(auto cipher, opening.cipher(*directory.envelope));
  TAKHIN_ASSERT(cipher != nullptr && cipher->object() == opening.object, "a cipher of another object");
  TRY(cipher->check({.what = SealedPart::What::kDirectory}, seal_cover(directory.unsealed, footer_bytes), directory.seal)
          .within("its directory"));
  return cipher;
}

/// How the bytes of a chunk or section are stored.
struct Packing {
  std::uint32_t flags = 0;
  std::uint64_t plain_bytes = 0;
  std::uint32_t stored_crc = 0;
  std::optional<std::uint32_t> plain_crc;  // nothing: the seal vouches for them
};

Result<Bytes> unzip(View packed, const Packing& packing) {
  // The frame must promise what the entry says before anything of that size is allocated.
  if (ZSTD_getFrameContentSize(packed.data(), packed.size()) != packing.plain_bytes) return corrupt("zstd frame of another size");
  Bytes plain(packing.plain_bytes);
  const std::size_t got = ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) || got != plain.size()) return corrupt("zstd frame does not decompress");
  return plain;
}

Result<Bytes> unpack(View stored, const Packing& packing, const ObjectCipher* cipher, const SealedPart& part) {
  if (((packing.flags & kFlagSealed) != 0) != (cipher != nullptr)) return corrupt("partly encrypted");
  if (crc32c(stored) != packing.stored_crc) return corrupt("stored bytes fail their crc32c");
  Bytes opened;
  if (cipher != nullptr) {
    TRY(opened, cipher->open(part, stored));
    stored = opened;
  }
  if ((packing.flags & kFlagZstd) != 0) {
    TRY(opened, unzip(stored, packing));
  } else {
    if (stored.size() != packing.plain_bytes) return corrupt("plain bytes contradict their entry");
    if (cipher == nullptr) opened = copy_of(stored);
  }
  if (packing.plain_crc && crc32c(opened) != *packing.plain_crc) return corrupt("decoded bytes fail their crc32c");
  return opened;
}

Chunk read_chunk(ByteReader in, std::uint32_t& flags) {
  Chunk chunk;
  chunk.first_offset = Offset{in.be<std::int64_t>()};
  chunk.end_offset = Offset{in.be<std::int64_t>()};
  chunk.max_timestamp = TimestampMs{in.be<std::int64_t>()};
  chunk.log_position = in.be<std::uint64_t>();
  chunk.stored_position = in.be<std::uint64_t>();
  chunk.log_bytes = in.be<std::uint32_t>();
  chunk.stored_bytes = in.be<std::uint32_t>();
  chunk.stored_crc = in.be<std::uint32_t>();
  chunk.plain_crc = in.be<std::uint32_t>();
  flags = in.be<std::uint32_t>();
  chunk.compressed = (flags & kFlagZstd) != 0;
  return chunk;
}

/// Chunks must tile log and object without a hole, in offset order: readers rely on it without looking again.
Result<> parse_chunks(View table, Tail& tail, std::uint64_t chunks_end) {
  ByteReader in(table);
  const auto count = in.be<std::uint32_t>();
  const auto entry_bytes = in.be<std::uint16_t>();
  in.skip(2);
  if (!in.ok() || entry_bytes < kChunkEntryBytes || count == 0 || std::uint64_t{count} * entry_bytes != in.left()) {
    return corrupt("chunk table of an impossible size");
  }
  tail.chunks.reserve(count);
  std::uint64_t log_at = 0, stored_at = 0;
  Offset offset_at{0};
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t flags = 0;
    const Chunk chunk = read_chunk(ByteReader(in.bytes(entry_bytes)), flags);
    if ((flags & ~(kFlagZstd | kFlagSealed)) != 0) {
      return fail(Kind::kInvalid, "segment object: chunk {} needs features {:#x}", i, flags);
    }
    if (((flags & kFlagSealed) != 0) != (tail.cipher != nullptr)) return corrupt("partly encrypted");
    const std::uint64_t sealing = tail.cipher == nullptr ? 0 : kTagBytes;
    const bool tiles = chunk.log_position == log_at && chunk.stored_position == stored_at && chunk.log_bytes > 0 &&
                       chunk.stored_bytes > sealing && (chunk.compressed || chunk.stored_bytes == chunk.log_bytes + sealing);
    if (!tiles || chunk.first_offset < offset_at || chunk.end_offset <= chunk.first_offset) {
      return fail(Kind::kCorrupt, "segment object: chunk {} contradicts its neighbours", i);
    }
    log_at += chunk.log_bytes;
    stored_at += chunk.stored_bytes;
    offset_at = chunk.end_offset;
    tail.chunks.push_back(chunk);
  }
  if (log_at != tail.log_bytes || stored_at != chunks_end) return corrupt("chunks do not add up");
  return done();
}

/// `stored` = the tail's bytes, which begin at `chunks_end` in the object.
Result<> load_section(const SectionEntry& entry, View stored, std::uint64_t chunks_end, std::uint64_t sections_end, Tail& tail) {
  const auto kind = static_cast<SectionKind>(entry.kind);
  if (entry.kind == 0 || kind > SectionKind::kSegment) return done();  // of a later takhin
  if ((entry.flags & ~(kFlagZstd | kFlagSealed)) != 0) {
    return fail(Kind::kInvalid, "segment object: section {} needs features {:#x}", entry.kind, entry.flags);
  }
  if (entry.position < chunks_end || entry.position > sections_end || sections_end - entry.position < entry.stored_bytes ||
      entry.plain_bytes > kSectionBytesMax) {
    return fail(Kind::kCorrupt, "segment object: section {} lies outside of its place", entry.kind);
  }
  const View bytes = stored.subspan(entry.position - chunks_end, entry.stored_bytes);
  Packing packing{entry.flags, entry.plain_bytes, entry.stored_crc, entry.plain_crc};
  if (tail.cipher != nullptr) packing.plain_crc.reset();
  const SealedPart part{SealedPart::What::kSection, entry.kind, entry.position, entry.plain_bytes, entry.flags};
  auto plain = unpack(bytes, packing, tail.cipher.get(), part);
  TRY(Bytes data, std::move(plain).within(fmt::format("section {}", entry.kind)));
  if (kind == SectionKind::kChunkTable) {
    if (!tail.chunks.empty()) return corrupt("two chunk tables");
    return parse_chunks(data, tail, chunks_end);
  }
  if (!tail.sections.emplace(kind, std::move(data)).second) {
    return fail(Kind::kCorrupt, "segment object: section {} twice", entry.kind);
  }
  return done();
}

}  // namespace

std::uint32_t Chunk::flags(bool sealed) const { return (compressed ? kFlagZstd : 0) | (sealed ? kFlagSealed : 0); }

SealedPart Chunk::sealed_part(std::size_t index) const {
  return {SealedPart::What::kChunk, index, log_position, log_bytes, flags(true)};
}

std::array<View, 3> seal_cover(View directory_before_tag, View footer) {
  return {directory_before_tag, footer.first(kFooterDirectoryCrcAt), footer.subspan(kFooterVersionAt, 8)};
}

std::size_t Tail::memory_bytes() const {
  std::size_t bytes = sizeof *this + chunks.capacity() * sizeof(Chunk) + (cipher == nullptr ? 0 : sizeof *cipher);
  for (const auto& [kind, data] : sections) bytes += 64 + data.capacity();
  return bytes;
}

std::size_t Tail::chunk_of(Offset offset) const {
  const auto at = std::partition_point(chunks.begin(), chunks.end(), [&](const Chunk& c) { return c.end_offset <= offset; });
  return static_cast<std::size_t>(at - chunks.begin());
}

std::size_t Tail::chunk_at(std::uint64_t log_position) const {
  const auto at = std::partition_point(chunks.begin(), chunks.end(),
                                       [&](const Chunk& c) { return c.log_range().end <= log_position; });
  return static_cast<std::size_t>(at - chunks.begin());
}

View Tail::section(SectionKind kind) const {
  const auto found = sections.find(kind);
  return found == sections.end() ? View{} : View(found->second);
}

std::uint64_t tail_guess_bytes(std::uint64_t log_bytes) {
  // Measured with an index entry per 4 KiB: both indexes and the chunk table, zstd, are 1/370 of the log or less.
  return 16 * kKiB + log_bytes / 300;
}

namespace {

/// Footer and directory, and the cipher of an encrypted object. Nothing: it takes `need` bytes of the end.
struct Head {
  Footer footer;
  Directory directory;
  std::shared_ptr<const ObjectCipher> cipher;
};

/// `whole`: with all sections at hand.
Result<std::optional<Head>> open_head(View end, std::uint64_t object_bytes, const Opening& opening, bool whole,
                                      std::uint64_t& need) {
  if (object_bytes < kFooterBytes || end.size() > object_bytes) return corrupt("too small to be one");
  need = kFooterBytes;
  if (end.size() < need) return std::optional<Head>();
  Head head;
  TRY(head.footer, parse_footer(end, object_bytes));
  const std::uint64_t head_bytes = kFooterBytes + std::uint64_t{head.footer.directory_bytes};
  need = whole ? head.footer.tail_bytes : head_bytes;
  if (end.size() < need) return std::optional<Head>();
  const View directory = end.last(head_bytes).first(head.footer.directory_bytes);
  if (crc32c(directory) != head.footer.directory_crc) return corrupt("directory fails its crc32c");
  TRY(head.directory, parse_directory(directory));
  TRY(head.cipher, check_seal(head.footer, head.directory, end.last(kFooterBytes), opening));
  return std::optional(std::move(head));
}

}  // namespace

Result<TailOrMore> parse_tail(View end, std::uint64_t object_bytes, const Opening& opening) {
  std::uint64_t need = 0;
  TRY(const auto head, open_head(end, object_bytes, opening, true, need));
  if (!head) return TailOrMore{nullptr, need};
  const View stored = end.last(need);
  const std::size_t sections_bytes = stored.size() - kFooterBytes - head->footer.directory_bytes;
  auto tail = std::make_shared<Tail>();
  tail->object_bytes = object_bytes;
  tail->log_bytes = head->footer.log_bytes;
  tail->cipher = head->cipher;
  const std::uint64_t chunks_end = object_bytes - need;
  for (const auto& entry : head->directory.sections) {
    TRY(load_section(entry, stored, chunks_end, chunks_end + sections_bytes, *tail));
  }
  if (tail->chunks.empty()) return corrupt("no chunk table");
  return TailOrMore{std::move(tail), need};
}

Result<HeadOrMore> parse_head(View end, std::uint64_t object_bytes, const Opening& opening) {
  std::uint64_t need = 0;
  TRY(auto head, open_head(end, object_bytes, opening, false, need));
  if (!head) return HeadOrMore{std::nullopt, need};
  return HeadOrMore{std::move(head->directory.envelope), 0};
}

Result<ParsedName> segment_facts(const Tail& tail) {
  ParsedName out;
  ByteReader in(tail.section(SectionKind::kSegment));
  unsigned seen = 0;
  while (in.left() > 0) {
    const auto number = in.be<std::uint16_t>();
    const auto bytes = in.be<std::uint16_t>();
    const View payload = in.bytes(bytes);
    ByteReader field(payload);
    switch (static_cast<SegmentField>(number)) {
      case SegmentField::kTopic: out.partition.topic = text_of(payload); break;
      case SegmentField::kTopicId: std::ranges::copy(field.bytes(16), out.partition.topic_id.bytes.begin()); break;
      case SegmentField::kPartition: out.partition.partition = field.be<std::int32_t>(); break;
      case SegmentField::kBase: out.entry.base.raw = field.be<std::int64_t>(); break;
      case SegmentField::kEnd: out.entry.end.raw = field.be<std::int64_t>(); break;
      case SegmentField::kMaxTimestamp: out.entry.max_timestamp.raw = field.be<std::int64_t>(); break;
      case SegmentField::kLogBytes: out.entry.log_bytes = field.be<std::uint64_t>(); break;
      case SegmentField::kLeaderEpoch: out.entry.leader_epoch.raw = field.be<std::int32_t>(); break;
      case SegmentField::kGeneration: out.entry.generation = field.be<std::uint32_t>(); break;
      case SegmentField::kId: std::ranges::copy(field.bytes(16), out.entry.id.bytes.begin()); break;
      default: continue;  // of a later takhin
    }
    if (!field.ok()) return corrupt("torn segment facts");
    seen |= 1u << number;
  }
  constexpr unsigned kAll = 0x7fe;  // fields 1 to 10
  if (!in.ok() || seen != kAll) return corrupt("segment facts are missing");
  return out;
}

Result<Bytes> open_chunk(const Tail& tail, std::size_t index, View stored) {
  const Chunk& chunk = tail.chunks[index];
  if (stored.size() != chunk.stored_bytes) return corrupt("chunk of another size");
  const Packing packing{chunk.flags(tail.cipher != nullptr), chunk.log_bytes, chunk.stored_crc, chunk.plain_crc};
  return unpack(stored, packing, tail.cipher.get(), chunk.sealed_part(index))
      .within(fmt::format("chunk at {}", chunk.log_position));
}

}  // namespace takhin::tier
