#include "tier/txn_memo.h"

#include <algorithm>

#include "base/codec.h"

namespace takhin::tier {
namespace {

/// Kafka's producer snapshot (ProducerStateManager): i16 version 1, u32 crc, i32 count, entries of 46 bytes of which the last 8
/// are the first offset of the producer's open transaction, -1 for none.
constexpr std::size_t kSnapshotHeaderBytes = 10;
constexpr std::size_t kSnapshotEntryBytes = 46;

/// A list node, a map node and the object itself, about.
constexpr std::size_t kSummaryBytes = 192;

std::optional<std::vector<OpenTxn>> open_in(View snapshot) {
  ByteReader in(snapshot);
  const auto version = in.be<std::int16_t>();
  in.skip(4);
  const auto count = in.be<std::int32_t>();
  if (!in.ok() || version != 1 || count < 0) return std::nullopt;
  if (snapshot.size() != kSnapshotHeaderBytes + static_cast<std::size_t>(count) * kSnapshotEntryBytes) return std::nullopt;
  std::vector<OpenTxn> open;
  for (std::int32_t i = 0; i < count; ++i) {
    const auto producer = in.be<std::int64_t>();
    in.skip(kSnapshotEntryBytes - 2 * sizeof(std::int64_t));
    const auto first = in.be<std::int64_t>();
    if (first >= 0) open.push_back({Offset{first}, producer});
  }
  std::ranges::sort(open);
  return open;
}

}  // namespace

TxnSummary TxnSummary::of(View txn_index, View producer_snapshot) {
  TxnSummary summary;
  const std::size_t count = txn_index.size() / record::kTxnEntryBytes;
  summary.aborted.reserve(count);
  for (std::size_t i = 0; i < count; ++i) summary.aborted.push_back(record::txn_entry(txn_index, i));
  summary.open = open_in(producer_snapshot);
  return summary;
}

bool TxnSummary::aborted_between(Offset from, Offset to, std::vector<record::TxnEntry>& out) const {
  for (const record::TxnEntry& entry : aborted) {
    if (entry.last >= from && entry.first < to) out.push_back(entry);
    if (entry.last_stable >= to) return true;
  }
  return false;
}

std::span<const OpenTxn> TxnSummary::open_before(Offset to) const {
  const auto end = std::ranges::lower_bound(*open, to, {}, &OpenTxn::first);
  return {open->begin(), end};
}

std::size_t TxnSummary::bytes() const {
  return kSummaryBytes + aborted.capacity() * sizeof(record::TxnEntry) + (open ? open->capacity() * sizeof(OpenTxn) : 0);
}

std::shared_ptr<const TxnSummary> TxnMemo::find(const Uuid& segment) {
  const std::lock_guard lock(mutex_);
  const auto found = by_segment_.find(segment);
  if (found == by_segment_.end()) return nullptr;
  held_.splice(held_.begin(), held_, found->second);
  return found->second->summary;
}

void TxnMemo::put(const Uuid& segment, std::shared_ptr<const TxnSummary> summary) {
  if (summary->aborted.size() > kTxnMemoEntriesMax || (summary->open && summary->open->size() > kTxnMemoEntriesMax)) return;
  const std::size_t bytes = summary->bytes();
  const std::lock_guard lock(mutex_);
  if (bytes > bytes_max_ || by_segment_.contains(segment)) return;
  held_.push_front({segment, std::move(summary)});
  by_segment_.emplace(segment, held_.begin());
  bytes_ += bytes;
  while (bytes_ > bytes_max_) {
    bytes_ -= held_.back().summary->bytes();
    by_segment_.erase(held_.back().segment);
    held_.pop_back();
  }
}

std::size_t TxnMemo::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace takhin::tier
