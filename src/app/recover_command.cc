// takhin recover.

#include <fmt/format.h>

#include "app/commands.h"
#include "app/real_system.h"
#include "app/settings.h"
#include "assembly/options.h"
#include "assembly/recover.h"
#include "base/log.h"

namespace takhin::app {
namespace {

void print(const assembly::RecoverReport& report, const std::string& data_dir) {
  fmt::print("{:<40} {:>9} {:>20} {:>20}\n", "PARTITION", "SEGMENTS", "LOG START", "END");
  for (const auto& one : report.partitions) {
    fmt::print("{:<40} {:>9} {:>20} {:>20}\n", one.partition.name(), one.segments, one.log_start.raw, one.end.raw);
  }
  fmt::print("{} topics, {} partitions, {} group records ({} offsets lowered to the archived end)\n", report.topics,
             report.partitions.size(), report.group_records, report.offsets_lowered);
  if (!report.groups_object) fmt::print("the store has no committed offsets: groups begin anew\n");
  fmt::print("recovered into {}\n", data_dir);
}

}  // namespace

int recover(const Command& command) {
  set_log_level(LogLevel::kError);
  RealSystem real;
  const auto settings = load_settings(command, real.files);
  if (!settings.ok()) return complain(settings.error().text), kWrongConfiguration;
  metrics::Metrics metrics;
  const auto report = assembly::recover(real.system, metrics, *settings, command.topics);
  if (!report.ok()) return complain("takhin: " + report.error().text), kFailed;
  print(*report, settings->text(assembly::kDataDir));
  if (report->groups_fault) {
    complain("takhin: committed offsets cannot be read, groups begin anew: " + report->groups_fault->text);
    return kFailed;
  }
  return 0;
}

}  // namespace takhin::app
