#include "object/credentials.h"

#include "object/credential_text.h"

namespace takhin::object {
Result<Credentials> StaticCredentials::get(Deadline) {
  if (credentials_.access_key.empty()) return fail(Kind::kNotFound, "no access key configured");
  return credentials_;
}

EnvironmentCredentials::EnvironmentCredentials(const Environment& environment)
    : credentials_{value_of(environment, "AWS_ACCESS_KEY_ID"), value_of(environment, "AWS_SECRET_ACCESS_KEY"),
                   value_of(environment, "AWS_SESSION_TOKEN"), std::nullopt} {}

Result<Credentials> EnvironmentCredentials::get(Deadline) {
  if (credentials_.access_key.empty() && credentials_.secret_key.empty()) {
    return fail(Kind::kNotFound, "AWS_ACCESS_KEY_ID is not set");
  }
  if (credentials_.access_key.empty() || credentials_.secret_key.empty()) {
    return fail(Kind::kInvalid, "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set");
  }
  return credentials_;
}

Result<Credentials> CredentialsChain::get(Deadline deadline) {
  std::string tried;
  for (const auto& source : sources_) {
    auto found = source->get(deadline);
    if (found.ok() || found.error().kind != Kind::kNotFound) return found;
    tried += tried.empty() ? found.error().text : "; " + found.error().text;
  }
  return fail(Kind::kNotFound, "no credentials: {}", tried);
}

void CredentialsChain::refused(const Credentials& credentials) {
  for (const auto& source : sources_) source->refused(credentials);
}

}  // namespace takhin::object
