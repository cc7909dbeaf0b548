#include "object/s3/text.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <charconv>
#include <chrono>

#include "base/codec.h"
#include "base/result.h"

namespace takhin::object::s3 {
namespace {

constexpr std::string_view kHexLower = "0123456789abcdef";
constexpr std::string_view kHexUpper = "0123456789ABCDEF";

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The number in `text[at, at + count)`; -1 when it is not one.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  const char* end = text.data() + at + count;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  return error == std::errc() && stop == end ? value : -1;
}

TimestampMs at_utc(int year, int month, int day, int hour, int minute, int second, int millis) {
  namespace chrono = std::chrono;
  if (month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0 || millis < 0) return {};
  const chrono::year_month_day date(chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return {};
  const auto time = chrono::sys_days(date).time_since_epoch() + chrono::hours(hour) + chrono::minutes(minute) +
                    chrono::seconds(second) + chrono::milliseconds(millis);
  return TimestampMs{chrono::duration_cast<chrono::milliseconds>(time).count()};
}

}  // namespace

std::string uri_encode(std::string_view text, bool keep_slash) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || (c == '/' && keep_slash)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHexUpper[byte >> 4];
      out += kHexUpper[byte & 15];
    }
  }
  return out;
}

std::optional<std::string> url_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

std::string hex(View bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    out += kHexLower[std::to_integer<unsigned>(byte) >> 4];
    out += kHexLower[std::to_integer<unsigned>(byte) & 15];
  }
  return out;
}

std::optional<Bytes> bytes_of_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::byte>(high * 16 + low));
  }
  return out;
}

std::array<std::byte, 16> md5(View data) {
  std::array<std::byte, 16> digest;
  const int made = EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                              EVP_md5(), nullptr);
  TAKHIN_ASSERT(made == 1, "OpenSSL has no MD5");
  return digest;
}

std::optional<Bytes> bytes_of_base64(std::string_view text) {
  return text.empty() ? std::nullopt : from_base64(text);
}

std::optional<std::uint32_t> crc_from_base64(std::string_view text) {
  if (text.size() != 8) return std::nullopt;
  const auto raw = bytes_of_base64(text);
  if (!raw || raw->size() != 4) return std::nullopt;
  return load_be<std::uint32_t>(raw->data());
}

std::string crc_to_base64(std::uint32_t crc) {
  std::array<std::byte, 4> raw{};
  store_be(raw.data(), crc);
  return to_base64(raw);
}

std::string amz_date(TimestampMs at) {
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::milliseconds> time{chrono::milliseconds(at.raw)};
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(time - day));
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

TimestampMs parse_iso8601(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
    return {};
  int millis = 0;
  if (text[19] == '.' && (millis = digits(text, 20, 3)) < 0) return {};
  return at_utc(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2), digits(text, 11, 2), digits(text, 14, 2),
                digits(text, 17, 2), millis);
}

TimestampMs parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() < 25 || text[3] != ',' || text[16] != ' ') return {};
  const auto month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos) return {};
  return at_utc(digits(text, 12, 4), static_cast<int>(month) / 3 + 1, digits(text, 5, 2), digits(text, 17, 2),
                digits(text, 20, 2), digits(text, 23, 2), 0);
}

std::string unquoted(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

}  // namespace takhin::object::s3
