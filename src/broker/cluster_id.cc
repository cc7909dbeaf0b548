#include "broker/cluster_id.h"

#include "base/uuid.h"

namespace takhin::broker {

Result<std::string> open_cluster_id(FileSystem& files, Random& random, const std::string& path) {
  const auto content = read_whole(files, path);
  if (content.ok()) {
    std::string text(text_of(*content));
    if (!text.empty() && text.back() == '\n') text.pop_back();
    if (!Uuid::parse(text)) return fail(Kind::kCorrupt, "{}: not a cluster id", path);
    return text;
  }
  if (content.error().kind != Kind::kNotFound) return content.error();
  const std::string made = Uuid::make(random).text();
  TRY(keep_cluster_id(files, path, made));
  return made;
}

Result<> keep_cluster_id(FileSystem& files, const std::string& path, const std::string& id) {
  if (!Uuid::parse(id)) return fail(Kind::kInvalid, "'{}' is no cluster id", id);
  return write_atomically(files, path, view_of(id + "\n")).within("keep the cluster id");
}

}  // namespace takhin::broker
