// Random logs, cleaned again and again, against a plain list of what was written.

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "testing/compaction_kit.h"

namespace takhin::log {
namespace {

using testing::CompactionKit;
using testing::Pair;
using testing::Row;

constexpr std::int64_t kRetention = 86'400'000;

struct Written {
  std::int64_t timestamp = 0;
  std::string key;
  std::optional<std::string> value;
  bool open = false;     // of a transaction that nobody decided yet
  bool aborted = false;
  bool gone_before = false;
  std::int64_t horizon = INT64_MAX;  // of a tombstone: the time before which it may not go
};

struct Producer {
  std::int64_t id = -1;
  std::int16_t epoch = 0;
  std::int32_t sequence = 0;
  bool in_transaction = false;
  std::vector<std::int64_t> offsets;  // of its open transaction
};

class Walk : public CompactionKit {
 public:
  explicit Walk(std::uint64_t seed) : random_(seed) {
    made.options.config.segment_bytes = 600 + pick(4000);
    made.options.config.index_interval_bytes = 50 + pick(500);
    keys_ = 2 + pick(30);
    for (int i = 0; i < 3; ++i) producers_.push_back({.id = 100 + i});
    open();
  }

  void step() {
    switch (pick(20)) {
      case 0: roll(); break;
      case 1: case 2: clean_some(); break;
      case 3: made.clock.advance(std::chrono::milliseconds(pick(kRetention))); break;
      case 4: restart(); break;
      case 5: case 6: case 7: end_transaction(producers_[pick(3)]); break;
      case 8: case 9: case 10: append(&producers_[pick(3)]); break;
      default: append(nullptr);
    }
  }
  void finish() {
    for (auto& producer : producers_) end_transaction(producer);
    roll();
    map_bytes = 24 * 10'000;
    clean_some(true);
    restart();
  }

 private:
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }

  void append(Producer* producer) {
    std::vector<Pair> pairs;
    for (std::uint64_t i = 0; i <= pick(6); ++i) {
      Pair pair{"k" + std::to_string(pick(keys_)), std::to_string(serial_++) + std::string(pick(30), 'x')};
      if (pick(6) == 0) pair.value.reset();
      pairs.push_back(std::move(pair));
    }
    testing::ProducerStamp stamp;
    if (producer != nullptr) {
      if (!producer->in_transaction && pick(3) > 0) producer->in_transaction = true;
      stamp = {producer->id, producer->epoch, producer->sequence, producer->in_transaction};
      producer->sequence += static_cast<std::int32_t>(pairs.size());
    }
    const auto appended = put(pairs, stamp, static_cast<record::Codec>(pick(5)));
    ASSERT_EQ(appended.status, AppendStatus::kOk) << appended.why;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const std::int64_t offset = appended.base.raw + static_cast<std::int64_t>(i);
      written_[offset] = {time_of(times_++), *pairs[i].key, pairs[i].value, stamp.transactional};
      if (stamp.transactional) producer->offsets.push_back(offset);
    }
  }

  void end_transaction(Producer& producer) {
    if (!producer.in_transaction) return;
    const bool abort = pick(2) == 0;
    const bool bump = pick(3) == 0;
    if (bump) ++producer.epoch, producer.sequence = 0;
    made.end_transaction(producer.id, abort ? record::MarkerType::kAbort : record::MarkerType::kCommit, producer.epoch);
    for (const std::int64_t offset : producer.offsets) written_[offset].open = false, written_[offset].aborted = abort;
    producer.offsets.clear();
    producer.in_transaction = false;
  }

  void clean_some(bool all = false) {
    Offset before{0};
    const auto segments = log().segments();
    const std::size_t most = all ? segments.size() : pick(segments.size() + 1);
    for (std::size_t i = 0; i + 1 < segments.size() && i < most; ++i) {
      if (segments[i].end <= log().last_stable()) before = segments[i].end;
    }
    if (!all) map_bytes = 24 * (2 + pick(40));
    if (before <= log().cleaned_end()) return;
    const auto cleaned = log().clean(order(before));
    ASSERT_TRUE(cleaned.ok()) << cleaned.error().text;
    ASSERT_LE(cleaned->end, before);
    if (all) {
      ASSERT_EQ(cleaned->end, before);
    }
    check(cleaned->end, before);
  }

  void check(Offset end, Offset before) {
    const auto found = rows();
    std::set<std::int64_t> there;
    std::set<std::string> below;
    for (const Row& row : found) {
      there.insert(row.offset);
      const auto at = written_.find(row.offset);
      ASSERT_TRUE(at != written_.end()) << row.text();
      EXPECT_EQ(row.key, at->second.key);
      EXPECT_EQ(row.value, at->second.value);
      EXPECT_EQ(row.timestamp, at->second.timestamp);
      EXPECT_FALSE(at->second.gone_before) << row.text() << " came back";
      if (row.offset >= end.raw) continue;
      EXPECT_FALSE(at->second.aborted) << row.text();
      EXPECT_TRUE(below.insert(row.key).second) << row.text() << " is not the only one of its key";
    }
    std::map<std::string, std::int64_t> last;
    for (auto& [offset, record] : written_) {
      if (offset < end.raw && !record.aborted) last[record.key] = offset;
    }
    for (auto& [offset, record] : written_) {
      const bool is_there = there.contains(offset);
      const bool seen_first = !record.value && offset < before.raw && is_there && record.horizon == INT64_MAX;
      if (seen_first) record.horizon = now().raw + kRetention;
      if (is_there) continue;
      record.gone_before = true;
      const bool may_go = offset < before.raw && (record.aborted || (offset < end.raw && (last[record.key] > offset ||
                                                  (!record.value && record.horizon <= now().raw))));
      EXPECT_TRUE(may_go) << offset << ":" << record.key << " is lost";
    }
    check_committed();
    check_files();
  }

  /// What a read_committed consumer shows, by Kafka's rules: each key's last value, nothing that was aborted.
  void check_committed() {
    const Offset stable = log().last_stable();
    auto aborted = *log().aborted_in(log().local_start(), stable);
    std::ranges::sort(aborted, {}, [](const auto& entry) { return entry.first_offset; });
    std::size_t next = 0;
    std::set<std::int64_t> hidden;
    std::map<std::string, std::optional<std::string>> seen;
    for (const auto& [header, bytes] : batches()) {
      if (header.base_offset >= stable) break;
      for (; next < aborted.size() && aborted[next].first_offset <= header.last_offset(); ++next) {
        hidden.insert(aborted[next].producer_id);
      }
      if (header.is_control()) {
        const auto marker = record::marker_of(bytes);
        ASSERT_TRUE(marker.ok());
        if ((*marker)->type == record::MarkerType::kAbort) hidden.erase(header.producer_id);
        continue;
      }
      if (header.is_transactional() && hidden.contains(header.producer_id)) continue;
      ASSERT_TRUE(record::for_each_record(bytes, kMiB, [&](const record::Record& record) {
        EXPECT_FALSE(written_[record.offset.raw].aborted) << record.offset.raw;
        auto& value = seen[std::string(text_of(*record.key))];
        value.reset();
        if (record.value) value = text_of(*record.value);
        return true;
      }).ok());
    }
    std::map<std::string, std::optional<std::string>> truth;
    for (const auto& [offset, record] : written_) {
      if (offset < stable.raw && !record.aborted) truth[record.key] = record.value;
    }
    for (const auto& [key, value] : truth) {
      if (value) {
        EXPECT_EQ(seen[key], value) << key;
      }
      if (!value && seen.contains(key)) {
        EXPECT_EQ(seen[key], std::nullopt) << key;
      }
    }
    for (const auto& [key, value] : seen) EXPECT_TRUE(truth.contains(key)) << key;
  }

  /// Clean or killed, with or without what makes a start cheap: producers and transactions come from the log itself.
  void restart() {
    const auto before = log().producers();
    const auto all = texts();
    const Offset stable = log().last_stable();
    const Offset cleaned = log().cleaned_end();
    const auto how = pick(3);
    if (how == 0) {
      reopen();
    } else {
      made.fs.kill();
      for (const auto names = made.fs.list(made.options.dir); const auto& entry : *names) {
        const bool helps = entry.name.ends_with(kSnapshotSuffix) || entry.name == kRecoveryPointFile;
        if (how == 2 && helps) {
          ASSERT_TRUE(made.fs.remove(made.options.dir + "/" + entry.name).ok());
        }
      }
      made.open();
    }
    EXPECT_EQ(texts(), all);
    EXPECT_EQ(log().last_stable(), stable);
    EXPECT_EQ(log().cleaned_end(), cleaned);
    const auto after = log().producers();
    for (const auto& info : before) {
      const auto same = std::ranges::find(after, info.id, &ProducerInfo::id);
      ASSERT_TRUE(same != after.end()) << info.id;
      EXPECT_EQ(same->epoch, info.epoch);
      EXPECT_EQ(same->last_sequence, info.last_sequence) << info.id;
      EXPECT_EQ(same->txn_first, info.txn_first);
    }
    check_files();
  }

  std::mt19937_64 random_;
  std::uint64_t keys_ = 0;
  std::int64_t serial_ = 0;
  std::int64_t times_ = 0;
  std::map<std::int64_t, Written> written_;
  std::vector<Producer> producers_;
};

TEST(CleanerProperty, EveryKeyKeepsItsLastValueWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Walk walk(seed);
    for (int i = 0; i < 150 && !::testing::Test::HasFailure(); ++i) walk.step();
    if (!::testing::Test::HasFailure()) walk.finish();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace takhin::log
