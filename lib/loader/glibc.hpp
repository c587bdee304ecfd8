// One program's search by the rules of glibc's ld.so.
#pragma once

#include <optional>
#include <set>
#include <tuple>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "loader/state.hpp"
#include "loader/verdict.hpp"

namespace rootlet {

class GlibcSearch {
 public:
  static constexpr uint32_t kVdso = 1, kRtld = 2;  // maps; 0 is the program

  GlibcSearch(LoaderState& state, const Node& program, const std::string& name, const std::string& interpreter,
              const CpuModel& model);
  Load run(const OpenRequests& requests);
  bool depends_on_cpu() const { return depends_on_cpu_; }

  // Where the loader would find a name for an object without paths of its own, or for one with a DT_RUNPATH
  // that was made known by add_requester().
  struct Shared {
    const Candidate* candidate = nullptr;  // null if nowhere, or if it is for some processors only
    How how = How::default_dir;
  };
  Shared search_shared(std::string_view name, uint32_t requester = kVdso);
  uint32_t add_requester(const elf::Image& image, std::string_view path);
  bool is_rtld(std::string_view name) const { return match(name) == kRtld; }
  bool is_vdso(std::string_view name) const { return match(name) == kVdso; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kMaxMoves = 1000;  // of filtees that stood later in the list
  static constexpr uint32_t kMaxFiltees = 2'000;  // that take a place, in one program

  // A link_map.
  struct Map {
    const elf::Image* image = nullptr;  // null for the vdso and for names not found
    const Node* node = nullptr;
    std::string_view name;              // l_name
    std::string origin;
    uint32_t loader = kNone;            // l_loader
    uint32_t object = kNone;            // index in Load::objects
    bool faked = false;                 // not found
    bool has_identity = false;          // takes part in the comparison of device and inode
    bool listed = false;                // l_reserved
    std::optional<std::vector<SearchDir*>> rpath, runpath;
  };

  // An item of the list that _dl_map_object_deps walks.
  struct Item {
    uint32_t map = kNone;
    bool done = false;
    uint32_t next = kNone;
  };

  struct Found {
    enum Kind : uint8_t { found, missing, fatal } kind = missing;
    const Candidate* candidate = nullptr;
    How how = How::default_dir;
  };
  struct Opened {
    enum Kind : uint8_t { found, missing, fatal } kind = missing;
    const Candidate* candidate = nullptr;
  };

  // glibc.cpp: which objects are loaded, in which order.
  uint32_t add_map(Map map, std::string_view name);
  void name_map(uint32_t map, std::string_view name);
  uint32_t match(std::string_view name) const;
  uint32_t map_object(std::string_view name, uint32_t loader, EdgeKind kind, bool optional);
  uint32_t map_file(std::string_view name, uint32_t loader, const Candidate& candidate, How* how);
  void preload();
  void preload_one(std::string_view name, bool optional);
  void audit();
  void open(const Loader::OpenRequest& request);
  uint32_t map_of(const Node& node) const;
  void walk_list();
  void load_dependencies(uint32_t item);
  void insert_filtee(uint32_t& item, uint32_t map);
  void append(uint32_t map);
  void fail(std::string_view name, uint32_t loader, EdgeKind kind, bool optional);

  // glibc_search.cpp: where a name is looked for.
  Found search(std::string_view name, uint32_t loader, std::vector<Attempt>* tried);
  Found search_by_path(std::string_view name, uint32_t loader, std::vector<Attempt>* tried);
  Found search_rpaths(std::string_view name, uint32_t loader, std::vector<Attempt>* tried);
  Found search_cache(std::string_view name, uint32_t loader, std::vector<Attempt>* tried);
  Opened open_path(std::string_view name, const std::vector<SearchDir*>& dirs, How how, std::vector<Attempt>* tried);
  Opened open_one(const Candidate& candidate, How how, std::vector<Attempt>* tried, int* error);
  Opened open_variants(std::string_view name, SearchDir& dir, How how, std::vector<Attempt>* tried);
  const std::vector<SearchDir*>& rpath(uint32_t map);
  const std::vector<SearchDir*>& runpath(uint32_t map);
  const std::vector<SearchDir*>& library_path();
  const std::vector<SearchDir*>& default_dirs();
  const std::vector<SearchDir*>& configured();
  std::vector<SearchDir*> split(std::string_view list, std::string_view separators, uint32_t map);
  std::optional<std::string> expand(std::string_view text, uint32_t map);
  const LoaderDirs& dirs();
  const LoaderRelease& release();
  const LibraryCache* cache();
  const std::vector<std::string>& model_variants();

  LoaderState& state_;
  const elf::Image& program_;
  const Abi& abi_;
  const CpuModel& model_;
  const std::string& interpreter_;
  bool depends_on_cpu_ = false;
  Load load_;
  std::set<std::tuple<uint32_t, EdgeKind, std::string>> failed_;

  std::vector<Map> maps_;
  std::unordered_map<std::string_view, std::vector<uint32_t>> names_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> by_inode_;
  std::vector<Item> items_;
  uint32_t tail_ = kNone;
  uint32_t moves_ = 0;
  uint32_t filtees_ = 0;
  std::vector<uint32_t> order_;  // the list of link maps, as filters reorder it; empty while it is plain

  const LoaderDirs* dirs_ = nullptr;
  const LoaderRelease* release_ = nullptr;
  std::optional<const LibraryCache*> cache_;
  LoaderState::CacheAnswers* answers_ = nullptr;
  std::optional<std::vector<SearchDir*>> library_path_, default_dirs_, configured_;
  std::optional<std::vector<std::string>> model_variants_;
  bool conf_used_ = false;

  // open_path() asks once whether "/" is a directory, by an empty path, and so finds after a miss that it is
  // none; after a hit it does not ask.
  enum class Top : uint8_t { unknown, there, gone } top_ = Top::unknown;
  bool top_searched_ = false;
};

}  // namespace rootlet
