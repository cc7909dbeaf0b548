#include "log/log.h"

#include <algorithm>

#include "base/log.h"
#include "log/log_impl.h"
#include "log/names.h"

namespace takhin::log {

namespace {

/// Some producer has no open transaction here before these batches and has one with them.
bool begins_transaction(const Judged& judged, const ProducerState& producers) {
  return std::ranges::any_of(judged.producers, [&](const auto& item) {
    const ProducerEntry* before = producers.find(item.first);
    return item.second.txn_first != kNoOffset && (before == nullptr || before->txn_first == kNoOffset);
  });
}

}  // namespace

Result<std::unique_ptr<Log>> Log::open(OpenOptions options) {
  TAKHIN_ASSERT(options.files != nullptr && options.clock != nullptr, "a log needs files and a clock");
  TRY(auto recovered, recover(options));
  auto log = std::make_unique<LogImpl>(options, std::move(recovered));
  TRY(log->begin(options.clean_shutdown));
  return std::unique_ptr<Log>(std::move(log));
}

LogImpl::LogImpl(const OpenOptions& options, Recovered recovered)
    : fs_(*options.files),
      clock_(*options.clock),
      dir_(options.dir),
      producers_(std::move(recovered.producers)),
      config_(options.config),
      sealed_(std::move(recovered.sealed)),
      active_(std::move(recovered.active)),
      epochs_(std::move(recovered.epochs)),
      cleaned_end_(recovered.cleaned_end),
      cache_(fs_, dir_) {
  for (const Segment& segment : sealed_) sealed_bytes_ += segment.bytes;
  synced_end_ = active_->base;
  last_stable_ = producers_.first_open().value_or(active_->end);
}

Result<> LogImpl::begin(bool clean) {
  TRY(const Offset point, read_recovery_point(fs_, dir_));
  if (clean && point == active_->base && active_->bytes > 0) {
    synced_end_ = active_->end;
    return done();
  }
  ++names_changed_;
  if (active_->bytes > 0) {
    TRY(sync());
  }
  if (point != active_->base && !sealed_.empty()) {
    TRY(write_recovery_point(fs_, dir_, active_->base));
  }
  return done();
}

Result<> LogImpl::writable() const {
  if (closed_) return fail(Kind::kClosed, "{} is closed", dir_);
  const std::scoped_lock lock(mutex_);
  if (offline_) return *offline_;
  return done();
}

Error LogImpl::offline(Error why) const {
  const Error error{Kind::kUnavailable, fmt::format("{} is offline until it is opened anew: {}", dir_, why.text)};
  log_error("log", "{}", error.text);
  const std::scoped_lock lock(mutex_);
  if (!offline_) offline_ = error;
  return error;
}

Result<Appended> LogImpl::append(std::span<std::byte> batches, LeaderEpoch epoch, const Admit& admit) {
  const std::scoped_lock lock(writer_);
  TRY(writable());
  const TimestampMs now = clock_.wall();
  // Only writers change config_ and active_, and this is the writer: reading them needs no mutex_.
  Judged judged = judge(batches, config_, {.next = active_->end, .epoch = epoch, .now = now, .name = name_of(dir_)}, producers_);
  Appended out{.status = judged.status, .why = std::move(judged.why), .record_errors = std::move(judged.record_errors)};
  if (judged.status == AppendStatus::kDuplicate) {
    out.base = judged.duplicate.first_offset();
    out.end = next(judged.duplicate.last_offset);
    if (config_.timestamp_type == record::TimestampType::kLogAppendTime) out.append_time = judged.duplicate.timestamp;
    return out;
  }
  if (judged.status != AppendStatus::kOk) return out;
  const View data = judged.recompressed ? View(*judged.recompressed) : View(batches);
  if (data.size() > config_.segment_bytes) {
    return Appended{.status = AppendStatus::kMessageTooLarge,
                    .why = fmt::format("{} bytes do not fit a segment of {}", data.size(), config_.segment_bytes)};
  }
  if (admit && begins_transaction(judged, producers_) && !admit()) return Appended{.status = AppendStatus::kNotAdmitted};
  TRY(note_epoch(epoch, judged.headers.front().base_offset));
  TRY(write(data, judged.headers, now));
  producers_.commit(std::move(judged.producers));
  publish_stable();
  out.base = judged.headers.front().base_offset;
  out.end = judged.headers.back().next_offset();
  if (config_.timestamp_type == record::TimestampType::kLogAppendTime) out.append_time = now;
  return out;
}

Result<> LogImpl::append_as_is(View batches) {
  const std::scoped_lock lock(writer_);
  TRY(writable());
  const TimestampMs now = clock_.wall();
  std::vector<record::BatchHeader> headers;
  std::vector<View> bodies;
  record::BatchCursor cursor(batches);
  Offset expected = active_->end;
  while (const auto header = cursor.next()) {
    if (!record::crc_matches(cursor.batch()))
      return fail(Kind::kCorrupt, "batch at offset {} fails its checksum", header->base_offset.raw);
    const bool in_order = headers.empty() ? header->base_offset == expected : header->base_offset >= expected;
    if (!in_order) return fail(Kind::kInvalid, "batch at offset {} does not follow {}", header->base_offset.raw, expected.raw);
    if (header->is_control() && header->has_producer()) {
      TRY(record::marker_of(cursor.batch()));
    }
    expected = header->next_offset();
    headers.push_back(*header);
    bodies.push_back(cursor.batch());
  }
  if (cursor.valid_bytes() != batches.size()) return fail(Kind::kCorrupt, "the last batch is cut short");
  if (headers.empty()) return done();
  for (const auto& header : headers) {
    TRY(note_epoch(header.leader_epoch, header.base_offset));
  }
  TRY(write(batches, headers, now));
  return replay_written(headers, bodies, now);
}

Result<Appended> LogImpl::append_marker(const TxnEnd& end, LeaderEpoch epoch) {
  const std::scoped_lock lock(writer_);
  TRY(writable());
  std::int32_t coordinator_epoch = std::max(end.coordinator_epoch, 0);
  if (const ProducerEntry* known = producers_.find(end.producer_id)) {
    if (end.coordinator_epoch < 0) coordinator_epoch = std::max(known->coordinator_epoch, 0);
    if (end.producer_epoch < known->epoch) {
      return Appended{.status = AppendStatus::kInvalidProducerEpoch,
                      .why = fmt::format("producer {} has epoch {} by now, not {}", end.producer_id, known->epoch,
                                         end.producer_epoch)};
    }
    if (coordinator_epoch < known->coordinator_epoch) {
      return Appended{.status = AppendStatus::kCoordinatorFenced,
                      .why = fmt::format("coordinator epoch is {} by now, not {}", known->coordinator_epoch,
                                         coordinator_epoch)};
    }
  }
  const TimestampMs now = clock_.wall();
  const auto type = end.commit ? record::MarkerType::kCommit : record::MarkerType::kAbort;
  const Bytes batch = record::build_marker({type, coordinator_epoch}, now,
                                           {.base_offset = active_->end,
                                            .leader_epoch = epoch,
                                            .producer_id = end.producer_id,
                                            .producer_epoch = end.producer_epoch});
  const auto header = record::parse_header(batch);
  TAKHIN_ASSERT(header.ok(), "a batch just built");
  const View body(batch);
  TRY(note_epoch(epoch, header->base_offset));
  TRY(write(batch, std::span(&*header, 1), now));
  TRY(replay_written(std::span(&*header, 1), std::span(&body, 1), now));
  return Appended{.base = header->base_offset, .end = header->next_offset()};
}

/// Producers and transactions after batches were written that nobody judged.
Result<> LogImpl::replay_written(std::span<const record::BatchHeader> headers, std::span<const View> bodies, TimestampMs now) {
  Bytes txns;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto replayed = replay_batch(headers[i], bodies[i], now, producers_, &txns);
    TAKHIN_ASSERT(replayed.ok(), "its marker was read before it was written");
  }
  if (!txns.empty()) {
    const std::scoped_lock reader_lock(mutex_);
    active_->txns.insert(active_->txns.end(), txns.begin(), txns.end());
  }
  publish_stable();
  return done();
}

std::vector<ProducerInfo> LogImpl::producers() const {
  const std::scoped_lock lock(writer_);
  return producers_.infos();
}

Result<> LogImpl::note_epoch(LeaderEpoch epoch, Offset start) {
  EpochCache grown = epochs_;
  if (!grown.assign(epoch, start)) return done();
  TRY(write_atomically(fs_, dir_ + "/" + std::string(kEpochFile), view_of(grown.text(Offset{INT64_MAX}))));
  const std::scoped_lock lock(mutex_);
  epochs_ = std::move(grown);
  return done();
}

bool LogImpl::must_roll(std::span<const record::BatchHeader> headers, std::uint64_t bytes) const {
  const ActiveSegment& active = *active_;
  if (active.bytes == 0) return false;
  TimestampMs newest = kNoTimestamp;
  for (const auto& header : headers) newest = std::max(newest, header.max_timestamp);
  const bool by_time = active.first_timestamp != kNoTimestamp && newest.raw - active.first_timestamp.raw > config_.segment_ms;
  return active.bytes + bytes > config_.segment_bytes || by_time ||
         headers.back().last_offset().raw - active.base.raw > INT32_MAX ||
         active.index.offsets().size() + record::kOffsetEntryBytes > kIndexBytesMax ||
         active.index.times().size() + record::kTimeEntryBytes > kIndexBytesMax;
}

Result<> LogImpl::write(View data, std::span<const record::BatchHeader> headers, TimestampMs now) {
  if (must_roll(headers, data.size())) {
    TRY(roll_locked());
  }
  if (headers.back().last_offset().raw - active_->base.raw > INT32_MAX) {
    return fail(Kind::kInvalid, "{} batches span more than 2^31 offsets", headers.size());
  }
  const std::uint64_t position = active_->bytes;
  if (const auto written = active_->log->write_at(position, data); !written.ok()) {
    // Readers know only what was published, but a torn batch must not be there when the next one is written shorter.
    if (const auto cut = active_->log->truncate(position); !cut.ok()) {
      return offline({cut.error().kind, fmt::format("{}; cutting it off: {}", written.error().text, cut.error().text)});
    }
    return written.error();
  }
  publish(headers, position, now);
  return done();
}

void LogImpl::publish(std::span<const record::BatchHeader> headers, std::uint64_t position, TimestampMs now) {
  const std::scoped_lock lock(mutex_);
  ActiveSegment& active = *active_;
  if (active.bytes == 0) {
    active.begun = now;
    active.first_timestamp = headers.front().max_timestamp;
  }
  for (const auto& header : headers) {
    active.index.add(header, position);
    active.recent.push({header.base_offset, header.next_offset(), position, header.total_bytes()});
    position += header.total_bytes();
  }
  active.bytes = position;
  active.end = headers.back().next_offset();
  active.modified = now;
}

void LogImpl::publish_stable() {
  const auto open = producers_.first_open();
  const std::scoped_lock lock(mutex_);
  last_stable_ = open.value_or(active_->end);
}

Result<Offset> LogImpl::sync() {
  const std::scoped_lock one_at_a_time(syncing_);
  std::deque<Unsynced> sealed;
  std::shared_ptr<File> file;
  Offset base;
  Offset upto;
  std::uint64_t names = 0;
  std::uint64_t resets = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (offline_) return *offline_;
    sealed = unsynced_;
    file = active_->log;
    base = active_->base;
    upto = active_->end;
    names = names_changed_;
    resets = resets_;
    if (sealed.empty() && synced_end_ == upto && names == 0) return upto;
  }
  for (const Unsynced& segment : sealed) {
    for (const auto& part : segment.files) {
      if (auto synced = part->sync(); !synced.ok()) return offline(synced.error());
    }
  }
  if (auto synced = file->sync(); !synced.ok()) return offline(synced.error());
  if (names > 0) {
    if (auto synced = fs_.sync_dir(dir_); !synced.ok()) return offline(synced.error());
  }
  {
    const std::scoped_lock lock(mutex_);
    // reset() may have emptied the log meanwhile; then this says nothing about the new one.
    if (resets_ != resets) return synced_end_;
    names_changed_ -= std::min(names, names_changed_);
    while (!sealed.empty() && !unsynced_.empty() && unsynced_.front().end <= sealed.back().end) unsynced_.pop_front();
    synced_end_ = upto;
    if (sealed.empty()) return upto;
  }
  // Only spares recovery some reading: a failure is no reason to refuse what is on disk.
  if (const auto noted = write_recovery_point(fs_, dir_, base); !noted.ok()) log_warn("log", "{}: {}", dir_, noted.error().text);
  return upto;
}

Offset LogImpl::synced_end() const {
  const std::scoped_lock lock(mutex_);
  return synced_end_;
}

void LogImpl::set_config(const LogConfig& config) {
  const std::scoped_lock lock(writer_);
  const std::scoped_lock reader_lock(mutex_);
  config_ = config;
  active_->index.set_interval(config.index_interval_bytes);
}

Result<> LogImpl::close() {
  {
    const std::scoped_lock lock(writer_);
    if (closed_) return done();
    TRY(writable());
    TRY(auto files, write_side_files());
    for (const auto& file : files) {
      if (auto synced = file->sync(); !synced.ok()) return offline(synced.error());
    }
    const std::scoped_lock reader_lock(mutex_);
    ++names_changed_;
  }
  TRY(sync());
  const std::scoped_lock lock(writer_);
  TRY(write_recovery_point(fs_, dir_, active_->base));
  closed_ = true;
  return done();
}

}  // namespace takhin::log
