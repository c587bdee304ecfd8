// Whether programs would start, beside what `ldd -r` says of the same files in the same run.
//
//   build/bench/rootlet_bench --benchmark_filter=Audit
//
// "Process" is a whole process with its output thrown away, "Library" a call in this process with a Root of its own: its resolving and its
// audit. `ldd -r` is a shell script around the program's loader; "Loader" is that loader, asked as ldd asks it. Both run the loader of
// the program and map its libraries: do not point this at files you do not trust. All with warm page caches and without data files,
// of which ldd knows nothing; "Plugins" is the process with them, as the command has it when nothing is said.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "process.hpp"
#include "programs.hpp"
#include "rootlet/audit.hpp"

namespace {

using rootlet::bench::programs;
using Entries = std::vector<std::string>;

void process(benchmark::State& state, Entries command, const Entries& entries) {
  command.insert(command.end(), entries.begin(), entries.end());
  long peak = 0;
  int status = 0;
  for (auto _ : state) {
    const auto ended = rootlet::bench::run(command);
    if (!ended) return state.SkipWithError((command[0] + " cannot be started").c_str());
    peak = std::max(peak, ended->peak_kib);
    status = ended->status;
  }
  state.counters["programs"] = static_cast<double>(entries.size());
  state.counters["peak_MiB"] = static_cast<double>(peak) / 1024;
  state.counters["status"] = status;
}

void library(benchmark::State& state, const Entries& entries) {
  rootlet::ResolveOptions options;
  options.data.mode = rootlet::DataMode::none;
  uint64_t bindings = 0;
  for (auto _ : state) {
    auto root = rootlet::Root::open("/");
    auto closure = rootlet::resolve(*root, entries, options);
    if (!closure) return state.SkipWithError(closure.error().message.c_str());
    auto audit = rootlet::audit(*root, *closure, {options.loader});
    if (!audit) return state.SkipWithError(audit.error().message.c_str());
    bindings = audit->bindings;
  }
  state.counters["programs"] = static_cast<double>(entries.size());
  state.counters["bindings"] = static_cast<double>(bindings);
}

void audit(benchmark::State& state, const Entries& entries) { process(state, {ROOTLET_COMMAND, "audit", "--data", "none"}, entries); }
void plugins(benchmark::State& state, const Entries& entries) { process(state, {ROOTLET_COMMAND, "audit"}, entries); }
void ldd(benchmark::State& state, const Entries& entries) { process(state, {"ldd", "-r"}, entries); }
void loader(benchmark::State& state, const Entries& entries) {
  process(state, {"env", "LD_TRACE_LOADED_OBJECTS=1", "LD_WARN=yes", "LD_BIND_NOW=yes", "LD_VERBOSE="}, entries);
}

void add(const std::string& name, const Entries& entries, bool many) {
  const auto one = [&](const char* what, auto* function) {
    auto* bench = benchmark::RegisterBenchmark(("Audit/" + name + "/" + what).c_str(), function, entries);
    bench->Unit(benchmark::kMillisecond)->UseRealTime();
    if (many) bench->Iterations(1);
  };
  one("Library", library);
  one("Process", audit);
  one("LddR", ldd);
  if (many) return;
  one("Loader", loader);
  one("Plugins", plugins);
}

[[maybe_unused]] const bool registered = [] {
  for (const char* name : {"ls", "curl", "git", "python3.11", "cmake", "node", "clang-14"}) {
    const std::string path = std::string("/usr/bin/") + name;
    if (std::filesystem::exists(path)) add(name, {path}, false);
  }
  add("all", programs(), true);
  return true;
}();

}  // namespace
