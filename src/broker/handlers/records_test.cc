// Produce, Fetch and ListOffsets.

#include <thread>

#include "protocol/messages/fetch.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/produce.h"
#include "testing/broker_fixture.h"

namespace takhin::broker {
namespace {

using namespace takhin::protocol;
using std::chrono::milliseconds;

class RecordRequests : public takhin::testing::BrokerFixture {
 protected:
  ProduceRequest produce_request(const std::string& topic, Bytes records, std::int16_t acks = -1, std::int32_t partition = 0) {
    ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 1000;
    auto& data = request.topic_data.emplace_back();
    data.name = topic;
    if (const auto info = topics.find(topic)) data.topic_id = info->id;
    data.partition_data.push_back({partition, Records::own(std::move(records))});
    return request;
  }
  FetchRequest fetch_request(const std::string& topic, std::int64_t offset, std::int32_t wait_ms = 0) {
    FetchRequest request;
    request.max_wait_ms = wait_ms;
    request.min_bytes = 1;
    request.max_bytes = 1 << 20;
    add(request, topic, 0, offset);
    return request;
  }
  void add(FetchRequest& request, const std::string& topic, std::int32_t partition, std::int64_t offset,
           std::int32_t bytes = 1 << 20) {
    auto& asked = request.topics.emplace_back();
    asked.topic = topic;
    if (const auto info = topics.find(topic)) asked.topic_id = info->id;
    FetchRequest::FetchPartition one;
    one.partition = partition;
    one.fetch_offset = offset;
    one.partition_max_bytes = bytes;
    asked.partitions.push_back(one);
  }
  static std::vector<std::string> values_of(const Records& records) {
    std::vector<std::string> values;
    record::BatchCursor cursor(records.view());
    while (cursor.next()) {
      EXPECT_TRUE(record::for_each_record(cursor.batch(), kMiB, [&](const record::Record& one) {
                    values.emplace_back(text_of(*one.value));
                    return true;
                  }).ok());
    }
    return values;
  }
  static const FetchResponse::PartitionData& part(const FetchResponse& response, std::size_t topic = 0) {
    return response.responses.at(topic).partitions.at(0);
  }
  ErrorCode produce_error(takhin::testing::KafkaClient& client, const ProduceRequest& request, std::int16_t version = 9) {
    return client.ask<ProduceResponse>(version, request).responses.at(0).partition_responses.at(0).error_code;
  }
};

TEST_F(RecordRequests, WhatIsProducedIsFetchedInEveryVersion) {
  make_topic("t");
  serve();
  auto client = connect();
  std::int64_t next = 0;
  for (std::int16_t version = 3; version <= 13; ++version) {
    const auto response =
        client.ask<ProduceResponse>(version, produce_request("t", batch_of({"a" + std::to_string(version), "b"})));
    const auto& outcome = response.responses.at(0).partition_responses.at(0);
    EXPECT_EQ(outcome.error_code, ErrorCode::kNone);
    EXPECT_EQ(outcome.base_offset, next);
    next += 2;
  }
  for (std::int16_t version = 4; version <= 18; ++version) {
    const auto response = client.ask<FetchResponse>(version, fetch_request("t", 2));
    EXPECT_EQ(part(response).error_code, ErrorCode::kNone);
    EXPECT_EQ(part(response).high_watermark, next);
    EXPECT_EQ(part(response).last_stable_offset, next);
    const auto values = values_of(part(response).records);
    ASSERT_EQ(values.size(), 20u) << version;
    EXPECT_EQ(values[0], "a4");
  }
}

TEST_F(RecordRequests, AcksAllWaitsForTheDiskAndAcksOneDoesNot) {
  make_topic("t");
  topics.fake("t").hold_durable = true;
  serve();
  auto client = connect();
  client.send(9, produce_request("t", batch_of({"x"}), -1));
  ASSERT_TRUE(eventually([&] { return topics.fake("t").waiting_durable() == 1; }));
  EXPECT_TRUE(client.tcp.silent_for(20));
  topics.fake("t").release_durable();
  EXPECT_EQ(client.receive<ProduceResponse>(9).responses[0].partition_responses[0].error_code, ErrorCode::kNone);
  EXPECT_EQ(produce_error(client, produce_request("t", batch_of({"x"}), 1)), ErrorCode::kNone);
}

TEST_F(RecordRequests, AFailedSyncIsAStorageErrorForItsPartitionOnly) {
  make_topic("bad");
  make_topic("good");
  topics.fake("bad").sync_error = fail(Kind::kUnavailable, "disk is gone");
  serve();
  auto client = connect();
  auto request = produce_request("bad", batch_of({"x"}));
  request.topic_data.push_back(produce_request("good", batch_of({"y"})).topic_data[0]);
  const auto response = client.ask<ProduceResponse>(9, request);
  EXPECT_EQ(response.responses.at(0).partition_responses.at(0).error_code, ErrorCode::kKafkaStorageError);
  EXPECT_EQ(response.responses.at(0).partition_responses.at(0).base_offset, -1);
  EXPECT_EQ(response.responses.at(1).partition_responses.at(0).error_code, ErrorCode::kNone);
}

TEST_F(RecordRequests, ProduceErrorsAreKafkas) {
  make_topic("t");
  make_topic("two", 1, {{"min.insync.replicas", "2"}});
  serve();
  auto client = connect();
  EXPECT_EQ(produce_error(client, produce_request("missing", batch_of({"x"}))), ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(produce_error(client, produce_request("missing", batch_of({"x"})), 13), ErrorCode::kUnknownTopicId);
  EXPECT_EQ(produce_error(client, produce_request("t", batch_of({"x"}), -1, 7)), ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(produce_error(client, produce_request("t", batch_of({"x"}), 2)), ErrorCode::kInvalidRequiredAcks);
  EXPECT_EQ(produce_error(client, produce_request("two", batch_of({"x"}), -1)), ErrorCode::kNotEnoughReplicas);
  EXPECT_EQ(produce_error(client, produce_request("two", batch_of({"x"}), 1)), ErrorCode::kNone);
  ASSERT_TRUE(topics.set_defaults({}, {{"min.insync.replicas", "2"}}, false).ok());
  EXPECT_EQ(produce_error(client, produce_request("t", batch_of({"x"}), -1)), ErrorCode::kNotEnoughReplicas);
  ASSERT_TRUE(topics.set_defaults({}, {}, false).ok());
  EXPECT_EQ(produce_error(client, produce_request("t", Bytes{})), ErrorCode::kInvalidRecord);
  Bytes two = batch_of({"x"});
  const Bytes more = batch_of({"y"});
  two.insert(two.end(), more.begin(), more.end());
  EXPECT_EQ(produce_error(client, produce_request("t", two)), ErrorCode::kInvalidRecord);
  Bytes cut = batch_of({"x"});
  cut.pop_back();
  EXPECT_EQ(produce_error(client, produce_request("t", cut)), ErrorCode::kCorruptMessage);
  Bytes flipped = batch_of({"x"});
  flipped.back() ^= std::byte{1};
  EXPECT_EQ(produce_error(client, produce_request("t", flipped)), ErrorCode::kCorruptMessage);
  Bytes old = batch_of({"x"});
  old[16] = std::byte{1};
  EXPECT_EQ(produce_error(client, produce_request("t", old)), ErrorCode::kInvalidRecord);
  EXPECT_EQ(produce_error(client, produce_request("t", batch_of({"x"}, {.base_offset = Offset{0}, .control = true}))),
            ErrorCode::kInvalidRecord);
  const record::BatchOptions zstd{.base_offset = Offset{0}, .codec = record::Codec::kZstd};
  EXPECT_EQ(produce_error(client, produce_request("t", batch_of({"x"}, zstd)), 6), ErrorCode::kUnsupportedCompressionType);
  EXPECT_EQ(produce_error(client, produce_request("t", batch_of({"x"}, zstd)), 7), ErrorCode::kNone);
}

TEST_F(RecordRequests, RefusalsOfTheLogKeepTheirNames) {
  make_topic("t");
  serve();
  auto client = connect();
  using log::AppendStatus;
  const std::pair<AppendStatus, ErrorCode> expected[] = {
      {AppendStatus::kDuplicate, ErrorCode::kNone},
      {AppendStatus::kMessageTooLarge, ErrorCode::kMessageTooLarge},
      {AppendStatus::kInvalidTimestamp, ErrorCode::kInvalidTimestamp},
      {AppendStatus::kInvalidRecord, ErrorCode::kInvalidRecord},
      {AppendStatus::kOutOfOrderSequence, ErrorCode::kOutOfOrderSequenceNumber},
      {AppendStatus::kInvalidProducerEpoch, ErrorCode::kInvalidProducerEpoch},
      {AppendStatus::kCorruptMessage, ErrorCode::kCorruptMessage},
      {AppendStatus::kUnsupportedMagic, ErrorCode::kUnsupportedForMessageFormat},
  };
  for (const auto& [status, error] : expected) {
    topics.fake("t").refuse = status;
    EXPECT_EQ(produce_error(client, produce_request("t", batch_of({"x"}))), error);
  }
  topics.fake("t").append_error = fail(Kind::kExhausted, "disk full");
  EXPECT_EQ(produce_error(client, produce_request("t", batch_of({"x"}))), ErrorCode::kKafkaStorageError);
}

TEST_F(RecordRequests, RecordsToBlameAreNamedByTheirPlace) {
  make_topic("t");
  serve();
  auto client = connect();
  topics.fake("t").refuse = log::AppendStatus::kInvalidRecord;
  topics.fake("t").refuse_records = {{1, "no key"}, {4, "no key either"}};
  const auto response = client.ask<ProduceResponse>(9, produce_request("t", batch_of({"x"})));
  const auto& errors = response.responses.at(0).partition_responses.at(0).record_errors;
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].batch_index, 1);
  EXPECT_EQ(errors[1].batch_index, 4);
  EXPECT_EQ(errors[1].batch_index_error_message, "no key either");
}

TEST_F(RecordRequests, AcksZeroIsSilentAndClosesOnlyForAnError) {
  make_topic("t");
  serve();
  auto client = connect();
  client.send(9, produce_request("t", batch_of({"x"}), 0));
  EXPECT_EQ(produce_error(client, produce_request("t", batch_of({"y"}), 1)), ErrorCode::kNone);  // the next answer in line
  EXPECT_EQ(topics.fake("t").offsets().high_watermark.raw, 2);
  client.send(9, produce_request("missing", batch_of({"x"}), 0));
  EXPECT_TRUE(client.tcp.at_end());
}

TEST_F(RecordRequests, AFetchAtTheEndWaitsForTheAppend) {
  make_topic("t");
  serve();
  auto client = connect();
  auto producer = connect();
  client.send(12, fetch_request("t", 0, 60'000));
  ASSERT_TRUE(eventually([&] { return topics.fake("t").waiters() == 1; }));
  EXPECT_EQ(topics.fake("t").reads(), 1);  // it does not spin
  EXPECT_EQ(produce_error(producer, produce_request("t", batch_of({"late"}))), ErrorCode::kNone);
  EXPECT_EQ(values_of(part(client.receive<FetchResponse>(12)).records), std::vector<std::string>{"late"});
}

TEST_F(RecordRequests, AFetchWaitsForMinBytesAcrossAppends) {
  make_topic("t");
  serve();
  auto client = connect();
  auto request = fetch_request("t", 0, 60'000);
  request.min_bytes = 150;
  client.send(12, request);
  for (const char* value : {"a", "b", "c"}) {
    ASSERT_TRUE(eventually([&] { return topics.fake("t").waiters() == 1; })) << value;
    append("t", {value});
  }
  EXPECT_EQ(values_of(part(client.receive<FetchResponse>(12)).records), (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(RecordRequests, AFetchThatFindsNothingEndsAfterItsWait) {
  make_topic("t");
  serve();
  auto client = connect();
  const auto response = client.ask<FetchResponse>(12, fetch_request("t", 0, 20));
  EXPECT_EQ(part(response).error_code, ErrorCode::kNone);
  EXPECT_EQ(part(response).records.size(), 0u);
  EXPECT_EQ(topics.fake("t").waiters(), 0u);
}

TEST_F(RecordRequests, AClientThatLeavesALongPollHurtsNobody) {
  make_topic("t");
  serve();
  {
    auto client = connect();
    client.send(12, fetch_request("t", 0, 60'000));
    ASSERT_TRUE(eventually([&] { return topics.fake("t").waiters() == 1; }));
  }
  clock.sleep(milliseconds(10));
  append("t", {"x"});
  auto other = connect();
  EXPECT_EQ(values_of(part(other.ask<FetchResponse>(12, fetch_request("t", 0))).records), std::vector<std::string>{"x"});
}

TEST_F(RecordRequests, FetchErrorsAreKafkas) {
  make_topic("t");
  append("t", {"a", "b"});
  topics.fake("t").leader_epoch = LeaderEpoch{5};
  ASSERT_TRUE(topics.fake("t").raise_log_start(Offset{1}, Deadline::never()).ok());
  serve();
  auto client = connect();
  const auto error = [&](const FetchRequest& request, std::int16_t version = 12) {
    return part(client.ask<FetchResponse>(version, request)).error_code;
  };
  EXPECT_EQ(error(fetch_request("t", 0, 60'000)), ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(error(fetch_request("t", 3, 60'000)), ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(error(fetch_request("t", -1, 60'000)), ErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(error(fetch_request("missing", 0, 60'000)), ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(error(fetch_request("missing", 0, 60'000), 13), ErrorCode::kUnknownTopicId);
  auto epoch = fetch_request("t", 1);
  epoch.topics[0].partitions[0].current_leader_epoch = 4;
  EXPECT_EQ(error(epoch), ErrorCode::kFencedLeaderEpoch);
  epoch.topics[0].partitions[0].current_leader_epoch = 6;
  EXPECT_EQ(error(epoch), ErrorCode::kUnknownLeaderEpoch);
  epoch.topics[0].partitions[0].current_leader_epoch = 5;
  EXPECT_EQ(error(epoch), ErrorCode::kNone);
}

TEST_F(RecordRequests, ASessionAnswersWithNewsOnly) {
  for (const auto* name : {"t", "u"}) make_topic(name);
  append("t", {"a"});
  serve();
  auto client = connect();
  for (const std::int16_t version : {7, 12, 18}) {
    const auto end = topics.fake("t").offsets().high_watermark.raw;
    auto request = fetch_request("t", end);
    add(request, "u", 0, 0);
    request.session_epoch = 0;
    const auto whole = client.ask<FetchResponse>(version, request);
    EXPECT_GT(whole.session_id, 0);
    EXPECT_EQ(whole.responses.size(), 2u);
    FetchRequest next{.max_wait_ms = 0, .min_bytes = 1, .max_bytes = 1 << 20};
    next.session_id = whole.session_id;
    next.session_epoch = 1;
    auto incremental = client.ask<FetchResponse>(version, next);
    EXPECT_EQ(incremental.error_code, ErrorCode::kNone);
    EXPECT_EQ(incremental.session_id, whole.session_id);
    EXPECT_TRUE(incremental.responses.empty());
    append("t", {"b"});
    next.session_epoch = 2;
    incremental = client.ask<FetchResponse>(version, next);
    ASSERT_EQ(incremental.responses.size(), 1u);
    EXPECT_EQ(values_of(part(incremental).records), std::vector<std::string>{"b"});
    EXPECT_EQ(client.ask<FetchResponse>(version, next).error_code, ErrorCode::kInvalidFetchSessionEpoch);
    next.session_id += 1;
    const auto unknown = client.ask<FetchResponse>(version, next);
    EXPECT_EQ(unknown.error_code, ErrorCode::kFetchSessionIdNotFound);
    EXPECT_TRUE(unknown.responses.empty());
  }
}

TEST_F(RecordRequests, OnlyTheFirstPartitionWithDataMayExceedTheLimits) {
  for (const char* name : {"empty", "a", "b"}) make_topic(name);
  append("a", {std::string(5000, 'a')});
  append("b", {std::string(5000, 'b')});
  serve();
  auto client = connect();
  FetchRequest request;
  request.max_bytes = 100;
  add(request, "empty", 0, 0, 10);
  add(request, "a", 0, 0, 10);
  add(request, "b", 0, 0, 10);
  const auto response = client.ask<FetchResponse>(12, request);
  EXPECT_EQ(part(response, 0).records.size(), 0u);
  EXPECT_EQ(values_of(part(response, 1).records).size(), 1u);
  EXPECT_EQ(part(response, 2).records.size(), 0u);
}

TEST_F(RecordRequests, ReadCommittedGetsTheAbortedTransactions) {
  make_topic("t");
  append("t", {"a"});
  topics.fake("t").aborted = {{9, Offset{0}}};
  serve();
  auto client = connect();
  auto request = fetch_request("t", 0);
  EXPECT_FALSE(part(client.ask<FetchResponse>(12, request)).aborted_transactions.has_value());
  request.isolation_level = 1;
  const auto response = client.ask<FetchResponse>(12, request);
  ASSERT_TRUE(part(response).aborted_transactions.has_value());
  EXPECT_EQ(part(response).aborted_transactions->at(0).producer_id, 9);
}

TEST_F(RecordRequests, AColdFetchIsAnsweredFromThePool) {
  make_topic("t");
  append("t", {"a"});
  append("t", {"b"});
  topics.fake("t").set_cold_below(Offset{1});
  serve();
  auto client = connect();
  EXPECT_EQ(values_of(part(client.ask<FetchResponse>(12, fetch_request("t", 0, 10))).records),
            (std::vector<std::string>{"a", "b"}));
}

/// Blocks cold reads until opened. Shared with those it holds: they may still be on their way out when the test's body ends.
struct Gate {
  Result<> wait() {
    std::unique_lock hold(mutex);
    ++waiting;
    changed.wait(hold, [&] { return open; });
    return done();
  }
  void let_go() {
    const std::lock_guard hold(mutex);
    open = true;
    changed.notify_all();
  }
  int count() {
    const std::lock_guard hold(mutex);
    return waiting;
  }
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  int waiting = 0;
};

TEST_F(RecordRequests, ColdWorkNeverDelaysHotPartitionsOrConnections) {
  for (const char* name : {"cold", "hot"}) {
    make_topic(name);
    append(name, {name});
  }
  const auto gate = std::make_shared<Gate>();
  topics.fake("cold").set_cold_below(Offset{1});
  topics.fake("cold").before_cold = [gate] { return gate->wait(); };
  options.listener.cores = 1;
  options.cold_wait_ms = 60'000;
  serve();
  auto waiting = connect();
  waiting.send(12, fetch_request("cold", 0, 10));
  ASSERT_TRUE(eventually([&] { return gate->count() == 1; }));
  auto client = connect();
  EXPECT_EQ(values_of(part(client.ask<FetchResponse>(12, fetch_request("hot", 0))).records), std::vector<std::string>{"hot"});
  auto both = fetch_request("cold", 0, 10);
  add(both, "hot", 0, 0);
  for (int i = 0; i < 5; ++i) {  // the busy part asks again and again; the cold one is prefetched once
    const auto response = client.ask<FetchResponse>(12, both);
    EXPECT_EQ(part(response, 0).records.size(), 0u);
    EXPECT_EQ(part(response, 0).error_code, ErrorCode::kNone);
    EXPECT_EQ(values_of(part(response, 1).records), std::vector<std::string>{"hot"});
  }
  EXPECT_TRUE(eventually([&] { return gate->count() == 2; }));
  gate->let_go();
  EXPECT_EQ(values_of(part(waiting.receive<FetchResponse>(12)).records), std::vector<std::string>{"cold"});
  EXPECT_EQ(gate->count(), 2);
}

TEST_F(RecordRequests, AColdReadThatTakesTooLongIsAnsweredEmptyAndOneThatFailsWithARetriableError) {
  make_topic("slow");
  make_topic("down");
  append("slow", {"x"});
  append("down", {"x"});
  const auto gate = std::make_shared<Gate>();
  topics.fake("slow").set_cold_below(Offset{1});
  topics.fake("slow").before_cold = [gate] { return gate->wait(); };
  topics.fake("down").set_cold_below(Offset{1});
  topics.fake("down").before_cold = []() -> Result<> { return fail(Kind::kUnavailable, "store is down"); };
  options.cold_wait_ms = 20;
  serve();
  auto client = connect();
  const auto slow = client.ask<FetchResponse>(12, fetch_request("slow", 0, 10));
  EXPECT_EQ(part(slow).error_code, ErrorCode::kNone);
  EXPECT_EQ(part(slow).records.size(), 0u);
  EXPECT_EQ(part(slow).high_watermark, 1);
  const auto down = client.ask<FetchResponse>(12, fetch_request("down", 0, 10));
  EXPECT_EQ(part(down).error_code, ErrorCode::kKafkaStorageError);
  gate->let_go();
}

TEST_F(RecordRequests, ColdPartitionsShareOneByteBudget) {
  constexpr int kPartitions = 4;
  make_topic("t", kPartitions);
  for (int i = 0; i < kPartitions; ++i) {
    for (int n = 0; n < 20; ++n) append("t", {std::string(1000, 'x')}, i);
    topics.fake("t", i).set_cold_below(Offset{20});
  }
  serve();
  auto client = connect();
  FetchRequest request;
  request.max_bytes = 20'000;
  request.max_wait_ms = 10;
  for (int i = 0; i < kPartitions; ++i) add(request, "t", i, 0);
  const auto response = client.ask<FetchResponse>(12, request);
  std::uint64_t total = 0;
  ASSERT_EQ(response.responses.size(), 1u);  // one row for the topic, as Kafka answers
  ASSERT_EQ(response.responses[0].partitions.size(), std::size_t{kPartitions});
  for (const auto& partition : response.responses[0].partitions) {
    EXPECT_GT(partition.records.size(), 0u);
    total += partition.records.size();
  }
  EXPECT_LE(total, 20'000u);
}

/// librdkafka's test 0082: its client has room for what it asked for and no more.
TEST_F(RecordRequests, AFirstColdBatchLargerThanItsShareTakesFromThePartitionsBehindIt) {
  constexpr int kPartitions = 3;
  make_topic("t", kPartitions);
  append("t", {std::string(9000, 'x')});
  for (int i = 1; i < kPartitions; ++i) {
    for (int n = 0; n < 20; ++n) append("t", {std::string(500, 'y')}, i);
  }
  for (int i = 0; i < kPartitions; ++i) topics.fake("t", i).set_cold_below(Offset{20});
  serve();
  auto client = connect();
  FetchRequest request;
  request.max_bytes = 10'000;
  request.max_wait_ms = 10;
  for (int i = 0; i < kPartitions; ++i) add(request, "t", i, 0);
  const auto response = client.ask<FetchResponse>(12, request);
  ASSERT_EQ(response.responses.size(), 1u);
  const auto& partitions = response.responses[0].partitions;
  ASSERT_EQ(partitions.size(), std::size_t{kPartitions});
  EXPECT_EQ(values_of(partitions[0].records), std::vector<std::string>{std::string(9000, 'x')});
  std::uint64_t total = 0;
  for (const auto& partition : partitions) total += partition.records.size();
  EXPECT_LE(total, 10'000u);
}

TEST_F(RecordRequests, ListOffsetsKnowsStartsEndsAndTimes) {
  make_topic("t");
  append("t", {"a", "b"});
  append("t", {"c"});
  ASSERT_TRUE(topics.fake("t").raise_log_start(Offset{1}, Deadline::never()).ok());
  topics.fake("t").last_stable = Offset{2};
  serve();
  auto client = connect();
  const auto ask = [&](std::int64_t timestamp, std::int16_t version, std::int8_t isolation = 0, const std::string& topic = "t") {
    ListOffsetsRequest request;
    request.isolation_level = isolation;
    request.topics.push_back({topic, {{.partition_index = 0, .current_leader_epoch = -1, .timestamp = timestamp}}});
    return client.ask<ListOffsetsResponse>(version, request).topics.at(0).partitions.at(0);
  };
  for (std::int16_t version = 1; version <= 11; ++version) EXPECT_EQ(ask(-1, version).offset, 3);
  EXPECT_EQ(ask(-1, 7, 1).offset, 2);
  EXPECT_EQ(ask(-2, 7).offset, 1);
  EXPECT_EQ(ask(-3, 7).offset, 1);
  EXPECT_EQ(ask(-3, 6).error_code, ErrorCode::kUnsupportedVersion);
  EXPECT_EQ(ask(-5, 9).offset, -1);
  topics.fake("t").set_cold_below(Offset{2});
  EXPECT_EQ(ask(-4, 8).offset, 2);
  EXPECT_EQ(ask(-5, 9).offset, 1);
  EXPECT_EQ(ask(-6, 11).offset, 2);
  EXPECT_EQ(ask(-7, 11).error_code, ErrorCode::kUnsupportedVersion);
  EXPECT_EQ(ask(1'700'000'000'000, 7).offset, 0);
  EXPECT_EQ(ask(1'700'000'000'001, 7).offset, -1);
  EXPECT_EQ(ask(-1, 7, 0, "missing").error_code, ErrorCode::kUnknownTopicOrPartition);
}

}  // namespace
}  // namespace takhin::broker
