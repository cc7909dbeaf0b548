#include "object/credentials.h"

#include <gmock/gmock.h>

#include "os/files.h"
#include "testing/fake_clock.h"
#include "testing/temp_dir.h"

namespace takhin::object {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Profiles : public ::testing::Test {
 protected:
  void write(const std::string& name, std::string_view text) {
    ASSERT_TRUE(write_atomically(files_, directory_ / name, view_of(text)).ok());
  }
  ProfileSource source(std::string profile) {
    return {directory_ / "credentials", directory_ / "config", std::move(profile)};
  }

  takhin::testing::FakeClock clock_;
  takhin::testing::TempDir directory_;
  os::PosixFileSystem files_;
  const Deadline never_ = Deadline::never();
};

TEST_F(Profiles, CredentialsFileThenConfigFile) {
  write("credentials",
        "# comment\r\n[default]\r\naws_access_key_id = AKID1\r\naws_secret_access_key=s=1\r\n\r\n"
        "[work]\naws_access_key_id=AKID2\naws_secret_access_key=s2\naws_session_token = t2\n[empty]\nregion=x\n");
  write("config",
        "[profile other]\n; comment\naws_access_key_id=AKID3\naws_secret_access_key=s3\ns3 =\n  aws_access_key_id = "
        "nested\n"
        "[profile work]\naws_access_key_id=hidden\naws_secret_access_key=hidden\n[half]\n[profile "
        "half]\naws_access_key_id=AKID4\n");
  const auto of = [&](std::string profile) {
    return ProfileCredentials(files_, clock_, source(std::move(profile))).get(never_);
  };
  EXPECT_EQ(of("default")->access_key, "AKID1");
  EXPECT_EQ(of("default")->secret_key, "s=1");
  EXPECT_EQ(of("work")->access_key, "AKID2");
  EXPECT_EQ(of("work")->session_token, "t2");
  EXPECT_EQ(of("other")->access_key, "AKID3");
  EXPECT_EQ(of("half").error().kind, Kind::kInvalid);
  EXPECT_EQ(of("empty").error().kind, Kind::kNotFound);
  EXPECT_EQ(of("none").error().kind, Kind::kNotFound);
}

TEST_F(Profiles, RotatedKeysAreSeenAfterAMinute) {
  write("credentials", "[default]\naws_access_key_id=old\naws_secret_access_key=s\n");
  ProfileCredentials credentials(files_, clock_, source("default"));
  EXPECT_EQ(credentials.get(never_)->access_key, "old");
  write("credentials", "[default]\naws_access_key_id=new\naws_secret_access_key=s\n");
  clock_.advance(std::chrono::seconds(59));
  EXPECT_EQ(credentials.get(never_)->access_key, "old");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(credentials.get(never_)->access_key, "new");
}

TEST_F(Profiles, RefusedKeysAreReadAgainAtOnce) {
  write("credentials", "[default]\naws_access_key_id=old\naws_secret_access_key=s\naws_session_token=t\n");
  ProfileCredentials credentials(files_, clock_, source("default"));
  const Credentials old = *credentials.get(never_);
  write("credentials", "[default]\naws_access_key_id=new\naws_secret_access_key=s\n");
  credentials.refused({"another", "", "", {}});
  EXPECT_EQ(credentials.get(never_)->access_key, "old");
  credentials.refused(old);
  EXPECT_EQ(credentials.get(never_)->access_key, "new");
}

TEST_F(Profiles, ANamedProfileThatIsNotThereIsWrong) {
  write("credentials", "[default]\naws_access_key_id=a\naws_secret_access_key=s\n");
  ProfileSource named = source("typo");
  named.must_exist = true;
  EXPECT_EQ(ProfileCredentials(files_, clock_, named).get(never_).error().kind, Kind::kInvalid);
}

TEST_F(Profiles, AProfileWhoseWayToKeysIsUnknownIsWrongNotAbsent) {
  write("config",
        "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = default\n"
        "[profile process]\ncredential_process = /bin/keys --secret s3cr3t\n"
        "[profile keys]\nrole_arn = r\nAWS_Access_Key_Id = AKID\naws_secret_access_key = s\n");
  for (const auto& [profile, way] : {std::pair("role", "role_arn"), std::pair("process", "credential_process")}) {
    const auto got = ProfileCredentials(files_, clock_, source(profile)).get(never_);
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.error().kind, Kind::kInvalid);
    EXPECT_THAT(got.error().text, HasSubstr(way));
    EXPECT_THAT(got.error().text, Not(HasSubstr("s3cr3t")));
  }
  EXPECT_EQ(ProfileCredentials(files_, clock_, source("keys")).get(never_)->access_key, "AKID");
}

TEST_F(Profiles, PlacesComeFromTheEnvironment) {
  const auto plain = ProfileSource::from({{"HOME", "/home/x"}});
  EXPECT_EQ(plain.credentials_path, "/home/x/.aws/credentials");
  EXPECT_EQ(plain.config_path, "/home/x/.aws/config");
  EXPECT_EQ(plain.profile, "default");
  const auto set = ProfileSource::from(
      {{"HOME", "/home/x"}, {"AWS_PROFILE", "p"}, {"AWS_CONFIG_FILE", "/c"}, {"AWS_SHARED_CREDENTIALS_FILE", "/s"}});
  EXPECT_EQ(set.credentials_path + set.config_path + set.profile, "/s/cp");
  EXPECT_TRUE(set.must_exist);
  EXPECT_FALSE(plain.must_exist);
}

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
