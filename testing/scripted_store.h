#pragma once
// An object store that fails on command, for tests of what stands above one.

#include <array>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <utility>

#include "object/store.h"

namespace takhin::testing {

enum class Verb { kPut, kUpload, kWrite, kFinish, kGet, kHead, kList, kRemove, kAbortUploads };
inline constexpr std::size_t kVerbs = 9;

/// What happens to a call that a Fault matches.
enum class Effect {
  kFail,       // the store below never sees it; the caller gets `error`
  kLoseReply,  // the store below does it; the caller gets `error` all the same
  kFlipBit,    // get: a bit of the reply is wrong; put, write: a bit of the stored bytes is wrong
};

struct Fault {
  Verb verb = Verb::kGet;
  Effect effect = Effect::kFail;
  Error error{Kind::kUnavailable, "scripted fault"};
  std::string key_part{};  // only keys that contain it (list, abort_uploads: the prefix; remove: any of the keys)
  int skip = 0;            // matching calls let through first
  int times = 1;           // calls hit; then the fault is spent
};

/// Wraps `below` (borrowed). Any thread. Faults are looked at in the order they were added; the first that matches
/// acts.
class ScriptedStore final : public object::ObjectStore {
 public:
  explicit ScriptedStore(object::ObjectStore& below) : below_(below) {}

  void add(Fault fault) {
    const std::lock_guard lock(mutex_);
    faults_.push_back(std::move(fault));
  }
  /// The next `times` calls of `verb` fail.
  void fail_next(Verb verb, Kind kind = Kind::kUnavailable, int times = 1) {
    add({.verb = verb, .error = {kind, "scripted fault"}, .times = times});
  }
  /// The next `times` calls of `verb` are done, and their answers lost.
  void lose_reply(Verb verb, int times = 1) { add({.verb = verb, .effect = Effect::kLoseReply, .times = times}); }
  /// While down every call fails with kUnavailable.
  void set_down(bool down) {
    const std::lock_guard lock(mutex_);
    down_ = down;
  }
  /// Called before each call, without any lock: may block, look, or change the store below. Set it before other threads
  /// come.
  void before_each(std::function<void(Verb, std::string_view key)> hook) { hook_ = std::move(hook); }
  /// Drops the faults that are not spent.
  void clear() {
    const std::lock_guard lock(mutex_);
    faults_.clear();
    down_ = false;
  }
  /// Faults that have not been spent yet; 0 proves that a test met all it scripted.
  std::size_t faults_left() const {
    const std::lock_guard lock(mutex_);
    return faults_.size();
  }
  /// Calls of `verb`, also those that failed.
  int calls(Verb verb) const {
    const std::lock_guard lock(mutex_);
    return calls_[static_cast<std::size_t>(verb)];
  }

  Result<object::ObjectInfo> put(const object::ObjectKey& key, View body, object::When when,
                                 Deadline deadline) override {
    return act(Verb::kPut, key.name, [&](bool flip) {
      if (!flip || body.empty()) return below_.put(key, body, when, deadline);
      return below_.put(key, flipped(body), when, deadline);
    });
  }
  Result<std::unique_ptr<object::Upload>> upload(const object::ObjectKey& key, object::When when,
                                                 Deadline deadline) override {
    return act(Verb::kUpload, key.name, [&](bool) -> Result<std::unique_ptr<object::Upload>> {
      TRY(auto upload, below_.upload(key, when, deadline));
      return std::unique_ptr<object::Upload>(std::make_unique<ScriptedUpload>(*this, key.name, std::move(upload)));
    });
  }
  Result<Bytes> get(const object::ObjectKey& key, ByteRange range, Deadline deadline) override {
    return act(Verb::kGet, key.name, [&](bool flip) -> Result<Bytes> {
      TRY(Bytes data, below_.get(key, range, deadline));
      return flip && !data.empty() ? flipped(data) : std::move(data);
    });
  }
  Result<object::ObjectInfo> head(const object::ObjectKey& key, Deadline deadline) override {
    return act(Verb::kHead, key.name, [&](bool) { return below_.head(key, deadline); });
  }
  Result<object::Page> list(std::string_view prefix, std::string_view after, Deadline deadline) override {
    return act(Verb::kList, prefix, [&](bool) { return below_.list(prefix, after, deadline); });
  }
  Result<std::vector<object::KeyError>> remove(std::span<const object::ObjectKey> keys, Deadline deadline) override {
    std::string names;
    for (const auto& key : keys) names += key.name + "\n";
    return act(Verb::kRemove, names, [&](bool) { return below_.remove(keys, deadline); });
  }
  Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override {
    return act(Verb::kAbortUploads, prefix, [&](bool) { return below_.abort_uploads(prefix, older_than, deadline); });
  }

 private:
  class ScriptedUpload final : public object::Upload {
   public:
    ScriptedUpload(ScriptedStore& owner, std::string key, std::unique_ptr<object::Upload> below)
        : owner_(owner), key_(std::move(key)), below_(std::move(below)) {}
    Result<> write(View data) override {
      auto answer = owner_.act(Verb::kWrite, key_, [&](bool flip) {
        if (!flip || data.empty()) return below_->write(data);
        return below_->write(flipped(data));
      });
      if (!answer.ok() && !lost_) lost_ = answer.error();
      return answer;
    }
    Result<object::ObjectInfo> finish() override {
      return owner_.act(Verb::kFinish, key_, [&](bool) -> Result<object::ObjectInfo> {
        if (lost_) return *lost_;
        return below_->finish();
      });
    }

   private:
    ScriptedStore& owner_;
    const std::string key_;
    const std::unique_ptr<object::Upload> below_;
    std::optional<Error> lost_;  // of the first write that failed
  };

  static Bytes flipped(View data) {
    Bytes copy = copy_of(data);
    copy[copy.size() / 2] ^= std::byte{1};
    return copy;
  }

  /// The fault for this call, if any; spends it.
  std::optional<Fault> next_fault(Verb verb, std::string_view key) {
    const std::lock_guard lock(mutex_);
    ++calls_[static_cast<std::size_t>(verb)];
    if (down_) return Fault{.verb = verb, .error = {Kind::kUnavailable, "scripted outage"}};
    for (auto at = faults_.begin(); at != faults_.end(); ++at) {
      if (at->verb != verb || key.find(at->key_part) == std::string_view::npos) continue;
      if (at->skip > 0) {
        --at->skip;
        continue;
      }
      Fault hit = *at;
      if (--at->times <= 0) faults_.erase(at);
      return hit;
    }
    return std::nullopt;
  }

  template <class Call>
  auto act(Verb verb, std::string_view key, Call call) -> decltype(call(false)) {
    if (hook_) hook_(verb, key);
    const auto fault = next_fault(verb, key);
    if (!fault) return call(false);
    if (fault->effect == Effect::kFail) return fault->error;
    auto answer = call(fault->effect == Effect::kFlipBit);
    if (fault->effect == Effect::kLoseReply) return fault->error;
    return answer;
  }

  object::ObjectStore& below_;
  std::function<void(Verb, std::string_view)> hook_;
  mutable std::mutex mutex_;
  std::list<Fault> faults_;
  std::array<int, kVerbs> calls_{};
  bool down_ = false;
};

}  // namespace takhin::testing
