#pragma once
// What the cleaner of compacted topics is told.

#include <cstdint>

#include "base/types.h"

namespace takhin::partition {

struct CleanerOptions {
  bool enabled = true;                        // log.cleaner.enable
  std::int64_t backoff_ms = 15'000;           // log.cleaner.backoff.ms
  std::uint64_t keys_bytes = 128 * kMiB;      // log.cleaner.dedupe.buffer.size
  std::uint64_t bytes_per_second = 0;         // log.cleaner.io.max.bytes.per.second; 0 = no limit
};

}  // namespace takhin::partition
