#include "broker/groups/snapshot.h"

#include <boost/json.hpp>

#include "record/batch.h"

namespace takhin::broker::groups {
namespace {

namespace json = boost::json;

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kHeadBytesMax = 64 * kKiB;
/// Of the records in one batch; a single larger record is a batch of its own.
constexpr std::size_t kBatchBytes = 512 * kKiB;
constexpr std::size_t kDecompressedMax = 256 * kMiB;

Bytes copy_of(View bytes) { return {bytes.begin(), bytes.end()}; }

struct Head {
  Snapshot snapshot;
  std::int64_t records = 0;
  std::int64_t bytes = 0;  // of the batches
};

Result<Head> parse_head(std::string_view line) {
  boost::system::error_code error;
  const json::value value = json::parse({line.data(), line.size()}, error);
  if (error || !value.is_object()) return fail(Kind::kCorrupt, "groups: the first line is not a JSON object");
  const json::object& head = value.as_object();
  const auto number = [&](const char* name) {
    const auto* at = head.if_contains(name);
    return at != nullptr && at->is_int64() ? at->as_int64() : -1;
  };
  if (number("version") > kVersion) return fail(Kind::kInvalid, "groups: version {} is not known here", number("version"));
  const auto* cluster = head.if_contains("cluster_id");
  Head out;
  out.snapshot.next_producer_id = number("next_producer_id");
  out.records = number("records");
  out.bytes = number("bytes");
  if (number("version") < 1 || cluster == nullptr || !cluster->is_string() || out.snapshot.next_producer_id < 0 ||
      out.records < 0 || out.bytes < 0) {
    return fail(Kind::kCorrupt, "groups: the first line lacks a member");
  }
  out.snapshot.cluster_id = std::string(cluster->as_string());
  return out;
}

}  // namespace

Result<Bytes> take_batch(std::span<const StoredRecord>& records, TimestampMs now, const ProducerStamp& stamp) {
  std::vector<record::NewRecord> batch;
  std::size_t bytes = 0;
  for (const auto& one : records) {
    bytes += one.key.size() + (one.value ? one.value->size() : 0);
    if (!batch.empty() && bytes > kBatchBytes) break;
    batch.push_back({.key = View(one.key), .value = {}, .timestamp = now, .headers = {}});
    if (one.value) batch.back().value = View(*one.value);
  }
  records = records.subspan(batch.size());
  return record::build_batch(batch, {.base_offset = Offset{0},
                                     .transactional = stamp.id >= 0,
                                     .producer_id = stamp.id,
                                     .producer_epoch = stamp.epoch});
}

Result<Bytes> encode_snapshot(const Snapshot& snapshot, TimestampMs now) {
  Bytes batches;
  std::span<const StoredRecord> left(snapshot.records);
  while (!left.empty()) {
    TRY(const Bytes batch, take_batch(left, now));
    batches.insert(batches.end(), batch.begin(), batch.end());
  }
  const std::string head = json::serialize(json::object{{"version", kVersion},
                                                        {"cluster_id", snapshot.cluster_id},
                                                        {"next_producer_id", snapshot.next_producer_id},
                                                        {"records", snapshot.records.size()},
                                                        {"bytes", batches.size()}}) +
                           "\n";
  Bytes out = copy_of(view_of(head));
  out.insert(out.end(), batches.begin(), batches.end());
  return out;
}

Result<Snapshot> decode_snapshot(View object) {
  const std::string_view text = text_of(object.first(std::min(object.size(), kHeadBytesMax)));
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return fail(Kind::kCorrupt, "groups: no first line");
  TRY(Head head, parse_head(text.substr(0, end)));
  const View batches = object.subspan(end + 1);
  if (static_cast<std::int64_t>(batches.size()) != head.bytes) {
    return fail(Kind::kCorrupt, "groups: {} bytes of batches where {} should be", batches.size(), head.bytes);
  }
  record::BatchCursor cursor(batches);
  while (const auto header = cursor.next()) {
    if (!record::crc_matches(cursor.batch())) return fail(Kind::kCorrupt, "groups: a batch fails its crc");
    TRY(record::for_each_record(cursor.batch(), kDecompressedMax, [&](const record::Record& one) {
      if (!one.key) return true;
      StoredRecord& taken = head.snapshot.records.emplace_back(StoredRecord{copy_of(*one.key), std::nullopt});
      if (one.value) taken.value = copy_of(*one.value);
      return true;
    }));
  }
  if (cursor.valid_bytes() != batches.size() || static_cast<std::int64_t>(head.snapshot.records.size()) != head.records) {
    return fail(Kind::kCorrupt, "groups: {} records where {} should be", head.snapshot.records.size(), head.records);
  }
  return std::move(head.snapshot);
}

}  // namespace takhin::broker::groups
