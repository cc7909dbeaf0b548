// Client quotas over the wire: set, shown, and enforced by answers and held connections.

#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_client_quotas.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/produce.h"
#include "testing/broker_fixture.h"

namespace takhin::broker {
namespace {

using namespace takhin::protocol;
using takhin::testing::KafkaClient;
using Names = std::vector<std::pair<std::string, std::optional<std::string>>>;

class ClientQuotas : public takhin::testing::BrokerFixture {
 protected:
  AlterClientQuotasRequest::EntryData entry(const Names& names, const std::string& key, std::optional<double> value) {
    AlterClientQuotasRequest::EntryData out;
    for (const auto& [type, name] : names) out.entity.push_back({type, name});
    out.ops.push_back({key, value.value_or(0), !value});
    return out;
  }
  ErrorCode set(KafkaClient& client, const Names& names, const std::string& key, std::optional<double> value,
                bool validate_only = false) {
    AlterClientQuotasRequest request;
    request.entries.push_back(entry(names, key, value));
    request.validate_only = validate_only;
    return client.ask<AlterClientQuotasResponse>(1, request).entries.at(0).error_code;
  }
  DescribeClientQuotasResponse describe(KafkaClient& client, std::vector<DescribeClientQuotasRequest::ComponentData> components,
                                        bool strict = false) {
    DescribeClientQuotasRequest request;
    request.components = std::move(components);
    request.strict = strict;
    return client.ask<DescribeClientQuotasResponse>(1, request);
  }
  std::size_t described(KafkaClient& client, std::vector<DescribeClientQuotasRequest::ComponentData> components,
                        bool strict = false) {
    const auto response = describe(client, std::move(components), strict);
    EXPECT_EQ(response.error_code, ErrorCode::kNone);
    return response.entries->size();
  }
  ProduceRequest produce_request(std::size_t bytes, std::int16_t acks) {
    ProduceRequest request;
    request.acks = acks;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "t";
    topic.partition_data.push_back({.index = 0, .records = Records::own(batch_of({std::string(bytes, 'x')}))});
    return request;
  }
  double seconds_of(const std::function<void()>& what) {
    const Steady began = clock.steady();
    what();
    return std::chrono::duration<double>(clock.steady() - began).count();
  }
};

TEST_F(ClientQuotas, AreSetCheckedShownAndRemoved) {
  serve();
  auto client = connect();
  EXPECT_EQ(set(client, {{"user", "alice"}}, "producer_byte_rate", 1000), ErrorCode::kNone);
  EXPECT_EQ(set(client, {{"client-id", std::nullopt}, {"user", "alice"}}, "consumer_byte_rate", 2000), ErrorCode::kNone);
  EXPECT_EQ(set(client, {{"client-id", "app"}}, "request_percentage", 12.5), ErrorCode::kNone);
  EXPECT_EQ(set(client, {{"user", "bob"}}, "controller_mutation_rate", 1, true), ErrorCode::kNone);
  for (const auto& [names, key, value] : std::vector<std::tuple<Names, std::string, double>>{
           {{}, "producer_byte_rate", 1},
           {{{"ip", "127.0.0.1"}}, "connection_creation_rate", 1},
           {{{"color", "red"}}, "producer_byte_rate", 1},
           {{{"user", ""}}, "producer_byte_rate", 1},
           {{{"user", "a"}, {"user", "b"}}, "producer_byte_rate", 1},
           {{{"user", std::string(2000, 'u')}}, "producer_byte_rate", 1},
           {{{"user", "a"}}, "no_such_rate", 1},
           {{{"user", "a"}}, "producer_byte_rate", 1.5},
           {{{"user", "a"}}, "producer_byte_rate", 0},
           {{{"user", "a"}}, "producer_byte_rate", -1}}) {
    EXPECT_EQ(set(client, names, key, value), ErrorCode::kInvalidRequest) << key << value;
  }
  AlterClientQuotasRequest twice;
  twice.entries = {entry({{"user", "a"}}, "producer_byte_rate", 1), entry({{"user", "a"}}, "consumer_byte_rate", 1)};
  const auto answer = client.ask<AlterClientQuotasResponse>(1, twice);
  EXPECT_EQ(answer.entries.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(answer.entries.at(1).error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(set(client, {{"user", "a"}}, "producer_byte_rate", std::nullopt), ErrorCode::kNone);

  EXPECT_EQ(described(client, {}), 3u);
  EXPECT_EQ(described(client, {{"user", 0, "alice"}}), 2u);
  EXPECT_EQ(described(client, {{"user", 0, "alice"}}, true), 1u);
  EXPECT_EQ(described(client, {{"user", 0, "alice"}, {"client-id", 1, std::nullopt}}, true), 1u);
  EXPECT_EQ(described(client, {{"client-id", 2, std::nullopt}}), 2u);
  EXPECT_EQ(described(client, {{"ip", 2, std::nullopt}}), 0u);
  EXPECT_EQ(describe(client, {{"user", 0, std::nullopt}}).error_code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(describe(client, {{"color", 2, std::nullopt}}).error_code, ErrorCode::kUnsupportedVersion);
  EXPECT_EQ(describe(client, {{"user", 2, std::nullopt}, {"user", 2, std::nullopt}}).error_code, ErrorCode::kInvalidRequest);
  const auto app = describe(client, {{"client-id", 0, "app"}}, true).entries->at(0);
  EXPECT_EQ(app.entity.at(0).entity_name, "app");
  EXPECT_EQ(app.values.at(0).key, "request_percentage");
  EXPECT_EQ(app.values.at(0).value, 12.5);
}

TEST_F(ClientQuotas, AProducerOverItsRateIsToldAtOnceAndNotReadMeanwhile) {
  make_topic("t");
  serve();
  auto admin = connect();
  ASSERT_EQ(set(admin, {{"client-id", "test-client"}}, "producer_byte_rate", 20'000), ErrorCode::kNone);
  auto client = connect();
  ProduceResponse first;
  // 10 s at 20,000 bytes are free; 5,000 more are a quarter of a second.
  const double asked = seconds_of([&] { first = client.ask<ProduceResponse>(9, produce_request(205'000, 1)); });
  EXPECT_EQ(first.responses.at(0).partition_responses.at(0).error_code, ErrorCode::kNone);
  EXPECT_NEAR(first.throttle_time_ms, 255, 10);
  EXPECT_LT(asked, 0.2);
  EXPECT_GT(seconds_of([&] { client.ask<ApiVersionsResponse>(0, ApiVersionsRequest{}); }), 0.15);
  // Whoever has no limit is not held.
  ASSERT_EQ(set(admin, {{"client-id", "test-client"}}, "producer_byte_rate", std::nullopt), ErrorCode::kNone);
  EXPECT_EQ(client.ask<ProduceResponse>(9, produce_request(500'000, 1)).throttle_time_ms, 0);
}

TEST_F(ClientQuotas, RequestsSentBehindAHeldOneWaitAlsoWithoutAcknowledgements) {
  make_topic("t");
  serve();
  auto admin = connect();
  ASSERT_EQ(set(admin, {{"user", std::nullopt}}, "producer_byte_rate", 20'000), ErrorCode::kNone);
  auto client = connect();
  client.send(9, produce_request(206'000, 0));
  const double waited = seconds_of([&] { client.ask<ApiVersionsResponse>(0, ApiVersionsRequest{}); });
  EXPECT_GT(waited, 0.2);
  EXPECT_LT(waited, 3);
}

TEST_F(ClientQuotas, AConsumerOverItsRateGetsNothingAndAsksAgain) {
  make_topic("t");
  append("t", {std::string(60'000, 'x')});
  append("t", {std::string(60'000, 'y')});
  serve();
  auto admin = connect();
  ASSERT_EQ(set(admin, {{"client-id", "test-client"}}, "consumer_byte_rate", 10'000), ErrorCode::kNone);
  auto client = connect();
  FetchRequest request;
  request.max_bytes = 1 << 20;
  request.session_epoch = -1;
  auto& topic = request.topics.emplace_back();
  topic.topic = "t";
  topic.partitions.push_back({.partition = 0, .fetch_offset = 0, .partition_max_bytes = 1 << 20});
  auto answer = client.ask<FetchResponse>(12, request);
  EXPECT_EQ(answer.throttle_time_ms, 0);
  ASSERT_EQ(answer.responses.size(), 1u);
  // No more than what all windows allow.
  EXPECT_EQ(answer.responses[0].partitions[0].records.view().size(), 100'000u);
  request.topics[0].partitions[0].fetch_offset = 1;
  request.topics[0].partitions[0].partition_max_bytes = 20'000;
  answer = client.ask<FetchResponse>(12, request);
  EXPECT_NEAR(answer.throttle_time_ms, 6'000, 200);  // the first batch is carried whole, whatever partition_max_bytes says
  EXPECT_TRUE(answer.responses.empty());
  // It was not charged for what it did not get, and nothing else is in its way.
  ASSERT_EQ(set(admin, {{"client-id", "test-client"}}, "consumer_byte_rate", std::nullopt), ErrorCode::kNone);
  answer = client.ask<FetchResponse>(12, request);
  EXPECT_EQ(answer.throttle_time_ms, 0);
  EXPECT_EQ(answer.responses.size(), 1u);
}

TEST_F(ClientQuotas, TimeOnTheCoresIsChargedToWhoUsesIt) {
  serve();
  auto admin = connect();
  ASSERT_EQ(set(admin, {{"client-id", "test-client"}}, "request_percentage", 0.000'01), ErrorCode::kNone);
  auto client = connect();
  MetadataRequest request;
  const auto answer = client.ask<MetadataResponse>(9, request);
  EXPECT_GT(answer.throttle_time_ms, 0);
  EXPECT_LE(answer.throttle_time_ms, 1'000);
}

TEST_F(ClientQuotas, ChangesOfTopicsBeyondTheRateAreRefusedOrSlowed) {
  serve();
  auto admin = connect();
  ASSERT_EQ(set(admin, {{"client-id", "test-client"}}, "controller_mutation_rate", 1), ErrorCode::kNone);
  auto client = connect();
  CreateTopicsRequest create;
  for (const char* name : {"a", "b"}) {
    auto& topic = create.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = 12;
    topic.replication_factor = 1;
  }
  const auto made = client.ask<CreateTopicsResponse>(7, create);
  EXPECT_EQ(made.topics.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(made.topics.at(1).error_code, ErrorCode::kThrottlingQuotaExceeded);
  EXPECT_NEAR(made.throttle_time_ms, 1'000, 300);
  EXPECT_EQ(topics.find("b"), nullptr);
  // Older versions do not know that error: they are served, and then wait.
  auto old = connect();
  create.topics.erase(create.topics.begin());
  const auto slow = old.ask<CreateTopicsResponse>(5, create);
  EXPECT_EQ(slow.topics.at(0).error_code, ErrorCode::kNone);
  EXPECT_GT(slow.throttle_time_ms, 10'000);
  auto third = connect();
  CreatePartitionsRequest grow;
  grow.topics.push_back({.name = "a", .count = 13});
  EXPECT_EQ(third.ask<CreatePartitionsResponse>(3, grow).results.at(0).error_code, ErrorCode::kThrottlingQuotaExceeded);
  auto fourth = connect();
  DeleteTopicsRequest remove;
  remove.topics.push_back({.name = "a"});
  EXPECT_EQ(fourth.ask<DeleteTopicsResponse>(6, remove).responses.at(0).error_code, ErrorCode::kThrottlingQuotaExceeded);
}

TEST_F(ClientQuotas, AStopDoesNotWaitForWhoIsHeld) {
  make_topic("t");
  serve();
  auto admin = connect();
  ASSERT_EQ(set(admin, {{"user", std::nullopt}}, "producer_byte_rate", 10), ErrorCode::kNone);
  auto client = connect();
  EXPECT_GT(client.ask<ProduceResponse>(9, produce_request(20'000, 1)).throttle_time_ms, 1'000'000);
  EXPECT_LT(seconds_of([&] { server->stop(Deadline::in(clock, std::chrono::seconds(20))); }), 5);
}

}  // namespace
}  // namespace takhin::broker
