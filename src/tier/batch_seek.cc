#include "tier/batch_seek.h"

#include <algorithm>
#include <array>

#include "base/codec.h"
#include "record/batch.h"

namespace takhin::tier {
namespace {

constexpr std::size_t kIndexEntryBytes = 8;
constexpr std::size_t kWindowBytes = 4096;  // one pread holds the headers of many small batches

}  // namespace

std::uint64_t indexed_position(View index, Offset segment_base, Offset offset, ByteRange within) {
  std::size_t low = 0;
  std::size_t high = index.size() / kIndexEntryBytes;
  while (low < high) {  // entries before `low` are at or before the offset
    const std::size_t middle = low + (high - low) / 2;
    const auto relative = load_be<std::uint32_t>(index.data() + middle * kIndexEntryBytes);
    if (segment_base.raw + static_cast<std::int64_t>(relative) <= offset.raw) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return within.begin;
  const std::uint64_t position = load_be<std::uint32_t>(index.data() + (low - 1) * kIndexEntryBytes + 4);
  return position > within.begin && position < within.end ? position : within.begin;
}

Result<std::optional<FoundBatch>> find_batch(const File& log, std::uint64_t from, std::uint64_t end, Offset offset) {
  std::array<std::byte, kWindowBytes> window;
  std::uint64_t window_at = from;
  std::size_t window_bytes = 0;
  for (std::uint64_t at = from; at < end;) {
    if (at < window_at || at + record::kBatchHeaderBytes > window_at + window_bytes) {
      window_at = at;
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(window.size(), end - at));
      TRY(window_bytes, log.read_at(at, std::span(window).first(want)));
    }
    const View head = View(window).subspan(at - window_at, window_bytes - (at - window_at));
    const auto batch = record::parse_header(head);
    if (!batch.ok() || at + batch->total_bytes() > end) {
      return fail(Kind::kCorrupt, "no whole batch at log position {}: {}", at, batch.ok() ? "cut short" : batch.error().text);
    }
    if (batch->last_offset() >= offset) {
      return std::optional(FoundBatch{{at, at + batch->total_bytes()}, batch->base_offset, batch->next_offset()});
    }
    at += batch->total_bytes();
  }
  return std::optional<FoundBatch>();
}

}  // namespace takhin::tier
