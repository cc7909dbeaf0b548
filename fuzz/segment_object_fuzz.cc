// Bytes that pretend to be a segment object: the tail is parsed, its facts read, every chunk opened. Checksums would keep the
// fuzzer out, so they are made good first, and for every other input the seals of sections and directory too: a writer who has
// the key is not to be trusted with our memory either.

#include <algorithm>

#include "base/codec.h"
#include "base/crc32c.h"
#include "testing/sealed_kit.h"
#include "tier/format.h"
#include "tier/object_keys.h"
#include "tier/segment.h"
#include "tier/small_objects.h"

namespace {

using namespace takhin;

constexpr std::uint32_t kChunkBytesMax = 16 * kMiB;  // a chunk may rightly claim 4 GiB; the fuzzer has less

const auto kCipher = std::make_shared<const tier::ObjectCipher>(tier::SecretKey(Bytes(tier::kKeyBytes, std::byte{1})), Uuid{});
const tier::Opening kOpening{Uuid{}, false, [](const tier::Envelope&) -> Result<std::shared_ptr<const tier::ObjectCipher>> {
                               return kCipher;
                             }};

/// Encrypts the sections where they stand and seals the directory, so that what the fuzzer wrote is what the parser decrypts.
void reseal(Bytes& object) {
  if (object.size() < tier::kFooterBytes) return;
  tier::Sealer sealer(kCipher);
  testing::each_section(object, [&](std::byte* entry, std::span<std::byte> stored) {
    if (stored.size() < tier::kTagBytes) return;
    const tier::SealedPart part{.what = tier::SealedPart::What::kSection,
                                .index = load_be<std::uint16_t>(entry),
                                .position = load_be<std::uint64_t>(entry + 4),
                                .plain_bytes = load_be<std::uint32_t>(entry + 16),
                                .flags = load_be<std::uint16_t>(entry + 2)};
    const auto tag = sealer.seal(part, stored.first(stored.size() - tier::kTagBytes));
    if (tag.ok()) std::ranges::copy(*tag, stored.last(tier::kTagBytes).begin());
    store_be(entry + 20, crc32c(stored));
  });
  std::byte* const footer = object.data() + object.size() - tier::kFooterBytes;
  const auto directory_bytes = load_be<std::uint32_t>(footer);
  if (directory_bytes > object.size() - tier::kFooterBytes || directory_bytes < tier::kTagBytes) return;
  const View unsealed(footer - directory_bytes, directory_bytes - tier::kTagBytes);
  const auto tag = sealer.sign({.what = tier::SealedPart::What::kDirectory},
                               tier::seal_cover(unsealed, View(footer, tier::kFooterBytes)));
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
  if (size < tier::kFooterBytes) return 0;
  store_be<std::uint64_t>(object.data() + size - tier::kFooterBytes + 8, size);
  if (size % 2 == 0) reseal(object);
  testing::mend_checksums(object);
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
