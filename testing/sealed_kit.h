#pragma once
// Encrypted segment objects in memory, and an adversary's tools for them.

#include <optional>

#include "base/codec.h"
#include "base/crc32c.h"
#include "testing/segment_kit.h"
#include "tier/segment_writer.h"

namespace takhin::testing {

inline tier::SegmentEntry entry_of(const tier::SealedSegment& segment, unsigned char id = 0x2a) {
  tier::SegmentEntry entry{.base = segment.base, .end = segment.end, .max_timestamp = segment.max_timestamp,
                           .log_bytes = segment.log_bytes, .leader_epoch = segment.leader_epoch};
  entry.id.bytes.fill(std::byte{id});
  return entry;
}

struct SealedObject {
  Bytes bytes;
  tier::Sealing sealing;
  Uuid id;

  /// As its rightful reader opens it.
  tier::Opening opening() const {
    return {id, false, [cipher = sealing.cipher](const tier::Envelope&) -> Result<std::shared_ptr<const tier::ObjectCipher>> {
              return cipher;
            }};
  }
};

inline SealedObject seal_object(const MadeSegment& made, std::uint64_t chunk_bytes, int zstd_level, unsigned char id = 0x2a,
                                std::uint64_t seed = 1) {
  const auto entry = entry_of(made.sealed, id);
  SeededRandom random(seed);
  SealedObject out;
  out.id = entry.id;
  const auto key = tier::SecretKey::make(random);
  const tier::SecretKey wrapping(Bytes(tier::kKeyBytes, std::byte{0x11}));
  out.sealing = {std::make_shared<const tier::ObjectCipher>(key, entry.id),
                 {"test-1", tier::wrap_key(wrapping, key, entry.id, random)}};
  const auto written = tier::write_segment(made.sealed, entry, {chunk_bytes, zstd_level, &out.sealing}, [&](View data) {
    append(out.bytes, data);
    return done();
  });
  TAKHIN_ASSERT(written.ok() && written->object_bytes == out.bytes.size() && written->object_crc == crc32c(out.bytes),
                "a test object cannot be written");
  return out;
}

/// Where footer and directory of `object` lie.
struct Layout {
  std::size_t footer = 0;
  std::size_t directory = 0;
  std::size_t sections = 0;  // end of the chunks
  explicit Layout(const Bytes& object) : footer(object.size() - tier::kFooterBytes) {
    directory = footer - load_be<std::uint32_t>(object.data() + footer);
    sections = object.size() - load_be<std::uint32_t>(object.data() + footer + 4);
  }
};

/// Calls `use` with each section's entry in the directory (its value, kSectionEntryBytes or more) and the section's bytes; only
/// for those that lie inside, so that an object of a fuzzer's will do.
template <class Use>
void each_section(Bytes& object, Use use) {
  if (object.size() < tier::kFooterBytes) return;
  std::byte* const footer = object.data() + object.size() - tier::kFooterBytes;
  const auto directory_bytes = load_be<std::uint32_t>(footer);
  if (directory_bytes > object.size() - tier::kFooterBytes) return;
  for (std::byte* at = footer - directory_bytes; footer - at >= 4;) {
    const auto bytes = load_be<std::uint16_t>(at + 2);
    if (footer - at < 4 + bytes) return;
    if (load_be<std::uint16_t>(at) == 1 && bytes >= tier::kSectionEntryBytes) {
      const auto position = load_be<std::uint64_t>(at + 8);
      const auto stored = load_be<std::uint32_t>(at + 16);
      const auto limit = object.size() - tier::kFooterBytes - directory_bytes;
      if (position <= limit && stored <= limit - position) use(at + 4, std::span(object).subspan(position, stored));
    }
    at += 4 + bytes;
  }
}

/// Makes every checksum good again that needs no key: of sections, directory and footer.
inline void mend_checksums(Bytes& object) {
  if (object.size() < tier::kFooterBytes) return;
  each_section(object, [](std::byte* entry, View stored) { store_be(entry + 20, crc32c(stored)); });
  std::byte* const footer = object.data() + object.size() - tier::kFooterBytes;
  const auto directory_bytes = load_be<std::uint32_t>(footer);
  if (directory_bytes <= object.size() - tier::kFooterBytes) {
    store_be(footer + 24, crc32c(View(footer - directory_bytes, directory_bytes)));
  }
  store_be(footer + 36, crc32c(View(footer, 36)));
}

/// What a reader gets: the log, or the first error.
inline Result<Bytes> read_object(const Bytes& object, const tier::Opening& opening) {
  TRY(const auto parsed, tier::parse_tail(object, object.size(), opening));
  if (!parsed.tail) return fail(Kind::kCorrupt, "claims a tail of {} bytes", parsed.need);
  Bytes log;
  for (std::size_t i = 0; i < parsed.tail->chunks.size(); ++i) {
    const auto& chunk = parsed.tail->chunks[i];
    if (chunk.stored_range().end > object.size()) return fail(Kind::kCorrupt, "chunk {} lies outside", i);
    TRY(const Bytes plain, tier::open_chunk(*parsed.tail, i, View(object).subspan(chunk.stored_position, chunk.stored_bytes)));
    append(log, plain);
  }
  return log;
}

}  // namespace takhin::testing
