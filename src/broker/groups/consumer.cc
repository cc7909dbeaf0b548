// ConsumerGroupHeartbeat and ConsumerGroupDescribe (KIP-848): members come, say what they want and have, and are led towards the
// group's target, one step for each heartbeat.

#include <algorithm>

#include "base/log.h"
#include "broker/groups/coordinator.h"
#include "broker/groups/records.h"
#include "broker/pattern.h"

namespace takhin::broker::groups {
namespace {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using protocol::ErrorCode;

constexpr std::int16_t kClientMakesIdSince = 1;
/// How old what a group knows of its topics may be: a new topic or partition is assigned with the first heartbeat after it.
constexpr std::chrono::seconds kMetadataAge{1};

std::chrono::milliseconds ms(std::int64_t count) { return std::chrono::milliseconds(count); }

std::optional<PartitionSet> owned_of(const ConsumerGroupHeartbeatRequest& request) {
  if (!request.topic_partitions) return std::nullopt;
  PartitionSet owned;
  for (const auto& topic : *request.topic_partitions) {
    if (!topic.partitions.empty()) owned[topic.topic_id].insert(topic.partitions.begin(), topic.partitions.end());
  }
  return owned;
}

/// All that is told once is in it: the member begins, or begins again.
bool is_full(const ConsumerGroupHeartbeatRequest& request) {
  const bool subscribes = request.subscribed_topic_names || request.subscribed_topic_regex;
  return request.rebalance_timeout_ms != -1 && subscribes && request.topic_partitions;
}

ConsumerGroupHeartbeatResponse::Assignment assignment_of(const ConsumerMember& member) {
  ConsumerGroupHeartbeatResponse::Assignment out;
  for (const auto& [topic, indexes] : member.assigned) {
    auto& to = out.topic_partitions.emplace_back();
    to.topic_id = topic;
    to.partitions.assign(indexes.begin(), indexes.end());
  }
  return out;
}

std::set<std::string> matches(const std::string& regex, const std::vector<std::string>& names) {
  std::set<std::string> matched;
  const auto pattern = Pattern::compile(regex);  // checked when it came
  if (!pattern.ok()) return matched;
  for (const std::string& name : names) {
    if (pattern->matches(name)) matched.insert(name);
  }
  return matched;
}

void append(std::vector<StoredRecord>& to, std::vector<StoredRecord> records) {
  std::ranges::move(records, std::back_inserter(to));
}

}  // namespace

std::optional<GroupCoordinator::Refused> GroupCoordinator::check_beat(const Caller& caller, const BeatRequest& request) const {
  const auto invalid = [](std::string why) { return Refused{ErrorCode::kInvalidRequest, std::move(why)}; };
  const std::int32_t epoch = request.member_epoch;
  if (request.member_id.empty() && (caller.version >= kClientMakesIdSince || epoch != kJoinEpoch)) {
    return invalid("MemberId can't be empty.");
  }
  if (request.group_id.empty()) return invalid("GroupId can't be empty.");
  if (request.instance_id == "") return invalid("InstanceId can't be empty.");
  if (request.rack_id == "") return invalid("RackId can't be empty.");
  if (epoch < kStaticLeaveEpoch) return invalid("MemberEpoch is invalid.");
  if (epoch == kStaticLeaveEpoch && !request.instance_id) return invalid("InstanceId can't be null.");
  if (epoch == kJoinEpoch) {
    if (request.rebalance_timeout_ms == -1) return invalid("RebalanceTimeoutMs must be provided in first request.");
    if (!request.topic_partitions || !request.topic_partitions->empty()) {
      return invalid("TopicPartitions must be empty when (re-)joining.");
    }
    if (!request.subscribed_topic_names && !request.subscribed_topic_regex) {
      return invalid("Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
    }
  }
  const auto& known = options_.consumer.assignors;
  if (request.server_assignor && std::ranges::find(known, *request.server_assignor) == known.end()) {
    return Refused{ErrorCode::kUnsupportedAssignor, fmt::format("ServerAssignor {} is not supported. Supported assignors: {}.",
                                                                *request.server_assignor, fmt::join(known, ", "))};
  }
  if (request.subscribed_topic_regex && !request.subscribed_topic_regex->empty()) {
    const auto compiled = Pattern::compile(*request.subscribed_topic_regex);
    if (!compiled.ok()) return Refused{ErrorCode::kInvalidRegularExpression, compiled.error().text};
  }
  return std::nullopt;
}

std::optional<GroupCoordinator::Refused> GroupCoordinator::check_beat_group(const BeatRequest& request) const {
  const Group* group = find(request.group_id);
  const bool joins = request.member_epoch == kJoinEpoch;
  if (group == nullptr) {
    if (!joins) return Refused{ErrorCode::kGroupIdNotFound, fmt::format("Group {} not found.", request.group_id)};
    if (groups_.size() < options_.groups_max) return std::nullopt;
    log_warn("groups", "group {} refused: there are {} groups", request.group_id, groups_.size());
    return Refused{ErrorCode::kCoordinatorNotAvailable, "there are too many groups"};
  }
  if (group->consumer == nullptr) {  // only what is empty may change its kind
    if (joins && group->is(State::kEmpty)) return std::nullopt;
    return Refused{ErrorCode::kGroupIdNotFound, fmt::format("Group {} is not a consumer group.", request.group_id)};
  }
  const auto& members = group->consumer->members();
  if (members.size() >= options_.consumer.members_max && !members.contains(request.member_id) &&
      !(request.instance_id && group->consumer->find_static(*request.instance_id) != nullptr)) {
    return Refused{ErrorCode::kGroupMaxSizeReached,
                   fmt::format("The group has reached its maximum capacity of {} members.", options_.consumer.members_max)};
  }
  return std::nullopt;
}

std::optional<GroupCoordinator::Refused> GroupCoordinator::check_beat_member(const ConsumerGroup* group,
                                                                             const BeatRequest& request) {
  const std::int32_t epoch = request.member_epoch;
  const ConsumerMember* member = group == nullptr ? nullptr : group->find(request.member_id);
  if (request.instance_id) {
    const ConsumerMember* holder = group == nullptr ? nullptr : group->find_static(*request.instance_id);
    if (epoch == kJoinEpoch && holder != nullptr) {
      if (holder->epoch == kStaticLeaveEpoch) return std::nullopt;
      return Refused{ErrorCode::kUnreleasedInstanceId, fmt::format("Instance id {} is owned by member {}.", *request.instance_id,
                                                                   holder->id)};
    }
    if (epoch != kJoinEpoch && holder == nullptr) {
      return Refused{ErrorCode::kUnknownMemberId, fmt::format("Instance id {} is unknown.", *request.instance_id)};
    }
    if (holder != nullptr && holder->id != request.member_id) {
      return Refused{ErrorCode::kFencedInstanceId, fmt::format("Instance id {} was taken over by member {}.",
                                                               *request.instance_id, holder->id)};
    }
  }
  if (member == nullptr) {
    if (epoch == kJoinEpoch) return std::nullopt;
    return Refused{ErrorCode::kUnknownMemberId, fmt::format("Member {} is not a member of group {}.", request.member_id,
                                                            request.group_id)};
  }
  if (epoch < kJoinEpoch || epoch == member->epoch) return std::nullopt;  // leaves, or is up to date
  // The answer that told it the present epoch may have been lost; then it owns nothing that it should not.
  const auto owned = owned_of(request);
  const bool lost = epoch < member->epoch && epoch == member->previous_epoch;
  if (lost && owned && is_subset(*owned, member->assigned)) return std::nullopt;
  return Refused{ErrorCode::kFencedMemberEpoch,
                 fmt::format("The member's epoch {} is not {}, the one known here: it must give up its partitions and rejoin.",
                             epoch, member->epoch)};
}

void GroupCoordinator::consumer_heartbeat(const Caller& caller, const BeatRequest& request, ConsumerBeatAnswer answer) {
  Later later;
  {
    const std::lock_guard hold(mutex_);
    auto refused = check_beat(caller, request);
    if (!refused) refused = check_beat_group(request);
    const Group* group = find(request.group_id);
    if (!refused) refused = check_beat_member(group == nullptr ? nullptr : group->consumer.get(), request);
    if (refused) {
      later.push_back([answer, refused] { answer({.error_code = refused->error, .error_message = refused->why}); });
    } else if (request.member_epoch < kJoinEpoch) {
      leave_locked(request, std::move(answer), later);
    } else {
      beat_locked(caller, request, std::move(answer), later);
    }
  }
  run_all(later);
}

/// Nothing stands against the request any more.
void GroupCoordinator::beat_locked(const Caller& caller, BeatRequest request, ConsumerBeatAnswer answer, Later& later) {
  if (request.member_id.empty()) request.member_id = Uuid::make(deps_.random).text();
  const std::string& id = request.member_id;
  Records records;
  Group& group = consumer_group_for(request.group_id, records);
  ConsumerGroup& consumer = *group.consumer;
  const ConsumerMember before = member_for(group, request, records);
  const bool is_new = consumer.find(id) == nullptr;
  ConsumerMember now = before;
  now.client_id = caller.client_id;
  now.client_host = caller.host;
  if (request.instance_id) now.instance_id = request.instance_id;
  if (request.rack_id) now.rack_id = request.rack_id;
  if (request.rebalance_timeout_ms != -1) now.rebalance_timeout_ms = request.rebalance_timeout_ms;
  if (request.server_assignor) now.assignor = request.server_assignor;
  if (request.subscribed_topic_names) {
    now.topics = {request.subscribed_topic_names->begin(), request.subscribed_topic_names->end()};
  }
  if (request.subscribed_topic_regex) now.regex = *request.subscribed_topic_regex;
  subscribe(group, before, now, records);
  retarget(group, records);

  ConsumerMember next = consumer.step(*consumer.find(id), owned_of(request));
  const bool moved = is_new || !next.same_assignment(before);
  const Steady clock = deps_.clock.steady();
  next.expires_at = clock + session_timeout(group.id);
  if (next.progress != Progress::kUnrevoked) next.revoke_by = Steady::max();
  else if (moved) next.revoke_by = clock + ms(next.rebalance_timeout_ms);
  if (moved) records.push_back(assignment_record(group.id, next));
  const ConsumerMember& kept = consumer.put(std::move(next));

  BeatResponse response{.member_id = id,
                        .member_epoch = kept.epoch,
                        .heartbeat_interval_ms = deps_.configs == nullptr ? options_.consumer.heartbeat_interval_ms
                                                                          : deps_.configs->heartbeat_interval_ms(group.id)};
  const bool tell = request.member_epoch == kJoinEpoch || is_full(request) || kept.assigned != before.assigned;
  if (tell) response.assignment = assignment_of(kept);
  write_consumer(group, std::move(records), later, [answer = std::move(answer), response, id](const Result<>& stored) {
    if (stored.ok()) return answer(response);
    answer({.error_code = ErrorCode::kCoordinatorNotAvailable, .error_message = stored.error().text});
  });
}

std::chrono::milliseconds GroupCoordinator::session_timeout(const std::string& group_id) const {
  return ms(deps_.configs == nullptr ? options_.consumer.session_timeout_ms : deps_.configs->session_timeout_ms(group_id));
}

Group& GroupCoordinator::consumer_group_for(const std::string& group_id, Records& records) {
  auto& group = groups_[group_id];
  if (!group) group = std::make_unique<Group>(group_id);
  if (group->consumer != nullptr) return *group;
  if (group->stored) records.push_back(group_tombstone(group_id));
  auto fresh = std::make_unique<Group>(group_id);  // nothing of the classic group but its offsets
  fresh->offsets = std::move(group->offsets);
  fresh->txn_offsets = std::move(group->txn_offsets);
  fresh->consumer = std::make_unique<ConsumerGroup>();
  group = std::move(fresh);
  return *group;
}

void GroupCoordinator::become_classic(Group& group, Later& later) {
  write(group_tombstones(group.id, *group.consumer), later, [id = group.id](const Result<>& stored) {
    if (!stored.ok()) log_error("groups", "{}: change to a classic group not stored: {}", id, stored.error().text);
  });
  group.consumer.reset();
}

ConsumerMember GroupCoordinator::member_for(Group& group, const BeatRequest& request, Records& records) const {
  ConsumerGroup& consumer = *group.consumer;
  const bool joins = request.member_epoch == kJoinEpoch;
  const ConsumerMember* old = request.instance_id ? consumer.find_static(*request.instance_id) : nullptr;
  if (old == nullptr || !joins) {
    const ConsumerMember* known = consumer.find(request.member_id);
    if (known != nullptr) return *known;
    log_info("groups", "{}: member {} joins", group.id, request.member_id);
    return {.id = request.member_id};
  }
  log_info("groups", "{}: static member {} is back as {}", group.id, *request.instance_id, request.member_id);
  ConsumerMember back = *old;
  back.id = request.member_id;
  back.epoch = back.previous_epoch = kJoinEpoch;
  PartitionSet target;
  if (const auto at = consumer.target.find(old->id); at != consumer.target.end()) target = at->second;
  append(records, member_tombstones(group.id, old->id));
  consumer.remove(std::string(old->id));
  consumer.target[back.id] = target;
  consumer.put(back);
  records.push_back(member_record(group.id, back));
  records.push_back(target_record(group.id, back.id, target));
  records.push_back(assignment_record(group.id, back));
  return back;
}

void GroupCoordinator::subscribe(Group& group, const ConsumerMember& before, ConsumerMember now, Records& records) {
  ConsumerGroup& consumer = *group.consumer;
  const bool is_new = consumer.find(now.id) == nullptr;
  if (is_new || !now.same_metadata(before)) records.push_back(member_record(group.id, now));
  const bool resubscribed = !now.same_subscription(before);
  const std::string regex = now.regex;
  consumer.put(std::move(now));
  if (regex != before.regex) {
    if (!regex.empty()) consumer.regexes.try_emplace(regex);  // looked at for the first time below
    drop_regex(group, before.regex, records);
  }
  refresh_metadata(group, resubscribed || consumer.epoch == 0, records);
}

void GroupCoordinator::drop_regex(Group& group, const std::string& regex, Records& records) const {
  if (regex.empty() || group.consumer->uses_regex(regex) || group.consumer->regexes.erase(regex) == 0) return;
  records.push_back(regex_tombstone(group.id, regex));
}

void GroupCoordinator::refresh_regexes(Group& group, Records& records) const {
  ConsumerGroup& consumer = *group.consumer;
  if (consumer.regexes.empty() || deps_.topics == nullptr) return;
  const auto names = deps_.topics->names();
  for (auto& [regex, resolved] : consumer.regexes) {
    auto matched = matches(regex, names);
    if (resolved.at_ms != 0 && matched == resolved.topics) continue;
    resolved = {std::move(matched), deps_.clock.wall().raw};
    records.push_back(regex_record(group.id, regex, resolved));
  }
}

void GroupCoordinator::refresh_metadata(Group& group, bool changed, Records& records) {
  ConsumerGroup& consumer = *group.consumer;
  const Steady now = deps_.clock.steady();
  if (!changed && now < consumer.metadata_fresh_until) return;
  consumer.metadata_fresh_until = now + kMetadataAge;
  refresh_regexes(group, records);
  const std::int64_t hash = deps_.topics == nullptr ? 0 : consumer.hash_of_topics(*deps_.topics);
  if (!changed && hash == consumer.metadata_hash) return;
  consumer.metadata_hash = hash;
  ++consumer.epoch;
  records.push_back(epoch_record(group.id, consumer));
}

void GroupCoordinator::retarget(Group& group, Records& records) {
  ConsumerGroup& consumer = *group.consumer;
  if (consumer.epoch <= consumer.target_epoch || deps_.topics == nullptr) return;
  const std::string name = consumer.assignor(default_assignor());
  Assign assign = find_assignor(name);
  if (assign == nullptr) assign = find_assignor(default_assignor());  // stored by a broker with other assignors
  Assignment target = consumer.compute_target(*deps_.topics, assign);
  for (const auto& [id, partitions] : target) {
    const auto old = consumer.target.find(id);
    if (old == consumer.target.end() || old->second != partitions) records.push_back(target_record(group.id, id, partitions));
  }
  consumer.target = std::move(target);
  consumer.target_epoch = consumer.epoch;
  consumer.target_at_ms = deps_.clock.wall().raw;
  records.push_back(target_epoch_record(group.id, consumer));
  log_info("groups", "{}: epoch {} with {} members, assigned by {}", group.id, consumer.epoch, consumer.members().size(), name);
}

void GroupCoordinator::leave_locked(const BeatRequest& request, ConsumerBeatAnswer answer, Later& later) {
  Group& group = *find(request.group_id);
  Records records;
  if (request.member_epoch == kStaticLeaveEpoch) {
    // It keeps its place and what it had for as long as its session lasts, but has nothing more to give up.
    ConsumerMember member = *group.consumer->find(request.member_id);
    member.epoch = kStaticLeaveEpoch;
    member.revoking.clear();
    member.revoke_by = Steady::max();
    records.push_back(assignment_record(group.id, member));
    group.consumer->put(std::move(member));
  } else {
    log_info("groups", "{}: member {} leaves", group.id, request.member_id);
    fence(group, request.member_id, records);
  }
  const BeatResponse response{.member_id = request.member_id, .member_epoch = request.member_epoch};
  write_consumer(group, std::move(records), later, [answer = std::move(answer), response](const Result<>& stored) {
    if (stored.ok()) return answer(response);
    answer({.error_code = ErrorCode::kCoordinatorNotAvailable, .error_message = stored.error().text});
  });
}

void GroupCoordinator::fence(Group& group, const std::string& member_id, Records& records) {
  const ConsumerMember* member = group.consumer->find(member_id);
  if (member == nullptr) return;
  const std::string id = member->id;  // `member_id` may be the member's own
  const std::string regex = member->regex;
  append(records, member_tombstones(group.id, id));
  group.consumer->remove(id);
  drop_regex(group, regex, records);
  refresh_metadata(group, true, records);
}

void GroupCoordinator::expire_consumers(Group& group, Later& later) {
  const Steady now = deps_.clock.steady();
  std::vector<std::string> out;
  for (const auto& [id, member] : group.consumer->members()) {
    const bool silent = member.expires_at <= now;
    if (!silent && member.revoke_by > now) continue;
    out.push_back(id);
    log_info("groups", "{}: member {} {}", group.id, id, silent ? "fell silent" : "did not give up its partitions in time");
  }
  if (out.empty()) return;
  Records records;
  for (const std::string& id : out) fence(group, id, records);
  write_consumer(group, std::move(records), later, [](const Result<>&) {});
}

void GroupCoordinator::write_consumer(Group& group, Records records, Later& later, std::function<void(Result<>)> then) {
  ConsumerGroup& consumer = *group.consumer;
  if (!consumer.unsure.empty()) {
    Records whole = all_records(group.id, consumer, true);
    for (const std::string& key : std::exchange(consumer.unsure, {})) {
      const bool lives = std::ranges::any_of(whole, [&](const StoredRecord& record) { return text_of(record.key) == key; });
      if (!lives) whole.push_back({copy_of(view_of(key)), std::nullopt});
    }
    append(whole, std::move(records));
    records = std::move(whole);
  }
  // What an answer tells may have been changed by another member's heartbeat that is not on disk yet.
  if (records.empty()) return when_durable(deps_.store.end(), later, std::move(then));
  std::set<std::string> keys;
  for (const StoredRecord& record : records) keys.emplace(text_of(record.key));
  write(std::move(records), later,
        [weak = weak_from_this(), id = group.id, keys = std::move(keys), then = std::move(then)](const Result<>& stored) mutable {
          if (!stored.ok()) {
            log_error("groups", "{}: state not stored: {}", id, stored.error().text);
            if (const auto self = weak.lock()) {
              const std::lock_guard hold(self->mutex_);
              Group* group = self->find(id);
              if (group != nullptr && group->consumer != nullptr) group->consumer->unsure.merge(keys);
            }
          }
          then(stored);
        });
}

Result<> GroupCoordinator::load_consumer(const ConsumerKey& key, std::optional<View> value) {
  const std::string& id = group_of(key);
  Group* known = find(id);
  if (!value && (known == nullptr || known->consumer == nullptr)) return done();
  auto& group = groups_[id];
  if (!group) group = std::make_unique<Group>(id);
  if (group->consumer == nullptr) group->consumer = std::make_unique<ConsumerGroup>();
  TRY(apply_record(*group->consumer, key, value).within(fmt::format("group {}", id)));
  if (value || !std::holds_alternative<protocol::ConsumerGroupMetadataKey>(key)) return done();
  group->consumer.reset();
  if (group->offsets.empty() && group->txn_offsets.empty() && !group->stored) groups_.erase(id);
  return done();
}

void GroupCoordinator::consumers_loaded() {
  const Steady now = deps_.clock.steady();
  for (auto& [id, group] : groups_) {
    if (group->consumer == nullptr) continue;
    group->consumer->count_owners();
    for (const auto& [member_id, member] : std::map(group->consumer->members())) {
      const bool revokes = member.progress == Progress::kUnrevoked && member.epoch >= 0;
      group->consumer->set_deadlines(member_id, now + session_timeout(id),
                                     revokes ? now + ms(member.rebalance_timeout_ms) : Steady::max());
    }
  }
}

ConsumerGroupDescribeResponse::DescribedGroup GroupCoordinator::describe_consumer_group(const std::string& id) const {
  ConsumerGroupDescribeResponse::DescribedGroup out;
  out.group_id = id;
  const Group* group = find(id);
  if (group == nullptr || group->consumer == nullptr) {
    out.error_code = id.empty() ? ErrorCode::kInvalidGroupId : ErrorCode::kGroupIdNotFound;
    out.error_message = fmt::format("Group {} {}.", id, group == nullptr ? "not found" : "is not a consumer group");
    return out;
  }
  const ConsumerGroup& consumer = *group->consumer;
  const auto show = [&](const PartitionSet& partitions) {
    ConsumerGroupDescribeResponse::Assignment shown;
    for (const auto& [topic, indexes] : partitions) {
      const auto shape = deps_.topics == nullptr ? std::nullopt : deps_.topics->find(topic);
      if (!shape) continue;  // removed since
      auto& to = shown.topic_partitions.emplace_back();
      to.topic_id = topic;
      to.topic_name = shape->name;
      to.partitions.assign(indexes.begin(), indexes.end());
    }
    return shown;
  };
  out.group_state = consumer.state();
  out.group_epoch = consumer.epoch;
  out.assignment_epoch = consumer.target_epoch;
  out.assignor_name = consumer.assignor(default_assignor());
  for (const auto& [member_id, member] : consumer.members()) {
    auto& to = out.members.emplace_back();
    to.member_id = member_id;
    to.instance_id = member.instance_id;
    to.rack_id = member.rack_id;
    to.member_epoch = member.epoch;
    to.client_id = member.client_id;
    to.client_host = member.client_host;
    to.subscribed_topic_names.assign(member.topics.begin(), member.topics.end());
    if (!member.regex.empty()) to.subscribed_topic_regex = member.regex;
    to.assignment = show(member.assigned);
    const auto target = consumer.target.find(member_id);
    if (target != consumer.target.end()) to.target_assignment = show(target->second);
    to.member_type = 1;  // speaks this protocol; classic members are never part of such a group here
  }
  return out;
}

ConsumerGroupDescribeResponse GroupCoordinator::describe_consumer(const ConsumerGroupDescribeRequest& request) const {
  const std::lock_guard hold(mutex_);
  ConsumerGroupDescribeResponse response;
  for (const std::string& id : request.group_ids) response.groups.push_back(describe_consumer_group(id));
  return response;
}

}  // namespace takhin::broker::groups
