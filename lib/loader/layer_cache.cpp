#include <algorithm>
#include <map>
#include <set>

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

// Whether this loader has to be told of any of the libraries.
bool needs_cache(const Loader::FoundBy& by, const LoaderDirs& dirs) {
  return std::any_of(by.libraries.begin(), by.libraries.end(), [&](const Loader::FoundLibrary& library) {
    if (library.how != How::cache && library.how != How::conf) return false;
    const std::string directory = split_hwcaps(library.trail->path).first;
    return std::find(dirs.default_dirs.begin(), dirs.default_dirs.end(), directory) == dirs.default_dirs.end();
  });
}

std::string cache_path(LoaderState& state, const std::string& interpreter) {
  const bool usual = interpreter.starts_with("/lib") || interpreter.starts_with("/usr/lib");
  return usual ? "/etc/ld.so.cache" : state.loader_release(interpreter).cache_path;
}

// A cache in the making.
struct Draft {
  std::string loader;  // the first that needs it, or empty
  ByteOrder order = ByteOrder::little;
  std::vector<NewCacheEntry> entries;
};

}  // namespace

std::vector<Loader::LayerCache> Loader::layer_caches(const std::vector<FoundBy>& found, const std::function<bool(const Node&)>& in_layer,
                                                     const std::function<bool(std::string_view)>& has_name, bool always) {
  LoaderState& state = state_->shared;
  // A cache is made only if a loader needs it, and lists then what all of its loaders have found.
  std::set<std::string> needed;
  for (const FoundBy& by : found) {
    const Interpreter interpreter = this->interpreter(*by.program);
    if (interpreter.kind != LoaderKind::glibc || by.libraries.empty()) continue;
    if (always || needs_cache(by, state.loader_dirs(interpreter.path, abi_of(*by.program)))) needed.insert(cache_path(state, interpreter.path));
  }
  std::map<std::string, Draft> drafts;  // by path
  for (const FoundBy& by : found) {
    const Interpreter interpreter = this->interpreter(*by.program);
    if (interpreter.kind != LoaderKind::glibc) continue;
    const Abi& abi = abi_of(*by.program);
    const std::string path = cache_path(state, interpreter.path);
    if (!needed.contains(path)) continue;
    auto [place, added] = drafts.try_emplace(path, Draft{{}, by.program->order, {}});
    Draft& draft = place->second;
    if (draft.order != by.program->order) continue;  // one file cannot serve both
    if (draft.loader.empty() && !by.libraries.empty() && (always || needs_cache(by, state.loader_dirs(interpreter.path, abi)))) draft.loader = interpreter.path;
    if (const LibraryCache* cache = state.cache(path, draft.order)) {
      if (!added) continue;
      for (const CacheEntry& entry : cache->entries()) {
        const std::string_view hwcaps = cache->hwcaps_name(entry.hardware);
        if (!has_name(entry.path.substr(entry.path.rfind('/') + 1))) continue;  // most of a machine's
        if (entry.hardware != 0 && hwcaps.empty()) continue;  // of a loader before glibc 2.33
        if (!all_in_layer(state.candidate(entry.path).trail, in_layer)) continue;
        draft.entries.push_back({std::string(entry.name), std::string(entry.path), entry.flags, std::string(hwcaps),
                                 static_cast<uint32_t>(entry.hardware >> 32) & 0x3ff});
      }
      continue;
    }
    for (const FoundLibrary& library : by.libraries) {
      if (library.how != How::conf && library.how != How::default_dir) continue;
      if (!all_in_layer(*library.trail, in_layer)) continue;
      draft.entries.push_back({std::string(library.name), library.trail->path, abi.cache_flags.back(), split_hwcaps(library.trail->path).second, 0});
    }
  }
  std::vector<LayerCache> caches;
  for (auto& [path, draft] : drafts) {
    if (!draft.loader.empty()) caches.push_back({path, write_library_cache(std::move(draft.entries), draft.order), draft.loader});
  }
  return caches;
}

}  // namespace rootlet
