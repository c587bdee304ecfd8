#include "audit/lookup.hpp"

#include <algorithm>

namespace rootlet::auditing {
namespace {

bool is_data_or_code(elf::SymbolType type, bool indirect) {
  using elf::SymbolType;
  switch (type) {
    case SymbolType::none:
    case SymbolType::object:
    case SymbolType::function:
    case SymbolType::common:
    case SymbolType::tls: return true;
    case SymbolType::ifunc: return indirect;
  }
  return false;
}

Found taken(Answer answer, const elf::Symbol& symbol) { return {answer, symbol.size, symbol.type, symbol.visibility, symbol.defined()}; }

bool is_global(elf::Binding binding) {
  return binding == elf::Binding::global || binding == elf::Binding::weak || binding == elf::Binding::unique;
}

}  // namespace

Found ask_glibc(const elf::Symbols& provider, const Want& want, Purpose purpose, uint64_t& work) {
  std::optional<elf::Symbol> found, fallback;
  int others = 0;
  work += provider.each_candidate(want.name, [&](uint32_t index) {
    if (!provider.is_called(index, want.name.text)) return false;
    const elf::Symbol symbol = provider.symbol(index);
    if (symbol.value == 0 && symbol.section != elf::kAbsolute && symbol.type != elf::SymbolType::tls) return false;
    // Of MIPS a function that is not defined has a stub's address for a value (elf_machine_sym_no_match).
    if (provider.machine() == elf::kMachineMips && !symbol.defined()) return false;
    // Relocations of thread-local storage are of the class of jump slots (elf_machine_type_class).
    if ((purpose == Purpose::jump || symbol.type == elf::SymbolType::tls) && !symbol.defined()) return false;
    if (!is_data_or_code(symbol.type, true)) return false;
    if (provider.has_versions() && want.version != nullptr) {
      const elf::Version& version = provider.versions()[symbol.version];
      const bool exact = version.hash == want.version->hash && version.name == want.version->name;
      if (!exact && (want.version->hidden || version.hash != 0 || symbol.version_hidden)) return false;
    } else if (provider.has_versions() && symbol.version >= 3) {
      // Indices below are the file's own and its first version, which is what was meant when nothing had versions yet.
      if (!symbol.version_hidden && others++ == 0) fallback = symbol;
      return false;
    }
    found = symbol;
    return true;
  });
  if (!found && others == 1) found = fallback;
  if (!found || found->visibility == elf::Visibility::hidden || found->visibility == elf::Visibility::internal || !is_global(found->binding)) return {};
  return taken(want.version != nullptr && !provider.has_versions() ? Answer::yes_without_version : Answer::yes, *found);
}

Found ask_musl(const elf::Symbols& provider, const elf::HashedName& name, Purpose purpose, uint64_t& work) {
  std::optional<elf::Symbol> found;
  work += provider.each_candidate(name, [&](uint32_t index) {
    if (!provider.is_called(index, name.text)) return false;
    const elf::Symbol symbol = provider.symbol(index);
    if (symbol.version_hidden) return false;
    found = symbol;
    return true;
  });
  if (!found) return {};
  const bool tls = found->type == elf::SymbolType::tls;
  if (!found->defined() && (purpose == Purpose::jump || tls)) return {};
  if (found->value == 0 && !tls) return {};
  if (!is_data_or_code(found->type, false) || !is_global(found->binding)) return {};
  return taken(Answer::yes, *found);
}

std::optional<std::string_view> musl_name_without_64(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "__fxstat", "__fxstatat", "__lxstat", "__xstat", "aio_cancel", "aio_error", "aio_fsync", "aio_read", "aio_return", "aio_suspend",
      "aio_write", "alphasort", "creat", "fallocate", "fgetpos", "fopen", "freopen", "fseeko", "fsetpos", "fstat", "fstatat", "fstatfs",
      "fstatvfs", "ftello", "ftruncate", "ftw", "getdents", "getrlimit", "glob", "globfree", "lio_listio", "lockf", "lseek", "lstat",
      "mkostemp", "mkostemps", "mkstemp", "mkstemps", "mmap", "nftw", "open", "openat", "posix_fadvise", "posix_fallocate", "pread",
      "preadv", "prlimit", "pwrite", "pwritev", "readdir", "scandir", "sendfile", "setrlimit", "stat", "statfs", "statvfs", "tmpfile",
      "truncate", "versionsort"};
  if (name == "readdir64_r") return "readdir_r";
  if (!name.ends_with("64")) return std::nullopt;
  name.remove_suffix(2);
  if (!std::binary_search(std::begin(kNames), std::end(kNames), name)) return std::nullopt;
  return name;
}

}  // namespace rootlet::auditing
