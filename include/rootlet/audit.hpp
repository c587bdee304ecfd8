// audit: would it start? Every symbol of a closure's programs bound as their loader would bind it, without running anything.
//
// Each program is audited on its own: its objects in load order are the scope, and each reference of each of them is looked up as the
// program's loader does: glibc's by name and version (elf/dl-lookup.c: do_lookup_x, check_match; elf/dl-version.c:
// _dl_check_map_versions; elf/dl-reloc.c), musl's by name (ldso/dynlink.c: find_sym2, do_relocs). What the program opens while it runs, as
// far as the closure knows, is bound in the scope of a dlopen: the program's, then its own.
//
// Nothing is needed but the tables that the loaders themselves read: section headers play no part, any architecture will do. Where
// something is not bound, LIEF's model of the objects concerned tells who nearly provides it; it is loaded then and not before.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/base.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/elf.hpp"
#include "rootlet/loader.hpp"
#include "rootlet/root.hpp"

namespace rootlet {

// What comes of a finding.
enum class AuditEffect : uint8_t {
  stops_start,    // the loader gives up before the program's first instruction
  fails_on_call,  // the program starts, and ends when it first calls the function (lazy binding)
  fails_to_open,  // the program starts; what it opens later does not open
  note,           // it works; worth knowing
};
// "stops-start", "fails-on-call", "fails-to-open", "note".
std::string_view to_string(AuditEffect effect);

// The rules, as words that stay as they are; all_audit_rules() describes them.
//   missing-library       an object that is needed is not there, or is refused
//   missing-interpreter   the loader itself, or a script's interpreter, is not there or cannot be run
//   not-executable        a program that is an entry has a mode by which nobody may execute it
//   not-openable          what is opened is a program, or says that it must not be opened
//   missing-version       a version that an object requires is not defined by the object that it requires it of
//   undefined-symbol      nothing in scope defines a symbol that is referred to, in the version that is wanted; not reported beside a
//                         missing library or version that it would come with; a note where something else that the program opens
//                         defines it, which is in scope if it was opened before and with RTLD_GLOBAL
//   no-version-information  a version is required of an object that defines none at all
//   relr-without-version  DT_RELR without a requirement of GLIBC_ABI_DT_RELR (glibc 2.36 and later refuse the object)
//   cpu-level             an object is marked as needing a processor beyond LoaderConfig::cpu
//   kernel-version        an object is marked as needing a kernel beyond LoaderConfig::kernel
//   static-tls            what is opened later wants more of the static TLS block than the loader keeps free
//   copy-size             a copy relocation's object has another size in the library
//   circular-ifunc        a library is bound at the start to a function that the program chooses by an IFUNC (glibc on x86 refuses it)
//   protected-symbol      the program has a copy, or an address of its own, of what is protected in a library; glibc refuses that where the
//                         library says that it must (-z indirect-extern-access), and warns else
//   unsupported-relocation  an object has relocations that its loader does not know: IRELATIVE of musl, DT_RELR of musl before 1.2.4
//   malformed             tables that the loader would read are not in order, so the object could not be audited
//   unreached-file        no entry reaches a file (audit_root() only)
//   executable-stack, text-relocations, no-relro, partial-relro, no-pie   hardening that is absent, of programs and libraries
struct AuditRule {
  std::string_view name;
  std::string_view summary;  // one sentence
  std::string_view help;     // what to do about it, one or two sentences
};
const std::vector<AuditRule>& all_audit_rules();

struct AuditFinding {
  std::string_view rule;  // the name of one of all_audit_rules()
  AuditEffect effect = AuditEffect::note;
  std::string object;     // path of the file concerned
  std::string subject;    // what is amiss with it: "foo@GLIBC_2.38", "libz.so.1"; with rule and object it identifies the finding
  std::string symbol;     // as the file spells it, or empty
  std::string version;    // that is wanted, or empty
  std::string from;       // the soname that the version is wanted of, or empty
  std::string nearest;    // who nearly provides it, a clause: "libc.so.6 has up to GLIBC_2.36"; or empty
  std::string program;    // path of the first program, by path, that it concerns
  uint64_t programs = 1;  // how many programs it concerns
  std::string message;    // all of it in one sentence
  bool accepted = false;  // by a baseline

  // "undefined-symbol /usr/bin/app foo@V_2", as a line of a baseline names it; printable.
  std::string key() const;
};

using elf::Pie;
using elf::Protections;
using elf::Relro;

// One ELF file of the closure.
struct AuditObject {
  std::string path;
  bool program = false;   // started as one; else loaded by some
  uint64_t references = 0;  // symbols that it refers to and that others must define
  Protections protections;
};

struct UnreachedFile {
  std::string path;
  uint64_t size = 0;
  std::string package;  // that owns it, or empty
};

struct Audit {
  std::string root;
  std::vector<std::string> entries;
  std::vector<AuditFinding> findings;   // by effect, then object, rule, subject
  std::vector<AuditObject> objects;     // by path
  std::vector<UnreachedFile> unreached;  // audit_root() only: regular files, the largest first
  uint64_t programs = 0;  // that were audited
  uint64_t bindings = 0;  // references that were looked up, over all programs

  // True if no finding that is not accepted has an effect but `note`.
  bool bound() const;
};

struct AuditProgress {
  uint64_t programs = 0, of = 0;  // done, and in all
  std::string_view path;          // of the program that is looked at
};

struct AuditOptions {
  LoaderConfig loader;  // as the closure was made with
  // Called before each program; returning false stops with an error of code `cancelled`.
  std::function<bool(const AuditProgress&)> progress = {};
};

// Audits the programs of a closure, which was made with this Root. What is amiss is in the answer; errors are of the options
// (invalid_argument), of a bound that is reached (too_large), or `cancelled`. The Root keeps what was read of the objects, up to a quarter
// of a GiB, for the audits that follow.
Result<Audit> audit(Root& root, const Closure& closure, const AuditOptions& options = {});

// Audits a root that somebody else made: every program in it (ELF files that ask for an interpreter or are statically linked, and
// scripts, that anybody may execute; not the examples in /usr/share/doc), and what no entry reaches. With `entries`, what these do not
// reach; else what no program reaches; package databases and what names the distribution are for scanners, and not
// among it. LoaderConfig::cpu bounds the programs of whose machine it is a level. What cannot be read is an error, and so are a root
// without programs and a level of none of them.
Result<Audit> audit_root(Root& root, const std::vector<std::string>& entries, const ResolveOptions& options = {},
                         const std::function<bool(const AuditProgress&)>& progress = {});

// Marks the findings that a baseline names: the text of a file with one key() a line, before which the effect may stand that it has at
// worst ("fails-on-call undefined-symbol /app foo"): what has become worse is not accepted. Empty lines, those that begin with '#' and
// a byte order mark are passed over. Returns the lines that name nothing that was found. Errors are `malformed`, with the number of the line.
Result<std::vector<std::string>> accept(Audit& audit, std::string_view baseline);

// A baseline of all findings but notes, each with its message as a comment.
std::string to_baseline(const Audit& audit);

}  // namespace rootlet
