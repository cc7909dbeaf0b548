#include "tier/restorer.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/log.h"

namespace takhin::tier {

// One restore. The tasks in the pool own it together; when the last of them goes, finished or dropped, the flight has landed.
struct Restorer::Job {
  Job(Restorer& r, ColdSegment s, TailStore::TailPtr t, std::string d)
      : owner(r), segment(std::move(s)), tail(std::move(t)), dir(std::move(d)) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  ~Job() { owner.land(*this, fail(Kind::kClosed, "restore stopped: shutting down")); }

  std::string path(std::string_view suffix) const { return segment_file(dir, segment.entry.segment.base, suffix); }

  Restorer& owner;
  const ColdSegment segment;
  const TailStore::TailPtr tail;
  const std::string dir;
  const std::shared_ptr<Flight<Result<>>> flight = std::make_shared<Flight<Result<>>>();
  std::shared_ptr<File> file;

  std::mutex mutex;                   // of what follows, and one writer at a time
  std::size_t next = 0;               // first chunk that nobody took
  std::size_t working = 0;
  std::optional<Error> error;
  bool landed = false;
};

Result<> Restorer::restore(const ColdSegment& segment, const std::string& dir, Deadline deadline) {
  const SegmentEntry& entry = segment.entry.segment;
  if (local_.add(segment.partition, entry, dir).ok()) return done();  // whole: a .log is only ever named so when it is
  const Key key{segment.id(), dir};
  std::shared_ptr<Flight<Result<>>> flight;
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = flights_.find(key); at != flights_.end()) flight = at->second;
  }
  if (!flight) {
    TRY(const auto tail, tails_.get(segment, deadline));
    TRY(flight, start(segment, tail, dir));
  }
  const Result<>* const landed = flight->wait(deps_.clock, deadline);
  if (landed == nullptr) return fail(Kind::kUnavailable, "{}: the restore goes on", segment.key().name);
  return *landed;
}

Result<std::shared_ptr<Flight<Result<>>>> Restorer::start(const ColdSegment& segment, const TailStore::TailPtr& tail,
                                                           const std::string& dir) {
  auto job = std::make_shared<Job>(*this, segment, tail, dir);
  {
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = flights_.emplace(Key{segment.id(), dir}, job->flight);
    if (!fresh) return at->second;
  }
  auto prepared = [&]() -> Result<> {
    TRY(deps_.files.make_dirs(dir));
    const std::string part = job->path(kPartSuffix);
    TRY(deps_.files.remove(part));
    TRY(job->file, deps_.files.open(part, OpenMode::kCreateNew));
    return done();
  }();
  if (!prepared.ok()) {
    land(*job, prepared);
    return std::move(prepared).error().within("restore");
  }
  // All are counted before the first may run: were they counted one by one, an early end of the first would publish, and the
  // second would publish over it.
  const std::size_t threads = std::max<std::size_t>(1, deps_.options.fetch_threads / kThreadsShare);
  job->working = threads;
  for (std::size_t i = 0; i < threads; ++i) {
    if (deps_.pool.submit([this, job] { work(job); }).ok()) continue;
    if (i == 0) give_up(*job, fail(Kind::kUnavailable, "too many cold reads wait already"));
    for (; i < threads; ++i) leave(*job);  // with fewer threads it takes longer
  }
  return job->flight;
}

// One run, then to the back of the queue: a restore must not keep readers waiting.
void Restorer::work(const std::shared_ptr<Job>& job) {
  for (;;) {
    std::size_t first = 0;
    std::size_t end = 0;
    {
      const std::lock_guard lock(job->mutex);
      first = job->next;
      if (!job->error && first < job->tail->chunks.size()) {
        end = job->next = fetcher_.run_end(*job->tail, first, job->tail->chunks.size());
      }
    }
    if (end == 0) return leave(*job);
    while (first < end) {
      std::size_t copied_to = end;
      if (auto copied = copy_run(*job, first, copied_to); !copied.ok()) {
        give_up(*job, std::move(copied).error());
        break;
      }
      first = copied_to;
    }
    auto submitted = deps_.pool.submit([this, job] { work(job); });
    if (submitted.ok()) return;
    if (submitted.error().kind == Kind::kClosed) give_up(*job, std::move(submitted).error());
  }
}

void Restorer::give_up(Job& job, Error why) {
  const std::lock_guard lock(job.mutex);
  if (!job.error) job.error = std::move(why);
}

// The last one out makes it visible.
void Restorer::leave(Job& job) {
  std::optional<Error> error;
  {
    const std::lock_guard lock(job.mutex);
    if (--job.working > 0) return;
    error = job.error;
  }
  land(job, error ? Result<>(*error) : publish(job));
}

// Copies [first, end), or a first part of it: `end` says how far.
Result<> Restorer::copy_run(Job& job, std::size_t first, std::size_t& end) {
  TRY(const bool cached, copy_cached(job, first, end));
  if (cached) return done();
  const auto& chunks = job.tail->chunks;
  std::size_t last = first + 1;
  while (last < end && !deps_.cache.has(job.segment.id(), last)) ++last;
  end = last;
  const object::ObjectKey key = job.segment.key();
  const ByteRange range{chunks[first].stored_position, chunks[end - 1].stored_range().end};
  const Deadline deadline = Deadline::in(deps_.clock, kDownloadTime);
  TRY(const Bytes stored, deps_.store.get(key, range, deadline).within(key.name));
  deps_.counters.got(stored.size());
  for (std::size_t i = first; i < end; ++i) {
    const View bytes = View(stored).subspan(chunks[i].stored_position - range.begin, chunks[i].stored_bytes);
    TRY(const Bytes plain, fetcher_.open(key, *job.tail, i, bytes, deadline));
    const std::lock_guard lock(job.mutex);
    TRY(job.file->write_at(chunks[i].log_position, plain).within(job.path(kPartSuffix)));
  }
  return done();
}

// False when chunk `first` is not in the cache, or not what it should be.
Result<bool> Restorer::copy_cached(Job& job, std::size_t first, std::size_t& end) {
  const auto slice = fetcher_.at_hand(job.segment.id(), first, first + 1);
  if (!slice) return false;
  const Chunk& chunk = job.tail->chunks[first];
  const auto plain = read_exactly(*slice->file, chunk.log_range());
  if (!plain.ok() || crc32c(*plain) != chunk.plain_crc) return false;
  const std::lock_guard lock(job.mutex);
  TRY(job.file->write_at(chunk.log_position, *plain).within(job.path(kPartSuffix)));
  end = first + 1;
  return true;
}

Result<> Restorer::publish(Job& job) {
  const SegmentEntry& entry = job.segment.entry.segment;
  TRY(const std::uint64_t size, job.file->size());
  if (size != entry.log_bytes) return fail(Kind::kCorrupt, "restored {} of {} log bytes", size, entry.log_bytes);
  TRY(job.file->sync());
  TRY(write_atomically(deps_.files, job.path(".index"), job.tail->section(SectionKind::kOffsetIndex)));
  TRY(write_atomically(deps_.files, job.path(".timeindex"), job.tail->section(SectionKind::kTimeIndex)));
  const View aborted = job.tail->section(SectionKind::kTxnIndex);
  if (!aborted.empty()) TRY(write_atomically(deps_.files, job.path(".txnindex"), aborted));
  // Kafka names a producer snapshot by the offset it is valid at: the segment's end.
  const View snapshot = job.tail->section(SectionKind::kProducerSnapshot);
  const std::string snapshot_path = segment_file(job.dir, entry.end, ".snapshot");
  if (!snapshot.empty() && !deps_.files.stat(snapshot_path).ok()) TRY(write_atomically(deps_.files, snapshot_path, snapshot));
  TRY(deps_.files.rename(job.path(kPartSuffix), job.path(".log")));
  TRY(deps_.files.sync_dir(job.dir));
  return local_.add(job.segment.partition, entry, job.dir);
}

void Restorer::land(Job& job, Result<> outcome) {
  {
    const std::lock_guard lock(job.mutex);
    if (std::exchange(job.landed, true)) return;
  }
  if (!outcome.ok() && job.file) {
    if (auto removed = deps_.files.remove(job.path(kPartSuffix)); !removed.ok()) log_warn("tier", "{}", removed.error().text);
    outcome = std::move(outcome).within("restore " + job.segment.key().name);
  }
  {
    const std::lock_guard lock(mutex_);
    const auto at = flights_.find({job.segment.id(), job.dir});
    if (at != flights_.end() && at->second == job.flight) flights_.erase(at);
  }
  job.flight->land(std::move(outcome));
}

}  // namespace takhin::tier
