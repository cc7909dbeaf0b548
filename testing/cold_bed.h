#pragma once
// Archived segments in a memory store, with the original log beside them as the truth, and a cold reader over both.

#include <gtest/gtest.h>

#include <random>

#include "object/memory.h"
#include "os/files.h"
#include "record/batch.h"
#include "testing/fake_clock.h"
#include "testing/scripted_store.h"
#include "testing/seeded_random.h"
#include "testing/temp_dir.h"
#include "tier/cold_reader.h"
#include "tier/memory_file.h"
#include "tier/segment_writer.h"

namespace takhin::testing {

struct BatchTruth {
  Offset base;
  Offset end;
  ByteRange range;  // in its segment's log
};

struct SegmentTruth {
  tier::CatalogEntry entry;
  Bytes log;
  std::vector<BatchTruth> batches;
};

struct LogShape {
  int segments = 1;
  int batches = 20;              // per segment
  int value_bytes_max = 300;     // random content: it does not compress
  int gap_percent = 0;           // how often records are missing before a batch, as after compaction
  int offsets_lost_at_end = 0;   // of every segment
};

/// One partition. Build with add_log(), then open().
class ColdBed {
 public:
  explicit ColdBed(std::uint64_t seed = 1) : random(seed), dice(seed) {
    options.cache_dir = dir / "cache";
    options.chunk_bytes = 256;
    options.fetch_bytes_max = 1024;
    options.readahead_bytes_max = 4096;
    options.cache_bytes_max = kMiB;
    options.fetch_threads = 4;
    options.zstd_level = 0;
    catalog = *tier::Catalog::open(files, ":memory:");
    partition = {"orders", Uuid::make(random), 3};
    handle = catalog->handle(partition);
  }

  void add_log(const LogShape& shape) {
    for (int i = 0; i < shape.segments; ++i) add_segment(shape);
  }

  void open() {
    reader.reset();
    auto opened = tier::ColdReader::open({scripted, file_system(), clock, random, metrics}, options, *catalog);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    reader = *std::move(opened);
  }

  /// The batch that a read of `offset` must begin with, and its segment.
  std::pair<const SegmentTruth*, const BatchTruth*> truth_at(Offset offset) const {
    for (const auto& segment : segments) {
      const auto batch = std::ranges::upper_bound(segment.batches, offset, {}, &BatchTruth::end);
      if (batch != segment.batches.end()) return {&segment, &*batch};
    }
    return {};
  }

  /// Everything a slice must be: the right batch first, the log's bytes, no longer than asked but for the first batch.
  void check(const tier::ColdSlice& slice, Offset offset, std::uint64_t bytes_max) const {
    const auto [segment, batch] = truth_at(offset);
    ASSERT_NE(segment, nullptr) << offset.raw;
    ASSERT_EQ(slice.segment_base, segment->entry.segment.base) << offset.raw;
    ASSERT_EQ(slice.data.range.begin, batch->range.begin) << offset.raw;
    ASSERT_GE(slice.data.range.size(), batch->range.size()) << offset.raw;
    ASSERT_LE(slice.data.range.size(), std::max(bytes_max, batch->range.size())) << offset.raw;
    const auto bytes = read_exactly(*slice.data.file, slice.data.range);
    ASSERT_TRUE(bytes.ok()) << bytes.error().text;
    const View expected = View(segment->log).subspan(slice.data.range.begin, slice.data.range.size());
    ASSERT_TRUE(std::ranges::equal(*bytes, expected)) << "offset " << offset.raw;
  }

  void read_and_check(Offset offset, std::uint64_t bytes_max) const {
    const auto slice = reader->read(*handle, offset, bytes_max, Deadline::never());
    ASSERT_TRUE(slice.ok()) << offset.raw << ": " << slice.error().text;
    check(*slice, offset, bytes_max);
  }

  /// Reads all of it as a consumer does: each next read begins behind the last whole batch. How many reads it took.
  int read_in_order(std::uint64_t bytes_max) const {
    int reads = 0;
    for (Offset at = segments.front().entry.segment.base; truth_at(at).first != nullptr; ++reads) {
      const auto slice = reader->read(*handle, at, bytes_max, Deadline::never());
      EXPECT_TRUE(slice.ok()) << at.raw << ": " << slice.error().text;
      if (!slice.ok()) break;
      check(*slice, at, bytes_max);
      const auto& batches = truth_at(at).first->batches;
      const auto cut = std::ranges::upper_bound(batches, slice->data.range.end, {}, [](const auto& b) { return b.range.end; });
      if (cut == batches.begin() || std::prev(cut)->end <= at) break;  // check() has said what is wrong
      at = std::prev(cut)->end;
    }
    return reads;
  }

  int gets() const { return scripted.calls(Verb::kGet); }
  Offset begin() const { return segments.front().entry.segment.base; }
  Offset end() const { return segments.back().entry.segment.end; }
  FileSystem& file_system() { return other_files != nullptr ? *other_files : files; }
  /// A fresh object for the same offsets, as a merge or a second writer makes it; the old object and its entry stay.
  tier::CatalogEntry archive_again(const SegmentTruth& truth, std::uint32_t generation) {
    tier::SegmentEntry entry = truth.entry.segment;
    entry.generation = generation;
    entry.id = Uuid::make(random);
    return upload(entry, truth.log);
  }

  TempDir dir;
  os::PosixFileSystem files;
  FileSystem* other_files = nullptr;
  FakeClock clock;
  SeededRandom random;
  std::mt19937_64 dice;
  metrics::Metrics metrics;
  object::MemoryStore memory{clock};
  ScriptedStore scripted{memory};
  tier::EngineOptions options;
  tier::PartitionRef partition;
  std::unique_ptr<tier::Catalog> catalog;
  tier::PartitionHandle handle;
  std::vector<SegmentTruth> segments;
  std::unique_ptr<tier::ColdReader> reader;  // last: its threads use all of the above

 private:
  void add_segment(const LogShape& shape) {
    SegmentTruth truth;
    Offset at = segments.empty() ? Offset{1000} : segments.back().entry.segment.end;
    tier::SegmentEntry entry{.base = at, .max_timestamp = TimestampMs{1'700'000'000'000}, .leader_epoch = LeaderEpoch{5}};
    for (int i = 0; i < shape.batches; ++i) {
      if (static_cast<int>(dice() % 100) < shape.gap_percent) at.raw += static_cast<std::int64_t>(1 + dice() % 50);
      append_batch(shape, truth, at);
      at = truth.batches.back().end;
    }
    entry.end = Offset{at.raw + shape.offsets_lost_at_end};
    entry.log_bytes = truth.log.size();
    entry.id = Uuid::make(random);
    truth.entry = upload(entry, truth.log);
    ASSERT_TRUE(catalog->add(partition, std::span(&truth.entry, 1)).ok());
    segments.push_back(std::move(truth));
  }

  void append_batch(const LogShape& shape, SegmentTruth& truth, Offset at) {
    std::vector<Bytes> values(1 + dice() % 4);
    std::vector<record::NewRecord> records;
    for (Bytes& value : values) {
      value.resize(dice() % static_cast<std::uint64_t>(shape.value_bytes_max));
      random.fill(value);
      records.push_back({.key = std::nullopt, .value = View(value), .timestamp = TimestampMs{1'700'000'000'000}});
    }
    const Bytes batch = *record::build_batch(records, {.base_offset = at, .leader_epoch = LeaderEpoch{5}});
    const std::uint64_t position = truth.log.size();
    truth.log.insert(truth.log.end(), batch.begin(), batch.end());
    truth.batches.push_back({at, Offset{at.raw + static_cast<std::int64_t>(records.size())}, {position, truth.log.size()}});
  }

  tier::CatalogEntry upload(const tier::SegmentEntry& entry, const Bytes& log) {
    tier::SealedSegment sealed{.partition = partition,
                               .base = entry.base,
                               .end = entry.end,
                               .max_timestamp = entry.max_timestamp,
                               .leader_epoch = entry.leader_epoch,
                               .log = std::make_shared<tier::MemoryFile>(0, log),
                               .log_bytes = log.size()};
    Bytes object;
    auto written = tier::write_segment(sealed, entry, {options.chunk_bytes, options.zstd_level}, [&](View bytes) {
      object.insert(object.end(), bytes.begin(), bytes.end());
      return done();
    });
    EXPECT_TRUE(written.ok()) << written.error().text;
    EXPECT_TRUE(memory.put({object_name(partition, entry)}, object, object::When::kAbsent, Deadline::never()).ok());
    return {entry, object.size()};
  }
};

}  // namespace takhin::testing
