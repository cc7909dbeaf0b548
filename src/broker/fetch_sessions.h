#pragma once
// Incremental fetch sessions (KIP-227): the broker remembers what a client reads, so that requests name changes only and answers
// only what has news. Source: the KIP; eviction as Kafka does it.

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "protocol/messages/fetch.h"

namespace takhin::broker {

/// Partitions that one session remembers, at the most.
inline constexpr std::size_t kSessionPartitionsMax = 100'000;

/// One partition that a client reads.
struct FetchedPartition {
  std::string topic;  // before v13
  Uuid topic_id;      // since v13
  protocol::FetchRequest::FetchPartition asked;
};

/// What an answer would say of one partition.
struct FetchNews {
  protocol::ErrorCode error = protocol::ErrorCode::kNone;
  std::int64_t high_watermark = -1;
  std::int64_t log_start = -1;
  bool has_records = false;
};

/// Any thread.
class FetchSession {
 public:
  FetchSession(std::int32_t id, bool by_id, Steady now) : id(id), by_id(by_id), created(now) {}

  const std::int32_t id;
  const bool by_id;  // topics are named by their ids
  const Steady created;

 private:
  friend class FetchSessions;
  struct Entry {
    FetchedPartition partition;
    std::int64_t told_high_watermark = -1;
    std::int64_t told_log_start = -1;
  };
  using Key = std::tuple<Uuid, std::string, std::int32_t>;

  Key key_of(const std::string& topic, const Uuid& topic_id, std::int32_t index) const;
  void put(FetchedPartition partition);
  void forget(const protocol::FetchRequest& request);
  bool has_news(Entry& entry, const FetchNews& news) const;

  mutable std::mutex mutex_;  // guards all below
  std::int32_t epoch_ = 1;    // of the next request
  std::list<Entry> order_;    // what had records last is asked last: nobody starves behind a busy partition
  std::map<Key, std::list<Entry>::iterator> entries_;
  Steady used_{};             // guarded by the mutex of FetchSessions, as is the next
  std::size_t size_ = 0;
};

/// Any thread.
class FetchSessions {
 public:
  /// `slots`: sessions kept at most.
  FetchSessions(Clock& clock, Random& random, std::size_t slots) : clock_(clock), random_(random), slots_(slots) {}

  /// How one request is to be answered.
  struct Context {
    protocol::ErrorCode error = protocol::ErrorCode::kNone;  // anything else is the whole answer
    std::vector<FetchedPartition> partitions;                // to be read, in this order
    std::shared_ptr<FetchSession> session;                   // of an incremental request
    std::int32_t epoch = 0;                                  // that the session expects next
    bool wants_session = false;                              // a whole request that asks for one
    bool by_id = false;
  };
  Context open(const protocol::FetchRequest& request, bool by_id);

  struct Told {
    protocol::ErrorCode error = protocol::ErrorCode::kNone;  // anything else is the whole answer
    std::int32_t session_id = 0;
    std::vector<bool> include;  // for each of the context's partitions
  };
  /// Which partitions the answer names. Makes the session that was asked for, when there is a place for it.
  Told close(const Context& context, const std::vector<FetchNews>& news);
  /// The same for an answer that a quota empties: it tells nothing, so nothing counts as told, and no session is made.
  Told close_empty(const Context& context) const;
  std::size_t size() const;

 private:
  Context open_whole(const protocol::FetchRequest& request, bool by_id);
  std::shared_ptr<FetchSession> make(const Context& context);
  bool make_room(std::size_t size);
  std::shared_ptr<FetchSession> find_and_touch(std::int32_t id);

  Clock& clock_;
  Random& random_;
  const std::size_t slots_;
  mutable std::mutex mutex_;  // guards the one below
  std::unordered_map<std::int32_t, std::shared_ptr<FetchSession>> sessions_;
};

}  // namespace takhin::broker
