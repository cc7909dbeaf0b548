#pragma once
// Fetches what a sequential reader will want next, over segment borders, and nothing for anybody else.

#include <array>
#include <unordered_map>

#include "tier/fetcher.h"
#include "tier/local_copies.h"

namespace takhin::tier {

/// Any thread. Knows readers only by where they read: a read that begins where another ended is the same reader going on.
/// The window begins with kFirstChunks, so that the second read waits for a small GET, doubles with every further read up to
/// readahead_bytes_max, and is closed at once when chunks fetched ahead are evicted unread. One GET brings no more than the
/// window. Never holds more unread bytes than half of the cache.
class ReadAhead {
 public:
  static constexpr std::size_t kReadersMax = 8;        // per partition; beyond it the one that was away longest is forgotten
  static constexpr std::size_t kPartitionsMax = 4096;  // likewise
  static constexpr std::uint64_t kFirstChunks = 4;     // the first window

  ReadAhead(FetchDeps& deps, TailStore& tails, Fetcher& fetcher, LocalCopies& local);

  /// How many log bytes past `missing` (the first chunk a reader has to wait for) its GET may bring along: 0 unless the reader is
  /// sequential.
  std::uint64_t window_at(const ColdSegment& segment, ByteRange missing);
  /// A reader got these log bytes of the segment. Never blocks on the store.
  void on_read(const ColdSegment& segment, ByteRange read);

 private:
  struct Reader {
    Offset base;                  // of the segment it read last
    Offset segment_end;
    std::uint64_t log_bytes = 0;
    ByteRange last;
    std::uint64_t window = 0;     // log bytes; 0 = not known to be sequential
    std::uint64_t ahead = 0;      // log bytes asked for beyond last.end
    CatalogEntry next;            // and where they end: segment and log position
    std::uint64_t next_position = 0;
    std::uint64_t wasted = 0;     // what the cache had wasted when this reader was last here
    std::uint64_t used = 0;       // tick of its last read
  };
  struct PartitionKey {
    Uuid topic;
    std::int32_t partition = 0;
    bool operator==(const PartitionKey&) const = default;
  };
  struct PartitionKeyHash {
    std::size_t operator()(const PartitionKey& key) const {
      return std::hash<Uuid>{}(key.topic) + static_cast<std::size_t>(key.partition) * 0x9e3779b97f4a7c15u;
    }
  };
  struct Readers {
    std::vector<Reader> readers;
    std::uint64_t used = 0;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<PartitionKey, Readers, PartitionKeyHash> partitions;
    std::uint64_t tick = 0;
  };
  static constexpr std::size_t kShards = 16;

  Shard& shard_of(const PartitionKey& key) { return shards_[PartitionKeyHash{}(key) % kShards]; }
  static Reader* reader_at(Readers& readers, const ColdSegment& segment, std::uint64_t position);
  static void forget_one(Shard& shard);
  void begin(Readers& readers, const ColdSegment& segment, ByteRange read, std::uint64_t tick);
  void advance(Reader& reader, const ColdSegment& segment, ByteRange read);
  void fetch_ahead(Reader& reader, const PartitionRef& partition);
  bool step(Reader& reader, const ColdSegment& next);
  bool next_segment(Reader& reader, const PartitionRef& partition);

  FetchDeps& deps_;
  TailStore& tails_;
  Fetcher& fetcher_;
  LocalCopies& local_;
  const std::uint64_t window_max_;
  const std::uint64_t window_first_;
  const std::size_t flights_max_;
  std::array<Shard, kShards> shards_;
};

}  // namespace takhin::tier
