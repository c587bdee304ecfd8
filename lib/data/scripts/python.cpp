#include "data/scripts/python.hpp"

#include <algorithm>

#include "data/scripts/python_tables.hpp"

namespace rootlet::scripts {
namespace {

constexpr size_t kMaxStars = 64;  // packages whose __all__ one file asks for
constexpr size_t kMaxDataFiles = 1024;

bool has_word(std::string_view text, std::string_view word) {
  for (size_t place = text.find(word); place != std::string_view::npos; place = text.find(word, place + 1)) {
    const size_t end = place + word.size();
    if ((place == 0 || !is_word(text[place - 1])) && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

// "Latin-1" as encodings.normalize_encoding and the table of aliases spell it.
std::string encoding_name(std::string_view name) {
  std::string result;
  for (char c : name) {
    if (is_word(c) && c != '_') result += lower(c);
    else if (!result.empty() && result.back() != '_') result += '_';
  }
  return result;
}

constexpr size_t kMaxMembers = 64;  // modules of a package that are taken for a name built at run time

class PythonScript {
 public:
  PythonScript(Needs& needs, const ModuleSearch& search, std::string_view path) : needs_(needs), search_(search), path_(path) {}

  void read(std::string_view text) {
    library_ = python_library(needs_.root(), search_);
    in_library_ = in_library();
    entry_ = search_.script.empty() || search_.script == path_;
    PythonReading reading;
    reading.context.entry = entry_;
    reading.context.version = version_in(search_.interpreter);
    reading.path = path_;
    reading.watched = &python_watched();
    reading.library = in_library_;
    facts_ = read_python(text, reading);
    finder_.emplace(needs_, search_, own_directories());
    name_ = finder_->name_of(path_);
    satisfied_.assign(facts_.tries.size(), Truth::unknown);
    for (const PythonImport& import : facts_.imports) follow(import);
    mentions();
    hidden(name_);
    encodings();
    for (const std::string& distribution : facts_.distributions) {
      python_distribution(needs_, search_, *finder_, distribution, path_);
    }
    programs();
    unknown();
    finder_->follow_natives();
    if (facts_.locates_itself && !in_library_) data_files();
  }

 private:
  void programs() {
    const bool can = std::any_of(facts_.imports.begin(), facts_.imports.end(), [](const PythonImport& import) {
      return one_of(import.module, {"os", "subprocess", "commands", "asyncio", "asyncio.subprocess"});
    });
    if (!can || in_library_ || !starts_programs(search_, path_)) return;
    for (const StartedProgram& program : facts_.started) add_started(needs_, path_, program);
  }

  bool in_library() const {
    if (library_.empty() || !below(path_, library_)) return false;
    return std::none_of(search_.directories.begin(), search_.directories.end(), [&](const std::string& directory) {
      return is_site_directory(directory) && below(path_, directory);
    });
  }

  // Directories that are searched for this file and not for every one: what it puts on sys.path, and where
  // the top of its own package lies.
  std::vector<std::string> own_directories() const {
    std::vector<std::string> directories = facts_.path_entries;
    for (const std::string& directory : search_.directories) {
      if (below(path_, directory)) return directories;
    }
    std::string top(parent_path(path_));
    for (int depth = 0; depth < 32 && top != "/" && is_file(needs_.root(), top + "/__init__.py"); ++depth) top = parent_path(top);
    directories.push_back(std::move(top));
    return directories;
  }

  bool deferred(const PythonImport& import, std::string_view name) const {
    if (!import.deferred || !(in_library_ || name_ == "_distutils_hack")) return false;
    for (const PythonDeferred& each : python_deferred()) {
      if (each.module == name_ && each.imported == name) return true;
    }
    return false;
  }

  // The handler of an ImportError does not run where all that was tried is there.
  bool passed_over(size_t fallback) const {
    for (int depth = 0; fallback != kNoTry && depth < 64; ++depth) {
      if (satisfied_[fallback] == Truth::yes) return true;
      fallback = facts_.tries[fallback].fallback;
    }
    return false;
  }

  void follow(const PythonImport& import) {
    if (passed_over(import.fallback)) return;
    if (import.level == 0 && deferred(import, import.module)) return;
    bool found = import.level == 0 && is_python_builtin(import.module);
    PythonModule package;
    const PythonModule* module = nullptr;
    if (import.level == 0) {
      module = finder_->import(import.module);
    } else {
      package = finder_->package_of(path_, import.level);
      if (deferred(import, package.name + "." + import.module)) return;
      module = &package;
      for (std::string_view rest = import.module; module != nullptr && !rest.empty();) {
        const size_t dot = std::min(rest.find('.'), rest.size());
        module = finder_->submodule(*module, rest.substr(0, dot));
        rest = rest.substr(std::min(dot + 1, rest.size()));
      }
    }
    if (module != nullptr) {
      found = names(import, *module);
    } else if (import.level == 0) {
      hidden(import.module);  // it may be inside of the interpreter
    }
    if (import.attempt == kNoTry) return;
    Truth& state = satisfied_[import.attempt];
    state = found && state != Truth::no ? Truth::yes : Truth::no;
  }

  // `from module import names`: whether each is there, as a module or as a word in the module's own text.
  bool names(const PythonImport& import, const PythonModule& module) {
    bool all = !module.file.empty();
    std::optional<std::string> text;
    for (const std::string& name : import.names) {
      if (name == "*") {
        star(module);
      } else if (name == kPythonAllMembers) {
        members(module);
      } else if (!deferred(import, module.name + "." + name) && finder_->submodule(module, name) == nullptr && all &&
                 import.attempt != kNoTry) {
        if (!text) text = read_text(needs_.root(), module.file).value_or("");
        all = name.starts_with("__") || has_word(*text, name);
      }
    }
    return all;
  }

  void members(const PythonModule& package) {
    std::vector<std::string> names;
    for (const std::string& directory : package.inside) {
      for (const char* pattern : {"/*.py", "/*/__init__.py"}) {
        for (const std::string& file : needs_.root().glob(directory + pattern, kMaxMembers)) {
          const std::string_view part = base_name(file) == "__init__.py" ? base_name(parent_path(file)) : base_name(file);
          names.emplace_back(part.substr(0, part.find('.')));
        }
      }
    }
    if (names.size() >= kMaxMembers) return;  // too many to be meant; the caller is told of the call
    for (const std::string& name : names) finder_->submodule(package, name);
  }

  void star(const PythonModule& package) {
    if (package.inside.empty() || package.file.empty() || ++stars_ > kMaxStars) return;
    const auto text = read_text(needs_.root(), package.file);
    if (!text) return;
    for (const std::string& name : read_python(*text, PythonReading()).all) {
      if (name.find('.') == std::string::npos) finder_->submodule(package, name);
    }
  }

  void mentions() {
    for (const PythonDeferred& each : python_deferred()) {
      if (each.trigger.empty() || each.module == name_ || !facts_.mentions.contains(each.trigger)) continue;
      if (!each.outside || !in_library_) finder_->import(each.imported);
    }
    // datetime and time load it from C, when it is called.
    if (facts_.mentions.contains("strptime")) finder_->import("_strptime");
  }

  void hidden(std::string_view module) {
    for (const PythonHidden& each : python_hidden()) {
      if (each.module == module) each_part(each.needs, " ", [&](std::string_view need) { hidden_need(need); });
    }
  }

  void hidden_need(std::string_view need) {
    const bool beside = need.starts_with("./");
    if (!beside && need.find('*') == std::string_view::npos) {
      finder_->import(need);
      return;
    }
    const std::string pattern = beside ? join(parent_path(path_), need.substr(2)) : library_ + "/" + std::string(need) + ".py";
    for (const std::string& file : needs_.root().glob(pattern, kMaxDataFiles)) needs_.file(file, base_name(file));
  }

  void encodings() {
    std::optional<std::map<std::string, std::string>> aliases;
    for (const std::string& spelled : facts_.encodings) {
      const std::string name = encoding_name(spelled);
      if (!is_python_module_name(name) || finder_->import("encodings." + name) != nullptr) continue;
      if (!aliases) aliases = encoding_aliases();
      if (auto alias = aliases->find(name); alias != aliases->end()) finder_->import("encodings." + alias->second);
    }
  }

  // The pairs of strings in encodings/aliases.py.
  std::map<std::string, std::string> encoding_aliases() const {
    std::map<std::string, std::string> aliases;
    const auto text = read_text(needs_.root(), library_ + "/encodings/aliases.py");
    if (!text) return aliases;
    PythonLines lines(*text);
    PythonLine line;
    while (lines.next(line)) {
      for (size_t i = 0; i + 2 < line.tokens.size(); ++i) {
        if (line.tokens[i].kind != PythonToken::string || !line.tokens[i + 1].is(":")) continue;
        if (is_python_module_name(line.tokens[i + 2].text)) aliases.emplace(line.tokens[i].text, line.tokens[i + 2].text);
      }
    }
    return aliases;
  }

  // Where a name is built at run time, dotted names in the same file that are modules are likely parts of it.
  void unknown() {
    if (facts_.unknown.empty() || in_library_) return;
    const std::string package = name_.substr(0, name_.find('.')) + ".";
    for (const std::string& text : facts_.strings) {
      if (is_python_module_name(text) && (entry_ || text.starts_with(package))) finder_->import(text);
    }
    for (const PythonUnknown& each : facts_.unknown) needs_.unproved(each.line, each.what);
  }

  // Files beside a module that asks for its own place and names them.
  void data_files() {
    const std::string directory(parent_path(path_));
    size_t count = 0;
    for (const std::string& text : facts_.strings) {
      if (text.starts_with('/') || text.starts_with('.') || text.ends_with(".py") || text.find("..") != std::string::npos) continue;
      if (++count > kMaxDataFiles) return;
      needs_.file(join(directory, text), text);
    }
  }

  Needs& needs_;
  const ModuleSearch& search_;
  std::string path_, library_, name_;
  bool in_library_ = false, entry_ = false;
  PythonFacts facts_;
  std::optional<PythonFinder> finder_;
  std::vector<Truth> satisfied_;  // by try
  size_t stars_ = 0;
};

}  // namespace

void python_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text) {
  if (path.ends_with(".pyc")) return needs.unproved(1, "a compiled module without its source: what it imports was not read");
  PythonScript(needs, search, path).read(text);
}

}  // namespace rootlet::scripts
