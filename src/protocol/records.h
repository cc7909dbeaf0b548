#pragma once
// The value of a `records` field: record batches that pass through a message without being looked at or copied.

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "base/file.h"
#include "base/types.h"

namespace takhin::protocol {

/// Null, borrowed bytes (what decode() gives: a part of the frame, which must outlive it), owned bytes, or parts of files.
/// A cheap value: copying shares owned bytes and files.
class Records {
 public:
  Records() = default;
  static Records borrow(View bytes) { return Records(Value(bytes)); }
  static Records own(Bytes bytes) { return Records(Value(std::make_shared<const Bytes>(std::move(bytes)))); }
  static Records file(FileSlice slice) { return files({std::move(slice)}); }
  static Records files(std::vector<FileSlice> slices) { return Records(Value(std::move(slices))); }
  /// Present, with no byte in it: what a Fetch answers at the end of the log.
  static Records empty() { return borrow({}); }

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  std::uint64_t size() const;
  /// The bytes in memory, borrowed from this value or from the frame. Empty for null; files have no view.
  View view() const;
  /// Null unless the bytes are owned.
  std::shared_ptr<const Bytes> owned() const;
  /// Empty unless made from files.
  const std::vector<FileSlice>& slices() const;

 private:
  using Value = std::variant<std::monostate, View, std::shared_ptr<const Bytes>, std::vector<FileSlice>>;
  explicit Records(Value value) : value_(std::move(value)) {}
  Value value_;
};

}  // namespace takhin::protocol
