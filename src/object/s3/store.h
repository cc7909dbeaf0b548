#pragma once
// The six verbs as S3 requests.

#include <functional>

#include "base/worker_pool.h"
#include "object/archive_class.h"
#include "object/s3.h"
#include "object/s3/client.h"
#include "object/s3/xml.h"
#include "object/unfinished.h"

namespace takhin::object::s3 {

class S3Store final : public ArchiveClassStore, public UnfinishedUploads {
 public:
  S3Store(S3Options options, Address address, CredentialsProvider& credentials, Clock& clock, Random& random,
          std::unique_ptr<HttpTransport> transport, RequestMeter& meter);

  Result<ObjectInfo> put(const ObjectKey& key, View body, When when, Deadline deadline) override;
  Result<std::unique_ptr<Upload>> upload(const ObjectKey& key, When when, Deadline deadline) override;
  Result<Bytes> get(const ObjectKey& key, ByteRange range, Deadline deadline) override;
  Result<ObjectInfo> head(const ObjectKey& key, Deadline deadline) override;
  Result<Page> list(std::string_view prefix, std::string_view after, Deadline deadline) override;
  Result<std::vector<KeyError>> remove(std::span<const ObjectKey> keys, Deadline deadline) override;
  Result<std::size_t> abort_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override;
  Result<std::size_t> count_uploads(std::string_view prefix, TimestampMs older_than, Deadline deadline) override;
  Result<ThawState> thaw_state(const ObjectKey& key, Deadline deadline) override;
  Result<> thaw(const ObjectKey& key, const ThawState& state, const ThawOrder& order, Deadline deadline) override;

 private:
  Result<> for_each_upload(std::string_view prefix, TimestampMs older_than, Deadline deadline,
                           const std::function<Result<>(const PendingUpload&)>& each);
  Result<Page> list_once(std::string_view prefix, std::string_view after, Deadline deadline);
  Result<> remove_batch(std::span<const ObjectKey> keys, std::vector<KeyError>& failed, Deadline deadline);

  const S3Options options_;
  Clock& clock_;
  Random& random_;
  const std::unique_ptr<HttpTransport> transport_;
  Client client_;
  WorkerPool part_senders_;
};

/// The store's CRC32C of a whole object, if the header holds one: not the composite kind, which is a checksum of
/// checksums.
std::optional<std::uint32_t> whole_crc(std::string_view value, std::string_view type);

/// What a HEAD says of an archive class, in its three headers.
ThawState thaw_state_of(const HttpReply& reply);

/// What an upload borrows from its store.
struct UploadContext {
  ObjectStore& store;
  Client& client;
  WorkerPool& part_senders;
  const S3Options& options;
  Clock& clock;
  Random& random;
};
std::unique_ptr<Upload> make_upload(UploadContext context, ObjectKey key, When when, Deadline deadline);

}  // namespace takhin::object::s3
