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

Result<> ProducerIds::raise(FileSystem& files, const std::string& path, std::int64_t from) {
  TRY(const auto known, open(files, path));
  return known->end_ >= from ? done() : store(files, path, from);
}

Result<> ProducerIds::store(FileSystem& files, const std::string& path, std::int64_t taken_below) {
  return write_atomically(files, path, view_of(std::to_string(taken_below) + "\n")).within("take producer ids");
}

Result<std::int64_t> ProducerIds::next() {
  const std::lock_guard hold(mutex_);
  if (next_ == end_) {
    TRY(store(files_, path_, end_ + kBlock));
    end_ += kBlock;
  }
  return next_++;
}

}  // namespace takhin::broker
