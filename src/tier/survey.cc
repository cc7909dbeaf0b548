#include "tier/survey.h"

#include <algorithm>
#include <map>
#include <set>

#include "tier/bucket.h"
#include "tier/catalog_index.h"
#include "tier/format.h"
#include "tier/small_objects.h"

namespace takhin::tier {
namespace {

struct Found {
  SegmentEntry segment;
  object::ObjectInfo object;
};

/// Which of `standing` (by offset) covers `segment` and is the reason that it does not stand.
const CatalogEntry* coverer(const std::vector<CatalogEntry>& standing, const SegmentEntry& segment) {
  auto after = std::ranges::upper_bound(standing, segment.base, {}, [](const CatalogEntry& e) { return e.segment.base; });
  while (after != standing.begin()) {
    const SegmentEntry& other = std::prev(after)->segment;
    if (other.end >= segment.end && other.generation >= segment.generation) return &*std::prev(after);
    --after;
  }
  return nullptr;
}

/// Sorts the objects of a partition into those that stand and those that are left over.
void divide(const std::vector<Found>& found, TimestampMs log_start_at, SurveyedPartition& into) {
  std::vector<CatalogEntry> entries;
  std::map<Uuid, TimestampMs> modified;
  for (const Found& each : found) {
    entries.push_back({each.segment, each.object.size, each.object.crc32c});
    modified.emplace(each.segment.id, each.object.modified);
  }
  into.standing = standing(std::move(entries));
  std::set<Uuid> stand;
  for (const CatalogEntry& entry : into.standing) stand.insert(entry.segment.id);
  const auto below_start = [&](const SegmentEntry& e) { return into.log_start != kNoOffset && e.end <= into.log_start; };
  for (const Found& each : found) {
    if (below_start(each.segment)) {
      into.leftovers.push_back({each.object, Leftover::kBelowLogStart, std::max(each.object.modified, log_start_at), {}});
    } else if (!stand.contains(each.segment.id)) {
      const CatalogEntry* other = coverer(into.standing, each.segment);
      TAKHIN_ASSERT(other != nullptr, "standing() left out a segment that nothing covers");
      const bool copy = other->segment.generation == each.segment.generation;
      into.leftovers.push_back({each.object, copy ? Leftover::kCopy : Leftover::kSuperseded,
                                std::max(each.object.modified, modified.at(other->segment.id)), *other});
    }
  }
  std::erase_if(into.standing, [&](const CatalogEntry& e) { return below_start(e.segment); });
}

class Walk {
 public:
  Walk(object::ObjectStore& store, Clock& clock, SurveyVisitor& visitor) : store_(store), clock_(clock), visitor_(visitor) {}

  Result<> run() {
    TRY(load_tombstones());
    std::string after;
    for (bool more = true; more;) {
      TRY(const auto page, store_.list("", after, soon()));
      more = page.more && !page.objects.empty();
      for (const auto& object : page.objects) {
        after = object.key.name;
        TRY(take(object));
      }
    }
    TRY(end_topic());
    for (const auto& [id, tombstone] : tombstones_) {
      if (tombstone.met) continue;
      TRY(visitor_.topic({tombstone.topic, {}, {}, tombstone.at, {}}));
    }
    return done();
  }

 private:
  struct Tombstone {
    TopicDir topic;
    TimestampMs at{};
    bool met = false;
  };

  Deadline soon() const { return Deadline::in(clock_, kCareCallTime); }

  Result<> load_tombstones() {
    return object::for_each(store_, kTombstonePrefix, "", soon(), [this](const object::ObjectInfo& object) {
      if (auto topic = parse_tombstone_name(object.key.name)) {
        const Uuid id = topic->id;
        tombstones_.emplace(id, Tombstone{*std::move(topic), object.modified});
      }
      return done();
    });
  }

  Result<> take(const object::ObjectInfo& object) {
    const std::string& name = object.key.name;
    const auto slash = name.find('/');
    auto topic = slash == std::string::npos ? std::nullopt : parse_topic_dir(std::string_view(name).substr(0, slash));
    if (!topic) return done();  // a tombstone, or a stranger's
    if (!topic_ || topic_->topic.id != topic->id || topic_->topic.topic != topic->topic) {
      TRY(end_topic());
      begin_topic(*std::move(topic));
    }
    if (topic_->deleted_at) {
      topic_->leftovers.push_back({object, Leftover::kDeletedTopic, std::max(object.modified, *topic_->deleted_at), {}});
      return done();
    }
    return take_of_topic(object, std::string_view(name).substr(slash + 1));
  }

  Result<> take_of_topic(const object::ObjectInfo& object, std::string_view rest) {
    if (rest == "topic.json") return take_record(object);
    if (auto parsed = parse_object_name(object.key.name)) {
      TRY(enter(parsed->partition));
      if (object.size < kFooterBytes) {
        partition_->stumps.push_back(object);
      } else {
        found_.push_back({parsed->entry, object});
      }
      return done();
    }
    if (const auto segment = segment_of_key_object(object.key.name)) {
      TRY(enter(parse_object_name(*segment)->partition));
      keys_.emplace(*segment, object);
      return done();
    }
    if (auto partition = parse_state_name(object.key.name)) {
      TRY(enter(*partition));
      const auto json = get_small(store_, object, soon());
      const Result<Offset> start = json.ok() ? parse_state(*json) : Result<Offset>(json.error());
      if (!start.ok()) return fault(start.error(), partition_->state_fault);
      partition_->log_start = *start;
      log_start_at_ = object.modified;
    }
    return done();
  }

  Result<> take_record(const object::ObjectInfo& object) {
    const auto json = get_small(store_, object, soon());
    auto record = json.ok() ? parse_topic(*json) : Result<TopicRecord>(json.error());
    if (!record.ok()) return fault(record.error(), topic_->record_fault);
    topic_->record = *std::move(record);
    return done();
  }

  /// What is wrong with the object is a finding, what is wrong with the store ends the walk.
  static Result<> fault(const Error& error, std::optional<Error>& into) {
    if (error.kind != Kind::kCorrupt && error.kind != Kind::kInvalid) return error;
    into = error;
    return done();
  }

  Result<> enter(const PartitionRef& partition) {
    if (partition_ && partition_->partition == partition) return done();
    TRY(end_partition());
    partition_.emplace().partition = partition;
    return done();
  }

  Result<> end_partition() {
    if (!partition_) return done();
    for (const Found& each : found_) keys_.erase(each.object.key.name);
    for (const object::ObjectInfo& stump : partition_->stumps) keys_.erase(stump.key.name);
    for (auto& [segment, key] : std::exchange(keys_, {})) partition_->orphan_keys.push_back(std::move(key));
    divide(std::exchange(found_, {}), std::exchange(log_start_at_, TimestampMs{}), *partition_);
    const SurveyedPartition over = std::move(*partition_);
    partition_.reset();
    return visitor_.partition(over);
  }

  void begin_topic(TopicDir topic) {
    topic_.emplace().topic = std::move(topic);
    if (const auto tombstone = tombstones_.find(topic_->topic.id); tombstone != tombstones_.end()) {
      tombstone->second.met = true;
      topic_->deleted_at = tombstone->second.at;
    }
  }

  Result<> end_topic() {
    TRY(end_partition());
    if (!topic_) return done();
    const SurveyedTopic over = std::move(*topic_);
    topic_.reset();
    return visitor_.topic(over);
  }

  object::ObjectStore& store_;
  Clock& clock_;
  SurveyVisitor& visitor_;
  std::map<Uuid, Tombstone> tombstones_;
  std::optional<SurveyedTopic> topic_;
  std::optional<SurveyedPartition> partition_;
  std::vector<Found> found_;
  std::map<std::string, object::ObjectInfo> keys_;  // key objects of the partition, by their segment's name
  TimestampMs log_start_at_{};
};

}  // namespace

Result<Bytes> get_small(object::ObjectStore& store, const object::ObjectInfo& info, Deadline deadline) {
  if (info.size > kSmallObjectBytesMax) return fail(Kind::kCorrupt, "{}: {} bytes are too many", info.key.name, info.size);
  return store.get(info.key, {0, info.size}, deadline);
}

Result<> survey(object::ObjectStore& store, Clock& clock, SurveyVisitor& visitor) { return Walk(store, clock, visitor).run(); }

}  // namespace takhin::tier
