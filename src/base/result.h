#pragma once
// How every fallible call answers: a value, or an Error whose kind says what the caller should do.

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace takhin {

/// What should the caller do? The text says what happened.
enum class Kind {
  kNotFound,     // it is not there: do without, or tell the user
  kConflict,     // somebody else got there first, or the state forbids it: look again
  kUnavailable,  // try again later: network, timeout, server error
  kThrottled,    // try again later and more slowly
  kDenied,       // credentials or permissions: an operator must act
  kCorrupt,      // bytes fail their check: never use them
  kInvalid,      // the caller's input breaks a rule
  kOutOfRange,   // an offset outside of what exists
  kExhausted,    // disk or a named limit is full
  kClosed,       // shutting down
};

std::string_view name_of(Kind kind);

/// True when the same call may succeed later without anyone changing anything.
constexpr bool is_transient(Kind kind) { return kind == Kind::kUnavailable || kind == Kind::kThrottled; }

struct Error {
  Kind kind = Kind::kInvalid;
  std::string text;

  /// Adds what the caller was doing: "archive a-0: read log: short file".
  Error within(std::string_view doing) && { return {kind, fmt::format("{}: {}", doing, text)}; }
};

struct Unit {
  auto operator<=>(const Unit&) const = default;
};

/// tl::expected with a context verb; [[nodiscard]] so that no error passes unread.
template <class T = Unit>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

 public:
  using Base::Base;
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}  // NOLINT: errors convert by design
  bool ok() const { return this->has_value(); }
  Result within(std::string_view doing) && {
    if (ok()) return std::move(*this);
    return std::move(this->error()).within(doing);
  }
};

/// The success of a call that answers nothing.
inline Result<> done() { return Unit{}; }

template <class... Args>
Error fail(Kind kind, fmt::format_string<Args...> text, Args&&... args) {
  return {kind, fmt::format(text, std::forward<Args>(args)...)};
}

/// Ends the process with file, line and reason: a bug in takhin, never the world's doing. On in release.
[[noreturn]] void assert_failed(const char* condition, const char* file, int line, std::string_view why);

}  // namespace takhin

#define TAKHIN_ASSERT(condition, why) \
  ((condition) ? static_cast<void>(0) : ::takhin::assert_failed(#condition, __FILE__, __LINE__, why))

// TRY(expr) returns the error of a Result<>; TRY(auto x, expr) also binds the value.
#define TAKHIN_JOIN2(a, b) a##b
#define TAKHIN_JOIN(a, b) TAKHIN_JOIN2(a, b)
#define TAKHIN_TRY_1(expr)                                      \
  do {                                                          \
    auto&& try_result = (expr);                                 \
    if (!try_result.ok()) return std::move(try_result).error(); \
  } while (false)
#define TAKHIN_TRY_BIND(temp, decl, expr)       \
  auto&& temp = (expr);                         \
  if (!temp.ok()) return std::move(temp).error(); \
  decl = *std::move(temp)
#define TAKHIN_TRY_2(decl, expr) TAKHIN_TRY_BIND(TAKHIN_JOIN(try_result_, __COUNTER__), decl, expr)
#define TAKHIN_TRY_PICK(a, b, which, ...) which
#define TRY(...) TAKHIN_TRY_PICK(__VA_ARGS__, TAKHIN_TRY_2, TAKHIN_TRY_1, )(__VA_ARGS__)
