#include "app/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace takhin::app {
namespace {

using ::testing::HasSubstr;

Command command_of(const std::vector<std::string>& arguments) {
  const auto parsed = parse(arguments);
  const auto* finished = std::get_if<Finished>(&parsed);
  EXPECT_EQ(finished, nullptr) << (finished != nullptr ? finished->err : "");
  return finished != nullptr ? Command{} : std::get<Command>(parsed);
}
Finished finished(const std::vector<std::string>& arguments) {
  const auto parsed = parse(arguments);
  EXPECT_TRUE(std::holds_alternative<Finished>(parsed));
  return std::holds_alternative<Finished>(parsed) ? std::get<Finished>(parsed) : Finished{};
}

TEST(CommandLine, RunTakesItsSources) {
  const auto command = command_of({"run", "--config", "f.yaml", "--set", "a=1", "--data", "d", "--set", "b=x y"});
  EXPECT_EQ(command.verb, Verb::kRun);
  EXPECT_EQ(command.config_file, "f.yaml");
  EXPECT_EQ(command.data_dir, "d");
  EXPECT_THAT(command.set, ::testing::ElementsAre("a=1", "b=x y"));
  EXPECT_FALSE(command_of({"run"}).config_file.has_value());
}

TEST(CommandLine, TierVerbs) {
  EXPECT_EQ(command_of({"tier", "ls", "--json", "--store", "file:///x"}).verb, Verb::kTierLs);
  EXPECT_EQ(command_of({"tier", "stat", "--data", "d"}).verb, Verb::kTierStat);
  const auto restore = command_of({"tier", "restore", "t-0/0.log", "--data", "d"});
  EXPECT_EQ(restore.verb, Verb::kTierRestore);
  EXPECT_EQ(restore.segment, "t-0/0.log");
  EXPECT_EQ(command_of({"tier", "archive", "t-0/0.log"}).verb, Verb::kTierArchive);
  EXPECT_TRUE(command_of({"tier", "verify", "--full"}).full);
  const auto scrub = command_of({"tier", "scrub", "--store", "s3://b", "--json", "--deep"});
  EXPECT_EQ(scrub.verb, Verb::kTierScrub);
  EXPECT_TRUE(scrub.deep && scrub.json);
  const auto gc = command_of({"tier", "gc", "--dry-run", "--grace", "0"});
  EXPECT_EQ(gc.verb, Verb::kTierGc);
  EXPECT_TRUE(gc.dry_run);
  EXPECT_EQ(gc.grace_hours, 0);
  EXPECT_EQ(command_of({"tier", "gc"}).grace_hours, 24);
  EXPECT_EQ(command_of({"tier", "why", "t-0/0.log", "--json"}).verb, Verb::kTierWhy);
  const auto rewrap = command_of({"tier", "rewrap", "--store", "s3://b/p", "--topic", "t", "--to", "2026-b"});
  EXPECT_EQ(rewrap.verb, Verb::kTierRewrap);
  EXPECT_EQ(rewrap.topic, "t");
  EXPECT_EQ(rewrap.to, "2026-b");
}

TEST(CommandLine, RecoverNeedsASource) {
  const auto command = command_of({"recover", "--from", "s3://b/p", "--data", "d", "--topic", "a", "--topic", "b"});
  EXPECT_EQ(command.verb, Verb::kRecover);
  EXPECT_EQ(command.store, "s3://b/p");
  EXPECT_THAT(command.topics, ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(finished({"recover"}).exit_code, 2);
}

TEST(CommandLine, StoreCheck) {
  const auto check = command_of({"store", "check", "s3://b/p", "--set", "a=1"});
  EXPECT_EQ(check.verb, Verb::kStoreCheck);
  EXPECT_EQ(check.store, "s3://b/p");
  EXPECT_THAT(check.set, ::testing::ElementsAre("a=1"));
}

TEST(CommandLine, ConfigAndVersion) {
  EXPECT_TRUE(command_of({"config", "--check"}).check);
  EXPECT_EQ(command_of({"config", "--docs", "metrics"}).docs, "metrics");
  EXPECT_EQ(command_of({"version"}).verb, Verb::kVersion);
}

TEST(CommandLine, HelpOfEveryVerbSaysHowItIsUsed) {
  const std::vector<std::vector<std::string>> verbs = {{},
                                                       {"run"},
                                                       {"version"},
                                                       {"config"},
                                                       {"tier"},
                                                       {"tier", "ls"},
                                                       {"tier", "stat"},
                                                       {"tier", "archive"},
                                                       {"tier", "restore"},
                                                       {"tier", "verify"},
                                                       {"tier", "rewrap"},
                                                       {"store"},
                                                       {"store", "check"},
                                                       {"tier", "scrub"},
                                                       {"tier", "gc"},
                                                       {"tier", "why"},
                                                       {"recover"}};
  for (auto line : verbs) {
    line.push_back("--help");
    const auto help = finished(line);
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_THAT(help.out, HasSubstr("Usage: takhin"));
    if (line.size() == 3) {
      EXPECT_THAT(help.out, HasSubstr("takhin " + line[0] + " " + line[1]));
    }
  }
}

TEST(CommandLine, WrongLinesAreOneLineAndExit2) {
  for (const std::vector<std::string>& line : std::vector<std::vector<std::string>>{{},
                                                                                    {"fly"},
                                                                                    {"run", "--nope"},
                                                                                    {"tier"},
                                                                                    {"tier", "restore"},
                                                                                    {"store"},
                                                                                    {"store", "check"},
                                                                                    {"tier", "gc", "--grace", "-1"},
                                                                                    {"config", "--docs", "x"},
                                                                                    {"run", "--config"}}) {
    const auto wrong = finished(line);
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_FALSE(wrong.err.empty());
    EXPECT_EQ(wrong.err.find('\n'), std::string::npos);
    EXPECT_EQ(wrong.out, "");
  }
}

}  // namespace
}  // namespace takhin::app
