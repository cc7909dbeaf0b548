#pragma once
// A YAML file as a flat list of dotted keys: nested maps and dotted spellings come out the same.

#include <string>
#include <vector>

#include "base/result.h"

namespace takhin::config {

struct YamlLeaf {
  std::string key;     // "storage.tiered.s3.bucket"
  std::string value;   // a list of scalars is joined with ","
  bool empty = false;  // "key:" with nothing behind it: a group without members, or a forgotten value
  int line = 0;        // counted from 1
};

inline constexpr std::size_t kYamlLeavesMax = 10'000;
inline constexpr int kYamlDepthMax = 32;

/// In file order, duplicates kept. kInvalid, one line: not YAML, not a map at the top, lists of maps, too deep, too many keys
/// (aliases can make a small file huge).
Result<std::vector<YamlLeaf>> flatten_yaml(const std::string& text, const std::string& name);

}  // namespace takhin::config
