#include <algorithm>

#include "base/errno_text.hpp"
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
    case EdgeKind::opened: return ReasonKind::dlopen;
    case EdgeKind::needed: break;
  }
  return ReasonKind::needed;
}

// A library's name, and where it would have been.
std::vector<std::string> looked_for(const LoadFailure& failure) {
  std::vector<std::string> about = {failure.name};
  for (const Attempt& attempt : failure.tried) about.push_back(attempt.path);
  return about;
}

}  // namespace

Result<void> ClosureBuilder::look_at(const Task& task) {
  const Node& node = *task.node;
  const Loader::Content& content = loader_.content(node);
  if (!content.readable) {
    finding("unreadable", node.path(), content.error.message);
    return {};
  }
  if (task.script) {
    examine_script(*task.script);
    return {};
  }
  if (content.claims_elf) return program(task);
  if (content.start.starts_with("#!")) {
    script(task, Bytes(std::string_view(content.start)));
    return {};
  }
  // A script without a first line that says so, as they are given to an interpreter by name.
  if (const auto language = script_language({}, node.name()); wants_data() && language) {
    std::string spelled;
    const Node* interpreter = interpreter_for(*language, &spelled);
    examine_script({&node, task.name, task.roles, *language, interpreter != nullptr ? interpreter->path() : spelled, task.name, false});
    return {};
  }
  const bool executable = (node.status().mode & 0111) != 0;
  if (wants_data() && task.named) take_needs(finder_->document(node, task.name), node, nullptr);
  if (executable && task.named) {
    finding("not-a-program", node.path(), content.start.empty() ? "is an empty file: it is carried along, but the kernel cannot run it"
                                                       : "is neither ELF nor a script (no \"#!\" in its first line): it is carried along, but the kernel cannot run it");
  }
  return {};
}

Result<void> ClosureBuilder::program(const Task& named_task) {
  Task task = named_task;
  const Node& node = *task.node;
  if (task.named && wants_data() && only_runs_entries(node)) task.roles = data::kInterpreter;
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
  ClosureProgram& known = program_of(node, task.name);
  const bool stands_alone = (*image)->type == elf::Type::executable || ((*image)->flags_1 & elf::kFlag1Pie) != 0;
  known.library = !(*image)->interpreter && !stands_alone;
  known.named = known.named || task.named;
  if (loader.kind == LoaderKind::none) {
    if (wants_data()) examine(node, task.name, task.roles, **image, {});
    return {};
  }
  interpreter(task, loader.path, loader.assumed);
  auto loads = loader_.load_more(node, task.name);
  if (!loads) return Unexpected(std::move(loads).error());
  loaded(**image, loads->front(), nullptr, task.required);
  if (wants_data()) examine_objects(**image, node, task.name, task.roles, loads->front());
  if (loads->size() == 1) return {};
  EdgeSet baseline;
  const Load& base = loads->front();
  for (const LoadEdge& edge : base.edges) baseline.emplace(base.objects[edge.from].node, edge.name, base.objects[edge.to].node);
  for (size_t i = 1; i < loads->size(); ++i) {
    loaded(**image, (*loads)[i], &baseline, task.required);
    if (wants_data()) examine_objects(**image, node, task.name, task.roles, (*loads)[i]);
  }
  return {};
}

ClosureProgram& ClosureBuilder::program_of(const Node& node, const std::string& name) {
  auto [known, unknown] = program_index_.try_emplace(&node, closure_.programs.size());
  if (unknown) closure_.programs.push_back({&node, name, false, false, {}, {}});
  return closure_.programs[known->second];
}

void ClosureBuilder::interpreter(const Task& task, const std::string& path, bool assumed) {
  const std::string& by = task.node->path();
  Walk walk = root_.walk(path);
  if (walk.node == nullptr || !walk.node->is_file()) {
    const std::string why = walk.node == nullptr ? errno_text(walk.error) : "not a regular file";
    if (assumed) {
      finding("no-loader", by, "the root has no " + path + ", which a program that loads this library would start with", {path});
    } else {
      missing(path, by, ReasonKind::interpreter, {{path, How::direct, why}}, task.required);
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

void ClosureBuilder::loaded(const elf::Image& image, const Load& load, const EdgeSet* baseline, bool required) {
  const Loader::Interpreter loader = loader_.interpreter(image);
  FoundBy& found = found_by_.try_emplace(loader.path, FoundBy{{&image, {}}, {}}).first->second;
  for (const LoadEdge& edge : load.edges) {
    const Node& node = *load.objects[edge.to].node;
    const std::string& by = load.objects[edge.from].node->path();
    if (edge.kind == EdgeKind::opened) {
      opened_edge(load, edge, found);
      continue;
    }
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
    if (failure.kind == EdgeKind::opened) {
      auto opened = opened_for_.find({load.objects[failure.from].node, failure.name});
      if (opened != opened_for_.end() && opened->second.front().expected) {
        finding("optional-missing", by, failure.name + " is not there, which it would open (" + std::string(opened->second.front().detail) + ")", looked_for(failure));
      }
    } else if (failure.optional) {
      finding("optional-missing", by, failure.name + " is not there; the program starts without it", looked_for(failure));
    } else {
      missing(failure.name, by, reason_of(failure.kind), failure.tried, required);
    }
  }
  for (const LoadAttempt& passed : load.attempts) {
    closure_.passed_over.push_back({passed.attempt.path, load.objects[passed.from].node->path(), passed.name, passed.attempt.how, passed.attempt.why});
  }
  for (const LoaderFinding& item : load.findings) finding(item.kind, item.path, item.detail);
}

void ClosureBuilder::opened_edge(const Load& load, const LoadEdge& edge, FoundBy& found) {
  const Node* from = load.objects[edge.from].node;
  auto opened = opened_for_.find({from, std::string(edge.name)});
  if (opened == opened_for_.end()) return;  // the object that opens, opened to begin with
  if (edge.trail != nullptr && found.seen.insert(edge.trail).second) found.found.libraries.push_back({edge.name, edge.how, edge.trail});
  for (OpenedFor& each : opened->second) {
    if (std::exchange(each.done, true)) continue;
    if (edge.trail != nullptr) add_links(edge.trail->links, from->path(), each.detail);
    add(*load.objects[edge.to].node, each.kind, from->path(), each.detail, edge.how);
  }
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
  if (walk.node == nullptr || !walk.node->is_file() || (walk.node->status().mode & 0111) == 0) {
    const std::string why = walk.node == nullptr ? errno_text(walk.error) : walk.node->is_file() ? "nobody may execute it" : "not a regular file";
    missing(path, by, ReasonKind::script, {{path, How::direct, why}}, task.required);
    return;
  }
  if (nested_interpreters(*task.node) > kMaxShebangDepth) {
    missing(path, by, ReasonKind::script, {{path, How::direct, "more than " + std::to_string(kMaxShebangDepth) + " interpreters, each a script that names the next"}}, task.required);
    return;
  }
  const std::string_view spelled = closure_.keep(path);
  add_links(walk.links, by, spelled);
  if (add(*walk.node, ReasonKind::script, by, spelled)) queue(*walk.node, path, false, data::kInterpreter, task.required);
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  if (name != "env" || !(*shebang)->argument) return read_script(task, *walk.node);
  if (auto command = env_command(*(*shebang)->argument)) script_command(task, *command);
}

// What `env NAME` in a first line runs.
void ClosureBuilder::script_command(const Task& task, std::string_view name) {
  const std::string& by = task.node->path();
  std::vector<Attempt> tried;
  const Node* found = command(name, by, ReasonKind::script, closure_.keep("env " + std::string(name)), data::kInterpreter, task.required, &tried);
  if (found == nullptr) return missing(name, by, ReasonKind::script, std::move(tried), task.required);
  read_script(task, *found);
}

// A program by name, looked up as execvp would, or by path; null if there is none.
const Node* ClosureBuilder::command(std::string_view name, std::string_view by, ReasonKind kind, std::string_view detail, uint8_t roles, bool required, std::vector<Attempt>* tried) {
  std::string_view path = program_path_;
  const bool direct = name.find('/') != std::string_view::npos;
  while (direct || !path.empty()) {
    const size_t end = std::min(path.find(':'), path.size());
    const std::string candidate = direct ? std::string(name) : std::string(path.substr(0, end)) + "/" + std::string(name);
    Walk walk = root_.walk(candidate);
    if (walk.node != nullptr && walk.node->is_file() && (walk.node->status().mode & 0111) != 0) {
      // Who asks for an interpreter of the user's script asks for the user.
      const std::string why = finder_ != nullptr && !required ? finder_->refusal(*walk.node) : std::string();
      if (!why.empty()) {
        finding("not-taken", std::string(by), walk.node->path() + ", which it may start, is left out: " + why + "; --include takes it", {walk.node->path(), candidate});
        return walk.node;
      }
      add_links(walk.links, by, detail);
      if (add(*walk.node, kind, by, detail)) queue(*walk.node, candidate, false, roles, required);
      return walk.node;
    }
    if (tried != nullptr) tried->push_back({candidate, How::direct, walk.node == nullptr ? errno_text(walk.error) : "not an executable file"});
    if (direct) break;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return nullptr;
}

void ClosureBuilder::read_script(const Task& task, const Node& interpreter) {
  if (!wants_data()) return;
  // An interpreter that is a script itself is read in its turn.
  const auto language = script_language(interpreter.name(), task.node->name());
  if (language) examine_script({task.node, task.name, task.roles, *language, interpreter.path(), task.name, false});
}

void ClosureBuilder::generate_cache() {
  auto in_layer = [this](const Node& node) { return index_.contains(&node); };
  std::unordered_set<std::string_view> names;
  for (const ClosureFile& file : closure_.files) names.insert(file.path.substr(file.path.rfind('/') + 1));
  auto has_name = [&names](std::string_view name) { return names.contains(name); };
  std::vector<Loader::FoundBy> found;
  for (auto& [interpreter, by] : found_by_) found.push_back(std::move(by.found));
  for (Loader::LayerCache& cache : loader_.layer_caches(found, in_layer, has_name, wants_data())) {
    const Node* loader = root_.walk(cache.loader).node;
    const std::string_view by = loader != nullptr ? std::string_view(loader->path()) : closure_.keep(cache.loader);
    made(cache.path, std::move(cache.content),
         {ReasonKind::generated, by, closure_.keep(wants_data() ? "ld.so.cache: where the loader looks for the layer's libraries" : "ld.so.cache: libraries outside the loader's default directories"), {}}, closure_.keep(cache.path));
  }
}

}  // namespace rootlet
