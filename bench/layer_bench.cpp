// Writing a layer of 500 MB, with the digests that an image needs, beside tar, pigz, zstd, umoci and buildah on the same tree, and
// beside SHA-256 alone.
//
//   build/bench/rootlet_bench --benchmark_filter=Layer --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true
//
// Bytes a second are those of the files' content. `cpu` is the seconds of processor that it took, on all processors, of processes
// that were started as well: where others load the machine it says more than the time. `packed_MB` is the size of the result. All
// with warm page caches; what is written goes to a file beside the tree ($TMPDIR), or nowhere ("Null").
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/digest.hpp"
#include "layer/descriptor_sink.hpp"
#include "layer/layer_stream.hpp"
#include "process.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/plan.hpp"
#include "tree.hpp"

namespace {

using rootlet::Compression;

constexpr uint64_t kSize = 500'000'000;

double seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; }

double cpu_so_far() {
  double sum = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    ::getrusage(who, &usage);
    sum += seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  return sum;
}

struct World {
  World() : bytes(rootlet::bench::make_tree(work / "tree", kSize)), root(*rootlet::Root::open(work / "tree")) {
    rootlet::ResolveOptions options;
    options.data.mode = rootlet::DataMode::none;
    closure = *rootlet::resolve(root, {"/usr"}, options);
    plan = *rootlet::make_plan(closure, root, {});
  }
  rootlet::bench::Workplace work;
  uint64_t bytes;
  rootlet::Root root;
  rootlet::Closure closure;
  rootlet::Plan plan;
};

World& world() {
  static World one;
  return one;
}

// Measures `once`, which returns the size of what it wrote, or nothing if it failed.
template <typename Once>
void measure(benchmark::State& state, Once once) {
  World& here = world();
  std::error_code none;
  std::filesystem::remove_all(here.work / "out", none);  // what the bench before left
  const double before = cpu_so_far();
  double packed = 0;
  for (auto _ : state) {
    const std::optional<uint64_t> size = once(here);
    if (!size) return state.SkipWithError("it did not run");
    packed = static_cast<double>(*size);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(here.bytes));
  state.counters["cpu"] = benchmark::Counter(cpu_so_far() - before, benchmark::Counter::kAvgIterations);
  state.counters["packed_MB"] = packed / 1e6;
}

void layer(benchmark::State& state, const char* file, Compression compression, int level) {
  measure(state, [&](World& here) -> std::optional<uint64_t> {
    const std::string path = file[0] == '/' ? file : here.work / file;
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    rootlet::layer::DescriptorSink out(descriptor, path);
    const rootlet::ProgressCallback none;
    rootlet::layer::Meter meter(here.plan, none);
    const auto written = rootlet::layer::write_layer(here.plan, here.root, out, compression, level, 2, meter);
    ::close(descriptor);
    return written ? std::optional(written->size) : std::nullopt;
  });
}

// `script` writes $OUT, from the tree that it runs in.
void shell(benchmark::State& state, const std::string& script) {
  measure(state, [&](World& here) -> std::optional<uint64_t> {
    const std::string out = here.work / "out";
    const auto ended = rootlet::bench::run({"sh", "-ec", "cd " + here.work / "tree" + "; OUT=" + out + "; " + script});
    if (!ended || ended->status != 0) return std::nullopt;
    return std::filesystem::is_regular_file(out) ? std::filesystem::file_size(out) : 0;
  });
}

void LayerSha256(benchmark::State& state) {
  const std::vector<std::byte> piece(1 << 18, std::byte{7});
  measure(state, [&](World& here) -> std::optional<uint64_t> {
    rootlet::Digest digest;
    for (uint64_t done = 0; done < here.bytes; done += piece.size()) digest.add(piece);
    return digest.hex().size();
  });
}

#define ROOTLET_LAYER_BENCH(name, ...) BENCHMARK_CAPTURE(__VA_ARGS__)->Name("Layer" name)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1)
BENCHMARK(LayerSha256)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);
ROOTLET_LAYER_BENCH("NoneNull", layer, null, "/dev/null", Compression::none, 0);
ROOTLET_LAYER_BENCH("None", layer, none, "out", Compression::none, 0);
ROOTLET_LAYER_BENCH("NoneTar", shell, tar, "tar -cf $OUT usr");
ROOTLET_LAYER_BENCH("NoneTarSha256sum", shell, tar_sha256sum, "tar -cf - usr | tee $OUT | openssl dgst -sha256");
ROOTLET_LAYER_BENCH("NoneBuildahCopy", shell, buildah,
                    "b=\"buildah --storage-driver vfs --root $OUT/root --runroot $OUT/run\"; $b from scratch; $b copy working-container usr /usr");
ROOTLET_LAYER_BENCH("Gzip6", layer, gzip, "out", Compression::gzip, 6);
ROOTLET_LAYER_BENCH("Gzip6Pigz", shell, pigz, "tar -cf - usr | pigz -p2 -6 >$OUT");
ROOTLET_LAYER_BENCH("GzipUmociInsert", shell, umoci, "umoci init --layout $OUT; umoci new --image $OUT:x; umoci insert --image $OUT:x usr /usr");
ROOTLET_LAYER_BENCH("Zstd3", layer, zstd, "out", Compression::zstd, 3);
ROOTLET_LAYER_BENCH("Zstd3ZstdT2", shell, zstd_program, "tar -cf - usr | zstd -q -3 -T2 >$OUT");

}  // namespace
