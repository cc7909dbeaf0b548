#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/commands.h"
#include "app/settings.h"
#include "assembly/all_metrics.h"
#include "assembly/options.h"
#include "assembly/version.h"
#include "os/files.h"

namespace takhin::app {

void complain(const std::string& text) { fmt::print(stderr, "{}\n", text); }

int print_version() {
  fmt::print("takhin {}\n", assembly::version());
  return 0;
}

int print_config(const Command& command) {
  if (!command.docs.empty()) {
    fmt::print("{}", command.docs == "config" ? config::markdown(assembly::all_rows()) : metrics::markdown(assembly::all_metric_rows()));
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
