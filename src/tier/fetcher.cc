#include "tier/fetcher.h"

#include <algorithm>

#include "base/log.h"

namespace takhin::tier {

Fetcher::Fetcher(FetchDeps& deps, TailStore& tails) : deps_(deps), tails_(tails) {}

std::optional<FileSlice> Fetcher::at_hand(const Uuid& segment, std::size_t first, std::size_t last) {
  if (auto slice = deps_.cache.pin(segment, first, last)) return slice;
  if (auto file = shelved({segment, first})) {
    const ByteRange range = file->range();
    return FileSlice{std::move(file), range};
  }
  return std::nullopt;
}

Result<FileSlice> Fetcher::load(const ColdSegment& segment, const TailPtr& tail, std::size_t first, std::size_t last,
                                std::size_t ahead_last, Deadline deadline) {
  do {
    if (auto slice = at_hand(segment.id(), first, last)) return *std::move(slice);
    JobPtr job;
    bool ours = false;
    {
      const std::lock_guard lock(mutex_);
      if (const auto at = flights_.find({segment.id(), first}); at != flights_.end()) {
        job = at->second;
      } else if (missing(segment.id(), first)) {
        job = make_job(segment, tail, first, ahead_last, last);
        ours = true;
      } else {
        continue;  // landed since we looked
      }
    }
    if (ours) TRY(submit(job));
    const Landed* const landed = job->flight->wait(deps_.clock, deadline);
    if (landed == nullptr) {
      return fail(Kind::kUnavailable, "{}: chunk {} is still being fetched", segment.key().name, first);
    }
    if (landed->error) return *landed->error;
    if (first - job->first < landed->chunks.size()) {
      const auto& chunk = landed->chunks[first - job->first];
      if (!chunk.ok()) return chunk;
      if (auto wider = at_hand(segment.id(), first, last)) return *std::move(wider);
      return chunk;
    }
  } while (!deadline.passed(deps_.clock));  // another reader's run found no room for our chunk: ask for it by ourselves
  return fail(Kind::kUnavailable, "{}: no time left to fetch chunk {}", segment.key().name, first);
}

std::size_t Fetcher::prefetch(const ColdSegment& segment, const TailPtr& tail, std::size_t first, std::size_t last) {
  JobPtr job;
  std::size_t from = first;
  {
    const std::lock_guard lock(mutex_);
    while (from < last && !missing(segment.id(), from)) ++from;
    if (from == last) return last;
    job = make_job(segment, tail, from, last, from);
  }
  const std::size_t end = job->last;
  ++ahead_flights_;
  job->flight->then([this](const Landed&) { --ahead_flights_; });
  return submit(job).ok() ? end : first;
}

// A landing chunk reaches the cache before it leaves flights_: under mutex_ this cannot miss it.
bool Fetcher::missing(const Uuid& segment, std::size_t chunk) const {
  const ChunkKey key{segment, chunk};
  return !flights_.contains(key) && !deps_.cache.has(segment, chunk) && !shelved(key);
}

std::size_t Fetcher::run_end(const Tail& tail, std::size_t first, std::size_t last) const {
  const auto& chunks = tail.chunks;
  std::size_t end = first + 1;
  std::uint64_t bytes = chunks[first].stored_bytes;
  for (; end < last; ++end) {
    bytes += chunks[end].stored_bytes;
    if (bytes > deps_.options.fetch_bytes_max || chunks[end].stored_position != chunks[end - 1].stored_range().end) break;
  }
  return end;
}

// With mutex_ held.
Fetcher::JobPtr Fetcher::make_job(const ColdSegment& segment, const TailPtr& tail, std::size_t first, std::size_t last,
                                  std::size_t ahead_from) {
  auto job = std::make_shared<Job>(Job{segment, tail, first, first + 1, ahead_from});
  const std::size_t end = run_end(*tail, first, std::max(last, first + 1));
  while (job->last < end && missing(segment.id(), job->last)) ++job->last;
  for (std::size_t i = job->first; i < job->last; ++i) flights_.emplace(ChunkKey{segment.id(), i}, job);
  return job;
}

Result<> Fetcher::submit(const JobPtr& job) {
  // Lands the flight also when the pool drops the task.
  const std::shared_ptr<void> dropped(nullptr, [this, job](void*) {
    land(job, {{}, fail(Kind::kClosed, "cold reads are shutting down")});
  });
  if (deps_.pool.submit([this, job, dropped] { land(job, run(*job)); }).ok()) return done();
  const Error refused = fail(Kind::kUnavailable, "too many cold reads wait already");
  land(job, {{}, refused});
  return refused;
}

void Fetcher::land(const JobPtr& job, Landed landed) {
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = job->first; i < job->last; ++i) {
      const auto at = flights_.find({job->segment.id(), i});
      if (at != flights_.end() && at->second == job) flights_.erase(at);
    }
  }
  job->flight->land(std::move(landed));
}

Fetcher::Landed Fetcher::run(const Job& job) {
  Landed landed;
  const bool wanted = job.ahead_from > job.first;
  std::vector<std::optional<SparseCache::Reservation>> rooms;
  const auto raw_tail = tails_.take_raw(job.segment.id());
  for (std::size_t i = job.first; i < job.last; ++i) {
    auto room = deps_.cache.reserve(job.segment.id(), *job.tail, i, raw_tail);
    // Without room only what somebody waits for is worth its bytes, and only the first: the others would wait in memory.
    if (!room && (i > job.first || !wanted || deps_.cache.has(job.segment.id(), i))) break;
    rooms.push_back(std::move(room));
  }
  if (rooms.empty()) return landed;

  const auto& chunks = job.tail->chunks;
  const ByteRange range{chunks[job.first].stored_position, chunks[job.first + rooms.size() - 1].stored_range().end};
  const object::ObjectKey key = job.segment.key();
  const Deadline deadline = Deadline::in(deps_.clock, kDownloadTime);
  auto stored = deps_.store.get(key, range, deadline);
  if (!stored.ok()) {
    landed.error = std::move(stored).error().within(fmt::format("{} bytes {}..{}", key.name, range.begin, range.end));
    return landed;
  }
  deps_.counters.got(stored->size());
  for (std::size_t i = 0; i < rooms.size(); ++i) {
    const Chunk& chunk = chunks[job.first + i];
    const View bytes = View(*stored).subspan(chunk.stored_position - range.begin, chunk.stored_bytes);
    landed.chunks.push_back(keep(job, job.first + i, bytes, std::move(rooms[i])));
  }
  return landed;
}

Result<FileSlice> Fetcher::keep(const Job& job, std::size_t index, View stored, std::optional<SparseCache::Reservation> room) {
  const Chunk& chunk = job.tail->chunks[index];
  const bool ahead = index >= job.ahead_from;
  TRY(Bytes plain, open(job.segment.key(), *job.tail, index, stored, Deadline::in(deps_.clock, kDownloadTime)));
  if (ahead) deps_.counters.ahead.add(chunk.log_bytes);
  if (room) {
    auto kept = room->commit(plain, ahead);
    if (kept.ok()) {
      cache_ails_ = false;
      return kept;
    }
    // Once per trouble, not once per chunk.
    if (!cache_ails_.exchange(true)) log_warn("tier", "{}; serving cold reads from memory", kept.error().text);
  }
  deps_.counters.bypassed.add(chunk.log_bytes);
  return shelve({job.segment.id(), index}, chunk.log_position, std::move(plain));
}

Result<Bytes> Fetcher::open(const object::ObjectKey& key, const Tail& tail, std::size_t chunk, View stored, Deadline deadline) {
  auto plain = open_chunk(tail, chunk, stored);
  if (plain.ok() || plain.error().kind != Kind::kCorrupt) return plain;
  deps_.counters.corrupt.add();
  const ByteRange range = tail.chunks[chunk].stored_range();
  log_warn("tier", "{} bytes {}..{}: {}; fetching them again", key.name, range.begin, range.end, plain.error().text);
  TRY(const Bytes again, deps_.store.get(key, range, deadline).within(key.name));
  deps_.counters.got(again.size());
  return open_chunk(tail, chunk, again).within(fmt::format("{} bytes {}..{}", key.name, range.begin, range.end));
}

FileSlice Fetcher::shelve(const ChunkKey& key, std::uint64_t position, Bytes plain) {
  auto file = std::make_shared<const MemoryFile>(position, std::move(plain));
  const ByteRange range = file->range();
  const std::lock_guard lock(shelf_mutex_);
  shelf_.push_back({key, file});
  shelf_bytes_ += range.size();
  while (shelf_bytes_ > kShelfBytesMax && shelf_.size() > 1) {
    shelf_bytes_ -= shelf_.front().bytes->range().size();
    shelf_.pop_front();
  }
  return {std::move(file), range};
}

std::shared_ptr<const MemoryFile> Fetcher::shelved(const ChunkKey& key) const {
  const std::lock_guard lock(shelf_mutex_);
  const auto at = std::ranges::find(shelf_, key, &Shelved::key);
  return at == shelf_.end() ? nullptr : at->bytes;
}

void Fetcher::forget(const Uuid& segment) {
  const std::lock_guard lock(shelf_mutex_);
  std::erase_if(shelf_, [&](const Shelved& shelved) {
    if (shelved.key.segment != segment) return false;
    shelf_bytes_ -= shelved.bytes->range().size();
    return true;
  });
}

}  // namespace takhin::tier
