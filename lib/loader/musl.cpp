// The search of musl's loader: load_library, fixup_rpath, path_open and load_deps in ldso/dynlink.c.
#include <cerrno>
#include <set>
#include <tuple>

#include "loader/state.hpp"

namespace rootlet {
namespace {

class MuslSearch {
 public:
  MuslSearch(LoaderState& state, const Node& program, const std::string& name, const std::string& interpreter)
      : state_(state), program_(*state.content(program).image), interpreter_(interpreter) {
    state_.start_program();
    load_.objects.push_back({name, &program, &program_});
    objects_.push_back({&program_, {}, kNone, program.path().substr(0, program.path().rfind('/')), {}, true, false});
    const Candidate& loader = state_.candidate(interpreter);
    if (loader.trail.node != nullptr) {
      load_.objects.push_back({interpreter, loader.trail.node, loader.image});
      objects_.push_back({nullptr, {}, kNone, {}, {}, true, false});
    }
  }

  Load run(const OpenRequests& requests) {
    std::string_view names = state_.config().preload;
    while (!names.empty()) {
      const size_t end = std::min(names.find_first_of(": \t\n\v\f\r"), names.size());
      if (end > 0) load_library(names.substr(0, end), kNone, EdgeKind::preload);
      names.remove_prefix(std::min(end + 1, names.size()));
    }
    load_dependencies(0);
    const size_t needed = load_.failures.size();
    for (const Loader::OpenRequest& request : requests) {
      if (object_of(*request.requester) == kNone) open(request.requester_path);
      open(request.library);
    }
    for (size_t i = needed; i < load_.failures.size(); ++i) load_.failures[i].optional = true;
    return std::move(load_);
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr size_t kPathBuffer = 2 * kMaxName + 2;  // of load_library: a longer path is passed over

  struct Object {
    const elf::Image* image;
    std::string_view short_name;  // empty until it was found by a search
    uint32_t needed_by;
    std::string origin;
    std::optional<std::vector<std::string>> rpath;
    bool fixed;      // the program or the loader: no part of the comparison by inode
    bool broken_rpath;
  };

  struct Opened {
    const Candidate* candidate = nullptr;
    How how = How::direct;
    bool stop = false;  // an error that ends the search
  };

  // Of the objects from `first` on, and of what they bring.
  void load_dependencies(uint32_t first) {
    for (uint32_t i = first; i < objects_.size(); ++i) {
      if (objects_[i].image == nullptr) continue;
      for (const elf::Dependency& dependency : objects_[i].image->dependencies) {
        // musl knows neither DT_FILTER nor DT_AUXILIARY.
        if (dependency.kind == elf::DependencyKind::needed) load_library(dependency.name, i, EdgeKind::needed);
      }
    }
  }

  uint32_t object_of(const Node& node) const {
    for (uint32_t i = 0; i < load_.objects.size(); ++i) {
      if (load_.objects[i].node == &node) return i;
    }
    return kNone;
  }

  // dlopen in musl: the search starts at the program, whoever calls (load_library with head).
  void open(const std::string& library) {
    const auto before = static_cast<uint32_t>(objects_.size());
    if (library.empty()) return;
    load_library(state_.keep(library), 0, EdgeKind::opened);
    load_dependencies(before);
  }

  // DT_RUNPATH, or else DT_RPATH; only $ORIGIN is known, and another token makes the whole path void.
  const std::vector<std::string>& rpath(uint32_t index) {
    Object& object = objects_[index];
    if (object.rpath) return *object.rpath;
    object.rpath.emplace();
    if (object.image == nullptr) return *object.rpath;
    const auto& text = object.image->runpath ? object.image->runpath : object.image->rpath;
    if (!text) return *object.rpath;
    const bool long_program = index == 0 && load_.objects[0].node->path().size() >= kPathBuffer;
    if (long_program && text->find('$') != std::string::npos) return *object.rpath;
    std::string expanded;
    std::string_view rest = *text;
    while (true) {
      const size_t dollar = rest.find('$');
      expanded += rest.substr(0, dollar);
      if (dollar == std::string_view::npos) break;
      rest.remove_prefix(dollar);
      const size_t length = rest.starts_with("$ORIGIN") ? 7 : rest.starts_with("${ORIGIN}") ? 9 : 0;
      if (length == 0) return *object.rpath;
      expanded += object.origin;
      rest.remove_prefix(length);
    }
    object.rpath = elements(expanded);
    return *object.rpath;
  }

  static std::vector<std::string> elements(std::string_view list) {
    std::vector<std::string> all;
    while (true) {
      const size_t start = list.find_first_not_of(":\n");
      if (start == std::string_view::npos) return all;
      const size_t end = std::min(list.find_first_of(":\n", start), list.size());
      all.emplace_back(list.substr(start, end - start));
      list.remove_prefix(end);
    }
  }

  Opened path_open(std::string_view name, const std::vector<std::string>& dirs, How how, std::vector<Attempt>* tried) {
    for (const std::string& dir : dirs) {
      if (dir.size() + 1 + name.size() >= kPathBuffer) {
        state_.note(tried, dir + "/" + std::string(name), how, "longer than the " + std::to_string(kPathBuffer - 1) + " bytes that musl's loader looks at");
        continue;
      }
      const Candidate& candidate = state_.candidate(dir + "/" + std::string(name));
      if (!state_.within_limits()) return {nullptr, how, true};
      if (candidate.error == 0) return {&candidate, how, false};
      if (tried != nullptr) state_.note(tried, candidate.trail.path, how, error_text(candidate.error));
      const int error = candidate.error;
      if (error != ENOENT && error != ENOTDIR && error != EACCES && error != ENAMETOOLONG) return {nullptr, how, true};
    }
    return {};
  }

  Opened find(std::string_view name, uint32_t needed_by, std::vector<Attempt>* tried) {
    if (name.find('/') != std::string_view::npos) {
      const Candidate& candidate = state_.candidate(name);
      if (candidate.error == 0) return {&candidate, How::direct, false};
      if (tried != nullptr) state_.note(tried, candidate.trail.path, How::direct, error_text(candidate.error));
      return {};
    }
    if (name.size() > kMaxName) return {};
    Opened opened = path_open(name, elements(state_.config().library_path), How::library_path, tried);
    for (uint32_t i = needed_by; opened.candidate == nullptr && !opened.stop && i != kNone; i = objects_[i].needed_by) {
      opened = path_open(name, rpath(i), How::rpath, tried);
    }
    if (opened.candidate != nullptr || opened.stop) return opened;
    const LoaderState::MuslPath& path = state_.musl_path(configuration_file());
    return path_open(name, path.dirs, path.configured ? How::conf : How::default_dir, tried);
  }

  // "/etc/ld-musl-ARCH.path" below the directory that holds the loader's own.
  std::string configuration_file() const {
    const std::string_view loader = interpreter_;
    const std::string_view directory = directory_of(loader);
    const std::string_view prefix = directory.substr(0, std::max<size_t>(directory.rfind('/') + 1, 1) - 1);
    std::string_view arch = loader.substr(loader.rfind('/') + 1);
    if (arch.starts_with("ld-musl-")) arch = arch.substr(8, arch.find(".so") - 8);
    else arch = abi_of(program_).musl_name;
    return std::string(prefix) + "/etc/ld-musl-" + std::string(arch) + ".path";
  }

  // Names of the implementation itself, whatever follows the dot.
  static bool is_reserved(std::string_view name) {
    if (!name.starts_with("lib")) return false;
    for (std::string_view reserved : {"c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."}) {
      if (name.substr(3).starts_with(reserved)) return true;
    }
    return false;
  }

  void edge(EdgeKind kind, uint32_t from, std::string_view name, uint32_t to, How how, const Trail* trail) {
    load_.edges.push_back({kind, from == kNone ? 0 : from, state_.keep(name), to, how, trail});
  }

  void load_library(std::string_view name, uint32_t needed_by, EdgeKind kind) {
    if (name.empty()) return fail(name, needed_by, kind, {});
    if (is_reserved(name) || name == interpreter_) {
      // Where the loader is not there the program does not start, which is told elsewhere.
      if (objects_.size() > 1 && objects_[1].fixed) edge(kind, needed_by, name, 1, How::loaded, nullptr);
      return;
    }
    if (name.find('/') == std::string_view::npos) {
      for (uint32_t i = 0; i < objects_.size(); ++i) {
        if (objects_[i].short_name == name) return edge(kind, needed_by, name, i, How::loaded, nullptr);
      }
    }
    std::vector<Attempt> tried;
    Opened opened = find(name, needed_by, state_.config().record_attempts ? &tried : nullptr);
    for (Attempt& attempt : tried) load_.attempts.push_back({needed_by == kNone ? 0 : needed_by, std::string(name), std::move(attempt)});
    if (opened.candidate == nullptr) return fail(name, needed_by, kind, {});
    const Candidate& candidate = *opened.candidate;
    const std::string_view path = candidate.trail.path;
    const std::string_view short_name = opened.how == How::direct ? std::string_view() : path.substr(path.rfind('/') + 1);
    const Status& status = candidate.trail.node->status();
    for (uint32_t i = 0; i < objects_.size(); ++i) {
      if (objects_[i].fixed) continue;
      const Status& other = load_.objects[i].node->status();
      if (other.inode != status.inode || other.device != status.device) continue;
      if (objects_[i].short_name.empty() && opened.how != How::direct) {
        const std::string_view known = load_.objects[i].name;
        objects_[i].short_name = state_.keep(known.substr(known.rfind('/') + 1));
      }
      return edge(kind, needed_by, name, i, How::loaded, &candidate.trail);
    }
    if (std::string problem = reject(candidate); !problem.empty()) return fail(name, needed_by, kind, {{std::string(path), opened.how, std::move(problem)}});
    if (load_.objects.size() >= state_.config().max_objects) {
      load_.findings.push_back({"limit", std::string(path), "more than " + std::to_string(state_.config().max_objects) + " objects are loaded; the rest was not looked at"});
      return;
    }
    const auto index = static_cast<uint32_t>(objects_.size());
    std::string_view origin = path.find('/') == std::string_view::npos ? std::string_view(".") : path.substr(0, path.rfind('/'));
    objects_.push_back({candidate.image, short_name, needed_by, std::string(origin), {}, false, false});
    load_.objects.push_back({candidate.trail.path, candidate.trail.node, candidate.image});
    edge(kind, needed_by, name, index, opened.how, &candidate.trail);
  }

  // map_library looks at little: another machine's object of the same class passes.
  std::string reject(const Candidate& candidate) {
    if (candidate.image == nullptr) return candidate.problem;
    const elf::Image& image = *candidate.image;
    if (image.type != elf::Type::shared && image.type != elf::Type::executable) return "exec format error: not ET_DYN or ET_EXEC";
    if (image.file_class != program_.file_class) return "exec format error: another ELF class than the program's";
    if (image.order != program_.order) return "exec format error: another byte order than the program's";
    if (!image.has_dynamic) return "exec format error: no dynamic section";
    if (image.type == elf::Type::executable && candidate.trail.node == load_.objects[0].node) {
      return "resource busy: the program itself, which is linked to a fixed address";
    }
    if (image.machine != program_.machine) {
      load_.findings.push_back({"wrong-machine", candidate.trail.path,
                                "for " + elf::machine_name(image.machine) + ": musl's loader maps it all the same, and the program does not start"});
    }
    return {};
  }

  void fail(std::string_view name, uint32_t needed_by, EdgeKind kind, std::vector<Attempt> tried) {
    const uint32_t from = needed_by == kNone ? 0 : needed_by;
    if (!failed_.insert({from, kind, std::string(name)}).second) return;
    std::vector<Attempt> all;
    if (!name.empty()) find(name, needed_by, &all);
    const bool refused = !tried.empty();
    all.insert(all.end(), std::make_move_iterator(tried.begin()), std::make_move_iterator(tried.end()));
    load_.failures.push_back({kind, from, std::string(name), refused, false, std::move(all)});
  }

  LoaderState& state_;
  const elf::Image& program_;
  const std::string& interpreter_;
  std::vector<Object> objects_;  // as Load::objects
  std::set<std::tuple<uint32_t, EdgeKind, std::string>> failed_;
  Load load_;
};

}  // namespace

Load load_musl(LoaderState& state, const Node& program, const std::string& name, const std::string& interpreter,
               const OpenRequests& requests) {
  return MuslSearch(state, program, name, interpreter).run(requests);
}

}  // namespace rootlet
