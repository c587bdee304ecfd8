// Libraries whose place does not depend on who asks for them, as a graph that many programs share.
//
// ld.so finds a name the same way for every object that has no paths of its own. Where, for a program and
// all that it loads, there is no DT_RPATH, DF_1_NODEFLIB, filter, auxiliary, audit module or
// preload, no name with a slash or a token, no file that only some processors load, and each library's
// soname is the name it is asked for by, and each DT_RUNPATH leads to the same files, the set of objects is what the names reach, and the order of the
// walk only decides who asks first. Everything else is left to GlibcSearch.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loader/glibc.hpp"

namespace rootlet {

class SharedGraph {
 public:
  // Whether a program may be resolved here at all; what it needs is found out in walk().
  static bool admits_program(const LoaderState& state, const elf::Image& image);

  // `program` is one that admits_program() admits.
  SharedGraph(LoaderState& state, const Node& program, const std::string& interpreter, const CpuModel& model);

  // What load_more() reports of this program, or nothing if it is not for this graph.
  std::optional<Load> walk(const Node& program, const std::string& name);

 private:
  struct Library;
  struct Edge {
    std::string_view name;
    uint32_t to = 0;
    const Candidate* candidate = nullptr;  // as this object's search finds it
    How how = How::loaded;
    bool met = false;  // reported
  };
  struct Library {
    const Candidate* candidate = nullptr;  // null for the loader itself
    How how = How::loaded;  // for those without paths of their own
    std::vector<Edge> edges;
    bool shared = true;    // this one and all behind it
    bool checked = false;  // `shared` holds for what is behind it too
    uint32_t stamp = 0;    // of the last walk that met it
  };

  static constexpr uint32_t kNone = UINT32_MAX, kRtld = 0;
  static bool admits(const elf::Image& image);
  uint32_t library(std::string_view name);
  bool connect(const elf::Image& image, std::string_view path, std::vector<Edge>& edges);
  bool check(const std::vector<Edge>& edges);

  LoaderState& state_;
  const std::string interpreter_;
  GlibcSearch search_;
  std::vector<Library> libraries_;
  StringMap<uint32_t> by_name_;
  std::vector<uint32_t> queue_;
  uint32_t stamp_ = 0;
};

}  // namespace rootlet
