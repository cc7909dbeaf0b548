// ApiVersions, Metadata, CreateTopics, DeleteTopics, InitProducerId, FindCoordinator, and requests that are no requests.

#include "protocol/messages/api_versions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/metadata.h"
#include "testing/broker_fixture.h"

namespace takhin::broker {
namespace {

using namespace takhin::protocol;

class TopicRequests : public takhin::testing::BrokerFixture {};

ApiVersionsRequest versions_request(std::string name = "test", std::string version = "1.0") {
  ApiVersionsRequest request;
  request.client_software_name = std::move(name);
  request.client_software_version = std::move(version);
  return request;
}

TEST_F(TopicRequests, ApiVersionsListsWhatIsServedInEveryVersion) {
  serve();
  auto client = connect();
  for (std::int16_t version = 0; version <= 4; ++version) {
    const auto response = client.ask<ApiVersionsResponse>(version, versions_request());
    EXPECT_EQ(response.error_code, ErrorCode::kNone);
    std::map<std::int16_t, std::pair<int, int>> listed;
    for (const auto& api : response.api_keys) listed[api.api_key] = {api.min_version, api.max_version};
    EXPECT_EQ(listed[0], std::pair(0, 13));
    EXPECT_EQ(listed[1], std::pair(4, 18));
    EXPECT_EQ(listed[18], std::pair(0, 4));
    EXPECT_EQ(response.finalized_features.size(), version >= 3 ? 3u : 0u);
  }
}

TEST_F(TopicRequests, AnUnknownApiVersionsVersionIsAnsweredInVersionZeroWithTheTable) {
  serve();
  takhin::testing::TcpClient client(server->port());
  Bytes frame;
  ByteWriter out(frame);
  out.be<std::int16_t>(18);
  out.be<std::int16_t>(99);
  out.be<std::int32_t>(7);
  out.be<std::int16_t>(-1);
  out.uvarint(0);
  ASSERT_TRUE(client.send_frame(frame));
  const Bytes answer = client.receive_frame();
  ASSERT_GT(answer.size(), 4u);
  EXPECT_EQ(load_be<std::int32_t>(answer.data()), 7);
  const auto response = decode<ApiVersionsResponse>(View(answer).subspan(4), 0);
  ASSERT_TRUE(response.ok()) << response.error().text;
  EXPECT_EQ(response->error_code, ErrorCode::kUnsupportedVersion);
  EXPECT_GE(response->api_keys.size(), 15u);
}

TEST_F(TopicRequests, ApiVersionsRefusesSoftwareNamesThatAreNone) {
  serve();
  auto client = connect();
  for (const auto& bad : {versions_request(""), versions_request("-x"), versions_request("a b"), versions_request("ok", "1.")}) {
    EXPECT_EQ(client.ask<ApiVersionsResponse>(3, bad).error_code, ErrorCode::kInvalidRequest);
  }
  EXPECT_EQ(client.ask<ApiVersionsResponse>(2, versions_request("")).error_code, ErrorCode::kNone);
}

TEST_F(TopicRequests, UnknownApisVersionsAndGarbageCloseOnlyTheirConnection) {
  serve();
  auto good = connect();
  const auto closes = [&](std::int16_t key, std::int16_t version, View rest) {
    takhin::testing::TcpClient bad(server->port());
    Bytes frame;
    ByteWriter out(frame);
    out.be(key);
    out.be(version);
    out.be<std::int32_t>(1);
    out.bytes(rest);
    return bad.send_frame(frame) && bad.at_end();
  };
  const std::byte rest[] = {std::byte{0xff}, std::byte{0xff}, std::byte{0x7f}, std::byte{0xff}, std::byte{0xff}, std::byte{0xff}};
  EXPECT_TRUE(closes(9999, 0, rest));
  EXPECT_TRUE(closes(-1, 0, rest));
  EXPECT_TRUE(closes(3, 99, rest));   // no such version of Metadata
  EXPECT_TRUE(closes(0, 1, rest));    // Produce v1 is listed, but not served
  EXPECT_TRUE(closes(3, 1, rest));    // an array of two thousand million topics
  EXPECT_TRUE(closes(18, 3, {}));     // ends in its header
  takhin::testing::TcpClient tiny(server->port());
  EXPECT_TRUE(tiny.send_frame(Bytes(3)) && tiny.at_end());
  EXPECT_EQ(good.ask<ApiVersionsResponse>(0, versions_request()).error_code, ErrorCode::kNone);
}

TEST_F(TopicRequests, BytesBehindARequestAreIgnored) {
  make_topic("a");
  serve();
  // As librdkafka 2.16 asks for all topics: four bytes of an array that is counted in one.
  const std::string_view asked("\x00\x03\x00\x0d\x00\x00\x00\x07\x00\x07rdkafka\x00\x00\x00\x00\x00\x00\x00\x00", 25);
  auto client = connect();
  ASSERT_TRUE(client.tcp.send_frame(view_of(asked)));
  const Bytes answer = client.tcp.receive_frame();
  ASSERT_GT(answer.size(), 5u);
  EXPECT_EQ(load_be<std::int32_t>(answer.data()), 7);
  const auto response = decode<MetadataResponse>(View(answer).subspan(5), 13);
  ASSERT_TRUE(response.ok()) << response.error().text;
  EXPECT_EQ(response->topics.size(), 1u);
}

TEST_F(TopicRequests, MetadataListsAllTopicsAndThisBroker) {
  make_topic("a", 2);
  make_topic("b");
  options.advertised_host = "broker.example";
  options.advertised_port = 1234;
  serve();
  auto client = connect();
  for (std::int16_t version = 0; version <= 13; ++version) {
    MetadataRequest all;
    if (version > 0) all.topics.reset();
    const auto response = client.ask<MetadataResponse>(version, all);
    ASSERT_EQ(response.topics.size(), 2u) << version;
    EXPECT_EQ(response.topics[0].partitions.size(), 2u);
    EXPECT_EQ(response.topics[0].partitions[1].leader_id, options.broker_id);
    EXPECT_EQ(response.brokers[0].host, "broker.example");
    EXPECT_EQ(response.brokers[0].port, 1234);
    if (version >= 2) {
      EXPECT_EQ(response.cluster_id, server->cluster_id());
    }
    if (version >= 10) {
      EXPECT_EQ(response.topics[0].topic_id, topics.find("a")->id);
    }
  }
  MetadataRequest none;
  EXPECT_TRUE(client.ask<MetadataResponse>(13, none).topics.empty());
}

TEST_F(TopicRequests, MetadataMakesATopicOnlyWhenBothSidesAllowIt) {
  options.num_partitions = 3;
  serve();
  auto client = connect();
  MetadataRequest request;
  request.topics->push_back({.topic_id = {}, .name = "new"});
  request.allow_auto_topic_creation = false;
  EXPECT_EQ(client.ask<MetadataResponse>(9, request).topics[0].error_code, ErrorCode::kUnknownTopicOrPartition);
  request.allow_auto_topic_creation = true;
  const auto made = client.ask<MetadataResponse>(9, request);
  EXPECT_EQ(made.topics[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(made.topics[0].partitions.size(), 3u);
  request.topics->front().name = "bad name";
  EXPECT_EQ(client.ask<MetadataResponse>(9, request).topics[0].error_code, ErrorCode::kInvalidTopic);
  MetadataRequest by_id;
  by_id.topics->push_back({.topic_id = Uuid::make(random), .name = std::nullopt});
  EXPECT_EQ(client.ask<MetadataResponse>(12, by_id).topics[0].error_code, ErrorCode::kUnknownTopicId);
}

TEST_F(TopicRequests, MetadataMakesNothingWhenTheBrokerForbidsIt) {
  options.auto_create_topics = false;
  serve();
  auto client = connect();
  MetadataRequest request;
  request.topics->push_back({.topic_id = {}, .name = "new"});
  EXPECT_EQ(client.ask<MetadataResponse>(1, request).topics[0].error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(topics.find("new"), nullptr);
}

CreateTopicsRequest create_request(const std::string& name, std::int32_t partitions, std::int16_t replicas) {
  CreateTopicsRequest request;
  request.topics.push_back(
      {.name = name, .num_partitions = partitions, .replication_factor = replicas, .assignments = {}, .configs = {}});
  return request;
}

TEST_F(TopicRequests, CreateTopicsMakesThemWithDefaultsAndConfigs) {
  options.num_partitions = 4;
  serve();
  auto client = connect();
  for (std::int16_t version = 2; version <= 7; ++version) {
    const std::string name = "t" + std::to_string(version);
    auto request = create_request(name, -1, -1);
    request.topics[0].configs.push_back({"retention.ms", "1234"});
    const auto response = client.ask<CreateTopicsResponse>(version, request);
    ASSERT_EQ(response.topics.at(0).error_code, ErrorCode::kNone) << response.topics[0].error_message.value_or("");
    ASSERT_EQ(topics.find(name)->partitions.size(), 4u);
    EXPECT_EQ(topics.find(name)->configs, (partition::ConfigMap{{"retention.ms", "1234"}}));
    if (version >= 5) {
      EXPECT_EQ(response.topics[0].num_partitions, 4);
      const auto echoed =
          std::ranges::find(*response.topics[0].configs, "retention.ms", [](const auto& config) { return config.name; });
      ASSERT_NE(echoed, response.topics[0].configs->end());
      EXPECT_EQ(echoed->value, "1234");
      EXPECT_EQ(echoed->config_source, 1);
    }
    if (version >= 7) {
      EXPECT_EQ(response.topics[0].topic_id, topics.find(name)->id);
    }
  }
}

TEST_F(TopicRequests, CreateTopicsRefusesWithKafkasErrors) {
  make_topic("taken");
  serve();
  auto client = connect();
  const auto error = [&](const CreateTopicsRequest& request) {
    return client.ask<CreateTopicsResponse>(7, request).topics.at(0).error_code;
  };
  EXPECT_EQ(error(create_request("taken", 1, 1)), ErrorCode::kTopicAlreadyExists);
  EXPECT_EQ(error(create_request("bad name", 1, 1)), ErrorCode::kInvalidTopic);
  EXPECT_EQ(error(create_request("x", 0, 1)), ErrorCode::kInvalidPartitions);
  EXPECT_EQ(error(create_request("x", -2, 1)), ErrorCode::kInvalidPartitions);
  EXPECT_EQ(error(create_request("x", 1, 2)), ErrorCode::kInvalidReplicationFactor);
  EXPECT_EQ(error(create_request("x", 1, 0)), ErrorCode::kInvalidReplicationFactor);
  auto config = create_request("x", 1, 1);
  config.topics[0].configs.push_back({"no.such.config", "1"});
  EXPECT_EQ(error(config), ErrorCode::kInvalidConfig);
  config.topics[0].configs[0] = {"retention.ms", std::nullopt};
  EXPECT_EQ(error(config), ErrorCode::kInvalidConfig);
  auto twice = create_request("x", 1, 1);
  twice.topics.push_back(twice.topics[0]);
  const auto both = client.ask<CreateTopicsResponse>(7, twice);
  ASSERT_EQ(both.topics.size(), 1u);
  EXPECT_EQ(both.topics[0].error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(topics.find("x"), nullptr);
}

TEST_F(TopicRequests, CreateTopicsTakesAssignmentsToThisBrokerOnly) {
  serve();
  auto client = connect();
  auto request = create_request("x", -1, -1);
  request.topics[0].assignments = {{1, {options.broker_id}}, {0, {options.broker_id}}};
  request.validate_only = true;
  EXPECT_EQ(client.ask<CreateTopicsResponse>(7, request).topics[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(topics.find("x"), nullptr);
  request.validate_only = false;
  EXPECT_EQ(client.ask<CreateTopicsResponse>(7, request).topics[0].num_partitions, 2);
  request.topics[0].name = "y";
  request.topics[0].assignments = {{0, {options.broker_id + 1}}};
  EXPECT_EQ(client.ask<CreateTopicsResponse>(7, request).topics[0].error_code, ErrorCode::kInvalidReplicaAssignment);
  request.topics[0].assignments = {{1, {options.broker_id}}};
  EXPECT_EQ(client.ask<CreateTopicsResponse>(7, request).topics[0].error_code, ErrorCode::kInvalidReplicaAssignment);
}

TEST_F(TopicRequests, DeleteTopicsByNameAndById) {
  make_topic("a");
  make_topic("b");
  const Uuid b = topics.find("b")->id;
  serve();
  auto client = connect();
  DeleteTopicsRequest by_name;
  by_name.topic_names = {"a", "missing"};
  const auto named = client.ask<DeleteTopicsResponse>(5, by_name);
  EXPECT_EQ(named.responses[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(named.responses[1].error_code, ErrorCode::kUnknownTopicOrPartition);
  DeleteTopicsRequest by_id;
  by_id.topics = {{.name = std::nullopt, .topic_id = b}, {.name = std::nullopt, .topic_id = b}, {.name = "b", .topic_id = b}};
  const auto ids = client.ask<DeleteTopicsResponse>(6, by_id);
  EXPECT_EQ(ids.responses[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(ids.responses[0].name, "b");
  EXPECT_EQ(ids.responses[1].error_code, ErrorCode::kUnknownTopicId);
  EXPECT_EQ(ids.responses[2].error_code, ErrorCode::kInvalidRequest);
  EXPECT_TRUE(topics.all().empty());
}

TEST_F(TopicRequests, ProducerIdsAndClusterIdSurviveARestart) {
  serve();
  const std::string cluster = server->cluster_id();
  InitProducerIdRequest request;
  request.transactional_id.reset();
  std::set<std::int64_t> ids;
  for (int start = 0; start < 3; ++start) {
    auto client = connect();
    for (int i = 0; i < 3; ++i) {
      const auto response = client.ask<InitProducerIdResponse>(4, request);
      EXPECT_EQ(response.error_code, ErrorCode::kNone);
      EXPECT_EQ(response.producer_epoch, 0);
      EXPECT_TRUE(ids.insert(response.producer_id).second) << response.producer_id;
    }
    EXPECT_EQ(server->cluster_id(), cluster);
    server.reset();
    serve();
  }
}

TEST_F(TopicRequests, EveryGroupIsCoordinatedHere) {
  serve();
  auto client = connect();
  for (std::int16_t version = 0; version <= 6; ++version) {
    FindCoordinatorRequest find;
    find.key = "g";
    if (version >= 4) find.coordinator_keys = {"g", "h"};
    const auto response = client.ask<FindCoordinatorResponse>(version, find);
    if (version < 4) {
      EXPECT_EQ(response.port, server->port());
      EXPECT_EQ(response.error_code, ErrorCode::kNone);
    } else {
      ASSERT_EQ(response.coordinators.size(), 2u);
      EXPECT_EQ(response.coordinators[1].key, "h");
      EXPECT_EQ(response.coordinators[1].port, server->port());
    }
  }
}

}  // namespace
}  // namespace takhin::broker
