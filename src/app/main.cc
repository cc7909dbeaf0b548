#include <fmt/format.h>

#include <cstdio>

#include "app/cli.h"
#include "app/commands.h"

namespace takhin::app {
namespace {

int dispatch(const Command& command) {
  switch (command.verb) {
    case Verb::kRun: return run(command);
    case Verb::kVersion: return print_version();
    case Verb::kConfig: return print_config(command);
    case Verb::kStoreCheck: return check_store(command);
    case Verb::kRecover: return recover(command);
    case Verb::kTierScrub:
    case Verb::kTierGc: return tier_care(command);
    default: return tier(command);
  }
}

int main(std::vector<std::string> arguments) {
  const auto parsed = parse(arguments);
  if (const auto* command = std::get_if<Command>(&parsed)) return dispatch(*command);
  const auto& finished = std::get<Finished>(parsed);
  fmt::print(stdout, "{}", finished.out);
  if (!finished.err.empty()) complain(finished.err);
  return finished.exit_code;
}

}  // namespace
}  // namespace takhin::app

int main(int count, char** arguments) { return takhin::app::main({arguments + 1, arguments + count}); }
