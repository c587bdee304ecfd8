// A few names, each in several places and in several conditions, asked for by objects that look for
// them along random paths: whatever the order of a search, another order gives another answer.
#include <algorithm>
#include <array>

#include "support/graph.hpp"
#include "support/spelling.hpp"

namespace rootlet::test {
namespace {

using Kind = GraphStep::Kind;

constexpr uint64_t kNeeded = 1, kRpath = 15, kRunpath = 29, kAuxiliary = 0x7ffffffd, kFilter = 0x7fffffff;
constexpr uint64_t kNoDefaultLibraries = 0x800, kPie = 0x8000000;  // DF_1_NODEFLIB, DF_1_PIE
constexpr uint16_t kExecutable = 2, kAarch64 = 183, kX86_64 = 62, k386 = 3;

std::vector<std::string> platforms_of(const std::vector<SeenCpu>& cpus) {
  std::vector<std::string> platforms;
  for (const SeenCpu& cpu : cpus) {
    if (!cpu.model.platform.empty()) platforms.push_back(cpu.model.platform);
  }
  return platforms;
}

class Generator {
 public:
  Generator(const LoaderFacts& facts, const std::vector<SeenCpu>& cpus, uint64_t seed)
      : dice_(seed), facts_(facts), cpus_(cpus), spelling_(dice_, facts, platforms_of(cpus)) {
    graph_.seed = seed;
  }
  Graph make();

 private:
  bool glibc() const { return facts_.loader != RealLoader::musl; }
  void add(Kind kind, std::string path, std::string text = {}) {
    graph_.steps.push_back({kind, std::move(path), std::move(text)});
  }

  void lay_out();
  void lay_loader();
  void choose_directories();
  void choose_subdirectories();
  void choose_places();
  void fill_place(const std::string& path, bool may_link);
  void write_program();
  void write_cache();
  void write_stale_changes();
  void write_settings();

  ElfSpec object(const std::string& path);
  void spoil(GraphStep& step);
  void add_paths(ElfSpec& spec, const std::string& origin, unsigned without);
  void add_dependencies(ElfSpec& spec, const std::string& path, size_t count);
  std::string request(const std::string& path, const ElfSpec& spec);
  std::string odd_request(const std::string& path, const ElfSpec& spec);
  std::string names_list(const std::string& separators, bool comments);
  std::string conf_lines();

  Dice dice_;
  const LoaderFacts& facts_;
  const std::vector<SeenCpu>& cpus_;
  Spelling spelling_;
  Graph graph_;
  bool for_some_cpus_ = false;        // whether a directory is only for them
  std::vector<std::string> names_;    // that are asked for
  std::vector<std::string> places_;   // paths where they are
  std::vector<std::string> written_;  // places that have something by now
};

// Directories of the system, in the old way or as links into /usr.
void Generator::lay_out() {
  add(Kind::directory, "/proc");
  add(Kind::directory, "/etc");
  add(Kind::directory, "/var/cache/ldconfig");
  bool merged = dice_.percent(50);
  bool absolute = dice_.percent(30);
  for (const char* name : {"lib", "lib64", "lib32"}) {
    std::string usr = std::string("/usr/") + (merged && name[3] != 0 && dice_.percent(10) ? "lib" : name);
    add(Kind::directory, usr);
    if (merged)
      add(Kind::symlink, std::string("/") + name, absolute ? usr : usr.substr(1));
    else
      add(Kind::directory, std::string("/") + name);
  }
}

void Generator::lay_loader() {
  graph_.interpreter = facts_.interpreter;
  if (dice_.percent(8)) graph_.interpreter = "/opt/loader/lib/" + name_of(facts_.interpreter);
  if (dice_.percent(70)) {
    add(Kind::loader, graph_.interpreter);
  } else {
    std::string real = dice_.percent(50) ? "/usr/lib/ld-real.so" : "/opt/ld.so.1";
    add(Kind::loader, real);
    add(Kind::symlink, graph_.interpreter, real);
  }
}

void Generator::choose_directories() {
  std::vector<std::string> extra = {"/opt/a",       "/opt/a/b", "/usr/local/lib", "/srv/lib",  "/opt/app/lib",
                                    "/opt/app/bin", "/lib64",   "/data",          "/opt/conf", "/usr/lib64"};
  if (!facts_.lib.empty()) extra.push_back("/opt/" + facts_.lib);
  const auto platforms = platforms_of(cpus_);
  const std::string of_platform = platforms.empty() ? "" : "/opt/" + dice_.pick(platforms);
  if (!of_platform.empty()) extra.push_back(of_platform);
  if (dice_.percent(3))
    extra.push_back("/" + std::string(200, 'd') + "/" + std::string(200, 'e') + "/" + std::string(100, 'f'));
  std::vector<std::string>& chosen = spelling_.directories;
  for (const std::string& path : facts_.default_directories) {
    if (dice_.percent(55)) chosen.push_back(path);
  }
  for (size_t count = dice_.between(1, 4); count > 0; --count) chosen.push_back(dice_.pick(extra));
  for (const std::string& path : chosen) {
    for_some_cpus_ = for_some_cpus_ || path == of_platform;
    if (dice_.percent(95)) add(Kind::directory, path);
  }
  if (dice_.percent(5)) {
    add(Kind::symlink, "/opt/circle", "circle");
    chosen.push_back("/opt/circle");
  }
  if (dice_.percent(40)) {
    std::string target = dice_.pick(chosen);
    add(Kind::symlink, "/opt/link", dice_.percent(50) ? target : relative_path("/opt", target));
    chosen.push_back("/opt/link");
    if (dice_.percent(30)) {
      add(Kind::symlink, "/srv/link", "../opt/link");
      chosen.push_back("/srv/link");
    }
  }
}

// Subdirectories that a loader looks into before the directory itself, on some CPUs.
void Generator::choose_subdirectories() {
  std::vector<std::string> names;
  for (const SeenCpu& cpu : cpus_) {
    for (const std::string& level : cpu.model.hwcaps) names.push_back("glibc-hwcaps/" + level);
    for (const std::string& path : cpu.model.legacy) names.push_back(path.substr(0, path.size() - 1));
  }
  if (names.empty()) return;
  names.push_back("glibc-hwcaps/x86-64-v9");
  for (const std::string& path : std::vector<std::string>(spelling_.directories)) {
    if (!dice_.percent(30)) continue;
    spelling_.directories.push_back(join(path, dice_.pick(names)));
    for_some_cpus_ = true;
  }
}

void Generator::choose_places() {
  std::vector<std::string> pool = {"libA.so.1", "libB.so",    "libC.so.2.3", "libD.so.10", "libD.so.9",
                                   "E.so",      "libF.so.6",  "lib G.so",    "libH:1.so",  "libI.so.1",
                                   "libJ.so",   "libK.so.01", "libL.so.1",   "libM.so.2"};
  if (dice_.percent(3)) pool.push_back("lib" + std::string(250, 'N') + ".so");
  if (!glibc()) pool.insert(pool.end(), {"libc.so", "libm.so.6", "libpthread.so.0", "libmagic.so"});
  // In a generous tree every name has one more copy where most objects look, so that graphs get deep.
  const bool generous = dice_.percent(60);
  for (size_t count = dice_.between(3, 10); count > 0; --count) {
    const std::string& name = dice_.pick(pool);
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) continue;
    names_.push_back(name);
    for (size_t copies = dice_.weighted({3, 30, 30, 25, 12}); copies > 0; --copies) {
      places_.push_back(join(dice_.pick(spelling_.directories), name));
    }
    if (generous) places_.push_back(join(dice_.pick(facts_.default_directories), name));
  }
  if (places_.empty()) places_.push_back("/opt/a/" + names_.front());
  spelling_.files = places_;
}

void Generator::add_paths(ElfSpec& spec, const std::string& origin, unsigned without) {
  std::string separators = !glibc() && dice_.percent(5) ? ":\n" : ":";
  size_t which = dice_.weighted({without, 22, 23, 3});
  if ((which & 1) != 0) spec.rpath = spelling_.list(origin, separators);
  if ((which & 2) != 0) spec.runpath = spelling_.list(origin, separators);
}

// Names that are asked for less often.
std::string Generator::odd_request(const std::string& path, const ElfSpec& spec) {
  switch (dice_.weighted({20, 15, 15, 10, 10, 3, 4, 4, 3, 22})) {
    case 0: return "libabsent" + std::to_string(dice_.below(3)) + ".so";
    case 1: return dice_.percent(50) ? name_of(graph_.interpreter) : graph_.interpreter;
    case 2: return spec.soname.value_or(name_of(path));
    case 3: return spec.dependencies.empty() ? name_of(path) : spec.dependencies.back().second;
    case 4: return path;
    case 5: return graph_.program_file;
    case 6: return spelling_.list(parent_of(path), ":") + "/" + dice_.pick(names_);
    case 7: return "$ORIGIN";
    case 8: return dice_.pick(names_) + "/";
    default: {
      static const std::vector<std::string> kReserved = {
          "libc.so",      "libm.so.6",  "libpthread.so.0",       "librt.so.1",   "libdl.so.2",
          "libutil.so.1", "libxnet.so", "libc.musl-x86_64.so.1", "libcrypt.so.1"};
      return glibc() ? dice_.pick(names_) : dice_.pick(kReserved);
    }
  }
}

std::string Generator::request(const std::string& path, const ElfSpec& spec) {
  switch (dice_.weighted({75, 12, 13})) {
    case 0: return dice_.pick(names_);
    case 1: return spelling_.file(dice_.pick(places_), parent_of(path));
    default: return odd_request(path, spec);
  }
}

void Generator::add_dependencies(ElfSpec& spec, const std::string& path, size_t count) {
  // Filters of the program itself make glibc lose them from its list of objects, or loop for ever.
  const unsigned other = spec.interpreter ? 0 : 5;
  for (; count > 0; --count) {
    uint64_t tag = std::array{kNeeded, kAuxiliary, kFilter}[dice_.weighted({90, other, other})];
    spec.dependencies.emplace_back(tag, request(path, spec));
  }
}

ElfSpec Generator::object(const std::string& path) {
  ElfSpec spec;
  spec.is64 = facts_.is64;
  spec.machine = facts_.machine;
  switch (dice_.weighted({50, 15, 20, 10, 5})) {
    case 0: spec.soname = name_of(path); break;
    case 1: break;
    case 2: spec.soname = dice_.pick(names_); break;
    case 3: spec.soname = "libsoname" + std::to_string(dice_.below(3)) + ".so"; break;
    case 4: spec.soname = path; break;
  }
  add_paths(spec, parent_of(path), 52);
  add_dependencies(spec, path, dice_.weighted({20, 35, 25, 20}));
  if (dice_.percent(5)) spec.flags_1 = kNoDefaultLibraries;
  if (dice_.percent(1)) spec.soname = "";
  // A tag that stands twice: the last one counts.
  if (dice_.percent(2))
    spec.dependencies.emplace_back(dice_.percent(50) ? kRpath : kRunpath,
                                   spelling_.list(parent_of(path), ":"));
  if (dice_.percent(3)) spec.os_abi = 3;
  if (dice_.percent(15)) spec.abi_tag = {0, 3, 2, 0};
  if (dice_.percent(1)) spec.abi_tag = {dice_.percent(50) ? 0u : 1u, 99, 0, 0};
  return spec;
}

// Most objects stay good: one that stops the loader hides what comes after it.
void Generator::spoil(GraphStep& step) {
  ElfSpec& spec = step.spec;
  switch (dice_.weighted({890, 50, 40, 3, 3, 3, 3, 3, glibc() ? 3u : 0u, 2, 2, 2, 2, 2, glibc() ? 6u : 0u})) {
    case 0: break;
    case 1:
      spec.is64 = !spec.is64;
      spec.machine = spec.is64 ? kX86_64 : k386;
      break;
    case 2: spec.machine = kAarch64; break;
    case 3: spec.big_endian = true; break;
    case 4: step.length = dice_.between(1, spec.is64 ? 200 : 100); break;
    case 5: step.length = 0; break;
    case 6: step = {Kind::file, step.path, "/* GNU ld script */\nINPUT(libz.so)\n"}; break;
    case 7: step = {Kind::directory, step.path}; break;
    case 8: spec.type = kExecutable; break;
    case 9: spec.os_abi = 9; break;
    case 10: spec.dynamic = false; break;
    case 11: spec.flags_1 |= kPie; break;
    case 12: spec.type = dice_.percent(50) ? 4 : 1; break;
    case 13: step = {Kind::socket, step.path}; break;
    // musl knows its own copies by their symbols.
    case 14: step = {Kind::loader, step.path}; break;
  }
}

void Generator::fill_place(const std::string& path, bool may_link) {
  size_t kind = may_link && !written_.empty() ? dice_.weighted({75, 14, 8, 2, 1}) : 0;
  switch (kind) {
    case 0: {
      GraphStep step{Kind::object, path, {}, object(path)};
      spoil(step);
      graph_.steps.push_back(std::move(step));
      break;
    }
    case 1: {
      std::string target = dice_.pick(written_);
      if (target == path) return;
      add(Kind::symlink, path, dice_.percent(40) ? target : relative_path(parent_of(path), target));
      break;
    }
    case 2: add(Kind::hard_link, path, dice_.pick(written_)); break;
    case 3: add(Kind::symlink, path, "absent"); break;
    case 4: add(Kind::symlink, path, name_of(path)); break;
  }
  written_.push_back(path);
}

void Generator::write_program() {
  GraphStep step{Kind::object, graph_.program_file, {}, {}};
  ElfSpec& spec = step.spec;
  spec.is64 = facts_.is64;
  spec.machine = facts_.machine;
  spec.interpreter = graph_.interpreter;
  if (dice_.percent(30)) spec.type = kExecutable;
  if (dice_.percent(5)) spec.soname = dice_.pick(names_);
  if (dice_.percent(5)) spec.flags_1 = kNoDefaultLibraries;
  add_paths(spec, parent_of(step.path), 35);
  spec.needs(dice_.pick(names_));
  add_dependencies(spec, step.path, dice_.weighted({10, 30, 30, 20, 10}));
  graph_.steps.push_back(std::move(step));
  graph_.program = graph_.program_file;
  if (!dice_.percent(20)) return;
  graph_.program = "/usr/games/start";
  add(Kind::symlink, graph_.program,
      dice_.percent(50) ? graph_.program_file : relative_path("/usr/games", graph_.program_file));
}

std::string Generator::conf_lines() {
  std::string text;
  for (size_t count = dice_.between(1, 4); count > 0; --count) {
    std::string path = dice_.pick(spelling_.directories);
    switch (dice_.weighted({70, 8, 8, 4, 4, 3, 3})) {
      case 1: path += "/"; break;
      case 2: path += "   # of the application"; break;
      case 3: path = "\t" + path + " \t"; break;
      case 4: path = "# " + path; break;
      case 5: path += "//."; break;
      case 6: path = "\n" + path + "=libc6"; break;
      default: break;
    }
    text += path + "\n";
  }
  return text;
}

// A cache made by ldconfig itself; without one, glibc never reads ld.so.conf.
void Generator::write_cache() {
  if (!glibc() || !dice_.percent(60)) return;
  std::string text = conf_lines();
  if (dice_.percent(40)) {
    text += dice_.percent(50) ? "include /etc/ld.so.conf.d/*.conf\n" : "include ld.so.conf.d/*.conf\n";
    add(Kind::file, "/etc/ld.so.conf.d/b.conf", conf_lines());
    if (dice_.percent(50)) add(Kind::file, "/etc/ld.so.conf.d/a.conf", conf_lines());
  }
  add(Kind::file, "/etc/ld.so.conf", text);
  static const std::vector<std::string> kOptions = {"-X", "-X", "", "-X -c compat", "-X -c old", "-c compat"};
  // ldconfig 2.36 writes broken caches of the older formats where an entry is for some CPUs only.
  add(Kind::cache, "/etc/ld.so.cache", kOptions[dice_.below(for_some_cpus_ ? 3 : kOptions.size())]);
  if (dice_.percent(40)) write_stale_changes();
}

void Generator::write_stale_changes() {
  for (size_t count = dice_.between(1, 4); count > 0; --count) {
    switch (dice_.weighted({40, 30, 30})) {
      case 0: add(Kind::remove, dice_.pick(places_)); break;
      case 1: fill_place(dice_.pick(places_), true); break;
      default: fill_place(join(dice_.pick(spelling_.directories), dice_.pick(names_)), true); break;
    }
  }
}

std::string Generator::names_list(const std::string& separators, bool comments) {
  std::string text;
  for (size_t count = dice_.between(1, 3); count > 0; --count) {
    if (comments && dice_.percent(15)) text += "# " + dice_.pick(names_) + "\n";
    switch (dice_.weighted({60, 25, 15})) {
      case 0: text += dice_.pick(names_); break;
      case 1: text += spelling_.file(dice_.pick(places_), parent_of(graph_.program_file)); break;
      default: text += "libabsent" + std::to_string(dice_.below(2)) + ".so"; break;
    }
    if (count > 1 || dice_.percent(30)) text += separators[dice_.below(separators.size())];
    if (dice_.percent(10)) text += separators[0];
  }
  return text;
}

void Generator::write_settings() {
  if (dice_.percent(40)) graph_.library_path = spelling_.list(parent_of(graph_.program_file), ":::;");
  if (dice_.percent(20)) graph_.preload = names_list(" :", false);
  if (glibc()) {
    if (dice_.percent(15)) add(Kind::file, "/etc/ld.so.preload", names_list("\n \t:", true));
  } else if (dice_.percent(30)) {
    std::string prefix = parent_of(parent_of(graph_.interpreter));
    std::string path = join(prefix, "etc/ld-musl-x86_64.path");
    if (dice_.percent(4))
      add(Kind::directory, path);
    else
      add(Kind::file, path, spelling_.list("/", "\n:"));
  }
}

Graph Generator::make() {
  static const std::vector<std::string> kPrograms = {"/bin/program", "/usr/bin/program",
                                                     "/opt/app/bin/program", "/opt/a/program", "/program"};
  graph_.program_file = dice_.pick(kPrograms);
  lay_out();
  lay_loader();
  choose_directories();
  choose_subdirectories();
  choose_places();
  for (const std::string& place : std::vector<std::string>(places_)) fill_place(place, true);
  write_program();
  write_cache();
  write_settings();
  return std::move(graph_);
}

}  // namespace

Graph random_graph(const LoaderFacts& facts, const std::vector<SeenCpu>& cpus, uint64_t seed) {
  return Generator(facts, cpus, seed).make();
}

}  // namespace rootlet::test
