#include "broker/security/scram.h"

#include <gmock/gmock.h>

#include "base/base64.h"
#include "broker/security/credentials.h"
#include "os/files.h"
#include "testing/scram_client.h"
#include "testing/seeded_random.h"
#include "testing/temp_dir.h"

namespace takhin::broker::security {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using takhin::testing::ScramClient;

/// Gives bytes whose base64 is the nonce of an example.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::string_view base64) : bytes_(*from_base64(base64)) {}
  void fill(std::span<std::byte> into) override {
    TAKHIN_ASSERT(into.size() == bytes_.size(), "as many as asked for");
    std::ranges::copy(bytes_, into.begin());
  }

 private:
  Bytes bytes_;
};

std::string text(const Result<Bytes>& bytes) { return bytes.ok() ? std::string(text_of(*bytes)) : bytes.error().text; }

TEST(Scram, TheServersHalfOfTheExampleOfRfc7677) {
  // The example's server nonce is "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0": other characters than base64 gives. So the numbers are taken
  // from the example as far as they do not depend on it: salt, iterations and password.
  const Bytes salt = *from_base64("W22ZaJ0SNY7soEsUEjb6gQ==");
  const auto credential = credential_of(ScramMechanism::kSha256, "pencil", salt, 4096);
  EXPECT_TRUE(has_password(ScramMechanism::kSha256, credential, "pencil"));
  EXPECT_FALSE(has_password(ScramMechanism::kSha256, credential, "Pencil"));
  // The server's signature over the example's own messages, by its server key.
  EXPECT_EQ(to_base64(credential.stored_key), "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
  EXPECT_EQ(to_base64(credential.server_key), "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
}

class ScramExchange : public ::testing::TestWithParam<ScramMechanism> {
 protected:
  ScramServer server() {
    return {GetParam(), [this](const std::string& user) { return user == "us,er=" ? std::optional(credential) : std::nullopt; },
            view_of("secret"), random};
  }
  takhin::testing::SeededRandom random;
  const ScramCredential credential = credential_of(GetParam(), "pass", Bytes(16, std::byte{7}), 4096);
};

TEST_P(ScramExchange, WhoKnowsThePasswordIsLetIn) {
  auto to = server();
  ScramClient client(GetParam(), "us,er=", "pass");
  const auto challenge = to.step(client.first());
  ASSERT_TRUE(challenge.ok()) << challenge.error().text;
  const auto end = to.step(client.last(*challenge));
  ASSERT_TRUE(end.ok()) << end.error().text;
  EXPECT_TRUE(to.done());
  EXPECT_EQ(to.user(), "us,er=");
  EXPECT_TRUE(client.trusts(*end));
  EXPECT_EQ(to.step(*end).error().kind, Kind::kDenied);
}

TEST_P(ScramExchange, AClientMayRepeatItsOwnNonce) {
  auto to = server();
  ScramClient client(GetParam(), "us,er=", "pass", ScramClient::Nonce::kTwice);
  const auto challenge = to.step(client.first());
  ASSERT_TRUE(challenge.ok());
  const auto end = to.step(client.last(*challenge));
  ASSERT_TRUE(end.ok()) << end.error().text;
  EXPECT_TRUE(client.trusts(*end));
}

TEST_P(ScramExchange, WrongPasswordsAndUnknownUsersLookTheSame) {
  const auto end_of = [&](const char* user, const char* password) {
    auto to = server();
    ScramClient client(GetParam(), user, password);
    const auto challenge = to.step(client.first());
    EXPECT_TRUE(challenge.ok()) << "nobody learns here who exists";
    const auto end = to.step(client.last(*challenge));
    EXPECT_FALSE(to.done());
    return end.ok() ? "let in" : end.error().text;
  };
  EXPECT_EQ(end_of("us,er=", "Pass"), "SCRAM: wrong user or password");
  EXPECT_EQ(end_of("nobody", "pass"), "SCRAM: wrong user or password");
  // The same salt each time, as a real user's would be.
  const auto challenge_of = [&](const char* user) {
    auto to = server();
    const auto all = text(to.step(ScramClient(GetParam(), user, "x").first()));
    return all.substr(all.find(",s="));
  };
  EXPECT_EQ(challenge_of("nobody"), challenge_of("nobody"));
  EXPECT_NE(challenge_of("nobody"), challenge_of("somebody"));
}

TEST_P(ScramExchange, MessagesThatBreakTheProtocolEndIt) {
  for (const char* bad : {"", "n", "n,,", "p=tls-unique,,n=u,r=x", "n,,n=u", "n,,r=x", "n,,n=,r=x", "n,,n=u,r=", "n,,n=a=b,r=x",
                          "n,a=other,n=u,r=x", "n,,n=u,r=x,tokenauth=true", "n,,m=ext,n=u,r=x"}) {
    auto to = server();
    EXPECT_EQ(to.step(view_of(bad)).error().kind, Kind::kDenied) << bad;
    EXPECT_EQ(to.step(view_of("n,,n=u,r=x")).error().kind, Kind::kDenied) << "over is over";
  }
  auto long_one = server();
  EXPECT_FALSE(long_one.step(Bytes(kSaslMessageBytesMax + 1, std::byte{'n'})).ok());
  ScramClient client(GetParam(), "us,er=", "pass");
  for (const auto& spoil : std::vector<std::function<void(std::string&)>>{
           [](std::string& m) { m[2] = m[2] == 'a' ? 'b' : 'a'; },                        // channel binding
           [](std::string& m) { m.insert(m.find(",p="), "x"); },                          // nonce
           [](std::string& m) { m.erase(m.find(",p=")); },                                // no proof
           [](std::string& m) { m += ",x=1"; },                                           // more than that
           [](std::string& m) { m = m.substr(0, m.find(",p=") + 3) + "AAAA"; },           // short proof
           [](std::string& m) { m.clear(); }}) {
    auto to = server();
    const auto challenge = to.step(client.first());
    std::string last(text_of(client.last(*challenge)));
    spoil(last);
    EXPECT_FALSE(to.step(view_of(last)).ok()) << last;
    EXPECT_FALSE(to.done());
  }
}

INSTANTIATE_TEST_SUITE_P(Both, ScramExchange, ::testing::ValuesIn(kScramMechanisms));

class CredentialsTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Credentials>> open(const std::string& users = "") {
    std::string path;
    if (!users.empty()) {
      path = dir / "users";
      EXPECT_TRUE(write_atomically(files, path, view_of(users)).ok());
    }
    return Credentials::open(files, random, dir / "kept", path);
  }
  os::PosixFileSystem files;
  takhin::testing::SeededRandom random;
  takhin::testing::TempDir dir;
};

TEST_F(CredentialsTest, UsersOfTheFileMayLogInByEveryMechanism) {
  const auto made = *open("# who may\n\nalice:secret:with colon\r\nbob:x\n");
  EXPECT_TRUE(made->check_password("alice", "secret:with colon"));
  EXPECT_FALSE(made->check_password("alice", "secret"));
  EXPECT_FALSE(made->check_password("carol", ""));
  for (const auto mechanism : kScramMechanisms) {
    ASSERT_TRUE(made->find("bob", mechanism).has_value());
    EXPECT_TRUE(has_password(mechanism, *made->find("bob", mechanism), "x"));
  }
  EXPECT_TRUE(made->list().empty());
  const auto broken = open("alice:x\nsecretword\n");
  ASSERT_FALSE(broken.ok());
  EXPECT_THAT(broken.error().text, HasSubstr("line 2"));
  EXPECT_THAT(broken.error().text, Not(HasSubstr("secretword"))) << "it may be a password";
}

TEST_F(CredentialsTest, WhatIsMadeAtRunTimeIsKeptAndHidesTheFile) {
  auto made = *open("alice:old\n");
  const auto fresh = credential_of(ScramMechanism::kSha256, "new", Bytes(8), 4096);
  ASSERT_TRUE(made->apply({{"alice", ScramMechanism::kSha256, fresh}, {"d e", ScramMechanism::kSha512, fresh}}).ok());
  EXPECT_TRUE(made->check_password("alice", "new"));
  EXPECT_FALSE(made->check_password("alice", "old"));
  EXPECT_FALSE(made->find("alice", ScramMechanism::kSha512).has_value()) << "the old password would still open this one";
  made = *open("alice:old\n");
  EXPECT_EQ(made->find("alice", ScramMechanism::kSha256), fresh);
  EXPECT_EQ(made->find("d e", ScramMechanism::kSha512), fresh);
  EXPECT_EQ(made->list().size(), 2u);
  ASSERT_TRUE(made->apply({{"alice", ScramMechanism::kSha256, std::nullopt}}).ok());
  EXPECT_TRUE(made->check_password("alice", "old"));
  ASSERT_TRUE(write_atomically(files, dir / "kept", view_of("takhin scram credentials 1\nx y z\n")).ok());
  EXPECT_EQ(open().error().kind, Kind::kCorrupt);
}

}  // namespace
}  // namespace takhin::broker::security
