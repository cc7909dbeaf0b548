#pragma once

#include <string_view>

namespace takhin::assembly {

/// "0.1.0".
std::string_view version();

}  // namespace takhin::assembly
