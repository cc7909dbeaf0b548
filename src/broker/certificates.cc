#include "broker/certificates.h"

#include <algorithm>

#include "base/log.h"

namespace takhin::broker {

Result<Certificates> Certificates::open(FileSystem& files, const TlsSettings& settings,
                                        const std::vector<ListenerSpec>& listeners, metrics::Gauge not_after) {
  Certificates out;
  out.not_after_ = not_after;
  for (const ListenerSpec& listener : listeners) {
    auto& contexts = out.contexts_.emplace_back();
    if (!uses_tls(listener.protocol)) continue;
    net::TlsOptions options = settings.tls;
    options.client_auth = listener.client_auth;
    TRY(contexts, net::TlsContexts::open(files, std::move(options)).within(fmt::format("TLS of listener {}", listener.name)));
    not_after.set(static_cast<double>(contexts->not_after()));
  }
  return out;
}

bool Certificates::any() const {
  return std::ranges::any_of(contexts_, [](const auto& one) { return one != nullptr; });
}

void Certificates::look() {
  bool told = false;  // the files are the same for all
  for (const auto& contexts : contexts_) {
    if (contexts == nullptr) continue;
    const auto changed = contexts->reload();
    if (changed.ok() && !*changed) continue;
    if (changed.ok()) not_after_.set(static_cast<double>(contexts->not_after()));
    if (std::exchange(told, true)) continue;
    if (changed.ok()) log_info("broker", "TLS: new certificates are in use for new connections");
    else log_error("broker", "TLS: the new certificates are not used, the old ones stay: {}", changed.error().text);
  }
}

}  // namespace takhin::broker
