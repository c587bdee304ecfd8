// Random trees of programs and libraries, resolved by the library and by the real loaders in a chroot. What
// is expected comes from the loaders alone.
//
//   ROOTLET_GRAPHS=2000 TMPDIR=/dev/shm build/test/tests/rootlet_tests --gtest_filter='*RandomGraphs*'
//
// ROOTLET_GRAPHS says how many trees each loader gets, ROOTLET_SEED the first seed. A difference prints the
// seed and the whole tree, and a copy of the tree stays in $TMPDIR; the same seed makes the same tree
// everywhere.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <iostream>
#include <set>
#include <sstream>

#include "rootlet/loader.hpp"
#include "support/graph.hpp"
#include "support/loader_oracle.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {
namespace {

uint64_t setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Answer {
  std::vector<FileId> files;  // in the order of loading; sorted where a filter changes it
  std::set<std::string> missing;
  bool loader_asked_for = false;  // by an object that needs it, as if it were a library
  bool operator==(const Answer&) const = default;
};

// The interpreter is left out on both sides: it is loaded whatever the graph is.
Answer real_answer(const Trace& trace, const std::optional<FileId>& interpreter) {
  Answer answer;
  for (const TracedObject& object : trace.objects) {
    if (!object.file) continue;
    if (object.file == interpreter)
      answer.loader_asked_for = true;
    else
      answer.files.push_back(*object.file);
  }
  answer.missing.insert(trace.missing.begin(), trace.missing.end());
  return answer;
}

// musl says nothing of a preload that it does not find (load_preload), so its trace cannot be asked about
// them.
Answer own_answer(const Load& load, const std::optional<FileId>& interpreter, bool preloads) {
  auto id = [&](size_t object) {
    const Status& status = load.objects[object].node->status();
    return FileId{status.device, status.inode};
  };
  Answer answer;
  for (size_t i = 1; i < load.objects.size(); ++i) {
    if (id(i) != interpreter) answer.files.push_back(id(i));
  }
  for (const LoadEdge& edge : load.edges) {
    if (edge.kind != EdgeKind::preload && id(edge.to) == interpreter) answer.loader_asked_for = true;
  }
  for (const LoadFailure& failure : load.failures) {
    // An auxiliary that is there, but no good, is passed over without a word (_dl_map_object_deps).
    if (failure.kind == EdgeKind::auxiliary && failure.refused) continue;
    if (preloads || failure.kind != EdgeKind::preload) answer.missing.insert(failure.name);
  }
  return answer;
}

// Filtees are moved about in the list that a trace shows.
bool has_filters(const Load& load) {
  return std::any_of(load.objects.begin(), load.objects.end(), [](const LoadedObject& object) {
    return object.image != nullptr &&
           std::any_of(object.image->dependencies.begin(), object.image->dependencies.end(),
                       [](const elf::Dependency& dependency) {
                         return dependency.kind != elf::DependencyKind::needed;
                       });
  });
}

// Where the loader gives up at a file, the library must know of a failure at that file or name.
bool knows_of(const Load& load, const Trace& trace) {
  return std::any_of(load.failures.begin(), load.failures.end(), [&](const LoadFailure& failure) {
    return failure.name == trace.fatal_name ||
           std::any_of(failure.tried.begin(), failure.tried.end(),
                       [&](const Attempt& attempt) { return attempt.path == trace.fatal_name; });
  });
}

std::string show(const Answer& answer) {
  std::ostringstream out;
  for (const FileId& file : answer.files) out << "  inode " << file.inode << "\n";
  for (const std::string& name : answer.missing) out << "  missing " << name << "\n";
  if (answer.loader_asked_for) out << "  the loader itself is asked for\n";
  return out.str();
}

std::string show(const Load& load) {
  std::ostringstream out;
  for (const LoadEdge& edge : load.edges) {
    const LoadedObject& to = load.objects[edge.to];
    out << "  " << load.objects[edge.from].name << " needs " << edge.name << " => " << to.name << " ["
        << to_string(edge.how) << "], inode " << to.node->status().inode << "\n";
  }
  for (const LoadFailure& failure : load.failures) {
    out << "  " << load.objects[failure.from].name << " lacks " << failure.name << "\n";
    for (const Attempt& attempt : failure.tried) out << "    " << attempt.path << ": " << attempt.why << "\n";
  }
  return out.str();
}

struct Tally {
  uint64_t compared = 0, fatal = 0, unusable = 0, with_missing = 0, objects = 0;
};

// load_all() stops early where it finds that the CPU does not matter, and drops answers that it has already:
// the answer for a model that it knows must be among what is left.
std::string missing_from_all(Loader& loader, const Node& program, const std::string& name, const Load& load,
                             const CpuModel& seen) {
  auto models = loader.models(*load.objects[0].image);
  auto all = loader.load_all(program, name);
  if (!models || !all) return "load_all() fails";
  const bool known = std::any_of(models->begin(), models->end(), [&](const CpuModel& model) {
    return model.hwcaps == seen.hwcaps && model.platform == seen.platform && model.legacy == seen.legacy;
  });
  const std::vector<FileId> wanted = own_answer(load, {}, true).files;
  const bool among = std::any_of(all->begin(), all->end(),
                                 [&](const Load& one) { return own_answer(one, {}, true).files == wanted; });
  return !known || among ? "" : "load_all() does not have what load() finds:\n" + show(load);
}

// Empty, or how the two differ.
std::string compare(const LoaderFacts& facts, const Graph& graph, const SeenCpu& cpu, const std::string& tree,
                    Tally& tally) {
  // musl's --list takes the name it is given for the program's place; started by the kernel, its file.
  const bool glibc = facts.loader != RealLoader::musl;
  const std::string& name = glibc ? graph.program : graph.program_file;
  const Trace trace =
      test::trace(facts, {tree, graph.interpreter, name, graph.library_path, graph.preload, cpu.tunables});
  if (!trace.usable) return ++tally.unusable, std::string();
  auto root = Root::open(tree);
  LoaderConfig config;
  config.library_path = graph.library_path;
  config.preload = graph.preload;
  config.search_conf = false;
  Loader loader(*root, config);
  const Walk program = root->walk(name);
  if (program.node == nullptr) return "the program is not there";
  auto load = loader.load(*program.node, name, cpu.model);
  if (!load) return load.error().message;
  if (!trace.fatal_text.empty()) {
    ++tally.fatal;
    if (knows_of(*load, trace)) return "";
    return "the loader stops at " + trace.fatal_name + " (" + trace.fatal_text +
           "), the library does not:\n" + show(*load);
  }
  const auto interpreter = file_in_tree(tree, graph.interpreter);
  Answer real = real_answer(trace, interpreter), own = own_answer(*load, interpreter, glibc);
  if (!glibc) real.loader_asked_for = own.loader_asked_for;  // musl lists itself first in any case
  if (has_filters(*load)) {
    std::sort(real.files.begin(), real.files.end());
    std::sort(own.files.begin(), own.files.end());
  }
  ++tally.compared;
  tally.with_missing += !real.missing.empty();
  tally.objects += real.files.size();
  if (real == own) return missing_from_all(loader, *program.node, name, *load, cpu.model);
  return "the loader:\n" + show(real) + trace.output + "\nthe library:\n" + show(own) + show(*load);
}

std::string keep(const std::string& tree, uint64_t seed) {
  const std::string kept = tree + "-seed-" + std::to_string(seed);
  run_command({"cp", "-a", tree, kept});
  return kept;
}

void agree_on_random_graphs(RealLoader which) {
  if (const std::string why = why_no_oracle(which); !why.empty()) GTEST_SKIP() << why;
  const LoaderFacts facts = loader_facts(which);
  const std::vector<SeenCpu> cpus = seen_cpus(facts);
  ASSERT_FALSE(cpus.empty());
  const uint64_t first = setting("ROOTLET_SEED", 1), count = setting("ROOTLET_GRAPHS", 150);
  std::cout << "seeds " << first << " to " << first + count - 1 << ", " << cpus.size() << " kinds of CPU\n";
  Tally tally;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const Graph graph = random_graph(facts, cpus, seed);
    TemporaryDirectory tree;
    write_graph(graph, facts, tree.path());
    for (const SeenCpu& cpu : cpus) {
      const std::string difference = compare(facts, graph, cpu, tree.path(), tally);
      if (difference.empty()) continue;
      ADD_FAILURE() << difference << "\nROOTLET_SEED=" << seed << " ROOTLET_GRAPHS=1, CPU \"" << cpu.tunables
                    << "\", tree " << keep(tree.path(), seed) << "\n"
                    << describe(graph);
      break;
    }
  }
  std::cout << tally.compared << " answers compared (" << tally.objects << " objects, " << tally.with_missing
            << " with names not found), " << tally.fatal << " where the loader stopped, " << tally.unusable
            << " where it said nothing\n";
  if (count < 50) return;  // one seed run again
  EXPECT_GT(tally.compared, (tally.compared + tally.fatal + tally.unusable) / 2)
      << "too few graphs that load";
}

TEST(GlibcLoader, AgreesWithLdSoOnRandomGraphs) {
  agree_on_random_graphs(RealLoader::glibc64);
}
TEST(GlibcLoader, AgreesWithThe32BitLdSoOnRandomGraphs) {
  agree_on_random_graphs(RealLoader::glibc32);
}
TEST(MuslLoader, AgreesWithMuslOnRandomGraphs) {
  agree_on_random_graphs(RealLoader::musl);
}

// The tables of CPU models must say of this machine's CPU what its loader says.
TEST(GlibcLoader, SeesThisMachinesCpuAsLdSoDoes) {
  for (RealLoader which : {RealLoader::glibc64, RealLoader::glibc32}) {
    if (const std::string why = why_no_oracle(which); !why.empty()) GTEST_SKIP() << why;
    const LoaderFacts facts = loader_facts(which);
    ElfSpec spec;
    spec.is64 = facts.is64;
    spec.machine = facts.machine;
    spec.interpreter = facts.interpreter;
    const std::string bytes = build_elf(spec);
    const auto image = elf::parse(MemorySource(Bytes(bytes)));
    ASSERT_TRUE(image) << image.error().message;
    Root root = Root::in_memory({});
    const auto models = Loader(root, {}).models(*image);
    ASSERT_TRUE(models);
    const CpuModel seen = seen_cpus(facts).front().model;
    const bool found = std::any_of(models->begin(), models->end(), [&](const CpuModel& model) {
      return model.hwcaps == seen.hwcaps && model.platform == seen.platform && model.legacy == seen.legacy &&
             model.legacy_bits == seen.legacy_bits && model.legacy_platform == seen.legacy_platform;
    });
    EXPECT_TRUE(found) << facts.interpreter << " sees " << seen.level << ", platform " << seen.platform
                       << ", bits " << seen.legacy_bits << ", " << seen.legacy.size()
                       << " legacy subdirectories";
  }
}

}  // namespace
}  // namespace rootlet::test
