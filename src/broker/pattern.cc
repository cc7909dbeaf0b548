#include "broker/pattern.h"

#include <re2/re2.h>

namespace takhin::broker {
namespace {
constexpr std::int64_t kProgramBytesMax = 1 << 20;
}

Result<Pattern> Pattern::compile(const std::string& text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kProgramBytesMax);
  auto compiled = std::make_shared<const re2::RE2>(text, options);
  if (!compiled->ok()) return fail(Kind::kInvalid, "regular expression: {}", compiled->error());
  return Pattern(std::move(compiled));
}

bool Pattern::matches(std::string_view text) const {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

}  // namespace takhin::broker
