#pragma once
// What the transaction indexes of archived segments say, kept small: a reader of committed records asks for it at each
// fetch, and a transaction that stays open for long makes it ask for every segment up to the marker.

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/uuid.h"
#include "record/index_format.h"

namespace takhin::tier {

/// All that is kept, together.
inline constexpr std::size_t kTxnMemoBytesMax = 16 * kMiB;
/// Entries of one segment's index, and of its open transactions; a larger one is read from its tail each time.
inline constexpr std::size_t kTxnMemoEntriesMax = 8'192;

struct OpenTxn {
  Offset first;
  std::int64_t producer_id = -1;
  auto operator<=>(const OpenTxn&) const = default;
};

/// Of one segment, which never changes.
struct TxnSummary {
  std::vector<record::TxnEntry> aborted;     // as its index has them
  std::optional<std::vector<OpenTxn>> open;  // at its end, sorted; nothing when its producer snapshot cannot tell

  static TxnSummary of(View txn_index, View producer_snapshot);
  /// Appends the aborted transactions that touch [from, to). True when entries of later segments cannot touch it any more.
  bool aborted_between(Offset from, Offset to, std::vector<record::TxnEntry>& out) const;
  /// Those open at its end that began before `to`; call it only when `open` holds something.
  std::span<const OpenTxn> open_before(Offset to) const;
  /// What it takes in the memo.
  std::size_t bytes() const;
};

/// Any thread. Forgets the segments that nobody asked for the longest. Segments are known by their ids, so nothing here is
/// ever wrong, only forgotten.
class TxnMemo {
 public:
  explicit TxnMemo(std::size_t bytes_max = kTxnMemoBytesMax) : bytes_max_(bytes_max) {}

  /// Null: not here.
  std::shared_ptr<const TxnSummary> find(const Uuid& segment);
  void put(const Uuid& segment, std::shared_ptr<const TxnSummary> summary);
  std::size_t bytes() const;

 private:
  struct Held {
    Uuid segment;
    std::shared_ptr<const TxnSummary> summary;
  };

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::list<Held> held_;  // the latest asked for first
  std::unordered_map<Uuid, std::list<Held>::iterator> by_segment_;
  std::size_t bytes_ = 0;
};

}  // namespace takhin::tier
