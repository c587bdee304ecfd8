// closure: everything that entries need, with a reason for each file.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "rootlet/base.hpp"
#include "rootlet/data.hpp"
#include "rootlet/loader.hpp"
#include "rootlet/root.hpp"

namespace rootlet {

// Why a file is in the closure. The words in JSON are these names with `include_` as "include".
enum class ReasonKind : uint8_t {
  entry, interpreter, needed, preload, filter, hwcaps, link, script, dlopen, plugin, data, rule,
  package, include_, generated,
};
std::string_view to_string(ReasonKind kind);

// One edge of the graph: `by` needs the file. Views point into the Closure that holds the reason.
struct Reason {
  ReasonKind kind = ReasonKind::entry;
  std::string_view by;      // path of the file that needs it; empty for what the user named
  std::string_view detail;  // the name it was asked for by, or the rule
  std::optional<How> how;   // for libraries: how the loader found it
};

struct ClosureFile {
  std::string_view path;  // absolute inside the root, canonical
  const Node* node = nullptr;          // null for a generated file
  std::optional<std::string> content;  // of a generated file; a directory that is made has none
  std::vector<Reason> reasons;
  std::string_view package = {};  // that owns it: "libc6 2.36-9"; empty for none, and with DataMode::none

  std::string_view package_note = {};  // what an object that no package of the root owns says it was built for (.note.package)

  bool generated() const { return node == nullptr; }
  NodeType type() const { return node != nullptr ? node->status().type : content ? NodeType::file : NodeType::directory; }
};

// A program of the closure, or a library that is there by itself, in the order in which they were found.
struct ClosureProgram {
  const Node* node = nullptr;
  std::string name;      // the path it is started by
  bool library = false;  // something opens it; what that is, is not known
  bool named = false;    // by the user
  // What it and its libraries open while it runs, as far as is known: by a name that is in them (ReasonKind::dlopen), by a rule, or
  // because it lies in a directory of theirs (ReasonKind::plugin), which others may open as well.
  std::vector<Loader::OpenRequest> opens;
  std::vector<ReasonKind> why_opened;  // of each
};

// Something required that is not there.
struct Missing {
  std::string_view name;  // as it was asked for
  std::string_view by;
  ReasonKind kind = ReasonKind::needed;
  std::vector<Attempt> tried;  // every candidate, in search order
};

// Something the caller should know, which does not make the closure incomplete.
struct Finding {
  std::string kind;  // a stable word: "wrong-machine", "conf-not-cache", "set-id-dropped", …
  std::string by;    // the file concerned
  std::string detail;
  std::vector<std::string> about = {};  // what else `detail` is about: paths, patterns of paths, and names that were looked for
};

// A path that a search passed over.
struct PassedOver {
  std::string path;
  std::string by;
  std::string name;  // what was looked for
  How how = How::default_dir;
  std::string why;
};

struct Closure {
  std::string root;
  std::vector<std::string> entries;
  std::vector<ClosureFile> files;  // sorted by path, bytewise, each path once
  std::vector<Missing> missing;
  std::vector<Finding> findings;
  std::vector<ClosureProgram> programs;
  std::vector<PassedOver> passed_over;  // only with LoaderConfig::record_attempts

  // The file of that path, or null.
  const ClosureFile* find(std::string_view path) const;

  // Keeps a copy of `text` as long as the closure lives and returns a view of it; equal texts share
  // one copy.
  std::string_view keep(std::string_view text);

  Closure() = default;
  Closure(Closure&&) = default;
  Closure& operator=(Closure&&) = default;

  // What the views point into beside the closure itself and the Root.
  std::shared_ptr<const void> owner;

 private:
  std::deque<std::string> texts_;
  std::unordered_set<std::string_view> kept_;
};

// How far resolve() is: how much there is to do is not known before its end.
struct ResolveProgress {
  uint64_t files = 0;     // of the closure so far
  std::string_view path;  // the file that is looked at, or empty
};

// PATH where nobody sets it.
inline constexpr std::string_view kUsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct ResolveOptions {
  LoaderConfig loader;
  DataOptions data;
  std::vector<std::string> include;  // absolute paths or shell patterns to carry along
  std::vector<std::string> exclude;  // shell patterns; what matches is left out, and said in findings
  // Where `env NAME` in a script's first line, and programs and scripts that start others by name, look; ':'-separated. Empty: what the
  // root's image sets as PATH (Root::variable()), or else kUsualPath.
  std::string path;
  // Called at the beginning and then about every 10 ms; returning false stops with an error of code `cancelled`.
  std::function<bool(const ResolveProgress&)> progress = {};
};

// Resolves entries, which are absolute paths inside `root`: programs, libraries, scripts, or any
// file or directory to carry along. An entry that does not exist or cannot be read is an Error;
// whatever else is amiss is in the answer. An entry that is given again counts once. `root` keeps what it learns, so that several calls with
// one Root are cheaper than several Roots; the closure points into it and must not outlive it.
Result<Closure> resolve(Root& root, const std::vector<std::string>& entries,
                        const ResolveOptions& options = {});

}  // namespace rootlet
