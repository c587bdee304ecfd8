// Little roots for the tests of the search rules: built in memory, and written to disk as well where the
// real loader can be asked, so that what a test expects is what the loader does.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loader/cache.hpp"
#include "rootlet/loader.hpp"
#include "rootlet/root.hpp"
#include "support/elf_builder.hpp"
#include "support/loader_oracle.hpp"

namespace rootlet::test {

// An ELF file in the making: Elf().needs({"liba.so"}).runpath("/opt").
class Elf {
 public:
  Elf& needs(std::initializer_list<const char*> names) {
    for (const char* name : names) spec_.needs(name);
    return *this;
  }
  Elf& filter(std::string name) { return dependency(0x7fffffff, std::move(name)); }
  Elf& auxiliary(std::string name) { return dependency(0x7ffffffd, std::move(name)); }
  Elf& soname(std::string text) { return spec_.soname = std::move(text), *this; }
  Elf& rpath(std::string text) { return spec_.rpath = std::move(text), *this; }
  Elf& runpath(std::string text) { return spec_.runpath = std::move(text), *this; }
  Elf& audit(std::string text) { return spec_.audit = std::move(text), *this; }
  Elf& depaudit(std::string text) { return spec_.depaudit = std::move(text), *this; }
  Elf& flags_1(uint64_t flags) { return spec_.flags_1 = flags, *this; }
  Elf& abi_tag(std::vector<uint32_t> tag) { return spec_.abi_tag = std::move(tag), *this; }
  Elf& imports(std::vector<std::string> names) { return spec_.imports = std::move(names), *this; }
  Elf& strings(std::vector<std::string> texts) { return spec_.strings = std::move(texts), *this; }
  Elf& type(uint16_t type) { return spec_.type = type, *this; }
  Elf& without_dynamic() { return spec_.dynamic = false, *this; }
  Elf& interpreter(std::string path) { return interpreter_ = std::move(path), *this; }
  Elf& machine(uint16_t machine, bool is64 = true, bool big_endian = false, uint32_t flags = 0) {
    return machine_ = Machine{machine, is64, big_endian, flags}, *this;
  }

 private:
  friend class World;
  struct Machine {
    uint16_t machine = 62;
    bool is64 = true;
    bool big_endian = false;
    uint32_t flags = 0;
  };
  Elf& dependency(uint64_t tag, std::string name) {
    return spec_.dependencies.emplace_back(tag, std::move(name)), *this;
  }
  ElfSpec spec_;
  std::optional<Machine> machine_;  // the world's own if not set
  std::optional<std::string> interpreter_;
};

// What a world's programs are built for, and the loader that they name.
struct Target {
  uint16_t machine = 62;
  bool is64 = true;
  bool big_endian = false;
  uint32_t flags = 0;
  std::string interpreter = "/lib64/ld-linux-x86-64.so.2";
  std::optional<RealLoader> loader = RealLoader::glibc64;  // that can be asked on this machine
};
extern const Target kX86_64, kI386, kMusl;

using Lines = std::vector<std::string>;

// What a program loads: "NAME => PATH" of each object in load order, without the program and the loader;
// with " [HOW]" in rootlet's answers. `missing` are the names not found, sorted.
struct Answer {
  Lines loaded;
  Lines missing;
  bool operator==(const Answer&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Answer& answer);

class World {
 public:
  explicit World(Target target = kX86_64);

  World& program(const std::string& path, const Elf& elf);
  World& library(const std::string& path, const Elf& elf = Elf());
  World& file(const std::string& path, std::string content, uint32_t mode = 0644);
  World& symlink(const std::string& path, std::string target);
  World& hard_link(const std::string& path, const std::string& existing);
  World& directory(const std::string& path);
  World& closed_directory(const std::string& path);  // that only its owner may enter
  World& unreadable(const std::string& path);  // by anybody, so that the real loader is not asked
  // A file in the loader's place, which is then not asked.
  World& loader(std::string content);
  // An /etc/ld.so.cache with these libraries, for this machine: (name, path, hwcaps subdirectory).
  struct Cached {
    const char* name;
    const char* path;
    const char* hwcaps = "";
  };
  World& cache(std::initializer_list<Cached> libraries, uint32_t flags = 0x0303);

  std::string bytes_of(const Elf& elf) const;
  const MemoryTree& tree() const { return tree_; }
  Root root() const { return Root::in_memory(tree_); }
  const Target& target() const { return target_; }

  LoaderConfig config;

  // rootlet's answer for one kind of processor, the least capable one by default.
  Answer answer(const std::string& program, const CpuModel* model = nullptr) const;
  Load load(Root& root, Loader& loader, const std::string& program, const CpuModel* model = nullptr) const;

  // Why the real loader cannot be asked about this world, or an empty string.
  std::string why_not_real() const;
  // The real loader's answer, or nothing if it gave up the program.
  std::optional<Answer> real_answer(const std::string& program, const std::string& tunables = "") const;
  // Writes the tree below a directory.
  void write(const std::string& directory) const;

 private:
  ElfSpec finished(const Elf& elf) const;
  Target target_;
  MemoryTree tree_;
  std::string why_not_real_;
};

// The answer for `program` is this one, and the real loader's too where it can be asked.
void expect_answer(const World& world, const std::string& program, const Answer& expected);
// The loader gives the program up while it looks for `name`, and rootlet says `why`.
void expect_fatal(const World& world, const std::string& program, const std::string& name,
                  const std::string& why);

}  // namespace rootlet::test
