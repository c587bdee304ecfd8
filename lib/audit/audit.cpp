#include "rootlet/audit.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "audit/collector.hpp"
#include "audit/nearest.hpp"
#include "base/errno_text.hpp"
#include "loader/verdict.hpp"

namespace rootlet {
namespace {

using namespace auditing;

class Auditor {
 public:
  Auditor(Root& root, const Closure& closure, const AuditOptions& options)
      : root_(root), closure_(closure), options_(options), loader_(root, options.loader), kept_objects_(Objects::kept(root)), kernel_(parse_version(options.loader.kernel)) {
    made_.root = closure.root;
    made_.entries = closure.entries;
  }

  Result<Audit> run() {
    if (closure_.programs.empty() && closure_.missing.empty()) return fail(ErrorCode::not_found, "there is no program or library to audit in " + (closure_.entries.empty() ? closure_.root : closure_.entries.front()) + (closure_.entries.size() > 1 ? " and the other entries" : ""));
    uint64_t looked_at = 0;
    for (const ClosureProgram& program : closure_.programs) {
      if (options_.progress && !options_.progress({looked_at, closure_.programs.size(), program.node->path()})) {
        return fail(ErrorCode::cancelled, "the audit was cancelled at " + program.node->path());
      }
      if (auto done = this->program(program); !done) return Unexpected(std::move(done).error());
      if (!program.library) ++made_.programs;
      ++looked_at;
      objects_.trim();
    }
    for (const Missing& missing : closure_.missing) {
      if (missing.kind != ReasonKind::script) continue;
      collector_.begin(std::string(missing.by), false);
      collector_.missing_interpreter(std::string(missing.by), missing.name, missing.tried.size() != 1 ? "which is nowhere in PATH" : "which cannot be run: " + missing.tried.front().why);
    }
    for (auto& [path, object] : found_) made_.objects.push_back(std::move(object));
    made_.findings = collector_.take();
    return std::move(made_);
  }

 private:
  Result<void> program(const ClosureProgram& program) {
    const std::string& path = program.node->path();
    collector_.begin(path, program.library);
    auto image = loader_.image(*program.node);
    if (!image) {
      collector_.malformed(path, image.error());
      return {};
    }
    const Loader::Interpreter interpreter = loader_.interpreter(**image);
    const LoaderRules rules{interpreter.kind, loader_.release(interpreter)};
    const std::string problem = interpreter.kind != LoaderKind::none && !program.library ? interpreter_problem(**image, interpreter.path) : "";
    if (!problem.empty()) collector_.missing_interpreter(path, interpreter.path, problem);
    if (program.named && !program.library && (program.node->status().mode & 0111) == 0) collector_.not_executable(path);
    if (options_.loader.cpu != "all") {
      auto models = loader_.models(**image);
      if (!models) return Unexpected(std::move(models).error());
      // All of them where the level is of another machine.
      allowed_isa_ = models->back().level == options_.loader.cpu ? models->back().isa_bits : UINT32_MAX;
    }
    auto loads = loader_.open(*program.node, program.name, program.opens);
    if (!loads) return Unexpected(std::move(loads).error());
    for (const Load& load : *loads) {
      if (auto done = one(program, load, rules, problem.empty()); !done) return done;
    }
    return {};
  }

  // Why the kernel does not start the loader for this program, or nothing (load_elf_binary).
  std::string interpreter_problem(const elf::Image& image, const std::string& path) {
    const Walk walk = root_.walk(path);
    if (walk.node == nullptr) return "which is not there: " + errno_text(walk.error);
    if (!walk.node->is_file()) return "which is no regular file";
    if ((walk.node->status().mode & 0111) == 0) return "which nobody may execute";
    auto loader = loader_.image(*walk.node);
    if (!loader) return "which is no usable ELF file: " + loader.error().message;
    if ((*loader)->machine == image.machine && (*loader)->file_class == image.file_class) return "";
    return "which is for " + elf::machine_name((*loader)->machine) + ", and it is for " + elf::machine_name(image.machine);
  }

  // Without a loader nothing is bound: what is missing then may be the loader's own.
  Result<void> one(const ClosureProgram& program, const Load& load, const LoaderRules& rules, bool has_loader) {
    for (const LoadFailure& failure : load.failures) {
      if (failure.kind == EdgeKind::preload) collector_.missing_library(load, failure, AuditEffect::note);
      else if (!failure.optional) collector_.missing_library(load, failure, program.library ? AuditEffect::fails_to_open : AuditEffect::stops_start);
    }
    const Kind kind = !program.library ? Kind::program : program.named ? Kind::library : Kind::plugin;
    std::set<std::string_view> plugins;
    for (size_t i = 0; i < program.opens.size(); ++i) {
      if (program.why_opened[i] == ReasonKind::plugin) plugins.insert(program.opens[i].library);
    }
    const ProgramAudit bound = bind_load(objects_, load, rules, kind, plugins, work_left_);
    if (bound.work > work_left_) {
      return fail(ErrorCode::too_large, "binding the symbols takes more than " + std::to_string(most_work()) + " steps: too many references, too many objects, or a hash table that is made to be slow, in what " + program.node->path() + " loads", program.node->path());
    }
    work_left_ -= bound.work;
    made_.bindings += bound.bindings;
    for (const auto& [object, as] : bound.objects) examine(*object, program, rules, as != Kind::program);
    for (const Unbound& unbound : bound.unbound) {
      if (!has_loader) break;
      const Want& want = *unbound.want;
      const auto version = want.version != nullptr ? *want.version : elf::Version();
      collector_.undefined(unbound, unbound.why == Unbound::without_version || unbound.why == Unbound::if_global ? "" : near({want.name.text, version.name, version.file}, load, *unbound.object, want.reference.copy));
    }
    for (const Unmatched& unmatched : bound.unmatched) {
      const bool explain = unmatched.provider != nullptr && !unmatched.no_versions;
      collector_.version(unmatched, explain ? near({{}, unmatched.requirement->version, unmatched.requirement->file}, load, *unmatched.object, false) : "");
    }
    for (const Object* object : bound.not_for_opening) collector_.not_openable(*object);
    for (const CopySize& found : bound.copy_sizes) collector_.copy_size(found);
    for (const Misbound& found : bound.misbound) collector_.misbound(found);
    for (const Unsupported& found : bound.unsupported) collector_.unsupported(found);
    for (const Object* object : bound.without_relr_version) collector_.relr(*object);
    for (const NotOpened& found : bound.not_opened) {
      collector_.missing_library(load, *found.failure, found.kind == Kind::library ? AuditEffect::fails_to_open : AuditEffect::note);
    }
    check_static_tls(bound, rules);
    if (collector_.size() > kMaxFindings) return fail(ErrorCode::too_large, "there are more than " + std::to_string(kMaxFindings) + " findings", program.node->path());
    return {};
  }

  void examine(const Object& object, const ClosureProgram& program, const LoaderRules& rules, bool opened) {
    const std::string& path = object.node->path();
    if (object.error) return collector_.malformed(path, *object.error);
    seen_.emplace(path, object.node);
    AuditObject& known = found_[path];
    const bool started = object.node == program.node && !program.library;
    known.path = path;
    known.references = object.wants.size();
    known.program = known.program || started;
    known.protections = object.protections;
    collector_.hardening(object, started);
    const AuditEffect refused = opened ? AuditEffect::fails_to_open : AuditEffect::stops_start;
    if ((object.protections.isa_needed & ~allowed_isa_) != 0) {
      collector_.processor(object, options_.loader.cpu, rules.checks_isa() ? refused : AuditEffect::fails_on_call);
    }
    const auto& tag = object.protections.abi_tag;
    if (!options_.loader.kernel.empty() && tag && tag->os == 0 && tag->version > kernel_) {
      collector_.kernel(object, options_.loader.kernel, rules.kind == LoaderKind::glibc && rules.release != 0 && rules.release < 236 ? refused : AuditEffect::fails_on_call);
    }
  }

  // dlopen() asks for room in the order in which things are opened, rounds down to the alignment that an object asks for, and has none
  // for one that asks for more than what was there at the start (_dl_try_allocate_static_tls). What is referred to by its offset is placed
  // there as well, whoever refers to it (CHECK_STATIC_TLS; musl's do_relocs refuses it). What others may open as well is worth
  // no more than a word.
  void check_static_tls(const ProgramAudit& bound, const LoaderRules& rules) {
    constexpr uint64_t kLeast = 64;  // of the thread's own structure (TCB_ALIGNMENT)
    uint64_t used = 0, together = 0, most_align = kLeast;
    const auto round = [](uint64_t size, uint64_t align) { return align > 1 ? (size + align - 1) / align * align : size; };
    for (const auto& [object, as] : bound.objects) {
      const elf::ThreadStorage& storage = object->storage;
      if (as == Kind::program) {
        used = std::min(round(used, storage.align) + storage.size, kMaxThreadStorage);
        most_align = std::max(most_align, storage.align);
        continue;
      }
      if (storage.size == 0 || !(storage.is_static || object->symbols.offsets_from_thread_pointer() || bound.in_static_tls.contains(object))) continue;
      const uint64_t free = storage.align > most_align ? 0 : rules.free_tls(used, object->symbols.machine()) / std::max<uint64_t>(storage.align, 1) * std::max<uint64_t>(storage.align, 1);
      if (storage.size > free) {  // and takes nothing
        collector_.static_tls(*object, storage.size, free, as == Kind::plugin ? AuditEffect::note : AuditEffect::fails_to_open);
        continue;
      }
      together = std::min(round(together, storage.align) + storage.size, kMaxThreadStorage);
      if (together > free) collector_.static_tls(*object, together, free, AuditEffect::note);
    }
  }

  // Who nearly provides it: of what is loaded first, else of what the audit has met for that machine. What is copied is not the program's own.
  std::string near(const Wanted& wanted, const Load& load, const Object& by, bool copied) {
    if (explained_ > kMaxExplained) return "";
    std::vector<auditing::Candidate> candidates;
    std::vector<const Object*> loaded;
    for (const LoadedObject& item : load.objects) {
      const Object& object = objects_.of(*item.node);
      loaded.push_back(&object);
      explained_ += object.symbols.count() + 1;
      const std::string_view name = item.image != nullptr && item.image->soname ? std::string_view(*item.image->soname) : item.node->name();
      if (!object.error && !(copied && &object == &by)) candidates.push_back({name, &object.symbols, true});
    }
    std::string found = nearest(wanted, candidates);
    if (!found.empty() || wanted.symbol.empty()) return found;
    candidates.clear();
    for (const auto& [path, node] : seen_) {
      if (explained_ > kMaxExplained) break;
      const Object& object = objects_.of(*node);
      explained_ += object.symbols.count() + 1;
      if (!object.error && object.symbols.machine() == by.symbols.machine() && std::find(loaded.begin(), loaded.end(), &object) == loaded.end()) candidates.push_back({node->name(), &object.symbols, false});
    }
    return nearest(wanted, candidates);
  }

  // All of /usr/bin takes 10 million.
  uint64_t most_work() const { return 2'000'000'000 + closure_.programs.size() * 20'000'000; }

  static constexpr uint64_t kMaxExplained = 100'000'000;  // symbols that are looked at to find who nearly provides others
  static constexpr size_t kMaxFindings = 200'000;
  static constexpr uint64_t kMaxThreadStorage = 1ull << 40;  // more is as good as endless

  Root& root_;
  const Closure& closure_;
  const AuditOptions& options_;
  Loader loader_;
  const std::shared_ptr<Objects> kept_objects_;
  Objects& objects_ = *kept_objects_;
  uint32_t allowed_isa_ = UINT32_MAX;  // of the program that is looked at
  std::array<uint32_t, 3> kernel_;
  uint64_t explained_ = 0;
  uint64_t work_left_ = most_work();
  Collector collector_;
  std::map<std::string, AuditObject> found_;
  std::map<std::string_view, const Node*> seen_;  // objects of this audit so far, by path
  Audit made_;
};

}  // namespace

Result<Audit> audit(Root& root, const Closure& closure, const AuditOptions& options) { return Auditor(root, closure, options).run(); }

}  // namespace rootlet
