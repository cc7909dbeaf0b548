#include "app/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace takhin::app {
namespace {

constexpr int kWrongUsage = 2;
constexpr int kGraceHoursMax = 24 * 3660;

void add_sources(CLI::App& verb, Command& command) {
  verb.add_option("--config", command.config_file, "YAML file")->type_name("FILE");
  verb.add_option("--data", command.data_dir, "data directory (storage.data.dir)")->type_name("DIR");
  verb.add_option("--set", command.set, "a key of the configuration; beats environment and file; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::App& add_tier_verb(CLI::App& tier, Command& command, Verb verb, const std::string& name, const std::string& help) {
  CLI::App& sub = *tier.add_subcommand(name, help);
  add_sources(sub, command);
  sub.callback([&command, verb] { command.verb = verb; });
  return sub;
}

void add_store(CLI::App& verb, Command& command) {
  verb.add_option("--store", command.store,
                  "look at a store instead of a data directory: file:///dir or s3://bucket[/prefix]; endpoint, region "
                  "and keys by --set")
      ->type_name("URL");
}

void add_segment(CLI::App& verb, Command& command) {
  verb.add_option("segment", command.segment, "such as topic-0/00000000000000000000.log")
      ->required()
      ->type_name("SEGMENT");
}

void build_care(CLI::App& tier, Command& command) {
  CLI::App& scrub = add_tier_verb(tier, command, Verb::kTierScrub, "scrub",
                                  "Look for gaps, damage and leftovers; exit 1 when there are any, 2 when it cannot be told");
  add_store(scrub, command);
  scrub.add_flag("--json", command.json, "as a JSON object");
  scrub.add_flag("--deep", command.deep, "read and check every byte");
  CLI::App& gc = add_tier_verb(tier, command, Verb::kTierGc, "gc",
                               "Remove what nobody reads any more; exit 1 when the store refuses some of it");
  add_store(gc, command);
  gc.add_flag("--json", command.json, "as a JSON object");
  gc.add_flag("--dry-run", command.dry_run, "only say what would go");
  gc.add_option("--grace", command.grace_hours, "hours for which it must have been that (24)")
      ->type_name("HOURS")
      ->check(CLI::Range(0, kGraceHoursMax));
}

void build_tier(CLI::App& app, Command& command) {
  CLI::App& tier = *app.add_subcommand("tier", "Look after archived segments while no broker runs on them");
  tier.require_subcommand(1);
  CLI::App& ls = add_tier_verb(tier, command, Verb::kTierLs, "ls", "List segments");
  add_store(ls, command);
  ls.add_flag("--json", command.json, "as a JSON array");
  CLI::App& stat = add_tier_verb(tier, command, Verb::kTierStat, "stat", "Print totals");
  add_store(stat, command);
  stat.add_flag("--json", command.json, "as a JSON object");
  add_segment(
      add_tier_verb(tier, command, Verb::kTierArchive, "archive", "Archive one closed segment of a data directory"),
      command);
  CLI::App& restore =
      add_tier_verb(tier, command, Verb::kTierRestore, "restore", "Bring one archived segment back to local disk");
  add_segment(restore, command);
  add_store(restore, command);
  restore.add_option("--to", command.to, "with --store: the directory that gets the files")->type_name("DIR");
  CLI::App& verify =
      add_tier_verb(tier, command, Verb::kTierVerify, "verify", "Check every archived segment; exit 1 when one is bad");
  add_store(verify, command);
  verify.add_flag("--full", command.full, "read and check every byte, not just sizes and checksums");
  CLI::App& why = add_tier_verb(tier, command, Verb::kTierWhy, "why", "Say why a segment is still local, or still in the store");
  add_segment(why, command);
  why.add_flag("--json", command.json, "as a JSON object");
  build_care(tier, command);
  CLI::App& rewrap = add_tier_verb(tier, command, Verb::kTierRewrap, "rewrap",
                                   "Wrap the data keys of encrypted segments with another key; exit 1 when one could not be");
  add_store(rewrap, command);
  rewrap.add_option("--topic", command.topic, "only this topic")->type_name("TOPIC");
  rewrap
      .add_option("--to", command.to,
                  "key id; without it the topic's takhin.encryption.key.id, else tier.encryption.key.id")
      ->type_name("KEYID");
}

void build_store(CLI::App& app, Command& command) {
  CLI::App& store = *app.add_subcommand("store", "Look at an object store");
  store.require_subcommand(1);
  CLI::App& check = *store.add_subcommand(
      "check", "Try what a store can do, under a prefix of its own; exit 1 when something that takhin needs is missing");
  add_sources(check, command);
  check
      .add_option("url", command.store, "file:///dir or s3://bucket[/prefix]; endpoint, region and keys by --set")
      ->required()
      ->type_name("URL");
  check.callback([&command] { command.verb = Verb::kStoreCheck; });
}

}  // namespace

std::variant<Command, Finished> parse(const std::vector<std::string>& arguments) {
  Command command;
  CLI::App app("takhin: Kafka's log with its cold part in an object store", "takhin");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every verb");

  CLI::App& run = *app.add_subcommand("run", "Run a broker with console, metrics and health");
  add_sources(run, command);
  run.callback([&] { command.verb = Verb::kRun; });
  app.add_subcommand("version", "Print the version")->callback([&] { command.verb = Verb::kVersion; });
  CLI::App& config = *app.add_subcommand("config", "Print every key with its value and where that comes from");
  add_sources(config, command);
  config.add_flag("--check", command.check, "only say whether the configuration is right");
  config.add_option("--docs", command.docs, "print a generated page of docs/")
      ->check(CLI::IsMember({"config", "metrics", "compatibility"}));
  config.callback([&] { command.verb = Verb::kConfig; });
  build_tier(app, command);
  build_store(app, command);
  CLI::App& recover = *app.add_subcommand("recover", "Rebuild a data directory from what its object store has");
  add_sources(recover, command);
  recover.callback([&] { command.verb = Verb::kRecover; });
  recover
      .add_option("--from", command.store,
                  "the store: file:///dir or s3://bucket[/prefix]; endpoint, region and keys by --set")
      ->required()
      ->type_name("URL");
  recover.add_option("--topic", command.topics, "only this topic; may be repeated; NAME.ID where two have one name")
      ->type_name("TOPIC")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);

  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // CLI11 takes them from the back
  try {
    app.parse(reversed);
  } catch (const CLI::CallForAllHelp&) {
    return Finished{0, app.help("", CLI::AppFormatMode::All), ""};
  } catch (const CLI::CallForHelp&) {
    return Finished{0, app.help(), ""};
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return Finished{kWrongUsage, "", "takhin: " + text + " (takhin --help says more)"};
  }
  return command;
}

}  // namespace takhin::app
