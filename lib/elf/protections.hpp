// What a file says of its own protection, of the processor that it needs and of the static TLS block: read from program headers, the
// dynamic section, the notes and the names of what it imports. Section headers play no part.
#pragma once

#include <cstdint>
#include <string>

#include "elf/symbols.hpp"
#include "rootlet/elf.hpp"

namespace rootlet::elf {

// Errors are of what no loader would map at all: the ELF header and the program headers. Anything else that is not in order counts as
// absent. `symbols` are those of the file, where they have been read already.
Result<Protections> read_protections(const Source& source, const elf::Symbols* symbols = nullptr);

// What an object takes of the static TLS block where it is placed in there.
struct ThreadStorage {
  uint64_t size = 0, align = 0;  // p_memsz and p_align of the PT_TLS segment; 0 without one
  bool is_static = false;        // DF_STATIC_TLS: it must be placed there, so a dlopen() fails where there is no room
};
Result<ThreadStorage> read_thread_storage(const Source& source);

// The level that has all of them, in the words of LoaderConfig::cpu: "base", "x86-64-v3"; empty for none.
std::string isa_name(uint32_t needed);

}  // namespace rootlet::elf
