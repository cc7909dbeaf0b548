#include "tier/catalog_file.h"

#include <cstring>

namespace takhin::tier {
namespace {

constexpr int kApplicationId = 0x544b484e;  // "TKHN"
constexpr int kSchemaVersion = 1;
constexpr int kBusyMs = 2'000;  // an operator's query may hold the file for a moment

constexpr const char* kSchema = R"(
CREATE TABLE partitions(
  key INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  topic_id TEXT NOT NULL,
  partition INTEGER NOT NULL,
  UNIQUE(topic, topic_id, partition));
CREATE TABLE segments(
  partition INTEGER NOT NULL,
  base INTEGER NOT NULL,
  id BLOB NOT NULL,
  end INTEGER NOT NULL,
  max_timestamp_ms INTEGER NOT NULL,
  log_bytes INTEGER NOT NULL,
  leader_epoch INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  object_bytes INTEGER NOT NULL,
  crc32c INTEGER,
  PRIMARY KEY(partition, base, id)) WITHOUT ROWID;
CREATE TABLE notes(
  partition INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY(partition, name)) WITHOUT ROWID;
)";

Kind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Kind::kCorrupt;
    case SQLITE_FULL: return Kind::kExhausted;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY: return Kind::kDenied;
    default: return Kind::kUnavailable;
  }
}

}  // namespace

/// A prepared statement; finalised by its destructor.
class CatalogFile::Statement {
 public:
  Statement(const CatalogFile& file, const char* sql) : file_(file) {
    sqlite3_prepare_v2(file.db_, sql, -1, &statement_, nullptr);  // a failure shows in step()
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int at, std::int64_t value) { return sqlite3_bind_int64(statement_, at, value), *this; }
  Statement& bind(int at, std::string_view text) {
    sqlite3_bind_text(statement_, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(int at, const Uuid& id) {
    sqlite3_bind_blob(statement_, at, id.bytes.data(), static_cast<int>(id.bytes.size()), SQLITE_TRANSIENT);
    return *this;
  }
  /// True while there is a row.
  Result<bool> step() {
    if (statement_ == nullptr) return file_.error("prepare");
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return file_.error("step");
  }
  /// Runs to the end and is ready for other values.
  Result<> finish() {
    auto result = step();
    if (statement_ != nullptr) sqlite3_reset(statement_);
    if (!result.ok()) return std::move(result).error();
    return done();
  }
  Statement& bind(int at, std::optional<std::uint32_t> value) {
    if (value) return bind(at, std::int64_t{*value});
    return sqlite3_bind_null(statement_, at), *this;
  }
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string text(int column) const {
    const auto* chars = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return chars == nullptr ? std::string() : std::string(chars, sqlite3_column_bytes(statement_, column));
  }
  bool id(int column, Uuid& into) const {
    const void* bytes = sqlite3_column_blob(statement_, column);
    if (bytes == nullptr || sqlite3_column_bytes(statement_, column) != static_cast<int>(into.bytes.size())) return false;
    std::memcpy(into.bytes.data(), bytes, into.bytes.size());
    return true;
  }

 private:
  const CatalogFile& file_;
  sqlite3_stmt* statement_ = nullptr;
};

Result<std::unique_ptr<CatalogFile>> CatalogFile::open(const std::string& path) {
  sqlite3* db = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &db, kFlags, nullptr);
  auto file = std::unique_ptr<CatalogFile>(new CatalogFile(db));
  if (code != SQLITE_OK) return file->error("open");
  sqlite3_busy_timeout(db, kBusyMs);
  TRY(file->prepare_schema());
  return file;
}

CatalogFile::~CatalogFile() { sqlite3_close_v2(db_); }

Error CatalogFile::error(std::string_view doing) const {
  return fail(kind_of(sqlite3_errcode(db_)), "{}: {}", doing, sqlite3_errmsg(db_));
}

Result<> CatalogFile::run(const char* sql) const {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error("exec");
  return done();
}

Result<std::int64_t> CatalogFile::number(const char* sql) const {
  Statement query(*this, sql);
  TRY(const bool row, query.step());
  return row ? query.number(0) : 0;
}

Result<> CatalogFile::transact(const std::function<Result<>()>& body) {
  TRY(run("BEGIN IMMEDIATE"));
  auto result = body();
  if (result.ok()) result = run("COMMIT");
  // Also a commit that failed leaves its transaction open.
  if (!result.ok() && sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  return result;
}

Result<> CatalogFile::prepare_schema() {
  TRY(const auto application, number("PRAGMA application_id"));
  TRY(const auto version, number("PRAGMA user_version"));
  TRY(const auto tables, number("SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && version == 0 && tables == 0) {
    TRY(run("PRAGMA journal_mode=WAL"));
    TRY(transact([&]() -> Result<> {
      TRY(run(kSchema));
      TRY(run(fmt::format("PRAGMA application_id={}", kApplicationId).c_str()));
      return run(fmt::format("PRAGMA user_version={}", kSchemaVersion).c_str());
    }));
  } else if (application != kApplicationId || version != kSchemaVersion) {
    return fail(Kind::kCorrupt, "not a catalogue of this version (application {:#x}, version {})", application, version);
  }
  return run("PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL;");
}

Result<> CatalogFile::load_partitions(const std::function<void(PartitionKey, PartitionRef)>& each) const {
  Statement query(*this, "SELECT key, topic, topic_id, partition FROM partitions");
  for (;;) {
    TRY(const bool row, query.step());
    if (!row) return done();
    const auto id = Uuid::parse(query.text(2));
    if (!id) return fail(Kind::kCorrupt, "partition {} has a bad topic id", query.number(0));
    each(query.number(0), PartitionRef{query.text(1), *id, static_cast<std::int32_t>(query.number(3))});
  }
}

Result<> CatalogFile::load_segments(const std::function<void(PartitionKey, const CatalogEntry&)>& each) const {
  Statement query(*this,
                  "SELECT partition, base, end, max_timestamp_ms, log_bytes, leader_epoch, generation, object_bytes, id, "
                  "crc32c "
                  "FROM segments ORDER BY partition, base, id");
  for (;;) {
    TRY(const bool row, query.step());
    if (!row) return done();
    CatalogEntry entry;
    entry.segment.base.raw = query.number(1);
    entry.segment.end.raw = query.number(2);
    entry.segment.max_timestamp.raw = query.number(3);
    entry.segment.log_bytes = static_cast<std::uint64_t>(query.number(4));
    entry.segment.leader_epoch.raw = static_cast<std::int32_t>(query.number(5));
    entry.segment.generation = static_cast<std::uint32_t>(query.number(6));
    entry.object_bytes = static_cast<std::uint64_t>(query.number(7));
    if (!query.is_null(9)) entry.crc32c = static_cast<std::uint32_t>(query.number(9));
    if (!query.id(8, entry.segment.id) || entry.segment.base.raw < 0 || entry.segment.base >= entry.segment.end) {
      return fail(Kind::kCorrupt, "segment row {}/{} makes no sense", query.number(0), query.number(1));
    }
    each(query.number(0), entry);
  }
}

Result<CatalogFile::PartitionKey> CatalogFile::partition_key(const PartitionRef& partition) {
  Statement find(*this, "SELECT key FROM partitions WHERE topic=? AND topic_id=? AND partition=?");
  find.bind(1, partition.topic).bind(2, partition.topic_id.text()).bind(3, partition.partition);
  TRY(const bool row, find.step());
  if (row) return find.number(0);
  Statement add(*this, "INSERT INTO partitions(topic, topic_id, partition) VALUES(?, ?, ?)");
  add.bind(1, partition.topic).bind(2, partition.topic_id.text()).bind(3, partition.partition);
  TRY(add.finish());
  return sqlite3_last_insert_rowid(db_);
}

Result<> CatalogFile::replace(PartitionKey partition, std::span<const CatalogEntry> added,
                              std::span<const SegmentEntry> removed) {
  return transact([&]() -> Result<> {
    Statement remove(*this, "DELETE FROM segments WHERE partition=? AND base=? AND id=?");
    for (const SegmentEntry& entry : removed) {
      TRY(remove.bind(1, partition).bind(2, entry.base.raw).bind(3, entry.id).finish());
    }
    Statement add(*this,
                  "INSERT OR REPLACE INTO segments(partition, base, id, end, max_timestamp_ms, log_bytes, leader_epoch, "
                  "generation, object_bytes, crc32c) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& [segment, object_bytes, crc] : added) {
      add.bind(1, partition).bind(2, segment.base.raw).bind(3, segment.id).bind(4, segment.end.raw);
      add.bind(5, segment.max_timestamp.raw).bind(6, static_cast<std::int64_t>(segment.log_bytes));
      add.bind(7, segment.leader_epoch.raw).bind(8, segment.generation);
      TRY(add.bind(9, static_cast<std::int64_t>(object_bytes)).bind(10, crc).finish());
    }
    return done();
  });
}

Result<> CatalogFile::remove_partition(PartitionKey partition) {
  return transact([&]() -> Result<> {
    for (const char* sql : {"DELETE FROM segments WHERE partition=?", "DELETE FROM notes WHERE partition=?",
                            "DELETE FROM partitions WHERE key=?"}) {
      Statement remove(*this, sql);
      TRY(remove.bind(1, partition).finish());
    }
    return done();
  });
}

Result<> CatalogFile::put_note(PartitionKey partition, std::string_view name, std::string_view value) {
  Statement put(*this, "INSERT OR REPLACE INTO notes(partition, name, value) VALUES(?, ?, ?)");
  return put.bind(1, partition).bind(2, name).bind(3, value).finish();
}

Result<std::string> CatalogFile::get_note(const PartitionRef& partition, std::string_view name) const {
  Statement get(*this,
                "SELECT value FROM notes JOIN partitions ON key=notes.partition "
                "WHERE topic=? AND topic_id=? AND partitions.partition=? AND name=?");
  get.bind(1, partition.topic).bind(2, partition.topic_id.text()).bind(3, partition.partition).bind(4, name);
  TRY(const bool row, get.step());
  return row ? get.text(0) : std::string();
}

}  // namespace takhin::tier
