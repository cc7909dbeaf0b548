#include "object/options.h"

#include <gmock/gmock.h>

namespace takhin::object {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Result<S3Options> loaded(std::vector<std::string> set) {
  config::Sources sources;
  for (const std::string& one : set) sources.set.push_back("storage.tiered.s3." + one);
  TRY(const auto settings, config::Settings::load(rows(), sources));
  return from(settings);
}

TEST(S3Options, DefaultsAreTheContracts) {
  const auto options = loaded({});
  ASSERT_TRUE(options.ok()) << options.error().text;
  EXPECT_EQ(options->bucket, "");
  EXPECT_EQ(options->region, "us-east-1");
  EXPECT_EQ(options->prefix, "takhin-segments");
  EXPECT_EQ(options->endpoint, "");
  EXPECT_EQ(options->part_bytes, 64 * kMiB);
  const S3Options same;
  EXPECT_EQ(options->upload_concurrency, same.upload_concurrency);
  EXPECT_EQ(options->http.connections_max, same.http.connections_max);
  EXPECT_EQ(options->http.connect_timeout, same.http.connect_timeout);
  EXPECT_EQ(options->http.request_timeout, same.http.request_timeout);
  EXPECT_EQ(options->http.stall_timeout, same.http.stall_timeout);
  EXPECT_EQ(options->retry.attempts_max, same.retry.attempts_max);
  EXPECT_EQ(options->payload_signing, same.payload_signing);
  EXPECT_EQ(options->addressing, same.addressing);
  EXPECT_EQ(options->storage_class, same.storage_class);
  EXPECT_EQ(options->server_side, same.server_side);
  EXPECT_EQ(options->requester_pays, same.requester_pays);
  EXPECT_EQ(local_directory(*options), std::nullopt);
}

TEST(S3Options, EveryRowArrives) {
  const auto options =
      loaded({"bucket=b", "region=eu-west-1", "prefix=p/q", "endpoint=https://minio:9000/", "access.key=a",
              "secret.key=s", "session.token=t", "ca.file=/ca", "part.size.mb=5", "upload.concurrency=2",
              "connections.max=3", "connect.timeout.ms=4", "request.timeout.ms=5", "stall.timeout.seconds=6",
              "retry.attempts=7", "payload.signing=never", "addressing=virtual", "storage.class=GLACIER_IR",
              "sse.mode=sse-kms", "sse.kms.key.id=alias/takhin", "requester.pays=true"});
  ASSERT_TRUE(options.ok()) << options.error().text;
  EXPECT_EQ(options->bucket, "b");
  EXPECT_EQ(options->region, "eu-west-1");
  EXPECT_EQ(options->prefix, "p/q");
  EXPECT_EQ(options->endpoint, "https://minio:9000");
  EXPECT_EQ(options->keys.access_key + options->keys.secret_key + options->keys.session_token, "ast");
  EXPECT_EQ(options->http.ca_file, "/ca");
  EXPECT_EQ(options->part_bytes, 5 * kMiB);
  EXPECT_EQ(options->upload_concurrency, 2);
  EXPECT_EQ(options->http.connections_max, 3);
  EXPECT_EQ(options->http.connect_timeout.count(), 4);
  EXPECT_EQ(options->http.request_timeout.count(), 5);
  EXPECT_EQ(options->http.stall_timeout.count(), 6);
  EXPECT_EQ(options->retry.attempts_max, 7);
  EXPECT_EQ(options->payload_signing, PayloadSigning::kNever);
  EXPECT_EQ(options->addressing, Addressing::kVirtual);
  EXPECT_EQ(options->storage_class, "GLACIER_IR");
  EXPECT_EQ(options->server_side, ServerSide::kKms);
  EXPECT_EQ(options->kms_key_id, "alias/takhin");
  EXPECT_TRUE(options->requester_pays);
}

TEST(S3Options, AKeyOfOnesOwn) {
  const auto options = loaded({"sse.mode=sse-c", "sse.customer.key=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="});
  ASSERT_TRUE(options.ok()) << options.error().text;
  EXPECT_EQ(options->server_side, ServerSide::kCustomer);
  EXPECT_EQ(text_of(options->customer_key), "01234567890123456789012345678901");
}

TEST(S3Options, FileEndpoints) {
  EXPECT_EQ(local_directory(*loaded({"endpoint=file:///var/objects"})), "/var/objects");
}

TEST(S3Options, WrongOnesNameKeyAndRule) {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"endpoint=minio:9000"}, "storage.tiered.s3.endpoint"},
      {{"endpoint=http://h/path"}, "storage.tiered.s3.endpoint"},
      {{"endpoint=file://relative"}, "storage.tiered.s3.endpoint"},
      {{"endpoint=http://u:p@h"}, "storage.tiered.s3.endpoint"},
      {{"prefix=/p"}, "storage.tiered.s3.prefix"},
      {{"prefix=p/"}, "storage.tiered.s3.prefix"},
      {{"bucket=a/b"}, "storage.tiered.s3.bucket"},
      {{"access.key=a"}, "storage.tiered.s3.access.key"},
      {{"secret.key=s3cr3t"}, "storage.tiered.s3.access.key"},
      {{"session.token=s3cr3t"}, "storage.tiered.s3.session.token"},
      {{"region="}, "storage.tiered.s3.region"},
      {{"part.size.mb=4"}, "storage.tiered.s3.part.size.mb"},
      {{"addressing=dns"}, "storage.tiered.s3.addressing"},
      {{"storage.class=a b"}, "storage.tiered.s3.storage.class"},
      {{"storage.class=DEEP_ARCHIVE"}, "storage.tiered.s3.storage.class"},
      {{"sse.mode=aes"}, "storage.tiered.s3.sse.mode"},
      {{"sse.kms.key.id=k"}, "storage.tiered.s3.sse.kms.key.id"},
      {{"sse.mode=sse-c"}, "storage.tiered.s3.sse.customer.key"},
      {{"sse.customer.key=s3cr3t"}, "storage.tiered.s3.sse.customer.key"},
      {{"sse.mode=sse-c", "sse.customer.key=s3cr3t"}, "storage.tiered.s3.sse.customer.key"},
      {{"sse.mode=sse-c", "sse.customer.key=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "endpoint=http://h"},
       "storage.tiered.s3.sse.mode"},
      {{"payload.signing=maybe"}, "storage.tiered.s3.payload.signing"},
  };
  for (const auto& [set, key] : cases) {
    const auto options = loaded(set);
    ASSERT_FALSE(options.ok()) << set.front();
    EXPECT_EQ(options.error().kind, Kind::kInvalid);
    EXPECT_THAT(options.error().text, HasSubstr(key));
    EXPECT_THAT(options.error().text, Not(HasSubstr("s3cr3t")));
  }
}

}  // namespace
}  // namespace takhin::object
