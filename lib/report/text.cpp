#include "report/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "rootlet/report.hpp"

namespace rootlet {

size_t character_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (length == 0 || length > text.size()) return 0;
  uint32_t point = length == 1 ? lead : lead & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return 0;
    point = point << 6 | (next & 0x3f);
  }
  if (length == 3 && (point < 0x800 || (point >= 0xd800 && point < 0xe000))) return 0;
  if (length == 4 && (point < 0x10000 || point > 0x10ffff)) return 0;
  return length;
}

std::string printable(std::string_view text) {
  auto plain = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const size_t length = character_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    const bool control = length == 1 ? !plain(text[0]) : length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    const size_t taken = std::max<size_t>(length, 1);
    for (size_t i = 0; i < taken; ++i) {
      if (length != 0 && !control) {
        out += text[i];
        continue;
      }
      std::array<char, 5> escape;
      std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<unsigned char>(text[i]));
      out += escape.data();
    }
    text.remove_prefix(taken);
  }
  return out;
}

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
    for (const Reason& reason : file.reasons) {
      if (reason.by.empty()) continue;
      out += "  " + dot_quote(reason.by) + " -> " + dot_quote(file.path) + " [label=" + dot_quote(std::string(to_string(reason.kind)) + (reason.how ? ", " + std::string(to_string(*reason.how)) : ""));
      out += reason.kind == ReasonKind::link ? ", style=dashed];\n" : "];\n";
    }
  }
  for (const Missing& missing : closure.missing) {
    out += "  " + dot_quote(missing.name) + " [color=red, fontcolor=red];\n";
    out += "  " + dot_quote(missing.by) + " -> " + dot_quote(missing.name) + " [color=red, label=\"missing\"];\n";
  }
  return out + "}\n";
}

}  // namespace rootlet
