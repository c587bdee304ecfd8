#include "rootlet/loader.hpp"

#include <algorithm>

#include "loader/shared_graph.hpp"
#include "loader/state.hpp"

namespace rootlet {
namespace {

LoaderKind kind_of(std::string_view interpreter) {
  const std::string_view name = interpreter.substr(interpreter.rfind('/') + 1);
  return name.starts_with("ld-musl-") || name == "libc.so" ? LoaderKind::musl : LoaderKind::glibc;
}

// A different answer: other files, or found in another way.
bool same_files(const Load& a, const Load& b) {
  if (a.objects.size() != b.objects.size() || a.edges.size() != b.edges.size() || a.failures.size() != b.failures.size()) return false;
  for (size_t i = 0; i < a.objects.size(); ++i) {
    if (a.objects[i].node != b.objects[i].node || a.objects[i].name != b.objects[i].name) return false;
  }
  return true;
}

}  // namespace

std::string_view to_string(How how) {
  switch (how) {
    case How::loaded: return "loaded";
    case How::direct: return "direct";
    case How::rpath: return "rpath";
    case How::library_path: return "library-path";
    case How::runpath: return "runpath";
    case How::cache: return "cache";
    case How::conf: return "conf";
    case How::default_dir: return "default";
  }
  return "default";
}

Loader::Loader(Root& root, LoaderConfig config) : state_(new State{LoaderState(root, std::move(config))}) {}
Loader::~Loader() = default;

const Loader::Content& Loader::content(const Node& node) { return state_->shared.content(node); }

Result<const elf::Image*> Loader::image(const Node& node) {
  const Content& content = this->content(node);
  if (!content.image) return Unexpected(content.error);
  return &*content.image;
}

Loader::Interpreter Loader::interpreter(const elf::Image& image) {
  if (image.interpreter) return {kind_of(*image.interpreter), *image.interpreter, false};
  if (!image.has_dynamic || image.dependencies.empty()) return {};
  // A library: by the libc it names, else whichever loader the root has.
  const Abi& abi = abi_of(image);
  const std::string musl = "/lib/ld-musl-" + std::string(abi.musl_name) + ".so.1";
  const std::string glibc(abi.glibc_interpreter);
  bool wants_musl = false, wants_glibc = false;
  for (const elf::Dependency& dependency : image.dependencies) {
    const std::string& name = dependency.name;
    wants_musl = wants_musl || name.starts_with("libc.musl-") || name == "libc.so";
    wants_glibc = wants_glibc || name == "libc.so.6";
  }
  Root& root = state_->shared.root();
  if (!wants_musl && !wants_glibc) wants_musl = root.walk(glibc).node == nullptr && root.walk(musl).node != nullptr;
  return wants_musl && !wants_glibc ? Interpreter{LoaderKind::musl, musl, true} : Interpreter{LoaderKind::glibc, glibc, true};
}

unsigned Loader::release(const Interpreter& interpreter) {
  if (interpreter.kind == LoaderKind::none) return 0;
  const LoaderRelease& release = state_->shared.loader_release(interpreter.path);
  return interpreter.kind == LoaderKind::glibc ? release.version : release.musl;
}

Result<std::vector<CpuModel>> Loader::models(const elf::Image& image) {
  const std::vector<CpuModel>& all = abi_of(image).models;
  const std::string& wanted = state_->shared.config().cpu;
  if (wanted == "all") return all;
  std::vector<CpuModel> models;
  bool reached = false;
  std::string known;
  for (const CpuModel& model : all) {
    if (!known.ends_with(model.level)) known += (known.empty() ? "" : ", ") + model.level;
    if (reached && model.level != wanted) continue;
    reached = reached || model.level == wanted;
    models.push_back(model);
  }
  if (!reached && state_->shared.config().cpu_of_others) return all;
  if (!reached) {
    return fail(ErrorCode::invalid_argument, "\"" + wanted + "\" is no CPU level of " + elf::machine_name(image.machine) +
                                                 "; its levels are " + known + ", and \"all\"");
  }
  return models;
}

Result<Load> Loader::load(const Node& program, const std::string& name, const CpuModel& model, bool* depends_on_cpu) {
  return run(program, name, model, {}, depends_on_cpu);
}

Result<Load> Loader::run(const Node& program, const std::string& name, const CpuModel& model, const std::vector<OpenRequest>& requests,
                         bool* depends_on_cpu) {
  auto image = this->image(program);
  if (!image) return Unexpected(std::move(image).error());
  if (depends_on_cpu != nullptr) *depends_on_cpu = false;
  const Interpreter interpreter = this->interpreter(**image);
  switch (interpreter.kind) {
    case LoaderKind::glibc: return load_glibc(state_->shared, program, name, interpreter.path, model, depends_on_cpu, requests);
    case LoaderKind::musl: return load_musl(state_->shared, program, name, interpreter.path, requests);
    case LoaderKind::none: break;
  }
  Load load;
  load.objects.push_back({name, &program, *image});
  return load;
}

Result<std::vector<Load>> Loader::load_more(const Node& program, const std::string& name) {
  auto image = this->image(program);
  if (!image) return Unexpected(std::move(image).error());
  LoaderState& state = state_->shared;
  const Interpreter interpreter = this->interpreter(**image);
  if (interpreter.kind == LoaderKind::glibc && SharedGraph::admits_program(state, **image) && state.preload_file().empty()) {
    const elf::Header& header = **image;
    auto& graph = state.shared_graphs()[{interpreter.path, header.file_class, header.order, header.machine, header.flags}];
    if (graph == nullptr) {
      auto models = this->models(**image);
      if (!models) return Unexpected(std::move(models).error());
      graph = std::make_unique<SharedGraph>(state, program, interpreter.path, models->front());
    }
    if (auto load = graph->walk(program, name)) {
      std::vector<Load> loads;
      loads.push_back(std::move(*load));
      return loads;
    }
  }
  return load_all(program, name);
}

Result<std::vector<Load>> Loader::load_all(const Node& program, const std::string& name) { return open(program, name, {}); }

Result<std::vector<Load>> Loader::open(const Node& program, const std::string& name, const std::vector<OpenRequest>& requests) {
  auto image = this->image(program);
  if (!image) return Unexpected(std::move(image).error());
  auto models = this->models(**image);
  if (!models) return Unexpected(std::move(models).error());
  std::vector<Load> loads;
  for (const CpuModel& model : *models) {
    bool depends_on_cpu = false;
    auto load = run(program, name, model, requests, &depends_on_cpu);
    if (!load) return Unexpected(std::move(load).error());
    const bool known = std::any_of(loads.begin(), loads.end(), [&](const Load& other) { return same_files(other, *load); });
    if (!known) loads.push_back(std::move(*load));
    if (!depends_on_cpu) break;
  }
  return loads;
}

}  // namespace rootlet
