// Trees of programs and libraries for the differential tests: described as steps, written to disk by
// carrying them out, and made at random from a seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/elf_builder.hpp"
#include "support/loader_oracle.hpp"

namespace rootlet::test {

// One change of a tree. Paths are absolute inside it and follow the links that are there by then;
// parents are made as needed. What stands in the way goes, and a step that cannot be done is left out.
struct GraphStep {
  enum class Kind : uint8_t {
    directory,
    object,     // an ELF file of description `spec`, only the first `length` bytes of it
    file,       // with content `text`
    symlink,    // that says `text`
    hard_link,  // to `text`
    loader,     // a copy of the real loader
    socket,     // what open(2) refuses
    remove,
    cache,  // run ldconfig with the options `text`
  };
  Kind kind = Kind::directory;
  std::string path;
  std::string text = {};
  ElfSpec spec = {};
  size_t length = SIZE_MAX;
};

struct Graph {
  uint64_t seed = 0;
  std::vector<GraphStep> steps;
  std::string interpreter;
  std::string program;       // as it is started
  std::string program_file;  // the same without links
  std::string library_path;  // LD_LIBRARY_PATH
  std::string preload;       // LD_PRELOAD
};

// The same graph for the same arguments, on every machine.
Graph random_graph(const LoaderFacts& facts, const std::vector<SeenCpu>& cpus, uint64_t seed);

// Carries out the steps in `tree`, an empty directory. Needs root.
void write_graph(const Graph& graph, const LoaderFacts& facts, const std::string& tree);

// Every step and setting, one a line, for a reader who looks for a cause.
std::string describe(const Graph& graph);

}  // namespace rootlet::test
