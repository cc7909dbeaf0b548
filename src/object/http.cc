#include "object/http.h"

#include <algorithm>

namespace takhin::object {

Proxies Proxies::from(const std::map<std::string, std::string>& environment) {
  const auto first_of = [&](std::initializer_list<const char*> names) {
    for (const char* name : names) {
      const auto found = environment.find(name);
      if (found != environment.end() && !found->second.empty()) return found->second;
    }
    return std::string();
  };
  return {.http = first_of({"http_proxy", "all_proxy", "ALL_PROXY"}),
          .https = first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}),
          .except = first_of({"no_proxy", "NO_PROXY"})};
}

std::string_view HttpReply::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &Pairs::value_type::first);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace takhin::object
