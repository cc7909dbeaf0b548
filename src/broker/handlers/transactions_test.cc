// Transactions over the wire: every API of them, in the versions that clients of different ages speak.

#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/end_txn.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/init_producer_id.h"
#include "protocol/messages/list_transactions.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/produce.h"
#include "protocol/messages/txn_offset_commit.h"
#include "protocol/messages/write_txn_markers.h"
#include "testing/broker_fixture.h"

namespace takhin::broker {
namespace {

using namespace takhin::protocol;

struct Who {
  std::int64_t id = -1;
  std::int16_t epoch = -1;
};

class TransactionRequests : public takhin::testing::BrokerFixture {
 protected:
  void SetUp() override {
    make_topic("t", 2);
    serve();
    client.emplace(server->port());
  }
  Who init(std::int16_t version = 5) {
    const InitProducerIdRequest request{.transactional_id = "x", .transaction_timeout_ms = 60'000};
    const auto response = client->ask<InitProducerIdResponse>(version, request);
    EXPECT_EQ(response.error_code, ErrorCode::kNone);
    return {response.producer_id, response.producer_epoch};
  }
  ErrorCode produce(const Who& who, std::int32_t sequence, std::int16_t version, const std::optional<std::string>& id = "x",
                    std::int32_t partition = 0) {
    ProduceRequest request{.transactional_id = id, .acks = -1, .timeout_ms = 1000};
    auto& data = request.topic_data.emplace_back();
    data.name = "t";
    data.topic_id = topics.find("t")->id;
    Bytes batch = batch_of({"v"}, {.transactional = true, .producer_id = who.id, .producer_epoch = who.epoch,
                                   .base_sequence = sequence});
    data.partition_data.push_back({partition, Records::own(std::move(batch))});
    return client->ask<ProduceResponse>(version, request).responses.at(0).partition_responses.at(0).error_code;
  }
  ErrorCode add(const Who& who, std::int32_t partition = 0, std::int16_t version = 3) {
    AddPartitionsToTxnRequest request{
        .v3_and_below_transactional_id = "x", .v3_and_below_producer_id = who.id, .v3_and_below_producer_epoch = who.epoch};
    request.v3_and_below_topics.push_back({"t", {partition}});
    const auto response = client->ask<AddPartitionsToTxnResponse>(version, request);
    return static_cast<ErrorCode>(
        response.results_by_topic_v3_and_below.at(0).results_by_partition.at(0).partition_error_code);
  }
  EndTxnResponse end(const Who& who, bool commit, std::int16_t version) {
    return client->ask<EndTxnResponse>(
        version, EndTxnRequest{.transactional_id = "x", .producer_id = who.id, .producer_epoch = who.epoch, .committed = commit});
  }
  /// Of the last batch in the partition.
  record::BatchHeader last_batch(std::int32_t partition = 0) {
    auto& fake = topics.fake("t", partition);
    const auto read = fake.read({.offset = Offset{fake.offsets().high_watermark.raw - 1}});
    const auto bytes = read_exactly(*read->data.file, read->data.range);
    return *record::parse_header(*bytes);
  }
  ErrorCode commit_offset(const Who& who, std::int64_t offset, std::int16_t version) {
    TxnOffsetCommitRequest request{
        .transactional_id = "x", .group_id = "g", .producer_id = who.id, .producer_epoch = who.epoch};
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.topic_id = topics.find("t")->id;
    topic.partitions.push_back({.partition_index = 0, .committed_offset = offset});
    return client->ask<TxnOffsetCommitResponse>(version, request).topics.at(0).partitions.at(0).error_code;
  }
  std::int64_t committed() {
    OffsetFetchRequest request;
    auto& group = request.groups.emplace_back();
    group.group_id = "g";
    auto& topic = group.topics.emplace().emplace_back();
    topic.name = "t";
    topic.partition_indexes = {0};
    return client->ask<OffsetFetchResponse>(9, request).groups.at(0).topics.at(0).partitions.at(0).committed_offset;
  }

  std::optional<takhin::testing::KafkaClient> client;
};

TEST_F(TransactionRequests, TheCoordinatorIsHereInEveryVersion) {
  for (std::int16_t version = 1; version <= 6; ++version) {
    FindCoordinatorRequest request{.key = "x", .key_type = 1, .coordinator_keys = {"x"}};
    const auto response = client->ask<FindCoordinatorResponse>(version, request);
    EXPECT_EQ(version >= 4 ? response.coordinators.at(0).error_code : response.error_code, ErrorCode::kNone);
    EXPECT_EQ(version >= 4 ? response.coordinators.at(0).node_id : response.node_id, options.broker_id);
  }
  EXPECT_NE(topics.find("__transaction_state"), nullptr);
}

TEST_F(TransactionRequests, AnOlderProducerAddsItsPartitionsFirst) {
  const Who who = init(3);
  EXPECT_EQ(produce(who, 0, 10), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(produce(who, 0, 11), ErrorCode::kTransactionAbortable);
  EXPECT_EQ(add(who), ErrorCode::kNone);
  EXPECT_EQ(produce(who, 0, 10), ErrorCode::kNone);
  EXPECT_EQ(end(who, true, 3).error_code, ErrorCode::kNone);
  EXPECT_TRUE(last_batch().is_control());
  EXPECT_EQ(last_batch().producer_epoch, who.epoch);
  EXPECT_EQ(produce(who, 1, 10), ErrorCode::kInvalidTxnState);
}

TEST_F(TransactionRequests, ANewerProducerJustProducesAndGetsAnEpochWithEachEnd) {
  Who who = init();
  EXPECT_EQ(produce(who, 0, 12), ErrorCode::kNone);
  EXPECT_EQ(produce(who, 0, 13, "x", 1), ErrorCode::kNone);
  const auto ended = end(who, false, 5);
  EXPECT_EQ(ended.error_code, ErrorCode::kNone);
  EXPECT_EQ(ended.producer_id, who.id);
  EXPECT_EQ(ended.producer_epoch, who.epoch + 1);
  for (const int partition : {0, 1}) EXPECT_TRUE(last_batch(partition).is_control());
  EXPECT_EQ(last_batch().producer_epoch, who.epoch + 1);
  EXPECT_EQ(produce(who, 1, 12), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(produce({ended.producer_id, ended.producer_epoch}, 0, 12), ErrorCode::kNone);
}

TEST_F(TransactionRequests, ABatchIsConfirmedOnceItsPlaceInTheTransactionIsOnDisk) {
  const Who who = init();
  auto& notes = topics.fake("__transaction_state");
  notes.hold_durable = true;
  ProduceRequest request{.transactional_id = "x", .acks = -1, .timeout_ms = 1000};
  auto& data = request.topic_data.emplace_back();
  data.name = "t";
  data.partition_data.push_back(
      {0, Records::own(batch_of({"v"}, {.transactional = true, .producer_id = who.id, .producer_epoch = who.epoch,
                                        .base_sequence = 0}))});
  client->send(12, request);
  ASSERT_TRUE(eventually([&] { return notes.waiting_durable() == 1; }));
  EXPECT_TRUE(client->tcp.silent_for(20));
  notes.release_durable();
  EXPECT_EQ(client->receive<ProduceResponse>(12).responses.at(0).partition_responses.at(0).error_code, ErrorCode::kNone);
}

TEST_F(TransactionRequests, WhatIsWrongIsToldAsTheVersionKnowsIt) {
  const Who first = init();
  const Who second = init();
  EXPECT_EQ(second.epoch, first.epoch + 1);
  EXPECT_EQ(add(first, 0, 3), ErrorCode::kProducerFenced);
  EXPECT_EQ(add(first, 0, 1), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(end(first, true, 1).error_code, ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(end(first, true, 3).error_code, ErrorCode::kProducerFenced);
  EXPECT_EQ(add(second, 7), ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(produce(second, 0, 12, std::nullopt), ErrorCode::kTransactionalIdAuthorizationFailed);
  EXPECT_EQ(produce(second, -1, 12), ErrorCode::kInvalidRecord);
  EXPECT_EQ(end(second, true, 5).error_code, ErrorCode::kInvalidTxnState);
  InitProducerIdRequest stale{.transactional_id = "x", .transaction_timeout_ms = 60'000, .producer_id = first.id};
  stale.producer_epoch = 77;
  EXPECT_EQ(client->ask<InitProducerIdResponse>(3, stale).error_code, ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(client->ask<InitProducerIdResponse>(4, stale).error_code, ErrorCode::kProducerFenced);
}

TEST_F(TransactionRequests, BatchedAddsAnswerEachTransaction) {
  const Who who = init();
  AddPartitionsToTxnRequest request;
  request.transactions.push_back({.transactional_id = "x",
                                  .producer_id = who.id,
                                  .producer_epoch = who.epoch,
                                  .verify_only = true,
                                  .topics = {{"t", {0, 9}}}});
  request.transactions.push_back({.transactional_id = "nobody", .producer_id = 1, .topics = {{"t", {0}}}});
  const auto ask = [&] {
    std::vector<std::int16_t> codes;
    for (const auto& one : client->ask<AddPartitionsToTxnResponse>(5, request).results_by_transaction) {
      for (const auto& partition : one.topic_results.at(0).results_by_partition) codes.push_back(partition.partition_error_code);
    }
    return codes;
  };
  const auto code = [](ErrorCode error) { return static_cast<std::int16_t>(error); };
  EXPECT_EQ(ask(), (std::vector{code(ErrorCode::kTransactionAbortable), code(ErrorCode::kUnknownTopicOrPartition),
                                code(ErrorCode::kInvalidProducerIdMapping)}));
  request.transactions[0].verify_only = false;
  EXPECT_EQ(ask(), (std::vector{code(ErrorCode::kOperationNotAttempted), code(ErrorCode::kUnknownTopicOrPartition),
                                code(ErrorCode::kInvalidProducerIdMapping)}));
  request.transactions[0].topics[0].partitions = {0, 1};
  EXPECT_EQ(ask(), (std::vector<std::int16_t>{0, 0, code(ErrorCode::kInvalidProducerIdMapping)}));
  request.transactions[0].verify_only = true;
  EXPECT_EQ(ask(), (std::vector<std::int16_t>{0, 0, code(ErrorCode::kInvalidProducerIdMapping)}));
}

TEST_F(TransactionRequests, OffsetsCountWithTheirTransaction) {
  const Who who = init();
  EXPECT_EQ(commit_offset(who, 4, 3), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(commit_offset(who, 4, 4), ErrorCode::kTransactionAbortable);
  AddOffsetsToTxnRequest add_offsets{
      .transactional_id = "x", .producer_id = who.id, .producer_epoch = who.epoch, .group_id = "g"};
  EXPECT_EQ(client->ask<AddOffsetsToTxnResponse>(3, add_offsets).error_code, ErrorCode::kNone);
  EXPECT_EQ(commit_offset(who, 4, 3), ErrorCode::kNone);
  EXPECT_EQ(committed(), -1);
  EXPECT_EQ(end(who, true, 3).error_code, ErrorCode::kNone);
  EXPECT_EQ(committed(), 4);
  // Newer ones add the offsets with the commit, and name topics by id.
  for (const std::int16_t version : {5, 6}) EXPECT_EQ(commit_offset(who, version, version), ErrorCode::kNone);
  EXPECT_EQ(end(who, false, 3).error_code, ErrorCode::kNone);
  EXPECT_EQ(committed(), 4);
  EXPECT_EQ(commit_offset({who.id, 9}, 4, 5), ErrorCode::kInvalidProducerEpoch);
}

TEST_F(TransactionRequests, ToolsWriteMarkersAndListProducers) {
  topics.fake("t").known_producers = {{.id = 5, .epoch = 2, .last_sequence = 7, .txn_first = Offset{3}}};
  DescribeProducersRequest describe;
  describe.topics.push_back({"t", {0, 8}});
  const auto described = client->ask<DescribeProducersResponse>(0, describe).topics.at(0).partitions;
  EXPECT_EQ(described.at(0).active_producers.at(0).producer_id, 5);
  EXPECT_EQ(described.at(0).active_producers.at(0).current_txn_start_offset, 3);
  EXPECT_EQ(described.at(1).error_code, ErrorCode::kUnknownTopicOrPartition);

  WriteTxnMarkersRequest markers;
  markers.markers.push_back({.producer_id = 5, .producer_epoch = 2, .topics = {{"t", {1, 8}}}});
  const auto written = client->ask<WriteTxnMarkersResponse>(1, markers).markers.at(0);
  EXPECT_EQ(written.producer_id, 5);
  EXPECT_EQ(written.topics.at(0).partitions.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(written.topics.at(0).partitions.at(1).error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_TRUE(last_batch(1).is_control());

  init();
  EXPECT_EQ(client->ask<ListTransactionsResponse>(2, ListTransactionsRequest{}).transaction_states.at(0).transactional_id, "x");
}

}  // namespace
}  // namespace takhin::broker
