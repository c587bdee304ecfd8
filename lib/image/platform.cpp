#include "image/platform.hpp"

#include <algorithm>
#include <array>
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

bool runs(const ClosureFile& file, std::string_view entry) {
  return std::any_of(file.reasons.begin(), file.reasons.end(), [entry](const Reason& reason) {
    return reason.by == entry && (reason.kind == ReasonKind::script || reason.kind == ReasonKind::interpreter);
  });
}

// The entries, then what runs them, then all else: a tree of data may have a program somewhere.
std::vector<const ClosureFile*> candidates(const Closure& closure) {
  std::vector<const ClosureFile*> files;
  for (const std::string& entry : closure.entries) {
    for (const ClosureFile& file : closure.files) {
      const auto named = [&entry](const Reason& reason) { return reason.kind == ReasonKind::entry && reason.detail == entry; };
      if (file.path == entry || std::any_of(file.reasons.begin(), file.reasons.end(), named)) files.push_back(&file);
    }
  }
  constexpr size_t kMostFollowed = 16;  // a script may be run by a script
  for (size_t i = 0; i < files.size() && i < kMostFollowed; ++i) {
    for (const ClosureFile& file : closure.files) {
      if (runs(file, files[i]->path)) files.push_back(&file);
    }
  }
  for (const ClosureFile& file : closure.files) files.push_back(&file);
  return files;
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

Result<oci::Platform> find_platform(const Closure& closure, Root& root) {
  for (const ClosureFile* file : candidates(closure)) {
    auto found = header_of(*file, root);
    if (!found) return Unexpected(std::move(found).error());
    const std::optional<elf::Header>& header = *found;
    if (!header) continue;
    oci::Platform platform = platform_of(*header);
    if (!platform.architecture.empty()) return platform;
    return fail(ErrorCode::unsupported, std::string(file->path) + " is for " + elf::machine_name(header->machine) + ", for which images have no word; say with --platform what it is",
                std::string(file->path));
  }
  return fail(ErrorCode::invalid_argument, "nothing in the layer is a program, so nothing says for which machine the image is; say it with --platform, such as linux/amd64");
}

}  // namespace rootlet::image
