#include "object/s3/store.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/crc32c.h"
#include "object/s3/errors.h"
#include "object/s3/paced.h"
#include "object/s3/text.h"
#include "object/s3/xml.h"

namespace takhin::object::s3 {
namespace {

constexpr std::uint64_t kListReplyBytesMax = 16 * kMiB;  // 1,000 keys of 1,024 bytes, each byte as %XX, and their frame
constexpr std::size_t kWaitingPartsMax = 1024;           // of all uploads together

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct ContentRange {
  ByteRange bytes;
  std::uint64_t total = 0;
};

/// "bytes 0-9/443" (RFC 9110, section 14.4).
std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const auto dash = text.find('-');
  const auto slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) return std::nullopt;
  const auto first = number(text.substr(0, dash));
  const auto last = number(text.substr(dash + 1, slash - dash - 1));
  const auto total = number(text.substr(slash + 1));
  if (!first || !last || !total) return std::nullopt;
  return ContentRange{{*first, *last + 1}, *total};
}

/// The reply to a ranged GET holds just these bytes, or an error says what is wrong with it.
Result<> check_range(const HttpReply& reply, ByteRange range) {
  ContentRange got{{0, reply.body.size()}, reply.body.size()};  // a 200 is the whole object
  if (reply.status == 206) {
    const auto parsed = parse_content_range(reply.header("content-range"));
    if (!parsed) return fail(Kind::kCorrupt, "reply has no Content-Range");
    got = *parsed;
  }
  if (range.end > got.total) {
    return fail(Kind::kOutOfRange, "bytes {}..{} of {}", range.begin, range.end, got.total);
  }
  if (got.bytes != range || reply.body.size() != range.size()) {
    return fail(Kind::kCorrupt, "asked for bytes {}..{}, got {} bytes from {} on", range.begin, range.end,
                reply.body.size(), got.bytes.begin);
  }
  if (got.total == range.size()) {
    const auto crc = whole_crc(reply.header("x-amz-checksum-crc32c"), reply.header("x-amz-checksum-type"));
    // Transient: the bytes in the store have passed this check before.
    if (crc && *crc != crc32c(reply.body)) return fail(Kind::kUnavailable, "bytes do not fit the store's checksum");
  }
  return done();
}

}  // namespace

std::optional<std::uint32_t> whole_crc(std::string_view value, std::string_view type) {
  if (type == "COMPOSITE") return std::nullopt;
  return crc_from_base64(value);  // a composite one ends with "-parts" and is not base64 of four bytes
}

S3Store::S3Store(S3Options options, Address address, CredentialsProvider& credentials, Clock& clock, Random& random,
                 std::unique_ptr<HttpTransport> transport, RequestMeter& meter)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      transport_(std::move(transport)),
      client_(options_, std::move(address), credentials, clock, *transport_, meter),
      part_senders_("s3-upload", static_cast<std::size_t>(options_.upload_concurrency), kWaitingPartsMax) {}

Result<ObjectInfo> S3Store::put(const ObjectKey& key, View body, When when, Deadline deadline) {
  TRY(check(key));
  const std::uint32_t crc = crc32c(body);
  Call call{.request = Request::kPut, .method = "PUT", .key = key.name, .body = body, .is_payload = true};
  call.headers.emplace_back("x-amz-checksum-crc32c", crc_to_base64(crc));
  if (when == When::kAbsent) call.headers.emplace_back("if-none-match", "*");
  TRY(const HttpReply reply, client_.send(call, deadline).within("put " + key.name));
  const auto reported = whole_crc(reply.header("x-amz-checksum-crc32c"), reply.header("x-amz-checksum-type"));
  if (reported && *reported != crc) {
    return fail(Kind::kCorrupt, "put {}: the store reports crc32c {:08x} for {:08x}", key.name, *reported, crc);
  }
  return ObjectInfo{key, body.size(), unquoted(reply.header("etag")), reported, parse_http_date(reply.header("date"))};
}

Result<std::unique_ptr<Upload>> S3Store::upload(const ObjectKey& key, When when, Deadline deadline) {
  TRY(check(key));
  return make_upload({*this, client_, part_senders_, options_, clock_, random_}, key, when, deadline);
}

Result<Bytes> S3Store::get(const ObjectKey& key, ByteRange range, Deadline deadline) {
  TRY(check(key));
  const std::string doing = fmt::format("get {}", key.name);
  if (range.begin > range.end) return fail(Kind::kOutOfRange, "{}: bytes {}..{}", doing, range.begin, range.end);
  if (range.empty()) {
    TRY(const ObjectInfo info, head(key, deadline));
    if (range.end > info.size)
      return fail(Kind::kOutOfRange, "{}: bytes {}..{} of {}", doing, range.begin, range.end, info.size);
    return Bytes{};
  }
  Call call{.request = Request::kGet, .method = "GET", .key = key.name, .reply_bytes_max = range.size()};
  call.headers.emplace_back("range", fmt::format("bytes={}-{}", range.begin, range.end - 1));
  call.headers.emplace_back("x-amz-checksum-mode", "ENABLED");
  TRY(HttpReply reply, client_.send(call, deadline).within(doing));
  TRY(check_range(reply, range).within(doing));
  return std::move(reply.body);
}

Result<ObjectInfo> S3Store::head(const ObjectKey& key, Deadline deadline) {
  TRY(check(key));
  Call call{.request = Request::kHead, .method = "HEAD", .key = key.name};
  call.headers.emplace_back("x-amz-checksum-mode", "ENABLED");
  TRY(const HttpReply reply, client_.send(call, deadline).within("head " + key.name));
  const auto size = number(reply.header("content-length"));
  if (!size) return fail(Kind::kCorrupt, "head {}: reply has no Content-Length", key.name);
  return ObjectInfo{key, *size, unquoted(reply.header("etag")),
                    whole_crc(reply.header("x-amz-checksum-crc32c"), reply.header("x-amz-checksum-type")),
                    parse_http_date(reply.header("last-modified"))};
}

ThawState thaw_state_of(const HttpReply& reply) {
  ThawState out{.storage_class = std::string(reply.header("x-amz-storage-class"))};
  const std::string_view archived = reply.header("x-amz-archive-status");
  out.moves = !archived.empty();
  if (out.moves) out.storage_class += fmt::format("/{}", archived);
  if (!out.moves && out.storage_class != "GLACIER" && out.storage_class != "DEEP_ARCHIVE") return out;
  const std::string_view restore = reply.header("x-amz-restore");
  out.phase = ThawPhase::kFrozen;
  if (restore.find("ongoing-request=\"true\"") != restore.npos) out.phase = ThawPhase::kThawing;
  if (restore.find("ongoing-request=\"false\"") != restore.npos) out.phase = ThawPhase::kReadable;
  return out;
}

Result<ThawState> S3Store::thaw_state(const ObjectKey& key, Deadline deadline) {
  TRY(check(key));
  const Call call{.request = Request::kHead, .method = "HEAD", .key = key.name};
  TRY(const HttpReply reply, client_.send(call, deadline).within("head " + key.name));
  return thaw_state_of(reply);
}

Result<> S3Store::thaw(const ObjectKey& key, const ThawState& state, const ThawOrder& order, Deadline deadline) {
  TRY(check(key));
  const std::string body = restore_body(state.moves ? 0 : order.days, order.tier);
  // Billed about as a PUT, and counted as one.
  Call call{.request = Request::kPut, .method = "POST", .key = key.name, .query = {{"restore", ""}}, .body = view_of(body)};
  call.headers.emplace_back("content-md5", to_base64(md5(call.body)));
  TRY(client_.send(call, deadline).within("thaw " + key.name));
  return done();
}

Result<Page> S3Store::list_once(std::string_view prefix, std::string_view after, Deadline deadline) {
  Call call{.request = Request::kList, .method = "GET", .reply_bytes_max = kListReplyBytesMax};
  call.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"max-keys", std::to_string(options_.list_page_keys)}};
  if (!prefix.empty()) call.query.emplace_back("prefix", prefix);
  if (!after.empty()) call.query.emplace_back("start-after", after);
  TRY(const HttpReply reply, client_.send(call, deadline));
  return parse_list(reply.body);
}

Result<Page> S3Store::list(std::string_view prefix, std::string_view after, Deadline deadline) {
  std::string from(after);
  for (;;) {
    TRY(Page page, list_once(prefix, from, deadline).within(fmt::format("list \"{}\"", prefix)));
    if (!page.objects.empty())
      from = page.objects.back().key.name;
    else if (page.more)
      return fail(Kind::kUnavailable, "list \"{}\": an empty page that is not the last", prefix);
    // Folder markers and the like, which other tools leave, are no objects of ours.
    std::erase_if(page.objects, [](const ObjectInfo& info) { return !check(info.key).ok(); });
    if (!page.objects.empty() || !page.more) return page;
  }
}

Result<> S3Store::remove_batch(std::span<const ObjectKey> keys, std::vector<KeyError>& failed, Deadline deadline) {
  const std::string body = remove_body(keys);
  Call call{.request = Request::kRemove, .method = "POST", .query = {{"delete", ""}}, .body = view_of(body)};
  call.headers.emplace_back("content-md5", to_base64(md5(call.body)));
  call.reply_bytes_max = kListReplyBytesMax;
  TRY(HttpReply reply, client_.send(call, deadline).within("remove"));
  TRY(auto errors, parse_removed(reply.body).within("remove"));
  // MinIO refuses a wrong region key by key, and names the right one in a header, from which the client has learnt.
  if (std::ranges::find(errors, "AuthorizationHeaderMalformed", &RemoveError::code) != errors.end()) {
    TRY(reply, client_.send(call, deadline).within("remove"));
    TRY(errors, parse_removed(reply.body).within("remove"));
  }
  for (const RemoveError& error : errors) {
    const Kind kind = classify(400, error.code);
    if (kind == Kind::kNotFound) continue;
    failed.push_back({{error.key}, fail(kind, "remove {}: {}: {}", error.key, error.code, error.message)});
  }
  return done();
}

Result<std::vector<KeyError>> S3Store::remove(std::span<const ObjectKey> keys, Deadline deadline) {
  std::vector<KeyError> failed;
  std::vector<ObjectKey> valid;
  for (const ObjectKey& key : keys) {
    if (auto good = check(key); good.ok()) {
      valid.push_back(key);
    } else {
      failed.push_back({key, std::move(good).error()});
    }
  }
  for (std::size_t at = 0; at < valid.size(); at += kRemoveBatchMax) {
    const auto batch = std::span(valid).subspan(at, std::min(kRemoveBatchMax, valid.size() - at));
    TRY(remove_batch(batch, failed, deadline));
  }
  return failed;
}

/// Under `prefix`, and begun before `older_than`.
Result<> S3Store::for_each_upload(std::string_view prefix, TimestampMs older_than, Deadline deadline,
                                  const std::function<Result<>(const PendingUpload&)>& each) {
  std::string key_marker, id_marker;
  for (;;) {
    Call call{.request = Request::kListUploads, .method = "GET", .reply_bytes_max = kListReplyBytesMax};
    call.query = {{"uploads", ""}, {"encoding-type", "url"}, {"max-uploads", "1000"}};
    if (!prefix.empty()) call.query.emplace_back("prefix", prefix);
    if (!key_marker.empty()) call.query.emplace_back("key-marker", key_marker);
    if (!id_marker.empty()) call.query.emplace_back("upload-id-marker", id_marker);
    TRY(const HttpReply reply, client_.send(call, deadline).within("list uploads"));
    TRY(const PendingUploads page, parse_uploads(reply.body).within("list uploads"));
    for (const PendingUpload& upload : page.uploads) {
      if (std::string_view(upload.key).starts_with(prefix) && upload.begun < older_than) TRY(each(upload));
    }
    const bool moved = page.next_key != key_marker || page.next_upload_id != id_marker;
    if (!page.more || !moved) return done();
    key_marker = page.next_key;
    id_marker = page.next_upload_id;
  }
}

Result<std::size_t> S3Store::abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) {
  std::size_t aborted = 0;
  TRY(for_each_upload(prefix, older_than, deadline, [&](const PendingUpload& upload) -> Result<> {
    const Call abort{
        .request = Request::kAbort, .method = "DELETE", .key = upload.key, .query = {{"uploadId", upload.upload_id}}};
    auto gone = client_.send(abort, deadline);
    if (!gone.ok() && gone.error().kind != Kind::kNotFound) {
      return std::move(gone).error().within("abort upload of " + upload.key);
    }
    ++aborted;
    return done();
  }));
  return aborted;
}

Result<std::size_t> S3Store::count_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) {
  std::set<std::string> ids;  // versitygw may list one twice
  TRY(for_each_upload(prefix, older_than, deadline, [&](const PendingUpload& upload) {
    ids.insert(upload.key + "/" + upload.upload_id);
    return done();
  }));
  return ids.size();
}

}  // namespace takhin::object::s3

namespace takhin::object {

Result<std::unique_ptr<ArchiveClassStore>> open_s3(S3Options options, CredentialsProvider& credentials, Clock& clock,
                                             Random& random, RequestMeter& meter,
                                                    metrics::Metrics* metrics) {
  TRY(auto address, s3::address_of(options));
  if (options.part_bytes < kPartBytesMin)
    return fail(Kind::kInvalid, "s3: parts of {} bytes are below S3's 5 MiB", options.part_bytes);
  auto transport = std::make_unique<s3::PacedTransport>(make_curl_transport(options.http, clock), clock, metrics);
  return std::unique_ptr<ArchiveClassStore>(std::make_unique<s3::S3Store>(std::move(options), std::move(address), credentials,
                                                                          clock, random, std::move(transport), meter));
}

}  // namespace takhin::object
