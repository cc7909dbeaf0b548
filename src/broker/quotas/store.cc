#include "broker/quotas/store.h"

#include <algorithm>
#include <charconv>

#include "base/base64.h"
#include "base/text.h"
#include "broker/kept_lines.h"

namespace takhin::broker::quotas {
namespace {

constexpr std::string_view kHeader = "takhin client quotas 1";

std::string text_of_part(const Part& part) {
  if (part.is == Part::Is::kAbsent) return "-";
  return part.is == Part::Is::kDefault ? "*" : fmt::format("={}", to_base64(view_of(part.name)));
}

std::optional<Part> part_of(std::string_view text) {
  if (text == "-") return Part{};
  if (text == "*") return Part::all();
  if (text.empty() || text[0] != '=') return std::nullopt;
  const auto name = from_base64(text.substr(1));
  if (!name) return std::nullopt;
  return Part::of(std::string(text_of(*name)));
}

/// A line: user, client id, kind, limit.
bool read_line(std::string_view line, Table::Map& all) {
  const auto words = members_of(line);
  if (words.size() != 4) return false;
  const auto user = part_of(words[0]), client = part_of(words[1]);
  const auto* row = std::ranges::find(kKindRows, words[2], &KindRow::key);
  double limit = 0;
  const auto [end, error] = std::from_chars(words[3].data(), words[3].data() + words[3].size(), limit);
  const bool nobody = !user || !client || (user->is == Part::Is::kAbsent && client->is == Part::Is::kAbsent);
  if (nobody || row == kKindRows.end() || error != std::errc{} || !(limit > 0)) return false;
  all[{*user, *client}][static_cast<std::size_t>(row - kKindRows.begin())] = limit;
  return true;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(FileSystem& files, std::string path) {
  std::unique_ptr<Store> made(new Store(files, std::move(path)));
  TRY(made->load());
  return made;
}

Result<> Store::load() {
  Table::Map all;
  TRY(read_kept_lines(files_, path_, kHeader, [&](std::string_view line) { return read_line(line, all); }));
  table_ = std::make_shared<const Table>(std::move(all));
  return done();
}

std::shared_ptr<const Table> Store::table() const {
  const std::lock_guard hold(mutex_);
  return table_;
}

Result<> Store::apply(const std::vector<Change>& changes) {
  const std::lock_guard one_writer(change_mutex_);
  Table::Map next = table()->all();
  for (const Change& change : changes) {
    Limits& limits = next[change.entity];
    limits[static_cast<std::size_t>(change.quota)] = change.limit;
    if (std::ranges::none_of(limits, [](const auto& limit) { return limit.has_value(); })) next.erase(change.entity);
  }
  if (next.size() > kEntitiesMax) return fail(Kind::kExhausted, "{} quota entities are there, the limit", kEntitiesMax);
  TRY(keep(next));
  auto table = std::make_shared<const Table>(std::move(next));
  const std::lock_guard hold(mutex_);
  table_ = std::move(table);
  return done();
}

Result<> Store::keep(const Table::Map& all) const {
  std::string text = fmt::format("{}\n", kHeader);
  for (const auto& [entity, limits] : all) {
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      if (!limits[kind]) continue;
      text += fmt::format("{},{},{},{}\n", text_of_part(entity.user), text_of_part(entity.client), kKindRows[kind].key,
                          *limits[kind]);
    }
  }
  return write_atomically(files_, path_, view_of(text));
}

}  // namespace takhin::broker::quotas
