#pragma once
// An object store that fails by chance, as a seed decides: for simulations. One thread.

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "object/store.h"
#include "testing/crash_fs.h"
#include "testing/fake_clock.h"

namespace takhin::testing {

/// Chances out of 1,000, of each call.
struct StoreFaults {
  int refused = 0;     // not done, and said so: 503, a reset connection
  int throttled = 0;   // not done: 503 SlowDown
  int lost_reply = 0;  // done, but the caller gets an error
  int slow = 0;        // takes up to 40 s of the clock
  int flipped = 0;     // get: one bit is wrong
  int torn = 0;        // write of an upload: the connection breaks in the middle of the body
  int damaged = 0;     // write of an upload: the store keeps a wrong bit, and says nothing
};

/// Wraps a store that keeps what it acknowledges. Every call is one step of `process`: after its crash no call gets through, and
/// the uploads it had under way stay unfinished in the bucket, as parts do in S3.
class FaultyStore final : public object::ObjectStore {
 public:
  FaultyStore(object::ObjectStore& below, CrashFs& process, FakeClock& clock, std::uint64_t seed)
      : below_(below), process_(process), clock_(clock), random_(seed) {}

  void set_faults(const StoreFaults& faults) { faults_ = faults; }
  /// While down every call is refused.
  void set_down(bool down) { down_ = down; }
  bool down() const { return down_; }
  /// Nothing fails until set_faults() or set_down().
  void heal() { faults_ = {}, down_ = false; }
  std::uint64_t calls() const { return calls_; }
  std::uint64_t faults_met() const { return met_; }

  Result<object::ObjectInfo> put(const object::ObjectKey& key, View body, object::When when, Deadline deadline) override {
    return act([&] { return below_.put(key, body, when, deadline); });
  }
  Result<std::unique_ptr<object::Upload>> upload(const object::ObjectKey& key, object::When when, Deadline deadline) override {
    // Its own parts' deadline is none: the calls below are what takes time.
    return act([&]() -> Result<std::unique_ptr<object::Upload>> {
      TRY(auto begun, below_.upload(key, when, deadline));
      return std::unique_ptr<object::Upload>(std::make_unique<FaultyUpload>(*this, std::move(begun)));
    });
  }
  Result<Bytes> get(const object::ObjectKey& key, ByteRange range, Deadline deadline) override {
    return act([&]() -> Result<Bytes> {
      TRY(Bytes data, below_.get(key, range, deadline));
      if (!data.empty() && hit(faults_.flipped)) data[random_() % data.size()] ^= std::byte{1};
      return data;
    });
  }
  Result<object::ObjectInfo> head(const object::ObjectKey& key, Deadline deadline) override {
    return act([&] { return below_.head(key, deadline); });
  }
  Result<object::Page> list(std::string_view prefix, std::string_view after, Deadline deadline) override {
    return act([&] { return below_.list(prefix, after, deadline); });
  }
  /// Some keys may stay, each with its own error.
  Result<std::vector<object::KeyError>> remove(std::span<const object::ObjectKey> keys, Deadline deadline) override {
    return act([&]() -> Result<std::vector<object::KeyError>> {
      std::vector<object::ObjectKey> go;
      std::vector<object::KeyError> stay;
      for (const object::ObjectKey& key : keys) {
        if (hit(faults_.refused)) {
          stay.push_back({key, fail(Kind::kUnavailable, "simulated: InternalError for one key")});
        } else {
          go.push_back(key);
        }
      }
      TRY(auto below, below_.remove(go, deadline));
      stay.insert(stay.end(), below.begin(), below.end());
      return stay;
    });
  }
  Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override {
    return act([&] { return below_.abort_uploads(prefix, older_than, deadline); });
  }

 private:
  class FaultyUpload final : public object::Upload {
   public:
    FaultyUpload(FaultyStore& owner, std::unique_ptr<object::Upload> below) : owner_(owner), below_(std::move(below)) {}
    ~FaultyUpload() override {
      if (owner_.process_.stopped()) owner_.abandoned_.push_back(std::move(below_));  // nobody is there to abort it
    }
    Result<> write(View data) override {
      if (lost_) return *lost_;
      if (owner_.hit(owner_.faults_.torn)) lost_ = fail(Kind::kUnavailable, "simulated: connection reset inside of a body");
      if (lost_) return *lost_;
      Bytes sent = copy_of(data);
      if (!sent.empty() && owner_.hit(owner_.faults_.damaged)) sent[owner_.random_() % sent.size()] ^= std::byte{1};
      auto written = owner_.act([&] { return below_->write(sent); });
      if (!written.ok()) lost_ = written.error();
      return written;
    }
    Result<object::ObjectInfo> finish() override {
      if (lost_) return *lost_;
      return owner_.act([&] { return below_->finish(); });
    }

   private:
    FaultyStore& owner_;
    std::unique_ptr<object::Upload> below_;
    std::optional<Error> lost_;
  };

  bool hit(int of_thousand) {
    const bool yes = of_thousand > 0 && static_cast<int>(random_() % 1000) < of_thousand;
    met_ += yes ? 1 : 0;
    return yes;
  }
  template <class Call>
  auto act(Call call) -> decltype(call()) {
    ++calls_;
    TRY(process_.other_change());
    clock_.advance(std::chrono::milliseconds(1 + random_() % 20));
    if (hit(faults_.slow)) clock_.advance(std::chrono::milliseconds(random_() % 40'000));
    if (down_) return fail(Kind::kUnavailable, "simulated: the store is away");
    if (hit(faults_.refused)) return fail(Kind::kUnavailable, "simulated: 503");
    if (hit(faults_.throttled)) return fail(Kind::kThrottled, "simulated: SlowDown");
    auto answer = call();
    if (hit(faults_.lost_reply)) return fail(Kind::kUnavailable, "simulated: the reply was lost");
    return answer;
  }

  object::ObjectStore& below_;
  CrashFs& process_;
  FakeClock& clock_;
  std::mt19937_64 random_;
  StoreFaults faults_;
  bool down_ = false;
  std::uint64_t calls_ = 0;
  std::uint64_t met_ = 0;
  std::vector<std::unique_ptr<object::Upload>> abandoned_;
};

}  // namespace takhin::testing
