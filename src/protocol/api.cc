#include "protocol/api.h"

#include <algorithm>

#include "base/codec.h"
#include "protocol/messages/request_header.h"
#include "protocol/messages/response_header.h"
#include "protocol/table.h"

namespace takhin::protocol {
namespace {

constexpr std::size_t kFrameSizeBytes = 4;

Encoded start_frame() {
  Encoded out;
  out.pieces.emplace_back(Bytes(kFrameSizeBytes));
  out.size = kFrameSizeBytes;
  return out;
}

Encoded finish_frame(Encoded out) {
  auto* first = std::get_if<Bytes>(&out.pieces.front());
  TAKHIN_ASSERT(first != nullptr && first->size() >= kFrameSizeBytes, "a frame begins with its size");
  store_be(first->data(), static_cast<std::int32_t>(out.size - kFrameSizeBytes));
  return out;
}

/// Skips the tagged fields that end a flexible header; none are known.
void skip_tagged(ByteReader& in) {
  const std::uint64_t count = in.uvarint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    in.uvarint();
    in.skip(static_cast<std::size_t>(in.uvarint()));
  }
}

}  // namespace

const ApiInfo* find_api(ApiKey key) {
  const auto rows = apis();
  const auto found = std::ranges::lower_bound(rows, key, {}, &ApiInfo::key);
  return found == rows.end() || found->key != key ? nullptr : &*found;
}

std::int16_t request_header_version(const ApiInfo& api, std::int16_t version) {
  return version >= api.flexible_since ? 2 : 1;
}

std::int16_t response_header_version(const ApiInfo& api, std::int16_t version) {
  return version >= api.flexible_since && api.key != ApiKey::kApiVersions ? 1 : 0;
}

Result<Request> parse_request(View frame) {
  ByteReader in(frame);
  Request request;
  request.key = static_cast<ApiKey>(in.be<std::int16_t>());
  request.version = in.be<std::int16_t>();
  request.correlation_id = in.be<std::int32_t>();
  if (!in.ok()) return fail(Kind::kInvalid, "request header: {} bytes are too few", frame.size());
  request.api = find_api(request.key);
  if (request.api == nullptr) return request;
  const auto length = in.be<std::int16_t>();
  if (length < -1) return fail(Kind::kInvalid, "request header: client id of length {}", length);
  if (length >= 0) request.client_id = text_of(in.bytes(static_cast<std::size_t>(length)));
  if (request_header_version(*request.api, request.version) >= 2) skip_tagged(in);
  if (!in.ok()) return fail(Kind::kInvalid, "request header of {} v{} ends too early", request.api->name, request.version);
  request.body = in.bytes(in.left());
  return request;
}

Encoded encode_response(const ApiInfo& api, std::int16_t version, std::int32_t correlation_id, const void* body) {
  Encoded out = start_frame();
  const ResponseHeader header{.correlation_id = correlation_id};
  encode(ResponseHeader::table(), &header, response_header_version(api, version), out);
  encode(*api.response, body, version, out);
  return finish_frame(std::move(out));
}

Encoded encode_request(const ApiInfo& api, std::int16_t version, std::int32_t correlation_id,
                       const std::optional<std::string>& client_id, const void* body) {
  Encoded out = start_frame();
  const RequestHeader header{.request_api_key = static_cast<std::int16_t>(api.key),
                             .request_api_version = version,
                             .correlation_id = correlation_id,
                             .client_id = client_id};
  encode(RequestHeader::table(), &header, request_header_version(api, version), out);
  encode(*api.request, body, version, out);
  return finish_frame(std::move(out));
}

}  // namespace takhin::protocol
