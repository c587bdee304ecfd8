// What strings in an object, and the package that it came in, call for when no rule speaks.
#include <algorithm>

#include "data/finder.hpp"
#include "data/scripts/needs.hpp"

namespace rootlet::data {
namespace {

// Directories that many packages share: that a program names one of them says nothing about what it reads there.
constexpr std::string_view kShared[] = {
    "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/etc", "/usr", "/opt", "/srv", "/boot", "/home", "/mnt", "/media", "/var", "/run", "/tmp", "/root",
    "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/libexec", "/usr/local", "/usr/share", "/usr/include", "/usr/src", "/usr/games",
    "/usr/local/bin", "/usr/local/sbin", "/usr/local/lib", "/usr/local/share", "/usr/local/etc", "/var/lib", "/var/cache", "/etc/ssl", "/etc/ssl/certs",
    "/etc/init.d", "/etc/profile.d", "/etc/default", "/etc/security", "/etc/pam.d", "/etc/fonts", "/usr/share/fonts", "/usr/share/icons", "/usr/share/pixmaps",
    "/usr/share/doc", "/usr/share/man", "/usr/share/info", "/usr/share/locale", "/usr/share/mime", "/usr/share/applications", "/usr/share/zoneinfo", "/usr/share/X11",
    "/usr/share/dict", "/usr/share/java", "/usr/share/misc", "/usr/share/themes", "/usr/share/sounds", "/usr/share/glib-2.0", "/usr/share/terminfo", "/usr/lib/terminfo", "/lib/terminfo",
    "/etc/terminfo", "/usr/share/i18n", "/usr/lib/locale", "/usr/lib/debug", "/usr/share/dbus-1", "/etc/dbus-1", "/usr/lib/systemd", "/etc/systemd", "/usr/lib/modules", "/usr/lib/firmware",
};

bool is_shared(std::string_view path) {
  if (std::find(std::begin(kShared), std::end(kShared), path) != std::end(kShared)) return true;
  // The directory of a machine's libraries: /usr/lib/x86_64-linux-gnu.
  const std::string_view parent = scripts::parent_path(path);
  return (parent == "/usr/lib" || parent == "/lib") && path.find("-linux-") != std::string_view::npos;
}

// The directory that an application that no package owns was unpacked into: above its bin/ or lib/, else its own.
// Empty where that is a system's directory.
std::string own_prefix(const Node& node) {
  const Node* directory = node.parent();
  if (directory == nullptr) return {};
  const std::string_view name = directory->name();
  if (name == "bin" || name == "sbin" || name == "lib" || name == "lib64" || name == "libexec") directory = directory->parent();
  if (directory == nullptr || directory->parent() == nullptr || is_shared(directory->path())) return {};
  return directory->path();
}

// What an interpreter of scripts needs of its directories is for rules and the scripts to say.
bool is_interpreter(const Finder::Object& object) {
  const auto language = script_language(object.node->name(), {});
  return language && *language != ScriptLanguage::shell;
}

}  // namespace

// Run-time files of a package and of what comes from the same source or is asked for by it directly.
const std::vector<std::string>& Finder::related_files(const Package& package) {
  auto [place, added] = related_files_.try_emplace(&package);
  if (!added) return place->second;
  std::set<const Package*> related = {&package};
  for (const std::string& name : package.depends) {
    const Package* other = packages_.find(name);
    if (other == nullptr) continue;
    related.insert(other);
  }
  for (const Package* other : packages_.packages()) {
    if (other->source == package.source) related.insert(other);
  }
  std::vector<std::string>& files = place->second;
  for (const Package* each : related) {
    for (std::string& path : packages_.files(*each)) {
      if (is_runtime_path(path)) files.push_back(std::move(path));
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool Finder::package_files_below(Taking& taking, const Package& package, const std::string& directory, bool programs) {
  const std::vector<std::string> own = taking.origin == Origin::package ? packages_.files(package) : std::vector<std::string>();
  const std::vector<std::string>& files = taking.origin == Origin::package ? own : related_files(package);
  const std::string prefix = directory == "/" ? "/" : directory + "/";
  bool any = false;
  for (auto at = std::lower_bound(files.begin(), files.end(), prefix); at != files.end() && at->starts_with(prefix); ++at) {
    if (taking.origin == Origin::package && !is_runtime_path(*at)) continue;
    const Node* node = root_.walk(*at).node;
    if (node == nullptr || !node->is_file()) continue;
    const bool shared = is_shared_object_name(node->name());
    const bool executable = !shared && (node->status().mode & 0111) != 0;
    // That a script lies beside a program's data is no reason to bring its interpreter and all that it calls.
    if (executable && (!programs || (taking.origin != Origin::package && is_script(root_, *node)))) continue;
    any = (shared ? taker_.plugin(taking, *at) : (node->status().mode & 0111) != 0 ? taker_.program(taking, *at) : taker_.file(taking, *at)) || any;
  }
  return any;
}

void Finder::string_path(Needs& needs, const Object& object, const std::string& path) {
  if (Safety::is_virtual(path)) return;
  // These are made, not copied, or left to rules.
  constexpr std::string_view kElsewhere[] = {"/etc/ld.so.cache", "/usr/lib/locale/locale-archive", "/etc/resolv.conf", "/etc/hostname", "/etc/mtab", "/etc/fstab", "/etc/machine-id"};
  if (std::find(std::begin(kElsewhere), std::end(kElsewhere), path) != std::end(kElsewhere) || path.ends_with("/gconv-modules.cache")) return;
  for (const auto& [file, database] : {std::pair("/etc/passwd", "passwd"), std::pair("/etc/group", "group"), std::pair("/etc/hosts", "hosts")}) {
    if (path != file) continue;
    Taking taking{needs, Origin::evidence, path, Safety::Asker::evidence};
    return names_.database(taking, database, CLibrary::unknown);
  }
  // Where it was built is for debuggers.
  for (std::string_view ending : {".go", ".s", ".rs", ".c", ".cc", ".cpp", ".h"}) {
    if (path.ends_with(ending)) return;
  }
  if (path.find('%') != std::string::npos) return format_path(needs, object, path);
  const Node* node = root_.walk(path).node;
  // A file that is made at run time wants its directory.
  if (node == nullptr && Safety::is_state(path) && path.size() > 1) {
    Taking taking{needs, Origin::evidence, path, Safety::Asker::evidence};
    taker_.directory(taking, std::string(scripts::parent_path(path)), false);
  }
  if (node == nullptr || node->parent() == nullptr || node == object.node) return;
  Taking taking{needs, Origin::evidence, path, Safety::Asker::evidence};
  const Package* package = packages_.owner(object.node->path());
  if (node->is_file()) {
    if ((node->status().mode & 0111) == 0) {
      taking.programs = false;
      if (is_below(node->path(), "/etc")) config_.follow(taking, path, {});
      else taker_.file(taking, path);
    } else if (is_shared_object_name(node->name())) {
      taker_.plugin(taking, path);
    } else {
      const Package* other = packages_.owner(node->path());
      const bool own = other != nullptr && other == package;
      if ((object.roles & (kEntry | kProgram)) != 0 || own) taker_.program(taking, path);
    }
    return;
  }
  if (!node->is_directory() || is_interpreter(object)) return;
  // Where rules say which of a directory's files are wanted, its name in the data adds nothing.
  if (std::any_of(ruled_.begin(), ruled_.end(), [&](const std::string& pattern) { return pattern == node->path() || is_below(pattern, node->path()) || is_below(pattern, path); })) return;
  if (Safety::is_state(node->path())) {
    taker_.directory(taking, path, false);
  } else if (!is_shared(node->path())) {
    if (package != nullptr) {
      // A library's directories hold tools beside its data; it is programs that start programs.
      package_files_below(taking, *package, node->path(), (object.roles & ~kLibrary) != 0);
    } else if (const std::string prefix = own_prefix(*object.node); !prefix.empty() && is_below(node->path(), prefix)) {
      taker_.tree(taking, path);
    }
  }
}

// "/player-1.0/codecs/lib%s.so": shared objects at an absolute path, or below the object's own directory.
void Finder::format_path(Needs& needs, const Object& object, const std::string& format) {
  if (!format.ends_with(".so") || format.find_first_of("*?[") != std::string::npos) return;
  std::string pattern;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      pattern += format[i];
      continue;
    }
    while (i + 1 < format.size() && format[i + 1] != 's' && format[i + 1] != 'd') {
      if (format[i + 1] == '/') return;
      ++i;
    }
    ++i;
    pattern += '*';
  }
  Taking taking{needs, Origin::evidence, format, Safety::Asker::evidence};
  const std::string beside = object.node->parent()->path() + pattern;
  for (const std::string& each : {pattern, beside}) {
    const size_t star = each.find('*');
    if (is_shared(each.substr(0, each.rfind('/', star)))) continue;
    if (taker_.matching(each, [&](const std::string& path) { return taker_.plugin(taking, path); })) return;
  }
}

// Of programs that no package owns: what a format like "%s/share/message.txt" becomes from their own directory or the
// one above.
void Finder::relative_path(Needs& needs, const Object& object, const std::string& text) {
  const Node* directory = object.node->parent();
  for (int level = 0; level < 2 && directory != nullptr && directory->parent() != nullptr; ++level, directory = directory->parent()) {
    if (is_shared(directory->path()) && !directory->path().starts_with("/usr/local")) continue;
    const std::string path = directory->path() + "/" + text;
    const Node* node = root_.walk(path).node;
    if (node == nullptr || node == directory) continue;
    Taking taking{needs, Origin::evidence, "%s/" + text, Safety::Asker::evidence};
    if (node->is_directory() && !is_shared(node->path()) && is_below(node->path(), directory->path())) taker_.tree(taking, path);
    if (!node->is_file()) continue;
    if (is_shared_object_name(node->name())) taker_.plugin(taking, path);
    else if ((node->status().mode & 0111) != 0) taker_.program(taking, path);
    else taker_.file(taking, path);
  }
}

void Finder::strings(Needs& needs, const Object& object, const Evidence& evidence) {
  for (const std::string& path : evidence.paths) string_path(needs, object, path);
  if (packages_.owner(object.node->path()) != nullptr) return;
  for (const std::string& text : evidence.relative) relative_path(needs, object, text);
}

// The directories that a package's program of that name has by custom.
void Finder::own_tree(Needs& needs, const Node& program, const std::string& started) {
  const Package* package = packages_.owner(program.path());
  if (package == nullptr) return;
  std::set<std::string> names = {std::string(program.name()), std::string(scripts::base_name(started)), package->name};
  for (const std::string& name : names) {
    for (const char* place : {"/etc/", "/usr/share/", "/usr/lib/", "/usr/libexec/"}) {
      const std::string directory = place + name;
      if (is_shared(directory)) continue;
      const Node* node = root_.walk(directory).node;
      if (node == nullptr || !node->is_directory()) continue;
      Taking taking{needs, Origin::evidence, directory, Safety::Asker::evidence};
      package_files_below(taking, *package, node->path(), true);
    }
  }
}

void Finder::opened(Needs& needs, const Object& object, const Evidence& evidence, bool ruled) {
  bool any = ruled;
  for (const DeclaredLibrary& library : evidence.declared) {
    any = true;
    if (library.priority == DeclaredLibrary::suggested) {
      needs.push_back({Need::finding, "suggested", library.names.front() + " may be opened" + (library.feature.empty() ? "" : ", for " + library.feature) + "; --include takes it", Origin::declared, library.feature, {}, library.names});
      continue;
    }
    // All alternatives are asked for; the loader takes those that are there.
    for (const std::string& name : library.names) needs.push_back({Need::library, name, {}, Origin::declared, library.feature.empty() ? name : library.feature, {}});
  }
  const std::initializer_list<std::string_view> openers = {"dlopen", "dlmopen", "g_module_open", "g_module_open_full", "lt_dlopen", "lt_dlopenext", "lt_dlopenadvise", "uv_dlopen", "SDL_LoadObject"};
  if (!evidence.imports_any(openers)) return;
  const std::vector<std::string> needed = object.image->needed();
  for (const std::string& name : evidence.libraries) {
    if (name == object.image->soname || std::find(needed.begin(), needed.end(), name) != needed.end()) continue;
    any = true;
    needs.push_back({Need::library, name, {}, Origin::opened, name, {}});
  }
  if (!any) needs.push_back({Need::finding, "unproved", "opens libraries whose names are made at run time; no string, note or rule says which", Origin::opened, {}, {}});
}

}  // namespace rootlet::data
