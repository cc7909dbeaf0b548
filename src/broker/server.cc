#include "broker/server.h"

#include "base/log.h"
#include "broker/api_table.h"
#include "broker/certificates.h"
#include "broker/cluster_id.h"
#include "broker/features.h"
#include "broker/group_backup.h"
#include "broker/groups/coordinator.h"
#include "broker/handlers/handlers.h"
#include "broker/internal_topic.h"
#include "broker/live_configs.h"
#include "broker/quotas/quotas.h"
#include "broker/security/audit.h"
#include "broker/security/authorizer.h"
#include "broker/security/credentials.h"
#include "broker/security/failures.h"
#include "broker/security/oauth.h"
#include "broker/topic_shapes.h"
#include "broker/transaction_ends.h"
#include "broker/transactions/coordinator.h"

namespace takhin::broker {
namespace {

constexpr std::size_t kAdminThreads = 2;
constexpr std::size_t kAdminQueueMax = 1024;
constexpr std::size_t kColdQueueMax = 4096;
/// Milliseconds each, and asked for by strangers.
constexpr std::size_t kPasswordThreads = 1;
constexpr std::size_t kPasswordQueueMax = 64;
/// One may wait for an issuer's keys.
constexpr std::size_t kTokenThreads = 2;
constexpr std::size_t kTokenQueueMax = 256;
/// How often sessions, rebalances and transactions are looked at.
constexpr std::chrono::milliseconds kTick{100};

class Frames final : public net::FrameHandler {
 public:
  explicit Frames(Broker& broker) : broker_(broker) {}

  std::shared_ptr<net::Session> open_session(const net::Origin& origin) override {
    const SecurityProtocol protocol = broker_.listeners.at(origin.endpoint).protocol;
    auto session = std::make_shared<security::Session>(uses_sasl(protocol), origin.endpoint);
    if (protocol != SecurityProtocol::kSsl || origin.certificate.empty()) return session;
    if (auto user = broker_.options.tls.principals.apply(origin.certificate)) {
      session->user = *std::move(user);
    } else {
      session->failed = true;
      log_warn("audit", "connection {}: no rule of kafka.ssl.principal.mapping.rules matches '{}'", origin.peer,
               origin.certificate);
    }
    return session;
  }

  void on_frame(std::span<std::byte> frame, const std::string& peer, const std::shared_ptr<net::Session>& session,
                net::Responder respond) override {
    auto known = std::static_pointer_cast<security::Session>(session);
    if (known->bare) {
      protocol::Request bare{.key = protocol::ApiKey::kSaslAuthenticate};
      bare.api = protocol::find_api(bare.key);
      bare.body = frame;
      const auto call =
          std::make_shared<Call>(broker_, std::move(bare), peer, std::move(known), std::move(respond), frame.size());
      handlers::sasl_bare(call);
      return call->returned();
    }
    auto request = protocol::parse_request(frame);
    if (!request.ok()) {
      broker_.counters.rejected.add();
      log_info("broker", "connection {} closed: {}", peer, request.error().text);
      return respond.answer(net::Reply::last());
    }
    const auto call = std::make_shared<Call>(broker_, *std::move(request), peer, std::move(known), std::move(respond),
                                             frame.size());
    if (!may_ask(*call)) return call->refuse("it is not authenticated");
    dispatch(call);
    call->returned();
  }

 private:
  /// Before a client has said who it is it may only ask what there is, and say so.
  bool may_ask(const Call& call) const {
    using protocol::ApiKey;
    if (call.session->failed) return false;
    const ApiKey key = call.header.key;
    if (key == ApiKey::kApiVersions || key == ApiKey::kSaslHandshake || key == ApiKey::kSaslAuthenticate) return true;
    return call.session->may_ask(broker_.clock.steady());
  }

  Broker& broker_;
};

/// What lies in DATA/broker.
struct Kept {
  std::string cluster_id;
  std::unique_ptr<ProducerIds> producer_ids;
  std::unique_ptr<security::Credentials> credentials;
  std::unique_ptr<quotas::Quotas> quotas;
  std::unique_ptr<Features> features;
  std::unique_ptr<LiveConfigs> live;
  std::unique_ptr<groups::GroupConfigs> group_configs;
  std::unique_ptr<security::Authorizer> authorizer;
};

class ServerImpl final : public Server {
 public:
  /// `tokens`: null, none are taken.
  ServerImpl(ServerDeps deps, Options options, Kept kept, std::unique_ptr<security::Tokens> tokens)
      : clock_(deps.clock),
        options_(std::move(options)),
        counters_(deps.metrics),
        kept_(std::move(kept)),
        tokens_(std::move(tokens)),
        failures_(deps.clock, std::chrono::milliseconds(options_.failure_delay_ms)),
        audit_(deps.clock),
        timers_(deps.clock),
        cold_("cold-reads", static_cast<std::size_t>(options_.cold_threads), kColdQueueMax),
        admin_("broker-admin", kAdminThreads, kAdminQueueMax),
        passwords_("passwords", kPasswordThreads, kPasswordQueueMax),
        token_checks_("tokens", kTokenThreads, kTokenQueueMax),
        cold_reads_(cold_, counters_.cold_reads, counters_.cold_refused),
        fetch_sessions_(deps.clock, deps.random, options_.fetch_sessions_max),
        offsets_topic_(kOffsetsTopic, deps.topics, admin_, deps.clock),
        transactions_topic_(kTransactionsTopic, deps.topics, admin_, deps.clock),
        topic_shapes_(deps.topics),
        ends_(deps.topics),
        broker_{.options = options_,
                .topics = deps.topics,
                .clock = deps.clock,
                .random = deps.random,
                .files = deps.files,
                .timers = timers_,
                .cold = cold_,
                .cold_reads = cold_reads_,
                .admin = admin_,
                .passwords = passwords_,
                .token_checks = token_checks_,
                .fetch_sessions = fetch_sessions_,
                .producer_ids = *kept_.producer_ids,
                .credentials = *kept_.credentials,
                .quotas = *kept_.quotas,
                .features = *kept_.features,
                .live = *kept_.live,
                .group_configs = *kept_.group_configs,
                .tokens = tokens_.get(),
                .failures = failures_,
                .authorizer = *kept_.authorizer,
                .audit = audit_,
                .offsets_topic = offsets_topic_,
                .transactions_topic = transactions_topic_,
                .groups = nullptr,
                .transactions = nullptr,
                .ends = ends_,
                .counters = counters_,
                .cluster_id = kept_.cluster_id},
        frames_(broker_) {}

  ~ServerImpl() override { stop(Deadline{Steady::min()}); }

  Result<> open_coordinators(ServerDeps deps) {
    const groups::GroupCoordinator::Deps around{deps.clock, deps.random, offsets_topic_, &topic_shapes_,
                                                kept_.group_configs.get()};
    TRY(broker_.groups, groups::GroupCoordinator::open(around, options_.groups));
    ends_.set_groups(broker_.groups);
    TRY(broker_.transactions,
        transactions::TransactionCoordinator::open(
            {deps.clock, transactions_topic_, ends_, [&ids = *kept_.producer_ids] { return ids.next(); }},
            options_.transactions));
    backup_.emplace(GroupBackup::Deps{deps.clock, *broker_.groups, offsets_topic_, *kept_.producer_ids, broker_.cluster_id,
                                      std::move(deps.keep_groups)},
                    std::chrono::milliseconds(options_.groups_backup_interval_ms));
    abort_orphans(deps.topics, *broker_.transactions, ends_);
    return done();
  }

  Result<> listen() {
    auto listeners = listeners_of(options_);
    net::ListenerOptions where = options_.listener;
    where.endpoints.clear();
    TRY(auto certificates, Certificates::open(broker_.files, options_.tls, listeners, counters_.certificate_not_after));
    certificates_.emplace(std::move(certificates));
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      where.endpoints.push_back({listeners[i].host, listeners[i].port, listeners[i].connections_max, certificates_->of(i)});
    }
    TRY(listener_, net::Listener::open(where, frames_, clock_, counters_.net));
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      ListenerSpec& one = listeners[i];
      one.port = listener_->port(i);
      if (one.advertised_host.empty()) one.advertised_host = one.host;
      if (one.advertised_port == 0) one.advertised_port = one.port;
      if (listeners.size() > 1) {
        log_info("broker", "listener {} is {}, advertised as {}", listened_on(one), name_of(one.protocol), advertised(one));
      }
    }
    broker_.listeners = std::move(listeners);
    return done();
  }

  std::uint16_t port(std::size_t listener) const override { return listener_->port(listener); }
  std::string address() const override {
    const std::string text = listened_on(broker_.listeners.front());
    return text.substr(text.find("://") + 3);
  }
  const std::string& cluster_id() const override { return broker_.cluster_id; }
  void start() override {
    schedule_tick();
    if (certificates_->any() && options_.tls.reload_ms > 0) schedule_look();
    if (tokens_ != nullptr) refresh_tokens();
    listener_->start();
  }

  // Nothing new comes in first; then whatever still runs or waits is let go, while what it uses is still there.
  void stop(Deadline deadline) override {
    if (listener_ != nullptr) listener_->stop(deadline);
    timers_.stop();
    admin_.stop();
    passwords_.stop();
    token_checks_.stop();
    cold_.stop();
  }

 private:
  // Each tick asks for the next: they never overlap. A full pool only makes one late.
  void schedule_tick() {
    tick_ = timers_.after(kTick, [this] {
      const auto submitted = admin_.submit([this] {
        broker_.groups->tick();
        broker_.transactions->tick();
        schedule_tick();
        backup_->tick();  // may wait for the object store; the next tick has another thread
      });
      if (!submitted.ok() && submitted.error().kind == Kind::kExhausted) schedule_tick();
    });
  }

  void refresh_tokens() {
    const auto submitted = token_checks_.submit([this] {
      tokens_->refresh();
      schedule_tokens();
    });
    if (!submitted.ok() && submitted.error().kind == Kind::kExhausted) schedule_tokens();
  }

  void schedule_tokens() { token_refresh_ = timers_.after(tokens_->until_refresh(), [this] { refresh_tokens(); }); }

  void schedule_look() {
    look_ = timers_.after(std::chrono::milliseconds(options_.tls.reload_ms), [this] {
      const auto submitted = admin_.submit([this] {
        certificates_->look();
        schedule_look();
      });
      if (!submitted.ok() && submitted.error().kind == Kind::kExhausted) schedule_look();
    });
  }

  Clock& clock_;
  const Options options_;
  const Counters counters_;
  const Kept kept_;
  const std::unique_ptr<security::Tokens> tokens_;  // null: none are taken
  security::Failures failures_;
  security::AuditLog audit_;
  TimerThread timers_;
  WorkerPool cold_;
  WorkerPool admin_;
  WorkerPool passwords_;
  WorkerPool token_checks_;
  ColdReads cold_reads_;
  FetchSessions fetch_sessions_;
  InternalTopic offsets_topic_;
  InternalTopic transactions_topic_;
  TopicShapes topic_shapes_;
  TransactionEnds ends_;
  Broker broker_;
  std::optional<GroupBackup> backup_;
  Frames frames_;
  std::shared_ptr<void> tick_;
  std::optional<Certificates> certificates_;
  std::shared_ptr<void> look_;
  std::shared_ptr<void> token_refresh_;
  std::unique_ptr<net::Listener> listener_;
};

/// Null: no listener offers OAUTHBEARER.
Result<std::unique_ptr<security::Tokens>> open_tokens(const ServerDeps& deps, const Options& options) {
  if (!offers(listeners_of(options), security::kOAuthBearer)) return std::unique_ptr<security::Tokens>();
  if (options.oauth.rules.audiences.empty()) {
    log_warn("broker",
        "kafka.sasl.oauthbearer.expected.audience is empty: tokens for other services of the issuer are taken, too");
  }
  return security::Tokens::open(deps.files, deps.clock, options.oauth, [ca = options.oauth.jwks_ca_file](const std::string& url) {
    return security::fetch_key_set(url, ca);
  });
}

/// What its owner can hardly want.
void warn_of_authorizer(const security::Authorizer& authorizer, const security::AuthorizerOptions& options) {
  const bool none = authorizer.list({}).empty();
  if (!options.enabled && !none) log_warn("broker", "there are ACLs, but kafka.authorizer.enabled is off: they are not obeyed");
  if (options.enabled && none && options.super_users.empty() && !options.allow_if_no_acl) {
    log_warn("broker", "there are neither ACLs nor kafka.super.users: nobody may do anything");
  }
}

Result<Kept> open_kept(const ServerDeps& deps, const Options& options) {
  const std::string dir = options.data_dir + "/broker";
  TRY(deps.files.make_dirs(dir));
  Kept out;
  out.cluster_id = options.cluster_id;
  if (out.cluster_id.empty()) {
    TRY(out.cluster_id, open_cluster_id(deps.files, deps.random, dir + "/cluster-id"));
  }
  TRY(out.producer_ids, ProducerIds::open(deps.files, dir + "/producer-ids"));
  TRY(out.credentials,
      security::Credentials::open(deps.files, deps.random, dir + "/scram-credentials", options.sasl_users_file));
  TRY(out.quotas,
      quotas::Quotas::open(deps.files, deps.clock, dir + "/client-quotas", options.quotas, quota_counters(deps.metrics)));
  TRY(out.features, Features::open(deps.files, dir + "/features"));
  TRY(out.live, LiveConfigs::open(deps.files, dir + "/configs", options));
  TRY(out.group_configs, groups::GroupConfigs::open(deps.files, dir + "/group-configs", options.groups.consumer));
  TRY(out.authorizer, security::Authorizer::open(deps.files, dir + "/acls", options.authorizer));
  return out;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::open(ServerDeps deps, Options options) {
  TRY(auto kept, open_kept(deps, options));
  warn_of_authorizer(*kept.authorizer, options.authorizer);
  TRY(auto tokens, open_tokens(deps, options));
  auto server = std::make_unique<ServerImpl>(deps, std::move(options), std::move(kept), std::move(tokens));
  TRY(server->open_coordinators(deps));
  TRY(server->listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace takhin::broker
