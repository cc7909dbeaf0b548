#include "tier/keyring.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "testing/fake_clock.h"
#include "testing/key_kit.h"
#include "testing/seeded_random.h"

namespace takhin::tier {
namespace {

using takhin::testing::FakeKms;
using takhin::testing::key_text;
using takhin::testing::make_ring;
using takhin::testing::SeededRandom;
using takhin::testing::TempDir;

class KeyFiles : public ::testing::Test {
 protected:
  void write(const std::string& name, std::string_view text, unsigned mode = 0600) {
    ASSERT_TRUE(write_atomically(files, dir / name, view_of(text)).ok());
    ASSERT_EQ(::chmod((dir / name).c_str(), mode), 0);
  }
  Error error_of(const std::string& path) {
    auto ring = KeyRing::open(files, nullptr, {.path = path});
    EXPECT_FALSE(ring.ok());
    return ring.ok() ? Error{} : ring.error();
  }
  Error error_of_text(std::string_view text) {
    write("keys", text);
    return error_of(dir / "keys");
  }

  TempDir dir;
  os::PosixFileSystem files;
  SeededRandom random{1};
};

TEST(KeyId, HasTheCharactersOfKeyServices) {
  for (const std::string good : {"k", "2026-b", "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab", "a@b+c_d.e"}) {
    EXPECT_TRUE(check_key_id(good).ok()) << good;
  }
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("a=b"), std::string(257, 'a')}) {
    EXPECT_EQ(check_key_id(bad).error().kind, Kind::kInvalid) << bad;
  }
}

TEST_F(KeyFiles, LinesAndDirectoriesHoldTheSameKeys) {
  write("keys", "# two keys\n\n a = " + key_text(1) + "\n b=" + key_text(2) + "\r\n");
  ASSERT_TRUE(files.make_dirs(dir / "ring").ok());
  write("ring/a", key_text(1) + "\n");
  write("ring/b", key_text(2), 0440);
  write("ring/.hidden", "no key at all", 0644);
  const auto lines = KeyRing::open(files, nullptr, {.path = dir / "keys", .active = "a"});
  const auto directory = KeyRing::open(files, nullptr, {.path = dir / "ring", .active = "a"});
  ASSERT_TRUE(lines.ok()) << lines.error().text;
  ASSERT_TRUE(directory.ok()) << directory.error().text;
  const Uuid object = Uuid::make(random);
  const SecretKey key = SecretKey::make(random);
  for (const std::string id : {"a", "b"}) {
    const auto envelope = (*lines)->wrap(id, key, object, random);
    ASSERT_TRUE(envelope.ok());
    EXPECT_EQ(envelope->key_id, id);
    EXPECT_EQ(*(*directory)->unwrap(*envelope, object), key);
    EXPECT_TRUE((*directory)->at_hand(id));
  }
  EXPECT_EQ((*lines)->wrap("c", key, object, random).error().kind, kKeyFailed);
}

TEST_F(KeyFiles, WhatIsWrongWithThemIsOneLineWithoutTheKey) {
  const std::string short_key = to_base64(Bytes(16, std::byte{0x5a}));
  const std::pair<std::string, std::string> wrong[] = {
      {"a = " + short_key, ":1: the key must be base64 of 32 bytes"},
      {"a = " + key_text(1) + "\na = " + key_text(2), ":2: key 'a' is there twice"},
      {"\n" + key_text(1), ":2: the key must be base64"},  // a key without an id: it ends with '='
      {key_text(3).substr(0, 40), ":1: must be 'id = base64"},
      {"a b = " + key_text(1), ":1: a key id must be"},
      {"none = " + key_text(1), ":1: 'none' stands for no encryption"},
      {"a = " + key_text(1) + "x", ":1: the key must be base64"},
  };
  for (const auto& [text, complaint] : wrong) {
    const Error error = error_of_text(text);
    EXPECT_EQ(error.kind, Kind::kInvalid);
    EXPECT_NE(error.text.find(complaint), std::string::npos) << error.text;
    EXPECT_EQ(error.text.find('\n'), std::string::npos);
    for (const unsigned char seed : {1, 2, 3}) EXPECT_EQ(error.text.find(key_text(seed).substr(0, 8)), std::string::npos);
    EXPECT_EQ(error.text.find(short_key.substr(0, 8)), std::string::npos);
  }
  EXPECT_EQ(error_of(dir / "absent").kind, Kind::kNotFound);
}

TEST_F(KeyFiles, MustNotBeForOthers) {
  for (const unsigned mode : {0604u, 0602u, 0620u, 0644u, 0666u}) {
    write("keys", "a = " + key_text(1), mode);
    EXPECT_NE(error_of(dir / "keys").text.find("chmod"), std::string::npos) << mode;
  }
  for (const unsigned mode : {0400u, 0600u, 0440u, 0640u}) {
    write("keys", "a = " + key_text(1), mode);
    EXPECT_TRUE(KeyRing::open(files, nullptr, {.path = dir / "keys"}).ok()) << mode;
  }
}

TEST_F(KeyFiles, TheActiveKeyMustBeThere) {
  write("keys", "a = " + key_text(1));
  const auto absent = KeyRing::open(files, nullptr, {.path = dir / "keys", .active = "b"});
  EXPECT_EQ(absent.error().kind, Kind::kInvalid);
  EXPECT_NE(absent.error().text.find("'b'"), std::string::npos);
  EXPECT_TRUE(KeyRing::open(files, nullptr, {.path = dir / "keys", .active = "none"}).ok());
  FakeKms kms;
  EXPECT_TRUE(KeyRing::open(files, &kms, {.path = dir / "keys", .command = "/kms", .active = "b"}).ok());
}

/// A ring over files that somebody changes while it is in use.
class ChangingKeys : public KeyFiles {
 protected:
  void open(const KeyRingOptions& options) {
    auto opened = KeyRing::open(files, nullptr, options, &clock);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    ring = *std::move(opened);
  }
  bool has(const std::string& id) { return ring->wrap(id, key, object, random).ok(); }

  testing::FakeClock clock;
  const SecretKey key = SecretKey::make(random);
  const Uuid object = Uuid::make(random);
  std::unique_ptr<KeyRing> ring;
};

TEST_F(ChangingKeys, ANewKeyIsTakenUpWhenItIsAskedFor) {
  write("keys", "a = " + key_text(1));
  open({.path = dir / "keys", .active = "a"});
  clock.advance(kKeyFilesReadAfter);
  EXPECT_FALSE(has("b"));
  write("keys", "a = " + key_text(1) + "\nb = " + key_text(2));
  EXPECT_FALSE(has("b")) << "not more often than once a second, however many ask";
  clock.advance(kKeyFilesReadAfter);
  EXPECT_TRUE(has("b"));
  EXPECT_EQ(ring->generation(), 1u);
  EXPECT_TRUE(ring->at_hand("b"));
}

TEST_F(ChangingKeys, FilesOfADirectoryComeAndGo) {
  ASSERT_TRUE(files.make_dirs(dir / "ring").ok());
  write("ring/a", key_text(1));
  write("ring/b", key_text(2));
  open({.path = dir / "ring", .active = "a"});
  const auto envelope = *ring->wrap("b", key, object, random);
  ASSERT_TRUE(files.remove(dir / "ring/b").ok());
  write("ring/c", key_text(3));
  EXPECT_TRUE(ring->unwrap(envelope, object).ok()) << "not looked at yet";
  clock.advance(kKeyFilesLookAfter);
  EXPECT_EQ(ring->unwrap(envelope, object).error().kind, kKeyFailed);
  EXPECT_TRUE(has("c"));
  // Another key under an old id: what it wrapped before is lost, and said to be.
  write("ring/a", key_text(9) + "\n");
  clock.advance(kKeyFilesLookAfter);
  EXPECT_EQ(ring->generation(), 2u);
}

TEST_F(ChangingKeys, BrokenFilesLeaveTheOldKeysInUse) {
  const std::string good = "a = " + key_text(1);
  write("keys", good);
  open({.path = dir / "keys", .active = "a"});
  const auto look = [&] {
    clock.advance(kKeyFilesLookAfter);
    return has("a");
  };
  for (const std::string& bad : {std::string("a = rubbish"), std::string(), "b = " + key_text(2)}) {
    write("keys", bad);
    EXPECT_TRUE(look()) << bad;
  }
  write("keys", good + "\nb = " + key_text(2), 0644);  // others may read it
  EXPECT_TRUE(look());
  EXPECT_FALSE(has("b"));
  ASSERT_TRUE(files.remove(dir / "keys").ok());
  EXPECT_TRUE(look());
  EXPECT_EQ(ring->generation(), 0u);
  write("keys", good + "\nb = " + key_text(2));
  EXPECT_TRUE(look());
  EXPECT_TRUE(has("b"));
}

TEST_F(ChangingKeys, WithoutAClockTheyAreReadOnce) {
  write("keys", "a = " + key_text(1));
  ring = *KeyRing::open(files, nullptr, {.path = dir / "keys"});
  write("keys", "a = " + key_text(1) + "\nb = " + key_text(2));
  clock.advance(kKeyFilesLookAfter);
  EXPECT_FALSE(has("b"));
}

TEST(KeyRing, AnotherKeyUnderTheSameIdIsNoKey) {
  SeededRandom random(2);
  const SecretKey key = SecretKey::make(random);
  const Uuid object = Uuid::make(random);
  const auto envelope = *make_ring({{"a", 1}})->wrap("a", key, object, random);
  const auto other = make_ring({{"a", 2}})->unwrap(envelope, object);
  EXPECT_EQ(other.error().kind, kKeyFailed);
  EXPECT_NE(other.error().text.find("'a'"), std::string::npos);
}

TEST(KeyRing, TheCommandServesTheKeysThatTheFileLacks) {
  SeededRandom random(3);
  FakeKms kms;
  kms.add("remote", 9);
  const auto ring = make_ring({{"local", 1}}, {.command = "/kms"}, &kms);
  const SecretKey key = SecretKey::make(random);
  const Uuid object = Uuid::make(random);
  ASSERT_TRUE(ring->wrap("local", key, object, random).ok());
  EXPECT_EQ(kms.runs(), 0);
  const auto envelope = ring->wrap("remote", key, object, random);
  ASSERT_TRUE(envelope.ok()) << envelope.error().text;
  EXPECT_EQ(kms.runs(), 2);  // wrapped, and proved
  EXPECT_EQ(*ring->unwrap(*envelope, object), key);
  EXPECT_FALSE(ring->at_hand("remote"));
  EXPECT_EQ(ring->wrap("lost", key, object, random).error().kind, kKeyFailed);
}

TEST(KeyRing, WhatTheCommandCannotDoComesOutByItsExitCode) {
  SeededRandom random(4);
  FakeKms kms;
  kms.add("k", 9);
  const auto ring = make_ring({}, {.command = "/kms"}, &kms);
  const Uuid object = Uuid::make(random);
  const SecretKey key = SecretKey::make(random);
  const auto envelope = *ring->wrap("k", key, object, random);
  const auto kind = [&](int exit_code) {
    kms.end_with(exit_code);
    const auto answer = ring->unwrap(envelope, object);
    EXPECT_NE(answer.error().text.find("'k'"), std::string::npos);
    return answer.error().kind;
  };
  EXPECT_EQ(kind(kCommandNoSuchKey), kKeyFailed);
  EXPECT_EQ(kind(kCommandRefused), kKeyFailed);
  EXPECT_EQ(kind(1), Kind::kUnavailable);
  EXPECT_EQ(kind(137), Kind::kUnavailable);
  kms.end_with(0, Error{Kind::kUnavailable, "/kms: gave no answer in 10 ms"});
  EXPECT_EQ(ring->unwrap(envelope, object).error().kind, Kind::kUnavailable);
  kms.end_with(0, Error{Kind::kNotFound, "/kms: No such file"});  // no program is not no key
  EXPECT_EQ(ring->unwrap(envelope, object).error().kind, kKeyFailed);
}

/// Answers a fixed text, whatever it is asked.
class ParrotCommand : public CommandRunner {
 public:
  explicit ParrotCommand(std::string text) : text_(std::move(text)) {}
  Result<CommandAnswer> run(std::span<const std::string>, View, std::chrono::nanoseconds) override {
    return CommandAnswer{0, copy_of(view_of(text_))};
  }

 private:
  const std::string text_;
};

// The local copy goes once the object is archived: a command that wraps into rubbish must show before.
TEST(KeyRing, WhatTheCommandWrapsMustUnwrapAgain) {
  SeededRandom random(5);
  const std::string key_of_another = key_text(0x77);
  const std::string too_long = to_base64(Bytes(kWrappedBytesMax + 1));
  for (const std::string& text : {std::string(), std::string("not base64!"), key_of_another, too_long, std::string("AAAA")}) {
    ParrotCommand parrot(text);
    const auto ring = make_ring({}, {.command = "/kms"}, &parrot);
    const auto wrapped = ring->wrap("k", SecretKey::make(random), Uuid::make(random), random);
    ASSERT_FALSE(wrapped.ok());
    EXPECT_EQ(wrapped.error().kind, Kind::kInvalid) << wrapped.error().text;
    EXPECT_EQ(wrapped.error().text.find(key_of_another), std::string::npos);
  }
}

}  // namespace
}  // namespace takhin::tier
