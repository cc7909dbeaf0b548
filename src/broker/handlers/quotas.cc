// DescribeClientQuotas, AlterClientQuotas (KIP-546): limits of users, client ids, both together, and what holds for the others.

#include "broker/quotas/quotas.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/describe_client_quotas.h"

namespace takhin::broker::handlers {
namespace {

using protocol::AlterClientQuotasRequest;
using protocol::AlterClientQuotasResponse;
using protocol::DescribeClientQuotasRequest;
using protocol::DescribeClientQuotasResponse;
using protocol::ErrorCode;
using quotas::Entity;
using quotas::Part;

constexpr std::string_view kUser = "user";
constexpr std::string_view kClientId = "client-id";
constexpr std::string_view kIp = "ip";
enum class Match : std::int8_t { kExact = 0, kDefault = 1, kSpecified = 2 };

struct Refusal {
  ErrorCode error = ErrorCode::kNone;
  std::string why;
};
Refusal invalid(std::string why) { return {ErrorCode::kInvalidRequest, std::move(why)}; }

// ---- describe

/// What is asked of one half of an entity; nothing: anything will do.
struct Wanted {
  bool any = false;  // it must be there
  Part part;
};

struct Filter {
  std::optional<Wanted> user, client;
  bool ip = false;

  static bool passes(const std::optional<Wanted>& wanted, const Part& part, bool strict) {
    if (!wanted) return !strict || part.is == Part::Is::kAbsent;
    return wanted->any ? part.is != Part::Is::kAbsent : part == wanted->part;
  }
  bool passes(const Entity& entity, bool strict) const {
    return !ip && passes(user, entity.user, strict) && passes(client, entity.client, strict);
  }
};

Refusal read_component(const DescribeClientQuotasRequest::ComponentData& component, Wanted& wanted) {
  switch (static_cast<Match>(component.match_type)) {
    case Match::kExact:
      if (!component.match) return invalid("Request specified MATCH_TYPE_EXACT, but set match string to null.");
      wanted.part = Part::of(*component.match);
      return {};
    case Match::kDefault:
      if (component.match) return invalid("Request specified MATCH_TYPE_DEFAULT, but also specified a match string.");
      wanted.part = Part::all();
      return {};
    case Match::kSpecified:
      if (component.match) return invalid("Request specified MATCH_TYPE_SPECIFIED, but also specified a match string.");
      wanted.any = true;
      return {};
  }
  return invalid(fmt::format("Unknown match type {}", component.match_type));
}

Refusal read_filter(const DescribeClientQuotasRequest& request, Filter& filter) {
  std::set<std::string_view> named;
  for (const auto& component : request.components) {
    const std::string_view type = component.entity_type;
    if (type.empty()) return invalid("Invalid empty entity type.");
    if (!named.insert(type).second) {
      return invalid(fmt::format("Entity type {} cannot appear more than once in the filter.", printable(type)));
    }
    if (type != kUser && type != kClientId && type != kIp) {
      return {ErrorCode::kUnsupportedVersion, fmt::format("Unsupported entity type {}.", printable(type))};
    }
    Wanted wanted;
    if (Refusal refusal = read_component(component, wanted); refusal.error != ErrorCode::kNone) return refusal;
    if (type == kUser) filter.user = wanted;
    if (type == kClientId) filter.client = wanted;
    if (type == kIp) filter.ip = true;
  }
  if (filter.ip && (filter.user || filter.client)) {
    return invalid("Invalid entity filter component combination: ip cannot be combined with user or client-id.");
  }
  return {};
}

void describe(const CallPtr& call, DescribeClientQuotasRequest request) {
  DescribeClientQuotasResponse response;
  response.error_message.reset();
  Filter filter;
  if (Refusal refusal = read_filter(request, filter); refusal.error != ErrorCode::kNone) {
    response.error_code = refusal.error;
    response.error_message = std::move(refusal.why);
    response.entries.reset();
    return call->answer(response);
  }
  response.entries.emplace();
  const auto table = call->broker.quotas.table();
  for (const auto& [entity, limits] : table->all()) {
    if (!filter.passes(entity, request.strict)) continue;
    auto& entry = response.entries->emplace_back();
    const auto add = [&](std::string_view type, const Part& part) {
      if (part.is == Part::Is::kAbsent) return;
      auto& out = entry.entity.emplace_back();
      out.entity_type = type;
      out.entity_name.reset();
      if (part.is == Part::Is::kNamed) out.entity_name = part.name;
    };
    add(kUser, entity.user);
    add(kClientId, entity.client);
    for (std::size_t kind = 0; kind < quotas::kKinds; ++kind) {
      if (limits[kind]) entry.values.push_back({std::string(quotas::kKindRows[kind].key), *limits[kind]});
    }
  }
  call->answer(response);
}

// ---- alter

using Entry = AlterClientQuotasRequest::EntryData;

Refusal read_entity(const Entry& entry, Entity& entity) {
  if (entry.entity.empty()) return invalid("Invalid empty client quota entity");
  for (const auto& one : entry.entity) {
    const std::string_view type = one.entity_type;
    if (type == kIp) return invalid("quotas of ip addresses (connection_creation_rate) are not supported by this broker");
    if (type != kUser && type != kClientId) {
      return invalid(fmt::format("Unhandled client quota entity type: {}", printable(type)));
    }
    Part& part = type == kUser ? entity.user : entity.client;
    if (part.is != Part::Is::kAbsent) return invalid(fmt::format("duplicate entity entry {}", type));
    if (one.entity_name && one.entity_name->empty()) return invalid(fmt::format("Empty {} not supported", type));
    if (one.entity_name && one.entity_name->size() > quotas::kNameBytesMax) {
      return invalid(fmt::format("a {} of more than {} bytes cannot have a quota", type, quotas::kNameBytesMax));
    }
    part = one.entity_name ? Part::of(*one.entity_name) : Part::all();
  }
  return {};
}

struct EntryChanges {
  Entity entity;
  std::vector<quotas::Change> changes;
  Refusal refusal;
};

EntryChanges read_entry(const Entry& entry) {
  EntryChanges out;
  out.refusal = read_entity(entry, out.entity);
  std::set<std::string_view> named;
  for (const auto& op : entry.ops) {
    if (out.refusal.error != ErrorCode::kNone) return out;
    const auto* row = std::ranges::find(quotas::kKindRows, op.key, &quotas::KindRow::key);
    if (!named.insert(op.key).second) out.refusal = invalid(fmt::format("Duplicate quota key {}", printable(op.key)));
    else if (row == quotas::kKindRows.end()) {
      out.refusal = invalid(fmt::format("Invalid configuration key {}", printable(op.key)));
    }
    if (out.refusal.error != ErrorCode::kNone) return out;
    auto& change = out.changes.emplace_back();
    change.entity = out.entity;
    change.quota = static_cast<quotas::Quota>(row - quotas::kKindRows.begin());
    if (op.remove) continue;
    constexpr double kEpsilon = 1e-6;
    if (!std::isfinite(op.value) || op.value <= 0) out.refusal = invalid(fmt::format("Quota {} must be greater than 0", op.key));
    else if (row->whole && std::abs(std::round(op.value) - op.value) > kEpsilon) {
      out.refusal = invalid(fmt::format("Configuration {} must be a Long value", op.key));
    }
    change.limit = op.value;
  }
  return out;
}

std::vector<EntryChanges> read_entries(const AlterClientQuotasRequest& request) {
  std::vector<EntryChanges> entries;
  std::set<Entity> named;
  for (const Entry& entry : request.entries) {
    entries.push_back(read_entry(entry));
    EntryChanges& last = entries.back();
    if (last.refusal.error != ErrorCode::kNone || named.insert(last.entity).second) continue;
    last.refusal = invalid("Ignoring duplicate entity");
  }
  return entries;
}

void answer(const CallPtr& call, const AlterClientQuotasRequest& request, const std::vector<EntryChanges>& entries) {
  AlterClientQuotasResponse response;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto& out = response.entries.emplace_back();
    out.error_code = entries[i].refusal.error;
    out.error_message.reset();
    if (out.error_code != ErrorCode::kNone) out.error_message = entries[i].refusal.why;
    for (const auto& one : request.entries[i].entity) out.entity.push_back({one.entity_type, one.entity_name});
  }
  call->answer(response);
}

std::string text_of(const Part& part) {
  if (part.is == Part::Is::kAbsent) return "-";
  return part.is == Part::Is::kDefault ? "<default>" : fmt::format("'{}'", printable(part.name));
}

/// Blocks: in the admin pool.
void apply(const CallPtr& call, const AlterClientQuotasRequest& request, std::vector<EntryChanges> entries,
           const std::string& who) {
  std::vector<quotas::Change> all;
  for (const EntryChanges& entry : entries) {
    if (entry.refusal.error == ErrorCode::kNone) all.insert(all.end(), entry.changes.begin(), entry.changes.end());
  }
  const auto applied = all.empty() || request.validate_only ? done() : call->broker.quotas.apply(all);
  for (EntryChanges& entry : entries) {
    if (entry.refusal.error != ErrorCode::kNone) continue;
    if (!applied.ok()) entry.refusal = {protocol::error_code_for(applied.error().kind), applied.error().text};
    else if (!request.validate_only) {
      log_info("audit", "connection {}, user '{}': quotas of user {}, client id {} changed", call->peer, printable(who),
               text_of(entry.entity.user), text_of(entry.entity.client));
    }
  }
  answer(call, request, entries);
}

void alter(const CallPtr& call, AlterClientQuotasRequest request) {
  const auto shared = std::make_shared<const AlterClientQuotasRequest>(std::move(request));
  auto entries = read_entries(*shared);
  in_pool(
      call->broker.admin, [call, shared, entries, who = call->session->user] { apply(call, *shared, entries, who); },
      [&] {
        for (EntryChanges& entry : entries) {
          if (entry.refusal.error == ErrorCode::kNone) {
            entry.refusal = {ErrorCode::kRequestTimedOut, "too much is being changed; try again"};
          }
        }
        answer(call, *shared, entries);
      });
}

}  // namespace

void describe_client_quotas(const CallPtr& call) { decoded<DescribeClientQuotasRequest, describe>(call); }
void alter_client_quotas(const CallPtr& call) { decoded<AlterClientQuotasRequest, alter>(call); }

}  // namespace takhin::broker::handlers
