#pragma once
// The command line, parsed. CLI11 stays in cli.cc.

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace takhin::app {

enum class Verb {
  kRun,
  kVersion,
  kConfig,
  kTierLs,
  kTierStat,
  kTierArchive,
  kTierRestore,
  kTierVerify,
  kTierRewrap,
  kTierScrub,
  kTierGc,
  kTierWhy,
  kRecover,
  kStoreCheck,
};

struct Command {
  Verb verb = Verb::kVersion;
  // where the configuration comes from
  std::optional<std::string> config_file;
  std::optional<std::string> data_dir;
  std::vector<std::string> set;
  // config
  bool check = false;
  std::string docs;  // "config", "metrics" or "compatibility": print that page of docs/
  // tier, store
  std::string store;    // file:///dir or s3://bucket/prefix
  std::string segment;  // topic-0/00000000000000000000.log
  std::string to;       // restore: a directory; rewrap: a key id
  std::string topic;    // rewrap: only this one
  std::vector<std::string> topics;  // recover: only these
  bool json = false;
  bool full = false;
  bool deep = false;
  bool dry_run = false;
  int grace_hours = 24;
};

/// Nothing to run: help was asked for, or the line is wrong.
struct Finished {
  int exit_code = 0;  // 2: wrong command line
  std::string out;
  std::string err;  // one line
};

std::variant<Command, Finished> parse(const std::vector<std::string>& arguments);

}  // namespace takhin::app
