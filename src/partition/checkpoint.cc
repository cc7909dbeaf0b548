#include "partition/checkpoint.h"

#include <charconv>

#include "base/crc32c.h"

namespace takhin::partition {
namespace {

constexpr std::string_view kFirstLine = "takhin-checkpoint 1\n";
constexpr std::string_view kPinsFirstLine = "takhin-pins 1\n";
constexpr std::string_view kTopicIdKey = "topic_id: ";

std::string path_in(const std::string& dir, std::string_view name) { return dir + "/" + std::string(name); }

Result<std::optional<std::string>> read_if_there(FileSystem& files, const std::string& path) {
  const auto data = read_whole(files, path);
  if (data.ok()) return std::optional(std::string(text_of(*data)));
  if (data.error().kind == Kind::kNotFound) return std::optional<std::string>();
  return data.error();
}

/// The number after "`key` " at the start of `text`, which it moves past the line's end.
std::optional<std::int64_t> take(std::string_view& text, std::string_view key, int base = 10) {
  if (!text.starts_with(key) || text.size() <= key.size() || text[key.size()] != ' ') return std::nullopt;
  text.remove_prefix(key.size() + 1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end == text.data() + text.size() || *end != '\n') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return value;
}

std::string body_of(const Checkpoint& checkpoint) {
  return fmt::format("{}log_start {}\nlocal_start {}\narchived_end {}\nleader_epoch {}\n", kFirstLine, checkpoint.log_start.raw,
                     checkpoint.local_start.raw, checkpoint.archived_end.raw, checkpoint.leader_epoch.raw);
}

}  // namespace

Result<std::optional<Checkpoint>> load_checkpoint(FileSystem& files, const std::string& dir) {
  const std::string path = path_in(dir, kCheckpointFile);
  TRY(const auto text, read_if_there(files, path));
  if (!text) return std::optional<Checkpoint>();
  std::string_view rest = *text;
  const Error damaged = fail(Kind::kCorrupt, "{} is damaged", path);
  if (!rest.starts_with(kFirstLine)) return damaged;
  rest.remove_prefix(kFirstLine.size());
  const auto log_start = take(rest, "log_start");
  const auto local_start = take(rest, "local_start");
  const auto archived_end = take(rest, "archived_end");
  const auto leader_epoch = take(rest, "leader_epoch").value_or(0);  // not in the first checkpoints
  const std::size_t body_bytes = text->size() - rest.size();
  const auto crc = take(rest, "crc", 16);
  if (!log_start || !local_start || !archived_end || !crc || leader_epoch > INT32_MAX) return damaged;
  if (*crc != static_cast<std::int64_t>(crc32c(view_of(std::string_view(*text).substr(0, body_bytes))))) return damaged;
  return std::optional(Checkpoint{Offset{*log_start}, Offset{*local_start}, Offset{*archived_end},
                                  LeaderEpoch{static_cast<std::int32_t>(leader_epoch)}});
}

Result<> store_checkpoint(FileSystem& files, const std::string& dir, const Checkpoint& checkpoint) {
  std::string text = body_of(checkpoint);
  text += fmt::format("crc {:08x}\n", crc32c(view_of(text)));
  return write_atomically(files, path_in(dir, kCheckpointFile), view_of(text));
}

Result<Pins> load_pins(FileSystem& files, const std::string& dir) {
  const std::string path = path_in(dir, kPinsFile);
  TRY(const auto text, read_if_there(files, path));
  if (!text) return Pins();
  std::string_view rest = *text;
  const Error damaged = fail(Kind::kCorrupt, "{} is damaged", path);
  if (!rest.starts_with(kPinsFirstLine)) return damaged;
  rest.remove_prefix(kPinsFirstLine.size());
  Pins pins;
  while (const auto base = take(rest, "segment")) {
    const auto until = take(rest, "until");
    if (!until || pins.size() >= kPinsMax) return damaged;
    pins.emplace(Offset{*base}, TimestampMs{*until});
  }
  const std::size_t body_bytes = text->size() - rest.size();
  const auto crc = take(rest, "crc", 16);
  if (!crc || *crc != static_cast<std::int64_t>(crc32c(view_of(std::string_view(*text).substr(0, body_bytes))))) return damaged;
  return pins;
}

Result<> store_pins(FileSystem& files, const std::string& dir, const Pins& pins) {
  std::string text(kPinsFirstLine);
  for (const auto& [base, until] : pins) text += fmt::format("segment {}\nuntil {}\n", base.raw, until.raw);
  text += fmt::format("crc {:08x}\n", crc32c(view_of(text)));
  return write_atomically(files, path_in(dir, kPinsFile), view_of(text));
}

Result<std::optional<Uuid>> load_topic_id(FileSystem& files, const std::string& dir) {
  const std::string path = path_in(dir, kMetadataFile);
  TRY(const auto text, read_if_there(files, path));
  if (!text) return std::optional<Uuid>();
  const auto at = text->find(kTopicIdKey);
  if (at == std::string::npos) return fail(Kind::kCorrupt, "{} names no topic id", path);
  const std::string_view rest = std::string_view(*text).substr(at + kTopicIdKey.size());
  const auto id = Uuid::parse(rest.substr(0, rest.find_first_of("\r\n")));
  if (!id) return fail(Kind::kCorrupt, "{} names no topic id", path);
  return id;
}

Result<> store_topic_id(FileSystem& files, const std::string& dir, const Uuid& id) {
  const std::string text = fmt::format("version: 0\n{}{}\n", kTopicIdKey, id.text());
  return write_atomically(files, path_in(dir, kMetadataFile), view_of(text));
}

Result<> remove_partition_folder(FileSystem& files, const std::string& dir) {
  const auto listed = files.list(dir);
  if (listed.ok()) {
    for (const DirEntry& entry : *listed) {
      if (entry.name != kMetadataFile) TRY(files.remove_tree(dir + "/" + entry.name));
    }
    TRY(files.sync_dir(dir));
    TRY(files.remove_tree(dir));
  } else if (listed.error().kind != Kind::kNotFound) {
    return listed.error();
  }
  return files.sync_dir(parent_of(dir));
}

}  // namespace takhin::partition
