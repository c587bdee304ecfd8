// loader: which shared objects a program loads, decided as its own dynamic loader decides it.
//
// Two loaders are known: glibc's ld.so (elf/dl-load.c, dl-deps.c, dl-cache.c, rtld.c) and musl's
// (ldso/dynlink.c). Which one applies is read off the program's interpreter. Nothing is executed,
// and nothing of the machine this runs on is consulted: an object of any architecture is resolved as
// on its own machine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/base.hpp"
#include "rootlet/elf.hpp"
#include "rootlet/root.hpp"

namespace rootlet {

// The rule by which a library was found.
enum class How : uint8_t {
  loaded,        // already there under that name
  direct,        // the name has a slash
  rpath,
  library_path,
  runpath,
  cache,         // the root's ld.so.cache
  conf,          // a directory of ld.so.conf, where the root has no cache (musl: ld-musl-ARCH.path)
  default_dir,
};
// "loaded", "direct", "rpath", "library-path", "runpath", "cache", "conf", "default".
std::string_view to_string(How how);

// One candidate of a search and why it was not taken.
struct Attempt {
  std::string path;
  How how = How::default_dir;
  std::string why;
};

struct LoaderConfig {
  std::string library_path;  // as LD_LIBRARY_PATH; empty: what the root's image sets (Root::variable())
  std::string preload;       // as LD_PRELOAD, likewise
  // The kernel it must run on, "5.10.0"; empty: any. glibc before 2.36 passes over objects whose ABI
  // note asks for a newer one.
  std::string kernel;
  // The highest hwcaps level that is wanted: "base", "x86-64-v3", "power10", "z15", … or "all".
  std::string cpu = "all";
  // A level that is none of a program's machine bounds nothing there, instead of being an error.
  bool cpu_of_others = false;
  // Where the root has no readable ld.so.cache: search the directories that ldconfig would put there.
  // The loader itself would not; a layer with a generated cache makes it.
  bool search_conf = true;
  // Keep every candidate that was passed over, also of what was found in the end (Load::attempts).
  bool record_attempts = false;
  // Candidates that one program may make the search look at before it is given up as hostile.
  uint64_t max_candidates = 1'000'000;
  uint32_t max_objects = 20'000;  // objects that one program may load
};

// `opened`: by dlopen in the object that the edge comes from.
enum class EdgeKind : uint8_t { needed, filter, auxiliary, preload, audit, opened };

// A loaded object. `name` is the path it was found by (its own links not resolved); `node` the file.
struct LoadedObject {
  std::string name;
  const Node* node = nullptr;
  const elf::Image* image = nullptr;
};

// How a file was reached: the path looked up, and the links crossed on the way. Owned by the Loader.
struct Trail {
  std::string path;
  const Node* node = nullptr;
  std::vector<const Node*> links;
};

// `from` asked for `name` and got `to`. Indices into Load::objects; 0 is the program itself.
struct LoadEdge {
  EdgeKind kind = EdgeKind::needed;
  uint32_t from = 0;
  std::string_view name;  // as the object spells it; owned by the Loader
  uint32_t to = 0;
  How how = How::default_dir;
  const Trail* trail = nullptr;  // null if the name alone was enough (How::loaded)
};

// A name that was not found, or whose file the loader would reject.
struct LoadFailure {
  EdgeKind kind = EdgeKind::needed;
  uint32_t from = 0;
  std::string name;
  bool refused = false;   // the search ended at a file that the loader does not take, the last of `tried`
  bool optional = false;  // the program starts without it: an auxiliary, an audit module, ld.so.preload
  std::vector<Attempt> tried;
};

// A candidate that was passed over in a search that may have found another.
struct LoadAttempt {
  uint32_t from = 0;
  std::string name;
  Attempt attempt;
};

struct LoaderFinding {
  std::string kind;
  std::string path;
  std::string detail;
};

// What one program loads on one kind of CPU: objects in load order, the program first. The loader
// itself is among them if it was asked for by name or is the interpreter.
struct Load {
  std::vector<LoadedObject> objects;
  std::vector<LoadEdge> edges;
  std::vector<LoadFailure> failures;
  std::vector<LoaderFinding> findings;
  std::vector<LoadAttempt> attempts;  // only with LoaderConfig::record_attempts
};

enum class LoaderKind : uint8_t { glibc, musl, none };

// A kind of CPU of one machine, as far as the search cares: which subdirectories are looked into.
struct CpuModel {
  std::string level;                 // "base", "x86-64-v3", …
  std::vector<std::string> hwcaps;   // glibc-hwcaps subdirectories, best first
  std::string platform;              // $PLATFORM; empty where the loader has none
  std::vector<std::string> legacy;   // subdirectories that glibc before 2.37 tries, in its order
  uint64_t legacy_bits = 0;          // its hardware bits, as in an ld.so.cache entry
  uint64_t legacy_platform = 0;      // its platform bit there, 0 if none
  uint32_t isa_bits = 0;             // instruction set levels, as in an ld.so.cache entry

  bool operator==(const CpuModel&) const = default;
};

// Resolves programs of one Root. It keeps what it reads (images, the cache, configuration), so that
// many programs cost little more than one. Used by one thread at a time.
class Loader {
 public:
  Loader(Root& root, LoaderConfig config);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // What a file holds, read once: an ELF image, or the first bytes of something else, or the error that
  // kept it from being read. Lives as long as the Loader.
  struct Content {
    std::optional<elf::Image> image;
    bool readable = false;      // it could be opened
    bool claims_elf = false;    // it starts as an ELF file does, whether or not the rest is in order
    std::string start;          // its first 256 bytes, if it does not
    std::optional<elf::Header> header;  // of an ELF file whose rest is not in order
    Error error;                // why there is no image
  };
  const Content& content(const Node& node);

  // The image of a file, or why there is none.
  Result<const elf::Image*> image(const Node& node);

  // The loader that an image asks for, and the path of it. For an object without an interpreter (a
  // library) the root's usual one for its machine; `none` for a static program.
  struct Interpreter {
    LoaderKind kind = LoaderKind::none;
    std::string path;        // as the image spells it, or the usual one
    bool assumed = false;    // the image names none
  };
  Interpreter interpreter(const elf::Image& image);

  // The release of the C library that a loader belongs to: 236 for glibc's 2.36, 10203 for musl's 1.2.3; 0 where its binary does not say.
  unsigned release(const Interpreter& interpreter);

  // CPU models worth a run of their own for this image, the baseline first, limited by the config's
  // `cpu`. Fails with invalid_argument if `cpu` is no level of the machine, unless it may be that of others.
  Result<std::vector<CpuModel>> models(const elf::Image& image);

  // What `program` loads on one CPU model. `name` is the path it is started by; its $ORIGIN is that of
  // the node, as the kernel's /proc/self/exe would say. Fails if the program has no image.
  // `depends_on_cpu` tells whether another model could give another answer.
  Result<Load> load(const Node& program, const std::string& name, const CpuModel& model,
                    bool* depends_on_cpu = nullptr);

  // load_all() without what earlier calls of load_more() have reported already: an edge is reported when it
  // is first met. Objects that no reported edge names are left out, but for the program (index 0). Programs that share libraries
  // cost little each, since what is behind a library is walked once.
  Result<std::vector<Load>> load_more(const Node& program, const std::string& name);

  // load() on every model, the baseline first and only the different answers.
  Result<std::vector<Load>> load_all(const Node& program, const std::string& name);

  // A dlopen: `requester` calls it, an object that `program` loads or opened before (as the file
  // `requester_path`), and `library` is what it passes: a name, or a path.
  struct OpenRequest {
    const Node* requester = nullptr;
    std::string requester_path;
    std::string library;
  };
  // load_all() with these libraries opened one after the other when the program has started. What is not found, and what
  // they need and do not find, is an optional failure: the program goes on.
  Result<std::vector<Load>> open(const Node& program, const std::string& name, const std::vector<OpenRequest>& requests);

  // The caches that a layer needs so that its loaders find what these found, mostly one or none. `found` has an item
  // for each loader: libraries with the rule that found each; `in_layer` tells which files (and links) the layer holds, and
  // `has_name` whether any of them has that name, which spares looking up the rest. A
  // cache is for all loaders that read that file, and is left out if they find everything in their default
  // directories. The content is in glibc's current format and lists exactly the layer's libraries.
  struct FoundLibrary {
    std::string_view name;
    How how = How::cache;
    const Trail* trail = nullptr;
  };
  struct FoundBy {
    const elf::Image* program = nullptr;  // any of the loader's programs
    std::vector<FoundLibrary> libraries;
  };
  struct LayerCache {
    std::string path;
    std::string content;
    std::string loader;  // the first that needs it
  };
  // With `always` a glibc loader gets one in any case: it looks there before its default directories, and what a program
  // opens later by name is found there too.
  std::vector<LayerCache> layer_caches(const std::vector<FoundBy>& found, const std::function<bool(const Node&)>& in_layer,
                                       const std::function<bool(std::string_view)>& has_name, bool always = false);

 private:
  Result<Load> run(const Node& program, const std::string& name, const CpuModel& model, const std::vector<OpenRequest>& requests,
                   bool* depends_on_cpu);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rootlet
