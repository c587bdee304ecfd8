// Node.js: where its modules lie, and what a script needs of them.
#pragma once

#include "data/scripts/needs.hpp"

namespace rootlet::scripts {

ModuleSearch node_search(Root& root, std::string_view interpreter, std::string_view script);
void node_startup_needs(Needs& needs);
void node_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text);

// Modules inside of the interpreter: "fs", "node:test", "fs/promises".
bool is_node_builtin(std::string_view specifier);

// What a package.json says, as far as finding modules goes.
class NodePackage {
 public:
  // Nothing if the file is not there or is no object.
  static std::optional<NodePackage> read(Root& root, const std::string& directory);

  const std::string& directory() const { return directory_; }
  const std::string& name() const { return name_; }
  const std::string& main() const { return main_; }
  bool has_exports() const { return has_exports_; }

  // PACKAGE_EXPORTS_RESOLVE and PACKAGE_IMPORTS_RESOLVE of the documentation's "Resolution Algorithm": the
  // path inside of the package for "." or "./sub", and what "#name" stands for; empty if there is none.
  std::string exported(const std::string& subpath, bool import) const;
  std::string imported(const std::string& name, bool import) const;

 private:
  struct Target {
    std::string key;      // "./sub", "./features/*", "#name"
    std::string import;   // what the key leads to for `import`
    std::string require;  // and for `require`
  };
  static std::string matched(const std::vector<Target>& targets, const std::string& key, bool import);

  std::string directory_, name_, main_;
  bool has_exports_ = false;
  std::vector<Target> exports_, imports_;
};

}  // namespace rootlet::scripts
