// Findings about what a file says of itself.
#include "audit/collector.hpp"

namespace rootlet::auditing {
namespace {

AuditFinding about(const Object& object, std::string_view rule, std::string subject, AuditEffect effect, const std::string& rest) {
  AuditFinding finding;
  finding.rule = rule;
  finding.effect = effect;
  finding.object = object.node->path();
  finding.subject = std::move(subject);
  finding.message = finding.object + " " + rest;
  return finding;
}

}  // namespace

void Collector::processor(const Object& object, const std::string& allowed, AuditEffect effect) {
  const std::string level(elf::isa_name(object.protections.isa_needed));
  note(about(object, "cpu-level", level, effect,
             "needs a processor of level " + level + ", and is to run on " + allowed + ": " +
                 (effect == AuditEffect::fails_on_call ? "nothing checks it, and the program ends at the first instruction that is not there" : "the loader refuses it")));
}

void Collector::kernel(const Object& object, const std::string& allowed, AuditEffect effect) {
  const auto& version = object.protections.abi_tag->version;
  const std::string wanted = std::to_string(version[0]) + "." + std::to_string(version[1]) + "." + std::to_string(version[2]);
  note(about(object, "kernel-version", wanted, effect,
             "was built for Linux " + wanted + " and later, and is to run on " + allowed + ": " +
                 (effect == AuditEffect::fails_on_call ? "nothing checks it at the start, and it fails where it asks for what that kernel does not have" : "the loader gives up")));
}

void Collector::static_tls(const Object& object, uint64_t wanted, uint64_t free, AuditEffect effect) {
  const bool alone = wanted == object.storage.size, itself = object.storage.is_static || object.symbols.offsets_from_thread_pointer();
  note(about(object, "static-tls", std::to_string(object.storage.size), effect,
             (alone ? (itself ? "wants " : "is referred to by offsets from the thread pointer, and wants ") + std::to_string(wanted) + " bytes of the static TLS block"
                    : "and what is opened before it want " + std::to_string(wanted) + " bytes of the static TLS block together") +
                 " when it is opened, where the loader keeps " + std::to_string(free) + " free"));
}

void Collector::not_executable(const std::string& program) {
  AuditFinding finding;
  finding.rule = "not-executable";
  finding.effect = AuditEffect::stops_start;
  finding.object = program;
  finding.message = program + " is a program, and nobody may execute it: give it a mode such as 0755";
  note(std::move(finding));
}

void Collector::not_openable(const Object& object) {
  note(about(object, "not-openable", "", AuditEffect::fails_to_open, "is opened, and is marked as a program or with -z nodlopen: the loader refuses it"));
}

void Collector::unreached(const UnreachedFile& file) {
  AuditFinding finding;
  finding.rule = "unreached-file";
  finding.object = file.path;
  finding.message = file.path + ", " + std::to_string(file.size) + " bytes" + (file.package.empty() ? "" : " of " + file.package) + ", is reached by nothing";
  note(std::move(finding));
}

void Collector::hardening(const Object& object, bool program) {
  const Protections& found = object.protections;
  const auto lacks = [&](std::string_view rule, const std::string& rest) { note(about(object, rule, "", AuditEffect::note, rest)); };
  if (!found.nx) lacks("executable-stack", "asks for an executable stack");
  if (found.text_relocations) lacks("text-relocations", "has relocations in its code, which is made writable for them");
  if (!program) return;
  if (found.relro == Relro::none) lacks("no-relro", "has no RELRO: what is only written by the loader stays writable");
  if (found.relro == Relro::partial) lacks("partial-relro", "has partial RELRO: the addresses of functions stay writable, since they are bound lazily");
  if (found.pie == Pie::no) lacks("no-pie", "is no PIE: it lies at the same addresses each time");
}

}  // namespace rootlet::auditing
