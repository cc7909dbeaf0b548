// Runs the object store contract on memory, on a local directory, and on the S3 stores that TAKHIN_TEST_S3 names:
//   NAME=http://ACCESS_KEY:SECRET_KEY@HOST:PORT/BUCKET,...   (or https, trusting the certificates in TAKHIN_TEST_S3_CA)
// tests/servers/with_s3.sh starts real ones and sets it.

#include <gtest/gtest.h>

#include <cstdio>

#include "object/local_dir.h"
#include "object/memory.h"
#include "object/metered.h"
#include "object/prefixed.h"
#include "object/replicated.h"
#include "object/retrying.h"
#include "object/s3.h"
#include "object/s3/client.h"
#include "object/s3/text.h"
#include "object/thawing.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "os/random.h"
#include "testing/temp_dir.h"
#include "tests/contract/object_store_contract.h"

namespace takhin::contract {
namespace {

using namespace takhin::object;

class OnMachine : public StoreUnderTest {
 public:
  Clock& clock() override { return clock_; }

 protected:
  os::SystemClock clock_;
  os::SystemRandom random_;
};

class Memory final : public OnMachine {
 public:
  ObjectStore& store() override { return store_; }

 private:
  MemoryStore store_{clock_};
};

class LocalDir final : public OnMachine {
 public:
  LocalDir() : store_(*LocalDirStore::open(files_, clock_, random_, directory_.path())) {}
  ObjectStore& store() override { return *store_; }

 private:
  testing::TempDir directory_;
  os::PosixFileSystem files_;
  const std::unique_ptr<LocalDirStore> store_;
};

/// The wrappers must keep the contract of what they wrap.
class Wrapped final : public OnMachine {
 public:
  ObjectStore& store() override { return prefixed_; }

 private:
  MemoryStore memory_{clock_};
  RequestMeter meter_;
  MeteredStore metered_{memory_, meter_, clock_};
  RetryingStore retrying_{metered_, RetryPolicy{}, clock_, random_};
  PrefixedStore prefixed_{retrying_, "some/prefix"};
};

/// Two of `Store`, one the replica of the other.
template <class Store>
class WithReplica final : public OnMachine {
 public:
  ObjectStore& store() override { return both_; }

 private:
  Store first_, second_;
  testing::TempDir directory_;
  os::PosixFileSystem files_;
  metrics::Metrics metrics_;
  Breaker breaker_{"first", clock_, {}};
  std::unique_ptr<Replicator> replicator_ = *Replicator::open({first_.store(), second_.store(), breaker_}, files_,
                                                              directory_ / "removals", clock_, metrics_, 2);
  ReplicatedStore both_{first_.store(), second_.store(), *replicator_, breaker_, metrics_};
};

/// A store that knows of archive classes and has nothing in them.
class WarmMemory final : public Forwarding<ArchiveClassStore> {
 public:
  explicit WarmMemory(Clock& clock) : Forwarding(memory_), memory_(clock) {}
  Result<ThawState> thaw_state(const ObjectKey&, Deadline) override { return ThawState{}; }
  Result<> thaw(const ObjectKey&, const ThawState&, const ThawOrder&, Deadline) override { return done(); }

 private:
  MemoryStore memory_;
};

class Thawed final : public OnMachine {
 public:
  ObjectStore& store() override { return thawing_; }

 private:
  WarmMemory memory_{clock_};
  metrics::Metrics metrics_;
  ThawingStore thawing_{memory_, {}, clock_, metrics_, true};
};

class S3 final : public OnMachine {
 public:
  explicit S3(const S3Options& options)
      : credentials_(options.keys), store_(*open_s3(options, credentials_, clock_, random_, meter_)) {}
  ObjectStore& store() override { return *store_; }

 private:
  StaticCredentials credentials_;
  RequestMeter meter_;
  const std::unique_ptr<ObjectStore> store_;
};

constexpr std::string_view kCustomerKey = "a key that only this test knows.";

/// What TAKHIN_TEST_S3 says of one store.
struct S3Server {
  std::string name;
  S3Options options;
};

S3Server s3_server(std::string_view text) {
  const auto bad = [&] {
    std::fprintf(stderr, "TAKHIN_TEST_S3: not NAME=http://ACCESS_KEY:SECRET_KEY@HOST:PORT/BUCKET\n");
    std::exit(2);
  };
  const auto equals = text.find('=');
  const auto scheme = text.find("://");
  const auto at = text.rfind('@');
  const auto slash = text.rfind('/');
  if (equals > scheme || scheme > at || at > slash || slash == std::string_view::npos) bad();
  const std::string_view keys = text.substr(scheme + 3, at - scheme - 3);
  const auto colon = keys.find(':');
  if (colon == std::string_view::npos) bad();
  S3Options options;
  options.keys.access_key = keys.substr(0, colon);
  options.keys.secret_key = keys.substr(colon + 1);
  options.endpoint =
      std::string(text.substr(equals + 1, scheme + 3 - equals - 1)) + std::string(text.substr(at + 1, slash - at - 1));
  options.bucket = text.substr(slash + 1);
  options.part_bytes = kPartBytesMin;
  options.http.ca_file = os::environment()["TAKHIN_TEST_S3_CA"];
  return {std::string(text.substr(0, equals)), std::move(options)};
}

const std::vector<S3Server>& s3_servers() {
  static const std::vector<S3Server> all = [] {
    std::vector<S3Server> out;
    const std::string list = os::environment()["TAKHIN_TEST_S3"];
    for (std::string_view left = list; !left.empty();) {
      const auto end = std::min(left.find(','), left.size());
      out.push_back(s3_server(left.substr(0, end)));
      left.remove_prefix(std::min(end + 1, left.size()));
    }
    return out;
  }();
  return all;
}

StoreCase s3_case(const S3Server& server) {
  StoreCase store_case{.name = server.name,
                       .open = [options = server.options] { return std::make_unique<S3>(options); }};
  const bool is_moto = server.name == "moto";
  store_case.finds_uploads_by_prefix = !server.name.starts_with("minio");
  store_case.reports_crc32c = !is_moto;
  store_case.dates_uploads = !is_moto;
  store_case.takes_puts_of_one_key_at_once = !is_moto;
  return store_case;
}

/// The whole contract once more with each way of encryption and addressing that a server of ours knows.
void add_variants(const S3Server& server, std::vector<StoreCase>& out) {
  if (server.name != "minio_tls") return;
  const auto add = [&](const std::string& name, auto change) {
    S3Server variant = server;
    variant.name += "_" + name;
    change(variant.options);
    out.push_back(s3_case(variant));
  };
  add("sse_c", [](S3Options& options) {
    options.server_side = ServerSide::kCustomer;
    options.customer_key = copy_of(view_of(kCustomerKey));
  });
  add("sse_s3", [](S3Options& options) { options.server_side = ServerSide::kS3; });
  add("sse_kms", [](S3Options& options) {
    options.server_side = ServerSide::kKms;
    options.kms_key_id = "takhin-test";
    options.storage_class = "REDUCED_REDUNDANCY";
  });
}

std::vector<StoreCase> make_cases() {
  std::vector<StoreCase> out = {
      {.name = "memory", .open = [] { return std::make_unique<Memory>(); }},
      {.name = "local_dir", .open = [] { return std::make_unique<LocalDir>(); }},
      {.name = "wrapped", .open = [] { return std::make_unique<Wrapped>(); }},
      {.name = "replicated_memory", .open = [] { return std::make_unique<WithReplica<Memory>>(); }},
      {.name = "replicated_local_dir", .open = [] { return std::make_unique<WithReplica<LocalDir>>(); }},
      {.name = "thawing", .open = [] { return std::make_unique<Thawed>(); }},
  };
  if (s3_servers().empty()) std::puts("object_contract_test: no S3 store given (TAKHIN_TEST_S3 is empty), so none is tested");
  for (const S3Server& server : s3_servers()) {
    out.push_back(s3_case(server));
    add_variants(server, out);
  }
  return out;
}

/// GoogleTest asks once for every test of the suite.
const std::vector<StoreCase>& cases() {
  static const std::vector<StoreCase> all = make_cases();
  return all;
}

TEST(S3Servers, ACertificateOfOursIsTrustedOnlyWhenNamed) {
  int tried = 0;
  for (const S3Server& server : s3_servers()) {
    if (!server.options.endpoint.starts_with("https://")) continue;
    ++tried;
    const ObjectKey key{"contract/trust"};
    const auto ask = [&](std::string ca_file) {
      S3Options options = server.options;
      options.http.ca_file = std::move(ca_file);
      S3 opened(options);
      return opened.store().put(key, {}, When::kAlways, Deadline::in(opened.clock(), std::chrono::minutes(1)));
    };
    EXPECT_TRUE(ask(server.options.http.ca_file).ok());
    for (const char* other : {"", "/etc/hostname"}) {
      const auto put = ask(other);
      ASSERT_FALSE(put.ok()) << server.name << " without its certificate";
      EXPECT_EQ(put.error().kind, Kind::kDenied) << put.error().text;
    }
  }
  if (tried == 0) GTEST_SKIP() << "no https server given";
}

TEST(S3Servers, WhatLiesUnderAKeyOfOursNeedsIt) {
  int tried = 0;
  for (const S3Server& server : s3_servers()) {
    if (server.name != "minio_tls") continue;
    ++tried;
    const ObjectKey key{"contract/sse-c"};
    const auto with_key = [&](std::string_view customer_key) {
      S3Options options = server.options;
      options.server_side = customer_key.empty() ? ServerSide::kNone : ServerSide::kCustomer;
      options.customer_key = copy_of(view_of(customer_key));
      return std::make_unique<S3>(options);
    };
    const auto opened = with_key(kCustomerKey);
    const Deadline deadline = Deadline::in(opened->clock(), std::chrono::minutes(1));
    ASSERT_TRUE(opened->store().put(key, view_of("private"), When::kAlways, deadline).ok());
    EXPECT_EQ(text_of(*opened->store().get(key, {0, 7}, deadline)), "private");
    for (const std::string_view wrong : {std::string_view(), std::string_view("another key, which does not fit.")}) {
      EXPECT_FALSE(with_key(wrong)->store().get(key, {0, 7}, deadline).ok()) << wrong;
    }
  }
  if (tried == 0) GTEST_SKIP() << "no server given that takes keys of ours";
}

TEST(S3Servers, ABodyThatDoesNotFitItsChecksumIsRefused) {
  int tried = 0;
  for (const S3Server& server : s3_servers()) {
    if (server.name == "moto") continue;  // takes it
    ++tried;
    os::SystemClock clock;
    StaticCredentials credentials(server.options.keys);
    RequestMeter meter;
    const auto http = make_curl_transport(server.options.http, clock);
    s3::Client client(server.options, *s3::address_of(server.options), credentials, clock, *http, meter);
    const Deadline deadline = Deadline::in(clock, std::chrono::minutes(1));
    s3::Call put{.request = Request::kPut, .method = "PUT", .key = "contract/damaged", .body = view_of("123456789")};
    put.is_payload = true;
    put.headers = {{"x-amz-checksum-crc32c", s3::crc_to_base64(0xE3069283)}};
    const auto fitting = client.send(put, deadline);
    EXPECT_TRUE(fitting.ok()) << server.name << fitting.error().text;
    put.headers = {{"x-amz-checksum-crc32c", s3::crc_to_base64(0xE3069282)}};
    const auto damaged = client.send(put, deadline);
    ASSERT_FALSE(damaged.ok()) << server.name << " keeps what arrives damaged";
    EXPECT_TRUE(damaged.error().kind == Kind::kUnavailable || damaged.error().kind == Kind::kInvalid)
        << damaged.error().text;
  }
  if (tried == 0) GTEST_SKIP() << "no S3 server given";
}

INSTANTIATE_TEST_SUITE_P(Stores, ObjectStoreContract, ::testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace takhin::contract
