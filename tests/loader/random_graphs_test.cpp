// Random trees of programs and libraries, resolved by the library and by the real loaders in a chroot. What is
// expected comes from the loaders alone.
//
//   ROOTLET_GRAPHS=2000 build/test/tests/rootlet_tests --gtest_filter='*RandomGraphs*'
//
// ROOTLET_GRAPHS says how many trees each loader gets, ROOTLET_SEED the first seed. A difference prints the seed and
// the whole tree; the same seed makes the same tree on every machine.
#include <gtest/gtest.h>

#include <cstdlib>
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
  std::set<FileId> files;
  std::set<std::string> missing;
  bool operator==(const Answer&) const = default;
};

// The interpreter is left out on both sides: it is loaded whatever the graph is.
Answer real_answer(const Trace& trace, const std::optional<FileId>& interpreter) {
  Answer answer;
  for (const TracedObject& object : trace.objects) {
    if (object.file && object.file != interpreter) answer.files.insert(*object.file);
  }
  answer.missing.insert(trace.missing.begin(), trace.missing.end());
  return answer;
}

// musl says nothing of a preload that it does not find (load_preload), so its trace cannot be asked about them.
Answer own_answer(const Load& load, const std::optional<FileId>& interpreter, bool preloads) {
  Answer answer;
  for (size_t i = 1; i < load.objects.size(); ++i) {
    const Status& status = load.objects[i].node->status();
    const FileId file{status.device, status.inode};
    if (file != interpreter) answer.files.insert(file);
  }
  for (const LoadFailure& failure : load.failures) {
    // An auxiliary that is there, but no good, is passed over without a word (_dl_map_object_deps).
    if (failure.kind == EdgeKind::auxiliary && failure.refused) continue;
    if (preloads || failure.kind != EdgeKind::preload) answer.missing.insert(failure.name);
  }
  return answer;
}

// Where the loader gives up at a file, the library must know of a failure at that file or name.
bool knows_of(const Load& load, const Trace& trace) {
  for (const LoadFailure& failure : load.failures) {
    if (failure.name == trace.fatal_name) return true;
    for (const Attempt& attempt : failure.tried) {
      if (attempt.path == trace.fatal_name) return true;
    }
  }
  return false;
}

std::string show(const Answer& answer, const Load* load) {
  std::ostringstream out;
  for (const FileId& file : answer.files) out << "  inode " << file.inode << "\n";
  for (const std::string& name : answer.missing) out << "  missing " << name << "\n";
  if (load == nullptr) return out.str();
  for (const LoadEdge& edge : load->edges) {
    out << "  " << load->objects[edge.from].name << " needs " << edge.name << " => " << load->objects[edge.to].name << " [" << to_string(edge.how)
        << "], inode " << load->objects[edge.to].node->status().inode << "\n";
  }
  for (const LoadFailure& failure : load->failures) {
    out << "  " << load->objects[failure.from].name << " lacks " << failure.name << "\n";
    for (const Attempt& attempt : failure.tried) out << "    " << attempt.path << ": " << attempt.why << "\n";
  }
  return out.str();
}

struct Tally {
  uint64_t compared = 0, fatal = 0, unusable = 0, with_missing = 0, objects = 0;
};

// Empty, or how the two differ.
std::string compare(const LoaderFacts& facts, const Graph& graph, const SeenCpu& cpu, const std::string& tree, Tally& tally) {
  // musl's --list takes the name it is given for the program's place; started by the kernel, its file.
  const std::string& name = facts.loader == RealLoader::musl ? graph.program_file : graph.program;
  const Trace trace = test::trace(facts, {tree, graph.interpreter, name, graph.library_path, graph.preload, cpu.tunables});
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
    return knows_of(*load, trace) ? "" : "the loader stops at " + trace.fatal_name + " (" + trace.fatal_text + "), the library does not:\n" + show(own_answer(*load, {}, true), &*load);
  }
  const auto interpreter = file_in_tree(tree, graph.interpreter);
  const Answer real = real_answer(trace, interpreter), own = own_answer(*load, interpreter, facts.loader != RealLoader::musl);
  ++tally.compared;
  tally.with_missing += !real.missing.empty();
  tally.objects += real.files.size();
  if (real == own) return "";
  return "the loader:\n" + show(real, nullptr) + trace.output + "\nthe library:\n" + show(own, &*load);
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
      EXPECT_EQ(difference, "") << "ROOTLET_SEED=" << seed << " ROOTLET_GRAPHS=1, CPU \"" << cpu.tunables << "\"\n" << describe(graph);
      if (!difference.empty()) break;
    }
  }
  std::cout << tally.compared << " answers compared (" << tally.objects << " objects, " << tally.with_missing << " with names not found), "
            << tally.fatal << " where the loader stopped, " << tally.unusable << " where it said nothing\n";
  EXPECT_GT(tally.compared, (tally.compared + tally.fatal + tally.unusable) / 2) << "too few graphs that load";
}

TEST(GlibcLoader, AgreesWithLdSoOnRandomGraphs) { agree_on_random_graphs(RealLoader::glibc64); }
TEST(GlibcLoader, AgreesWithThe32BitLdSoOnRandomGraphs) { agree_on_random_graphs(RealLoader::glibc32); }
TEST(MuslLoader, AgreesWithMuslOnRandomGraphs) { agree_on_random_graphs(RealLoader::musl); }

}  // namespace
}  // namespace rootlet::test
