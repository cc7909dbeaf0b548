#include "broker/listeners.h"

#include <gmock/gmock.h>

#include "broker/net/seats.h"
#include "broker/options.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/metadata.h"
#include "testing/broker_fixture.h"

namespace takhin::broker {
namespace {

using ::testing::HasSubstr;

Result<Options> options_with(std::vector<std::string> set) {
  config::Sources sources;
  sources.set = std::move(set);
  TRY(const auto settings, config::Settings::load(option_rows(), sources));
  return options_from(settings);
}

std::string complaint(std::vector<std::string> set) {
  const auto options = options_with(std::move(set));
  return options.ok() ? "" : options.error().text;
}

TEST(Listeners, AreReadAsKafkaWritesThem) {
  const auto options = options_with({"kafka.listeners=inside://127.0.0.1:9092, OUTSIDE://:9093,SASL_SSL://[::1]:9094",
                                     "kafka.listener.security.protocol.map=INSIDE:plaintext,outside:SASL_PLAINTEXT",
                                     "kafka.advertised.listeners=OUTSIDE://broker.example.org:19093",
                                     "kafka.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256",
                                     "kafka.listener.sasl.enabled.mechanisms.map=SASL_SSL:SCRAM-SHA-512|PLAIN",
                                     "kafka.listener.max.connections.map=OUTSIDE:7", "kafka.ssl.keystore.location=/x"});
  ASSERT_TRUE(options.ok()) << options.error().text;
  const auto listeners = listeners_of(*options);
  ASSERT_EQ(listeners.size(), 3u);
  EXPECT_EQ(listeners[0].name, "INSIDE");
  EXPECT_EQ(listeners[0].protocol, SecurityProtocol::kPlaintext);
  EXPECT_TRUE(listeners[0].mechanisms.empty());
  EXPECT_EQ(listened_on(listeners[1]), "OUTSIDE://0.0.0.0:9093");
  EXPECT_EQ(advertised(listeners[1]), "OUTSIDE://broker.example.org:19093");
  EXPECT_EQ(listeners[1].mechanisms, (std::vector<std::string>{"PLAIN", "SCRAM-SHA-256"}));
  EXPECT_EQ(listeners[1].connections_max, 7u);
  EXPECT_EQ(listeners[2].host, "::1");
  EXPECT_EQ(listened_on(listeners[2]), "SASL_SSL://[::1]:9094");
  EXPECT_EQ(listeners[2].mechanisms, (std::vector<std::string>{"SCRAM-SHA-512", "PLAIN"}));
}

TEST(Listeners, WithoutThemThereIsTheOneOfHostAndPort) {
  auto options = *options_with({"kafka.port=1234", "kafka.advertised.host=example.org"});
  auto listeners = listeners_of(options);
  ASSERT_EQ(listeners.size(), 1u);
  EXPECT_EQ(listened_on(listeners[0]), "PLAINTEXT://127.0.0.1:1234");
  EXPECT_EQ(listeners[0].advertised_host, "example.org");
  options = *options_with({"kafka.sasl.enabled.mechanisms=PLAIN"});
  EXPECT_EQ(listeners_of(options)[0].protocol, SecurityProtocol::kSaslPlaintext);
}

TEST(Listeners, RulesNameTheKeyAndTheFault) {
  for (const char* broken : {"x", "A://", "A://host", "A://host:x", "A://host:70000", "://host:1", "A://::1:9092",
      "A B://h:1", "A://h:1,"}) {
    EXPECT_THAT(complaint({fmt::format("kafka.listeners={}", broken)}), HasSubstr("kafka.listeners")) << broken;
  }
  EXPECT_THAT(complaint({"kafka.listeners=A://h:1"}), HasSubstr("A has no row in kafka.listener.security.protocol.map"));
  EXPECT_THAT(complaint({"kafka.listeners=PLAINTEXT://h:1,PLAINTEXT://h:2"}), HasSubstr("twice"));
  EXPECT_THAT(complaint({"kafka.listeners=PLAINTEXT://h:1,A://h:1", "kafka.listener.security.protocol.map=A:PLAINTEXT"}),
              HasSubstr("an address twice"));
  EXPECT_THAT(complaint({"kafka.listeners=A://h:1", "kafka.listener.security.protocol.map=A:TLS"}), HasSubstr("protocols are"));
  EXPECT_THAT(complaint({"kafka.listeners=PLAINTEXT://:1"}), HasSubstr("must name PLAINTEXT"));
  EXPECT_THAT(complaint({"kafka.listeners=PLAINTEXT://:1", "kafka.advertised.listeners=PLAINTEXT://0.0.0.0:1"}),
              HasSubstr("every address"));
  EXPECT_THAT(complaint({"kafka.listeners=PLAINTEXT://h:1", "kafka.advertised.listeners=B://h:1"}), HasSubstr("B is not one"));
  EXPECT_THAT(complaint({"kafka.listeners=SASL_PLAINTEXT://h:1"}), HasSubstr("needs kafka.sasl.enabled.mechanisms"));
  EXPECT_THAT(complaint({"kafka.listeners=PLAINTEXT://h:1", "kafka.sasl.enabled.mechanisms=PLAIN"}),
              HasSubstr("no listener is a SASL one"));
  EXPECT_THAT(complaint({"kafka.listeners=PLAINTEXT://h:1", "kafka.listener.sasl.enabled.mechanisms.map=PLAINTEXT:PLAIN"}),
              HasSubstr("not a SASL listener"));
  EXPECT_THAT(complaint({"kafka.listeners=PLAINTEXT://h:1", "kafka.listener.max.connections.map=PLAINTEXT:0"}),
              HasSubstr("above 0"));
  EXPECT_THAT(complaint({"kafka.advertised.listeners=PLAINTEXT://h:1"}), HasSubstr("needs kafka.listeners"));
  EXPECT_THAT(complaint({"kafka.max.connections.per.ip.overrides=127.0.0.1"}), HasSubstr("address:number"));
  const auto limits = options_with({"kafka.max.connections.per.ip=5",
      "kafka.max.connections.per.ip.overrides=10.0.0.1:0,[::1]:9"});
  ASSERT_TRUE(limits.ok()) << limits.error().text;
  EXPECT_EQ(limits->listener.connections_per_address_max, 5u);
  EXPECT_EQ(limits->listener.connections_address_overrides, (std::map<std::string, std::size_t>{{"10.0.0.1", 0}, {"::1", 9}}));
}

TEST(Seats, AreCountedByAddressByEndpointAndInAll) {
  net::Seats seats({.total = 4, .per_address = 2, .address_overrides = {{"b", 3}, {"c", 0}}, .per_endpoint = {0, 1}});
  std::vector<net::Seats::Seat> held;
  const auto take = [&](const std::string& address, std::size_t endpoint) {
    auto seat = seats.take(address, endpoint);
    if (!seat.ok()) return false;
    held.push_back(*std::move(seat));
    return true;
  };
  EXPECT_TRUE(take("a", 0) && take("a", 1));
  EXPECT_FALSE(take("a", 0));  // of the address
  EXPECT_FALSE(take("b", 1));  // of the endpoint
  EXPECT_FALSE(take("c", 0));
  EXPECT_TRUE(take("b", 0) && take("b", 0));
  EXPECT_FALSE(take("b", 0));  // of all
  held.clear();
  EXPECT_EQ(seats.taken(), 0u);
  EXPECT_TRUE(take("b", 1) && take("a", 0));
}

class TwoListeners : public takhin::testing::BrokerFixture {
 protected:
  void serve_two() {
    options.listeners = {{.name = "INSIDE", .protocol = SecurityProtocol::kPlaintext, .host = "127.0.0.1", .port = 0},
                         {.name = "OUTSIDE", .protocol = SecurityProtocol::kPlaintext, .host = "127.0.0.1", .port = 0,
                          .advertised_host = "broker.example.org", .advertised_port = 19093, .mechanisms = {},
                              .connections_max = 1}};
    serve();
  }
};

TEST_F(TwoListeners, EachAdvertisesItsOwnAddress) {
  serve_two();
  ASSERT_NE(server->port(0), server->port(1));
  const std::pair<std::string, std::int32_t> expected[] = {{"127.0.0.1", server->port(0)}, {"broker.example.org", 19093}};
  for (std::size_t i = 0; i < 2; ++i) {
    takhin::testing::KafkaClient client(server->port(i));
    const auto metadata = client.ask<protocol::MetadataResponse>(9, protocol::MetadataRequest{}).brokers.at(0);
    EXPECT_EQ(std::pair(metadata.host, metadata.port), expected[i]);
    const auto cluster = client.ask<protocol::DescribeClusterResponse>(1, protocol::DescribeClusterRequest{}).brokers.at(0);
    EXPECT_EQ(std::pair(cluster.host, cluster.port), expected[i]);
    protocol::FindCoordinatorRequest find{.key = {}, .key_type = 0, .coordinator_keys = {"g"}};
    const auto found = client.ask<protocol::FindCoordinatorResponse>(4, find).coordinators.at(0);
    EXPECT_EQ(std::pair(found.host, found.port), expected[i]);
  }
  auto client = connect();
  protocol::DescribeConfigsRequest request;
  request.resources.push_back({.resource_type = 4, .resource_name = "1", .configuration_keys = {{"advertised.listeners"}}});
  const auto shown = client.ask<protocol::DescribeConfigsResponse>(4, request).results.at(0).configs.at(0).value;
  EXPECT_EQ(shown, fmt::format("INSIDE://127.0.0.1:{},OUTSIDE://broker.example.org:19093", server->port(0)));
}

TEST_F(TwoListeners, OneThatIsFullLeavesTheOtherOpen) {
  serve_two();
  takhin::testing::KafkaClient first(server->port(1));
  EXPECT_EQ(first.ask<protocol::MetadataResponse>(9, protocol::MetadataRequest{}).brokers.size(), 1u);
  takhin::testing::TcpClient second(server->port(1));
  EXPECT_TRUE(second.at_end());
  auto other = connect();
  EXPECT_EQ(other.ask<protocol::MetadataResponse>(9, protocol::MetadataRequest{}).brokers.size(), 1u);
}

TEST_F(TwoListeners, AnAddressHasItsLimit) {
  options.listener.connections_address_overrides = {{"127.0.0.1", 1}};
  serve();
  auto first = connect();
  EXPECT_EQ(first.ask<protocol::MetadataResponse>(9, protocol::MetadataRequest{}).brokers.size(), 1u);
  takhin::testing::TcpClient second(server->port());
  EXPECT_TRUE(second.at_end());
}

}  // namespace
}  // namespace takhin::broker
