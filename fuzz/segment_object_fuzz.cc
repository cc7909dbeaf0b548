// Bytes that pretend to be a segment object: the tail is parsed, its facts read, every chunk opened. Checksums would keep the
// fuzzer out, so the footer's and the directory's are made good first.

#include "base/codec.h"
#include "base/crc32c.h"
#include "tier/format.h"
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const View given(reinterpret_cast<const std::byte*>(data), size);
  tier::parse_object_name(text_of(given));
  (void)tier::parse_tail(given, size);
  Bytes object = copy_of(given);
  mend(object);
  const auto parsed = tier::parse_tail(object, object.size());
  if (!parsed.ok() || parsed->tail == nullptr) return 0;
  const tier::Tail& tail = *parsed->tail;
  (void)tier::segment_facts(tail);
  for (const tier::Chunk& chunk : tail.chunks) {
    TAKHIN_ASSERT(chunk.stored_range().end <= object.size(), "a chunk beyond its object");
    if (chunk.log_bytes > kChunkBytesMax) continue;
    (void)tier::open_chunk(chunk, View(object).subspan(chunk.stored_position, chunk.stored_bytes));
    TAKHIN_ASSERT(tail.chunk_at(chunk.log_position) < tail.chunks.size(), "a chunk that nobody finds");
    TAKHIN_ASSERT(tail.chunks[tail.chunk_of(chunk.first_offset)].log_position == chunk.log_position, "another chunk's offset");
  }
  return 0;
}
