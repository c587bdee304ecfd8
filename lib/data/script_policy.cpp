// What the text of a script calls for beside the modules and commands that it names.
#include <algorithm>

#include "data/finder.hpp"
#include "data/scripts/needs.hpp"

namespace rootlet::data {
namespace {

constexpr std::string_view kZones = "/usr/share/zoneinfo/";
constexpr size_t kMaxSiblings = 2000;

bool is_path_character(char c) { return scripts::is_alpha(c) || scripts::is_digit(c) || c == '_' || c == '-' || c == '+' || c == '.' || c == '/'; }
bool is_charset_character(char c) { return scripts::is_alpha(c) || scripts::is_digit(c) || c == '_' || c == '-'; }

template <typename Each>
void each_word(std::string_view text, bool (*belongs)(char), Each each) {
  for (size_t at = 0; at < text.size();) {
    const auto start = std::find_if(text.begin() + static_cast<ptrdiff_t>(at), text.end(), belongs);
    const auto end = std::find_if_not(start, text.end(), belongs);
    if (start != end) each(text.substr(static_cast<size_t>(start - text.begin()), static_cast<size_t>(end - start)));
    at = static_cast<size_t>(end - text.begin());
  }
}

}  // namespace

// A script that writes to /var or /run wants the directory.
void Finder::state_path(Needs& needs, const std::string& path) {
  if (!Safety::is_state(path)) return;
  Taking taking{needs, Origin::evidence, path, Safety::Asker::evidence};
  // /var/lock and /var/run are links into /run, where nothing is before the system has started.
  const bool linked = path.starts_with("/var/lock/") || path.starts_with("/var/run/");
  const Node* node = root_.walk(path).node;
  if (node == nullptr || node->is_file()) taker_.directory(taking, std::string(scripts::parent_path(path)), linked);
  else taker_.directory(taking, path, false);
}

// Words that are time zones of the root, and those behind which iconv may find a character set.
void Finder::words_of_script(Needs& needs, std::string_view text) {
  std::set<std::string> zones, charsets;
  each_word(text, is_path_character, [&](std::string_view word) {
    word.remove_prefix(std::min(word.find_first_not_of("-+_.0123456789"), word.size()));
    if (word.starts_with('/')) return state_path(needs, std::string(word));
    const size_t slash = word.find('/');
    if (slash == std::string_view::npos || word.size() > 64 || word[0] < 'A' || word[0] > 'Z') return;
    if (zones.size() < 100) zones.emplace(word);
  });
  for (const std::string& zone : zones) {
    Taking taking{needs, Origin::evidence, zone, Safety::Asker::evidence};
    taker_.file(taking, std::string(kZones) + zone);
  }
  if (text.find("iconv") == std::string_view::npos) return;
  each_word(text, is_charset_character, [&](std::string_view word) {
    if (word.size() >= 3 && word.size() <= 32 && charsets.size() < 1000) charsets.emplace(word);
  });
  provider_.mention_charsets({charsets.begin(), charsets.end()});
}

// The directory below /usr/share that bears the name of a module's package, and the data of a gem.
void Finder::package_data(Needs& needs, const Script& script) {
  const std::string& module = script.node->path();
  const size_t gems = module.find("/gems/"), lib = module.find("/lib/", gems == std::string::npos ? 0 : gems);
  if (script.language == ScriptLanguage::ruby && gems != std::string::npos && lib != std::string::npos) {
    const std::string data = module.substr(0, lib) + "/data";
    Taking taking{needs, Origin::evidence, data, Safety::Asker::evidence};
    if (const Node* node = root_.walk(data).node; node != nullptr && node->is_directory()) taker_.tree(taking, data);
  }
  const Package* package = packages_.owner(script.node->path());
  if (package == nullptr || !package_data_.insert(package).second) return;
  Taking taking{needs, Origin::evidence, "/usr/share/" + package->name, Safety::Asker::evidence};
  taking.programs = false;
  package_files_below(taking, *package, "/usr/share/" + package->name, false);
}

// Where a module chooses at run time what it loads, it chooses among its own: the package that it is in (Python), or the
// directory of its own name (Perl, Ruby). The standard libraries' own choices are known to the readers.
void Finder::siblings(Needs& needs, const Script& script) {
  const std::string& path = script.started;
  std::string directory;
  if (script.language == ScriptLanguage::python) {
    directory = scripts::parent_path(path);
    if (root_.walk(directory + "/__init__.py").node == nullptr) return;
    if (packages_.owner(script.node->path()) != nullptr) return;
  } else if ((script.language == ScriptLanguage::perl && path.ends_with(".pm")) || (script.language == ScriptLanguage::ruby && path.ends_with(".rb"))) {
    directory = path.substr(0, path.size() - 3);
    if (directory.find("/perl/5") != std::string::npos || directory.find("/perl-base/") != std::string::npos || directory.starts_with("/usr/lib/ruby/3")) return;
  } else {
    return;
  }
  Taking taking{needs, Origin::evidence, "modules that " + std::string(scripts::base_name(path)) + " chooses from at run time", Safety::Asker::evidence};
  auto module = [&](const std::string& file) {
    if (!taker_.file(taking, file)) return;
    needs.back().kind = Need::module;
    needs.back().language = script.language;
  };
  // Text::CSV chooses between Text::CSV_PP and Text::CSV_XS.
  if (script.language == ScriptLanguage::perl) {
    for (const std::string& file : root_.glob(directory + "_*.pm", kMaxSiblings)) module(file);
  }
  size_t left = kMaxSiblings;
  std::vector<std::string> directories = {directory};
  while (!directories.empty() && left > 0) {
    const std::string here = std::move(directories.back());
    directories.pop_back();
    const Node* at = root_.walk(here).node;
    auto names = at != nullptr && at->is_directory() ? root_.list(*at) : Result<std::vector<std::string>>(std::vector<std::string>());
    for (const std::string& name : names ? *names : std::vector<std::string>()) {
      if (left == 0) break;
      --left;
      const Node* child = root_.child(*at, name);
      if (child == nullptr || name == "__pycache__" || name == "tests" || name == "test") continue;
      if (child->is_directory()) directories.push_back(here + "/" + name);
      for (std::string_view ending : {".py", ".pm", ".pl", ".rb"}) {
        if (name.ends_with(ending)) module(here + "/" + name);
      }
    }
  }
}

}  // namespace rootlet::data
