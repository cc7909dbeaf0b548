#include "tier/tail_store.h"

#include <algorithm>

#include "base/log.h"

namespace takhin::tier {

std::shared_ptr<const Tail> TailStore::peek(const Uuid& segment) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = by_segment_.find(segment); at != by_segment_.end()) {
      kept_.splice(kept_.begin(), kept_, at->second);
      return at->second->loaded.tail;
    }
    // The first chunk that comes along with a tail makes the cache's file; until the others have landed too, wait for the flight.
    if (flights_.contains(segment)) return nullptr;
  }
  const auto stored = deps_.cache.stored_tail(segment);
  if (!stored) return nullptr;
  auto parsed = parse_tail(stored->raw, stored->object_bytes, opening_at_hand(deps_.keys, segment));
  if (!parsed.ok() || !parsed->tail) return nullptr;
  const std::lock_guard lock(mutex_);
  if (!by_segment_.contains(segment)) keep(segment, {parsed->tail, nullptr});
  return parsed->tail;
}

Result<TailStore::TailPtr> TailStore::get(const ColdSegment& segment, Deadline deadline) {
  if (auto tail = peek(segment.id())) return tail;
  TRY(const auto flight, join(segment, false));
  const auto* const landed = flight->wait(deps_.clock, deadline);
  if (landed == nullptr) return fail(Kind::kUnavailable, "{}: its tail is still being fetched", segment.key().name);
  return *landed;
}

bool TailStore::load_ahead(const ColdSegment& segment, std::function<void(const TailPtr&)> then) {
  if (const auto tail = peek(segment.id())) {
    then(tail);
    return true;
  }
  const auto flight = join(segment, true);
  if (!flight.ok()) return false;
  (*flight)->then([then = std::move(then)](const Result<TailPtr>& tail) {
    if (tail.ok()) then(*tail);
  });
  return true;
}

Result<std::shared_ptr<TailStore::TailFlight>> TailStore::join(const ColdSegment& segment, bool ahead) {
  auto flight = std::make_shared<TailFlight>();
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = by_segment_.find(segment.id()); at != by_segment_.end()) {  // landed since the caller looked
      flight->land(at->second->loaded.tail);
      return flight;
    }
    const auto [at, fresh] = flights_.emplace(segment.id(), flight);
    if (!fresh) return at->second;
  }
  // Lands the flight also when the pool drops the task.
  const std::shared_ptr<void> dropped(nullptr, [this, id = segment.id(), flight](void*) {
    land(id, flight, fail(Kind::kClosed, "cold reads are shutting down"));
  });
  auto submitted = deps_.pool.submit([this, segment, ahead, flight, dropped] {
    land(segment.id(), flight, load(segment, ahead));
  });
  if (submitted.ok()) return flight;
  const Error refused = fail(Kind::kUnavailable, "too many cold reads wait already");
  land(segment.id(), flight, refused);
  return refused;
}

void TailStore::land(const Uuid& segment, const std::shared_ptr<TailFlight>& flight, Result<Loaded> loaded) {
  {
    const std::lock_guard lock(mutex_);
    const auto at = flights_.find(segment);
    if (at == flights_.end() || at->second != flight) return;  // landed before
    flights_.erase(at);
    if (loaded.ok()) keep(segment, *loaded);
  }
  if (loaded.ok()) {
    flight->land(loaded->tail);
  } else {
    flight->land(std::move(loaded).error());
  }
}

/// The tail of an encrypted object that lies in the cache, but whose data key peek() could not wait for. Nothing: ask the store.
Result<std::optional<TailStore::Loaded>> TailStore::load_kept(const ColdSegment& segment, const Opening& how) {
  if (deps_.keys == nullptr) return std::optional<Loaded>();
  if (auto refused = deps_.keys->refusal(segment.id())) return *std::move(refused);
  const auto stored = deps_.cache.stored_tail(segment.id());
  if (!stored) return std::optional<Loaded>();
  auto parsed = parse_tail(stored->raw, stored->object_bytes, how);
  if (parsed.ok() && parsed->tail) return std::optional(Loaded{parsed->tail, nullptr});
  if (parsed.ok() || parsed.error().kind == Kind::kCorrupt) return std::optional<Loaded>();
  return std::move(parsed).error().within(segment.key().name);
}

Result<TailStore::Loaded> TailStore::load(const ColdSegment& segment, bool ahead) {
  const object::ObjectKey key = segment.key();
  const Deadline deadline = Deadline::in(deps_.clock, kDownloadTime);
  const Opening how = opening(deps_.keys, key, segment.id(), deadline);
  TRY(auto kept, load_kept(segment, how));
  if (kept) return *std::move(kept);
  const std::uint64_t object_bytes = segment.entry.object_bytes;
  const std::uint64_t whole_max = ahead ? deps_.options.fetch_bytes_max : kWholeObjectChunks * deps_.options.chunk_bytes;
  std::uint64_t want = std::min(object_bytes, tail_guess_bytes(segment.entry.segment.log_bytes));
  if (object_bytes <= whole_max) want = object_bytes;
  bool asked_more = false;
  bool asked_again = false;
  for (;;) {
    const ByteRange range{object_bytes - want, object_bytes};
    TRY(const Bytes end, deps_.store.get(key, range, deadline));
    deps_.counters.got(end.size());
    auto parsed = parse_tail(end, object_bytes, how);
    if (parsed.ok() && parsed->tail && parsed->tail->log_bytes != segment.entry.segment.log_bytes) {
      parsed = fail(Kind::kCorrupt, "holds {} log bytes where its name says {}", parsed->tail->log_bytes,
                    segment.entry.segment.log_bytes);
    }
    if (!parsed.ok()) {
      const bool corrupt = parsed.error().kind == Kind::kCorrupt;
      if (corrupt) deps_.counters.corrupt.add();
      if (corrupt && !std::exchange(asked_again, true)) continue;
      return std::move(parsed).error().within(fmt::format("{} bytes {}..{}", key.name, range.begin, range.end));
    }
    if (!parsed->tail) {
      const bool sane = parsed->need > want && parsed->need <= object_bytes && !std::exchange(asked_more, true);
      if (!sane) return fail(Kind::kCorrupt, "{}: its tail claims {} of {} bytes", key.name, parsed->need, object_bytes);
      want = parsed->need;
      continue;
    }
    std::uint64_t tail_at = 0;
    for (const Chunk& chunk : parsed->tail->chunks) tail_at = std::max(tail_at, chunk.stored_range().end);
    tail_at = std::clamp(tail_at, range.begin, range.end);
    Loaded loaded{parsed->tail, std::make_shared<const Bytes>(copy_of(View(end).subspan(tail_at - range.begin)))};
    harvest(segment, loaded, end, ahead);
    return loaded;
  }
}

// Chunks that came along with the tail are chunks that need no GET of their own.
void TailStore::harvest(const ColdSegment& segment, const Loaded& loaded, View end, bool ahead) {
  const std::uint64_t begin = segment.entry.object_bytes - end.size();
  const auto& chunks = loaded.tail->chunks;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const ByteRange stored = chunks[i].stored_range();
    if (stored.begin < begin || stored.end > segment.entry.object_bytes) continue;
    auto room = deps_.cache.reserve(segment.id(), *loaded.tail, i, loaded.raw);
    if (!room) return;
    const auto plain = open_chunk(*loaded.tail, i, end.subspan(stored.begin - begin, stored.size()));
    if (!plain.ok()) continue;  // the ordinary way fetches it again, and says what is wrong
    if (auto kept = room->commit(*plain, true); !kept.ok()) {
      log_debug("tier", "{}", kept.error().text);
      return;
    }
    if (ahead) deps_.counters.ahead.add(chunks[i].log_bytes);
  }
}

std::shared_ptr<const Bytes> TailStore::take_raw(const Uuid& segment) {
  const std::lock_guard lock(mutex_);
  const auto at = by_segment_.find(segment);
  if (at == by_segment_.end() || !at->second->loaded.raw) return nullptr;
  bytes_ -= at->second->loaded.raw->size();
  at->second->bytes -= at->second->loaded.raw->size();
  return std::exchange(at->second->loaded.raw, nullptr);
}

void TailStore::keep(const Uuid& segment, Loaded loaded) {
  drop(segment);
  const std::uint64_t bytes = loaded.tail->memory_bytes() + (loaded.raw ? loaded.raw->size() : 0);
  kept_.push_front({segment, std::move(loaded), bytes});
  by_segment_[segment] = kept_.begin();
  bytes_ += bytes;
  while (bytes_ > memory_bytes_max_ && kept_.size() > 1) {
    bytes_ -= kept_.back().bytes;
    by_segment_.erase(kept_.back().segment);
    kept_.pop_back();
  }
}

void TailStore::forget(const Uuid& segment) {
  const std::lock_guard lock(mutex_);
  drop(segment);
}

void TailStore::drop(const Uuid& segment) {
  const auto at = by_segment_.find(segment);
  if (at == by_segment_.end()) return;
  bytes_ -= at->second->bytes;
  kept_.erase(at->second);
  by_segment_.erase(at);
}

std::uint64_t TailStore::memory_bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace takhin::tier
