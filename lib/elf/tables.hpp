// The ELF header, the program headers and bounded reads of what they point to: what every reader of ELF files here
// starts from.
#pragma once

#include <array>
#include <memory_resource>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "elf/dynamic_tags.hpp"
#include "rootlet/elf.hpp"

namespace rootlet::elf {

inline constexpr uint32_t kPtLoad = 1, kPtDynamic = 2, kPtInterp = 3, kPtNote = 4;
inline constexpr size_t kStartBytes = 4096;  // header, program headers, interpreter and notes of most files

std::string hex(uint64_t value);
Unexpected malformed(std::string message);

struct ProgramHeader {
  uint32_t type = 0, flags = 0;
  uint64_t offset = 0, address = 0, file_size = 0, memory_size = 0, align = 0;
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

  // Calls `each` with the tag and value of each entry of the dynamic section, before DT_NULL. Where several headers lead to one, the last
  // counts (_dl_map_object_from_fd). False if there is none.
  template <typename Each>
  Result<bool> each_dynamic(Each&& each) {
    auto bytes = dynamic_bytes();
    if (!bytes) return Unexpected(std::move(bytes).error());
    const uint64_t width = header_.is_elf64() ? 8 : 4;
    for (uint64_t at = 0; bytes->sub(at, 2 * width); at += 2 * width) {
      const uint64_t tag = word(*bytes, at);
      if (tag == kDtNull) break;
      each(tag, word(*bytes, at + width));
    }
    return !bytes->empty();
  }

  // Calls `each` with owner (its NUL included), type and content of each note, until it returns true or a note is out of bounds.
  template <typename Each>
  void each_note(Bytes notes, uint64_t align, Each&& each) const {
    for (uint64_t at = 0; notes.sub(at, 12);) {
      const uint64_t name_size = u32(notes, at), size = u32(notes, at + 4);
      const uint64_t content = (at + 12 + name_size + align - 1) / align * align;
      const auto name = notes.sub(at + 12, name_size), body = notes.sub(content, size);
      if (!name || !body || each(name->text(), u32(notes, at + 8), *body)) return;
      at = (content + size + align - 1) / align * align;
    }
  }

  // The file offset of an address, and how many bytes of file follow it in its segment.
  std::optional<std::pair<uint64_t, uint64_t>> locate(uint64_t address) const;

  // The bytes of the dynamic section, none if there is no such section; in store_.
  Result<Bytes> dynamic_bytes();

  std::array<std::byte, 12288> arena_;
  std::pmr::monotonic_buffer_resource pool_{arena_.data(), arena_.size()};
  Reader reader_;
  Header& header_;
  std::pmr::vector<ProgramHeader> headers_{&pool_};
  std::pmr::vector<std::byte> store_{&pool_};
};

}  // namespace rootlet::elf
