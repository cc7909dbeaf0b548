// Debian's libcpp-httplib is built with OpenSSL, which adds a member to its Request: both sides must agree on the layout.
#define CPPHTTPLIB_OPENSSL_SUPPORT
#include "console/server.h"

#include <httplib.h>
#include <pthread.h>

#include <atomic>
#include <deque>
#include <thread>

#include "base/log.h"
#include "console/api.h"

namespace takhin::console {
namespace {

constexpr std::size_t kSmallPortThreads = 2;  // metrics, health
constexpr auto kReopenPause = std::chrono::milliseconds(100);

// Outlives the pools of a listener, so that stop() can wake an accept loop that waits for room.
struct Stop {
  std::mutex mutex;
  std::condition_variable room;
  std::atomic<bool> asked{false};
};

// A pool whose queue has an end: beyond it the accept loop waits, and the kernel's backlog takes over.
class BoundedQueue : public httplib::TaskQueue {
 public:
  BoundedQueue(const std::string& name, std::size_t threads, Stop& stop) : name_(name), stop_(stop) {
    for (std::size_t i = 0; i < threads; ++i)
      threads_.emplace_back([this] { run(); });
  }

  void enqueue(std::function<void()> task) override {
    std::unique_lock lock(stop_.mutex);
    stop_.room.wait(lock, [&] { return tasks_.size() < kWaitingConnectionsMax || stop_.asked.load(); });
    tasks_.push_back(std::move(task));
    wake_.notify_one();
  }

  void shutdown() override {
    {
      const std::lock_guard hold(stop_.mutex);
      closed_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_)
      thread.join();
  }

 private:
  void run() {
    pthread_setname_np(pthread_self(), name_.c_str());
    std::unique_lock lock(stop_.mutex);
    while (true) {
      wake_.wait(lock, [&] { return closed_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      stop_.room.notify_one();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  const std::string& name_;
  Stop& stop_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

using Answer = std::function<Response(const Request&)>;

Request request_of(const httplib::Request& from, std::string body) {
  Request out{from.method, from.target, std::move(body), std::nullopt};
  if (from.has_header("Authorization")) out.authorization = from.get_header_value("Authorization");
  return out;
}

void copy(const Response& from, httplib::Response& to) {
  to.status = from.status;
  if (!from.allow.empty()) to.set_header("Allow", from.allow);
  to.set_content(from.body, from.content_type);
}

std::string_view text_of_status(int status) {
  switch (status) {
    case 413: return "request body too large";
    case 414: return "request target too long";
    case 500: return "internal error";
    default: return "bad request";
  }
}

// One port.
class Listener {
 public:
  Listener(std::string name, std::string host, Clock& clock, std::size_t threads, std::size_t body_bytes_max,
           Answer answer)
      : name_(std::move(name)),
        host_(std::move(host)),
        clock_(clock),
        body_bytes_max_(body_bytes_max),
        answer_(std::move(answer)) {
    http_.new_task_queue = [this, threads] { return new BoundedQueue(name_, threads, stop_); };  // httplib deletes it
    // The library's default is SO_REUSEPORT, with which a second process would silently share the port.
    http_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    http_.set_keep_alive_max_count(1);
    http_.set_read_timeout(kReadTimeoutSeconds);
    http_.set_write_timeout(kWriteTimeoutSeconds);
    http_.set_payload_max_length(body_bytes_max);
    http_.set_tcp_nodelay(true);
    set_handlers();
  }
  ~Listener() { stop(); }

  Result<> bind(std::uint16_t port) {
    const int bound = port == 0 ? http_.bind_to_any_port(host_) : (http_.bind_to_port(host_, port) ? port : -1);
    if (bound <= 0) return fail(Kind::kConflict, "{}: cannot listen on {}:{}", name_, host_, port);
    port_ = static_cast<std::uint16_t>(bound);
    return done();
  }

  void start() {
    thread_ = std::thread([this] { run(); });
    while (!http_.is_running())
      std::this_thread::yield();  // stop() before that would be lost
  }

  void stop() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard hold(stop_.mutex);
      stop_.asked = true;
    }
    stop_.room.notify_all();
    while (!http_.is_running() && !ended_)
      std::this_thread::yield();  // it may be between two openings
    http_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }

 private:
  void set_handlers() {
    // Only POST carries a body that anybody reads.
    http_.set_pre_routing_handler([this](const httplib::Request& from, httplib::Response& to) {
      if (from.method == "POST") return httplib::Server::HandlerResponse::Unhandled;
      copy(answer_(request_of(from, "")), to);
      return httplib::Server::HandlerResponse::Handled;
    });
    http_.Post(
        "[\\s\\S]*", [this](const httplib::Request& from, httplib::Response& to, const httplib::ContentReader& read) {
          if (from.is_multipart_form_data()) return copy(error_response(400, "invalid request body"), to);
          std::string body;
          bool large = false;
          const bool whole = read([&](const char* data, std::size_t size) {
            large = body.size() + size > body_bytes_max_;
            if (!large) body.append(data, size);
            return !large;
          });
          if (!whole) {
            large |= to.status == 413;  // the library's own check of Content-Length
            return copy(error_response(large ? 413 : 400, large ? text_of_status(413) : "invalid request body"), to);
          }
          copy(answer_(request_of(from, std::move(body))), to);
        });
    http_.set_error_handler([](const httplib::Request&, httplib::Response& to) {
      if (to.body.empty()) copy(error_response(to.status, text_of_status(to.status)), to);
    });
    http_.set_exception_handler([this](const httplib::Request& from, httplib::Response& to, std::exception_ptr) {
      log_error("console", "{}: a handler threw for {} {}", name_, from.method, from.path);
      copy(error_response(500, text_of_status(500)), to);
    });
  }

  void run() {
    pthread_setname_np(pthread_self(), name_.c_str());
    serve();
    ended_ = true;
  }

  void serve() {
    while (true) {
      http_.listen_after_bind();
      if (stop_.asked) return;
      // The library gives up on any error of accept(2), such as a client that was gone before it was taken.
      log_warn("console", "{}: listener on {}:{} ended, opening it again", name_, host_, port_);
      do {
        clock_.sleep(kReopenPause);
        if (stop_.asked) return;
      } while (!http_.bind_to_port(host_, port_));
    }
  }

  const std::string name_;
  const std::string host_;
  Clock& clock_;
  const std::size_t body_bytes_max_;
  const Answer answer_;
  Stop stop_;
  httplib::Server http_;
  std::atomic<bool> ended_{false};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

class ThreePorts : public ConsoleServer {
 public:
  ThreePorts(partition::Admin& admin, metrics::Metrics& metrics, Clock& clock, const ConsoleOptions& options)
      : options_(options),
        api_(admin, metrics, options_, clock.wall()),
        console_("console", options.console_host, clock, options.threads, options.body_bytes_max,
                 [this](const Request& request) { return api_.console(request); }),
        metrics_("metrics", options.metrics_host, clock, kSmallPortThreads, options.body_bytes_max,
                 [this](const Request& request) { return api_.metrics(request); }),
        health_("health", options.health_host, clock, kSmallPortThreads, options.body_bytes_max,
                [this](const Request& request) { return api_.health(request); }) {}

  Result<> open() {
    TRY(console_.bind(options_.console_port));
    TRY(metrics_.bind(options_.metrics_port));
    TRY(health_.bind(options_.health_port));
    for (Listener* listener : {&console_, &metrics_, &health_})
      listener->start();
    return done();
  }

  ConsolePorts ports() const override { return {console_.port(), metrics_.port(), health_.port()}; }
  void stop() override {
    for (Listener* listener : {&console_, &metrics_, &health_})
      listener->stop();
  }

 private:
  const ConsoleOptions options_;
  const Api api_;
  Listener console_;
  Listener metrics_;
  Listener health_;
};

}  // namespace

Result<std::unique_ptr<ConsoleServer>> ConsoleServer::open(partition::Admin& admin, metrics::Metrics& metrics,
                                                           Clock& clock, const ConsoleOptions& options) {
  auto server = std::make_unique<ThreePorts>(admin, metrics, clock, options);
  TRY(server->open());
  return std::unique_ptr<ConsoleServer>(std::move(server));
}

}  // namespace takhin::console
