#include "image/platform.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rootlet/elf.hpp"

namespace rootlet::image {
namespace {

constexpr uint32_t kArmHardFloat = 0x400;  // EF_ARM_ABI_FLOAT_HARD: ELF for the Arm Architecture, 5.2

struct Word {
  uint16_t machine;
  const char* little32;
  const char* big32;
  const char* little64;
  const char* big64;
};
// go.dev/doc/install/source#environment, internal/syslist of Go.
constexpr Word kWords[] = {
    {elf::kMachine386, "386", "", "", ""},
    {elf::kMachineX86_64, "amd64p32", "", "amd64", ""},
    {elf::kMachineArm, "arm", "armbe", "", ""},
    {elf::kMachineAarch64, "", "", "arm64", "arm64be"},
    {elf::kMachineRiscv, "riscv", "", "riscv64", ""},
    {elf::kMachinePpc, "", "ppc", "", ""},
    {elf::kMachinePpc64, "", "", "ppc64le", "ppc64"},
    {elf::kMachineS390, "", "s390", "", "s390x"},
    {elf::kMachineMips, "mipsle", "mips", "mips64le", "mips64"},
    {elf::kMachineLoongarch, "", "", "loong64", ""},
};

// Nothing for what is no ELF file.
Result<std::optional<elf::Header>> header_of(const ClosureFile& file, Root& root) {
  std::optional<elf::Header> none;
  if (file.node == nullptr || !file.node->is_file()) return none;
  auto opened = root.open_file(*file.node);
  if (!opened) return Unexpected(std::move(opened).error());
  std::array<std::byte, 64> start;
  auto length = (*opened)->read_at(0, start);
  if (!length) return Unexpected(std::move(length).error());
  const Bytes bytes(std::span<const std::byte>(start.data(), *length));
  if (!elf::has_magic(bytes)) return none;
  auto header = elf::parse_header(bytes);
  return header ? std::optional(*header) : none;
}

// Which files an entry leads to, and what runs them.
class Entries {
 public:
  explicit Entries(const Closure& closure) {
    for (const ClosureFile& file : closure.files) {
      files_[file.path].push_back(&file);
      for (const Reason& reason : file.reasons) {
        if (reason.kind == ReasonKind::entry && reason.detail != file.path) files_[reason.detail].push_back(&file);
        if (reason.kind == ReasonKind::script || reason.kind == ReasonKind::interpreter) run_by_[reason.by].push_back(&file);
      }
    }
  }

  // The entry's file, then what runs it.
  std::vector<const ClosureFile*> files_of(std::string_view entry) const {
    constexpr size_t kMostFollowed = 16;  // a script may be run by a script
    std::vector<const ClosureFile*> files = at(files_, entry);
    for (size_t i = 0; i < files.size() && i < kMostFollowed; ++i) {
      for (const ClosureFile* file : at(run_by_, files[i]->path)) files.push_back(file);
    }
    return files;
  }

 private:
  using Files = std::unordered_map<std::string_view, std::vector<const ClosureFile*>>;
  static std::vector<const ClosureFile*> at(const Files& files, std::string_view path) {
    const auto found = files.find(path);
    return found == files.end() ? std::vector<const ClosureFile*>() : found->second;
  }

  Files files_, run_by_;
};

// Linux of the second runs programs of the first: its arch/*/Kconfig, COMPAT. Of arm's variants the later runs the earlier.
constexpr std::pair<std::string_view, std::string_view> kRunsAlso[] = {{"386", "amd64"}, {"amd64p32", "amd64"}, {"arm", "arm64"}, {"armbe", "arm64be"}, {"ppc", "ppc64"},
                                                                      {"s390", "s390x"}, {"mips", "mips64"}, {"mipsle", "mips64le"}};

bool runs_also(const oci::Platform& platform, const oci::Platform& program) {
  if (platform.architecture == program.architecture) return platform.variant >= program.variant;
  return std::find(std::begin(kRunsAlso), std::end(kRunsAlso), std::pair<std::string_view, std::string_view>(program.architecture, platform.architecture)) != std::end(kRunsAlso);
}

struct Program {
  const ClosureFile* file = nullptr;
  uint16_t machine = 0;
  oci::Platform platform;

  std::string words() const { return platform.architecture.empty() ? std::string(elf::machine_name(machine)) : oci::to_string(platform); }
};

// The first of the files that is an ELF file.
Result<std::optional<Program>> first_program(const std::vector<const ClosureFile*>& files, Root& root) {
  for (const ClosureFile* file : files) {
    auto header = header_of(*file, root);
    if (!header) return Unexpected(std::move(header).error());
    if (*header) return std::optional<Program>({file, (*header)->machine, platform_of(**header)});
  }
  return std::optional<Program>();
}

// The program on whose platform all entries run; nothing where no entry is a program or is run by one.
Result<std::optional<Program>> shared_program(const Closure& closure, Root& root) {
  const Entries entries(closure);
  std::optional<Program> shared;
  std::string first;
  for (const std::string& entry : closure.entries) {
    auto found = first_program(entries.files_of(entry), root);
    if (!found) return found;
    std::optional<Program>& own = *found;
    if (!own) continue;
    if (!shared) first = entry;
    if (shared && runs_also(shared->platform, own->platform)) continue;
    if (shared && !runs_also(own->platform, shared->platform)) {
      return fail(ErrorCode::invalid_argument, first + " is for " + shared->words() + ", and " + entry + " for " + own->words() + "; an image is for one platform: build one for each, and join them with rootlet index", entry);
    }
    shared = std::move(own);
    first = entry;
  }
  return shared;
}

}  // namespace

oci::Platform platform_of(const elf::Header& header) {
  oci::Platform platform;
  const auto word = std::find_if(std::begin(kWords), std::end(kWords), [&](const Word& known) { return known.machine == header.machine; });
  if (word == std::end(kWords)) return platform;
  const bool little = header.order == ByteOrder::little;
  platform.architecture = header.is_elf64() ? (little ? word->little64 : word->big64) : (little ? word->little32 : word->big32);
  if (platform.architecture == "arm64") platform.variant = "v8";
  // What distributions build for: hard float needs VFPv3 (v7), soft float runs from v5 on. Alpine's armhf runs on v6, and does not say so here.
  if (platform.architecture == "arm") platform.variant = (header.flags & kArmHardFloat) != 0 ? "v7" : "v5";
  return platform;
}

Result<void> check_platforms(const Closure& closure, Root& root) {
  auto shared = shared_program(closure, root);
  return shared ? Result<void>() : Unexpected(std::move(shared).error());
}

Result<oci::Platform> find_platform(const Closure& closure, Root& root) {
  auto program = shared_program(closure, root);
  if (program && !*program) {
    std::vector<const ClosureFile*> files;
    for (const ClosureFile& file : closure.files) files.push_back(&file);  // a tree of data may have a program somewhere
    program = first_program(files, root);
  }
  if (!program) return Unexpected(std::move(program).error());
  if (!*program) return fail(ErrorCode::invalid_argument, "nothing in the layer is a program, so nothing says for which machine the image is; say it with --platform, such as linux/amd64");
  if (!(*program)->platform.architecture.empty()) return std::move((*program)->platform);
  const std::string path((*program)->file->path);
  return fail(ErrorCode::unsupported, path + " is for " + (*program)->words() + ", for which images have no word; say with --platform what it is", path);
}

}  // namespace rootlet::image
