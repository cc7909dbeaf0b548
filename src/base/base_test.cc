#include <gtest/gtest.h>

#include <atomic>

#include "base/text.h"
#include "base/codec.h"
#include "base/crc32c.h"
#include "base/result.h"
#include "base/uuid.h"
#include "base/worker_pool.h"

namespace takhin {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return fail(Kind::kInvalid, "{} is odd", n);
  return n / 2;
}
Result<int> quarter(int n) {
  TRY(const int h, half(n).within("first"));
  TRY(const int q, half(h).within("second"));
  return q;
}

TEST(Result, TryPassesValuesAndAddsContextToErrors) {
  EXPECT_EQ(*quarter(8), 2);
  const auto bad = quarter(6);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().kind, Kind::kInvalid);
  EXPECT_EQ(bad.error().text, "second: 3 is odd");
}

TEST(Crc32c, KnownAnswers) {
  // RFC 3720 appendix B.4: 32 bytes of zeros, and the classic check string.
  EXPECT_EQ(crc32c(Bytes(32, std::byte{0})), 0x8a9136aau);
  EXPECT_EQ(crc32c(view_of("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(view_of("6789"), crc32c(view_of("12345"))), 0xe3069283u);
}

TEST(Uuid, TextRoundTripsAndRejectsOtherText) {
  Uuid id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::byte>(i * 17);
  const auto text = id.text();
  EXPECT_EQ(text.size(), 22u);
  EXPECT_EQ(Uuid::parse(text), id);
  EXPECT_EQ(Uuid{}.text(), "AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_FALSE(Uuid::parse("short").has_value());
  EXPECT_FALSE(Uuid::parse("AAAAAAAAAAAAAAAAAAAAAB").has_value()) << "spare bits must be zero";
  EXPECT_FALSE(Uuid::parse("AAAAAAAAAAAAAAAAAAAA+A").has_value());
}

TEST(Codec, VarintsRoundTripAndReaderStopsAtTheEnd) {
  Bytes out;
  ByteWriter writer(out);
  const std::int64_t values[] = {0, -1, 1, 63, -64, 300, -301, INT64_MAX, INT64_MIN};
  for (const auto v : values) writer.varint(v);
  writer.be<std::int32_t>(-2);
  ByteReader reader(out);
  for (const auto v : values) EXPECT_EQ(reader.varint(), v);
  EXPECT_EQ(reader.be<std::int32_t>(), -2);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.be<std::uint8_t>(), 0);
  EXPECT_FALSE(reader.ok());
}

TEST(Codec, OverlongVarintFails) {
  const Bytes bad(11, std::byte{0xff});
  ByteReader reader(bad);
  reader.uvarint();
  EXPECT_FALSE(reader.ok());
}

TEST(WorkerPool, RunsTasksAndRefusesBeyondItsLimits) {
  std::atomic<int> ran{0};
  std::mutex gate;
  gate.lock();
  WorkerPool pool("test", 1, 2);
  std::atomic<bool> started{false};
  ASSERT_TRUE(pool.submit([&] { started = true; const std::lock_guard hold(gate); ++ran; }).ok());
  while (!started) std::this_thread::yield();
  ASSERT_TRUE(pool.submit([&] { ++ran; }).ok());
  ASSERT_TRUE(pool.submit([&] { ++ran; }).ok());
  const auto refused = pool.submit([&] { ++ran; });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, Kind::kExhausted);
  gate.unlock();
  while (ran < 3) std::this_thread::yield();
  pool.stop();
  EXPECT_EQ(pool.submit([] {}).error().kind, Kind::kClosed);
}

TEST(WorkerPool, WithoutThreadsTheCallerRunsTheTask) {
  WorkerPool pool("test", 0, 1);
  std::thread::id ran_on;
  ASSERT_TRUE(pool.submit([&] { ran_on = std::this_thread::get_id(); }).ok());
  EXPECT_EQ(ran_on, std::this_thread::get_id());
  pool.stop();
  EXPECT_EQ(pool.submit([] {}).error().kind, Kind::kClosed);
}

TEST(Text, ControlCharactersOfStrangersAreShownAsTheirCodes) {
  EXPECT_EQ(printable("a\nb\x1b[2J\x7f\xc3\xa4"), "a\\x0ab\\x1b[2J\\x7f\xc3\xa4");
}

}  // namespace
}  // namespace takhin
