#include <algorithm>

#include "root/image.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

// As GCC's -MD writes a name, which is what make and ninja's depfile_parser read.
std::string escaped(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == ' ' || name[i] == '\t') {
      // Backslashes before a blank count twice.
      for (size_t back = i; back > 0 && name[back - 1] == '\\'; --back) out += '\\';
      out += '\\';
    }
    if (name[i] == '$') out += '$';
    if (name[i] == '#') out += '\\';
    out += name[i];
  }
  return out;
}

}  // namespace

std::string to_depfile(const Closure& closure, Root& root, std::string_view target) {
  std::string top = closure.root;
  while (!top.empty() && top.back() == '/') top.pop_back();
  std::string out = escaped(target) + ":";
  if (is_image_reference(closure.root)) return out + " \\\n  " + escaped(image_file(std::string(closure.root))) + "\n";
  for (const ClosureFile& file : closure.files) {
    const Walk walk = root.walk(file.path);
    // Neither reads a line break in a name. A directory's time, through a link as well, changes with what others put into it.
    if (walk.node == nullptr || !walk.node->is_file() || file.path.find('\n') != std::string_view::npos) continue;
    // Both follow links, and would follow an absolute one to a file of this machine.
    const auto leaves = [](const Node* link) { return link->target().starts_with('/'); };
    if (!top.empty() && std::any_of(walk.links.begin(), walk.links.end(), leaves)) continue;
    out += " \\\n  " + escaped(top + std::string(file.path));
  }
  return out + "\n";
}

}  // namespace rootlet
