#pragma once
// The object store that speaks S3: AWS, MinIO, versitygw and the like.

#include "object/archive_class.h"
#include "object/credentials.h"
#include "object/metered.h"
#include "object/options.h"
#include "object/store.h"

namespace takhin::object {

/// A store over `options.bucket`. Makes no request. kInvalid when the bucket or endpoint cannot be addressed. The
/// borrowed arguments must outlive the store; its uploads must not.
///
/// Addressing: virtual-host style on AWS (path style when the bucket's name has dots, which no wildcard certificate
/// covers), path style with an endpoint. Keys are used as they are: options.prefix is PrefixedStore's business.
///
/// Calls are single attempts (RetryingStore repeats them), except inside an upload, which retries its requests by
/// options.retry. Every request is recorded in `meter`. Bodies carry their CRC32C, computed before the first attempt;
/// checksums that the store reports are compared. ObjectInfo::crc32c is set only when the store reports one of the
/// whole object: one PUT, or a multipart upload of type FULL_OBJECT. list() reports none. modified of put() and
/// finish() is the store's Date.
///
/// A store that answers SlowDown gets fewer requests for a while (reads and writes each for themselves); a call whose turn
/// would come after its deadline is kThrottled.
///
/// `metrics` (may be null) shows the limit.
///
/// Memory: an upload holds at most options.upload_concurrency + 1 parts; get() its range.
/// abort_uploads() sees what the store lists: MinIO lists unfinished uploads by whole keys only, so a prefix finds none
/// there (it drops them by itself after a day).
/// get() of an object in an archive class is kFrozen; ThawingStore asks for it.
/// Cost of get() of an empty range: 1 HEAD, for HTTP has no empty range.
Result<std::unique_ptr<ArchiveClassStore>> open_s3(S3Options options, CredentialsProvider& credentials, Clock& clock,
                                             Random& random, RequestMeter& meter,
                                                    metrics::Metrics* metrics = nullptr);

}  // namespace takhin::object
