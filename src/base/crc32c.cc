#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>
#include <limits>

namespace takhin {

std::uint32_t crc32c(View data, std::uint32_t before) {
  // isa-l takes an int length and neither inverts its input nor its output.
  std::uint32_t state = ~before;
  while (!data.empty()) {
    const auto step = std::min<std::size_t>(data.size(), std::numeric_limits<int>::max() / 2);
    auto* bytes = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(data.data()));
    state = crc32_iscsi(bytes, static_cast<int>(step), state);
    data = data.subspan(step);
  }
  return ~state;
}

}  // namespace takhin
