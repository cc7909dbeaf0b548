// What it costs to ask whether a client may: a request's first question, and each further one. Every answer is checked.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "broker/security/rights.h"
#include "os/files.h"
#include "testing/temp_dir.h"

namespace takhin::broker::security {
namespace {

/// `count` ACLs: of a thousand users, half for a topic by its name, half for prefixes of 16 lengths.
class Bed {
 public:
  explicit Bed(std::size_t count) {
    authorizer_ = *Authorizer::open(files_, dir_ / "acls", {.enabled = true, .allow_if_no_acl = false, .super_users = {}});
    std::vector<Acl> acls;
    for (std::size_t i = 0; i < count; ++i) {
      const bool prefix = i % 2 == 1;
      const std::string name = prefix ? fmt::format("p{}{}.", std::string(i % 16, 'x'), i) : topic(i);
      acls.push_back({ResourceType::kTopic, prefix ? PatternType::kPrefixed : PatternType::kLiteral, name, user(i), "*",
                      AclOperation::kRead, Permission::kAllow});
    }
    TAKHIN_ASSERT(authorizer_->create(acls).ok(), "ACLs are made");
  }
  static std::string topic(std::size_t i) { return fmt::format("orders.region-{}", i); }
  static std::string user(std::size_t i) { return fmt::format("User:service-{}", i % 1000); }
  const Authorizer& authorizer() const { return *authorizer_; }

 private:
  testing::TempDir dir_;
  os::PosixFileSystem files_;
  std::unique_ptr<Authorizer> authorizer_;
};

void BM_AccessQuestion(benchmark::State& state) {
  const Bed bed(static_cast<std::size_t>(state.range(0)));
  const std::size_t topics = std::min<std::size_t>(1000, static_cast<std::size_t>(state.range(0)) / 2);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < topics; ++i) names.push_back(Bed::topic(2 * i % 1000));
  std::vector<std::unique_ptr<Rights>> rights;
  for (std::size_t i = 0; i < topics; ++i) {
    rights.push_back(std::make_unique<Rights>(bed.authorizer(), Bed::user(2 * i).substr(5), "10.0.0.1:5000"));
  }
  std::size_t at = 0;
  for (auto _ : state) {
    const bool allowed = rights[at]->sees(AclOperation::kRead, ResourceType::kTopic, names[at]);
    TAKHIN_ASSERT(allowed, "the ACL is there");
    at = at + 1 < topics ? at + 1 : 0;
  }
}
BENCHMARK(BM_AccessQuestion)->Arg(10)->Arg(1000)->Arg(50'000);

/// With the snapshot of the ACLs, and the caller's name and host.
void BM_AccessFirstQuestion(benchmark::State& state) {
  const Bed bed(static_cast<std::size_t>(state.range(0)));
  const std::string name = Bed::topic(0), user = Bed::user(0).substr(5), peer = "10.0.0.1:5000";
  for (auto _ : state) {
    Rights rights(bed.authorizer(), user, peer);
    TAKHIN_ASSERT(rights.may(AclOperation::kRead, ResourceType::kTopic, name), "the ACL is there");
  }
}
BENCHMARK(BM_AccessFirstQuestion)->Arg(1000);

/// One change among so many: the file is written and the index built anew.
void BM_AccessChange(benchmark::State& state) {
  Bed bed(static_cast<std::size_t>(state.range(0)));
  auto& authorizer = const_cast<Authorizer&>(bed.authorizer());
  std::size_t at = 0;
  for (auto _ : state) {
    const Acl one{ResourceType::kGroup, PatternType::kLiteral, fmt::format("g{}", at++), "User:x", "*", AclOperation::kRead,
                  Permission::kAllow};
    TAKHIN_ASSERT(authorizer.create({one}).ok(), "made");
    TAKHIN_ASSERT(authorizer.remove({{.name = one.name}}).ok(), "removed");
  }
}
BENCHMARK(BM_AccessChange)->Arg(1000)->Arg(20'000)->Iterations(20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace takhin::broker::security
