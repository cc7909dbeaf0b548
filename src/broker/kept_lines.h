#pragma once
// The small text files in which this room keeps what clients set: a line with the file's name and version, then a fact a line.

#include <functional>
#include <string>
#include <string_view>

#include "base/file.h"

namespace takhin::broker {

/// Hands over each line of `text` with its number, from 1; ends with the first error.
Result<> each_line(std::string_view text, const std::function<Result<>(std::string_view line, std::size_t number)>& each);

/// Hands over each line behind `header`. A file that is not there holds none. kCorrupt, with the number of the line: another
/// header, or a line that `take` does not take. Blocks on the disk.
Result<> read_kept_lines(FileSystem& files, const std::string& path, std::string_view header,
                         const std::function<bool(std::string_view line)>& take);

}  // namespace takhin::broker
