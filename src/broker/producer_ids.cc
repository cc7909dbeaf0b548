#include "broker/producer_ids.h"

#include <charconv>

namespace takhin::broker {

Result<std::unique_ptr<ProducerIds>> ProducerIds::open(FileSystem& files, const std::string& path) {
  std::int64_t from = 0;
  const auto content = read_whole(files, path);
  if (content.ok()) {
    const std::string_view text = text_of(*content);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), from);
    if (error != std::errc{} || from < 0 || std::string_view(end, text.data() + text.size()) != "\n") {
      return fail(Kind::kCorrupt, "{}: not a producer id counter", path);
    }
  } else if (content.error().kind != Kind::kNotFound) {
    return content.error();
  }
  return std::unique_ptr<ProducerIds>(new ProducerIds(files, path, from));
}

Result<std::int64_t> ProducerIds::next() {
  const std::lock_guard hold(mutex_);
  if (next_ == end_) {
    const std::string text = std::to_string(end_ + kBlock) + "\n";
    TRY(write_atomically(files_, path_, view_of(text)).within("take producer ids"));
    end_ += kBlock;
  }
  return next_++;
}

}  // namespace takhin::broker
