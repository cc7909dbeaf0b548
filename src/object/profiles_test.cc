// Profiles of the AWS tools' files, against fakes of the services they name and with real programs.
#include "object/profiles.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "object/credential_text.h"
#include "object/refreshing.h"
#include "object/remote_credentials.h"
#include "object/s3/sigv4.h"
#include "os/clock.h"
#include "os/command.h"
#include "os/files.h"
#include "testing/fake_clock.h"
#include "testing/http_server.h"
#include "testing/temp_dir.h"

namespace takhin::object {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using takhin::testing::HttpServer;
using Request = HttpServer::Request;
using Reply = HttpServer::Reply;

class Profiles : public ::testing::Test {
 protected:
  void write(const std::string& name, std::string_view text) {
    ASSERT_TRUE(write_atomically(files_, directory_ / name, view_of(text)).ok());
  }
  ProfileSource source(std::string profile) {
    return {directory_ / "credentials", directory_ / "config", std::move(profile)};
  }
  ProfileCredentials credentials(ProfileSource source) {
    return {files_, clock_, std::move(source), {*sts_, *beside_, &commands_, environment_, "eu-west-1"}};
  }
  ProfileCredentials profile(std::string name) { return credentials(source(std::move(name))); }
  /// The error of a profile that gives nothing.
  Error refusal_of(const std::string& name) {
    const auto got = profile(name).get(never_);
    EXPECT_FALSE(got.ok()) << name;
    return got.ok() ? Error{} : got.error();
  }
  /// A program that prints `text`.
  std::string program(const std::string& name, std::string_view text) {
    write(name, text);
    EXPECT_EQ(::chmod((directory_ / name).c_str(), 0700), 0);
    return directory_ / name;
  }

  takhin::testing::FakeClock clock_;
  os::SystemClock real_clock_;
  os::SystemCommands commands_;
  Environment environment_;
  const std::unique_ptr<HttpTransport> sts_ = make_curl_transport(metadata_http(), clock_);
  const std::unique_ptr<HttpTransport> beside_ = make_curl_transport(metadata_http(), clock_);
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
    return credentials(source(std::move(profile))).get(never_);
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
  ProfileCredentials keys = credentials(source("default"));
  EXPECT_EQ(keys.get(never_)->access_key, "old");
  write("credentials", "[default]\naws_access_key_id=new\naws_secret_access_key=s\n");
  clock_.advance(std::chrono::seconds(59));
  EXPECT_EQ(keys.get(never_)->access_key, "old");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(keys.get(never_)->access_key, "new");
}

TEST_F(Profiles, RefusedKeysAreReadAgainAtOnce) {
  write("credentials", "[default]\naws_access_key_id=old\naws_secret_access_key=s\naws_session_token=t\n");
  ProfileCredentials keys = credentials(source("default"));
  const Credentials old = *keys.get(never_);
  write("credentials", "[default]\naws_access_key_id=new\naws_secret_access_key=s\n");
  keys.refused({"another", "", "", {}});
  EXPECT_EQ(keys.get(never_)->access_key, "old");
  keys.refused(old);
  EXPECT_EQ(keys.get(never_)->access_key, "new");
}

TEST_F(Profiles, ANamedProfileThatIsNotThereIsWrong) {
  write("credentials", "[default]\naws_access_key_id=a\naws_secret_access_key=s\n");
  ProfileSource named = source("typo");
  named.must_exist = true;
  EXPECT_EQ(credentials(named).get(never_).error().kind, Kind::kInvalid);
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

std::string assumed_role(std::string_view key, std::string_view expiration) {
  return fmt::format(
      R"(<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>)"
      "<AccessKeyId>{}</AccessKeyId><SecretAccessKey>r0le-s3cr3t</SecretAccessKey><SessionToken>r0le-t0k3n</SessionToken>"
      "<Expiration>{}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
      key, expiration);
}

/// What STS would make of a signature: the same signer over what arrived.
std::string expected_authorization(const Request& request, const Credentials& with, const std::string& region) {
  s3::SignedParts parts{.method = request.method, .path = "/", .query = {}, .headers = {}, .payload_hash = {}};
  const std::string hash = s3::sha256_hex(view_of(request.body));
  parts.payload_hash = hash;
  for (const char* name : {"content-type", "host", "x-amz-date", "x-amz-security-token"}) {
    const auto found = request.headers.find(name);
    if (found != request.headers.end()) parts.headers.emplace_back(name, found->second);
  }
  return s3::Signer(region, "sts").authorization(with, request.headers.at("x-amz-date"), parts);
}

TEST_F(Profiles, ARoleIsAssumedWithTheKeysOfItsSource) {
  HttpServer sts([](const Request&) { return Reply{.body = assumed_role("ASIAROLE", "2033-05-18T03:33:20Z")}; });
  environment_ = {{"AWS_ENDPOINT_URL_STS", sts.url("/")}};
  write("credentials", "[base]\naws_access_key_id=AKIDBASE\naws_secret_access_key=b4se\naws_session_token=t\n");
  write("config",
        "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nregion = ap-south-1\n"
        "role_session_name = me\nexternal_id = e/1\nduration_seconds = 3600\n");
  ProfileCredentials role = profile("role");
  const auto got = role.get(never_);
  ASSERT_TRUE(got.ok()) << got.error().text;
  EXPECT_EQ(got->access_key + " " + got->secret_key + " " + got->session_token, "ASIAROLE r0le-s3cr3t r0le-t0k3n");
  EXPECT_EQ(got->expires, TimestampMs{2'000'000'000'000});
  const Request request = sts.requests().at(0);
  EXPECT_EQ(request.method + " " + request.target, "POST /");
  EXPECT_EQ(request.body,
            "Action=AssumeRole&DurationSeconds=3600&ExternalId=e%2F1&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&"
            "RoleSessionName=me&Version=2011-06-15");
  EXPECT_EQ(request.headers.at("x-amz-security-token"), "t");
  EXPECT_EQ(request.headers.at("authorization"),
            expected_authorization(request, {"AKIDBASE", "b4se", "t", {}}, "ap-south-1"));
  (void)role.get(never_);
  EXPECT_EQ(sts.requests().size(), 1u) << "remembered";
  clock_.jump_wall(std::chrono::milliseconds(2'000'000'000'000 - 60'000 - clock_.wall().raw));
  clock_.advance(std::chrono::hours(1));
  (void)role.get(never_);
  EXPECT_EQ(sts.requests().size(), 2u) << "and asked again before they run out, though the files are the same";
}

TEST_F(Profiles, ARoleIsAssumedFromARoleAndFromItself) {
  HttpServer sts([](const Request& request) {
    const bool first = request.body.find("first") != std::string::npos;
    return Reply{.body = assumed_role(first ? "ASIAFIRST" : "ASIASECOND", "2133-05-18T03:33:20Z")};
  });
  environment_ = {{"AWS_ENDPOINT_URL_STS", sts.url()}, {"AWS_REGION", "us-west-2"}};
  write("config",
        "[profile second]\nrole_arn = second\nsource_profile = first\n"
        "[profile first]\nrole_arn = first\nsource_profile = first\naws_access_key_id=AKID\naws_secret_access_key=k\n");
  EXPECT_EQ(profile("second").get(never_)->access_key, "ASIASECOND");
  ASSERT_EQ(sts.requests().size(), 2u);
  EXPECT_THAT(sts.requests()[0].headers.at("authorization"), HasSubstr("Credential=AKID/"));
  EXPECT_THAT(sts.requests()[1].headers.at("authorization"), HasSubstr("Credential=ASIAFIRST/"));
  EXPECT_THAT(sts.requests()[1].headers.at("authorization"), HasSubstr("/us-west-2/sts/aws4_request"));
  EXPECT_THAT(sts.requests()[1].body, HasSubstr("RoleSessionName=takhin"));
}

TEST_F(Profiles, ARoleIsAssumedWithWhatCredentialSourceNames) {
  HttpServer sts([](const Request&) { return Reply{.body = assumed_role("ASIAROLE", "2133-05-18T03:33:20Z")}; });
  HttpServer agent([](const Request&) {
    return Reply{.body = R"({"AccessKeyId":"ASIAECS","SecretAccessKey":"e","Token":"t","Expiration":"2133-05-18T03:33:20Z"})"};
  });
  HttpServer imds([](const Request& request) {
    if (request.method == "PUT") return Reply{.body = "token"};
    if (request.target.ends_with("/security-credentials/")) return Reply{.body = "role"};
    return Reply{.body = R"({"AccessKeyId":"ASIAEC2","SecretAccessKey":"e","Token":"t","Expiration":"2133-05-18T03:33:20Z"})"};
  });
  environment_ = {{"AWS_ENDPOINT_URL_STS", sts.url()},
                  {"AWS_ACCESS_KEY_ID", "AKIDENV"},
                  {"AWS_SECRET_ACCESS_KEY", "v"},
                  {"AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url()},
                  {"AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url()}};
  write("config",
        "[profile environment]\nrole_arn = r\ncredential_source = Environment\n"
        "[profile ecs]\nrole_arn = r\ncredential_source = EcsContainer\n"
        "[profile ec2]\nrole_arn = r\ncredential_source = Ec2InstanceMetadata\n");
  const std::pair<const char*, const char*> sources[] = {{"environment", "AKIDENV"}, {"ecs", "ASIAECS"}, {"ec2", "ASIAEC2"}};
  for (const auto& [name, key] : sources) {
    EXPECT_EQ(profile(name).get(never_)->access_key, "ASIAROLE") << name;
    EXPECT_THAT(sts.requests().back().headers.at("authorization"), HasSubstr(fmt::format("Credential={}/", key)));
  }
  environment_ = {{"AWS_ENDPOINT_URL_STS", sts.url()}};
  EXPECT_EQ(refusal_of("environment").kind, Kind::kInvalid) << "asked for, so not to be skipped";
  EXPECT_EQ(sts.requests().size(), 3u);
}

TEST_F(Profiles, ARoleThatStsRefusesIsDenied) {
  HttpServer sts([](const Request&) {
    return Reply{.status = 403,
                 .body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>k3y</Message></Error></ErrorResponse>"};
  });
  environment_ = {{"AWS_ENDPOINT_URL_STS", sts.url()}};
  write("config", "[profile role]\nrole_arn = r\nsource_profile = role\naws_access_key_id=AKID\naws_secret_access_key=k3y\n");
  const Error error = refusal_of("role");
  EXPECT_EQ(error.kind, Kind::kDenied);
  EXPECT_THAT(error.text, HasSubstr("403 AccessDenied"));
  EXPECT_THAT(error.text, Not(HasSubstr("k3y")));
}

TEST_F(Profiles, AProfileCanHoldAWebIdentity) {
  HttpServer sts([](const Request&) {
    std::string body = assumed_role("ASIAWEB", "2133-05-18T03:33:20Z");
    for (const char* name : {"AssumeRoleResponse", "AssumeRoleResult"}) {
      for (std::size_t at = 0; (at = body.find(name, at)) != std::string::npos; at += 20) body.insert(at + 10, "WithWebIdentity");
    }
    return Reply{.body = body};
  });
  environment_ = {{"AWS_ENDPOINT_URL_STS", sts.url()}};
  write("token", "web-t0k3n\n");
  write("config", fmt::format("[profile web]\nrole_arn = r\nweb_identity_token_file = {}\n", directory_ / "token"));
  const auto got = profile("web").get(never_);
  ASSERT_TRUE(got.ok()) << got.error().text;
  EXPECT_EQ(got->access_key, "ASIAWEB");
  EXPECT_THAT(sts.requests().at(0).body, HasSubstr("WebIdentityToken=web-t0k3n"));
}

TEST_F(Profiles, WhatNeedsAPersonIsRefusedInSoManyWords) {
  write("config",
        "[profile mfa]\nrole_arn = r\nsource_profile = mfa\nmfa_serial = arn:aws:iam::1:mfa/me\naws_access_key_id=AKID\n"
        "aws_secret_access_key=s3cr3t\n[profile sso]\nsso_session = corp\nsso_account_id = 1\n"
        "[profile old]\nsso_start_url = https://x\n[profile viasso]\nrole_arn = r\nsource_profile = sso\n");
  for (const auto& [name, word] : {std::pair("mfa", "MFA device"), std::pair("sso", "logs in (sso_session)"),
                                   std::pair("old", "logs in (sso_start_url)"), std::pair("viasso", "logs in (sso_session)")}) {
    const Error error = refusal_of(name);
    EXPECT_EQ(error.kind, Kind::kInvalid) << name;
    EXPECT_THAT(error.text, HasSubstr(word));
    EXPECT_THAT(error.text, Not(HasSubstr("s3cr3t")));
  }
}

TEST_F(Profiles, RolesThatLeadNowhereAreWrong) {
  write("config",
        "[profile alone]\nrole_arn = r\n[profile gone]\nrole_arn = r\nsource_profile = nobody\n"
        "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n"
        "[profile both]\nrole_arn = r\nsource_profile = a\ncredential_source = Environment\n"
        "[profile strange]\nrole_arn = r\ncredential_source = Moon\n"
        "[profile long]\nrole_arn = r\nsource_profile = keys\nduration_seconds = 899\n"
        "[profile keys]\nrole_arn = r\nAWS_Access_Key_Id = AKID\naws_secret_access_key = s\n");
  for (const auto& [name, word] :
       {std::pair("alone", "no source_profile"), std::pair("gone", "no keys of profile nobody"), std::pair("a", "circle"),
        std::pair("both", "exclude"), std::pair("strange", "credential_source is not"), std::pair("long", "duration_seconds")}) {
    const Error error = refusal_of(name);
    EXPECT_EQ(error.kind, Kind::kInvalid) << name;
    EXPECT_THAT(error.text, HasSubstr(word)) << name;
  }
  EXPECT_EQ(profile("keys").get(never_)->access_key, "AKID");
  std::string chain;
  for (int i = 0; i < 8; ++i) chain += fmt::format("[profile c{}]\nrole_arn = r\nsource_profile = c{}\n", i, i + 1);
  write("config", chain);
  EXPECT_THAT(refusal_of("c0").text, HasSubstr("in a row"));
}

TEST_F(Profiles, AProgramPrintsTheKeysAndIsRunAgainBeforeTheyRunOut) {
  const std::string path = program("get keys", fmt::format(
      "#!/bin/sh\necho \"$1\" >> {}\necho '{{\"Version\":1,\"AccessKeyId\":\"ASIAPROC\",\"SecretAccessKey\":\"pr0c\",'"
      "'\"SessionToken\":\"t0k3n\",\"Expiration\":\"2033-05-18T03:33:20Z\"}}'\n", directory_ / "runs"));
  write("config", fmt::format("[profile process]\ncredential_process = '{}' \"an argument $HOME\"\n", path));
  ProfileCredentials process = profile("process");
  const auto got = process.get(never_);
  ASSERT_TRUE(got.ok()) << got.error().text;
  EXPECT_EQ(got->access_key + got->secret_key + got->session_token, "ASIAPROCpr0ct0k3n");
  EXPECT_EQ(got->expires, TimestampMs{2'000'000'000'000});
  clock_.advance(std::chrono::minutes(2));
  (void)process.get(never_);
  EXPECT_EQ(text_of(*read_whole(files_, directory_ / "runs")), "an argument $HOME\n") << "once, and without a shell";
  clock_.jump_wall(std::chrono::milliseconds(2'000'000'000'000 - 60'000 - clock_.wall().raw));
  clock_.advance(std::chrono::minutes(2));
  (void)process.get(never_);
  EXPECT_EQ(text_of(*read_whole(files_, directory_ / "runs")), "an argument $HOME\nan argument $HOME\n");
}

TEST_F(Profiles, AProgramIsLookedForInThePath) {
  program("keys-of-mine", "#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}'\n");
  write("config", "[profile process]\ncredential_process = keys-of-mine\n");
  EXPECT_THAT(refusal_of("process").text, HasSubstr("not in PATH"));
  environment_ = {{"PATH", "relative:/nowhere:" + directory_.path()}};
  const auto got = profile("process").get(never_);
  ASSERT_TRUE(got.ok()) << got.error().text;
  EXPECT_EQ(got->access_key, "A");
  EXPECT_FALSE(got->expires);
}

TEST_F(Profiles, ProgramsThatFailTellNothing) {
  const auto of = [&](std::string_view body) {
    program("p", fmt::format("#!/bin/sh\n{}\n", body));
    write("config", fmt::format("[profile p]\ncredential_process = {} --password s3cr3t\n", directory_ / "p"));
    const Error error = refusal_of("p");
    EXPECT_THAT(error.text, Not(HasSubstr("s3cr3t"))) << body;
    EXPECT_THAT(error.text, HasSubstr("credential_process")) << body;
    return error.kind;
  };
  EXPECT_EQ(of("echo s3cr3t; exit 3"), Kind::kUnavailable);
  EXPECT_EQ(of("echo s3cr3t"), Kind::kCorrupt);
  EXPECT_EQ(of("echo '{\"Version\":2,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s3cr3t\"}'"), Kind::kCorrupt);
  EXPECT_EQ(of("echo '{\"Version\":1,\"AccessKeyId\":\"A\"}'"), Kind::kCorrupt);
  EXPECT_EQ(of("head -c 20000 /dev/zero | tr '\\0' s"), Kind::kExhausted) << "no more than kCommandOutputMax";
  write("config", fmt::format("[profile p]\ncredential_process = {}/none s3cr3t\n", directory_.path()));
  EXPECT_EQ(refusal_of("p").kind, Kind::kInvalid);
  write("config", "[profile p]\ncredential_process = 'no end s3cr3t\n");
  EXPECT_EQ(refusal_of("p").kind, Kind::kInvalid);
  EXPECT_THAT(refusal_of("p").text, Not(HasSubstr("s3cr3t")));
}

TEST_F(Profiles, AProgramThatHangsIsEnded) {
  const std::string path = program("sleeper", "#!/bin/sh\nsleep 60\n");
  ProcessCredentials process(path, "", files_, real_clock_, commands_);
  const auto got = process.get(Deadline::in(real_clock_, std::chrono::milliseconds(100)));
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().kind, Kind::kUnavailable);
  EXPECT_LE(kProcessTimeMax, kFetchMax);
}

TEST(CommandLines, AreSplitAsAShellWould) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(*words_of("/a b\tc"), (Words{"/a", "b", "c"}));
  EXPECT_EQ(*words_of(R"("/a b"'c d' e\ f "g\"h\i" '\' "" )"), (Words{"/a bc d", "e f", R"(g"h\i)", "\\", ""}));
  for (const char* bad : {"", "  ", "'a", "\"a\\\"", "'' x"}) EXPECT_EQ(words_of(bad).error().kind, Kind::kInvalid) << bad;
}

}  // namespace
}  // namespace takhin::object
