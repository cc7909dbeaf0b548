#pragma once
// What a reply that is no success means to the caller.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html

#include "object/http.h"

namespace takhin::object::s3 {

/// By S3 error code where it is known, else by status.
Kind classify(int status, std::string_view code);

/// "403 AccessDenied: Access Denied (request 4442587FB7D0A2F9)". Takes only code, message and request id from the
/// reply: other elements may echo parts of the request.
Error error_of(const HttpReply& reply);

/// The S3 error code of a reply, also where a HEAD has only a header for it; empty when unknown.
std::string code_of(const HttpReply& reply);

}  // namespace takhin::object::s3
