#include "object/s3/sigv4.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "object/s3/text.h"

namespace takhin::object::s3 {
namespace {

using Mac = std::array<std::byte, 32>;

Mac hmac(View key, std::string_view text) {
  Mac out;
  unsigned length = 0;
  const auto* made =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
           text.size(), reinterpret_cast<unsigned char*>(out.data()), &length);
  TAKHIN_ASSERT(made != nullptr && length == out.size(), "OpenSSL has no HMAC-SHA-256");
  return out;
}

/// Outer blanks go and inner runs of them become one.
std::string canonical_value(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

struct CanonicalHeaders {
  std::string lines;
  std::string names;
};

CanonicalHeaders canonical_headers(Pairs headers) {
  std::ranges::sort(headers, {}, &Pairs::value_type::first);
  CanonicalHeaders out;
  for (const auto& [name, value] : headers) {
    out.lines += fmt::format("{}:{}\n", name, canonical_value(value));
    out.names += (out.names.empty() ? "" : ";") + name;
  }
  return out;
}

}  // namespace

std::string sha256_hex(View data) {
  std::array<std::byte, 32> digest;
  const int made = EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                              EVP_sha256(), nullptr);
  TAKHIN_ASSERT(made == 1, "OpenSSL has no SHA-256");
  return hex(digest);
}

std::string canonical_query(const Pairs& query) {
  Pairs encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(uri_encode(name, false), uri_encode(value, false));
  std::ranges::sort(encoded);
  std::string out;
  for (const auto& [name, value] : encoded) out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, value);
  return out;
}

std::string canonical_request(const SignedParts& parts) {
  const CanonicalHeaders headers = canonical_headers(parts.headers);
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", parts.method, parts.path, canonical_query(parts.query), headers.lines,
                     headers.names, parts.payload_hash);
}

Mac Signer::signing_key(const Credentials& credentials, std::string_view date) {
  const std::lock_guard lock(mutex_);
  if (key_date_ != date || key_secret_ != credentials.secret_key) {
    const Mac day = hmac(view_of("AWS4" + credentials.secret_key), date);
    key_ = hmac(hmac(hmac(day, region_), service_), "aws4_request");
    key_date_ = date;
    key_secret_ = credentials.secret_key;
  }
  return key_;
}

std::string Signer::authorization(const Credentials& credentials, std::string_view amz_date, const SignedParts& parts) {
  const std::string_view date = amz_date.substr(0, 8);
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", date, region_, service_);
  const std::string text =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", amz_date, scope, sha256_hex(view_of(canonical_request(parts))));
  return fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}", credentials.access_key, scope,
                     canonical_headers(parts.headers).names, hex(hmac(signing_key(credentials, date), text)));
}

}  // namespace takhin::object::s3
