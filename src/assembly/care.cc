#include "assembly/care.h"

#include "assembly/options.h"
#include "partition/checkpoint.h"
#include "partition/topic_rules.h"
#include "tier/options.h"

namespace takhin::assembly {

Result<std::map<tier::PartitionRef, tier::LocalExtent>> local_extents(FileSystem& files, const std::string& log_dir) {
  std::map<tier::PartitionRef, tier::LocalExtent> out;
  const auto folders = files.list(log_dir);
  if (!folders.ok()) {
    if (folders.error().kind == Kind::kNotFound) return out;
    return folders.error();
  }
  for (const DirEntry& folder : *folders) {
    const auto path = partition::parse_segment_path(partition::segment_path(folder.name, Offset{0}));
    if (!folder.is_directory || !path) continue;
    const std::string dir = log_dir + "/" + folder.name;
    TRY(const auto id, partition::load_topic_id(files, dir).within(folder.name));
    TRY(const auto checkpoint, partition::load_checkpoint(files, dir).within(folder.name));
    if (!id || !checkpoint) continue;
    out.emplace(tier::PartitionRef{path->topic, *id, path->partition},
                tier::LocalExtent{checkpoint->log_start, checkpoint->local_start});
  }
  return out;
}

Result<> Care::take_data_dir(const System& system, const config::Settings& settings) {
  const std::string path = settings.text(kDataDir);
  TRY(system.files.stat(path).within("data directory"));  // a typo must not make one
  TRY(data_dir_, DataDir::open(system, path));
  TRY(catalog_, tier::Catalog::open(system.files, tier::engine_options(settings, path).catalog_path));
  TRY(local_, local_extents(system.files, path + "/log"));
  return done();
}

Result<std::unique_ptr<Care>> Care::open(const System& system, metrics::Metrics& metrics, const config::Settings& settings,
                                         bool with_data_dir) {
  if (!tiering_of(settings).enabled) return fail(Kind::kInvalid, "tiered storage not enabled");
  std::unique_ptr<Care> care(new Care);
  if (with_data_dir) TRY(care->take_data_dir(system, settings));
  TRY(const auto where, store_options(settings));
  TRY(care->store_, open_store(system, metrics, where).within("object store"));
  TRY(care->keys_, open_keys(system, settings, care->store(), metrics));
  return care;
}

}  // namespace takhin::assembly
