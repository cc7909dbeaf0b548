#include "object/credentials.h"

#include <gmock/gmock.h>

namespace takhin::object {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EnvironmentCredentials, NeedsBothKeys) {
  const auto get = [](std::map<std::string, std::string> environment) {
    return EnvironmentCredentials(environment).get(Deadline::never());
  };
  const auto all = get({{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}, {"AWS_SESSION_TOKEN", "c"}});
  EXPECT_EQ(all->access_key + all->secret_key + all->session_token, "abc");
  EXPECT_EQ(get({}).error().kind, Kind::kNotFound);
  EXPECT_EQ(get({{"AWS_ACCESS_KEY_ID", "a"}}).error().kind, Kind::kInvalid);
  const auto half = get({{"AWS_SECRET_ACCESS_KEY", "s3cr3t"}});
  EXPECT_EQ(half.error().kind, Kind::kInvalid);
  EXPECT_THAT(half.error().text, Not(HasSubstr("s3cr3t")));
}

TEST(CredentialsChain, TheFirstThatHasSomeWinsAndBrokenOnesStopIt) {
  const auto chain = [](std::vector<std::map<std::string, std::string>> environments) {
    std::vector<std::unique_ptr<CredentialsProvider>> sources;
    sources.push_back(std::make_unique<StaticCredentials>(Credentials{}));
    for (auto& environment : environments) sources.push_back(std::make_unique<EnvironmentCredentials>(environment));
    return CredentialsChain(std::move(sources)).get(Deadline::never());
  };
  const std::map<std::string, std::string> full = {{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}};
  EXPECT_EQ(chain({{}, full})->access_key, "a");
  EXPECT_EQ(chain({{{"AWS_ACCESS_KEY_ID", "a"}}, full}).error().kind, Kind::kInvalid);
  EXPECT_EQ(chain({}).error().kind, Kind::kNotFound);
  EXPECT_THAT(chain({{}}).error().text, HasSubstr("AWS_ACCESS_KEY_ID is not set"));
}

}  // namespace
}  // namespace takhin::object
