#include "broker/security/oauth.h"

#include <gmock/gmock.h>

#include "broker/security/failures.h"
#include "os/files.h"
#include "testing/fake_clock.h"
#include "testing/http_server.h"
#include "testing/jwt_kit.h"
#include "testing/temp_dir.h"

namespace takhin::broker::security {
namespace {

using takhin::testing::base64url;
using takhin::testing::Signer;
using ::testing::HasSubstr;

constexpr std::int64_t kNow = 1'700'000'000;  // seconds
const std::string kGood = R"({"sub":"alice","exp":1700000600,"iat":1699999990,"iss":"https://issuer","aud":["x","kafka"],)"
                          R"("scope":"read write"})";

KeySet keys_of(const std::string& json) {
  auto keys = KeySet::parse(view_of(json));
  EXPECT_TRUE(keys.ok());
  return keys.ok() ? *std::move(keys) : KeySet{};
}

/// The principal, or what is wrong.
std::string outcome(const std::string& token, const KeySet& keys, const TokenRules& rules = {}, std::int64_t now = kNow) {
  const auto checked = check_token(token, keys, rules, now * 1000);
  return checked.ok() ? checked->principal : checked.error().text;
}

TEST(Jwt, EachAlgorithmsTokensAreTakenAndNoForgedOnes) {
  for (const char* algorithm : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}) {
    const Signer signer("k1", algorithm);
    const KeySet keys = keys_of(signer.jwks());
    ASSERT_EQ(keys.keys().size(), 1u) << algorithm;
    const std::string token = signer.token(kGood);
    EXPECT_EQ(outcome(token, keys), "alice") << algorithm;
    EXPECT_EQ(check_token(token, keys, {}, kNow * 1000)->expires_ms, 1'700'000'600'000);
    std::string forged = token;
    char& last = forged[forged.size() - 10];
    last = last == 'A' ? 'B' : 'A';
    EXPECT_EQ(outcome(forged, keys), "its signature is wrong") << algorithm;
    const auto first = token.find('.'), second = token.rfind('.');
    const std::string other = token.substr(0, first + 1) + base64url(R"({"sub":"mallory","exp":1700000600})") +
        token.substr(second);
    EXPECT_EQ(outcome(other, keys), "its signature is wrong") << algorithm;
    EXPECT_EQ(outcome(Signer("k1", algorithm).token(kGood), keys), "its signature is wrong") << algorithm;
    EXPECT_EQ(outcome(token.substr(0, second + 1), keys), "its signature is wrong") << algorithm;
  }
}

TEST(Jwt, NeitherNoneNorHmacIsAnAlgorithm) {
  const Signer signer("k1", "RS256");
  const KeySet keys = keys_of(signer.jwks());
  for (const char* name : {"none", "None", "NONE", "", "HS256", "HS512", "RS1", "ES256K", "EdDSA", "RS256 "}) {
    EXPECT_EQ(outcome(signer.signed_with(fmt::format(R"({{"alg":"{}","kid":"k1"}})", name), kGood), keys),
              "its algorithm is not one that is taken");
  }
  EXPECT_EQ(outcome(base64url(R"({"alg":"none"})") + "." + base64url(kGood) + ".", keys),
      "its algorithm is not one that is taken");
  EXPECT_EQ(outcome(signer.signed_with(R"({"kid":"k1"})", kGood), keys), "its algorithm is not one that is taken");
  EXPECT_EQ(outcome(signer.signed_with(R"({"alg":"RS256","kid":"k1","crit":["x"]})", kGood), keys),
      "it demands extensions (crit)");
  // A key is for the algorithms of its type and curve only, and of its own when it names one.
  EXPECT_EQ(outcome(signer.signed_with(R"({"alg":"ES256","kid":"k1"})", kGood), keys),
      "no key that it could be signed with is known");
  const KeySet bound = keys_of(fmt::format(R"({{"keys":[{}]}})", signer.jwk(R"(,"alg":"RS512")")));
  EXPECT_EQ(outcome(signer.token(kGood), bound), "no key that it could be signed with is known");
  const Signer other("e1", "ES384");
  EXPECT_EQ(outcome(other.signed_with(R"({"alg":"ES256","kid":"e1"})", kGood), keys_of(other.jwks())),
            "no key that it could be signed with is known");
}

TEST(Jwt, ClaimsAreHeldAgainstTheRules) {
  const Signer signer("k1", "ES256");
  const KeySet keys = keys_of(signer.jwks());
  TokenRules rules;
  rules.audiences = {"kafka"};
  rules.issuer = "https://issuer";
  rules.scopes = {"write"};
  const auto with = [&](const std::string& claims, std::int64_t now = kNow) { return outcome(signer.token(claims), keys,
      rules, now); };
  const auto claims = [](const std::string& more) {
    return fmt::format(R"({{"sub":"a","exp":1700000600,"iss":"https://issuer","aud":"kafka","scope":["write"]{}}})", more);
  };
  EXPECT_EQ(with(kGood), "alice");
  EXPECT_EQ(with(claims("")), "a");
  EXPECT_EQ(with(kGood, 1'700'000'629), "alice");
  EXPECT_EQ(with(kGood, 1'700'000'630), "it has expired");
  EXPECT_EQ(with(kGood, 1'699'999'960), "alice");
  EXPECT_EQ(with(kGood, 1'699'999'959), "it was issued in the future (iat)");
  EXPECT_EQ(with(claims(R"(,"nbf":1700000031)")), "it is not valid yet (nbf)");
  EXPECT_EQ(with(claims(R"(,"nbf":1700000030.5)"), kNow + 1), "a");
  EXPECT_EQ(with(claims(R"(,"nbf":"soon")")), "exp, nbf or iat is not a date");
  EXPECT_EQ(with(claims(R"(,"iat":-1)")), "exp, nbf or iat is not a date");
  EXPECT_EQ(with(R"({"sub":"a","exp":1e300})"), "exp, nbf or iat is not a date");
  EXPECT_EQ(with(R"({"sub":"a"})"), "it never expires (no exp)");
  EXPECT_EQ(with(R"({"sub":"a","exp":1700000600,"iss":"https://issuer/"})"), "another issuer");
  EXPECT_EQ(with(R"({"sub":"a","exp":1700000600,"iss":"https://issuer"})"), "it is for another audience");
  EXPECT_EQ(with(R"({"sub":"a","exp":1700000600,"iss":"https://issuer","aud":["kafka2"]})"), "it is for another audience");
  EXPECT_EQ(with(R"({"sub":"a","exp":1700000600,"iss":"https://issuer","aud":"kafka","scope":"writer"})"),
      "it lacks the scope write");
  rules.principal_claim = "email";
  EXPECT_EQ(with(kGood), "its claim email names nobody");
  EXPECT_EQ(with(claims(R"(,"email":7)")), "its claim email names nobody");
  EXPECT_EQ(with(claims(fmt::format(R"(,"email":"{}")", std::string(2000, 'x')))), "its claim email names nobody");
  EXPECT_EQ(with(claims(R"(,"email":"a@b")")), "a@b");
}

TEST(Jwt, WhatIsNoTokenIsRefusedUnread) {
  const Signer signer("k1", "ES256");
  const KeySet keys = keys_of(signer.jwks());
  for (const std::string& text :
       {std::string(), std::string("a.b"), std::string("a.b.c"), std::string("..."), std::string("e30.e30"),
        fmt::format("W10.{}.AAAA", base64url(kGood)), fmt::format("{}.e30.AAAA", base64url("{")), std::string("e30=.e30.AAAA")}) {
    EXPECT_EQ(outcome(text, keys), "not a signed JSON web token") << text;
  }
  EXPECT_EQ(outcome(signer.token(R"({"sub":"a","exp":1700000600)" + std::string(kTokenBytesMax, ' ') + "}"), keys),
      "the token is too long");
  EXPECT_EQ(outcome(signer.token("[]"), keys), "its claims are not JSON");
  EXPECT_EQ(outcome(signer.token(kGood) + ".more", keys), "not a signed JSON web token");
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += "[";
  EXPECT_EQ(outcome(signer.token(deep), keys), "its claims are not JSON");
}

TEST(Jwt, KeySetsAreReadWithCare) {
  const Signer rsa("r", "RS256"), ec("e", "ES256"), weak("w", "RS256", 1024);
  const auto set = [](const std::string& rows) { return fmt::format(R"({{"keys":[{}]}})", rows); };
  EXPECT_EQ(keys_of(set(rsa.jwk() + "," + ec.jwk())).keys().size(), 2u);
  EXPECT_EQ(keys_of(set(rsa.jwk(R"(,"use":"enc")") + "," + ec.jwk(R"(,"use":"sig","alg":"ES256")"))).keys().size(), 1u);
  EXPECT_TRUE(keys_of(set(weak.jwk())).keys().empty());
  EXPECT_TRUE(keys_of(set(R"({"kty":"oct","k":"c2VjcmV0"},{"kty":"OKP","crv":"Ed25519","x":"AA"},7,null,{})")).keys().empty());
  std::string off_curve = ec.jwk();
  const auto y = off_curve.find("\"y\":\"") + 5;
  off_curve[y] = off_curve[y] == 'A' ? 'B' : 'A';
  EXPECT_TRUE(keys_of(set(off_curve)).keys().empty());
  EXPECT_TRUE(keys_of(set("")).keys().empty());
  for (const char* text : {"", "{}", "[]", R"({"keys":{}})", "{\"keys\":["})
      EXPECT_FALSE(KeySet::parse(view_of(text)).ok()) << text;
  // Without a name in the token each key that fits is tried.
  const Signer second("s", "ES256");
  const KeySet both = keys_of(set(second.jwk() + "," + ec.jwk()));
  EXPECT_EQ(outcome(ec.signed_with(R"({"alg":"ES256"})", kGood), both), "alice");
  EXPECT_EQ(outcome(ec.signed_with(R"({"alg":"ES256","kid":"s"})", kGood), both), "its signature is wrong");
}

/// With a bar for each separator.
Result<OAuthMessage> parsed(std::string text) {
  std::ranges::replace(text, '|', '\x01');
  return parse_oauth_message(text);
}

TEST(OAuthMessage, IsReadAsTheStandardWritesIt) {
  const auto full = parsed("n,a=al=2Cice=3D,|auth=bEaReR  abc.def-_.x|traceId=123 4|org=A=b||");
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->acts_as, "al,ice=");
  EXPECT_EQ(full->token, "abc.def-_.x");
  EXPECT_EQ(full->extensions, (std::map<std::string, std::string>{{"traceId", "123 4"}, {"org", "A=b"}}));
  EXPECT_TRUE(parsed("n,,|auth=Bearer x||").ok());
  for (const char* wrong : {"", "n,,", "n,,||", "y,,|auth=Bearer x||", "n,,auth=Bearer x||", "n,,|auth=Bearer x|",
                            "n,,|auth=Basic x||", "n,,|auth=Bearer||", "n,,|auth=Bearerx||", "n,,|auth=Bearer x y||",
                            "n,,|auth=Bearer x||more", "n,,|auth=Bearer x|auth=Bearer y||", "n,,|auth=Bearer x|k=1|k=2||",
                            "n,,|auth=Bearer x|k1=1||", "n,,|auth=Bearer x|k=||", "n,a=,|auth=Bearer x||",
                            "n,a=x=y,|auth=Bearer x||", "n,b=x,|auth=Bearer x||"}) {
    EXPECT_FALSE(parsed(wrong).ok()) << wrong;
  }
}

class TokensTest : public ::testing::Test {
 protected:
  std::unique_ptr<Tokens> open(const std::string& url) {
    OAuthOptions options;
    options.jwks_url = url;
    auto opened = Tokens::open(files, clock, options, [this](const std::string&) -> Result<Bytes> {
      ++fetched;
      if (served.empty()) return fail(Kind::kUnavailable, "down");
      return copy_of(view_of(served));
    });
    EXPECT_TRUE(opened.ok()) << opened.error().text;
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  std::string token_of(const Signer& signer) const {
    return signer.token(fmt::format(R"({{"sub":"alice","exp":{}}})", clock.wall().raw / 1000 + 60));
  }
  os::PosixFileSystem files;
  takhin::testing::TempDir dir;
  takhin::testing::FakeClock clock;
  std::string served;
  int fetched = 0;
};

TEST_F(TokensTest, AnUnknownKeyIsAskedForOnceInAWhile) {
  const Signer first("k1", "ES256"), second("k2", "ES256");
  const auto tokens = open("https://issuer.example.org/keys");
  EXPECT_EQ(tokens->check(token_of(first)).error().text, "no key that it could be signed with is known");
  EXPECT_EQ(fetched, 1);
  served = first.jwks();
  EXPECT_FALSE(tokens->check(token_of(first)).ok());
  EXPECT_EQ(fetched, 1);
  clock.advance(Tokens::kUnknownKeyPause);
  EXPECT_TRUE(tokens->check(token_of(first)).ok());
  EXPECT_EQ(fetched, 2);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(tokens->check(token_of(first)).ok());
  EXPECT_EQ(fetched, 2);
  served = second.jwks();
  clock.advance(Tokens::kUnknownKeyPause);
  EXPECT_TRUE(tokens->check(token_of(second)).ok());
  EXPECT_FALSE(tokens->check(token_of(first)).ok());
  EXPECT_EQ(fetched, 3);
}

TEST_F(TokensTest, ABrokenKeySetLeavesTheOldOneInUse) {
  const Signer signer("k1", "ES256");
  served = signer.jwks();
  const auto tokens = open("https://issuer.example.org/keys");
  tokens->refresh();
  EXPECT_EQ(tokens->until_refresh(), std::chrono::hours(1));
  for (const char* broken : {"", "nonsense", R"({"keys":[]})"}) {
    served = broken;
    tokens->refresh();
    EXPECT_EQ(tokens->until_refresh(), std::chrono::seconds(10));
    EXPECT_TRUE(tokens->check(token_of(signer)).ok());
  }
}

TEST_F(TokensTest, AFileIsReadAtTheStartAndAgain) {
  const Signer first("k1", "ES256"), second("k2", "RS256");
  ASSERT_TRUE(write_atomically(files, dir / "keys", view_of(first.jwks())).ok());
  const auto tokens = open("file://" + (dir / "keys"));
  EXPECT_TRUE(tokens->check(token_of(first)).ok());
  EXPECT_EQ(tokens->until_refresh(), std::chrono::seconds(5));
  ASSERT_TRUE(write_atomically(files, dir / "keys", view_of(second.jwks())).ok());
  tokens->refresh();
  EXPECT_TRUE(tokens->check(token_of(second)).ok());
  EXPECT_EQ(fetched, 0);
  OAuthOptions missing;
  missing.jwks_url = dir / "none";
  EXPECT_FALSE(Tokens::open(files, clock, missing, nullptr).ok());
}

TEST(KeySetUrl, IsSafeOrAFile) {
  for (const char* good : {"https://issuer/keys", "http://localhost:8080/k", "http://127.0.0.1/k", "http://[::1]:9/k",
      "file:///etc/keys", "/etc/keys"}) {
    EXPECT_TRUE(is_key_set_url(good)) << good;
  }
  for (const char* bad : {"", "http://issuer/keys", "http://127.0.0.1@issuer/", "https://user:pw@issuer/",
                          "ftp://localhost/k", "keys", "file://host/etc/keys",
                          "http://localhost.example.org/", "http://127.0.0.1.example.org/"}) {
    EXPECT_FALSE(is_key_set_url(bad)) << bad;
  }
}

TEST(Failures, WaitLongerFromWhoFailsOften) {
  takhin::testing::FakeClock clock;
  Failures failures(clock, std::chrono::milliseconds(100));
  for (int i = 0; i < Failures::kFree; ++i) EXPECT_EQ(failures.add("a").count(), 100);
  EXPECT_EQ(failures.add("a").count(), 200);
  EXPECT_EQ(failures.add("a").count(), 400);
  EXPECT_EQ(failures.add("b").count(), 100);
  for (int i = 0; i < 100; ++i) failures.add("a");
  EXPECT_EQ(failures.add("a"), Failures::kDelayMax);
  clock.advance(Failures::kWindow);
  EXPECT_EQ(failures.add("a").count(), 100);
  Failures off(clock, std::chrono::milliseconds(0));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(off.add("a").count(), 0);
}

}  // namespace
}  // namespace takhin::broker::security
