#include <algorithm>

#include "fuzz/target.hpp"
#include "rootlet/inventory.hpp"
#include "rootlet/report.hpp"

using namespace rootlet;

// A manifest from a stranger, and what is made of one that is accepted.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto manifest = read_manifest(fuzz::as_text(data, size));
  if (!manifest) {
    fuzz::require(!manifest.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  const auto& files = manifest->files;
  for (size_t i = 0; i < files.size(); ++i) {
    fuzz::require(files[i].path.starts_with('/') && !files[i].path.ends_with('/'), "a path is absolute and ends in no slash");
    fuzz::require(i == 0 || files[i - 1].path < files[i].path, "paths are sorted, each once");
    fuzz::require((files[i].type == NodeType::file) == (files[i].sha256.size() == 64), "a file has a digest");
  }
  fuzz::require(verify(*manifest, *manifest).same(), "it differs in nothing from itself");
  const Diff all = diff(Inventory(), *manifest);
  fuzz::require(all.files.size() == files.size(), "all of it differs from nothing");
  (void)to_text(all, {true});
  (void)to_json(all);
  for (const SbomFormat format : {SbomFormat::spdx, SbomFormat::cyclonedx}) {
    fuzz::require(to_sbom(*manifest, format) == to_sbom(*manifest, format), "the same inventory gives the same bytes");
  }
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  const std::string sum(64, 'a');
  const std::string head = "{\"schema\": 1, \"root\": \"/\", \"entries\": [\"/bin/a\"], \"files\": [";
  const std::string file = "{\"path\": \"/bin/a\", \"type\": \"file\", \"size\": 3, \"mode\": \"0755\", \"sha256\": \"" + sum +
                           "\", \"architecture\": \"amd64\", \"package\": \"a 1:2+x\", \"capability\": \"0100\", \"uid\": 7, \"reasons\": [{\"kind\": \"entry\", \"by\": \"\", "
                           "\"detail\": \"/bin/a\"}]}";
  const std::string more = ", {\"path\": \"/b\", \"type\": \"file\", \"generated\": true, \"size\": 0, \"mode\": \"0644\", \"sha256\": \"" + sum +
                           "\", \"reasons\": [{\"kind\": \"generated\", \"by\": \"/bin/a\", \"by_hex\": \"2f62696e2f61\", \"detail\": \"x\", \"how\": \"cache\"}]}, "
                           "{\"path\": \"/l\", \"path_hex\": \"2fff\", \"type\": \"symlink\", \"target\": \"b\", \"reasons\": []}";
  const std::string tail = "], \"missing\": [], \"findings\": [], \"layer\": [{\"path\": \"/bin\", \"type\": \"directory\", \"mode\": \"0755\"}], \"packages\": "
                           "[{\"name\": \"a\", \"version\": \"1:2+x\", \"architecture\": \"amd64\", \"source\": \"s\", \"depends\": [\"c\"]}], "
                           "\"distribution\": {\"id\": \"debian\", \"version\": \"12\", \"name\": \"D\", \"packages\": \"dpkg\"}}";
  return {head + file + tail, head + file + more + tail, head + "], \"layer\": []}", "{\"schema\": 1}", "[]"};
}
