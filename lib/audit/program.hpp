// One program, its objects bound in the scopes of its loader.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "audit/lookup.hpp"
#include "audit/object.hpp"
#include "rootlet/audit.hpp"

namespace rootlet::auditing {

enum class Kind : uint8_t {
  program,
  library,  // opened and not started
  plugin,   // the same, by somebody who is not known and may define what it wants without naming a library
};

// Something that one object wants and its loader does not bind.
struct Unbound {
  enum Why : uint8_t {
    nowhere,          // nothing in its scope has it
    without_version,  // `by` has it, but has no versions, where the loader takes none of that kind
    not_in_its_file,  // `by` is the file that the version is wanted of and does not have it, and the loader asks nobody else
    if_global,        // `by` has it, which is opened as well: it is in scope if that was with RTLD_GLOBAL, and before
  };
  const Object* object = nullptr;
  const Want* want = nullptr;
  AuditEffect effect = AuditEffect::stops_start;
  Why why = nowhere;
  const Object* by = nullptr;
};

// A version that an object requires of another.
struct Unmatched {
  const Object* object = nullptr;
  const elf::VersionRequirement* requirement = nullptr;
  const Object* provider = nullptr;  // of which it is required; null if nothing goes by that name
  AuditEffect effect = AuditEffect::stops_start;
  bool no_versions = false;  // the provider defines none at all
};

struct CopySize {
  const Object* object = nullptr;
  const Want* want = nullptr;
  const Object* provider = nullptr;
  uint64_t here = 0, there = 0;
};

// A reference that has its definition, which the loader does not take, or warns of.
struct Misbound {
  enum Why : uint8_t {
    circular_ifunc,  // a library would have the program choose a function before the program is relocated
    protected_copy,     // the program has a copy, where the library goes on with its own
    protected_address,  // the program has an address of its own for a function, where the library has another
  };
  const Object* object = nullptr;
  const Want* want = nullptr;
  const Object* provider = nullptr;
  AuditEffect effect = AuditEffect::stops_start;
  Why why = circular_ifunc;
};

// Relocations that the loader does not know.
struct Unsupported {
  const Object* object = nullptr;
  std::string_view relocations;  // "IRELATIVE", "DT_RELR"
  AuditEffect effect = AuditEffect::stops_start;
};

// How the program's loader goes about it.
struct LoaderRules {
  LoaderKind kind = LoaderKind::glibc;
  unsigned release = 0;  // Loader::release()

  // Before 2.41 an assertion fails where a symbol is found in the very file that its version is wanted of, and that has none.
  bool asserts_versions() const { return kind == LoaderKind::glibc && release != 0 && release < 241; }
  // Before 2.30 the search ends at the file that the version is wanted of, weak references included (do_lookup_x; bug 24741).
  bool stops_at_named_file() const { return kind == LoaderKind::glibc && release != 0 && release < 230; }
  // Since 2.36 (_dl_check_map_versions).
  bool wants_relr_version() const { return kind == LoaderKind::glibc && (release == 0 || release >= 236); }
  // Since 2.33 (dl_isa_level_check).
  bool checks_isa() const { return kind == LoaderKind::glibc && (release == 0 || release >= 233); }
  // Since 2.33, of these machines alone (sysdeps/x86_64/dl-machine.h: elf_machine_rela; sysdeps/i386/dl-machine.h: elf_machine_rel).
  bool refuses_ifuncs_of_program(uint16_t machine) const {
    return kind == LoaderKind::glibc && (release == 0 || release >= 233) && (machine == elf::kMachineX86_64 || machine == elf::kMachine386);
  }
  // Of musl 1.2.4 and later, which is the first that knows DT_RELR (do_relr_relocs). What is not known is taken to be late.
  bool knows_relr() const { return kind != LoaderKind::musl || release == 0 || release >= 10'204; }
  // Of copies and addresses of protected symbols that a program has. Since 2.35 (_dl_check_protected_symbol), which did not warn yet and
  // let pass what a program says of itself.
  bool checks_protected() const { return kind == LoaderKind::glibc && (release == 0 || release >= 235); }
  bool warns_of_protected() const { return release != 235; }
  // Of the static TLS block, for what is opened later where the program has used so much from the start: glibc's surplus with its
  // tunables as they come (elf/dl-tls.c: _dl_tls_static_surplus_init), and what rounding adds where the block lies below the thread
  // pointer (_dl_determine_tlsoffset); musl keeps nothing free (do_relocs). What names no loader is taken to be opened by glibc.
  uint64_t free_tls(uint64_t used, uint16_t machine) const;
};

// A library that something opened needs and does not find, so that it does not open.
struct NotOpened {
  const LoadFailure* failure = nullptr;
  Kind kind = Kind::library;
};

struct ProgramAudit {
  std::vector<std::pair<const Object*, Kind>> objects;  // all that are bound, each once, and as what
  std::vector<Unbound> unbound;
  std::vector<Unmatched> unmatched;
  std::vector<CopySize> copy_sizes;
  std::vector<Misbound> misbound;
  std::vector<Unsupported> unsupported;
  std::set<const Object*> in_static_tls;  // whose thread-local storage others refer to by its offset
  std::vector<NotOpened> not_opened;
  std::vector<const Object*> without_relr_version;
  std::vector<const Object*> not_for_opening;  // what is opened although it says that it is not for that
  uint64_t bindings = 0;
  uint64_t work = 0;  // steps in hash tables
};

// The objects of one load, bound. `plugins` are the libraries, as they are asked for, that others than this program may open as well. It
// ends early where it has taken more than `most_work`, which ProgramAudit::work tells.
ProgramAudit bind_load(Objects& objects, const Load& load, const LoaderRules& rules, Kind kind, const std::set<std::string_view>& plugins, uint64_t most_work);

}  // namespace rootlet::auditing
