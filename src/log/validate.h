#pragma once
// What a client sends, judged before it may enter the log, and made ready: offsets, epoch and times are written into the batches.

#include <vector>

#include "log/log.h"
#include "log/producer_state.h"

namespace takhin::log {

/// Records of one batch, decompressed, at most. A legitimate batch of max.message.bytes stays far below it.
inline constexpr std::size_t kPlainBytesMax = 128 * kMiB;
/// Records that one refusal names at most.
inline constexpr std::size_t kRecordErrorsMax = 1'000;

struct Intake {
  Offset next;         // the offset that the first record gets
  LeaderEpoch epoch;
  TimestampMs now;
  std::size_t plain_bytes_max = kPlainBytesMax;
  std::string_view name = {};  // the partition's, for refusals
};

struct Judged {
  AppendStatus status = AppendStatus::kOk;
  std::string why;
  std::vector<RecordError> record_errors;    // with kInvalidRecord
  std::vector<record::BatchHeader> headers;  // of the batches as they go to the log; their bytes lie one after the other
  std::optional<Bytes> recompressed;         // set when compression.type made other bytes of them: write these instead
  ProducerState::Overlay producers;          // to be committed once they are written
  SequencedBatch duplicate;                  // of kDuplicate
};

/// Judges `batches` (one partition's records of a Produce) and gives offsets in place. Nothing else changes: crc and
/// bytes of a batch stay as sent, but for LogAppendTime, a max timestamp that its records contradict, and
/// compression.type. Cost: every record is visited, compressed ones are decompressed.
Judged judge(std::span<std::byte> batches, const LogConfig& config, const Intake& intake, const ProducerState& producers);

}  // namespace takhin::log
