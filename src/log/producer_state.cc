#include "log/producer_state.h"

#include <algorithm>

#include "base/codec.h"
#include "base/crc32c.h"

namespace takhin::log {
namespace {

constexpr std::int16_t kSnapshotVersion = 1;
constexpr std::size_t kSnapshotHeaderBytes = 6;  // version, crc
constexpr std::size_t kSnapshotEntryBytes = 8 + 2 + 4 + 8 + 4 + 8 + 4 + 8;

bool follows(std::int32_t last, std::int32_t next) {
  return std::int64_t{next} == std::int64_t{last} + 1 || (next == 0 && last == INT32_MAX);
}

SequencedBatch sequenced(const record::BatchHeader& header) {
  return {.first_sequence = header.base_sequence,
          .last_sequence = header.last_sequence(),
          .last_offset = header.last_offset(),
          .offset_delta = header.last_offset_delta,
          .timestamp = header.max_timestamp};
}

}  // namespace

const SequencedBatch* ProducerEntry::find(std::int32_t first_sequence, std::int32_t last_sequence) const {
  for (std::size_t i = 0; i < batch_count; ++i) {
    if (batches[i].first_sequence == first_sequence && batches[i].last_sequence == last_sequence) return &batches[i];
  }
  return nullptr;
}

void ProducerEntry::push(const SequencedBatch& batch) {
  if (batch_count == kProducerBatchesKept) {
    std::move(batches.begin() + 1, batches.end(), batches.begin());
    --batch_count;
  }
  batches[batch_count++] = batch;
}

ProducerState::Checked ProducerState::check(const record::BatchHeader& header, TimestampMs now, Overlay& overlay) const {
  const ProducerEntry* known = nullptr;
  if (const auto at = overlay.find(header.producer_id); at != overlay.end()) {
    known = &at->second;
  } else {
    known = find(header.producer_id);
  }
  if (known != nullptr) {
    if (header.producer_epoch < known->epoch) {
      return {Verdict::kStaleEpoch, fmt::format("producer {} has epoch {} by now, not {}", header.producer_id, known->epoch,
                                                header.producer_epoch), {}};
    }
    const bool same_epoch = header.producer_epoch == known->epoch;
    const bool sequenced = header.base_sequence >= 0;
    if (same_epoch && sequenced) {
      const auto* before = known->find(header.base_sequence, header.last_sequence());
      if (before != nullptr) return {Verdict::kDuplicate, {}, *before};
    }
    const std::int32_t last = same_epoch && known->last() != nullptr ? known->last()->last_sequence : -1;
    // An entry without an epoch comes from nowhere but a lost history: any sequence may begin there.
    if (sequenced && known->epoch >= 0 && !follows(last, header.base_sequence)) {
      return {Verdict::kOutOfOrderSequence, fmt::format("producer {} epoch {}: sequence {} after {}", header.producer_id,
                                                        header.producer_epoch, header.base_sequence, last), {}};
    }
    if (known->txn_first != kNoOffset && !header.is_transactional()) {
      return {Verdict::kOutsideTransaction, fmt::format("producer {} has an open transaction", header.producer_id), {}};
    }
  }
  ProducerEntry entry = known == nullptr ? ProducerEntry{} : *known;
  apply(header, now, entry);
  overlay.insert_or_assign(header.producer_id, entry);
  return {};
}

void ProducerState::apply(const record::BatchHeader& header, TimestampMs now, ProducerEntry& entry) {
  if (entry.epoch != header.producer_epoch) {
    entry.epoch = header.producer_epoch;
    entry.batch_count = 0;
  }
  if (header.base_sequence >= 0) entry.push(sequenced(header));
  entry.last_timestamp = header.max_timestamp;
  entry.used = now;
  if (header.is_transactional() && entry.txn_first == kNoOffset) entry.txn_first = header.base_offset;
}

void ProducerState::put(std::int64_t producer_id, const ProducerEntry& entry) {
  auto [at, fresh] = entries_.try_emplace(producer_id);
  if (at->second.txn_first != entry.txn_first) {
    if (at->second.txn_first != kNoOffset) open_.erase(at->second.txn_first);
    if (entry.txn_first != kNoOffset) open_.emplace(entry.txn_first, producer_id);
  }
  at->second = entry;
}

void ProducerState::commit(Overlay&& overlay) {
  for (const auto& [producer_id, entry] : overlay) {
    put(producer_id, entry);
    if (entries_.size() > kProducersMax) expire(entry.used);
  }
}

void ProducerState::replay(const record::BatchHeader& header, TimestampMs now) {
  if (!header.has_producer() || header.is_control()) return;
  const ProducerEntry* known = find(header.producer_id);
  ProducerEntry entry = known == nullptr ? ProducerEntry{} : *known;
  apply(header, now, entry);
  put(header.producer_id, entry);
  if (entries_.size() > kProducersMax) expire(now);
}

std::optional<CompletedTxn> ProducerState::replay_marker(const record::BatchHeader& header, const record::Marker& marker,
                                                         TimestampMs now) {
  const ProducerEntry* known = find(header.producer_id);
  ProducerEntry entry = known == nullptr ? ProducerEntry{} : *known;
  std::optional<CompletedTxn> completed;
  if (entry.txn_first != kNoOffset) {
    completed = CompletedTxn{.producer_id = header.producer_id,
                             .first = entry.txn_first,
                             .last = header.last_offset(),
                             .aborted = marker.type == record::MarkerType::kAbort};
  }
  if (entry.epoch != header.producer_epoch) {
    entry.epoch = header.producer_epoch;
    entry.batch_count = 0;
  }
  entry.txn_first = kNoOffset;
  entry.coordinator_epoch = marker.coordinator_epoch;
  entry.last_timestamp = header.max_timestamp;
  entry.used = now;
  put(header.producer_id, entry);
  return completed;
}

void ProducerState::recall(std::span<const record::BatchHeader> older) {
  std::unordered_map<std::int64_t, ProducerEntry> merged;
  for (const auto& header : older) {
    const ProducerEntry* known = find(header.producer_id);
    if (known == nullptr || header.is_control() || known->last() == nullptr || header.producer_epoch != known->epoch ||
        header.base_sequence < 0 || header.last_offset() >= known->batches[0].last_offset) {
      continue;
    }
    merged[header.producer_id].push(sequenced(header));
  }
  for (auto& [producer_id, history] : merged) {
    ProducerEntry& entry = entries_.at(producer_id);
    for (std::size_t i = 0; i < entry.batch_count; ++i) history.push(entry.batches[i]);
    entry.batches = history.batches;
    entry.batch_count = history.batch_count;
  }
}

std::optional<Offset> ProducerState::first_open() const {
  if (open_.empty()) return std::nullopt;
  return open_.begin()->first;
}

Offset ProducerState::stable_after(const CompletedTxn& txn) const {
  for (const auto& [first, producer_id] : open_) {
    if (producer_id != txn.producer_id) return first;
  }
  return next(txn.last);
}

void ProducerState::expire(TimestampMs now) {
  std::erase_if(entries_, [&](const auto& item) {
    return item.second.txn_first == kNoOffset && now.raw - item.second.used.raw >= kProducerExpiryMs;
  });
  if (entries_.size() <= kProducersMax) return;
  std::vector<std::pair<TimestampMs, std::int64_t>> idle;
  for (const auto& [producer_id, entry] : entries_) {
    if (entry.txn_first == kNoOffset) idle.emplace_back(entry.used, producer_id);
  }
  // A tenth more than needed, so that the next new producer does not sort them all again.
  const std::size_t surplus = std::min(idle.size(), entries_.size() - kProducersMax + kProducersMax / 10);
  std::nth_element(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(surplus), idle.end());
  for (std::size_t i = 0; i < surplus; ++i) entries_.erase(idle[i].second);
}

void ProducerState::clear() {
  entries_.clear();
  open_.clear();
}

const ProducerEntry* ProducerState::find(std::int64_t producer_id) const {
  const auto at = entries_.find(producer_id);
  return at == entries_.end() ? nullptr : &at->second;
}

std::int64_t ProducerState::newest_id() const {
  std::int64_t newest = -1;
  for (const auto& [id, entry] : entries_) newest = std::max(newest, id);
  return newest;
}

LastOfProducers ProducerState::last_of_each() const {
  LastOfProducers out;
  out.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) {
    out.emplace(id, LastOfProducer{entry.last() == nullptr ? kNoOffset : entry.last()->last_offset, entry.epoch});
  }
  return out;
}

std::vector<ProducerInfo> ProducerState::infos() const {
  std::vector<ProducerInfo> out;
  out.reserve(entries_.size());
  for (const std::int64_t id : sorted_ids()) {
    const ProducerEntry& entry = entries_.at(id);
    out.push_back({.id = id,
                   .epoch = entry.epoch,
                   .last_sequence = entry.last() == nullptr ? -1 : entry.last()->last_sequence,
                   .last_timestamp = entry.last_timestamp,
                   .coordinator_epoch = entry.coordinator_epoch,
                   .txn_first = entry.txn_first});
  }
  return out;
}

std::vector<std::int64_t> ProducerState::sorted_ids() const {
  std::vector<std::int64_t> ids;
  ids.reserve(entries_.size());
  for (const auto& [producer_id, entry] : entries_) ids.push_back(producer_id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

Bytes ProducerState::encode() const {
  const std::vector<std::int64_t> ids = sorted_ids();  // the same state gives the same bytes
  Bytes out;
  out.reserve(kSnapshotHeaderBytes + 4 + ids.size() * kSnapshotEntryBytes);
  ByteWriter writer(out);
  writer.be(kSnapshotVersion);
  writer.be<std::uint32_t>(0);
  writer.be(static_cast<std::int32_t>(ids.size()));
  for (const std::int64_t producer_id : ids) {
    const ProducerEntry& entry = entries_.at(producer_id);
    const SequencedBatch last = entry.last() == nullptr ? SequencedBatch{} : *entry.last();
    writer.be(producer_id);
    writer.be(entry.epoch);
    writer.be(last.last_sequence);
    writer.be(last.last_offset.raw);
    writer.be(last.offset_delta);
    writer.be(entry.last_timestamp.raw);
    writer.be(entry.coordinator_epoch);
    writer.be(entry.txn_first.raw);
  }
  writer.be_at(2, crc32c(View(out).subspan(kSnapshotHeaderBytes)));
  return out;
}

Result<> ProducerState::decode(View snapshot, TimestampMs now) {
  ByteReader reader(snapshot);
  const auto version = reader.be<std::int16_t>();
  const auto crc = reader.be<std::uint32_t>();
  const auto count = reader.be<std::int32_t>();
  if (!reader.ok() || version != kSnapshotVersion) return fail(Kind::kCorrupt, "producer snapshot version {}", version);
  if (crc != crc32c(snapshot.subspan(kSnapshotHeaderBytes))) return fail(Kind::kCorrupt, "producer snapshot fails its checksum");
  if (count < 0 || static_cast<std::size_t>(count) * kSnapshotEntryBytes != reader.left()) {
    return fail(Kind::kCorrupt, "producer snapshot of {} bytes says it has {} entries", snapshot.size(), count);
  }
  clear();
  for (std::int32_t i = 0; i < count; ++i) {
    const auto producer_id = reader.be<std::int64_t>();
    ProducerEntry entry;
    entry.epoch = reader.be<std::int16_t>();
    SequencedBatch last;
    last.last_sequence = reader.be<std::int32_t>();
    last.last_offset = Offset{reader.be<std::int64_t>()};
    last.offset_delta = reader.be<std::int32_t>();
    last.timestamp = entry.last_timestamp = TimestampMs{reader.be<std::int64_t>()};
    entry.coordinator_epoch = reader.be<std::int32_t>();
    entry.txn_first = Offset{reader.be<std::int64_t>()};
    entry.used = now;
    if (last.last_offset >= Offset{0}) {
      // Back over the wrap at 2^31 - 1: sequences are counted modulo 2^31.
      last.first_sequence = static_cast<std::int32_t>(
          (static_cast<std::uint32_t>(last.last_sequence) - static_cast<std::uint32_t>(last.offset_delta)) & 0x7fffffffU);
      entry.push(last);
    }
    put(producer_id, entry);
  }
  return done();
}

}  // namespace takhin::log
