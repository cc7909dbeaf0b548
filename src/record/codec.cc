#include "record/codec.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "base/codec.h"

namespace takhin::record {
namespace {

constexpr std::size_t kFirstGuessMax = 4 * kMiB;      // never believe a claimed size beyond this before seeing the bytes
constexpr std::size_t kXerialBlockBytes = 32 * kKiB;  // what snappy-java uses
constexpr int kZstdLevel = 3;
constexpr int kLz4Level = 9;
constexpr int kGzipWindow = 15 + 16;  // zlib's way to say "gzip wrapper"
constexpr std::size_t kXerialHeaderBytes = 16;
constexpr std::array<unsigned char, 8> kXerialMagic{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};

const char* chars(View data) { return reinterpret_cast<const char*>(data.data()); }
Error too_big(Codec codec, std::size_t max) {
  return fail(Kind::kExhausted, "{} data decompresses to more than {} bytes", name_of(codec), max);
}
Error broken(Codec codec, std::string_view why) { return fail(Kind::kCorrupt, "bad {} data: {}", name_of(codec), why); }

/// Output that doubles up to a limit; one byte past the limit is room enough to notice that there is more.
class Growing {
 public:
  Growing(std::size_t packed, std::size_t max) : max_(max) {
    out_.resize(std::min({max, kFirstGuessMax, std::max<std::size_t>(packed * 4, 4 * kKiB)}));
  }
  std::byte* at() { return out_.data() + used_; }
  std::size_t room() const { return out_.size() - used_; }
  void took(std::size_t count) { used_ += count; }
  /// False when the limit is reached.
  bool grow() {
    if (out_.size() >= max_) return false;
    Bytes bigger(out_.size() > max_ / 2 ? max_ : std::max<std::size_t>(out_.size() * 2, 1));
    if (used_ > 0) std::memcpy(bigger.data(), out_.data(), used_);
    out_.swap(bigger);
    return true;
  }
  Bytes take() && {
    out_.resize(used_);
    return std::move(out_);
  }

 private:
  const std::size_t max_;
  std::size_t used_ = 0;
  Bytes out_;
};

Result<Bytes> gzip_compress(View plain, int level) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return fail(Kind::kExhausted, "deflateInit2 failed");
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, deflateEnd);
  Bytes out(deflateBound(&stream, plain.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  TAKHIN_ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflateBound is a bound");
  out.resize(stream.total_out);
  return out;
}

Result<Bytes> gzip_decompress(View packed, std::size_t max) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return fail(Kind::kExhausted, "inflateInit2 failed");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  Growing out(packed.size(), max);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  for (;;) {
    std::byte spare[1];  // at the limit, tells "done" from "more to come"
    const std::size_t room = out.room();
    stream.next_out = reinterpret_cast<Bytef*>(room == 0 ? spare : out.at());
    stream.avail_out = static_cast<uInt>(room == 0 ? 1 : room);
    const uInt offered = stream.avail_out;
    const int code = inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = offered - stream.avail_out;
    if (room == 0 && got > 0) return too_big(Codec::kGzip, max);
    out.took(got);
    if (code == Z_STREAM_END) {
      if (stream.avail_in == 0) return std::move(out).take();
      if (inflateReset(&stream) != Z_OK) return broken(Codec::kGzip, "second member");
      continue;
    }
    if (code != Z_OK && code != Z_BUF_ERROR) return broken(Codec::kGzip, stream.msg != nullptr ? stream.msg : "inflate");
    if (stream.avail_out > 0 && stream.avail_in == 0) return broken(Codec::kGzip, "cut short");
    if (out.room() == 0 && !out.grow() && room == 0) return broken(Codec::kGzip, "no progress");
  }
}

Result<Bytes> snappy_compress(View plain) {
  Bytes out;
  ByteWriter writer(out);
  writer.bytes(std::as_bytes(std::span(kXerialMagic)));
  writer.be<std::int32_t>(1);  // version
  writer.be<std::int32_t>(1);  // oldest version that can read it
  for (std::size_t at = 0; at < plain.size(); at += kXerialBlockBytes) {
    const View block = plain.subspan(at, std::min(kXerialBlockBytes, plain.size() - at));
    const std::size_t length_at = out.size();
    out.resize(length_at + 4 + snappy::MaxCompressedLength(block.size()));
    std::size_t size = 0;
    snappy::RawCompress(chars(block), block.size(), reinterpret_cast<char*>(out.data()) + length_at + 4, &size);
    store_be(out.data() + length_at, static_cast<std::int32_t>(size));
    out.resize(length_at + 4 + size);
  }
  return out;
}

Result<> snappy_block(View block, std::size_t max, Bytes& out) {
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(chars(block), block.size(), &size)) return broken(Codec::kSnappy, "length");
  if (size > max - out.size()) return too_big(Codec::kSnappy, max);
  if (!snappy::IsValidCompressedBuffer(chars(block), block.size())) return broken(Codec::kSnappy, "block");
  const std::size_t at = out.size();
  out.resize(at + size);
  if (!snappy::RawUncompress(chars(block), block.size(), reinterpret_cast<char*>(out.data()) + at)) {
    return broken(Codec::kSnappy, "block");
  }
  return done();
}

Result<Bytes> snappy_decompress(View packed, std::size_t max) {
  Bytes out;
  const bool framed = packed.size() >= kXerialHeaderBytes &&
                      std::memcmp(packed.data(), kXerialMagic.data(), kXerialMagic.size()) == 0;
  if (!framed) {
    TRY(snappy_block(packed, max, out));
    return out;
  }
  ByteReader reader(packed.subspan(kXerialHeaderBytes));
  while (reader.left() > 0) {
    const auto size = reader.be<std::int32_t>();
    if (!reader.ok() || size < 0) return broken(Codec::kSnappy, "block length");
    const View block = reader.bytes(static_cast<std::size_t>(size));
    if (!reader.ok()) return broken(Codec::kSnappy, "cut short");
    TRY(snappy_block(block, max, out));
  }
  return out;
}

Result<Bytes> lz4_compress(View plain, int level) {
  LZ4F_preferences_t how{};
  how.frameInfo.blockSizeID = LZ4F_max64KB;
  how.frameInfo.blockMode = LZ4F_blockIndependent;  // Java's reader knows no linked blocks
  how.compressionLevel = level;
  Bytes out(LZ4F_compressFrameBound(plain.size(), &how));
  const std::size_t size = LZ4F_compressFrame(out.data(), out.size(), plain.data(), plain.size(), &how);
  if (LZ4F_isError(size) != 0) return fail(Kind::kExhausted, "lz4: {}", LZ4F_getErrorName(size));
  out.resize(size);
  return out;
}

Result<Bytes> lz4_decompress(View packed, std::size_t max) {
  LZ4F_dctx* raw = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&raw, LZ4F_VERSION)) != 0) return fail(Kind::kExhausted, "lz4 context");
  const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> context(raw, LZ4F_freeDecompressionContext);
  Growing out(packed.size(), max);
  std::size_t hint = 1;  // 0 after the end of a frame
  while (!packed.empty() || hint != 0) {
    std::byte spare[1];
    const std::size_t room = out.room();
    std::size_t got = room == 0 ? 1 : room;
    std::size_t used = packed.size();
    hint = LZ4F_decompress(context.get(), room == 0 ? spare : out.at(), &got, packed.data(), &used, nullptr);
    if (LZ4F_isError(hint) != 0) return broken(Codec::kLz4, LZ4F_getErrorName(hint));
    if (room == 0 && got > 0) return too_big(Codec::kLz4, max);
    out.took(got);
    packed = packed.subspan(used);
    if (packed.empty() && hint != 0 && out.room() > 0) return broken(Codec::kLz4, "cut short");
    if (out.room() == 0 && !out.grow() && used == 0 && got == 0) return broken(Codec::kLz4, "no progress");
  }
  return std::move(out).take();
}

Result<Bytes> zstd_compress(View plain, int level) {
  Bytes out(ZSTD_compressBound(plain.size()));
  const std::size_t size = ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), level);
  if (ZSTD_isError(size) != 0) return fail(Kind::kExhausted, "zstd: {}", ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

Result<Bytes> zstd_decompress(View packed, std::size_t max) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (context == nullptr) return fail(Kind::kExhausted, "zstd context");
  Growing out(packed.size(), max);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t hint = 1;  // 0 after the end of a frame
  while (in.pos < in.size || hint != 0) {
    std::byte spare[1];
    const std::size_t room = out.room();
    ZSTD_outBuffer into{room == 0 ? spare : out.at(), room == 0 ? 1 : room, 0};
    const std::size_t before = in.pos;
    hint = ZSTD_decompressStream(context.get(), &into, &in);
    if (ZSTD_isError(hint) != 0) return broken(Codec::kZstd, ZSTD_getErrorName(hint));
    if (room == 0 && into.pos > 0) return too_big(Codec::kZstd, max);
    out.took(into.pos);
    if (in.pos == in.size && hint != 0 && out.room() > 0) return broken(Codec::kZstd, "cut short");
    if (out.room() == 0 && !out.grow() && in.pos == before && into.pos == 0) return broken(Codec::kZstd, "no progress");
  }
  return std::move(out).take();
}

}  // namespace

Result<Bytes> compress(Codec codec, View plain, std::optional<int> level) {
  if (plain.size() > std::numeric_limits<std::int32_t>::max()) {
    return fail(Kind::kInvalid, "{} bytes are more than a batch can hold", plain.size());
  }
  switch (codec) {
    case Codec::kNone: return copy_of(plain);
    case Codec::kGzip: return gzip_compress(plain, level.value_or(Z_DEFAULT_COMPRESSION));
    case Codec::kSnappy: return snappy_compress(plain);
    case Codec::kLz4: return lz4_compress(plain, level.value_or(kLz4Level));
    case Codec::kZstd: return zstd_compress(plain, level.value_or(kZstdLevel));
  }
  return fail(Kind::kInvalid, "unknown compression {}", static_cast<int>(codec));
}

Result<Bytes> decompress(Codec codec, View packed, std::size_t plain_max) {
  if (packed.size() > std::numeric_limits<std::int32_t>::max()) {
    return fail(Kind::kInvalid, "{} bytes are more than a batch can hold", packed.size());
  }
  switch (codec) {
    case Codec::kNone:
      if (packed.size() > plain_max) return too_big(codec, plain_max);
      return copy_of(packed);
    case Codec::kGzip: return gzip_decompress(packed, plain_max);
    case Codec::kSnappy: return snappy_decompress(packed, plain_max);
    case Codec::kLz4: return lz4_decompress(packed, plain_max);
    case Codec::kZstd: return zstd_decompress(packed, plain_max);
  }
  return fail(Kind::kCorrupt, "unknown compression {}", static_cast<int>(codec));
}

std::string_view name_of(Codec codec) {
  switch (codec) {
    case Codec::kNone: return "none";
    case Codec::kGzip: return "gzip";
    case Codec::kSnappy: return "snappy";
    case Codec::kLz4: return "lz4";
    case Codec::kZstd: return "zstd";
  }
  return "unknown";
}

std::optional<Codec> codec_named(std::string_view name) {
  for (const Codec codec : {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    if (name_of(codec) == name) return codec;
  }
  return std::nullopt;
}

}  // namespace takhin::record
