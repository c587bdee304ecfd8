#include <algorithm>
#include <system_error>

#include "closure/builder.hpp"
#include "closure/script.hpp"

namespace rootlet {
namespace {

ReasonKind reason_of(EdgeKind kind) {
  switch (kind) {
    case EdgeKind::filter:
    case EdgeKind::auxiliary: return ReasonKind::filter;
    case EdgeKind::preload:
    case EdgeKind::audit: return ReasonKind::preload;
    case EdgeKind::needed: break;
  }
  return ReasonKind::needed;
}

}  // namespace

Result<void> ClosureBuilder::look_at(const Task& task) {
  const Node& node = *task.node;
  const Loader::Content& content = loader_.content(node);
  if (!content.readable) {
    finding("unreadable", node.path(), content.error.message);
    return {};
  }
  if (content.claims_elf) return program(task);
  if (content.start.starts_with("#!")) {
    script(task, Bytes(std::string_view(content.start)));
    return {};
  }
  const bool executable = (node.status().mode & 0111) != 0;
  if (executable && task.named) {
    finding("not-a-program", node.path(), content.start.empty() ? "is an empty file: it is carried along, but the kernel cannot run it"
                                                       : "is neither ELF nor a script (no \"#!\" in its first line): it is carried along, but the kernel cannot run it");
  }
  return {};
}

Result<void> ClosureBuilder::program(const Task& task) {
  const Node& node = *task.node;
  auto image = loader_.image(node);
  if (!image) {
    Error error = std::move(image).error();
    if (task.named) {
      error.message = "cannot use entry " + task.name + ": not a usable ELF file: " + error.message;
      return Unexpected(std::move(error));
    }
    finding("malformed", node.path(), error.message);
    return {};
  }
  if ((*image)->type != elf::Type::executable && (*image)->type != elf::Type::shared) return {};
  const Loader::Interpreter loader = loader_.interpreter(**image);
  if (loader.kind == LoaderKind::none) return {};
  interpreter(task, loader.path, loader.assumed);
  auto loads = loader_.load_more(node, task.name);
  if (!loads) return Unexpected(std::move(loads).error());
  loaded(**image, loads->front(), nullptr);
  if (loads->size() == 1) return {};
  EdgeSet baseline;
  const Load& base = loads->front();
  for (const LoadEdge& edge : base.edges) baseline.emplace(base.objects[edge.from].node, edge.name, base.objects[edge.to].node);
  for (size_t i = 1; i < loads->size(); ++i) loaded(**image, (*loads)[i], &baseline);
  return {};
}

void ClosureBuilder::interpreter(const Task& task, const std::string& path, bool assumed) {
  const std::string& by = task.node->path();
  Walk walk = root_.walk(path);
  if (walk.node == nullptr || !walk.node->is_file()) {
    const std::string why = walk.node == nullptr ? std::generic_category().message(walk.error) : "not a regular file";
    if (assumed) {
      finding("no-loader", by, "the root has no " + path + ", which a program that loads this library would start with");
    } else {
      missing(path, by, ReasonKind::interpreter, {{path, How::direct, why}});
    }
    return;
  }
  const std::string_view spelled = closure_.keep(path);
  add_links(walk.links, by, spelled);
  add(*walk.node, ReasonKind::interpreter, by, spelled);
  auto image = loader_.image(*walk.node);
  auto own = loader_.image(*task.node);
  if (!image) {
    finding("malformed", walk.node->path(), "is the loader of " + by + ", but not a usable ELF file: " + image.error().message);
  } else if ((*image)->machine != (*own)->machine || (*image)->file_class != (*own)->file_class) {
    finding("wrong-machine", walk.node->path(), "is the loader of " + by + ", but for " + elf::machine_name((*image)->machine));
  }
}

void ClosureBuilder::loaded(const elf::Image& image, const Load& load, const EdgeSet* baseline) {
  const Loader::Interpreter loader = loader_.interpreter(image);
  FoundBy& found = found_by_.try_emplace(loader.path, FoundBy{{&image, {}}, {}}).first->second;
  for (const LoadEdge& edge : load.edges) {
    const Node& node = *load.objects[edge.to].node;
    const std::string& by = load.objects[edge.from].node->path();
    const ReasonKind kind = reason_of(edge.kind);
    // What only some processors load is there for their sake.
    const bool for_some = baseline != nullptr && !baseline->contains({load.objects[edge.from].node, edge.name, &node});
    if (!edges_.emplace(load.objects[edge.from].node, edge.name.data(), &node, for_some ? ReasonKind::hwcaps : kind).second) continue;
    if (edge.trail != nullptr) {
      add_links(edge.trail->links, by, edge.trail->path);
      if (found.seen.insert(edge.trail).second) found.found.libraries.push_back({edge.name, edge.how, edge.trail});
    }
    add(node, for_some ? ReasonKind::hwcaps : kind, by, edge.name, edge.how);
  }
  for (const LoadFailure& failure : load.failures) {
    const std::string& by = load.objects[failure.from].node->path();
    if (failure.optional) {
      finding("optional-missing", by, failure.name + " is not there; the program starts without it");
    } else {
      missing(failure.name, by, reason_of(failure.kind), failure.tried);
    }
  }
  for (const LoadAttempt& passed : load.attempts) {
    closure_.passed_over.push_back({passed.attempt.path, load.objects[passed.from].node->path(), passed.name, passed.attempt.how, passed.attempt.why});
  }
  for (const LoaderFinding& item : load.findings) finding(item.kind, item.path, item.detail);
}

// How often the kernel would start over with an interpreter; it gives up after the fifth.
int ClosureBuilder::nested_interpreters(const Node& script) {
  const Node* node = &script;
  int count = 0;
  while (node != nullptr && node->is_file() && count <= kMaxShebangDepth) {
    auto shebang = parse_shebang(Bytes(std::string_view(loader_.content(*node).start)));
    if (!shebang || !*shebang) break;
    ++count;
    node = root_.walk((*shebang)->interpreter).node;
  }
  return count;
}

void ClosureBuilder::script(const Task& task, Bytes start) {
  const std::string& by = task.node->path();
  auto shebang = parse_shebang(start);
  if (!shebang) {
    finding("not-a-program", by, shebang.error().message);
    return;
  }
  const std::string& path = (*shebang)->interpreter;
  if (!path.starts_with('/')) {
    finding("relative-interpreter", by, "the interpreter " + path + " is looked for in the directory that the script is started from; here: /");
  }
  Walk walk = root_.walk(path);
  if (walk.node == nullptr || !walk.node->is_file()) {
    const std::string why = walk.node == nullptr ? std::generic_category().message(walk.error) : "not a regular file";
    missing(path, by, ReasonKind::script, {{path, How::direct, why}});
    return;
  }
  if (nested_interpreters(*task.node) > kMaxShebangDepth) {
    missing(path, by, ReasonKind::script, {{path, How::direct, "more than " + std::to_string(kMaxShebangDepth) + " interpreters, each a script that names the next"}});
    return;
  }
  const std::string_view spelled = closure_.keep(path);
  add_links(walk.links, by, spelled);
  if (add(*walk.node, ReasonKind::script, by, spelled)) queue(*walk.node, path, false);
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  if (name != "env" || !(*shebang)->argument) return;
  if (auto command = env_command(*(*shebang)->argument)) script_command(task, *command);
}

// What `env NAME` in a first line runs, looked up as execvp would.
void ClosureBuilder::script_command(const Task& task, std::string_view name) {
  const std::string& by = task.node->path();
  std::vector<Attempt> tried;
  std::string_view path = options_.path;
  const bool direct = name.find('/') != std::string_view::npos;
  while (direct || !path.empty()) {
    const size_t end = std::min(path.find(':'), path.size());
    const std::string candidate = direct ? std::string(name) : std::string(path.substr(0, end)) + "/" + std::string(name);
    Walk walk = root_.walk(candidate);
    if (walk.node != nullptr && walk.node->is_file() && (walk.node->status().mode & 0111) != 0) {
      add_links(walk.links, by, closure_.keep(candidate));
      if (add(*walk.node, ReasonKind::script, by, closure_.keep("env " + std::string(name)))) queue(*walk.node, candidate, false);
      return;
    }
    tried.push_back({candidate, How::direct, walk.node == nullptr ? std::generic_category().message(walk.error) : "not an executable file"});
    if (direct) break;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  missing(name, by, ReasonKind::script, std::move(tried));
}

void ClosureBuilder::generate_cache() {
  auto in_layer = [this](const Node& node) { return index_.contains(&node); };
  std::vector<Loader::FoundBy> found;
  for (auto& [interpreter, by] : found_by_) found.push_back(std::move(by.found));
  for (Loader::LayerCache& cache : loader_.layer_caches(found, in_layer)) {
    const size_t slash = cache.path.rfind('/');
    const Node* loader = root_.walk(cache.loader).node;
    const std::string_view by = loader != nullptr ? std::string_view(loader->path()) : closure_.keep(cache.loader);
    Walk parent = root_.walk(slash == 0 ? "/" : cache.path.substr(0, slash));
    std::string path = cache.path;
    if (parent.node != nullptr) path = (parent.node->path() == "/" ? "" : parent.node->path()) + cache.path.substr(slash);
    const std::string_view kept = closure_.keep(path);
    auto same = std::find_if(closure_.files.begin(), closure_.files.end(), [&](const ClosureFile& file) { return file.path == kept; });
    if (same != closure_.files.end() || excluded(kept)) continue;  // the user's own, or not wanted
    add_links(parent.links, by, closure_.keep(cache.path));
    closure_.files.push_back({kept, nullptr, std::move(cache.content),
                              {{ReasonKind::generated, by, closure_.keep("ld.so.cache: libraries outside the loader's default directories"), {}}}});
  }
}

}  // namespace rootlet
