#include "record/codec.h"

#include <gtest/gtest.h>
#include <snappy.h>

#include <random>

#include "base/codec.h"

namespace takhin::record {
namespace {

constexpr Codec kAll[] = {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd};
constexpr Codec kPacking[] = {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd};

Bytes sample(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = i > 16 && random() % 4 != 0 ? out[i - 16] : static_cast<std::byte>(random());
  return out;
}

TEST(Codec, RoundTripsEverySizeAroundItsBlocks) {
  for (const Codec codec : kAll) {
    for (const std::size_t size : {0u, 1u, 100u, 32767u, 32768u, 32769u, 65536u, 65537u, 1000000u}) {
      const Bytes plain = sample(size, static_cast<unsigned>(size));
      const auto packed = compress(codec, plain);
      ASSERT_TRUE(packed.ok()) << name_of(codec) << packed.error().text;
      const auto back = decompress(codec, *packed, size);  // exactly the limit is allowed
      ASSERT_TRUE(back.ok()) << name_of(codec) << " " << size << back.error().text;
      EXPECT_EQ(*back, plain) << name_of(codec) << " " << size;
    }
  }
}

TEST(Codec, StopsAtTheLimit) {
  const Bytes zeros(kMiB, std::byte{0});
  for (const Codec codec : kAll) {
    const auto packed = compress(codec, zeros);
    ASSERT_TRUE(packed.ok());
    for (const std::size_t max : {std::size_t{0}, std::size_t{1}, zeros.size() / 2, zeros.size() - 1}) {
      const auto back = decompress(codec, *packed, max);
      ASSERT_FALSE(back.ok()) << name_of(codec) << " " << max;
      EXPECT_EQ(back.error().kind, Kind::kExhausted) << name_of(codec) << " " << max << back.error().text;
    }
    EXPECT_TRUE(decompress(codec, *packed, zeros.size()).ok());
  }
}

TEST(Codec, RefusesEveryCutAndTrailingBytes) {
  const Bytes plain = sample(3000, 7);
  for (const Codec codec : kPacking) {
    const auto packed = compress(codec, plain);
    ASSERT_TRUE(packed.ok());
    for (std::size_t keep = 0; keep < packed->size(); ++keep) {
      const auto back = decompress(codec, View(*packed).first(keep), 1 << 20);
      // A stream of xerial blocks has no end mark: a cut between blocks is a shorter stream, seen by the record count instead.
      if (codec == Codec::kSnappy && back.ok() && back->empty()) continue;
      ASSERT_FALSE(back.ok()) << name_of(codec) << " cut at " << keep;
      EXPECT_EQ(back.error().kind, Kind::kCorrupt) << name_of(codec);
    }
    Bytes longer = *packed;
    longer.push_back(std::byte{0x5a});
    EXPECT_FALSE(decompress(codec, longer, 1 << 20).ok()) << name_of(codec);
  }
}

TEST(Codec, SurvivesFlippedBytes) {
  std::mt19937 random(3);
  const Bytes plain = sample(5000, 9);
  for (const Codec codec : kPacking) {
    const auto packed = compress(codec, plain);
    ASSERT_TRUE(packed.ok());
    for (int i = 0; i < 300; ++i) {
      Bytes damaged = *packed;
      damaged[random() % damaged.size()] ^= static_cast<std::byte>(1 + random() % 255);
      const auto back = decompress(codec, damaged, 64 * kKiB);
      EXPECT_TRUE(!back.ok() || back->size() <= 64 * kKiB);
    }
  }
}

TEST(Codec, ReadsRawSnappyAndManyFrames) {
  const Bytes plain = sample(50000, 1);
  std::string raw;
  snappy::Compress(reinterpret_cast<const char*>(plain.data()), plain.size(), &raw);
  const auto back = decompress(Codec::kSnappy, view_of(raw), 1 << 20);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, plain);

  for (const Codec codec : {Codec::kGzip, Codec::kLz4, Codec::kZstd}) {
    auto twice = compress(codec, plain);
    ASSERT_TRUE(twice.ok());
    const Bytes once = *twice;
    twice->insert(twice->end(), once.begin(), once.end());
    const auto both = decompress(codec, *twice, 1 << 20);
    ASSERT_TRUE(both.ok()) << name_of(codec) << both.error().text;
    EXPECT_EQ(both->size(), 2 * plain.size()) << name_of(codec);
  }
}

TEST(Codec, HasNames) {
  for (const Codec codec : kAll) EXPECT_EQ(codec_named(name_of(codec)), codec);
  EXPECT_EQ(codec_named("producer"), std::nullopt);
}

}  // namespace
}  // namespace takhin::record
