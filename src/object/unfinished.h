#pragma once
// Beside the six verbs: what a store knows of uploads that were begun and not finished.

#include "object/store.h"

namespace takhin::object {

/// Implemented by stores that have multipart uploads; one that has none has nothing to count. Any thread.
class UnfinishedUploads {
 public:
  virtual ~UnfinishedUploads() = default;
  /// What abort_uploads() with the same arguments would abort. Changes nothing. Retry-safe. Cost: 1 LIST per 1,000 uploads.
  virtual Result<std::size_t> count_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) = 0;
};

}  // namespace takhin::object
