#include "config/yaml.h"

#include <yaml-cpp/yaml.h>

namespace takhin::config {
namespace {

class Flattener {
 public:
  explicit Flattener(const std::string& name) : name_(name) {}

  Result<> map(const YAML::Node& node, const std::string& prefix, int depth) {
    if (depth > kYamlDepthMax) return fail(Kind::kInvalid, "{}: nested deeper than {} levels", name_, kYamlDepthMax);
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return complaint(entry.first, "a key must be plain text");
      TRY(value(entry.second, prefix + entry.first.Scalar(), entry.first.Mark().line + 1, depth));
    }
    return done();
  }

  std::vector<YamlLeaf> leaves;

 private:
  Result<> value(const YAML::Node& node, const std::string& key, int line, int depth) {
    if (leaves.size() >= kYamlLeavesMax) return fail(Kind::kInvalid, "{}: more than {} keys", name_, kYamlLeavesMax);
    if (node.IsMap()) {
      if (node.size() == 0) leaves.push_back({key, "", true, line});
      return map(node, key + ".", depth + 1);
    }
    if (node.IsSequence()) return list(node, key, line);
    leaves.push_back({key, node.IsScalar() ? node.Scalar() : "", !node.IsScalar(), line});
    return done();
  }

  Result<> list(const YAML::Node& node, const std::string& key, int line) {
    std::string joined;
    for (const auto& item : node) {
      if (!item.IsScalar()) return complaint(item, key + ": a list may hold plain values only");
      if (!joined.empty()) joined += ',';
      joined += item.Scalar();
    }
    leaves.push_back({key, std::move(joined), false, line});
    return done();
  }

  Error complaint(const YAML::Node& at, const std::string& rule) {
    return fail(Kind::kInvalid, "{}:{}: {}", name_, at.Mark().line + 1, rule);
  }

  const std::string& name_;
};

}  // namespace

Result<std::vector<YamlLeaf>> flatten_yaml(const std::string& text, const std::string& name) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsDefined() || root.IsNull()) return std::vector<YamlLeaf>{};
    if (!root.IsMap()) return fail(Kind::kInvalid, "{}: must be a map of keys to values", name);
    Flattener flattener(name);
    TRY(flattener.map(root, "", 0));
    return std::move(flattener.leaves);
  } catch (const YAML::Exception& error) {
    return fail(Kind::kInvalid, "{}:{}: not YAML: {}", name, error.mark.line + 1, error.msg);
  }
}

}  // namespace takhin::config
