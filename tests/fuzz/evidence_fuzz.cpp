#include <algorithm>

#include "data/evidence.hpp"
#include "fuzz/target.hpp"
#include "support/elf_builder.hpp"

using namespace rootlet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  data::KnownStrings known;
  known.add("/etc/passwd");
  known.add("SSL_CERT_FILE");
  const MemorySource source{Bytes(text)};
  const data::Evidence evidence = data::read_evidence(source, known, [](std::string_view path) { return path.size() % 3 != 0; });
  for (const std::string& path : evidence.paths) fuzz::require(path.starts_with('/') && path.size() <= data::kMaxEvidenceText, "a path is absolute and bounded");
  for (const auto* list : {&evidence.paths, &evidence.libraries, &evidence.relative, &evidence.known}) {
    fuzz::require(list->size() <= data::kMaxEvidence && std::is_sorted(list->begin(), list->end()), "evidence is bounded and sorted");
  }
  (void)data::parse_dlopen_note(text);
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  std::vector<std::string> seeds = {R"([{"soname":["liblz4.so.1"],"feature":"lz4","priority":"required"}])"};
  for (bool is64 : {true, false}) {
    test::ElfSpec spec;
    spec.is64 = is64;
    spec.machine = is64 ? 62 : 3;
    spec.strings = {"/etc/passwd", "libfoo.so.1", "%s/share/x", "SSL_CERT_FILE", "a/usr/lib/x/etc/y"};
    spec.imports = {"dlopen", "getpwnam"};
    spec.abi_tag = {0, 3, 2, 0};
    spec.needs("libc.so.6");
    seeds.push_back(test::build_elf(spec));
  }
  return seeds;
}
