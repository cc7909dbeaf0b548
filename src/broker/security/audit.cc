#include "broker/security/audit.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace takhin::broker::security {

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, kAuditTextBytesMax)) {
    const bool plain = c >= 0x20 && c < 0x7f && c != '\'' && c != '\\';
    if (plain) out += c;
    else fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
  }
  if (text.size() > kAuditTextBytesMax) out += "...";
  return out += '\'';
}

bool LineGate::pass(std::uint64_t& left_out) {
  const std::lock_guard hold(mutex_);
  const Steady now = clock_.steady();
  tokens_ += std::chrono::duration<double>(now - looked_).count() * kAuditLinesPerSecond;
  tokens_ = std::min(tokens_, kAuditLinesAtOnce);
  looked_ = now;
  if (tokens_ < 1) {
    ++left_out_;
    return false;
  }
  tokens_ -= 1;
  left_out = std::exchange(left_out_, 0);
  return true;
}

void AuditLog::write(LineGate& gate, std::string_view line) {
  std::uint64_t left_out = 0;
  if (!gate.pass(left_out)) return;
  if (left_out > 0) log_warn("audit", "{} lines like the next one were left out", left_out);
  log_info("audit", "{}", line);
}

std::string AuditNames::text() const { return more_ == 0 ? text_ : fmt::format("{} and {} more", text_, more_); }

}  // namespace takhin::broker::security
