// What files are protected by, as readelf and checksec tell it of the same files: small ones, made with one option each, and those of
// this machine.
#include "elf/protections.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/filesystem.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "elf/fixtures.hpp"
#include "support/guard_page.hpp"
#include "support/temporary.hpp"

namespace rootlet {
namespace {

namespace fs = boost::filesystem;
using elf::Pie;
using elf::Protections;
using elf::Relro;
using elf::read_protections;
using elf::read_thread_storage;
using test::run_command;

// Everything of it in one line, in the same words whoever says it.
std::string spell(const Protections& found) {
  static constexpr const char* kRelro[] = {"none", "partial", "full"};
  static constexpr const char* kPie[] = {"no", "yes", "dso"};
  std::ostringstream text;
  text << "relro=" << kRelro[static_cast<int>(found.relro)] << " pie=" << kPie[static_cast<int>(found.pie)] << " nx=" << found.nx
       << " canary=" << found.canary << " fortify=" << found.fortify << " textrel=" << found.text_relocations << " rpath=" << found.rpath
       << " runpath=" << found.runpath << " ibt=" << found.ibt << " shstk=" << found.shstk << " bti=" << found.bti << " pac=" << found.pac
       << " isa=" << found.isa_needed;
  return text.str();
}

Protections protections_of(std::string_view bytes) {
  auto found = read_protections(MemorySource(Bytes(bytes)));
  EXPECT_TRUE(found) << found.error().message;
  return found ? *found : Protections();
}

struct Readelf {
  std::string text;
  explicit Readelf(const std::string& path) : text(run_command({"readelf", "-hldnW", "--dyn-syms", path}).out) {}
  bool says(std::string_view words) const { return text.find(words) != std::string::npos; }

  // The first line that has these words, or nothing.
  std::string line(std::string_view words) const {
    const size_t at = text.find(words);
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
  }
  bool line_says(std::string_view line_words, std::string_view words) const { return line(line_words).find(words) != std::string::npos; }

  // Of an undefined symbol that `matches`.
  template <typename Matches>
  bool imports(Matches&& matches) const {
    std::istringstream lines(text);
    for (std::string one; std::getline(lines, one);) {
      std::istringstream fields(one);
      std::string number, value, size, type, binding, visibility, section, name;
      if (fields >> number >> value >> size >> type >> binding >> visibility >> section >> name && section == "UND" &&
          matches(name.substr(0, name.find('@')))) {
        return true;
      }
    }
    return false;
  }

  Protections protections() const {
    Protections found;
    const bool now = says("(BIND_NOW)") || line_says("(FLAGS)", "BIND_NOW") || line_says("(FLAGS_1)", "NOW");
    found.relro = !says("\n  GNU_RELRO") ? Relro::none : now ? Relro::full : Relro::partial;
    const bool dynamic_type = line_says("  Type:", "DYN");
    found.pie = !dynamic_type ? Pie::no : says("(DEBUG)") || line_says("(FLAGS_1)", "PIE") ? Pie::yes : Pie::dso;
    found.nx = says("  GNU_STACK ") && !line_says("  GNU_STACK ", " RWE ");
    found.canary = imports([](std::string_view name) { return name.starts_with("__stack_chk_"); });
    found.fortify = imports([](std::string_view name) { return name.starts_with("__") && name.ends_with("_chk"); });
    found.text_relocations = says("(TEXTREL)") || line_says("(FLAGS)", "TEXTREL");
    found.rpath = says("(RPATH)");
    found.runpath = says("(RUNPATH)");
    found.ibt = line_says("x86 feature: ", "IBT");
    found.shstk = line_says("x86 feature: ", "SHSTK");
    found.bti = line_says("AArch64 feature: ", "BTI");
    found.pac = line_says("AArch64 feature: ", "PAC");
    const std::string isa = line("x86 ISA needed: ");
    auto bit = [&isa](const char* word, uint32_t value) { return isa.find(word) == std::string::npos ? 0 : value; };
    found.isa_needed = bit("x86-64-baseline", 1) | bit("x86-64-v2", 2) | bit("x86-64-v3", 4) | bit("x86-64-v4", 8);
    return found;
  }
};

class Compiled : public testing::Test {
 protected:
  // A file made from `code` by a compiler with these options, or an empty path if that is not here.
  std::string make(const std::string& compiler, const std::vector<std::string>& options, const std::string& code = kCode) {
    if (run_command({compiler, "--version"}).status != 0) return "";
    const std::string path = directory_ / ("file" + std::to_string(++number_));
    std::vector<std::string> command = {compiler, "-x", "c", "-", "-o", path, "-fno-stack-protector", "-U_FORTIFY_SOURCE"};
    command.insert(command.end(), options.begin(), options.end());
    const auto made = run_command(command, code);
    EXPECT_EQ(made.status, 0) << made.err;
    return path;
  }

  // What readelf says of it and what we say, after a check that they are the same.
  Protections agreed(const std::string& path) {
    const Protections ours = protections_of(test::read_file(path));
    EXPECT_EQ(spell(ours), spell(Readelf(path).protections())) << path;
    return ours;
  }
  Protections gcc(const std::vector<std::string>& options, const std::string& code = kCode) { return agreed(make("gcc", options, code)); }

  static constexpr const char* kCode =
      "#include <stdio.h>\n#include <string.h>\nint use(char *);\nint use(char *to) { char room[64]; strcpy(room, to); return puts(room); }\n"
      "int main(int argc, char **argv) { return use(argv[argc - 1]); }\n";

  test::TemporaryDirectory directory_;
  int number_ = 0;
};

using Protected = Compiled;

TEST_F(Protected, RelroIsFullOnlyWhereAllIsBoundAtTheStart) {
  EXPECT_EQ(gcc({"-Wl,-z,norelro"}).relro, Relro::none);
  EXPECT_EQ(gcc({"-Wl,-z,relro,-z,lazy"}).relro, Relro::partial);
  EXPECT_EQ(gcc({"-Wl,-z,relro,-z,now"}).relro, Relro::full);
  EXPECT_EQ(gcc({"-Wl,-z,norelro,-z,now"}).relro, Relro::none);
}

TEST_F(Protected, AProgramAtAnyAddressIsToldFromALibrary) {
  EXPECT_EQ(gcc({"-pie", "-fPIE"}).pie, Pie::yes);
  EXPECT_EQ(gcc({"-no-pie", "-fno-pie"}).pie, Pie::no);
  EXPECT_EQ(gcc({"-shared", "-fPIC"}).pie, Pie::dso);
  EXPECT_EQ(gcc({"-static-pie", "-fPIE"}).pie, Pie::yes);
  EXPECT_EQ(gcc({"-static"}).pie, Pie::no);
}

TEST_F(Protected, AnExecutableStackIsSeen) {
  EXPECT_TRUE(gcc({"-Wl,-z,noexecstack"}).nx);
  EXPECT_FALSE(gcc({"-Wl,-z,execstack"}).nx);
}

TEST_F(Protected, CanaryAndCheckedFunctionsAreSeenByWhatIsImported) {
  const Protections none = gcc({"-O2"}), canary = gcc({"-O2", "-fstack-protector-all"}), fortify = gcc({"-O2", "-D_FORTIFY_SOURCE=2"});
  EXPECT_FALSE(none.canary || none.fortify);
  EXPECT_TRUE(canary.canary && !canary.fortify);
  EXPECT_TRUE(!fortify.canary && fortify.fortify);
}

TEST_F(Protected, RunPathsAndTextRelocationsAreSeen) {
  EXPECT_TRUE(gcc({"-Wl,-rpath,/opt/x,--disable-new-dtags"}).rpath);
  EXPECT_TRUE(gcc({"-Wl,-rpath,/opt/x,--enable-new-dtags"}).runpath);
  EXPECT_FALSE(gcc({"-shared", "-fPIC"}).text_relocations);
  EXPECT_TRUE(gcc({"-m32", "-shared", "-fno-pic", "-Wl,-z,notext"},
                  "extern int there; int *here(void); int *here(void) { return &there; }\n").text_relocations);
}

TEST_F(Protected, PropertiesOfX86AreThoseThatReadelfShows) {
  EXPECT_FALSE(gcc({"-fcf-protection=none"}).ibt);
  // What the system's start files are not built with, no program has; an object of its own has.
  const std::vector<std::string> alone = {"-shared", "-nostdlib", "-nostartfiles", "-fPIC"};
  auto library = [&](std::vector<std::string> options) {
    options.insert(options.end(), alone.begin(), alone.end());
    return gcc(options, "int f(void); int f(void) { return 1; }\n");
  };
  const Protections both = library({"-fcf-protection=full"}), branch = library({"-fcf-protection=branch"}),
                    back = library({"-fcf-protection=return"}), narrow = library({"-m32", "-fcf-protection=full"});
  EXPECT_TRUE(both.ibt && both.shstk);
  EXPECT_TRUE(branch.ibt && !branch.shstk);
  EXPECT_TRUE(!back.ibt && back.shstk);
  EXPECT_TRUE(narrow.ibt && narrow.shstk);
}

TEST_F(Protected, WhatMustBeReferredToIndirectlySaysSo) {
  const std::string code = "int f(void); int f(void) { return 1; }\n";
  const std::vector<std::string> alone = {"-shared", "-nostdlib", "-nostartfiles", "-fPIC"};
  std::vector<std::string> marked = alone;
  marked.insert(marked.end(), {"-mno-direct-extern-access", "-Wl,-z,indirect-extern-access"});
  EXPECT_TRUE(gcc(marked, code).indirect_access);
  EXPECT_FALSE(gcc(alone, code).indirect_access);
}

TEST_F(Protected, TheProcessorThatIsNeededIsThatOfTheMark) {
  const std::pair<const char*, std::string_view> levels[] = {{"x86-64-v2", "x86-64-v2"}, {"x86-64-v3", "x86-64-v3"}, {"x86-64-v4", "x86-64-v4"}};
  for (const auto& [word, name] : levels) {
    const Protections found = gcc({std::string("-Wl,-z,") + word});
    EXPECT_EQ(elf::isa_name(found.isa_needed), name);
  }
  // Debian's start files ask for the baseline; what is made without them asks for nothing.
  EXPECT_LE(gcc({}).isa_needed, 1u);
  EXPECT_EQ(gcc({"-shared", "-nostdlib", "-nostartfiles"}, "int f(void); int f(void) { return 1; }\n").isa_needed, 0u);
  EXPECT_EQ(elf::isa_name(0), "");
}

// Debian's gcc for AArch64 cannot stand beside gcc-multilib, its assembler and linker can: the note is what -mbranch-protection writes.
TEST_F(Protected, PropertiesOfAArch64AreThoseThatReadelfShows) {
  if (run_command({"sh", "-c", "command -v aarch64-linux-gnu-ld"}).status != 0) GTEST_SKIP() << "no binutils-aarch64-linux-gnu";
  for (const int features : {0, 1, 2, 3}) {
    const std::string object = directory_ / "object", path = directory_ / "library";
    const std::string code = ".globl f\n.type f,%function\nf: ret\n.section .note.gnu.property,\"a\"\n.balign 8\n.word 4,16,5\n.asciz \"GNU\"\n.word 0xc0000000,4," +
                             std::to_string(features) + ",0\n";
    ASSERT_EQ(run_command({"aarch64-linux-gnu-as", "-o", object, "-"}, code).status, 0);
    ASSERT_EQ(run_command({"aarch64-linux-gnu-ld", "-shared", "-z", "noexecstack", "-o", path, object}).status, 0);
    const Protections found = agreed(path);
    EXPECT_EQ(found.bti, (features & 1) != 0);
    EXPECT_EQ(found.pac, (features & 2) != 0);
  }
}

TEST_F(Protected, ThreadStorageIsThatOfTheSegment) {
  const char* code = "__thread long a[7]; __thread char b __attribute__((aligned(64))) = 1; long *f(void); long *f(void) { return a + b; }\n";
  for (const char* model : {"initial-exec", "global-dynamic"}) {
    for (const char* width : {"-m64", "-m32"}) {
      const std::string path = make("gcc", {"-shared", "-fPIC", width, std::string("-ftls-model=") + model}, code);
      const std::string bytes = test::read_file(path);
      auto storage = read_thread_storage(MemorySource(Bytes(bytes)));
      ASSERT_TRUE(storage) << storage.error().message;
      const Readelf readelf(path);
      std::istringstream fields(readelf.line("  TLS "));
      std::string type, offset, address, physical, in_file, in_memory, flags, align;
      fields >> type >> offset >> address >> physical >> in_file >> in_memory >> flags >> align;
      EXPECT_EQ(storage->size, std::stoul(in_memory, nullptr, 16));
      EXPECT_EQ(storage->align, std::stoul(align, nullptr, 16));
      EXPECT_EQ(storage->align, 64u);
      EXPECT_EQ(storage->is_static, readelf.line_says("(FLAGS)", "STATIC_TLS"));
      EXPECT_EQ(storage->is_static, std::string_view(model) == "initial-exec");
    }
  }
}

// A file with a note of properties, in any class and order.
class Properties {
 public:
  Properties(bool is64, bool big_endian, uint16_t machine) : file_(spec(is64, big_endian, machine)), is64_(is64), big_endian_(big_endian) {}
  Properties& property(uint32_t type, uint32_t value, uint32_t size = 4) {
    number(type), number(size), number(value);
    if (is64_) number(0);
    return *this;
  }
  // Behind everything else, where the program header of the ABI tag is made to lead.
  std::string bytes(uint32_t type = 5, uint64_t align = 0) {
    const size_t at = (file_.bytes().size() + 7) / 8 * 8;
    file_.bytes().resize(at);
    const std::string list = std::exchange(list_, {});
    number(4), number(static_cast<uint32_t>(list.size())), number(type);
    file_.bytes() += list_ + std::string("GNU\0", 4) + list;
    const size_t segment = file_.segment(4);
    file_.put(file_.p_offset(segment), at, file_.word());
    file_.put(file_.p_filesz(segment), file_.bytes().size() - at, file_.word());
    file_.put(file_.p_align(segment), align != 0 ? align : is64_ ? 8 : 4, file_.word());
    return file_.bytes();
  }

 private:
  static test::ElfSpec spec(bool is64, bool big_endian, uint16_t machine) {
    test::ElfSpec spec;
    spec.is64 = is64, spec.big_endian = big_endian, spec.machine = machine;
    spec.abi_tag = {0, 3, 2, 0};
    return spec.needs("libc.so.6");
  }
  void number(uint32_t value) {
    for (int i = 0; i < 4; ++i) list_ += static_cast<char>(value >> 8 * (big_endian_ ? 3 - i : i) & 0xff);
  }
  elf_test::ElfEditor file_;
  bool is64_, big_endian_;
  std::string list_;
};

TEST(ProtectionNotes, AreReadInEitherClassAndOrder) {
  for (bool is64 : {true, false}) {
    for (bool big_endian : {true, false}) {
      const uint16_t x86 = is64 ? elf::kMachineX86_64 : elf::kMachine386;
      const Protections intel = protections_of(Properties(is64, big_endian, x86).property(0xc0000002, 3).property(0xc0008002, 7).bytes());
      EXPECT_TRUE(intel.ibt && intel.shstk && intel.isa_needed == 7 && !intel.bti && !intel.pac);
      EXPECT_TRUE(protections_of(Properties(is64, big_endian, x86).property(0xb0008000, 1).bytes()).indirect_access);
      EXPECT_FALSE(protections_of(Properties(is64, big_endian, elf::kMachineAarch64).property(0xb0008000, 1).bytes()).indirect_access);
      const Protections arm = protections_of(Properties(is64, big_endian, elf::kMachineAarch64).property(0xc0000000, 3).bytes());
      EXPECT_TRUE(arm.bti && arm.pac && !arm.ibt && !arm.shstk);
    }
  }
}

TEST(ProtectionNotes, AreIgnoredWhereALoaderIgnoresThem) {
  auto intel = [](Properties properties, uint32_t type = 5, uint64_t align = 8) { return protections_of(properties.bytes(type, align)); };
  const Properties good = Properties(true, false, elf::kMachineX86_64).property(0xc0000002, 3);
  EXPECT_TRUE(intel(good).ibt);
  EXPECT_FALSE(intel(good, 5, 4).ibt) << "of a 64-bit object aligned to 4 bytes";
  EXPECT_FALSE(intel(good, 4).ibt) << "another type";
  EXPECT_FALSE(intel(Properties(true, false, elf::kMachineX86_64).property(0xc0008002, 7).property(0xc0000002, 3)).ibt) << "out of order";
  EXPECT_FALSE(intel(Properties(true, false, elf::kMachineX86_64).property(0xc0000002, 3, 80)).ibt) << "longer than the note";
  EXPECT_FALSE(protections_of(Properties(true, false, elf::kMachineS390).property(0xc0000002, 3).bytes(5, 8)).ibt) << "of another machine";
  EXPECT_EQ(intel(Properties(true, false, elf::kMachineX86_64).property(0xc0000001, 7)).isa_needed, 0u) << "the first number that it had";
}

TEST(ProtectionNotes, TheStackOfAFileThatSaysNothingIsThatOfItsMachine) {
  for (const auto& [machine, nx] : {std::pair(elf::kMachineX86_64, false), std::pair(elf::kMachineAarch64, true), std::pair(elf::kMachineS390, false)}) {
    elf_test::ElfEditor file(elf_test::full_spec(true, false, false));
    file.put(18, machine, 2);
    file.put(file.segment(0x6474e551), 0, 4);  // PT_NULL
    EXPECT_EQ(protections_of(file.bytes()).nx, nx);
  }
}

TEST(ProtectionNotes, EveryPrefixIsReadOrRefusedAndNeverReadBehind) {
  for (bool is64 : {true, false}) {
    const std::string whole = Properties(is64, false, is64 ? elf::kMachineX86_64 : elf::kMachine386).property(0xc0000002, 3).property(0xc0008002, 7).bytes();
    test::GuardedBytes room(whole.size());
    size_t read = 0;
    for (size_t length = 0; length <= whole.size(); ++length) {
      const MemorySource source(room.place(std::string_view(whole).substr(0, length)));
      auto found = read_protections(source);
      EXPECT_EQ(found.has_value(), read_thread_storage(source).has_value());
      read += found ? 1 : 0;
      if (length < whole.size() && found) {
        EXPECT_FALSE(found->ibt) << length;
      }
    }
    EXPECT_GT(read, 100u);
  }
}

// checksec's words for a file, as its JSON has them, in ours; what it does not tell is taken from `rest`.
Protections checksec_protections(const nlohmann::json& said, Protections rest) {
  const std::string relro = said.at("relro"), pie = said.at("pie");
  rest.relro = relro == "full" ? Relro::full : relro == "partial" ? Relro::partial : Relro::none;
  rest.pie = pie == "no" ? Pie::no : pie == "yes" ? Pie::yes : Pie::dso;
  rest.nx = said.at("nx") == "yes";
  rest.canary = said.at("canary") == "yes";
  rest.rpath = said.at("rpath") == "yes";
  rest.runpath = said.at("runpath") == "yes";
  return rest;
}

// But object files, which nobody loads.
std::vector<std::string> elf_files_in(const std::string& directory, size_t stride) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (fs::is_symlink(entry.symlink_status()) || !fs::is_regular_file(entry.status())) continue;
    char start[64] = {};
    std::ifstream(entry.path().string(), std::ios::binary).read(start, sizeof start);
    auto header = elf::parse_header(Bytes(std::string_view(start, sizeof start)));
    if (header && header->type != elf::Type::relocatable) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> some;
  for (size_t i = 0; i < files.size(); i += stride) some.push_back(files[i]);
  return some;
}

TEST(MachineProtections, AreThoseThatReadelfShows) {
  const char* long_tests = std::getenv("ROOTLET_LONG_TESTS");
  const size_t stride = long_tests != nullptr ? 1 : 5;
  size_t compared = 0;
  for (const char* directory : {"/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu"}) {
    for (const std::string& path : elf_files_in(directory, stride)) {
      if (fs::file_size(path) > (20u << 20)) continue;
      const std::string bytes = test::read_file(path);
      auto found = read_protections(MemorySource(Bytes(bytes)));
      if (!found) continue;
      EXPECT_EQ(spell(*found), spell(Readelf(path).protections())) << path;
      ++compared;
    }
  }
  std::cout << compared << " files compared\n";
  EXPECT_GT(compared, 100u);
}

TEST(MachineProtections, AreThoseThatChecksecTells) {
  if (run_command({"sh", "-c", "command -v checksec"}).status != 0) GTEST_SKIP() << "no checksec";
  size_t compared = 0, differ = 0;
  const auto programs = elf_files_in("/usr/bin", 40), libraries = elf_files_in("/usr/lib/x86_64-linux-gnu", 40);
  for (const auto& files : {programs, libraries}) {
    for (const std::string& path : files) {
      if (fs::file_size(path) > (8u << 20)) continue;
      const auto answer = run_command({"checksec", "--format=json", "--file=" + path});
      const auto said = nlohmann::json::parse(answer.out, nullptr, false);
      if (said.is_discarded() || said.empty()) continue;
      const Protections ours = protections_of(test::read_file(path));
      const Protections theirs = checksec_protections(said.begin().value(), ours);
      ++compared;
      if (spell(ours) == spell(theirs)) continue;
      // It takes a canary that a file defines, or that its .symtab alone has, for one that is used.
      Protections without = theirs;
      without.canary = ours.canary;
      EXPECT_EQ(spell(ours), spell(without)) << path;
      ++differ;
      std::cout << "canary: " << path << "\n";
    }
  }
  std::cout << compared << " files compared, " << differ << " differ in the canary\n";
  EXPECT_GT(compared, 10u);
  EXPECT_LE(differ * 10, compared);
}

}  // namespace
}  // namespace rootlet
