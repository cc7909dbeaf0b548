#pragma once
// The routes: pure functions from a request to a response. Names, codes and JSON are the contract with users of tiered storage.

#include <string>

#include "console/http.h"
#include "console/options.h"
#include "metrics/metrics.h"
#include "partition/admin.h"

namespace takhin::console {

/// Any thread; blocks as long as Admin does. Borrows all it is given.
class Api {
 public:
  /// `started`: since when requests are counted.
  Api(partition::Admin& admin, metrics::Metrics& metrics, const ConsoleOptions& options, TimestampMs started)
      : admin_(admin), metrics_(metrics), options_(options), started_(started) {}

  Response console(const Request& request) const;
  Response metrics(const Request& request) const;
  Response health(const Request& request) const;

  /// What a handler gets: the request and, for routes that end in a segment path, that path.
  using Handler = Response (Api::*)(const Request& request, const std::string& segment) const;

  Response index(const Request&, const std::string&) const;
  Response open_health(const Request&, const std::string&) const;
  Response tiered_stats(const Request&, const std::string&) const;
  Response archive(const Request&, const std::string&) const;
  Response restore(const Request&, const std::string&) const;
  Response segment(const Request&, const std::string&) const;
  Response tier_stats(const Request&, const std::string&) const;
  Response why(const Request& request, const std::string& segment) const;
  Response access(const Request&, const std::string&) const;
  Response topic_costs(const Request& request, const std::string& segment) const;
  Response cost_analysis(const Request&, const std::string&) const;
  Response evaluate(const Request&, const std::string&) const;
  Response metrics_text(const Request&, const std::string&) const;
  Response health_summary(const Request&, const std::string&) const;
  Response health_ready(const Request&, const std::string&) const;
  Response health_live(const Request&, const std::string&) const;

 private:
  partition::Admin& admin_;
  metrics::Metrics& metrics_;
  const ConsoleOptions& options_;
  const TimestampMs started_;
};

/// The body of every error.
Response error_response(int status, std::string_view text);

}  // namespace takhin::console
