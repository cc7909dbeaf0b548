#include "broker/security/authorizer.h"

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/crc32c.h"
#include "base/text.h"
#include "broker/kept_lines.h"

namespace takhin::broker::security {
namespace {

constexpr std::string_view kHeader = "takhin acls 1\n";
constexpr std::string_view kFooter = "crc32c ";

// Lines of: type, pattern, operation and permission as Kafka numbers them; name, principal and host in base64.
std::string line_of(const Acl& acl) {
  return fmt::format("{} {} {} {} {} {} {}\n", static_cast<int>(acl.type), static_cast<int>(acl.pattern),
                     static_cast<int>(acl.operation), static_cast<int>(acl.permission), to_base64(view_of(acl.name)),
                     to_base64(view_of(acl.principal)), to_base64(view_of(acl.host)));
}

std::optional<Acl> acl_from(std::string_view line) {
  std::array<std::string_view, 7> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto blank = std::min(line.find(' '), line.size());
    if ((blank == line.size()) != (i + 1 == words.size())) return std::nullopt;
    words[i] = line.substr(0, blank);
    line.remove_prefix(std::min(blank + 1, line.size()));
  }
  std::array<std::int8_t, 4> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto number = number_of<std::int8_t>(words[i]);
    if (!number) return std::nullopt;
    numbers[i] = *number;
  }
  const auto name = from_base64(words[4]), principal = from_base64(words[5]), host = from_base64(words[6]);
  if (!name || !principal || !host) return std::nullopt;
  Acl acl{static_cast<ResourceType>(numbers[0]),
          static_cast<PatternType>(numbers[1]),
          std::string(text_of(*name)),
          std::string(text_of(*principal)),
          std::string(text_of(*host)),
          static_cast<AclOperation>(numbers[2]),
          static_cast<Permission>(numbers[3])};
  return flaw_of(acl).empty() ? std::optional(std::move(acl)) : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Authorizer>> Authorizer::open(FileSystem& files, std::string kept, AuthorizerOptions options) {
  std::unique_ptr<Authorizer> made(new Authorizer(files, std::move(kept), std::move(options)));
  TRY(made->load());
  return made;
}

Result<> Authorizer::load() {
  const auto data = read_whole(files_, kept_path_);
  if (!data.ok() && data.error().kind == Kind::kNotFound) return done();
  if (!data.ok()) return data.error();
  std::string_view text = text_of(*data);
  const auto damaged = [&](std::string_view what) { return fail(Kind::kCorrupt, "{}: {}", kept_path_, what); };
  const auto footer = text.rfind(kFooter);
  if (!text.starts_with(kHeader) || footer == std::string_view::npos) return damaged("no file of ACLs");
  if (text.substr(footer) != fmt::format("{}{:08x}\n", kFooter, crc32c(view_of(text.substr(0, footer))))) {
    return damaged("its checksum is wrong");
  }
  text = text.substr(kHeader.size(), footer - kHeader.size());
  std::set<Acl> all;
  TRY(each_line(text, [&](std::string_view line, std::size_t number) -> Result<> {
    auto acl = acl_from(line);
    if (!acl) return damaged(fmt::format("line {} is no ACL", number + 1));  // the first is the header
    all.insert(*std::move(acl));
    return done();
  }));
  index_ = std::make_shared<const AclIndex>(all);
  acls_ = std::make_shared<const std::set<Acl>>(std::move(all));
  return done();
}

Result<> Authorizer::store(const std::set<Acl>& all) const {
  std::string text(kHeader);
  for (const Acl& acl : all) text += line_of(acl);
  text += fmt::format("{}{:08x}\n", kFooter, crc32c(view_of(text)));
  return write_atomically(files_, kept_path_, view_of(text));
}

std::shared_ptr<const AclIndex> Authorizer::index() const {
  const std::lock_guard hold(mutex_);
  return index_;
}

std::shared_ptr<const std::set<Acl>> Authorizer::acls() const {
  const std::lock_guard hold(mutex_);
  return acls_;
}

std::vector<Acl> Authorizer::list(const AclFilter& filter) const {
  const auto now = acls();
  std::vector<Acl> out;
  std::ranges::copy_if(*now, std::back_inserter(out), [&](const Acl& acl) { return filter.matches(acl); });
  return out;
}

// On disk first, then in force: what a client was told survives a crash.
Result<> Authorizer::replace(std::set<Acl> next) {
  TRY(store(next));
  auto index = std::make_shared<const AclIndex>(next);
  auto acls = std::make_shared<const std::set<Acl>>(std::move(next));
  const std::lock_guard hold(mutex_);
  index_.swap(index);
  acls_.swap(acls);
  return done();
}

Result<> Authorizer::create(const std::vector<Acl>& acls) {
  const std::lock_guard one_writer(change_mutex_);
  const auto now = this->acls();
  std::set<Acl> next = *now;
  next.insert(acls.begin(), acls.end());
  if (next.size() == now->size()) return done();
  if (next.size() > kAclsMax) return fail(Kind::kExhausted, "there may be {} ACLs", kAclsMax);
  return replace(std::move(next));
}

Result<std::vector<std::vector<Acl>>> Authorizer::remove(const std::vector<AclFilter>& filters) {
  const std::lock_guard one_writer(change_mutex_);
  std::vector<std::vector<Acl>> met;
  std::set<Acl> next = *acls();
  const std::size_t before = next.size();
  for (const AclFilter& filter : filters) {
    for (const Acl& acl : met.emplace_back(list(filter))) next.erase(acl);
  }
  if (next.size() != before) TRY(replace(std::move(next)));
  return met;
}

}  // namespace takhin::broker::security
