#pragma once
// The texts that credentials come in: INI files, JSON documents, STS's XML. Pure; no error quotes the text.

#include <map>
#include <string>
#include <string_view>

#include "base/text.h"
#include "object/credentials.h"

namespace takhin::object {

/// The variable, or "".
std::string value_of(const Environment& environment, const std::string& name);

/// The keys of one section of an INI file as the AWS tools write them: "[name]", "key = value", '#' and ';' comments;
/// indented lines belong to nested settings and are skipped. Keys in lower case.
std::map<std::string, std::string> ini_section(std::string_view text, std::string_view section);

/// AccessKeyId, SecretAccessKey, Token and Expiration, as container endpoints and the instance metadata service answer.
/// kUnavailable when the document has a Code that is not Success; kCorrupt when it is not such a document.
Result<Credentials> credentials_of_json(View document);

/// Version (1), AccessKeyId, SecretAccessKey, SessionToken and Expiration, as a credential_process prints them. kCorrupt when it
/// is not such a document. "Process credential provider", AWS SDKs reference.
Result<Credentials> credentials_of_process(View document);

/// The words of a command line as a shell would split them: blanks part them, '...' and "..." hold them together, a backslash
/// takes the next character as it is (between "..." only before " and \, between '...' never). Nothing else is special: no
/// variables, no patterns. kInvalid when a quote has no end or there is no word.
Result<std::vector<std::string>> words_of(std::string_view command);

/// The answer to AssumeRole or AssumeRoleWithWebIdentity; kCorrupt when it is neither.
Result<Credentials> credentials_of_sts(View document);

}  // namespace takhin::object
