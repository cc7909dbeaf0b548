#include "protocol/api.h"

#include <gtest/gtest.h>

#include "base/codec.h"
#include "base/kinds.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/produce.h"

namespace takhin::protocol {
namespace {

Bytes flat(const Encoded& encoded) {
  auto bytes = flatten(encoded);
  EXPECT_TRUE(bytes.ok());
  return *std::move(bytes);
}
View without_size(const Bytes& frame) { return View(frame).subspan(4); }

TEST(Api, TableIsSortedAndConsistent) {
  ApiKey last = static_cast<ApiKey>(-1);
  for (const ApiInfo& api : apis()) {
    EXPECT_GT(api.key, last);
    last = api.key;
    EXPECT_EQ(find_api(api.key), &api);
    EXPECT_LE(api.version_min, api.version_max_stable) << api.name;
    EXPECT_LE(api.version_max_stable, api.version_max) << api.name;
  }
  EXPECT_EQ(find_api(ApiKey::kVote), nullptr);
  EXPECT_EQ(find_api(static_cast<ApiKey>(-5)), nullptr);
  EXPECT_EQ(find_api(static_cast<ApiKey>(9'999)), nullptr);
}

TEST(Api, RangesAreKafkas) {
  EXPECT_EQ(find_api(ApiKey::kProduce)->version_min, 3);
  EXPECT_EQ(find_api(ApiKey::kProduce)->version_max_stable, 13);
  EXPECT_LT(kProduceListedMin, ProduceRequest::kVersionMin);
  EXPECT_EQ(find_api(ApiKey::kInitProducerId)->version_max, 6);
  EXPECT_EQ(find_api(ApiKey::kInitProducerId)->version_max_stable, 5);
}

TEST(Api, RequestsRoundTripWithBothHeaders) {
  for (const std::int16_t version : {4, 11, 12, 18}) {
    for (const std::optional<std::string>& client : {std::optional<std::string>("me"), std::optional<std::string>()}) {
      const FetchRequest fetch{.max_wait_ms = 7, .rack_id = version >= 11 ? "r" : ""};
      const Bytes frame = flat(encode_request(version, 42, client, fetch));
      EXPECT_EQ(load_be<std::int32_t>(frame.data()), static_cast<std::int32_t>(frame.size() - 4));
      const auto request = parse_request(without_size(frame));
      ASSERT_TRUE(request.ok()) << request.error().text;
      EXPECT_EQ(request->key, ApiKey::kFetch);
      EXPECT_EQ(request->version, version);
      EXPECT_EQ(request->correlation_id, 42);
      EXPECT_EQ(request->client_id, client);
      EXPECT_TRUE(request->version_known());
      const auto body = decode<FetchRequest>(request->body, version);
      ASSERT_TRUE(body.ok()) << body.error().text;
      EXPECT_TRUE(equal(*body, fetch));
    }
  }
}

TEST(Api, AnUnknownApiVersionsVersionStillParses) {
  Bytes frame;
  ByteWriter out(frame);
  out.be(std::int16_t{18}), out.be(std::int16_t{99}), out.be(std::int32_t{5});
  out.be(std::int16_t{-1}), out.uvarint(1), out.uvarint(3), out.uvarint(2), out.text("zz"), out.text("anything");
  const auto request = parse_request(frame);
  ASSERT_TRUE(request.ok()) << request.error().text;
  EXPECT_EQ(request->correlation_id, 5);
  EXPECT_FALSE(request->version_known());
  EXPECT_EQ(text_of(request->body), "anything");
}

TEST(Api, UnknownKeysAreToldNotRefused) {
  Bytes frame;
  ByteWriter out(frame);
  out.be(std::int16_t{777}), out.be(std::int16_t{0}), out.be(std::int32_t{5});
  const auto request = parse_request(frame);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->api, nullptr);
  EXPECT_FALSE(request->version_known());
}

TEST(Api, TornHeadersAreRefused) {
  const Bytes frame = flat(encode_request(12, 1, "client", FetchRequest{}));
  const std::size_t header = 2 + 2 + 4 + 2 + 6 + 1;
  for (std::size_t size = 0; size < header; ++size) {
    EXPECT_FALSE(parse_request(without_size(frame).first(size)).ok()) << size;
  }
  EXPECT_TRUE(parse_request(without_size(frame).first(header)).ok());
  Bytes bad = frame;
  store_be(bad.data() + 4 + 8, std::int16_t{-2});
  EXPECT_FALSE(parse_request(without_size(bad)).ok());
}

TEST(Api, ResponseHeaders) {
  const Bytes plain = flat(encode_response(8, 7, MetadataResponse{}));
  EXPECT_EQ(load_be<std::int32_t>(plain.data()), static_cast<std::int32_t>(plain.size() - 4));
  EXPECT_EQ(load_be<std::int32_t>(plain.data() + 4), 7);
  EXPECT_TRUE(decode<MetadataResponse>(View(plain).subspan(8), 8).ok());
  const Bytes flexible = flat(encode_response(12, 7, MetadataResponse{}));
  EXPECT_EQ(flexible[8], std::byte{0});  // tagged fields of the header
  EXPECT_TRUE(decode<MetadataResponse>(View(flexible).subspan(9), 12).ok());
  const Bytes versions = flat(encode_response(3, 7, ApiVersionsResponse{}));
  EXPECT_TRUE(decode<ApiVersionsResponse>(View(versions).subspan(8), 3).ok());
}

TEST(Errors, NamesAndKinds) {
  EXPECT_EQ(name_of(ErrorCode::kNone), "NONE");
  EXPECT_EQ(name_of(ErrorCode::kInvalidTopic), "INVALID_TOPIC_EXCEPTION");
  EXPECT_EQ(name_of(static_cast<ErrorCode>(12'345)), "UNKNOWN_SERVER_ERROR");
  EXPECT_EQ(static_cast<int>(ErrorCode::kMemberIdRequired), 79);
  for (const Kind kind : {Kind::kNotFound, Kind::kConflict, Kind::kUnavailable, Kind::kThrottled, Kind::kDenied, Kind::kCorrupt,
                          Kind::kInvalid, Kind::kOutOfRange, Kind::kExhausted, Kind::kClosed, kFrozen, kKeyFailed}) {
    EXPECT_NE(error_code_for(kind), ErrorCode::kNone);
  }
  for (const Kind retriable : {Kind::kUnavailable, kFrozen, kKeyFailed}) {
    EXPECT_EQ(error_code_for(retriable), ErrorCode::kKafkaStorageError);
  }
}

}  // namespace
}  // namespace takhin::protocol
