// The data closure: how fast an object's bytes are read for evidence, beside `strings -a` on the same files, and how
// long the whole answer takes, a process from its start to its end.
#include <benchmark/benchmark.h>

#include <bitset>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/evidence.hpp"
#include "data/matcher.hpp"
#include "process.hpp"
#include "rootlet/root.hpp"

namespace {

// Large objects of different kinds, those that are here.
const std::vector<std::string>& objects() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> found;
    for (const char* path : {"/usr/bin/node", "/usr/bin/cmake", "/usr/bin/git", "/usr/bin/python3.11", "/usr/bin/gdb", "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
                             "/usr/lib/x86_64-linux-gnu/libLLVM-14.so.1", "/usr/lib/x86_64-linux-gnu/libicudata.so.72", "/usr/lib/x86_64-linux-gnu/libc.so.6"}) {
      if (std::filesystem::exists(path)) found.push_back(path);
    }
    return found;
  }();
  return all;
}

// Bytes a second are those of whole files; what was passed over (code) counts, as it does for the rival.
void EvidenceScan(benchmark::State& state) {
  auto root = rootlet::Root::open("/");
  std::vector<const rootlet::data::Rule*> rules;
  for (const rootlet::data::Rule& rule : rootlet::data::builtin_rules()) rules.push_back(&rule);
  const rootlet::data::Matcher matcher(*root, rules);
  int64_t bytes = 0, paths = 0;
  for (auto _ : state) {
    for (const std::string& path : objects()) {
      auto file = root->open_file(*root->walk(path).node);
      const rootlet::data::Evidence evidence = rootlet::data::read_evidence(**file, matcher.strings(), [](std::string_view) { return false; });
      bytes += static_cast<int64_t>((*file)->size());
      paths += static_cast<int64_t>(evidence.paths.size());
    }
  }
  state.SetBytesProcessed(bytes);
  state.counters["paths"] = benchmark::Counter(static_cast<double>(paths), benchmark::Counter::kAvgIterations);
}

// The inner loop alone, on a file's data that are in the cache.
void EvidenceInnerLoop(benchmark::State& state) {
  auto root = rootlet::Root::open("/");
  auto file = root->open_file(*root->walk(objects().front()).node);
  auto contents = rootlet::elf::read_contents(**file);
  std::string data;
  for (const auto& segment : contents->segments) {
    if (segment.executable) continue;
    const size_t at = data.size();
    data.resize(at + segment.size);
    (void)(*file)->read_at(segment.offset, std::as_writable_bytes(std::span(data.data() + at, segment.size)));
  }
  std::vector<const rootlet::data::Rule*> rules;
  for (const rootlet::data::Rule& rule : rootlet::data::builtin_rules()) rules.push_back(&rule);
  const rootlet::data::Matcher matcher(*root, rules);
  std::bitset<65536> wanted;
  for (size_t i = 0; i < 65536; ++i) wanted[i] = (i >> 8) == '/' || matcher.strings().may_start(static_cast<unsigned char>(i >> 8), static_cast<unsigned char>(i));
  size_t found = 0;
  const rootlet::data::TextCallback count = [&](std::string_view) { ++found; };
  for (auto _ : state) rootlet::data::scan_strings(data, true, true, wanted, count);
  benchmark::DoNotOptimize(found);
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(data.size()));
}

void EvidenceStrings(benchmark::State& state) {
  int64_t bytes = 0;
  std::vector<std::string> words = {"strings", "-a"};
  words.insert(words.end(), objects().begin(), objects().end());
  for (auto _ : state) {
    if (!rootlet::bench::run(words)) return state.SkipWithError("strings (binutils) did not run");
    for (const std::string& path : objects()) bytes += static_cast<int64_t>(std::filesystem::file_size(path));
  }
  state.SetBytesProcessed(bytes);
}

void DataClosure(benchmark::State& state, const char* program) {
  long peak = 0;
  for (auto _ : state) {
    const auto ended = rootlet::bench::run({ROOTLET_COMMAND, "resolve", "--format", "paths", program});
    if (!ended || ended->status != 0) return state.SkipWithError("the program is not here, or something is missing");
    peak = std::max(peak, ended->peak_kib);
  }
  state.counters["peak_MiB"] = static_cast<double>(peak) / 1024;
}

// The processes first: their peak memory counts from what this one held when it started them.
BENCHMARK_CAPTURE(DataClosure, curl, "/usr/bin/curl")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(DataClosure, git, "/usr/bin/git")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(DataClosure, python3, "/usr/bin/python3")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(DataClosure, node, "/usr/bin/node")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(EvidenceScan)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(EvidenceInnerLoop)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(EvidenceStrings)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
