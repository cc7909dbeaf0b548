#pragma once
// Walks the records inside one batch without allocating: for checks on the produce path and for for_each_record().

#include "base/codec.h"
#include "record/batch.h"

namespace takhin::record {

/// One record as it lies in the batch; views borrow the plain body.
struct RawRecord {
  std::int32_t offset_delta = 0;
  std::int64_t timestamp_delta = 0;
  std::optional<View> key;
  std::optional<View> value;
  std::int32_t header_count = 0;
  View headers;  // encoded, checked
  View whole;    // all of it, with the length before it
};

/// Over the decompressed records of a batch whose header is `header`. Not shared between threads.
class RecordCursor {
 public:
  RecordCursor(const BatchHeader& header, View plain) : header_(header), plain_(plain), reader_(plain) {}
  /// The next record; nothing at the end. kCorrupt where lengths, counts or deltas lie: deltas must grow, stay within
  /// the header's and, when the count says that none is missing, be 0, 1, 2, … (a compacted batch may have gaps).
  Result<std::optional<RawRecord>> next();

 private:
  const BatchHeader& header_;
  const View plain_;
  ByteReader reader_;
  std::int32_t seen_ = 0;
  std::int32_t last_delta_ = -1;
};

/// The plain records of a whole batch: `buffer` holds them when they had to be decompressed, else they are borrowed from `batch`.
Result<View> plain_records(const BatchHeader& header, View batch, std::size_t plain_max, Bytes& buffer);

/// Decodes headers that a RecordCursor has checked, into `out` (cleared first).
void decode_headers(const RawRecord& record, std::vector<Header>& out);

}  // namespace takhin::record
