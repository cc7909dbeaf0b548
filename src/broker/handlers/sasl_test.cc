#include "broker/security/session.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"
#include "testing/broker_fixture.h"
#include "testing/jwt_kit.h"
#include "testing/scram_client.h"

namespace takhin::broker {
namespace {

using namespace takhin::protocol;
using security::ScramMechanism;
using takhin::testing::KafkaClient;
using takhin::testing::ScramClient;

class Sasl : public takhin::testing::BrokerFixture {
 protected:
  void serve_with(std::vector<std::string> mechanisms) {
    options.sasl_mechanisms = std::move(mechanisms);
    options.sasl_users_file = dir / "users";
    ASSERT_TRUE(write_atomically(files, options.sasl_users_file, view_of("alice:secret\n")).ok());
    serve();
  }
  static ErrorCode handshake(KafkaClient& client, const std::string& mechanism) {
    return client.ask<SaslHandshakeResponse>(1, SaslHandshakeRequest{.mechanism = mechanism}).error_code;
  }
  static SaslAuthenticateResponse send(KafkaClient& client, View bytes) {
    return client.ask<SaslAuthenticateResponse>(2, SaslAuthenticateRequest{.auth_bytes = copy_of(bytes)});
  }
  static ErrorCode plain(KafkaClient& client, std::string_view user, std::string_view password, std::string_view as = "") {
    EXPECT_EQ(handshake(client, "PLAIN"), ErrorCode::kNone);
    return send(client, view_of(fmt::format("{}{}{}{}{}", as, '\0', user, '\0', password))).error_code;
  }
  static ErrorCode scram(KafkaClient& client, ScramMechanism mechanism, const std::string& user, const std::string& password) {
    EXPECT_EQ(handshake(client, std::string(security::name_of(mechanism))), ErrorCode::kNone);
    ScramClient self(mechanism, user, password);
    const auto challenge = send(client, self.first());
    if (challenge.error_code != ErrorCode::kNone) return challenge.error_code;
    const auto end = send(client, self.last(challenge.auth_bytes));
    EXPECT_EQ(self.trusts(end.auth_bytes), end.error_code == ErrorCode::kNone);
    return end.error_code;
  }
  static bool is_served(KafkaClient& client) {
    return client.ask<MetadataResponse>(9, MetadataRequest{}).brokers.size() == 1;
  }
};

TEST_F(Sasl, NothingIsServedBeforeAClientHasSaidWhoItIs) {
  serve_with({"PLAIN", "SCRAM-SHA-256"});
  auto client = connect();
  EXPECT_FALSE(client.ask<ApiVersionsResponse>(3, ApiVersionsRequest{"test", "1"}).api_keys.empty());
  client.send(9, MetadataRequest{});
  EXPECT_TRUE(client.tcp.at_end());
  auto other = connect();
  EXPECT_EQ(plain(other, "alice", "secret"), ErrorCode::kNone);
  EXPECT_TRUE(is_served(other));
}

TEST_F(Sasl, WrongPasswordsEndTheConnection) {
  serve_with({"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"});
  for (const auto& [user, password, as] : {std::tuple("alice", "wrong", ""), {"bob", "secret", ""}, {"alice", "secret", "bob"}}) {
    auto client = connect();
    EXPECT_EQ(plain(client, user, password, as), ErrorCode::kSaslAuthenticationFailed) << user << " " << password;
    EXPECT_TRUE(client.tcp.at_end());
  }
  for (const auto mechanism : security::kScramMechanisms) {
    auto client = connect();
    EXPECT_EQ(scram(client, mechanism, "alice", "wrong"), ErrorCode::kSaslAuthenticationFailed);
    EXPECT_TRUE(client.tcp.at_end());
    auto right = connect();
    EXPECT_EQ(scram(right, mechanism, "alice", "secret"), ErrorCode::kNone);
    EXPECT_TRUE(is_served(right));
  }
}

TEST_F(Sasl, StepsOutOfOrderAreRefused) {
  serve_with({"SCRAM-SHA-256"});
  auto client = connect();
  EXPECT_EQ(handshake(client, "PLAIN"), ErrorCode::kUnsupportedSaslMechanism);
  EXPECT_EQ(send(client, view_of("n,,n=alice,r=x")).error_code, ErrorCode::kIllegalSaslState);
  EXPECT_TRUE(client.tcp.at_end());
}

TEST_F(Sasl, StrangersAskForLittle) {
  serve_with({"PLAIN"});
  auto large = connect();
  const Bytes length{std::byte{0}, std::byte{8}, std::byte{0}, std::byte{1}};  // 524,289
  EXPECT_TRUE(large.tcp.send(length) && large.tcp.at_end());
  // Guesses sent at once: the first is checked, the others end it.
  auto guesser = connect();
  EXPECT_EQ(handshake(guesser, "PLAIN"), ErrorCode::kNone);
  const Bytes guess = copy_of(view_of(std::string_view("\0alice\0x", 8)));
  for (int i = 0; i < 3; ++i) guesser.send(2, SaslAuthenticateRequest{.auth_bytes = guess});
  EXPECT_EQ(guesser.receive<SaslAuthenticateResponse>(2, 2).error_code, ErrorCode::kSaslAuthenticationFailed);
  EXPECT_TRUE(guesser.tcp.at_end());
  EXPECT_EQ(metrics.text().find("kafka_authentication_failed_total 2"), std::string::npos);
}

TEST_F(Sasl, WithoutMechanismsThereIsNoHandshake) {
  serve();
  auto client = connect();
  EXPECT_EQ(handshake(client, "PLAIN"), ErrorCode::kIllegalSaslState);
  EXPECT_TRUE(is_served(client));
}

TEST_F(Sasl, AConnectionIsTheSameUsersForEverAndOnlySoLong) {
  options.reauth_ms_max = 150;
  serve_with({"PLAIN"});
  auto client = connect();
  EXPECT_EQ(plain(client, "alice", "secret"), ErrorCode::kNone);
  EXPECT_EQ(plain(client, "alice", "secret"), ErrorCode::kNone);
  clock.sleep(std::chrono::milliseconds(300));
  client.send(9, MetadataRequest{});
  EXPECT_TRUE(client.tcp.at_end());
}

TEST_F(Sasl, UsersAreMadeChangedAndRemovedAtRunTime) {
  serve_with({"SCRAM-SHA-512"});
  auto admin = connect();
  ASSERT_EQ(scram(admin, ScramMechanism::kSha512, "alice", "secret"), ErrorCode::kNone);
  AlterUserScramCredentialsRequest request;
  const auto alter = [&] { return admin.ask<AlterUserScramCredentialsResponse>(0, request).results.at(0).error_code; };
  const Bytes salt(16, std::byte{1});
  // What a client sends for the password "pw".
  const auto salted = [&](int iterations) {
    Bytes out(64);
    PKCS5_PBKDF2_HMAC("pw", 2, reinterpret_cast<const unsigned char*>(salt.data()), 16, iterations, EVP_sha512(), 64,
                      reinterpret_cast<unsigned char*>(out.data()));
    return out;
  };
  for (const auto& [iterations, mechanism, code] : {std::tuple(4095, 2, ErrorCode::kUnacceptableCredential),
                                                    {16385, 2, ErrorCode::kUnacceptableCredential},
                                                    {4096, 3, ErrorCode::kUnsupportedSaslMechanism},
                                                    {4096, 2, ErrorCode::kNone}}) {
    request.upsertions = {{"bob", static_cast<std::int8_t>(mechanism), iterations, salt, salted(iterations)}};
    EXPECT_EQ(alter(), code) << iterations;
  }
  request.upsertions.push_back(request.upsertions[0]);
  EXPECT_EQ(alter(), ErrorCode::kDuplicateResource);
  auto bob = connect();
  EXPECT_EQ(scram(bob, ScramMechanism::kSha512, "bob", "pw"), ErrorCode::kNone);
  DescribeUserScramCredentialsRequest who;
  who.users.reset();
  const auto all = admin.ask<DescribeUserScramCredentialsResponse>(0, who).results;
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].user, "bob");
  EXPECT_EQ(all[0].credential_infos.at(0).iterations, 4096);
  request.upsertions.clear();
  request.deletions = {{"bob", 2}};
  EXPECT_EQ(alter(), ErrorCode::kNone);
  EXPECT_EQ(alter(), ErrorCode::kResourceNotFound);
  who.users = {{"bob"}};
  EXPECT_EQ(admin.ask<DescribeUserScramCredentialsResponse>(0, who).results.at(0).error_code, ErrorCode::kResourceNotFound);
}

// Version 0 of the handshake: tokens come and go in bare frames.
TEST_F(Sasl, ClientsOfBeforeKafka1AreTakenToo) {
  serve_with({"PLAIN", "SCRAM-SHA-256"});
  const auto bare = [](KafkaClient& client, const std::string& mechanism) {
    return client.ask<SaslHandshakeResponse>(0, SaslHandshakeRequest{.mechanism = mechanism}).error_code;
  };
  auto client = connect();
  ASSERT_EQ(bare(client, "PLAIN"), ErrorCode::kNone);
  ASSERT_TRUE(client.tcp.send_frame(view_of(std::string_view("\0alice\0secret", 13))));
  EXPECT_EQ(client.tcp.receive(4), Bytes(4, std::byte{0}));
  EXPECT_TRUE(is_served(client));
  EXPECT_EQ(bare(client, "PLAIN"), ErrorCode::kIllegalSaslState);

  auto other = connect();
  ASSERT_EQ(bare(other, "SCRAM-SHA-256"), ErrorCode::kNone);
  ScramClient self(ScramMechanism::kSha256, "alice", "secret");
  ASSERT_TRUE(other.tcp.send_frame(self.first()));
  ASSERT_TRUE(other.tcp.send_frame(self.last(other.tcp.receive_frame())));
  EXPECT_TRUE(self.trusts(other.tcp.receive_frame()));
  EXPECT_TRUE(is_served(other));

  for (const std::string_view wrong : {std::string_view("\0alice\0wrong", 12), std::string_view("x"), std::string_view("")}) {
    auto guesser = connect();
    ASSERT_EQ(bare(guesser, "PLAIN"), ErrorCode::kNone);
    ASSERT_TRUE(guesser.tcp.send_frame(view_of(wrong)));
    EXPECT_TRUE(guesser.tcp.at_end());
  }
}

class SaslToken : public Sasl {
 protected:
  void serve_tokens() {
    ASSERT_TRUE(write_atomically(files, dir / "keys", view_of(signer.jwks())).ok());
    options.oauth.jwks_url = dir / "keys";
    options.oauth.rules.audiences = {"kafka"};
    serve_with({"OAUTHBEARER"});
  }
  std::string token(std::int64_t seconds, const std::string& user = "alice") const {
    return signer.token(fmt::format(R"({{"sub":"{}","aud":"kafka","exp":{}}})", user, clock.wall().raw / 1000 + seconds));
  }
  static SaslAuthenticateResponse log_in(KafkaClient& client, const std::string& token, const std::string& as = "") {
    EXPECT_EQ(handshake(client, "OAUTHBEARER"), ErrorCode::kNone);
    return send(client, view_of(fmt::format("n,{},\x01{}=Bearer {}\x01\x01", as, "auth", token)));
  }
  const takhin::testing::Signer signer{"k1", "ES256"};
};

TEST_F(SaslToken, OpensAConnectionForAsLongAsItIsValid) {
  serve_tokens();
  auto client = connect();
  auto answer = log_in(client, token(60));
  EXPECT_EQ(answer.error_code, ErrorCode::kNone);
  EXPECT_TRUE(answer.auth_bytes.empty());
  EXPECT_GT(answer.session_lifetime_ms, 50'000);
  EXPECT_LE(answer.session_lifetime_ms, 60'000);
  EXPECT_TRUE(is_served(client));
  EXPECT_EQ(log_in(client, token(2)).error_code, ErrorCode::kNone);  // again, and shorter
  EXPECT_TRUE(is_served(client));
  clock.sleep(std::chrono::milliseconds(2'100));
  client.send(9, MetadataRequest{});
  EXPECT_TRUE(client.tcp.at_end());
}

TEST_F(SaslToken, ARefusedOneIsToldInTwoSteps) {
  serve_tokens();
  for (const auto& [what, as] : {std::pair(token(-60), ""), {token(60) + "x", ""}, {std::string("nonsense"), ""},
      {token(60), "a=bob"}}) {
    auto client = connect();
    const auto told = log_in(client, what, as);
    EXPECT_EQ(told.error_code, ErrorCode::kNone) << what;
    EXPECT_EQ(text_of(told.auth_bytes), R"({"status":"invalid_token"})");
    EXPECT_EQ(send(client, view_of("\x01")).error_code, ErrorCode::kSaslAuthenticationFailed);
    EXPECT_TRUE(client.tcp.at_end());
  }
  auto stubborn = connect();
  log_in(stubborn, token(-60));
  stubborn.send(9, MetadataRequest{});
  EXPECT_TRUE(stubborn.tcp.at_end());
  auto other = connect();
  EXPECT_EQ(handshake(other, "OAUTHBEARER"), ErrorCode::kNone);
  EXPECT_EQ(send(other, view_of("n,,\x01\x01")).error_code, ErrorCode::kSaslAuthenticationFailed);
  auto alice = connect();
  EXPECT_EQ(log_in(alice, token(60), "a=alice").error_code, ErrorCode::kNone);
  log_in(alice, token(60, "bob"));
  EXPECT_TRUE(alice.tcp.at_end());
}

}  // namespace
}  // namespace takhin::broker
