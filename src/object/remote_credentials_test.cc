// Each source against a fake of its endpoint on a loopback port.
#include "object/remote_credentials.h"

#include <gmock/gmock.h>

#include "base/log.h"
#include "os/clock.h"
#include "os/files.h"
#include "testing/http_server.h"
#include "testing/temp_dir.h"

namespace takhin::object {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using takhin::testing::HttpServer;
using Request = HttpServer::Request;
using Reply = HttpServer::Reply;

constexpr std::string_view kKeys =
    R"({"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"s3cr3t","Token":"t0k3n",)"
    R"("Expiration":"2033-05-18T03:33:20Z"})";
constexpr TimestampMs kExpires{2'000'000'000'000};

class Remote : public ::testing::Test {
 protected:
  std::string file(const std::string& name, std::string_view text) {
    EXPECT_TRUE(write_atomically(files_, directory_ / name, view_of(text)).ok());
    return directory_ / name;
  }
  Deadline soon() { return Deadline::in(clock_, std::chrono::seconds(30)); }
  void expect_keys(const Result<Credentials>& got) {
    ASSERT_TRUE(got.ok()) << got.error().text;
    EXPECT_EQ(got->access_key, "ASIA1");
    EXPECT_EQ(got->secret_key, "s3cr3t");
    EXPECT_EQ(got->session_token, "t0k3n");
    EXPECT_EQ(got->expires, kExpires);
  }
  Result<Credentials> web_identity(const Environment& environment) {
    return WebIdentityCredentials(environment, "eu-west-1", files_, *http_).get(soon());
  }
  Result<Credentials> container(const Environment& environment) {
    return ContainerCredentials(environment, files_, *http_).get(soon());
  }
  Result<Credentials> instance(const Environment& environment) {
    return InstanceCredentials(environment, *http_).get(soon());
  }

  os::SystemClock clock_;
  os::PosixFileSystem files_;
  takhin::testing::TempDir directory_;
  const std::unique_ptr<HttpTransport> http_ = make_curl_transport(metadata_http(), clock_);
};

std::string assumed_role() {
  return R"(<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">)"
         "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s3cr3t"
         "</SecretAccessKey><SessionToken>t0k3n</SessionToken><Expiration>2033-05-18T03:33:20Z</Expiration>"
         "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";
}

TEST_F(Remote, WebIdentityAssumesTheRole) {
  HttpServer sts([](const Request&) { return Reply{.body = assumed_role()}; });
  const std::string token_file = file("token", "header.pay+load/=.signature\n");
  const Environment environment{{"AWS_WEB_IDENTITY_TOKEN_FILE", token_file},
                                {"AWS_ROLE_ARN", "arn:aws:iam::1:role/r"},
                                {"AWS_ENDPOINT_URL_STS", sts.url("/")}};
  expect_keys(web_identity(environment));
  const Request request = sts.requests().at(0);
  EXPECT_EQ(request.method + " " + request.target, "POST /");
  EXPECT_EQ(request.body,
            "Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=takhin&"
            "Version=2011-06-15&WebIdentityToken=header.pay%2Bload%2F%3D.signature");
  EXPECT_EQ(request.headers.at("content-type"), "application/x-www-form-urlencoded");
  EXPECT_FALSE(request.headers.contains("authorization"));
  file("token", "rotated");
  expect_keys(web_identity(environment));
  EXPECT_THAT(sts.requests().at(1).body, HasSubstr("WebIdentityToken=rotated"));
}

TEST_F(Remote, WebIdentityNeedsBothOfItsVariables) {
  EXPECT_EQ(web_identity({}).error().kind, Kind::kNotFound);
  EXPECT_EQ(web_identity({{"AWS_ROLE_ARN", "r"}}).error().kind, Kind::kNotFound);
  EXPECT_EQ(web_identity({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"}}).error().kind, Kind::kInvalid);
  EXPECT_EQ(web_identity({{"AWS_WEB_IDENTITY_TOKEN_FILE", directory_ / "none"}, {"AWS_ROLE_ARN", "r"}}).error().kind,
            Kind::kInvalid)
      << "asked for, so not to be skipped";
}

TEST_F(Remote, WhatStsRefusesAndWhatPasses) {
  Reply reply;
  HttpServer sts([&](const Request&) { return reply; });
  const Environment environment{{"AWS_WEB_IDENTITY_TOKEN_FILE", file("token", "t")},
                                {"AWS_ROLE_ARN", "r"},
                                {"AWS_ENDPOINT_URL_STS", sts.url()}};
  for (const auto& [status, code, kind] : {std::tuple(403, "AccessDenied", Kind::kDenied),
                                           std::tuple(400, "ExpiredTokenException", Kind::kDenied),
                                           std::tuple(400, "IDPCommunicationError", Kind::kUnavailable),
                                           std::tuple(400, "Throttling", Kind::kUnavailable),
                                           std::tuple(503, "", Kind::kUnavailable)}) {
    reply = {.status = status, .body = fmt::format("<ErrorResponse><Error><Code>{}</Code></Error></ErrorResponse>", code)};
    const auto got = web_identity(environment);
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.error().kind, kind) << code;
    EXPECT_THAT(got.error().text, HasSubstr(code));
  }
  reply = {.body = "<html>a proxy's page</html>"};
  EXPECT_EQ(web_identity(environment).error().kind, Kind::kCorrupt);
}

TEST_F(Remote, ContainerEndpointGetsItsToken) {
  HttpServer agent([](const Request&) { return Reply{.body = std::string(kKeys)}; });
  const std::string url = agent.url("/v2/credentials/id?x=1");
  expect_keys(container({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url}}));
  expect_keys(container({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url}, {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic a"}}));
  expect_keys(container({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url},
                         {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic a"},
                         {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file("auth", "from-file\n")}}));
  const auto requests = agent.requests();
  EXPECT_EQ(requests.at(0).target, "/v2/credentials/id?x=1");
  EXPECT_FALSE(requests.at(0).headers.contains("authorization"));
  EXPECT_EQ(requests.at(1).headers.at("authorization"), "Basic a");
  EXPECT_EQ(requests.at(2).headers.at("authorization"), "from-file");
}

/// Keeps the URL it is asked for, for addresses that no test machine has.
class Recorder final : public HttpTransport {
 public:
  Result<HttpReply> send(const HttpRequest& request, Deadline) override {
    urls.push_back(request.method + " " + request.url);
    return HttpReply{200, {}, copy_of(view_of(kKeys))};
  }
  std::vector<std::string> urls;
};

TEST_F(Remote, ContainerEndpointsThatMayBeAsked) {
  Recorder http;
  const auto ask = [&](const std::string& name, const std::string& uri) {
    return ContainerCredentials({{"AWS_CONTAINER_CREDENTIALS_" + name, uri}}, files_, http).get(soon());
  };
  for (const char* good : {"http://127.0.0.9:1/x", "http://localhost/x", "http://[::1]/x", "http://169.254.170.2/x",
                           "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/x", "https://anywhere.example/x"}) {
    expect_keys(ask("FULL_URI", good));
  }
  expect_keys(ask("RELATIVE_URI", "/v2/credentials/uuid"));
  EXPECT_EQ(http.urls.back(), "GET http://169.254.170.2/v2/credentials/uuid");
  const auto asked = http.urls.size();
  for (const char* bad : {"http://anywhere.example/x", "http://127.evil.example/x", "http://169.254.170.2@evil.example/",
                          "http://user:pw@127.0.0.1/", "ftp://127.0.0.1/x", "/relative"}) {
    const auto got = ask("FULL_URI", bad);
    ASSERT_FALSE(got.ok()) << bad;
    EXPECT_EQ(got.error().kind, Kind::kInvalid) << bad;
  }
  EXPECT_EQ(http.urls.size(), asked) << "nothing was sent";
  EXPECT_EQ(container({}).error().kind, Kind::kNotFound);
}

TEST_F(Remote, ContainerAnswersThatAreNone) {
  Reply reply;
  HttpServer agent([&](const Request&) { return reply; });
  const Environment environment{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url()}};
  for (const auto& [status, body, kind] :
       {std::tuple(404, R"({"code":"x"})", Kind::kDenied), std::tuple(500, "", Kind::kUnavailable),
        std::tuple(429, "", Kind::kUnavailable), std::tuple(200, "no json", Kind::kCorrupt),
        std::tuple(200, "[]", Kind::kCorrupt), std::tuple(200, R"({"AccessKeyId":"a"})", Kind::kCorrupt),
        std::tuple(200, R"({"Code":"Failed"})", Kind::kUnavailable),
        std::tuple(200, R"({"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"soon"})", Kind::kCorrupt)}) {
    reply = {.status = status, .body = body};
    const auto got = container(environment);
    ASSERT_FALSE(got.ok()) << body;
    EXPECT_EQ(got.error().kind, kind) << status << body;
  }
  EXPECT_EQ(container({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url()},
                       {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", directory_ / "none"}})
                .error()
                .kind,
            Kind::kInvalid);
  EXPECT_EQ(container({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.url()}, {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nb: c"}})
                .error()
                .kind,
            Kind::kInvalid);
}

/// The instance metadata service, version 2: nothing without a token.
Reply metadata(const Request& request) {
  if (request.method == "PUT" && request.target == "/latest/api/token") {
    const bool asks = request.headers.contains("x-aws-ec2-metadata-token-ttl-seconds");
    return asks ? Reply{.body = "imds-t0k3n"} : Reply{.status = 400};
  }
  const auto token = request.headers.find("x-aws-ec2-metadata-token");
  if (token == request.headers.end() || token->second != "imds-t0k3n") return {.status = 401};
  if (request.target == "/latest/meta-data/iam/security-credentials/") return {.body = "the role\nanother"};
  if (request.target == "/latest/meta-data/iam/security-credentials/the%20role") return {.body = std::string(kKeys)};
  return {.status = 404};
}

TEST_F(Remote, InstanceProfileByToken) {
  HttpServer imds(metadata);
  expect_keys(instance({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url("/")}}));
  EXPECT_EQ(imds.requests().size(), 3u);
}

TEST_F(Remote, InstanceEndpointsByName) {
  Recorder http;
  const auto ask = [&](const Environment& environment) {
    EXPECT_TRUE(InstanceCredentials(environment, http).get(soon()).ok());
    return http.urls.at(http.urls.size() - 3);
  };
  EXPECT_EQ(ask({}), "PUT http://169.254.169.254/latest/api/token");
  EXPECT_EQ(ask({{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}}), "PUT http://[fd00:ec2::254]/latest/api/token");
  EXPECT_EQ(InstanceCredentials({{"AWS_EC2_METADATA_DISABLED", "True"}}, http).get(soon()).error().kind, Kind::kNotFound);
  EXPECT_EQ(http.urls.size(), 6u) << "disabled sends nothing";
}

TEST_F(Remote, InstanceWithoutRole) {
  HttpServer imds([](const Request& request) {
    return request.method == "PUT" ? Reply{.body = "t"} : Reply{.status = 404};
  });
  EXPECT_EQ(instance({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url()}}).error().kind, Kind::kNotFound);
}

/// Nobody answers, at once or too late.
class Silence final : public HttpTransport {
 public:
  Result<HttpReply> send(const HttpRequest&, Deadline) override { return fail(Kind::kUnavailable, "timed out"); }
};

TEST_F(Remote, NobodyAtTheMetadataAddressIsNoInstance) {
  Silence http;
  EXPECT_EQ(InstanceCredentials({}, http).get(soon()).error().kind, Kind::kNotFound);
  EXPECT_EQ(InstanceCredentials({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1"}}, http).get(soon()).error().kind,
            Kind::kUnavailable)
      << "somebody named it";
}

TEST_F(Remote, ASilentMetadataServiceHoldsNobodyUp) {
  takhin::testing::RawServer silent([](int socket) { takhin::testing::RawServer::read_head(socket),
                                                     takhin::testing::RawServer::read_head(socket); });
  const auto got = instance({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.url("")}});
  EXPECT_EQ(got.error().kind, Kind::kUnavailable);
  EXPECT_LE(metadata_http().connect_timeout + metadata_http().request_timeout, std::chrono::seconds(3));
}

TEST_F(Remote, NeitherErrorsNorLogsHoldWhatIsSecret) {
  // Every answer quotes everything secret it was sent, and the keys it would hand out, in one broken way or another.
  int round = 0;
  HttpServer server([&](const Request& request) {
    std::string echo = "s3cr3t t0k3n " + request.body;
    for (const auto& [name, value] : request.headers) echo += " " + value;
    if (request.method == "PUT") return Reply{.body = "t0k3n-of-imds"};
    switch (round) {
      case 0: return Reply{.status = 403, .body = echo};
      case 1: return Reply{.status = 500, .body = "<ErrorResponse><Error><Code>" + echo + "</Code></Error></ErrorResponse>"};
      case 2: return Reply{.body = echo};
      case 3: return Reply{.body = R"({"Code":")" + echo + R"("})"};
      case 4: return Reply{.body = R"({"AccessKeyId":"a","SecretAccessKey":"s3cr3t","Expiration":")" + echo + R"("})"};
      default: return Reply{.body = "<AssumeRoleWithWebIdentityResponse>" + echo};
    }
  });
  const Environment environment{{"AWS_WEB_IDENTITY_TOKEN_FILE", file("token", "t0k3n-of-web")},
                                {"AWS_ROLE_ARN", "r"},
                                {"AWS_ENDPOINT_URL_STS", server.url()},
                                {"AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/creds")},
                                {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "t0k3n-of-container"},
                                {"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}};
  const LogLevel before = log_level();
  set_log_level(LogLevel::kDebug);
  ::testing::internal::CaptureStderr();
  std::string texts;
  for (round = 0; round < 6; ++round) {
    for (const auto& got : {web_identity(environment), container(environment), instance(environment)}) {
      EXPECT_FALSE(got.ok());
      if (!got.ok()) texts += got.error().text + "\n";
    }
  }
  texts += ::testing::internal::GetCapturedStderr();
  set_log_level(before);
  EXPECT_THAT(texts, Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(texts, Not(HasSubstr("t0k3n")));
}

}  // namespace
}  // namespace takhin::object
