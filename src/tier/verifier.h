#pragma once
// Reads a segment object back and believes nothing: for Engine::verify, and for objects that an attempt left unverified.

#include "object/store.h"
#include "tier/catalog.h"
#include "tier/format.h"
#include "tier/object_keys.h"

namespace takhin::tier {

/// The object's tail, past every cache but that of data keys; `keys` may be null. Cost: 1 GET, 2 for a tail larger than guessed.
Result<std::shared_ptr<const Tail>> fetch_tail(object::ObjectStore& store, ObjectKeys* keys, const object::ObjectKey& key,
                                               const CatalogEntry& entry, Deadline deadline);

/// The tail, after a look whether it says what the object's name says. kCorrupt when not. Cost: as fetch_tail().
Result<std::shared_ptr<const Tail>> fetch_checked_tail(object::ObjectStore& store, ObjectKeys* keys,
                                                       const PartitionRef& partition, const CatalogEntry& entry,
                                                       Deadline deadline);

/// The whole object: facts as in its name, every chunk decoded, every batch's crc and offsets, and the object's crc32c when it
/// is on record. kCorrupt says what is wrong. Memory: fetch_bytes_max and a chunk. Cost: 1 GET per fetch_bytes_max, + the tail.
Result<> read_back(object::ObjectStore& store, ObjectKeys* keys, const PartitionRef& partition, const CatalogEntry& entry,
                   std::uint64_t fetch_bytes_max, Deadline deadline);

}  // namespace takhin::tier
