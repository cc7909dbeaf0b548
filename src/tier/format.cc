#include "tier/format.h"

#include <zstd.h>

#include <algorithm>

#include "base/codec.h"
#include "base/crc32c.h"

namespace takhin::tier {
namespace {

struct Footer {
  std::uint32_t directory_bytes = 0;
  std::uint32_t tail_bytes = 0;
  std::uint64_t object_bytes = 0;
  std::uint64_t log_bytes = 0;
  std::uint32_t directory_crc = 0;
};

struct SectionEntry {
  std::uint16_t kind = 0;
  std::uint16_t flags = 0;
  std::uint64_t position = 0;
  std::uint32_t stored_bytes = 0;
  std::uint32_t plain_bytes = 0;
  std::uint32_t stored_crc = 0;
  std::uint32_t plain_crc = 0;
};

constexpr std::uint16_t kFieldSection = 1;

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
  if (required != 0) return fail(Kind::kInvalid, "segment object: needs features {:#x} not known here", required);
  if (out.object_bytes != object_bytes) return corrupt("its size is not the one in the footer");
  if (out.tail_bytes > object_bytes || out.tail_bytes > kTailBytesMax ||
      out.tail_bytes < kFooterBytes + std::uint64_t{out.directory_bytes}) {
    return corrupt("impossible sizes in the footer");
  }
  return out;
}

Result<std::vector<SectionEntry>> parse_directory(View directory) {
  std::vector<SectionEntry> sections;
  ByteReader in(directory);
  while (in.left() > 0) {
    const auto number = in.be<std::uint16_t>();
    const auto bytes = in.be<std::uint16_t>();
    ByteReader field(in.bytes(bytes));
    if (!in.ok()) return corrupt("torn directory field");
    if (number != kFieldSection) continue;
    SectionEntry entry;
    entry.kind = field.be<std::uint16_t>();
    entry.flags = field.be<std::uint16_t>();
    entry.position = field.be<std::uint64_t>();
    entry.stored_bytes = field.be<std::uint32_t>();
    entry.plain_bytes = field.be<std::uint32_t>();
    entry.stored_crc = field.be<std::uint32_t>();
    entry.plain_crc = field.be<std::uint32_t>();
    if (!field.ok()) return corrupt("torn section entry");
    sections.push_back(entry);
  }
  return sections;
}

Result<Bytes> unpack(View stored, bool zstd, std::uint64_t plain_bytes, std::uint32_t stored_crc, std::uint32_t plain_crc) {
  if (crc32c(stored) != stored_crc) return corrupt("stored bytes fail their crc32c");
  if (!zstd) {
    if (stored.size() != plain_bytes || stored_crc != plain_crc) return corrupt("plain bytes contradict their entry");
    return copy_of(stored);
  }
  // The frame must promise what the entry says before anything of that size is allocated.
  if (ZSTD_getFrameContentSize(stored.data(), stored.size()) != plain_bytes) return corrupt("zstd frame of another size");
  Bytes plain(plain_bytes);
  const std::size_t got = ZSTD_decompress(plain.data(), plain.size(), stored.data(), stored.size());
  if (ZSTD_isError(got) || got != plain.size()) return corrupt("zstd frame does not decompress");
  if (crc32c(plain) != plain_crc) return corrupt("decompressed bytes fail their crc32c");
  return plain;
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
    if ((flags & ~kFlagZstd) != 0) return fail(Kind::kInvalid, "segment object: chunk {} needs features {:#x}", i, flags);
    const bool tiles = chunk.log_position == log_at && chunk.stored_position == stored_at && chunk.log_bytes > 0 &&
                       chunk.stored_bytes > 0 && (chunk.compressed || chunk.stored_bytes == chunk.log_bytes);
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
  if ((entry.flags & ~kFlagZstd) != 0) {
    return fail(Kind::kInvalid, "segment object: section {} needs features {:#x}", entry.kind, entry.flags);
  }
  if (entry.position < chunks_end || entry.position > sections_end || sections_end - entry.position < entry.stored_bytes ||
      entry.plain_bytes > kSectionBytesMax) {
    return fail(Kind::kCorrupt, "segment object: section {} lies outside of its place", entry.kind);
  }
  const View bytes = stored.subspan(entry.position - chunks_end, entry.stored_bytes);
  auto plain = unpack(bytes, (entry.flags & kFlagZstd) != 0, entry.plain_bytes, entry.stored_crc, entry.plain_crc);
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

std::size_t Tail::memory_bytes() const {
  std::size_t bytes = sizeof *this + chunks.capacity() * sizeof(Chunk);
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

Result<TailOrMore> parse_tail(View end, std::uint64_t object_bytes) {
  if (object_bytes < kFooterBytes || end.size() > object_bytes) return corrupt("too small to be one");
  if (end.size() < kFooterBytes) return TailOrMore{nullptr, kFooterBytes};
  TRY(const Footer footer, parse_footer(end, object_bytes));
  if (end.size() < footer.tail_bytes) return TailOrMore{nullptr, footer.tail_bytes};
  const View stored = end.last(footer.tail_bytes);
  const std::size_t sections_bytes = stored.size() - kFooterBytes - footer.directory_bytes;
  const View directory = stored.subspan(sections_bytes, footer.directory_bytes);
  if (crc32c(directory) != footer.directory_crc) return corrupt("directory fails its crc32c");
  TRY(const auto entries, parse_directory(directory));
  auto tail = std::make_shared<Tail>();
  tail->object_bytes = object_bytes;
  tail->log_bytes = footer.log_bytes;
  const std::uint64_t chunks_end = object_bytes - footer.tail_bytes;
  for (const auto& entry : entries) {
    TRY(load_section(entry, stored, chunks_end, chunks_end + sections_bytes, *tail));
  }
  if (tail->chunks.empty()) return corrupt("no chunk table");
  return TailOrMore{std::move(tail), footer.tail_bytes};
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

Result<Bytes> open_chunk(const Chunk& chunk, View stored) {
  if (stored.size() != chunk.stored_bytes) return corrupt("chunk of another size");
  return unpack(stored, chunk.compressed, chunk.log_bytes, chunk.stored_crc, chunk.plain_crc)
      .within(fmt::format("chunk at {}", chunk.log_position));
}

}  // namespace takhin::tier
