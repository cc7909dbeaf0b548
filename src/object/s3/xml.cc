#include "object/s3/xml.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <pugixml.hpp>

#include "object/s3/text.h"

namespace takhin::object::s3 {
namespace {

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& parent, std::string_view name) {
  return parent.find_child([&](const pugi::xml_node& node) { return local_name(node) == name; });
}

std::string text(const pugi::xml_node& parent, std::string_view name) { return child(parent, name).text().get(); }

/// Parsing without DTDs; blanks inside values are kept, as a key may be nothing else.
Result<pugi::xml_node> parse(pugi::xml_document& document, View body, std::string_view root) {
  constexpr unsigned kOptions = (pugi::parse_default | pugi::parse_ws_pcdata_single) & ~pugi::parse_eol;
  const auto parsed = document.load_buffer(body.data(), body.size(), kOptions, pugi::encoding_utf8);
  if (!parsed) return fail(Kind::kCorrupt, "reply is not XML: {} at byte {}", parsed.description(), parsed.offset);
  const auto node = child(document, root);
  if (!node) return fail(Kind::kCorrupt, "reply has no {}", root);
  return node;
}

Result<std::string> decoded(std::string name, bool url_encoded) {
  if (!url_encoded) return name;
  auto plain = url_decode(name);
  if (!plain) return fail(Kind::kCorrupt, "listing: \"{}\" is not URL-encoded", name);
  return *std::move(plain);
}

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

ErrorBody parse_error(View body) {
  pugi::xml_document document;
  const auto error = parse(document, body, "Error");
  if (!error.ok()) return {};
  return {text(*error, "Code"), text(*error, "Message"), text(*error, "Region")};
}

Result<AssumedRole> parse_assumed_role(View body) {
  pugi::xml_document document;
  auto parsed = parse(document, body, "AssumeRoleResponse");
  const std::string action = parsed.ok() ? "AssumeRole" : "AssumeRoleWithWebIdentity";
  if (!parsed.ok()) parsed = parse(document, body, action + "Response");
  TRY(const auto root, std::move(parsed));
  const auto role = child(child(root, action + "Result"), "Credentials");
  return AssumedRole{text(role, "AccessKeyId"), text(role, "SecretAccessKey"), text(role, "SessionToken"),
                     text(role, "Expiration")};
}

std::string parse_sts_error(View body) {
  pugi::xml_document document;
  const auto root = parse(document, body, "ErrorResponse");
  return root.ok() ? text(child(*root, "Error"), "Code") : std::string();
}

Result<Page> parse_list(View body) {
  pugi::xml_document document;
  TRY(const auto root, parse(document, body, "ListBucketResult"));
  const bool url_encoded = text(root, "EncodingType") == "url";
  Page page;
  page.more = text(root, "IsTruncated") == "true";
  for (const auto& node : root.children()) {
    if (local_name(node) != "Contents") continue;
    ObjectInfo info;
    TRY(info.key.name, decoded(text(node, "Key"), url_encoded));
    const std::string size = text(node, "Size");
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), info.size);
    if (error != std::errc() || end != size.data() + size.size()) {
      return fail(Kind::kCorrupt, "listing: size \"{}\" of {}", size, info.key.name);
    }
    info.etag = unquoted(text(node, "ETag"));
    info.modified = parse_iso8601(text(node, "LastModified"));
    if (!page.objects.empty() && info.key <= page.objects.back().key) {
      return fail(Kind::kCorrupt, "listing: {} after {}", info.key.name, page.objects.back().key.name);
    }
    page.objects.push_back(std::move(info));
  }
  return page;
}

Result<PendingUploads> parse_uploads(View body) {
  pugi::xml_document document;
  TRY(const auto root, parse(document, body, "ListMultipartUploadsResult"));
  const bool url_encoded = text(root, "EncodingType") == "url";
  PendingUploads out;
  out.more = text(root, "IsTruncated") == "true";
  TRY(out.next_key, decoded(text(root, "NextKeyMarker"), url_encoded));
  out.next_upload_id = text(root, "NextUploadIdMarker");
  for (const auto& node : root.children()) {
    if (local_name(node) != "Upload") continue;
    PendingUpload upload{.upload_id = text(node, "UploadId"), .begun = parse_iso8601(text(node, "Initiated"))};
    TRY(upload.key, decoded(text(node, "Key"), url_encoded));
    out.uploads.push_back(std::move(upload));
  }
  return out;
}

Result<std::string> parse_upload_id(View body) {
  pugi::xml_document document;
  TRY(const auto root, parse(document, body, "InitiateMultipartUploadResult"));
  std::string id = text(root, "UploadId");
  if (id.empty()) return fail(Kind::kCorrupt, "reply has no UploadId");
  return id;
}

Result<Completed> parse_completed(View body) {
  pugi::xml_document document;
  TRY(const auto root, parse(document, body, "CompleteMultipartUploadResult"));
  return Completed{unquoted(text(root, "ETag")), text(root, "ChecksumCRC32C"), text(root, "ChecksumType")};
}

Result<std::vector<RemoveError>> parse_removed(View body) {
  pugi::xml_document document;
  TRY(const auto root, parse(document, body, "DeleteResult"));
  std::vector<RemoveError> errors;
  for (const auto& node : root.children()) {
    if (local_name(node) == "Error") errors.push_back({text(node, "Key"), text(node, "Code"), text(node, "Message")});
  }
  return errors;
}

std::string restore_body(int days, std::string_view tier) {
  std::string out = R"(<RestoreRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)";
  if (days > 0) out += fmt::format("<Days>{}</Days>", days);
  return out + "<GlacierJobParameters><Tier>" + escaped(tier) + "</Tier></GlacierJobParameters></RestoreRequest>";
}

std::string remove_body(std::span<const ObjectKey> keys) {
  std::string out = R"(<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>)";
  for (const ObjectKey& key : keys) out += "<Object><Key>" + escaped(key.name) + "</Key></Object>";
  return out + "</Delete>";
}

std::string complete_body(std::span<const Part> parts) {
  std::string out = R"(<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag><ChecksumCRC32C>{}</ChecksumCRC32C></Part>",
                       i + 1, escaped(parts[i].etag), crc_to_base64(parts[i].crc32c));
  }
  return out + "</CompleteMultipartUpload>";
}

}  // namespace takhin::object::s3
