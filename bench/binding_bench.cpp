// What the bindings cost: the closures of 200 programs, with their JSON, through C++, C and Python in one process.
//
//   build/bench/rootlet_bench --benchmark_filter=Binding
//
// Each pass opens the root once. "libraries" is without data files, where a call is shortest and a binding weighs most.
#include <Python.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "process.hpp"
#include "programs.hpp"
#include "rootlet.h"
#include "rootlet/closure.hpp"
#include "rootlet/report.hpp"

namespace {

constexpr size_t kPrograms = 200;

// Spread over the alphabet.
const std::vector<std::string>& programs() {
  static const std::vector<std::string> chosen = [] {
    const std::vector<std::string>& all = rootlet::bench::programs();
    const size_t step = std::max<size_t>(1, all.size() / kPrograms);
    std::vector<std::string> some;
    for (size_t i = 0; i < all.size() && some.size() < kPrograms; i += step) some.push_back(all[i]);
    return some;
  }();
  return chosen;
}

void through_cpp(benchmark::State& state, bool data) {
  rootlet::ResolveOptions options;
  options.data.mode = data ? rootlet::DataMode::automatic : rootlet::DataMode::none;
  for (auto _ : state) {
    auto root = rootlet::Root::open("/");
    for (const std::string& program : programs()) {
      auto closure = rootlet::resolve(*root, {program}, options);
      if (!closure) return state.SkipWithError(closure.error().message.c_str());
      benchmark::DoNotOptimize(rootlet::to_json(*closure));
    }
  }
  state.counters["programs"] = static_cast<double>(programs().size());
}

void through_c(benchmark::State& state, bool data) {
  rootlet_options* options = rootlet_options_new();
  rootlet_options_set(options, "data", data ? "auto" : "none", nullptr);
  for (auto _ : state) {
    rootlet_root* root = nullptr;
    rootlet_root_open("/", &root, nullptr);
    for (const std::string& program : programs()) {
      const char* entry = program.c_str();
      rootlet_closure* closure = nullptr;
      rootlet_text* json = nullptr;
      if (rootlet_resolve(root, options, &entry, 1, &closure, nullptr) != ROOTLET_OK) return state.SkipWithError("rootlet_resolve failed");
      rootlet_closure_text(closure, "json", &json, nullptr);
      benchmark::DoNotOptimize(rootlet_text_size(json));
      rootlet_text_free(json);
      rootlet_closure_free(closure);
    }
    rootlet_root_free(root);
  }
  rootlet_options_free(options);
  state.counters["programs"] = static_cast<double>(programs().size());
}

constexpr const char* kPythonWork = R"(
import rootlet

def work(programs, data):
    size = 0
    with rootlet.Root("/") as root:
        for program in programs:
            with root.resolve(program, data=data) as closure:
                size += len(closure.json())
    return size
)";

// The function `work`, or null if Python or the package cannot be had.
PyObject* python_work() {
  static PyObject* work = [] {
    ::setenv("PYTHONPATH", ROOTLET_PYTHON_DIRECTORY, 1);
    ::setenv("ROOTLET_LIBRARY", ROOTLET_C_LIBRARY, 1);
    Py_InitializeEx(0);
    PyObject* names = PyModule_GetDict(PyImport_AddModule("__main__"));
    PyObject* done = PyRun_String(kPythonWork, Py_file_input, names, names);
    if (done == nullptr) PyErr_Print();
    return done == nullptr ? nullptr : PyDict_GetItemString(names, "work");
  }();
  return work;
}

void through_python(benchmark::State& state, bool data) {
  PyObject* work = python_work();
  if (work == nullptr) return state.SkipWithError("the Python package cannot be imported");
  PyObject* names = PyList_New(0);
  for (const std::string& program : programs()) PyList_Append(names, PyUnicode_FromString(program.c_str()));
  for (auto _ : state) {
    PyObject* size = PyObject_CallFunction(work, "Os", names, data ? "auto" : "none");
    if (size == nullptr) {
      PyErr_Print();
      return state.SkipWithError("an exception");
    }
    Py_DECREF(size);
  }
  Py_DECREF(names);
  state.counters["programs"] = static_cast<double>(programs().size());
}

void BindingCpp(benchmark::State& state) { through_cpp(state, state.range(0) == 1); }
void BindingC(benchmark::State& state) { through_c(state, state.range(0) == 1); }
void BindingPython(benchmark::State& state) { through_python(state, state.range(0) == 1); }
BENCHMARK(BindingCpp)->Arg(0)->ArgName("data")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(BindingC)->Arg(0)->ArgName("data")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(BindingPython)->Arg(0)->ArgName("data")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(BindingCpp)->Arg(1)->ArgName("data")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(BindingC)->Arg(1)->ArgName("data")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(BindingPython)->Arg(1)->ArgName("data")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

// The shared library without symbols, and what must stand beside it.
void BindingWeight(benchmark::State& state) {
  const std::filesystem::path stripped = std::filesystem::temp_directory_path() / "librootlet.stripped.so";
  if (!rootlet::bench::run({"strip", "-o", stripped.string(), ROOTLET_C_LIBRARY})) return state.SkipWithError("strip cannot be started");
  state.counters["library_KiB"] = static_cast<double>(std::filesystem::file_size(stripped)) / 1024;
  std::filesystem::remove(stripped);
  rootlet::ResolveOptions options;
  options.data.mode = rootlet::DataMode::none;
  for (auto _ : state) {
    auto root = rootlet::Root::open("/");
    auto closure = rootlet::resolve(*root, {std::filesystem::canonical(ROOTLET_C_LIBRARY).string()}, options);
    if (!closure) return state.SkipWithError(closure.error().message.c_str());
    double bytes = 0, libraries = 0;
    std::string names;
    for (const rootlet::ClosureFile& file : closure->files) {
      if (file.node == nullptr || !file.node->is_file()) continue;
      bytes += static_cast<double>(file.node->status().size);
      libraries += 1;
      names += (names.empty() ? "" : " ") + std::string(file.node->name());
    }
    state.counters["closure_MiB"] = bytes / (1 << 20);
    state.counters["closure_files"] = libraries;
    state.SetLabel(names);
  }
}
BENCHMARK(BindingWeight)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
