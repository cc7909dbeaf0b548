#include <fmt/format.h>

#include <cstdio>

#include "app/commands.h"
#include "app/real_system.h"
#include "app/settings.h"
#include "assembly/store.h"
#include "base/log.h"
#include "object/probe.h"

namespace takhin::app {
namespace {

constexpr int kAttempts = 3;  // a store that needs more is not well

std::string_view need_of(const object::Finding& finding) {
  if (finding.answer != "yes" && finding.answer != "no") return "";
  return finding.needed ? "needed" : "useful";
}

int print(const std::vector<object::Finding>& findings) {
  std::size_t missing = 0;
  fmt::print("{:<22} {:<8} {:<7} {}\n", "CAPABILITY", "ANSWER", "", "MEANING");
  for (const auto& finding : findings) {
    missing += finding.missing() ? 1 : 0;
    fmt::print("{:<22} {:<8} {:<7} {}\n", finding.capability, finding.answer, need_of(finding), finding.meaning);
    if (!finding.why.empty()) fmt::print("{:<22} {}\n", "", finding.why);
  }
  if (missing == 0) {
    fmt::print("takhin can work with this store\n");
  } else {
    fmt::print("takhin cannot work with this store: {} of what it needs {} missing\n", missing, missing == 1 ? "is" : "are");
  }
  return missing == 0 ? 0 : kFailed;
}

}  // namespace

int check_store(const Command& command) {
  set_log_level(LogLevel::kError);  // what goes wrong is in the table
  RealSystem real;
  metrics::Metrics metrics;
  const auto settings = load_settings(command, real.files);
  if (!settings.ok()) return complain(settings.error().text), kWrongConfiguration;
  auto options = object::from(*settings);
  if (!options.ok()) return complain(options.error().text), kWrongConfiguration;
  options->part_bytes = object::kProbePartBytes;
  options->list_page_keys = object::kProbePageKeys;
  options->retry.attempts_max = kAttempts;
  const auto store = assembly::open_store(real.system, metrics, *options);
  if (!store.ok()) return complain("takhin: " + store.error().text), kFailed;
  const auto findings = object::probe((*store)->top(), "", real.clock, real.random);
  if (!findings.ok()) return complain("takhin: " + findings.error().text), kFailed;
  return print(*findings);
}

}  // namespace takhin::app
