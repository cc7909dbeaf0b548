#include "tier/archiver.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/kinds.h"
#include "base/log.h"
#include "tier/object_keys.h"
#include "tier/verifier.h"

namespace takhin::tier {
namespace {

/// For the removal of an object that failed its check, when the caller's own deadline may have passed.
constexpr std::chrono::seconds kTakeBackTime{3};

}  // namespace

Archiver::Archiver(const EngineDeps& deps, const EngineOptions& options, Catalog& catalog, Gates& gates)
    : deps_(deps),
      options_(options),
      catalog_(catalog),
      gates_(gates),
      operations_(OperationCounter::make(deps.metrics, kArchiveOperations)) {}

Result<SegmentEntry> Archiver::archive(const SealedSegment& segment, Deadline deadline) {
  return archive_gated(segment, deadline).within(fmt::format("archive {} {}", segment.partition.name(), segment.base.raw));
}

Result<SegmentEntry> Archiver::archive_gated(const SealedSegment& segment, Deadline deadline) {
  TRY(const auto hold, gates_.enter(segment.partition, deadline));
  TRY(settle(segment.partition, deadline).within("settle an earlier attempt"));
  TRY(const auto found, find_archived(segment));
  if (found) return *found;
  TRY(const std::uint32_t generation, next_generation(segment));
  const SegmentEntry fresh{.base = segment.base,
                           .end = segment.end,
                           .max_timestamp = segment.max_timestamp,
                           .log_bytes = segment.log_bytes,
                           .leader_epoch = segment.leader_epoch,
                           .generation = generation,
                           .id = Uuid::make(deps_.random)};
  auto entry = upload(segment, fresh, deadline);
  operations_.count(entry.ok());
  return entry;
}

/// Same bounds: the old entry. Other bounds over the same offsets: kConflict.
Result<std::optional<SegmentEntry>> Archiver::find_archived(const SealedSegment& segment) const {
  const auto found = catalog_.find(segment.partition, segment.base);
  if (!found || found->segment.base >= segment.end || found->segment.end <= segment.base) return std::optional<SegmentEntry>();
  const SegmentEntry& entry = found->segment;
  if (entry.base == segment.base && entry.end == segment.end) return std::optional(entry);
  return fail(Kind::kConflict, "{}..{} is archived where {}..{} should go", entry.base.raw, entry.end.raw, segment.base.raw,
              segment.end.raw);
}

Result<> Archiver::settle(const PartitionRef& partition, Deadline deadline) {
  TRY(const std::string name, catalog_.get_note(partition, kReservedNote));
  if (name.empty()) return done();
  const auto parsed = parse_object_name(name);
  const auto known = parsed ? catalog_.find(partition, parsed->entry.base) : std::nullopt;
  if (parsed && parsed->partition == partition && !(known && known->segment.id == parsed->entry.id)) {
    const object::ObjectKey key{name};
    const auto info = deps_.store.head(key, deadline);
    if (!info.ok() && info.error().kind != Kind::kNotFound) return info.error();
    if (info.ok()) {
      const CatalogEntry entry{parsed->entry, info->size, info->crc32c};
      auto whole = read_back(deps_.store, deps_.keys, partition, entry, options_.fetch_bytes_max, deadline);
      if (!whole.ok() && whole.error().kind != Kind::kCorrupt) {
        return std::move(whole.error()).within(name);
      }
      log_info("tier", "{}: finished but not on record; {}", name, whole.ok() ? "adopted" : whole.error().text);
      TRY(whole.ok() ? catalog_.add(partition, std::span(&entry, 1)) : discard(partition, key, deadline));
    }
  }
  return catalog_.put_note(partition, kReservedNote, "");
}

Result<std::optional<Sealing>> Archiver::make_sealing(const std::string& key_id, const Uuid& object) const {
  if (deps_.keys != nullptr) return deps_.keys->make(key_id, object).within("encrypt");
  if (key_id.empty() || key_id == kNoKey) return std::optional<Sealing>();
  return fail(kKeyFailed, "encrypt: key '{}' is asked for, and there is no key ring", key_id);
}

Result<SegmentEntry> Archiver::upload(const SealedSegment& segment, SegmentEntry entry, Deadline deadline) {
  const object::ObjectKey key{object_name(segment.partition, entry)};
  TRY(const auto sealing, make_sealing(segment.key_id, entry.id));
  TRY(catalog_.put_note(segment.partition, kReservedNote, key.name).within("reserve"));
  TRY(auto upload, deps_.store.upload(key, object::When::kAlways, deadline));
  const WriteOptions how{.chunk_bytes = options_.chunk_bytes,
                         .zstd_level = segment.zstd_level.value_or(options_.zstd_level),
                         .sealing = sealing ? &*sealing : nullptr};
  TRY(const Written written, write_segment(segment, entry, how, [&](View data) { return upload->write(data); }));
  if (written.max_timestamp > entry.max_timestamp) {
    // Readers skip segments by the timestamp in the name, so it must not be too low; once more, with the one that was measured.
    upload.reset();
    entry.max_timestamp = written.max_timestamp;
    entry.id = Uuid::make(deps_.random);
    return this->upload(segment, entry, deadline);
  }
  if (written.offset_index_rebuilt || written.time_index_rebuilt) {
    log_warn("tier", "{}: damaged or missing index rebuilt from the log", key.name);
  }
  const auto finished = upload->finish();
  // A finish that failed may have been done all the same: the object itself tells.
  auto verified = verify(key, written, finished.ok() ? finished->crc32c : std::nullopt, deadline);
  if (!verified.ok()) {
    upload.reset();
    take_back(segment.partition, entry);
    return finished.ok() ? std::move(verified).error() : finished.error();
  }
  TRY(record(segment.partition, {entry, written.object_bytes, written.object_crc}));
  return entry;
}

/// The commit point. When it fails the object stays, reserved: the entry may be on disk all the same, and must not point to
/// nothing.
Result<> Archiver::record(const PartitionRef& partition, const CatalogEntry& entry) {
  TRY(catalog_.add(partition, std::span(&entry, 1)).within("record"));
  uploaded_bytes_ += entry.object_bytes;
  if (const auto cleared = catalog_.put_note(partition, kReservedNote, ""); !cleared.ok()) {
    log_warn("tier", "{}: archived, but still on record as reserved: {}", partition.name(), cleared.error().text);
  }
  return done();
}

Result<> Archiver::verify(const object::ObjectKey& key, const Written& written, std::optional<std::uint32_t> finished_crc,
                          Deadline deadline) {
  const auto info = deps_.store.head(key, deadline);
  if (!info.ok()) {
    const Kind kind = info.error().kind == Kind::kNotFound ? Kind::kUnavailable : info.error().kind;
    return fail(kind, "verify: {}", info.error().text);
  }
  if (info->size != written.object_bytes) {
    return fail(Kind::kCorrupt, "{}: the store has {} bytes, {} were sent", key.name, info->size, written.object_bytes);
  }
  const auto reported = info->crc32c ? info->crc32c : finished_crc;
  if (reported) {
    if (*reported == written.object_crc) return done();
    return fail(Kind::kCorrupt, "{}: the store says crc32c {:08x}, sent was {:08x}", key.name, *reported, written.object_crc);
  }
  const ByteRange tail{written.object_bytes - written.tail_bytes, written.object_bytes};
  TRY(const Bytes end, deps_.store.get(key, tail, deadline).within("verify"));
  if (crc32c(end) != written.tail_crc) return fail(Kind::kCorrupt, "{}: reads back otherwise than it was written", key.name);
  return done();
}

/// Nobody may list what was not verified. If even that fails, the reservation stands and settle() comes to it; in a write-once
/// bucket always, for only reading it back tells whether there is anything, and whether it is whole.
void Archiver::take_back(const PartitionRef& partition, const SegmentEntry& entry) {
  if (options_.write_once) return;
  const object::ObjectKey key{object_name(partition, entry)};
  auto gone = discard(partition, key, Deadline::in(deps_.clock, kTakeBackTime));
  if (gone.ok()) gone = catalog_.put_note(partition, kReservedNote, "");
  if (!gone.ok()) log_warn("tier", "{}: a failed archive may have left this object: {}", key.name, gone.error().text);
}

/// An object that is not what it says it is.
Result<> Archiver::discard(const PartitionRef& partition, const object::ObjectKey& key, Deadline deadline) {
  if (!options_.write_once) {
    TRY(auto failed, deps_.store.remove(std::span(&key, 1), deadline));
    if (!failed.empty()) return std::move(failed.front().error);
    return done();
  }
  TRY(auto names, damaged(partition));
  if (std::ranges::find(names, key.name) != names.end()) return done();
  if (names.size() >= kDamagedNamesMax) {
    return fail(Kind::kExhausted, "{}: {} damaged objects in a write-once bucket, no more is archived", partition.name(),
                names.size());
  }
  names.push_back(key.name);
  log_error("tier", "{} is damaged and stays, for the bucket is write-once; the next attempt replaces it", key.name);
  return catalog_.put_note(partition, kDamagedNote, fmt::format("{}", fmt::join(names, "\n")));
}

Result<std::vector<std::string>> Archiver::damaged(const PartitionRef& partition) const {
  TRY(const std::string note, catalog_.get_note(partition, kDamagedNote));
  std::vector<std::string> names;
  for (std::string_view rest = note; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    names.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

/// Above every damaged object that holds any of the same offsets.
Result<std::uint32_t> Archiver::next_generation(const SealedSegment& segment) const {
  TRY(const auto names, damaged(segment.partition));
  std::uint32_t generation = 0;
  for (const std::string& name : names) {
    const auto parsed = parse_object_name(name);
    if (!parsed || parsed->entry.end <= segment.base || parsed->entry.base >= segment.end) continue;
    generation = std::max(generation, parsed->entry.generation + 1);
  }
  return generation;
}

Result<> Archiver::leave_out_damaged(const PartitionRef& partition, std::vector<CatalogEntry>& listed) const {
  TRY(const auto names, damaged(partition));
  if (names.empty()) return done();
  std::erase_if(listed, [&](const CatalogEntry& entry) {
    return std::ranges::find(names, object_name(partition, entry.segment)) != names.end();
  });
  return done();
}

}  // namespace takhin::tier
