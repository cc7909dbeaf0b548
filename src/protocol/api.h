#pragma once
// Which APIs have tables here, which header goes with which version, and whole frames. Sockets are the broker's.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/api_keys.h"
#include "protocol/codec.h"
#include "protocol/errors.h"

namespace takhin::protocol {

inline constexpr std::int16_t kNeverFlexible = 32'767;

/// One API with its messages. Versions are inclusive and the same for request and response.
struct ApiInfo {
  ApiKey key;
  std::string_view name;  // "Fetch"
  std::int16_t version_min;
  std::int16_t version_max;         // newest with a table
  std::int16_t version_max_stable;  // newest that Kafka itself offers without its unstable switch: advertise this one
  std::int16_t flexible_since;      // kNeverFlexible
  const Table* request;
  const Table* response;
};

/// By key. What is not here cannot be served; what is served is for the broker to say.
std::span<const ApiInfo> apis();
const ApiInfo* find_api(ApiKey key);

/// Lowest Produce version to list in an ApiVersions answer, below ProduceRequest::kVersionMin: librdkafka sends its batches
/// uncompressed unless v0 itself is inside the listed range (gzip, snappy and lz4; zstd asks for v7). Kafka 4 lists 0-2 for its
/// sake too, and answers them with UNSUPPORTED_VERSION (KAFKA-18659; librdkafka issues 4948 and 4956).
inline constexpr std::int16_t kProduceListedMin = 0;

/// Header versions (KIP-482): flexible requests carry a v2 header. The ApiVersions answer always has a v0 header, so that a
/// client that guessed a wrong version can read it (KIP-511).
std::int16_t request_header_version(const ApiInfo& api, std::int16_t version);
std::int16_t response_header_version(const ApiInfo& api, std::int16_t version);

struct Request {
  ApiKey key;
  std::int16_t version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id;
  const ApiInfo* api = nullptr;  // null for a key without tables: then neither client id nor body were read
  View body;                     // borrows from the frame
  /// The version has a table: `body` can be decoded.
  bool version_known() const { return api != nullptr && version >= api->version_min && version <= api->version_max; }
};
/// `frame` is what follows the four bytes of size. kInvalid when the header itself is broken: close the connection. An unknown
/// key or version is not an error here, for an ApiVersions request of any version must be answered.
Result<Request> parse_request(View frame);

/// A whole frame with its size, header and body; untyped.
Encoded encode_response(const ApiInfo& api, std::int16_t version, std::int32_t correlation_id, const void* body);
Encoded encode_request(const ApiInfo& api, std::int16_t version, std::int32_t correlation_id,
                       const std::optional<std::string>& client_id, const void* body);

template <class M>
const ApiInfo& api_of() {
  const ApiInfo* api = find_api(static_cast<ApiKey>(M::kApiKey));
  TAKHIN_ASSERT(api != nullptr, "a message without a row in apis()");
  return *api;
}

/// A frame ready to be sent. `M` is the API's response.
template <Message M>
Encoded encode_response(std::int16_t version, std::int32_t correlation_id, const M& body) {
  const ApiInfo& api = api_of<M>();
  TAKHIN_ASSERT(api.response == &M::table(), "not a response");
  return encode_response(api, version, correlation_id, &body);
}
/// For tests and tools.
template <Message M>
Encoded encode_request(std::int16_t version, std::int32_t correlation_id, const std::optional<std::string>& client_id,
                       const M& body) {
  const ApiInfo& api = api_of<M>();
  TAKHIN_ASSERT(api.request == &M::table(), "not a request");
  return encode_request(api, version, correlation_id, client_id, &body);
}

}  // namespace takhin::protocol
