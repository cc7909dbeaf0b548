#include "object/store.h"

#include <algorithm>

namespace takhin::object {
namespace {

/// Length of the UTF-8 sequence at the head of `text` (RFC 3629: shortest form, no surrogates), 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  if (lead == 0xe0 && at(1) < 0xa0) return 0;
  if (lead == 0xed && at(1) > 0x9f) return 0;
  if (lead == 0xf0 && at(1) < 0x90) return 0;
  if (lead == 0xf4 && at(1) > 0x8f) return 0;
  return length;
}

/// Empty when the key is fine, else the rule it breaks.
std::string_view broken_rule(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kKeyBytesMax) return "is longer than 1,024 bytes";
  for (std::size_t i = 0; i < name.size();) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (byte < 0x20 || byte == 0x7f) return "holds a control character";
    const std::size_t length = utf8_length(name.substr(i));
    if (length == 0) return "is not UTF-8";
    i += length;
  }
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty()) return "has an empty part";
    if (part == "." || part == "..") return "has a part \".\" or \"..\"";
    if (part.size() > kKeyPartBytesMax) return "has a part longer than 255 bytes";
    begin = end + 1;
  }
  return {};
}

}  // namespace

Result<> check(const ObjectKey& key) {
  const std::string_view rule = broken_rule(key.name);
  if (rule.empty()) return done();
  return fail(Kind::kInvalid, "object key \"{}\" {}", key.name.substr(0, 80), rule);
}

Result<> for_each(ObjectStore& store, std::string_view prefix, std::string_view after, Deadline deadline,
                  const std::function<Result<>(const ObjectInfo&)>& each) {
  std::string last(after);
  for (;;) {
    TRY(const Page page, store.list(prefix, last, deadline));
    for (const ObjectInfo& info : page.objects) TRY(each(info));
    if (!page.more) return done();
    // A store that promises more but shows nothing would keep us here forever.
    if (page.objects.empty())
      return fail(Kind::kUnavailable, "list \"{}\": an empty page that is not the last", prefix);
    last = page.objects.back().key.name;
  }
}

}  // namespace takhin::object
