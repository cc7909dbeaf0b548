#pragma once
// The aborted transactions that touch a range of offsets, found without looking at every segment behind it.

#include <functional>
#include <optional>
#include <vector>

#include "base/result.h"
#include "tier/segment.h"
#include "tier/txn_memo.h"

namespace takhin::tier {

/// A transaction is in the index of the segment that holds its marker, which may come long after its records. Two segments whose
/// producer snapshots show the same transactions open (of those that began before the range ends) have no such marker between
/// them, since none can begin there: so the search goes ahead in growing steps and divides only the stretches in which one
/// ended. A transaction that spans n segments costs about 2 log n of them. Segments without a snapshot are all looked at. One
/// thread.
class TxnSearch {
 public:
  /// The segment that holds the offset, or else the next one behind it.
  using Find = std::function<std::optional<SegmentEntry>(Offset)>;
  using Load = std::function<Result<std::shared_ptr<const TxnSummary>>(const SegmentEntry&)>;

  TxnSearch(Find find, Load load, Offset from, Offset to)
      : find_(std::move(find)), load_(std::move(load)), from_(from), to_(to) {}

  /// Those that touch [from, to), by the offset of their markers. Errors are those of `load`.
  Result<std::vector<record::TxnEntry>> run();

 private:
  struct Node {
    SegmentEntry segment;
    std::shared_ptr<const TxnSummary> says;
  };

  Result<Node> node(SegmentEntry segment) const;
  void take(const Node& node) { over_ = node.says->aborted_between(from_, to_, found_); }
  bool none_ended(const Node& left, const Node& right) const;
  std::optional<SegmentEntry> between(const Node& left, const Node& right) const;
  std::optional<SegmentEntry> ahead(const Node& from, std::int64_t step) const;
  Result<> search(const Node& left, const Node& right);

  const Find find_;
  const Load load_;
  const Offset from_;
  const Offset to_;
  std::vector<record::TxnEntry> found_;
  bool over_ = false;  // nothing further can touch the range
};

}  // namespace takhin::tier
