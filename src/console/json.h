#pragma once
// JSON out, keys in the order in which they are added; JSON in, for the one body the console takes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/types.h"
#include "partition/admin.h"

namespace takhin::console {

/// One object.
class JsonObject {
 public:
  JsonObject& text(std::string_view key, std::string_view value);
  JsonObject& flag(std::string_view key, bool value);
  JsonObject& whole(std::string_view key, std::uint64_t value);
  /// Shortest form that reads back the same; JSON knows no NaN or infinity, so those become 0.
  JsonObject& number(std::string_view key, double value);
  /// `json` is taken as it is: an array or another object.
  JsonObject& raw(std::string_view key, std::string_view json);
  std::string str() const { return body_ + "}"; }

 private:
  void key(std::string_view key);
  std::string body_ = "{";
};

/// What GET /api/v1/tiered/why/ and `takhin tier why --json` answer.
std::string why_json(const partition::SegmentWhy& why);

/// With its quotes. Bytes that are not UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

/// RFC 3339 in UTC, with milliseconds when there are any: "2026-01-31T08:00:00Z".
std::string rfc3339(TimestampMs time);

enum class BodyFault { kNone, kNotAnObject, kNoPath };
struct SegmentBody {
  BodyFault fault = BodyFault::kNone;
  std::string path;
};
/// {"segment_path": "..."}; other members are ignored.
SegmentBody parse_segment_body(std::string_view body);

}  // namespace takhin::console
