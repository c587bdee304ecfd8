#include "report/audit_words.hpp"

#include <algorithm>

#include "elf/protections.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

std::string word(Relro relro) { return relro == Relro::full ? "full" : relro == Relro::partial ? "partial" : "none"; }
std::string word(Pie pie) { return pie == Pie::yes ? "yes" : pie == Pie::dso ? "dso" : "no"; }
std::string word(bool is) { return is ? "yes" : "no"; }

std::string kernel(const std::optional<elf::AbiTag>& tag) {
  if (!tag || tag->os != 0) return "";
  return std::to_string(tag->version[0]) + "." + std::to_string(tag->version[1]) + "." + std::to_string(tag->version[2]);
}

}  // namespace

std::string protection(const Protections& of, std::string_view name) {
  if (name == "relro") return word(of.relro);
  if (name == "pie") return word(of.pie);
  if (name == "nx") return word(of.nx);
  if (name == "canary") return word(of.canary);
  if (name == "fortify") return word(of.fortify);
  if (name == "text_relocations") return word(of.text_relocations);
  if (name == "rpath") return word(of.rpath);
  if (name == "runpath") return word(of.runpath);
  if (name == "ibt") return word(of.ibt);
  if (name == "shstk") return word(of.shstk);
  if (name == "bti") return word(of.bti);
  if (name == "pac") return word(of.pac);
  if (name == "isa_needed") return elf::isa_name(of.isa_needed);
  if (name == "kernel") return kernel(of.abi_tag);
  return "";
}

namespace report {

bool is_hardening(std::string_view rule) {
  static constexpr std::string_view kRules[] = {"executable-stack", "text-relocations", "no-relro", "partial-relro", "no-pie"};
  return std::find(std::begin(kRules), std::end(kRules), rule) != std::end(kRules);
}

}  // namespace report
}  // namespace rootlet
