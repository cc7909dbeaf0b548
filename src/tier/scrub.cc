#include "tier/scrub.h"

#include <numeric>
#include <set>

#include "base/in_parallel.h"
#include "base/kinds.h"
#include "tier/bucket.h"
#include "tier/verifier.h"

namespace takhin::tier {
namespace {

AnomalyKind anomaly_of(Leftover why) {
  switch (why) {
    case Leftover::kSuperseded: return AnomalyKind::kSuperseded;
    case Leftover::kCopy: return AnomalyKind::kCopy;
    case Leftover::kBelowLogStart: return AnomalyKind::kBelowLogStart;
    case Leftover::kDeletedTopic: return AnomalyKind::kDeletedTopic;
  }
  return AnomalyKind::kCopy;
}

/// Says of the object what it is, not of the store that it cannot be asked.
bool is_finding(Kind kind) {
  return kind == Kind::kCorrupt || kind == Kind::kInvalid || kind == Kind::kNotFound || kind == Kind::kOutOfRange;
}

class Scrubber final : public SurveyVisitor {
 public:
  Scrubber(const ScrubInput& in, const ScrubOptions& options) : in_(in), options_(options) {}

  Result<> partition(const SurveyedPartition& found) override;
  Result<> topic(const SurveyedTopic& found) override;
  /// After the walk: partitions of which the bucket has nothing.
  Result<> end();
  ScrubReport take() { return std::move(report_); }

 private:
  using MaybeAnomaly = std::optional<Anomaly>;

  void add(Anomaly anomaly) {
    ++report_.counts[static_cast<std::size_t>(anomaly.kind)];
    if (report_.anomalies.size() < kAnomaliesMax) report_.anomalies.push_back(std::move(anomaly));
  }
  static Anomaly of(AnomalyKind kind, const PartitionRef& partition, const SegmentEntry& segment, std::string detail) {
    return {kind, partition.topic, partition.partition, object_name(partition, segment), segment.base, segment.end,
            std::move(detail)};
  }
  void add_leftover(const std::string& topic, const LeftoverObject& leftover) {
    Anomaly out{anomaly_of(leftover.why), topic, -1, leftover.object.key.name, kNoOffset, kNoOffset, {}};
    if (const auto parsed = parse_object_name(out.object)) {
      out.partition = parsed->partition.partition;
      out.base = parsed->entry.base;
      out.end = parsed->entry.end;
    }
    out.detail = fmt::format("{} bytes", leftover.object.size);
    add(std::move(out));
  }
  void look_for_gaps(const SurveyedPartition& found);
  void compare_with_catalogue(const SurveyedPartition& found);
  Result<> look_into(const SurveyedPartition& found);
  Result<MaybeAnomaly> look_into(const PartitionRef& partition, const CatalogEntry& entry) const;
  Result<MaybeAnomaly> compare_checksum(const PartitionRef& partition, const CatalogEntry& listed, std::uint32_t on_record) const;
  std::optional<AnomalyKind> refused(const PartitionRef& partition, const SegmentEntry& segment, Kind kind) const;
  Deadline soon() const { return Deadline::in(in_.clock, kCareCallTime); }

  const ScrubInput& in_;
  const ScrubOptions& options_;
  ScrubReport report_;
  std::set<PartitionRef> seen_;
  std::set<Uuid> deleted_;
  std::map<std::string, Uuid> ids_;
};

Result<> Scrubber::partition(const SurveyedPartition& found) {
  const PartitionRef& ref = found.partition;
  seen_.insert(ref);
  ++report_.partitions;
  report_.segments += found.standing.size();
  for (const CatalogEntry& entry : found.standing) {
    report_.object_bytes += entry.object_bytes;
    report_.log_bytes += entry.segment.log_bytes;
  }
  if (found.state_fault) {
    add({AnomalyKind::kUnreadableState, ref.topic, ref.partition, partition_prefix(ref) + "state.json", kNoOffset, kNoOffset,
         found.state_fault->text});
  }
  for (const object::ObjectInfo& stump : found.stumps) {
    add({AnomalyKind::kStump, ref.topic, ref.partition, stump.key.name, kNoOffset, kNoOffset,
         fmt::format("{} bytes", stump.size)});
  }
  look_for_gaps(found);
  compare_with_catalogue(found);
  TRY(look_into(found));
  for (const LeftoverObject& leftover : found.leftovers) add_leftover(ref.topic, leftover);
  return done();
}

void Scrubber::look_for_gaps(const SurveyedPartition& found) {
  const PartitionRef& ref = found.partition;
  const LocalExtent* known = nullptr;
  if (in_.local != nullptr) {
    if (const auto at = in_.local->find(ref); at != in_.local->end()) known = &at->second;
  }
  // Where a bucket's first segment should begin only the data directory knows: retention that ran before anything was archived
  // leaves no trace in the bucket.
  Offset end = known == nullptr ? kNoOffset : std::max(known->log_start, found.log_start);
  const Offset local_start = known == nullptr ? Offset{INT64_MAX} : known->local_start;
  const auto gap = [&](Offset to) {
    if (end == kNoOffset || to <= end) return;
    add({AnomalyKind::kGap, ref.topic, ref.partition, "", end, to,
         known == nullptr ? "in no object; the local log may have it" : "in no object and not in the local log"});
  };
  const SegmentEntry* before = nullptr;
  for (const CatalogEntry& entry : found.standing) {
    const SegmentEntry& segment = entry.segment;
    gap(std::min(segment.base, local_start));
    if (before != nullptr && segment.base < before->end) {
      add(of(AnomalyKind::kOverlap, ref, segment, "also in " + object_name(ref, *before)));
    }
    if (before == nullptr || segment.end > before->end) before = &segment;
    end = std::max(end, segment.end);
  }
  if (known != nullptr) gap(local_start);
}

void Scrubber::compare_with_catalogue(const SurveyedPartition& found) {
  if (in_.catalog == nullptr) return;
  std::map<Uuid, const CatalogEntry*> listed;
  for (const CatalogEntry& entry : found.standing) listed.emplace(entry.segment.id, &entry);
  std::set<std::string> leftovers;
  for (const LeftoverObject& leftover : found.leftovers) leftovers.insert(leftover.object.key.name);
  for (const CatalogEntry& entry : in_.catalog->list(found.partition)) {
    const auto there = listed.find(entry.segment.id);
    if (there == listed.end()) {
      if (leftovers.contains(object_name(found.partition, entry.segment))) continue;  // told as what it is
      add(of(AnomalyKind::kMissingObject, found.partition, entry.segment, "on record, not in the bucket"));
      continue;
    }
    if (there->second->object_bytes != entry.object_bytes) {
      add(of(AnomalyKind::kWrongSize, found.partition, entry.segment,
             fmt::format("the store has {} bytes, on record are {}", there->second->object_bytes, entry.object_bytes)));
    }
    listed.erase(there);
  }
  for (const CatalogEntry& entry : found.standing) {
    if (!listed.contains(entry.segment.id)) continue;
    add(of(AnomalyKind::kUnrecordedObject, found.partition, entry.segment, "in the bucket, not on record"));
  }
}

Result<> Scrubber::look_into(const SurveyedPartition& found) {
  std::vector<Result<MaybeAnomaly>> looked(found.standing.size(), MaybeAnomaly());
  in_parallel(looked.size(), options_.threads,
              [&](std::size_t at) { looked[at] = look_into(found.partition, found.standing[at]); });
  for (auto& one : looked) {
    TRY(auto anomaly, std::move(one));
    if (anomaly) add(*std::move(anomaly));
  }
  return done();
}

Result<Scrubber::MaybeAnomaly> Scrubber::look_into(const PartitionRef& partition, const CatalogEntry& listed) const {
  const auto known = in_.catalog == nullptr ? std::nullopt : in_.catalog->find(partition, listed.segment.base);
  const bool on_record = known && known->segment.id == listed.segment.id;
  if (on_record && known->object_bytes != listed.object_bytes) return MaybeAnomaly();  // told already
  const auto tail = fetch_checked_tail(in_.store, in_.keys, partition, listed, soon());
  if (!tail.ok()) {
    if (const auto refusal = refused(partition, listed.segment, tail.error().kind)) {
      return MaybeAnomaly(of(*refusal, partition, listed.segment, tail.error().text));
    }
    if (!is_finding(tail.error().kind)) return tail.error();
    const bool gone = tail.error().kind == Kind::kNotFound;
    return MaybeAnomaly(of(gone ? AnomalyKind::kMissingObject : AnomalyKind::kUnreadableTail, partition, listed.segment,
                           gone ? "listed, but not there" : tail.error().text));
  }
  if (on_record && known->crc32c) {
    TRY(auto wrong, compare_checksum(partition, listed, *known->crc32c));
    if (wrong) return wrong;
  }
  if (!options_.deep) return MaybeAnomaly();
  CatalogEntry entry = listed;
  if (on_record && known->crc32c) entry.crc32c = known->crc32c;
  const std::uint64_t gets = 1 + entry.object_bytes / options_.fetch_bytes_max;
  const auto read = read_back(in_.store, in_.keys, partition, entry, options_.fetch_bytes_max,
                              Deadline::in(in_.clock, kCareCallTime * (2 + gets)));
  if (read.ok()) return MaybeAnomaly();
  if (const auto refusal = refused(partition, listed.segment, read.error().kind)) {
    return MaybeAnomaly(of(*refusal, partition, listed.segment, read.error().text));
  }
  if (!is_finding(read.error().kind)) return read.error();
  return MaybeAnomaly(of(AnomalyKind::kDamagedObject, partition, entry.segment, read.error().text));
}

/// What it means that this object is not given out; nothing when it says something of the store as a whole.
std::optional<AnomalyKind> Scrubber::refused(const PartitionRef& partition, const SegmentEntry& segment, Kind kind) const {
  if (kind == kKeyFailed) return AnomalyKind::kLostKey;
  if (kind == kFrozen) return AnomalyKind::kFrozen;
  const bool lets_see = kind == Kind::kDenied && in_.store.head({object_name(partition, segment)}, soon()).ok();
  return lets_see ? std::optional(AnomalyKind::kRefused) : std::nullopt;
}

Result<Scrubber::MaybeAnomaly> Scrubber::compare_checksum(const PartitionRef& partition, const CatalogEntry& listed,
                                                          std::uint32_t on_record) const {
  auto told = listed.crc32c;
  if (!told) {
    const auto info = in_.store.head({object_name(partition, listed.segment)}, soon());
    if (!info.ok()) {
      if (info.error().kind != Kind::kNotFound) return info.error();
      return MaybeAnomaly(of(AnomalyKind::kMissingObject, partition, listed.segment, "listed, but not there"));
    }
    told = info->crc32c;
  }
  if (!told || *told == on_record) return MaybeAnomaly();
  return MaybeAnomaly(of(AnomalyKind::kWrongChecksum, partition, listed.segment,
                         fmt::format("the store says crc32c {:08x}, on record is {:08x}", *told, on_record)));
}

Result<> Scrubber::topic(const SurveyedTopic& found) {
  const TopicDir& dir = found.topic;
  const std::string record = topic_prefix(dir.topic, dir.id) + "topic.json";
  if (found.deleted_at) {
    deleted_.insert(dir.id);
    if (found.leftovers.empty()) {
      add({AnomalyKind::kDeletedTopic, dir.topic, -1, tombstone_name(dir), kNoOffset, kNoOffset,
           "its objects are gone, its tombstone is not"});
    }
    for (const LeftoverObject& leftover : found.leftovers) add_leftover(dir.topic, leftover);
    return done();
  }
  ++report_.topics;
  if (found.record_fault) {
    add({AnomalyKind::kUnreadableTopicRecord, dir.topic, -1, record, kNoOffset, kNoOffset, found.record_fault->text});
  } else if (!found.record) {
    add({AnomalyKind::kNoTopicRecord, dir.topic, -1, record, kNoOffset, kNoOffset, "partition count and configs are not known"});
  }
  const auto [first, fresh] = ids_.emplace(dir.topic, dir.id);
  if (!fresh) {
    add({AnomalyKind::kNameTwice, dir.topic, -1, record, kNoOffset, kNoOffset,
         "the other one is " + topic_prefix(dir.topic, first->second)});
  }
  return done();
}

Result<> Scrubber::end() {
  if (in_.local != nullptr) {
    for (const auto& [partition, extent] : *in_.local) {
      if (!seen_.contains(partition) && !deleted_.contains(partition.topic_id)) look_for_gaps({.partition = partition});
    }
  }
  if (in_.catalog == nullptr) return done();
  for (const PartitionRef& partition : in_.catalog->partitions()) {
    if (seen_.contains(partition) || deleted_.contains(partition.topic_id)) continue;
    for (const CatalogEntry& entry : in_.catalog->list(partition)) {
      add(of(AnomalyKind::kMissingObject, partition, entry.segment, "on record, not in the bucket"));
    }
  }
  return done();
}

}  // namespace

std::string_view name_of(AnomalyKind kind) {
  constexpr std::string_view kNames[kAnomalyKinds] = {
      "gap",          "overlap",          "missing_object",          "unrecorded_object", "wrong_size", "wrong_checksum",
      "unreadable_tail", "damaged_object", "lost_key", "refused_object", "frozen", "stump", "unreadable_state",
      "unreadable_topic_record",
      "no_topic_record", "name_twice",   "superseded",       "copy",                    "below_log_start",   "deleted_topic"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::uint64_t ScrubReport::anomalies_total() const {
  return std::accumulate(std::begin(counts), std::end(counts), std::uint64_t{0});
}

std::uint64_t ScrubReport::faults() const {
  return anomalies_total() - counts[static_cast<std::size_t>(AnomalyKind::kFrozen)];
}

Result<ScrubReport> scrub(const ScrubInput& input, const ScrubOptions& options) {
  Scrubber scrubber(input, options);
  TRY(survey(input.store, input.clock, scrubber));
  TRY(scrubber.end());
  return scrubber.take();
}

}  // namespace takhin::tier
