#pragma once
// The object store: six verbs, the same for memory, a local directory and S3. Retry, metering, throttling and prefixes
// are wrappers of this same interface, stacked in assembly/. Blocking, under a Deadline, on any thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/types.h"

namespace takhin::object {

inline constexpr std::size_t kKeyBytesMax = 1024;     // S3
inline constexpr std::size_t kKeyPartBytesMax = 255;  // NAME_MAX of Linux file systems
inline constexpr std::size_t kListPageMax = 1000;     // S3: keys of one LIST reply
inline constexpr std::size_t kRemoveBatchMax = 1000;  // S3: keys of one DeleteObjects request

/// UTF-8 without control characters, 1 to 1,024 bytes, no leading '/', no empty, "." or ".." part, no part over 255
/// bytes (so that a directory can hold it and a listing in XML can name it).
struct ObjectKey {
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
};
/// kInvalid names the rule that `key` breaks.
Result<> check(const ObjectKey& key);

struct ObjectInfo {
  ObjectKey key;
  std::uint64_t size = 0;
  std::string etag;                     // opaque, quotes removed
  std::optional<std::uint32_t> crc32c;  // of the whole object, when the store reports it
  TimestampMs modified{};
};

enum class When {
  kAlways,  // replaces what is there
  kAbsent,  // kConflict when the key exists (If-None-Match: *)
};

struct Page {
  std::vector<ObjectInfo> objects;  // ascending by key (UTF-8 bytes)
  bool more = false;                // pass the last key as `after` to go on
};

/// One key of remove() that could not be removed.
struct KeyError {
  ObjectKey key;
  Error error;
};

/// An object that arrives in parts. One thread calls it. Destroyed unfinished = aborted: nothing becomes visible.
class Upload {
 public:
  virtual ~Upload() = default;
  /// Takes the next bytes, copies what it must keep; any size, the adapter cuts them into its parts and sends several
  /// at once. A failure of a part sent in the background is answered by a later call. After a write() that failed the
  /// upload is lost: every later call answers a failure, and the caller begins a new one.
  virtual Result<> write(View data) = 0;
  /// Makes the object visible, whole. Retry-safe: finishing again after a lost reply is success. kConflict: `when` was
  /// not met.
  virtual Result<ObjectInfo> finish() = 0;
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// Stores `body` whole or not at all. Any thread. Borrows `body` for the call. kConflict: `when` was not met.
  /// Retry-safe with kAlways; with kAbsent a retry after a lost reply can meet its own write as kConflict: head() and
  /// compare. Cost: 1 PUT.
  virtual Result<ObjectInfo> put(const ObjectKey& key, View body, When when, Deadline deadline) = 0;

  /// Begins an object of unknown size. Cost: one PUT when it stays below a part, else 2 + 1 per part.
  virtual Result<std::unique_ptr<Upload>> upload(const ObjectKey& key, When when, Deadline deadline) = 0;

  /// Exactly range.size() bytes, or an error: kNotFound, kOutOfRange past the end; never short. Cost: 1 GET.
  virtual Result<Bytes> get(const ObjectKey& key, ByteRange range, Deadline deadline) = 0;

  /// kNotFound when absent. Cost: 1 HEAD (priced as a GET).
  virtual Result<ObjectInfo> head(const ObjectKey& key, Deadline deadline) = 0;

  /// Keys that begin with `prefix` and sort after `after`, in key order, one page (at most 1,000).
  /// Cost: 1 LIST (priced as a PUT).
  virtual Result<Page> list(std::string_view prefix, std::string_view after, Deadline deadline) = 0;

  /// An absent key is success. Any number of keys, sent in batches of 1,000. Answers the keys that failed, empty when
  /// all went; an Error only when nothing can be said. Retry-safe. Cost: free on S3 (1 request per 1,000 keys).
  virtual Result<std::vector<KeyError>> remove(std::span<const ObjectKey> keys, Deadline deadline) = 0;

  /// Aborts multipart uploads under `prefix` that began before `older_than`; how many. 0 where there is no such thing.
  virtual Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) = 0;
};

/// Every object under `prefix`, page by page; stops at the first error or when `each` answers one.
Result<> for_each(ObjectStore& store, std::string_view prefix, std::string_view after, Deadline deadline,
                  const std::function<Result<>(const ObjectInfo&)>& each);

}  // namespace takhin::object
