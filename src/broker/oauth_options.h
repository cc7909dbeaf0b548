#pragma once
// Options of SASL OAUTHBEARER. Names are Kafka's (KIP-768).

#include <span>

#include "broker/security/oauth.h"
#include "config/option.h"

namespace takhin::broker {

/// Every option of this file.
std::span<const config::Option* const> oauth_rows();
/// `wanted`: a listener offers OAUTHBEARER. kInvalid with the one line of config::broken_rule.
Result<security::OAuthOptions> oauth_from(const config::Settings& settings, bool wanted);

}  // namespace takhin::broker
