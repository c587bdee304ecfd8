#include "loader/shared_graph.hpp"

#include <algorithm>

#include "loader/state.hpp"

namespace rootlet {

bool SharedGraph::admits(const elf::Image& image) {
  if ((image.rpath && !image.runpath) || image.audit || image.depaudit) return false;
  if ((image.flags_1 & elf::kFlag1NoDefaultLibraries) != 0) return false;
  return std::all_of(image.dependencies.begin(), image.dependencies.end(), [](const elf::Dependency& dependency) {
    return dependency.kind == elf::DependencyKind::needed && !dependency.name.empty() && dependency.name.find_first_of("/$") == std::string::npos;
  });
}

bool SharedGraph::admits_program(const LoaderState& state, const elf::Image& image) {
  return state.config().preload.empty() && !state.config().record_attempts && !image.soname && admits(image);
}

SharedGraph::SharedGraph(LoaderState& state, const Node& program, const std::string& interpreter, const CpuModel& model)
    : state_(state), interpreter_(interpreter), search_(state, program, program.path(), interpreter_, model) {
  libraries_.emplace_back();
  libraries_[kRtld].checked = true;
  if (state_.candidate(interpreter_).trail.node == nullptr) libraries_[kRtld].shared = false;
}

uint32_t SharedGraph::library(std::string_view name) {
  if (auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  uint32_t index = kNone;
  if (search_.is_rtld(name)) {
    index = kRtld;
  } else if (!search_.is_vdso(name)) {
    const GlibcSearch::Shared found = search_.search_shared(name);
    if (found.candidate != nullptr) {
      const elf::Image& image = *found.candidate->image;
      index = static_cast<uint32_t>(libraries_.size());
      Library& library = libraries_.emplace_back();
      library.candidate = found.candidate;
      library.how = found.how;
      library.shared = image.soname == name && admits(image);
    }
  }
  by_name_.emplace(name, index);
  return index;
}

bool SharedGraph::connect(const elf::Image& image, std::string_view path, std::vector<Edge>& edges) {
  const uint32_t requester = image.runpath ? search_.add_requester(image, path) : GlibcSearch::kVdso;
  edges.reserve(image.dependencies.size());
  for (const elf::Dependency& dependency : image.dependencies) {
    const uint32_t to = library(dependency.name);
    if (to == kNone || !libraries_[to].shared) return false;
    Edge edge{state_.keep(dependency.name), to, libraries_[to].candidate, libraries_[to].how};
    if (image.runpath && to != kRtld) {
      const GlibcSearch::Shared own = search_.search_shared(dependency.name, requester);
      if (own.candidate == nullptr || own.candidate->trail.node != edge.candidate->trail.node) return false;
      // A library's $ORIGIN is where it was found.
      if (own.candidate != edge.candidate && edge.candidate->image->runpath) return false;
      edge.candidate = own.candidate;
      edge.how = own.how;
    }
    edges.push_back(edge);
  }
  return true;
}

// Whether everything behind these edges is for this graph. A library is looked at once; a loop ends at
// what is being looked at already.
bool SharedGraph::check(const std::vector<Edge>& edges) {
  std::vector<uint32_t> path;
  auto push = [&](const std::vector<Edge>& from) {
    for (const Edge& edge : from) {
      if (!libraries_[edge.to].checked) path.push_back(edge.to);
    }
  };
  push(edges);
  std::vector<uint32_t> visited;
  bool shared = true;
  while (!path.empty()) {
    const uint32_t index = path.back();
    path.pop_back();
    if (libraries_[index].checked) {
      shared = shared && libraries_[index].shared;
      continue;
    }
    libraries_[index].checked = true;
    visited.push_back(index);
    std::vector<Edge> own;
    const Candidate* candidate = libraries_[index].candidate;
    const bool connected = libraries_[index].shared && connect(*candidate->image, candidate->trail.path, own);
    libraries_[index].edges = std::move(own);
    shared = shared && connected;
    if (connected) push(libraries_[index].edges);
    shared = shared && std::all_of(libraries_[index].edges.begin(), libraries_[index].edges.end(), [this](const Edge& edge) { return libraries_[edge.to].shared; });
  }
  // What was met on the way to something unshared may be unshared because of it, and is not looked at again.
  if (!shared) {
    for (uint32_t index : visited) libraries_[index].shared = false;
  }
  return shared && std::all_of(edges.begin(), edges.end(), [this](const Edge& edge) { return libraries_[edge.to].shared; });
}

std::optional<Load> SharedGraph::walk(const Node& program, const std::string& name) {
  const elf::Image& image = *state_.content(program).image;
  std::vector<Edge> edges;
  if (!libraries_[kRtld].shared || !connect(image, program.path(), edges) || !check(edges)) return std::nullopt;
  ++stamp_;
  Load load;
  load.objects.reserve(1 + 2 * edges.size());
  load.edges.reserve(edges.size());
  load.objects.push_back({name, &program, &image});
  auto object = [&](uint32_t index) {
    const Candidate& candidate = index == kRtld ? state_.candidate(interpreter_) : *libraries_[index].candidate;
    load.objects.push_back({candidate.trail.path, candidate.trail.node, candidate.image});
    return static_cast<uint32_t>(load.objects.size() - 1);
  };
  queue_.clear();
  auto follow = [&](std::vector<Edge>& from_edges, uint32_t from) {
    uint32_t from_object = from == kNone ? 0 : kNone;
    for (Edge& edge : from_edges) {
      Library& to = libraries_[edge.to];
      const bool first = edge.to != kRtld && to.stamp != stamp_;
      to.stamp = stamp_;
      if (first) queue_.push_back(edge.to);
      if (std::exchange(edge.met, true)) continue;
      if (from_object == kNone) from_object = object(from);
      load.edges.push_back({EdgeKind::needed, from_object, edge.name, object(edge.to), first ? edge.how : How::loaded, first ? &edge.candidate->trail : nullptr});
    }
  };
  follow(edges, kNone);
  for (size_t i = 0; i < queue_.size(); ++i) follow(libraries_[queue_[i]].edges, queue_[i]);
  return load;
}

}  // namespace rootlet
