// Where the tiers meet: transactions whose data is cold and whose marker is hot, and readers while segments move under them.

#include <thread>

#include "partition/test_world.h"
#include "record/control.h"

namespace takhin::partition {
namespace {

constexpr std::int64_t kProducer = 7;

/// Writes straight into the log of topic t, as transactions will once the broker has them. The world must be stopped.
class LogWriter {
 public:
  explicit LogWriter(World& world) : world_(world) {
    log::OpenOptions options;
    options.files = &world.files;
    options.clock = &world.clock;
    options.dir = world.folder();
    options.config.segment_bytes = 4096;
    log_ = *log::Log::open(std::move(options));
  }
  ~LogWriter() { EXPECT_TRUE(log_->close().ok()); }

  Offset data(bool transactional, int sequence = 0) {
    const Offset base = log_->end();
    const std::string value = World::value_of(base);
    const record::NewRecord record{view_of("key"), view_of(value), world_.clock.wall(), {}};
    record::BatchOptions options{.base_offset = base};
    if (transactional) {
      options.transactional = true;
      options.producer_id = kProducer;
      options.producer_epoch = 0;
      options.base_sequence = sequence;
    }
    append(*record::build_batch({&record, 1}, options));
    return base;
  }
  Offset marker(record::MarkerType type) {
    const Offset base = log_->end();
    append(record::build_marker({type, 0}, world_.clock.wall(),
                                {.base_offset = base, .producer_id = kProducer, .producer_epoch = 0}));
    return base;
  }
  void segments(std::size_t count) {
    while (log_->segments().size() < count) data(false);
  }

 private:
  void append(Bytes batch) {
    const auto appended = log_->append_as_is(batch);
    ASSERT_TRUE(appended.ok()) << why(appended);
  }
  World& world_;
  std::unique_ptr<log::Log> log_;
};

ConfigMap all_cold() { return {{"local.retention.bytes", "0"}, {"remote.storage.enable", "true"}}; }

Result<ReadAnswer> read_committed(World& world, Offset offset, std::uint64_t bytes = 100'000) {
  const ReadRequest request{offset, bytes, true, Isolation::kReadCommitted};
  auto answer = world.partition()->read(request);
  if (answer.ok() && answer->cold) answer = world.partition()->read_cold(request, world.soon());
  return answer;
}

TEST(Seam, T34_AbortedListReachesFromColdDataToAHotMarker) {
  World world;
  world.create(all_cold());
  world.stop();
  Offset begin, marker;
  {
    LogWriter log(world);
    log.data(false);
    begin = log.data(true);
    log.segments(4);
    marker = log.marker(record::MarkerType::kAbort);
  }
  world.start();
  world.expect_evaluated();
  ASSERT_GT(world.partition()->offsets().local_start, begin);
  ASSERT_LE(world.partition()->offsets().local_start, marker);
  const auto answer = read_committed(world, Offset{0});
  ASSERT_TRUE(answer.ok()) << why(answer);
  ASSERT_EQ(answer->aborted.size(), 1u);
  EXPECT_EQ(answer->aborted[0].producer_id, kProducer);
  EXPECT_EQ(answer->aborted[0].first_offset, begin);
  const auto plain = world.fetch(*world.partition(), Offset{0});
  ASSERT_TRUE(plain.ok());
  EXPECT_TRUE(plain->aborted.empty());  // nobody asked
}

TEST(Seam, T37_AbortedListEndsWithTheDataAndNamesEachOnce) {
  World world;
  world.create(all_cold());
  world.stop();
  Offset first, first_marker, second;
  {
    LogWriter log(world);
    first = log.data(true, 0);
    first_marker = log.marker(record::MarkerType::kAbort);
    for (int i = 0; i < 4; ++i) log.data(false);
    second = log.data(true, 1);
    log.marker(record::MarkerType::kAbort);
    log.data(true, 2);
    log.marker(record::MarkerType::kCommit);
    log.segments(3);
  }
  world.start();
  for (const bool cold : {false, true}) {
    if (cold) world.expect_evaluated();
    ASSERT_EQ(world.partition()->offsets().local_start > second, cold);
    const auto all = read_committed(world, Offset{0});
    ASSERT_TRUE(all.ok()) << why(all);
    ASSERT_EQ(all->aborted.size(), 2u);
    EXPECT_EQ(all->aborted[0].first_offset, first);
    EXPECT_EQ(all->aborted[1].first_offset, second);
    const auto short_read = read_committed(world, Offset{0}, 400);
    ASSERT_TRUE(short_read.ok());
    ASSERT_EQ(short_read->aborted.size(), 1u);  // the second transaction begins beyond the bytes answered
    const auto later = read_committed(world, next(first_marker));
    ASSERT_TRUE(later.ok());
    ASSERT_EQ(later->aborted.size(), 1u);  // the first one is over
    EXPECT_EQ(later->aborted[0].first_offset, second);
  }
}

// T40: markers have offsets, too; the high watermark counts them, and a reader that went through everything is there.
TEST(Seam, T40_HighWatermarkIsWhereAReaderEnds) {
  World world;
  world.create(all_cold());
  world.stop();
  Offset last;
  {
    LogWriter writer(world);
    for (int i = 0; i < 3; ++i) {
      writer.data(true, i);
      last = writer.marker(record::MarkerType::kCommit);
    }
  }
  world.start();
  const auto partition = world.partition();
  EXPECT_EQ(partition->offsets().high_watermark, next(last));
  const auto read = world.fetch(*partition, last);
  ASSERT_TRUE(read.ok()) << why(read);
  const Bytes data = *read_exactly(*read->data.file, read->data.range);
  record::BatchCursor cursor(data);
  ASSERT_TRUE(cursor.next().has_value());
  EXPECT_EQ(record::parse_header(cursor.batch())->next_offset(), partition->offsets().high_watermark);
}

// T42: a close must not wait for what waits for it.
TEST(Seam, T42_CloseEndsWhileReadersAndPassesRun) {
  World world;
  const auto partition = world.create(all_cold());
  world.fill(*partition, 6);
  world.expect_evaluated();
  std::atomic<bool> closed{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      while (!closed) {
        const auto read = world.fetch(*partition, Offset{i * 7});
        if (!read.ok() && read.error().kind == Kind::kClosed) return;
        EXPECT_TRUE(read.ok()) << why(read);
      }
    });
  }
  threads.emplace_back([&] {
    while (!closed) static_cast<void>(world.topics->evaluate());
  });
  const auto result = world.topics->close();
  closed = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(result.ok()) << why(result);
}

TEST(Seam, OpenTransactionIsNotArchived) {
  World world;
  world.create(all_cold());
  world.stop();
  Offset begin;
  {
    LogWriter log(world);
    log.segments(2);
    begin = log.data(true);
    log.segments(5);
  }
  world.start();
  world.expect_evaluated();
  EXPECT_EQ(world.objects(), 1u);
  const Offsets offsets = world.partition()->offsets();
  EXPECT_EQ(offsets.last_stable, begin);
  EXPECT_LE(offsets.local_start, begin);
  const auto blocked = read_committed(world, begin);
  ASSERT_TRUE(blocked.ok());
  EXPECT_TRUE(blocked->data.range.empty());
  const auto refused = world.topics->archive(fmt::format("t-0/{:020}.log", offsets.local_start.raw));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, Kind::kConflict);
}

TEST(Seam, ReadersNeverNoticeThatSegmentsMove) {
  World world;
  const auto partition = world.create(all_cold());
  world.produce(*partition);
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) world.consume(*partition, Offset{0});
    });
  }
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 12; ++i) world.produce(*partition);
    world.expect_evaluated();
    const Offset end = partition->offsets().high_watermark;
    const auto found = partition->offset_for(TimestampMs{0}, world.soon());
    EXPECT_TRUE(found.ok() && found->offset == Offset{0}) << why(found) << " below " << end.raw;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(partition->offsets().local_start, Offset{0});
}

}  // namespace
}  // namespace takhin::partition
