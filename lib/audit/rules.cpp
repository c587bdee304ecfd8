// The words of an audit: what may be amiss, and what to do about it.
#include "rootlet/audit.hpp"

#include <algorithm>

#include "base/escape.hpp"

namespace rootlet {

std::string_view to_string(AuditEffect effect) {
  switch (effect) {
    case AuditEffect::stops_start: return "stops-start";
    case AuditEffect::fails_on_call: return "fails-on-call";
    case AuditEffect::fails_to_open: return "fails-to-open";
    case AuditEffect::note: break;
  }
  return "note";
}

const std::vector<AuditRule>& all_audit_rules() {
  static const std::vector<AuditRule> rules = {
      {"missing-library", "A library that is needed is not there, or the loader refuses the file that it finds.",
       "Put the library where the loader looks: in a directory of its run path, of ld.so.conf, or in a default one; or set --library-path. "
       "`rootlet resolve` lists every path that was tried."},
      {"missing-interpreter", "The loader that a program asks for is not there, so the kernel cannot start the program.",
       "Install the C library that the program was built for, glibc's or musl's, at the path that its interpreter names."},
      {"not-executable", "A program has a mode by which nobody may execute it.", "Give it mode 0755; what copies files into images may have lost it."},
      {"not-openable", "What a program opens is a program itself, or says that it must not be opened.",
       "Build it as a library (-shared, without -pie), and without -z nodlopen."},
      {"missing-version", "A version that an object requires is not defined by the library that it is required of.",
       "The library is older than the one that the object was linked with, mostly. Bring the newer library along, or build the object on the "
       "system whose libraries it will find."},
      {"undefined-symbol", "No object in scope defines a symbol that is referred to, in the version that is wanted.",
       "A library is older or newer than the one that the object was linked with, was built without a feature, or is not linked at all. "
       "Bring the matching library along, or link the one that defines the symbol."},
      {"no-version-information", "A version is required of a library that defines no versions at all.",
       "The loader warns; or it gives up, where the library has the symbol without a version. The library was built in another way than the one that the object was linked with; use the same build."},
      {"relr-without-version", "An object has relative relocations in the compact form (DT_RELR) and does not require GLIBC_ABI_DT_RELR.",
       "glibc 2.36 and later refuse it. Link it again, with a linker that adds the version by itself (-z pack-relative-relocs)."},
      {"cpu-level", "An object is marked as needing a processor beyond the one that is meant to run it.",
       "Build it for a lower level (-march=x86-64, -z x86-64-baseline), or say with --cpu that the processors have what it needs."},
      {"kernel-version", "An object is marked as needing a newer kernel than the one that is meant to run it.",
       "Use a C library that was built for older kernels (glibc's --enable-kernel), or say with --kernel which one there will be."},
      {"static-tls", "What is opened while the program runs wants more thread-local memory of the static kind than the loader keeps free.",
       "Build the library with -ftls-model=global-dynamic, link or preload it, or raise glibc.rtld.optional_static_tls in GLIBC_TUNABLES."},
      {"copy-size", "A variable that the program has a copy of has another size in the library.",
       "The loader copies the smaller of both and warns. Build the program against the library that it will find, or without copies (-fPIE)."},
      {"circular-ifunc", "A library is bound at the start to an IFUNC of the program, which is relocated after the library.",
       "Define the function in a library of its own, or link the library that refers to it without -z now and without addresses of it in data, so that it is bound at the first call."},
      {"protected-symbol", "A program has a copy of a variable, or an address of its own for a function, that is protected in its library.",
       "The program and the library would not see the same. Compile the program with -fPIC or -mno-direct-extern-access, or make the symbol default in the library."},
      {"unsupported-relocation", "An object has relocations of a kind that its loader does not know.",
       "It was built for another C library, mostly. Build it for musl: without IFUNCs (target_clones, ifunc), and before musl 1.2.4 without -z pack-relative-relocs."},
      {"malformed", "Tables that the loader would read are not in order, so the object could not be audited.",
       "The file is damaged, was cut short, or was changed by a tool that broke it; install or build it again."},
      {"unreached-file", "No entry reaches a file.",
       "Leave it out of the image, or name what uses it as an entry. What is opened under a name that is made at run time cannot be seen."},
      {"executable-stack", "The stack of a program that loads the object is executable.",
       "Assemble it with -Wa,--noexecstack, or link it with -z noexecstack; assembler sources lack the section .note.GNU-stack, mostly."},
      {"text-relocations", "The loader writes to the object's code when it loads it.", "Compile everything in it with -fPIC or -fPIE."},
      {"no-relro", "Tables that only the loader must write stay writable while the program runs.", "Link with -Wl,-z,relro,-z,now."},
      {"partial-relro", "The table of functions stays writable while the program runs, as they are bound when they are first called.",
       "Link with -Wl,-z,relro,-z,now."},
      {"no-pie", "A program is always at the same address.", "Compile with -fPIE and link with -pie."},
  };
  return rules;
}

std::string AuditFinding::key() const {
  std::string key(rule);
  for (const std::string* name : {&object, &subject}) {
    if (!name->empty()) key += ' ' + escaped(*name, Plain::word);
  }
  return key;
}

bool Audit::bound() const {
  return std::all_of(findings.begin(), findings.end(),
                     [](const AuditFinding& finding) { return finding.accepted || finding.effect == AuditEffect::note; });
}

}  // namespace rootlet
