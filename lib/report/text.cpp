#include "report/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <unordered_set>

#include "base/escape.hpp"
#include "rootlet/report.hpp"

namespace rootlet {

std::string printable(std::string_view text) { return escaped(text); }

std::string size_text(unsigned long long bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

namespace {

std::string dot_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string to_paths(const Closure& closure) {
  std::string out;
  for (const ClosureFile& file : closure.files) {
    out += file.path;
    out += '\n';
  }
  return out;
}

std::string to_dot(const Closure& closure) {
  std::string out = "digraph rootlet {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n";
  for (const ClosureFile& file : closure.files) {
    out += "  " + dot_quote(file.path);
    if (file.type() == NodeType::symlink) out += " [style=dashed]";
    if (file.node == nullptr) out += " [style=dotted]";
    out += ";\n";
    std::unordered_set<std::string> drawn;  // reasons that differ in what they do not show here
    for (const Reason& reason : file.reasons) {
      if (reason.by.empty()) continue;
      std::string edge = "  " + dot_quote(reason.by) + " -> " + dot_quote(file.path) + " [label=" + dot_quote(std::string(to_string(reason.kind)) + (reason.how ? ", " + std::string(to_string(*reason.how)) : ""));
      edge += reason.kind == ReasonKind::link ? ", style=dashed];\n" : "];\n";
      if (drawn.insert(edge).second) out += edge;
    }
  }
  for (const Missing& missing : closure.missing) {
    out += "  " + dot_quote(missing.name) + " [color=red, fontcolor=red];\n";
    out += "  " + dot_quote(missing.by) + " -> " + dot_quote(missing.name) + " [color=red, label=\"missing\"];\n";
  }
  return out + "}\n";
}

}  // namespace rootlet
