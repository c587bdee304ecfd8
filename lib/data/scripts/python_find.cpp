#include <algorithm>

#include "data/scripts/python.hpp"
#include "data/scripts/python_tables.hpp"

namespace rootlet::scripts {

PythonFinder::PythonFinder(Needs& needs, const ModuleSearch& search, std::vector<std::string> first)
    : needs_(needs), directories_(std::move(first)), suffixes_(search.suffixes) {
  for (const std::string& directory : search.directories) {
    if (std::find(directories_.begin(), directories_.end(), directory) == directories_.end()) directories_.push_back(directory);
  }
  // FileFinder's loaders: extension modules, source, bytecode (_get_supported_file_loaders).
  suffixes_.insert(suffixes_.end(), {".py", ".pyc"});
}

// One name in a path: FileFinder.find_spec and, for namespace packages, PathFinder._get_spec.
std::optional<PythonModule> PythonFinder::find(const std::vector<std::string>& directories, std::string_view name) const {
  PythonModule module;
  Root& root = needs_.root();
  for (const std::string& directory : directories) {
    const Walk here = root.walk(directory);
    if (here.node == nullptr || !here.node->is_directory()) continue;
    const std::string base = join(directory, name);
    const bool package = root.child(*here.node, name) != nullptr && is_directory(root, base);
    if (package) {
      for (const std::string& suffix : suffixes_) {
        std::string file = base + "/__init__" + suffix;
        if (!is_file(root, file)) continue;
        module.file = std::move(file);
        module.inside = {base};
        return module;
      }
    }
    for (const std::string& suffix : suffixes_) {
      if (root.child(*here.node, std::string(name) + suffix) == nullptr || !is_file(root, base + suffix)) continue;
      module.file = base + suffix;
      module.inside.clear();
      return module;
    }
    if (package) module.inside.push_back(base);
  }
  if (module.inside.empty()) return std::nullopt;
  return module;
}

// Directories of the same package in other places of the path: what pkgutil.extend_path and
// pkg_resources.declare_namespace add to a package's __path__.
std::vector<std::string> PythonFinder::elsewhere(std::string_view dotted) const {
  const std::string relative = replaced(dotted, ".", "/");
  std::vector<std::string> found;
  for (const std::string& directory : directories_) found.push_back(join(directory, relative));
  return found;
}

const PythonModule* PythonFinder::keep(const std::string& key, std::optional<PythonModule> module) {
  if (module && !module->file.empty()) {
    needs_.file(module->file, module->name);
    if (module->file.ends_with(".so") && natives_.size() < kMaxNatives) natives_.push_back(module->file);
  }
  const auto& kept = known_.emplace(key, std::move(module)).first->second;
  return kept ? &*kept : nullptr;
}

const PythonModule* PythonFinder::import(std::string_view dotted) {
  const PythonModule* module = nullptr;
  size_t parts = 0;
  for (size_t start = 0; start <= dotted.size(); ++parts) {
    const size_t end = std::min(dotted.find('.', start), dotted.size());
    const std::string_view part = dotted.substr(start, end - start);
    start = end + 1;
    if (parts > 0) {
      module = parts > kMaxDepth ? nullptr : submodule(*module, part);
    } else if (auto known = known_.find(part); known != known_.end()) {
      module = known->second ? &*known->second : nullptr;
    } else if (known_.size() < kMaxKnown) {
      auto found = find(directories_, part);
      if (found) found->name = part;
      module = keep(std::string(part), std::move(found));
    }
    if (module == nullptr) return nullptr;
  }
  return module;
}

const PythonModule* PythonFinder::submodule(const PythonModule& package, std::string_view name) {
  // Relative packages have no name of their own in `known_`: their directory tells them apart.
  const std::string key = (package.inside.empty() ? package.name : package.inside.front()) + "/." + std::string(name);
  if (auto known = known_.find(key); known != known_.end()) return known->second ? &*known->second : nullptr;
  if (known_.size() >= kMaxKnown) return nullptr;
  std::optional<PythonModule> module;
  if (!package.inside.empty()) {
    module = find(package.inside, name);
    if (!module && !package.name.empty()) module = find(elsewhere(package.name), name);
    if (module) module->name = package.name.empty() ? std::string(name) : package.name + "." + std::string(name);
  }
  if (!module) module = aliased(package.name, name);
  return keep(key, std::move(module));
}

// Packages whose importer takes modules from another place: the "vendored" copies of setuptools, six.moves.
std::optional<PythonModule> PythonFinder::aliased(std::string_view package, std::string_view name) {
  const std::string dotted = std::string(package) + "." + std::string(name);
  for (const PythonAlias& alias : python_aliases()) {
    if (alias.package == dotted && alias.real.empty()) return PythonModule{dotted, {}, {}};
    if (alias.package != package) continue;
    const std::string target = alias.real.empty() ? std::string(python_moved(name)) : std::string(alias.real) + "." + std::string(name);
    const PythonModule* real = import(target);
    return real != nullptr ? std::optional(*real) : std::nullopt;
  }
  return std::nullopt;
}

void PythonFinder::follow_natives() {
  uint64_t limit = kMaxNativeBytes;
  for (size_t i = 0; i < natives_.size(); ++i) {
    for (const std::string& name : python_native_names(needs_.root(), natives_[i], limit)) import(name);
  }
}

PythonModule PythonFinder::package_of(std::string_view path, unsigned level) const {
  PythonModule package;
  std::string_view directory = parent_path(path);
  for (unsigned i = 1; i < level && directory.size() > 1; ++i) directory = parent_path(directory);
  package.name = name_of(std::string(directory) + "/__init__.py");
  package.inside = {std::string(directory)};
  return package;
}

std::string PythonFinder::name_of(std::string_view path) const {
  std::string_view longest;
  for (const std::string& directory : directories_) {
    if (auto rest = below(path, directory); rest && (longest.empty() || rest->size() < longest.size())) longest = *rest;
  }
  const std::string_view file = base_name(longest);
  std::string name(longest.substr(0, longest.size() - file.size()));
  const std::string_view stem = file.substr(0, file.find('.'));
  if (stem != "__init__") name += stem;
  while (name.ends_with('/')) name.pop_back();
  return replaced(name, "/", ".");
}

}  // namespace rootlet::scripts
