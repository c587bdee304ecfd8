// Owners of a handful of paths, beside `dpkg -S` on the same paths in the same run.
//
//   build/bench/rootlet_bench --benchmark_filter=Owners
//
// "Machine" is this machine's database, "Large" one of 1,500 packages and 300,000 paths that is written for the run.
// "Library" is a call in this process with a Root and a database of its own, so nothing is remembered from the run
// before; "Dpkg" a whole process with its output thrown away. All with warm page caches. memory_MiB is what the heap
// holds more after the call than before, the Root's own entries included.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "process.hpp"
#include "rootlet/package.hpp"

namespace {

using Paths = std::vector<std::string>;

const Paths kMachine = {"/usr/bin/curl", "/usr/bin/python3.11", "/usr/bin/perl", "/bin/sh", "/usr/lib/x86_64-linux-gnu/libc.so.6",
                        "/usr/lib/x86_64-linux-gnu/libssl.so.3", "/usr/share/zoneinfo/UTC", "/usr/lib/x86_64-linux-gnu"};

const Paths kLarge = {"/usr/share/package-0/directory-0/file-0.dat", "/usr/share/package-749/directory-3/file-71.dat",
                      "/usr/share/package-1499/directory-9/file-189.dat", "/usr/share"};

constexpr int kPackages = 1500, kPathsEach = 200;

// A dpkg database of the paths of kLarge and many more, removed at the end of the process.
class LargeRoot {
 public:
  LargeRoot() {
    std::string pattern = std::filesystem::temp_directory_path() / "rootlet-bench-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
    std::filesystem::create_directories(admin() + "/info");
    std::filesystem::create_directories(admin() + "/updates");
    std::ofstream(admin() + "/info/format") << "1\n";
    std::ofstream status(admin() + "/status");
    for (int i = 0; i < kPackages; ++i) {
      const std::string name = "package-" + std::to_string(i);
      status << "Package: " << name << "\nStatus: install ok installed\nPriority: optional\nSection: misc\nMaintainer: Nobody <nobody@example.org>\n"
             << "Architecture: amd64\nVersion: 1." << i << "-1\nDepends: package-" << i / 2 << " (>= 1), package-" << i / 3 << "\nDescription: one of many\n\n";
      std::ofstream list(admin() + "/info/" + name + ".list");
      list << "/.\n/usr\n/usr/share\n/usr/share/" << name << "\n";
      for (int k = 0; k < kPathsEach; ++k) {
        if (k % 20 == 0) list << "/usr/share/" << name << "/directory-" << k / 20 << "\n";
        list << "/usr/share/" << name << "/directory-" << k / 20 << "/file-" << k << ".dat\n";
      }
    }
  }
  ~LargeRoot() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string admin() const { return path_ + "/var/lib/dpkg"; }

 private:
  std::string path_;
};

const LargeRoot& large_root() {
  static const LargeRoot root;
  return root;
}

double heap() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

void library(benchmark::State& state, const std::string& directory, const Paths& paths) {
  double memory = 0;
  size_t packages = 0, owned = 0;
  for (auto _ : state) {
    const double before = heap();
    auto root = rootlet::Root::open(directory);
    rootlet::PackageDatabase database(*root);
    owned = 0;
    for (const std::string& path : paths) owned += database.owner(path) != nullptr;
    memory = heap() - before;
    packages = database.packages().size();
  }
  state.counters["packages"] = static_cast<double>(packages);
  state.counters["owned"] = static_cast<double>(owned);
  state.counters["memory_MiB"] = memory / (1 << 20);
}

void dpkg(benchmark::State& state, const std::string& admin, const Paths& paths) {
  std::vector<std::string> words = {"dpkg-query", "--admindir=" + admin, "-S"};
  words.insert(words.end(), paths.begin(), paths.end());
  for (auto _ : state) {
    if (!rootlet::bench::run(words)) return state.SkipWithError("dpkg-query cannot be started");
  }
}

void OwnersMachineLibrary(benchmark::State& state) { library(state, "/", kMachine); }
void OwnersMachineDpkg(benchmark::State& state) { dpkg(state, "/var/lib/dpkg", kMachine); }
void OwnersLargeLibrary(benchmark::State& state) { library(state, large_root().path(), kLarge); }
void OwnersLargeDpkg(benchmark::State& state) { dpkg(state, large_root().admin(), kLarge); }

BENCHMARK(OwnersMachineLibrary)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(OwnersMachineDpkg)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(OwnersLargeLibrary)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(OwnersLargeDpkg)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
