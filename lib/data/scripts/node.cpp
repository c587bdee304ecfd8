#include "data/scripts/node.hpp"

#include <map>

#include "data/scripts/node_reader.hpp"

namespace rootlet::scripts {
namespace {

constexpr size_t kMaxAddons = 256;
constexpr size_t kMaxMatches = 1024;  // files that a name built at run time may mean
constexpr int kMaxDepth = 64;  // directories above a file that are looked at

constexpr std::string_view kBuiltin[] = {
    "assert",    "async_hooks", "buffer",    "child_process", "cluster",      "console", "constants",  "crypto", "dgram",
    "diagnostics_channel", "dns", "domain",  "events",        "fs",           "http",    "http2",      "https",  "inspector",
    "module",    "net",         "os",        "path",          "perf_hooks",   "process", "punycode",   "querystring", "readline",
    "repl",      "stream",      "string_decoder", "sys",      "timers",       "tls",     "trace_events", "tty",  "url",
    "util",      "v8",          "vm",        "wasi",          "worker_threads", "zlib"};

constexpr std::string_view kExternal[] = {
    "acorn/dist/acorn.js",    "acorn-walk/dist/walk.js", "cjs-module-lexer/lexer.js", "cjs-module-lexer/dist/lexer.js",
    "undici/undici-fetch.js", "undici/undici.js",        "undici/loader.js",          "minimatch/index.js",
    "amaro/dist/index.js"};

class NodeScript {
 public:
  NodeScript(Needs& needs, const ModuleSearch& search, std::string_view path) : needs_(needs), search_(search), path_(path) {
    // Node looks from where the file really lies (Module._findPath, toRealPath).
    if (const Walk walk = needs_.root().walk(path); walk.node != nullptr && walk.node->is_file()) path_ = walk.node->path();
  }

  void read(std::string_view text) {
    scope(std::string(parent_path(path_)));
    const NodeFacts facts = read_node(text, path_);
    for (const NodeLoad& load : facts.loads) resolve(load);
    for (const std::string& file : facts.files) needs_.file(file, file);
    for (const std::string& pattern : facts.patterns) matching(pattern);
    if (facts.addon) addons();
    const bool can = std::any_of(facts.loads.begin(), facts.loads.end(), [](const NodeLoad& load) { return load.specifier.ends_with("child_process"); });
    if (can && starts_programs(search_, path_)) {
      for (const StartedProgram& program : facts.started) add_started(needs_, path_, program);
    }
    for (const NodeUnknown& each : facts.unknown) needs_.unproved(each.line, each.what);
  }

 private:
  const NodePackage* package(const std::string& directory) {
    auto known = packages_.find(directory);
    if (known == packages_.end()) known = packages_.emplace(directory, NodePackage::read(needs_.root(), directory)).first;
    return known->second ? &*known->second : nullptr;
  }

  // The package.json that decides what kind of module a file in this directory is: it is read with it.
  const NodePackage* scope(std::string directory) {
    for (int depth = 0; depth < kMaxDepth && base_name(directory) != "node_modules"; ++depth) {
      if (needs_.file(join(directory, "package.json"), "package.json")) return package(directory);
      if (directory.size() <= 1) break;
      directory = parent_path(directory);
    }
    return nullptr;
  }

  bool found(const std::string& path, const std::string& name) {
    if (!needs_.file(path, name)) return false;
    const Walk walk = needs_.root().walk(path);
    scope(std::string(parent_path(walk.node->path())));
    return true;
  }

  void resolve(const NodeLoad& load) {
    const std::string& name = load.specifier;
    if (is_node_builtin(name) || name.find('\0') != std::string::npos) return;
    if (name.starts_with("file://")) {
      found(name.substr(7), name);
    } else if (name.starts_with('/') || name == "." || name == ".." || name.starts_with("./") || name.starts_with("../")) {
      path(normal(join(parent_path(path_), name)), name, kMaxIndirections);
    } else if (name.starts_with('#')) {
      internal(load);
    } else {
      bare(name, load.import);
    }
  }

  // LOAD_AS_FILE, then LOAD_AS_DIRECTORY.
  bool path(const std::string& path, const std::string& name, int indirections) {
    for (const char* ending : {"", ".js", ".json", ".node", ".mjs", ".cjs"}) {
      if (found(path + ending, name)) return true;
    }
    if (!is_directory(needs_.root(), path)) return false;
    if (const NodePackage* own = package(path); own != nullptr && !own->main().empty() && indirections > 0) {
      needs_.file(path + "/package.json", name);
      if (this->path(normal(join(path, "./" + own->main())), name, indirections - 1)) return true;
    }
    for (const char* index : {"/index.js", "/index.json", "/index.node", "/index.mjs"}) {
      if (found(path + index, name)) return true;
    }
    return false;
  }

  void matching(const std::string& pattern) {
    for (const std::string& file : needs_.root().glob(normal(join(parent_path(path_), pattern)), kMaxMatches)) {
      if (one_of(file.substr(std::min(file.rfind('.'), file.size())), {".js", ".json", ".cjs", ".mjs", ".node"})) found(file, pattern);
      else if (is_directory(needs_.root(), file)) path(file, pattern, kMaxIndirections);
    }
  }

  void internal(const NodeLoad& load) {
    const NodePackage* own = scope(std::string(parent_path(path_)));
    if (own == nullptr) return;
    const std::string target = own->imported(load.specifier, load.import);
    if (target.starts_with("./")) found(normal(join(own->directory(), target)), load.specifier);
    else if (!target.empty() && !target.starts_with('#') && !is_node_builtin(target)) bare(target, load.import);
  }

  // "lodash", "lodash/get", "@scope/name/sub": LOAD_PACKAGE_SELF, LOAD_NODE_MODULES, and the directories of
  // the interpreter.
  void bare(const std::string& name, bool import) {
    const size_t first = name.find('/');
    const size_t end = name.starts_with('@') && first != std::string::npos ? name.find('/', first + 1) : first;
    const std::string package_name = name.substr(0, end);
    const std::string subpath = end == std::string::npos ? "." : "." + name.substr(end);
    if (const NodePackage* own = scope(std::string(parent_path(path_))); own != nullptr && own->has_exports() && own->name() == package_name) {
      if (exported(*own, subpath, import, name)) return;
    }
    std::string directory(parent_path(path_));
    for (int depth = 0; depth < kMaxDepth; ++depth) {
      if (base_name(directory) != "node_modules" && in_package(join(directory, "node_modules/" + package_name), subpath, import, name)) return;
      if (directory.size() <= 1) break;
      directory = parent_path(directory);
    }
    for (const std::string& global : search_.directories) {
      if (in_package(join(global, package_name), subpath, import, name)) return;
      if (subpath == "." && path(join(global, name), name, kMaxIndirections)) return;
    }
  }

  bool in_package(const std::string& directory, const std::string& subpath, bool import, const std::string& name) {
    if (!is_directory(needs_.root(), directory)) return false;
    const NodePackage* package = this->package(directory);
    if (package != nullptr) needs_.file(directory + "/package.json", name);
    if (package != nullptr && package->has_exports() && exported(*package, subpath, import, name)) return true;
    return path(normal(join(directory, subpath)), name, kMaxIndirections);
  }

  bool exported(const NodePackage& package, const std::string& subpath, bool import, const std::string& name) {
    const std::string target = package.exported(subpath, import);
    return target.starts_with("./") && found(normal(join(package.directory(), target)), name);
  }

  // bindings("name"), node-gyp-build(__dirname): what was built for this package.
  void addons() {
    const NodePackage* own = scope(std::string(parent_path(path_)));
    if (own == nullptr) return;
    for (const char* place : {"/build/Release/*.node", "/build/*.node", "/prebuilds/linux-*/*.node", "/lib/binding/*/*.node"}) {
      for (const std::string& file : needs_.root().glob(own->directory() + place, kMaxAddons)) needs_.file(file, base_name(file));
    }
  }

  static constexpr int kMaxIndirections = 8;  // package.json files that name a directory with another one

  Needs& needs_;
  const ModuleSearch& search_;
  std::string path_;
  std::map<std::string, std::optional<NodePackage>> packages_;
};

}  // namespace

bool is_node_builtin(std::string_view specifier) {
  return specifier.starts_with("node:") || listed(specifier.substr(0, specifier.find('/')), kBuiltin);
}

ModuleSearch node_search(Root& root, std::string_view interpreter, std::string_view script) {
  ModuleSearch search;
  search.interpreter = base_name(interpreter);
  search.script = script;
  std::string prefix(parent_path(parent_path(interpreter)));
  if (prefix.empty() || prefix == "/") prefix = "/usr";
  // Module._initPaths: $PREFIX/lib/node, and what Debian adds to it.
  search.directories = existing_directories(root, {prefix + "/lib/node", "/usr/lib/*/nodejs", "/usr/share/nodejs", "/usr/lib/nodejs"});
  return search;
}

// Distributions that build node as a library take some of its builtins out of it (configure's
// --shared-builtin-...-path): without these files it aborts before the script.
void node_startup_needs(Needs& needs) {
  if (needs.root().glob("/usr/lib*/libnode.so*", 1).empty() && needs.root().glob("/usr/lib/*/libnode.so*", 1).empty()) return;
  for (const char* directory : {"/usr/share/nodejs/", "/usr/lib/node_modules/", "/usr/share/node_modules/"}) {
    for (std::string_view file : kExternal) needs.file(join(directory, file), file);
  }
}

void node_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text) {
  // Data and native addons load nothing themselves.
  if (path.ends_with(".json") || path.ends_with(".node") || path.ends_with(".wasm")) return;
  NodeScript(needs, search, path).read(text);
}

}  // namespace rootlet::scripts
