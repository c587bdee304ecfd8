#include "report/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>

#include "rootlet/report.hpp"

namespace rootlet {

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
      continue;
    }
    std::array<char, 5> escape;
    std::snprintf(escape.data(), escape.size(), "\\x%02x", byte);
    out += escape.data();
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

// Who needs what, seen from the one who needs.
class TreeWriter {
 public:
  TreeWriter(const Closure& closure, const TreeStyle& style) : closure_(closure), paint_(style.color) {
    for (const ClosureFile& file : closure.files) {
      for (const Reason& reason : file.reasons) {
        if (reason.kind == ReasonKind::link) continue;
        Need need{&file, &reason, nullptr};
        if (reason.by.empty()) {
          tops_.push_back(need);
        } else {
          needs_[reason.by].push_back(need);
        }
      }
    }
    for (const Missing& missing : closure.missing) needs_[missing.by].push_back({nullptr, nullptr, &missing});
  }

  std::string write() {
    for (const Need& top : tops_) {
      std::string name(top.file->path);
      out_ += paint_.bold(printable(name));
      if (top.reason->detail != name && top.reason->kind == ReasonKind::entry && top.file->node != nullptr && top.file->node->is_file()) {
        out_ += paint_.dim(" (" + printable(top.reason->detail) + ")");
      }
      out_ += "\n";
      if (spread_.insert(top.file->path).second) branches(top.file->path, "", 0);
    }
    missing();
    for (const Finding& finding : closure_.findings) {
      out_ += paint_.dim("note: ") + printable(finding.by) + ": " + printable(finding.detail) + " [" + finding.kind + "]\n";
    }
    summary();
    return std::move(out_);
  }

 private:
  struct Need {
    const ClosureFile* file;
    const Reason* reason;
    const Missing* missing;
  };

  static constexpr int kMaxDepth = 200;

  void branches(std::string_view path, const std::string& indent, int depth) {
    auto found = needs_.find(path);
    if (found == needs_.end()) return;
    if (depth == kMaxDepth) {
      out_ += indent + "└── … (deeper than " + std::to_string(kMaxDepth) + "; --format json has it all)\n";
      return;
    }
    const std::vector<Need>& needs = found->second;
    for (size_t i = 0; i < needs.size(); ++i) {
      const bool last = i + 1 == needs.size();
      out_ += indent + (last ? "└── " : "├── ");
      if (needs[i].missing != nullptr) {
        out_ += printable(needs[i].missing->name) + " => " + paint_.red("not found") + "\n";
        continue;
      }
      const ClosureFile& file = *needs[i].file;
      const Reason& reason = *needs[i].reason;
      const bool again = !spread_.insert(file.path).second;
      if (reason.detail != file.path) out_ += printable(reason.detail) + " => ";
      out_ += printable(file.path) + paint_.dim(" [" + std::string(reason.how ? to_string(*reason.how) : to_string(reason.kind)) + (reason.kind == ReasonKind::hwcaps ? ", hwcaps" : "") + "]");
      out_ += again && needs_.contains(file.path) ? paint_.dim(" …") + "\n" : "\n";
      if (!again) branches(file.path, indent + (last ? "    " : "│   "), depth + 1);
    }
  }

  void missing() {
    for (const Missing& missing : closure_.missing) {
      out_ += paint_.red("missing: ") + printable(missing.name) + ", needed by " + printable(missing.by) + "\n";
      for (const Attempt& attempt : missing.tried) {
        out_ += "    " + printable(attempt.path) + paint_.dim(" [" + std::string(to_string(attempt.how)) + "] ") + printable(attempt.why) + "\n";
      }
      if (missing.tried.empty()) out_ += paint_.dim("    nowhere to look: no directory is searched for it\n");
    }
  }

  void summary() {
    size_t files = 0, links = 0;
    unsigned long long bytes = 0;
    for (const ClosureFile& file : closure_.files) {
      links += file.type() == NodeType::symlink;
      files += file.type() == NodeType::file;
      if (file.type() == NodeType::file) bytes += file.node != nullptr ? file.node->status().size : file.content->size();
    }
    out_ += paint_.dim(std::to_string(files) + " files, " + std::to_string(links) + " links, " + size_text(bytes)) + "\n";
  }

  const Closure& closure_;
  Paint paint_;
  std::map<std::string_view, std::vector<Need>> needs_;
  std::vector<Need> tops_;
  std::set<std::string_view> spread_;
  std::string out_;
};

std::string dot_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string to_tree(const Closure& closure, const TreeStyle& style) { return TreeWriter(closure, style).write(); }

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
