// Encrypted segments through the whole engine: written, read cold, restored, verified, rewrapped, removed.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "testing/engine_fixture.h"
#include "testing/key_kit.h"
#include "tier/bucket.h"
#include "tier/metrics.h"
#include "tier/rewrap.h"
#include "tier/scrub.h"
#include "tier/small_objects.h"

namespace takhin::tier {
namespace {

using takhin::testing::EngineFixture;
using takhin::testing::FakeKms;
using takhin::testing::MadeSegment;
using takhin::testing::make_ring;
using takhin::testing::make_segments;
using takhin::testing::partition_ref;
using takhin::testing::SegmentSpec;
using takhin::testing::Verb;

class Encryption : public EngineFixture {
 protected:
  ~Encryption() override { engine.reset(); }  // its threads may be asking for keys

  /// Restarts with these keys; `active` encrypts what no topic says otherwise about.
  void restart(const std::map<std::string, unsigned char>& keys, const std::string& active, bool fresh = false) {
    restart(make_ring(keys, {.active = active}), fresh);
  }
  void restart(std::unique_ptr<KeyRing> with, bool fresh = false) {
    engine.reset();
    object_keys = std::make_unique<ObjectKeys>(*with, store, clock, random, &metrics);
    ring = std::move(with);
    open(fresh);
  }
  /// Forgets catalogue and cache, so that every byte comes from the bucket.
  void restart_empty(const std::map<std::string, unsigned char>& keys, const std::string& active = "none") {
    restart(keys, active, true);
    ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  }

  Result<Bytes> read_all(const MadeSegment& made) {
    Bytes log;
    for (Offset at = made.sealed.base; at < made.sealed.end;) {
      TRY(const auto slice, engine->read(made.sealed.partition, at, 4096, soon()));
      TRY(const Bytes bytes, read_exactly(*slice.data.file, slice.data.range));
      record::BatchCursor cursor(bytes);
      while (const auto header = cursor.next()) at = header->next_offset();
      append(log, View(bytes).first(cursor.valid_bytes()));
    }
    return log;
  }
  void expect_readable(const std::vector<MadeSegment>& all) {
    for (const auto& made : all) {
      const auto log = read_all(made);
      ASSERT_TRUE(log.ok()) << log.error().text;
      EXPECT_EQ(*log, made.log);
      const auto verified = engine->verify(made.sealed.partition, made.sealed.base, VerifyDepth::kFull, soon());
      EXPECT_TRUE(verified.ok()) << verified.error().text;
    }
  }
  Bytes object_of(const std::string& key) {
    const auto info = memory.head({key}, Deadline::never());
    return *memory.get({key}, {0, info->size}, Deadline::never());
  }
  Result<RewrapCounts> rewrap_to(const std::string& to, std::vector<std::string>* failures = nullptr) {
    return rewrap({store, *ring, clock, random}, ref, to, soon(), [&](const std::string& segment, const Error& error) {
      if (failures != nullptr) failures->push_back(segment + ": " + error.text);
    });
  }
  std::vector<std::string> key_objects() {
    auto out = keys();
    std::erase_if(out, [](const std::string& key) { return !segment_of_key_object(key); });
    return out;
  }

  FakeKms kms;
  std::vector<MadeSegment> made = make_segments(ref, 3, {.batches = 20});
};

TEST_F(Encryption, SegmentsAreReadColdRestoredAndVerified) {
  restart({{"a", 1}}, "a");
  archive_all(made);
  for (const auto& key : segment_keys()) {
    const Bytes object = object_of(key);
    EXPECT_EQ(text_of(object).find("takhin takhin"), std::string_view::npos);
    EXPECT_EQ(text_of(object).find("orders"), std::string_view::npos);
    EXPECT_NE(text_of(object).find("TAKHNSEG"), std::string_view::npos);
  }
  restart_empty({{"a", 1}});
  expect_readable(made);
  for (const auto& one : made) {
    ASSERT_TRUE(engine->restore(ref, one.sealed.base, dir / "restored", soon()).ok());
    EXPECT_EQ(*read_whole(files, fmt::format("{}/{:020}.log", dir / "restored", one.sealed.base.raw)), one.log);
    EXPECT_EQ(*read_whole(files, fmt::format("{}/{:020}.index", dir / "restored", one.sealed.base.raw)), one.sealed.offset_index);
  }
  const auto found = engine->offset_for(ref, made[1].records[5].timestamp, soon());
  ASSERT_TRUE(found.ok());
  EXPECT_EQ((*found)->offset, made[1].records[5].offset);
}

TEST_F(Encryption, PlainAndEncryptedSegmentsLieSideBySide) {
  restart({{"a", 1}, {"b", 2}}, "a");
  made[0].sealed.key_id = "none";
  made[1].sealed.key_id = "b";
  archive_all(made);
  const auto all = segment_keys();
  EXPECT_NE(text_of(object_of(all[0])).find("orders"), std::string_view::npos);
  EXPECT_EQ(text_of(object_of(all[2])).find("orders"), std::string_view::npos);
  restart_empty({{"a", 1}, {"b", 2}});
  expect_readable(made);
  // The key of one segment is lost: it says which, and the others do not care.
  restart_empty({{"a", 1}});
  const auto lost = read_all(made[1]);
  EXPECT_EQ(lost.error().kind, kKeyFailed);
  EXPECT_NE(lost.error().text.find("key 'b' is not in the key ring"), std::string::npos) << lost.error().text;
  EXPECT_TRUE(read_all(made[0]).ok());
  EXPECT_TRUE(read_all(made[2]).ok());
  EXPECT_EQ(engine->verify(ref, made[1].sealed.base, VerifyDepth::kFull, soon()).error().kind, kKeyFailed);
  EXPECT_EQ(engine->restore(ref, made[1].sealed.base, dir / "restored", soon()).error().kind, kKeyFailed);
}

TEST_F(Encryption, WithoutAnyKeyRingThePlainOnesStillRead) {
  restart({{"a", 1}}, "none");
  made[1].sealed.key_id = "a";
  archive_all(made);
  engine.reset();
  object_keys.reset();
  open(true);
  ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  EXPECT_TRUE(read_all(made[0]).ok());
  EXPECT_EQ(read_all(made[1]).error().kind, kKeyFailed);
  auto wanted = make_segments(ref, 4, {.batches = 20}).back();
  wanted.sealed.key_id = "a";
  const auto refused = archive(wanted);
  EXPECT_EQ(refused.error().kind, kKeyFailed);  // never plain instead
  EXPECT_NE(refused.error().text.find("'a'"), std::string::npos);
}

TEST_F(Encryption, AnUnknownKeyFailsTheArchiveOfItsTopicOnly) {
  restart({{"a", 1}}, "a");
  made[0].sealed.key_id = "gone";
  const int uploads = store.calls(Verb::kUpload);
  const auto refused = archive(made[0]);
  // Not kDenied or a passing kind: the keeper would take that for trouble of the store, and hold up everybody.
  EXPECT_EQ(refused.error().kind, kKeyFailed);
  EXPECT_NE(refused.error().text.find("'gone'"), std::string::npos);
  EXPECT_EQ(store.calls(Verb::kUpload), uploads);
  EXPECT_TRUE(archive(made[1]).ok());
}

// A crash between upload and record, and then the key is gone: nothing is adopted or removed unseen, and the error is not one
// that the keeper takes for trouble of the whole store.
TEST_F(Encryption, AnUnrecordedObjectWaitsForItsKey) {
  restart({{"a", 1}}, "a");
  store.fail_next(Verb::kHead);    // the verification fails,
  store.fail_next(Verb::kRemove);  // and so does taking the object back
  ASSERT_FALSE(archive(made[0]).ok());
  ASSERT_EQ(segment_keys().size(), 1u);
  restart({{"b", 2}}, "b");
  const auto waits = archive(made[0]);
  EXPECT_EQ(waits.error().kind, kKeyFailed);
  EXPECT_NE(waits.error().text.find("key 'a'"), std::string::npos) << waits.error().text;
  EXPECT_EQ(segment_keys().size(), 1u);
  restart({{"a", 1}}, "a");
  clock.advance(ObjectKeys::kRefusalTime);
  ASSERT_TRUE(archive(made[0]).ok());
  EXPECT_EQ(segment_keys().size(), 1u);  // adopted
  expect_readable({made[0]});
}

TEST_F(Encryption, ALostKeyIsNotAskedForAgainAtOnce) {
  restart({{"a", 1}}, "a");
  archive_all(made);
  restart_empty({});
  EXPECT_FALSE(read_all(made[0]).ok());
  const int gets = store.calls(Verb::kGet), heads = store.calls(Verb::kHead);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(read_all(made[0]).error().kind, kKeyFailed);
  EXPECT_EQ(store.calls(Verb::kGet), gets);
  EXPECT_EQ(store.calls(Verb::kHead), heads);
  clock.advance(ObjectKeys::kRefusalTime);
  EXPECT_EQ(read_all(made[0]).error().kind, kKeyFailed);
  EXPECT_GT(store.calls(Verb::kGet), gets);
}

TEST_F(Encryption, ALostKeyThatIsGivenBackIsTakenUpWithoutARestart) {
  const auto write = [&](const std::string& text) {
    ASSERT_TRUE(write_atomically(files, dir / "keys", view_of(text)).ok());
    ASSERT_EQ(::chmod((dir / "keys").c_str(), 0600), 0);
  };
  const std::string a = "a = " + testing::key_text(1) + "\n", b = "b = " + testing::key_text(2) + "\n";
  write(a + b);
  const KeyRingOptions options{.path = dir / "keys", .active = "b"};
  restart(*KeyRing::open(files, nullptr, options, &clock), true);
  made[0].sealed.key_id = "a";
  archive_all(made);
  write(b);
  restart(*KeyRing::open(files, nullptr, options, &clock), true);
  ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  EXPECT_EQ(read_all(made[0]).error().kind, kKeyFailed);
  EXPECT_EQ(metrics.gauge(kLostKeyObjects).value(), 1);
  EXPECT_GE(metrics.counter(kKeyFailures).value(), 1);
  EXPECT_TRUE(read_all(made[1]).ok());
  write(a + b);
  clock.advance(kKeyFilesLookAfter);  // less than kRefusalTime: another ring voids what the old one refused
  expect_readable(made);
  EXPECT_EQ(metrics.gauge(kLostKeyObjects).value(), 0);
}

TEST_F(Encryption, PlainSegmentsAreRefusedWhereEncryptionIsRequired) {
  restart({{"a", 1}}, "none");
  ASSERT_TRUE(archive(made[0]).ok());
  restart(make_ring({{"a", 1}}, {.active = "none", .required = true}), true);
  ASSERT_TRUE(engine->refresh(ref, true, soon()).ok());
  EXPECT_EQ(read_all(made[0]).error().kind, Kind::kDenied);
  EXPECT_EQ(archive(made[1]).error().kind, Kind::kInvalid);
  made[1].sealed.key_id = "a";
  EXPECT_TRUE(archive(made[1]).ok());
  EXPECT_TRUE(read_all(made[1]).ok());
}

TEST_F(Encryption, TheCompressionLevelIsTheTopics) {
  made[0].sealed.zstd_level = 0;
  made[1].sealed.zstd_level = 19;
  archive_all(made);
  const auto all = segment_keys();
  EXPECT_GT(object_of(all[0]).size(), made[0].log.size());
  EXPECT_LT(object_of(all[1]).size(), made[1].log.size() / 2);
  EXPECT_LE(object_of(all[1]).size(), object_of(all[2]).size());
}

// ---- rewrapping

TEST_F(Encryption, RewrappedSegmentsReadWithoutTheOldKey) {
  restart({{"a", 1}}, "a");
  made[2].sealed.key_id = "none";
  archive_all(made);
  std::map<std::string, Bytes> before;
  for (const auto& key : segment_keys()) before[key] = object_of(key);
  restart({{"a", 1}, {"b", 2}}, "b");
  auto counts = rewrap_to("b");
  ASSERT_TRUE(counts.ok()) << counts.error().text;
  EXPECT_EQ(counts->rewrapped, 2u);
  EXPECT_EQ(counts->plain, 1u);
  EXPECT_EQ(key_objects().size(), 2u);
  for (const auto& [key, bytes] : before) EXPECT_EQ(object_of(key), bytes);  // no object was touched
  counts = rewrap_to("b");
  EXPECT_EQ(counts->rewrapped, 0u);
  EXPECT_EQ(counts->already, 2u);
  restart_empty({{"b", 2}});
  expect_readable(made);
  // And on to a third key, with the first one gone.
  restart_empty({{"b", 2}, {"c", 3}});
  counts = rewrap_to("c");
  EXPECT_EQ(counts->rewrapped, 2u);
  restart_empty({{"c", 3}});
  expect_readable(made);
  // Back to the first one, whose wrapping still stands in the object itself.
  restart_empty({{"a", 1}, {"c", 3}});
  EXPECT_EQ(rewrap_to("a")->rewrapped, 2u);
  restart_empty({{"a", 1}});
  expect_readable(made);
  restart_empty({{"b", 2}});
  const auto lost = read_all(made[0]);
  EXPECT_EQ(lost.error().kind, kKeyFailed);
  EXPECT_NE(lost.error().text.find("by its key object: key 'a'"), std::string::npos) << lost.error().text;
}

TEST_F(Encryption, AScrubNamesLostKeysAndGoesOn) {
  restart({{"a", 1}, {"b", 2}}, "a");
  archive_all({made[0]});
  restart({{"a", 1}, {"b", 2}}, "b");
  archive_all({made[1], made[2]});
  restart({{"b", 2}}, "b");
  const auto look = [&] { return scrub({.store = store, .clock = clock, .keys = object_keys.get()}, {}); };
  const auto report = look();
  ASSERT_TRUE(report.ok()) << report.error().text;
  EXPECT_EQ(report->counts[static_cast<std::size_t>(AnomalyKind::kLostKey)], 1u);
  EXPECT_EQ(report->counts[static_cast<std::size_t>(AnomalyKind::kUnreadableTail)], 0u);
  const auto lost = std::ranges::find(report->anomalies, AnomalyKind::kLostKey, &Anomaly::kind);
  ASSERT_NE(lost, report->anomalies.end());
  EXPECT_EQ(lost->base, made[0].sealed.base);
  EXPECT_NE(lost->detail.find("key 'a' is not in the key ring"), std::string::npos) << lost->detail;
  // A store that denies everything is another thing: what was seen of it is of no use.
  store.fail_next(Verb::kGet, Kind::kDenied);
  store.fail_next(Verb::kHead, Kind::kDenied);
  EXPECT_EQ(look().error().kind, Kind::kDenied);
  // One that it shows but does not give out is told as that, and one in an archive class is no fault.
  store.add({.verb = Verb::kGet, .error = {Kind::kDenied, "AccessDenied"},
             .key_part = object_name(ref, engine->segments(ref)[1])});
  store.add({.verb = Verb::kGet, .error = {kFrozen, "InvalidObjectState"},
             .key_part = object_name(ref, engine->segments(ref)[2])});
  const auto again = look();
  ASSERT_TRUE(again.ok()) << again.error().text;
  for (const AnomalyKind kind : {AnomalyKind::kLostKey, AnomalyKind::kRefused, AnomalyKind::kFrozen}) {
    EXPECT_EQ(again->counts[static_cast<std::size_t>(kind)], 1u) << name_of(kind);
  }
  EXPECT_EQ(again->faults(), again->anomalies_total() - 1) << "frozen is none";
}

TEST_F(Encryption, RewrappingGoesOnWhereItWasStopped) {
  restart({{"a", 1}}, "a");
  archive_all(made);
  restart({{"a", 1}, {"b", 2}}, "b");
  store.add({.verb = Verb::kPut, .skip = 1, .times = 1});
  std::vector<std::string> failures;
  const auto first = rewrap_to("b", &failures);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->rewrapped, 2u);
  EXPECT_EQ(first->failed, 1u);
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_NE(failures[0].find(segment_keys()[1]), std::string::npos);
  const auto second = rewrap_to("b");
  EXPECT_EQ(second->rewrapped, 1u);
  EXPECT_EQ(second->already, 2u);
  restart_empty({{"b", 2}});
  expect_readable(made);
}

TEST_F(Encryption, RewrappingWritesNothingThatItHasNotSeenOpen) {
  restart({{"a", 1}}, "a");
  archive_all(made);
  // An object whose directory somebody changed, another whose key is lost.
  const auto all = segment_keys();
  Bytes damaged = object_of(all[0]);
  damaged[damaged.size() - kFooterBytes - 1] ^= std::byte{1};
  ASSERT_TRUE(memory.put({all[0]}, damaged, object::When::kAlways, Deadline::never()).ok());
  restart({{"a", 7}, {"b", 2}}, "b");  // another key under the old id
  std::vector<std::string> failures;
  const auto counts = rewrap_to("b", &failures);
  EXPECT_EQ(counts->failed, 3u);
  EXPECT_TRUE(key_objects().empty());
  EXPECT_NE(failures[1].find("key 'a'"), std::string::npos);
  EXPECT_EQ(rewrap_to("absent").error().kind, kKeyFailed);
}

TEST_F(Encryption, ADamagedKeyObjectIsNoticedAndWrittenAnew) {
  restart({{"a", 1}, {"b", 2}}, "a");
  archive_all(made);
  ASSERT_EQ(rewrap_to("b")->rewrapped, 3u);
  const auto key_object = key_objects()[0];
  const std::string of_another(text_of(object_of(key_objects()[1])));
  for (const std::string& bad : {std::string("{"), key_json({"b", Bytes(3)}), of_another}) {
    ASSERT_TRUE(memory.put({key_object}, view_of(bad), object::When::kAlways, Deadline::never()).ok());
    restart_empty({{"b", 2}});
    const auto read = read_all(made[0]);
    ASSERT_FALSE(read.ok()) << bad;
    EXPECT_TRUE(read.error().kind == kKeyFailed || read.error().kind == Kind::kCorrupt) << read.error().text;
    EXPECT_TRUE(read_all(made[1]).ok());
  }
  restart_empty({{"a", 1}, {"c", 3}});
  EXPECT_EQ(rewrap_to("c")->rewrapped, 3u);  // by the first wrapping, which the ring still has
  restart_empty({{"c", 3}});
  expect_readable(made);
}

TEST_F(Encryption, KeyObjectsGoWithTheirSegments) {
  restart({{"a", 1}, {"b", 2}}, "a");
  archive_all(made);
  ASSERT_EQ(rewrap_to("b")->rewrapped, 3u);
  ASSERT_TRUE(engine->put_log_start(ref, made[2].sealed.base, soon()).ok());
  const auto removed = engine->remove_before(ref, made[2].sealed.base, soon());
  ASSERT_TRUE(removed.ok()) << removed.error().text;
  EXPECT_EQ(*removed, 2u);
  EXPECT_EQ(segment_keys().size(), 1u);
  ASSERT_EQ(key_objects().size(), 1u);
  EXPECT_EQ(segment_of_key_object(key_objects()[0]), segment_keys()[0]);
  expect_readable({made[2]});
  ASSERT_TRUE(engine->delete_topic(ref.topic, ref.topic_id, soon()).ok());
  EXPECT_TRUE(keys().empty());
}

// ---- a key service

TEST_F(Encryption, ACommandIsNeverWaitedForWhereNobodyMayWait) {
  kms.add("k", 5);
  const KeyRingOptions by_command{.command = "/kms", .active = "k"};
  restart(make_ring({}, by_command, &kms));
  archive_all(made);
  expect_readable(made);
  const int runs = kms.runs();
  EXPECT_EQ(runs, 6);  // two for each segment; reading knows the keys that writing made
  restart(make_ring({}, by_command, &kms));  // the cache keeps chunks and tails
  EXPECT_FALSE(engine->read_at_hand(engine->handle(ref), made[0].sealed.base, 4096));
  EXPECT_EQ(kms.runs(), runs);
  kms.end_with(1);
  EXPECT_EQ(read_all(made[0]).error().kind, Kind::kUnavailable);  // passes: not remembered
  kms.end_with(0);
  const int gets = store.calls(Verb::kGet);
  EXPECT_TRUE(engine->read(ref, made[0].sealed.base, 4096, soon()).ok());
  EXPECT_EQ(store.calls(Verb::kGet), gets);
  EXPECT_TRUE(engine->read_at_hand(engine->handle(ref), made[0].sealed.base, 4096));
}

}  // namespace
}  // namespace takhin::tier
