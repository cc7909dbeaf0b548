#include "tier/bucket.h"

#include <algorithm>
#include <charconv>

#include "tier/format.h"
#include "tier/small_objects.h"

namespace takhin::tier {
namespace {

constexpr std::string_view kJson = ".json";
constexpr std::string_view kState = "state.json";

object::ObjectKey topic_key(const TopicDir& topic) { return {topic_prefix(topic.topic, topic.id) + "topic.json"}; }
object::ObjectKey state_key(const PartitionRef& partition) { return {fmt::format("{}{}", partition_prefix(partition), kState)}; }
object::ObjectKey tombstone_key(const TopicDir& topic) { return {tombstone_name(topic)}; }

}  // namespace

std::string tombstone_name(const TopicDir& topic) {
  return fmt::format("{}{}.{}{}", kTombstonePrefix, topic.topic, topic.id.text(), kJson);
}

std::optional<TopicDir> parse_tombstone_name(std::string_view name) {
  if (!name.starts_with(kTombstonePrefix) || !name.ends_with(kJson)) return std::nullopt;
  name.remove_prefix(kTombstonePrefix.size());
  name.remove_suffix(kJson.size());
  return parse_topic_dir(name);
}

std::optional<PartitionRef> parse_state_name(std::string_view name) {
  const auto slash = name.find('/');
  const auto topic = slash == std::string_view::npos ? std::nullopt : parse_topic_dir(name.substr(0, slash));
  if (!topic || !name.ends_with(kState)) return std::nullopt;
  PartitionRef out{topic->topic, topic->id, 0};
  const auto rest = name.substr(slash + 1);
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out.partition);
  // One partition, one name: other spellings are strangers.
  if (error != std::errc() || state_key(out).name != name) return std::nullopt;
  return out;
}

/// Names of the directories right under `prefix`. A page shows many small ones; past a large one it jumps.
Result<std::vector<std::string>> Bucket::directories(std::string_view prefix, Deadline deadline) {
  std::vector<std::string> out;
  std::string after;
  for (;;) {
    TRY(const auto page, store_.list(prefix, after, deadline));
    for (const auto& object : page.objects) {
      after = object.key.name;
      const auto slash = after.find('/', prefix.size());
      if (slash == std::string::npos) continue;
      const auto name = after.substr(prefix.size(), slash - prefix.size());
      after = fmt::format("{}{}/~", prefix, name);  // no name of ours sorts after '~'
      if (out.empty() || out.back() != name) out.push_back(name);
    }
    if (!page.more) return out;
  }
}

Result<std::optional<Bytes>> Bucket::small(const object::ObjectKey& key, Deadline deadline) {
  const auto info = store_.head(key, deadline);
  if (!info.ok()) {
    if (info.error().kind == Kind::kNotFound) return std::optional<Bytes>();
    return info.error();
  }
  if (info->size > kSmallObjectBytesMax) return fail(Kind::kCorrupt, "{}: {} bytes are too many", key.name, info->size);
  TRY(Bytes data, store_.get(key, {0, info->size}, deadline));
  return std::optional(std::move(data));
}

Result<> Bucket::put_topic(const TopicRecord& topic, Deadline deadline) {
  TRY(store_.put(topic_key({topic.name, topic.id}), view_of(topic_json(topic)), object::When::kAlways, deadline));
  return done();
}

Result<TopicRecord> Bucket::topic_record(const TopicDir& topic, Deadline deadline) {
  TRY(const auto json, small(topic_key(topic), deadline));
  if (json) return parse_topic(*json).within(topic.topic);
  TRY(const auto dirs, directories(topic_prefix(topic.topic, topic.id), deadline));
  TopicRecord out{topic.topic, topic.id, 0, {}};
  for (const auto& dir : dirs) {
    const bool digits = !dir.empty() && dir.size() < 10 && std::ranges::all_of(dir, [](char c) { return c >= '0' && c <= '9'; });
    if (digits) out.partitions = std::max(out.partitions, std::stoi(dir) + 1);
  }
  return out;
}

Result<std::vector<TopicRecord>> Bucket::topics(Deadline deadline) {
  TRY(const auto deleted, tombstones(deadline));
  TRY(const auto dirs, directories("", deadline));
  std::vector<TopicRecord> out;
  for (const auto& dir : dirs) {
    const auto topic = parse_topic_dir(dir);
    if (!topic || std::ranges::any_of(deleted, [&](const TopicDir& d) { return d.id == topic->id; })) continue;
    TRY(TopicRecord record, topic_record(*topic, deadline));
    out.push_back(std::move(record));
  }
  return out;
}

Result<> Bucket::put_log_start(const PartitionRef& partition, Offset start, Deadline deadline) {
  TRY(store_.put(state_key(partition), view_of(state_json(start)), object::When::kAlways, deadline));
  return done();
}

Result<Offset> Bucket::get_log_start(const PartitionRef& partition, Deadline deadline) {
  TRY(const auto json, small(state_key(partition), deadline));
  if (!json) return kNoOffset;
  return parse_state(*json).within(partition.name());
}

Result<> Bucket::put_key(const object::ObjectKey& segment, const Envelope& envelope, Deadline deadline) {
  const object::ObjectKey key{key_object_name(segment.name)};
  TRY(store_.put(key, view_of(key_json(envelope)), object::When::kAlways, deadline).within(key.name));
  return done();
}

Result<std::optional<Envelope>> Bucket::get_key(const object::ObjectKey& segment, Deadline deadline) {
  const object::ObjectKey key{key_object_name(segment.name)};
  TRY(const auto json, small(key, deadline));
  if (!json) return std::optional<Envelope>();
  TRY(Envelope envelope, parse_key(*json).within(key.name));
  return std::optional(std::move(envelope));
}

/// Calls `each` with every segment whose name sorts after `after`. An object too small to hold a footer was not finished by us.
Result<> Bucket::for_each_segment(const PartitionRef& partition, std::string_view after, Deadline deadline,
                                  const std::function<void(CatalogEntry, const object::ObjectInfo&)>& each) {
  return object::for_each(store_, partition_prefix(partition), after, deadline, [&](const object::ObjectInfo& object) {
    const auto parsed = parse_object_name(object.key.name);
    if (parsed && object.size >= kFooterBytes) each({parsed->entry, object.size, object.crc32c}, object);
    return done();
  });
}

Result<std::vector<CatalogEntry>> Bucket::segments(const PartitionRef& partition, std::string_view after, Deadline deadline) {
  std::vector<CatalogEntry> out;
  TRY(for_each_segment(partition, after, deadline, [&](CatalogEntry entry, const auto&) { out.push_back(std::move(entry)); }));
  return out;
}

Result<std::vector<Bucket::Listed>> Bucket::listed(const PartitionRef& partition, Deadline deadline) {
  std::vector<Listed> out;
  TRY(for_each_segment(partition, "", deadline, [&](CatalogEntry entry, const object::ObjectInfo& object) {
    out.push_back({std::move(entry), object.modified});
  }));
  return out;
}

Bucket::Removed Bucket::remove_before(const PartitionRef& partition, Offset offset, Deadline deadline) {
  Removed out;
  const std::string prefix = partition_prefix(partition);
  const auto stop = [&](Error error) {
    if (!out.error) out.error = std::move(error);
  };
  std::string after;
  for (bool more = true; more;) {
    auto page = store_.list(prefix, after, deadline);
    if (!page.ok()) return stop(page.error()), out;
    more = page->more && !page->objects.empty();
    std::vector<object::ObjectKey> keys;
    std::size_t segments = 0;
    Offset met = out.met;
    for (const auto& object : page->objects) {
      after = object.key.name;
      const auto owner = segment_of_key_object(after);  // listed right before its segment, which may come with the next page
      const auto parsed = parse_object_name(owner ? *owner : after);
      if (!parsed) continue;
      if (parsed->entry.base >= offset) {
        more = false;
        break;
      }
      if (!owner) met = parsed->entry.base;
      if (parsed->entry.end > offset) continue;
      keys.push_back(object.key);
      segments += owner ? 0 : 1;
    }
    if (!keys.empty()) {
      auto failed = store_.remove(keys, deadline);
      if (!failed.ok()) return stop(failed.error()), out;
      out.count += segments;
      for (auto& [key, error] : *failed) {
        if (const auto parsed = parse_object_name(key.name)) out.failed.push_back(parsed->entry.id), --out.count;
        stop(std::move(error).within(key.name));
      }
    }
    out.met = more ? met : offset;
  }
  return out;
}

Result<> Bucket::put_tombstone(const TopicDir& topic, Deadline deadline) {
  TRY(store_.put(tombstone_key(topic), view_of(tombstone_json(topic)), object::When::kAlways, deadline));
  return done();
}

Result<std::vector<TopicDir>> Bucket::tombstones(Deadline deadline) {
  std::vector<TopicDir> out;
  TRY(object::for_each(store_, kTombstonePrefix, "", deadline, [&](const object::ObjectInfo& object) {
    if (auto topic = parse_tombstone_name(object.key.name)) out.push_back(*std::move(topic));
    return done();
  }));
  return out;
}

Result<> Bucket::remove_all(std::span<const object::ObjectKey> keys, Deadline deadline) {
  if (keys.empty()) return done();
  TRY(auto failed, store_.remove(keys, deadline));
  if (!failed.empty()) {
    return std::move(failed.front().error).within(fmt::format("{} of {} objects stay, first {}", failed.size(), keys.size(),
                                                              failed.front().key.name));
  }
  return done();
}

Result<> Bucket::remove_topic(const TopicDir& topic, Deadline deadline) {
  const std::string prefix = topic_prefix(topic.topic, topic.id);
  TRY(store_.abort_uploads(prefix, TimestampMs{clock_.wall().raw + 1}, deadline));
  // Always from the front: what a page showed is gone, and an object that came meanwhile is met as well.
  for (bool more = true; more;) {
    TRY(const auto page, store_.list(prefix, "", deadline));
    more = page.more;
    std::vector<object::ObjectKey> keys;
    for (const auto& object : page.objects) keys.push_back(object.key);
    TRY(remove_all(keys, deadline));
  }
  const object::ObjectKey tombstone = tombstone_key(topic);
  return remove_all(std::span(&tombstone, 1), deadline);
}

}  // namespace takhin::tier
