#include <algorithm>

#include "data/gconv.hpp"
#include "fuzz/target.hpp"
#include "support/gconv_cache.hpp"

using namespace rootlet;

namespace {

void check(const data::GconvSelection& selection, ByteOrder order) {
  fuzz::require(std::is_sorted(selection.modules.begin(), selection.modules.end()), "modules are sorted");
  for (const std::string& module : selection.modules) {
    fuzz::require(module.starts_with('/') && module.ends_with(".so"),
                  "a module is an absolute path of a library");
  }
  if (selection.cache.empty()) return;
  const test::GconvCacheFile cache(selection.cache, order);
  fuzz::require(cache.valid(), "glibc accepts the cache");
  fuzz::require(cache.names().has_value(), "and finds every name in it");
  fuzz::require(cache.find("INTERNAL") == 0u, "INTERNAL is the first");
}

}  // namespace

// A configuration; what stands behind a line "%" is its second file.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(fuzz::as_text(data, size));
  const size_t second = std::min(text.find("%\n"), text.size());
  MemoryTree tree;
  tree.file("/gconv/gconv-modules", text.substr(0, second))
      .file("/gconv/gconv-modules.d/a.conf", text.substr(second));
  for (const char* name : {"/gconv/A.so", "/gconv/B.so", "/gconv/C.so", "/opt/D.so"}) tree.file(name, "");
  tree.symlink("/gconv/E.so", "A.so").symlink("/gconv/F.so", "F.so");
  Root root = Root::in_memory(std::move(tree));
  const std::string name(text.substr(0, 32));
  for (const std::vector<std::string>& charsets :
       {std::vector<std::string>{}, {"all"}, {"a", "utf-8", "X"}, {name}}) {
    for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
      check(data::select_gconv(root, "/gconv", charsets, order), order);
    }
  }
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  return {
      "alias X// A//\nmodule A// INTERNAL A 1\nmodule INTERNAL A// A.so\n%\nmodule B// INTERNAL B\nmodule "
      "INTERNAL B// B\n",
      "alias A// B//\nalias B// A//\nalias C// C//\nmodule C// C// C\n# module D// INTERNAL D\n",
      "module A// B// A\nmodule B// A// B\nmodule A// C// /opt/D\nmodule A// UTF-8// E\nmodule INTERNAL "
      "INTERNAL F\n",
      "module INTERNAL ISO-10646/UTF8/ ../gconv/A\nalias UTF-8// A//\n  module\tA//\vINTERNAL\f/\r\nmodule x "
      "y"};
}
