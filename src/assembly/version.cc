#include "assembly/version.h"

namespace takhin::assembly {

std::string_view version() { return TAKHIN_VERSION; }

}  // namespace takhin::assembly
