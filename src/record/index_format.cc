#include "record/index_format.h"

#include "base/codec.h"

namespace takhin::record {
namespace {

constexpr std::int16_t kTxnVersion = 0;

std::int32_t relative(Offset base, Offset offset) {
  const std::int64_t delta = offset.raw - base.raw;
  TAKHIN_ASSERT(delta >= 0 && delta <= INT32_MAX, "an index entry is within 2^31 of its segment's base");
  return static_cast<std::int32_t>(delta);
}

/// How many leading entries satisfy `below`.
template <class Below>
std::size_t count_leading(std::size_t entries, Below below) {
  std::size_t first = 0;
  while (entries > 0) {
    const std::size_t half = entries / 2;
    if (below(first + half)) {
      first += half + 1;
      entries -= half + 1;
    } else {
      entries = half;
    }
  }
  return first;
}

Error bad(std::string_view which, std::size_t i, std::string_view why) {
  return fail(Kind::kCorrupt, "{} index, entry {}: {}", which, i, why);
}

}  // namespace

void append_entry(Bytes& index, Offset base, const OffsetEntry& entry) {
  TAKHIN_ASSERT(entry.position <= INT32_MAX, "a segment is at most 2 GiB");
  ByteWriter out(index);
  out.be(relative(base, entry.offset));
  out.be(static_cast<std::int32_t>(entry.position));
}
void append_entry(Bytes& index, Offset base, const TimeEntry& entry) {
  ByteWriter out(index);
  out.be(entry.timestamp.raw);
  out.be(relative(base, entry.offset));
}
void append_entry(Bytes& index, const TxnEntry& entry) {
  ByteWriter out(index);
  out.be(kTxnVersion);
  out.be(entry.producer_id);
  out.be(entry.first.raw);
  out.be(entry.last.raw);
  out.be(entry.last_stable.raw);
}

OffsetEntry offset_entry(View index, Offset base, std::size_t i) {
  const std::byte* at = index.data() + i * kOffsetEntryBytes;
  return {.offset = Offset{base.raw + load_be<std::int32_t>(at)}, .position = load_be<std::uint32_t>(at + 4)};
}
TimeEntry time_entry(View index, Offset base, std::size_t i) {
  const std::byte* at = index.data() + i * kTimeEntryBytes;
  return {.timestamp = TimestampMs{load_be<std::int64_t>(at)}, .offset = Offset{base.raw + load_be<std::int32_t>(at + 8)}};
}
TxnEntry txn_entry(View index, std::size_t i) {
  const std::byte* at = index.data() + i * kTxnEntryBytes + sizeof kTxnVersion;
  return {.producer_id = load_be<std::int64_t>(at),
          .first = Offset{load_be<std::int64_t>(at + 8)},
          .last = Offset{load_be<std::int64_t>(at + 16)},
          .last_stable = Offset{load_be<std::int64_t>(at + 24)}};
}

OffsetEntry floor_offset(View index, Offset base, Offset target) {
  const std::size_t count = count_leading(index.size() / kOffsetEntryBytes, [&](std::size_t i) {
    return offset_entry(index, base, i).offset <= target;
  });
  return count == 0 ? OffsetEntry{.offset = base} : offset_entry(index, base, count - 1);
}
TimeEntry floor_time(View index, Offset base, TimestampMs target) {
  const std::size_t count = count_leading(index.size() / kTimeEntryBytes, [&](std::size_t i) {
    return time_entry(index, base, i).timestamp <= target;
  });
  return count == 0 ? TimeEntry{.offset = base} : time_entry(index, base, count - 1);
}

bool aborted_between(View index, Offset from, Offset to, std::vector<TxnEntry>& out) {
  for (std::size_t i = 0; i < index.size() / kTxnEntryBytes; ++i) {
    const TxnEntry entry = txn_entry(index, i);
    if (entry.last >= from && entry.first < to) out.push_back(entry);
    if (entry.last_stable >= to) return true;
  }
  return false;
}

Result<> check_offset_index(View index, Offset base, Offset end, std::uint64_t log_bytes) {
  if (index.size() % kOffsetEntryBytes != 0) return fail(Kind::kCorrupt, "offset index of {} bytes", index.size());
  OffsetEntry before;
  for (std::size_t i = 0; i < index.size() / kOffsetEntryBytes; ++i) {
    const OffsetEntry entry = offset_entry(index, base, i);
    if (entry.offset < base || entry.offset >= end) return bad("offset", i, "outside of its segment");
    if (entry.position >= log_bytes) return bad("offset", i, "past the end of the log");
    if (i > 0 && (entry.offset <= before.offset || entry.position <= before.position)) return bad("offset", i, "does not rise");
    before = entry;
  }
  return done();
}
Result<> check_time_index(View index, Offset base, Offset end) {
  if (index.size() % kTimeEntryBytes != 0) return fail(Kind::kCorrupt, "time index of {} bytes", index.size());
  TimeEntry before;
  for (std::size_t i = 0; i < index.size() / kTimeEntryBytes; ++i) {
    const TimeEntry entry = time_entry(index, base, i);
    if (entry.offset < base || entry.offset >= end) return bad("time", i, "outside of its segment");
    if (entry.timestamp < TimestampMs{0}) return bad("time", i, "negative timestamp");
    if (i > 0 && (entry.timestamp <= before.timestamp || entry.offset < before.offset)) return bad("time", i, "does not rise");
    before = entry;
  }
  return done();
}
Result<> check_txn_index(View index, Offset base, Offset end) {
  if (index.size() % kTxnEntryBytes != 0) return fail(Kind::kCorrupt, "transaction index of {} bytes", index.size());
  Offset before = kNoOffset;
  for (std::size_t i = 0; i < index.size() / kTxnEntryBytes; ++i) {
    if (load_be<std::int16_t>(index.data() + i * kTxnEntryBytes) != kTxnVersion) return bad("transaction", i, "unknown version");
    const TxnEntry entry = txn_entry(index, i);
    if (entry.last < base || entry.last >= end || entry.first > entry.last) return bad("transaction", i, "impossible offsets");
    if (entry.last <= before) return bad("transaction", i, "does not rise");
    before = entry.last;
  }
  return done();
}

}  // namespace takhin::record
