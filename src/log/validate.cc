#include "log/validate.h"

#include <algorithm>

#include "record/record_cursor.h"

namespace takhin::log {
namespace {

using record::BatchHeader;
using record::TimestampType;

struct Refusal {
  AppendStatus status;
  std::string why;
  std::vector<RecordError> records = {};
};
using Check = std::optional<Refusal>;

template <class... Args>
Refusal refuse(AppendStatus status, fmt::format_string<Args...> why, Args&&... args) {
  return {status, fmt::format(why, std::forward<Args>(args)...), {}};
}

Check check_header(const BatchHeader& header, View batch, const LogConfig& config) {
  if (header.total_bytes() > config.message_bytes_max) {
    return refuse(AppendStatus::kMessageTooLarge, "batch of {} bytes, max.message.bytes is {}", header.total_bytes(),
                  config.message_bytes_max);
  }
  if (!record::crc_matches(batch)) return refuse(AppendStatus::kCorruptMessage, "batch fails its checksum");
  if (header.is_control()) return refuse(AppendStatus::kInvalidRecord, "clients may not write control batches");
  if (header.record_count == 0 || header.record_count - 1 != header.last_offset_delta) {
    return refuse(AppendStatus::kInvalidRecord, "batch of {} records has last offset delta {}", header.record_count,
                  header.last_offset_delta);
  }
  if (header.timestamp_type() == TimestampType::kLogAppendTime) {
    return refuse(AppendStatus::kInvalidTimestamp, "a producer may not claim LogAppendTime");
  }
  // Without a sequence: a coordinator's own records of a transaction, which it never sends twice.
  const bool sequenced = header.base_sequence >= 0 || header.is_transactional();
  if (header.has_producer() && (header.producer_epoch < 0 || !sequenced)) {
    return refuse(AppendStatus::kInvalidRecord, "producer {} with epoch {} and sequence {}", header.producer_id,
                  header.producer_epoch, header.base_sequence);
  }
  if (header.is_transactional() && !header.has_producer()) {
    return refuse(AppendStatus::kInvalidRecord, "transactional batch without a producer id");
  }
  return std::nullopt;
}

struct TimeSpan {
  TimestampMs oldest{INT64_MAX};
  TimestampMs newest = kNoTimestamp;
};

/// What Kafka answers when single records are to blame (LogValidator).
Refusal refuse_keyless(std::size_t count, std::vector<RecordError> named) {
  std::vector<std::string_view> shown;
  for (std::size_t i = 0; i < named.size() && i < 3; ++i) shown.push_back(named[i].why);
  return {AppendStatus::kInvalidRecord,
          fmt::format("One or more records have been rejected due to {} record errors in total, and only showing the first three "
                      "errors at most: [{}]",
                      count, fmt::join(shown, ", ")),
          std::move(named)};
}

/// Walks all records; what they contradict is refused. `keys_for`: the compacted partition that needs keys, or nothing.
Check check_records(const BatchHeader& header, View plain, std::string_view keys_for, TimeSpan& times) {
  record::RecordCursor cursor(header, plain);
  std::vector<RecordError> keyless;
  std::size_t keyless_count = 0;
  for (std::int32_t index = 0;; ++index) {
    const auto raw = cursor.next();
    if (!raw.ok()) return refuse(AppendStatus::kInvalidRecord, "{}", raw.error().text);
    if (!*raw) break;
    if (!keys_for.empty() && !(*raw)->key && ++keyless_count <= kRecordErrorsMax) {
      keyless.push_back(
          {index, fmt::format("Compacted topic cannot accept message without key in topic partition {}.", keys_for)});
    }
    std::int64_t at = 0;
    if (__builtin_add_overflow(header.base_timestamp.raw, (*raw)->timestamp_delta, &at) || at < kNoTimestamp.raw) {
      return refuse(AppendStatus::kInvalidTimestamp, "timestamp {} + {}", header.base_timestamp.raw, (*raw)->timestamp_delta);
    }
    times.newest = std::max(times.newest, TimestampMs{at});
    if (at != kNoTimestamp.raw) times.oldest = std::min(times.oldest, TimestampMs{at});
  }
  if (keyless_count > 0) return refuse_keyless(keyless_count, std::move(keyless));
  return std::nullopt;
}

Check check_times(const TimeSpan& times, const LogConfig& config, TimestampMs now) {
  if (times.newest == kNoTimestamp) return std::nullopt;
  if (now.raw - times.oldest.raw > config.timestamp_before_max_ms) {
    return refuse(AppendStatus::kInvalidTimestamp, "timestamp {} is more than {} ms old", times.oldest.raw,
                  config.timestamp_before_max_ms);
  }
  if (times.newest.raw - now.raw > config.timestamp_after_max_ms) {
    return refuse(AppendStatus::kInvalidTimestamp, "timestamp {} is more than {} ms in the future", times.newest.raw,
                  config.timestamp_after_max_ms);
  }
  return std::nullopt;
}

Result<Bytes> recompress(const BatchHeader& header, View plain, record::Codec codec, std::optional<int> level) {
  std::vector<record::NewRecord> records;
  records.reserve(static_cast<std::size_t>(header.record_count));
  record::RecordCursor cursor(header, plain);
  for (;;) {
    TRY(const auto raw, cursor.next());
    if (!raw) break;
    records.push_back({.key = raw->key,
                       .value = raw->value,
                       .timestamp = TimestampMs{header.base_timestamp.raw + raw->timestamp_delta}});
    record::decode_headers(*raw, records.back().headers);
  }
  return record::build_batch(records, {.codec = codec,
                                       .level = level,
                                       .transactional = header.is_transactional(),
                                       .producer_id = header.producer_id,
                                       .producer_epoch = header.producer_epoch,
                                       .base_sequence = header.base_sequence});
}

/// One call's work: the state that goes from batch to batch.
class Judge {
 public:
  Judge(const LogConfig& config, const Intake& intake, const ProducerState& producers, bool alone)
      : config_(config), intake_(intake), producers_(producers), alone_(alone), next_(intake.next) {}

  Check take(std::span<std::byte> batch) {
    const auto parsed = record::parse_header(batch);
    TAKHIN_ASSERT(parsed.ok(), "the caller has parsed it");
    BatchHeader header = *parsed;
    if (Check bad = check_header(header, batch, config_)) return bad;

    Bytes buffer;
    const auto plain = record::plain_records(header, batch, intake_.plain_bytes_max, buffer);
    if (!plain.ok()) {
      const bool big = plain.error().kind == Kind::kExhausted;
      return refuse(big ? AppendStatus::kMessageTooLarge : AppendStatus::kInvalidRecord, "{}", plain.error().text);
    }
    TimeSpan times;
    if (Check bad = check_records(header, *plain, config_.compacted ? intake_.name : "", times)) return bad;
    const bool append_time = config_.timestamp_type == TimestampType::kLogAppendTime;
    if (!append_time) {
      if (Check bad = check_times(times, config_, intake_.now)) return bad;
    }
    if (config_.compression && *config_.compression != header.codec()) {
      auto other = recompress(header, *plain, *config_.compression, config_.compression_level);
      if (!other.ok()) return refuse(AppendStatus::kInvalidRecord, "{}", other.error().text);
      if (other->size() > config_.message_bytes_max) {
        return refuse(AppendStatus::kMessageTooLarge, "batch of {} bytes once recompressed", other->size());
      }
      changed_ = true;
      return place(*other, append_time, times.newest);
    }
    return place(batch, append_time, times.newest);
  }

  Judged finish() && {
    if (!changed_) out_.recompressed.reset();
    return std::move(out_);
  }
  Judged& out() { return out_; }

 private:
  /// Offsets, epoch, times; then the producer's sequence, which needs them.
  Check place(std::span<std::byte> batch, bool append_time, TimestampMs newest) {
    record::assign(batch, {.base_offset = next_,
                           .leader_epoch = intake_.epoch,
                           .append_time = append_time ? std::optional(intake_.now) : std::nullopt});
    auto header = record::parse_header(batch);
    if (!header.ok()) return refuse(AppendStatus::kInvalidRecord, "{}", header.error().text);
    if (!append_time && header->max_timestamp != newest) {
      record::set_max_timestamp(batch, newest);
      header->max_timestamp = newest;
    }
    if (header->has_producer()) {
      if (Check bad = check_producer(*header)) return bad;
    }
    next_ = header->next_offset();
    out_.headers.push_back(*header);
    // Kept for all batches once one has changed: they are written in one piece.
    if (config_.compression) {
      if (!out_.recompressed) out_.recompressed.emplace();
      out_.recompressed->insert(out_.recompressed->end(), batch.begin(), batch.end());
    }
    return std::nullopt;
  }

  Check check_producer(const BatchHeader& header) {
    auto checked = producers_.check(header, intake_.now, out_.producers);
    switch (checked.verdict) {
      case ProducerState::Verdict::kOk: return std::nullopt;
      case ProducerState::Verdict::kDuplicate:
        // Kafka's clients send one batch per partition; a repeated one amid others can only be a mistake.
        if (!alone_) return refuse(AppendStatus::kOutOfOrderSequence, "a batch is repeated among new ones");
        out_.duplicate = checked.duplicate;
        return Refusal{AppendStatus::kDuplicate, {}, {}};
      case ProducerState::Verdict::kOutOfOrderSequence:
        return Refusal{AppendStatus::kOutOfOrderSequence, std::move(checked.why), {}};
      case ProducerState::Verdict::kStaleEpoch: return Refusal{AppendStatus::kInvalidProducerEpoch, std::move(checked.why), {}};
      case ProducerState::Verdict::kOutsideTransaction: return Refusal{AppendStatus::kInvalidRecord, std::move(checked.why), {}};
    }
    return std::nullopt;
  }

  const LogConfig& config_;
  const Intake& intake_;
  const ProducerState& producers_;
  const bool alone_;
  Offset next_;
  bool changed_ = false;
  Judged out_;
};

}  // namespace

Judged judge(std::span<std::byte> batches, const LogConfig& config, const Intake& intake, const ProducerState& producers) {
  Judged refused;
  const auto refuse_all = [&](AppendStatus status, std::string why) {
    refused.status = status;
    refused.why = std::move(why);
    return std::move(refused);
  };
  std::vector<std::span<std::byte>> each;
  for (std::size_t at = 0; at < batches.size();) {
    const auto header = record::parse_header(batches.subspan(at));
    if (!header.ok()) {
      const bool magic = header.error().kind == Kind::kInvalid;
      return refuse_all(magic ? AppendStatus::kUnsupportedMagic : AppendStatus::kCorruptMessage, header.error().text);
    }
    if (header->total_bytes() > batches.size() - at)
      return refuse_all(AppendStatus::kCorruptMessage, "the last batch is cut short");
    each.push_back(batches.subspan(at, header->total_bytes()));
    at += header->total_bytes();
  }
  if (each.empty()) return refuse_all(AppendStatus::kInvalidRecord, "no batch");

  Judge judge(config, intake, producers, each.size() == 1);
  for (const auto batch : each) {
    if (Check bad = judge.take(batch)) {
      refused.duplicate = judge.out().duplicate;
      refused.record_errors = std::move(bad->records);
      return refuse_all(bad->status, std::move(bad->why));
    }
  }
  return std::move(judge).finish();
}

}  // namespace takhin::log
