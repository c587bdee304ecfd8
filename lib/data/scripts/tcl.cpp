#include "data/scripts/tcl.hpp"

#include <algorithm>

namespace rootlet::scripts {
namespace {

constexpr size_t kMaxWords = 32;     // of one command that are looked at
constexpr size_t kMaxIndexes = 2000;
constexpr size_t kMaxPackages = 1000;
constexpr size_t kMaxLevels = 16;    // directories above the script
constexpr int kMaxDepth = 32;        // of brackets and braces inside of each other

// What Tcl_Init and the commands that it autoloads read of the library.
constexpr std::string_view kLibrary[] = {"init.tcl", "tclIndex", "auto.tcl", "package.tcl", "tm.tcl", "history.tcl", "word.tcl", "parray.tcl"};

// Takes a script apart into commands, those in brackets and braces included: each is a list of words as they
// stand there.
template <typename Each>
class Commands {
 public:
  Commands(std::string_view text, Each each) : text_(text), each_(each) {}
  void read() { script(text_, 0, 1); }

 private:
  void script(std::string_view text, int depth, uint32_t line) {
    std::vector<std::string_view> words;
    size_t place = 0;
    while (place < text.size()) {
      const char c = text[place];
      if (c == '\n' || c == ';') {
        command(words, depth, line);
        if (c == '\n') ++line;
        ++place;
      } else if (is_space(c) || c == '}' || c == ']') {
        ++place;
      } else if (c == '\\' && place + 1 < text.size() && text[place + 1] == '\n') {
        ++line;
        place += 2;
      } else if (c == '#' && words.empty()) {
        while (place < text.size() && text[place] != '\n') place += text[place] == '\\' ? 2 : 1;
      } else {
        const size_t end = word_end(text, place);
        if (words.size() < kMaxWords) words.push_back(text.substr(place, end - place));
        line += static_cast<uint32_t>(std::count(text.begin() + place, text.begin() + end, '\n'));
        place = end;
      }
      place = std::min(place, text.size());
    }
    command(words, depth, line);
  }

  void command(std::vector<std::string_view>& words, int depth, uint32_t line) {
    if (!words.empty()) each_(words, line);
    if (depth < kMaxDepth) {
      for (std::string_view word : words) {
        if (word.starts_with('{') || word.starts_with('[')) {
          script(word.substr(1, word.size() - (word.size() > 1 ? 2 : 1)), depth + 1, line);
        } else if (const size_t bracket = word.find('['); bracket != std::string_view::npos) {
          script(word.substr(bracket + 1), depth + 1, line);
        }
      }
    }
    words.clear();
  }

  // A word in braces, in quotes or bare: brackets and braces in it hold together.
  static size_t word_end(std::string_view text, size_t place) {
    const bool braces = text[place] == '{', quotes = text[place] == '"';
    size_t depth = 0;
    for (size_t i = place; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '\\') {
        ++i;
      } else if (c == '{' || (c == '[' && !braces)) {
        ++depth;
      } else if (c == '}' || (c == ']' && !braces)) {
        if (depth > 0) --depth;
        if (depth == 0 && (braces || c == '}')) return i + 1;
      } else if (quotes && c == '"' && i > place && depth == 0) {
        return i + 1;
      } else if (depth == 0 && !quotes && (is_space(c) || c == ';')) {
        return i;
      }
    }
    return text.size();
  }

  std::string_view text_;
  Each each_;
};

// The text of a word in braces or quotes, or of a bare one.
std::string_view plain(std::string_view word) {
  if (word.size() > 1 && ((word.front() == '{' && word.back() == '}') || (word.front() == '"' && word.back() == '"'))) word = word.substr(1, word.size() - 2);
  return word;
}

class TclScript {
 public:
  TclScript(Needs& needs, const ModuleSearch& search, std::string_view path) : needs_(needs), search_(search), path_(path), directory_(parent_path(path)) {}

  void read(std::string_view text) {
    auto each = [this](const std::vector<std::string_view>& words, uint32_t line) { command(words, line); };
    Commands<decltype(each)>(text, each).read();
  }

 private:
  void command(const std::vector<std::string_view>& words, uint32_t line) {
    const std::string_view name = words[0];
    if (needs_.full()) return;
    if (name == "package" && words.size() > 2 && words[1] == "require") {
      package(plain(words[2] == "-exact" && words.size() > 3 ? words[3] : words[2]), line);
    } else if (name == "source" && words.size() > 1) {
      file(words[words.size() - 1], "source", line);
    } else if (name == "load" && words.size() > 1) {
      file(words[1], "load", line);
    } else if (name == "exec" && words.size() > 1) {
      exec(words);
    } else if (name == "open" && words.size() > 1 && plain(words[1]).starts_with('|')) {
      std::vector<std::string_view> parts = {name};
      each_part(plain(words[1]).substr(1), " \t", [&](std::string_view part) {
        if (parts.size() < kMaxWords) parts.push_back(part);
      });
      exec(parts);
    } else if (name == "clock" && words.size() > 1 && one_of(words[1], {"format", "scan", "add"})) {
      library("clock.tcl");  // by tclIndex
    } else if (name.starts_with("safe::") || name.starts_with("::safe::")) {
      library("safe.tcl");
    }
    encodings(words);
  }

  void library(std::string_view name) {
    for (const std::string& directory : search_.directories) {
      if (is_file(needs_.root(), directory + "/init.tcl")) needs_.file(join(directory, name), name);
    }
  }

  // fconfigure $f -encoding cp1252, encoding convertfrom euc-jp $text: tables beside the library.
  void encodings(const std::vector<std::string_view>& words) {
    for (size_t i = 1; i + 1 < words.size(); ++i) {
      const bool names = words[i] == "-encoding" || (i == 1 && words[0] == "encoding" && one_of(words[1], {"convertfrom", "convertto", "system"}));
      const std::string_view encoding = plain(words[i + 1]);
      if (!names || encoding.size() > 64 || encoding.find_first_of("/$[") != std::string_view::npos) continue;
      for (const std::string& directory : search_.directories) needs_.file(directory + "/encoding/" + std::string(encoding) + ".enc", encoding);
    }
  }

  void exec(const std::vector<std::string_view>& words) {
    bool first = true;  // of a pipeline's parts
    for (size_t i = 1; i < words.size(); ++i) {
      const std::string_view word = plain(words[i]);
      if (first && !word.empty() && word.find_first_of("$[\\ ") == std::string_view::npos && !word.starts_with('-')) needs_.command(word);
      if (first && !word.starts_with('-')) first = false;
      if (word == "|" || word == "|&") first = true;
    }
  }

  // A literal path, or [file join [file dirname [info script]] a b].
  std::optional<std::string> path_of(std::string_view word) const {
    word = plain(word);
    if (word.find_first_of("$[") == std::string_view::npos) return normal(join(directory_, word));
    // What stands behind the directory: the last words, without brackets.
    size_t start = std::string_view::npos, levels = 0;
    for (std::string_view own : {"$dir", "info script", "argv0"}) {
      if (const size_t place = word.find(own); place != std::string_view::npos) start = place + own.size();
    }
    // Any other variable in front of a name may well be the script's directory.
    const size_t variable = word.find('$');
    const bool guess = start == std::string_view::npos;
    if (guess) start = variable == std::string_view::npos ? variable : word.find_first_of(" /]", variable);
    if (start == std::string_view::npos) return std::nullopt;
    for (size_t place = word.find("dirname"); place < start && levels < kMaxLevels; place = word.find("dirname", place + 1)) ++levels;
    std::string path = directory_;
    for (; levels > 1; --levels) path = parent_path(path);
    size_t parts = 0;
    each_part(word.substr(start), " \t\n]/", [&](std::string_view part) {
      if (++parts <= 16) path += "/" + std::string(plain(part));
    });
    path = normal(path);
    return guess && !is_file(needs_.root(), path) ? std::nullopt : std::optional(std::move(path));
  }

  void file(std::string_view word, std::string_view command, uint32_t line) {
    const auto path = path_of(word);
    if (!path || path->find('$') != std::string::npos) needs_.unproved(line, std::string(command) + " of a file whose name is built at run time");
    else needs_.file(*path, plain(word));
  }

  // A module "name-1.2.tm", or what a pkgIndex.tcl says.
  void package(std::string_view name, uint32_t line) {
    if (name.find_first_of("$[*?\\") != std::string_view::npos) return needs_.unproved(line, "package require of a name that is built at run time");
    if (name.empty() || name == "Tcl" || name.size() > 255 || packages_.size() >= kMaxPackages || !packages_.emplace(name).second) return;
    const std::string module = replaced(name, "::", "/");
    for (const std::string& directory : search_.directories) {
      for (const char* place : {"/tcl8/", "/tcl8/*/", "/../tcl8/*/"}) {
        for (const std::string& file : needs_.root().glob(normal(directory) + place + module + "-*.tm", 16)) needs_.file(normal(file), name);
      }
    }
    for (const std::string& directory : search_.directories) {
      for (const char* depth : {"/pkgIndex.tcl", "/*/pkgIndex.tcl"}) {
        for (const std::string& index : needs_.root().glob(directory + depth, kMaxIndexes)) indexed(index, name);
      }
      // An index may read those of the directories below it, as tcllib's does.
      for (const std::string& index : needs_.root().glob(directory + "/*/*/pkgIndex.tcl", kMaxIndexes)) {
        const std::string above = join(parent_path(parent_path(index)), "pkgIndex.tcl");
        if (is_file(needs_.root(), above) && indexed(index, name)) needs_.file(above, name);
      }
    }
  }

  // package ifneeded NAME VERSION [list source [file join $dir a.tcl]]
  bool indexed(const std::string& index, std::string_view name) {
    bool found = false;
    const auto text = read_text(needs_.root(), index);
    if (!text || text->find(name) == std::string::npos) return false;
    auto each = [&](const std::vector<std::string_view>& words, uint32_t) {
      if (words.size() < 4 || words[0] != "package" || words[1] != "ifneeded" || plain(words[2]) != name) return;
      found = needs_.file(index, name);
      for (size_t i = 3; i < words.size(); ++i) named_files(words[i], std::string(parent_path(index)));
    };
    Commands<decltype(each)>(*text, each).read();
    return found;
  }

  // Every word of an index's script that is a file beside it, or an absolute path.
  void named_files(std::string_view script, const std::string& directory) {
    each_part(script, " \t\n[]{}\"\\;", [&](std::string_view part) {
      if (part.starts_with("$dir/")) part.remove_prefix(5);
      if (part.find('.') != std::string_view::npos && part.find('$') == std::string_view::npos) needs_.file(normal(join(directory, part)), part);
    });
  }

  Needs& needs_;
  const ModuleSearch& search_;
  std::string path_, directory_;
  std::set<std::string> packages_;  // that were looked for
};

}  // namespace

ModuleSearch tcl_search(Root& root, std::string_view interpreter, std::string_view script) {
  ModuleSearch search;
  search.interpreter = base_name(interpreter);
  search.script = script;
  const std::vector<int> version = version_in(search.interpreter);
  const std::string v = version.size() < 2 ? "[89].*" : std::to_string(version[0]) + "." + std::to_string(version[1]);
  // $tcl_library, $auto_path: Debian, Fedora, Alpine, and Tcl's own Makefile.
  search.directories = existing_directories(
      root, {"/usr/share/tcltk/tcl" + v, "/usr/share/tcl" + v, "/usr/lib/tcl" + v, "/usr/lib64/tcl" + v, "/usr/local/lib/tcl" + v,
             "/usr/share/tcltk", "/usr/local/lib/tcltk", "/usr/local/share/tcltk", "/usr/lib/tcltk/*-linux-*", "/usr/lib/tcltk", "/usr/lib"});
  return search;
}

void tcl_startup_needs(Needs& needs, const ModuleSearch& search) {
  for (const std::string& directory : search.directories) {
    if (!is_file(needs.root(), directory + "/init.tcl")) continue;
    for (std::string_view name : kLibrary) needs.file(join(directory, name), name);
    if (!search.interpreter.starts_with("wish")) return;
    const std::string tk = replaced(directory, "/tcl8", "/tk8");
    for (const char* pattern : {"/*.tcl", "/tclIndex", "/ttk/*.tcl"}) {
      for (const std::string& file : needs.root().glob(tk + pattern, kMaxIndexes)) needs.file(file, base_name(file));
    }
    return;
  }
}

void tcl_needs(Needs& needs, const ModuleSearch& search, std::string_view path, std::string_view text) {
  if (base_name(path) != "pkgIndex.tcl" && base_name(path) != "tclIndex") TclScript(needs, search, path).read(text);
}

}  // namespace rootlet::scripts
