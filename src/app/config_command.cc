#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/commands.h"
#include "app/settings.h"
#include "assembly/all_metrics.h"
#include "assembly/options.h"
#include "assembly/version.h"
#include "broker/api_table.h"
#include "os/files.h"

namespace takhin::app {

void complain(const std::string& text) { fmt::print(stderr, "{}\n", text); }

int print_version() {
  fmt::print("takhin {}\n", assembly::version());
  return 0;
}

namespace {

constexpr std::string_view kMadeBy = "Written by `./dev docs` from the rows in the code; do not edit.\n\n";

std::string page(const std::string& name) {
  if (name == "config") {
    return fmt::format(
        "# Configuration\n\n{}Every key may stand in the YAML file, nested or dotted, in the environment, or behind "
        "`--set`; later ones "
        "win.\n\n{}",
        kMadeBy, config::markdown(assembly::all_rows()));
  }
  if (name == "metrics")
    return fmt::format("# Metrics\n\n{}{}", kMadeBy, metrics::markdown(assembly::all_metric_rows()));
  std::string out = fmt::format(
      "# Kafka APIs\n\n{}Versions outside of the served ones get UNSUPPORTED_VERSION; a listed version below them is "
      "there for clients "
      "that look for it.\n\n| key | API | served | listed |\n|---|---|---|---|\n",
      kMadeBy);
  for (const auto& api : broker::served_apis()) {
    out += fmt::format("| {} | {} | {} to {} | {} to {} |\n", static_cast<int>(api.key), api.name, api.version_min,
                       api.version_max, api.listed_min, api.version_max);
  }
  return out;
}

}  // namespace

int print_config(const Command& command) {
  if (!command.docs.empty()) {
    fmt::print("{}", page(command.docs));
    return 0;
  }
  os::PosixFileSystem files;
  const auto settings = load_settings(command, files);
  if (!settings.ok()) {
    complain(settings.error().text);
    return kWrongConfiguration;
  }
  if (command.check) {
    fmt::print("the configuration is right\n");
    return 0;
  }
  const auto all = settings->all();
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (const auto& setting : all) {
    key_width = std::max(key_width, setting.option->key.size());
    value_width = std::max(value_width, config::printable(setting).size());
  }
  for (const auto& setting : all) {
    fmt::print("{:<{}}  {:<{}}  {}\n", setting.option->key, key_width, config::printable(setting), value_width,
               config::name_of(setting.origin));
  }
  if (assembly::tiering_of(*settings).embedded) {
    fmt::print("# no store is named, so `takhin run` archives to {}/objects\n", settings->text(assembly::kDataDir));
  }
  return 0;
}

}  // namespace takhin::app
