#include "support/loader_oracle.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "support/child.hpp"

namespace rootlet::test {
namespace {

// ld.so loops for ever over some circles of filters, so an answer has a limit of processor time.
constexpr suseconds_t kMicrosecondsOfWork = 250'000;
constexpr unsigned kSecondsToAnswer = 20;

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

[[noreturn]] void become(const std::string& tree, const std::vector<std::string>& arguments,
                         const std::vector<std::string>& environment) {
  std::string proc = tree + "/proc";
  if (::unshare(CLONE_NEWNS) != 0) give_up("unshare");
  if (::mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr) != 0) give_up("mount /");
  if (::mount("/proc", proc.c_str(), nullptr, MS_BIND, nullptr) != 0) give_up("mount /proc");
  if (::chroot(tree.c_str()) != 0 || ::chdir("/") != 0) give_up("chroot");
  const itimerval work{{0, 0}, {0, kMicrosecondsOfWork}};
  ::setitimer(ITIMER_PROF, &work, nullptr);
  ::alarm(kSecondsToAnswer);
  ::execve(arguments[0].c_str(), pointers(arguments).data(), pointers(environment).data());
  give_up("execve");
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// What stands in `text` between two marks, or nothing.
std::optional<std::string> between(std::string_view text, std::string_view before, std::string_view after) {
  size_t start = text.find(before);
  if (start == text.npos) return std::nullopt;
  start += before.size();
  size_t end = text.find(after, start);
  if (end == text.npos) return std::nullopt;
  return std::string(text.substr(start, end - start));
}

// A tree with nothing in it but a loader and a program that needs what is not there.
void build_bare_tree(const LoaderFacts& facts, const std::string& tree) {
  auto slash = facts.interpreter.rfind('/');
  run_command({"mkdir", "-p", tree + "/proc", tree + facts.interpreter.substr(0, slash)});
  write_file(tree + facts.interpreter, read_file(facts.binary), 0755);
  ElfSpec program;
  program.is64 = facts.is64;
  program.machine = facts.machine;
  program.interpreter = facts.interpreter;
  write_file(tree + "/program", build_elf(program.needs("absent.so")), 0755);
}

std::string diagnostics(const LoaderFacts& facts, const std::string& tree, const std::string& tunables) {
  return run_in_tree(tree, {facts.interpreter, "--list-diagnostics"}, {"GLIBC_TUNABLES=" + tunables}).out;
}

uint64_t diagnosed_number(const std::string& text, const std::string& key) {
  auto value = between("\n" + text, "\n" + key + "=", "\n");
  return value ? std::strtoull(value->c_str(), nullptr, 16) : 0;
}

CpuModel see_cpu(const LoaderFacts& facts, const std::string& tree, const std::string& tunables) {
  CpuModel model;
  std::string told = diagnostics(facts, tree, tunables);
  model.platform = between(told, "dl_platform=\"", "\"").value_or("");
  model.legacy_bits = diagnosed_number(told, "dl_hwcap") & diagnosed_number(told, "dl_hwcap_important");
  uint64_t platform_bit = diagnosed_number(told, "dl_string_platform");
  if (platform_bit > 0 && platform_bit < 64) model.legacy_platform = uint64_t{1} << platform_bit;
  model.isa_bits = 0xffffffff;

  std::string searched = run_in_tree(tree, {"/program"},
                                     {"LD_TRACE_LOADED_OBJECTS=1", "LD_DEBUG=libs", "LD_LIBRARY_PATH=/absent",
                                      "GLIBC_TUNABLES=" + tunables})
                             .err;
  std::string path = between(searched, "search path=", "\t").value_or("");
  for (std::string_view directory : split(path, ':')) {
    constexpr std::string_view kBase = "/absent/", kHwcaps = "glibc-hwcaps/";
    if (!directory.starts_with(kBase)) continue;
    directory.remove_prefix(kBase.size());
    if (directory.starts_with(kHwcaps)) {
      model.hwcaps.emplace_back(directory.substr(kHwcaps.size()));
    } else {
      model.legacy.push_back(std::string(directory) + "/");
    }
  }
  model.level = model.hwcaps.empty() ? "base" : model.hwcaps.front();
  return model;
}

bool alike(const CpuModel& a, const CpuModel& b) {
  return a.hwcaps == b.hwcaps && a.platform == b.platform && a.legacy == b.legacy;
}

// "\tNAME => PATH (0xADDRESS)", "\tNAME => not found" or "\tPATH (0xADDRESS)".
void read_listed(std::string_view line, Trace& trace) {
  if (!line.starts_with('\t')) return;
  line.remove_prefix(1);
  if (line == "statically linked") {
    trace.usable = false;
    return;
  }
  size_t arrow = line.find(" => ");
  std::string name(line.substr(0, arrow));
  std::string_view rest = arrow == line.npos ? line : line.substr(arrow + 4);
  if (arrow != line.npos && rest == "not found") {
    trace.missing.push_back(name);
    return;
  }
  std::string path(rest.substr(0, rest.rfind(" (0x")));
  if (arrow == line.npos) name = path;
  if (path == "linux-vdso.so.1" || path == "linux-gate.so.1") return;
  trace.objects.push_back({name, path, {}});
}

void read_complaint(std::string_view line, Trace& trace) {
  if (auto name = between(line, "ERROR: ld.so: object '", "' from ")) {
    trace.missing.push_back(*name);
  } else if (auto absent = between(line, "Error loading shared library ", ": ")) {
    trace.missing.push_back(*absent);
  } else if (size_t start = line.find("error while loading shared libraries: "); start != line.npos) {
    std::string_view rest = line.substr(start + std::strlen("error while loading shared libraries: "));
    size_t colon = rest.find(": ");
    trace.fatal_name = rest.substr(0, colon);
    trace.fatal_text = colon == rest.npos ? rest : rest.substr(colon + 2);
  } else {
    trace.usable = false;
  }
}

}  // namespace

std::optional<FileId> file_in_tree(const std::string& tree, const std::string& path) {
  Descriptor top(::open(tree.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  // EAGAIN: something was renamed or mounted meanwhile, anywhere, and the path has "..".
  long opened = -1;
  do opened = ::syscall(SYS_openat2, top.get(), path.c_str(), &how, sizeof how);
  while (opened < 0 && errno == EAGAIN);
  Descriptor file(static_cast<int>(opened));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return std::nullopt;
  return FileId{status.st_dev, status.st_ino};
}

CommandResult run_in_tree(const std::string& tree, const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment) {
  Descriptor out(::memfd_create("out", MFD_CLOEXEC));
  Descriptor err(::memfd_create("err", MFD_CLOEXEC));
  pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) {
    ::dup2(out.get(), 1);
    ::dup2(err.get(), 2);
    become(tree, arguments, environment);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  CommandResult result;
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = content_of(out.get());
  result.err = content_of(err.get());
  return result;
}

LoaderFacts loader_facts(RealLoader loader) {
  LoaderFacts facts;
  facts.loader = loader;
  switch (loader) {
    case RealLoader::glibc64: facts.interpreter = "/lib64/ld-linux-x86-64.so.2"; break;
    case RealLoader::glibc32:
      facts.interpreter = "/lib/ld-linux.so.2";
      facts.is64 = false;
      facts.machine = 3;
      break;
    case RealLoader::musl:
      facts.interpreter = "/lib/ld-musl-x86_64.so.1";
      facts.default_directories = {"/lib", "/usr/local/lib", "/usr/lib"};
      break;
  }
  facts.binary = facts.interpreter;
  if (loader == RealLoader::musl || ::access(facts.binary.c_str(), X_OK) != 0) return facts;

  TemporaryDirectory tree;
  build_bare_tree(facts, tree.path());
  std::string told = diagnostics(facts, tree.path(), "");
  facts.lib = between(told, "dl_dst_lib=\"", "\"").value_or("");
  for (std::string_view line : split(told, '\n')) {
    if (!line.starts_with("path.system_dirs[")) continue;
    std::string directory = between(line, "=\"", "\"").value_or("");
    while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
    facts.default_directories.push_back(directory);
  }
  return facts;
}

std::string why_no_oracle(RealLoader loader) {
  if (::geteuid() != 0) return "asking the real loader takes chroot, and so root";
  LoaderFacts facts = loader_facts(loader);
  if (::access(facts.binary.c_str(), X_OK) != 0) return facts.binary + " is not installed";
  TemporaryDirectory tree;
  build_bare_tree(facts, tree.path());
  Trace told = trace(facts, {tree.path(), facts.interpreter, "/program", "", "", ""});
  if (!told.usable || told.missing != std::vector<std::string>{"absent.so"}) {
    return "the real loader gives no trace here: " + told.output;
  }
  if (!file_in_tree(tree.path(), "/program")) return "the kernel has no openat2";
  return "";
}

std::vector<SeenCpu> seen_cpus(const LoaderFacts& facts) {
  if (facts.loader == RealLoader::musl) return {SeenCpu{}};
  TemporaryDirectory tree;
  build_bare_tree(facts, tree.path());
  std::vector<SeenCpu> cpus;
  // Fewer and fewer features, so that each level and each legacy subdirectory goes away in turn.
  for (const char* tunables : {"", "glibc.cpu.hwcaps=-AVX512CD", "glibc.cpu.hwcaps=-AVX512CD,-AVX2",
                               "glibc.cpu.hwcaps=-AVX512CD,-AVX2,-SSSE3", "glibc.cpu.hwcaps=-SSE2"}) {
    SeenCpu cpu{tunables, see_cpu(facts, tree.path(), tunables)};
    bool known = std::any_of(cpus.begin(), cpus.end(),
                             [&](const SeenCpu& other) { return alike(other.model, cpu.model); });
    if (!known) cpus.push_back(std::move(cpu));
  }
  return cpus;
}

Trace trace(const LoaderFacts& facts, const TraceRequest& request) {
  std::vector<std::string> environment;
  auto set = [&](const char* name, const std::string& value) {
    if (!value.empty()) environment.push_back(name + ("=" + value));
  };
  set("LD_LIBRARY_PATH", request.library_path);
  set("LD_PRELOAD", request.preload);
  set("GLIBC_TUNABLES", request.tunables);
  CommandResult said;
  if (facts.loader == RealLoader::musl) {
    said = run_in_tree(request.tree, {request.interpreter, "--list", request.program}, environment);
  } else {
    environment.emplace_back("LD_TRACE_LOADED_OBJECTS=1");
    said = run_in_tree(request.tree, {request.program}, environment);
  }

  Trace trace;
  trace.output = said.out + said.err;
  for (std::string_view line : split(said.out, '\n')) read_listed(line, trace);
  for (std::string_view line : split(said.err, '\n')) read_complaint(line, trace);
  if (said.status != 0 && said.status != 127 && said.status != 1) trace.usable = false;
  for (TracedObject& object : trace.objects) object.file = file_in_tree(request.tree, object.path);
  return trace;
}

}  // namespace rootlet::test
