// Whole frames: the header, then the body with the decoder of the API and version that the header names. What decodes must
// encode, and come back equal.

#include <cstdlib>

#include "protocol/api.h"
#include "protocol/table.h"

using namespace takhin;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto request = protocol::parse_request(std::as_bytes(std::span(data, size)));
  if (!request.ok() || !request->version_known()) return 0;
  const protocol::Table& table = *request->api->request;
  const auto message = table.make();
  if (!protocol::decode(table, message.get(), request->body, request->version).ok()) return 0;
  protocol::Encoded out;
  protocol::encode(table, message.get(), request->version, out);
  const auto bytes = protocol::flatten(out);
  if (!bytes.ok() || bytes->size() != protocol::encoded_size(table, message.get(), request->version)) std::abort();
  const auto again = table.make();
  if (!protocol::decode(table, again.get(), *bytes, request->version).ok()) std::abort();
  if (!protocol::equal(table, message.get(), again.get())) std::abort();
  if (protocol::dump(table, message.get(), request->version).empty()) std::abort();
  return 0;
}
