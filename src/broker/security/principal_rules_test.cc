#include "broker/security/principal_rules.h"

#include <gmock/gmock.h>

namespace takhin::broker::security {
namespace {

using ::testing::HasSubstr;

std::optional<std::string> applied(std::string_view rules, std::string_view name) {
  const auto parsed = PrincipalRules::parse(rules);
  EXPECT_TRUE(parsed.ok()) << rules << ": " << parsed.error().text;
  return parsed.ok() ? parsed->apply(name) : std::nullopt;
}

// The examples of Kafka's documentation.
TEST(PrincipalRules, MapAsKafkaDoes) {
  constexpr std::string_view kRules =
      "RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/,"
      "RULE:^CN=(.*?),OU=(.*?),O=(.*?),L=(.*?),ST=(.*?),C=(.*?)$/$1@$2/L,"
      "RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/L,"
      "DEFAULT";
  EXPECT_EQ(applied(kRules, "CN=serviceuser,OU=ServiceUsers,O=Unknown,L=Unknown,ST=Unknown,C=Unknown"), "serviceuser");
  EXPECT_EQ(applied(kRules, "CN=adminUser,OU=Admin,O=Unknown,L=Unknown,ST=Unknown,C=Unknown"), "adminuser@admin");
  EXPECT_EQ(applied(kRules, "OU=x,cn=Bob.B,O=y"), "bob.b");
  EXPECT_EQ(applied(kRules, "OU=JCEU,O=Org"), "OU=JCEU,O=Org");
}

TEST(PrincipalRules, TheFirstThatMatchesTheWholeNameCounts) {
  EXPECT_EQ(applied("", "CN=a"), "CN=a");
  EXPECT_EQ(applied(" DEFAULT ", "CN=a"), "CN=a");
  EXPECT_EQ(applied("RULE:CN=(\\w+)/$1/U, DEFAULT", "CN=abc"), "ABC");
  EXPECT_EQ(applied("RULE:CN=(\\w+)/$1/U , DEFAULT", "CN=abc,O=x"), "CN=abc,O=x");
  EXPECT_EQ(applied("RULE:CN=(\\w+)/$1/", "CN=abc,O=x"), std::nullopt);
  EXPECT_EQ(applied("RULE:CN=a\\/b/c\\/$0/", "CN=a/b"), "c/CN=a/b");
  EXPECT_EQ(applied("RULE:CN=(.*)/x\\\\$1\\$/", "CN=a"), "x\\a$");
  EXPECT_EQ(applied("RULE:CN=(a{1,3}),O=.*/$1/L", "CN=aa,O=B"), "aa");
}

TEST(PrincipalRules, WhatIsNoRuleIsRefused) {
  for (const auto& [rules, why] :
       {std::pair("RULE:a/b", "a rule is"), {"RULE:a", "a rule is"}, {"rule:a/b/", "begins with"}, {"RULE:(a/b/", "missing"},
        {"RULE:a/$1/", "a"}, {"RULE:a/b/X", "L or U"}, {"DEFAULT,", "follow a comma"}, {"DEFAULT DEFAULT", "must follow a rule"},
        {"RULE:(?=a)a/b/", "(?"}, {"RULE:a/b/LU", "L or U"}}) {
    const auto parsed = PrincipalRules::parse(rules);
    ASSERT_FALSE(parsed.ok()) << rules;
    EXPECT_THAT(parsed.error().text, HasSubstr(why)) << rules;
  }
}

}  // namespace
}  // namespace takhin::broker::security
