#pragma once
// Credentials that a service near the machine hands out: STS for a web identity, the container endpoint of ECS and EKS, the
// instance metadata service of EC2. Each get() asks anew, so RefreshingCredentials goes around them. All borrow their
// arguments. No error quotes a reply or a token.

#include <atomic>

#include "base/file.h"
#include "object/credentials.h"
#include "object/http.h"

namespace takhin::object {
namespace s3 {
class Signer;
}

/// For endpoints on or beside the machine: no proxy, and no long wait where there is none (a second each for connecting
/// and for the reply).
HttpOptions metadata_http();

/// AssumeRoleWithWebIdentity with the token in AWS_WEB_IDENTITY_TOKEN_FILE, read at each get() since it is rotated, for
/// AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME ("takhin" without it). The request goes to AWS_ENDPOINT_URL_STS, else to STS
/// of AWS_REGION, AWS_DEFAULT_REGION or `region`, unsigned. kNotFound without a token file; kDenied when STS refuses.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
class WebIdentityCredentials final : public CredentialsProvider {
 public:
  WebIdentityCredentials(const Environment& environment, std::string region, FileSystem& fs, HttpTransport& http);
  Result<Credentials> get(Deadline deadline) override;
  void refused(const Credentials&) override {}

 private:
  std::string token_file_;
  std::string role_;
  std::string session_;
  std::string endpoint_;
  FileSystem& fs_;
  HttpTransport& http_;
};

/// What a profile says of the role to assume.
struct RoleToAssume {
  std::string arn;
  std::string session = "takhin";
  std::string external_id;  // empty: none
  int duration_seconds = 0;  // 0: as the role says
};

/// AssumeRole with what `source` gives, asked at each get(), signed for `region`. The request goes to `endpoint`, empty for STS
/// of the region. kDenied when STS refuses; kInvalid when the source has none, since it was asked for.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
class RoleCredentials final : public CredentialsProvider {
 public:
  RoleCredentials(RoleToAssume role, std::unique_ptr<CredentialsProvider> source, const std::string& region, std::string endpoint,
                  const Clock& clock, HttpTransport& http);
  ~RoleCredentials() override;
  Result<Credentials> get(Deadline deadline) override;
  void refused(const Credentials&) override {}

 private:
  HttpRequest signed_request(const std::string& body, const Credentials& with);

  const RoleToAssume role_;
  const std::unique_ptr<CredentialsProvider> source_;
  const std::string endpoint_;  // without a slash at its end
  const std::unique_ptr<s3::Signer> signer_;
  const Clock& clock_;
  HttpTransport& http_;
};

/// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI below http://169.254.170.2, or AWS_CONTAINER_CREDENTIALS_FULL_URI, which may
/// be https, or http on the loopback interface and the addresses of ECS and EKS. AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
/// (read at each get()) or AWS_CONTAINER_AUTHORIZATION_TOKEN is sent as Authorization. kNotFound without a URI.
/// "Container credential provider", AWS SDKs reference.
class ContainerCredentials final : public CredentialsProvider {
 public:
  ContainerCredentials(const Environment& environment, FileSystem& fs, HttpTransport& http);
  Result<Credentials> get(Deadline deadline) override;
  void refused(const Credentials&) override {}

 private:
  Result<std::string> token() const;

  std::string url_;
  std::string token_file_;
  std::string token_;
  FileSystem& fs_;
  HttpTransport& http_;
};

/// The role of the EC2 instance, by IMDSv2: a token first, then the role's name, then its credentials.
/// AWS_EC2_METADATA_DISABLED=true is kNotFound; AWS_EC2_METADATA_SERVICE_ENDPOINT or
/// AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6 name another endpoint. Nobody there is kNotFound unless an endpoint was
/// named or has answered before: most machines are no EC2 instance.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
class InstanceCredentials final : public CredentialsProvider {
 public:
  InstanceCredentials(const Environment& environment, HttpTransport& http);
  Result<Credentials> get(Deadline deadline) override;
  void refused(const Credentials&) override {}

 private:
  Result<std::string> token(Deadline deadline);
  Result<std::string> read(const std::string& path, const std::string& token, Deadline deadline);

  bool disabled_ = false;
  std::string endpoint_;
  std::atomic<bool> expected_{false};
  HttpTransport& http_;
};

}  // namespace takhin::object
