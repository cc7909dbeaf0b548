// takhin tier scrub, takhin tier gc.

#include <fmt/format.h>

#include "app/commands.h"
#include "app/real_system.h"
#include "app/settings.h"
#include "assembly/care.h"
#include "base/log.h"
#include "console/json.h"
#include "tier/gc.h"
#include "tier/options.h"

namespace takhin::app {
namespace {

constexpr int kFound = 1;
constexpr int kCannotTell = 2;
constexpr std::uint64_t kReportVersion = 1;

std::string array_of(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "\n " : ",\n ") + item;
  return "[" + out + "]";
}

std::string requests_of(const assembly::Care& care) {
  return console::JsonObject().whole("put_class", care.meter().put_class()).whole("get_class", care.meter().get_class()).str();
}

// ---- scrub

std::string json_of(const tier::Anomaly& anomaly) {
  console::JsonObject out;
  out.text("kind", tier::name_of(anomaly.kind)).flag("leftover", tier::is_leftover(anomaly.kind)).text("topic", anomaly.topic);
  if (anomaly.partition >= 0) out.whole("partition", static_cast<std::uint64_t>(anomaly.partition));
  if (!anomaly.object.empty()) out.text("object", anomaly.object);
  if (anomaly.base >= Offset{0}) out.whole("base_offset", static_cast<std::uint64_t>(anomaly.base.raw));
  if (anomaly.end >= Offset{0}) out.whole("end_offset", static_cast<std::uint64_t>(anomaly.end.raw));
  return out.text("detail", anomaly.detail).str();
}

std::string json_of(const tier::ScrubReport& report, bool deep, const assembly::Care& care) {
  console::JsonObject counts;
  for (std::size_t at = 0; at < tier::kAnomalyKinds; ++at) {
    counts.whole(tier::name_of(static_cast<tier::AnomalyKind>(at)), report.counts[at]);
  }
  std::vector<std::string> anomalies;
  for (const tier::Anomaly& anomaly : report.anomalies) anomalies.push_back(json_of(anomaly));
  console::JsonObject out;
  out.whole("version", kReportVersion).flag("deep", deep).flag("clean", report.faults() == 0);
  out.whole("topics", report.topics).whole("partitions", report.partitions).whole("segments", report.segments);
  out.whole("object_bytes", report.object_bytes).whole("log_bytes", report.log_bytes);
  out.raw("requests", requests_of(care)).raw("counts", counts.str());
  out.whole("anomalies_left_out", report.anomalies_total() - report.anomalies.size());
  return out.raw("anomalies", array_of(anomalies)).str();
}

std::string line_of(const tier::Anomaly& anomaly) {
  std::string out = fmt::format("{:<24} {}", tier::name_of(anomaly.kind), anomaly.topic);
  if (anomaly.partition >= 0) out += fmt::format("-{}", anomaly.partition);
  if (anomaly.end >= Offset{0}) out += fmt::format(" {}..{}", anomaly.base.raw, anomaly.end.raw);
  if (!anomaly.detail.empty()) out += "  " + anomaly.detail;
  if (!anomaly.object.empty()) out += "  " + anomaly.object;
  return out;
}

Result<int> scrub(assembly::Care& care, Clock& clock, const config::Settings& settings, const Command& command) {
  const tier::ScrubInput input{care.store(), clock, care.catalog(), care.local(), care.keys()};
  tier::ScrubOptions options;
  options.deep = command.deep;
  options.fetch_bytes_max = static_cast<std::uint64_t>(settings.integer(tier::kFetchBytesMax));
  options.threads = static_cast<std::size_t>(settings.integer(tier::kFetchThreads));
  TRY(const tier::ScrubReport report, tier::scrub(input, options));
  if (command.json) {
    fmt::print("{}\n", json_of(report, command.deep, care));
  } else {
    for (const tier::Anomaly& anomaly : report.anomalies) fmt::print("{}\n", line_of(anomaly));
    fmt::print("{} topics, {} partitions, {} segments, {} bytes: {} anomalies ({} PUT-class and {} GET-class requests)\n",
               report.topics, report.partitions, report.segments, report.object_bytes, report.anomalies_total(),
               care.meter().put_class(), care.meter().get_class());
  }
  return report.faults() == 0 ? 0 : kFound;
}

// ---- gc

std::string json_of(const tier::Garbage& item) {
  console::JsonObject out;
  out.text("kind", tier::name_of(item.kind)).text("fate", tier::name_of(item.fate)).text("object", item.object);
  out.whole("bytes", item.bytes).text("since", console::rfc3339(item.since));
  if (!item.refusal.empty()) out.text("refusal", item.refusal);
  return out.str();
}

std::string json_of(const tier::GcReport& report, const tier::GcOptions& options, const assembly::Care& care) {
  console::JsonObject out;
  out.whole("version", kReportVersion).flag("dry_run", options.dry_run).flag("write_once", options.write_once);
  out.whole("grace_hours", static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::hours>(options.grace).count()));
  console::JsonObject objects;
  console::JsonObject bytes;
  std::uint64_t total = 0;
  for (std::size_t at = 0; at < tier::kGarbageFates; ++at) {
    const auto name = tier::name_of(static_cast<tier::GarbageFate>(at));
    objects.whole(name, report.counts[at]);
    bytes.whole(name, report.bytes[at]);
    total += report.counts[at];
  }
  std::vector<std::string> items;
  for (const tier::Garbage& item : report.items) items.push_back(json_of(item));
  out.raw("objects", objects.str()).raw("bytes", bytes.str()).whole("uploads_aborted", report.uploads_aborted);
  if (options.dry_run) out.whole("uploads_would_go", report.uploads_would_go);
  if (report.uploads_refusal) out.text("uploads_refusal", report.uploads_refusal->text);
  return out.raw("requests", requests_of(care)).whole("items_left_out", total - report.items.size())
      .raw("items", array_of(items)).str();
}

void print(const tier::GcReport& report, const tier::GcOptions& options) {
  for (const tier::Garbage& item : report.items) {
    fmt::print("{:<9} {:<15} {:>13} {}{}\n", tier::name_of(item.fate), tier::name_of(item.kind), item.bytes, item.object,
               item.refusal.empty() ? "" : "  " + item.refusal);
  }
  for (std::size_t at = 0; at < tier::kGarbageFates; ++at) {
    fmt::print("{:<9} {} objects, {} bytes\n", tier::name_of(static_cast<tier::GarbageFate>(at)), report.counts[at],
               report.bytes[at]);
  }
  if (report.uploads_refusal) {
    fmt::print("unfinished uploads: {}\n", report.uploads_refusal->text);
  } else if (options.dry_run) {
    fmt::print("would_go  {} unfinished uploads\n", report.uploads_would_go);
  } else {
    fmt::print("aborted   {} unfinished uploads\n", report.uploads_aborted);
  }
}

Result<int> gc(assembly::Care& care, Clock& clock, const config::Settings& settings, const Command& command) {
  tier::GcOptions options;
  options.dry_run = command.dry_run;
  options.write_once = settings.flag(tier::kWriteOnce);
  options.grace = std::chrono::hours(command.grace_hours);
  options.fetch_bytes_max = static_cast<std::uint64_t>(settings.integer(tier::kFetchBytesMax));
  const auto count_uploads = [&](TimestampMs older_than, Deadline deadline) {
    return care.count_unfinished_uploads(older_than, deadline);
  };
  const tier::GcInput input{care.store(), clock, care.catalog(), care.keys(), count_uploads};
  TRY(const tier::GcReport report, tier::collect_garbage(input, options));
  if (command.json) {
    fmt::print("{}\n", json_of(report, options, care));
  } else {
    print(report, options);
  }
  const bool refused = report.counts[static_cast<std::size_t>(tier::GarbageFate::kRefused)] > 0 || report.uploads_refusal;
  return refused ? kFound : 0;
}

Result<int> look_after(const Command& command) {
  RealSystem real;
  metrics::Metrics metrics;
  TRY(const auto settings, load_settings(command, real.files));
  TRY(const auto care, assembly::Care::open(real.system, metrics, settings, command.store.empty()));
  if (command.verb == Verb::kTierScrub) return scrub(*care, real.clock, settings, command);
  return gc(*care, real.clock, settings, command);
}

}  // namespace

int tier_care(const Command& command) {
  set_log_level(LogLevel::kWarn);
  const auto code = look_after(command);
  if (code.ok()) return *code;
  const bool held = code.error().kind == Kind::kConflict && command.store.empty();
  complain("takhin: " + code.error().text + (held ? "; while it runs, look at its store with --store" : ""));
  return kCannotTell;
}

}  // namespace takhin::app
