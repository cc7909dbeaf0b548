// Partitions that could not open when the broker started, for a reason that passes: a lost folder while the store was away,
// a full disk. They return by themselves.

#include "base/log.h"
#include "partition/topics_impl.h"

namespace takhin::partition {
namespace {

/// What may be over later without anybody's work on the folder. kDenied: the store's permissions, which are mended there.
bool may_pass(Kind kind) { return is_transient(kind) || kind == Kind::kDenied || kind == Kind::kExhausted; }

}  // namespace

void TopicsImpl::await(const Uuid& topic, std::int32_t partition, const Error& why) {
  if (may_pass(why.kind)) awaited_.emplace(topic, partition);
}

/// The keeper's errand, so that it comes again with growing pauses. Nobody's change of topics waits for a store that is
/// away: it is asked before the lock is taken, and a partition opens under it. Cost: 1 HEAD, then what opening costs.
Result<> TopicsImpl::reopen_awaited() {
  std::set<std::pair<Uuid, std::int32_t>> due;
  {
    const std::lock_guard hold(change_mutex_);
    due = awaited_;
  }
  std::optional<Error> first;
  for (const auto& [id, index] : due) {
    const auto info = find(id);
    const tier::PartitionRef ref{info == nullptr ? "" : info->name, id, index};
    if (info != nullptr && deps_.engine != nullptr) {
      TRY(deps_.engine->get_log_start(ref, Deadline::in(deps_.clock, kStoreCallTime))
              .within(fmt::format("{} is offline, look into the bucket", ref.name())));
    }
    const std::lock_guard hold(change_mutex_);
    auto opened = reopen(ref);
    if (!opened.ok() && !first) first = std::move(opened).error();
  }
  return first ? Result<>(*std::move(first)) : done();
}

Result<> TopicsImpl::reopen(const tier::PartitionRef& ref) {
  if (closed_) return fail(Kind::kClosed, "shutting down");
  Registry next = *registry();
  const auto found = next.by_name.find(ref.topic);
  const auto index = static_cast<std::size_t>(ref.partition);
  const bool offline = found != next.by_name.end() && found->second.info->id == ref.topic_id &&
                       index < found->second.live.size() && found->second.live[index] == nullptr;
  if (!offline) {
    awaited_.erase({ref.topic_id, ref.partition});  // deleted meanwhile, or another round has opened it
    return done();
  }
  Entry& entry = found->second;
  const StoredTopic* const topic = stored(ref.topic, file_);
  TAKHIN_ASSERT(topic != nullptr, "a topic that is registered, and not in topics.json");
  auto opened = PartitionImpl::open(partition_deps(), setup_of(*topic, ref.partition, entry.info->config, false));
  if (!opened.ok()) {
    if (!may_pass(opened.error().kind)) {
      log_error("partition", "{}; it stays offline until a restart", opened.error().text);
      awaited_.erase({ref.topic_id, ref.partition});
    }
    return std::move(opened).error();
  }
  auto info = std::make_shared<TopicInfo>(*entry.info);
  info->partitions[index] = *opened;
  entry.live[index] = *std::move(opened);
  entry.info = std::move(info);
  publish(std::move(next));
  awaited_.erase({ref.topic_id, ref.partition});
  --offline_;
  log_info("partition", "{} is back", ref.name());
  return done();
}

}  // namespace takhin::partition
