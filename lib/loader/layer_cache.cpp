#include <algorithm>

#include "loader/state.hpp"

namespace rootlet {
namespace {

bool all_in_layer(const Trail& trail, const std::function<bool(const Node&)>& in_layer) {
  return trail.node != nullptr && in_layer(*trail.node) &&
         std::all_of(trail.links.begin(), trail.links.end(), [&](const Node* link) { return in_layer(*link); });
}

// "/usr/local/lib/" of "/usr/local/lib/glibc-hwcaps/x86-64-v3/libz.so.1", and "x86-64-v3".
std::pair<std::string, std::string> split_hwcaps(std::string_view path) {
  std::string directory(path.substr(0, path.rfind('/') + 1));
  constexpr std::string_view kBelow = "/glibc-hwcaps/";
  const size_t at = directory.rfind(kBelow);
  if (at == std::string::npos) return {std::move(directory), {}};
  std::string level = directory.substr(at + kBelow.size());
  if (!level.empty()) level.pop_back();
  directory.resize(at + 1);
  return {std::move(directory), std::move(level)};
}

}  // namespace

std::optional<Loader::LayerCache> Loader::layer_cache(const elf::Image& program, const std::vector<FoundLibrary>& found,
                                                      const std::function<bool(const Node&)>& in_layer) {
  LoaderState& state = state_->shared;
  const Interpreter interpreter = this->interpreter(program);
  if (interpreter.kind != LoaderKind::glibc) return std::nullopt;
  const Abi& abi = abi_of(program);
  const LoaderDirs& dirs = state.loader_dirs(interpreter.path, abi);
  const bool wanted = std::any_of(found.begin(), found.end(), [&](const FoundLibrary& library) {
    if (library.how != How::cache && library.how != How::conf) return false;
    const std::string directory = split_hwcaps(library.trail->path).first;
    return std::find(dirs.default_dirs.begin(), dirs.default_dirs.end(), directory) == dirs.default_dirs.end();
  });
  if (!wanted) return std::nullopt;

  const bool usual = interpreter.path.starts_with("/lib") || interpreter.path.starts_with("/usr/lib");
  const std::string path = usual ? "/etc/ld.so.cache" : state.loader_release(interpreter.path).cache_path;
  std::vector<NewCacheEntry> entries;
  if (const LibraryCache* cache = state.cache(path, program.order)) {
    for (const CacheEntry& entry : cache->entries()) {
      const std::string_view hwcaps = cache->hwcaps_name(entry.hardware);
      if (entry.hardware != 0 && hwcaps.empty()) continue;  // of a loader before glibc 2.33
      if (!all_in_layer(state.candidate(entry.path).trail, in_layer)) continue;
      entries.push_back({std::string(entry.name), std::string(entry.path), entry.flags, std::string(hwcaps),
                         static_cast<uint32_t>(entry.hardware >> 32) & 0x3ff});
    }
  } else {
    for (const FoundLibrary& library : found) {
      if (library.how != How::conf && library.how != How::default_dir) continue;
      if (!all_in_layer(*library.trail, in_layer)) continue;
      entries.push_back({std::string(library.name), library.trail->path, abi.cache_flags.back(), split_hwcaps(library.trail->path).second, 0});
    }
  }
  return LayerCache{path, write_library_cache(std::move(entries), program.order)};
}

}  // namespace rootlet
