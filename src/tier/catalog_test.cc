#include "tier/catalog.h"

#include <gtest/gtest.h>

#include <thread>

#include "os/files.h"
#include "testing/seeded_random.h"
#include "testing/segment_kit.h"
#include "testing/temp_dir.h"

namespace takhin::tier {
namespace {

using takhin::testing::partition_ref;
using takhin::testing::SeededRandom;

class CatalogTest : public ::testing::Test {
 protected:
  std::unique_ptr<Catalog> open() {
    auto opened = Catalog::open(files, path);
    EXPECT_TRUE(opened.ok()) << opened.error().text;
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  CatalogEntry entry(std::int64_t base, std::int64_t end, std::uint32_t generation = 0) {
    return {{.base = Offset{base}, .end = Offset{end}, .max_timestamp = TimestampMs{base}, .log_bytes = 1000,
             .leader_epoch = LeaderEpoch{1}, .generation = generation, .id = Uuid::make(random)},
            600,
            static_cast<std::uint32_t>(base)};
  }
  static std::vector<std::int64_t> bases(const Catalog& catalog, const PartitionRef& ref) {
    std::vector<std::int64_t> out;
    for (const auto& e : catalog.list(ref)) out.push_back(e.segment.base.raw);
    return out;
  }

  takhin::testing::TempDir dir;
  os::PosixFileSystem files;
  SeededRandom random{5};
  const std::string path = dir / "catalog.db";
  const PartitionRef ref = partition_ref();
};

TEST_F(CatalogTest, AnswersTheSameAfterARestart) {
  std::vector<CatalogEntry> entries;
  for (int i = 0; i < 100; ++i) entries.push_back(entry(i * 10, i * 10 + 10));
  entries[3].segment.max_timestamp = kNoTimestamp;
  entries[4].segment.leader_epoch = kNoEpoch;
  entries[5].crc32c = std::nullopt;
  entries[6].segment.generation = 0xffffffff;
  {
    auto catalog = open();
    ASSERT_TRUE(catalog->add(ref, entries).ok());
    ASSERT_TRUE(catalog->add(partition_ref("b.c", 7), std::span(entries).first(1)).ok());
    ASSERT_TRUE(catalog->put_note(ref, "log_start", "42").ok());
  }
  const auto catalog = open();
  const auto listed = catalog->list(ref);
  ASSERT_EQ(listed.size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(listed[i].segment, entries[i].segment);
    EXPECT_EQ(listed[i].object_bytes, entries[i].object_bytes);
    EXPECT_EQ(listed[i].crc32c, entries[i].crc32c);
  }
  EXPECT_EQ(catalog->segments(), 101u);
  EXPECT_EQ(catalog->log_bytes(), 101'000u);
  EXPECT_EQ(catalog->log_bytes(ref), 100'000u);
  EXPECT_EQ(catalog->object_bytes(), 60'600u);
  EXPECT_EQ(*catalog->get_note(ref, "log_start"), "42");
  EXPECT_EQ(*catalog->get_note(ref, "other"), "");
  EXPECT_EQ(*catalog->get_note(partition_ref("unknown"), "log_start"), "");
  EXPECT_EQ(catalog->partitions(), (std::vector<PartitionRef>{partition_ref("b.c", 7), ref}));
}

TEST_F(CatalogTest, FindAnswersAsAScanOfTheListWould) {
  auto catalog = open();
  SeededRandom dice(3);
  std::vector<CatalogEntry> entries;
  std::int64_t at = 5;
  for (int i = 0; i < 300; ++i) {
    if (dice.below(4) == 0) at += static_cast<std::int64_t>(dice.below(20));  // a gap
    const auto end = at + 1 + static_cast<std::int64_t>(dice.below(15));
    entries.push_back(entry(at, end));
    at = end;
  }
  ASSERT_TRUE(catalog->add(ref, entries).ok());
  for (std::int64_t offset = -1; offset < at + 5; ++offset) {
    std::optional<SegmentEntry> expected;
    for (const auto& e : entries) {
      if (e.segment.end.raw > offset) {
        expected = e.segment;
        break;
      }
    }
    const auto found = catalog->find(ref, Offset{offset});
    ASSERT_EQ(found.has_value(), expected.has_value()) << offset;
    if (found) {
      EXPECT_EQ(found->segment, *expected) << offset;
    }
  }
  EXPECT_FALSE(catalog->find(partition_ref("other"), Offset{0}));
  EXPECT_FALSE(catalog->find(partition_ref("orders", 1), Offset{0}));
}

TEST_F(CatalogTest, FindIsRightHoweverUnevenTheSegmentsAre) {
  for (int shape = 0; shape < 4; ++shape) {
    const auto partition = partition_ref("shape", shape);
    auto catalog = open();
    SeededRandom dice(static_cast<std::uint64_t>(shape));
    std::vector<CatalogEntry> entries;
    std::int64_t at = shape * 1'000'000'000'000;
    for (int i = 0; i < 1000; ++i) {
      const int exponent = shape == 0 ? i / 20 : shape == 1 ? (1000 - i) / 20 : static_cast<int>(dice.below(50));
      const auto end = at + 1 + static_cast<std::int64_t>(dice.below(1ull << exponent));
      entries.push_back(entry(at, end));
      at = end + (shape == 3 ? static_cast<std::int64_t>(dice.below(3)) : 0);
    }
    ASSERT_TRUE(catalog->add(partition, entries).ok());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const SegmentEntry& segment = entries[i].segment;
      for (const std::int64_t offset : {segment.base.raw, (segment.base.raw + segment.end.raw) / 2, segment.end.raw - 1}) {
        ASSERT_EQ(catalog->find(partition, Offset{offset})->segment.base, segment.base) << shape << " " << offset;
      }
      const auto following = catalog->find(partition, segment.end);
      ASSERT_EQ(following.has_value(), i + 1 < entries.size());
      if (following) {
        ASSERT_EQ(following->segment.base, entries[i + 1].segment.base) << shape;
      }
    }
  }
}

// T3: segments that overlap across epochs stay findable, and can all be removed.
TEST_F(CatalogTest, T3_OverlappingSegmentsAreFoundAndRemovable) {
  auto catalog = open();
  const std::vector<CatalogEntry> entries{entry(5, 51), entry(14, 151), entry(20, 30), entry(151, 160)};
  ASSERT_TRUE(catalog->add(ref, entries).ok());
  EXPECT_EQ(bases(*catalog, ref), (std::vector<std::int64_t>{5, 14, 20, 151}));
  EXPECT_EQ(catalog->find(ref, Offset{100})->segment.base.raw, 14);
  EXPECT_EQ(catalog->find(ref, Offset{25})->segment.base.raw, 20);
  EXPECT_EQ(catalog->find(ref, Offset{155})->segment.base.raw, 151);
  for (const auto& e : entries) ASSERT_TRUE(catalog->remove(ref, std::span(&e.segment.id, 1)).ok());
  EXPECT_TRUE(catalog->list(ref).empty());
  EXPECT_EQ(catalog->segments(), 0u);
  EXPECT_EQ(catalog->log_bytes(), 0u);
}

TEST_F(CatalogTest, AHigherGenerationReplacesWhatItCovers) {
  auto catalog = open();
  ASSERT_TRUE(catalog->add(ref, std::vector{entry(0, 10), entry(10, 20), entry(20, 30)}).ok());
  const auto merged = entry(0, 20, 1);
  ASSERT_TRUE(catalog->add(ref, std::vector{merged}).ok());
  EXPECT_EQ(bases(*catalog, ref), (std::vector<std::int64_t>{0, 20}));
  EXPECT_EQ(catalog->find(ref, Offset{15})->segment.id, merged.segment.id);
  // A listing that still shows the old ones changes nothing.
  ASSERT_TRUE(catalog->add(ref, std::vector{entry(10, 20), entry(0, 10)}).ok());
  EXPECT_EQ(bases(*catalog, ref), (std::vector<std::int64_t>{0, 20}));
  catalog = open();
  EXPECT_EQ(bases(*catalog, ref), (std::vector<std::int64_t>{0, 20}));
}

// T14: adding what is there is success and replaces nothing; of two copies every reader keeps the same one.
TEST_F(CatalogTest, T14_AddingAgainKeepsOneAndTheSame) {
  const auto a = entry(0, 10), b = entry(0, 10);
  const Uuid smaller = std::min(a.segment.id, b.segment.id);
  for (const auto& order : {std::vector{a, b}, std::vector{b, a}, std::vector{a, b, a, b}}) {
    takhin::testing::TempDir other;
    auto catalog = *Catalog::open(files, other / "c.db");
    for (const auto& e : order) ASSERT_TRUE(catalog->add(ref, std::span(&e, 1)).ok());
    ASSERT_EQ(catalog->segments(), 1u);
    EXPECT_EQ(catalog->list(ref)[0].segment.id, smaller);
  }
}

TEST_F(CatalogTest, ADamagedOrForeignFileIsMovedAside) {
  const auto fill = [&] {
    auto catalog = open();
    std::vector<CatalogEntry> entries;
    for (int i = 0; i < 2000; ++i) entries.push_back(entry(i * 10, i * 10 + 10));
    ASSERT_TRUE(catalog->add(ref, entries).ok());
  };
  const auto damage = [&](std::uint64_t at, std::size_t bytes) {
    const auto file = *files.open(path, OpenMode::kReadWrite);
    ASSERT_TRUE(file->write_at(at, Bytes(bytes, std::byte{0xaa})).ok());
  };
  for (const auto& [at, bytes] : {std::pair<std::uint64_t, std::size_t>{0, 100}, {4096 * 3, 4096 * 8}}) {
    fill();
    damage(at, bytes);
    const auto catalog = open();
    ASSERT_NE(catalog, nullptr);
    EXPECT_EQ(catalog->segments(), 0u) << "damage at " << at;
    EXPECT_TRUE(files.stat(path + ".damaged").ok());
    ASSERT_TRUE(catalog->add(ref, std::vector{entry(0, 10)}).ok());
  }
  ASSERT_TRUE(files.remove(path).ok());
  ASSERT_TRUE(write_atomically(files, path, view_of("this is not a database, but somebody's letter of more than 16 bytes")).ok());
  EXPECT_EQ(open()->segments(), 0u);
}

TEST_F(CatalogTest, RemovingAPartitionForgetsItsNotes) {
  auto catalog = open();
  ASSERT_TRUE(catalog->add(ref, std::vector{entry(0, 10)}).ok());
  ASSERT_TRUE(catalog->put_note(ref, "n", "v").ok());
  ASSERT_TRUE(catalog->remove_partition(ref).ok());
  EXPECT_EQ(catalog->segments(), 0u);
  EXPECT_EQ(*catalog->get_note(ref, "n"), "");
  catalog = open();
  EXPECT_TRUE(catalog->partitions().empty());
}

TEST_F(CatalogTest, AHandleStaysGoodWhateverHappensToItsPartition) {
  auto catalog = open();
  const PartitionHandle handle = catalog->handle(ref);
  EXPECT_FALSE(catalog->find(*handle, Offset{0}));
  EXPECT_TRUE(catalog->partitions().empty()) << "a handle alone makes no partition";
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(catalog->add(ref, std::vector{entry(0, 10), entry(10, 20)}).ok());
    EXPECT_EQ(catalog->handle(ref), handle);
    EXPECT_EQ(catalog->find(*handle, Offset{15})->segment.base.raw, 10);
    ASSERT_TRUE(catalog->remove_partition(ref).ok());
    EXPECT_FALSE(catalog->find(*handle, Offset{0}));
    // Others come and go meanwhile: what nobody holds is cleaned up, this one is not.
    for (int other = 0; other < 2'000; ++other) EXPECT_FALSE(catalog->find(partition_ref("other", other), Offset{0}));
    EXPECT_EQ(catalog->handle(ref), handle);
  }
}

TEST_F(CatalogTest, ReadersSeeWholeStatesWhileAWriterAdds) {
  auto catalog = open();
  ASSERT_TRUE(catalog->add(ref, std::vector{entry(0, 10)}).ok());
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0}, looked{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      const PartitionHandle handle = catalog->handle(ref);
      while (!stop) {
        const auto all = catalog->list(ref);
        for (std::size_t k = 0; k < all.size(); ++k) wrong += all[k].segment.base.raw != static_cast<std::int64_t>(k) * 10;
        const auto found = catalog->find(*handle, Offset{5});
        wrong += !found || found->segment.base.raw != 0;
        ++looked;
      }
    });
  }
  for (int i = 1; i < 100; ++i) ASSERT_TRUE(catalog->add(ref, std::vector{entry(i * 10, i * 10 + 10)}).ok());
  while (looked == 0) std::this_thread::yield();
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace takhin::tier
