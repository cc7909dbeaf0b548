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
  TRY(write_atomically(files, path, view_of(made + "\n")).within("keep the cluster id"));
  return made;
}

}  // namespace takhin::broker
