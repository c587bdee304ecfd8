// elf: what a dynamic loader looks at in an ELF file, read with a handful of bounded reads.
//
// The layout is that of the System V ABI (gABI chapters 4 and 5) and of the GNU extensions in
// <elf.h>. Class and byte order end here: an Image is in 64-bit host form whatever the file was.
// Section headers are never read, so stripped and section-less files are as good as any.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rootlet/base.hpp"

namespace rootlet::elf {

enum class Class : uint8_t { elf32 = 1, elf64 = 2 };

// e_type, as far as a loader cares.
enum class Type : uint16_t { none = 0, relocatable = 1, executable = 2, shared = 3, core = 4 };

// e_machine values that the project's tables name; any other value is carried as it is.
enum Machine : uint16_t {
  kMachine386 = 3,
  kMachineMips = 8,
  kMachinePpc = 20,
  kMachinePpc64 = 21,
  kMachineS390 = 22,
  kMachineArm = 40,
  kMachineX86_64 = 62,
  kMachineAarch64 = 183,
  kMachineRiscv = 243,
  kMachineLoongarch = 258,
};

// The dynamic-section entries that make the loader load something, in the order of the file.
enum class DependencyKind : uint8_t { needed, filter, auxiliary };
struct Dependency {
  DependencyKind kind = DependencyKind::needed;
  std::string name;
};

// NT_GNU_ABI_TAG: the system and the earliest version of its kernel that the file was built for.
struct AbiTag {
  uint32_t os = 0;  // 0 is Linux
  std::array<uint32_t, 3> version{};
};

inline constexpr uint64_t kFlag1NoDefaultLibraries = 0x00000800;  // DF_1_NODEFLIB
inline constexpr uint64_t kFlag1Pie = 0x08000000;                 // DF_1_PIE

// The ELF header.
struct Header {
  Class file_class = Class::elf64;
  ByteOrder order = ByteOrder::little;
  uint8_t ident_version = 1;  // e_ident[EI_VERSION]
  uint8_t os_abi = 0;
  uint8_t abi_version = 0;
  bool ident_padding_clear = true;  // e_ident[9..15] are zero
  Type type = Type::none;
  uint16_t machine = 0;
  uint32_t version = 1;              // e_version
  uint32_t flags = 0;                // e_flags
  uint16_t program_header_size = 0;  // e_phentsize
  uint64_t program_header_offset = 0;
  uint16_t program_header_count = 0;

  bool is_elf64() const { return file_class == Class::elf64; }
};

struct Image : Header {
  std::optional<std::string> interpreter;  // PT_INTERP
  bool has_dynamic = false;                // PT_DYNAMIC with content
  bool has_load = false;                   // any PT_LOAD
  std::vector<Dependency> dependencies;
  // Where a tag stands more than once, the last one counts, as in the loaders.
  std::optional<std::string> soname;
  std::optional<std::string> rpath;
  std::optional<std::string> runpath;
  std::optional<std::string> audit;
  std::optional<std::string> depaudit;
  uint64_t flags_1 = 0;  // DT_FLAGS_1
  std::optional<AbiTag> abi_tag;

  // The DT_NEEDED names, in order.
  std::vector<std::string> needed() const;
};

// Bounds on what a file may ask for. Real files stay far below each of them.
inline constexpr uint64_t kMaxProgramHeaderBytes = 65536;  // the kernel's own bound (load_elf_phdrs)
inline constexpr uint64_t kMaxDynamicBytes = 1 << 20;
inline constexpr uint64_t kMaxStringBytes = 1 << 16;       // one interpreter, name or path list
inline constexpr uint64_t kMaxStringTotal = 1 << 22;       // all strings of one file

// True if the source begins with the four magic bytes.
bool has_magic(Bytes start);

// The header alone, from the first bytes of a file: what it claims to be when the rest is no good.
Result<Header> parse_header(Bytes start);

// Reads what a loader would. Errors are of code `malformed` (or `too_large` for the bounds above,
// or whatever the source returned), and say which field is wrong, where, and what the limit is.
Result<Image> parse(const Source& source);

// The same where the first bytes of the source were read already.
Result<Image> parse(const Source& source, Bytes start);

// What a file holds beyond what its loader asks for first: evidence of what it will want at run time.
struct Contents {
  struct Segment {  // PT_LOAD, as far as the file reaches
    uint64_t offset = 0, size = 0;
    bool executable = false, writable = false;
  };
  struct Note {
    std::string owner;  // without its NUL: "GNU", "Go", "FDO"
    uint32_t type = 0;
    std::string content;
  };
  std::vector<Segment> segments;
  std::vector<Note> notes;           // of PT_NOTE segments, in order
  std::vector<std::string> imports;  // names of undefined dynamic symbols, versions left out
};

inline constexpr uint64_t kMaxNoteBytes = 1 << 16;    // all notes of one segment
inline constexpr size_t kMaxImports = 100'000;        // undefined symbols that are read
inline constexpr uint32_t kNoteDlopen = 0x407c0c0a;   // owner "FDO": systemd.io/ELF_DLOPEN_METADATA
inline constexpr uint32_t kNotePackage = 0xcafe1a7e;  // owner "FDO": systemd.io/ELF_PACKAGE_METADATA

// Reads them. Tables that are not in order are passed over: what is an error to a loader is found by parse().
Result<Contents> read_contents(const Source& source);

// What a file is protected by, in the words of checksec.
enum class Relro : uint8_t { none, partial, full };
enum class Pie : uint8_t { no, yes, dso };  // "No PIE", "PIE enabled", "DSO"
struct Protections {
  Relro relro = Relro::none;       // PT_GNU_RELRO; full with DT_BIND_NOW, DF_BIND_NOW or DF_1_NOW
  Pie pie = Pie::no;
  bool nx = true;                  // no executable stack: PT_GNU_STACK asks for none, or is absent where that is the machine's default
  bool canary = false;             // it refers to __stack_chk_fail or its kin
  bool fortify = false;            // it refers to any checked function (…_chk)
  bool text_relocations = false;   // DT_TEXTREL or DF_TEXTREL
  bool rpath = false, runpath = false;
  bool ibt = false, shstk = false;  // x86: GNU_PROPERTY_X86_FEATURE_1_AND
  bool bti = false, pac = false;    // AArch64: GNU_PROPERTY_AARCH64_FEATURE_1_AND
  uint32_t isa_needed = 0;          // x86: GNU_PROPERTY_X86_ISA_1_NEEDED; bit 0 the baseline, bits 1 to 3 x86-64-v2 to -v4
  bool indirect_access = false;     // GNU_PROPERTY_1_NEEDED_INDIRECT_EXTERN_ACCESS: nobody may copy its data or give its functions other addresses
  std::optional<AbiTag> abi_tag;
};

// The machine in the words of the field: "x86-64", "AArch64", "machine 4242".
std::string machine_name(uint16_t machine);

}  // namespace rootlet::elf
