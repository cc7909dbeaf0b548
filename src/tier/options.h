#pragma once
// Configuration rows of the engine, the policy and the costs, and how they become their structs. When passes run is partition/'s.

#include <span>
#include <string>

#include "config/option.h"
#include "tier/engine.h"
#include "tier/keyring.h"
#include "tier/policy.h"

namespace takhin::tier {

using config::Option;

inline const Option kColdAgeHours{.key = "storage.tiered.cold.age.hours", .fallback = std::int64_t{168}, .min = 1, .max = 876'000,
                                  .doc = "Segments older than this are kept in the object store only."};
inline const Option kWarmAgeHours{.key = "storage.tiered.warm.age.hours", .fallback = std::int64_t{72}, .min = 0, .max = 876'000,
                                  .doc = "Segments older than this are archived; until they are cold they stay local as well."};
inline const Option kCacheSizeMb{.key = "storage.tiered.local.cache.size.mb", .fallback = std::int64_t{10'240}, .min = 1,
                                 .max = 1 << 30, .doc = "Disk space for the cache of archived segments, in MiB."};
inline const Option kHotMinHz{.key = "storage.tiered.hot.min.access.hz", .fallback = 10.0, .min = 0, .max = 1e9,
                              .doc = "Accesses per hour from which a segment stays local, whatever its age."};
inline const Option kHotMinCount{.key = "storage.tiered.hot.min.access.count", .fallback = std::int64_t{100},
                           .min = 0, .max = 1e15,
                                 .doc = "And so many accesses in all."};

inline const Option kChunkBytes{.key = "tier.chunk.bytes", .fallback = std::int64_t{kMiB}, .min = 1024, .max = 64.0 * kMiB,
                                .doc = "Log bytes stored, fetched and cached as one; a larger batch is its own chunk."};
inline const Option kFetchBytesMax{.key = "tier.fetch.bytes.max", .fallback = std::int64_t{32 * kMiB},
                           .min = 1024, .max = 1.0 * kGiB,
                                   .doc = "Bytes of one ranged GET at the most; a sequential reader's grow up to it."};
inline const Option kReadaheadBytesMax{.key = "tier.readahead.bytes.max", .fallback = std::int64_t{64 * kMiB}, .min = 0,
                                       .max = 16.0 * kGiB, .doc = "Log bytes fetched ahead of a sequential reader; 0 = none."};
inline const Option kZstdLevel{.key = "tier.zstd.level", .fallback = std::int64_t{1}, .min = 0, .max = 19,
                               .doc = "Compression of chunks that are worth it; 0 = off."};
inline const Option kFetchThreads{.key = "tier.fetch.threads", .fallback = std::int64_t{8}, .min = 1, .max = 256,
                                  .doc = "Threads that fetch from the object store for cold reads."};
inline const Option kFetchQueueMax{.key = "tier.fetch.queue.max", .fallback = std::int64_t{1024}, .min = 1, .max = 1e6,
                                   .doc = "Fetches that wait for a thread; beyond it cold reads are told to come again."};

inline const Option kWriteOnce{.key = "storage.tiered.write.once", .fallback = false,
                               .doc = "The bucket keeps what it has (object lock): retention, deletion and `takhin tier gc` "
                                      "delete no segment, they only take note."};
inline const Option kKeyId{.key = "tier.encryption.key.id", .fallback = std::string(),
                           .doc = "Key that new segments are encrypted with, unless their topic's takhin.encryption.key.id says "
                                  "otherwise; empty or none = not encrypted."};
inline const Option kKeyPath{.key = "tier.encryption.key.file", .fallback = std::string(),
                             .doc = "Key ring: a file of lines `id = base64 of 32 bytes`, or a directory with one file per key, "
                                    "named by its id. Neither readable by others nor writable by their group. Read again when it "
                                    "changes."};
inline const Option kKeyCommand{.key = "tier.encryption.key.command", .fallback = std::string(),
                                .doc = "Program that wraps and unwraps data keys with the keys that the file does not have: "
                                       "`PROGRAM wrap|unwrap KEY_ID OBJECT_ID`, base64 on stdin, base64 on stdout; exit code "
                                       "3 = no such key, 4 = refused."};
inline const Option kKeyCommandMs{.key = "tier.encryption.key.command.timeout.ms", .fallback = std::int64_t{10'000}, .min = 10,
                                  .max = 600'000, .doc = "Longest run of that program; then it is killed."};
inline const Option kEncryptionRequired{.key = "tier.encryption.required", .fallback = false,
                                        .doc = "Refuse to write and to read segments that are not encrypted."};
inline const Option kMergeSmallBytes{
    .key = "tier.merge.small.bytes", .fallback = std::int64_t{0}, .min = 0, .max = 1.0 * kGiB,
    .doc = "Neighbouring archived segments with fewer log bytes than this, and no local file, are merged into one object in the "
           "background; 0 = never."};
inline const Option kMergeTargetBytes{.key = "tier.merge.target.bytes", .fallback = std::int64_t{64 * kMiB}, .min = 1024,
                                      .max = 1.0 * kGiB, .doc = "Log bytes of a merged object at the most."};
inline const Option kMergeSourcesMin{.key = "tier.merge.sources.min", .fallback = std::int64_t{8}, .min = 2, .max = 256,
                                     .doc = "So many neighbours are merged at the least; 256 at the most."};
inline const Option kMergeGraceMinutes{
    .key = "tier.merge.grace.minutes", .fallback = std::int64_t{60}, .min = 0, .max = 525'600,
    .doc = "How long objects that a merged one replaces stay in the bucket, for readers that still know them."};

inline const Option kSsdGbMonth{.key = "storage.tiered.cost.ssd.gb.month", .fallback = CostRates{}.ssd_gb_month,
                           .min = 0, .max = 1e6,
                                .doc = "US dollars per GB and month on local disk."};
inline const Option kS3GbMonth{.key = "storage.tiered.cost.s3.gb.month", .fallback = CostRates{}.s3_gb_month,
                           .min = 0, .max = 1e6,
                               .doc = "US dollars per GB and month in the object store."};
inline const Option kGlacierGbMonth{.key = "storage.tiered.cost.glacier.gb.month", .fallback = CostRates{}.glacier_gb_month,
                           .min = 0,
                                    .max = 1e6, .doc = "US dollars per GB and month in an archive class of the store."};
inline const Option kRetrievalGb{.key = "storage.tiered.cost.retrieval.gb", .fallback = CostRates{}.retrieval_gb,
                           .min = 0, .max = 1e6,
                                 .doc = "US dollars per GB read back from the object store."};
inline const Option kPutPer1000{.key = "storage.tiered.cost.put.per.1000", .fallback = CostRates{}.put_per_1000,
                           .min = 0, .max = 1e6,
                                .doc = "US dollars per 1,000 PUT, COPY, POST and LIST requests."};
inline const Option kGetPer1000{.key = "storage.tiered.cost.get.per.1000", .fallback = CostRates{}.get_per_1000,
                           .min = 0, .max = 1e6,
                                .doc = "US dollars per 1,000 other requests."};

std::span<const Option* const> option_rows();
/// Rules between keys: cold after warm, a cache that holds a chunk, a fetch that holds a chunk. kInvalid, one line.
Result<> validate(const config::Settings& settings);

/// What the keys tier.encryption.* say.
KeyRingOptions keyring_options(const config::Settings& settings);

/// The cache lies in `data_dir`/cache, the catalogue is `data_dir`/catalog.db.
EngineOptions engine_options(const config::Settings& settings, const std::string& data_dir);
PolicyOptions policy_options(const config::Settings& settings);
CostRates cost_rates(const config::Settings& settings);

}  // namespace takhin::tier
