#include "assembly/recover.h"

#include <algorithm>
#include <map>

#include "assembly/node.h"
#include "assembly/options.h"
#include "base/log.h"
#include "base/worker_pool.h"
#include "broker/cluster_id.h"
#include "broker/groups/records.h"
#include "broker/groups/snapshot.h"
#include "broker/internal_topic.h"
#include "broker/producer_ids.h"
#include "log/producer_state.h"
#include "partition/topics_file.h"
#include "tier/survey.h"

namespace takhin::assembly {
namespace {

/// Producer ids that may have been given out since the bucket last heard of them are passed over: a block each time a
/// thousand are used up, so this is far more than any broker uses in the time between two copies.
constexpr std::int64_t kProducerIdsSkipped = 1'000'000;
constexpr std::string_view kGroupsPrefix = "groups/";

/// What the bucket has of topics that are not deleted.
class TopicsOfBucket final : public tier::SurveyVisitor {
 public:
  Result<> partition(const tier::SurveyedPartition& found) override {
    auto& count = partitions_[found.partition.topic_id];
    count = std::max(count, found.partition.partition + 1);
    return done();
  }
  Result<> topic(const tier::SurveyedTopic& found) override {
    if (found.deleted_at) return done();
    if (found.record_fault) {
      log_warn("recover", "{}: configs are lost: {}", found.topic.topic, found.record_fault->text);
    }
    tier::TopicRecord record = found.record.value_or(tier::TopicRecord{found.topic.topic, found.topic.id, 0, {}});
    record.partitions = std::max(record.partitions, partitions_[record.id]);
    if (record.partitions > 0) topics_.push_back(std::move(record));
    return done();
  }

  Result<std::vector<tier::TopicRecord>> chosen(const std::vector<std::string>& wanted) const;

 private:
  static bool matches(const tier::TopicRecord& topic, const std::string& wanted) {
    return topic.name == wanted || fmt::format("{}.{}", topic.name, topic.id.text()) == wanted;
  }

  std::map<Uuid, std::int32_t> partitions_;
  std::vector<tier::TopicRecord> topics_;
};

Result<std::vector<tier::TopicRecord>> TopicsOfBucket::chosen(const std::vector<std::string>& wanted) const {
  for (const std::string& name : wanted) {
    if (std::ranges::none_of(topics_, [&](const auto& topic) { return matches(topic, name); })) {
      return fail(Kind::kNotFound, "the bucket has no topic {}", name);
    }
  }
  std::vector<tier::TopicRecord> out;
  for (const tier::TopicRecord& topic : topics_) {
    const bool asked = std::ranges::any_of(wanted, [&](const auto& name) { return matches(topic, name); });
    if (wanted.empty() || asked || topic.name == broker::kOffsetsTopic) out.push_back(topic);
  }
  std::ranges::sort(out, {}, &tier::TopicRecord::name);
  const auto twice = std::ranges::adjacent_find(out, {}, &tier::TopicRecord::name);
  if (twice == out.end()) return out;
  return fail(Kind::kConflict, "two topics are called {0}: recover one of them, with --topic {0}.{1} or --topic {0}.{2}",
              twice->name, twice->id.text(), std::next(twice)->id.text());
}

class Recovery {
 public:
  Recovery(const System& system, metrics::Metrics& metrics, const config::Settings& settings)
      : system_(system), metrics_(metrics), settings_(settings), dir_(settings.text(kDataDir)) {}

  Result<RecoverReport> run(const std::vector<std::string>& topics) {
    TRY(prepare(topics).within("recover"));
    TRY(auto node, Node::open(system_, metrics_, settings_, NodeMode::kRecovering));
    TRY(look_at_partitions(*node));
    TRY(take_groups(*node));
    TRY(node->close());
    node.reset();
    TRY(finish());
    return std::move(report_);
  }

 private:
  std::string path(std::string_view name) const { return fmt::format("{}/{}", dir_, name); }

  /// An empty directory, the mark, and topics.json: what opening the partitions needs.
  Result<> prepare(const std::vector<std::string>& topics) {
    TRY(const auto lock, DataDir::open(system_, dir_));
    TRY(clear());
    TRY(write_atomically(system_.files, path(kRecoveryMark), view_of("takhin recover has not finished here\n")));
    TRY(const auto store, EngineStack::open(system_, metrics_, settings_, dir_));
    TopicsOfBucket found;
    TRY(tier::survey(store->store(), system_.clock, found).within("look through the bucket"));
    TRY(const auto chosen, found.chosen(topics));
    partition::TopicsFile file;
    for (const tier::TopicRecord& topic : chosen) {
      file.topics.push_back({topic.name, topic.id, topic.partitions, topic.configs, true});
      report_.topics += topic.name == broker::kOffsetsTopic ? 0 : 1;
    }
    TRY(load_groups(store->store()));
    return partition::store_topics(system_.files, path("topics.json"), file);
  }

  /// Nothing may be here, unless a recovery left it: that is started over.
  Result<> clear() {
    TRY(const auto entries, system_.files.list(dir_));
    const bool half_done = std::ranges::any_of(entries, [](const DirEntry& e) { return e.name == kRecoveryMark; });
    for (const DirEntry& entry : entries) {
      if (entry.name == "LOCK" || entry.name == kRecoveryMark) continue;
      if (!half_done) {
        return fail(Kind::kConflict, "data directory {} is not empty ({}): recovery needs an empty or a new one", dir_,
                    entry.name);
      }
      TRY(entry.is_directory ? system_.files.remove_tree(path(entry.name)) : system_.files.remove(path(entry.name)));
    }
    return done();
  }

  /// The newest copy: a bucket has one for each cluster that wrote to it.
  Result<> load_groups(object::ObjectStore& store) {
    const Deadline deadline = Deadline::in(system_.clock, tier::kCareCallTime);
    std::optional<object::ObjectInfo> newest;
    TRY(object::for_each(store, kGroupsPrefix, "", deadline, [&](const object::ObjectInfo& object) {
      if (!newest || object.modified > newest->modified) newest = object;
      return done();
    }));
    if (!newest) return done();
    report_.groups_object = newest->key.name;
    TRY(const Bytes object, store.get(newest->key, {0, newest->size}, deadline));
    auto decoded = broker::groups::decode_snapshot(object);
    if (decoded.ok()) {
      groups_ = *std::move(decoded);
    } else {
      report_.groups_fault = decoded.error();
    }
    return done();
  }

  /// Opening them has done the work; here is what came of it.
  Result<> look_at_partitions(Node& node) {
    for (const auto& topic : node.topics().all()) {
      for (const auto& partition : topic->partitions) {
        const auto& ref = partition->ref();
        const auto at = partition->offsets();
        ends_[{ref.topic, ref.partition}] = at.high_watermark;
        // An offline one refuses to read, and says why.
        const auto opened = partition->read({.offset = at.log_start});
        if (!opened.ok()) return opened.error();
        const auto segments = node.engine()->segments(ref);
        if (!segments.empty()) TRY(note_producers(*node.engine(), ref, segments.back().base));
        if (topic->name == broker::kOffsetsTopic) continue;
        report_.partitions.push_back({ref, segments.size(), at.log_start, at.high_watermark});
      }
    }
    return done();
  }

  Result<> note_producers(tier::Engine& engine, const tier::PartitionRef& ref, Offset base) {
    TRY(const auto state, engine.state_at_end(ref, base, Deadline::in(system_.clock, tier::kCareCallTime)));
    if (state.producer_snapshot.empty()) return done();
    log::ProducerState producers;
    TRY(producers.decode(state.producer_snapshot, system_.clock.wall()).within(ref.name()));
    newest_producer_id_ = std::max(newest_producer_id_, producers.newest_id());
    return done();
  }

  Result<> take_groups(Node& node) {
    for (broker::StoredRecord& record : groups_.records) TRY(lower(record));
    if (groups_.records.empty()) return done();
    WorkerPool unused("recover", 1, 1);
    broker::InternalTopic store(broker::kOffsetsTopic, node.topics(), unused, system_.clock);
    TRY(store.append(groups_.records, system_.clock.wall()).within("committed offsets"));
    report_.group_records = groups_.records.size();
    return done();
  }

  /// What was committed beyond the archived end was read from records that are lost: the group goes on at the end, and misses
  /// none of what comes.
  Result<> lower(broker::StoredRecord& record) {
    TRY(const auto key, broker::groups::parse_key(record.key));
    const auto* at = std::get_if<protocol::OffsetCommitKey>(&key);
    if (at == nullptr || !record.value) return done();
    const auto end = ends_.find({at->topic, at->partition});
    TRY(auto committed, broker::groups::parse_offset(*record.value));
    if (end == ends_.end() || committed.offset <= end->second.raw) return done();
    committed.offset = end->second.raw;
    committed.leader_epoch = kNoEpoch.raw;
    record = broker::groups::offset_record(at->group, at->topic, at->partition, committed);
    ++report_.offsets_lowered;
    return done();
  }

  Result<> finish() {
    TRY(const auto lock, DataDir::open(system_, dir_));
    const std::string broker_dir = path("broker");
    TRY(system_.files.make_dirs(broker_dir));
    report_.next_producer_id = std::max(groups_.next_producer_id, newest_producer_id_ + 1);
    if (report_.next_producer_id > 0) report_.next_producer_id += kProducerIdsSkipped;
    TRY(broker::ProducerIds::raise(system_.files, broker_dir + "/producer-ids", report_.next_producer_id));
    report_.cluster_id = groups_.cluster_id;
    if (!groups_.cluster_id.empty()) {
      TRY(broker::keep_cluster_id(system_.files, broker_dir + "/cluster-id", groups_.cluster_id));
    }
    TRY(system_.files.remove(path(kRecoveryMark)));
    return system_.files.sync_dir(dir_);
  }

  const System& system_;
  metrics::Metrics& metrics_;
  const config::Settings& settings_;
  const std::string dir_;
  RecoverReport report_;
  broker::groups::Snapshot groups_;
  std::map<std::pair<std::string, std::int32_t>, Offset> ends_;
  std::int64_t newest_producer_id_ = -1;
};

}  // namespace

std::string groups_object_name(const std::string& cluster_id) { return fmt::format("{}{}.snapshot", kGroupsPrefix, cluster_id); }

Result<RecoverReport> recover(const System& system, metrics::Metrics& metrics, const config::Settings& settings,
                              const std::vector<std::string>& topics) {
  if (!tiering_of(settings).enabled) return fail(Kind::kInvalid, "tiered storage not enabled");
  return Recovery(system, metrics, settings).run(topics);
}

Result<> check_not_half_recovered(FileSystem& files, const std::string& data_dir) {
  const auto mark = files.stat(fmt::format("{}/{}", data_dir, kRecoveryMark));
  if (mark.ok()) {
    return fail(Kind::kConflict, "data directory {} was not recovered to the end: run `takhin recover` again", data_dir);
  }
  return mark.error().kind == Kind::kNotFound ? done() : Result<>(mark.error());
}

}  // namespace takhin::assembly
