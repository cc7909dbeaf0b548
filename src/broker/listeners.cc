#include "broker/listeners.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/text.h"
#include "broker/security/oauth.h"
#include "broker/security/session.h"

namespace takhin::broker {
namespace {

using config::Option;
using config::Settings;

const Option kListeners{.key = "kafka.listeners", .fallback = std::string(""),
                        .doc = "Several listeners instead of the one of kafka.host and kafka.port: name://host:port, with "
                               "commas. "
                               "An empty host is every address, port 0 a free one."};
const Option kAdvertised{.key = "kafka.advertised.listeners", .fallback = std::string(""),
                         .doc = "What clients are told to connect to, by the listener on which they came: name://host:port, with "
                                "commas. Listeners that are not named advertise what they listen on."};
const Option kProtocols{.key = "kafka.listener.security.protocol.map", .fallback = std::string(""),
                        .doc = "name:protocol with commas, for listeners whose name is not itself PLAINTEXT, SSL, "
                               "SASL_PLAINTEXT or "
                               "SASL_SSL."};
const Option kMechanisms{.key = "kafka.listener.sasl.enabled.mechanisms.map", .fallback = std::string(""),
                         .doc = "name:MECHANISM|MECHANISM with commas, for listeners that offer other mechanisms than "
                                "kafka.sasl.enabled.mechanisms."};
const Option kConnections{.key = "kafka.listener.max.connections.map", .fallback = std::string(""),
                          .doc = "name:number with commas: connections that are open on one listener at most, within "
                                 "kafka.connections.max."};
constexpr std::array kRows{&kListeners, &kAdvertised, &kProtocols, &kMechanisms, &kConnections};

struct Address {
  std::string name;
  std::string host;
  std::uint16_t port = 0;
};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

std::optional<Address> address_of(std::string_view text) {
  const auto mark = text.find("://");
  if (mark == std::string_view::npos || !is_name(text.substr(0, mark))) return std::nullopt;
  Address out{.name = upper(text.substr(0, mark)), .host = {}, .port = 0};
  text.remove_prefix(mark + 3);
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = number_of<std::uint16_t>(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!port || (!bracketed && host.find(':') != std::string_view::npos)) return std::nullopt;
  out.host = host;
  out.port = *port;
  return out;
}

Result<std::vector<Address>> addresses_of(const Settings& settings, const Option& option) {
  std::vector<Address> out;
  for (const auto member : members_of(settings.text(option))) {
    auto address = address_of(member);
    if (!address) return config::broken_rule(settings, option, "must be name://host:port, with commas between them");
    for (const Address& other : out) {
      if (other.name == address->name) return config::broken_rule(settings, option, "names a listener twice");
    }
    out.push_back(*std::move(address));
  }
  if (out.size() > kListenersMax) return config::broken_rule(settings, option, fmt::format("at most {} listeners",
      kListenersMax));
  return out;
}

std::optional<SecurityProtocol> protocol_of(std::string_view name) {
  for (const auto protocol :
       {SecurityProtocol::kPlaintext, SecurityProtocol::kSsl, SecurityProtocol::kSaslPlaintext, SecurityProtocol::kSaslSsl}) {
    if (name == name_of(protocol)) return protocol;
  }
  return std::nullopt;
}

bool is_everywhere(std::string_view host) { return host == "0.0.0.0" || host == "::"; }

std::string host_and_port(std::string_view host, std::int64_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

ListenerSpec* find(std::vector<ListenerSpec>& listeners, const std::string& name) {
  const auto at = std::ranges::find(listeners, name, &ListenerSpec::name);
  return at == listeners.end() ? nullptr : &*at;
}

Result<> set_protocols(const Settings& settings, std::vector<ListenerSpec>& listeners) {
  TRY(const auto protocols, listener_map(settings, kProtocols));
  for (const auto& [name, value] : protocols) {
    if (!protocol_of(upper(value))) {
      return config::broken_rule(settings, kProtocols, "protocols are PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL");
    }
  }
  for (ListenerSpec& listener : listeners) {
    const auto row = protocols.find(listener.name);
    const auto protocol = protocol_of(row == protocols.end() ? listener.name : upper(row->second));
    if (!protocol) {
      return config::broken_rule(settings, kListeners,
                                 fmt::format("{} has no row in kafka.listener.security.protocol.map", listener.name));
    }
    listener.protocol = *protocol;
  }
  return done();
}

Result<> set_advertised(const Settings& settings, std::vector<ListenerSpec>& listeners) {
  TRY(const auto addresses, addresses_of(settings, kAdvertised));
  for (const Address& address : addresses) {
    ListenerSpec* listener = find(listeners, address.name);
    if (listener == nullptr) {
      return config::broken_rule(settings, kAdvertised, fmt::format("{} is not one of kafka.listeners", address.name));
    }
    if (address.host.empty() || is_everywhere(address.host)) {
      return config::broken_rule(settings, kAdvertised, "clients cannot connect to every address");
    }
    listener->advertised_host = address.host;
    listener->advertised_port = address.port;
  }
  for (const ListenerSpec& listener : listeners) {
    if (listener.advertised_host.empty() && is_everywhere(listener.host)) {
      return config::broken_rule(settings, kAdvertised,
                                 fmt::format("must name {}, which listens on every address", listener.name));
    }
  }
  return done();
}

Result<> set_mechanisms(const Settings& settings, std::vector<ListenerSpec>& listeners, const std::vector<std::string>& all) {
  for (ListenerSpec& listener : listeners) {
    if (uses_sasl(listener.protocol)) listener.mechanisms = all;
  }
  TRY(const auto rows, listener_map(settings, kMechanisms));
  for (const auto& [name, value] : rows) {
    ListenerSpec* listener = find(listeners, name);
    if (listener == nullptr || !uses_sasl(listener->protocol)) {
      return config::broken_rule(settings, kMechanisms, fmt::format("{} is not a SASL listener of kafka.listeners", name));
    }
    listener->mechanisms.clear();
    for (std::string_view left = value; !left.empty();) {
      const auto bar = left.find('|');
      const auto mechanism = trimmed(left.substr(0, bar));
      if (!is_known_mechanism(mechanism)) return config::broken_rule(settings, kMechanisms, "names an unknown mechanism");
      listener->mechanisms.emplace_back(mechanism);
      left = bar == std::string_view::npos ? std::string_view{} : left.substr(bar + 1);
    }
  }
  for (const ListenerSpec& listener : listeners) {
    if (uses_sasl(listener.protocol) && listener.mechanisms.empty()) {
      return config::broken_rule(settings, kListeners,
                                 fmt::format("{} needs kafka.sasl.enabled.mechanisms", name_of(listener.protocol)));
    }
  }
  // Somebody who names mechanisms believes that clients have to authenticate.
  if (!all.empty() && std::ranges::none_of(listeners, [](const auto& one) { return uses_sasl(one.protocol); })) {
    return config::broken_rule(settings, kListeners, "kafka.sasl.enabled.mechanisms is set, but no listener is a SASL one");
  }
  return done();
}

Result<> set_limits(const Settings& settings, std::vector<ListenerSpec>& listeners) {
  TRY(const auto rows, listener_map(settings, kConnections));
  for (const auto& [name, value] : rows) {
    ListenerSpec* listener = find(listeners, name);
    const auto limit = number_of<std::uint32_t>(value);
    if (listener == nullptr || !limit || *limit == 0) {
      return config::broken_rule(settings, kConnections, fmt::format("{}: not a listener, or not a number above 0", name));
    }
    listener->connections_max = *limit;
  }
  return done();
}

}  // namespace

std::string_view name_of(SecurityProtocol protocol) {
  constexpr std::string_view kNames[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};
  return kNames[static_cast<std::size_t>(protocol)];
}

std::string listened_on(const ListenerSpec& listener) {
  return fmt::format("{}://{}", listener.name, host_and_port(listener.host, listener.port));
}

std::string advertised(const ListenerSpec& listener) {
  return fmt::format("{}://{}", listener.name, host_and_port(listener.advertised_host, listener.advertised_port));
}

Result<std::map<std::string, std::string>> listener_map(const Settings& settings, const Option& option) {
  std::map<std::string, std::string> out;
  for (const auto member : members_of(settings.text(option))) {
    const auto colon = member.find(':');
    if (colon == std::string_view::npos || !is_name(member.substr(0, colon))) {
      return config::broken_rule(settings, option, "must be name:value, with commas between them");
    }
    out[upper(member.substr(0, colon))] = trimmed(member.substr(colon + 1));
  }
  return out;
}

std::span<const Option* const> listener_rows() { return kRows; }

bool is_known_mechanism(std::string_view name) {
  return name == security::kPlain || name == security::kOAuthBearer || security::scram_mechanism(name).has_value();
}

Result<std::vector<ListenerSpec>> listeners_from(const Settings& settings, const std::vector<std::string>& mechanisms) {
  TRY(auto addresses, addresses_of(settings, kListeners));
  std::vector<ListenerSpec> listeners;
  if (addresses.empty()) {
    for (const Option* option : {&kAdvertised, &kProtocols, &kMechanisms, &kConnections}) {
      if (!settings.text(*option).empty()) return config::broken_rule(settings, *option, "needs kafka.listeners");
    }
    return listeners;
  }
  for (Address& address : addresses) {
    if (address.host.empty()) address.host = "0.0.0.0";
    for (const ListenerSpec& other : listeners) {
      if (address.port != 0 && other.port == address.port && other.host == address.host) {
        return config::broken_rule(settings, kListeners, "names an address twice");
      }
    }
    listeners.push_back({.name = std::move(address.name), .protocol = {}, .host = std::move(address.host), .port = address.port});
  }
  TRY(set_protocols(settings, listeners));
  TRY(set_advertised(settings, listeners));
  TRY(set_mechanisms(settings, listeners, mechanisms));
  TRY(set_limits(settings, listeners));
  return listeners;
}

}  // namespace takhin::broker
