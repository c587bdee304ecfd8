#include "elf/tables.hpp"

#include <algorithm>

namespace rootlet::elf {

std::string hex(uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 15]);
    value >>= 4;
  } while (value != 0);
  return "0x" + text;
}

Unexpected malformed(std::string message) { return fail(ErrorCode::malformed, std::move(message)); }

Result<Bytes> Reader::range(uint64_t offset, uint64_t length, std::pmr::vector<std::byte>& store, const char* what) {
  if (auto here = start_.sub(offset, length)) return *here;
  if (offset > source_.size() || length > source_.size() - offset) {
    return malformed(std::string(what) + " at " + hex(offset) + " of " + std::to_string(length) +
                     " bytes exceeds file size " + std::to_string(source_.size()));
  }
  store.resize(length);
  auto got = source_.read_at(offset, std::span(store));
  if (!got) return Unexpected(std::move(got).error());
  if (*got != length) return malformed(std::string(what) + " at " + hex(offset) + ": the file ends within it");
  return Bytes(std::span<const std::byte>(store));
}

Result<void> Tables::read_header() {
  const Bytes start = reader_.start();
  if (start.size() < 16) return malformed("file too short: " + std::to_string(start.size()) + " bytes");
  if (!has_magic(start)) return malformed("no ELF magic at offset 0");
  auto ident = start.span();
  auto file_class = std::to_integer<uint8_t>(ident[4]);
  auto data = std::to_integer<uint8_t>(ident[5]);
  if (file_class != 1 && file_class != 2) {
    return malformed("EI_CLASS " + std::to_string(file_class) + " at 0x4 is neither ELFCLASS32 nor ELFCLASS64");
  }
  if (data != 1 && data != 2) {
    return malformed("EI_DATA " + std::to_string(data) + " at 0x5 is neither ELFDATA2LSB nor ELFDATA2MSB");
  }
  header_.file_class = static_cast<Class>(file_class);
  header_.order = data == 1 ? ByteOrder::little : ByteOrder::big;
  header_.ident_version = std::to_integer<uint8_t>(ident[6]);
  header_.os_abi = std::to_integer<uint8_t>(ident[7]);
  header_.abi_version = std::to_integer<uint8_t>(ident[8]);
  header_.ident_padding_clear =
      std::all_of(ident.begin() + 9, ident.begin() + 16, [](std::byte b) { return b == std::byte{0}; });
  const bool wide = header_.is_elf64();
  const uint64_t header_size = wide ? 64 : 52;
  if (start.size() < header_size) {
    return malformed("file too short: " + std::to_string(start.size()) + " of the " +
                     std::to_string(header_size) + " bytes of an ELF header");
  }
  header_.type = static_cast<Type>(half(start, 16));
  header_.machine = static_cast<uint16_t>(half(start, 18));
  header_.version = u32(start, 20);
  header_.program_header_offset = word(start, wide ? 32 : 28);
  header_.flags = u32(start, wide ? 48 : 36);
  header_.program_header_size = static_cast<uint16_t>(half(start, wide ? 54 : 42));
  header_.program_header_count = static_cast<uint16_t>(half(start, wide ? 56 : 44));
  return {};
}

Result<void> Tables::read_program_headers() {
  const bool wide = header_.is_elf64();
  const uint64_t entry = wide ? 56 : 32;
  const uint64_t count = header_.program_header_count;
  if (count == 0) return {};
  if (header_.program_header_size != entry) {
    return malformed("e_phentsize is " + std::to_string(header_.program_header_size) + ", not " +
                     std::to_string(entry));
  }
  if (count * entry > kMaxProgramHeaderBytes) {
    return fail(ErrorCode::too_large, "e_phnum " + std::to_string(count) + " exceeds the " +
                                          std::to_string(kMaxProgramHeaderBytes / entry) +
                                          " program headers that are read");
  }
  auto table = reader_.range(header_.program_header_offset, count * entry, store_, "program header table");
  if (!table) return Unexpected(std::move(table).error());
  headers_.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    Bytes row = *table->sub(i * entry, entry);
    ProgramHeader header;
    header.type = u32(row, 0);
    header.flags = u32(row, wide ? 4 : 24);
    header.offset = word(row, wide ? 8 : 4);
    header.address = word(row, wide ? 16 : 8);
    header.file_size = word(row, wide ? 32 : 16);
    header.memory_size = word(row, wide ? 40 : 20);
    header.align = word(row, wide ? 48 : 28);
    headers_.push_back(header);
  }
  return {};
}

const ProgramHeader* Tables::find(uint32_t type) const {
  auto found = std::find_if(headers_.begin(), headers_.end(), [type](const ProgramHeader& header) { return header.type == type; });
  return found == headers_.end() ? nullptr : &*found;
}

Result<Bytes> Tables::dynamic_bytes() {
  const ProgramHeader* header = nullptr;
  for (const ProgramHeader& candidate : headers_) {
    if (candidate.type == kPtDynamic && candidate.file_size != 0) header = &candidate;
  }
  if (header == nullptr) return Bytes();
  if (header->file_size > kMaxDynamicBytes) {
    return fail(ErrorCode::too_large, "PT_DYNAMIC p_filesz " + std::to_string(header->file_size) + " exceeds the " +
                                          std::to_string(kMaxDynamicBytes) + " bytes that are read");
  }
  return reader_.range(header->offset, header->file_size, store_, "PT_DYNAMIC");
}

std::optional<std::pair<uint64_t, uint64_t>> Tables::locate(uint64_t address) const {
  for (const ProgramHeader& header : headers_) {
    if (header.type != kPtLoad || address < header.address || address - header.address >= header.file_size) continue;
    uint64_t inside = address - header.address;
    if (header.offset > UINT64_MAX - inside) return std::nullopt;
    return std::pair(header.offset + inside, header.file_size - inside);
  }
  return std::nullopt;
}

}  // namespace rootlet::elf
