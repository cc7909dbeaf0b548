#include "object/s3/text.h"

#include <gmock/gmock.h>

#include "base/crc32c.h"
#include "object/s3/errors.h"
#include "object/s3/xml.h"

namespace takhin::object::s3 {
namespace {

TEST(Text, UriEncoding) {
  EXPECT_EQ(uri_encode("a/b c+d%e=ü~-._", true), "a/b%20c%2Bd%25e%3D%C3%BC~-._");
  EXPECT_EQ(uri_encode("a/b", false), "a%2Fb");
}

TEST(Text, UrlDecoding) {
  EXPECT_EQ(url_decode("a%2Fb+c%2bd%25"), "a/b c+d%");
  EXPECT_EQ(url_decode(""), "");
  for (const char* broken : {"%", "%4", "a%zz", "%4g"}) EXPECT_EQ(url_decode(broken), std::nullopt) << broken;
}

TEST(Text, ChecksumsAsBase64) {
  EXPECT_EQ(crc_to_base64(crc32c(view_of("123456789"))), "4waSgw==");  // e3069283, the check value of CRC-32C
  EXPECT_EQ(crc_from_base64("4waSgw=="), 0xe3069283u);
  for (const char* wrong : {"", "4waSgw", "4waSgw==-3", "4waSg===", "!!!!!!==", "4waSgwAA"}) {
    EXPECT_EQ(crc_from_base64(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(to_base64(view_of("a")), "YQ==");
  EXPECT_EQ(to_base64({}), "");
}

TEST(Text, Dates) {
  EXPECT_EQ(amz_date(TimestampMs{1'369'353'600'000}), "20130524T000000Z");
  EXPECT_EQ(amz_date(TimestampMs{1'709'251'199'999}), "20240229T235959Z");
  EXPECT_EQ(parse_iso8601("2013-05-24T00:00:00.000Z").raw, 1'369'353'600'000);
  EXPECT_EQ(parse_iso8601("2013-05-24T00:00:01.250Z").raw, 1'369'353'601'250);
  EXPECT_EQ(parse_iso8601("2013-05-24T00:00:00Z").raw, 1'369'353'600'000);
  EXPECT_EQ(parse_http_date("Fri, 24 May 2013 00:00:00 GMT").raw, 1'369'353'600'000);
  for (const char* wrong : {"", "yesterday", "2013-13-24T00:00:00Z", "2013-05-24 00:00:00Z", "2013-02-30T00:00:00Z"}) {
    EXPECT_EQ(parse_iso8601(wrong).raw, 0) << wrong;
    EXPECT_EQ(parse_http_date(wrong).raw, 0) << wrong;
  }
}

TEST(Xml, ListingWithUrlEncodedKeys) {
  const auto page = parse_list(view_of(R"(<?xml version="1.0" encoding="UTF-8"?>
    <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><EncodingType>url</EncodingType>
    <KeyCount>2</KeyCount><IsTruncated>true</IsTruncated>
    <Contents><Key>a%2Fx+y</Key>
    <LastModified>2013-05-24T00:00:00.000Z</LastModified><ETag>&quot;e1&quot;</ETag><Size>7</Size></Contents>
    <Contents><Key>b%2B</Key>
    <LastModified>2013-05-24T00:00:01.000Z</LastModified><ETag>"e2"</ETag><Size>9007199254740993</Size></Contents>
    </ListBucketResult>)"));
  ASSERT_TRUE(page.ok()) << page.error().text;
  EXPECT_TRUE(page->more);
  ASSERT_EQ(page->objects.size(), 2u);
  EXPECT_EQ(page->objects[0].key.name, "a/x y");
  EXPECT_EQ(page->objects[0].etag, "e1");
  EXPECT_EQ(page->objects[0].modified.raw, 1'369'353'600'000);
  EXPECT_EQ(page->objects[1].key.name, "b+");
  EXPECT_EQ(page->objects[1].size, 9007199254740993u);
}

TEST(Xml, ListingWithPlainKeysAndPrefixedNames) {
  const auto page = parse_list(view_of(
      R"(<s:ListBucketResult xmlns:s="x"><s:IsTruncated>false</s:IsTruncated>
      <s:Contents><s:Key>a+b&amp;%41</s:Key>
      <s:Size>0</s:Size></s:Contents></s:ListBucketResult>)"));
  ASSERT_TRUE(page.ok()) << page.error().text;
  EXPECT_FALSE(page->more);
  EXPECT_EQ(page->objects.at(0).key.name, "a+b&%41");
}

TEST(Xml, ListingsThatLieAreCorrupt) {
  const auto listing = [](std::string_view contents) {
    return parse_list(view_of(fmt::format("<ListBucketResult>{}</ListBucketResult>", contents)));
  };
  EXPECT_TRUE(listing("").ok());
  for (const char* wrong :
       {"<Contents><Key>a</Key><Size>-1</Size></Contents>", "<Contents><Key>a</Key></Contents>",
        "<Contents><Key>b</Key><Size>1</Size></Contents><Contents><Key>a</Key><Size>1</Size></Contents>",
        "<Contents><Key>a</Key><Size>1</Size></Contents><Contents><Key>a</Key><Size>1</Size></Contents>",
        "<EncodingType>url</EncodingType><Contents><Key>%4</Key><Size>1</Size></Contents>", "<Contents>"}) {
    const auto answer = listing(wrong);
    ASSERT_FALSE(answer.ok()) << wrong;
    EXPECT_EQ(answer.error().kind, Kind::kCorrupt) << wrong;
  }
  EXPECT_EQ(parse_list(view_of("<html>proxy says no</html>")).error().kind, Kind::kCorrupt);
  EXPECT_EQ(parse_list({}).error().kind, Kind::kCorrupt);
}

TEST(Xml, Uploads) {
  const auto page = parse_uploads(view_of(
      R"(<ListMultipartUploadsResult><EncodingType>url</EncodingType><NextKeyMarker>a%20b</NextKeyMarker>
      <NextUploadIdMarker>u2</NextUploadIdMarker>
      <IsTruncated>true</IsTruncated><Upload><Key>a+b</Key>
      <UploadId>u1</UploadId><Initiated>2013-05-24T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>)"));
  ASSERT_TRUE(page.ok()) << page.error().text;
  EXPECT_TRUE(page->more);
  EXPECT_EQ(page->next_key, "a b");
  EXPECT_EQ(page->next_upload_id, "u2");
  ASSERT_EQ(page->uploads.size(), 1u);
  EXPECT_EQ(page->uploads[0].key, "a b");
  EXPECT_EQ(page->uploads[0].begun.raw, 1'369'353'600'000);
}

TEST(Xml, BodiesEscapeKeys) {
  const ObjectKey keys[] = {{"a<b>&\"c"}, {"d"}};
  EXPECT_EQ(remove_body(keys),
            R"(<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>)"
            R"(<Object><Key>a&lt;b&gt;&amp;&quot;c</Key></Object><Object><Key>d</Key></Object></Delete>)");
  const Part parts[] = {{"\"e1\"", 0xe3069283u}};
  EXPECT_THAT(complete_body(parts), ::testing::HasSubstr("<Part><PartNumber>1</PartNumber><ETag>&quot;e1&quot;</ETag>"
                                                         "<ChecksumCRC32C>4waSgw==</ChecksumCRC32C></Part>"));
}

TEST(Errors, ClassifiedByCodeThenStatus) {
  const std::tuple<int, const char*, Kind> cases[] = {
      {503, "SlowDown", Kind::kThrottled},
      {503, "", Kind::kUnavailable},
      {503, "ServiceUnavailable", Kind::kUnavailable},
      {429, "", Kind::kThrottled},
      {400, "RequestLimitExceeded", Kind::kThrottled},
      {500, "InternalError", Kind::kUnavailable},
      {502, "", Kind::kUnavailable},
      {504, "", Kind::kUnavailable},
      {400, "RequestTimeout", Kind::kUnavailable},
      {400, "BadDigest", Kind::kUnavailable},
      {400, "MalformedXML", Kind::kInvalid},
      {501, "NotImplemented", Kind::kInvalid},
      {403, "AccessDenied", Kind::kDenied},
      {403, "", Kind::kDenied},
      {400, "ExpiredToken", Kind::kDenied},
      {301, "PermanentRedirect", Kind::kDenied},
      {404, "NoSuchKey", Kind::kNotFound},
      {404, "NoSuchUpload", Kind::kNotFound},
      {404, "", Kind::kNotFound},
      {404, "NoSuchBucket", Kind::kDenied},
      {409, "ConditionalRequestConflict", Kind::kConflict},
      {409, "OperationAborted", Kind::kUnavailable},
      {412, "PreconditionFailed", Kind::kConflict},
      {412, "", Kind::kConflict},
      {416, "InvalidRange", Kind::kOutOfRange},
      {507, "XMinioStorageFull", Kind::kExhausted},
  };
  for (const auto& [status, code, kind] : cases) EXPECT_EQ(classify(status, code), kind) << status << " " << code;
}

TEST(Errors, TextHoldsCodeMessageAndRequestButNothingElse) {
  HttpReply reply{.status = 403, .headers = {{"x-amz-request-id", "4442587FB7D0A2F9"}}};
  reply.body = copy_of(view_of(
      "<Error><Code>SignatureDoesNotMatch</Code><Message>No match.</Message><AWSAccessKeyId>AKIDSECRET</AWSAccessKeyId>"
      "<StringToSign>s3cr3t</StringToSign></Error>"));
  const Error error = error_of(reply);
  EXPECT_EQ(error.kind, Kind::kDenied);
  EXPECT_EQ(error.text, "403 SignatureDoesNotMatch: No match. (request 4442587FB7D0A2F9)");
}

TEST(Errors, RedirectsNameTheRegion) {
  const HttpReply reply{.status = 301, .headers = {{"x-amz-bucket-region", "eu-west-1"}}};
  EXPECT_EQ(error_of(reply).text, "301 (the bucket is in region eu-west-1)");
  EXPECT_EQ(error_of({.status = 502}).text, "502");
}

TEST(S3Text, Base64ComesBackAsItWentOrNotAtAll) {
  for (const char* plain : {"a", "ab", "abc", "abcd", "0123456789abcdef"}) {
    const auto back = bytes_of_base64(to_base64(view_of(plain)));
    ASSERT_TRUE(back.has_value()) << plain;
    EXPECT_EQ(text_of(*back), plain);
  }
  for (const char* wrong : {"", "a", "abc", "abcde", "ab=c", "a===", "====", " abc", "abc\n", "ab\nc", "ab$d", "=abc"}) {
    EXPECT_EQ(bytes_of_base64(wrong), std::nullopt) << wrong;
  }
}

TEST(S3Text, HexadecimalComesBackAsItWentOrNotAtAll) {
  EXPECT_EQ(text_of(*bytes_of_hex(hex(view_of("hello")))), "hello");
  EXPECT_EQ(bytes_of_hex("")->size(), 0u);
  for (const char* wrong : {"0", "0g", "abc", "0x12", " 1"}) EXPECT_EQ(bytes_of_hex(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace takhin::object::s3
