#include <unordered_map>
#include <vector>

#include "report/text.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

// Who needs what, seen from the one who needs.
class TreeWriter {
 public:
  TreeWriter(const Closure& closure, const TreeStyle& style)
      : closure_(closure), paint_(style.color), needs_(closure.files.size()), spread_(closure.files.size()) {
    index_.reserve(closure.files.size());
    for (size_t i = 0; i < closure.files.size(); ++i) index_.emplace(closure.files[i].path, i);
    for (size_t i = 0; i < closure.files.size(); ++i) place(i);
    for (const Missing& missing : closure.missing) {
      if (auto by = index_.find(missing.by); by != index_.end()) needs_[by->second].push_back({0, nullptr, &missing});
    }
  }

  std::string write() {
    for (const Need& top : tops_) {
      const ClosureFile& file = closure_.files[top.file];
      out_ += paint_.bold(printable(file.path));
      const bool spelled_otherwise = top.reason->detail != file.path && top.reason->kind == ReasonKind::entry && file.type() == NodeType::file;
      if (spelled_otherwise) out_ += paint_.dim(" (" + printable(top.reason->detail) + ")");
      out_ += '\n';
      if (!spread_[top.file]) spread_out(top.file, 0);
    }
    missing();
    for (const Finding& finding : closure_.findings) {
      out_ += paint_.dim("note: ") + printable(finding.by) + ": " + printable(finding.detail) + " [" + finding.kind + "]\n";
    }
    summary();
    return std::move(out_);
  }

 private:
  static constexpr int kMaxDepth = 200;
  struct Need {
    size_t file;
    const Reason* reason;
    const Missing* missing;
  };

  // Under all that need it; at the top, if the user named it or all that need it are left out.
  void place(size_t file) {
    const Reason* orphaned = nullptr;
    bool placed = false;
    for (const Reason& reason : closure_.files[file].reasons) {
      // Links that a path crosses are no news; what a link alone carries along is.
      if (reason.kind == ReasonKind::link && closure_.files[file].type() == NodeType::symlink) continue;
      auto by = index_.find(reason.by);
      if (reason.by.empty()) {
        tops_.push_back({file, &reason, nullptr});
      } else if (by != index_.end()) {
        needs_[by->second].push_back({file, &reason, nullptr});
      } else {
        orphaned = &reason;
        continue;
      }
      placed = true;
    }
    if (!placed && orphaned != nullptr) tops_.push_back({file, orphaned, nullptr});
  }

  void spread_out(size_t by, int depth) {
    spread_[by] = true;
    const std::vector<Need>& needs = needs_[by];
    if (!needs.empty() && depth == kMaxDepth) {
      out_ += indent_ + "└── … (deeper than " + std::to_string(kMaxDepth) + "; --format json has it all)\n";
      return;
    }
    for (size_t i = 0; i < needs.size(); ++i) {
      const bool last = i + 1 == needs.size();
      out_ += indent_;
      out_ += last ? "└── " : "├── ";
      if (needs[i].missing != nullptr) {
        out_ += printable(needs[i].missing->name) + " => " + paint_.red("not found") + "\n";
        continue;
      }
      const bool again = spread_[needs[i].file];
      line(needs[i], again);
      if (again) continue;
      const size_t length = indent_.size();
      indent_ += last ? "    " : "│   ";
      spread_out(needs[i].file, depth + 1);
      indent_.resize(length);
    }
  }

  void line(const Need& need, bool again) {
    const ClosureFile& file = closure_.files[need.file];
    const Reason& reason = *need.reason;
    if (reason.detail != file.path) {
      out_ += printable(reason.detail);
      out_ += " => ";
    }
    out_ += printable(file.path);
    std::string how = " [";
    how += reason.how ? to_string(*reason.how) : to_string(reason.kind);
    how += reason.kind == ReasonKind::hwcaps ? ", hwcaps]" : "]";
    if (again && !needs_[need.file].empty()) how += " …";
    out_ += paint_.dim(how);
    out_ += '\n';
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
      if (file.type() == NodeType::file) bytes += file.node != nullptr ? file.node->status().size : file.content ? file.content->size() : 0;
    }
    out_ += paint_.dim(std::to_string(files) + " files, " + std::to_string(links) + " links, " + size_text(bytes)) + "\n";
  }

  const Closure& closure_;
  Paint paint_;
  std::unordered_map<std::string_view, size_t> index_;
  std::vector<std::vector<Need>> needs_;  // by the index of who needs it
  std::vector<bool> spread_;
  std::vector<Need> tops_;
  std::string indent_;
  std::string out_;
};

}  // namespace

std::string to_tree(const Closure& closure, const TreeStyle& style) { return TreeWriter(closure, style).write(); }

}  // namespace rootlet
