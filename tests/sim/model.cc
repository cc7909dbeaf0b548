#include "tests/sim/model.h"

#include <algorithm>

namespace takhin::sim {
namespace {

/// Small steps of the clock backwards make a file look a little older than its batches are.
constexpr std::int64_t kClockSlackMs = 120'000;

Error violation(std::string text) { return {Kind::kCorrupt, std::move(text)}; }

}  // namespace

TimestampMs SimBatch::newest() const { return *std::ranges::max_element(timestamps); }

Result<> PartitionModel::appended(SimBatch batch) {
  if (uncertain && batch.base == uncertain->end) {  // the failed append was in the log all the same
    end_ = uncertain->end;
    batches_[uncertain->base] = *std::exchange(uncertain, std::nullopt);
  }
  if (batch.base != end_) {
    return violation(fmt::format("append was given offset {}, the log ends at {}", batch.base.raw, end_.raw));
  }
  uncertain.reset();
  end_ = batch.end;
  const Offset base = batch.base;
  batches_[base] = std::move(batch);
  return done();
}

Result<> PartitionModel::saw_log_start(Offset start, TimestampMs latest_wall) {
  if (start < log_start_) return violation(fmt::format("log start went back from {} to {}", log_start_.raw, start.raw));
  if (start < deleted_) {
    return violation(fmt::format("log start is {}, records below {} were deleted", start.raw, deleted_.raw));
  }
  if (start == log_start_) return done();
  if (start > end_) return violation(fmt::format("log start {} is past the end {}", start.raw, end_.raw));
  if (start > delete_asked) TRY(explain(start, latest_wall));
  log_start_ = start;
  return done();
}

/// Every batch that retention took was too old, or retention.bytes are left behind it.
Result<> PartitionModel::explain(Offset start, TimestampMs latest_wall) const {
  for (auto at = batches_.lower_bound(log_start_); at != batches_.end() && at->second.base < start; ++at) {
    const SimBatch& batch = at->second;
    const std::int64_t age = latest_wall.raw - std::min(batch.newest(), batch.appended).raw;
    const std::uint64_t left = bytes_from(batch.end) + lost_bytes_;
    const bool too_much = retention.bytes >= 0 && left >= static_cast<std::uint64_t>(retention.bytes);
    if (!too_much && (retention.ms < 0 || age + kClockSlackMs < retention.ms)) {
      return violation(
          fmt::format("log start rose to {}: batch {}..{}, {} ms old, was within retention ({} ms, {} bytes; {} left)", start.raw,
                      batch.base.raw, batch.end.raw, age, retention.ms, retention.bytes, bytes_from(start)));
    }
  }
  return done();
}

Result<> PartitionModel::reopened(Offset end, Offset start, bool machine_lost) {
  if (uncertain && end >= uncertain->end) {
    end_ = uncertain->end;
    batches_[uncertain->base] = *std::exchange(uncertain, std::nullopt);
  }
  uncertain.reset();
  if (end > end_) return violation(fmt::format("log ends at {} after a crash, only {} was ever appended", end.raw, end_.raw));
  if (end < durable_end_) return violation(fmt::format("log ends at {}, acknowledged was {}", end.raw, durable_end_.raw));
  if (!machine_lost && end < end_) {
    return violation(fmt::format("log ends at {} after a kill, before it at {}", end.raw, end_.raw));
  }
  while (!batches_.empty() && batches_.rbegin()->second.end > end) {
    if (batches_.rbegin()->first < end && end > start) {
      return violation(fmt::format("log ends at {}, inside of batch {}", end.raw, batches_.rbegin()->first.raw));
    }
    lost_bytes_ += batches_.rbegin()->second.bytes.size();
    batches_.erase(std::prev(batches_.end()));
  }
  end_ = end;
  return done();
}

void PartitionModel::folder_lost(Offset end) {
  batches_.erase(batches_.lower_bound(end), batches_.end());
  end_ = std::min(end_, end);
  durable_end_ = std::min(durable_end_, end);
  uncertain.reset();
  sent.clear();
}

Result<const SimBatch*> PartitionModel::batch_at(Offset base) const {
  const auto found = batches_.find(base);
  if (found == batches_.end()) return violation(fmt::format("no batch was ever appended at offset {}", base.raw));
  return &found->second;
}

Result<Bytes> PartitionModel::log_from(Offset base, std::uint64_t bytes) const {
  Bytes out;
  for (auto at = batches_.find(base); at != batches_.end() && out.size() < bytes; ++at) append(out, at->second.bytes);
  if (out.size() != bytes) return violation(fmt::format("no {} bytes of log begin at offset {}", bytes, base.raw));
  return out;
}

std::optional<std::pair<Offset, TimestampMs>> PartitionModel::first_at(TimestampMs timestamp, Offset start) const {
  for (const auto& [base, batch] : batches_) {
    for (std::size_t i = 0; i < batch.timestamps.size(); ++i) {
      const Offset at{base.raw + static_cast<std::int64_t>(i)};
      if (at >= start && batch.timestamps[i] >= timestamp) return std::pair(at, batch.timestamps[i]);
    }
  }
  return std::nullopt;
}

std::optional<std::pair<Offset, TimestampMs>> PartitionModel::newest(Offset start) const {
  std::optional<std::pair<Offset, TimestampMs>> best;
  for (const auto& [base, batch] : batches_) {
    for (std::size_t i = 0; i < batch.timestamps.size(); ++i) {
      const Offset at{base.raw + static_cast<std::int64_t>(i)};
      if (at >= start && (!best || batch.timestamps[i] > best->second)) best = std::pair(at, batch.timestamps[i]);
    }
  }
  return best;
}

const SimBatch* PartitionModel::find_sent(const SentBatch& batch) const {
  for (const auto& [base, taken] : batches_) {
    if (taken.producer_id == producer_id && taken.sequence == batch.sequence) return &taken;
  }
  return nullptr;
}

std::uint64_t PartitionModel::bytes_from(Offset start) const {
  std::uint64_t sum = 0;
  for (auto at = batches_.lower_bound(start); at != batches_.end(); ++at) sum += at->second.bytes.size();
  return sum;
}

}  // namespace takhin::sim
