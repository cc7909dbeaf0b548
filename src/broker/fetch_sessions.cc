#include "broker/fetch_sessions.h"

#include <algorithm>

namespace takhin::broker {

using protocol::ErrorCode;
using protocol::FetchRequest;

namespace {

constexpr std::int32_t kNoSession = 0;
constexpr std::int32_t kInitialEpoch = 0;  // a whole request that asks for a session
constexpr std::int32_t kFinalEpoch = -1;   // a whole request that wants none, and gives back what it had
/// A session that was used, or made, more recently stays, whoever wants its place.
constexpr std::chrono::minutes kStay{2};

std::int32_t epoch_after(std::int32_t epoch) { return epoch == INT32_MAX ? 1 : epoch + 1; }

std::vector<FetchedPartition> partitions_of(const FetchRequest& request) {
  std::vector<FetchedPartition> out;
  for (const auto& topic : request.topics) {
    for (const auto& asked : topic.partitions) out.push_back({topic.topic, topic.topic_id, asked});
  }
  return out;
}

}  // namespace

FetchSession::Key FetchSession::key_of(const std::string& topic, const Uuid& topic_id, std::int32_t index) const {
  return by_id ? Key{topic_id, "", index} : Key{Uuid{}, topic, index};
}

void FetchSession::put(FetchedPartition partition) {
  const Key key = key_of(partition.topic, partition.topic_id, partition.asked.partition);
  const auto known = entries_.find(key);
  if (known != entries_.end()) {
    known->second->partition = std::move(partition);
  } else {
    entries_.emplace(key, order_.insert(order_.end(), Entry{.partition = std::move(partition)}));
  }
}

void FetchSession::forget(const FetchRequest& request) {
  for (const auto& topic : request.forgotten_topics_data) {
    for (const std::int32_t index : topic.partitions) {
      const auto found = entries_.find(key_of(topic.topic, topic.topic_id, index));
      if (found == entries_.end()) continue;
      order_.erase(found->second);
      entries_.erase(found);
    }
  }
}

bool FetchSession::has_news(Entry& entry, const FetchNews& news) const {
  const bool changed = news.high_watermark != entry.told_high_watermark || news.log_start != entry.told_log_start;
  entry.told_high_watermark = news.high_watermark;
  entry.told_log_start = news.log_start;
  // What follows an error is news, even when it is what was told before.
  if (news.error != ErrorCode::kNone) entry.told_high_watermark = -1;
  return changed || news.has_records || news.error != ErrorCode::kNone;
}

FetchSessions::Context FetchSessions::open_whole(const FetchRequest& request, bool by_id) {
  if (request.session_id != kNoSession) {
    const std::lock_guard hold(mutex_);
    sessions_.erase(request.session_id);
  }
  return {.partitions = partitions_of(request), .wants_session = request.session_epoch == kInitialEpoch, .by_id = by_id};
}

std::shared_ptr<FetchSession> FetchSessions::find_and_touch(std::int32_t id) {
  const std::lock_guard hold(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return nullptr;
  found->second->used_ = clock_.steady();
  return found->second;
}

FetchSessions::Context FetchSessions::open(const FetchRequest& request, bool by_id) {
  if (request.session_epoch == kInitialEpoch || request.session_epoch == kFinalEpoch) return open_whole(request, by_id);
  if (request.session_id == kNoSession) return {.error = ErrorCode::kInvalidFetchSessionEpoch};
  const auto session = find_and_touch(request.session_id);
  if (session == nullptr) return {.error = ErrorCode::kFetchSessionIdNotFound};
  if (session->by_id != by_id) return {.error = ErrorCode::kFetchSessionTopicIdError};
  Context context{.session = session, .by_id = by_id};
  std::size_t size = 0;
  {
    const std::lock_guard hold(session->mutex_);
    if (request.session_epoch != session->epoch_) return {.error = ErrorCode::kInvalidFetchSessionEpoch};
    for (auto& partition : partitions_of(request)) session->put(std::move(partition));
    session->forget(request);
    context.epoch = session->epoch_ = epoch_after(session->epoch_);
    for (const auto& entry : session->order_) context.partitions.push_back(entry.partition);
    size = session->order_.size();
  }
  const std::lock_guard hold(mutex_);
  session->size_ = size;
  const bool too_large = size > kSessionPartitionsMax;
  if (size == 0 || too_large) {  // the client reads nothing any more, or names ever more
    sessions_.erase(session->id);
    context.session = nullptr;
  }
  if (too_large) return {.error = ErrorCode::kFetchSessionIdNotFound};  // it goes on with a whole request
  return context;
}

/// The session that was idle for long, else the smallest one that is not new, if it is smaller: one large session saves more.
bool FetchSessions::make_room(std::size_t size) {
  if (sessions_.size() < slots_) return true;
  const Steady now = clock_.steady();
  auto oldest = sessions_.end();
  auto smallest = sessions_.end();
  for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
    if (oldest == sessions_.end() || at->second->used_ < oldest->second->used_) oldest = at;
    if (now - at->second->created < kStay) continue;
    if (smallest == sessions_.end() || at->second->size_ < smallest->second->size_) smallest = at;
  }
  if (oldest != sessions_.end() && now - oldest->second->used_ >= kStay) {
    sessions_.erase(oldest);
  } else if (smallest != sessions_.end() && smallest->second->size_ < size) {
    sessions_.erase(smallest);
  }
  return sessions_.size() < slots_;
}

std::shared_ptr<FetchSession> FetchSessions::make(const Context& context) {
  const std::lock_guard hold(mutex_);
  if (!make_room(context.partitions.size())) return nullptr;
  std::int32_t id = kNoSession;
  while (id <= kNoSession || sessions_.contains(id)) id = static_cast<std::int32_t>(random_.next() & 0x7fffffffU);
  auto session = std::make_shared<FetchSession>(id, context.by_id, clock_.steady());
  session->used_ = session->created;
  session->size_ = context.partitions.size();
  for (const auto& partition : context.partitions) session->put(partition);
  sessions_.emplace(id, session);
  return session;
}

FetchSessions::Told FetchSessions::close(const Context& context, const std::vector<FetchNews>& news) {
  Told told{.include = std::vector<bool>(news.size(), true)};
  const bool incremental = context.session != nullptr;
  const bool wanted = context.wants_session && !context.partitions.empty();
  const auto session = wanted ? make(context) : context.session;
  if (session == nullptr) return told;
  told.session_id = session->id;
  const std::lock_guard hold(session->mutex_);
  if (incremental && session->epoch_ != context.epoch) {  // the client gave this request up and sent another
    told.error = ErrorCode::kInvalidFetchSessionEpoch;
    return told;
  }
  for (std::size_t i = 0; i < news.size(); ++i) {
    const FetchedPartition& one = context.partitions[i];
    const auto found = session->entries_.find(session->key_of(one.topic, one.topic_id, one.asked.partition));
    if (found == session->entries_.end()) continue;
    const bool has_news = session->has_news(*found->second, news[i]);
    if (incremental) told.include[i] = has_news;
    if (incremental && news[i].has_records) session->order_.splice(session->order_.end(), session->order_, found->second);
  }
  return told;
}

FetchSessions::Told FetchSessions::close_empty(const Context& context) const {
  if (context.session == nullptr) return {};
  const std::lock_guard hold(context.session->mutex_);
  const bool current = context.session->epoch_ == context.epoch;
  return {.error = current ? ErrorCode::kNone : ErrorCode::kInvalidFetchSessionEpoch, .session_id = context.session->id};
}

std::size_t FetchSessions::size() const {
  const std::lock_guard hold(mutex_);
  return sessions_.size();
}

}  // namespace takhin::broker
