// What encryption costs: writing an encrypted segment beside zstd and AES-256-GCM alone on the same bytes, opening chunks, and
// the small things that happen once per object.

#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <sys/resource.h>
#include <zstd.h>

#include "os/random.h"
#include "testing/segment_kit.h"
#include "tier/format.h"
#include "tier/segment_writer.h"

namespace takhin::tier {
namespace {

constexpr std::uint64_t kLogBytes = 64 * kMiB;

testing::MadeSegment json_segment() {
  return testing::make_segment(testing::partition_ref(), {.batches = static_cast<int>(kLogBytes / (16 * kKiB)),
                                                          .records_per_batch = 16,
                                                          .value_bytes = 1000,
                                                          .json_values = true});
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Sealing make_sealing(const Uuid& object) {
  os::SystemRandom random;
  const SecretKey wrapping = SecretKey::make(random), key = SecretKey::make(random);
  return {std::make_shared<const ObjectCipher>(key, object), {"bench", wrap_key(wrapping, key, object, random)}};
}

/// The two libraries and nothing else: one context each, 1 MiB at a time, into a buffer that is there already. 0 when they fail.
std::size_t zstd_and_aes_alone(View log, int level) {
  ZSTD_CCtx* const zstd = ZSTD_createCCtx();
  EVP_CIPHER_CTX* const aes = EVP_CIPHER_CTX_new();
  EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  const unsigned char key[kKeyBytes] = {1};
  unsigned char nonce[kNonceBytes] = {}, tag[kTagBytes];
  Bytes packed(ZSTD_compressBound(kMiB));
  std::size_t stored = 0;
  bool fine = EVP_EncryptInit_ex2(aes, cipher, key, nonce, nullptr) == 1;
  for (std::size_t at = 0; at < log.size(); at += kMiB, ++nonce[0]) {
    const View chunk = log.subspan(at, std::min<std::size_t>(kMiB, log.size() - at));
    const std::size_t bytes = ZSTD_compressCCtx(zstd, packed.data(), packed.size(), chunk.data(), chunk.size(), level);
    auto* const text = reinterpret_cast<unsigned char*>(packed.data());
    int done = 0;
    fine = fine && !ZSTD_isError(bytes) && EVP_EncryptInit_ex2(aes, nullptr, nullptr, nonce, nullptr) == 1 &&
           EVP_EncryptUpdate(aes, text, &done, text, static_cast<int>(bytes)) == 1 && EVP_EncryptFinal_ex(aes, tag, &done) == 1 &&
           EVP_CIPHER_CTX_ctrl(aes, EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag) == 1;
    stored += bytes + kTagBytes;
  }
  EVP_CIPHER_free(cipher);
  EVP_CIPHER_CTX_free(aes);
  ZSTD_freeCCtx(zstd);
  return fine ? stored : 0;
}

/// Arg: zstd level. The two take turns, so that a busy machine is as hard on one as on the other; counted in CPU seconds.
void BM_WriteSealed(benchmark::State& state) {
  const auto made = json_segment();
  SegmentEntry entry{.base = made.sealed.base, .end = made.sealed.end, .log_bytes = made.sealed.log_bytes};
  os::SystemRandom random;
  const int level = static_cast<int>(state.range(0));
  double ours = 0, alone = 0;
  for (auto _ : state) {
    entry.id = Uuid::make(random);
    const Sealing sealing = make_sealing(entry.id);
    const double begin = cpu_seconds();
    std::uint64_t sunk = 0;
    const auto written = write_segment(made.sealed, entry, {.zstd_level = level, .sealing = &sealing}, [&](View data) {
      sunk += data.size();
      return done();
    });
    const double middle = cpu_seconds();
    const std::size_t stored = zstd_and_aes_alone(made.log, level);
    alone += cpu_seconds() - middle;
    ours += middle - begin;
    if (!written.ok() || stored == 0 || sunk < stored / 2 || sunk > stored * 2) state.SkipWithError("not the same work");
  }
  const double gib = static_cast<double>(state.iterations()) * static_cast<double>(made.log.size()) / static_cast<double>(kGiB);
  state.counters["cpu_s_per_GiB"] = ours / gib;
  state.counters["alone_cpu_s_per_GiB"] = alone / gib;
  state.SetLabel(fmt::format("{:.2f} times the CPU of zstd and AES-GCM alone on the same bytes", ours / alone));
}
BENCHMARK(BM_WriteSealed)->Arg(1)->Arg(3)->Unit(benchmark::kMillisecond)->Iterations(5);

/// Args: sealed, zstd level. Chunks of 1 MiB out of their stored bytes.
void BM_OpenChunk(benchmark::State& state) {
  const auto made = json_segment();
  SegmentEntry entry{.base = made.sealed.base, .end = made.sealed.end, .log_bytes = made.sealed.log_bytes};
  const Sealing sealing = make_sealing(entry.id);
  Bytes object;
  const WriteOptions how{.zstd_level = static_cast<int>(state.range(1)), .sealing = state.range(0) != 0 ? &sealing : nullptr};
  const auto written = write_segment(made.sealed, entry, how, [&](View data) {
    append(object, data);
    return done();
  });
  const Opening opening{entry.id, false, [&](const Envelope&) -> Result<std::shared_ptr<const ObjectCipher>> {
                          return sealing.cipher;
                        }};
  const auto tail = written.ok() ? parse_tail(object, object.size(), opening)->tail : nullptr;
  if (tail == nullptr) return state.SkipWithError("not written");
  std::size_t at = 0;
  std::int64_t bytes = 0;
  for (auto _ : state) {
    const Chunk& chunk = tail->chunks[at];
    const auto plain = open_chunk(*tail, at, View(object).subspan(chunk.stored_position, chunk.stored_bytes));
    if (!plain.ok()) state.SkipWithError("not opened");
    bytes += chunk.log_bytes;
    at = (at + 1) % tail->chunks.size();
  }
  state.SetBytesProcessed(bytes);
  state.SetLabel("what a cold read pays for a chunk of 1 MiB; args: encrypted, zstd");
}
BENCHMARK(BM_OpenChunk)->Args({0, 0})->Args({1, 0})->Args({0, 1})->Args({1, 1})->Unit(benchmark::kMicrosecond);

/// Once per archived segment, once per segment whose tail is opened.
void BM_WrapAndUnwrapKey(benchmark::State& state) {
  os::SystemRandom random;
  const SecretKey wrapping = SecretKey::make(random);
  const Uuid object = Uuid::make(random);
  for (auto _ : state) {
    const SecretKey key = SecretKey::make(random);
    const auto back = unwrap_key(wrapping, wrap_key(wrapping, key, object, random), object);
    if (!back || *back != key) state.SkipWithError("another key");
  }
  state.SetLabel("once per archived segment, and per segment that is opened");
}
BENCHMARK(BM_WrapAndUnwrapKey);

}  // namespace
}  // namespace takhin::tier
