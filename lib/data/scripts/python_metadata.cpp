// Metadata of installed distributions: what pkg_resources.load_entry_point, importlib.metadata.version and
// their like read.
#include <algorithm>
#include <set>

#include "data/scripts/python.hpp"

namespace rootlet::scripts {
namespace {

constexpr size_t kMaxDistributions = 64;  // with what each requires

// PEP 503, with "_" as file names have it; ends where a version or an extra starts.
std::string project_name(std::string_view requirement) {
  std::string name;
  for (char c : requirement) {
    if (c == '-' || c == '_' || c == '.') {
      if (!name.empty() && name.back() != '_') name += '_';
    } else if (is_alpha(c) || is_digit(c)) {
      name += lower(c);
    } else if (!name.empty() || !is_space(c)) {
      break;
    }
  }
  return name;
}

// Whether "PyYAML-6.0.dist-info" is the metadata of "pyyaml".
bool is_metadata_of(std::string_view file, std::string_view project) {
  if (!file.ends_with(".dist-info") && !file.ends_with(".egg-info")) return false;
  file = file.substr(0, file.rfind('.'));
  return project_name(file.substr(0, file.find('-'))) == project;
}

// Lines without their ends; empty ones count.
template <typename Each>
void each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text = text.substr(std::min(end + 1, text.size()));
    while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
    each(line);
  }
}

class Distributions {
 public:
  Distributions(Needs& needs, const ModuleSearch& search, PythonFinder& finder) : needs_(needs), search_(search), finder_(finder) {}

  void add(std::string_view requirement, std::string_view program) {
    std::vector<std::string> wanted = {project_name(requirement)};
    while (!wanted.empty()) {
      const std::string project = std::move(wanted.back());
      wanted.pop_back();
      if (project.empty() || seen_.size() >= kMaxDistributions || !seen_.insert(project).second) continue;
      const std::string place = find(project);
      if (place.empty()) continue;
      for (const char* name : {"/METADATA", "/PKG-INFO", "/requires.txt"}) required(place + name, project, wanted);
      needs_.file(place, project);  // an egg-info may be a file
      if (seen_.size() == 1) entry_points(place + "/entry_points.txt", program);
    }
  }

 private:
  std::string find(std::string_view project) const {
    for (const std::string& directory : search_.directories) {
      const Walk here = needs_.root().walk(directory);
      if (!is_site_directory(directory) || here.node == nullptr || !here.node->is_directory()) continue;
      const auto names = needs_.root().list(*here.node);
      if (!names) continue;
      for (const std::string& name : *names) {
        if (is_metadata_of(name, project)) return join(directory, name);
      }
    }
    return {};
  }

  // What a distribution requires in any case: "Requires-Dist: six (>=1.9)", or the first section of
  // requires.txt; markers that ask for an extra are passed over.
  void required(const std::string& path, std::string_view project, std::vector<std::string>& wanted) {
    if (!needs_.file(path, project)) return;
    const auto text = read_text(needs_.root(), path);
    if (!text) return;
    const bool list = path.ends_with("/requires.txt");
    bool over = false;
    each_line(*text, [&](std::string_view line) {
      if (list ? line.starts_with('[') : line.empty()) over = true;
      if (over || wanted.size() > kMaxDistributions || line.find("extra ==") != std::string_view::npos) return;
      if (list) {
        wanted.push_back(project_name(line));
      } else if (line.starts_with("Requires-Dist:")) {
        wanted.push_back(project_name(line.substr(14)));
      }
    });
  }

  // "yq = yq:cli" under [console_scripts]: the module of the entry point with the program's name.
  void entry_points(const std::string& path, std::string_view program) {
    if (!needs_.file(path, base_name(path))) return;
    const auto text = read_text(needs_.root(), path);
    if (!text) return;
    bool scripts = false;
    each_line(*text, [&](std::string_view line) {
      if (line.starts_with('[')) scripts = line == "[console_scripts]" || line == "[gui_scripts]";
      const size_t equals = line.find('=');
      if (!scripts || equals == std::string_view::npos) return;
      std::string_view module = trimmed(line.substr(equals + 1));
      module = module.substr(0, module.find_first_of(": ["));
      if (trimmed(line.substr(0, equals)) == base_name(program) && is_python_module_name(module)) finder_.import(module);
    });
  }

  Needs& needs_;
  const ModuleSearch& search_;
  PythonFinder& finder_;
  std::set<std::string> seen_;
};

}  // namespace

void python_distribution(Needs& needs, const ModuleSearch& search, PythonFinder& finder, std::string_view requirement,
                         std::string_view script) {
  Distributions(needs, search, finder).add(requirement, script);
}

}  // namespace rootlet::scripts
