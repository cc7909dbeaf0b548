#pragma once
// A broker over topics in memory, on a free port of the loopback.

#include <gtest/gtest.h>

#include "broker/server.h"
#include "os/clock.h"
#include "os/files.h"
#include "testing/fake_topics.h"
#include "testing/kafka_client.h"
#include "testing/temp_dir.h"

namespace takhin::testing {

class BrokerFixture : public ::testing::Test {
 protected:
  void serve() {
    options.data_dir = dir.path();
    options.listener.port = 0;
    options.listener.cores = 2;
    auto opened = broker::Server::open({topics, files, clock, random, metrics}, options);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    server = *std::move(opened);
    server->start();
  }
  void TearDown() override {
    if (server != nullptr) server->stop(Deadline::in(clock, std::chrono::seconds(5)));
  }
  KafkaClient connect() { return KafkaClient(server->port()); }
  bool eventually(const std::function<bool()>& what) {
    for (int i = 0; i < 5000; ++i) {
      if (what()) return true;
      clock.sleep(std::chrono::milliseconds(1));
    }
    return false;
  }
  /// One batch of `values`, as a client sends it.
  static Bytes batch_of(const std::vector<std::string>& values, record::BatchOptions how = {.base_offset = Offset{0}}) {
    std::vector<record::NewRecord> records;
    for (const auto& value : values)
      records.push_back({.key = {}, .value = view_of(value), .timestamp = TimestampMs{1'700'000'000'000}, .headers = {}});
    auto batch = record::build_batch(records, how);
    EXPECT_TRUE(batch.ok());
    return batch.ok() ? *std::move(batch) : Bytes{};
  }
  void make_topic(const std::string& name, std::int32_t partitions = 1, const partition::ConfigMap& configs = {}) {
    ASSERT_TRUE(topics.create(name, partitions, configs).ok());
  }
  void append(const std::string& topic, const std::vector<std::string>& values, std::int32_t partition = 0) {
    Bytes batch = batch_of(values);
    ASSERT_TRUE(topics.fake(topic, partition).append(batch).ok());
  }

  os::SystemClock clock;
  os::PosixFileSystem files;
  TempDir dir;
  SeededRandom random;
  metrics::Metrics metrics;
  FakeTopics topics;
  broker::Options options;
  std::unique_ptr<broker::Server> server;
};

}  // namespace takhin::testing
