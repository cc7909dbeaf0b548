#include "tier/catalog.h"

#include <algorithm>

#include "base/log.h"
#include "tier/catalog_file.h"
#include "tier/catalog_index.h"

namespace takhin::tier {
namespace {

class SqliteCatalog final : public Catalog {
 public:
  using Catalog::find;

  Result<> load(const std::string& path) {
    TRY(file_, CatalogFile::open(path));
    std::vector<std::pair<CatalogFile::PartitionKey, PartitionRef>> partitions;
    TRY(file_->load_partitions([&](auto key, PartitionRef ref) { partitions.emplace_back(key, std::move(ref)); }));
    std::ranges::sort(partitions);
    auto at = partitions.begin();
    std::vector<CatalogEntry> entries;
    const auto flush = [&] {
      if (entries.empty()) return;
      index_.set(at->second, standing(std::exchange(entries, {})));
    };
    bool strays = false;
    TRY(file_->load_segments([&](CatalogFile::PartitionKey key, const CatalogEntry& entry) {
      if (at != partitions.end() && at->first != key) {
        flush();
        at = std::lower_bound(at, partitions.end(), key, [](const auto& p, auto wanted) { return p.first < wanted; });
      }
      if (at == partitions.end() || at->first != key) {
        strays = true;
        return;
      }
      entries.push_back(entry);
    }));
    flush();
    return strays ? Result<>(fail(Kind::kCorrupt, "segments of no partition")) : done();
  }

  Result<> add(const PartitionRef& partition, std::span<const CatalogEntry> entries) override {
    const std::lock_guard lock(write_);
    const auto before = index_.get(partition);
    std::vector<CatalogEntry> all;
    if (before != nullptr) all = before->entries();
    all.insert(all.end(), entries.begin(), entries.end());
    return change(partition, before, standing(std::move(all)));
  }

  Result<> remove(const PartitionRef& partition, std::span<const Uuid> ids) override {
    const std::lock_guard lock(write_);
    const auto before = index_.get(partition);
    if (before == nullptr || ids.empty()) return done();
    std::vector<Uuid> sorted(ids.begin(), ids.end());
    std::ranges::sort(sorted);
    std::vector<CatalogEntry> kept = before->entries();
    std::erase_if(kept, [&](const CatalogEntry& e) { return std::ranges::binary_search(sorted, e.segment.id); });
    return change(partition, before, std::move(kept));
  }

  Result<> remove_partition(const PartitionRef& partition) override {
    const std::lock_guard lock(write_);
    TRY(const auto key, file_->partition_key(partition));
    TRY(file_->remove_partition(key).within("catalogue"));
    index_.set(partition, {});
    return done();
  }

  PartitionHandle handle(const PartitionRef& partition) const override { return index_.handle(partition); }
  std::optional<CatalogEntry> find(const CatalogPartition& partition, Offset offset) const override {
    return index_.find(partition, offset);
  }
  std::vector<CatalogEntry> list(const PartitionRef& partition) const override {
    const auto segments = index_.get(partition);
    return segments == nullptr ? std::vector<CatalogEntry>() : segments->entries();
  }
  std::vector<PartitionRef> partitions() const override { return index_.partitions(); }
  std::uint64_t segments() const override { return index_.segments(); }
  std::uint64_t log_bytes() const override { return index_.log_bytes(); }
  std::uint64_t log_bytes(const PartitionRef& partition) const override {
    const auto segments = index_.get(partition);
    return segments == nullptr ? 0 : segments->log_bytes();
  }
  std::uint64_t object_bytes() const override { return index_.object_bytes(); }

  Result<> put_note(const PartitionRef& partition, std::string_view name, std::string_view value) override {
    const std::lock_guard lock(write_);
    TRY(const auto key, file_->partition_key(partition));
    return file_->put_note(key, name, value).within("catalogue note");
  }
  Result<std::string> get_note(const PartitionRef& partition, std::string_view name) const override {
    const std::lock_guard lock(write_);
    return file_->get_note(partition, name).within("catalogue note");
  }

 private:
  /// On disk first, then for the readers.
  Result<> change(const PartitionRef& partition, const std::shared_ptr<const PartitionSegments>& before,
                  std::vector<CatalogEntry> after) {
    const auto old = before == nullptr ? std::vector<CatalogEntry>() : before->entries();
    const auto less = [](const CatalogEntry& a, const CatalogEntry& b) {
      return std::tie(a.segment.base, a.segment.end, a.segment.generation, a.segment.id) <
             std::tie(b.segment.base, b.segment.end, b.segment.generation, b.segment.id);
    };
    std::vector<CatalogEntry> added, gone;
    std::ranges::set_difference(after, old, std::back_inserter(added), less);
    std::ranges::set_difference(old, after, std::back_inserter(gone), less);
    if (added.empty() && gone.empty()) return done();
    std::vector<SegmentEntry> removed;
    removed.reserve(gone.size());
    for (const CatalogEntry& entry : gone) removed.push_back(entry.segment);
    TRY(const auto key, file_->partition_key(partition));
    TRY(file_->replace(key, added, removed).within("catalogue"));
    index_.set(partition, after);
    return done();
  }

  mutable std::mutex write_;
  std::unique_ptr<CatalogFile> file_;
  mutable CatalogIndex index_;  // handles are made for partitions that have nothing yet
};

/// The last damaged one is kept for whoever wants to look; its log would poison the new file, so it goes along.
Result<> move_aside(FileSystem& files, const std::string& path) {
  for (const char* suffix : {"-wal", "-shm", ""}) {
    auto moved = files.rename(path + suffix, path + ".damaged" + suffix);
    if (!moved.ok() && moved.error().kind != Kind::kNotFound) return moved;
  }
  return done();
}

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::open(FileSystem& files, const std::string& path) {
  auto catalog = std::make_unique<SqliteCatalog>();
  auto loaded = catalog->load(path);
  if (!loaded.ok() && loaded.error().kind == Kind::kCorrupt) {
    log_warn("tier", "catalogue {} is damaged ({}): moved to {}.damaged, starting empty", path, loaded.error().text, path);
    catalog = std::make_unique<SqliteCatalog>();
    TRY(move_aside(files, path));
    loaded = catalog->load(path);
  }
  if (!loaded.ok()) return std::move(loaded.error()).within(path);
  return std::unique_ptr<Catalog>(std::move(catalog));
}

}  // namespace takhin::tier
