#pragma once
// Who was refused what, and who changed what: lines of the room "audit" of the log.

#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace takhin::broker::security {

/// Lines of one kind: so many at once, and so many a second after that. What is left out is counted.
inline constexpr double kAuditLinesAtOnce = 500;
inline constexpr double kAuditLinesPerSecond = 50;
/// Of a stranger's text in a line.
inline constexpr std::size_t kAuditTextBytesMax = 256;
/// Resources that one line names.
inline constexpr std::size_t kAuditNamesMax = 8;

/// Between quotes, on one line, and short: whatever is not plain ASCII, a quote or a backslash becomes \xNN.
std::string quoted(std::string_view text);

/// Lets some through and counts the rest. Any thread.
class LineGate {
 public:
  explicit LineGate(Clock& clock) : clock_(clock), looked_(clock.steady()) {}
  /// Whether one may go through; `left_out` is then how many could not since the last that did.
  bool pass(std::uint64_t& left_out);

 private:
  Clock& clock_;
  std::mutex mutex_;
  double tokens_ = kAuditLinesAtOnce;
  Steady looked_;
  std::uint64_t left_out_ = 0;
};

/// Any thread. A flood of refusals leaves room for what was changed.
class AuditLog {
 public:
  explicit AuditLog(Clock& clock) : denials_(clock), changes_(clock) {}
  void denied(std::string_view line) { write(denials_, line); }
  void changed(std::string_view line) { write(changes_, line); }

 private:
  static void write(LineGate& gate, std::string_view line);

  LineGate denials_;
  LineGate changes_;
};

/// Resources of one request, for its line: the first few by name.
class AuditNames {
 public:
  void add(std::string text) {
    if (named_ < kAuditNamesMax) text_ += (named_++ == 0 ? "" : ", ") + std::move(text);
    else ++more_;
  }
  bool empty() const { return named_ == 0; }
  std::string text() const;

 private:
  std::string text_;
  std::size_t named_ = 0;
  std::size_t more_ = 0;
};

}  // namespace takhin::broker::security
