#include "broker/features.h"

#include <algorithm>

#include "base/text.h"
#include "broker/kept_lines.h"

namespace takhin::broker {
namespace {

constexpr std::string_view kHeader = "takhin features 1";
constexpr std::string_view kEpoch = "epoch";

// group.version is KIP-848's: at 0 there are classic groups only. metadata.version is Kafka 4.0's: tools show it, nothing here
// depends on it. transaction.version is KIP-890's: producers that see 2 add partitions with their batches and count an epoch for
// each transaction.
constexpr FeatureRow kRows[] = {
    {"group.version", 0, 1, 1, true}, {"metadata.version", 7, 25, 25, false}, {"transaction.version", 0, 2, 2, true}};
static_assert(std::ranges::is_sorted(kRows, {}, &FeatureRow::name));

const FeatureRow* find_row(std::string_view name) {
  const auto* found = std::ranges::find(kRows, name, &FeatureRow::name);
  return found == std::end(kRows) ? nullptr : found;
}

Features::Refusal refused(const Features::Change& change, std::string_view why) {
  return {protocol::ErrorCode::kInvalidUpdateVersion,
          fmt::format("Invalid update version {} for feature {}. {}", change.level, printable(change.feature), why)};
}

/// "name level". What this version does not know is left alone: it was written by a newer one.
bool read_line(std::string_view line, FinalizedFeatures& out) {
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, blank), number = line.substr(blank + 1);
  if (name == kEpoch) {
    const auto epoch = number_of<decltype(out.epoch)>(number);
    if (epoch) out.epoch = *epoch;
    return epoch && *epoch >= 0;
  }
  const auto level = number_of<std::int16_t>(number);
  if (!level || *level < 0) return false;
  if (const FeatureRow* row = find_row(name)) out.levels[std::string(name)] = std::clamp(*level, row->min, row->max);
  return true;
}

}  // namespace

std::span<const FeatureRow> feature_rows() { return kRows; }

Result<std::unique_ptr<Features>> Features::open(FileSystem& files, std::string path) {
  std::unique_ptr<Features> made(new Features(files, std::move(path)));
  for (const FeatureRow& row : kRows) made->now_.levels[std::string(row.name)] = row.fresh;
  TRY(made->load());
  return made;
}

Result<> Features::load() {
  return read_kept_lines(files_, path_, kHeader, [this](std::string_view line) { return read_line(line, now_); });
}

FinalizedFeatures Features::finalized() const {
  const std::lock_guard hold(mutex_);
  return now_;
}

std::int16_t Features::level(std::string_view feature) const {
  const std::lock_guard hold(mutex_);
  const auto found = now_.levels.find(feature);
  return found == now_.levels.end() ? std::int16_t{0} : found->second;
}

Features::Refusal Features::check(const Change& change) const {
  const auto raw = static_cast<std::int8_t>(change.direction);
  if (raw < 1 || raw > 3) return refused(change, "The controller does not support the given upgrade type.");
  if (change.level < 0) return refused(change, "A feature version cannot be less than 0.");
  const FeatureRow* row = find_row(change.feature);
  if (row == nullptr) return refused(change, "Local controller does not support this feature.");
  const std::int16_t now = level(change.feature);
  if (change.level != 0 && (change.level < row->min || change.level > row->max)) {
    return refused(change, fmt::format("Local controller only supports versions {}-{}", row->min, row->max));
  }
  const bool up = change.direction == Direction::kUpgrade;
  if (change.level < now && up) {
    return refused(change,
                   "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe "
                   "downgrade.");
  }
  if (change.level > now && !up) return refused(change, "Can't downgrade to a newer version.");
  if (change.level == now || row->lowers || up) return {};
  const bool force = change.direction == Direction::kUnsafeDowngrade;
  return {protocol::ErrorCode::kInvalidUpdateVersion,
          fmt::format("Invalid {} {}. {}", change.feature, change.level,
                      force ? "Unsafe metadata downgrade is not supported in this version."
                            : "Refusing to perform the requested downgrade because it might delete metadata information.")};
}

Result<> Features::apply(const std::vector<Change>& changes) {
  const std::lock_guard one_writer(change_mutex_);
  FinalizedFeatures next = finalized();
  for (const Change& change : changes) next.levels[change.feature] = change.level;
  if (next.levels == finalized().levels) return done();
  ++next.epoch;
  std::string text = fmt::format("{}\n{} {}\n", kHeader, kEpoch, next.epoch);
  for (const auto& [name, level] : next.levels) text += fmt::format("{} {}\n", name, level);
  TRY(write_atomically(files_, path_, view_of(text)));
  const std::lock_guard hold(mutex_);
  now_ = std::move(next);
  return done();
}

}  // namespace takhin::broker
