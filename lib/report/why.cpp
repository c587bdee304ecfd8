#include <fnmatch.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <set>
#include <tuple>
#include <vector>

#include "base/shell_pattern.hpp"
#include "report/text.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

constexpr size_t kMaxStates = 1'000'000;  // of the search for chains
constexpr size_t kMaxWork = 100'000'000;  // looks back along a beginning of a chain
constexpr size_t kMaxSteps = 2'000'000;   // in all chains together
constexpr size_t kMaxIndent = 60;         // of a step, in steps

// Follows reasons backwards, from the path asked for to what the user named. The beginning that may become
// the shortest chain is followed first (A*, with the true distances), so that a limit cuts off the longest
// ones.
class ChainFinder {
 public:
  ChainFinder(const Closure& closure, size_t limit) : closure_(closure), limit_(limit) { measure(); }

  void from(const ClosureFile& file) { push({index_of(file), kNone, 0, kFar, nullptr}); }

  void find(Why& why) {
    while (!queue_.empty()) {
      const uint32_t at = queue_.top().state;
      queue_.pop();
      const State state = states_[at];
      if (state.file == kNone) {
        if (why.chains.size() == limit_ || steps_ + state.length > kMaxSteps) {
          cut_ = true;
          break;
        }
        why.chains.push_back(chain(at));
      } else {
        follow(at, state);
      }
    }
    why.more = cut_;
    for (const std::string_view path : left_out_)
      why.notes.push_back(std::string(path) +
                          " is where chains begin that lead from no entry: it is left out itself");
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX, kFar = UINT32_MAX;
  // The end of a chain: `file` is needed for `reason` of the file of state `next`. No file: the chain is
  // whole.
  struct State {
    uint32_t file;
    uint32_t next;
    uint32_t length;   // reasons so far
    uint32_t nearest;  // the least distance of all files so far
    const Reason* reason;
  };
  struct Promise {
    uint64_t length;  // that the whole chain has at least
    uint32_t state;
    bool operator>(const Promise& other) const {
      return std::tie(length, state) > std::tie(other.length, other.state);
    }
  };

  uint32_t index_of(const ClosureFile& file) const {
    return static_cast<uint32_t>(&file - closure_.files.data());
  }

  // How many reasons each file is away from the start of a chain.
  void measure() {
    const size_t count = closure_.files.size();
    std::vector<std::vector<uint32_t>> needs(count);
    distance_.assign(count, kFar);
    std::vector<uint32_t> reached;
    for (uint32_t i = 0; i < count; ++i) {
      for (const Reason& reason : closure_.files[i].reasons) {
        const ClosureFile* by = reason.by.empty() ? nullptr : closure_.find(reason.by);
        if (by != nullptr) {
          needs[index_of(*by)].push_back(i);
        } else if (distance_[i] == kFar) {
          distance_[i] = 1;
          reached.push_back(i);
        }
      }
    }
    for (size_t i = 0; i < reached.size(); ++i) {
      for (const uint32_t needed : needs[reached[i]]) {
        if (distance_[needed] != kFar) continue;
        distance_[needed] = distance_[reached[i]] + 1;
        reached.push_back(needed);
      }
    }
  }

  void push(State state) {
    const uint32_t left = state.file == kNone ? 0 : distance_[state.file];
    if (left == kFar) return;
    if (states_.size() == kMaxStates) {
      cut_ = true;
      return;
    }
    state.nearest = std::min(state.nearest, left);
    queue_.push({uint64_t{state.length} + left, static_cast<uint32_t>(states_.size())});
    states_.push_back(state);
  }

  void follow(uint32_t at, const State& state) {
    for (const Reason& reason : closure_.files[state.file].reasons) {
      const ClosureFile* by = reason.by.empty() ? nullptr : closure_.find(reason.by);
      if (by == nullptr && !reason.by.empty()) left_out_.insert(reason.by);
      const uint32_t file = by == nullptr ? kNone : index_of(*by);
      if (file != kNone && on_chain(at, file)) continue;
      push({file, at, state.length + 1, state.nearest, &reason});
    }
  }

  // What is nearer than all on the chain is none of them.
  bool on_chain(uint32_t at, uint32_t file) {
    if (distance_[file] < states_[at].nearest) return false;
    for (; at != kNone; at = states_[at].next) {
      if (states_[at].file == file) return true;
      if (++work_ > kMaxWork) return cut_ = true;
    }
    return false;
  }

  Chain chain(uint32_t at) {
    Chain chain;
    for (; states_[at].next != kNone; at = states_[at].next) {
      chain.push_back({closure_.files[states_[states_[at].next].file].path, *states_[at].reason});
    }
    steps_ += chain.size();
    return chain;
  }

  const Closure& closure_;
  size_t limit_;
  size_t work_ = 0, steps_ = 0;
  bool cut_ = false;  // there are, or may be, more chains
  std::vector<uint32_t> distance_;
  std::vector<State> states_;
  std::priority_queue<Promise, std::vector<Promise>, std::greater<>> queue_;
  std::set<std::string_view> left_out_;  // what needs something of this closure and is not in it
};

// `paths`: the one asked for as it was spelled, as it stands, and where it leads.
bool is_about(const Finding& finding, const std::vector<std::string>& paths) {
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
    if (finding.by == path) return true;
    return std::any_of(finding.about.begin(), finding.about.end(), [&](const std::string& about) {
      // A library that nothing looked for is known by its name alone.
      const bool name = finding.kind == "suggested" && path.ends_with("/" + about);
      return name || about == path || (about.find_first_of("*?[") != std::string::npos && shell_match(about, path, FNM_PATHNAME));
    });
  });
}

void note_absence(const Closure& closure, Root& root, const std::vector<std::string>& paths, Why& why) {
  const std::string& path = paths.front();
  // One fact may have come up for several processors, and of what is missing there is more than one record.
  std::set<std::string> said;
  const auto note = [&](std::string text) {
    if (said.insert(text).second) why.notes.push_back(std::move(text));
  };
  std::set<std::pair<std::string_view, std::string_view>> missed;
  for (const Missing& missing : closure.missing) {
    for (const Attempt& attempt : missing.tried) {
      if (attempt.path != path) continue;
      missed.emplace(missing.name, missing.by);
      note("looked for as " + std::string(missing.name) + ", which " + std::string(missing.by) + " needs (" +
           std::string(to_string(attempt.how)) + "): " + attempt.why);
    }
    if (missing.name == path) note(std::string(missing.by) + " needs it, and it was not found");
  }
  for (const PassedOver& passed : closure.passed_over) {
    if ((passed.path != path && passed.path != why.path) || missed.contains({passed.name, passed.by})) continue;
    note(passed.path + " was looked at for " + passed.name + ", which " + passed.by + " needs (" +
         std::string(to_string(passed.how)) + "), and passed over: " + passed.why);
  }
  for (const Finding& finding : closure.findings) {
    if (!is_about(finding, paths)) continue;
    const bool by_another = !finding.by.empty() && std::find(paths.begin(), paths.end(), finding.by) == paths.end();
    note((by_another ? finding.by + ": " : "") + finding.detail + " [" + finding.kind + "]");
  }
  if (!said.empty()) return;
  Walk walk = root.walk(path, FollowLast::no);
  if (walk.node == nullptr) {
    why.notes.push_back(path.starts_with('/') ? "there is no such path in the root, and nothing looked for it"
                                              : "nothing was looked for by this name; a path in the root begins with /");
    return;
  }
  const std::string prefix = why.path + "/";
  const bool holds = std::any_of(closure.files.begin(), closure.files.end(),
                                 [&](const ClosureFile& file) { return file.path.starts_with(prefix); });
  why.notes.push_back(holds && walk.node->is_directory()
                          ? "a directory that is in the layer only to hold other entries"
                          : "it is in the root, but nothing that the entries load, run or name needs it");
}

// What the plan adds by itself, with or without being asked to.
bool note_addition(const Closure& closure, Root& root, std::string_view path, Why& why) {
  PlanOptions options;
  options.licenses = true;
  const auto plan = make_plan(closure, root, options);
  if (!plan) return false;
  for (const PlanEntry& entry : plan->entries) {
    if (entry.added.empty() || (entry.path != path && entry.path != why.path)) continue;
    why.present = entry.added != "licenses";
    why.notes.push_back(why.present ? "put into the layer for scanners, which find its packages by it; --no-package-metadata leaves it out"
                                    : "nothing that the entries load, run or name needs it; --licenses puts it into the layer");
    return true;
  }
  return false;
}

// A name by which something was looked for, as a soname: what it was found as.
bool answer_for_name(const Closure& closure, std::string_view name, size_t limit, Why& why) {
  ChainFinder finder(closure, limit);
  for (const ClosureFile& file : closure.files) {
    const auto by_name = [&](const Reason& reason) { return reason.detail == name && !reason.by.empty(); };
    if (std::none_of(file.reasons.begin(), file.reasons.end(), by_name)) continue;
    if (!why.present) why.path = file.path;
    why.present = true;
    why.notes.push_back(std::string(name) + " is " + std::string(file.path));
    finder.from(file);
  }
  if (why.present) finder.find(why);
  return why.present;
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
  if (nodes.empty() && !path.starts_with('/') && answer_for_name(closure, path, limit, why)) return why;
  if (nodes.size() == 2)
    why.notes.push_back(why.path + " is a symbolic link and leads to " + nodes.back()->path());
  const ClosureFile* file = closure.find(why.path);
  if (file == nullptr && nodes.size() == 2) file = closure.find(nodes.back()->path());
  if (file == nullptr) {
    if (note_addition(closure, root, path, why)) return why;
    std::vector<std::string> paths = {std::string(path), why.path};
    if (!nodes.empty()) paths.push_back(nodes.back()->path());
    note_absence(closure, root, paths, why);
    return why;
  }
  why.present = true;
  ChainFinder finder(closure, limit);
  finder.from(*file);
  if (nodes.size() == 2 && file->path == nodes.front()->path()) {
    if (const ClosureFile* target = closure.find(nodes.back()->path())) finder.from(*target);
  }
  finder.find(why);
  return why;
}

std::string to_text(const Why& why, const TreeStyle& style) {
  const Paint paint(style.color);
  std::string out = paint.bold(printable(why.path)) +
                    (why.present ? " is in the layer\n" : paint.red(" is not in the layer") + "\n");
  for (const std::string& note : why.notes) out += "  " + printable(note) + "\n";
  for (const Chain& chain : why.chains) {
    out += "\n";
    for (size_t i = 0; i < chain.size(); ++i) {
      const Step& step = chain[i];
      out += std::string(2 * std::min(i, kMaxIndent), ' ') + (i == 0 ? "" : "└ ") + printable(step.path);
      std::string reason = std::string(to_string(step.reason.kind));
      if (!step.reason.detail.empty() && step.reason.detail != step.path)
        reason += " " + printable(step.reason.detail);
      if (step.reason.how) reason += ", " + std::string(to_string(*step.reason.how));
      out += paint.dim(" [" + reason + "]") + "\n";
    }
  }
  if (why.more) out += "\n" + paint.dim("… and more chains; --format json --limit N shows others") + "\n";
  return out;
}

}  // namespace rootlet
