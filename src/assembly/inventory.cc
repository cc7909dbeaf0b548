#include "assembly/inventory.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "partition/topic_rules.h"

namespace takhin::assembly {
namespace {

constexpr std::size_t kBaseDigits = 20;

// The base offset in "00000000000000000000.log", nothing for other names.
std::optional<Offset> base_of(std::string_view name) {
  if (name.size() != kBaseDigits + 4 || !name.ends_with(".log")) return std::nullopt;
  std::int64_t base = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kBaseDigits, base);
  if (error != std::errc() || end != name.data() + kBaseDigits) return std::nullopt;
  return Offset{base};
}

// Path to size.
Result<std::map<std::string, std::uint64_t>> local_segments(FileSystem& files, const std::string& log_dir) {
  std::map<std::string, std::uint64_t> out;
  const auto partitions = files.list(log_dir);
  if (!partitions.ok()) {
    if (partitions.error().kind == Kind::kNotFound) return out;
    return partitions.error();
  }
  for (const auto& partition : *partitions) {
    if (!partition.is_directory) continue;
    TRY(const auto entries, files.list(log_dir + "/" + partition.name));
    for (const auto& entry : entries) {
      const auto base = base_of(entry.name);
      if (!base) continue;
      const std::string path = partition::segment_path(partition.name, *base);
      TRY(const auto info, files.stat(log_dir + "/" + path));
      out.emplace(path, info.size);
    }
  }
  return out;
}

}  // namespace

Result<> learn_bucket(EngineStack& stack, Deadline deadline) {
  std::set<tier::PartitionRef> partitions;
  TRY(object::for_each(stack.store(), "", "", deadline, [&](const object::ObjectInfo& info) -> Result<> {
    const auto parsed = tier::parse_object_name(info.key.name);
    if (parsed) partitions.insert(parsed->partition);
    return done();
  }));
  for (const auto& partition : partitions)
    TRY(stack.engine().refresh(partition, true, deadline).within(partition.name()));
  return done();
}

Result<std::vector<InventoryRow>> inventory(tier::Engine& engine, FileSystem& files, const std::string& log_dir) {
  std::map<std::string, std::uint64_t> local;
  if (!log_dir.empty()) {
    TRY(local, local_segments(files, log_dir));
  }
  std::vector<InventoryRow> rows;
  for (const auto& partition : engine.partitions()) {
    for (const auto& entry : engine.segments(partition)) {
      InventoryRow row{partition::segment_path(partition.name(), entry.base), tier::Tier::kCold, true, partition, entry};
      const auto copy = local.find(row.path);
      if (copy != local.end() && copy->second == entry.log_bytes) {
        row.tier = tier::Tier::kWarm;
        local.erase(copy);
      }
      rows.push_back(std::move(row));
    }
  }
  for (const auto& [path, bytes] : local) {
    InventoryRow row{path, tier::Tier::kHot, false, {}, {}};
    row.entry.base = base_of(std::string_view(path).substr(path.rfind('/') + 1)).value_or(kNoOffset);
    row.entry.end = kNoOffset;
    row.entry.max_timestamp = kNoTimestamp;
    row.entry.log_bytes = bytes;
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::tie(a.path, a.partition.topic_id) < std::tie(b.path, b.partition.topic_id);
  });
  return rows;
}

}  // namespace takhin::assembly
