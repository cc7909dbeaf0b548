#pragma once
// Configuration of the console, the metrics endpoint and the health endpoint.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/option.h"

namespace takhin::console {

inline const config::Option kConsoleHost{
    .key = "console.host", .fallback = std::string("127.0.0.1"), .doc = "Address the REST console listens on."};
inline const config::Option kConsolePort{.key = "console.port",
                                         .fallback = std::int64_t{8080},
                                         .min = 0,
                                         .max = 65535,
                                         .doc = "Port of the REST console; 0 picks a free one."};
inline const config::Option kMetricsHost{
    .key = "metrics.host", .fallback = std::string(""), .doc = "Address of /metrics; empty means console.host."};
inline const config::Option kMetricsPort{.key = "metrics.port",
                                         .fallback = std::int64_t{9090},
                                         .min = 0,
                                         .max = 65535,
                                         .doc = "Port of /metrics; 0 picks a free one."};
inline const config::Option kHealthHost{.key = "health.host",
                                        .fallback = std::string(""),
                                        .doc = "Address of the health endpoints; empty means console.host."};
inline const config::Option kHealthPort{.key = "health.port",
                                        .fallback = std::int64_t{9091},
                                        .min = 0,
                                        .max = 65535,
                                        .doc = "Port of /health; 0 picks a free one."};
inline const config::Option kAuthEnabled{.key = "console.auth.enabled",
                                         .fallback = false,
                                         .doc = "Every console route but /api/health asks for an API key."};
inline const config::Option kAuthKeys{.key = "console.auth.api.keys",
                                      .fallback = std::string(""),
                                      .doc = "API keys, separated by commas.",
                                      .secret = true};
inline const config::Option kThreads{.key = "console.threads",
                                     .fallback = std::int64_t{4},
                                     .min = 1,
                                     .max = 64,
                                     .doc = "Requests the console answers at once."};
inline const config::Option kBodyMax{.key = "console.request.bytes.max",
                                     .fallback = std::int64_t{65536},
                                     .min = 1024,
                                     .max = 16'777'216,
                                     .doc = "Largest request body the console takes, in bytes."};

struct ConsoleOptions {
  std::string console_host = "127.0.0.1";
  std::uint16_t console_port = 0;
  std::string metrics_host = "127.0.0.1";
  std::uint16_t metrics_port = 0;
  std::string health_host = "127.0.0.1";
  std::uint16_t health_port = 0;
  bool auth_enabled = false;
  std::vector<std::string> api_keys;
  std::size_t threads = 4;
  std::size_t body_bytes_max = 65536;
};

std::span<const config::Option* const> option_rows();
/// kInvalid: authorisation without a key.
Result<ConsoleOptions> options_from(const config::Settings& settings);

}  // namespace takhin::console
