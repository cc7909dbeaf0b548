#include "record/control.h"

#include "base/codec.h"

namespace takhin::record {
namespace {
constexpr std::size_t kControlPlainMax = 4 * kKiB;
}

Result<std::optional<Marker>> marker_of(View control_batch) {
  std::optional<Marker> marker;
  bool seen = false;
  bool sound = false;
  TRY(for_each_record(control_batch, kControlPlainMax, [&](const Record& record) {
    seen = true;
    if (!record.key) return false;
    ByteReader key(*record.key);
    key.be<std::int16_t>();  // version; later ones only append fields
    const auto type = key.be<std::int16_t>();
    sound = key.ok();
    if (!sound || type < 0 || type > 1) return false;
    Marker found{.type = static_cast<MarkerType>(type)};
    if (record.value) {
      ByteReader value(*record.value);
      value.be<std::int16_t>();
      found.coordinator_epoch = value.be<std::int32_t>();
      sound = value.ok();
    }
    marker = found;
    return false;
  }));
  if (!seen || !sound) return fail(Kind::kCorrupt, "control batch without a control record");
  return marker;
}

Bytes build_marker(const Marker& marker, TimestampMs timestamp, BatchOptions options) {
  Bytes key;
  ByteWriter key_writer(key);
  key_writer.be<std::int16_t>(0);
  key_writer.be(static_cast<std::int16_t>(marker.type));
  Bytes value;
  ByteWriter value_writer(value);
  value_writer.be<std::int16_t>(0);
  value_writer.be(marker.coordinator_epoch);
  options.codec = Codec::kNone;
  options.control = options.transactional = true;
  const NewRecord record{.key = View(key), .value = View(value), .timestamp = timestamp};
  auto batch = build_batch(std::span(&record, 1), options);
  TAKHIN_ASSERT(batch.ok(), "one small record always fits");
  return *std::move(batch);
}

}  // namespace takhin::record
