// A cleaning that ends at any change of the disk, by kill -9 or by a power cut: nothing is lost, nothing comes twice.

#include <gtest/gtest.h>

#include <map>

#include "log/segment.h"
#include "testing/compaction_kit.h"

namespace takhin::log {
namespace {

using testing::CompactionKit;
using testing::ProducerStamp;

/// The same log each time: several segments that will be merged, transactions, tombstones, codecs.
class Crashing : public CompactionKit {
 public:
  Crashing() {
    made.options.config.segment_bytes = 700;
    made.options.config.index_interval_bytes = 100;
    open();
    std::int32_t sequence = 0;
    for (int i = 0; i < 24; ++i) {
      const std::string key = "k" + std::to_string(i % 5);
      const auto codec = static_cast<record::Codec>(i % 5);
      put({{key, std::to_string(i)}, {"u" + std::to_string(i % 11), std::string(20, 'v')}}, {}, codec);
      if (i % 6 == 3) {
        put({{key, "in"}, {"t", i % 12 == 3 ? "kept" : "aborted"}},
            ProducerStamp{.id = 7, .epoch = 0, .sequence = sequence, .transactional = true});
        sequence += 2;
        made.end_transaction(7, i % 12 == 3 ? record::MarkerType::kCommit : record::MarkerType::kAbort);
      }
      if (i == 15) put({{"k1", std::nullopt}});
    }
    roll();
    put({{"k0", "active"}});
    made.options.config.segment_bytes = 2200;  // so that three are merged into one
    log().set_config(made.options.config);
    EXPECT_TRUE(log().sync().ok());
  }
  /// What a consumer that reads committed records ends up with.
  std::map<std::string, std::string> state() {
    std::map<std::string, std::string> out;
    for (const auto& row : rows()) {
      bool hidden = false;
      for (const auto& [producer, ends] : ends_) {
        if (!row.transactional || row.producer_id != producer) continue;
        const auto end = ends.upper_bound(row.offset);
        hidden = end != ends.end() && end->second;
      }
      if (!hidden) out[row.key] = row.value.value_or("<gone>");
    }
    return out;
  }
  void learn_ends() {
    for (const auto& [header, bytes] : batches()) {
      if (!header.is_control()) continue;
      const auto marker = record::marker_of(bytes);
      ends_[header.producer_id][header.base_offset.raw] = (*marker)->type == record::MarkerType::kAbort;
    }
  }

 private:
  std::map<std::int64_t, std::map<std::int64_t, bool>> ends_;  // producer -> marker's offset -> aborted
};

void check_after_crash(Crashing& bed, const std::map<std::string, std::string>& before, const std::vector<std::string>& all,
                       const std::vector<std::string>& cleaned) {
  EXPECT_EQ(bed.state(), before);
  bed.check_files();
  const auto now = bed.texts();
  for (const auto& row : now) EXPECT_TRUE(std::ranges::find(all, row) != all.end()) << row;
  for (const auto& row : cleaned) EXPECT_TRUE(std::ranges::find(now, row) != now.end()) << row;
  bed.clean();
  EXPECT_EQ(bed.texts(), cleaned);
  EXPECT_EQ(bed.state(), before);
  bed.check_files();
  EXPECT_EQ(bed.put({{"t", "again"}, {"t", "again"}}, {.id = 7, .epoch = 0, .sequence = 6, .transactional = true}).status,
            AppendStatus::kDuplicate)
      << "the producer's last batch is still known";
}

TEST(CleanerCrash, AtEveryChangeOfTheDisk) {
  Crashing reference;
  reference.learn_ends();
  const auto before = reference.state();
  const auto all = reference.texts();
  const std::uint64_t changes_before = reference.made.fs.changes();
  const auto done = reference.clean();
  const std::uint64_t changes = reference.made.fs.changes() - changes_before;
  ASSERT_GT(done.segments_before, done.segments_after);
  ASSERT_GT(done.segments_after, 1u);
  const auto cleaned = reference.texts();
  ASSERT_LT(cleaned.size(), all.size());
  ASSERT_EQ(reference.state(), before);

  for (std::uint64_t at = 0; at <= changes; ++at) {
    for (const int how : {-1, 0, 1, 2, 3, 4, 5, 6}) {  // kill -9, a power cut that keeps nothing unsynced, others that keep some
      SCOPED_TRACE(fmt::format("change {} of {}, {}", at, changes, how));
      Crashing bed;
      bed.learn_ends();
      bed.made.fs.stop_after(at);
      EXPECT_EQ(bed.try_clean().ok(), at >= changes);
      if (how < 0) {
        bed.made.fs.kill();
      } else {
        bed.made.fs.power_loss(how == 0 ? 0 : at * 100 + static_cast<std::uint64_t>(how));
      }
      bed.made.open();
      check_after_crash(bed, before, all, cleaned);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

/// A recovery that ends as well, at each of its own changes.
TEST(CleanerCrash, AgainWhileTheStartFinishesTheSwap) {
  Crashing reference;
  reference.learn_ends();
  const auto before = reference.state();
  const auto all = reference.texts();
  reference.clean();
  const auto cleaned = reference.texts();
  for (std::uint64_t at = 0;; ++at) {
    Crashing bed;
    bed.learn_ends();
    bed.made.fs.stop_after(at);
    const bool whole = bed.try_clean().ok();
    bed.made.fs.kill();
    const bool pending = std::ranges::any_of(*bed.made.fs.list(bed.made.options.dir),
                                             [](const auto& entry) { return entry.name.ends_with(".log.swap"); });
    for (std::uint64_t second = 0; pending && second < 30; ++second) {
      SCOPED_TRACE(fmt::format("change {}, then {}", at, second));
      bed.made.fs.stop_after(second);
      const bool opened = bed.made.try_open(false).ok();
      if (second % 2 == 0) {
        bed.made.fs.power_loss(at * 1000 + second + 1);
      } else {
        bed.made.fs.kill();
      }
      if (opened) break;
    }
    bed.made.open();
    check_after_crash(bed, before, all, cleaned);
    if (whole || ::testing::Test::HasFailure()) return;
  }
}

TEST(CleanerCrash, FilesOfAnUnfinishedCleaningGoAtTheStart) {
  CompactionKit bed;
  bed.open();
  bed.put({{"a", "1"}});
  bed.roll();
  bed.put({{"a", "2"}});
  ASSERT_TRUE(bed.log().sync().ok());
  const auto before = bed.texts();
  for (const std::string_view name :
       {"00000000000000000000.log.cleaned", "00000000000000000000.index.swap", "00000000000000000000.txnindex.swap",
        "00000000000000000001.timeindex.cleaned"}) {
    ASSERT_TRUE(write_plain(bed.made.fs, fmt::format("{}/{}", bed.made.options.dir, name), view_of("half")).ok());
  }
  bed.made.open();
  EXPECT_EQ(bed.texts(), before);
  bed.check_files();
}

TEST(CleanerCrash, ASwapBelowTheLocalStartIsNotTakenUp) {
  CompactionKit bed;
  bed.open();
  bed.put({{"a", "1"}});
  bed.roll();
  bed.put({{"a", "2"}});
  bed.roll();
  ASSERT_TRUE(bed.log().sync().ok());
  const auto segment = log::segment_path(bed.made.options.dir, Offset{0}, kLogSuffix);
  const Bytes old = *read_whole(bed.made.fs, segment);
  ASSERT_TRUE(bed.log().release_oldest(Offset{1}, {}).ok());
  ASSERT_TRUE(write_plain(bed.made.fs, segment + ".swap", old).ok());
  bed.made.options.local_start = Offset{1};
  bed.made.open();
  EXPECT_EQ(bed.log().local_start(), Offset{1});
  bed.check_files();
}

}  // namespace
}  // namespace takhin::log
