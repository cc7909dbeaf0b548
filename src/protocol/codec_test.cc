// Every message at every version: random contents survive a round trip, and no torn or inflated copy of them is believed.

#include <gtest/gtest.h>

#include "base/codec.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/offset_commit_value.h"
#include "protocol/messages/produce.h"
#include "testing/all_messages.h"
#include "testing/random_message.h"
#include "testing/seeded_random.h"

namespace takhin::protocol {
namespace {

using testing::all_messages;
using testing::encode_flat;

/// Calls `each(table, version)` for all of them.
template <class Each>
void every_version(Each each) {
  for (const Table* table : all_messages()) {
    for (std::int16_t version = table->version_min; version <= table->version_max; ++version) each(*table, version);
  }
}

std::shared_ptr<void> random_message(const Table& table, std::int16_t version, std::uint64_t seed) {
  testing::SeededRandom random(seed);
  auto message = table.make();
  testing::RandomMessage(random, version).fill(table, message.get());
  return message;
}

TEST(Codec, RandomMessagesSurviveARoundTrip) {
  int count = 0;
  every_version([&](const Table& table, std::int16_t version) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const auto message = random_message(table, version, seed);
      const Bytes wire = encode_flat(table, message.get(), version);
      ASSERT_EQ(wire.size(), encoded_size(table, message.get(), version)) << table.name << " v" << version << " seed " << seed;
      const auto copy = table.make();
      const auto decoded = decode(table, copy.get(), wire, version);
      ASSERT_TRUE(decoded.ok()) << decoded.error().text << " seed " << seed;
      ASSERT_TRUE(equal(table, message.get(), copy.get()))
          << table.name << " v" << version << " seed " << seed << "\n" << dump(table, message.get(), version) << "\n"
          << dump(table, copy.get(), version);
      ++count;
    }
  });
  EXPECT_GT(count, 5'000);
}

TEST(Codec, NoTornMessageIsBelieved) {
  every_version([&](const Table& table, std::int16_t version) {
    const auto message = random_message(table, version, 7);
    const Bytes wire = encode_flat(table, message.get(), version);
    const std::size_t step = wire.size() > 2'000 ? wire.size() / 1'000 : 1;
    for (std::size_t size = 0; size < wire.size(); size += step) {
      const auto copy = table.make();
      const auto decoded = decode(table, copy.get(), View(wire).first(size), version);
      ASSERT_FALSE(decoded.ok()) << table.name << " v" << version << " cut to " << size << " of " << wire.size();
      ASSERT_EQ(decoded.error().kind, Kind::kInvalid);
    }
    Bytes longer = wire;
    longer.push_back(std::byte{0});
    ASSERT_FALSE(decode(table, table.make().get(), longer, version).ok()) << table.name << " v" << version;
  });
}

TEST(Codec, FlippedBytesNeverCrashAndWhatDecodesEncodes) {
  testing::SeededRandom random(11);
  std::uint64_t decoded = 0;
  every_version([&](const Table& table, std::int16_t version) {
    const auto message = random_message(table, version, 5);
    const Bytes wire = encode_flat(table, message.get(), version);
    for (int round = 0; round < 40 && !wire.empty(); ++round) {
      Bytes bad = wire;
      for (std::uint64_t i = 0; i <= random.below(3); ++i) bad[random.below(bad.size())] = static_cast<std::byte>(random.next());
      const auto copy = table.make();
      if (!decode(table, copy.get(), bad, version).ok()) continue;
      ++decoded;
      const auto again = table.make();
      const Bytes second = encode_flat(table, copy.get(), version);
      ASSERT_TRUE(decode(table, again.get(), second, version).ok()) << table.name << " v" << version;
      ASSERT_TRUE(equal(table, copy.get(), again.get())) << table.name << " v" << version;
    }
  });
  EXPECT_GT(decoded, 1'000u);
}

TEST(Codec, VersionsOutsideOfTheTableAreRefused) {
  for (const Table* table : all_messages()) {
    for (const int version : {table->version_min - 1, table->version_max + 1}) {
      EXPECT_FALSE(decode(*table, table->make().get(), {}, static_cast<std::int16_t>(version)).ok()) << table->name;
    }
  }
}

TEST(Codec, CountsAreCheckedBeforeAnythingIsAllocated) {
  Bytes wire;
  ByteWriter out(wire);
  out.be(std::int32_t{0x7fff'ffff});  // topics
  const auto huge = decode<MetadataRequest>(wire, 4);
  ASSERT_FALSE(huge.ok());
  EXPECT_EQ(huge.error().text, "MetadataRequest v4: Topics: length past the end");
  store_be(wire.data(), std::int32_t{-2});
  EXPECT_EQ(decode<MetadataRequest>(wire, 4).error().text, "MetadataRequest v4: Topics: negative length");
}

TEST(Codec, AMessageMayNotUnfoldIntoMoreThanItsLimit) {
  MetadataRequest request;
  request.topics.emplace(kDecodedArrayBytesMax / sizeof(MetadataRequest::MetadataRequestTopic) + 1);
  const Bytes wire = encode_flat(MetadataRequest::table(), &request, 4);
  EXPECT_LT(wire.size(), kDecodedArrayBytesMax / 4);
  const auto decoded = decode<MetadataRequest>(wire, 4);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().text, "MetadataRequest v4: Topics: message too large once decoded");
  request.topics->resize(100'000);
  EXPECT_TRUE(decode<MetadataRequest>(encode_flat(MetadataRequest::table(), &request, 4), 4).ok());
}

TEST(Codec, NullIsRefusedWhereTheVersionKnowsNone) {
  JoinGroupRequest request{.group_id = "g", .member_id = "m"};
  Bytes wire = encode_flat(JoinGroupRequest::table(), &request, 2);
  store_be(wire.data(), std::int16_t{-1});  // group id
  wire.erase(wire.begin() + 2);
  const auto decoded = decode<JoinGroupRequest>(wire, 2);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().text, "JoinGroupRequest v2: GroupId: null is not allowed here");
}

TEST(Codec, NullIsWrittenAsEmptyWhereTheVersionKnowsNone) {
  MetadataRequest request;
  request.topics.reset();
  EXPECT_FALSE(decode<MetadataRequest>(encode_flat(MetadataRequest::table(), &request, 1), 1)->topics.has_value());
  EXPECT_TRUE(decode<MetadataRequest>(encode_flat(MetadataRequest::table(), &request, 0), 0)->topics.has_value());
}

TEST(Codec, StringsTooLongForAnOldVersionAreCut) {
  const OffsetCommitValue value{.metadata = std::string(40'000, 'x')};
  const auto kept = [&](std::int16_t version) {
    return decode<OffsetCommitValue>(encode_flat(OffsetCommitValue::table(), &value, version), version)->metadata.size();
  };
  EXPECT_EQ(kept(3), kPlainStringBytesMax);
  EXPECT_EQ(kept(4), 40'000u);
}

TEST(Codec, UnknownTaggedFieldsAreSkippedAndBrokenOnesRefused) {
  const OffsetCommitValue value{.offset = 5, .metadata = "m"};
  Bytes wire = encode_flat(OffsetCommitValue::table(), &value, 4);
  ASSERT_EQ(wire.back(), std::byte{0});  // no tagged field
  wire.pop_back();
  ByteWriter out(wire);
  const std::size_t at = wire.size();
  out.uvarint(1), out.uvarint(77), out.uvarint(3), out.text("abc");
  const auto decoded = decode<OffsetCommitValue>(wire, 4);
  ASSERT_TRUE(decoded.ok()) << decoded.error().text;
  EXPECT_TRUE(equal(*decoded, value));

  wire[at + 2] = std::byte{4};  // one byte more than there is
  EXPECT_FALSE(decode<OffsetCommitValue>(wire, 4).ok());
  wire.resize(at);
  out.uvarint(1), out.uvarint(0), out.uvarint(17);  // a topic id of 17 bytes
  wire.resize(wire.size() + 17);
  EXPECT_EQ(decode<OffsetCommitValue>(wire, 4).error().text, "OffsetCommitValue v4: topicId: tagged field with bytes left over");
  wire.resize(at);
  out.uvarint(1'000'000);
  EXPECT_FALSE(decode<OffsetCommitValue>(wire, 4).ok());
}

/// A file in memory, to point slices at.
class MemoryFile : public File {
 public:
  explicit MemoryFile(Bytes data) : data_(std::move(data)) {}
  Result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const override {
    const std::size_t count = std::min<std::size_t>(into.size(), data_.size() - std::min<std::size_t>(position, data_.size()));
    std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(position), count, into.begin());
    return count;
  }
  Result<> write_at(std::uint64_t, View) override { return done(); }
  Result<> sync() override { return done(); }
  Result<std::uint64_t> size() const override { return data_.size(); }
  Result<> truncate(std::uint64_t) override { return done(); }
  Result<> punch(ByteRange) override { return done(); }
  int descriptor() const override { return -1; }

 private:
  Bytes data_;
};

FetchResponse fetch_of(std::vector<Records> all) {
  FetchResponse response;
  auto& topic = response.responses.emplace_back();
  topic.topic = "t";
  for (Records& records : all) topic.partitions.emplace_back().records = std::move(records);
  return response;
}

TEST(Records, FilesAndLargeBuffersBecomePiecesOfTheirOwn) {
  Bytes content(20'000);
  testing::SeededRandom(3).fill(content);
  const auto file = std::make_shared<MemoryFile>(content);
  const Bytes large(content.begin(), content.begin() + 10'000);
  const Bytes small = copy_of(View(content).first(10));
  const auto response = fetch_of({Records::files({{file, {100, 5'000}}, {file, {7'000, 7'000}}, {file, {6'000, 20'000}}}),
                                  Records::own(large), Records::own(small), Records::empty(), Records()});
  const Encoded encoded = encode(response, 11);
  ASSERT_EQ(encoded.pieces.size(), 6u);  // bytes, file, file, bytes, shared, bytes
  EXPECT_TRUE(std::holds_alternative<FileSlice>(encoded.pieces[1]));
  EXPECT_TRUE(std::holds_alternative<FileSlice>(encoded.pieces[2]));
  EXPECT_TRUE(std::holds_alternative<std::shared_ptr<const Bytes>>(encoded.pieces[4]));
  EXPECT_EQ(encoded.size, encoded_size(response, 11));
  const auto flat = flatten(encoded);
  ASSERT_TRUE(flat.ok());
  ASSERT_EQ(flat->size(), encoded.size);
  const auto copy = decode<FetchResponse>(*flat, 11);
  ASSERT_TRUE(copy.ok()) << copy.error().text;
  const auto& partitions = copy->responses.at(0).partitions;
  ASSERT_EQ(partitions.at(0).records.size(), 4'900u + 14'000u);
  EXPECT_TRUE(std::ranges::equal(partitions[0].records.view().first(4'900), View(content).subspan(100, 4'900)));
  EXPECT_TRUE(std::ranges::equal(partitions[0].records.view().subspan(4'900), View(content).subspan(6'000)));
  EXPECT_TRUE(std::ranges::equal(partitions[1].records.view(), large));
  EXPECT_EQ(partitions[2].records.size(), 10u);
  EXPECT_FALSE(partitions[3].records.is_null());
  EXPECT_EQ(partitions[3].records.size(), 0u);
  EXPECT_TRUE(partitions[4].records.is_null());
}

TEST(Records, AShortFileIsAnErrorWhenFlattened) {
  const auto file = std::make_shared<MemoryFile>(Bytes(10));
  EXPECT_FALSE(flatten(encode(fetch_of({Records::file({file, {0, 11}})}), 11)).ok());
}

TEST(Records, DecodedOnesBorrowFromTheFrame) {
  ProduceRequest request;
  request.topic_data.emplace_back().partition_data.emplace_back().records = Records::own(Bytes(500, std::byte{9}));
  const Bytes wire = encode_flat(ProduceRequest::table(), &request, 9);
  const auto decoded = decode<ProduceRequest>(wire, 9);
  ASSERT_TRUE(decoded.ok());
  const View records = decoded->topic_data.at(0).partition_data.at(0).records.view();
  EXPECT_EQ(records.size(), 500u);
  EXPECT_GE(records.data(), wire.data());
  EXPECT_LE(records.data() + records.size(), wire.data() + wire.size());
}

TEST(Dump, ShowsNamesAndEscapes) {
  const OffsetCommitValue value{.offset = 5, .metadata = "a\"\n"};
  EXPECT_EQ(dump(value, 3), R"({"offset":5,"leaderEpoch":-1,"metadata":"a\"\u000a","commitTimestamp":0})");
  FetchResponse response = fetch_of({Records::own(Bytes(3))});
  response.responses[0].partitions[0].aborted_transactions.reset();
  EXPECT_NE(dump(response, 4).find(R"("AbortedTransactions":null,"Records":"3 bytes")"), std::string::npos) << dump(response, 4);
}

}  // namespace
}  // namespace takhin::protocol
