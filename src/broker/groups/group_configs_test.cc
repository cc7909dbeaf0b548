// What groups set for themselves: bounds, and that it is kept.

#include "broker/groups/group_configs.h"

#include <gtest/gtest.h>

#include "os/files.h"
#include "testing/temp_dir.h"

namespace takhin::broker::groups {
namespace {

class Configs : public ::testing::Test {
 protected:
  std::unique_ptr<GroupConfigs> open() {
    auto opened = GroupConfigs::open(files, path(), fallback);
    EXPECT_TRUE(opened.ok());
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  std::string path() const { return dir.path() + "/group-configs"; }
  static bool is_invalid(const Result<>& result) { return !result.ok() && result.error().kind == Kind::kInvalid; }

  os::PosixFileSystem files;
  testing::TempDir dir;
  ConsumerGroupOptions fallback;
};

TEST_F(Configs, AGroupGoesBeforeTheBrokerAndIsKept) {
  auto configs = open();
  EXPECT_EQ(configs->session_timeout_ms("g"), 45'000);
  const auto both = std::map<std::string, std::string>{{"consumer.session.timeout.ms", "50000"},
                                                       {"consumer.heartbeat.interval.ms", " 6000 "}};
  ASSERT_TRUE(configs->set("g", both, false).ok());
  ASSERT_TRUE(configs->set("a group\nwith a name", {{"consumer.session.timeout.ms", "60000"}}, false).ok());
  ASSERT_TRUE(configs->set("other", {{"consumer.session.timeout.ms", "55000"}}, true).ok());
  EXPECT_EQ(configs->session_timeout_ms("other"), 45'000);
  configs = open();
  EXPECT_EQ(configs->session_timeout_ms("g"), 50'000);
  EXPECT_EQ(configs->heartbeat_interval_ms("g"), 6'000);
  EXPECT_EQ(configs->session_timeout_ms("a group\nwith a name"), 60'000);
  EXPECT_EQ(configs->groups().size(), 2u);
  ASSERT_TRUE(configs->set("g", {}, false).ok());
  EXPECT_EQ(open()->groups().size(), 1u);
  EXPECT_EQ(open()->heartbeat_interval_ms("g"), 5'000);
}

TEST_F(Configs, WhatIsOutOfBoundsIsRefused) {
  const auto configs = open();
  for (const auto& [key, value] : std::map<std::string, std::vector<std::string>>{
           {"consumer.session.timeout.ms", {"44999", "60001", "", "x", "99999999999"}},
           {"consumer.heartbeat.interval.ms", {"4999", "15001"}},
           {"consumer.color", {"1"}}}) {
    for (const std::string& one : value) EXPECT_TRUE(is_invalid(configs->set("g", {{key, one}}, false))) << key << one;
  }
  EXPECT_TRUE(configs->groups().empty());
  fallback.heartbeat_interval_max_ms = 60'000;
  EXPECT_TRUE(is_invalid(open()->set("g", {{"consumer.heartbeat.interval.ms", "45000"}}, false)));
}

TEST_F(Configs, ADamagedFileIsTold) {
  for (const std::string_view text : {"something else", "takhin group configs 1\nZw consumer.session.timeout.ms",
                                      "takhin group configs 1\nZw consumer.color 3\n"}) {
    ASSERT_TRUE(write_atomically(files, path(), view_of(text)).ok());
    const auto opened = GroupConfigs::open(files, path(), fallback);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().kind, Kind::kCorrupt);
  }
}

}  // namespace
}  // namespace takhin::broker::groups
