#include "broker/live_configs.h"

#include <algorithm>

#include "base/text.h"
#include "broker/kept_lines.h"

namespace takhin::broker {
namespace {

constexpr std::string_view kHeader = "takhin broker configs 1";

constexpr LiveRow kRows[] = {
    {"auto.create.topics.enable", "boolean", 0, 1, "Make a topic when a client that allows it asks for one that does not exist.",
     [](const Options& options) -> std::int64_t { return options.auto_create_topics ? 1 : 0; }},
    {"fetch.cold.wait.ms", "int", 1, 600'000,
     "How long a Fetch waits for data from the object store before it answers without; the download goes on.",
     [](const Options& options) { return options.cold_wait_ms; }},
    {"fetch.max.bytes", "int", 1024, INT32_MAX, "Largest answer to one Fetch, whatever the client asks for.",
     [](const Options& options) { return options.fetch_bytes_max; }},
    {"num.partitions", "int", 1, 10'000, "Partitions of a topic whose maker does not say.",
     [](const Options& options) -> std::int64_t { return options.num_partitions; }},
};
static_assert(std::size(kRows) == kLiveConfigs && std::ranges::is_sorted(kRows, {}, &LiveRow::key));

std::size_t index_of(const LiveRow& row) { return static_cast<std::size_t>(&row - kRows); }

Result<std::int64_t> value_of(const LiveRow& row, std::string_view text) {
  if (row.type == "boolean") {
    if (text != "true" && text != "false") return fail(Kind::kInvalid, "{} = {}: must be true or false", row.key, text);
    return text == "true" ? 1 : 0;
  }
  const auto value = number_of<std::int64_t>(text);
  if (!value || *value < row.min || *value > row.max) {
    return fail(Kind::kInvalid, "{} = {}: must be a whole number from {} to {}", row.key, text, row.min, row.max);
  }
  return *value;
}

Result<> check(const partition::ConfigMap& layer) {
  for (const auto& [key, text] : layer) {
    const LiveRow* row = find_live_row(key);
    if (row == nullptr) return fail(Kind::kInvalid, "{} cannot be changed at run time", key);
    TRY(value_of(*row, text));
  }
  return done();
}

}  // namespace

std::span<const LiveRow> live_rows() { return kRows; }

const LiveRow* find_live_row(std::string_view key) {
  const auto* found = std::ranges::find(kRows, key, &LiveRow::key);
  return found == std::end(kRows) ? nullptr : found;
}

std::string live_text(const LiveRow& row, std::int64_t value) {
  if (row.type == "boolean") return value != 0 ? "true" : "false";
  return std::to_string(value);
}

LiveConfigs::LiveConfigs(FileSystem& files, std::string path, const Options& options) : files_(files), path_(std::move(path)) {
  for (std::size_t i = 0; i < kLiveConfigs; ++i) fixed_[i] = kRows[i].fixed(options);
}

Result<std::unique_ptr<LiveConfigs>> LiveConfigs::open(FileSystem& files, std::string path, const Options& options) {
  std::unique_ptr<LiveConfigs> made(new LiveConfigs(files, std::move(path), options));
  TRY(made->load());
  made->put_in_force(made->layers_);
  return made;
}

/// Lines of: "cluster" or "broker", key, value.
Result<> LiveConfigs::load() {
  TRY(read_kept_lines(files_, path_, kHeader, [this](std::string_view line) {
    const auto first = line.find(' '), second = line.rfind(' ');
    if (first == std::string_view::npos || second <= first + 1) return false;
    const std::string_view layer = line.substr(0, first);
    if (layer != "cluster" && layer != "broker") return false;
    (layer == "cluster" ? layers_.cluster : layers_.broker)
        .emplace_back(line.substr(first + 1, second - first - 1), line.substr(second + 1));
    return true;
  }));
  for (const partition::ConfigMap* layer : {&layers_.cluster, &layers_.broker}) {
    if (const auto valid = check(*layer); !valid.ok()) return fail(Kind::kCorrupt, "{}: {}", path_, valid.error().text);
  }
  return done();
}

void LiveConfigs::put_in_force(const Layers& layers) {
  std::array<std::int64_t, kLiveConfigs> next = fixed_;
  for (const partition::ConfigMap* layer : {&layers.cluster, &layers.broker}) {
    for (const auto& [key, text] : *layer) {
      const LiveRow& row = *find_live_row(key);
      next[index_of(row)] = value_of(row, text).value();
    }
  }
  for (std::size_t i = 0; i < kLiveConfigs; ++i) values_[i].store(next[i], std::memory_order_relaxed);
}

LiveConfigs::Layers LiveConfigs::layers() const {
  const std::lock_guard hold(mutex_);
  return layers_;
}

Result<> LiveConfigs::set(const Layers& layers, bool validate_only) {
  TRY(check(layers.cluster));
  TRY(check(layers.broker));
  if (validate_only) return done();
  const std::lock_guard one_writer(change_mutex_);
  std::string text = fmt::format("{}\n", kHeader);
  for (const auto& [key, value] : layers.cluster) text += fmt::format("cluster {} {}\n", key, value);
  for (const auto& [key, value] : layers.broker) text += fmt::format("broker {} {}\n", key, value);
  TRY(write_atomically(files_, path_, view_of(text)));
  const std::lock_guard hold(mutex_);
  layers_ = layers;
  put_in_force(layers);
  return done();
}

}  // namespace takhin::broker
