// Archive and cold reads of whole segments, against what the store and zstd do alone with the same bytes in the same run. Prints
// one JSON object a row. Without TAKHIN_TEST_S3 on a local directory only.

#include <zstd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <random>

#include "object/local_dir.h"
#include "object/metered.h"
#include "object/prefixed.h"
#include "object/retrying.h"
#include "object/s3.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "os/random.h"
#include "testing/segment_kit.h"
#include "testing/temp_dir.h"
#include "tier/engine.h"

namespace takhin::tier {
namespace {

using testing::MadeSegment;

constexpr std::size_t kBatchBytes = 16 * kKiB;  // 16 records of 1 KiB, as a producer with its default batch size sends them
constexpr int kBatchRecords = 16;
constexpr std::uint64_t kReadBytes = kMiB;      // what a consumer asks for by default, of one partition
constexpr std::size_t kFirstByteRoundsMax = 200;
constexpr int kRounds = 2;  // the better one counts: a virtual machine's memory is slow at its first touch

/// Wall and CPU seconds of this process since it was made.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(clock_.steady() - began_).count(); }
  double cpu_seconds() const { return cpu_now() - cpu_; }

 private:
  static double cpu_now() { return os::usage()->cpu_seconds; }
  os::SystemClock clock_;
  const Steady began_ = clock_.steady();
  const double cpu_ = cpu_now();
};

template <class T>
T must(Result<T> result, const char* doing) {
  if (result.ok()) return *std::move(result);
  fmt::print(stderr, "store_figures: {}: {}\n", doing, result.error().text);
  std::exit(1);
}
void must(Result<> result, const char* doing) {
  if (result.ok()) return;
  fmt::print(stderr, "store_figures: {}: {}\n", doing, result.error().text);
  std::exit(1);
}
void check(bool holds, const char* what) {
  if (holds) return;
  fmt::print(stderr, "store_figures: does not hold: {}\n", what);
  std::exit(1);
}

/// `reference` is empty, or what `value` is to be compared with.
void row(const std::string& what, double value, const char* unit, const std::string& reference, const char* proves) {
  fmt::print(R"({{"what":"{}","value":{:.6g},"unit":"{}","reference":"{}","proves":"{}"}})"
             "\n",
             what, value, unit, reference, proves);
  std::fflush(stdout);
}
std::string per(double ours, double theirs, const char* of) { return fmt::format("{:.2f} x {}", ours / theirs, of); }

/// A store as assembly/ stacks it, and its meter.
struct Bed {
  explicit Bed(std::string_view url) {
    if (url.empty()) {
      below = must(object::LocalDirStore::open(files, clock, random, dir / "objects"), "open the directory");
      metered = std::make_unique<object::MeteredStore>(*below, meter, clock);
    } else {
      below = must(object::open_s3(s3_options(url), *(keys = std::make_unique<object::StaticCredentials>(s3_options(url).keys)),
                                   clock, random, meter), "open the store");
    }
    object::ObjectStore& adapter = metered ? *metered : *below;
    retrying = std::make_unique<object::RetryingStore>(adapter, object::RetryPolicy{}, clock, random);
    store = std::make_unique<object::PrefixedStore>(*retrying, fmt::format("bench-{}", os::process_id()));
  }

  /// http://ACCESS_KEY:SECRET_KEY@HOST:PORT/BUCKET
  static object::S3Options s3_options(std::string_view url) {
    const std::size_t scheme = url.find("://") + 3, at = url.find('@'), slash = url.find('/', at);
    const std::size_t colon = url.find(':', scheme);
    object::S3Options options;
    options.keys.access_key = url.substr(scheme, colon - scheme);
    options.keys.secret_key = url.substr(colon + 1, at - colon - 1);
    options.endpoint = fmt::format("{}{}", url.substr(0, scheme), url.substr(at + 1, slash - at - 1));
    options.bucket = url.substr(slash + 1);
    return options;
  }

  testing::TempDir dir;
  os::PosixFileSystem files;
  os::SystemClock clock;
  os::SystemRandom random;
  metrics::Metrics metrics;
  object::RequestMeter meter;
  std::unique_ptr<object::CredentialsProvider> keys;
  std::unique_ptr<object::ObjectStore> below, metered, retrying, store;
};

struct Made {
  MadeSegment segment;
  const char* text;  // what its values are
};

Made make(bool json, std::uint64_t bytes, const std::string& dir, FileSystem& files) {
  Made made{testing::make_segment(testing::partition_ref(json ? "json" : "random"),
                                  {.batches = static_cast<int>(bytes / kBatchBytes), .records_per_batch = kBatchRecords,
                                   .value_bytes = kKiB - 16, .random_values = !json, .json_values = json}),
            json ? "JSON" : "incompressible"};
  // The archiver reads from a file, as it does in life.
  const std::string path = dir + "/" + made.segment.sealed.partition.topic + ".log";
  const auto file = must(files.open(path, OpenMode::kCreateNew), "make the segment");
  must(file->write_at(0, made.segment.log), "write the segment");
  made.segment.sealed.log = file;
  return made;
}

/// Seconds that zstd alone needs for the same bytes in chunks of the engine's size.
double zstd_alone(const Bytes& log, int level, std::uint64_t chunk_bytes) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  Bytes out(ZSTD_compressBound(chunk_bytes));
  const Stopwatch watch;
  for (std::size_t at = 0; at < log.size(); at += chunk_bytes) {
    const std::size_t size = std::min<std::size_t>(chunk_bytes, log.size() - at);
    check(!ZSTD_isError(ZSTD_compressCCtx(context, out.data(), out.size(), log.data() + at, size, level)), "zstd compresses");
  }
  const double took = watch.seconds();
  ZSTD_freeCCtx(context);
  return took;
}

/// Seconds that a plain upload of `bytes` needs through the same client.
double upload_alone(Bed& bed, View bytes, std::uint64_t step) {
  const object::ObjectKey key{"plain"};
  const Stopwatch watch;
  auto upload = must(bed.store->upload(key, object::When::kAlways, Deadline::never()), "upload");
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    must(upload->write(bytes.subspan(at, std::min<std::size_t>(step, bytes.size() - at))), "upload");
  }
  check(must(upload->finish(), "finish").size == bytes.size(), "the plain object is whole");
  const double took = watch.seconds();
  check(must(bed.store->remove(std::span(&key, 1), Deadline::never()), "remove").empty(), "the plain object is gone");
  return took;
}

/// Seconds of ranged GETs of the whole object, `at_once` of them at a time.
double gets_alone(Bed& bed, const object::ObjectKey& key, std::uint64_t size, std::uint64_t range_bytes, std::size_t at_once) {
  std::atomic<std::uint64_t> next{0}, got{0};
  const Stopwatch watch;
  std::vector<std::future<void>> workers;
  for (std::size_t i = 0; i < at_once; ++i) {
    workers.push_back(std::async(std::launch::async, [&] {
      for (std::uint64_t at = next.fetch_add(range_bytes); at < size; at = next.fetch_add(range_bytes)) {
        got += must(bed.store->get(key, {at, std::min(size, at + range_bytes)}, Deadline::never()), "get").size();
      }
    }));
  }
  for (auto& worker : workers) worker.get();
  check(got == size, "plain GETs brought every byte");
  return watch.seconds();
}

class Run {
 public:
  Run(std::string name, std::string_view url) : name_(std::move(name)), bed_(url) { open(); }

  void measure(bool json, std::uint64_t bytes) {
    made_.emplace(make(json, bytes, bed_.dir.path(), bed_.files));
    archive();
    first_byte();
    in_order();
    cached();
  }

 private:
  const MadeSegment& segment() const { return made_->segment; }
  double gib() const { return static_cast<double>(segment().log.size()) / static_cast<double>(kGiB); }
  double mb(double seconds) const { return static_cast<double>(segment().log.size()) / seconds / 1e6; }
  std::string what(const char* text) const { return fmt::format("{} {}: {}", name_, made_->text, text); }

  void open() {
    engine_.reset();
    must(bed_.files.remove_tree(bed_.dir / "cache"), "empty the cache");
    options_.cache_dir = bed_.dir / "cache";
    options_.catalog_path = bed_.dir / "catalog.db";
    engine_ = must(Engine::open({*bed_.store, bed_.files, bed_.clock, bed_.random, bed_.metrics, &bed_.meter}, options_), "open");
  }

  void archive() {
    const double zstd = zstd_alone(segment().log, options_.zstd_level, options_.chunk_bytes);
    double plain = upload_alone(bed_, segment().log, options_.chunk_bytes);
    plain = std::min(plain, upload_alone(bed_, segment().log, options_.chunk_bytes));
    const std::uint64_t before = bed_.meter.put_class();
    const Stopwatch watch;
    entry_ = must(engine_->archive(segment().sealed, Deadline::never()), "archive");
    const double took = watch.seconds(), cpu = watch.cpu_seconds();
    const auto puts = static_cast<double>(bed_.meter.put_class() - before);
    const double stored = static_cast<double>(engine_->stats().uploaded_bytes);
    check(made_->text[0] == 'i' ? stored >= static_cast<double>(segment().log.size()) : stored < 0.5 * gib() * 1e9, "the ratio");
    row(what("archive"), mb(took), "MB/s", made_->text[0] == 'J' ? per(took, zstd, "the time of zstd alone")
                                                                 : per(took, plain, "the time of a plain upload"),
        "reading, checking, compressing, sending, verifying, recording");
    row(what("archive CPU"), cpu / gib(), "s/GiB", "", "of this process");
    row(what("archive requests"), puts / std::max(gib(), 1.0), "PUT/GiB", "at most 20", "what the bill says");
    check(gib() < 1 || puts <= 20, "at most 20 PUT-class requests for a segment of 1 GiB");
  }

  /// Random offsets of a cold segment, tail known: one GET each, none of it cached.
  void first_byte() {
    std::mt19937_64 dice(1);
    const auto offsets = static_cast<std::uint64_t>(segment().sealed.end.raw);
    const auto offset = [&] { return Offset{static_cast<std::int64_t>(dice() % offsets)}; };
    open();
    const PartitionHandle handle = engine_->handle(segment().sealed.partition);
    static_cast<void>(must(engine_->read(handle, Offset{0}, 1, Deadline::never()), "read"));
    std::vector<double> took;
    const std::uint64_t before = bed_.meter.get_class();
    const std::size_t rounds = std::min(kFirstByteRoundsMax, segment().log.size() / options_.chunk_bytes / 4);
    while (took.size() < rounds) {
      const Offset at = offset();
      if (engine_->read_at_hand(handle, at, 1)) continue;  // its chunk came already
      const Stopwatch watch;
      const auto slice = must(engine_->read(handle, at, 1, Deadline::never()), "read");
      took.push_back(watch.seconds() * 1e3);
      check(!slice.data.range.empty(), "a read brings bytes");
    }
    check(bed_.meter.get_class() - before == rounds, "the first byte of a cold read costs one GET");
    std::ranges::sort(took);
    row(what("cold first byte, p50"), took[took.size() / 2], "ms", "", "one GET of one chunk, checked and decompressed");
    row(what("cold first byte, p99"), took[took.size() * 99 / 100], "ms", "", "the same");
  }

  double read_all(bool at_hand) {
    const PartitionHandle handle = engine_->handle(segment().sealed.partition);
    const View log = segment().log;
    Bytes bytes(2 * kReadBytes);
    const Stopwatch watch;
    std::uint64_t read = 0;
    for (Offset at{0}; at < segment().sealed.end;) {
      const auto slice = at_hand ? engine_->read_at_hand(handle, at, kReadBytes)
                                 : std::optional(must(engine_->read(handle, at, kReadBytes, Deadline::never()), "read"));
      check(slice.has_value(), "all is at hand");
      // A consumer goes on behind the last whole batch.
      const std::uint64_t batches = std::max<std::uint64_t>(1, slice->data.range.size() / batch_bytes());
      const std::size_t size = batches * batch_bytes();
      const auto got = must(slice->data.file->read_at(slice->data.range.begin, std::span(bytes).first(size)), "read");
      check(got == size, "no short read");
      check(std::ranges::equal(View(bytes).first(64), log.subspan(slice->data.range.begin, 64)), "these are the log's bytes");
      read += size;
      at.raw += static_cast<std::int64_t>(batches) * kBatchRecords;
    }
    check(read == log.size(), "every byte was read");
    return watch.seconds();
  }
  std::uint64_t batch_bytes() const {
    return segment().log.size() / static_cast<std::uint64_t>(segment().sealed.end.raw / kBatchRecords);
  }

  void in_order() {
    const auto object = object_name(segment().sealed.partition, entry_);
    const auto info = must(bed_.store->head({object}, Deadline::never()), "head");
    const std::uint64_t range = options_.fetch_bytes_max;
    double plain = INFINITY, took = INFINITY, cpu = 0, gets = 0;
    for (int round = 0; round < kRounds; ++round) {
      plain = std::min(plain, gets_alone(bed_, {object}, info.size, range, 2));  // as many as the reader has in flight
      open();
      const std::uint64_t before = bed_.meter.get_class();
      const Stopwatch watch;
      took = std::min(took, read_all(false));
      cpu = watch.cpu_seconds();
      gets = static_cast<double>(bed_.meter.get_class() - before);
    }
    row(what("cold read in order"), mb(took), "MB/s", fmt::format("{:.0f} % of plain ranged GETs", 100 * plain / took),
        "1 MiB at a time, from store to cache to reader");
    row(what("cold read CPU"), cpu / gib(), "s/GiB", "", "of this process");
    row(what("cold read requests"), gets / std::max(gib(), 1.0), "GET/GiB", "at most 64", "with the tail's");
    check(gib() < 1 || gets <= 64 * gib(), "at most 64 GETs for a GiB");
  }

  void cached() {
    const double took = read_all(true);
    Bytes bytes(kReadBytes);
    const Stopwatch watch;
    for (std::uint64_t at = 0; at < segment().log.size(); at += kReadBytes) {
      static_cast<void>(must(segment().sealed.log->read_at(at, bytes), "read"));
    }
    const double hot = watch.seconds();
    row(what("cached read in order"), mb(took), "MB/s", per(hot, took, "the rate of the log's own file"),
        "a cached read is as fast as a hot one");
  }

  const std::string name_;
  Bed bed_;
  EngineOptions options_;
  std::optional<Made> made_;
  SegmentEntry entry_;
  std::unique_ptr<Engine> engine_;
};

int main_of(int argc, char** argv) {
  const std::uint64_t bytes = (argc > 1 ? std::stoull(argv[1]) : 1024) * kMiB;
  std::vector<std::pair<std::string, std::string>> stores{{"file", ""}};
  const std::string s3 = os::environment()["TAKHIN_TEST_S3"];
  if (const std::size_t equals = s3.find('='); equals != std::string::npos) {
    stores.emplace_back(s3.substr(0, equals), s3.substr(equals + 1, s3.find(',') - equals - 1));
  }
  for (const auto& [name, url] : stores) {
    for (const bool json : {true, false}) Run(name, url).measure(json, bytes);
  }
  return 0;
}

}  // namespace
}  // namespace takhin::tier

int main(int argc, char** argv) { return takhin::tier::main_of(argc, argv); }
