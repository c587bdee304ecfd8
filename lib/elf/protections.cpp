#include "elf/protections.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "elf/tables.hpp"

namespace rootlet::elf {
namespace {

constexpr uint32_t kPtTls = 7, kPtGnuStack = 0x6474e551, kPtGnuRelro = 0x6474e552, kPtGnuProperty = 0x6474e553;
constexpr uint32_t kExecute = 1;  // PF_X
constexpr uint32_t kNotePropertyType0 = 5;
constexpr uint32_t kAarch64Feature1And = 0xc0000000, kX86Feature1And = 0xc0000002;
constexpr uint32_t k1Needed = 0xb0008000;
// binutils 2.29 to 2.35 wrote 0xc0000001 and 0xc0008000 with bits of other meanings, which no loader ever read; neither is read here.
constexpr uint32_t kX86Isa1Needed = 0xc0008002;

// The machines whose stack is executable only where PT_GNU_STACK asks for it: glibc's DEFAULT_STACK_PERMS
// (sysdeps/*/stackinfo.h).
bool stack_defaults_to_data(const Header& header) {
  return header.machine == kMachineAarch64 || header.machine == kMachineRiscv || header.machine == kMachineLoongarch ||
         header.machine == kMachinePpc64;
}

// Function names that only compilers' stack protectors refer to.
bool is_canary(std::string_view name) {
  return name == "__stack_chk_fail" || name == "__stack_chk_fail_local" || name == "__stack_chk_guard" || name == "__intel_security_cookie";
}

bool is_checked(std::string_view name) { return name.size() > 6 && name.starts_with("__") && name.ends_with("_chk"); }

class ProtectionReader : Tables {
 public:
  ProtectionReader(const Source& source, Bytes start) : Tables(source, start, header_fields_) {}

  Result<Protections> run() {
    if (auto done = open(); !done) return Unexpected(std::move(done).error());
    stack();
    if (find(kPtGnuRelro) != nullptr) found_.relro = bind_now_ ? Relro::full : Relro::partial;
    found_.pie = pie();
    properties();
    return found_;
  }

  Result<ThreadStorage> thread_storage() {
    if (auto done = open(); !done) return Unexpected(std::move(done).error());
    ThreadStorage storage;
    if (const ProgramHeader* header = find(kPtTls)) storage = {header->memory_size, header->align, false};
    storage.is_static = static_tls_;
    return storage;
  }

 private:
  Result<void> open() {
    if (auto done = read_header(); !done) return done;
    if (auto done = read_program_headers(); !done) return done;
    (void)each_dynamic([this](uint64_t tag, uint64_t value) { dynamic_entry(tag, value); });
    return {};
  }

  // The last of them counts, as in _dl_map_object_from_fd and load_elf_binary.
  void stack() {
    found_.nx = stack_defaults_to_data(header_fields_);
    for (const ProgramHeader& header : headers_) {
      if (header.type == kPtGnuStack) found_.nx = (header.flags & kExecute) == 0;
    }
  }

  // checksec tells a program by DT_DEBUG, which linkers write into programs alone; what has neither that nor DF_1_PIE and still asks for
  // an interpreter is one, unless it has a soname: libc.so.6 and its like can be started, and are libraries all the same.
  Pie pie() const {
    if (header_fields_.type != Type::shared) return Pie::no;
    return program_marks_ || (find(kPtInterp) != nullptr && !has_soname_) ? Pie::yes : Pie::dso;
  }

  void dynamic_entry(uint64_t tag, uint64_t value) {
    switch (tag) {
      case kDtSoname: has_soname_ = true; break;
      case kDtRpath: found_.rpath = true; break;
      case kDtRunpath: found_.runpath = true; break;
      case kDtDebug: program_marks_ = true; break;
      case kDtTextrel: found_.text_relocations = true; break;
      case kDtBindNow: bind_now_ = true; break;
      case kDtFlags:
        found_.text_relocations |= (value & kFlagTextrel) != 0;
        bind_now_ |= (value & kFlagBindNow) != 0;
        static_tls_ |= (value & kFlagStaticTls) != 0;
        break;
      case kDtFlags1:
        bind_now_ |= (value & kFlag1Now) != 0;
        program_marks_ |= (value & kFlag1Pie) != 0;
        break;
      default: break;
    }
  }

  // From PT_GNU_PROPERTY, or from the last PT_NOTE that has such a note, as _dl_map_object_from_fd does; aligned as there.
  void properties() {
    const uint64_t align = header_fields_.is_elf64() ? 8 : 4;
    for (const uint32_t type : {kPtGnuProperty, kPtNote}) {
      for (auto header = headers_.rbegin(); header != headers_.rend(); ++header) {
        if (header->type != type || header->align != align) continue;
        auto bytes = reader_.range(header->offset, std::min(header->file_size, kMaxNoteBytes), store_, "PT_GNU_PROPERTY");
        if (bytes && property_note(*bytes, align)) return;
      }
    }
  }

  // True if it has met a note of the kind. Older linkers wrote several; loaders on x86 then heed none (_dl_process_property_note).
  bool property_note(Bytes notes, uint64_t align) {
    bool seen = false;
    each_note(notes, align, [&](std::string_view owner, uint32_t type, Bytes body) {
      if (type != kNotePropertyType0 || owner != std::string_view("GNU\0", 4)) return false;
      if (seen) {
        if (is_x86()) found_.ibt = found_.shstk = false, found_.isa_needed = 0;
        return true;
      }
      property_list(body, align);
      seen = true;
      return false;
    });
    return seen;
  }

  void property_list(Bytes list, uint64_t align) {
    if (list.size() < 8 || list.size() % align != 0) return;
    uint32_t last = 0;
    for (uint64_t at = 0; list.sub(at, 8);) {
      const uint32_t type = u32(list, at);
      const uint64_t size = u32(list, at + 4);
      auto value = list.sub(at + 8, size);
      if (type < last || !value) return;  // loaders give up where the order is broken
      last = type;
      if (size == 4) property(type, u32(*value, 0));
      at += 8 + (size + align - 1) / align * align;
    }
  }

  // Loaders of AArch64 know no others than their own (sysdeps/aarch64/dl-prop.h).
  void property(uint32_t type, uint32_t value) {
    if (type == k1Needed && header_fields_.machine != kMachineAarch64) {
      found_.indirect_access = (value & 1) != 0;
    } else if (is_x86() && type == kX86Feature1And) {
      found_.ibt = (value & 1) != 0;
      found_.shstk = (value & 2) != 0;
    } else if (is_x86() && type == kX86Isa1Needed) {
      found_.isa_needed = value;
    } else if (header_fields_.machine == kMachineAarch64 && type == kAarch64Feature1And) {
      found_.bti = (value & 1) != 0;
      found_.pac = (value & 2) != 0;
    }
  }

  bool is_x86() const { return header_fields_.machine == kMachineX86_64 || header_fields_.machine == kMachine386; }

  Header header_fields_;
  Protections found_;
  bool bind_now_ = false, static_tls_ = false, has_soname_ = false;
  bool program_marks_ = false;  // DT_DEBUG or DF_1_PIE
};

using StartBytes = std::array<std::byte, kStartBytes>;

Result<Bytes> read_start(const Source& source, StartBytes& buffer) {
  auto length = source.read_at(0, buffer);
  if (!length) return Unexpected(std::move(length).error());
  return Bytes(std::span<const std::byte>(buffer.data(), *length));
}

}  // namespace

Result<Protections> read_protections(const Source& source, const Symbols* symbols) {
  StartBytes buffer;
  auto start = read_start(source, buffer);
  if (!start) return Unexpected(std::move(start).error());
  auto found = ProtectionReader(source, *start).run();
  if (!found) return found;
  if (auto image = parse(source, *start)) found->abi_tag = image->abi_tag;
  if (symbols != nullptr) {
    for (uint32_t i = 1; i < symbols->count(); ++i) {
      if (symbols->symbol(i).defined()) continue;
      found->canary = found->canary || is_canary(symbols->name(i));
      found->fortify = found->fortify || is_checked(symbols->name(i));
    }
  } else if (auto contents = read_contents(source)) {
    found->canary = std::any_of(contents->imports.begin(), contents->imports.end(), is_canary);
    found->fortify = std::any_of(contents->imports.begin(), contents->imports.end(), is_checked);
  }
  return found;
}

Result<ThreadStorage> read_thread_storage(const Source& source) {
  StartBytes buffer;
  auto start = read_start(source, buffer);
  if (!start) return Unexpected(std::move(start).error());
  return ProtectionReader(source, *start).thread_storage();
}

std::string isa_name(uint32_t needed) {
  const int highest = std::bit_width(needed);
  return highest == 0 ? "" : highest == 1 ? "base" : "x86-64-v" + std::to_string(highest);
}

}  // namespace rootlet::elf
