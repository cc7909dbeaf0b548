#include "broker/net/connection.h"

#include <array>

#include "base/codec.h"
#include "base/log.h"

namespace takhin::broker::net {
namespace {

constexpr std::size_t kLengthBytes = 4;
/// Parts of one gather write; IOV_MAX is 1024, and more than this saves nothing.
constexpr std::size_t kGatherMax = 64;
/// Writes in a row before other connections of the core get their turn.
constexpr int kWriteRoundsMax = 16;
/// Window of a file that has to be copied through this process.
constexpr std::size_t kCopyBytes = 256 * kKiB;
/// Of a connection that has not shown yet that it sends much: most of ten thousand are quiet.
constexpr std::size_t kQuietBufferBytes = 4 * kKiB;
constexpr std::string_view kRoom = "broker";

/// The first bytes of a TLS connection, read as a length: a handshake record of TLS 1.0 to 1.3.
bool begins_tls(std::int32_t length) { return (length >> 8) >= 0x160301 && (length >> 8) <= 0x160303; }

}  // namespace

Responder::Responder(std::weak_ptr<Connection> connection, std::uint64_t sequence)
    : connection_(std::move(connection)), sequence_(sequence) {}

Responder::Responder(Responder&& other) noexcept
    : connection_(std::move(other.connection_)), sequence_(other.sequence_), armed_(other.armed_) {
  other.armed_ = false;
}

Responder::~Responder() {
  if (armed_) answer(Reply::last());
}

void Responder::answer(Reply reply) {
  TAKHIN_ASSERT(armed_, "a request is answered once");
  armed_ = false;
  const auto connection = connection_.lock();
  if (connection == nullptr) return;
  if (connection->core_->is_here()) return connection->settle(sequence_, std::move(reply));
  connection->core_->post([connection = connection_, sequence = sequence_, reply = std::move(reply)]() mutable {
    if (const auto alive = connection.lock()) alive->settle(sequence, std::move(reply));
  });
}

void Responder::post(std::function<void()> task) const {
  if (const auto connection = connection_.lock()) connection->core_->post(std::move(task));
}

void Responder::hold(std::chrono::nanoseconds how_long) const {
  const auto connection = connection_.lock();
  if (connection == nullptr) return;
  if (connection->core_->is_here()) return connection->hold(how_long);
  connection->core_->post([connection = connection_, how_long] {
    if (const auto alive = connection.lock()) alive->hold(how_long);
  });
}

Connection::Connection(std::unique_ptr<Socket> socket, std::shared_ptr<Core> core, FrameHandler& handler, Clock& clock,
                       const ConnectionLimits& limits, const NetCounters& counters)
    : core_(std::move(core)), socket_(std::move(socket)), handler_(handler), clock_(clock), limits_(limits), counters_(counters),
      last_active_(clock.steady()) {
  TAKHIN_ASSERT(limits_.read_buffer_bytes > kLengthBytes && limits_.requests_in_flight_max > 0, "limits make progress possible");
  buffer_bytes_ = std::min(kQuietBufferBytes, limits_.read_buffer_bytes);
  buffer_.resize(buffer_bytes_);
}

Connection::~Connection() = default;

void Connection::start() {
  session_ = handler_.open_session(socket_->origin());
  read_more();
}

void Connection::close(std::string_view why) {
  if (closed_) return;
  closed_ = true;
  if (!why.empty()) log_info(kRoom, "connection {} closed: {}", socket_->peer(), why);
  socket_->close();
  slots_.clear();
  hold_ = nullptr;
}

void Connection::stop_reading() { read_ended_ = true; }

void Connection::on_read(std::size_t count) {
  reading_ = false;
  if (closed_) return;
  // A client that has shut down its sending half gets no more answers: Kafka's clients never half-close.
  if (count == 0) return close("");
  counters_.bytes_in.add(static_cast<double>(count));
  filled_ += count;
  if (filled_ == buffer_.size()) buffer_bytes_ = std::min(buffer_bytes_ * 4, limits_.read_buffer_bytes);
  last_active_ = clock_.steady();
  pump();
}

void Connection::on_writable(bool ok) {
  waiting_to_write_ = false;
  if (closed_) return;
  if (!ok) return close("");
  last_active_ = clock_.steady();
  pump();
}

void Connection::settle(std::uint64_t sequence, Reply reply) {
  if (closed_) return;
  Slot& slot = slots_.at(sequence - first_sequence_);
  slot.reply = std::move(reply);
  slot.ready = true;
  pump();
}

// A timer that had fired already when a longer hold took its place must not end that one.
void Connection::hold(std::chrono::nanoseconds how_long) {
  const Steady until = clock_.steady() + how_long;
  if (closed_ || until <= held_until_) return;
  held_until_ = until;
  hold_ = core_->after(how_long, [weak = weak_from_this(), number = ++holds_] {
    const auto self = weak.lock();
    if (self == nullptr || self->closed_ || self->holds_ != number) return;
    self->hold_ = nullptr;
    self->last_active_ = self->clock_.steady();
    self->pump();
  });
}

// Answers given inside of a handler come back here through settle(): the outermost call does the work.
void Connection::pump() {
  if (pumping_) return;
  pumping_ = true;
  const auto self = shared_from_this();
  // A written answer makes room for a request that is here already: nothing but this loop would ever look at it again.
  bool progress = true;
  while (progress && !closed_) {
    const bool parsed = parse_frames();
    const std::uint64_t unwritten = first_sequence_;
    if (!closed_ && !waiting_to_write_) write_ready();
    progress = parsed || first_sequence_ != unwritten;
  }
  pumping_ = false;
  if (!closed_) read_more();
}

bool Connection::parse_frames() {
  bool any = false;
  while (!closed_ && !read_ended_ && !held() && slots_.size() < limits_.requests_in_flight_max) {
    const std::size_t left = filled_ - parsed_;
    if (left < kLengthBytes) break;
    const auto length = load_be<std::int32_t>(buffer_.data() + parsed_);
    const std::size_t most =
        session_ == nullptr ? limits_.request_bytes_max : session_->frame_bytes_max(limits_.request_bytes_max);
    if (length < 0 || static_cast<std::size_t>(length) > most) {
      counters_.broken.add();
      close(fmt::format("request of {} bytes, at most {} are taken{}", length, most,
                        begins_tls(length) ? ": it speaks TLS, which this listener does not" : ""));
      return false;
    }
    const std::size_t frame_bytes = kLengthBytes + static_cast<std::size_t>(length);
    if (left < frame_bytes) {
      if (!reading_) make_room(frame_bytes);  // the read under way writes where the buffer is now
      break;
    }
    const std::span frame(buffer_.data() + parsed_ + kLengthBytes, static_cast<std::size_t>(length));
    parsed_ += frame_bytes;
    slots_.emplace_back();
    handler_.on_frame(frame, socket_->peer(), session_, Responder(weak_from_this(), first_sequence_ + slots_.size() - 1));
    any = true;
  }
  return any;
}

// Grows as the bytes come, at most to twice what has arrived: a length alone must not make us allocate 100 MiB.
void Connection::make_room(std::size_t frame_bytes) {
  const std::size_t left = filled_ - parsed_;
  if (parsed_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + parsed_, left);
    parsed_ = 0;
    filled_ = left;
  }
  if (filled_ == buffer_.size() && buffer_.size() < frame_bytes) buffer_.resize(std::min(frame_bytes, buffer_.size() * 2));
}

void Connection::read_more() {
  if (reading_ || read_ended_ || held() || slots_.size() >= limits_.requests_in_flight_max) return;
  if (parsed_ == filled_) {
    parsed_ = filled_ = 0;
    if (buffer_.size() != buffer_bytes_) {
      buffer_ = Bytes();
      buffer_.resize(buffer_bytes_);
    }
  } else if (buffer_.size() - filled_ < kLengthBytes) {
    make_room(0);
  }
  TAKHIN_ASSERT(filled_ < buffer_.size(), "room to read into");
  reading_ = true;
  socket_->read(std::span(buffer_).subspan(filled_), shared_from_this());
}

void Connection::write_ready() {
  for (int round = 0; round < kWriteRoundsMax && !closed_; ++round) {
    drop_finished();
    if (closed_ || slots_.empty() || !slots_.front().ready) return;
    switch (write_once()) {
      case Sent::kAll:
        break;
      case Sent::kSome:
        break;
      case Sent::kNothing:
        waiting_to_write_ = true;
        socket_->when_writable(shared_from_this());
        return;
      case Sent::kBroken:
        return close("");
    }
  }
  drop_finished();
  if (closed_ || slots_.empty() || !slots_.front().ready) return;
  waiting_to_write_ = true;  // the others of this core first
  core_->post([self = shared_from_this()] { self->on_writable(true); });
}

Connection::Sent Connection::write_once() {
  const Piece& piece = slots_.front().reply.pieces[piece_];
  if (const auto* slice = std::get_if<FileSlice>(&piece)) {
    return socket_->takes_files() && slice->file->descriptor() >= 0 ? write_file(*slice) : write_copied(*slice);
  }
  return write_bytes();
}

// All bytes that are ready, up to the next file, over as many answers as there are.
Connection::Sent Connection::write_bytes() {
  std::array<View, kGatherMax> parts;
  std::size_t count = 0;
  std::uint64_t total = 0;
  bool file_follows = false;
  std::uint64_t skip = piece_sent_;
  for (std::size_t s = 0; s < slots_.size() && slots_[s].ready && count < kGatherMax && !file_follows; ++s) {
    const auto& pieces = slots_[s].reply.pieces;
    for (std::size_t p = s == 0 ? piece_ : 0; p < pieces.size() && count < kGatherMax; ++p) {
      const Bytes* bytes = bytes_in(pieces[p]);
      if (bytes == nullptr) {
        file_follows = true;
        break;
      }
      parts[count++] = View(*bytes).subspan(skip);
      total += parts[count - 1].size();
      skip = 0;
    }
    if (slots_[s].reply.close) break;
  }
  const auto sent = socket_->send(std::span(parts).first(count), file_follows);
  if (!sent.ok()) return Sent::kBroken;
  advance(*sent);
  return *sent == total ? Sent::kAll : *sent == 0 ? Sent::kNothing : Sent::kSome;
}

Connection::Sent Connection::write_file(const FileSlice& slice) {
  const std::uint64_t from = slice.range.begin + piece_sent_;
  if (from >= slice.range.end) return advance(0), Sent::kAll;
  const auto sent = socket_->send_file(*slice.file, {from, slice.range.end});
  if (!sent.ok()) {
    log_warn(kRoom, "answer to {} cut off: {}", socket_->peer(), sent.error().text);
    return Sent::kBroken;
  }
  const bool all = from + *sent == slice.range.end;
  advance(*sent);
  return all ? Sent::kAll : *sent == 0 ? Sent::kNothing : Sent::kSome;
}

Connection::Sent Connection::write_copied(const FileSlice& slice) {
  const std::uint64_t from = slice.range.begin + piece_sent_;
  if (from >= slice.range.end) return advance(0), Sent::kAll;
  const bool here = !copied_.empty() && copied_piece_ == piece_ && from >= copied_at_ && from < copied_at_ + copied_.size();
  if (!here) {
    auto data = read_exactly(*slice.file, {from, std::min(slice.range.end, from + kCopyBytes)});
    if (!data.ok()) {
      log_warn(kRoom, "answer to {} cut off: {}", socket_->peer(), data.error().text);
      return Sent::kBroken;
    }
    copied_ = *std::move(data);
    copied_at_ = from;
    copied_piece_ = piece_;
  }
  const View part = View(copied_).subspan(from - copied_at_);
  const auto sent = socket_->send(std::span(&part, 1), copied_at_ + copied_.size() < slice.range.end);
  if (!sent.ok()) return Sent::kBroken;
  const std::size_t wanted = part.size();
  advance(*sent);
  return *sent == wanted ? Sent::kAll : *sent == 0 ? Sent::kNothing : Sent::kSome;
}

// Moves the write position on by `sent` bytes, over pieces and answers.
void Connection::advance(std::uint64_t sent) {
  counters_.bytes_out.add(static_cast<double>(sent));
  for (;;) {
    if (slots_.empty() || !slots_.front().ready) return;
    const auto& pieces = slots_.front().reply.pieces;
    while (piece_ < pieces.size()) {
      const std::uint64_t left = size_of(pieces[piece_]) - piece_sent_;
      if (sent < left) {
        piece_sent_ += sent;
        return;
      }
      sent -= left;
      piece_sent_ = 0;
      ++piece_;
      copied_.clear();
    }
    drop_finished();
    if (closed_ || sent == 0) return;
  }
}

void Connection::drop_finished() {
  while (!slots_.empty() && slots_.front().ready && piece_ >= slots_.front().reply.pieces.size()) {
    if (slots_.front().reply.close) return close("");
    slots_.pop_front();
    ++first_sequence_;
    piece_ = 0;
    piece_sent_ = 0;
  }
}

}  // namespace takhin::broker::net
