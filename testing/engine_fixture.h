#pragma once
// An engine over a memory store that fails on command.

#include <gtest/gtest.h>

#include "object/memory.h"
#include "os/files.h"
#include "testing/fake_clock.h"
#include "testing/scripted_store.h"
#include "testing/segment_kit.h"
#include "testing/temp_dir.h"
#include "tier/engine.h"
#include "tier/object_keys.h"

namespace takhin::testing {

class EngineFixture : public ::testing::Test {
 protected:
  EngineFixture() { open(); }

  /// Opens the engine anew, as a restart does; with `fresh` on a directory that knows nothing.
  void open(bool fresh = false) {
    engine.reset();
    if (fresh) {
      ASSERT_TRUE(files.remove_tree(dir / "data").ok());
    }
    tier::EngineOptions options{.cache_dir = dir / "data/cache",
                          .catalog_path = dir / "data/catalog.db",
                          .chunk_bytes = chunk_bytes,
                          .fetch_bytes_max = 64 * kKiB,
                          .cache_bytes_max = 8 * kMiB,
                          .zstd_level = 1,
                          .fetch_threads = 2,
                          .write_once = write_once,
                          .merge = merge};
    auto opened = tier::Engine::open({store, files, clock, random, metrics, nullptr, object_keys.get()}, options);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    engine = *std::move(opened);
  }

  Deadline soon() const { return Deadline::in(clock, std::chrono::seconds(30)); }
  Result<tier::SegmentEntry> archive(const MadeSegment& made) { return engine->archive(made.sealed, soon()); }
  void archive_all(const std::vector<MadeSegment>& all) {
    for (const auto& made : all) {
      const auto entry = archive(made);
      ASSERT_TRUE(entry.ok()) << entry.error().text;
    }
  }
  std::vector<std::string> keys(const std::string& prefix = "") {
    std::vector<std::string> out;
    const auto listed = object::for_each(memory, prefix, "", Deadline::never(), [&](const object::ObjectInfo& info) {
      out.push_back(info.key.name);
      return done();
    });
    EXPECT_TRUE(listed.ok());
    return out;
  }
  /// Keys of whole segments.
  std::vector<std::string> segment_keys() {
    auto out = keys();
    std::erase_if(out, [](const std::string& key) { return !tier::parse_object_name(key); });
    return out;
  }
  double counted(const metrics::MetricDef& def, std::string_view result) {
    return metrics.counter(def, {{"result", result}}).value();
  }

  std::uint64_t chunk_bytes = 1024;
  bool write_once = false;
  tier::MergeLimits merge;
  TempDir dir;
  os::PosixFileSystem files;
  FakeClock clock;
  SeededRandom random{9};
  metrics::Metrics metrics;
  object::MemoryStore memory{clock, 100};
  ScriptedStore store{memory};
  const tier::PartitionRef ref = partition_ref();
  std::unique_ptr<tier::KeyRing> ring;              // none: nothing is encrypted
  std::unique_ptr<tier::ObjectKeys> object_keys;
  std::unique_ptr<tier::Engine> engine;
};

}  // namespace takhin::testing
