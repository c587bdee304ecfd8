#include <algorithm>
#include <utility>

#include "closure/builder.hpp"

namespace rootlet {
namespace {

ReasonKind reason_of(data::Origin origin) {
  switch (origin) {
    case data::Origin::rule: return ReasonKind::rule;
    case data::Origin::declared:
    case data::Origin::opened: return ReasonKind::dlopen;
    case data::Origin::script: return ReasonKind::script;
    case data::Origin::package: return ReasonKind::package;
    case data::Origin::evidence:
    case data::Origin::configuration: break;
  }
  return ReasonKind::data;
}

}  // namespace

void ClosureBuilder::examine_objects(const elf::Image& image, const Node& program, const std::string& name, uint8_t roles, const Load& load) {
  const Loader::Interpreter loader = loader_.interpreter(image);
  auto& [libc, glibc] = libc_of_[loader.path];
  if (libc == nullptr) {
    glibc = loader.kind == LoaderKind::glibc;
    if (!glibc) libc = root_.walk(loader.path).node;
    for (const LoadedObject& object : load.objects) {
      if (glibc && object.image != nullptr && object.image->soname == "libc.so.6") libc = object.node;
    }
  }
  const Process process{&program, name, libc, glibc};
  if (glibc) last_process_ = process;
  for (size_t i = 0; i < load.objects.size(); ++i) {
    const LoadedObject& object = load.objects[i];
    if (object.image == nullptr || object.node == nullptr) continue;
    const bool itself = object.node == &program;
    if (itself && roles == 0) continue;
    examine(*object.node, itself ? name : object.name, itself ? roles : uint8_t{data::kLibrary}, *object.image, process);
  }
}

void ClosureBuilder::examine(const Node& node, const std::string& started, uint8_t roles, const elf::Image& image, const Process& process) {
  if (!examined_.emplace(&node, roles).second) return;
  take_needs(finder_->object({&node, started, roles, &image, process.libc, process.libc == nullptr ? data::CLibrary::unknown : process.glibc ? data::CLibrary::glibc : data::CLibrary::musl}), node, process.program != nullptr ? &process : nullptr);
}

void ClosureBuilder::examine_script(const data::Finder::Script& script) {
  // A module counts once for each language; an entry may be a module as well.
  const auto kind = static_cast<uint8_t>(0x80 | static_cast<uint8_t>(script.language) << 1 | (script.module ? 1 : 0));
  if (!examined_.emplace(script.node, kind).second) return;
  data::Needs needs = finder_->script(script);
  for (data::Need& need : needs) {
    if (need.kind != data::Need::module) continue;
    const Node* node = root_.walk(need.path).node;
    if (node == nullptr) continue;
    tasks_.push_back({node, need.path, false, data::kLibrary, false, data::Finder::Script{node, need.path, data::kLibrary, need.language, script.interpreter, script.entry, true}});
  }
  // Native modules live in the interpreter's process.
  Process process;
  process.program = script.interpreter.empty() ? nullptr : root_.walk(script.interpreter).node;
  process.name = script.interpreter;
  const bool runs = process.program != nullptr && loader_.content(*process.program).image;
  take_needs(std::move(needs), *script.node, runs ? &process : nullptr);
}

void ClosureBuilder::take_needs(data::Needs needs, const Node& by, const Process* process) {
  for (data::Need& need : needs) take_need(need, by, process);
}

void ClosureBuilder::take_path(const data::Need& need, const Node& by) {
  Walk walk = root_.walk(need.path);
  if (walk.node == nullptr) return;
  const std::string_view detail = closure_.keep(need.detail.empty() ? need.path : need.detail);
  add_links(walk.links, by.path(), detail);
  if (made_.contains(walk.node->path())) return;
  add(*walk.node, reason_of(need.origin), by.path(), detail);
}

void ClosureBuilder::take_need(data::Need& need, const Node& by, const Process* process) {
  const ReasonKind kind = reason_of(need.origin);
  switch (need.kind) {
    case data::Need::file:
    case data::Need::module: return take_path(need, by);
    case data::Need::library:
    case data::Need::plugin: {
      if (process == nullptr) {  // nothing is known of who loads it: it is carried along with its own libraries
        Walk walk = root_.walk(need.path);
        if (need.kind == data::Need::library || walk.node == nullptr) return;
        take_path(need, by);
        return queue(*walk.node, need.path, false, data::kLibrary);
      }
      const bool plugin = need.kind == data::Need::plugin;
      const ReasonKind why = plugin ? ReasonKind::plugin : need.origin == data::Origin::rule ? ReasonKind::rule : ReasonKind::dlopen;
      const std::string_view detail = closure_.keep(need.detail.empty() ? need.path : need.detail);
      // A script's native modules are opened by the interpreter.
      const Node& requester = loader_.content(by).image ? by : *process->program;
      std::vector<OpenedFor>& reasons = opened_for_[{&requester, need.path}];
      if (std::any_of(reasons.begin(), reasons.end(), [&](const OpenedFor& known) { return known.kind == why && known.detail == detail; })) return;
      reasons.push_back({why, detail, plugin || need.origin == data::Origin::declared});
      auto pending = std::find_if(pending_.begin(), pending_.end(), [process](const Pending& known) { return known.process.program == process->program; });
      if (pending == pending_.end()) pending = pending_.insert(pending, Pending{*process, {}});
      pending->requests.push_back({&requester, requester.path(), need.path});
      return;
    }
    case data::Need::program: {
      std::vector<Attempt> tried;
      if (command(need.path, by.path(), kind, closure_.keep(need.detail.empty() ? need.path : need.detail), data::kProgram, false, &tried) == nullptr) no_program(need, by, tried);
      return;
    }
    case data::Need::made_directory:
      return made(need.path, {}, {kind, by.path(), closure_.keep(need.detail), {}}, closure_.keep(need.path));
    case data::Need::generated:
      return made(need.path, std::move(need.content), {kind, by.path(), closure_.keep(need.detail), {}}, closure_.keep(need.path));
    case data::Need::missing: {
      std::vector<Attempt> tried;
      for (std::string& place : need.about) tried.push_back({std::move(place), How::direct, "nothing that can be taken is there"});
      return missing(need.path, by.path(), kind, std::move(tried));
    }
    case data::Need::finding: return finding(need.path, by.path(), need.content, std::move(need.about));
  }
}

// What it may start and what cannot be started, unless that says nothing.
void ClosureBuilder::no_program(const data::Need& need, const Node& by, const std::vector<Attempt>& tried) {
  if (need.perhaps) return;
  const Node* there = need.path.starts_with('/') ? root_.walk(need.path).node : nullptr;
  if (there == &by) return;  // a script that others read in: its own name is theirs then
  const char* const why = there == nullptr ? " is not there, which it may start" : there->is_file() ? " may be started by it, and nobody may execute it" : " may be started by it, and is no regular file";
  std::vector<std::string> about = {need.path};
  for (const Attempt& attempt : tried) about.push_back(attempt.path);
  finding("program-not-there", by.path(), need.path + why, std::move(about));
}

Result<void> ClosureBuilder::open_pending() {
  const std::vector<Pending> pending = std::exchange(pending_, {});
  for (const Pending& item : pending) {
    const Node* program = item.process.program;
    const elf::Image& image = *loader_.content(*program).image;
    if (loader_.interpreter(image).kind == LoaderKind::none) continue;
    auto loads = loader_.open(*program, item.process.name, item.requests);
    if (!loads) return Unexpected(std::move(loads).error());
    ClosureProgram& opener = program_of(*program, item.process.name);
    for (const Loader::OpenRequest& request : item.requests) {
      opener.opens.push_back(request);
      const OpenedFor& why = opened_for_[{request.requester, request.library}].front();
      // A path that is in the opener as such is its own.
      opener.why_opened.push_back(why.detail == request.library ? ReasonKind::dlopen : why.kind);
    }
    for (const Load& load : *loads) {
      loaded(image, load, nullptr, false);
      examine_objects(image, *program, item.process.name, 0, load);
    }
  }
  return {};
}

void ClosureBuilder::finish_data() {
  if (!wants_data() || closure_.files.empty()) return;
  const Node* by = last_process_.libc;
  if (by == nullptr) by = root_.walk(closure_.entries.front()).node;
  const elf::Image* image = by != nullptr && loader_.content(*by).image ? &*loader_.content(*by).image : nullptr;
  const ByteOrder order = image != nullptr ? image->order : ByteOrder::little;
  if (by != nullptr && !options_.data.locales.empty()) {
    std::set<const Package*> packages;
    for (const ClosureFile& file : closure_.files) {
      if (file.node == nullptr || !file.node->is_file()) continue;
      if (const Package* package = packages_->owner(file.path)) packages.insert(package);
    }
    take_needs(finder_->catalogs(packages), *by, nullptr);
  }
  if (by != nullptr) take_needs(finder_->finish(last_process_.libc, order), *by, last_process_.libc != nullptr ? &last_process_ : nullptr);
}

// The interpreter of a script that does not name one: an entry, or else what PATH has under the usual names.
const Node* ClosureBuilder::interpreter_for(ScriptLanguage language, std::string* spelled) {
  for (const std::string& entry : closure_.entries) {
    const Node* node = root_.walk(entry).node;
    if (node == nullptr || !node->is_file() || script_language(node->name(), {}) != language) continue;
    *spelled = entry;
    return node;
  }
  constexpr std::string_view kNames[][3] = {{"python3", "python", ""}, {"perl", "", ""}, {"ruby", "", ""}, {"php", "php8.2", ""}, {"node", "nodejs", ""}, {"lua", "lua5.4", "lua5.3"}, {"tclsh", "", ""}, {"sh", "bash", ""}};
  for (std::string_view name : kNames[static_cast<size_t>(language)]) {
    if (name.empty()) continue;
    *spelled = "/usr/bin/" + std::string(name);
    if (const Node* node = root_.walk(*spelled).node; node != nullptr && node->is_file()) return node;
  }
  return nullptr;
}

// Who names an interpreter and scripts for it wants those scripts to run, not whatever the interpreter can do.
bool ClosureBuilder::only_runs_entries(const Node& interpreter) {
  const auto language = script_language(interpreter.name(), {});
  if (!language || *language == ScriptLanguage::shell) return false;
  return std::any_of(closure_.entries.begin(), closure_.entries.end(), [&](const std::string& entry) {
    const Node* node = root_.walk(entry).node;
    return node != nullptr && node != &interpreter && node->is_file() && script_language({}, node->name()) == language;
  });
}

void ClosureBuilder::name_packages() {
  if (!wants_data()) return;
  for (ClosureFile& file : closure_.files) {
    if (file.node == nullptr || file.node->is_directory()) continue;
    const Package* package = packages_->owner(file.path);
    if (package != nullptr) file.package = closure_.keep(package->name + " " + package->version);
    // The time of a file that only says so itself is not that of a package.
    else if (const std::string_view note = finder_->package_note(*file.node); !note.empty()) file.package_note = closure_.keep(note);
  }
  for (const std::string& problem : packages_->problems()) finding("package-database", "", problem);
}

}  // namespace rootlet
