#include "object/probe.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/uuid.h"

namespace takhin::object {
namespace {

using namespace std::chrono_literals;

constexpr int kLatencyTries = 5;
constexpr std::size_t kSmallBytes = 1'000;

class Probe {
 public:
  Probe(ObjectStore& store, std::string prefix, Clock& clock, Random& random)
      : store_(store), prefix_(std::move(prefix)), clock_(clock), random_(random) {}

  Result<std::vector<Finding>> run() {
    TRY(store_.put(key("first"), view_of("x"), When::kAlways, soon()).within("the first put"));
    single_objects();
    conditions();
    latencies();
    uploads();
    unfinished_uploads();
    lists();
    removes();
    clean_up();
    return std::move(findings_);
  }

 private:
  ObjectKey key(std::string_view name) const { return {prefix_ + std::string(name)}; }
  Deadline soon() const { return Deadline::in(clock_, kProbeRequestMax); }
  Bytes bytes(std::size_t size) {
    Bytes out(size);
    random_.fill(out);
    return out;
  }

  void found(std::string capability, bool needed, std::string meaning, const Result<bool>& answer) {
    findings_.push_back({std::move(capability), answer.ok() && *answer ? "yes" : "no", needed, std::move(meaning),
                         answer.ok() ? "" : answer.error().text});
  }
  void measured(std::string capability, std::string value, std::string meaning) {
    findings_.push_back({std::move(capability), std::move(value), false, std::move(meaning), ""});
  }

  Result<bool> holds(const ObjectKey& at, View expected) {
    TRY(const Bytes got, store_.get(at, {0, expected.size()}, soon()));
    return std::ranges::equal(got, expected);
  }
  /// True when `result` failed as it had to.
  template <class T>
  static Result<bool> refused(const Result<T>& result, Kind kind) {
    if (result.ok()) return false;
    if (result.error().kind == kind) return true;
    return result.error();
  }

  void single_objects();
  Result<bool> overwrites();
  Result<bool> ranges();
  void checksum_of_a_put();
  void conditions();
  void latencies();
  Result<ObjectInfo> send_upload(const ObjectKey& at, View data, When when);
  void uploads();
  void unfinished_uploads();
  Result<std::vector<std::string>> listed(const std::string& below, const std::string& after, std::size_t* pages);
  void lists();
  void removes();
  void clean_up();

  ObjectStore& store_;
  const std::string prefix_;
  Clock& clock_;
  Random& random_;
  std::vector<Finding> findings_;
};

Result<bool> Probe::overwrites() {
  for (const char* text : {"first version", "second version, longer", "third"}) {
    TRY(store_.put(key("replaced"), view_of(text), When::kAlways, soon()));
    TRY(const ObjectInfo info, store_.head(key("replaced"), soon()));
    if (info.size != std::string_view(text).size()) return false;
    TRY(const bool same, holds(key("replaced"), view_of(text)));
    if (!same) return false;
  }
  return true;
}

Result<bool> Probe::ranges() {
  const Bytes data = bytes(kSmallBytes);
  TRY(store_.put(key("ranges"), data, When::kAlways, soon()));
  for (const ByteRange range : {ByteRange{0, 1}, {10, 500}, {kSmallBytes - 1, kSmallBytes}, {0, kSmallBytes}}) {
    TRY(const Bytes got, store_.get(key("ranges"), range, soon()));
    if (!std::ranges::equal(got, View(data).subspan(range.begin, range.size()))) return false;
  }
  return refused(store_.get(key("ranges"), {0, kSmallBytes + 1}, soon()), Kind::kOutOfRange);
}

void Probe::checksum_of_a_put() {
  const Bytes data = bytes(kSmallBytes);
  const auto put = store_.put(key("checksum"), data, When::kAlways, soon());
  Result<bool> answer = false;
  if (!put.ok()) {
    answer = put.error();
  } else if (const auto head = store_.head(key("checksum"), soon()); !head.ok()) {
    answer = head.error();
  } else {
    answer = put->crc32c == crc32c(data) && head->crc32c == crc32c(data);
  }
  found("crc32c of a put", false, "the store says what arrived; without it takhin compares sizes and reads the end back", answer);
}

void Probe::single_objects() {
  found("put, get, head", true, "objects are stored and read back", holds(key("first"), view_of("x")));
  found("absent objects", true, "a missing object is told from a failing store",
        refused(store_.head(key("absent"), soon()), Kind::kNotFound));
  found("overwrite", true, "a replaced object is seen at once, whole", overwrites());
  found("ranged get", true, "a chunk is read without its segment; a range past the end is refused", ranges());
  const std::string odd = "odd/a b+c%20d&e='f'/\xc3\xa9";
  auto kept = store_.put(key(odd), view_of("x"), When::kAlways, soon());
  found("any key", false, "keys with blanks, signs and letters of all alphabets; takhin's own are plainer",
        kept.ok() ? holds(key(odd), view_of("x")) : Result<bool>(kept.error()));
  checksum_of_a_put();
}

void Probe::conditions() {
  const auto first = store_.put(key("once"), view_of("first"), When::kAbsent, soon());
  Result<bool> answer = false;
  if (!first.ok()) {
    answer = first.error();
  } else {
    answer = refused(store_.put(key("once"), view_of("second"), When::kAbsent, soon()), Kind::kConflict);
  }
  found("conditional put", false, "If-None-Match: two writers of one key cannot both win", answer);
}

void Probe::latencies() {
  const Bytes data = bytes(kSmallBytes);
  std::vector<std::chrono::nanoseconds> puts, gets;
  std::int64_t clock_off_ms = 0;
  for (int i = 0; i < kLatencyTries; ++i) {
    const Steady begun = clock_.steady();
    const auto put = store_.put(key("latency"), data, When::kAlways, soon());
    const Steady between = clock_.steady();
    const auto got = store_.get(key("latency"), {0, kSmallBytes}, soon());
    if (!put.ok() || !got.ok()) return;  // the rows above say why
    puts.push_back(between - begun);
    gets.push_back(clock_.steady() - between);
    clock_off_ms = put->modified.raw - clock_.wall().raw;
  }
  const auto median = [](std::vector<std::chrono::nanoseconds>& times) {
    std::ranges::nth_element(times, times.begin() + kLatencyTries / 2);
    return fmt::format("{:.1f} ms", std::chrono::duration<double, std::milli>(times[kLatencyTries / 2]).count());
  };
  measured("put of 1,000 bytes", median(puts), "median of five");
  measured("get of 1,000 bytes", median(gets), "median of five; each cold read pays it at least once");
  measured("clock", fmt::format("{:+} s", clock_off_ms / 1000), "the store's, against this machine's");
}

Result<ObjectInfo> Probe::send_upload(const ObjectKey& at, View data, When when) {
  TRY(auto upload, store_.upload(at, when, soon()));
  TRY(upload->write(data));
  return upload->finish();
}

void Probe::uploads() {
  const Bytes data = bytes(kProbePartBytes + 1);
  const auto sent = send_upload(key("upload"), data, When::kAlways);
  found("multipart upload", true, "segments larger than a part, with little memory",
        sent.ok() ? holds(key("upload"), data) : Result<bool>(sent.error()));
  Result<bool> checksum = false;
  if (sent.ok()) {
    const auto head = store_.head(key("upload"), soon());
    checksum = head.ok() ? Result<bool>(head->crc32c == crc32c(data)) : Result<bool>(head.error());
  }
  found("crc32c of an upload", false, "of the whole object, not of its parts' checksums; without it the same",
        checksum);
  found("conditional upload", false, "If-None-Match when an upload completes",
        sent.ok() ? refused(send_upload(key("upload"), data, When::kAbsent), Kind::kConflict) : Result<bool>(false));

  Result<bool> gone = false;
  auto abandoned = store_.upload(key("abandoned"), When::kAlways, soon());
  if (abandoned.ok()) {
    const auto wrote = (*abandoned)->write(data);
    abandoned->reset();
    gone = wrote.ok() ? refused(store_.head(key("abandoned"), soon()), Kind::kNotFound) : Result<bool>(wrote.error());
  } else {
    gone = abandoned.error();
  }
  found("abort of an upload", true, "an upload that is given up leaves nothing to see", gone);
}

/// What gc relies on to find the uploads of a process that was killed.
void Probe::unfinished_uploads() {
  const Bytes data = bytes(kProbePartBytes + 1);
  auto upload = store_.upload(key("unfinished"), When::kAlways, soon());
  if (!upload.ok() || !(*upload)->write(data).ok()) return;  // "multipart upload" says why
  const TimestampMs now = clock_.wall();
  const auto old = store_.abort_uploads(prefix_, TimestampMs{now.raw - 86'400'000}, soon());
  const auto all = store_.abort_uploads(prefix_, TimestampMs{now.raw + 86'400'000}, soon());
  const bool finds = (old.ok() && *old > 0) || (all.ok() && *all > 0);
  found("unfinished uploads", false,
        "are listed by prefix, so gc finds those of a killed process; else the bucket must expire them",
        all.ok() ? Result<bool>(finds) : Result<bool>(all.error()));
  if (finds) {
    found("their age", false, "is known, so gc spares uploads under way; else they may be aborted, and are repeated",
          old.ok() ? Result<bool>(*old == 0) : Result<bool>(old.error()));
  }
}

Result<std::vector<std::string>> Probe::listed(const std::string& below, const std::string& after, std::size_t* pages) {
  std::vector<std::string> names;
  const std::string prefix = prefix_ + below;
  std::string from = after.empty() ? "" : prefix + after;
  for (*pages = 0;;) {
    TRY(const Page page, store_.list(prefix, from, soon()));
    ++*pages;
    for (const ObjectInfo& info : page.objects) names.push_back(info.key.name.substr(prefix.size()));
    if (!page.more) return names;
    if (page.objects.empty() || page.objects.back().key.name <= from) return fail(Kind::kCorrupt, "a page goes nowhere");
    from = page.objects.back().key.name;
  }
}

void Probe::lists() {
  // In the order of their bytes, which is neither a dictionary's nor a directory tree's.
  const std::vector<std::string> names = {"A", "a-b", "a.b", "a/b", "a0", "b", "\xc3\xa9"};
  Result<bool> stored = true;
  for (const std::string& name : names) {
    if (const auto put = store_.put(key("list/" + name), view_of("x"), When::kAlways, soon()); !put.ok()) stored = put.error();
  }
  std::size_t pages = 0;
  const auto all = stored.ok() ? listed("list/", "", &pages) : Result<std::vector<std::string>>(stored.error());
  found("list in key order", true, "a partition's index is a listing in offset order; new objects are in it at once",
        all.ok() ? Result<bool>(*all == names) : Result<bool>(all.error()));
  const std::size_t expected = (names.size() + kProbePageKeys - 1) / kProbePageKeys;
  measured("list paging", all.ok() ? fmt::format("{} page{}", pages, pages == 1 ? "" : "s") : "no",
           fmt::format("of {} keys; a store that keeps to the size asked for takes {}", names.size(), expected));
  const auto rest = stored.ok() ? listed("list/", "a.b", &pages) : Result<std::vector<std::string>>(stored.error());
  found("list start-after", true, "what is new is found without listing the old",
        rest.ok() ? Result<bool>(*rest == std::vector<std::string>(names.begin() + 3, names.end()))
                  : Result<bool>(rest.error()));
}

void Probe::removes() {
  const std::vector<ObjectKey> keys = {key("list/A"), key("list/a/b"), key("never-there"), key("list/b")};
  const auto failed = store_.remove(keys, soon());
  Result<bool> answer = false;
  std::size_t pages = 0;
  if (!failed.ok()) {
    answer = failed.error();
  } else if (!failed->empty()) {
    answer = failed->front().error;
  } else {
    const auto left = listed("list/", "", &pages);
    const std::vector<std::string> expected = {"a-b", "a.b", "a0", "\xc3\xa9"};
    answer = left.ok() ? Result<bool>(*left == expected) : Result<bool>(left.error());
  }
  found("multi-delete", true, "a thousand objects go with one request, absent ones too, and are gone from lists at once", answer);
}

void Probe::clean_up() {
  const auto swept = store_.abort_uploads(prefix_, TimestampMs{clock_.wall().raw + 86'400'000}, soon());
  std::vector<ObjectKey> keys;
  auto all = for_each(store_, prefix_, "", soon(), [&](const ObjectInfo& info) {
    keys.push_back(info.key);
    return done();
  });
  Result<bool> answer = true;
  if (!all.ok()) {
    answer = all.error();
  } else if (const auto failed = store_.remove(keys, soon()); !failed.ok()) {
    answer = failed.error();
  } else if (!failed->empty()) {
    answer = failed->front().error;
  } else if (!swept.ok()) {
    answer = swept.error();
  }
  found("cleaned up", false, "nothing of this check is left under " + prefix_, answer);
}

}  // namespace

Result<std::vector<Finding>> probe(ObjectStore& store, const std::string& prefix, Clock& clock, Random& random) {
  return Probe(store, prefix + "check-" + Uuid::make(random).text() + "/", clock, random).run();
}

}  // namespace takhin::object
