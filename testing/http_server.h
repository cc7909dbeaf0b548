#pragma once
// A loopback HTTP server on a free port, for tests of what talks HTTP.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace takhin::testing {

/// Connections that a test handles byte by byte; each on a thread of its own.
class RawServer {
 public:
  using Handler = std::function<void(int socket)>;

  explicit RawServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    TAKHIN_ASSERT(::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0, "no loopback port");
    TAKHIN_ASSERT(::listen(listener_, 64) == 0, "cannot listen");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~RawServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    for (const int socket : sockets_) ::close(socket);
    ::close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string url(std::string_view path = "/") const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }
  int port() const { return port_; }
  int connections() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(sockets_.size());
  }

  /// Everything up to the end of the headers; empty when the peer has gone.
  static std::string read_head(int socket) {
    std::string head;
    char c = 0;
    while (!head.ends_with("\r\n\r\n")) {
      if (::recv(socket, &c, 1, 0) != 1) return "";
      head += c;
    }
    return head;
  }
  static void write(int socket, std::string_view text) { ::send(socket, text.data(), text.size(), MSG_NOSIGNAL); }

 private:
  void accept_all() {
    for (int socket = ::accept(listener_, nullptr, nullptr); socket >= 0; socket = ::accept(listener_, nullptr, nullptr)) {
      const std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] { handler_(socket), ::shutdown(socket, SHUT_RDWR); });
    }
  }

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// Whole requests in, whole replies out. The handler runs on the connections' threads, one call at a time.
class HttpServer {
 public:
  struct Request {
    std::string method;
    std::string target;                          // as sent: "/path?query", or a URL when the client takes us for a proxy
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
  };
  struct Reply {
    int status = 200;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  using Handler = std::function<Reply(const Request&)>;

  explicit HttpServer(Handler handler) : handler_(std::move(handler)), server_([this](int socket) { serve(socket); }) {}

  std::string url(std::string_view path = "") const { return server_.url(path); }
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  static std::optional<Request> read(int socket) {
    const std::string head = RawServer::read_head(socket);
    if (head.empty()) return std::nullopt;
    Request request;
    const auto first = head.find(' ');
    request.method = head.substr(0, first);
    request.target = head.substr(first + 1, head.find(' ', first + 1) - first - 1);
    for (auto at = head.find("\r\n") + 2; at + 2 < head.size();) {
      const auto end = head.find("\r\n", at);
      const auto colon = head.find(':', at);
      std::string name = head.substr(at, colon - at);
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      const auto value = head.find_first_not_of(' ', colon + 1);
      request.headers[name] = head.substr(value, end - value);
      at = end + 2;
    }
    const std::string length = request.headers["content-length"];
    std::size_t bytes = 0;
    std::from_chars(length.data(), length.data() + length.size(), bytes);
    request.body.resize(bytes);
    const auto got = bytes == 0 ? 0 : ::recv(socket, request.body.data(), bytes, MSG_WAITALL);
    if (got != static_cast<ssize_t>(bytes)) return std::nullopt;
    return request;
  }

  void serve(int socket) {
    while (const auto request = read(socket)) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
      const Reply reply = handler_(*request);
      std::string text = fmt::format("HTTP/1.1 {} Scripted\r\n", reply.status);
      for (const auto& [name, value] : reply.headers) text += fmt::format("{}: {}\r\n", name, value);
      if (reply.status != 204) text += fmt::format("Content-Length: {}\r\n", reply.body.size());
      text += "\r\n";
      if (request->method != "HEAD") text += reply.body;
      RawServer::write(socket, text);
    }
  }

  const Handler handler_;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  RawServer server_;  // last, so that its threads end first
};

}  // namespace takhin::testing
