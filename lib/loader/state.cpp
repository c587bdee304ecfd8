#include "loader/state.hpp"

#include <array>
#include <cerrno>

#include "base/errno_text.hpp"
#include "loader/conf.hpp"
#include "loader/shared_graph.hpp"

namespace rootlet {
namespace {

constexpr uint64_t kMaxLoaderBytes = 16 << 20;
constexpr uint64_t kMaxConfigBytes = 1 << 20;
constexpr size_t kStartBytes = 4096;  // header, program headers, interpreter and notes of most files
constexpr size_t kKeptStart = 256;

Result<std::string> content_of(Root& root, std::string_view path, uint64_t limit) {
  Walk walk = root.walk(path);
  if (walk.node == nullptr) return Unexpected(error_from_errno(walk.error, "cannot open", std::string(path)));
  auto file = root.open_file(*walk.node);
  if (!file) return Unexpected(std::move(file).error());
  return read_all(**file, limit);
}

}  // namespace

std::string_view directory_of(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

std::string error_text(int errno_value) {
  std::string text = errno_text(errno_value);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

LoaderState::LoaderState(Root& root, LoaderConfig config) : root_(root), config_(std::move(config)) {
  if (config_.library_path.empty()) config_.library_path = root.variable("LD_LIBRARY_PATH");
  if (config_.preload.empty()) config_.preload = root.variable("LD_PRELOAD");
}
LoaderState::~LoaderState() = default;

const Loader::Content& LoaderState::content(const Node& node) {
  auto [place, added] = contents_.try_emplace(&node);
  Content& content = place->second;
  if (!added) return content;
  auto file = root_.open_file(node);
  if (!file) return content.error = std::move(file).error(), content;
  content.readable = true;
  std::array<std::byte, kStartBytes> buffer;
  auto length = (*file)->read_at(0, buffer);
  if (!length) return content.error = std::move(length).error(), content;
  const Bytes start(std::span<const std::byte>(buffer.data(), *length));
  content.claims_elf = elf::has_magic(start);
  if (!content.claims_elf) content.start = start.text().substr(0, kKeptStart);
  auto image = elf::parse(**file, start);
  if (image) {
    content.image = std::move(*image);
    return content;
  }
  content.error = std::move(image).error();
  content.error.path = node.path();
  if (auto header = elf::parse_header(start)) content.header = *header;
  return content;
}

SearchDir& LoaderState::dir(std::string_view text) {
  if (auto found = dirs_.find(text); found != dirs_.end()) return found->second;
  SearchDir& dir = dirs_.try_emplace(std::string(text)).first->second;
  dir.text = text;
  dir.relative = !text.starts_with('/');
  Walk walk = root_.walk(text.empty() ? "/" : text);
  dir.links = std::move(walk.links);
  dir.error = walk.error;
  if (walk.node != nullptr && walk.node->is_directory()) dir.node = walk.node;
  if (dir.node == nullptr && dir.error == 0) dir.error = ENOTDIR;
  return dir;
}

void LoaderState::find_variants(SearchDir& dir, const Abi& abi) {
  if (dir.variants_of == &abi || dir.node == nullptr) return;
  dir.variants_of = &abi;
  dir.variants.clear();
  std::unordered_set<std::string> seen;
  auto look = [&](const std::string& below) {
    if (!seen.insert(below).second) return;
    SearchDir& variant = this->dir(dir.text + below);
    if (variant.node != nullptr) dir.variants.emplace_back(below, &variant);
  };
  // Most directories have none of them: one look at each first component settles that.
  const bool named = root_.walk("glibc-hwcaps", FollowLast::yes, dir.node).node != nullptr;
  std::unordered_map<std::string_view, bool> first_components;
  for (const CpuModel& model : abi.models) {
    for (const std::string& hwcaps : model.hwcaps) {
      if (named) look("glibc-hwcaps/" + hwcaps + "/");
    }
    for (const std::string& below : model.legacy) {
      std::string_view first = std::string_view(below).substr(0, below.find('/'));
      auto [known, added] = first_components.try_emplace(first);
      if (added) known->second = root_.walk(first, FollowLast::yes, dir.node).node != nullptr;
      if (known->second) look(below);
    }
  }
}

Candidate LoaderState::make_candidate(std::string path, const SearchDir* dir, std::string_view name) {
  Candidate candidate;
  Walk walk = dir != nullptr ? root_.walk(name, FollowLast::yes, dir->node) : root_.walk(path);
  candidate.trail.path = std::move(path);
  if (dir != nullptr) candidate.trail.links = dir->links;
  candidate.trail.links.insert(candidate.trail.links.end(), walk.links.begin(), walk.links.end());
  candidate.trail.node = walk.node;
  candidate.error = walk.error;
  if (walk.node == nullptr) return candidate;
  if (walk.node->is_directory()) {
    candidate.problem = "is a directory";
    return candidate;
  }
  const Content& content = this->content(*walk.node);
  if (content.image) {
    candidate.image = &*content.image;
    candidate.header = *content.image;
    return candidate;
  }
  candidate.header = content.header;
  candidate.problem = content.error.message;
  if (!content.readable) candidate.error = content.error.code == ErrorCode::permission_denied ? EACCES : EIO;
  return candidate;
}

const Candidate& LoaderState::candidate(const SearchDir& dir, std::string_view name) {
  std::string path = dir.text + std::string(name);
  if (auto found = candidates_by_path_.find(path); found != candidates_by_path_.end()) return found->second;
  assert(dir.node != nullptr);
  Candidate made = make_candidate(path, &dir, name);
  return candidates_by_path_.emplace(std::move(path), std::move(made)).first->second;
}

const Candidate& LoaderState::candidate(std::string_view path) {
  if (auto found = candidates_by_path_.find(path); found != candidates_by_path_.end()) return found->second;
  Candidate made = make_candidate(std::string(path), nullptr, path);
  return candidates_by_path_.emplace(std::string(path), std::move(made)).first->second;
}

const LoaderDirs& LoaderState::loader_dirs(const std::string& interpreter, const Abi& abi) {
  std::string key = interpreter + '\0' + std::string(abi.name);
  if (auto found = loader_dirs_.find(key); found != loader_dirs_.end()) return found->second;
  LoaderDirs dirs;
  if (auto binary = content_of(root_, interpreter, kMaxLoaderBytes)) dirs = read_loader_dirs(*binary);
  if (dirs.default_dirs.empty()) dirs = {abi.default_dirs, std::string(abi.lib)};
  return loader_dirs_.emplace(std::move(key), std::move(dirs)).first->second;
}

const LoaderRelease& LoaderState::loader_release(const std::string& interpreter) {
  if (auto found = loader_releases_.find(interpreter); found != loader_releases_.end()) return found->second;
  LoaderRelease release;
  if (auto binary = content_of(root_, interpreter, kMaxLoaderBytes)) release = read_loader_release(*binary);
  return loader_releases_.emplace(interpreter, std::move(release)).first->second;
}

const LibraryCache* LoaderState::cache(const std::string& path, ByteOrder order) {
  std::string key = path + (order == ByteOrder::little ? "<" : ">");
  auto found = caches_.find(key);
  if (found == caches_.end()) {
    std::optional<LibraryCache> cache;
    if (auto content = content_of(root_, path, kMaxCacheBytes)) {
      if (auto parsed = LibraryCache::parse(std::move(*content), order)) cache.emplace(std::move(*parsed));
    }
    found = caches_.emplace(std::move(key), std::move(cache)).first;
  }
  return found->second ? &*found->second : nullptr;
}

const std::vector<std::string>& LoaderState::configured() {
  if (!configured_) configured_ = configured_dirs(root_, "/etc/ld.so.conf");
  return *configured_;
}

const std::vector<std::string>& LoaderState::preload_file() {
  if (!preload_file_) {
    auto content = content_of(root_, "/etc/ld.so.preload", kMaxConfigBytes);
    preload_file_ = content ? preload_names(*content) : std::vector<std::string>();
  }
  return *preload_file_;
}

const LoaderState::MuslPath& LoaderState::musl_path(const std::string& file) {
  if (auto found = musl_paths_.find(file); found != musl_paths_.end()) return found->second;
  MuslPath path;
  std::string text = "/lib:/usr/local/lib:/usr/lib";
  if (root_.walk(file).error != ENOENT) {
    auto content = content_of(root_, file, kMaxConfigBytes);
    text = content ? content->substr(0, content->find('\0')) : std::string();
    path.configured = true;
  }
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find_first_of(":\n", at), text.size());
    if (end > at) path.dirs.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return musl_paths_.emplace(file, std::move(path)).first->second;
}

std::string_view LoaderState::keep(std::string_view text) {
  auto found = kept_.find(text);
  return found != kept_.end() ? *found : *kept_.emplace(text).first;
}

const CpuModel& LoaderState::intern(const CpuModel& model) {
  for (const CpuModel& known : models_) {
    if (known == model) return known;
  }
  return models_.emplace_back(model);
}

LoaderState::CacheAnswers& LoaderState::cache_answers(const LibraryCache& cache, const Abi& abi, const CpuModel& model,
                                                      const std::string& interpreter) {
  return cache_answers_[{&cache, &abi, &model, interpreter}];
}

}  // namespace rootlet
