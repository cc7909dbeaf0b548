#include "object/s3/sigv4.h"

#include <gtest/gtest.h>

#include "base/types.h"
#include "object/s3/text.h"

namespace takhin::object::s3 {
namespace {

const Credentials kS3Keys{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", std::nullopt};
const Credentials kSuiteKeys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", std::nullopt};

std::string signature(const std::string& authorization) {
  return authorization.substr(authorization.find("Signature=") + 10);
}

// The four examples of the S3 documentation, "Authenticating Requests: Using the Authorization Header".
std::string s3_example(std::string_view method, std::string_view path, Pairs query, Pairs headers,
                       std::string_view hash) {
  Signer signer("us-east-1", "s3");
  headers.emplace_back("host", "examplebucket.s3.amazonaws.com");
  headers.emplace_back("x-amz-content-sha256", hash);
  headers.emplace_back("x-amz-date", "20130524T000000Z");
  return signer.authorization(kS3Keys, "20130524T000000Z", {method, path, std::move(query), std::move(headers), hash});
}

TEST(SigV4, S3GetObject) {
  const std::string made = s3_example("GET", "/test.txt", {}, {{"range", "bytes=0-9"}}, kEmptyPayload);
  EXPECT_EQ(made,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4, S3PutObject) {
  const std::string hash = sha256_hex(view_of("Welcome to Amazon S3."));
  EXPECT_EQ(hash, "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
  const std::string path = "/" + uri_encode("test$file.text", true);
  const std::string made =
      s3_example("PUT", path, {},
                 {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}, hash);
  EXPECT_EQ(signature(made), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SigV4, S3GetBucketLifecycle) {
  EXPECT_EQ(signature(s3_example("GET", "/", {{"lifecycle", ""}}, {}, kEmptyPayload)),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(SigV4, S3ListObjects) {
  EXPECT_EQ(signature(s3_example("GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, kEmptyPayload)),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

// Cases of the "aws4" test suite: service "service", us-east-1, 2015-08-30 12:36.
struct SuiteCase {
  const char* name;
  const char* method = "GET";
  std::string path = "/";
  Pairs query{};
  Pairs headers{};
  std::string body{};
  const char* signature;
};

TEST(SigV4, AwsTestSuite) {
  const std::string unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const SuiteCase cases[] = {
      {.name = "get-vanilla", .signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {.name = "get-vanilla-query-order-key-case",
       .query = {{"Param2", "value2"}, {"Param1", "value1"}},
       .signature = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {.name = "get-vanilla-utf8-query",
       .query = {{"\xe1\x88\xb4", "bar"}},
       .signature = "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
      {.name = "get-utf8",
       .path = "/" + uri_encode("\xe1\x88\xb4", true),
       .signature = "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {.name = "get-unreserved",
       .path = "/" + uri_encode(unreserved, true),
       .signature = "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
      {.name = "get-header-key-duplicate",
       .headers = {{"my-header1", "value2,value2,value1"}},
       .signature = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {.name = "get-header-value-multiline",
       .headers = {{"my-header1", "value1,value2,value3"}},
       .signature = "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790"},
      {.name = "get-header-value-trim",
       .headers = {{"my-header1", " value1"}, {"my-header2", " \"a   b   c\""}},
       .signature = "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {.name = "post-vanilla",
       .method = "POST",
       .signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {.name = "post-x-www-form-urlencoded",
       .method = "POST",
       .headers = {{"content-type", "application/x-www-form-urlencoded"}},
       .body = "Param1=value1",
       .signature = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
      {.name = "get-vanilla-with-session-token",
       .headers = {{"x-amz-security-token", "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"}},
       .signature = "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
  };
  Signer signer("us-east-1", "service");
  for (const SuiteCase& one : cases) {
    Pairs headers = one.headers;
    headers.emplace_back("host", "example.amazonaws.com");
    headers.emplace_back("x-amz-date", "20150830T123600Z");
    const std::string hash = sha256_hex(view_of(one.body));
    const std::string made =
        signer.authorization(kSuiteKeys, "20150830T123600Z", {one.method, one.path, one.query, headers, hash});
    EXPECT_EQ(signature(made), one.signature) << one.name;
  }
}

TEST(SigV4, CanonicalRequestIsAsDocumented) {
  const Pairs headers = {{"x-amz-date", "20130524T000000Z"},
                         {"host", "examplebucket.s3.amazonaws.com"},
                         {"range", "bytes=0-9"},
                         {"x-amz-content-sha256", std::string(kEmptyPayload)}};
  const std::string text = canonical_request({"GET", "/test.txt", {}, headers, kEmptyPayload});
  EXPECT_EQ(sha256_hex(view_of(text)), "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972") << text;
}

TEST(SigV4, TheKeyOfTheDayFollowsDateAndSecret) {
  Signer signer("us-east-1", "service");
  const Pairs headers = {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}};
  const SignedParts parts{"GET", "/", {}, headers, kEmptyPayload};
  const std::string first = signer.authorization(kSuiteKeys, "20150830T123600Z", parts);
  Credentials rotated = kSuiteKeys;
  rotated.secret_key = "another";
  EXPECT_NE(signature(signer.authorization(rotated, "20150830T123600Z", parts)), signature(first));
  EXPECT_NE(signature(signer.authorization(kSuiteKeys, "20150831T123600Z", parts)), signature(first));
  EXPECT_EQ(signer.authorization(kSuiteKeys, "20150830T123600Z", parts), first);
}

}  // namespace
}  // namespace takhin::object::s3
