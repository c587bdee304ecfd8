// Audits made by hand: what reports are told to say.
#pragma once

#include <string>

#include "rootlet/audit.hpp"

namespace rootlet::test {

inline AuditFinding unbound(std::string program, std::string symbol, AuditEffect effect = AuditEffect::stops_start) {
  AuditFinding made;
  made.rule = "undefined-symbol";
  made.effect = effect;
  made.object = made.program = std::move(program);
  made.subject = symbol + "@V_2";
  made.symbol = std::move(symbol);
  made.version = "V_2";
  made.from = "libx.so.1";
  made.nearest = "libx.so.1 has " + made.symbol + "@V_1";
  made.message = made.object + " refers to " + made.subject + " of libx.so.1, which does not define it";
  return made;
}

inline AuditFinding note(std::string_view rule, std::string object, std::string message) {
  AuditFinding made;
  made.rule = rule;
  made.object = made.program = std::move(object);
  made.message = std::move(message);
  return made;
}

inline AuditObject object(std::string path, bool program, Relro relro = Relro::full) {
  AuditObject made;
  made.path = std::move(path);
  made.program = program;
  made.protections.relro = relro;
  made.protections.pie = program ? Pie::yes : Pie::dso;
  return made;
}

// Two programs and a library, two findings that count, one that is accepted, two notes.
inline Audit small_audit() {
  Audit made;
  made.root = "/image";
  made.entries = {"/usr/bin/app", "/usr/bin/tool"};
  made.findings = {unbound("/usr/bin/app", "foo"), unbound("/usr/bin/tool", "bar"), unbound("/usr/bin/tool", "late", AuditEffect::fails_on_call),
                   note("no-pie", "/usr/bin/tool", "/usr/bin/tool is always at the same address"),
                   note("copy-size", "/usr/bin/tool", "environ has 8 bytes, and 16 in libx.so.1")};
  made.findings[0].programs = 3;
  made.findings[1].accepted = true;
  made.objects = {object("/usr/bin/app", true), object("/usr/bin/tool", true), object("/usr/lib/libx.so.1", false, Relro::partial)};
  made.objects[0].protections.canary = made.objects[0].protections.ibt = true;
  made.objects[0].protections.isa_needed = 3;
  made.objects[0].references = 12;
  made.objects[1].protections.pie = Pie::no;
  made.objects[2].protections.abi_tag = elf::AbiTag{0, {3, 2, 0}};
  made.programs = 2;
  made.bindings = 4711;
  return made;
}

// Names that formats could take for their own marks, or cannot hold.
inline Audit hostile_audit() {
  Audit made = small_audit();
  for (const char* name : {"/a b%?#", "/new\nline", "/\xff\xfe", "/<b>&\"']]>", "/nul\x01\x1b[2J", "/\xef\xbf\xbf\xef\xbf\xbe\xef\xbf\xbd", "/ü/名前", "/c:d", "//x", "/\\x20"}) {
    made.findings.push_back(unbound(name, name));
    made.findings.push_back(note("unreached-file", name, std::string("nothing reaches ") + name));
    made.objects.push_back(object(name, true));
    made.unreached.push_back({name, 12, name});
  }
  made.findings.push_back(note("malformed", "", ""));
  made.root = "/\x80\n<root>";
  return made;
}

}  // namespace rootlet::test
