#include "tier/segment_writer.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "base/codec.h"
#include "base/crc32c.h"
#include "object/store.h"
#include "record/batch.h"
#include "record/index_format.h"
#include "tier/index_check.h"

namespace takhin::tier {
namespace {

class Zstd {
 public:
  explicit Zstd(int level) : level_(level), context_(ZSTD_createCCtx()) {}
  ~Zstd() { ZSTD_freeCCtx(context_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  /// The compressed form, the caller's until the next call; empty when it does not save enough.
  Result<std::span<std::byte>> compress(View plain) {
    if (context_ == nullptr) return fail(Kind::kExhausted, "no memory for zstd");
    buffer_.resize(ZSTD_compressBound(plain.size()));
    const std::size_t got =
        ZSTD_compressCCtx(context_, buffer_.data(), buffer_.size(), plain.data(), plain.size(), level_);
    if (ZSTD_isError(got)) return fail(Kind::kExhausted, "zstd: {}", ZSTD_getErrorName(got));
    if (got * 100 > plain.size() * (100 - kWorthwhilePercent)) return std::span<std::byte>{};
    return std::span(buffer_).first(got);
  }

 private:
  const int level_;
  ZSTD_CCtx* const context_;
  Bytes buffer_;
};

class Writer {
 public:
  Writer(const SealedSegment& segment, const SegmentEntry& entry, const WriteOptions& options, const Sink& sink)
      : segment_(segment), entry_(entry), options_(options), sink_(sink), zstd_(options.zstd_level), indexes_(segment),
        next_offset_(segment.base) {
    if (options.zstd_level <= 0) tries_left_ = 0;
    if (options.sealing == nullptr) return;
    TAKHIN_ASSERT(options.sealing->cipher->object() == entry.id, "a data key of another object");
    sealer_.emplace(options.sealing->cipher);
  }

  Result<Written> run() {
    TRY(check_segment());
    while (buffer_position_ + filled_ < segment_.log_bytes) {
      TRY(fill());
      TRY(take_batches());
    }
    if (batch_at_ != filled_) return fail(Kind::kCorrupt, "log is torn at {}", buffer_position_ + batch_at_);
    TRY(cut_chunk());
    TRY(write_tail());
    return written_;
  }

 private:
  Result<> check_segment() const {
    if (!object::check({object_name(segment_.partition, entry_)}).ok()) {
      return fail(Kind::kInvalid, "topic name of {} characters is too long for an object", segment_.partition.topic.size());
    }
    if (segment_.base.raw < 0 || segment_.base >= segment_.end || segment_.log_bytes == 0) {
      return fail(Kind::kInvalid, "segment {}..{} of {} bytes holds nothing", segment_.base.raw, segment_.end.raw,
                  segment_.log_bytes);
    }
    // Kafka's indexes count from the base in 32 bits; beyond that neither index can say where a record is.
    if ((segment_.end - segment_.base).raw - 1 > INT32_MAX || segment_.log_bytes > INT32_MAX) {
      return fail(Kind::kInvalid, "segment {}..{} of {} bytes is larger than its indexes can count", segment_.base.raw,
                  segment_.end.raw, segment_.log_bytes);
    }
    // Where a transaction began may lie in an older segment, so this index cannot be built anew from the log.
    TRY(record::check_txn_index(segment_.txn_index, segment_.base, segment_.end).within("transaction index"));
    TRY(const std::uint64_t size, segment_.log->size());
    if (size < segment_.log_bytes) {
      return fail(Kind::kCorrupt, "log file has {} bytes where {} should be", size, segment_.log_bytes);
    }
    return done();
  }

  /// Drops what was written from the buffer's front and reads on: at least up to the end of the batch that waits.
  Result<> fill() {
    const std::size_t kept = filled_ - chunk_begin_;
    if (kept > 0 && chunk_begin_ > 0) std::memmove(buffer_.data(), buffer_.data() + chunk_begin_, kept);
    buffer_position_ += chunk_begin_;
    batch_at_ -= chunk_begin_;
    chunk_begin_ = 0;
    const std::uint64_t left = segment_.log_bytes - buffer_position_ - kept;
    const std::uint64_t missing = batch_at_ + batch_bytes_ > kept ? batch_at_ + batch_bytes_ - kept : 0;
    const std::uint64_t wanted = std::min(left, std::max(missing, kLogReadBytes));
    if (buffer_.size() < kept + wanted) buffer_.resize(kept + wanted);
    const auto into = std::span(buffer_).subspan(kept, wanted);
    TRY(const std::size_t got, segment_.log->read_at(buffer_position_ + kept, into));
    if (got != wanted) return fail(Kind::kCorrupt, "log ends at {}", buffer_position_ + kept + got);
    filled_ = kept + wanted;
    return done();
  }

  /// Cuts what is whole in the buffer into chunks.
  Result<> take_batches() {
    while (filled_ - batch_at_ >= record::kBatchHeaderBytes) {
      const std::uint64_t position = buffer_position_ + batch_at_;
      const View rest = View(buffer_).subspan(batch_at_, filled_ - batch_at_);
      auto parsed = record::parse_header(rest);
      TRY(const auto header, std::move(parsed).within(fmt::format("batch at {}", position)));
      batch_bytes_ = header.total_bytes();
      if (batch_bytes_ > segment_.log_bytes - position) return fail(Kind::kCorrupt, "log is torn at {}", position);
      if (batch_bytes_ > rest.size()) return done();
      TRY(check_batch(header, rest.first(batch_bytes_), position));
      const std::size_t chunk_bytes = batch_at_ - chunk_begin_;
      if (chunk_bytes > 0 && chunk_bytes + batch_bytes_ > options_.chunk_bytes) TRY(cut_chunk());
      take_batch(header, position);
    }
    return done();
  }

  Result<> check_batch(const record::BatchHeader& header, View batch, std::uint64_t position) const {
    if (!record::crc_matches(batch)) return fail(Kind::kCorrupt, "batch at {} fails its crc", position);
    if (header.base_offset < next_offset_ || header.next_offset() > segment_.end ||
        header.next_offset() <= header.base_offset) {
      return fail(Kind::kCorrupt, "batch at {} has offsets {}..{}, expected within {}..{}", position,
                  header.base_offset.raw, header.next_offset().raw, next_offset_.raw, segment_.end.raw);
    }
    return done();
  }

  void take_batch(const record::BatchHeader& header, std::uint64_t position) {
    if (batch_at_ == chunk_begin_) {
      chunk_ = Chunk{.first_offset = header.base_offset, .max_timestamp = kNoTimestamp, .log_position = position};
      compressed_batch_bytes_ = 0;
    }
    chunk_.end_offset = next_offset_ = header.next_offset();
    chunk_.max_timestamp = std::max(chunk_.max_timestamp, header.max_timestamp);
    if (header.codec() != record::Codec::kNone) compressed_batch_bytes_ += batch_bytes_;
    indexes_.see(header, position);
    batch_at_ += batch_bytes_;
    batch_bytes_ = 0;
  }

  /// Empty: the chunk is stored as it is. A chunk of batches that are mostly compressed already is not even tried. Once the first
  /// ones that were tried all did not shrink, nothing of this object is tried any more.
  Result<std::span<std::byte>> packed(View plain) {
    if (tries_left_ == 0 || compressed_batch_bytes_ * 2 > plain.size()) return std::span<std::byte>{};
    TRY(const auto out, zstd_.compress(plain));
    if (!out.empty()) shrinks_ = true;
    if (!shrinks_) --tries_left_;
    return out;
  }

  Result<> cut_chunk() {
    // Sealed in place, there or where zstd left it: the log's bytes are not looked at again.
    const auto plain = std::span(buffer_).subspan(chunk_begin_, batch_at_ - chunk_begin_);
    if (chunks_.size() == kChunksMax) return fail(Kind::kInvalid, "more than {} chunks", kChunksMax);
    TRY(const auto small, packed(plain));
    const auto stored = small.empty() ? plain : small;
    chunk_.log_bytes = static_cast<std::uint32_t>(plain.size());
    chunk_.stored_position = written_.object_bytes;
    chunk_.stored_bytes = static_cast<std::uint32_t>(stored.size());
    chunk_.plain_crc = crc32c(plain);
    chunk_.compressed = !small.empty();
    std::optional<Tag> tag;
    if (sealer_) {
      TRY(tag, sealer_->seal(chunk_.sealed_part(chunks_.size()), stored));
      chunk_.stored_bytes += kTagBytes;
      chunk_.stored_crc = crc32c(*tag, crc32c(stored));
    } else {
      chunk_.stored_crc = chunk_.compressed ? crc32c(stored) : chunk_.plain_crc;
    }
    written_.max_timestamp = std::max(written_.max_timestamp, chunk_.max_timestamp);
    chunks_.push_back(chunk_);
    chunk_begin_ = batch_at_;
    TRY(write(stored));
    return tag ? write(*tag) : done();
  }

  Result<> write(View data) {
    if (data.empty()) return done();
    written_.object_bytes += data.size();
    written_.object_crc = crc32c(data, written_.object_crc);
    return sink_(data);
  }

  Result<> write_tail() {
    const CheckedIndexes indexes = indexes_.finish();
    written_.offset_index_rebuilt = indexes.offset_rebuilt;
    written_.time_index_rebuilt = indexes.time_rebuilt;
    // The chunk table comes last, so that a reader in a hurry could do with a shorter tail.
    TRY(add_section(SectionKind::kOffsetIndex, indexes.offset));
    TRY(add_section(SectionKind::kTimeIndex, indexes.time));
    TRY(add_section(SectionKind::kTxnIndex, segment_.txn_index));
    if (!segment_.producer_snapshot.empty()) TRY(add_section(SectionKind::kProducerSnapshot, segment_.producer_snapshot));
    if (!segment_.leader_epochs.empty()) TRY(add_section(SectionKind::kLeaderEpochs, segment_.leader_epochs));
    TRY(add_section(SectionKind::kSegment, facts()));
    TRY(add_section(SectionKind::kChunkTable, chunk_table()));
    TRY(add_directory_and_footer());
    written_.tail_bytes = tail_.size();
    written_.tail_crc = crc32c(tail_);
    return write(tail_);
  }

  Result<> add_section(SectionKind kind, View plain) {
    if (plain.size() > kSectionBytesMax) {
      return fail(Kind::kInvalid, "section {} of {} bytes is too large", static_cast<int>(kind), plain.size());
    }
    View packed = plain;
    std::uint32_t flags = sealer_ ? kFlagSealed : 0;
    if (options_.zstd_level > 0) {
      TRY(const auto small, zstd_.compress(plain));
      if (!small.empty()) packed = small, flags |= kFlagZstd;
    }
    const std::uint64_t position = written_.object_bytes + tail_.size();
    const std::size_t begin = tail_.size();
    append(tail_, packed);
    if (sealer_) {
      const SealedPart part{SealedPart::What::kSection, static_cast<std::uint64_t>(kind), position, plain.size(), flags};
      TRY(const Tag tag, sealer_->seal(part, std::span(tail_).subspan(begin)));
      append(tail_, tag);
    }
    const View stored = View(tail_).subspan(begin);
    ByteWriter out(directory_);
    begin_field(out, DirectoryField::kSection, kSectionEntryBytes);
    out.be(static_cast<std::uint16_t>(kind));
    out.be(static_cast<std::uint16_t>(flags));
    out.be<std::uint64_t>(position);
    out.be(static_cast<std::uint32_t>(stored.size()));
    out.be(static_cast<std::uint32_t>(plain.size()));
    out.be(crc32c(stored));
    out.be(sealer_ ? 0 : crc32c(plain));
    return done();
  }

  static void begin_field(ByteWriter& out, DirectoryField field, std::size_t bytes) {
    out.be(static_cast<std::uint16_t>(field));
    out.be(static_cast<std::uint16_t>(bytes));
  }

  template <class Value>
  static void add_fact(ByteWriter& out, SegmentField field, Value value) {
    out.be(static_cast<std::uint16_t>(field));
    out.be<std::uint16_t>(sizeof value);
    out.be(value);
  }
  static void add_fact(ByteWriter& out, SegmentField field, View value) {
    out.be(static_cast<std::uint16_t>(field));
    out.be(static_cast<std::uint16_t>(value.size()));
    out.bytes(value);
  }
  Bytes facts() const {
    Bytes data;
    ByteWriter out(data);
    add_fact(out, SegmentField::kTopic, view_of(segment_.partition.topic));
    add_fact(out, SegmentField::kTopicId, View(segment_.partition.topic_id.bytes));
    add_fact(out, SegmentField::kPartition, segment_.partition.partition);
    add_fact(out, SegmentField::kBase, entry_.base.raw);
    add_fact(out, SegmentField::kEnd, entry_.end.raw);
    add_fact(out, SegmentField::kMaxTimestamp, entry_.max_timestamp.raw);
    add_fact(out, SegmentField::kLogBytes, entry_.log_bytes);
    add_fact(out, SegmentField::kLeaderEpoch, entry_.leader_epoch.raw);
    add_fact(out, SegmentField::kGeneration, entry_.generation);
    add_fact(out, SegmentField::kId, View(entry_.id.bytes));
    return data;
  }

  Bytes chunk_table() const {
    Bytes data;
    data.reserve(8 + chunks_.size() * kChunkEntryBytes);
    ByteWriter out(data);
    out.be(static_cast<std::uint32_t>(chunks_.size()));
    out.be(static_cast<std::uint16_t>(kChunkEntryBytes));
    out.be<std::uint16_t>(0);
    for (const Chunk& chunk : chunks_) {
      out.be(chunk.first_offset.raw);
      out.be(chunk.end_offset.raw);
      out.be(chunk.max_timestamp.raw);
      out.be(chunk.log_position);
      out.be(chunk.stored_position);
      out.be(chunk.log_bytes);
      out.be(chunk.stored_bytes);
      out.be(chunk.stored_crc);
      out.be(chunk.plain_crc);
      out.be(chunk.flags(sealer_.has_value()));
    }
    return data;
  }

  void add_envelope(const Envelope& envelope) {
    ByteWriter out(directory_);
    begin_field(out, DirectoryField::kEncryption, 5 + envelope.key_id.size() + envelope.wrapped.size());
    out.be(kAes256Gcm);
    out.be(static_cast<std::uint16_t>(envelope.key_id.size()));
    out.text(envelope.key_id);
    out.be(static_cast<std::uint16_t>(envelope.wrapped.size()));
    out.bytes(envelope.wrapped);
    begin_field(out, DirectoryField::kSeal, kTagBytes);
  }

  Result<> add_directory_and_footer() {
    if (sealer_) add_envelope(options_.sealing->envelope);
    const std::size_t directory_bytes = directory_.size() + (sealer_ ? kTagBytes : 0);
    const std::uint64_t tail_bytes = tail_.size() + directory_bytes + kFooterBytes;
    Bytes footer;
    ByteWriter out(footer);
    out.be(static_cast<std::uint32_t>(directory_bytes));
    out.be(static_cast<std::uint32_t>(tail_bytes));
    out.be<std::uint64_t>(written_.object_bytes + tail_bytes);
    out.be(segment_.log_bytes);
    const std::size_t crc_at = out.size();
    out.be<std::uint32_t>(0);  // of the directory, once that is whole
    out.be(kFormatVersion);
    out.be<std::uint16_t>(sealer_ ? kFeatureSealed : 0);
    out.be<std::uint32_t>(0);  // reserved
    if (sealer_) {
      TRY(const Tag tag, sealer_->sign({.what = SealedPart::What::kDirectory}, seal_cover(directory_, footer)));
      append(directory_, tag);
    }
    out.be_at(crc_at, crc32c(directory_));
    out.be(crc32c(footer));
    out.text(kMagic);
    append(tail_, directory_);
    append(tail_, footer);
    return done();
  }

  const SealedSegment& segment_;
  const SegmentEntry& entry_;
  const WriteOptions& options_;
  const Sink& sink_;
  Zstd zstd_;
  std::optional<Sealer> sealer_;
  IndexChecker indexes_;
  Written written_;

  Bytes buffer_;                       // log bytes from buffer_position_ on
  std::uint64_t buffer_position_ = 0;  // in the log
  std::size_t filled_ = 0;
  std::size_t chunk_begin_ = 0;        // in the buffer, as the two below
  std::size_t batch_at_ = 0;
  std::size_t batch_bytes_ = 0;        // of the batch that waits for more bytes, else 0

  Offset next_offset_;
  Chunk chunk_;
  std::size_t compressed_batch_bytes_ = 0;  // of the chunk: in batches that the producer compressed
  unsigned tries_left_ = kCompressionTries;  // counts only until a chunk has shrunk
  bool shrinks_ = false;
  std::vector<Chunk> chunks_;
  Bytes directory_;
  Bytes tail_;
};

}  // namespace

Result<Written> write_segment(const SealedSegment& segment, const SegmentEntry& entry, const WriteOptions& options,
                              const Sink& sink) {
  return Writer(segment, entry, options, sink).run();
}

}  // namespace takhin::tier
