#include "tier/txn_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>



namespace takhin::tier {
namespace {

constexpr std::int64_t kSegmentOffsets = 10;

/// Segments of ten offsets each, with the transactions that were aborted in them or are open at their ends.
struct Log {
  explicit Log(std::int64_t segments) : segments_(segments) {
    for (std::int64_t i = 0; i < segments; ++i) at_[i].open.emplace();
  }
  /// A transaction from `first` to its marker at `last`.
  void abort(std::int64_t producer, std::int64_t first, std::int64_t last, std::int64_t last_stable) {
    at_[last / kSegmentOffsets].aborted.push_back({producer, Offset{first}, Offset{last}, Offset{last_stable}});
    open(producer, first, last / kSegmentOffsets);
  }
  /// Open from `first` up to the end of the segment before `until`.
  void open(std::int64_t producer, std::int64_t first, std::int64_t until) {
    for (std::int64_t i = first / kSegmentOffsets; i < until; ++i) {
      if (at_[i].open) at_[i].open->push_back({Offset{first}, producer});
    }
  }
  void without_snapshot(std::int64_t segment) { at_[segment].open.reset(); }
  void missing(std::int64_t segment) { gone_.insert(segment); }
  void finish() {
    for (auto& [i, summary] : at_) {
      if (summary.open) std::ranges::sort(*summary.open);
    }
  }

  std::optional<SegmentEntry> find(Offset at) const {
    for (std::int64_t i = std::max<std::int64_t>(at.raw, 0) / kSegmentOffsets; i < segments_; ++i) {
      if (gone_.contains(i)) continue;
      SegmentEntry entry;
      entry.base = Offset{i * kSegmentOffsets};
      entry.end = Offset{(i + 1) * kSegmentOffsets};
      return entry;
    }
    return std::nullopt;
  }
  std::vector<record::TxnEntry> search(std::int64_t from, std::int64_t to) {
    looked_at = 0;
    const auto load = [&](const SegmentEntry& entry) -> Result<std::shared_ptr<const TxnSummary>> {
      ++looked_at;
      return std::make_shared<const TxnSummary>(at_[entry.base.raw / kSegmentOffsets]);
    };
    auto found = TxnSearch([&](Offset at) { return find(at); }, load, Offset{from}, Offset{to}).run();
    EXPECT_TRUE(found.ok());
    return *found;
  }
  /// Every index from `from` on.
  std::vector<record::TxnEntry> scan(std::int64_t from, std::int64_t to) const {
    std::vector<record::TxnEntry> out;
    for (const auto& [i, summary] : at_) {
      if (gone_.contains(i)) continue;
      for (const auto& entry : summary.aborted) {
        if (entry.last.raw >= from && entry.first.raw < to) out.push_back(entry);
      }
    }
    return out;
  }

  int looked_at = 0;

 private:
  const std::int64_t segments_;
  std::map<std::int64_t, TxnSummary> at_;
  std::set<std::int64_t> gone_;
};

// T35 at scale: whatever the transactions do, few of ten thousand segments are looked at.
TEST(TxnSearch, T35_ATransactionThatNeverEndsCostsAFewSegments) {
  Log log(10'000);
  log.open(7, 3, 10'000);
  log.finish();
  EXPECT_TRUE(log.search(0, 10).empty());
  EXPECT_LE(log.looked_at, 16);
}

TEST(TxnSearch, T35_ATransactionThatEndsLongAfterwardsCostsTwiceAsMany) {
  Log log(10'000);
  log.open(6, 2, 10'000);
  log.abort(7, 3, 77'775, 77'776);
  log.finish();
  const auto found = log.search(0, 10);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].producer_id, 7);
  EXPECT_LE(log.looked_at, 32);
}

TEST(TxnSearch, T35_AHistoryOfShortTransactionsCostsTwoSegments) {
  Log log(1'000);
  for (std::int64_t i = 0; i + 1 < 1'000; ++i) log.abort(i, i * 10 + 8, i * 10 + 12, i * 10 + 13);
  log.finish();
  EXPECT_EQ(log.search(500, 510).size(), 2u);
  EXPECT_LE(log.looked_at, 3);
}

TEST(TxnSearch, WithoutSnapshotsItLooksAtEverySegment) {
  Log log(50);
  for (std::int64_t i = 0; i < 50; ++i) log.without_snapshot(i);
  log.abort(7, 3, 477, 478);
  log.finish();
  EXPECT_EQ(log.search(0, 10).size(), 1u);
  EXPECT_EQ(log.search(0, 10).front().last, Offset{477});
}

TEST(TxnSearch, FindsWhatAScanFinds) {
  std::mt19937_64 chance(11);
  for (int round = 0; round < 300; ++round) {
    const auto below = [&](std::int64_t n) { return static_cast<std::int64_t>(chance() % static_cast<std::uint64_t>(n)); };
    const std::int64_t segments = 1 + below(60);
    Log log(segments);
    for (std::int64_t i = 0; i < segments; ++i) {
      if (below(12) == 0) log.without_snapshot(i);
      if (below(15) == 0) log.missing(i);
    }
    // Markers in the order of their offsets; the last stable offset after each is the lowest first offset still open.
    struct Txn {
      std::int64_t producer, first, last;
      bool committed;
    };
    std::vector<Txn> all;
    std::set<std::int64_t> markers;
    for (std::int64_t producer = 0; producer < below(30); ++producer) {
      const std::int64_t first = below(segments * 10);
      std::int64_t last = first + below(below(2) == 0 ? 20 : segments * 10 + 1);
      while (!markers.insert(last).second) ++last;  // each marker has an offset of its own
      all.push_back({producer, first, last, below(3) == 0});
    }
    std::ranges::sort(all, {}, &Txn::last);
    for (const Txn& txn : all) {
      if (txn.last >= segments * 10) {
        log.open(txn.producer, txn.first, segments);
      } else if (txn.committed) {
        log.open(txn.producer, txn.first, txn.last / 10);
      } else {
        std::int64_t stable = txn.last + 1;
        for (const Txn& other : all) {
          if (other.last > txn.last) stable = std::min(stable, std::max<std::int64_t>(other.first, 0));
        }
        log.abort(txn.producer, txn.first, txn.last, stable);
      }
    }
    log.finish();
    for (int i = 0; i < 20; ++i) {
      const std::int64_t from = below(segments * 10);
      const std::int64_t to = from + 1 + below(25);
      EXPECT_EQ(log.search(from, to), log.scan(from, to)) << "round " << round << " [" << from << ", " << to << ")";
    }
  }
}

TEST(TxnSummary, ReadsIndexAndSnapshot) {
  Bytes index;
  record::append_entry(index, record::TxnEntry{5, Offset{10}, Offset{20}, Offset{21}});
  record::append_entry(index, record::TxnEntry{6, Offset{15}, Offset{25}, Offset{26}});
  EXPECT_FALSE(TxnSummary::of(index, {}).open) << "no snapshot says nothing";
  const TxnSummary summary = TxnSummary::of(index, {});
  std::vector<record::TxnEntry> out;
  EXPECT_FALSE(summary.aborted_between(Offset{21}, Offset{30}, out));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].producer_id, 6);
  EXPECT_TRUE(summary.aborted_between(Offset{0}, Offset{21}, out));
}

TEST(TxnMemo, HoldsSoMuchAndForgetsWhatWasNotAskedForTheLongest) {
  const auto summary_of = [](std::size_t entries) {
    TxnSummary summary;
    summary.aborted.resize(entries);
    return std::make_shared<const TxnSummary>(std::move(summary));
  };
  const auto id = [](int n) {
    Uuid out;
    out.bytes[0] = static_cast<std::byte>(n);
    return out;
  };
  const std::size_t one = summary_of(10)->bytes();
  TxnMemo memo(3 * one);
  for (int n = 1; n <= 3; ++n) memo.put(id(n), summary_of(10));
  EXPECT_EQ(memo.bytes(), 3 * one);
  EXPECT_NE(memo.find(id(1)), nullptr);
  memo.put(id(4), summary_of(10));
  EXPECT_EQ(memo.bytes(), 3 * one);
  EXPECT_EQ(memo.find(id(2)), nullptr);
  EXPECT_NE(memo.find(id(1)), nullptr);
  memo.put(id(5), summary_of(1000));
  EXPECT_EQ(memo.find(id(5)), nullptr) << "larger than all of it";
  EXPECT_NE(memo.find(id(4)), nullptr);
  TxnMemo wide;
  wide.put(id(1), summary_of(kTxnMemoEntriesMax + 1));
  EXPECT_EQ(wide.bytes(), 0u);
}

}  // namespace
}  // namespace takhin::tier
