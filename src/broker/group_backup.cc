#include "broker/group_backup.h"

#include "base/log.h"
#include "broker/groups/snapshot.h"

namespace takhin::broker {

void GroupBackup::tick() {
  if (!deps_.put || running_.exchange(true)) return;
  const Offset end = deps_.store.end();
  if (end != backed_up_ && end > Offset{0} && deps_.clock.steady() >= not_before_) {
    not_before_ = deps_.clock.steady() + interval_;
    if (const auto stored = back_up(); stored.ok()) {
      backed_up_ = end;
    } else {
      log_warn("broker", "consumer groups not backed up: {}", stored.error().text);
    }
  }
  running_ = false;
}

Result<> GroupBackup::back_up() {
  const groups::Snapshot snapshot{deps_.cluster_id, deps_.producer_ids.taken_below(), deps_.groups.live_records()};
  TRY(const Bytes object, groups::encode_snapshot(snapshot, deps_.clock.wall()));
  return deps_.put(deps_.cluster_id, object);
}

}  // namespace takhin::broker
