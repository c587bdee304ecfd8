// LIEF, a full model of ELF files, as the oracle for what the reader finds in the files of this machine.
//
// LIEF 0.9 crashes on some files and takes long over large ones, so children read with it, and the file that ends
// a child is counted as not compared. Where the two differ, `readelf` decides: a file on which it sides with the
// reader counts as LIEF's mistake and is printed, any other fails the test. By default every n-th file is read,
// and all of /usr/bin; with ROOTLET_LONG_TESTS=1 every one.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <LIEF/ELF.hpp>
#include <LIEF/logging.hpp>
#include <algorithm>
#include <boost/filesystem.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "elf/symbols.hpp"
#include "rootlet/elf.hpp"
#include "rootlet/root.hpp"
#include "support/temporary.hpp"

namespace rootlet {
namespace {

namespace fs = boost::filesystem;

constexpr unsigned kSecondsPerFile = 20;
constexpr size_t kFilesPerChild = 100;

// What is compared, a line a field.
void add(std::string& text, std::string_view field, std::string_view value) { text.append(field).append(" ").append(value).append("\n"); }

std::string our_facts(Root& root, const std::string& path) {
  Walk walk = root.walk(path);
  if (walk.node == nullptr) return "error: cannot be reached\n";
  auto file = root.open_file(*walk.node);
  if (!file) return "error: " + file.error().message + "\n";
  auto image = elf::parse(**file);
  if (!image) return "error: " + image.error().message + "\n";
  std::string text;
  if (image->interpreter) add(text, "interpreter", *image->interpreter);
  for (const std::string& name : image->needed()) add(text, "needed", name);
  if (image->soname) add(text, "soname", *image->soname);
  if (image->rpath) add(text, "rpath", *image->rpath);
  if (image->runpath) add(text, "runpath", *image->runpath);
  return text;
}

std::string lief_facts(const std::string& path) {
  using namespace LIEF::ELF;
  auto binary = Parser::parse(path);
  if (binary == nullptr) throw std::runtime_error("no binary");
  std::string text, rest[3];
  if (binary->has_interpreter()) add(text, "interpreter", binary->interpreter());
  for (const DynamicEntry& entry : binary->dynamic_entries()) {
    switch (entry.tag()) {
      case DYNAMIC_TAGS::DT_NEEDED: add(text, "needed", dynamic_cast<const DynamicEntryLibrary&>(entry).name()); break;
      case DYNAMIC_TAGS::DT_SONAME: add(rest[0], "soname", dynamic_cast<const DynamicSharedObject&>(entry).name()); break;
      case DYNAMIC_TAGS::DT_RPATH: add(rest[1], "rpath", dynamic_cast<const DynamicEntryRpath&>(entry).rpath()); break;
      case DYNAMIC_TAGS::DT_RUNPATH: add(rest[2], "runpath", dynamic_cast<const DynamicEntryRunPath&>(entry).runpath()); break;
      default: break;
    }
  }
  return text + rest[0] + rest[1] + rest[2];
}

std::string readelf_facts(const std::string& path) {
  std::istringstream lines(test::run_command({"readelf", "-ldW", path}).out);
  std::string text, rest[3], line;
  auto inside = [&line](std::string_view before, char after) -> std::optional<std::string> {
    const size_t at = line.find(before);
    if (at == std::string::npos) return std::nullopt;
    return line.substr(at + before.size(), line.rfind(after) - at - before.size());
  };
  while (std::getline(lines, line)) {
    if (auto value = inside("[Requesting program interpreter: ", ']')) add(text, "interpreter", *value);
    if (auto value = inside("(NEEDED)             Shared library: [", ']')) add(text, "needed", *value);
    if (auto value = inside("(SONAME)             Library soname: [", ']')) add(rest[0], "soname", *value);
    if (auto value = inside("(RPATH)              Library rpath: [", ']')) add(rest[1], "rpath", *value);
    if (auto value = inside("(RUNPATH)            Library runpath: [", ']')) add(rest[2], "runpath", *value);
  }
  return text + rest[0] + rest[1] + rest[2];
}

// Of each symbol its name, as binutils writes it with its version, and whether it is defined; sorted. The symbol that a linker makes for a
// version has that version, which binutils leaves out.
std::string sorted_lines(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string symbol_line(std::string_view name, std::string_view version, bool defined, bool hidden) {
  std::string line(name);
  if (!version.empty() && version != name) line.append(defined && !hidden ? "@@" : "@").append(version);
  return line + (defined ? " defined" : " undefined");
}

std::string our_symbols(Root& root, const std::string& path) {
  Walk walk = root.walk(path);
  if (walk.node == nullptr) return "error: cannot be reached\n";
  auto file = root.open_file(*walk.node);
  if (!file) return "error: " + file.error().message + "\n";
  auto symbols = elf::Symbols::read(**file);
  if (!symbols) return "error: " + symbols.error().message + "\n";
  std::vector<std::string> lines;
  for (uint32_t i = 1; i < symbols->count(); ++i) {
    const elf::Symbol symbol = symbols->symbol(i);
    if (symbol.name.empty()) continue;
    const bool versioned = symbols->has_versions() && symbol.version > elf::kVersionGlobal && symbol.version < symbols->versions().size();
    lines.push_back(symbol_line(symbol.name, versioned ? symbols->versions()[symbol.version].name : "", symbol.defined(), symbol.version_hidden));
  }
  return sorted_lines(std::move(lines));
}

std::string lief_symbols(const std::string& path) {
  using namespace LIEF::ELF;
  auto binary = Parser::parse(path, DYNSYM_COUNT_METHODS::COUNT_SECTION);
  if (binary == nullptr) throw std::runtime_error("no binary");
  // LIEF 0.9 gives a symbol the last name of its definition, which is the version that it succeeds.
  std::map<unsigned, std::string> definitions;
  for (const SymbolVersionDefinition& definition : binary->symbols_version_definition()) {
    for (const SymbolVersionAux& aux : definition.symbols_aux()) definitions.emplace(definition.ndx(), aux.name());
  }
  std::vector<std::string> lines;
  for (const Symbol& symbol : binary->dynamic_symbols()) {
    if (symbol.name().empty()) continue;
    std::string version;
    bool hidden = false;
    if (symbol.has_version()) {
      hidden = (symbol.symbol_version().value() & 0x8000) != 0;
      const auto defined = definitions.find(symbol.symbol_version().value() & 0x7fff);
      if (defined != definitions.end() && defined->first > 1) version = defined->second;
      if (version.empty() && symbol.symbol_version().has_auxiliary_version()) version = symbol.symbol_version().symbol_version_auxiliary().name();
    }
    lines.push_back(symbol_line(symbol.name(), version, symbol.shndx() != 0, hidden));
  }
  return sorted_lines(std::move(lines));
}

std::string readelf_symbols(const std::string& path) {
  std::istringstream output(test::run_command({"readelf", "-D", "--dyn-syms", "-W", path}).out);
  std::vector<std::string> lines;
  for (std::string line; std::getline(output, line);) {
    std::istringstream fields(line);
    std::string number, value, size, type, binding, visibility, section, name;
    // st_other in words of a machine may stand before the section.
    if (!(fields >> number >> value >> size >> type >> binding >> visibility >> section) || !number.ends_with(':') || number == "Num:") continue;
    while (section.starts_with('[') || section.ends_with(']')) fields >> section;
    if (fields >> name) lines.push_back(name + (section == "UND" ? " undefined" : " defined"));
  }
  return sorted_lines(std::move(lines));
}

// One question, and who answers it.
struct Question {
  std::string (*ours)(Root&, const std::string&);
  std::string (*lief)(const std::string&);
  std::string (*readelf)(const std::string&);
};
constexpr Question kFacts = {our_facts, lief_facts, readelf_facts};
constexpr Question kSymbols = {our_symbols, lief_symbols, readelf_symbols};

// Separate debug files may keep a PT_INTERP of no bytes, with which the kernel would refuse a program: the one
// reason for which the reader refuses a file that LIEF takes.
bool has_empty_interpreter(const std::string& path) {
  std::istringstream lines(test::run_command({"readelf", "-lW", path}).out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string type, offset, virtual_address, physical_address, file_size;
    if (fields >> type >> offset >> virtual_address >> physical_address >> file_size && type == "INTERP") return file_size == "0x000000";
  }
  return false;
}

// Every ELF file under the usual places once, sorted by path.
std::vector<std::pair<std::string, uint64_t>> elf_files() {
  std::vector<std::pair<std::string, uint64_t>> files;
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (const char* top : {"/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/libx32", "/lib", "/usr/libexec", "/usr/local", "/opt"}) {
    boost::system::error_code error;
    for (fs::recursive_directory_iterator at(top, error), end; !error && at != end; at.increment(error)) {
      struct stat status;
      const std::string path = at->path().string();
      if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
      if (!seen.emplace(status.st_dev, status.st_ino).second) continue;
      char magic[4] = {};
      if (std::ifstream(path, std::ios::binary).read(magic, 4) && std::string_view(magic, 4) == "\177ELF") {
        files.emplace_back(path, static_cast<uint64_t>(status.st_size));
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Reads files in a child and answers for as many as it gets to: first the facts, or '!' and why there are none.
class LiefChild {
 public:
  static std::vector<std::string> run(const Question& question, const std::vector<std::string>& paths) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      read_all_of(question, paths, ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    std::string output;
    char buffer[65536];
    for (ssize_t length; (length = ::read(ends[0], buffer, sizeof buffer)) > 0;) output.append(buffer, static_cast<size_t>(length));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    std::vector<std::string> answers;
    for (size_t at = 0, end; (end = output.find('\0', at)) != std::string::npos; at = end + 1) answers.push_back(output.substr(at, end - at));
    if (answers.size() < paths.size()) {
      answers.push_back(!WIFSIGNALED(status)            ? "!exit status " + std::to_string(WEXITSTATUS(status))
                        : WTERMSIG(status) == SIGALRM ? "!took longer than " + std::to_string(kSecondsPerFile) + " s"
                                                      : "!signal " + std::to_string(WTERMSIG(status)));
    }
    return answers;
  }

 private:
  static void read_all_of(const Question& question, const std::vector<std::string>& paths, int out) {
    LIEF::Logger::disable();
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, 2);  // what is said on the way down
    for (const std::string& path : paths) {
      std::string answer;
      ::alarm(kSecondsPerFile);
      try {
        answer = question.lief(path);
      } catch (const std::exception& exception) {
        answer = std::string("!") + exception.what();
      }
      ::alarm(0);
      answer += '\0';
      for (std::string_view rest = answer; !rest.empty();) {
        const ssize_t length = ::write(out, rest.data(), rest.size());
        if (length <= 0) ::_exit(1);
        rest.remove_prefix(static_cast<size_t>(length));
      }
    }
  }
};

// LIEF's answers for all paths.
std::vector<std::string> ask_lief(const Question& question, const std::vector<std::string>& paths) {
  std::vector<std::string> answers;
  while (answers.size() < paths.size()) {
    const auto from = paths.begin() + static_cast<ptrdiff_t>(answers.size());
    const auto count = std::min<size_t>(kFilesPerChild, paths.size() - answers.size());
    for (std::string& answer : LiefChild::run(question, std::vector<std::string>(from, from + static_cast<ptrdiff_t>(count)))) answers.push_back(std::move(answer));
  }
  return answers;
}

bool long_tests() {
  const char* value = std::getenv("ROOTLET_LONG_TESTS");
  return value != nullptr && std::string_view(value) == "1";
}

struct Tally {
  size_t compared = 0;
  std::map<std::string, std::vector<std::string>> not_compared;  // by reason
  std::vector<std::string> lief_mistaken, refused;

  void compare(const Question& question, Root& root, const std::string& path, const std::string& lief) {
    const std::string ours = question.ours(root, path);
    if (lief.starts_with("!")) {
      not_compared[lief.substr(1)].push_back(path);
      return;
    }
    ++compared;
    if (ours == lief) return;
    if (ours.starts_with("error: PT_INTERP p_filesz 0 ") && has_empty_interpreter(path)) {
      refused.push_back(path);
      return;
    }
    // binutils as the arbiter.
    const std::string readelf = question.readelf(path);
    if (ours == readelf) {
      lief_mistaken.push_back(path);
      return;
    }
    ADD_FAILURE() << path << "\nours:\n" << ours << "LIEF:\n" << lief << "readelf:\n" << readelf;
  }
};

void expect_agreement(const Question& question) {
  const bool everything = long_tests();
  const uint64_t largest = everything ? uint64_t{192} << 20 : uint64_t{12} << 20;
  const size_t stride = everything ? 1 : 4;
  std::vector<std::string> paths;
  Tally tally;
  size_t number = 0;
  const auto files = elf_files();
  for (const auto& [path, size] : files) {
    if (++number % stride != 0 && !path.starts_with("/usr/bin/")) continue;
    if (size > largest) {
      tally.not_compared["larger than " + std::to_string(largest >> 20) + " MiB"].push_back(path);
    } else {
      paths.push_back(path);
    }
  }
  ASSERT_GT(paths.size(), 50u) << "a machine with this compiler on it has more ELF files";
  auto root = Root::open("/");
  ASSERT_TRUE(root) << root.error().message;
  const std::vector<std::string> answers = ask_lief(question, paths);
  for (size_t i = 0; i < paths.size(); ++i) tally.compare(question, *root, paths[i], answers[i]);

  size_t not_compared = 0;
  std::cout << files.size() << " ELF files, " << tally.compared << " compared, LIEF mistaken on " << tally.lief_mistaken.size()
            << ", refused for an empty PT_INTERP: " << tally.refused.size() << "\n";
  for (const auto& [reason, of] : tally.not_compared) {
    std::cout << "not compared, " << reason << ": " << of.size() << ", such as " << of.front() << "\n";
    not_compared += of.size();
  }
  for (const std::string& path : tally.lief_mistaken) std::cout << "LIEF mistaken: " << path << "\n";
  EXPECT_GE(tally.compared * 100, (tally.compared + not_compared) * 95) << "too few were compared";
  EXPECT_LE(tally.lief_mistaken.size() * 100, tally.compared) << "an oracle that is wrong more often is none";
  EXPECT_LE(tally.refused.size() * 100, tally.compared);
}

TEST(ElfReader, AgreesWithLiefOnEveryElfFileOfTheMachine) { expect_agreement(kFacts); }

TEST(ElfReader, AgreesWithLiefOnTheSymbolsAndVersionsOfTheMachine) { expect_agreement(kSymbols); }

}  // namespace
}  // namespace rootlet
