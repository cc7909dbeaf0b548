#include "console/options.h"

namespace takhin::console {
namespace {

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t comma = std::min(list.find(',', begin), list.size());
    const auto first = list.find_first_not_of(" \t", begin);
    if (first < comma) {
      const auto last = list.find_last_not_of(" \t", comma - 1);
      out.push_back(list.substr(first, last - first + 1));
    }
    begin = comma + 1;
  }
  return out;
}

}  // namespace

std::span<const config::Option* const> option_rows() {
  static const config::Option* const kRows[] = {&kConsoleHost, &kConsolePort, &kMetricsHost, &kMetricsPort,
                                                &kHealthHost,  &kHealthPort,  &kAuthEnabled, &kAuthKeys,
                                                &kThreads,     &kBodyMax};
  return kRows;
}

Result<ConsoleOptions> options_from(const config::Settings& settings) {
  const auto host = [&](const config::Option& option) {
    const auto& text = settings.text(option);
    return text.empty() ? settings.text(kConsoleHost) : text;
  };
  const auto port = [&](const config::Option& option) { return static_cast<std::uint16_t>(settings.integer(option)); };
  ConsoleOptions out{
      .console_host = settings.text(kConsoleHost),
      .console_port = port(kConsolePort),
      .metrics_host = host(kMetricsHost),
      .metrics_port = port(kMetricsPort),
      .health_host = host(kHealthHost),
      .health_port = port(kHealthPort),
      .auth_enabled = settings.flag(kAuthEnabled),
      .api_keys = split(settings.text(kAuthKeys)),
      .threads = static_cast<std::size_t>(settings.integer(kThreads)),
      .body_bytes_max = static_cast<std::size_t>(settings.integer(kBodyMax)),
  };
  if (out.console_host.empty()) return config::broken_rule(settings, kConsoleHost, "must name an address");
  if (out.auth_enabled && out.api_keys.empty()) {
    return config::broken_rule(settings, kAuthKeys, "must hold at least one key when console.auth.enabled is true");
  }
  return out;
}

}  // namespace takhin::console
