#pragma once
// The small encodings of the S3 protocol.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "base/types.h"

namespace takhin::object::s3 {

/// Everything but A-Z a-z 0-9 - . _ ~ becomes %XX (RFC 3986, as Signature Version 4 wants it); '/' too unless
/// `keep_slash`.
std::string uri_encode(std::string_view text, bool keep_slash);
/// What a listing with encoding-type=url holds: %XX, and '+' for a space. Nothing when an escape is broken.
std::optional<std::string> url_decode(std::string_view text);

/// Where the endpoints of a region lie: China is a partition of its own.
constexpr std::string_view aws_domain(std::string_view region) {
  return region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

std::string hex(View bytes);
/// Nothing unless `text` is pairs of hexadecimal digits.
std::optional<Bytes> bytes_of_hex(std::string_view text);
/// from_base64(), and nothing for no text.
std::optional<Bytes> bytes_of_base64(std::string_view text);
/// As Content-MD5 and ETags of plain objects; not for anything that must be safe.
std::array<std::byte, 16> md5(View data);
/// Nothing unless `text` is base64 of exactly four bytes.
std::optional<std::uint32_t> crc_from_base64(std::string_view text);
/// As x-amz-checksum-crc32c: base64 of the big-endian number.
std::string crc_to_base64(std::uint32_t crc);

/// "20130524T000000Z".
std::string amz_date(TimestampMs at);
/// "2009-10-12T17:50:30.000Z" as in listings; zero when it is not one.
TimestampMs parse_iso8601(std::string_view text);
/// "Wed, 12 Oct 2009 17:50:00 GMT" as in Last-Modified (RFC 9110, IMF-fixdate); zero when it is not one.
TimestampMs parse_http_date(std::string_view text);

/// Without the quotes of an ETag.
std::string unquoted(std::string_view etag);

}  // namespace takhin::object::s3
