#pragma once
// A plain blocking TCP client for tests of servers on the loopback.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "base/codec.h"
#include "base/types.h"

namespace takhin::testing {

/// One thread at a time. Calls give up after ten seconds, so that a broken server fails a test instead of hanging it.
class TcpClient {
 public:
  explicit TcpClient(std::uint16_t port, int receive_buffer_bytes = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer_bytes > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~TcpClient() { close(); }
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  bool connected() const { return connected_; }
  int descriptor() const { return fd_; }
  bool send(View data) {
    while (!data.empty()) {
      const auto sent = ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      data = data.subspan(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// `body` behind its four length bytes.
  bool send_frame(View body) {
    Bytes framed;
    ByteWriter out(framed);
    out.be(static_cast<std::int32_t>(body.size()));
    out.bytes(body);
    return send(framed);
  }
  /// Exactly `count` bytes, or fewer when the server closed.
  Bytes receive(std::size_t count) {
    Bytes data(count);
    std::size_t filled = 0;
    while (filled < count) {
      const auto got = ::recv(fd_, data.data() + filled, count - filled, 0);
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
    }
    data.resize(filled);
    return data;
  }
  /// The body of the next frame; empty when the server closed.
  Bytes receive_frame() {
    const Bytes length = receive(4);
    if (length.size() < 4) return {};
    return receive(static_cast<std::size_t>(load_be<std::int32_t>(length.data())));
  }
  /// The server closed and nothing was left to read.
  bool at_end() {
    char byte;
    const auto got = ::recv(fd_, &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
  }
  /// Nothing arrives for `ms`.
  bool silent_for(int ms) {
    pollfd what{fd_, POLLIN, 0};
    return ::poll(&what, 1, ms) == 0;
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
  bool connected_ = false;
};

}  // namespace takhin::testing
