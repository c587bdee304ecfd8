// Ten thousand altered libraries through all that an audit reads of a file, LIEF included, and through an audit of a program that needs
// them: none ends it, none takes long, none takes much memory. Each library's mutants are read by a child, so that one that ends it can be told.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "audit/audit_bytes.hpp"
#include "rootlet/audit.hpp"
#include "support/dice.hpp"
#include "support/guard_page.hpp"
#include "support/temporary.hpp"

namespace rootlet {
namespace {

using test::AuditedBytes;
using test::Dice;

constexpr size_t kLibraries = 10, kMutants = 1000;  // of each
constexpr unsigned kSecondsPerMutant = 10;
constexpr long kMostKibibytes = 1 << 20;

#if defined(ROOTLET_ADDRESS_SANITIZER)
constexpr bool kSanitized = true;  // address space without end is part of it
#else
constexpr bool kSanitized = false;
#endif

struct Range {
  size_t offset, size;
};

// Where the tables of a little-endian library are that somebody well-meaning linked.
class TableFinder {
 public:
  explicit TableFinder(const std::string& bytes) : bytes_(bytes), wide_(bytes[4] == 2) {}

  std::vector<Range> find() {
    const size_t start = number(wide_ ? 32 : 28, word()), entry = wide_ ? 56 : 32, count = number(wide_ ? 56 : 44, 2);
    found_ = {{0, size_t{wide_ ? 64u : 52u}}, {start, entry * count}};
    for (size_t at = start; at < start + entry * count; at += entry) {
      const size_t offset = number(at + (wide_ ? 8 : 4), word()), address = number(at + (wide_ ? 16 : 8), word());
      const size_t size = number(at + (wide_ ? 32 : 16), word());
      if (number(at, 4) == 1) loads_.push_back({offset, address, size});
      if (number(at, 4) == 2) dynamic_ = {offset, size};
      if (number(at, 4) == 4) found_.push_back({offset, size});
    }
    found_.push_back(dynamic_);
    const size_t end = dynamic_.offset + dynamic_.size;
    for (size_t at = dynamic_.offset; at < end && number(at, word()) != 0; at += 2 * word()) entry_of(number(at, word()), number(at + word(), word()));
    return found_;
  }

 private:
  struct Load {
    size_t offset, address, size;
  };
  size_t word() const { return wide_ ? 8 : 4; }
  size_t number(size_t at, size_t width) const {
    size_t value = 0;
    for (size_t i = width; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes_.at(at + i));
    return value;
  }

  // The first part of each table: hash tables and versions begin with what counts most.
  void entry_of(size_t tag, size_t value) {
    // DT_HASH, DT_STRTAB, DT_SYMTAB, DT_RELA, DT_REL, DT_JMPREL, DT_RELR, DT_GNU_HASH, DT_VERSYM, DT_VERDEF, DT_VERNEED
    static constexpr size_t kTables[] = {4, 5, 6, 7, 17, 23, 36, 0x6ffffef5, 0x6ffffff0, 0x6ffffffc, 0x6ffffffe};
    for (const size_t wanted : kTables) {
      if (tag != wanted) continue;
      for (const Load& load : loads_) {
        if (value < load.address || value - load.address >= load.size) continue;
        const size_t offset = value - load.address + load.offset, most = load.size - (value - load.address);
        found_.push_back({offset, std::min<size_t>(most, 64)});
        found_.push_back({offset, std::min<size_t>(most, 2048)});
      }
    }
  }

  const std::string& bytes_;
  bool wide_;
  std::vector<Range> found_;
  std::vector<Load> loads_;
  Range dynamic_{0, 0};
};

// Values that tend to be at a limit of something.
uint64_t interesting(Dice& dice, size_t file_size) {
  switch (dice.below(7)) {
    case 0: return 0;
    case 1: return ~uint64_t{0} - dice.below(80);
    case 2: return uint64_t{1} << dice.below(64);
    case 3: return file_size - dice.below(64);
    case 4: return file_size + dice.below(64);
    case 5: return dice.below(file_size);
    default: return dice.below(300);
  }
}

std::string mutant(const std::string& bytes, const std::vector<Range>& tables, uint64_t seed) {
  Dice dice(seed);
  std::string made = bytes;
  for (size_t edits = dice.between(1, 6); edits > 0; --edits) {
    const Range range = dice.percent(90) ? dice.pick(tables) : Range{0, made.size()};
    if (range.size == 0) continue;
    const size_t at = range.offset + dice.below(range.size);
    if (at >= made.size()) continue;
    if (dice.percent(30)) {
      made[at] = static_cast<char>(made[at] ^ (1 << dice.below(8)));
      continue;
    }
    const size_t width = size_t{1} << dice.below(4), place = at / width * width;
    const uint64_t value = interesting(dice, made.size());
    for (size_t i = 0; i < width && place + i < made.size(); ++i) made[place + i] = static_cast<char>(value >> (8 * i) & 0xff);
  }
  if (dice.percent(8)) made.resize(dice.below(made.size()));
  return made;
}

// A program that refers to some functions of a library, and has nothing else.
struct Program {
  std::string bytes, soname;
};

Program program_for(const std::string& library) {
  std::istringstream symbols(test::run_command({"readelf", "--dyn-syms", "-W", library}).out);
  std::vector<std::string> names;
  for (std::string line; std::getline(symbols, line);) {
    std::istringstream fields(line);
    std::string number, value, size, type, binding, visibility, section, name;
    if (!(fields >> number >> value >> size >> type >> binding >> visibility >> section >> name) || type != "FUNC" || section == "UND") continue;
    const size_t at = name.find('@');
    if (at == std::string::npos || name.compare(at, 2, "@@") == 0) names.push_back(name.substr(0, at));
  }
  std::string code, list;
  for (size_t i = 0; i < names.size(); i += names.size() / 8 + 1) {
    code += "extern char " + names[i] + "[];\n";
    list += names[i] + ", ";
  }
  code += "void *references[] = {" + list + "0};\n";
  const bool wide = test::run_command({"readelf", "-h", library}).out.find("ELF32") == std::string::npos;
  const std::string kind = wide ? "-m64" : library.find("x32") != std::string::npos ? "-mx32" : "-m32";
  const test::TemporaryDirectory directory;
  const std::vector<std::string> command = {"gcc", kind, "-w", "-fno-builtin", "-nostdlib", "-pie", "-fPIC", "-x", "c", "-", "-x", "none", library,
                                            "-Wl,-e,0,--unresolved-symbols=ignore-all,-rpath,/lib", "-o", directory / "program"};
  const auto made = test::run_command(command, code);
  EXPECT_EQ(made.status, 0) << made.err;
  const std::string dynamic = test::run_command({"readelf", "-dW", directory / "program"}).out;
  const size_t needed = dynamic.find("Shared library: [");
  EXPECT_NE(needed, std::string::npos) << dynamic;
  const size_t start = needed + 17;
  return {test::read_file(directory / "program"), needed == std::string::npos ? "" : dynamic.substr(start, dynamic.find(']', start) - start)};
}

// The audit of a root with nothing in it but the program and the library.
Audit audit_world(const Program& program, const std::string& library) {
  MemoryTree tree;
  tree.file("/bin/program", program.bytes, 0755).file("/lib/" + program.soname, library);
  Root root = Root::in_memory(std::move(tree));
  ResolveOptions options;
  options.data.mode = DataMode::none;
  auto closure = resolve(root, {"/bin/program"}, options);
  if (!closure) std::abort();
  auto made = audit(root, *closure);
  if (!made) std::abort();
  return std::move(*made);
}

// What a child has come to, for its parent to see whatever becomes of it.
struct Progress {
  size_t mutant, refused, read, modelled, findings;
};

void read_mutants(const Program& program, const std::string& bytes, uint64_t seed, Progress& progress) {
  const std::vector<Range> tables = TableFinder(bytes).find();
  test::GuardedBytes room(bytes.size());
  for (progress.mutant = 0; progress.mutant < kMutants; ++progress.mutant) {
    const std::string made = mutant(bytes, tables, seed + progress.mutant);
    const Bytes placed = room.place(made);
    ::alarm(kSecondsPerMutant);
    switch (test::audit_bytes(placed)) {
      case AuditedBytes::refused: ++progress.refused; break;
      case AuditedBytes::read: ++progress.read; break;
      case AuditedBytes::modelled: ++progress.modelled; break;
    }
    progress.findings += audit_world(program, made).findings.size();
    ::alarm(0);
  }
}

// The ten first of these that are here.
std::vector<std::string> libraries() {
  std::vector<std::string> found;
  for (const char* path :
       {"/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libm.so.6", "/lib/x86_64-linux-gnu/libz.so.1", "/lib32/libc.so.6",
        "/lib/x86_64-linux-gnu/libselinux.so.1", "/lib64/ld-linux-x86-64.so.2", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
        "/usr/lib/x86_64-linux-gnu/libzstd.so.1", "/libx32/libm.so.6", "/lib/x86_64-linux-gnu/libgcc_s.so.1",
        "/usr/lib/x86_64-linux-gnu/libarchive.so.13", "/usr/lib/x86_64-linux-gnu/libsqlite3.so.0"}) {
    if (found.size() < kLibraries && ::access(path, R_OK) == 0) found.emplace_back(path);
  }
  return found;
}

TEST(AuditOfMutants, EndsForEachOfTenThousandWithAnAnswerOrAnError) {
  const std::vector<std::string> paths = libraries();
  ASSERT_EQ(paths.size(), kLibraries);
  ASSERT_EQ(auditing::model_problem(), "");
  auto* progress = static_cast<Progress*>(::mmap(nullptr, sizeof(Progress) * kLibraries, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(progress, MAP_FAILED);
  size_t refused = 0, modelled = 0, findings = 0;
  long most = 0;
  for (size_t i = 0; i < paths.size(); ++i) {
    const std::string bytes = test::read_file(paths[i]);
    const uint64_t seed = 1'000'000 * (i + 1);
    const Program program = program_for(paths[i]);
    EXPECT_GE(audit_world(program, bytes).bindings, 6u) << paths[i];
    const pid_t child = ::fork();
    if (child == 0) {
      const rlimit limit = {rlim_t{kMostKibibytes} * 1024, rlim_t{kMostKibibytes} * 1024};
      if (!kSanitized) ::setrlimit(RLIMIT_AS, &limit);
      read_mutants(program, bytes, seed, progress[i]);
      ::_exit(0);
    }
    int status = 0;
    rusage usage{};
    ASSERT_EQ(::wait4(child, &status, 0, &usage), child);
    if (status != 0) {
      const std::string kept = "/tmp/rootlet-mutant";
      test::write_file(kept, mutant(bytes, TableFinder(bytes).find(), seed + progress[i].mutant));
      ADD_FAILURE() << paths[i] << ", mutant " << progress[i].mutant << ", kept as " << kept << ": " << (WIFSIGNALED(status) ? "signal " : "exit status ")
                    << (WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    refused += progress[i].refused;
    modelled += progress[i].modelled;
    findings += progress[i].findings;
    most = std::max(most, usage.ru_maxrss);
    EXPECT_LT(usage.ru_maxrss, kSanitized ? 4 * kMostKibibytes : kMostKibibytes) << paths[i];
  }
  std::cout << refused << " refused, " << modelled << " read and modelled, " << findings << " findings, at most " << most / 1024 << " MiB\n";
  // Both are met often, or the mutants show little.
  EXPECT_GT(refused, kLibraries * kMutants / 20);
  EXPECT_GT(modelled, kLibraries * kMutants / 20);
  ::munmap(progress, sizeof(Progress) * kLibraries);
}

}  // namespace
}  // namespace rootlet
