#pragma once
// The cluster id: told to clients, made once, kept in the data directory.

#include <string>

#include "base/file.h"
#include "base/random.h"
#include "base/result.h"

namespace takhin::broker {

/// The id in `path`; when absent a new one, made durable. kCorrupt when the file holds something else.
Result<std::string> open_cluster_id(FileSystem& files, Random& random, const std::string& path);

/// For a data directory that is being recovered: the id that its clients know. kInvalid when it is none.
Result<> keep_cluster_id(FileSystem& files, const std::string& path, const std::string& id);

}  // namespace takhin::broker
