// The ELF header, the program headers and bounded reads of what they point to: what every reader of ELF files here
// starts from.
#pragma once

#include <array>
#include <memory_resource>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rootlet/elf.hpp"

namespace rootlet::elf {

inline constexpr uint32_t kPtLoad = 1, kPtDynamic = 2, kPtInterp = 3, kPtNote = 4;
inline constexpr size_t kStartBytes = 4096;  // header, program headers, interpreter and notes of most files

std::string hex(uint64_t value);
Unexpected malformed(std::string message);

struct ProgramHeader {
  uint32_t type = 0, flags = 0;
  uint64_t offset = 0, address = 0, file_size = 0, align = 0;
};

// The first bytes of a file, and further ranges read when they lie beyond.
class Reader {
 public:
  Reader(const Source& source, Bytes start) : source_(source), start_(start) {}
  Bytes start() const { return start_; }

  // Exactly [offset, offset + length), or an error that names `what`. The view lasts until the next
  // call with the same `store`.
  Result<Bytes> range(uint64_t offset, uint64_t length, std::pmr::vector<std::byte>& store, const char* what);

  const Source& source() const { return source_; }

 private:
  const Source& source_;
  Bytes start_;
};

// Header and program headers of one file. Most files fit into its arena, and cost no allocation.
class Tables {
 public:
  Tables(const Source& source, Bytes start, Header& header) : reader_(source, start), header_(header) {}

  Result<void> read_header();
  Result<void> read_program_headers();

 protected:
  uint64_t word(Bytes bytes, uint64_t offset) const {
    return header_.is_elf64() ? *bytes.number<uint64_t>(offset, header_.order)
                             : *bytes.number<uint32_t>(offset, header_.order);
  }
  uint32_t half(Bytes bytes, uint64_t offset) const { return *bytes.number<uint16_t>(offset, header_.order); }
  uint32_t u32(Bytes bytes, uint64_t offset) const { return *bytes.number<uint32_t>(offset, header_.order); }

  const ProgramHeader* find(uint32_t type) const;
  // The file offset of an address, and how many bytes of file follow it in its segment.
  std::optional<std::pair<uint64_t, uint64_t>> locate(uint64_t address) const;

  std::array<std::byte, 12288> arena_;
  std::pmr::monotonic_buffer_resource pool_{arena_.data(), arena_.size()};
  Reader reader_;
  Header& header_;
  std::pmr::vector<ProgramHeader> headers_{&pool_};
  std::pmr::vector<std::byte> store_{&pool_};
};

}  // namespace rootlet::elf
