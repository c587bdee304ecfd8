#include "support/workload_layer.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <boost/filesystem.hpp>
#include <regex>
#include <set>
#include <utility>

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;

const char kLddRecipe[] = R"(#!/bin/sh
copy() { [ -e "/run/out/layer$1" ] || cp --parents -L "$1" /run/out/layer; }
with_libraries() {
  copy "$1"
  for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do copy "$library"; done
}
mkdir -p /run/out/layer
for entry; do
  if [ -d "$entry" ]; then cp -r --parents "$entry" /run/out/layer; continue; fi
  with_libraries "$entry"
  interpreter=$(head -n1 "$entry" | tr -d '\0' | sed -n 's/^#! *\([^ ]*\).*/\1/p')
  [ -z "$interpreter" ] || with_libraries "$interpreter"
done
)";

bool leads_to_file(const std::string& root, const std::string& path) {
  const auto real = real_path(root, "", path);
  return real && fs::is_regular_file(fs::symlink_status(root + *real));
}

// The source of a compiled Python module, or an empty string.
std::string source_of(const std::string& path) {
  static const std::regex kCompiled(R"((.*)/__pycache__/([^/]+)\.cpython-\d+\.pyc)");
  std::smatch match;
  return std::regex_match(path, match, kCompiled) ? match[1].str() + "/" + match[2].str() + ".py" : "";
}

}  // namespace

std::string build_layer(const WorkloadWorld& world, const Workload& workload, const std::string& command,
                        const std::string& layer) {
  std::vector<std::string> arguments = {command, "build", "--dir", "/run/out/layer"};
  arguments.insert(arguments.end(), workload.entries.begin(), workload.entries.end());
  const std::string out = fs::path(layer).parent_path().string();
  const CommandResult built = world.build(arguments, out);
  fs::create_directories(layer);
  return built.status == 0 ? "" : "exit status " + std::to_string(built.status) + ": " + built.out;
}

std::string copy_by_ldd(const WorkloadWorld& world, const Workload& workload, const std::string& layer) {
  const std::string recipe = world / "recipe";
  fs::create_directory(recipe);
  write_file(recipe + "/ldd_copy", kLddRecipe, 0755);
  std::vector<std::string> arguments = {recipe + "/ldd_copy"};
  arguments.insert(arguments.end(), workload.entries.begin(), workload.entries.end());
  const CommandResult built = world.build(arguments, fs::path(layer).parent_path().string());
  fs::create_directories(layer);
  return built.status == 0 ? "" : built.out;
}

Measure measure(const Truth& truth, const std::string& layer) {
  Measure result;
  std::set<std::pair<dev_t, ino_t>> counted;
  for (const auto& entry : fs::recursive_directory_iterator(layer)) {
    struct stat status;
    if (::lstat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (!counted.emplace(status.st_dev, status.st_ino).second) continue;
    const auto size = static_cast<uint64_t>(status.st_size);
    result.bytes += size;
    const std::string path = entry.path().string().substr(layer.size());
    if (!truth.opened.contains(path)) result.unused.emplace_back(size, path);
  }
  std::sort(result.unused.rbegin(), result.unused.rend());
  for (const auto& [real, paths] : truth.opened) {
    const std::string source = source_of(real);
    const auto lost = std::find_if(paths.begin(), paths.end(),
                                   [&](const std::string& path) { return !leads_to_file(layer, path); });
    if (lost != paths.end() && (source.empty() || !leads_to_file(layer, source)))
      result.missing.push_back(*lost);
  }
  if (truth.opened.empty()) return result;
  result.recall = 1 - static_cast<double>(result.missing.size()) / static_cast<double>(truth.opened.size());
  return result;
}

}  // namespace rootlet::test
