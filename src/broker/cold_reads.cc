#include "broker/cold_reads.h"

namespace takhin::broker {

bool ColdReads::read(std::shared_ptr<partition::Partition> partition, const partition::ReadRequest& request, Deadline deadline,
                     std::function<void(Result<partition::ReadAnswer>)> then) {
  const auto submitted = pool_.submit([partition = std::move(partition), request, deadline, then = std::move(then)] {
    then(partition->read_cold(request, deadline));
  });
  (submitted.ok() ? started_ : refused_).add();
  return submitted.ok();
}

void ColdReads::prefetch(std::shared_ptr<partition::Partition> partition, const partition::ReadRequest& request,
                         Deadline deadline) {
  const Key key{partition.get(), request.offset};
  {
    const std::lock_guard hold(mutex_);
    if (!prefetching_.insert(key).second) return;
  }
  const auto finished = [this, key](const Result<partition::ReadAnswer>&) {
    const std::lock_guard hold(mutex_);
    prefetching_.erase(key);
  };
  if (!read(std::move(partition), request, deadline, finished)) {
    const std::lock_guard hold(mutex_);
    prefetching_.erase(key);
  }
}

}  // namespace takhin::broker
