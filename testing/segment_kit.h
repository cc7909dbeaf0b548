#pragma once
// Sealed segments made of real batches, for tests and benches of the cold tier.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "record/batch.h"
#include "record/index_builder.h"
#include "testing/memory_file.h"
#include "testing/seeded_random.h"
#include "tier/segment.h"

namespace takhin::testing {

struct SegmentSpec {
  Offset base{0};
  int batches = 10;
  int records_per_batch = 4;
  std::size_t value_bytes = 100;
  record::Codec codec = record::Codec::kNone;
  bool random_values = false;             // bytes that do not compress
  bool json_values = false;               // lines of JSON with random fields, which compress as real ones do
  std::int64_t timestamp = 1'700'000'000'000;
  std::int64_t timestamp_step = 10;       // from record to record; 0 = all the same
  std::int64_t timestamp_jitter = 0;      // records go back and forth by up to so much
  std::int64_t gap_every = 0;             // after so many batches one batch's worth of offsets is missing, as after compaction
  std::uint64_t seed = 1;
};

struct MadeRecord {
  Offset offset;
  TimestampMs timestamp;
};
struct MadeSegment {
  tier::SealedSegment sealed;
  Bytes log;
  std::vector<MadeRecord> records;
};

inline tier::PartitionRef partition_ref(std::string topic = "orders", std::int32_t partition = 0) {
  tier::PartitionRef ref{std::move(topic), {}, partition};
  ref.topic_id.bytes[0] = std::byte{7};
  ref.topic_id.bytes[15] = static_cast<std::byte>(ref.topic.size());
  return ref;
}

/// Recomputes the indexes and sizes of `made` from its log.
inline void seal(MadeSegment& made) {
  auto& sealed = made.sealed;
  sealed.log = std::make_shared<MemoryFile>(made.log);
  sealed.log_bytes = made.log.size();
  const auto built = record::rebuild_indexes(*sealed.log, sealed.log_bytes, sealed.base, 4096);
  TAKHIN_ASSERT(built.ok() && built->valid_bytes == made.log.size(), "a test segment is damaged");
  sealed.offset_index = built->offset_index;
  sealed.time_index = built->time_index;
  sealed.max_timestamp = built->newest.timestamp;
  sealed.end = built->end;
  sealed.leader_epoch = built->last_epoch;
}

inline std::string json_value(SeededRandom& random, std::size_t bytes) {
  static constexpr const char* kStates[] = {"created", "paid", "shipped", "returned", "cancelled"};
  std::string out;
  while (out.size() < bytes) {
    out += fmt::format(R"({{"order":{},"customer":"c-{:08x}","amount":{}.{:02},"state":"{}","at":{}}})", random.below(1u << 30),
                       random.below(1u << 20), random.below(2000), random.below(100), kStates[random.below(5)],
                       1'700'000'000'000 + random.below(1u << 30));
  }
  out.resize(bytes);
  return out;
}

inline MadeSegment make_segment(const tier::PartitionRef& partition, const SegmentSpec& spec = {}) {
  MadeSegment made;
  made.sealed.partition = partition;
  made.sealed.base = spec.base;
  SeededRandom random(spec.seed);
  Offset next = spec.base;
  std::int64_t at = spec.timestamp;
  for (int b = 0; b < spec.batches; ++b) {
    if (spec.gap_every > 0 && b > 0 && b % spec.gap_every == 0) next.raw += spec.records_per_batch;
    std::vector<std::string> values;
    std::vector<record::NewRecord> records;
    values.reserve(static_cast<std::size_t>(spec.records_per_batch));
    for (int r = 0; r < spec.records_per_batch; ++r) {
      std::string value = "record " + std::to_string(next.raw + r) + " ";
      std::string padding = "takhin ";
      while (padding.size() < spec.value_bytes) padding += padding;
      value = (value + padding).substr(0, std::max<std::size_t>(spec.value_bytes, 1));
      if (spec.json_values) value = json_value(random, spec.value_bytes);
      if (spec.random_values) random.fill(std::as_writable_bytes(std::span(value.data(), value.size())));
      values.push_back(std::move(value));
      const auto jitter = spec.timestamp_jitter == 0
                              ? 0
                              : static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(spec.timestamp_jitter)));
      records.push_back({.value = view_of(values.back()), .timestamp = TimestampMs{at + jitter}});
      made.records.push_back({Offset{next.raw + r}, TimestampMs{at + jitter}});
      at += spec.timestamp_step;
    }
    const auto batch = record::build_batch(records, {.base_offset = next, .leader_epoch = LeaderEpoch{3}, .codec = spec.codec});
    TAKHIN_ASSERT(batch.ok(), "a test batch cannot be built");
    made.log.insert(made.log.end(), batch->begin(), batch->end());
    next.raw += spec.records_per_batch;
  }
  seal(made);
  return made;
}

/// Consecutive segments of one partition.
inline std::vector<MadeSegment> make_segments(const tier::PartitionRef& partition, int count, SegmentSpec spec = {}) {
  std::vector<MadeSegment> out;
  for (int i = 0; i < count; ++i) {
    out.push_back(make_segment(partition, spec));
    spec.base = out.back().sealed.end;
    spec.timestamp += spec.timestamp_step * spec.records_per_batch * spec.batches;
    ++spec.seed;
  }
  return out;
}

}  // namespace takhin::testing
