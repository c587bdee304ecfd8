#include "loader/verdict.hpp"

#include <array>
#include <cerrno>

namespace rootlet {
namespace {

Verdict pass(int error, std::string why) { return {Verdict::pass, error, std::move(why), false}; }
Verdict fatal(std::string why) { return {Verdict::fatal, 0, std::move(why), false}; }

std::string bits(elf::Class file_class) { return file_class == elf::Class::elf64 ? "ELF64" : "ELF32"; }

// What is odd in e_ident beside the class, or null.
const char* odd_ident(const elf::Header& found, const elf::Header& program) {
  if (found.order != program.order) return "ELF file of the other byte order";
  if (found.ident_version != 1) return "ELF file version ident does not match current one";
  if (found.os_abi != 0 && found.os_abi != 3) return "ELF file OS ABI invalid";
  if (found.os_abi == 0 && found.abi_version != 0) return "ELF file ABI version invalid";
  if (!found.ident_padding_clear) return "nonzero padding in e_ident";
  return nullptr;
}

// Whether a loader of the program's byte order would read the program's machine in the other header.
bool reads_same_machine(const elf::Header& program, elf::Header found) {
  if (found.order != program.order) found.machine = static_cast<uint16_t>(found.machine << 8 | found.machine >> 8);
  return same_machine(program, found);
}

// What the loader compares before it looks at anything else.
Verdict judge_header(const elf::Header& found, const elf::Header& program) {
  if (found.file_class != program.file_class) {
    return pass(ENOENT, bits(found.file_class) + ", the program is " + bits(program.file_class));
  }
  if (const char* oddity = odd_ident(found, program); oddity != nullptr) {
    Verdict verdict = fatal(oddity);
    verdict.foreign = !reads_same_machine(program, found);
    return verdict;
  }
  if (found.version != 1) return fatal("ELF file version does not match current one");
  if (!same_machine(program, found)) {
    return pass(ENOENT, "for " + elf::machine_name(found.machine) + ", the program is for " + elf::machine_name(program.machine));
  }
  if (found.type != elf::Type::shared && found.type != elf::Type::executable) return fatal("only ET_DYN and ET_EXEC can be loaded");
  if (found.program_header_size != (found.is_elf64() ? 56 : 32)) return fatal("ELF file's phentsize not the expected size");
  return {};
}

}  // namespace

std::array<uint32_t, 3> parse_version(const std::string& text) {
  std::array<uint32_t, 3> version{};
  size_t part = 0;
  for (char c : text) {
    if (c == '.') {
      if (++part == version.size()) break;
    } else if (c >= '0' && c <= '9') {
      version[part] = version[part] * 10 + static_cast<uint32_t>(c - '0');
    } else {
      break;
    }
  }
  return version;
}

Verdict judge(const Candidate& candidate, const elf::Header& program) {
  if (candidate.error != 0) return pass(candidate.error, error_text(candidate.error));
  if (!candidate.header) return fatal(candidate.problem);
  if (Verdict verdict = judge_header(*candidate.header, program); verdict.kind != Verdict::take) return verdict;
  if (candidate.image == nullptr) return fatal(candidate.problem);
  const elf::Image& image = *candidate.image;
  if (!image.has_load) return fatal("object file has no loadable segments");
  if (!image.has_dynamic) return fatal("object file has no dynamic section");
  if (image.type == elf::Type::executable) return fatal("cannot dynamically load executable");
  if ((image.flags_1 & elf::kFlag1Pie) != 0) return fatal("cannot dynamically load position-independent executable");
  return {};
}

Verdict judge_abi_tag(const elf::AbiTag& tag, const std::string& kernel) {
  if (tag.os != 0) return pass(ENOENT, "built for another system (ABI note)");
  if (!kernel.empty() && tag.version > parse_version(kernel)) return pass(ENOENT, "needs a newer kernel (ABI note)");
  return {};
}

}  // namespace rootlet
