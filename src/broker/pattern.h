#pragma once
// Regular expressions that clients send: RE2's, as in Kafka, whose time and memory are bounded whatever the expression.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace takhin::broker {

/// Immutable; any thread.
class Pattern {
 public:
  /// kInvalid with what is wrong with it.
  static Result<Pattern> compile(const std::string& text);
  /// All of `text`, not a part of it.
  bool matches(std::string_view text) const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace takhin::broker
