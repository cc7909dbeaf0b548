#include "assembly/data_dir.h"

namespace takhin::assembly {

Result<std::unique_ptr<DataDir>> DataDir::open(const System& system, const std::string& path) {
  TRY(system.files.make_dirs(path).within("data directory"));
  auto lock = system.files.lock(path + "/LOCK", fmt::format("pid {}", system.process_id));
  if (!lock.ok()) {
    if (lock.error().kind != Kind::kConflict) return Error(lock.error()).within("data directory");
    return fail(Kind::kConflict, "data directory {} is {}", path, lock.error().text);
  }
  return std::unique_ptr<DataDir>(new DataDir(system.files, path, *std::move(lock)));
}

Result<bool> DataDir::take_clean_mark() {
  const auto found = files_.stat(mark_path());
  if (!found.ok()) {
    if (found.error().kind != Kind::kNotFound) return found.error();
    return false;
  }
  TRY(files_.remove(mark_path()));
  TRY(files_.sync_dir(path_));  // else a crash could bring the mark back
  return true;
}

Result<> DataDir::put_clean_mark() { return write_atomically(files_, mark_path(), view_of("all logs were closed\n")); }

}  // namespace takhin::assembly
