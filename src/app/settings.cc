#include "app/settings.h"

#include "assembly/options.h"
#include "os/process.h"

namespace takhin::app {
namespace {

// file:///dir stays an endpoint; s3://bucket/prefix becomes the two keys.
Result<std::vector<std::string>> settings_of_store(const std::string& url) {
  constexpr std::string_view kS3 = "s3://";
  if (url.starts_with("file:///"))
    return std::vector<std::string>{"storage.tiered.s3.endpoint=" + url, "storage.tiered.enabled=true"};
  if (!url.starts_with(kS3) || url.size() == kS3.size()) {
    return fail(Kind::kInvalid, "store {}: must be file:///dir or s3://bucket[/prefix]", url);
  }
  const std::string place = url.substr(kS3.size());
  const auto slash = place.find('/');
  std::vector<std::string> out{"storage.tiered.s3.bucket=" + place.substr(0, slash), "storage.tiered.enabled=true"};
  if (slash != std::string::npos) out.push_back("storage.tiered.s3.prefix=" + place.substr(slash + 1));
  return out;
}

}  // namespace

Result<config::Settings> load_settings(const Command& command, FileSystem& files) {
  config::Sources sources{.environment = os::environment(), .set = command.set};
  if (command.config_file) {
    TRY(const auto text, read_whole(files, *command.config_file).within("--config"));
    sources.yaml = std::string(text_of(text));
    sources.yaml_name = *command.config_file;
  }
  if (command.data_dir) sources.set.push_back("storage.data.dir=" + *command.data_dir);
  if (!command.store.empty()) {
    TRY(const auto more, settings_of_store(command.store));
    sources.set.insert(sources.set.end(), more.begin(), more.end());
  }
  TRY(auto settings, config::Settings::load(assembly::all_rows(), sources));
  TRY(assembly::validate(settings));
  return settings;
}

}  // namespace takhin::app
