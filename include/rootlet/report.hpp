// report: a Closure as text, for people and for programs.
//
// All functions only read the closure and may be called from several threads at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rootlet/audit.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/inventory.hpp"
#include "rootlet/root.hpp"

namespace rootlet {

// The text with control characters (C0, DEL, C1) and what is not UTF-8 as \xHH, so that a hostile name cannot drive
// a terminal.
std::string printable(std::string_view text);

// One JSON object (schema 1), ending in a newline. Paths that are not UTF-8 have U+FFFD in place of
// what is not, and their bytes in hexadecimal beside them ("path_hex").
std::string to_json(const Closure& closure);

// The paths of all files and links, one a line, sorted.
std::string to_paths(const Closure& closure);

// A Graphviz digraph: files, and an edge for each reason.
std::string to_dot(const Closure& closure);

// A rule for make and ninja: `target` depends on every file of the closure, by its name on this machine; of generated files,
// on the root's file of that name; or on the image that they are in. `root` is the one that the closure was made with. Names that make
// cannot read in a rule are left out; a target that it cannot read, or would take for something else, is `invalid_argument`.
Result<std::string> to_depfile(const Closure& closure, Root& root, std::string_view target);

// One HTML page that shows the closure and loads nothing: a map by size, the files with their chains of reasons, the graph,
// what is missing, findings. `before`, unless empty, is what to_json() gave earlier; the page compares the two. It is `malformed` if
// it is anything else, and `too_large` beyond 256 MiB. Equal arguments give equal bytes.
Result<std::string> to_html(const Closure& closure, std::string_view before = {});

struct TreeStyle {
  bool color = false;  // ANSI escapes
};
// A tree of what needs what, each object spread out once, with how it was found; then what is missing.
std::string to_tree(const Closure& closure, const TreeStyle& style);

// One step of a chain: `path` is needed for `reason`.
struct Step {
  std::string_view path;
  Reason reason;
};
// From an entry to the path asked for. Where something on the way was left out (--exclude), the chain starts behind it.
using Chain = std::vector<Step>;

// Why a path is in the layer, or why it is not.
struct Why {
  bool present = false;
  std::string path;           // canonical, where the one asked for leads through links
  std::vector<Chain> chains;  // shortest first
  bool more = false;          // more chains than `limit`
  std::vector<std::string> notes;  // for people: what was looked for and not taken, what a path leads to
};
// `closure` should have been made with LoaderConfig::record_attempts, so that candidates passed over
// are known. `path` may be a name instead that something was looked for by, as a soname.
Why why(const Closure& closure, Root& root, std::string_view path, size_t limit = 1000);
std::string to_text(const Why& why, const TreeStyle& style);
std::string to_json(const Why& why);


// The manifest of a layer: the JSON of its closure, with what each file is in the layer (mode, owner, SHA-256), the entries of the layer
// that are not in the closure ("layer": parents, and what the plan added, with its reason), its packages and where they come from.
// `layer` is the inventory of the closure's plan; read_manifest() gives it back.
std::string to_manifest(const Closure& closure, const Inventory& layer);

// A line for each change, with sizes and the first reason, then the sums; empty if nothing differs.
std::string to_text(const Diff& diff, const TreeStyle& style);
std::string to_json(const Diff& diff);

// What is not bound, by program and by what comes of it, who nearly provides it, how files are protected in numbers, and a last line that
// sums up. Of files that nothing reaches the largest are named.
std::string to_text(const Audit& audit, const TreeStyle& style);
// A table of how each object is protected, with the columns of checksec.
std::string to_hardening(const Audit& audit, const TreeStyle& style);
// One JSON object (schema 1). What is empty is left out.
std::string to_json(const Audit& audit);
// A SARIF 2.1.0 log of one run, for code scanning: URIs are relative to the root ("ROOT"), accepted findings are suppressed, and each
// result has its key() as a fingerprint.
std::string to_sarif(const Audit& audit);
// JUnit's XML: one suite, a test case for each object. One that has findings, which are neither accepted nor notes, has one failure that
// names them all, since readers look at the first alone; one whose findings are all accepted is skipped.
std::string to_junit(const Audit& audit);

// How an object is protected: of a name of the JSON ("relro") the word ("full"; "yes" or "no" of what is true or false), or nothing.
std::string protection(const Protections& protections, std::string_view name);

}  // namespace rootlet
