#include <algorithm>
#include <unordered_set>

#include "report/text.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

constexpr size_t kMaxSteps = 1'000'000;  // of the search for chains

// Follows reasons backwards, from the path asked for to what the user named.
class ChainFinder {
 public:
  ChainFinder(const Closure& closure, size_t limit) : closure_(closure), limit_(limit) {}

  void find(const ClosureFile& file) {
    if (++steps_ > kMaxSteps || chains_.size() > limit_) return;
    if (!on_path_.insert(file.path).second) return;
    for (const Reason& reason : file.reasons) {
      backwards_.push_back({file.path, reason});
      if (reason.by.empty()) {
        if (chains_.size() <= limit_) chains_.emplace_back(backwards_.rbegin(), backwards_.rend());
      } else if (const ClosureFile* by = closure_.find(reason.by)) {
        find(*by);
      }
      backwards_.pop_back();
    }
    on_path_.erase(file.path);
  }

  void finish(Why& why) {
    std::stable_sort(chains_.begin(), chains_.end(), [](const Chain& a, const Chain& b) { return a.size() < b.size(); });
    why.more = chains_.size() > limit_ || steps_ > kMaxSteps;
    if (chains_.size() > limit_) chains_.resize(limit_);
    why.chains = std::move(chains_);
  }

 private:
  const Closure& closure_;
  size_t limit_;
  size_t steps_ = 0;
  std::vector<Chain> chains_;
  Chain backwards_;
  std::unordered_set<std::string_view> on_path_;
};

void note_absence(const Closure& closure, Root& root, std::string_view path, Why& why) {
  for (const PassedOver& passed : closure.passed_over) {
    if (passed.path != path && passed.path != why.path) continue;
    why.notes.push_back(passed.path + " was looked at for " + passed.name + ", which " + passed.by + " needs (" + std::string(to_string(passed.how)) + "), and passed over: " + passed.why);
  }
  for (const Missing& missing : closure.missing) {
    for (const Attempt& attempt : missing.tried) {
      if (attempt.path != path) continue;
      why.notes.push_back("looked for as " + std::string(missing.name) + ", which " + std::string(missing.by) + " needs (" + std::string(to_string(attempt.how)) + "): " + attempt.why);
    }
    if (missing.name == path) why.notes.push_back(std::string(missing.by) + " needs it, and it was not found");
  }
  for (const Finding& finding : closure.findings) {
    if (finding.by == why.path) why.notes.push_back(finding.detail + " [" + finding.kind + "]");
  }
  if (!why.notes.empty()) return;
  Walk walk = root.walk(path, FollowLast::no);
  if (walk.node == nullptr) {
    why.notes.push_back("there is no such path in the root, and nothing looked for it");
    return;
  }
  const std::string prefix = why.path + "/";
  const bool holds = std::any_of(closure.files.begin(), closure.files.end(), [&](const ClosureFile& file) { return file.path.starts_with(prefix); });
  why.notes.push_back(holds && walk.node->is_directory() ? "a directory that is in the layer only to hold other entries" : "it is in the root, but nothing that the entries load, run or name needs it");
}

}  // namespace

Why why(const Closure& closure, Root& root, std::string_view path, size_t limit) {
  Why why;
  why.path = path;
  // The path as it stands, then where it leads: both may be in the layer.
  std::vector<const Node*> nodes;
  Walk here = root.walk(path, FollowLast::no), there = root.walk(path);
  for (const Node* node : {here.node, there.node}) {
    if (node != nullptr && std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
  }
  if (!nodes.empty()) why.path = nodes.front()->path();
  if (why.path != path) why.notes.push_back(std::string(path) + " is " + why.path);
  if (nodes.size() == 2) why.notes.push_back(why.path + " is a symbolic link and leads to " + nodes.back()->path());
  const ClosureFile* file = closure.find(why.path);
  if (file == nullptr && nodes.size() == 2) file = closure.find(nodes.back()->path());
  if (file == nullptr) {
    note_absence(closure, root, path, why);
    return why;
  }
  why.present = true;
  ChainFinder finder(closure, limit);
  finder.find(*file);
  if (nodes.size() == 2 && file->path == nodes.front()->path()) {
    if (const ClosureFile* target = closure.find(nodes.back()->path())) finder.find(*target);
  }
  finder.finish(why);
  return why;
}

std::string to_text(const Why& why, const TreeStyle& style) {
  const Paint paint(style.color);
  std::string out = paint.bold(printable(why.path)) + (why.present ? " is in the layer\n" : paint.red(" is not in the layer") + "\n");
  for (const std::string& note : why.notes) out += "  " + printable(note) + "\n";
  for (const Chain& chain : why.chains) {
    out += "\n";
    for (size_t i = 0; i < chain.size(); ++i) {
      const Step& step = chain[i];
      out += std::string(2 * i, ' ') + (i == 0 ? "" : "└ ") + printable(step.path);
      std::string reason = std::string(to_string(step.reason.kind));
      if (!step.reason.detail.empty() && step.reason.detail != step.path) reason += " " + printable(step.reason.detail);
      if (step.reason.how) reason += ", " + std::string(to_string(*step.reason.how));
      out += paint.dim(" [" + reason + "]") + "\n";
    }
  }
  if (why.more) out += "\n" + paint.dim("… and more chains; --format json --limit N shows others") + "\n";
  return out;
}

}  // namespace rootlet
