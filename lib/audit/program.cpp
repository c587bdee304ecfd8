#include "audit/program.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_set>

namespace rootlet::auditing {
namespace {

class Binder {
 public:
  Binder(Objects& objects, const Load& load, const LoaderRules& rules, Kind kind, const std::set<std::string_view>& plugins, uint64_t most_work)
      : load_(load), rules_(rules), kind_(kind), plugins_(plugins), most_work_(most_work) {
    for (const LoadedObject& loaded : load.objects) all_.push_back(&objects.of(*loaded.node));
    for (const LoadEdge& edge : load.edges) {
      edges_from_[edge.from].push_back(&edge);
      called_.try_emplace(edge.name, all_[edge.to]);
    }
    for (size_t i = 0; i < all_.size(); ++i) {
      const LoadedObject& loaded = load.objects[i];
      called_.try_emplace(loaded.name, all_[i]);
      if (loaded.image != nullptr && loaded.image->soname && loaded.image->soname->starts_with("ld")) called_.try_emplace(*loaded.image->soname, all_[i]);
    }
    for (const LoadFailure& failure : load.failures) missing_.insert(failure.name);
  }

  ProgramAudit run() {
    // What the program starts with: the program, what is preloaded, and what these need.
    std::vector<uint32_t> roots{0};
    for (const LoadEdge& edge : load_.edges) {
      if (edge.kind == EdgeKind::preload) roots.push_back(edge.to);
    }
    const std::vector<uint32_t> start = reach(roots);
    scope_ = objects_of(start);
    bind_all(start);
    find_opened();
    for (const LoadEdge& edge : load_.edges) {
      if (edge.kind != EdgeKind::opened) continue;
      const std::vector<uint32_t> opened = reach({edge.to});
      // dlopen() fails before anything is bound.
      kind_ = plugins_.contains(edge.name) ? Kind::plugin : Kind::library;
      if (lacks_library(opened)) continue;
      if (kind_ == Kind::library && refuses_to_be_opened(edge.to)) {
        made_.not_for_opening.push_back(all_[edge.to]);
        continue;
      }
      const size_t global = scope_.size();
      for (const Object* object : objects_of(opened)) {
        if (std::find(scope_.begin(), scope_.end(), object) == scope_.end()) scope_.push_back(object);
      }
      bind_all(opened);
      scope_.resize(global);
    }
    return std::move(made_);
  }

 private:
  // What these need, they themselves included, in load order. Audit modules have a namespace of their own.
  std::vector<uint32_t> reach(std::vector<uint32_t> waiting) const {
    std::vector<bool> reached(all_.size());
    std::vector<uint32_t> order;
    while (!waiting.empty()) {
      const uint32_t at = waiting.back();
      waiting.pop_back();
      if (reached[at]) continue;
      reached[at] = true;
      order.push_back(at);
      if (auto edges = edges_from_.find(at); edges != edges_from_.end()) {
        for (const LoadEdge* edge : edges->second) {
          if (edge->kind != EdgeKind::opened && edge->kind != EdgeKind::audit) waiting.push_back(edge->to);
        }
      }
    }
    // musl's own loader is always there (the chain of struct dso in __dls3).
    if (rules_.kind == LoaderKind::musl && all_.size() > 1 && !reached[1]) order.push_back(1);
    std::sort(order.begin(), order.end());
    return order;
  }

  void find_opened() {
    std::vector<uint32_t> opened;
    for (const LoadEdge& edge : load_.edges) {
      if (edge.kind == EdgeKind::opened) opened.push_back(edge.to);
    }
    if (!opened.empty()) opened_ = objects_of(reach(std::move(opened)));
  }

  std::vector<const Object*> objects_of(const std::vector<uint32_t>& indices) const {
    std::vector<const Object*> objects;
    for (const uint32_t index : indices) objects.push_back(all_[index]);
    return objects;
  }

  // _dl_map_object_from_fd: "cannot dynamically load executable", "shared object cannot be dlopen()ed".
  bool refuses_to_be_opened(uint32_t index) const {
    constexpr uint64_t kNoOpen = 0x40;  // DF_1_NOOPEN
    const elf::Image* image = load_.objects[index].image;
    return rules_.kind == LoaderKind::glibc && image != nullptr && ((image->flags_1 & (kNoOpen | elf::kFlag1Pie)) != 0 || image->type == elf::Type::executable);
  }

  bool lacks_library(const std::vector<uint32_t>& indices) {
    bool lacks = false;
    for (const LoadFailure& failure : load_.failures) {
      if (failure.kind != EdgeKind::needed || !std::binary_search(indices.begin(), indices.end(), failure.from)) continue;
      made_.not_opened.push_back({&failure, kind_});
      lacks = true;
    }
    return lacks;
  }

  void bind_all(const std::vector<uint32_t>& indices) {
    for (const uint32_t index : indices) {
      const Object& object = *all_[index];
      if (!bound_.insert(&object).second) continue;
      made_.objects.emplace_back(&object, kind_);
      if (object.error) continue;
      if (rules_.kind == LoaderKind::glibc) check_versions(object);
      if (rules_.kind == LoaderKind::musl) check_relocations(object);
      for (const Want& want : object.wants) {
        if (made_.work > most_work_) return;
        bind_one(object, want);
      }
    }
  }

  // _dl_name_match_p: an object goes by its path and by every name that it was asked for by; by its soname alone only the loader does
  // (elf/rtld.c).
  const Object* called(std::string_view name) const {
    const auto known = called_.find(name);
    return known != called_.end() ? known->second : nullptr;
  }

  bool missing(std::string_view name) const { return missing_.contains(name); }

  // do_relocs in musl's ldso/dynlink.c: "unsupported relocation type". The loader relocates itself.
  void check_relocations(const Object& object) {
    if (all_.size() > 1 && &object == all_[1]) return;
    const AuditEffect effect = kind_ != Kind::program ? AuditEffect::fails_to_open : AuditEffect::stops_start;
    if (object.symbols.has_indirect()) made_.unsupported.push_back({&object, "IRELATIVE", effect});
    if (object.symbols.has_relr() && !rules_.knows_relr()) made_.unsupported.push_back({&object, "DT_RELR", effect});
  }

  // _dl_check_map_versions in glibc's elf/dl-version.c.
  void check_versions(const Object& object) {
    bool relr_version = false;
    for (const elf::VersionRequirement& requirement : object.symbols.requirements()) {
      relr_version = relr_version || requirement.version == "GLIBC_ABI_DT_RELR";
      const Object* provider = called(requirement.file);
      const AuditEffect effect = kind_ != Kind::program ? AuditEffect::fails_to_open : AuditEffect::stops_start;
      if (provider == nullptr) {
        // An assertion fails, unless the loader has given up before because the library is missing.
        if (!missing(requirement.file)) made_.unmatched.push_back({&object, &requirement, nullptr, effect, false});
        continue;
      }
      if (provider->error) continue;
      if (!provider->symbols.defines_versions()) {
        made_.unmatched.push_back({&object, &requirement, provider, AuditEffect::note, true});
        continue;
      }
      if (requirement.weak) continue;
      const auto& definitions = provider->symbols.definitions();
      if (std::none_of(definitions.begin(), definitions.end(), [&](const elf::VersionDefinition& definition) { return definition.hash == requirement.hash && definition.version == requirement.version; })) {
        made_.unmatched.push_back({&object, &requirement, provider, effect, false});
        unmatched_.emplace(&object, requirement.file, requirement.version);
      }
    }
    const elf::Image* image = image_of(object);
    if (!object.symbols.has_relr() || relr_version || object.symbols.requirements().empty() || !rules_.wants_relr_version() || image == nullptr) return;
    for (const std::string& needed : image->needed()) {
      if (needed.starts_with("libc.so.")) return made_.without_relr_version.push_back(&object);
    }
  }

  const elf::Image* image_of(const Object& object) const {
    for (const LoadedObject& loaded : load_.objects) {
      if (loaded.node == object.node) return loaded.image;
    }
    return nullptr;
  }

  void bind_one(const Object& object, const Want& want) {
    if (want.own && rules_.kind == LoaderKind::glibc) return;
    ++made_.bindings;
    const bool musl = rules_.kind == LoaderKind::musl;
    if (want.reference.copy) return copied(object, want);
    // musl binds everything before the program starts.
    const bool at_start = musl || object.symbols.bind_now();
    if (want.reference.data && !look_up(object, want, Purpose::data, true)) return;
    if (want.reference.jump) look_up(object, want, Purpose::jump, at_start || !(want.reference.lazy || want.reference.data));
  }

  // False if there is nothing, which has been noted.
  bool look_up(const Object& object, const Want& want, Purpose purpose, bool at_start) {
    const Bound bound = ask(want, purpose, 0);
    if (is_enough(object, want, bound)) {
      if (bound.answer != Answer::no) check_definition(object, want, bound, purpose, at_start);
      return true;
    }
    if (const Object* by = opened_with(want, purpose); by != nullptr && bound.by == nullptr) {
      made_.unbound.push_back({&object, &want, AuditEffect::note, Unbound::if_global, by});
      return false;
    }
    note_unbound(object, want, bound, kind_ != Kind::program ? AuditEffect::fails_to_open : at_start ? AuditEffect::stops_start : AuditEffect::fails_on_call);
    return false;
  }

  // What a program opens is in the scope of what it opens later if it says so, which nobody can see.
  const Object* opened_with(const Want& want, Purpose purpose) {
    if (kind_ == Kind::program) return nullptr;
    for (const Object* object : opened_) {
      if (!object->error && ask_one(*object, want, purpose).answer == Answer::yes) return object;
    }
    return nullptr;
  }

  // Where a search has ended: with an answer, or at the object by which it goes no further.
  struct Bound : Found {
    const Object* by = nullptr;
  };

  void note_unbound(const Object& object, const Want& want, const Bound& bound, AuditEffect effect) {
    const auto why = bound.answer == Answer::yes_without_version ? Unbound::without_version : bound.by != nullptr ? Unbound::not_in_its_file : Unbound::nowhere;
    made_.unbound.push_back({&object, &want, effect, why, bound.by});
  }

  // Whether the loader goes on with that answer, or is not worth a word of its own where it does not.
  bool is_enough(const Object& object, const Want& want, const Bound& bound) {
    switch (bound.answer) {
      case Answer::yes: return true;
      case Answer::yes_without_version: return !rules_.asserts_versions() || want.version->file.empty() || called(want.version->file) != bound.by;
      case Answer::no: break;
    }
    return (want.weak && bound.by == nullptr) || concealed(want) || is_unmatched(object, want);
  }

  Found ask_one(const Object& object, const Want& want, Purpose purpose) {
    return rules_.kind == LoaderKind::musl ? ask_musl(object.symbols, want.name, purpose, made_.work) : ask_glibc(object.symbols, want, purpose, made_.work);
  }

  // The first object in scope that has it; from the second on for a copy relocation, which never looks into the program.
  Bound ask(const Want& want, Purpose purpose, size_t from) {
    std::optional<std::string_view> other;
    for (size_t i = from; i < scope_.size(); ++i) {
      const Object& object = *scope_[i];
      if (object.error) continue;
      const Found found = ask_one(object, want, purpose);
      if (found.answer != Answer::no || is_last_to_ask(want, object)) return {found, &object};
    }
    if (rules_.kind == LoaderKind::musl) other = musl_name_without_64(want.name.text);
    // The loader is musl's libc, and second in its load.
    if (!other || all_.size() < 2 || all_[1]->error) return {};
    const Found found = ask_musl(all_[1]->symbols, elf::HashedName(*other), Purpose::jump, made_.work);
    if (found.answer == Answer::no) return {};
    return {found, all_[1]};
  }

  bool is_last_to_ask(const Want& want, const Object& object) const {
    return rules_.stops_at_named_file() && want.version != nullptr && !want.version->file.empty() && called(want.version->file) == &object;
  }

  void check_definition(const Object& object, const Want& want, const Bound& bound, Purpose purpose, bool at_start) {
    if (want.reference.thread_offset) made_.in_static_tls.insert(bound.by);
    if (kind_ != Kind::program) return;
    // The program is relocated last, and what it has an IFUNC choose from would not be there yet. Nothing is chosen before the first call.
    if (bound.by == all_[0] && &object != all_[0] && bound.type == elf::SymbolType::ifunc && bound.defined && at_start && rules_.refuses_ifuncs_of_program(object.symbols.machine())) {
      made_.misbound.push_back({&object, &want, bound.by, AuditEffect::stops_start, Misbound::circular_ifunc});
    }
    const elf::Symbol own = object.symbols.symbol(want.reference.symbol);
    if (purpose == Purpose::jump && own.value != 0 && !own.defined()) check_protected(object, want, bound, at_start ? AuditEffect::stops_start : AuditEffect::fails_on_call, Misbound::protected_address);
  }

  void check_protected(const Object& object, const Want& want, const Bound& bound, AuditEffect refused, Misbound::Why why) {
    if (&object != all_[0] || kind_ != Kind::program || bound.visibility != elf::Visibility::guarded || !rules_.checks_protected()) return;
    const bool may = !bound.by->protections.indirect_access || (!rules_.warns_of_protected() && object.protections.indirect_access);
    if (may && !rules_.warns_of_protected()) return;
    made_.misbound.push_back({&object, &want, bound.by, may ? AuditEffect::note : refused, why});
  }

  void copied(const Object& object, const Want& want) {
    const Bound bound = ask(want, Purpose::data, 1);
    if (!is_enough(object, want, bound)) return note_unbound(object, want, bound, AuditEffect::stops_start);
    check_protected(object, want, bound, AuditEffect::stops_start, Misbound::protected_copy);
    const uint64_t here = object.symbols.symbol(want.reference.symbol).size;
    if (here != bound.size && bound.size != 0) made_.copy_sizes.push_back({&object, &want, bound.by, here, bound.size});
  }

  // Whether what is missing may be no more than the consequence of something else that is reported: a library that is not there, or
  // whose tables are no good. Or it is nobody's business here.
  bool concealed(const Want& want) {
    if (want.version != nullptr && !want.version->file.empty()) {
      const Object* provider = called(want.version->file);
      if (provider != nullptr) return provider->error.has_value();
      return missing(want.version->file);
    }
    if (kind_ == Kind::plugin) return true;
    return std::any_of(load_.failures.begin(), load_.failures.end(), [](const LoadFailure& failure) { return !failure.optional; }) ||
           std::any_of(scope_.begin(), scope_.end(), [](const Object* object) { return object->error.has_value(); });
  }

  // Whether the version as such is missing, which is reported once and not for each symbol.
  bool is_unmatched(const Object& object, const Want& want) const {
    if (want.version == nullptr || rules_.kind == LoaderKind::musl) return false;
    return unmatched_.contains({&object, want.version->file, want.version->name});
  }

  const Load& load_;
  const LoaderRules& rules_;
  Kind kind_;  // of what is bound now
  const std::set<std::string_view>& plugins_;
  const uint64_t most_work_;
  std::vector<const Object*> all_;  // by index in the load
  std::unordered_map<uint32_t, std::vector<const LoadEdge*>> edges_from_;
  std::unordered_map<std::string_view, const Object*> called_;
  std::unordered_set<std::string_view> missing_;
  std::set<std::tuple<const Object*, std::string_view, std::string_view>> unmatched_;
  std::unordered_set<const Object*> bound_;
  std::vector<const Object*> scope_;
  std::vector<const Object*> opened_;  // all that the program opens, and what that needs
  ProgramAudit made_;
};

}  // namespace

uint64_t LoaderRules::free_tls(uint64_t used, uint16_t machine) const {
  constexpr uint64_t kSurplus = 1664, kRound = 64;
  if (kind == LoaderKind::musl) return 0;
  const bool below = machine == elf::kMachineX86_64 || machine == elf::kMachine386 || machine == elf::kMachineS390;
  return below ? (used + kSurplus + kRound - 1) / kRound * kRound - used : kSurplus;
}

ProgramAudit bind_load(Objects& objects, const Load& load, const LoaderRules& rules, Kind kind, const std::set<std::string_view>& plugins, uint64_t most_work) {
  return Binder(objects, load, rules, kind, plugins, most_work).run();
}

}  // namespace rootlet::auditing
