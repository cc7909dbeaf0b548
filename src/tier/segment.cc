#include "tier/segment.h"

#include <charconv>

#include "base/result.h"

namespace takhin::tier {
namespace {

constexpr std::size_t kIdChars = 22;
constexpr std::size_t kOffsetDigits = 20;
constexpr std::size_t kTopicCharsMax = 232;  // with its id it must fit a file name of 255 bytes
constexpr std::string_view kSuffix = ".seg";
constexpr std::string_view kKeySuffix = ".key";
constexpr std::string_view kNone = "none";

bool is_topic_name(std::string_view name) {
  if (name.empty() || name.size() > kTopicCharsMax) return false;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}

/// Takes the text before the next `separator` off the front of `rest`.
std::optional<std::string_view> take(std::string_view& rest, char separator) {
  const auto at = rest.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const auto out = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return out;
}

/// Digits only: no sign, no spaces, and nothing that does not fit.
template <class Int>
bool parse_number(std::optional<std::string_view> text, Int& into) {
  if (!text || text->empty() || text->front() < '0' || text->front() > '9') return false;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), into);
  return error == std::errc() && end == text->data() + text->size();
}

template <class Int>
bool parse_or_none(std::optional<std::string_view> text, Int& into) {
  if (text && *text == kNone) {
    into = -1;
    return true;
  }
  return parse_number(text, into);
}

std::optional<SegmentEntry> parse_entry(std::string_view file) {
  if (!file.ends_with(kSuffix)) return std::nullopt;
  file.remove_suffix(kSuffix.size());
  // The id may hold '-' itself, so it is taken from the back before the rest is split.
  if (file.size() < kIdChars + 1 || file[file.size() - kIdChars - 1] != '-') return std::nullopt;
  const auto id = Uuid::parse(file.substr(file.size() - kIdChars));
  file.remove_suffix(kIdChars);
  SegmentEntry entry;
  const bool numbers = parse_number(take(file, '-'), entry.base.raw) && parse_number(take(file, '-'), entry.end.raw) &&
                       parse_or_none(take(file, '-'), entry.max_timestamp.raw) &&
                       parse_number(take(file, '-'), entry.log_bytes) &&
                       parse_or_none(take(file, '-'), entry.leader_epoch.raw) &&
                       parse_number(take(file, '-'), entry.generation) && file.empty();
  if (!id || !numbers || entry.base >= entry.end || entry.log_bytes == 0) return std::nullopt;
  entry.id = *id;
  return entry;
}

std::string text_or_none(std::int64_t value, int digits) {
  return value < 0 ? std::string(kNone) : fmt::format("{:0{}}", value, digits);
}

}  // namespace

std::string topic_prefix(const std::string& topic, const Uuid& topic_id) {
  return fmt::format("{}.{}/", topic, topic_id.text());
}

std::string partition_prefix(const PartitionRef& partition) {
  return fmt::format("{}.{}/{:05}/", partition.topic, partition.topic_id.text(), partition.partition);
}

std::string object_name(const PartitionRef& partition, const SegmentEntry& entry) {
  return fmt::format("{}{:0{}}-{:0{}}-{}-{}-{}-{}-{}{}", partition_prefix(partition), entry.base.raw, kOffsetDigits,
                     entry.end.raw, kOffsetDigits, text_or_none(entry.max_timestamp.raw, 13), entry.log_bytes,
                     text_or_none(entry.leader_epoch.raw, 1), entry.generation, entry.id.text(), kSuffix);
}

std::string key_object_name(std::string_view segment_name) {
  TAKHIN_ASSERT(segment_name.ends_with(kSuffix), "the key object of something that is no segment");
  segment_name.remove_suffix(kSuffix.size());
  return fmt::format("{}{}", segment_name, kKeySuffix);
}

std::optional<std::string> segment_of_key_object(std::string_view name) {
  if (!name.ends_with(kKeySuffix)) return std::nullopt;
  name.remove_suffix(kKeySuffix.size());
  std::string segment = fmt::format("{}{}", name, kSuffix);
  return parse_object_name(segment) ? std::optional(std::move(segment)) : std::nullopt;
}

std::string name_before(const PartitionRef& partition, Offset base) {
  return fmt::format("{}{:0{}}", partition_prefix(partition), base.raw, kOffsetDigits);
}

std::optional<TopicDir> parse_topic_dir(std::string_view dir) {
  if (dir.size() < kIdChars + 2 || dir[dir.size() - kIdChars - 1] != '.') return std::nullopt;
  const auto id = Uuid::parse(dir.substr(dir.size() - kIdChars));
  const auto topic = dir.substr(0, dir.size() - kIdChars - 1);
  if (!id || !is_topic_name(topic)) return std::nullopt;
  return TopicDir{std::string(topic), *id};
}

std::optional<ParsedName> parse_object_name(std::string_view name) {
  std::string_view rest = name;
  const auto dir = take(rest, '/');
  if (!dir) return std::nullopt;
  const auto topic = parse_topic_dir(*dir);
  ParsedName out;
  if (!topic || !parse_number(take(rest, '/'), out.partition.partition)) return std::nullopt;
  const auto entry = parse_entry(rest);
  if (!entry) return std::nullopt;
  out.partition.topic = topic->topic;
  out.partition.topic_id = topic->id;
  out.entry = *entry;
  // One segment, one name: other spellings (missing or surplus zeros) are strangers.
  if (object_name(out.partition, out.entry) != name) return std::nullopt;
  return out;
}

}  // namespace takhin::tier
