// Bytes that Kafka's own classes wrote (tools/golden/GoldenMessages.java): decoded and encoded again they are the same bytes.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/codec.h"
#include "os/files.h"
#include "protocol/messages/join_group.h"
#include "testing/all_messages.h"

namespace takhin::protocol {
namespace {

struct Entry {
  std::string name;
  std::int16_t version = 0;
  View body;
};

std::vector<Entry> read_entries(View data) {
  std::vector<Entry> entries;
  ByteReader in(data);
  while (in.left() > 0) {
    Entry entry;
    entry.name = text_of(in.bytes(in.be<std::uint16_t>()));
    entry.version = in.be<std::int16_t>();
    entry.body = in.bytes(static_cast<std::size_t>(in.be<std::int32_t>()));
    entries.push_back(entry);
  }
  TAKHIN_ASSERT(in.ok(), "the golden file is whole");
  return entries;
}

class Golden : public ::testing::Test {
 protected:
  void SetUp() override {
    os::PosixFileSystem files;
    auto data = read_whole(files, TAKHIN_GOLDEN_DIR "/protocol_messages.bin");
    ASSERT_TRUE(data.ok()) << data.error().text;
    data_ = *std::move(data);
    entries_ = read_entries(data_);
  }
  Bytes data_;
  std::vector<Entry> entries_;
};

TEST_F(Golden, KafkasBytesComeBackAsTheyWere) {
  std::map<std::string, const Table*> tables;
  for (const Table* table : testing::all_messages()) tables[table->name] = table;
  std::map<std::string, std::set<std::int16_t>> seen;
  for (const Entry& entry : entries_) {
    ASSERT_TRUE(tables.contains(entry.name)) << entry.name;
    const Table& table = *tables[entry.name];
    const auto message = table.make();
    const auto decoded = decode(table, message.get(), entry.body, entry.version);
    ASSERT_TRUE(decoded.ok()) << decoded.error().text;
    const Bytes again = testing::encode_flat(table, message.get(), entry.version);
    EXPECT_TRUE(std::ranges::equal(again, entry.body))
        << entry.name << " v" << entry.version << "\n" << dump(table, message.get(), entry.version);
    seen[entry.name].insert(entry.version);
  }
  for (const auto& [name, table] : tables) {
    EXPECT_EQ(seen[name].size(), static_cast<std::size_t>(table->version_max - table->version_min + 1)) << name;
  }
}

/// The filling counts up by one per field, so that a field read at the wrong place shows.
TEST_F(Golden, FieldsHoldWhatKafkaPutIntoThem) {
  for (const Entry& entry : entries_) {
    if (entry.name != "JoinGroupRequest" || entry.version != 9) continue;
    const auto request = decode<JoinGroupRequest>(entry.body, 9);
    ASSERT_TRUE(request.ok());
    EXPECT_EQ(request->group_id, "t1");
    EXPECT_EQ(request->session_timeout_ms, 14'000);
    EXPECT_EQ(request->rebalance_timeout_ms, 21'000);
    EXPECT_EQ(request->member_id, "t4");
    EXPECT_EQ(request->group_instance_id, "t5");
    EXPECT_EQ(request->protocol_type, "t6");
    ASSERT_EQ(request->protocols.size(), 2u);
    EXPECT_EQ(request->protocols[1].name, "t9");
    EXPECT_EQ(request->reason, "t11");
    return;
  }
  FAIL() << "no JoinGroupRequest v9";
}

}  // namespace
}  // namespace takhin::protocol
