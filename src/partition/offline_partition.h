#pragma once
// Stands for a partition whose log could not be opened: every call answers why. Clients retry, an operator must act.

#include "partition/partition.h"

namespace takhin::partition {

class OfflinePartition final : public Partition {
 public:
  OfflinePartition(tier::PartitionRef ref, Error why) : ref_(std::move(ref)), why_(std::move(why)) {}

  const tier::PartitionRef& ref() const override { return ref_; }
  LeaderEpoch epoch() const override { return LeaderEpoch{0}; }
  Result<log::Appended> append(std::span<std::byte>, const log::Admit&) override { return refusal(); }
  Result<log::Appended> append_marker(const log::TxnEnd&) override { return refusal(); }
  void when_durable(Offset, std::function<void(Result<>)> then) override { then(refusal()); }
  Result<ReadAnswer> read(const ReadRequest&) override { return refusal(); }
  Result<ReadAnswer> read_cold(const ReadRequest&, Deadline) override { return refusal(); }
  std::shared_ptr<void> when_appended(Offset, std::function<void()> then) override { return then(), nullptr; }
  Offsets offsets() const override { return {}; }
  Result<OffsetAnswer> offset_for(TimestampMs, Deadline) override { return refusal(); }
  Result<OffsetAnswer> offset_of_max_timestamp(Deadline) override { return refusal(); }
  std::vector<log::EpochStart> epochs() const override { return {}; }
  std::vector<log::ProducerInfo> producers() const override { return {}; }
  Result<> raise_log_start(Offset, Deadline) override { return refusal(); }
  void set_config(const TopicConfig&) override {}
  std::uint64_t local_bytes() const override { return 0; }

 private:
  Error refusal() const { return fail(Kind::kUnavailable, "{} is offline: {}", ref_.name(), why_.text); }

  const tier::PartitionRef ref_;
  const Error why_;
};

}  // namespace takhin::partition
