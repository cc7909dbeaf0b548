#pragma once
// Speaks Kafka's protocol to a broker on the loopback, one typed request at a time.

#include <gtest/gtest.h>

#include "protocol/api.h"
#include "testing/tcp_client.h"

namespace takhin::testing {

/// One thread at a time. Records in an answer borrow from the client and live until the next answer.
class KafkaClient {
 public:
  explicit KafkaClient(std::uint16_t port) : tcp(port) {}

  template <protocol::Message Request>
  void send(std::int16_t version, const Request& request) {
    const auto encoded = protocol::encode_request(version, ++correlation_, "test-client", request);
    const auto flat = protocol::flatten(encoded);
    ASSERT_TRUE(flat.ok() && tcp.send(*flat));
  }
  /// Answers come in the order of requests; `behind`: how many requests were sent after the one that this answers.
  template <protocol::Message Response>
  Response receive(std::int16_t version, int behind = 0) {
    frame_ = tcp.receive_frame();
    if (frame_.size() < 4) {
      ADD_FAILURE() << "no answer";
      return {};
    }
    EXPECT_EQ(load_be<std::int32_t>(frame_.data()), correlation_ - behind);
    const auto& api = protocol::api_of<Response>();
    const std::size_t header = protocol::response_header_version(api, version) == 0 ? 4 : 5;
    auto decoded = protocol::decode<Response>(View(frame_).subspan(header), version);
    if (!decoded.ok()) {
      ADD_FAILURE() << decoded.error().text;
      return {};
    }
    return *std::move(decoded);
  }
  template <protocol::Message Response, protocol::Message Request>
  Response ask(std::int16_t version, const Request& request) {
    send(version, request);
    return receive<Response>(version);
  }

  TcpClient tcp;

 private:
  std::int32_t correlation_ = 0;
  Bytes frame_;
};

}  // namespace takhin::testing
