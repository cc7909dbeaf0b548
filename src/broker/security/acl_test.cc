// The rules of ACLs: against an oracle that knows no index, and their file through crashes.

#include "broker/security/acl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "broker/security/authorizer.h"
#include "broker/security/rights.h"
#include "os/files.h"
#include "testing/crash_fs.h"
#include "testing/fake_clock.h"
#include "testing/temp_dir.h"

namespace takhin::broker::security {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Acl acl(ResourceType type, PatternType pattern, std::string name, std::string principal, AclOperation operation,
        Permission permission = Permission::kAllow, std::string host = "*") {
  return {type, pattern, std::move(name), std::move(principal), std::move(host), operation, permission};
}

Acl on_topic(std::string name, AclOperation operation, Permission permission = Permission::kAllow, std::string who = "User:bob") {
  return acl(ResourceType::kTopic, PatternType::kLiteral, std::move(name), std::move(who), operation, permission);
}

// ---- Kafka's rules as its documentation tells them, one ACL after the other

bool covers(const Acl& acl, ResourceType type, std::string_view name) {
  if (acl.type != type) return false;
  return acl.pattern == PatternType::kPrefixed ? name.starts_with(acl.name) : acl.name == name || acl.name == kWildcard;
}

bool is_for(const Acl& acl, std::string_view principal, std::string_view host) {
  return (acl.principal == principal || acl.principal == kEveryone) && (acl.host == host || acl.host == kWildcard);
}

bool implies(AclOperation held, AclOperation wanted) {
  using enum AclOperation;
  if (held == kAll || held == wanted) return true;
  if (wanted == kDescribe) return held == kRead || held == kWrite || held == kDelete || held == kAlter;
  return wanted == kDescribeConfigs && held == kAlterConfigs;
}

bool oracle(const std::vector<Acl>& acls, bool allow_if_none, AclOperation operation, ResourceType type, std::string_view name,
            std::string_view principal, std::string_view host) {
  bool covered = false, allowed = false;
  for (const Acl& one : acls) {
    if (!covers(one, type, name)) continue;
    covered = true;
    if (!is_for(one, principal, host)) continue;
    const bool exact = one.operation == AclOperation::kAll || one.operation == operation;
    if (one.permission == Permission::kDeny && exact) return false;
    if (one.permission == Permission::kAllow && implies(one.operation, operation)) allowed = true;
  }
  return covered ? allowed : allow_if_none;
}

/// Whether some resource of the type is open: of all names that could matter, and one that no ACL names.
bool somewhere_oracle(const std::vector<Acl>& acls, AclOperation operation, ResourceType type, std::string_view principal,
                      std::string_view host) {
  std::vector<std::string> names{"hardcode"};
  for (const Acl& one : acls) {
    if (one.type == type && one.name != kWildcard) names.push_back(one.name);
  }
  // A prefix whose own name is denied as a literal is open a letter further.
  for (std::size_t i = names.size(); i-- > 0;) names.push_back(names[i] + "~");
  return std::ranges::any_of(names, [&](const std::string& name) {
    return oracle(acls, false, operation, type, name, principal, host);
  });
}

class RandomAcls {
 public:
  explicit RandomAcls(std::uint64_t seed) : random_(seed) {}
  std::string name() {
    std::string out;
    const auto length = pick(4);
    for (std::uint64_t i = 0; i < length; ++i) out += static_cast<char>('a' + pick(2));
    return out.empty() ? "c" : out;
  }
  std::string principal() { return std::string(pick(4) == 0 ? "User:carol" : pick(3) == 0 ? "User:bob" : "User:alice"); }
  std::string host() { return pick(2) == 0 ? "10.0.0.1" : "10.0.0.2"; }
  ResourceType type() { return pick(2) == 0 ? ResourceType::kTopic : ResourceType::kGroup; }
  AclOperation operation() { return static_cast<AclOperation>(3 + pick(10)); }
  Acl one() {
    Acl out;
    out.type = type();
    out.pattern = pick(2) == 0 ? PatternType::kLiteral : PatternType::kPrefixed;
    out.name = pick(8) == 0 ? "*" : name();
    out.principal = pick(4) == 0 ? "User:*" : principal();
    out.host = pick(3) == 0 ? host() : "*";
    out.operation = pick(6) == 0 ? AclOperation::kAll : operation();
    out.permission = pick(3) == 0 ? Permission::kDeny : Permission::kAllow;
    return out;
  }
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }

 private:
  std::mt19937_64 random_;
};

TEST(AclIndex, AgreesWithAnOracleOnRandomAcls) {
  std::size_t yes = 0, asked = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    RandomAcls random(seed);
    std::vector<Acl> acls;
    const auto count = random.pick(12);
    for (std::uint64_t i = 0; i < count; ++i) acls.push_back(random.one());
    const AclIndex index(acls);
    for (int i = 0; i < 30; ++i) {
      const auto type = random.type();
      const auto operation = random.operation();
      const std::string name = random.name(), who = random.principal(), host = random.host();
      const Grants grants = index.find(type, name, who, host);
      for (const bool allow_if_none : {false, true}) {
        const bool wanted = oracle(acls, allow_if_none, operation, type, name, who, host);
        const bool got = grants.covered ? (grants.allowed & ~grants.denied & bit(operation)) != 0 : allow_if_none;
        ASSERT_EQ(got, wanted) << "seed " << seed << ": " << name_of(operation) << " on " << name << " by " << who;
        yes += got ? 1 : 0;
        ++asked;
      }
    }
  }
  EXPECT_GT(yes, asked / 20);
  EXPECT_LT(yes, asked - asked / 20);
}

TEST(AclIndex, KnowsWhetherSomeResourceIsOpen) {
  std::size_t yes = 0, asked = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    RandomAcls random(seed);
    std::vector<Acl> acls;
    const auto count = random.pick(8);
    for (std::uint64_t i = 0; i < count; ++i) acls.push_back(random.one());
    // "*" as a prefix is a name of its own, which Kafka's rule for any resource leaves open as this does.
    std::erase_if(acls, [](const Acl& one) { return one.pattern == PatternType::kPrefixed && one.name == kWildcard; });
    const AclIndex index(acls);
    const std::string who = random.principal(), host = random.host();
    const auto type = random.type();
    const bool got = index.allows_somewhere(AclOperation::kWrite, type, who, host);
    ASSERT_EQ(got, somewhere_oracle(acls, AclOperation::kWrite, type, who, host)) << "seed " << seed;
    yes += got ? 1 : 0;
    ++asked;
  }
  EXPECT_GT(yes, asked / 20);
}

TEST(AclIndex, HostsAreAddressesHoweverTheyAreSpelt) {
  const AclIndex index(std::vector<Acl>{
      acl(ResourceType::kTopic, PatternType::kLiteral, "t", "User:bob", AclOperation::kRead, Permission::kAllow,
          "0:0:0:0:0:0:0:1"),
      acl(ResourceType::kTopic, PatternType::kLiteral, "u", "User:bob", AclOperation::kRead, Permission::kAllow, "10.0.0.1")});
  EXPECT_EQ(canonical_host("0:0:0:0:0:0:0:1"), "::1");
  EXPECT_EQ(canonical_host("::ffff:10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(canonical_host("example.org"), "example.org");
  EXPECT_NE(index.find(ResourceType::kTopic, "t", "User:bob", canonical_host("::1")).allowed, 0u);
  EXPECT_NE(index.find(ResourceType::kTopic, "u", "User:bob", canonical_host("::ffff:10.0.0.1")).allowed, 0u);
  EXPECT_EQ(index.find(ResourceType::kTopic, "u", "User:bob", "10.0.0.11").allowed, 0u);
}

// ---- filters

TEST(AclFilter, NamesMeanTheirPatternOrAllThatCoverThem) {
  const std::vector<Acl> all{on_topic("a", AclOperation::kRead), on_topic("ab", AclOperation::kRead),
                             on_topic("*", AclOperation::kRead),
                             acl(ResourceType::kTopic, PatternType::kPrefixed, "a", "User:bob", AclOperation::kRead),
                             acl(ResourceType::kTopic, PatternType::kPrefixed, "ab", "User:bob", AclOperation::kRead)};
  const auto met = [&](PatternType pattern, std::optional<std::string> name) {
    std::string out;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (AclFilter{.pattern = pattern, .name = name}.matches(all[i])) out += static_cast<char>('0' + i);
    }
    return out;
  };
  EXPECT_EQ(met(PatternType::kAny, std::nullopt), "01234");
  EXPECT_EQ(met(PatternType::kMatch, std::nullopt), "01234");
  EXPECT_EQ(met(PatternType::kLiteral, std::nullopt), "012");
  EXPECT_EQ(met(PatternType::kPrefixed, std::nullopt), "34");
  EXPECT_EQ(met(PatternType::kAny, "a"), "03");
  EXPECT_EQ(met(PatternType::kLiteral, "a"), "0");
  EXPECT_EQ(met(PatternType::kPrefixed, "a"), "3");
  EXPECT_EQ(met(PatternType::kMatch, "a"), "023");
  EXPECT_EQ(met(PatternType::kMatch, "abc"), "234");
  EXPECT_EQ(met(PatternType::kLiteral, "*"), "2");
}

TEST(AclFilter, EveryFieldCounts) {
  const Acl one = on_topic("t", AclOperation::kRead);
  EXPECT_TRUE(AclFilter{}.matches(one));
  EXPECT_TRUE((AclFilter{.type = ResourceType::kTopic, .principal = "User:bob", .host = "*", .operation = AclOperation::kRead,
                         .permission = Permission::kAllow}.matches(one)));
  EXPECT_FALSE(AclFilter{.type = ResourceType::kGroup}.matches(one));
  EXPECT_FALSE(AclFilter{.principal = "User:*"}.matches(one)) << "filters name principals, they do not match them";
  EXPECT_FALSE(AclFilter{.host = "10.0.0.1"}.matches(one));
  EXPECT_FALSE(AclFilter{.operation = AclOperation::kAll}.matches(one));
  EXPECT_FALSE(AclFilter{.permission = Permission::kDeny}.matches(one));
}

TEST(Acl, FlawsAreToldInKafkasWords) {
  const Acl good = on_topic("t", AclOperation::kRead);
  EXPECT_EQ(flaw_of(good), "");
  const auto with = [&](auto change) {
    Acl bad = good;
    change(bad);
    return flaw_of(bad);
  };
  EXPECT_EQ(with([](Acl& a) { a.type = ResourceType::kAny; }), "Invalid resourceType");
  EXPECT_EQ(with([](Acl& a) { a.type = static_cast<ResourceType>(99); }), "Invalid resourceType");
  EXPECT_EQ(with([](Acl& a) { a.type = static_cast<ResourceType>(-1); }), "Invalid resourceType");
  EXPECT_EQ(with([](Acl& a) { a.pattern = PatternType::kMatch; }), "Invalid patternType");
  EXPECT_EQ(with([](Acl& a) { a.operation = AclOperation::kAny; }), "Invalid operation");
  EXPECT_EQ(with([](Acl& a) { a.operation = static_cast<AclOperation>(16); }), "Invalid operation");
  EXPECT_EQ(with([](Acl& a) { a.permission = Permission::kUnknown; }), "Invalid permissionType");
  EXPECT_EQ(with([](Acl& a) { a.name.clear(); }), "Invalid empty resource name");
  EXPECT_THAT(with([](Acl& a) { a.type = ResourceType::kCluster; }), HasSubstr("kafka-cluster"));
  EXPECT_THAT(with([](Acl& a) { a.principal = "bob"; }), HasSubstr("no colon"));
  EXPECT_THAT(with([](Acl& a) { a.host.clear(); }), HasSubstr("host"));
  EXPECT_THAT(with([](Acl& a) { a.name = std::string(2000, 'x'); }), HasSubstr("too long"));
  EXPECT_THAT(flaw_of(AclFilter{.type = ResourceType::kUnknown}), HasSubstr("resourceType"));
}

// ---- the file

class AuthorizerTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Authorizer>> open(AuthorizerOptions options = {.enabled = true}) {
    return Authorizer::open(files, "/d/acls", std::move(options));
  }
  void SetUp() override { ASSERT_TRUE(files.make_dirs("/d").ok() && files.sync_dir("/").ok()); }
  takhin::testing::CrashFs files;
};

TEST_F(AuthorizerTest, WhatWasMadeIsThereAfterAPowerCutAndWhatWasRemovedIsNot) {
  auto made = *open();
  const Acl odd = acl(ResourceType::kTopic, PatternType::kPrefixed, "na me\n*", "User:CN=x, O=\"y\"", AclOperation::kAll,
                      Permission::kDeny, "10.0.0.1");
  ASSERT_TRUE(made->create({on_topic("a", AclOperation::kRead), odd, on_topic("b", AclOperation::kWrite)}).ok());
  ASSERT_TRUE(made->create({on_topic("a", AclOperation::kRead)}).ok()) << "made twice is made";
  const auto removed = made->remove({{.name = "b"}, {.name = "nobody"}});
  ASSERT_TRUE(removed.ok());
  EXPECT_THAT(removed->at(0), ElementsAre(on_topic("b", AclOperation::kWrite)));
  EXPECT_THAT(removed->at(1), IsEmpty());
  files.power_loss(1);
  made = *open();
  EXPECT_EQ(made->list({}).size(), 2u);
  EXPECT_THAT(made->list({.pattern = PatternType::kPrefixed}), ElementsAre(odd));
  EXPECT_TRUE(made->index()->find(ResourceType::kTopic, "a", "User:bob", "h").covered);
  EXPECT_FALSE(made->index()->find(ResourceType::kTopic, "b", "User:bob", "h").covered);
}

TEST_F(AuthorizerTest, ACrashAtAnyStepLeavesTheOldOrTheNew) {
  ASSERT_TRUE((*open())->create({on_topic("old", AclOperation::kRead)}).ok());
  for (std::uint64_t steps = 0; steps < 12; ++steps) {
    auto made = *open();
    files.stop_after(steps);
    const bool told = made->create({on_topic("new", AclOperation::kRead)}).ok();
    // Nothing is in force that was not kept.
    EXPECT_EQ(made->index()->find(ResourceType::kTopic, "new", "User:bob", "h").covered, told) << steps;
    files.power_loss(steps + 1);
    made = *open();
    EXPECT_EQ(made->list({.name = "old"}).size(), 1u) << steps;
    EXPECT_TRUE(!told || made->list({.name = "new"}).size() == 1) << steps;
    ASSERT_TRUE(made->remove({{.name = "new"}}).ok());
  }
}

TEST_F(AuthorizerTest, ADamagedFileOpensNothing) {
  ASSERT_TRUE((*open())->create({on_topic("a", AclOperation::kRead)}).ok());
  const std::uint64_t size = files.stat("/d/acls")->size;
  for (std::uint64_t at = 0; at < size; ++at) {
    files.flip("/d/acls", at);
    const auto opened = open();
    ASSERT_FALSE(opened.ok()) << at;
    EXPECT_EQ(opened.error().kind, Kind::kCorrupt);
    files.flip("/d/acls", at);
  }
  EXPECT_TRUE(open().ok());
}

TEST_F(AuthorizerTest, ThereIsALimit) {
  auto made = *open();
  std::vector<Acl> many;
  for (std::size_t i = 0; i < kAclsMax; ++i) many.push_back(on_topic(std::to_string(i), AclOperation::kRead));
  ASSERT_TRUE(made->create(many).ok());
  const auto more = made->create({on_topic("one more", AclOperation::kRead)});
  ASSERT_FALSE(more.ok());
  EXPECT_EQ(more.error().kind, Kind::kExhausted);
  EXPECT_EQ(made->list({}).size(), kAclsMax);
}

// ---- rights

TEST_F(AuthorizerTest, RightsOfARequest) {
  auto made = *open({.enabled = true, .super_users = {"User:root"}});
  ASSERT_TRUE(made->create({on_topic("t", AclOperation::kWrite), on_topic("u", AclOperation::kWrite, Permission::kDeny)}).ok());
  Rights root(*made, "root", "10.0.0.1:1");
  EXPECT_TRUE(root.may_in_cluster(AclOperation::kAlter));
  EXPECT_EQ(root.operations(ResourceType::kCluster, kClusterName), 8096);
  Rights bob(*made, "bob", "10.0.0.1:1");
  EXPECT_TRUE(bob.may(AclOperation::kDescribe, ResourceType::kTopic, "t")) << "implied";
  EXPECT_TRUE(bob.may_somewhere(AclOperation::kWrite, ResourceType::kTopic));
  EXPECT_EQ(bob.operations(ResourceType::kTopic, "t"), (1 << 4) | (1 << 8));
  EXPECT_TRUE(bob.denied().empty());
  EXPECT_FALSE(bob.sees(AclOperation::kRead, ResourceType::kTopic, "u"));
  EXPECT_TRUE(bob.denied().empty()) << "nobody was told no";
  EXPECT_FALSE(bob.may(AclOperation::kWrite, ResourceType::kTopic, "u'\n"));
  EXPECT_EQ(bob.denied().text(), "WRITE on TOPIC 'u\\x27\\x0a'");
  Rights carol(*made, "carol", "10.0.0.1:1");
  EXPECT_FALSE(carol.may_somewhere(AclOperation::kWrite, ResourceType::kTopic));

  auto off = *open({.enabled = false});
  EXPECT_TRUE(Rights(*off, "bob", "h:1").may(AclOperation::kWrite, ResourceType::kTopic, "u"));
  auto lenient = *open({.enabled = true, .allow_if_no_acl = true, .super_users = {}});
  EXPECT_TRUE(Rights(*lenient, "bob", "h:1").may(AclOperation::kRead, ResourceType::kTopic, "other"));
  EXPECT_FALSE(Rights(*lenient, "bob", "h:1").may(AclOperation::kRead, ResourceType::kTopic, "t"));
  EXPECT_TRUE(Rights(*lenient, "carol", "h:1").may_somewhere(AclOperation::kWrite, ResourceType::kTopic));
}

// ---- the audit log

TEST(Audit, TextOfStrangersStaysOneShortWord) {
  EXPECT_EQ(security::quoted("plain"), "'plain'");
  EXPECT_EQ(security::quoted("a'b\\c\nd\xc2\x85"), "'a\\x27b\\x5cc\\x0ad\\xc2\\x85'");
  EXPECT_EQ(security::quoted(std::string(300, 'x')), "'" + std::string(256, 'x') + "...'");
  AuditNames names;
  for (int i = 0; i < 10; ++i) names.add(std::to_string(i));
  EXPECT_EQ(names.text(), "0, 1, 2, 3, 4, 5, 6, 7 and 2 more");
}

TEST(Audit, AFloodIsCountedNotWritten) {
  takhin::testing::FakeClock clock;
  LineGate gate(clock);
  std::uint64_t left_out = 0;
  int through = 0;
  for (int i = 0; i < 2000; ++i) through += gate.pass(left_out) ? 1 : 0;
  EXPECT_EQ(through, static_cast<int>(kAuditLinesAtOnce));
  clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(gate.pass(left_out));
  EXPECT_EQ(left_out, 1500u);
  EXPECT_TRUE(gate.pass(left_out));
  EXPECT_EQ(left_out, 0u);
}

}  // namespace
}  // namespace takhin::broker::security
