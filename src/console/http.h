#pragma once
// Requests and responses as the handlers see them: no sockets, no HTTP library.

#include <optional>
#include <string>
#include <string_view>

namespace takhin::console {

struct Request {
  std::string method;  // "GET"
  std::string target;  // as sent: path, still percent-encoded, and perhaps a query
  std::string body;
  std::optional<std::string> authorization;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow;  // for 405
};

/// The path of a target, without its query.
std::string_view path_of(std::string_view target);
/// RFC 3986 percent-decoding; nothing for a broken escape or a NUL.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace takhin::console
