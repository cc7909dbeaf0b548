#include "partition/upload_control.h"

#include <algorithm>
#include <limits>

#include "base/log.h"
#include "base/read_only_file.h"
#include "partition/topic_rules.h"

namespace takhin::partition {
namespace {

constexpr double kRateUnlimited = std::numeric_limits<double>::infinity();
/// A rate that has recovered to a terabyte a second is no limit any more.
constexpr double kRateForgotten = 1e12;
constexpr double kRateRecovery = 1.25;

double rate_of(std::uint64_t limit) { return limit == 0 ? kRateUnlimited : static_cast<double>(limit); }

std::chrono::nanoseconds time_of(std::uint64_t bytes, double rate) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(bytes) / rate * 1e9));
}

}  // namespace

Steady RateLine::take(Steady now, std::uint64_t bytes, double rate) {
  const Steady begin = std::max(now, free_at_);
  free_at_ = begin + time_of(bytes, rate);
  return begin;
}

class UploadControl::Upload {
 public:
  Upload(UploadSpec upload, Steady now) : spec(std::move(upload)), moved_at(now) {}

  Result<> check() const {
    if ((spec.closed != nullptr && *spec.closed) || (spec.stop != nullptr && *spec.stop)) {
      return fail(Kind::kClosed, "shutting down");
    }
    if (given_up) return fail(Kind::kUnavailable, "given up: it did not move");
    return done();
  }
  std::string segment() const { return segment_path(spec.partition.name(), spec.base); }

  const UploadSpec spec;
  std::atomic<Steady> moved_at;
  std::atomic<std::uint64_t> read{0};
  std::atomic<bool> waits{false};  // for its turn
  std::atomic<bool> given_up{false};
};

/// A sealed segment's log in the hands of an upload.
class UploadControl::UploadFile final : public ReadOnlyFile {
 public:
  UploadFile(UploadControl& control, std::shared_ptr<Upload> upload, std::shared_ptr<const File> below)
      : control_(control), upload_(std::move(upload)), below_(std::move(below)) {}
  Result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const override {
    TRY(control_.wait_for_turn(*upload_, into.size()));
    return below_->read_at(position, into);
  }
  Result<std::uint64_t> size() const override { return below_->size(); }
  int descriptor() const override { return -1; }  // whoever sends it past us would not be paced

 private:
  UploadControl& control_;
  const std::shared_ptr<Upload> upload_;
  const std::shared_ptr<const File> below_;
};

UploadControl::UploadControl(Clock& clock, UploadLimits limits)
    : clock_(clock), limits_(limits), rate_most_(rate_of(limits.bytes_per_second)), rate_(rate_most_) {}

std::shared_ptr<const File> UploadControl::begin(UploadSpec spec, std::shared_ptr<const File> log) {
  auto upload = std::make_shared<Upload>(std::move(spec), clock_.steady());
  {
    const std::lock_guard hold(mutex_);
    uploads_.push_back(upload);
    std::erase_if(topics_, [now = clock_.steady()](const auto& topic) { return topic.second.idle(now); });
  }
  return std::make_shared<UploadFile>(*this, std::move(upload), std::move(log));
}

std::chrono::nanoseconds UploadControl::time_for(std::uint64_t bytes, std::uint64_t topic_bytes_per_second) const {
  double rate = std::min(rate_most_, rate_of(topic_bytes_per_second));
  if (limits_.fsync_p99_max_ms > 0) rate = std::min(rate, static_cast<double>(kUploadRateLeast));
  // Others that are under way share the rate.
  const auto sharers = static_cast<std::int64_t>(std::max<std::size_t>(1, uploads().size()));
  return time_of(bytes, rate) * sharers;
}

Result<> UploadControl::wait_for_turn(Upload& upload, std::uint64_t bytes) {
  TRY(upload.check());
  std::unique_lock lock(mutex_);
  const Steady asked = clock_.steady();
  adapt(asked);
  Steady turn = all_.take(asked, bytes, rate_);
  if (upload.spec.topic_bytes_per_second > 0) {
    const auto budget = static_cast<double>(upload.spec.topic_bytes_per_second);
    turn = std::max(turn, topics_[upload.spec.partition.topic_id].take(asked, bytes, budget));
  }
  taken_ += bytes;
  upload.waits = true;
  for (Steady now = asked; now < turn; now = clock_.steady()) {
    clock_.wait(wake_, lock, std::min<Steady>(turn, now + kLookForStop));
    if (const auto stopped = upload.check(); !stopped.ok()) return stopped;
  }
  upload.moved_at = clock_.steady();
  upload.read += bytes;
  upload.waits = false;
  return done();
}

/// Too slow: half of what uploads really took, or of what they may. Else up again, little by little.
void UploadControl::adapt(Steady now) {
  if (limits_.fsync_p99_max_ms == 0 || now < adapt_at_) return;
  const double seconds = std::chrono::duration<double>(now - adapted_at_).count();
  const double taken = static_cast<double>(taken_) / std::max(seconds, 1e-3);
  adapted_at_ = now;
  adapt_at_ = now + kAdaptEvery;
  taken_ = 0;
  const auto p99 = fsync_p99(now);
  if (p99 && *p99 > std::chrono::milliseconds(limits_.fsync_p99_max_ms)) {
    rate_ = std::max(static_cast<double>(kUploadRateLeast), std::min(rate_, taken > 0 ? taken : rate_) / 2);
  } else {
    rate_ = rate_ < kRateForgotten ? rate_ * kRateRecovery : kRateUnlimited;
  }
  rate_ = std::min(rate_, rate_most_);
}

void UploadControl::note_fsync(std::chrono::nanoseconds took) {
  if (limits_.fsync_p99_max_ms == 0) return;
  const std::lock_guard hold(mutex_);
  fsyncs_[next_fsync_++ % fsyncs_.size()] = {clock_.steady(), took};
}

std::optional<std::chrono::nanoseconds> UploadControl::fsync_p99(Steady now) const {
  std::vector<std::chrono::nanoseconds> recent;
  for (const Sample& sample : fsyncs_) {
    if (sample.at >= Steady{0} && now - sample.at <= kFsyncWindow) recent.push_back(sample.took);
  }
  if (recent.empty()) return std::nullopt;
  const std::size_t rank = (recent.size() * 99 + 99) / 100 - 1;
  std::ranges::nth_element(recent, recent.begin() + static_cast<std::ptrdiff_t>(rank));
  return recent[rank];
}

void UploadControl::give_up_stalled() {
  const auto limit = std::chrono::milliseconds(limits_.stall_ms);
  for (const auto& upload : uploads()) {
    const auto idle = clock_.steady() - upload->moved_at.load();
    if (upload->waits || idle < limit || upload->given_up.exchange(true)) continue;
    ++stalls_;
    log_error("partition",
              "upload of {} has not moved for {} s, at {} of {} bytes: given up and tried again later. The object store takes no "
              "data, or the disk gives none; see tier_store_reachable",
              upload->segment(), std::chrono::duration_cast<std::chrono::seconds>(idle).count(), upload->read.load(),
              upload->spec.bytes);
  }
}

/// Those whose file is still there. Takes mutex_; forgets the others.
std::vector<std::shared_ptr<UploadControl::Upload>> UploadControl::uploads() const {
  std::vector<std::shared_ptr<Upload>> out;
  const std::lock_guard hold(mutex_);
  std::erase_if(uploads_, [](const auto& upload) { return upload.expired(); });
  for (const auto& upload : uploads_) {
    if (auto alive = upload.lock()) out.push_back(std::move(alive));
  }
  return out;
}

std::vector<UploadProgress> UploadControl::running() const {
  std::vector<UploadProgress> out;
  for (const auto& upload : uploads()) {
    const auto idle = upload->waits ? std::chrono::nanoseconds{} : clock_.steady() - upload->moved_at.load();
    out.push_back({upload->segment(), upload->read, upload->spec.bytes, idle});
  }
  return out;
}

std::optional<double> UploadControl::rate() const {
  const std::lock_guard hold(mutex_);
  return rate_ < kRateUnlimited ? std::optional(rate_) : std::nullopt;
}

}  // namespace takhin::partition
