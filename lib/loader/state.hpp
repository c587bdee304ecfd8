// What a Loader keeps between programs: everything read from the root, each thing once.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "loader/cache.hpp"
#include "loader/facts.hpp"
#include "loader/machine.hpp"
#include "rootlet/loader.hpp"

namespace rootlet {

class SharedGraph;

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <typename T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

// A search directory as text, and what is there.
struct SearchDir {
  std::string text;  // with a trailing slash; empty for the working directory
  const Node* node = nullptr;
  int error = 0;     // why there is no directory: an errno value
  bool relative = false;
  std::vector<const Node*> links;
  // Subdirectories of any processor of the machine that are there: "glibc-hwcaps/x86-64-v3/".
  std::vector<std::pair<std::string, SearchDir*>> variants;
  const void* variants_of = nullptr;  // the Abi that `variants` were looked up for
};

// A path that was looked up, and the file there as a loader sees it.
struct Candidate {
  Trail trail;
  int error = 0;                       // an errno value if nothing can be opened there
  const elf::Image* image = nullptr;   // null if the file is no good
  std::optional<elf::Header> header;   // known also of a file that is no good
  std::string problem;                 // why it is no good
};

class LoaderState {
 public:
  LoaderState(Root& root, LoaderConfig config);
  ~LoaderState();

  Root& root() { return root_; }
  const LoaderConfig& config() const { return config_; }

  using Content = Loader::Content;
  const Content& content(const Node& node);

  // The directory of that text; the text as the glibc loader normalises it.
  SearchDir& dir(std::string_view text);
  // Fills dir.variants for the machine.
  void find_variants(SearchDir& dir, const Abi& abi);

  // What is at dir.text + name.
  const Candidate& candidate(const SearchDir& dir, std::string_view name);
  // What is at a path of its own (relative ones count from the top).
  const Candidate& candidate(std::string_view path);

  // What a glibc loader's binary tells; the directories are those of the table where it does not.
  const LoaderDirs& loader_dirs(const std::string& interpreter, const Abi& abi);
  const LoaderRelease& loader_release(const std::string& interpreter);

  // The cache of that path in the byte order of the program, or null.
  const LibraryCache* cache(const std::string& path, ByteOrder order);
  // The directories of ld.so.conf.
  const std::vector<std::string>& configured();
  // /etc/ld.so.preload.
  const std::vector<std::string>& preload_file();
  // Directories of a musl loader, and whether its configuration file gave them.
  struct MuslPath {
    std::vector<std::string> dirs;
    bool configured = false;
  };
  const MuslPath& musl_path(const std::string& file);

  // A copy of `text` that lives as long as the state.
  std::string_view keep(std::string_view text);

  // Counts candidates of one program; false once the limit is passed.
  void start_program() { candidates_ = notes_ = 0; }
  bool within_limits() { return ++candidates_ <= config_.max_candidates; }

  // Records an attempt, if `tried` is there and the program has not filled the record already.
  void note(std::vector<Attempt>* tried, std::string path, How how, std::string why) {
    if (tried != nullptr && ++notes_ <= kMaxNotes) tried->push_back({std::move(path), how, std::move(why)});
  }

  // The same model as one object, so that its address stands for it.
  const CpuModel& intern(const CpuModel& model);

  // The libraries that programs of this interpreter and kind share, by shared_graph.hpp.
  std::map<std::tuple<std::string, elf::Class, ByteOrder, uint16_t, uint32_t>, std::unique_ptr<SharedGraph>>& shared_graphs() {
    return shared_graphs_;
  }

  // Answers of one cache to one kind of program on one model, by name.
  struct CacheAnswer {
    std::optional<std::string_view> path;
    bool depends_on_cpu = false;
  };
  using CacheAnswers = StringMap<CacheAnswer>;
  CacheAnswers& cache_answers(const LibraryCache& cache, const Abi& abi, const CpuModel& model,
                              const std::string& interpreter);

 private:
  static constexpr uint64_t kMaxNotes = 100'000;
  Candidate make_candidate(std::string path, const SearchDir* dir, std::string_view name);

  Root& root_;
  LoaderConfig config_;
  std::unordered_map<const Node*, Content> contents_;
  StringMap<SearchDir> dirs_;
  StringMap<Candidate> candidates_by_path_;
  StringMap<LoaderDirs> loader_dirs_;
  StringMap<LoaderRelease> loader_releases_;
  StringMap<std::optional<LibraryCache>> caches_;
  std::optional<std::vector<std::string>> configured_;
  std::optional<std::vector<std::string>> preload_file_;
  StringMap<MuslPath> musl_paths_;
  std::unordered_set<std::string, StringHash, std::equal_to<>> kept_;
  std::deque<CpuModel> models_;
  std::map<std::tuple<const LibraryCache*, const Abi*, const CpuModel*, std::string>, CacheAnswers> cache_answers_;
  std::map<std::tuple<std::string, elf::Class, ByteOrder, uint16_t, uint32_t>, std::unique_ptr<SharedGraph>> shared_graphs_;
  uint64_t candidates_ = 0;
  uint64_t notes_ = 0;
};

struct Loader::State {
  LoaderState shared;
};

// $ORIGIN, $LIB and $PLATFORM (_dl_dst_substitute). Nothing if a token has no value here.
struct TokenValues {
  std::string_view origin, lib, platform;
};
std::optional<std::string> expand_tokens(std::string_view text, const TokenValues& values, bool* used_platform);

std::string_view directory_of(std::string_view path);
std::string error_text(int errno_value);

// The two loaders, and what is opened by dlopen afterwards. `program` has an image.
using OpenRequests = std::vector<Loader::OpenRequest>;
Load load_glibc(LoaderState& state, const Node& program, const std::string& name, const std::string& interpreter,
                const CpuModel& model, bool* depends_on_cpu, const OpenRequests& requests);
Load load_musl(LoaderState& state, const Node& program, const std::string& name, const std::string& interpreter,
               const OpenRequests& requests);

}  // namespace rootlet
