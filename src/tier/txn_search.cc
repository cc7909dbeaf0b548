#include "tier/txn_search.h"

#include <algorithm>

namespace takhin::tier {

Result<TxnSearch::Node> TxnSearch::node(SegmentEntry segment) const {
  TRY(auto says, load_(segment));
  return Node{std::move(segment), std::move(says)};
}

bool TxnSearch::none_ended(const Node& left, const Node& right) const {
  if (!left.says->open || !right.says->open) return false;
  return std::ranges::equal(left.says->open_before(to_), right.says->open_before(to_));
}

/// One near the middle of what lies between the two, by offsets; nothing when they are neighbours.
std::optional<SegmentEntry> TxnSearch::between(const Node& left, const Node& right) const {
  std::int64_t low = left.segment.end.raw, high = right.segment.base.raw;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    auto found = find_(Offset{middle});
    if (found && found->base < right.segment.base) return found;
    high = middle;
  }
  return std::nullopt;
}

/// The one `step` offsets behind the end of `from`, or the last one; nothing when `from` is that.
std::optional<SegmentEntry> TxnSearch::ahead(const Node& from, std::int64_t step) const {
  std::int64_t low = from.segment.end.raw;
  auto best = find_(Offset{low});
  if (!best) return best;
  std::int64_t high = low + step;
  if (auto found = find_(Offset{high - 1})) return found;
  for (low = best->end.raw; low < high;) {
    const std::int64_t middle = low + (high - low) / 2;
    if (auto found = find_(Offset{middle})) {
      low = found->end.raw;
      best = std::move(found);
    } else {
      high = middle;
    }
  }
  return best;
}

/// What ended in `right` or between the two.
Result<> TxnSearch::search(const Node& left, const Node& right) {
  if (over_ || none_ended(left, right)) return done();
  if (auto middle = between(left, right)) {
    TRY(const Node half, node(*std::move(middle)));
    TRY(search(left, half));
    return search(half, right);
  }
  take(right);
  return done();
}

Result<std::vector<record::TxnEntry>> TxnSearch::run() {
  std::optional<Node> last;
  for (auto at = find_(from_); at && !over_; at = find_(last->segment.end)) {
    TRY(last, node(*std::move(at)));
    take(*last);
    if (last->segment.end >= to_) break;
  }
  const auto has_open = [&] { return !last->says->open || !last->says->open_before(to_).empty(); };
  std::int64_t step = 1;
  while (last && !over_ && has_open()) {
    auto next = ahead(*last, step);
    if (!next) break;
    TRY(Node right, node(*std::move(next)));
    TRY(search(*last, right));
    // At least the segment that was just met, so that the steps grow whatever the segments' sizes are.
    step = std::max(step, right.segment.end.raw - last->segment.end.raw) * 2;
    last = std::move(right);
  }
  return std::move(found_);
}

}  // namespace takhin::tier
