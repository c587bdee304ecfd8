#include <algorithm>
#include <vector>

#include "root/image.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

// As GCC's -MD writes a name, which is what make and ninja's depfile_parser read; and what make alone can be told to take as it is:
// ninja knows no way to write `|`, `*` or `?`, nor `&`, quotes and others that make takes without being told.
std::string escaped(std::string_view name) {
  constexpr std::string_view kBehindBackslash = " \t#:|*?";
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (kBehindBackslash.find(name[i]) != std::string_view::npos) {
      // Backslashes before it count twice.
      for (size_t back = i; back > 0 && name[back - 1] == '\\'; --back) out += '\\';
      out += '\\';
    }
    if (name[i] == '$') out += '$';
    out += name[i];
  }
  return out;
}

// A line break ends a rule and `;` its list of names, whatever stands before it. At the end of a line make loses a blank, and neither
// takes a backslash for itself.
bool is_readable(std::string_view name) {
  return !name.empty() && name.find_first_of("\n;") == std::string_view::npos && std::string_view(" \t\\").find(name.back()) == std::string_view::npos;
}

// In front of the colon `=` makes a variable of the line, `%` a pattern, and `&` at the end a rule for several files at once.
Result<void> check_target(std::string_view target) {
  if (!target.empty() && target.find_first_of("\n;=%") == std::string_view::npos && target.back() != '&' && target.back() != '\\') return {};
  return fail(ErrorCode::invalid_argument, "make cannot read \"" + std::string(target) + "\" as the target of a rule; give it another name with --depfile-target", std::string(target));
}

std::string rule(std::string_view target, std::vector<std::string> names) {
  std::erase_if(names, [](const std::string& name) { return !is_readable(name); });
  // Right behind the colon `=` would make it a variable of the target.
  std::stable_partition(names.begin(), names.end(), [](const std::string& name) { return name.find('=') == std::string::npos; });
  if (!names.empty() && names.front().find('=') != std::string::npos) names.clear();
  std::string out = escaped(target) + ":";
  for (const std::string& name : names) out += " \\\n  " + escaped(name);
  return out + "\n";
}

}  // namespace

Result<std::string> to_depfile(const Closure& closure, Root& root, std::string_view target) {
  if (auto done = check_target(target); !done) return Unexpected(std::move(done).error());
  if (is_image_reference(closure.root)) return rule(target, {std::string(image_file(std::string(closure.root)))});
  std::string top = closure.root;
  while (!top.empty() && top.back() == '/') top.pop_back();
  std::vector<std::string> names;
  for (const ClosureFile& file : closure.files) {
    const Walk walk = root.walk(file.path);
    // A directory's time, through a link as well, changes with what others put into it.
    if (walk.node == nullptr || !walk.node->is_file()) continue;
    // Both follow links, and would follow an absolute one to a file of this machine.
    const auto leaves = [](const Node* link) { return link->target().starts_with('/'); };
    if (!top.empty() && std::any_of(walk.links.begin(), walk.links.end(), leaves)) continue;
    names.push_back(top + std::string(file.path));
  }
  return rule(target, std::move(names));
}

}  // namespace rootlet
