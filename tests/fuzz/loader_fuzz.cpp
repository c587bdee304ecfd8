#include "fuzz/target.hpp"
#include "rootlet/loader.hpp"
#include "support/elf_builder.hpp"

using namespace rootlet;

namespace {

std::string two_files(const std::string& program, const std::string& library) {
  std::string input{static_cast<char>(program.size() & 0xff), static_cast<char>(program.size() >> 8)};
  return input + program + library;
}

}  // namespace

// Two bytes tell where the program ends and the library starts.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view files = fuzz::as_text(data + 2, size - 2);
  const size_t middle = std::min<size_t>(data[0] | (data[1] << 8), files.size());
  const std::string library(files.substr(middle));
  MemoryTree tree;
  tree.file("/bin/program", std::string(files.substr(0, middle)), 0755).symlink("/bin/liba.so", "../lib/liba.so");
  for (const char* path : {"/lib/liba.so", "/lib/libb.so", "/usr/lib/libb.so", "/opt/x86_64/libc.so"}) tree.file(path, library);
  Root root = Root::in_memory(std::move(tree));
  LoaderConfig config;
  config.max_candidates = 2000;
  config.max_objects = 100;
  Loader loader(root, config);
  const Node& program = *root.walk("/bin/program").node;
  const auto loads = loader.load_all(program, "/bin/program");
  fuzz::require(loads.has_value() == loader.content(program).image.has_value(), "what has an image can be loaded");
  if (!loads) return 0;
  for (const Load& load : *loads) {
    fuzz::require(!load.objects.empty() && load.objects.size() <= config.max_objects + 1, "a load has its program and a bound");
    for (const LoadEdge& edge : load.edges) {
      fuzz::require(edge.from < load.objects.size() && edge.to < load.objects.size(), "edges lead from object to object");
    }
  }
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  std::vector<std::string> all;
  for (const char* interpreter : {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"}) {
    test::ElfSpec program, library;
    program.interpreter = interpreter;
    program.runpath = "$ORIGIN:/opt/$PLATFORM:/opt/$LIB";
    library.soname = "liba.so";
    library.rpath = "/opt/x86_64:$ORIGIN/../lib";
    library.dependencies.emplace_back(0x7ffffffd, "libb.so");
    all.push_back(two_files(test::build_elf(program.needs("liba.so").needs("libb.so")),
                            test::build_elf(library.needs("libc.so").needs("/lib/libb.so"))));
  }
  return all;
}
