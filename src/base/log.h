#pragma once
// One line per event on stderr, "time level [room] text". The only global in takhin: a program has one stderr.
// Never pass a secret: credentials and keys have no formatter.

#include <fmt/format.h>

#include <string_view>

namespace takhin {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };

void set_log_level(LogLevel level);
LogLevel log_level();
void log_line(LogLevel level, std::string_view room, std::string_view text);

template <class... Args>
void log_debug(std::string_view room, fmt::format_string<Args...> text, Args&&... args) {
  if (log_level() <= LogLevel::kDebug) {
    log_line(LogLevel::kDebug, room, fmt::format(text, std::forward<Args>(args)...));
  }
}
template <class... Args>
void log_info(std::string_view room, fmt::format_string<Args...> text, Args&&... args) {
  if (log_level() <= LogLevel::kInfo) log_line(LogLevel::kInfo, room, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_warn(std::string_view room, fmt::format_string<Args...> text, Args&&... args) {
  if (log_level() <= LogLevel::kWarn) log_line(LogLevel::kWarn, room, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(std::string_view room, fmt::format_string<Args...> text, Args&&... args) {
  if (log_level() <= LogLevel::kError) {
    log_line(LogLevel::kError, room, fmt::format(text, std::forward<Args>(args)...));
  }
}

}  // namespace takhin
