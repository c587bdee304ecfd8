// The tables by which a dynamic loader binds symbols, read whole and checked: DT_SYMTAB with its strings, the hash table, the versions,
// and what the relocations refer to.
//
// Nothing of a table is believed before it is checked against the segment that holds it, and each table is walked once, with a bound
// on its steps. What passes is safe to hand on: every index, offset and chain in it leads to something that is there.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/elf.hpp"

namespace rootlet::elf {

enum class Binding : uint8_t { local = 0, global = 1, weak = 2, unique = 10 };          // STB_*; other values are carried as they are
enum class SymbolType : uint8_t { none = 0, object = 1, function = 2, common = 5, tls = 6, ifunc = 10 };  // STT_*
enum class Visibility : uint8_t { normal = 0, internal = 1, hidden = 2, guarded = 3 };  // STV_*; `guarded` is STV_PROTECTED

inline constexpr uint16_t kUndefined = 0, kAbsolute = 0xfff1;  // SHN_*
inline constexpr uint16_t kVersionLocal = 0, kVersionGlobal = 1;

struct Symbol {
  std::string_view name;
  uint64_t value = 0, size = 0;
  uint16_t section = kUndefined;
  Binding binding = Binding::local;
  SymbolType type = SymbolType::none;
  Visibility visibility = Visibility::normal;
  uint16_t version = kVersionGlobal;  // index into Symbols::versions()
  bool version_hidden = false;        // "foo@V" and not "foo@@V"

  bool defined() const { return section != kUndefined; }
};

// What stands at a version index: of a definition, or of a requirement.
struct Version {
  std::string_view name;  // empty where the index has no version
  std::string_view file;  // of a requirement the soname that it is wanted of, else empty
  uint32_t hash = 0;
  bool hidden = false;    // of a requirement: the index's hidden bit
};

struct VersionRequirement {  // Elf_Vernaux
  std::string_view file, version;
  uint32_t hash = 0;
  bool weak = false;  // VER_FLG_WEAK
};

struct VersionDefinition {  // Elf_Verdef
  std::string_view version;
  uint32_t hash = 0;
  uint16_t index = 0;
  bool base = false;  // VER_FLG_BASE: the file's own name
};

// A symbol that relocations refer to and that somebody else may have to define: it is undefined here, or is the target of a copy
// relocation.
struct Reference {
  uint32_t symbol = 0;
  bool lazy = true;   // by nothing but jump slots, which may be filled at the first call
  bool data = false;  // by what is no jump slot, among others
  bool jump = false;  // by a jump slot, among others
  bool copy = false;  // by a copy relocation
  bool thread_offset = false;  // for its offset from the thread pointer: who defines it must be in the static TLS block
};

inline constexpr uint32_t kMaxSymbols = 2'000'000;           // of one file
inline constexpr uint64_t kMaxSymbolStrings = 256ull << 20;  // bytes of its string table
inline constexpr uint64_t kMaxRelocations = 50'000'000;      // of one file
inline constexpr uint32_t kMaxVersions = 32'768;             // a version index has 15 bits

uint32_t gnu_hash(std::string_view name);   // _dl_new_hash (sysdeps/generic/dl-new-hash.h)
uint32_t sysv_hash(std::string_view name);  // gABI, chapter 5

struct HashedName {
  std::string_view text;
  uint32_t gnu, sysv;
  explicit HashedName(std::string_view name) : text(name), gnu(gnu_hash(name)), sysv(sysv_hash(name)) {}
};

class Symbols {
 public:
  // Reads them from a file that parse() accepts. A file without PT_DYNAMIC has none. Errors are `malformed`, saying which table is wrong
  // and where, `too_large` for the bounds above, or what the source returned.
  static Result<Symbols> read(const Source& source);

  uint16_t machine() const { return machine_; }
  uint32_t count() const { return static_cast<uint32_t>(entries_.size()); }  // 0 is the empty one
  Symbol symbol(uint32_t index) const;
  std::string_view name(uint32_t index) const { return text(entries_[index].name); }
  // Whether that is its name; takes no longer than the name that is asked for, where its own may be of any length.
  bool is_called(uint32_t index, std::string_view name) const {
    const char* own = strings_.data() + entries_[index].name;
    return std::strncmp(own, name.data(), name.size()) == 0 && own[name.size()] == '\0';
  }

  // Whether a glibc loader uses DT_VERSYM: it does where the file requires or defines any version.
  bool has_versions() const { return !version_symbols_.empty() && versions_.size() > 1; }
  bool defines_versions() const { return !definitions_.empty(); }
  const std::vector<Version>& versions() const { return versions_; }  // by index; 0 and 1 have none but in odd files
  const std::vector<VersionRequirement>& requirements() const { return requirements_; }
  const std::vector<VersionDefinition>& definitions() const { return definitions_; }
  const std::vector<Reference>& references() const { return references_; }  // by symbol

  bool bind_now() const { return bind_now_; }  // DT_BIND_NOW, DF_BIND_NOW or DF_1_NOW
  bool has_relr() const { return has_relr_; }  // DT_RELR
  bool has_indirect() const { return has_indirect_; }  // relocations of the kind IRELATIVE: functions that are chosen when it is loaded
  // Whether relocations ask for offsets from the thread pointer to its own thread-local storage, which must be in the static block then.
  bool offsets_from_thread_pointer() const { return thread_offsets_; }

  uint64_t bytes() const;  // of memory, about

  static constexpr uint64_t kChainStep = 8;  // honest chains have hardly more than one
  static constexpr size_t kComparedAtOnce = 16;  // of two names that begin alike, for one step

  // Calls `match` with the index of each symbol whose hash is that of `name`, in the order in which a loader meets them, until it returns
  // true. DT_GNU_HASH goes before DT_HASH; without either nothing is ever found. Names may differ all the same. Returns how much
  // work that was: files may be made to take much.
  template <typename Match>
  uint64_t each_candidate(const HashedName& name, Match&& match) const {
    uint64_t steps = 1;
    const uint64_t step = kChainStep + name.text.size() / kComparedAtOnce;
    if (has_gnu_hash_) {
      if (buckets_.empty()) return steps;
      const uint32_t bits = wide_ ? 64 : 32, hash = name.gnu;
      const uint64_t word = bloom_[(hash / bits) & (bloom_.size() - 1)];
      if (((word >> (hash % bits)) & (word >> ((hash >> bloom_shift_) % bits)) & 1) == 0) return steps;
      const uint32_t bucket = buckets_[hash % buckets_.size()];
      if (bucket == 0) return steps;
      for (uint32_t at = bucket - chain_bias_;; ++at, steps += step) {
        if ((chains_[at] | 1) == (hash | 1) && match(at + chain_bias_)) return steps;
        if ((chains_[at] & 1) != 0) return steps;
      }
    }
    if (buckets_.empty()) return steps;
    for (uint32_t at = buckets_[name.sysv % buckets_.size()]; at != 0; at = chains_[at], steps += step) {
      if (match(at)) return steps;
    }
    return steps;
  }

 private:
  friend class SymbolReader;
  struct Entry {
    uint64_t value, size;
    uint32_t name;
    uint16_t section;
    uint8_t info, other;
  };
  std::string_view text(uint32_t offset) const { return strings_.data() + offset; }

  uint16_t machine_ = 0;
  bool wide_ = true, bind_now_ = false, has_relr_ = false, has_indirect_ = false, has_gnu_hash_ = false, thread_offsets_ = false;
  uint32_t bloom_shift_ = 0, chain_bias_ = 0;
  std::vector<Entry> entries_;
  std::vector<char> strings_;  // ends in NUL
  std::vector<uint16_t> version_symbols_;
  std::vector<uint64_t> bloom_;
  std::vector<uint32_t> buckets_, chains_;
  std::vector<Version> versions_;
  std::vector<VersionRequirement> requirements_;
  std::vector<VersionDefinition> definitions_;
  std::vector<Reference> references_;
};

}  // namespace rootlet::elf
