// The real loaders of this machine, asked what they load: the source of every expected answer of the
// differential tests. A loader runs in a chroot on the tree under test, in a mount namespace of its
// own that has /proc (a program's $ORIGIN is read there), so this needs root.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/loader.hpp"
#include "support/elf_builder.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {

enum class RealLoader : uint8_t { glibc64, glibc32, musl };

// Where a loader is and how it was configured when it was built.
struct LoaderFacts {
  RealLoader loader = RealLoader::glibc64;
  std::string binary;                            // its file on this machine
  std::string interpreter;                       // as programs name it
  std::vector<std::string> default_directories;  // without trailing slashes, in its order
  std::string lib;                               // $LIB; empty for musl
  bool is64 = true;
  uint16_t machine = 62;
};

// A kind of CPU that a loader can be made to see, and what it then searches, in its own words.
struct SeenCpu {
  std::string tunables;  // GLIBC_TUNABLES, or empty for this machine's own
  CpuModel model;
};

struct FileId {
  uint64_t device = 0;
  uint64_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};

// The file that a path leads to inside a tree, or nothing.
std::optional<FileId> file_in_tree(const std::string& tree, const std::string& path);

struct TracedObject {
  std::string name;  // what it was asked for as
  std::string path;  // where it was found
  std::optional<FileId> file;
};

// What a loader said.
struct Trace {
  std::vector<TracedObject> objects;  // in its order, without the kernel's own object
  std::vector<std::string> missing;   // names not found, as it spells them, preloads among them
  std::string fatal_name;             // of a glibc loader: the name or path it stopped at, if it did
  std::string fatal_text;
  bool usable = true;  // false if it crashed, or said nothing about the program
  std::string output;  // all of it
};

struct TraceRequest {
  std::string tree;
  std::string interpreter;  // of the program
  std::string program;      // inside the tree
  std::string library_path;
  std::string preload;
  std::string tunables;
};

// Why real loaders cannot be asked here, or an empty string.
std::string why_no_oracle(RealLoader loader);

LoaderFacts loader_facts(RealLoader loader);

// Kinds of CPU from this machine's own downwards, no two alike; one without features for musl.
std::vector<SeenCpu> seen_cpus(const LoaderFacts& facts);

Trace trace(const LoaderFacts& facts, const TraceRequest& request);

// Runs a command of the tree as described at the top, with exactly this environment.
CommandResult run_in_tree(const std::string& tree, const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment);

}  // namespace rootlet::test
