#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "base/codec.h"
#include "broker/net/listener.h"
#include "os/clock.h"
#include "os/files.h"
#include "testing/tcp_client.h"
#include "testing/temp_dir.h"

namespace takhin::broker::net {
namespace {

using takhin::testing::TcpClient;
using takhin::testing::TempDir;

Bytes framed(View body) {
  Bytes out;
  ByteWriter writer(out);
  writer.be(static_cast<std::int32_t>(body.size()));
  writer.bytes(body);
  return out;
}

Reply echo(View body) {
  Reply reply;
  reply.pieces.emplace_back(framed(body));
  return reply;
}

/// Answers what the test scripts; by default the request itself.
class Scripted final : public FrameHandler {
 public:
  std::function<void(std::span<std::byte>, Responder)> act = [](std::span<std::byte> frame, Responder respond) {
    respond.answer(echo(frame));
  };
  void on_frame(std::span<std::byte> frame, const std::string&, const std::shared_ptr<Session>&, Responder respond) override {
    ++seen;
    act(frame, std::move(respond));
  }
  std::atomic<int> seen{0};
};

/// Keeps the rights to answer until the test uses them.
struct Kept {
  void operator()(std::span<std::byte> frame, Responder respond) {
    const std::lock_guard hold(mutex);
    bodies.push_back(copy_of(frame));
    responders.push_back(std::move(respond));
  }
  std::size_t count() {
    const std::lock_guard hold(mutex);
    return responders.size();
  }
  std::mutex mutex;
  std::vector<Bytes> bodies;
  std::vector<Responder> responders;
};

class Net : public ::testing::Test {
 protected:
  void serve(ListenerOptions options = {}) {
    options.port = 0;
    options.cores = 2;
    auto opened = Listener::open(options, handler, clock, {});
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    listener = *std::move(opened);
    listener->start();
  }
  bool eventually(const std::function<bool()>& what) {
    for (int i = 0; i < 5000; ++i) {
      if (what()) return true;
      clock.sleep(std::chrono::milliseconds(1));
    }
    return false;
  }

  os::SystemClock clock;
  Scripted handler;
  Kept kept;
  std::unique_ptr<Listener> listener;
};

TEST_F(Net, FramesThatArriveByteByByteAreWhole) {
  serve();
  TcpClient client(listener->port());
  for (const std::byte byte : framed(view_of("hello"))) ASSERT_TRUE(client.send(View(&byte, 1)));
  EXPECT_EQ(text_of(client.receive_frame()), "hello");
}

TEST_F(Net, ManyFramesInOnePacketAreAllAnsweredInOrder) {
  serve();
  TcpClient client(listener->port());
  Bytes all;
  constexpr int kFrames = 5000;
  for (int i = 0; i < kFrames; ++i) {
    const Bytes one = framed(view_of(std::to_string(i)));
    all.insert(all.end(), one.begin(), one.end());
  }
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < kFrames; ++i) ASSERT_EQ(text_of(client.receive_frame()), std::to_string(i));
  sender.join();
}

TEST_F(Net, AnswersKeepTheOrderOfRequestsWhenTheyAreReadyInReverse) {
  handler.act = std::ref(kept);
  serve();
  TcpClient client(listener->port());
  for (const char* body : {"a", "b", "c"}) ASSERT_TRUE(client.send_frame(view_of(body)));
  ASSERT_TRUE(eventually([&] { return kept.count() == 3; }));
  for (int i = 2; i >= 1; --i)
    kept.responders[static_cast<std::size_t>(i)].answer(echo(kept.bodies[static_cast<std::size_t>(i)]));
  EXPECT_TRUE(client.silent_for(20));
  kept.responders[0].answer(echo(kept.bodies[0]));
  for (const char* body : {"a", "b", "c"}) EXPECT_EQ(text_of(client.receive_frame()), body);
}

TEST_F(Net, RequestsOverTheLimitAreSeenAsSoonAsOneIsAnswered) {
  handler.act = std::ref(kept);
  ListenerOptions options;
  options.limits.requests_in_flight_max = 1;
  serve(options);
  TcpClient client(listener->port());
  Bytes all;
  for (const char* body : {"a", "b", "c"}) {
    const Bytes one = framed(view_of(body));
    all.insert(all.end(), one.begin(), one.end());
  }
  ASSERT_TRUE(client.send(all));
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(eventually([&] { return kept.count() == i + 1; })) << "request " << i << " lies in the buffer, unread";
    kept.responders[i].answer(echo(kept.bodies[i]));
  }
  for (const char* body : {"a", "b", "c"}) EXPECT_EQ(text_of(client.receive_frame()), body);
}

// Found by librdkafka's test 0011: more requests under way than the limit, and the last of them half arrived.
TEST_F(Net, AHalfArrivedRequestBehindTheLimitIsNotMovedUnderItsOwnRead) {
  kept.bodies.reserve(4);  // a request that arrives must not move the ones that are looked at
  kept.responders.reserve(4);
  handler.act = std::ref(kept);
  ListenerOptions options;
  options.limits.requests_in_flight_max = 2;
  serve(options);
  TcpClient client(listener->port());
  const std::string long_body(300, 'd');
  Bytes all;
  for (const std::string& body : {std::string("a"), std::string("b"), std::string("c"), long_body}) {
    const Bytes one = framed(view_of(body));
    all.insert(all.end(), one.begin(), one.end());
  }
  const std::size_t cut = all.size() - 200;
  ASSERT_TRUE(client.send(View(all).first(cut)));
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(eventually([&] { return kept.count() > i; }));
    kept.responders[i].answer(echo(kept.bodies[i]));
    EXPECT_EQ(client.receive_frame(), kept.bodies[i]);
  }
  ASSERT_TRUE(client.send(View(all).subspan(cut)));
  ASSERT_TRUE(eventually([&] { return kept.count() == 4; }));
  EXPECT_EQ(text_of(View(kept.bodies[3])), long_body);
}

TEST_F(Net, AnAnswerWithoutBytesWritesNothingAndBlocksNothing) {
  handler.act = [](std::span<std::byte> frame, Responder respond) {
    respond.answer(text_of(frame) == "quiet" ? Reply::none() : echo(frame));
  };
  serve();
  TcpClient client(listener->port());
  for (const char* body : {"quiet", "loud", "quiet", "last"}) ASSERT_TRUE(client.send_frame(view_of(body)));
  EXPECT_EQ(text_of(client.receive_frame()), "loud");
  EXPECT_EQ(text_of(client.receive_frame()), "last");
}

TEST_F(Net, AHeldConnectionTakesNothingUntilItsTimeIsUpAndOthersGoOn) {
  std::atomic<int> holds{0};
  handler.act = [&](std::span<std::byte> frame, Responder respond) {
    if (text_of(frame) == "hold" && ++holds == 1) {
      respond.hold(std::chrono::milliseconds(300));
      respond.hold(std::chrono::milliseconds(1));  // the longer one stands
    }
    respond.answer(echo(frame));
  };
  serve();
  TcpClient client(listener->port()), other(listener->port());
  Bytes both = framed(view_of("hold"));
  const Bytes next = framed(view_of("next"));
  both.insert(both.end(), next.begin(), next.end());
  const Steady began = clock.steady();
  ASSERT_TRUE(client.send(both));
  EXPECT_EQ(text_of(client.receive_frame()), "hold");
  ASSERT_TRUE(other.send_frame(view_of("free")));
  EXPECT_EQ(text_of(other.receive_frame()), "free");
  EXPECT_EQ(handler.seen.load(), 2);
  EXPECT_EQ(text_of(client.receive_frame()), "next");
  EXPECT_GE(clock.steady() - began, std::chrono::milliseconds(300));
}

TEST_F(Net, OversizedAndNegativeLengthsCloseOnlyTheirConnection) {
  ListenerOptions options;
  options.limits.request_bytes_max = 1000;
  serve(options);
  TcpClient good(listener->port());
  for (const std::int32_t length : {1001, -1, INT32_MAX}) {
    TcpClient bad(listener->port());
    Bytes head;
    ByteWriter(head).be(length);
    ASSERT_TRUE(bad.send(head));
    EXPECT_TRUE(bad.at_end());
  }
  ASSERT_TRUE(good.send_frame(Bytes(1000)));
  EXPECT_EQ(good.receive_frame().size(), 1000u);
}

TEST_F(Net, ARequestLargerThanTheBufferArrivesWhole) {
  serve();
  TcpClient client(listener->port());
  Bytes big(2 * kMiB);
  for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<std::byte>(i * 2654435761u >> 13);
  std::thread sender([&] { client.send_frame(big), client.send_frame(view_of("after")); });
  EXPECT_EQ(client.receive_frame(), big);
  EXPECT_EQ(text_of(client.receive_frame()), "after");
  sender.join();
}

TEST_F(Net, RequestsInFlightAreLimited) {
  handler.act = std::ref(kept);
  ListenerOptions options;
  options.limits.requests_in_flight_max = 3;
  serve(options);
  TcpClient client(listener->port());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(client.send_frame(view_of(std::to_string(i))));
  ASSERT_TRUE(eventually([&] { return kept.count() == 3; }));
  clock.sleep(std::chrono::milliseconds(20));
  EXPECT_EQ(kept.count(), 3u);
  for (std::size_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(eventually([&] { return kept.count() > i; }));
    const std::lock_guard hold(kept.mutex);
    kept.responders[i].answer(echo(kept.bodies[i]));
  }
  for (int i = 0; i < 10; ++i) EXPECT_EQ(text_of(client.receive_frame()), std::to_string(i));
}

/// A big answer, read slowly by one client, while another is served at once.
class BigAnswer : public Net, public ::testing::WithParamInterface<std::string> {
 protected:
  /// A file whose bytes must pass through the process.
  class Hidden final : public File {
   public:
    explicit Hidden(std::shared_ptr<const File> below) : below_(std::move(below)) {}
    Result<std::size_t> read_at(std::uint64_t at, std::span<std::byte> into) const override { return below_->read_at(at, into); }
    Result<> write_at(std::uint64_t, View) override { return fail(Kind::kInvalid, "read only"); }
    Result<> sync() override { return done(); }
    Result<std::uint64_t> size() const override { return below_->size(); }
    Result<> truncate(std::uint64_t) override { return fail(Kind::kInvalid, "read only"); }
    Result<> punch(ByteRange) override { return fail(Kind::kInvalid, "read only"); }
    int descriptor() const override { return -1; }

   private:
    const std::shared_ptr<const File> below_;
  };

  Reply big_reply() {
    Reply reply;
    if (GetParam() == "bytes") {
      reply.pieces.emplace_back(framed(content));
      return reply;
    }
    Bytes head;
    ByteWriter(head).be(static_cast<std::int32_t>(content.size()));
    head.insert(head.end(), content.begin(), content.begin() + 100);
    reply.pieces.emplace_back(std::move(head));
    reply.pieces.emplace_back(FileSlice{file, {100, 1'000'000}});
    reply.pieces.emplace_back(FileSlice{file, {1'000'000, 1'000'000}});  // empty
    reply.pieces.emplace_back(FileSlice{file, {1'000'000, content.size() - 7}});
    reply.pieces.emplace_back(Bytes(content.end() - 7, content.end()));
    return reply;
  }

  TempDir dir;
  os::PosixFileSystem files;
  Bytes content;
  std::shared_ptr<const File> file;
};

TEST_P(BigAnswer, ReachesASlowReaderWholeWhileOthersAreServed) {
  content.resize(6 * kMiB);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i * 2654435761u >> 17);
  auto made = files.open(dir / "f", OpenMode::kCreateNew);
  ASSERT_TRUE(made.ok() && (*made)->write_at(0, content).ok());
  file = *made;
  if (GetParam() == "copied") file = std::make_shared<Hidden>(file);
  handler.act = [this](std::span<std::byte> frame, Responder respond) {
    respond.answer(text_of(frame) == "big" ? big_reply() : echo(frame));
  };
  serve();
  TcpClient slow(listener->port(), 256 * 1024);
  for (const char* body : {"big", "big", "small"}) ASSERT_TRUE(slow.send_frame(view_of(body)));
  ASSERT_FALSE(slow.silent_for(5000));
  for (int i = 0; i < 4; ++i) {  // both cores
    TcpClient quick(listener->port());
    ASSERT_TRUE(quick.send_frame(view_of("quick")));
    EXPECT_EQ(text_of(quick.receive_frame()), "quick");
  }
  EXPECT_TRUE(slow.receive_frame() == content);
  EXPECT_TRUE(slow.receive_frame() == content);
  EXPECT_EQ(text_of(slow.receive_frame()), "small");
}
INSTANTIATE_TEST_SUITE_P(From, BigAnswer, ::testing::Values("bytes", "file", "copied"));

TEST_F(Net, AFileShorterThanPromisedClosesTheConnection) {
  TempDir dir;
  os::PosixFileSystem files;
  auto made = files.open(dir / "f", OpenMode::kCreateNew);
  ASSERT_TRUE(made.ok() && (*made)->write_at(0, Bytes(100)).ok());
  handler.act = [&](std::span<std::byte>, Responder respond) {
    Reply reply;
    reply.pieces.emplace_back(FileSlice{*made, {0, 200}});
    respond.answer(std::move(reply));
  };
  serve();
  TcpClient client(listener->port());
  ASSERT_TRUE(client.send_frame(view_of("x")));
  EXPECT_EQ(client.receive(200).size(), 100u);
}

TEST_F(Net, IdleConnectionsAreClosedAndBusyOnesAreNot) {
  handler.act = std::ref(kept);
  ListenerOptions options;
  options.idle_ms = 40;
  serve(options);
  TcpClient idle(listener->port());
  TcpClient busy(listener->port());
  ASSERT_TRUE(busy.send_frame(view_of("wait")));
  ASSERT_TRUE(eventually([&] { return kept.count() == 1; }));
  EXPECT_TRUE(idle.at_end());
  EXPECT_TRUE(busy.silent_for(100));
  kept.responders[0].answer(echo(kept.bodies[0]));
  EXPECT_EQ(text_of(busy.receive_frame()), "wait");
}

TEST_F(Net, AnAnswerAfterTheClientLeftHurtsNobody) {
  handler.act = std::ref(kept);
  serve();
  {
    TcpClient client(listener->port());
    ASSERT_TRUE(client.send_frame(view_of("gone")));
    ASSERT_TRUE(eventually([&] { return kept.count() == 1; }));
  }
  clock.sleep(std::chrono::milliseconds(10));
  kept.responders[0].answer(echo(kept.bodies[0]));
  TcpClient client(listener->port());
  ASSERT_TRUE(client.send_frame(view_of("here")));
  ASSERT_TRUE(eventually([&] { return kept.count() == 2; }));
  kept.responders[1].answer(echo(kept.bodies[1]));
  EXPECT_EQ(text_of(client.receive_frame()), "here");
}

TEST_F(Net, ADroppedRightToAnswerClosesTheConnectionAfterEarlierAnswers) {
  handler.act = [](std::span<std::byte> frame, Responder respond) {
    if (text_of(frame) != "drop") respond.answer(echo(frame));
  };
  serve();
  TcpClient client(listener->port());
  for (const char* body : {"first", "drop", "never"}) ASSERT_TRUE(client.send_frame(view_of(body)));
  EXPECT_EQ(text_of(client.receive_frame()), "first");
  EXPECT_TRUE(client.at_end());
}

TEST_F(Net, ConnectionsBeyondTheLimitAreRefusedUntilOneGoes) {
  ListenerOptions options;
  options.connections_max = 1;
  options.idle_ms = 40'000;
  serve(options);
  auto first = std::make_unique<TcpClient>(listener->port());
  ASSERT_TRUE(first->send_frame(view_of("x")));
  ASSERT_EQ(text_of(first->receive_frame()), "x");
  TcpClient second(listener->port());
  EXPECT_TRUE(second.at_end());
  first.reset();
  EXPECT_TRUE(eventually([&] {
    TcpClient third(listener->port());
    return third.send_frame(view_of("y")) && text_of(third.receive_frame()) == "y";
  }));
}

TEST_F(Net, StopAnswersWhatIsUnderWayAndClosesTheRest) {
  handler.act = std::ref(kept);
  serve();
  TcpClient busy(listener->port());
  TcpClient quiet(listener->port());
  ASSERT_TRUE(busy.send_frame(view_of("x")));
  ASSERT_TRUE(eventually([&] { return kept.count() == 1; }));
  std::thread stopper([&] { listener->stop(Deadline::in(clock, std::chrono::seconds(10))); });
  EXPECT_TRUE(quiet.at_end());
  kept.responders[0].answer(echo(kept.bodies[0]));
  EXPECT_EQ(text_of(busy.receive_frame()), "x");
  EXPECT_TRUE(busy.at_end());
  stopper.join();
}

TEST_F(Net, StopEndsInTimeWhenAnAnswerNeverComes) {
  handler.act = std::ref(kept);
  serve();
  TcpClient busy(listener->port());
  ASSERT_TRUE(busy.send_frame(view_of("x")));
  ASSERT_TRUE(eventually([&] { return kept.count() == 1; }));
  listener->stop(Deadline::in(clock, std::chrono::milliseconds(20)));
  EXPECT_TRUE(busy.at_end());
}

TEST_F(Net, APortThatIsTakenIsAnError) {
  serve();
  ListenerOptions options;
  options.port = listener->port();
  const auto second = Listener::open(options, handler, clock, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, Kind::kUnavailable);
}

}  // namespace
}  // namespace takhin::broker::net
