// Reads and checks the tables of Symbols.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "elf/symbols.hpp"
#include "elf/tables.hpp"

namespace rootlet::elf {

class SymbolReader : Tables {
 public:
  SymbolReader(const Source& source, Bytes start) : Tables(source, start, header_fields_) {}
  Result<Symbols> run();

 private:
  // symbol_reader.cpp
  Result<void> read_dynamic();
  std::optional<uint64_t> tag(uint64_t wanted) const;
  Result<void> symbols();
  Result<void> strings();
  Result<void> check_names() const;
  // Exactly the bytes at an address, or at most so many as its segment and the file hold.
  Result<Bytes> table(uint64_t address, uint64_t size, const char* what);
  Result<Bytes> up_to(uint64_t address, uint64_t most, const char* what);
  Result<std::vector<uint32_t>> words(uint64_t address, uint64_t count, uint64_t width, const char* what);

  // symbol_hash.cpp
  Result<void> hashes();
  Result<void> gnu_table(uint64_t address);
  Result<void> gnu_chains(uint64_t address);
  Result<void> sysv_table(uint64_t address);
  Result<void> check_sysv_chains();
  Result<void> speaks_of(uint64_t symbols, const char* what);

  // symbol_versions.cpp: before measured_ the two only tell how far the names reach.
  Result<void> version_tables();
  Result<void> requirements(uint64_t address);
  Result<void> required(uint32_t file, Bytes auxiliary);
  Result<void> definitions(uint64_t address);
  void defined(Bytes definition, uint32_t name);
  void set_version(uint16_t index, const Version& version);
  Result<void> version_symbols();

  // symbol_references.cpp
  Result<void> references();
  struct Range {
    uint64_t address = 0, size = 0;
    bool addends = false, jumps = false;
  };
  Result<void> relocations(const Range& range, const Range& jumps);
  Result<void> mips_references();
  Result<void> refer(uint32_t symbol, uint8_t how);
  void keep_references();

  Symbols made_;
  Header header_fields_;
  std::vector<std::pair<uint64_t, uint64_t>> dynamic_;
  std::pmr::vector<std::byte> block_{std::pmr::new_delete_resource()};
  uint64_t count_ = 1;          // of the symbols, as known so far
  uint32_t last_name_ = 0;      // the greatest offset into the strings
  bool measured_ = false;       // it is known
  std::vector<uint8_t> uses_;   // by symbol: how relocations refer to it
  uint64_t relocations_ = 0;
};

}  // namespace rootlet::elf
