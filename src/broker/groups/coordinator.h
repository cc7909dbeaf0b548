#pragma once
// The group coordinator: classic groups (joins, syncs, heartbeats), groups of the next generation, committed offsets. A state
// machine over a clock and a store; no sockets and no threads of its own. Source: Kafka's protocol guide and the KIPs named in
// group.h and consumer_group.h; error codes are Kafka's.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "broker/groups/consumer_records.h"
#include "broker/groups/group.h"
#include "broker/groups/group_configs.h"
#include "broker/record_store.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_commit_key.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"

namespace takhin::broker::groups {

/// Defaults are Kafka's but for initial_rebalance_delay_ms: Kafka waits 3 s before it starts a fresh group, to save rebalances
/// when many consumers start together, and turns that off in the configuration it ships for one node. So do we.
struct GroupOptions {
  std::int32_t initial_rebalance_delay_ms = 0;
  std::int32_t session_timeout_min_ms = 6'000;
  std::int32_t session_timeout_max_ms = 1'800'000;
  std::int64_t offsets_retention_ms = 7LL * 24 * 3600 * 1000;
  std::int64_t expiry_interval_ms = 600'000;     // how often offsets are looked at for expiry
  std::int32_t metadata_bytes_max = 4'096;       // of one committed offset
  std::size_t members_max = 10'000;              // of one group
  ConsumerGroupOptions consumer;
  std::size_t groups_max = 100'000;
  SnapshotRule snapshot;
};

/// Who asks.
struct Caller {
  std::int16_t version = 0;  // of the request
  std::string client_id;
  std::string host;  // "/127.0.0.1", as Kafka shows it
};

/// A commit that counts once its transaction does (KIP-98, KIP-447).
struct InTransaction {
  ProducerStamp producer;
  /// Asked when nothing else stands against the commit, under the coordinator's mutex: must be quick and must not call back.
  std::function<protocol::ErrorCode()> admit;
};

/// Any thread. Callbacks come once, from the calling thread, a thread of the store, or whoever calls another verb; never under
/// the coordinator's mutex; a coordinator that goes away drops them. Requests by topic id come with the names filled in.
class GroupCoordinator : public std::enable_shared_from_this<GroupCoordinator> {
 public:
  struct Deps {
    Clock& clock;
    Random& random;
    RecordStore& store;
    const TopicSource* topics = nullptr;    // null: there are none that the coordinator could assign
    const GroupConfigs* configs = nullptr;  // null: no group sets anything
  };
  /// Replays the store. Everything in `deps` outlives it.
  static Result<std::shared_ptr<GroupCoordinator>> open(Deps deps, GroupOptions options);

  /// Answers when everybody has joined or the rebalance timeout is over.
  void join(const Caller& caller, const protocol::JoinGroupRequest& request, JoinAnswer answer);
  /// Answers when the leader's assignment is on disk.
  void sync(const protocol::SyncGroupRequest& request, SyncAnswer answer);
  protocol::HeartbeatResponse heartbeat(const protocol::HeartbeatRequest& request);
  protocol::LeaveGroupResponse leave(const protocol::LeaveGroupRequest& request);

  using ConsumerBeatAnswer = std::function<void(protocol::ConsumerGroupHeartbeatResponse)>;
  /// Joins, leaves, and everything between (KIP-848). Answers when what it changed is on disk.
  void consumer_heartbeat(const Caller& caller, const protocol::ConsumerGroupHeartbeatRequest& request,
                          ConsumerBeatAnswer answer);
  protocol::ConsumerGroupDescribeResponse describe_consumer(const protocol::ConsumerGroupDescribeRequest& request) const;

  /// Answers when the offsets are on disk.
  void commit(const Caller& caller, const protocol::OffsetCommitRequest& request,
              std::function<void(protocol::OffsetCommitResponse)> answer);
  /// The same as a part of a transaction. The request's retention is ignored.
  void commit_in_transaction(const Caller& caller, const InTransaction& txn, const protocol::OffsetCommitRequest& request,
                             std::function<void(protocol::OffsetCommitResponse)> answer);
  /// What was committed in the producer's transaction counts from now on, or never did. `then` is called once that is on disk.
  /// Retry-safe.
  void end_transaction(const log::TxnEnd& end, std::function<void(Result<>)> then);
  protocol::OffsetFetchResponse fetch(const Caller& caller, const protocol::OffsetFetchRequest& request) const;
  void remove_offsets(const protocol::OffsetDeleteRequest& request, std::function<void(protocol::OffsetDeleteResponse)> answer);

  protocol::DescribeGroupsResponse describe(const Caller& caller, const protocol::DescribeGroupsRequest& request) const;
  protocol::ListGroupsResponse list(const protocol::ListGroupsRequest& request) const;
  void remove(const protocol::DeleteGroupsRequest& request, std::function<void(protocol::DeleteGroupsResponse)> answer);

  /// What the store would have to hold if it held nothing else: of groups their generation, without members, which join anew.
  std::vector<StoredRecord> live_records() const;
  /// A topic was deleted: what was committed for it goes.
  void forget_topic(const std::string& topic);
  /// Expires sessions, rebalances and offsets, and rewrites a store that has grown. Call it several times a second.
  void tick();

 private:
  /// What is to be done once the mutex is free: answers, and waits for the disk.
  using Later = std::vector<std::function<void()>>;

  GroupCoordinator(Deps deps, GroupOptions options) : deps_(deps), options_(options) {}

  // coordinator.cc
  Result<> load();
  Result<> load_record(View key, std::optional<View> value, std::int64_t producer_id);
  void load_offset(const protocol::OffsetCommitKey& at, std::optional<CommittedOffset> offset, std::int64_t producer_id);
  Group* find(const std::string& group_id);
  const Group* find(const std::string& group_id) const;
  /// Writes, and calls `then` when that is on disk or failed, without the mutex. False when the store refused at once.
  void write(std::vector<StoredRecord> records, Later& later, std::function<void(Result<>)> then,
             const ProducerStamp& stamp = {});
  void when_durable(const Result<Offset>& end, Later& later, std::function<void(Result<>)> then);
  void store_group(Group& group, Later& later);
  void keep_alive(Member& member) const;
  void forget_if_useless(const std::string& group_id, Later& later);
  void expire_members(Group& group, Later& later);
  std::vector<StoredRecord> live_records_locked(bool with_members) const;
  void snapshot_if_grown(Later& later);

  // join.cc
  void join_locked(const Caller& caller, const protocol::JoinGroupRequest& request, JoinAnswer answer, Later& later);
  void join_new(Group& group, const Caller& caller, const protocol::JoinGroupRequest& request, JoinAnswer answer, Later& later);
  void join_static(Group& group, Member member, const Caller& caller, JoinAnswer answer, Later& later);
  void replace_static(Group& group, const std::string& old_id, Member member, const Caller& caller, JoinAnswer answer,
                      Later& later);
  void join_known(Group& group, const Caller& caller, const protocol::JoinGroupRequest& request, JoinAnswer answer, Later& later);
  void add_and_rebalance(Group& group, Member member, JoinAnswer answer, Later& later);
  void update_and_rebalance(Group& group, Member& member, const Member& now, JoinAnswer answer, Later& later);
  Member member_from(const Caller& caller, const protocol::JoinGroupRequest& request, std::string id) const;

  // rebalance.cc
  void prepare_rebalance(Group& group, Later& later);
  void rebalance_or_complete(Group& group, Later& later);
  void maybe_complete_join(Group& group, Later& later);
  void complete_join(Group& group, Later& later);
  void join_deadline_passed(Group& group, Later& later);
  void sync_deadline_passed(Group& group, Later& later);
  void remove_member(Group& group, const std::string& member_id, protocol::ErrorCode why, Later& later);
  void sync_locked(const protocol::SyncGroupRequest& request, SyncAnswer answer, Later& later);
  void assign(Group& group, const protocol::SyncGroupRequest& request, Later& later);
  void assignment_stored(const std::string& group_id, std::int32_t generation, const Result<>& stored);
  void answer_syncs(Group& group, protocol::ErrorCode error, Later& later);

  // consumer.cc
  using Records = std::vector<StoredRecord>;
  using BeatRequest = protocol::ConsumerGroupHeartbeatRequest;
  using BeatResponse = protocol::ConsumerGroupHeartbeatResponse;
  struct Refused {
    protocol::ErrorCode error;
    std::string why;
  };
  std::optional<Refused> check_beat(const Caller& caller, const BeatRequest& request) const;
  std::optional<Refused> check_beat_group(const BeatRequest& request) const;
  static std::optional<Refused> check_beat_member(const ConsumerGroup* group, const BeatRequest& request);
  void beat_locked(const Caller& caller, BeatRequest request, ConsumerBeatAnswer answer, Later& later);
  void leave_locked(const BeatRequest& request, ConsumerBeatAnswer answer, Later& later);
  void become_classic(Group& group, Later& later);
  Group& consumer_group_for(const std::string& group_id, Records& records);
  /// The member as it was, or a new one; a static member that comes back takes over from its old self.
  ConsumerMember member_for(Group& group, const BeatRequest& request, Records& records) const;
  void subscribe(Group& group, const ConsumerMember& before, ConsumerMember now, Records& records);
  void drop_regex(Group& group, const std::string& regex, Records& records) const;
  /// Looks at the subscribed topics again, when it is time or `changed`; the group's epoch grows when they or anything else did
  /// change.
  void refresh_metadata(Group& group, bool changed, Records& records);
  void refresh_regexes(Group& group, Records& records) const;
  void retarget(Group& group, Records& records);
  std::chrono::milliseconds session_timeout(const std::string& group_id) const;
  const std::string& default_assignor() const { return options_.consumer.assignors.front(); }
  /// Removes a member that left or fell silent.
  void fence(Group& group, const std::string& member_id, Records& records);
  void expire_consumers(Group& group, Later& later);
  /// Like write(); what may not have reached the disk is written again with the group's next records.
  void write_consumer(Group& group, Records records, Later& later, std::function<void(Result<>)> then);
  Result<> load_consumer(const ConsumerKey& key, std::optional<View> value);
  void consumers_loaded();

  // offsets.cc
  protocol::ErrorCode check_commit(const Caller& caller, const protocol::OffsetCommitRequest& request, bool in_transaction);
  static protocol::ErrorCode check_member_commit(const Caller& caller, const ConsumerGroup& group,
                                                 const protocol::OffsetCommitRequest& request, bool in_transaction);
  void commit_locked(const Caller& caller, const InTransaction* txn, const protocol::OffsetCommitRequest& request,
                     std::function<void(protocol::OffsetCommitResponse)> answer, Later& later);
  /// The groups concerned.
  std::set<std::string> apply_end(std::int64_t producer_id, bool committed);
  protocol::OffsetFetchResponse::OffsetFetchResponseGroup fetch_group(
      const protocol::OffsetFetchRequest::OffsetFetchRequestGroup& request, bool require_stable) const;
  bool is_expired(const Group& group, const std::string& topic, const CommittedOffset& offset) const;
  void expire_offsets(Later& later);

  // admin.cc
  protocol::DescribeGroupsResponse::DescribedGroup describe_group(const Caller& caller, const std::string& id) const;
  protocol::ConsumerGroupDescribeResponse::DescribedGroup describe_consumer_group(const std::string& id) const;

  const Deps deps_;
  const GroupOptions options_;
  mutable std::mutex mutex_;  // guards all below; held for memory work and appends to the page cache, never for the disk
  std::unordered_map<std::string, std::unique_ptr<Group>> groups_;
  std::unordered_map<std::int64_t, std::set<std::string>> in_transactions_;  // producer -> groups that it has commits open in
  Steady offsets_looked_at_{};
  bool snapshot_running_ = false;
};

/// Runs what was put off. Without the mutex.
inline void run_all(std::vector<std::function<void()>>& later) {
  for (auto& task : later) task();
}

}  // namespace takhin::broker::groups
