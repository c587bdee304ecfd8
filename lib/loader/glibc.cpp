// Which objects ld.so loads, and in which order: _dl_map_object_deps (elf/dl-deps.c), the comparison with
// what is loaded already in _dl_map_object and _dl_map_object_from_fd (elf/dl-load.c), and the preloading
// in dl_main (elf/rtld.c).
#include "loader/glibc.hpp"

#include <algorithm>

namespace rootlet {

GlibcSearch::GlibcSearch(LoaderState& state, const Node& program, const std::string& name, const std::string& interpreter,
                         const CpuModel& model)
    : state_(state),
      program_(*state.content(program).image),
      abi_(abi_of(program_)),
      model_(state.intern(model)),
      interpreter_(interpreter) {
  state_.start_program();
  Map main;
  main.image = &program_;
  main.node = &program;
  main.origin = directory_of(program.path());
  main.object = 0;
  load_.objects.push_back({name, &program, &program_});
  add_map(std::move(main), {});

  Map vdso;
  vdso.name = abi_.vdso;
  add_map(std::move(vdso), abi_.vdso);

  const Candidate& loader = state_.candidate(interpreter);
  Map rtld;
  rtld.name = state_.keep(interpreter);
  rtld.node = loader.trail.node;
  rtld.image = loader.image;
  if (loader.trail.node != nullptr) {
    rtld.object = 1;
    load_.objects.push_back({interpreter, loader.trail.node, loader.image});
  }
  add_map(std::move(rtld), rtld.name);
}

Load GlibcSearch::run(const OpenRequests& requests) {
  preload();
  walk_list();
  audit();
  const size_t needed = load_.failures.size();
  for (const Loader::OpenRequest& request : requests) open(request);
  for (size_t i = needed; i < load_.failures.size(); ++i) load_.failures[i].optional = true;
  if (conf_used_) {
    load_.findings.push_back({"conf-not-cache", "/etc/ld.so.conf",
                              "the root has no ld.so.cache: libraries were looked for in the directories of ld.so.conf, "
                              "where the loader itself finds nothing until ldconfig has run"});
  }
  return std::move(load_);
}

uint32_t GlibcSearch::add_map(Map map, std::string_view name) {
  const auto index = static_cast<uint32_t>(maps_.size());
  const elf::Image* image = map.faked ? nullptr : map.image;
  if (map.has_identity) {
    by_inode_[map.node->status().inode].push_back(index);
  }
  maps_.push_back(std::move(map));
  if (!order_.empty()) order_.push_back(index);
  if (maps_[index].faked) return index;
  if (!name.empty()) name_map(index, name);
  if (!maps_[index].name.empty()) name_map(index, maps_[index].name);
  if (image != nullptr && image->soname) name_map(index, *image->soname);
  return index;
}

void GlibcSearch::name_map(uint32_t map, std::string_view name) {
  std::vector<uint32_t>& maps = names_[name];
  if (std::find(maps.begin(), maps.end(), map) == maps.end()) maps.push_back(map);
}

// The first loaded object of that name, in the order of the list of link maps.
uint32_t GlibcSearch::match(std::string_view name) const {
  auto found = names_.find(name);
  if (found == names_.end()) return kNone;
  if (found->second.size() == 1) return found->second.front();
  auto place = [this](uint32_t map) {
    return order_.empty() ? static_cast<ptrdiff_t>(map) : std::find(order_.begin(), order_.end(), map) - order_.begin();
  };
  return *std::min_element(found->second.begin(), found->second.end(),
                           [&](uint32_t a, uint32_t b) { return place(a) < place(b); });
}

void GlibcSearch::fail(std::string_view name, uint32_t loader, EdgeKind kind, bool optional) {
  const uint32_t from = maps_[loader].object;
  if (!failed_.insert({from, kind, std::string(name)}).second) return;
  LoadFailure failure{kind, from, std::string(name), false, optional, {}};
  failure.refused = search(name, loader, &failure.tried).kind == Found::fatal;
  load_.failures.push_back(std::move(failure));
}

uint32_t GlibcSearch::map_object(std::string_view name, uint32_t loader, EdgeKind kind, bool optional) {
  const uint32_t from = maps_[loader].object;
  if (uint32_t loaded = match(name); loaded != kNone) {
    if (maps_[loaded].object != kNone) {
      load_.edges.push_back({kind, from, state_.keep(name), maps_[loaded].object, How::loaded, nullptr});
    }
    return loaded;
  }
  std::vector<Attempt> tried;
  Found found = search(name, loader, state_.config().record_attempts ? &tried : nullptr);
  for (Attempt& attempt : tried) load_.attempts.push_back({from, std::string(name), std::move(attempt)});
  if (found.kind == Found::found) {
    How how = found.how;
    const uint32_t map = map_file(name, loader, *found.candidate, &how);
    if (maps_[map].object != kNone) {
      load_.edges.push_back({kind, from, state_.keep(name), maps_[map].object, how, &found.candidate->trail});
    }
    return map;
  }
  fail(name, loader, kind, optional);
  if (found.kind == Found::fatal) return kNone;
  Map faked;
  faked.faked = true;
  faked.loader = loader;
  return add_map(std::move(faked), name);
}

uint32_t GlibcSearch::map_file(std::string_view name, uint32_t loader, const Candidate& candidate, How* how) {
  const Status& status = candidate.trail.node->status();
  for (uint32_t known : by_inode_[status.inode]) {
    if (maps_[known].node->status().device != status.device) continue;
    name_map(known, state_.keep(name));
    *how = How::loaded;
    return known;
  }
  if (load_.objects.size() >= state_.config().max_objects) {
    load_.findings.push_back({"limit", candidate.trail.path, "more than " + std::to_string(state_.config().max_objects) + " objects are loaded; the rest was not looked at"});
    return 0;
  }
  Map map;
  map.image = candidate.image;
  map.node = candidate.trail.node;
  map.name = candidate.trail.path;
  map.origin = directory_of(candidate.trail.path);
  if (!map.origin.starts_with('/')) map.origin = map.origin.empty() ? "/" : "/" + map.origin;
  map.loader = loader;
  map.has_identity = true;
  map.object = static_cast<uint32_t>(load_.objects.size());
  load_.objects.push_back({candidate.trail.path, map.node, map.image});
  return add_map(std::move(map), state_.keep(name));
}

void GlibcSearch::append(uint32_t map) {
  if (maps_[map].listed) return;
  maps_[map].listed = true;
  items_.push_back({map, false, kNone});
  const auto item = static_cast<uint32_t>(items_.size() - 1);
  if (tail_ != kNone) items_[tail_].next = item;
  tail_ = item;
}

void GlibcSearch::preload_one(std::string_view name, bool optional) {
  const size_t before = maps_.size();
  const uint32_t map = map_object(name, 0, EdgeKind::preload, optional);
  // What was loaded already, and what failed, is no preload.
  if (map != kNone && map >= before && !maps_[map].faked) append(map);
}

void GlibcSearch::preload() {
  append(0);
  std::string_view names = state_.config().preload;
  while (!names.empty()) {
    const size_t end = std::min(names.find_first_of(" :"), names.size());
    if (end > 0) preload_one(names.substr(0, end), false);
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  for (const std::string& name : state_.preload_file()) preload_one(name, true);
}

void GlibcSearch::walk_list() {
  for (uint32_t item = 0; item != kNone;) {
    items_[item].done = true;
    load_dependencies(item);
    // A filtee takes the place of the object that asked for it, and is looked at next.
    if (items_[item].done) {
      do item = items_[item].next;
      while (item != kNone && items_[item].done);
    }
  }
}

void GlibcSearch::load_dependencies(uint32_t item) {
  const uint32_t map = items_[item].map;
  const elf::Image* image = maps_[map].image;
  if (image == nullptr) return;
  uint32_t place = item;
  for (const elf::Dependency& dependency : image->dependencies) {
    std::string expanded;
    std::string_view name = dependency.name;
    if (name.find('$') != std::string_view::npos) {
      auto text = expand(name, map);
      if (!text || text->empty()) {
        fail(name, map, EdgeKind::needed, true);
        continue;
      }
      expanded = std::move(*text);
      name = expanded;
    }
    switch (dependency.kind) {
      case elf::DependencyKind::needed:
        if (uint32_t to = map_object(name, map, EdgeKind::needed, false); to != kNone) append(to);
        break;
      case elf::DependencyKind::filter:
        if (uint32_t to = map_object(name, map, EdgeKind::filter, false); to != kNone) insert_filtee(place, to);
        break;
      case elf::DependencyKind::auxiliary:
        if (uint32_t to = map_object(name, map, EdgeKind::auxiliary, true); to != kNone) insert_filtee(place, to);
        break;
    }
  }
}

// Puts a filtee before the object at `item`, which is then the object's new place. In the lists of the
// loader it goes there too if it is new or stood later (_dl_map_object_deps).
void GlibcSearch::insert_filtee(uint32_t& item, uint32_t map) {
  if (++filtees_ > kMaxFiltees) {
    // Objects that filter each other take each other's place for ever; the loader itself runs out of stack.
    if (filtees_ == kMaxFiltees + 1) load_.findings.push_back({"limit", std::string(maps_[map].name), "filters and auxiliaries that ask for each other without end; the loader itself does not survive that"});
    return;
  }
  items_.push_back(items_[item]);
  const auto moved = static_cast<uint32_t>(items_.size() - 1);
  if (maps_[map].listed) {
    uint32_t late = moved;
    while (items_[late].next != kNone && items_[items_[late].next].map != map) late = items_[late].next;
    if (items_[late].next == kNone) {
      items_.pop_back();
      return;
    }
    // Objects that are each other's filtees change places for ever, in the loader too.
    const bool endless = ++moves_ > kMaxMoves;
    if (endless && moves_ == kMaxMoves + 1) {
      load_.findings.push_back({"limit", load_.objects[0].name, "objects filter each other in a circle: the loader does not come to an end"});
    }
    items_[item] = {map, endless, moved};
    if (tail_ == items_[late].next) tail_ = late;
    items_[late].next = items_[items_[late].next].next;
  } else {
    items_[item] = {map, false, moved};
    maps_[map].listed = true;
  }
  if (order_.empty()) {
    for (uint32_t i = 0; i < maps_.size(); ++i) order_.push_back(i);
  }
  order_.erase(std::find(order_.begin(), order_.end(), map));
  order_.insert(std::find(order_.begin(), order_.end(), items_[moved].map), map);
  if (tail_ == item) tail_ = moved;
  item = moved;
}

// The program's DT_AUDIT and DT_DEPAUDIT modules are loaded into namespaces of their own, each with its
// dependencies (load_audit_modules in rtld.c). What they need is what the program's objects would need.
void GlibcSearch::audit() {
  const uint32_t before = tail_;
  for (const auto& list : {program_.audit, program_.depaudit}) {
    std::string_view names = list ? std::string_view(*list) : std::string_view();
    while (!names.empty()) {
      const size_t end = std::min(names.find(':'), names.size());
      const std::string_view name = names.substr(0, end);
      names.remove_prefix(std::min(end + 1, names.size()));
      if (name.empty()) continue;
      if (uint32_t map = map_object(name, 0, EdgeKind::audit, true); map != kNone && !maps_[map].faked) append(map);
    }
  }
  for (uint32_t item = items_[before].next; item != kNone; item = items_[item].next) {
    if (!std::exchange(items_[item].done, true)) load_dependencies(item);
  }
}

uint32_t GlibcSearch::map_of(const Node& node) const {
  auto found = std::find_if(maps_.begin(), maps_.end(), [&node](const Map& map) { return map.node == &node && !map.faked; });
  return found == maps_.end() ? kNone : static_cast<uint32_t>(found - maps_.begin());
}

// dl_open_worker (elf/dl-open.c): the search is that of the calling object, then the new object's dependencies are
// walked in a list of their own.
void GlibcSearch::open(const Loader::OpenRequest& request) {
  uint32_t requester = map_of(*request.requester);
  if (requester == kNone) requester = map_object(state_.keep(request.requester_path), 0, EdgeKind::opened, true);
  if (requester == kNone || maps_[requester].faked) requester = 0;
  const uint32_t before = tail_;
  auto walk = [&](uint32_t map) {
    if (map == kNone || maps_[map].faked || maps_[map].listed) return;
    append(map);
    for (uint32_t item = items_[before].next; item != kNone; item = items_[item].next) {
      if (!std::exchange(items_[item].done, true)) load_dependencies(item);
    }
  };
  walk(requester);
  auto name = expand(request.library, requester);
  if (name && !name->empty()) walk(map_object(state_.keep(*name), requester, EdgeKind::opened, true));
}

Load load_glibc(LoaderState& state, const Node& program, const std::string& name, const std::string& interpreter,
                const CpuModel& model, bool* depends_on_cpu, const OpenRequests& requests) {
  GlibcSearch search(state, program, name, interpreter, model);
  Load load = search.run(requests);
  if (depends_on_cpu != nullptr) *depends_on_cpu = search.depends_on_cpu();
  return load;
}

}  // namespace rootlet
