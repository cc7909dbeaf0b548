#include "protocol/records.h"

#include "base/result.h"

namespace takhin::protocol {

std::uint64_t Records::size() const {
  if (const auto* slices = std::get_if<std::vector<FileSlice>>(&value_)) {
    std::uint64_t total = 0;
    for (const FileSlice& slice : *slices) total += slice.range.size();
    return total;
  }
  return view().size();
}

View Records::view() const {
  if (const auto* borrowed = std::get_if<View>(&value_)) return *borrowed;
  if (const auto* bytes = std::get_if<std::shared_ptr<const Bytes>>(&value_)) return **bytes;
  TAKHIN_ASSERT(is_null(), "records in files have no view");
  return {};
}

std::shared_ptr<const Bytes> Records::owned() const {
  const auto* bytes = std::get_if<std::shared_ptr<const Bytes>>(&value_);
  return bytes == nullptr ? nullptr : *bytes;
}

const std::vector<FileSlice>& Records::slices() const {
  static const std::vector<FileSlice> none;
  const auto* slices = std::get_if<std::vector<FileSlice>>(&value_);
  return slices == nullptr ? none : *slices;
}

}  // namespace takhin::protocol
