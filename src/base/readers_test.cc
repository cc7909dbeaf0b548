#include "base/readers.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace takhin {
namespace {

TEST(Readers, AWriterWaitsForThoseInsideAndForNobodyElse) {
  Readers readers;
  readers.wait_for_those_inside();
  std::atomic<bool> waited{false};
  std::thread writer;
  {
    const auto inside = readers.enter();
    std::atomic<bool> began{false};
    writer = std::thread([&] {
      began = true;
      readers.wait_for_those_inside();
      waited = true;
    });
    while (!began) std::this_thread::yield();
    EXPECT_FALSE(waited);
  }
  writer.join();
  EXPECT_TRUE(waited);
}

TEST(Readers, OneThreadMaySitOnManySeats) {
  Readers readers;
  {
    const auto first = readers.enter();
    const auto second = readers.enter();
    const auto third = readers.enter();
  }
  readers.wait_for_those_inside();
}

TEST(Readers, NothingIsFreedUnderAReader) {
  constexpr std::uint64_t kAlive = 0x600df00d, kDead = 0xdeadbeef;
  constexpr int kReplacements = 200;
  struct Value {
    std::atomic<std::uint64_t> state{kAlive};
  };
  Readers readers;
  // Replaced values are marked, not freed: a reader that is too late sees the mark without any sanitizer.
  std::vector<std::unique_ptr<Value>> values;
  for (int i = 0; i <= kReplacements; ++i) values.push_back(std::make_unique<Value>());
  std::atomic<Value*> now{values[0].get()};
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> looked{0}, dead{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        {
          const auto inside = readers.enter();
          const Value* const value = now.load();
          for (int look = 0; look < 10; ++look) dead += value->state.load() == kDead;
        }
        ++looked;
        std::this_thread::yield();  // the writer's turn, where cores are few
      }
    });
  }
  for (int i = 1; i <= kReplacements; ++i) {
    Value* const old = now.exchange(values[static_cast<std::size_t>(i)].get());
    readers.wait_for_those_inside();
    old->state = kDead;
  }
  while (looked == 0) std::this_thread::yield();
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(dead, 0u);
}

}  // namespace
}  // namespace takhin
