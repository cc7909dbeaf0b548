#pragma once
// Standard base64 with padding (RFC 4648, section 4).

#include <optional>
#include <string>
#include <string_view>

#include "base/types.h"

namespace takhin {

std::string to_base64(View bytes);
/// Nothing for anything that to_base64() does not write: other characters, missing padding, spare bits that are not zero.
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace takhin
