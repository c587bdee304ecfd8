// The one file that talks to LIEF: reads the image of canonical.hpp with it, and says what LIEF makes of it.
//
// LIEF's interface has changed twice in what is used here; CMake finds out which one is there.
//
//                                   0.9 (Debian 12)              0.13                          0.14 and later
//   what to read                    everything, always           everything, always            ParserConfig: symbols and versions here, and
//                                                                                              no relocations, .symtab, notes, overlay
//   how symbols are counted         DYNSYM_COUNT_METHODS         DYNSYM_COUNT_METHODS          ParserConfig::DYNSYM_COUNT
//   bytes in memory                 parse(bytes, name, count)    parse(bytes, name, count)     parse(bytes, config)
//   Symbol::symbol_version()        a reference, throws if none  a pointer, null if none       a pointer
//   symbol_version_auxiliary()      a reference, throws if none  a pointer, null if none       a pointer
//   its messages                    LIEF::Logger                 LIEF::logging                 LIEF::logging
//   what cannot be read             exceptions                   null, some exceptions         null
//
//   DT_HASH without sections         counted as empty             counted                       counted
//   a version with a predecessor     its symbols get the          its symbols get its own
//                                    predecessor's name           name
//
// The image of canonical.hpp is such that the last two make no difference: it has a section of symbols, and no predecessors.
//
// Tried: 0.9.0 of Debian 12 and 0.13.0, by the tests of tests/audit; 1.0.0 was compiled against, and not run.
#include "audit/lief/module.h"

#include <LIEF/ELF.hpp>
#include <LIEF/logging.hpp>
#include <LIEF/version.h>
#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace {

namespace elf = LIEF::ELF;

std::unique_ptr<const elf::Binary> parse(std::vector<uint8_t> bytes) {
#if ROOTLET_LIEF_CONFIG
  elf::ParserConfig config;
  config.parse_relocations = false;
  config.parse_symtab_symbols = false;
  config.parse_notes = false;
  config.parse_overlay = false;
  config.count_mtd = elf::ParserConfig::DYNSYM_COUNT::SECTION;
  return elf::Parser::parse(bytes, config);
#else
  return elf::Parser::parse(bytes, "rootlet", elf::DYNSYM_COUNT_METHODS::COUNT_SECTION);
#endif
}

void be_silent() {
#if ROOTLET_LIEF_POINTERS
  LIEF::logging::disable();
#else
  LIEF::Logger::disable();
#endif
}

#if ROOTLET_LIEF_POINTERS
const elf::SymbolVersion* version_of(const elf::Symbol& symbol) { return symbol.symbol_version(); }
const elf::SymbolVersionAux* name_of(const elf::SymbolVersion& version) { return version.symbol_version_auxiliary(); }
#else
const elf::SymbolVersion* version_of(const elf::Symbol& symbol) { return symbol.has_version() ? &symbol.symbol_version() : nullptr; }
const elf::SymbolVersionAux* name_of(const elf::SymbolVersion& version) {
  return version.has_auxiliary_version() ? &version.symbol_version_auxiliary() : nullptr;
}
#endif

void tell(const elf::Symbol& symbol, const rootlet_lief_calls& calls) {
  const std::string name = symbol.name();
  std::string version;
  rootlet_lief_symbol told{};
  told.version_word = 1;
  if (const elf::SymbolVersion* found = version_of(symbol)) {
    told.version_word = found->value();
    if (const elf::SymbolVersionAux* aux = name_of(*found)) version = aux->name();
  }
  told.name = name.data();
  told.name_length = name.size();
  told.version = version.data();
  told.version_length = version.size();
  told.binding = static_cast<unsigned>(symbol.binding());
  told.type = static_cast<unsigned>(symbol.type());
  told.visibility = symbol.other() & 3u;
  told.defined = symbol.shndx() != 0;
  calls.symbol(calls.context, &told);
}

void tell_all(const elf::Binary& binary, const rootlet_lief_calls& calls) {
  bool first = true;
  for (const elf::Symbol& symbol : binary.dynamic_symbols()) {
    if (!first) tell(symbol, calls);  // the first of any table is the empty one
    first = false;
  }
  for (const elf::SymbolVersionDefinition& definition : binary.symbols_version_definition()) {
    for (const elf::SymbolVersionAux& aux : definition.symbols_aux()) {
      const std::string name = aux.name();
      calls.definition(calls.context, name.data(), name.size(), definition.ndx(), definition.flags());
      break;  // what follows are its predecessors
    }
  }
  for (const elf::SymbolVersionRequirement& requirement : binary.symbols_version_requirement()) {
    const std::string file = requirement.name();
    for (const elf::SymbolVersionAuxRequirement& aux : requirement.auxiliary_symbols()) {
      const std::string version = aux.name();
      calls.requirement(calls.context, file.data(), file.size(), version.data(), version.size());
    }
  }
}

int refuse(const char* why, char* message, size_t room) {
  const size_t length = std::min(std::strlen(why), room);
  std::memcpy(message, why, length);
  message[length] = '\0';
  return -1;
}

}  // namespace

#define ROOTLET_EXPORT __attribute__((visibility("default")))

extern "C" ROOTLET_EXPORT int rootlet_lief_read(const unsigned char* image, size_t size, const rootlet_lief_calls* calls, char* message, size_t room) {
  try {
    be_silent();
    const auto binary = parse(std::vector<uint8_t>(image, image + size));
    if (binary == nullptr) return refuse("LIEF cannot read it", message, room);
    tell_all(*binary, *calls);
    return 0;
  } catch (const std::exception& exception) {
    return refuse(exception.what(), message, room);
  } catch (...) {
    return refuse("LIEF threw what is no exception", message, room);
  }
}

extern "C" ROOTLET_EXPORT const char* rootlet_lief_version(void) { return LIEF_VERSION; }
