#include "broker/options.h"

#include <algorithm>
#include <array>


#include "base/text.h"
#include "broker/security/session.h"

namespace takhin::broker {
namespace {

using config::Option;
constexpr double kInt32Max = 2'147'483'647;

const Option kHost{.key = "kafka.host", .fallback = std::string("127.0.0.1"), .doc = "Address or name to listen on."};
const Option kPort{.key = "kafka.port",
                   .fallback = std::int64_t{9092},
                   .min = 0,
                   .max = 65535,
                   .doc = "Port to listen on; 0 picks a free one."};
const Option kAdvertisedHost{.key = "kafka.advertised.host", .fallback = std::string(""),
                             .doc = "Host that clients are told to connect to; empty: kafka.host."};
const Option kAdvertisedPort{.key = "kafka.advertised.port", .fallback = std::int64_t{0}, .min = 0, .max = 65535,
                             .doc = "Port that clients are told to connect to; 0: the one listened on."};
const Option kClusterId{.key = "kafka.cluster.id", .fallback = std::string(""),
                        .doc = "Cluster id; empty: made at the first start and kept in the data directory."};
const Option kBrokerId{
    .key = "kafka.broker.id", .fallback = std::int64_t{1}, .min = 0, .max = kInt32Max, .doc = "Node id of this broker."};
const Option kAutoCreate{.key = "kafka.auto.create.topics.enable", .fallback = true,
                         .doc = "Make a topic when a client that allows it asks for one that does not exist."};
const Option kNumPartitions{.key = "kafka.num.partitions", .fallback = std::int64_t{1}, .min = 1, .max = 10'000,
                            .doc = "Partitions of a topic whose maker does not say."};
const Option kReplication{.key = "kafka.default.replication.factor", .fallback = std::int64_t{1}, .min = 1, .max = 1,
                          .doc = "Replicas of a topic; there is one broker, so there can be one."};
const Option kRequestMax{.key = "kafka.socket.request.max.bytes",
                         .fallback = std::int64_t{104'857'600},
                         .min = 1024,
                         .max = kInt32Max,
                         .doc = "Largest request; a larger one closes its connection."};
const Option kConnectionsMax{.key = "kafka.connections.max", .fallback = std::int64_t{10'000}, .min = 1, .max = kInt32Max,
                             .doc = "Open connections; further ones are refused."};
const Option kPerAddress{.key = "kafka.max.connections.per.ip", .fallback = std::int64_t{0}, .min = 0, .max = kInt32Max,
                         .doc = "Open connections from one address; 0: only the limit of all."};
const Option kPerAddressOverrides{.key = "kafka.max.connections.per.ip.overrides",
                                  .fallback = std::string(""),
                                  .doc = "address:number with commas, for addresses with another limit; 0 lets none in."};
const Option kIdle{.key = "kafka.connections.max.idle.ms", .fallback = std::int64_t{600'000}, .min = 1, .max = 9e15,
                   .doc = "A connection without a request for this long is closed."};
const Option kInFlight{.key = "kafka.connection.requests.max", .fallback = std::int64_t{64}, .min = 1, .max = 10'000,
                       .doc = "Requests of one connection under way at a time; no more are read until one is answered."};
const Option kThreads{.key = "kafka.network.threads", .fallback = std::int64_t{0}, .min = 0, .max = 1024,
                      .doc = "Event loops that serve connections; 0: one for each core."};
const Option kFetchMax{.key = "kafka.fetch.max.bytes", .fallback = std::int64_t{57'671'680}, .min = 1024, .max = kInt32Max,
                       .doc = "Largest answer to one Fetch, whatever the client asks for."};
const Option kFetchSessions{.key = "kafka.max.incremental.fetch.session.cache.slots",
                            .fallback = std::int64_t{1'000},
                            .min = 0,
                            .max = 1e6,
                            .doc = "Consumers whose fetches the broker remembers, so that they need to send changes only."};
const Option kColdWait{
    .key = "kafka.fetch.cold.wait.ms",
    .fallback = std::int64_t{2'000},
    .min = 1,
    .max = 600'000,
    .doc = "How long a Fetch waits for data from the object store before it answers without; the download goes on."};
const Option kColdThreads{.key = "kafka.fetch.cold.threads", .fallback = std::int64_t{8}, .min = 1, .max = 256,
                          .doc = "Partitions that are read from the object store at the same time."};
const Option kRebalanceDelay{.key = "kafka.group.initial.rebalance.delay.ms",
                             .fallback = std::int64_t{0},
                             .min = 0,
                             .max = 600'000,
                             .doc = "How long the first member of an empty group waits for others."};
const Option kSessionMin{.key = "kafka.group.min.session.timeout.ms", .fallback = std::int64_t{6'000}, .min = 1, .max = kInt32Max,
                         .doc = "Shortest session timeout that a member may ask for."};
const Option kSessionMax{.key = "kafka.group.max.session.timeout.ms",
                         .fallback = std::int64_t{1'800'000},
                         .min = 1,
                         .max = kInt32Max,
                         .doc = "Longest session timeout that a member may ask for."};
const Option kGroupMembers{.key = "kafka.group.max.size", .fallback = std::int64_t{10'000}, .min = 1, .max = kInt32Max,
                           .doc = "Members of one group."};
const Option kConsumerSession{.key = "kafka.group.consumer.session.timeout.ms",
                              .fallback = std::int64_t{45'000},
                              .min = 1,
                              .max = kInt32Max,
                              .doc = "A member of a group of the next generation (KIP-848) that sends no heartbeat for this long "
                                     "loses its partitions."};
const Option kConsumerSessionMin{.key = "kafka.group.consumer.min.session.timeout.ms",
                                 .fallback = std::int64_t{45'000},
                                 .min = 1,
                                 .max = kInt32Max,
                                 .doc = "Least consumer.session.timeout.ms that a group may set for itself."};
const Option kConsumerSessionMax{.key = "kafka.group.consumer.max.session.timeout.ms",
                                 .fallback = std::int64_t{60'000},
                                 .min = 1,
                                 .max = kInt32Max,
                                 .doc = "Largest consumer.session.timeout.ms that a group may set for itself."};
const Option kConsumerBeat{.key = "kafka.group.consumer.heartbeat.interval.ms",
                           .fallback = std::int64_t{5'000},
                           .min = 1,
                           .max = kInt32Max,
                           .doc = "How often members of groups of the next generation are told to send a heartbeat."};
const Option kConsumerBeatMin{.key = "kafka.group.consumer.min.heartbeat.interval.ms",
                              .fallback = std::int64_t{5'000},
                              .min = 1,
                              .max = kInt32Max,
                              .doc = "Least consumer.heartbeat.interval.ms that a group may set for itself."};
const Option kConsumerBeatMax{.key = "kafka.group.consumer.max.heartbeat.interval.ms",
                              .fallback = std::int64_t{15'000},
                              .min = 1,
                              .max = kInt32Max,
                              .doc = "Largest consumer.heartbeat.interval.ms that a group may set for itself."};
const Option kConsumerMembers{.key = "kafka.group.consumer.max.size",
                              .fallback = std::int64_t{10'000},
                              .min = 1,
                              .max = kInt32Max,
                              .doc = "Members of one group of the next generation."};
const Option kConsumerAssignors{.key = "kafka.group.consumer.assignors",
                                .fallback = std::string("uniform,range"),
                                .doc = "Of uniform and range, with commas: the assignors that members may ask for. The first is "
                                       "taken when none of a group does."};
const Option kOffsetsRetention{.key = "kafka.offsets.retention.minutes",
                               .fallback = std::int64_t{10'080},
                               .min = 1,
                               .max = kInt32Max,
                               .doc = "How long the offsets of an empty group are kept."};
const Option kOffsetMetadata{.key = "kafka.offset.metadata.max.bytes",
                             .fallback = std::int64_t{4'096},
                             .min = 0,
                             .max = kInt32Max,
                             .doc = "Longest text that a client may commit with an offset."};
const Option kTxnTimeoutMax{.key = "kafka.transaction.max.timeout.ms",
                            .fallback = std::int64_t{900'000},
                            .min = 1,
                            .max = kInt32Max,
                            .doc = "Longest transaction timeout that a producer may ask for."};
const Option kTxnIdExpiration{.key = "kafka.transactional.id.expiration.ms",
                              .fallback = std::int64_t{604'800'000},
                              .min = 1,
                              .max = 9e15,
                              .doc = "How long a transactional id is remembered after its last transaction."};

const Option kSaslMechanisms{.key = "kafka.sasl.enabled.mechanisms",
                             .fallback = std::string(""),
                             .doc = "Of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, with commas: clients must "
                                    "authenticate by one of "
                                    "them. Empty: nobody has to."};
const Option kSaslUsers{.key = "kafka.sasl.users.file",
                        .fallback = std::string(""),
                        .doc = "Users to begin with: lines name:password, read at the start. Further ones are made by "
                               "AlterUserScramCredentials (kafka-configs --entity-type users) and kept in the data directory."};
const Option kReauthMax{.key = "kafka.connections.max.reauth.ms",
                        .fallback = std::int64_t{0},
                        .min = 0,
                        .max = 9e15,
                        .doc = "How long a connection may be used before its client must authenticate again; 0 = for ever."};

const Option kQuotaWindows{.key = "kafka.quota.window.num", .fallback = std::int64_t{11}, .min = 1, .max = 10'000,
                           .doc = "Windows over which the use of a client is averaged for its quotas of bytes and time."};
const Option kQuotaWindow{.key = "kafka.quota.window.size.seconds", .fallback = std::int64_t{1}, .min = 1, .max = 86'400,
                          .doc = "Length of one such window."};
const Option kMutationWindows{.key = "kafka.controller.quota.window.num", .fallback = std::int64_t{11}, .min = 1, .max = 10'000,
                              .doc = "The same for changes to topics (controller_mutation_rate): all windows together are "
                                     "what may be changed in one go."};
const Option kMutationWindow{.key = "kafka.controller.quota.window.size.seconds", .fallback = std::int64_t{1}, .min = 1,
                             .max = 86'400, .doc = "Length of one window of changes to topics."};
const Option kFailureDelay{.key = "kafka.connection.failed.authentication.delay.ms",
                           .fallback = std::int64_t{100},
                           .min = 0,
                           .max = 60'000,
                           .doc = "How long the answer to a failed authentication waits. From an address that fails again "
                                  "and again it "
                                  "waits up to ten seconds."};
const Option kAuthorizer{.key = "kafka.authorizer.enabled",
                         .fallback = false,
                         .doc = "Clients may do what ACLs (kafka-acls) allow them, and nothing else."};
const Option kSuperUsers{.key = "kafka.super.users",
                         .fallback = std::string(""),
                         .doc = "Principals that may do everything, with semicolons: User:alice;User:bob."};
const Option kAllowIfNoAcl{.key = "kafka.allow.everyone.if.no.acl.found",
                           .fallback = false,
                           .doc = "Everybody may do everything with a resource that no ACL is about."};

const Option kGroupsBackup{.key = "tier.groups.backup.interval.ms",
                           .fallback = std::int64_t{60'000},
                           .min = 100,
                           .max = kInt32Max,
                           .doc = "Milliseconds between two copies of the committed offsets to the object store, made only when "
                                  "something was committed."};

constexpr std::array kRows{&kHost,       &kPort,       &kAdvertisedHost, &kAdvertisedPort, &kClusterId, &kBrokerId,
                           &kAutoCreate, &kNumPartitions, &kReplication, &kRequestMax, &kConnectionsMax, &kPerAddress,
                               &kPerAddressOverrides,
                           &kIdle,       &kInFlight,   &kThreads,        &kFetchMax,       &kColdWait,  &kColdThreads,
                           &kRebalanceDelay, &kSessionMin, &kSessionMax, &kGroupMembers,   &kOffsetsRetention, &kOffsetMetadata,
                           &kConsumerSession, &kConsumerSessionMin, &kConsumerSessionMax, &kConsumerBeat, &kConsumerBeatMin,
                           &kConsumerBeatMax, &kConsumerMembers, &kConsumerAssignors,
                           &kGroupsBackup, &kTxnTimeoutMax, &kTxnIdExpiration, &kFetchSessions, &kSaslMechanisms, &kSaslUsers,
                           &kReauthMax, &kFailureDelay, &kQuotaWindows, &kQuotaWindow, &kMutationWindows, &kMutationWindow,
                           &kAuthorizer, &kSuperUsers, &kAllowIfNoAcl};

/// Not commas between them: names from certificates hold some.
Result<std::set<std::string, std::less<>>> super_users(const config::Settings& settings) {
  std::set<std::string, std::less<>> out;
  const std::string text = settings.text(kSuperUsers);
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find(';'), rest.size());
    const auto one = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (one.empty()) continue;
    if (!one.starts_with("User:")) return config::broken_rule(settings, kSuperUsers, "each must begin with User:");
    out.emplace(one);
  }
  return out;
}

std::string_view type_of(const Option& option) {
  if (std::holds_alternative<bool>(option.fallback)) return "boolean";
  if (std::holds_alternative<double>(option.fallback)) return "double";
  if (std::holds_alternative<std::string>(option.fallback)) return "string";
  return option.max <= kInt32Max ? "int" : "long";
}

std::vector<ShownOption> shown_of(const config::Settings& settings) {
  constexpr std::string_view kPrefix = "kafka.";
  const auto rows = option_rows();
  std::vector<ShownOption> out;
  for (const config::Setting& setting : settings.all()) {
    const Option& option = *setting.option;
    if (std::ranges::find(rows, &option) == rows.end() || !option.key.starts_with(kPrefix)) continue;
    auto& shown = out.emplace_back();
    shown.name = option.key.substr(kPrefix.size());
    shown.type = type_of(option);
    shown.value = option.secret ? "" : config::printable(setting);
    shown.fallback = option.secret ? "" : config::printable({&option, option.fallback, config::Origin::kDefault});
    shown.doc = option.doc;
    shown.is_set = setting.origin != config::Origin::kDefault;
    shown.secret = option.secret;
  }
  return out;
}

Result<groups::ConsumerGroupOptions> consumer_groups_from(const config::Settings& settings) {
  const auto ms = [&](const Option& row) { return static_cast<std::int32_t>(settings.integer(row)); };
  groups::ConsumerGroupOptions out{.session_timeout_ms = ms(kConsumerSession),
                                   .session_timeout_min_ms = ms(kConsumerSessionMin),
                                   .session_timeout_max_ms = ms(kConsumerSessionMax),
                                   .heartbeat_interval_ms = ms(kConsumerBeat),
                                   .heartbeat_interval_min_ms = ms(kConsumerBeatMin),
                                   .heartbeat_interval_max_ms = ms(kConsumerBeatMax),
                                   .members_max = static_cast<std::size_t>(settings.integer(kConsumerMembers)),
                                   .assignors = {}};
  for (const auto name : members_of(settings.text(kConsumerAssignors))) {
    if (groups::find_assignor(name) == nullptr) {
      return config::broken_rule(settings, kConsumerAssignors, "must be of uniform, range");
    }
    out.assignors.emplace_back(name);
  }
  if (out.assignors.empty()) return config::broken_rule(settings, kConsumerAssignors, "must name one at least");
  if (out.session_timeout_ms < out.session_timeout_min_ms || out.session_timeout_ms > out.session_timeout_max_ms) {
    return config::broken_rule(settings, kConsumerSession, "must lie between the least and the largest that a group may set");
  }
  if (out.heartbeat_interval_ms < out.heartbeat_interval_min_ms || out.heartbeat_interval_ms > out.heartbeat_interval_max_ms) {
    return config::broken_rule(settings, kConsumerBeat, "must lie between the least and the largest that a group may set");
  }
  if (out.heartbeat_interval_ms >= out.session_timeout_ms) {
    return config::broken_rule(settings, kConsumerBeat, "must be smaller than kafka.group.consumer.session.timeout.ms");
  }
  return out;
}

Result<std::map<std::string, std::size_t>> overrides_from(const config::Settings& settings) {
  std::map<std::string, std::size_t> out;
  for (const auto member : members_of(settings.text(kPerAddressOverrides))) {
    const auto colon = member.rfind(':');
    const auto limit = number_of<std::uint32_t>(colon == std::string_view::npos ? std::string_view{} : member.substr(colon + 1));
    if (colon == 0 || !limit) {
      return config::broken_rule(settings, kPerAddressOverrides, "must be address:number, with commas between them");
    }
    out[std::string(trimmed(member.substr(0, colon), "[]"))] = *limit;
  }
  return out;
}

}  // namespace

std::vector<ListenerSpec> listeners_of(const Options& options) {
  if (!options.listeners.empty()) return options.listeners;
  const auto protocol = options.sasl_mechanisms.empty() ? SecurityProtocol::kPlaintext : SecurityProtocol::kSaslPlaintext;
  return {{.name = std::string(name_of(protocol)),
           .protocol = protocol,
           .host = options.listener.host,
           .port = options.listener.port,
           .advertised_host = options.advertised_host,
           .advertised_port = options.advertised_port,
           .mechanisms = options.sasl_mechanisms}};
}

bool offers(const std::vector<ListenerSpec>& listeners, std::string_view mechanism) {
  return std::ranges::any_of(
      listeners, [&](const ListenerSpec& one) { return std::ranges::find(one.mechanisms, mechanism) != one.mechanisms.end(); });
}

std::span<const Option* const> option_rows() {
  static const std::vector<const Option*> all = [] {
    std::vector<const Option*> rows(kRows.begin(), kRows.end());
    for (const auto more : {listener_rows(), tls_rows(), oauth_rows()}) rows.insert(rows.end(), more.begin(), more.end());
    return rows;
  }();
  return all;
}

Result<Options> options_from(const config::Settings& settings) {
  Options options;
  options.shown = shown_of(settings);
  options.listener.host = settings.text(kHost);
  options.listener.port = static_cast<std::uint16_t>(settings.integer(kPort));
  options.listener.cores = static_cast<std::size_t>(settings.integer(kThreads));
  options.listener.connections_max = static_cast<std::size_t>(settings.integer(kConnectionsMax));
  options.listener.connections_per_address_max = static_cast<std::size_t>(settings.integer(kPerAddress));
  TRY(options.listener.connections_address_overrides, overrides_from(settings));
  options.listener.idle_ms = settings.integer(kIdle);
  options.listener.limits.request_bytes_max = static_cast<std::size_t>(settings.integer(kRequestMax));
  options.listener.limits.requests_in_flight_max = static_cast<std::size_t>(settings.integer(kInFlight));
  options.advertised_host = settings.text(kAdvertisedHost);
  options.advertised_port = static_cast<std::int32_t>(settings.integer(kAdvertisedPort));
  options.cluster_id = settings.text(kClusterId);
  options.broker_id = static_cast<std::int32_t>(settings.integer(kBrokerId));
  options.auto_create_topics = settings.flag(kAutoCreate);
  options.num_partitions = static_cast<std::int32_t>(settings.integer(kNumPartitions));
  options.fetch_bytes_max = settings.integer(kFetchMax);
  options.fetch_sessions_max = static_cast<std::size_t>(settings.integer(kFetchSessions));
  options.cold_wait_ms = settings.integer(kColdWait);
  options.cold_threads = static_cast<std::int32_t>(settings.integer(kColdThreads));
  options.groups.initial_rebalance_delay_ms = static_cast<std::int32_t>(settings.integer(kRebalanceDelay));
  options.groups.session_timeout_min_ms = static_cast<std::int32_t>(settings.integer(kSessionMin));
  options.groups.session_timeout_max_ms = static_cast<std::int32_t>(settings.integer(kSessionMax));
  options.groups.members_max = static_cast<std::size_t>(settings.integer(kGroupMembers));
  TRY(options.groups.consumer, consumer_groups_from(settings));
  options.groups.offsets_retention_ms = settings.integer(kOffsetsRetention) * 60'000;
  options.groups.metadata_bytes_max = static_cast<std::int32_t>(settings.integer(kOffsetMetadata));
  options.groups_backup_interval_ms = settings.integer(kGroupsBackup);
  options.transactions.timeout_max_ms = static_cast<std::int32_t>(settings.integer(kTxnTimeoutMax));
  options.transactions.id_expiration_ms = settings.integer(kTxnIdExpiration);
  options.quotas.window = {static_cast<std::int32_t>(settings.integer(kQuotaWindows)), settings.integer(kQuotaWindow) * 1000};
  options.quotas.mutations = {static_cast<std::int32_t>(settings.integer(kMutationWindows)),
                              settings.integer(kMutationWindow) * 1000};
  options.sasl_users_file = settings.text(kSaslUsers);
  options.reauth_ms_max = settings.integer(kReauthMax);
  options.failure_delay_ms = settings.integer(kFailureDelay);
  for (const auto mechanism : members_of(settings.text(kSaslMechanisms))) {
    if (!is_known_mechanism(mechanism)) {
      return config::broken_rule(settings, kSaslMechanisms, "must be of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER");
    }
    options.sasl_mechanisms.emplace_back(mechanism);
  }
  TRY(options.listeners, listeners_from(settings, options.sasl_mechanisms));
  TRY(options.tls, tls_from(settings, options.listeners));
  options.listener.tls_handshake_ms = options.tls.handshake_ms;
  options.authorizer.enabled = settings.flag(kAuthorizer);
  options.authorizer.allow_if_no_acl = settings.flag(kAllowIfNoAcl);
  TRY(options.authorizer.super_users, super_users(settings));
  if (options.groups.session_timeout_min_ms > options.groups.session_timeout_max_ms) {
    return config::broken_rule(settings, kSessionMin, "must not be larger than kafka.group.max.session.timeout.ms");
  }
  if (options.listener.host.empty()) return config::broken_rule(settings, kHost, "must not be empty");
  const bool everywhere = options.listener.host == "0.0.0.0" || options.listener.host == "::";
  if (options.listeners.empty() && options.advertised_host.empty() && everywhere) {
    return config::broken_rule(settings, kAdvertisedHost, "must be set when kafka.host is every address");
  }
  TRY(options.oauth, oauth_from(settings, offers(listeners_of(options), security::kOAuthBearer)));
  return options;
}

}  // namespace takhin::broker
