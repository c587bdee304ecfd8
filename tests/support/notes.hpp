// ELF files with a note of any owner, type and content.
#pragma once

#include <string>
#include <string_view>

#include "support/elf_builder.hpp"

namespace rootlet::test {

// The file of that description, with this note. The owner has at most three letters.
inline std::string elf_with_note(ElfSpec spec, std::string_view owner, uint32_t type, std::string_view content) {
  // The builder writes a note of owner "GNU" and type 1; the other takes its place.
  spec.abi_tag.assign((content.size() + 3) / 4, 0);
  std::string file = build_elf(spec);
  const std::string head("\x04\0\0\0", 4);
  size_t note = file.find(head);
  while (note != std::string::npos && file.compare(note + 12, 4, std::string("GNU\0", 4)) != 0) note = file.find(head, note + 1);
  if (note == std::string::npos) return file;
  auto put = [&](size_t place, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) file[place + i] = static_cast<char>(value >> (8 * i));
  };
  put(note + 4, static_cast<uint32_t>(content.size()));
  put(note + 8, type);
  std::string name(owner);
  name.resize(4, '\0');
  file.replace(note + 12, 4, name);
  file.replace(note + 16, content.size(), content);
  return file;
}

}  // namespace rootlet::test
