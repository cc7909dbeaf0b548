#pragma once
// SQLite on a FileSystem of ours, so that a simulated crash also falls between the writes of the catalogue.

#include <sqlite3.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file.h"

namespace takhin::testing {

/// While one lives, every database that its thread opens lies on `files`. One at a time per thread, databases are closed before
/// it goes; other threads' databases are refused. SQLite keeps one registry per process, hence the thread-local below.
/// The database is this process's alone: locks are granted, shared memory is heap memory.
class SqliteOnFiles {
 public:
  explicit SqliteOnFiles(FileSystem& files) {
    static std::once_flag once;
    std::call_once(once, [] { sqlite3_vfs_register(&vfs(), 1); });
    current() = &files;
  }
  ~SqliteOnFiles() { current() = nullptr; }
  SqliteOnFiles(const SqliteOnFiles&) = delete;
  SqliteOnFiles& operator=(const SqliteOnFiles&) = delete;

 private:
  struct State {
    FileSystem* files = nullptr;
    std::shared_ptr<File> file;
    std::string path;
    bool new_name = false;      // made by us, its directory not synced since
    bool remove_at_end = false;
    std::vector<std::unique_ptr<std::byte[]>> shared;  // of the write-ahead log's index
  };
  struct Opened {
    sqlite3_file base;  // first: SQLite's part
    State* state;
  };
  static State& state_of(sqlite3_file* file) { return *reinterpret_cast<Opened*>(file)->state; }
  static FileSystem*& current() {
    thread_local FileSystem* here = nullptr;
    return here;
  }
  static int code_of(const Result<>& result, int failed) {
    if (result.ok()) return SQLITE_OK;
    return result.error().kind == Kind::kExhausted ? SQLITE_FULL : failed;
  }

  // ---- a file
  static int close(sqlite3_file* file) {
    std::unique_ptr<State> state(&state_of(file));
    file->pMethods = nullptr;
    state->file.reset();
    if (state->remove_at_end) static_cast<void>(state->files->remove(state->path));
    return SQLITE_OK;
  }
  static int read(sqlite3_file* file, void* into, int count, sqlite3_int64 at) {
    const std::span out(static_cast<std::byte*>(into), static_cast<std::size_t>(count));
    const auto got = state_of(file).file->read_at(static_cast<std::uint64_t>(at), out);
    if (!got.ok()) return SQLITE_IOERR_READ;
    if (*got == out.size()) return SQLITE_OK;
    std::memset(out.data() + *got, 0, out.size() - *got);
    return SQLITE_IOERR_SHORT_READ;
  }
  static int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 at) {
    const View data(static_cast<const std::byte*>(from), static_cast<std::size_t>(count));
    return code_of(state_of(file).file->write_at(static_cast<std::uint64_t>(at), data), SQLITE_IOERR_WRITE);
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    return code_of(state_of(file).file->truncate(static_cast<std::uint64_t>(size)), SQLITE_IOERR_TRUNCATE);
  }
  static int sync(sqlite3_file* file, int) {
    State& state = state_of(file);
    if (const auto synced = state.file->sync(); !synced.ok()) return SQLITE_IOERR_FSYNC;
    if (!state.new_name) return SQLITE_OK;
    state.new_name = false;
    return code_of(state.files->sync_dir(parent_of(state.path)), SQLITE_IOERR_DIR_FSYNC);
  }
  static int size(sqlite3_file* file, sqlite3_int64* out) {
    const auto bytes = state_of(file).file->size();
    if (!bytes.ok()) return SQLITE_IOERR_FSTAT;
    *out = static_cast<sqlite3_int64>(*bytes);
    return SQLITE_OK;
  }
  static int lock(sqlite3_file*, int) { return SQLITE_OK; }
  static int unlock(sqlite3_file*, int) { return SQLITE_OK; }
  static int reserved(sqlite3_file*, int* out) { return *out = 0, SQLITE_OK; }
  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector(sqlite3_file*) { return 4096; }
  static int traits(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }
  static int map(sqlite3_file* file, int region, int bytes, int, void volatile** out) {
    auto& shared = state_of(file).shared;
    while (shared.size() <= static_cast<std::size_t>(region)) {
      shared.push_back(std::make_unique<std::byte[]>(static_cast<std::size_t>(bytes)));
    }
    *out = shared[static_cast<std::size_t>(region)].get();
    return SQLITE_OK;
  }
  static int shared_lock(sqlite3_file*, int, int, int) { return SQLITE_OK; }
  static void barrier(sqlite3_file*) {}
  static int unmap(sqlite3_file* file, int) { return state_of(file).shared.clear(), SQLITE_OK; }

  static const sqlite3_io_methods& methods() {
    static const sqlite3_io_methods table = {.iVersion = 2,
                                             .xClose = close,
                                             .xRead = read,
                                             .xWrite = write,
                                             .xTruncate = truncate,
                                             .xSync = sync,
                                             .xFileSize = size,
                                             .xLock = lock,
                                             .xUnlock = unlock,
                                             .xCheckReservedLock = reserved,
                                             .xFileControl = control,
                                             .xSectorSize = sector,
                                             .xDeviceCharacteristics = traits,
                                             .xShmMap = map,
                                             .xShmLock = shared_lock,
                                             .xShmBarrier = barrier,
                                             .xShmUnmap = unmap};
    return table;
  }

  // ---- the file system
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    file->pMethods = nullptr;
    FileSystem* const files = current();
    if (files == nullptr || name == nullptr) return SQLITE_CANTOPEN;
    const bool there = files->stat(name).ok();
    const auto opened = files->open(name, (flags & SQLITE_OPEN_CREATE) != 0 ? OpenMode::kReadWrite : OpenMode::kRead);
    if (!opened.ok()) return SQLITE_CANTOPEN;
    auto state = std::make_unique<State>();
    state->files = files;
    state->file = *opened;
    state->path = name;
    state->new_name = !there;
    state->remove_at_end = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    reinterpret_cast<Opened*>(file)->state = state.release();
    file->pMethods = &methods();
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs*, const char* name, int sync_parent) {
    FileSystem& files = *current();
    if (!files.stat(name).ok()) return SQLITE_IOERR_DELETE_NOENT;
    if (!files.remove(name).ok()) return SQLITE_IOERR_DELETE;
    if (sync_parent == 0) return SQLITE_OK;
    return code_of(files.sync_dir(parent_of(name)), SQLITE_IOERR_DIR_FSYNC);
  }
  static int access(sqlite3_vfs*, const char* name, int, int* out) {
    return *out = current()->stat(name).ok() ? 1 : 0, SQLITE_OK;
  }
  static int full_name(sqlite3_vfs*, const char* name, int room, char* out) {
    return sqlite3_snprintf(room, out, "%s", name), SQLITE_OK;
  }
  /// SQLite asks once per process; a seed's own chance would be a different one each time.
  static int randomness(sqlite3_vfs*, int count, char* out) {
    return std::memset(out, 0x5a, static_cast<std::size_t>(count)), count;
  }
  static int sleep(sqlite3_vfs*, int micros) { return micros; }
  static int now(sqlite3_vfs*, double* out) { return *out = 2'460'000.5, SQLITE_OK; }
  static int last_error(sqlite3_vfs*, int, char*) { return 0; }

  static sqlite3_vfs& vfs() {
    static sqlite3_vfs table = {.iVersion = 1,
                                .szOsFile = sizeof(Opened),
                                .mxPathname = 1024,
                                .zName = "takhin-files",
                                .xOpen = open,
                                .xDelete = remove,
                                .xAccess = access,
                                .xFullPathname = full_name,
                                .xRandomness = randomness,
                                .xSleep = sleep,
                                .xCurrentTime = now,
                                .xGetLastError = last_error};
    return table;
  }
};

}  // namespace takhin::testing
