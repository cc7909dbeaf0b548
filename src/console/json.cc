#include "console/json.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <cmath>

namespace takhin::console {
namespace {

// Length of the UTF-8 sequence at the front of `text`, 0 when there is none (RFC 3629: no overlong forms, no surrogates).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf && tail(1)) return 2;
  if (first >= 0xe0 && first <= 0xef && tail(1) && tail(2)) {
    if (first == 0xe0 && byte(1) < 0xa0) return 0;
    if (first == 0xed && byte(1) > 0x9f) return 0;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4 && tail(1) && tail(2) && tail(3)) {
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

}  // namespace

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text[0];
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (length == 1 && static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out + '"';
}

void JsonObject::key(std::string_view key) {
  if (body_.size() > 1) body_ += ',';
  body_ += json_quoted(key) + ':';
}
JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  key(name);
  body_ += json;
  return *this;
}
JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  key(name);
  body_ += json_quoted(value);
  return *this;
}
JsonObject& JsonObject::flag(std::string_view name, bool value) {
  key(name);
  body_ += value ? "true" : "false";
  return *this;
}
JsonObject& JsonObject::whole(std::string_view name, std::uint64_t value) {
  key(name);
  body_ += fmt::format("{}", value);
  return *this;
}
JsonObject& JsonObject::number(std::string_view name, double value) {
  key(name);
  body_ += fmt::format("{}", std::isfinite(value) ? value : 0.0);
  return *this;
}

std::string why_json(const partition::SegmentWhy& why) {
  std::string reasons;
  for (const auto& one : why.reasons) {
    reasons += reasons.empty() ? "" : ",";
    reasons += JsonObject().text("place", one.place).text("reason", one.reason).text("detail", one.detail).str();
  }
  return JsonObject()
      .text("segment_path", why.status.path)
      .text("policy", tier::name_of(why.status.tier))
      .flag("is_archived", why.status.archived)
      .raw("reasons", "[" + reasons + "]")
      .str();
}

std::string rfc3339(TimestampMs time) {
  using namespace std::chrono;
  const sys_time<milliseconds> point{milliseconds(time.raw)};
  const auto day = floor<days>(point);
  const year_month_day date(day);
  const hh_mm_ss clock(point - day);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) out += fmt::format(".{:03}", clock.subseconds().count());
  return out + "Z";
}

SegmentBody parse_segment_body(std::string_view body) {
  boost::json::error_code error;
  const auto value = boost::json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) return {BodyFault::kNotAnObject, ""};
  const auto* path = value.as_object().if_contains("segment_path");
  if (path == nullptr || path->is_null()) return {BodyFault::kNoPath, ""};
  if (!path->is_string()) return {BodyFault::kNotAnObject, ""};
  if (path->as_string().empty()) return {BodyFault::kNoPath, ""};
  return {BodyFault::kNone, std::string(path->as_string().data(), path->as_string().size())};
}

}  // namespace takhin::console
