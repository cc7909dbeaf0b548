#pragma once
// For this room's tests: real log, real engine, an object store in memory that can be taken down, and time that tests move.

#include <gtest/gtest.h>

#include <functional>

#include "object/memory.h"
#include "object/metered.h"
#include "os/clock.h"
#include "os/files.h"
#include "partition/topics_impl.h"
#include "testing/fake_clock.h"
#include "testing/scripted_store.h"
#include "testing/seeded_random.h"
#include "testing/temp_dir.h"

namespace takhin::partition {

inline constexpr std::int64_t kHourMs = 3600'000;

template <class T>
std::string why(const Result<T>& result) {
  return result.ok() ? "ok" : result.error().text;
}

/// A broker's storage without the broker. Background passes run only when a test asks.
class World {
 public:
  explicit World(bool tiering = true, std::function<void(TopicsOptions&)> tune = {}, tier::MergeLimits merge = {})
      : tiering_(tiering), tune_(std::move(tune)), merge_(merge) {
    start();
  }
  ~World() { stop(); }

  void start() {
    if (tiering_) {
      tier::EngineOptions options;
      options.cache_dir = dir / "cache";
      options.catalog_path = catalog_path();
      options.chunk_bytes = 4 * kKiB;
      options.fetch_threads = 2;
      options.merge = merge_;
      auto opened = tier::Engine::open({store, files, clock, random, metrics, &meter}, options);
      ASSERT_TRUE(opened.ok()) << why(opened);
      engine = *std::move(opened);
    }
    TopicsOptions options;
    options.data_dir = dir.path();
    options.tiering = tiering_;
    options.background_passes = false;
    options.policy.hot_access_hz_min = 10;
    options.policy.hot_access_count_min = 100;
    if (tune_) tune_(options);
    topics = std::make_unique<TopicsImpl>(TopicsDeps{files, clock, random, metrics, engine.get()}, options);
    const auto started = topics->start();
    ASSERT_TRUE(started.ok()) << why(started);
  }
  void stop() {
    topics.reset();
    engine.reset();
  }
  void restart() {
    stop();
    start();
  }
  std::string catalog_path() const { return dir / "catalog.db"; }
  std::string folder() const { return dir / "log/t-0"; }

  std::shared_ptr<Partition> create(ConfigMap configs, const std::string& name = "t") {
    configs.emplace_back("segment.bytes", "4096");
    const auto made = topics->create(name, 1, configs);
    EXPECT_TRUE(made.ok()) << why(made);
    return made.ok() ? (*made)->partitions[0] : nullptr;
  }
  std::shared_ptr<Partition> partition(const std::string& name = "t") const { return topics->partition(name, 0); }

  /// Appends one batch of `count` records; the bytes of each value follow from its offset.
  Offset produce(Partition& to, int count = 5, std::int64_t age_ms = 0) {
    std::vector<std::string> values;
    std::vector<record::NewRecord> records;
    const Offset first = to.offsets().high_watermark;
    for (int i = 0; i < count; ++i) values.push_back(value_of(Offset{first.raw + i}));
    for (const std::string& value : values) {
      records.push_back({view_of("key"), view_of(value), TimestampMs{clock.wall().raw - age_ms}, {}});
    }
    Bytes batch = *record::build_batch(records, {});
    const auto appended = to.append(batch);
    EXPECT_TRUE(appended.ok() && appended->status == log::AppendStatus::kOk) << why(appended);
    return to.offsets().high_watermark;
  }
  static std::string value_of(Offset offset) {
    std::string value = "value-" + std::to_string(offset.raw) + "-";
    std::uint64_t state = static_cast<std::uint64_t>(offset.raw) * 0x9e3779b97f4a7c15u + 1;
    while (value.size() < 100) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      value.push_back(static_cast<char>('a' + state % 26));
    }
    return value;
  }
  /// Until the log has `segments` segments, the active one included.
  void fill(Partition& to, std::size_t segments, std::int64_t age_ms = 0) {
    while (counts().total < segments) produce(to, 5, age_ms);
  }

  Deadline soon() const { return Deadline::in(clock, std::chrono::seconds(30)); }
  Result<ReadAnswer> fetch(Partition& from, Offset offset, std::uint64_t bytes = 2048) const {
    const ReadRequest request{offset, bytes, true, Isolation::kReadUncommitted};
    auto answer = from.read(request);
    if (answer.ok() && answer->cold) answer = from.read_cold(request, soon());
    return answer;
  }
  /// Every record from `from` on, as a consumer meets them; checks that offsets are contiguous and values are their own.
  std::size_t consume(Partition& partition, Offset from) const {
    std::size_t count = 0;
    Offset at = from;
    const Offset end = partition.offsets().high_watermark;
    while (at < end) {
      const auto answer = fetch(partition, at);
      if (!answer.ok()) {
        ADD_FAILURE() << "at " << at.raw << ": " << why(answer);
        return count;
      }
      const Bytes data = *read_exactly(*answer->data.file, answer->data.range);
      record::BatchCursor cursor(data);
      const Offset before = at;
      while (cursor.next()) {
        EXPECT_TRUE(record::crc_matches(cursor.batch()));
        const auto walked = record::for_each_record(cursor.batch(), kMiB, [&](const record::Record& record) {
          if (record.offset < at) return true;
          EXPECT_EQ(record.offset, at);
          EXPECT_EQ(text_of(*record.value), value_of(record.offset));
          at = next(record.offset);
          ++count;
          return true;
        });
        EXPECT_TRUE(walked.ok()) << why(walked);
      }
      if (at == before) {
        ADD_FAILURE() << "no progress at " << at.raw;
        return count;
      }
    }
    return count;
  }

  SegmentCounts counts() const { return topics->segment_counts(); }
  std::size_t objects() {
    std::size_t count = 0;
    const auto listed = object::for_each(memory, "", "", Deadline::never(), [&](const object::ObjectInfo& info) -> Result<> {
      count += info.key.name.ends_with(".seg") ? 1 : 0;
      return done();
    });
    EXPECT_TRUE(listed.ok());
    return count;
  }
  std::size_t log_files() {
    std::size_t count = 0;
    const auto listed = files.list(folder());
    if (!listed.ok()) return 0;
    for (const DirEntry& entry : *listed) count += entry.name.ends_with(".log") ? 1 : 0;
    return count;
  }
  void expect_evaluated() {
    const auto result = topics->evaluate();
    EXPECT_TRUE(result.ok()) << why(result);
  }

  const bool tiering_;
  const std::function<void(TopicsOptions&)> tune_;
  const tier::MergeLimits merge_;
  testing::TempDir dir;
  os::PosixFileSystem files;
  testing::FakeClock clock{os::SystemClock().wall()};
  testing::SeededRandom random;
  metrics::Metrics metrics;
  object::RequestMeter meter{metrics};
  object::MemoryStore memory{clock};
  testing::ScriptedStore store{memory};
  std::unique_ptr<tier::Engine> engine;
  std::unique_ptr<TopicsImpl> topics;
};

}  // namespace takhin::partition
