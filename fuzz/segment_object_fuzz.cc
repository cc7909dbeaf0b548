// Bytes that pretend to be a segment object: the tail is parsed, its facts read, every chunk opened. Checksums would keep the
// fuzzer out, so the footer's and the directory's are made good first, and for every other input the seal of the directory too: a
// writer who has the key is not to be trusted with our memory either.

#include <algorithm>

#include "base/codec.h"
#include "base/crc32c.h"
#include "tier/format.h"
#include "tier/object_keys.h"
#include "tier/small_objects.h"
#include "tier/segment.h"

namespace {

using namespace takhin;

constexpr std::uint32_t kChunkBytesMax = 16 * kMiB;  // a chunk may rightly claim 4 GiB; the fuzzer has less

void mend(Bytes& object) {
  if (object.size() < tier::kFooterBytes) return;
  std::byte* footer = object.data() + object.size() - tier::kFooterBytes;
  const auto directory_bytes = load_be<std::uint32_t>(footer);
  store_be<std::uint64_t>(footer + 8, object.size());
  if (directory_bytes <= object.size() - tier::kFooterBytes) {
    store_be(footer + 24, crc32c(View(footer - directory_bytes, directory_bytes)));
  }
  store_be(footer + 36, crc32c(View(footer, 36)));
}

const auto kCipher = std::make_shared<const tier::ObjectCipher>(tier::SecretKey(Bytes(tier::kKeyBytes, std::byte{1})), Uuid{});
const tier::Opening kOpening{Uuid{}, false, [](const tier::Envelope&) -> Result<std::shared_ptr<const tier::ObjectCipher>> {
                               return kCipher;
                             }};

/// Encrypts the sections where they stand and seals the directory, so that what the fuzzer wrote is what the parser decrypts.
void reseal(Bytes& object) {
  if (object.size() < tier::kFooterBytes) return;
  std::byte* const footer = object.data() + object.size() - tier::kFooterBytes;
  const auto directory_bytes = load_be<std::uint32_t>(footer);
  if (directory_bytes > object.size() - tier::kFooterBytes || directory_bytes < tier::kTagBytes) return;
  store_be<std::uint64_t>(footer + 8, object.size());
  tier::Sealer sealer(kCipher);
  std::byte* const directory = footer - directory_bytes;
  for (std::byte* at = directory; footer - at >= 4;) {
    const auto bytes = load_be<std::uint16_t>(at + 2);
    if (footer - at < 4 + bytes) break;
    if (load_be<std::uint16_t>(at) == 1 && bytes >= tier::kSectionEntryBytes) {
      const auto position = load_be<std::uint64_t>(at + 8);
      const auto stored = load_be<std::uint32_t>(at + 16);
      const auto limit = static_cast<std::uint64_t>(directory - object.data());
      if (stored >= tier::kTagBytes && position <= limit && stored <= limit - position) {
        const tier::SealedPart part{tier::SealedPart::What::kSection, load_be<std::uint16_t>(at + 4), position,
                                    load_be<std::uint32_t>(at + 20), load_be<std::uint16_t>(at + 6)};
        const auto tag = sealer.seal(part, std::span(object).subspan(position, stored - tier::kTagBytes));
        if (tag.ok()) std::ranges::copy(*tag, object.begin() + static_cast<std::ptrdiff_t>(position + stored - tier::kTagBytes));
        store_be(at + 24, crc32c(View(object).subspan(position, stored)));
      }
    }
    at += 4 + bytes;
  }
  const auto cover = tier::seal_cover(View(directory, directory_bytes - tier::kTagBytes), View(footer, tier::kFooterBytes));
  const auto tag = sealer.sign({.what = tier::SealedPart::What::kDirectory}, cover);
  if (tag.ok()) std::ranges::copy(*tag, footer - tier::kTagBytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const View given(reinterpret_cast<const std::byte*>(data), size);
  tier::parse_object_name(text_of(given));
  tier::segment_of_key_object(text_of(given));
  (void)tier::parse_key(given);
  (void)tier::parse_tail(given, size);
  Bytes object = copy_of(given);
  if (size % 2 == 0) reseal(object);
  mend(object);
  (void)tier::parse_head(object, object.size(), kOpening);
  const auto parsed = tier::parse_tail(object, object.size(), kOpening);
  if (!parsed.ok() || parsed->tail == nullptr) return 0;
  const tier::Tail& tail = *parsed->tail;
  (void)tier::segment_facts(tail);
  for (std::size_t i = 0; i < tail.chunks.size(); ++i) {
    const tier::Chunk& chunk = tail.chunks[i];
    TAKHIN_ASSERT(chunk.stored_range().end <= object.size(), "a chunk beyond its object");
    if (chunk.log_bytes > kChunkBytesMax) continue;
    (void)tier::open_chunk(tail, i, View(object).subspan(chunk.stored_position, chunk.stored_bytes));
    TAKHIN_ASSERT(tail.chunk_at(chunk.log_position) < tail.chunks.size(), "a chunk that nobody finds");
    TAKHIN_ASSERT(tail.chunks[tail.chunk_of(chunk.first_offset)].log_position == chunk.log_position, "another chunk's offset");
  }
  return 0;
}
