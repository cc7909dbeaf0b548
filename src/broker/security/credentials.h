#pragma once
// Who may log in: users of a file, read at the start, and users that AlterUserScramCredentials made, kept on disk. No password is
// kept, and none can be had from what is.

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/file.h"
#include "broker/security/scram.h"

namespace takhin::broker::security {

/// Users that may be made at run time.
inline constexpr std::size_t kUsersMax = 100'000;
/// Longest name of one.
inline constexpr std::size_t kUserNameBytesMax = 1'024;

/// Any thread.
class Credentials {
 public:
  struct Change {
    std::string user;
    ScramMechanism mechanism = ScramMechanism::kSha256;
    std::optional<ScramCredential> credential;  // nothing: it goes
  };

  /// `kept`: where users made at run time are. `users_file`: lines "name:password", '#' begins a comment; empty: none. kInvalid
  /// with the line's number, never with its text.
  static Result<std::unique_ptr<Credentials>> open(FileSystem& files, Random& random, std::string kept,
                                                   const std::string& users_file);

  /// Whoever has a credential that was made at run time has none of the file's.
  std::optional<ScramCredential> find(const std::string& user, ScramMechanism mechanism) const;
  /// Checks a password in the clear (SASL PLAIN): against the credential of SCRAM-SHA-512 when there is one, else of
  /// SCRAM-SHA-256. Takes milliseconds, for unknown users as long as for those of the file.
  bool check_password(const std::string& user, std::string_view password) const;
  /// By name; those made at run time only, as in Kafka.
  std::map<std::string, std::vector<std::pair<ScramMechanism, std::int32_t>>> list() const;
  /// All or none; durable on return. kExhausted beyond kUsersMax.
  Result<> apply(const std::vector<Change>& changes);
  /// For ScramServer.
  View secret() const { return secret_; }

 private:
  using Key = std::pair<std::string, ScramMechanism>;
  using Map = std::map<Key, ScramCredential>;
  Credentials(FileSystem& files, Random& random, std::string kept) : files_(files), kept_path_(std::move(kept)), secret_(32) {
    random.fill(secret_);
  }
  Result<> load();
  Result<> read_users(Random& random, const std::string& path);
  Result<> store(const Map& all) const;

  FileSystem& files_;
  const std::string kept_path_;
  Bytes secret_;
  Map from_file_;            // as it was at the start
  std::mutex change_mutex_;  // one writer of the file
  mutable std::mutex mutex_;
  Map made_;
};

}  // namespace takhin::broker::security
