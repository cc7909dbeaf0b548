#include "tier/gc.h"

#include <algorithm>
#include <map>

#include "tier/archiver.h"
#include "tier/bucket.h"
#include "tier/verifier.h"

namespace takhin::tier {
namespace {

GarbageKind garbage_of(Leftover why) {
  switch (why) {
    case Leftover::kSuperseded: return GarbageKind::kSuperseded;
    case Leftover::kCopy: return GarbageKind::kCopy;
    case Leftover::kBelowLogStart: return GarbageKind::kBelowLogStart;
    case Leftover::kDeletedTopic: return GarbageKind::kDeletedTopic;
  }
  return GarbageKind::kCopy;
}

Garbage item_of(GarbageKind kind, const object::ObjectInfo& object, TimestampMs since) {
  return {kind, GarbageFate::kTooYoung, object.key.name, object.size, since, {}};
}

class Collector final : public SurveyVisitor {
 public:
  Collector(const GcInput& in, const GcOptions& options)
      : in_(in), options_(options), before_{in.clock.wall().raw - options.grace.count()} {}

  Result<> partition(const SurveyedPartition& found) override;
  Result<> topic(const SurveyedTopic& found) override;
  void abort_uploads();
  GcReport take() { return std::move(report_); }

 private:
  Deadline soon() const { return Deadline::in(in_.clock, kCareCallTime); }
  bool only_looks() const { return options_.dry_run || options_.write_once; }
  void note(Garbage item) {
    const auto fate = static_cast<std::size_t>(item.fate);
    ++report_.counts[fate];
    report_.bytes[fate] += item.bytes;
    if (report_.items.size() < kGarbageListMax) report_.items.push_back(std::move(item));
  }
  /// Decides and does; fills in the fates.
  void remove(std::vector<Garbage>& items);
  void remove_batch(std::span<Garbage* const> old);
  Result<std::optional<Garbage>> reserved_of(const SurveyedPartition& found);
  std::optional<std::string> doubt_about(const PartitionRef& partition, const LeftoverObject& leftover);

  const GcInput& in_;
  const GcOptions& options_;
  const TimestampMs before_;
  GcReport report_;
  std::map<Uuid, std::optional<std::string>> doubts_;  // of one partition, by the id of what stands
};

void Collector::remove(std::vector<Garbage>& items) {
  std::vector<Garbage*> old;
  for (Garbage& item : items) {
    if (item.since > before_) continue;
    item.fate = GarbageFate::kWouldGo;
    old.push_back(&item);
  }
  if (only_looks()) return;
  for (std::span<Garbage* const> left(old); !left.empty();) {
    const auto batch = left.first(std::min(left.size(), object::kRemoveBatchMax / 2));
    remove_batch(batch);
    left = left.subspan(batch.size());
  }
}

void Collector::remove_batch(std::span<Garbage* const> old) {
  std::vector<object::ObjectKey> keys;
  for (const Garbage* item : old) {
    keys.push_back({item->object});
    // A rewrapped segment has a key object; an absent one costs nothing to remove.
    if (parse_object_name(item->object)) keys.push_back({key_object_name(item->object)});
  }
  const auto failed = in_.store.remove(keys, soon());
  std::map<std::string_view, const Error*> refusals;
  if (failed.ok()) {
    for (const auto& [key, error] : *failed) refusals.emplace(key.name, &error);
  }
  for (Garbage* item : old) {
    const auto refusal_of = [&](const std::string& name) {
      const auto refused = refusals.find(name);
      return refused == refusals.end() ? nullptr : refused->second;
    };
    const Error* const why = failed.ok() ? refusal_of(item->object) : &failed.error();
    const Error* const why_key =
        why == nullptr && parse_object_name(item->object) ? refusal_of(key_object_name(item->object)) : nullptr;
    item->fate = why == nullptr && why_key == nullptr ? GarbageFate::kRemoved : GarbageFate::kRefused;
    if (why != nullptr) item->refusal = why->text;
    // The segment went: the next collection meets its key object as an orphan.
    if (why_key != nullptr) item->refusal = "its key object stays: " + why_key->text;
  }
}

/// What was replaced goes only when its replacement is sound: it could be the last good copy. Cost: 1 GET per replacement.
std::optional<std::string> Collector::doubt_about(const PartitionRef& partition, const LeftoverObject& leftover) {
  if (!leftover.in_its_place) return std::nullopt;
  const auto [known, fresh] = doubts_.try_emplace(leftover.in_its_place->segment.id);
  if (fresh) {
    const auto tail = fetch_checked_tail(in_.store, in_.keys, partition, *leftover.in_its_place, soon());
    if (!tail.ok()) known->second = tail.error().text;
  }
  return known->second;
}

/// What an attempt to archive left behind. A whole object stays: the broker adopts it at its next start.
Result<std::optional<Garbage>> Collector::reserved_of(const SurveyedPartition& found) {
  if (in_.catalog == nullptr) return std::optional<Garbage>();
  TRY(const std::string name, in_.catalog->get_note(found.partition, kReservedNote));
  const auto at = std::ranges::find_if(found.standing, [&](const CatalogEntry& entry) {
    return object_name(found.partition, entry.segment) == name;
  });
  if (name.empty() || at == found.standing.end()) return std::optional<Garbage>();
  const auto known = in_.catalog->find(found.partition, at->segment.base);
  if (known && known->segment.id == at->segment.id) return std::optional<Garbage>();
  const auto whole = read_back(in_.store, in_.keys, found.partition, *at, options_.fetch_bytes_max, soon());
  if (whole.ok() || whole.error().kind != Kind::kCorrupt) return std::optional<Garbage>();
  TRY(const auto info, in_.store.head({name}, soon()));
  return std::optional(item_of(GarbageKind::kReserved, info, info.modified));
}

Result<> Collector::partition(const SurveyedPartition& found) {
  doubts_.clear();
  std::vector<Garbage> items;
  for (const LeftoverObject& leftover : found.leftovers) {
    Garbage item = item_of(garbage_of(leftover.why), leftover.object, leftover.since);
    const auto doubt = leftover.since > before_ ? std::nullopt : doubt_about(found.partition, leftover);
    if (doubt) {
      item.fate = GarbageFate::kRefused;
      item.refusal = "what stands in its place cannot be read: " + *doubt;
      note(std::move(item));
    } else {
      items.push_back(std::move(item));
    }
  }
  for (const object::ObjectInfo& key : found.orphan_keys) {
    items.push_back(item_of(GarbageKind::kOrphanKey, key, key.modified));
  }
  TRY(auto reserved, reserved_of(found));
  if (reserved) items.push_back(*std::move(reserved));
  remove(items);
  // Objects first: an entry without an object below the log start hurts nobody, an object without an entry is paid for.
  std::vector<Uuid> gone;
  for (Garbage& item : items) {
    if (item.fate == GarbageFate::kRemoved) {
      if (const auto parsed = parse_object_name(item.object)) gone.push_back(parsed->entry.id);
    }
    note(std::move(item));
  }
  return in_.catalog == nullptr ? done() : in_.catalog->remove(found.partition, gone);
}

Result<> Collector::topic(const SurveyedTopic& found) {
  if (!found.deleted_at) return done();
  std::vector<Garbage> items;
  for (const LeftoverObject& leftover : found.leftovers) {
    items.push_back(item_of(GarbageKind::kDeletedTopic, leftover.object, leftover.since));
  }
  remove(items);
  const bool empty = std::ranges::all_of(items, [](const Garbage& item) { return item.fate == GarbageFate::kRemoved; });
  for (Garbage& item : items) note(std::move(item));
  if (!empty && !only_looks()) return done();  // the tombstone stands until the last object is gone
  if (in_.catalog != nullptr && !only_looks()) {
    for (const PartitionRef& partition : in_.catalog->partitions()) {
      if (partition.topic_id == found.topic.id) TRY(in_.catalog->remove_partition(partition));
    }
  }
  std::vector<Garbage> tombstone{item_of(GarbageKind::kTombstone, {{tombstone_name(found.topic)}}, *found.deleted_at)};
  remove(tombstone);
  note(std::move(tombstone.front()));
  return done();
}

void Collector::abort_uploads() {
  if (options_.dry_run) {
    if (!in_.count_uploads) return;
    const auto counted = in_.count_uploads(before_, soon());
    if (counted.ok()) {
      report_.uploads_would_go = *counted;
    } else {
      report_.uploads_refusal = counted.error();
    }
    return;
  }
  const auto aborted = in_.store.abort_uploads("", before_, soon());
  if (aborted.ok()) {
    report_.uploads_aborted = *aborted;
  } else {
    report_.uploads_refusal = aborted.error();
  }
}

}  // namespace

std::string_view name_of(GarbageKind kind) {
  constexpr std::string_view kNames[kGarbageKinds] = {"superseded",    "copy",      "below_log_start",
                                                      "deleted_topic", "tombstone", "reserved", "orphan_key"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(GarbageFate fate) {
  constexpr std::string_view kNames[kGarbageFates] = {"removed", "would_go", "too_young", "refused"};
  return kNames[static_cast<std::size_t>(fate)];
}

Result<GcReport> collect_garbage(const GcInput& input, const GcOptions& options) {
  Collector collector(input, options);
  TRY(survey(input.store, input.clock, collector));
  collector.abort_uploads();
  return collector.take();
}

}  // namespace takhin::tier
