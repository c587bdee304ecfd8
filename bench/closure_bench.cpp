// The library closure, beside libtree and ldd on the same files in the same run.
//
//   build/bench/rootlet_bench --benchmark_filter=Closure
//
// "Process" is a whole process with its output thrown away; "Library" is a call in this process with a
// Root of its own, so nothing is remembered from the run before. All with warm page caches. ldd runs the
// loader of each program: do not point this at files you do not trust.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "process.hpp"
#include "programs.hpp"
#include "rootlet/closure.hpp"

namespace {

using rootlet::bench::programs;

// What the rivals find: libraries, no data.
rootlet::ResolveOptions libraries_only() {
  rootlet::ResolveOptions options;
  options.data.mode = rootlet::DataMode::none;
  return options;
}

void process(benchmark::State& state, std::vector<std::string> command, const std::vector<std::string>& entries) {
  command.insert(command.end(), entries.begin(), entries.end());
  long peak = 0;
  for (auto _ : state) {
    const auto ended = rootlet::bench::run(command);
    if (!ended) return state.SkipWithError((command[0] + " cannot be started").c_str());
    peak = std::max(peak, ended->peak_kib);
  }
  state.counters["programs"] = static_cast<double>(entries.size());
  state.counters["peak_MiB"] = static_cast<double>(peak) / 1024;
}

void library(benchmark::State& state, const std::vector<std::string>& entries) {
  size_t files = 0;
  for (auto _ : state) {
    auto root = rootlet::Root::open("/");
    auto closure = rootlet::resolve(*root, entries, libraries_only());
    if (!closure) return state.SkipWithError(closure.error().message.c_str());
    files = closure->files.size();
  }
  state.counters["programs"] = static_cast<double>(entries.size());
  state.counters["files"] = static_cast<double>(files);
}

const std::vector<std::string> kOne = {"/usr/bin/curl"};

void ClosureOneLibrary(benchmark::State& state) { library(state, kOne); }
void ClosureOneProcess(benchmark::State& state) { process(state, {ROOTLET_COMMAND, "resolve", "--data", "none"}, kOne); }
void ClosureOneLibtree(benchmark::State& state) { process(state, {"libtree", "-vv"}, kOne); }
void ClosureOneLdd(benchmark::State& state) { process(state, {"ldd"}, kOne); }
void ClosureAllLibrary(benchmark::State& state) { library(state, programs()); }
void ClosureAllProcess(benchmark::State& state) { process(state, {ROOTLET_COMMAND, "resolve", "--data", "none"}, programs()); }
void ClosureAllLibtree(benchmark::State& state) { process(state, {"libtree", "-vv"}, programs()); }
void ClosureAllLdd(benchmark::State& state) { process(state, {"ldd"}, programs()); }
void CommandStart(benchmark::State& state) { process(state, {ROOTLET_COMMAND, "version"}, {}); }

// What reading the files costs at least: the closure's files opened, their first page read, closed.
void ClosureAllFloor(benchmark::State& state) {
  auto root = rootlet::Root::open("/");
  auto closure = rootlet::resolve(*root, programs(), libraries_only());
  if (!closure) return state.SkipWithError(closure.error().message.c_str());
  std::array<char, 4096> page;
  for (auto _ : state) {
    for (const rootlet::ClosureFile& file : closure->files) {
      const int descriptor = ::open(std::string(file.path).c_str(), O_RDONLY | O_CLOEXEC);
      benchmark::DoNotOptimize(::pread(descriptor, page.data(), page.size(), 0));
      ::close(descriptor);
    }
  }
  state.counters["files"] = static_cast<double>(closure->files.size());
}

BENCHMARK(ClosureOneLibrary)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ClosureOneProcess)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ClosureOneLibtree)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ClosureOneLdd)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ClosureAllLibrary)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ClosureAllProcess)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ClosureAllLibtree)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(ClosureAllLdd)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);
BENCHMARK(ClosureAllFloor)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(CommandStart)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
