// Bytes that pretend to be a store's answer. Control characters stand for the elements that answers are made of, so that the
// fuzzer need not find their names letter by letter.

#include <array>
#include <string>

#include "object/s3/text.h"
#include "object/s3/xml.h"

namespace {

using namespace takhin;
using namespace takhin::object;

constexpr std::array<std::string_view, 31> kWords = {
    "<ListBucketResult>", "</ListBucketResult>", "<Contents>", "</Contents>", "<Key>", "</Key>", "<Size>", "</Size>",
    "<EncodingType>url</EncodingType>", "<IsTruncated>true</IsTruncated>", "<ListMultipartUploadsResult>",
    "</ListMultipartUploadsResult>", "<Upload>", "</Upload>", "<UploadId>", "</UploadId>", "<NextKeyMarker>",
    "</NextKeyMarker>", "<InitiateMultipartUploadResult>", "<CompleteMultipartUploadResult>", "<DeleteResult>", "<Error>",
    "</Error>", "<Code>", "</Code>", "<AssumeRoleWithWebIdentityResponse>", "<AssumeRoleWithWebIdentityResult>", "<Credentials>",
    "<Expiration>", "</Expiration>", "2033-05-18T03:33:20.000Z"};

std::string spelled_out(std::string_view data) {
  std::string out;
  for (const char c : data) {
    const auto index = static_cast<unsigned char>(c);
    if (index < kWords.size()) {
      out += kWords[index];
    } else {
      out += c;
    }
  }
  return out;
}

void parse_all(View body) {
  (void)s3::parse_error(body);
  (void)s3::parse_sts_error(body);
  (void)s3::parse_uploads(body);
  (void)s3::parse_completed(body);
  (void)s3::parse_removed(body);
  (void)s3::parse_assumed_role(body);
  if (const auto id = s3::parse_upload_id(body); id.ok()) TAKHIN_ASSERT(!id->empty(), "an upload without an id");
  const auto page = s3::parse_list(body);
  if (!page.ok()) return;
  std::vector<ObjectKey> keys;
  for (const ObjectInfo& info : page->objects) {
    TAKHIN_ASSERT(keys.empty() || keys.back() < info.key, "a listing out of order");
    keys.push_back(info.key);
  }
}

/// What we write is XML, whatever the keys: an answer that echoes it is understood.
void write_and_read(std::string_view name) {
  const std::vector<ObjectKey> keys = {{std::string(name)}};
  if (!check(keys.front()).ok()) return;
  std::string echo = s3::remove_body(keys);
  const auto begin = echo.find("<Object>");
  echo = "<DeleteResult><Error>" + echo.substr(begin + 8, echo.find("</Object>") - begin - 8) + "</Error></DeleteResult>";
  const auto errors = s3::parse_removed(view_of(echo));
  TAKHIN_ASSERT(errors.ok() && errors->size() == 1, "a key that breaks the request");
  TAKHIN_ASSERT(errors->front().key == name, "a key that comes back as another");
}

void encode_and_decode(std::string_view text) {
  TAKHIN_ASSERT(s3::url_decode(s3::uri_encode(text, true)) == text, "a URL that comes back as another");
  if (const auto bytes = s3::bytes_of_base64(text)) TAKHIN_ASSERT(to_base64(*bytes).size() == text.size(), "another length");
  (void)s3::bytes_of_hex(text);
  (void)s3::parse_iso8601(text);
  (void)s3::parse_http_date(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const View given(reinterpret_cast<const std::byte*>(data), size);
  parse_all(given);
  parse_all(view_of(spelled_out(text_of(given))));
  write_and_read(text_of(given));
  encode_and_decode(text_of(given));
  return 0;
}
