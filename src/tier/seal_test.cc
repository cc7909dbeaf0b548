#include "tier/seal.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>

#include "base/codec.h"
#include "os/files.h"
#include "base/kinds.h"
#include "testing/sealed_kit.h"
#include "tier/format.h"

namespace takhin::tier {
namespace {

using takhin::testing::entry_of;
using takhin::testing::Layout;
using takhin::testing::make_segment;
using takhin::testing::mend_checksums;
using takhin::testing::partition_ref;
using takhin::testing::read_object;
using takhin::testing::seal_object;
using takhin::testing::SeededRandom;

bool holds(View haystack, View needle) {
  return std::search(haystack.begin(), haystack.end(), needle.begin(), needle.end()) != haystack.end();
}

/// Whether the object's fate is noticed: an error, never other bytes.
::testing::AssertionResult refused(const Bytes& object, const Opening& opening) {
  const auto log = read_object(object, opening);
  if (log.ok()) return ::testing::AssertionFailure() << "was read, " << log->size() << " bytes";
  if (log.error().kind == Kind::kCorrupt || log.error().kind == Kind::kInvalid) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << log.error().text;
}

// ---- AES-256-GCM itself

TEST(Seal, WrappedKeysAreBoundToKeyAndObject) {
  SeededRandom random(3);
  const SecretKey wrapping = SecretKey::make(random), other = SecretKey::make(random), key = SecretKey::make(random);
  const Uuid object = Uuid::make(random), another = Uuid::make(random);
  const Bytes wrapped = wrap_key(wrapping, key, object, random);
  ASSERT_EQ(wrapped.size(), kWrappedKeyBytes);
  EXPECT_FALSE(holds(wrapped, key.bytes()));
  EXPECT_EQ(unwrap_key(wrapping, wrapped, object), key);
  EXPECT_NE(wrap_key(wrapping, key, object, random), wrapped);  // a nonce of its own
  EXPECT_FALSE(unwrap_key(other, wrapped, object));
  EXPECT_FALSE(unwrap_key(wrapping, wrapped, another));
  EXPECT_FALSE(unwrap_key(wrapping, View(wrapped).first(wrapped.size() - 1), object));
  for (std::size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
    Bytes bad = wrapped;
    bad[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(unwrap_key(wrapping, bad, object)) << bit;
  }
}

TEST(Seal, APieceOpensOnlyAsWhatItIs) {
  SeededRandom random(4);
  const SecretKey key = SecretKey::make(random);
  const auto cipher = std::make_shared<const ObjectCipher>(key, Uuid::make(random));
  const SealedPart part{SealedPart::What::kChunk, 7, 4096, 11, kFlagSealed};
  Bytes sealed = copy_of(view_of("hello world"));
  Sealer sealer(cipher);
  const Tag tag = *sealer.seal(part, sealed);
  append(sealed, tag);
  EXPECT_EQ(text_of(*cipher->open(part, sealed)), "hello world");
  const auto as = [&](auto change) {
    SealedPart other = part;
    change(other);
    return cipher->open(other, sealed).ok();
  };
  EXPECT_FALSE(as([](SealedPart& p) { p.what = SealedPart::What::kSection; }));
  EXPECT_FALSE(as([](SealedPart& p) { ++p.index; }));
  EXPECT_FALSE(as([](SealedPart& p) { ++p.position; }));
  EXPECT_FALSE(as([](SealedPart& p) { ++p.plain_bytes; }));
  EXPECT_FALSE(as([](SealedPart& p) { p.flags |= kFlagZstd; }));
  EXPECT_FALSE(ObjectCipher(key, Uuid::make(random)).open(part, sealed).ok());
  EXPECT_FALSE(ObjectCipher(SecretKey::make(random), cipher->object()).open(part, sealed).ok());
  EXPECT_FALSE(cipher->open(part, View(sealed).first(kTagBytes - 1)).ok());
  EXPECT_FALSE(cipher->open(part, View(sealed).first(sealed.size() - 1)).ok());
}

TEST(Seal, ReadableBytesAreCoveredPieceByPiece) {
  SeededRandom random(5);
  const auto cipher = std::make_shared<const ObjectCipher>(SecretKey::make(random), Uuid::make(random));
  const SealedPart part{.what = SealedPart::What::kDirectory};
  const View whole[] = {view_of("abc"), view_of("def")};
  const View moved[] = {view_of("abcd"), view_of("ef")};  // the same bytes: the format fixes the borders
  const View changed[] = {view_of("abc"), view_of("deg")};
  Sealer sealer(cipher);
  const Tag tag = *sealer.sign(part, whole);
  EXPECT_TRUE(cipher->check(part, whole, tag).ok());
  EXPECT_TRUE(cipher->check(part, moved, tag).ok());
  EXPECT_EQ(cipher->check(part, changed, tag).error().kind, Kind::kCorrupt);
  EXPECT_EQ(cipher->check(part, whole, View(tag).first(15)).error().kind, Kind::kCorrupt);
  EXPECT_EQ(cipher->check({.what = SealedPart::What::kChunk}, whole, tag).error().kind, Kind::kCorrupt);
}

// ---- whole objects

TEST(SealedObject, RoundTripsAndShowsNothing) {
  for (const int level : {0, 1}) {
    for (const std::uint64_t chunk_bytes : {std::uint64_t{64}, std::uint64_t{1000}, kMiB}) {
      auto made = make_segment(partition_ref(), {.batches = 30, .random_values = level == 0});
      made.sealed.producer_snapshot = copy_of(view_of("a snapshot of producers"));
      made.sealed.leader_epochs = copy_of(view_of("0\n1\n3 0\n"));
      const auto object = seal_object(made, chunk_bytes, level);
      const auto log = read_object(object.bytes, object.opening());
      ASSERT_TRUE(log.ok()) << log.error().text;
      EXPECT_EQ(*log, made.log);
      const auto tail = parse_tail(object.bytes, object.bytes.size(), object.opening())->tail;
      EXPECT_EQ(text_of(tail->section(SectionKind::kProducerSnapshot)), "a snapshot of producers");
      EXPECT_EQ(segment_facts(*tail)->entry, entry_of(made.sealed));
      for (std::size_t at = 0; at + 16 <= made.log.size(); at += 16) {
        ASSERT_FALSE(holds(object.bytes, View(made.log).subspan(at, 16))) << at;
      }
      EXPECT_FALSE(holds(object.bytes, view_of("a snapshot of")));
      EXPECT_FALSE(holds(object.bytes, view_of("orders")));  // the topic, in the segment's facts
      EXPECT_FALSE(holds(object.bytes, object.sealing.cipher->key().bytes()));
    }
  }
}

TEST(SealedObject, HeadTellsTheKeyWithoutTheSections) {
  const auto made = make_segment(partition_ref(), {.batches = 30});
  const auto object = seal_object(made, 500, 1);
  const Layout layout(object.bytes);
  const std::size_t head_bytes = object.bytes.size() - layout.directory;
  const auto head = parse_head(View(object.bytes).last(head_bytes), object.bytes.size(), object.opening());
  ASSERT_TRUE(head.ok()) << head.error().text;
  EXPECT_EQ(head->envelope, object.sealing.envelope);
  EXPECT_EQ(parse_head(View(object.bytes).last(60), object.bytes.size(), object.opening())->need, head_bytes);
  EXPECT_EQ(parse_head(View(object.bytes).last(3), object.bytes.size(), object.opening())->need, kFooterBytes);
}

TEST(SealedObject, NeedsItsKeyAndItsName) {
  const auto made = make_segment(partition_ref(), {.batches = 4});
  const auto object = seal_object(made, 500, 1);
  const auto none = read_object(object.bytes, Opening{.object = object.id});
  EXPECT_EQ(none.error().kind, kKeyFailed);
  EXPECT_NE(none.error().text.find("'test-1'"), std::string::npos);
  const auto stranger = seal_object(made, 500, 1, 0x2a, 99);
  EXPECT_TRUE(refused(object.bytes, stranger.opening()));
  // The right key, under another name: somebody put the whole object in the place of another.
  SeededRandom random(1);
  const Uuid other = Uuid::make(random);
  const Opening renamed{other, false, [&](const Envelope&) -> Result<std::shared_ptr<const ObjectCipher>> {
                          return std::make_shared<const ObjectCipher>(object.sealing.cipher->key(), other);
                        }};
  EXPECT_TRUE(refused(object.bytes, renamed));
}

TEST(SealedObject, PlainOnesAreRefusedWhereEncryptionIsRequired) {
  const auto made = make_segment(partition_ref(), {.batches = 4});
  Bytes plain;
  ASSERT_TRUE(write_segment(made.sealed, entry_of(made.sealed), {500, 0}, [&](View data) {
                append(plain, data);
                return done();
              }).ok());
  EXPECT_TRUE(read_object(plain, {}).ok());
  EXPECT_EQ(read_object(plain, {.encrypted_only = true}).error().kind, Kind::kDenied);
}

// Every bit, once as a disk loses it and once by an adversary who makes all checksums good again.
TEST(SealedObject, EveryFlippedBitIsFound) {
  const auto made = make_segment(partition_ref(), {.batches = 3, .records_per_batch = 1, .value_bytes = 20});
  const auto object = seal_object(made, 100, 0);
  ASSERT_TRUE(read_object(object.bytes, object.opening()).ok());
  std::size_t undone = 0;  // flips in a checksum, which mending takes back
  for (std::size_t bit = 0; bit < object.bytes.size() * 8; ++bit) {
    Bytes bad = object.bytes;
    bad[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_TRUE(refused(bad, object.opening())) << "bit " << bit;
    mend_checksums(bad);
    if (bad == object.bytes) {
      ++undone;
      continue;
    }
    EXPECT_TRUE(refused(bad, object.opening())) << "bit " << bit << ", checksums mended";
  }
  EXPECT_LT(undone, object.bytes.size());  // a few checksums, of more bits than the object has bytes
}

TEST(SealedObject, SwappedRepeatedAndForeignChunksAreFound) {
  const auto made = make_segment(partition_ref(), {.batches = 4, .records_per_batch = 1, .timestamp_step = 0});
  const auto object = seal_object(made, 1, 0);
  const auto tail = parse_tail(object.bytes, object.bytes.size(), object.opening())->tail;
  ASSERT_EQ(tail->chunks.size(), 4u);
  const auto stored = [&](const Bytes& of, std::size_t i) {
    return View(of).subspan(tail->chunks[i].stored_position, tail->chunks[i].stored_bytes);
  };
  ASSERT_EQ(tail->chunks[0].stored_bytes, tail->chunks[1].stored_bytes);
  const auto with = [&](View first, View second) {
    Bytes bad;
    append(bad, first);
    append(bad, second);
    append(bad, View(object.bytes).subspan(bad.size()));
    return bad;
  };
  EXPECT_EQ(with(stored(object.bytes, 0), stored(object.bytes, 1)), object.bytes);
  EXPECT_TRUE(refused(with(stored(object.bytes, 1), stored(object.bytes, 0)), object.opening()));
  EXPECT_TRUE(refused(with(stored(object.bytes, 0), stored(object.bytes, 0)), object.opening()));
  const auto foreign = seal_object(made, 1, 0, 0x2b, 2);
  EXPECT_TRUE(refused(with(stored(foreign.bytes, 0), stored(object.bytes, 1)), object.opening()));
  // The crc32c of the table would do for these; the seals alone find them too.
  const auto& cipher = *tail->cipher;
  for (std::size_t as = 0; as < 4; ++as) {
    for (std::size_t piece = 0; piece < 4; ++piece) {
      EXPECT_EQ(cipher.open(tail->chunks[as].sealed_part(as), stored(object.bytes, piece)).ok(), as == piece);
      EXPECT_FALSE(cipher.open(tail->chunks[as].sealed_part(as), stored(foreign.bytes, piece)).ok());
    }
  }
}

/// The object without its stored bytes [from, to), and a footer that knows.
Bytes without(const Bytes& object, std::size_t from, std::size_t to) {
  Bytes bad = copy_of(View(object).first(from));
  append(bad, View(object).subspan(to));
  const std::size_t gone = to - from;
  std::byte* footer = bad.data() + bad.size() - kFooterBytes;
  store_be<std::uint64_t>(footer + 8, bad.size());
  const Layout old(object);
  if (from >= old.sections) {
    store_be(footer + 4, static_cast<std::uint32_t>(load_be<std::uint32_t>(footer + 4) - gone));
    if (from >= old.directory) store_be(footer, static_cast<std::uint32_t>(load_be<std::uint32_t>(footer) - gone));
  }
  mend_checksums(bad);
  return bad;
}

TEST(SealedObject, CutAndShortenedObjectsAreFound) {
  const auto made = make_segment(partition_ref(), {.batches = 4, .records_per_batch = 1});
  const auto object = seal_object(made, 1, 0);
  const auto tail = parse_tail(object.bytes, object.bytes.size(), object.opening())->tail;
  const Layout layout(object.bytes);
  ASSERT_EQ(without(object.bytes, 5, 5), object.bytes);
  for (const Chunk& chunk : tail->chunks) {
    EXPECT_TRUE(refused(without(object.bytes, chunk.stored_position, chunk.stored_range().end), object.opening()));
  }
  EXPECT_TRUE(refused(without(object.bytes, layout.sections, layout.sections + 20), object.opening()));
  for (std::size_t at = layout.directory; at < layout.footer;) {  // each field of the directory
    const std::size_t bytes = 4 + load_be<std::uint16_t>(object.bytes.data() + at + 2);
    EXPECT_TRUE(refused(without(object.bytes, at, at + bytes), object.opening())) << at - layout.directory;
    at += bytes;
  }
  for (std::size_t cut = 0; cut < object.bytes.size(); cut += 7) {
    const Bytes head = copy_of(View(object.bytes).first(cut));
    EXPECT_TRUE(refused(head, object.opening())) << cut;
  }
}

TEST(SealedObject, ExchangedSectionsAreFound) {
  auto made = make_segment(partition_ref(), {.batches = 4, .records_per_batch = 1});
  made.sealed.producer_snapshot = copy_of(view_of("12345678"));
  made.sealed.leader_epochs = copy_of(view_of("0\n1\n3 0\n"));  // of the same length
  const auto object = seal_object(made, 1, 0);
  const Layout layout(object.bytes);
  const auto entry = [&](Bytes& of, SectionKind kind) -> std::byte* {
    for (std::size_t at = layout.directory; at < layout.footer;) {
      if (load_be<std::uint16_t>(of.data() + at) == 1 && load_be<std::uint16_t>(of.data() + at + 4) == static_cast<int>(kind)) {
        return of.data() + at + 4;
      }
      at += 4 + load_be<std::uint16_t>(of.data() + at + 2);
    }
    return nullptr;
  };
  // By their entries, and by their bytes in place.
  Bytes kinds = object.bytes;
  std::swap_ranges(entry(kinds, SectionKind::kProducerSnapshot), entry(kinds, SectionKind::kProducerSnapshot) + 2,
                   entry(kinds, SectionKind::kLeaderEpochs));
  mend_checksums(kinds);
  EXPECT_TRUE(refused(kinds, object.opening()));
  Bytes places = object.bytes;
  const auto snapshot = load_be<std::uint64_t>(entry(places, SectionKind::kProducerSnapshot) + 4);
  const auto epochs = load_be<std::uint64_t>(entry(places, SectionKind::kLeaderEpochs) + 4);
  std::swap_ranges(places.begin() + static_cast<std::ptrdiff_t>(snapshot),
                   places.begin() + static_cast<std::ptrdiff_t>(snapshot + 8 + kTagBytes),
                   places.begin() + static_cast<std::ptrdiff_t>(epochs));
  mend_checksums(places);
  EXPECT_TRUE(refused(places, object.opening()));
}

TEST(SealedObject, ThePretenceOfAPlainObjectIsFound) {
  const auto made = make_segment(partition_ref(), {.batches = 4, .records_per_batch = 1});
  const auto object = seal_object(made, 1, 0);
  const Layout layout(object.bytes);
  Bytes bad = object.bytes;
  store_be<std::uint16_t>(bad.data() + layout.footer + 30, 0);
  mend_checksums(bad);
  EXPECT_TRUE(refused(bad, object.opening()));
  for (std::size_t at = layout.directory; at < layout.footer;) {
    std::byte* const field = bad.data() + at;
    at += 4 + load_be<std::uint16_t>(field + 2);
    if (load_be<std::uint16_t>(field) == 2) store_be<std::uint16_t>(field, 77);
    if (load_be<std::uint16_t>(field) == 1) store_be<std::uint16_t>(field + 6, 0);
  }
  mend_checksums(bad);
  EXPECT_TRUE(refused(bad, object.opening()));
}

// ---- golden bytes

takhin::testing::MadeSegment golden_segment() {
  auto made = make_segment(partition_ref("orders.eu-1", 7), {.batches = 4, .records_per_batch = 2, .value_bytes = 40});
  made.sealed.leader_epochs = copy_of(view_of("0\n1\n3 0\n"));
  return made;
}
std::string golden_path(const std::string& file) { return TAKHIN_GOLDEN_DIR "/segment_object/" + file; }

TEST(SealedObjectGolden, IsReadAndWrittenAgainTheSame) {
  os::PosixFileSystem files;
  const auto made = golden_segment();
  for (const auto& [file, level] : {std::pair{"encrypted.seg", 0}, std::pair{"encrypted_zstd.seg", 1}}) {
    const auto written = seal_object(made, 400, level);
    const auto stored = read_whole(files, golden_path(file));
    ASSERT_TRUE(stored.ok()) << stored.error().text;
    // From the wrapped key in its own directory on, as a reader with the key ring of the test does it.
    const Opening opening{written.id, false, [&](const Envelope& envelope) -> Result<std::shared_ptr<const ObjectCipher>> {
                            const SecretKey wrapping(Bytes(kKeyBytes, std::byte{0x11}));
                            const auto key = unwrap_key(wrapping, envelope.wrapped, written.id);
                            if (!key) return fail(kKeyFailed, "wrong key");
                            return std::make_shared<const ObjectCipher>(*key, written.id);
                          }};
    const auto log = read_object(*stored, opening);
    ASSERT_TRUE(log.ok()) << log.error().text;
    EXPECT_EQ(*log, made.log);
    const bool same_codec = level == 0 || ZSTD_versionNumber() == 10504;
    EXPECT_TRUE(!same_codec || written.bytes == *stored) << file;
  }
}

}  // namespace
}  // namespace takhin::tier
