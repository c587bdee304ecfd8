#include "data/scripts/php.hpp"

#include <algorithm>

#include "data/scripts/php_reader.hpp"

namespace rootlet::scripts {
namespace {

constexpr size_t kMaxFiles = 1000;
constexpr size_t kMaxPrefixes = 20000;
constexpr std::string_view kIni = "ini:", kExtensions = "extensions:";

// A name or a namespace, and the file or the directory that Composer's tables give it.
struct Place {
  std::string name;
  std::string path;
};

// 'Foo\\Bar\\' => array($vendorDir . '/foo/src', ...) and 'Foo\\Bar' => $baseDir . '/Bar.php'.
std::vector<Place> composer_table(std::string_view text, const std::string& vendor) {
  std::vector<Place> places;
  std::string name;
  for (size_t at = 0; at < text.size() && places.size() < kMaxPrefixes;) {
    const size_t quote = text.find('\'', at);
    if (quote == std::string_view::npos) break;
    const size_t end = text.find('\'', quote + 1);
    if (end == std::string_view::npos) break;
    const std::string part(text.substr(quote + 1, end - quote - 1));
    const std::string_view before = text.substr(at, quote - at);
    const size_t base = before.rfind("$baseDir"), own = before.rfind("$vendorDir");
    if (base == std::string_view::npos && own == std::string_view::npos) name = replaced(part, "\\\\", "\\");
    else places.push_back({name, normal((own != std::string_view::npos ? vendor : std::string(parent_path(vendor))) + part)});
    at = end + 1;
  }
  return places;
}

class PhpScript {
 public:
  PhpScript(Needs& needs, const ModuleSearch& search, std::string_view path) : needs_(needs), search_(search), path_(path), directory_(parent_path(path)) {}

  void read(std::string_view text) {
    const PhpFacts facts = read_php(text, path_);
    for (const std::string& file : facts.includes) include(file);
    for (const std::string& file : facts.files) needs_.file(file, file);
    if (const std::string vendor = vendor_directory(); !vendor.empty()) classes(facts, vendor);
    loaded(facts);
    if (starts_programs(search_, path_)) {
      for (const StartedProgram& program : facts.started) add_started(needs_, path_, program);
    }
    for (const PhpUnknown& each : facts.unknown) {
      if (path_.find("/vendor/composer/") == std::string::npos) needs_.unproved(each.line, each.what);
    }
  }

 private:
  // As zend_resolve_path: include_path, then the directory of the script that includes.
  void include(const std::string& file) {
    if (file.starts_with('/')) {
      if (needs_.file(file, file) && file.ends_with("/autoload.php")) composer(std::string(parent_path(file)));
      return;
    }
    for (const std::string& directory : search_.directories) {
      if (!file.starts_with("./") && !file.starts_with("../") && needs_.file(normal(join(directory, file)), file)) return;
    }
    const std::string beside = normal(join(directory_, file));
    if (needs_.file(beside, file) && beside.ends_with("/autoload.php")) composer(std::string(parent_path(beside)));
  }

  // What vendor/autoload.php reads at every start.
  void composer(const std::string& vendor) {
    for (const char* name : {"autoload_real.php", "ClassLoader.php", "autoload_static.php", "autoload_classmap.php", "autoload_psr4.php",
                             "autoload_namespaces.php", "autoload_files.php", "include_paths.php", "platform_check.php", "InstalledVersions.php",
                             "installed.php"}) {
      needs_.file(vendor + "/composer/" + name, name);
    }
    const auto text = read_text(needs_.root(), vendor + "/composer/autoload_files.php");
    if (!text) return;
    for (const Place& each : composer_table(*text, vendor)) needs_.file(each.path, each.path);
  }

  // The vendor directory of the project that the file belongs to, or lies in.
  std::string vendor_directory() const {
    std::string directory = directory_;
    for (int depth = 0; depth < 32; ++depth) {
      if (is_file(needs_.root(), directory + "/vendor/composer/autoload_real.php")) return directory + "/vendor";
      if (is_file(needs_.root(), directory + "/composer/autoload_real.php")) return directory;
      if (directory.size() <= 1) break;
      directory = parent_path(directory);
    }
    return {};
  }

  // Classes by Composer's map, and by PSR-4 and PSR-0.
  void classes(const PhpFacts& facts, const std::string& vendor) {
    const auto table = [&](const char* name) {
      return composer_table(read_text(needs_.root(), vendor + "/composer/" + name).value_or(""), vendor);
    };
    for (const Place& each : table("autoload_classmap.php")) {
      if (facts.classes.contains(each.name)) needs_.file(each.path, each.name);
    }
    const std::vector<Place> psr4 = table("autoload_psr4.php"), psr0 = table("autoload_namespaces.php");
    for (const std::string& name : facts.classes) {
      if (needs_.full()) return;
      for (const Place& each : psr4) {
        if (!name.starts_with(each.name)) continue;
        needs_.file(each.path + "/" + replaced(std::string_view(name).substr(each.name.size()), "\\", "/") + ".php", name);
      }
      for (const Place& each : psr0) {
        if (name.starts_with(each.name)) needs_.file(each.path + "/" + replaced(replaced(name, "\\", "/"), "_", "/") + ".php", name);
      }
    }
  }

  // What other autoloaders find: a class under its full name on the include path, as distributions have them, or
  // beside a class of the same namespace.
  void loaded(const PhpFacts& facts) {
    for (const std::string& name : facts.classes) {
      if (needs_.full()) return;
      const std::string place = replaced(name, "\\", "/");
      for (const std::string& directory : search_.directories) {
        needs_.file(directory + "/" + place + ".php", name) || needs_.file(directory + "/" + replaced(place, "_", "/") + ".php", name);
      }
      const auto sibling = facts.space.empty() ? std::nullopt : below(place, replaced(facts.space, "\\", "/"));
      if (sibling) needs_.file(directory_ + "/" + std::string(*sibling) + ".php", name);
    }
  }

  Needs& needs_;
  const ModuleSearch& search_;
  std::string path_, directory_;
};

std::vector<std::string> directories_of(const ModuleSearch& search, std::string_view kind) {
  std::vector<std::string> found;
  for (const std::string& each : search.suffixes) {
    if (each.starts_with(kind)) found.push_back(each.substr(kind.size()));
  }
  return found;
}

// extension=name, zend_extension=name of an ini file.
void extensions(Needs& needs, const ModuleSearch& search, const std::string& ini) {
  const auto text = read_text(needs.root(), ini);
  if (!text) return;
  each_part(*text, "\n", [&](std::string_view line) {
    line = trimmed(line);
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || line.starts_with(';')) return;
    const std::string_view key = trimmed(line.substr(0, equals));
    if (key != "extension" && key != "zend_extension") return;
    std::string name(trimmed(line.substr(equals + 1, line.find(';') == std::string_view::npos ? line.size() : line.find(';') - equals - 1)));
    name = replaced(name, "\"", "");
    if (name.starts_with('/')) needs.file(name, name);
    for (const std::string& directory : directories_of(search, kExtensions)) {
      needs.file(join(directory, name), name) || needs.file(join(directory, name + ".so"), name);
    }
  });
}

}  // namespace

ModuleSearch php_search(Root& root, std::string_view interpreter, std::string_view script) {
  ModuleSearch search;
  search.interpreter = base_name(interpreter);
  search.script = script;
  std::string prefix(parent_path(parent_path(interpreter)));
  if (prefix.empty() || prefix == "/") prefix = "/usr";
  const std::vector<int> version = version_in(search.interpreter);
  const std::string v = version.size() < 2 ? "[0-9]*" : std::to_string(version[0]) + "." + std::to_string(version[1]);
  const std::string digits = version.empty() ? "[0-9]*" : std::to_string(version[0]) + (version.size() > 1 ? std::to_string(version[1]) : "");
  search.directories = existing_directories(root, {"/usr/share/php", "/usr/share/pear", prefix + "/lib/php", "/usr/share/php" + digits});
  // Debian, Alpine, Fedora, and the official image.
  for (const std::string& each : existing_directories(root, {"/etc/php/" + v + "/cli", "/etc/php" + digits, prefix + "/etc/php"})) search.suffixes.push_back(std::string(kIni) + each);
  if (is_file(root, "/etc/php.ini")) search.suffixes.push_back(std::string(kIni) + "/etc");
  for (const std::string& each : existing_directories(root, {"/usr/lib/php/20[0-9]*", "/usr/lib/php" + digits + "/modules", "/usr/lib64/php/modules",
                                                             prefix + "/lib/php/extensions/*"})) {
    search.suffixes.push_back(std::string(kExtensions) + each);
  }
  return search;
}

void php_startup_needs(Needs& needs, const ModuleSearch& search) {
  for (const std::string& directory : directories_of(search, kIni)) {
    std::vector<std::string> files = {directory + "/php.ini", directory + "/php-cli.ini"};
    for (const char* pattern : {"/conf.d/*.ini", "/php.d/*.ini"}) {
      for (std::string& file : needs.root().glob(directory + pattern, kMaxFiles)) files.push_back(std::move(file));
    }
    for (const std::string& file : files) {
      if (needs.file(file, base_name(file))) extensions(needs, search, file);
    }
  }
  // Distributions take zones from the system, and the one that counts without any setting is looked up at the start.
  needs.file("/usr/share/zoneinfo/UTC", "UTC");
}

void php_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text) {
  if (!path.ends_with(".ini")) PhpScript(needs, search, path).read(text);
}

}  // namespace rootlet::scripts
