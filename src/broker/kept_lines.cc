#include "broker/kept_lines.h"

#include <algorithm>

namespace takhin::broker {

Result<> each_line(std::string_view text, const std::function<Result<>(std::string_view line, std::size_t number)>& each) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    TRY(each(text.substr(0, end), number));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return done();
}

Result<> read_kept_lines(FileSystem& files, const std::string& path, std::string_view header,
                         const std::function<bool(std::string_view line)>& take) {
  const auto data = read_whole(files, path);
  if (!data.ok() && data.error().kind == Kind::kNotFound) return done();
  if (!data.ok()) return data.error();
  return each_line(text_of(*data), [&](std::string_view line, std::size_t number) -> Result<> {
    if (number == 1 ? line == header : take(line)) return done();
    return fail(Kind::kCorrupt, "{}: line {} is damaged", path, number);
  });
}

}  // namespace takhin::broker
