// Where ld.so looks for a name: the part of _dl_map_object in elf/dl-load.c that follows the comparison
// with what is loaded already, and open_path, fillin_rpath, _dl_load_cache_lookup.
#include <algorithm>
#include <cerrno>

#include "loader/glibc.hpp"

namespace rootlet {

const LoaderDirs& GlibcSearch::dirs() {
  if (dirs_ == nullptr) dirs_ = &state_.loader_dirs(interpreter_, abi_);
  return *dirs_;
}

const LoaderRelease& GlibcSearch::release() {
  if (release_ == nullptr) release_ = &state_.loader_release(interpreter_);
  return *release_;
}

const LibraryCache* GlibcSearch::cache() {
  if (!cache_) {
    // Loaders in the usual places were built with the usual configuration directory.
    const bool usual = interpreter_.starts_with("/lib") || interpreter_.starts_with("/usr/lib");
    cache_ = state_.cache(usual ? "/etc/ld.so.cache" : release().cache_path, program_.order);
  }
  return *cache_;
}

std::optional<std::string> GlibcSearch::expand(std::string_view text, uint32_t map) {
  if (text.find('$') == std::string_view::npos) return std::string(text);
  bool used_platform = false;
  auto expanded = expand_tokens(text, {maps_[map].origin, dirs().lib, model_.platform}, &used_platform);
  depends_on_cpu_ = depends_on_cpu_ || used_platform;
  return expanded;
}

// fillin_rpath.
std::vector<SearchDir*> GlibcSearch::split(std::string_view list, std::string_view separators, uint32_t map) {
  std::vector<SearchDir*> dirs;
  while (true) {
    const size_t end = list.find_first_of(separators);
    std::string_view element = list.substr(0, end);
    auto text = element.empty() ? std::optional<std::string>("") : expand(element, map);
    if (text && (element.empty() || !text->empty())) {
      while (text->size() > 1 && text->back() == '/') text->pop_back();
      if (!text->empty() && text->back() != '/') *text += '/';
      SearchDir* dir = &state_.dir(*text);
      if (std::find(dirs.begin(), dirs.end(), dir) == dirs.end()) dirs.push_back(dir);
    }
    if (end == std::string_view::npos) return dirs;
    list.remove_prefix(end + 1);
  }
}

const std::vector<SearchDir*>& GlibcSearch::rpath(uint32_t map) {
  if (!maps_[map].rpath) {
    const elf::Image* image = maps_[map].image;
    const bool has = image != nullptr && image->rpath && !image->runpath && !image->rpath->empty();
    auto dirs = has ? split(*image->rpath, ":", map) : std::vector<SearchDir*>();
    maps_[map].rpath = std::move(dirs);
  }
  return *maps_[map].rpath;
}

const std::vector<SearchDir*>& GlibcSearch::runpath(uint32_t map) {
  if (!maps_[map].runpath) {
    const elf::Image* image = maps_[map].image;
    const bool has = image != nullptr && image->runpath && !image->runpath->empty();
    auto dirs = has ? split(*image->runpath, ":", map) : std::vector<SearchDir*>();
    maps_[map].runpath = std::move(dirs);
  }
  return *maps_[map].runpath;
}

const std::vector<SearchDir*>& GlibcSearch::library_path() {
  if (!library_path_) {
    const std::string& text = state_.config().library_path;
    library_path_ = text.empty() ? std::vector<SearchDir*>() : split(text, ":;", 0);
  }
  return *library_path_;
}

const std::vector<SearchDir*>& GlibcSearch::default_dirs() {
  if (!default_dirs_) {
    default_dirs_.emplace();
    for (const std::string& text : dirs().default_dirs) default_dirs_->push_back(&state_.dir(text));
  }
  return *default_dirs_;
}

const std::vector<SearchDir*>& GlibcSearch::configured() {
  if (!configured_) {
    configured_.emplace();
    for (const std::string& text : state_.configured()) configured_->push_back(&state_.dir(text + "/"));
  }
  return *configured_;
}

// The subdirectories that this processor's loader looks into, best first (_dl_important_hwcaps).
const std::vector<std::string>& GlibcSearch::model_variants() {
  if (!model_variants_) {
    model_variants_.emplace();
    for (const std::string& name : model_.hwcaps) model_variants_->push_back("glibc-hwcaps/" + name + "/");
    if (release().dialect().legacy_hwcaps) {
      model_variants_->insert(model_variants_->end(), model_.legacy.begin(), model_.legacy.end());
    }
  }
  return *model_variants_;
}

GlibcSearch::Opened GlibcSearch::open_one(const Candidate& candidate, How how, std::vector<Attempt>* tried, int* error) {
  if (!state_.within_limits()) {
    state_.note(tried, candidate.trail.path, how, "given up: too many candidates");
    return {Opened::fatal, &candidate};
  }
  Verdict verdict = judge(candidate, program_);
  if (verdict.foreign && dirs().is_multiarch()) verdict = {Verdict::pass, ENOENT, std::move(verdict.why), false};
  if (verdict.kind == Verdict::take && candidate.image->abi_tag) {
    const elf::AbiTag& tag = *candidate.image->abi_tag;
    const bool matters = tag.os != 0 || !state_.config().kernel.empty();
    if (matters && release().checks_abi_tag()) verdict = judge_abi_tag(tag, state_.config().kernel);
  }
  if (verdict.kind == Verdict::take) return {Opened::found, &candidate};
  state_.note(tried, candidate.trail.path, how, std::move(verdict.why));
  if (error != nullptr) *error = verdict.error;
  return {verdict.kind == Verdict::fatal ? Opened::fatal : Opened::missing, &candidate};
}

GlibcSearch::Opened GlibcSearch::open_variants(std::string_view name, SearchDir& dir, How how, std::vector<Attempt>* tried) {
  for (const auto& [below, variant] : dir.variants) {
    if (state_.candidate(*variant, name).error == 0) depends_on_cpu_ = true;
  }
  for (const std::string& below : model_variants()) {
    for (const auto& [present, variant] : dir.variants) {
      if (present != below) continue;
      Opened opened = open_one(state_.candidate(*variant, name), how, tried, nullptr);
      if (opened.kind != Opened::missing) return opened;
    }
  }
  return {};
}

GlibcSearch::Opened GlibcSearch::open_path(std::string_view name, const std::vector<SearchDir*>& dirs, How how,
                                           std::vector<Attempt>* tried) {
  for (SearchDir* dir : dirs) {
    state_.find_variants(*dir, abi_);
    if (!dir->variants.empty()) {
      Opened opened = open_variants(name, *dir, how, tried);
      if (opened.kind != Opened::missing) return opened;
    }
    int error = dir->error;
    const bool is_top = dir->text == "/";
    top_searched_ = top_searched_ || is_top;
    if (is_top && top_ == Top::gone) continue;
    if (dir->node != nullptr) {
      Opened opened = open_one(state_.candidate(*dir, name), how, tried, &error);
      if (opened.kind == Opened::found && is_top) top_ = Top::there;
      if (opened.kind != Opened::missing) return opened;
      if (is_top && top_ == Top::unknown) {
        top_ = Top::gone;
        continue;
      }
    } else if (tried != nullptr) {
      state_.note(tried, dir->text + std::string(name), how, error_text(error));
    }
    // "The file exists and is readable, but something went wrong": the rest of this list is not tried.
    if ((dir->node != nullptr || dir->relative) && error != ENOENT && error != EACCES) return {};
  }
  return {};
}

GlibcSearch::Found GlibcSearch::search_by_path(std::string_view name, uint32_t loader, std::vector<Attempt>* tried) {
  auto path = expand(name, loader);
  if (!path || path->empty()) {
    state_.note(tried, std::string(name), How::direct, "a token in it has no value here");
    return {};
  }
  Opened opened = open_one(state_.candidate(*path), How::direct, tried, nullptr);
  return {static_cast<Found::Kind>(opened.kind), opened.candidate, How::direct};
}

// DT_RPATH of the object and of its loaders up to the program; then the program's own.
GlibcSearch::Found GlibcSearch::search_rpaths(std::string_view name, uint32_t loader, std::vector<Attempt>* tried) {
  if (maps_[loader].image != nullptr && maps_[loader].image->runpath) return {};
  bool did_main = false;
  for (uint32_t map = loader; map != kNone; map = maps_[map].loader) {
    Opened opened = open_path(name, rpath(map), How::rpath, tried);
    if (opened.kind != Opened::missing) return {static_cast<Found::Kind>(opened.kind), opened.candidate, How::rpath};
    did_main = did_main || map == 0;
  }
  if (did_main) return {};
  Opened opened = open_path(name, rpath(0), How::rpath, tried);
  return {static_cast<Found::Kind>(opened.kind), opened.candidate, How::rpath};
}

GlibcSearch::Found GlibcSearch::search_cache(std::string_view name, uint32_t loader, std::vector<Attempt>* tried) {
  const bool no_default = maps_[loader].image != nullptr && (maps_[loader].image->flags_1 & elf::kFlag1NoDefaultLibraries) != 0;
  if (cache() == nullptr) {
    if (!state_.config().search_conf) return {};
    Opened opened = open_path(name, configured(), How::conf, tried);
    conf_used_ = conf_used_ || opened.kind == Opened::found;
    return {static_cast<Found::Kind>(opened.kind), opened.candidate, How::conf};
  }
  if (answers_ == nullptr) answers_ = &state_.cache_answers(*cache(), abi_, model_, interpreter_);
  auto found = answers_->find(name);
  if (found == answers_->end()) {
    LoaderState::CacheAnswer answer;
    answer.path = cache()->find(name, abi_, model_, {}, &answer.depends_on_cpu);
    // Only entries for some processors are read differently by different releases.
    if (answer.depends_on_cpu) answer.path = cache()->find(name, abi_, model_, release().dialect(), nullptr);
    found = answers_->emplace(std::string(name), answer).first;
  }
  depends_on_cpu_ = depends_on_cpu_ || found->second.depends_on_cpu;
  if (!found->second.path) return {};
  const std::string_view path = *found->second.path;
  if (no_default) {
    for (const std::string& dir : dirs().default_dirs) {
      if (!path.starts_with(dir)) continue;
      state_.note(tried, std::string(path), How::cache, "a default directory, which DF_1_NODEFLIB rules out");
      return {};
    }
  }
  Opened opened = open_one(state_.candidate(path), How::cache, tried, nullptr);
  return {static_cast<Found::Kind>(opened.kind), opened.candidate, How::cache};
}

uint32_t GlibcSearch::add_requester(const elf::Image& image, std::string_view path) {
  Map map;
  map.image = &image;
  map.origin = directory_of(path);
  maps_.push_back(std::move(map));
  return static_cast<uint32_t>(maps_.size() - 1);
}

GlibcSearch::Shared GlibcSearch::search_shared(std::string_view name, uint32_t requester) {
  state_.start_program();
  depends_on_cpu_ = top_searched_ = false;
  top_ = Top::unknown;
  Found found = search(name, requester, nullptr);
  if (found.kind != Found::found || depends_on_cpu_ || top_searched_) return {};
  return {found.candidate, found.how};
}

GlibcSearch::Found GlibcSearch::search(std::string_view name, uint32_t loader, std::vector<Attempt>* tried) {
  if (name.find('/') != std::string_view::npos) return search_by_path(name, loader, tried);
  Found found = search_rpaths(name, loader, tried);
  auto then = [&](const std::vector<SearchDir*>& dirs, How how) {
    if (found.kind != Found::missing || dirs.empty()) return;
    Opened opened = open_path(name, dirs, how, tried);
    found = {static_cast<Found::Kind>(opened.kind), opened.candidate, how};
  };
  then(library_path(), How::library_path);
  then(runpath(loader), How::runpath);
  if (found.kind == Found::missing) found = search_cache(name, loader, tried);
  if (found.kind != Found::missing) return found;
  const elf::Image* image = maps_[loader].image;
  if (image == nullptr || (image->flags_1 & elf::kFlag1NoDefaultLibraries) == 0) then(default_dirs(), How::default_dir);
  return found;
}

}  // namespace rootlet
