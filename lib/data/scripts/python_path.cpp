// Where Python looks: getpath, site and .pth files.
#include <algorithm>

#include "data/scripts/python.hpp"
#include "data/scripts/python_tables.hpp"

namespace rootlet::scripts {
namespace {

constexpr size_t kMaxPathFiles = 1000;
constexpr size_t kMaxDirectories = 256;

void append(std::vector<std::string>& to, std::string directory) {
  if (to.size() < kMaxDirectories && std::find(to.begin(), to.end(), directory) == to.end()) to.push_back(std::move(directory));
}

// The value of a key in pyvenv.cfg.
std::string setting(std::string_view text, std::string_view key) {
  std::string value;
  each_part(text, "\n", [&](std::string_view line) {
    const size_t equals = std::min(line.find('='), line.size());
    if (equals != line.size() && trimmed(line.substr(0, equals)) == key) value = trimmed(line.substr(equals + 1));
  });
  return value;
}

// The directory of the virtual environment that a program in `<it>/bin` belongs to, or empty.
std::string environment_of(Root& root, std::string_view program) {
  const std::string top(parent_path(parent_path(program)));
  return is_file(root, join(top, "pyvenv.cfg")) ? top : std::string();
}

// "python3.11" for an interpreter whose name leaves the version open.
std::string versioned(Root& root, std::string_view prefix, std::string_view name) {
  if (version_in(name).size() >= 2) return std::string(name);
  std::string found(name);
  for (const char* lib : {"/lib", "/lib64"}) {
    for (const std::string& landmark : root.glob(std::string(prefix) + lib + "/python*/os.py", 64)) {
      const std::string_view directory = base_name(parent_path(landmark));
      if (version_in(directory).size() == 2 && version_in(directory) > version_in(found)) found = directory;
    }
  }
  return found;
}

// What the files of native modules end in: ".cpython-311-x86_64-linux-gnu.so". It varies with the machine and
// the C library; an importer accepts one of them, which is read off the files that are there.
std::vector<std::string> native_suffixes(Root& root, const std::vector<std::string>& directories, const std::vector<int>& version) {
  std::vector<std::string> suffixes;
  const std::string tag = version.size() < 2 ? "\n" : ".cpython-" + std::to_string(version[0]) + std::to_string(version[1]);
  for (const std::string& directory : directories) {
    const Walk here = root.walk(directory);
    if (here.node == nullptr || !here.node->is_directory()) continue;
    const auto names = root.list(*here.node);
    if (!names) continue;
    for (const std::string& name : *names) {
      const size_t place = name.find(tag);
      if (place != std::string::npos && name.ends_with(".so") && suffixes.size() < 4) append(suffixes, name.substr(place));
    }
  }
  append(suffixes, ".abi3.so");
  append(suffixes, ".so");
  return suffixes;
}

// Lines of a .pth file: directories, and statements that site runs (site.addpackage).
struct PathFile {
  std::vector<std::string> directories;
  std::string statements;
};

PathFile read_path_file(Root& root, const std::string& path) {
  PathFile file;
  const auto content = read_text(root, path);
  if (!content) return file;
  size_t lines = 0;
  each_part(*content, "\n", [&](std::string_view line) {
    if (++lines > kMaxPathFiles) return;
    while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
    if (line.empty() || line.front() == '#') return;
    if (line.starts_with("import ") || line.starts_with("import\t")) {
      file.statements.append(line).append("\n");
    } else if (std::string directory = normal(join(parent_path(path), line)); is_directory(root, directory)) {
      file.directories.push_back(std::move(directory));
    }
  });
  return file;
}

std::vector<std::string> path_files(Root& root, const std::string& directory) { return root.glob(directory + "/*.pth", kMaxPathFiles); }

// site.getsitepackages, as upstream, Debian and Fedora have it.
std::vector<std::string> site_directories(Root& root, const std::string& prefix, const std::string& name) {
  return existing_directories(root, {"/usr/local/lib/" + name + "/dist-packages", "/usr/local/lib64/" + name + "/site-packages",
                                     "/usr/local/lib/" + name + "/site-packages", prefix + "/lib64/" + name + "/site-packages",
                                     prefix + "/lib/" + name + "/site-packages", prefix + "/lib/python3/dist-packages",
                                     prefix + "/lib/" + name + "/dist-packages"});
}

}  // namespace

bool is_site_directory(std::string_view directory) {
  return base_name(directory) == "site-packages" || base_name(directory) == "dist-packages";
}

std::string python_library(Root& root, const ModuleSearch& search) {
  for (const std::string& directory : search.directories) {
    if (base_name(directory).starts_with("python") && is_file(root, directory + "/os.py")) return directory;
  }
  return {};
}

ModuleSearch python_search(Root& root, std::string_view interpreter, std::string_view script) {
  ModuleSearch search;
  search.script = script;
  std::string environment = environment_of(root, interpreter);
  if (environment.empty()) environment = environment_of(root, script);
  std::string prefix(parent_path(parent_path(interpreter)));
  bool system_site = true;
  if (!environment.empty()) {
    const std::string config = read_text(root, join(environment, "pyvenv.cfg")).value_or("");
    system_site = setting(config, "include-system-site-packages") == "true";
    if (const std::string home = setting(config, "home"); home.starts_with('/')) prefix = parent_path(home);
  }
  if (prefix.empty() || prefix == "/") prefix = "/usr";  // /bin/python3 where /bin is a link
  search.interpreter = versioned(root, prefix, base_name(interpreter));
  const std::vector<int> version = version_in(search.interpreter);
  const std::string name = "python" + (version.size() < 2 ? std::string("3") : std::to_string(version[0]) + "." + std::to_string(version[1]));

  if (!script.empty()) {
    const Walk walk = root.walk(script);
    search.directories.emplace_back(parent_path(walk.node != nullptr ? std::string_view(walk.node->path()) : script));
  }
  std::vector<std::string> library = existing_directories(root, {prefix + "/lib/" + name, prefix + "/lib64/" + name});
  std::stable_partition(library.begin(), library.end(), [&](const std::string& directory) { return is_file(root, directory + "/os.py"); });
  for (const std::string& directory : library) append(search.directories, directory);
  for (const std::string& directory : library) {
    if (is_directory(root, directory + "/lib-dynload")) append(search.directories, directory + "/lib-dynload");
  }
  std::vector<std::string> site;
  if (!environment.empty()) {
    site = existing_directories(root, {environment + "/lib/" + name + "/site-packages", environment + "/lib64/" + name + "/site-packages"});
  }
  if (system_site) {
    for (std::string& directory : site_directories(root, prefix, name)) append(site, std::move(directory));
  }
  for (const std::string& directory : site) {
    append(search.directories, directory);
    for (const std::string& file : path_files(root, directory)) {
      for (std::string& extra : read_path_file(root, file).directories) append(search.directories, std::move(extra));
    }
  }
  search.suffixes = native_suffixes(root, search.directories, version);
  return search;
}

void python_startup_needs(Needs& needs, const ModuleSearch& search) {
  Root& root = needs.root();
  PythonFinder finder(needs, search, {});
  for (std::string_view module : python_startup()) finder.import(module);
  const std::string library = python_library(root, search);
  // getpath's landmark of the platform's directory; without it the interpreter complains at every start.
  if (!library.empty()) needs.directory(library + "/lib-dynload", "lib-dynload");
  for (const std::string& directory : search.directories) {
    if (!is_site_directory(directory)) continue;
    const std::string environment(parent_path(parent_path(parent_path(directory))));
    needs.file(join(environment, "pyvenv.cfg"), "pyvenv.cfg");
    for (const std::string& path : path_files(root, directory)) {
      const PathFile file = read_path_file(root, path);
      if (file.directories.empty() && file.statements.empty()) continue;
      needs.file(path, base_name(path));
      if (!file.statements.empty()) python_needs(needs, search, path, file.statements);
    }
  }
}

}  // namespace rootlet::scripts
