// Every allocation of a build, refused in turn: what follows is an error, or exactly the answer of an
// undisturbed build.
//
// The build is cut into steps, each repeated for n = 1, 2, ... until its n-th allocation is beyond its last
// one. After each time nothing is left: no memory, no descriptor, no output. With ROOTLET_LONG_TESTS=1 no n
// is left out.
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "refuse.hpp"
#include "rootlet.h"

namespace rootlet::test {
namespace {

namespace fs = std::filesystem;

// Not among them: a Java archive. libarchive reads it, whose reader of zip files (3.6) follows a null pointer
// where it gets no memory.
const char* const kEntries[] = {"/usr/bin/app",     "/usr/bin/app-again", "/usr/bin/broken",
                                "/usr/bin/tool",    "/usr/bin/tool.py",   "/usr/bin/tool.js",
                                "/usr/bin/tool.pl", "/usr/lib/locale"};
constexpr size_t kEntryCount = std::size(kEntries);
constexpr const char* kRules = R"([[rule]]
name = "own"
because = "a test"
source = "here"
when = {soname = ["libz.so.1"]}
then = {files = ["/usr/share/app/data.txt"], programs = ["grep"], plugins = ["/usr/lib/x86_64-linux-gnu/libhelp.so.1"]}
)";

int failures = 0;
std::string world, out, rules_file;
std::string only;  // this step

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Every path below a directory, with what is in it; with times where these are part of the answer.
std::string listing(const fs::path& top, bool times) {
  std::vector<std::string> lines;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top)) {
    struct stat status;
    if (::lstat(entry.path().c_str(), &status) != 0) std::abort();
    std::string line = entry.path().string().substr(top.string().size()) + " " +
                       std::to_string(status.st_mode) + (times ? " " + std::to_string(status.st_mtime) : "");
    if (entry.is_symlink())
      line += " -> " + fs::read_symlink(entry.path()).string();
    else if (entry.is_regular_file())
      line += "\n" + content(entry.path());
    lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

size_t open_descriptors() {
  size_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

// What a step makes. Nothing of the test itself is allocated between begin and end.
struct Made {
  rootlet_options* options = nullptr;
  rootlet_root* root = nullptr;
  rootlet_closure* closure = nullptr;
  rootlet_plan* plan = nullptr;
  rootlet_audit* audit = nullptr;
  rootlet_text* text = nullptr;
  int descriptor = -1;

  void free() {
    rootlet_text_free(text);
    rootlet_audit_free(audit);
    rootlet_plan_free(plan);
    rootlet_closure_free(closure);
    rootlet_root_free(root);
    rootlet_options_free(options);
    if (descriptor >= 0) ::close(descriptor);
    *this = Made();
  }
};

int make_options(Made& made, rootlet_error** error) {
  made.options = rootlet_options_new();
  if (made.options == nullptr) return ROOTLET_NO_MEMORY;
  const char* const values[][2] = {{"library-path", "/opt/a/rather/long/library/path:/opt/lib"},
                                   {"times", "package"},
                                   {"epoch", "1700000001"},
                                   {"record-attempts", "yes"},
                                   {"licenses", "yes"}};
  for (const auto& value : values) {
    if (int code = rootlet_options_set(made.options, value[0], value[1], error); code != 0) return code;
  }
  const char* const lists[][2] = {{"locale", "de_DE.UTF-8"},
                                  {"timezone", "Europe/Berlin"},
                                  {"charset", "UTF-16"},
                                  {"include", "/usr/share/app/*.txt"},
                                  {"include", "/usr/share/app/n*"},
                                  {"exclude", "/usr/share/none/*"}};
  for (const auto& value : lists) {
    if (int code = rootlet_options_add(made.options, value[0], value[1], error); code != 0) return code;
  }
  if (int code = rootlet_options_set(made.options, "rules", rules_file.c_str(), error); code != 0)
    return code;
  return rootlet_options_add_rules(made.options, "more rules, from memory", kRules,
                                   std::char_traits<char>::length(kRules), error);
}

int resolve(Made& made, const rootlet_options* options, const std::string& root, rootlet_error** error) {
  if (int code = rootlet_root_open(root.c_str(), &made.root, error); code != 0) return code;
  return rootlet_resolve(made.root, options, kEntries, kEntryCount, &made.closure, error);
}

std::string json(const rootlet_closure* closure) {
  rootlet_text* text = nullptr;
  if (rootlet_closure_text(closure, "json", &text, nullptr) != 0) return "no JSON";
  std::string said(rootlet_text_data(text), rootlet_text_size(text));
  rootlet_text_free(text);
  return said;
}

struct Step {
  const char* name;
  std::function<int(Made&, rootlet_error**)> work;  // disturbed
  std::function<std::string(Made&)> answer;         // of a success, with what it wrote taken away again
  std::function<std::string(Made&)> left = [](Made&) { return ""; };  // what a failure leaves behind: nothing
  std::function<void(Made&)> before = [](Made&) {};                   // not disturbed
  bool makes_options = false;  // rootlet_options_new() tells nothing but that it failed
  uint64_t most = 500;         // n that are tried beyond the first 200
};

struct Run {
  int code = 0;
  bool told = false;  // there is an error where there should be one
  std::string message, answer, left;
  uint64_t asked = 0, refused = 0;
  int64_t lost = 0;  // allocations
  bool descriptors_lost = false;
};

int64_t held_by(const std::string& text) {
  return text.capacity() > std::string().capacity() ? 1 : 0;
}

Run run(const Step& step, uint64_t n, Refuse how) {
  Run run;
  const size_t open = open_descriptors();
  const int64_t live = live_allocations();
  Made made;
  rootlet_error* error = nullptr;
  step.before(made);
  begin_refusing(n, how);
  run.code = step.work(made, &error);
  run.asked = end_refusing();
  run.refused = refused_count();
  run.told = run.code == 0 ? error == nullptr
             : made.options == nullptr && step.makes_options
                 ? true
                 : error != nullptr && rootlet_error_code(error) == run.code &&
                       *rootlet_error_message(error) != '\0';
  if (error != nullptr) run.message = rootlet_error_message(error);
  rootlet_error_free(error);
  (run.code == 0 ? run.answer : run.left) = (run.code == 0 ? step.answer : step.left)(made);
  made.free();
  run.lost = live_allocations() - live - held_by(run.message) - held_by(run.answer) - held_by(run.left);
  run.descriptors_lost = open_descriptors() != open;
  return run;
}

// The places around the first byte that differs.
std::string difference(const std::string& answer, const std::string& expected) {
  const auto at = static_cast<size_t>(std::mismatch(answer.begin(), answer.end(), expected.begin(), expected.end()).first - answer.begin());
  const auto around = [at](const std::string& text) {
    std::string part = text.substr(at < 60 ? 0 : at - 60, 120);
    for (char& c : part) c = c >= ' ' && c <= '~' ? c : '?';
    return "\n  " + part;
  };
  return " from byte " + std::to_string(at) + " on:" + around(answer) + "\n  and not" + around(expected);
}

// What is wrong with a run, or an empty string.
std::string verdict(const Run& run, const std::string& expected) {
  const std::string code = std::string(" (") + rootlet_code_name(run.code) + ": " + run.message + ")";
  if (!run.told) return "there is no usable error" + code;
  if (run.code == 0 && run.answer != expected) return "the answer is another one" + difference(run.answer, expected);
  if (run.code != 0 && run.code != ROOTLET_NO_MEMORY && run.code != ROOTLET_IO)
    return "the error is about something else" + code;
  if (!run.left.empty()) return run.left + code;
  if (run.lost != 0) return std::to_string(run.lost) + " allocations are lost" + code;
  if (run.descriptors_lost) return "descriptors are lost" + code;
  return "";
}

// The n to try: the first 200, and then as many as `most`, evenly; a fifth of that under AddressSanitizer, which takes ten times as long.
std::vector<uint64_t> places(uint64_t count, uint64_t most) {
#if defined(ROOTLET_ADDRESS_SANITIZER)
  constexpr uint64_t kFirst = 40;
  most /= 5;
#else
  constexpr uint64_t kFirst = 200;
#endif
  const bool all = std::getenv("ROOTLET_LONG_TESTS") != nullptr || count <= kFirst + most;
  const uint64_t stride = all ? 1 : (count - kFirst + most - 1) / most;
  std::vector<uint64_t> places;
  for (uint64_t n = 1; n <= count; n += n < kFirst ? 1 : stride) places.push_back(n);
  return places;
}

void complain(const char* step, uint64_t n, Refuse how, const std::string& what) {
  if (++failures <= 200)
    std::printf("%s: without allocation %lu%s: %s\n", step, n,
                how == Refuse::once ? "" : " and all that follow", what.c_str());
  std::fflush(stdout);
}

void test(const Step& step) {
  if (!only.empty() && step.name != only) return;
  for (int i = 0; i < 2; ++i) run(step, 0, Refuse::once);  // fills what is filled once
  const Run undisturbed = run(step, 0, Refuse::once);
  if (undisturbed.code != 0) return complain(step.name, 0, Refuse::once, "it fails: " + undisturbed.message);
  uint64_t tried = 0, same = 0, no_memory = 0;
  for (const Refuse how : {Refuse::once, Refuse::from_there_on}) {
    for (const uint64_t n : places(undisturbed.asked, how == Refuse::once ? step.most : step.most / 4)) {
      const Run disturbed = run(step, n, how);
      if (const std::string wrong = verdict(disturbed, undisturbed.answer); !wrong.empty())
        complain(step.name, n, how, wrong);
      if (disturbed.refused == 0) complain(step.name, n, how, "it asks for fewer than an undisturbed run");
      ++tried;
      if (disturbed.code == 0) ++same;
      if (disturbed.code == ROOTLET_NO_MEMORY) ++no_memory;
    }
  }
  std::printf(
      "%-36s %6lu allocations, %5lu of them refused: %5lu times no_memory, %lu other errors, %lu times the "
      "same answer\n",
      step.name, undisturbed.asked, tried, no_memory, tried - same - no_memory, same);
  std::fflush(stdout);
}

void prepare(Made& made, const std::string& root) {
  rootlet_error* error = nullptr;
  if (make_options(made, &error) != 0 || resolve(made, made.options, root, &error) != 0) {
    std::printf("cannot prepare: %s\n", rootlet_error_message(error));
    std::exit(1);
  }
}

std::string taken_away(const std::string& path, bool times = true) {
  const std::string what = fs::is_directory(path) ? listing(path, times) : content(path);
  fs::remove_all(path);
  return what;
}

std::string left_in(const std::string& directory) {
  std::string left;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory))
    left += "left behind: " + entry.path().filename().string() + " ";
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) fs::remove_all(entry.path());
  return left;
}

std::string text_of(Made& made) {
  return {rootlet_text_data(made.text), rootlet_text_size(made.text)};
}

std::vector<Step> options_and_closures() {
  const auto options = [](Made& made) {
    std::string all;
    for (size_t i = 0; i < rootlet_option_count(); ++i) {
      const char* name = rootlet_option_name(i);
      for (size_t j = 0; j < rootlet_options_count(made.options, name); ++j)
        all += std::string(name) + "=" + rootlet_options_get(made.options, name, j) + "\n";
    }
    return all;
  };
  std::vector<Step> steps = {{"options", make_options, options}};
  steps.back().makes_options = true;
  for (const char* kind : {"dpkg", "rpm"}) {
    const std::string root = world + "/" + kind;
    Made undisturbed;
    prepare(undisturbed, root);
    const std::string expected = json(undisturbed.closure);
    undisturbed.free();
    steps.push_back(
        {kind == std::string("dpkg") ? "resolve" : "resolve with rpm",
         [root](Made& made, rootlet_error** error) { return resolve(made, made.options, root, error); },
         [](Made& made) { return json(made.closure); },
         // A root outlives the failure, and answers as if nothing had been.
         [expected](Made& made) {
           if (made.root == nullptr) return "";
           rootlet_resolve(made.root, made.options, kEntries, kEntryCount, &made.closure, nullptr);
           return json(made.closure) == expected ? "" : "the same root gives another answer afterwards";
         },
         [](Made& made) {
           if (make_options(made, nullptr) != 0) std::exit(1);
         },
         false, kind == std::string("dpkg") ? 1500u : 300u});
  }
  return steps;
}

std::vector<Step> texts(const Made& base) {
  std::vector<Step> steps;
  for (const char* format : {"json", "paths", "tree", "color-tree", "dot"}) {
    steps.push_back({format,
                     [&base, format](Made& made, rootlet_error** error) {
                       return rootlet_closure_text(base.closure, format, &made.text, error);
                     },
                     text_of});
  }
  steps.push_back({"report",
                   [&base](Made& made, rootlet_error** error) {
                     return rootlet_closure_report(base.closure, nullptr, 0, &made.text, error);
                   },
                   text_of});
  steps.push_back({"depfile",
                   [&base](Made& made, rootlet_error** error) {
                     return rootlet_closure_depfile(base.closure, "layer.tar", &made.text, error);
                   },
                   text_of});
  for (const char* format : {"json", "text", "color-text"}) {
    for (const char* path : {"/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/bin/grep", "/usr/share/none"}) {
      steps.push_back({path,
                       [&base, format, path](Made& made, rootlet_error** error) {
                         return rootlet_closure_why(base.closure, path, 3, format, nullptr, &made.text,
                                                    error);
                       },
                       text_of});
    }
  }
  steps.push_back({"printable",
                   [](Made& made, rootlet_error** error) {
                     return rootlet_printable("a \xff\n name that is long enough", 28, &made.text, error);
                   },
                   text_of});
  return steps;
}

// What describes a layer and compares it; `layer` is a directory that was written.
std::vector<Step> descriptions(const Made& base, const std::string& manifest, const std::string& file, const std::string& layer) {
  std::vector<Step> steps;
  steps.push_back({"manifest", [&base](Made& made, rootlet_error** error) { return rootlet_plan_manifest(base.plan, nullptr, &made.text, error); }, text_of});
  for (const char* format : {"spdx", "cyclonedx"}) {
    steps.push_back({format, [&base, format](Made& made, rootlet_error** error) { return rootlet_plan_sbom(base.plan, nullptr, format, &made.text, error); }, text_of});
  }
  steps.push_back({"verify",
                   [manifest, layer](Made& made, rootlet_error** error) {
                     const int code = rootlet_root_open(layer.c_str(), &made.root, error);
                     if (code != 0) return code;
                     return rootlet_verify(made.root, nullptr, manifest.data(), manifest.size(), "text", nullptr, &made.text, error);
                   },
                   text_of});
  for (const char* format : {"json", "text"}) {
    steps.push_back({"diff",
                     [file, layer, format](Made& made, rootlet_error** error) {
                       return rootlet_diff(file.c_str(), layer.c_str(), nullptr, format, nullptr, &made.text, error);
                     },
                     text_of});
  }
  return steps;
}

// Audits, what they say, and what is accepted of them.
std::vector<Step> audits(const Made& base) {
  const auto said = [](Made& made) {
    rootlet_text_free(made.text);
    made.text = nullptr;
    return rootlet_audit_text(made.audit, "json", &made.text, nullptr) == 0 ? text_of(made) : "nothing is said";
  };
  const std::string root = world + "/dpkg";
  std::vector<Step> steps;
  steps.push_back({"audit", [&base](Made& made, rootlet_error** error) { return rootlet_closure_audit(base.closure, base.options, &made.audit, error); }, said});
  steps.back().most = 200;
  steps.push_back({"audit of a root",
                   [&base, root](Made& made, rootlet_error** error) {
                     const int code = rootlet_root_open(root.c_str(), &made.root, error);
                     return code != 0 ? code : rootlet_root_audit(made.root, base.options, kEntries, kEntryCount, &made.audit, error);
                   },
                   said});
  steps.back().most = 600;  // here the objects are read, which the root of `base` keeps
  for (const char* format : {"text", "hardening", "json", "sarif", "junit", "baseline"}) {
    steps.push_back({format, [&base, format](Made& made, rootlet_error** error) { return rootlet_audit_text(base.audit, format, &made.text, error); }, text_of});
  }
  steps.push_back({"accept",
                   [&base](Made& made, rootlet_error** error) {
                     static constexpr char kBaseline[] = "# a comment\nundefined-symbol /usr/bin/gone a_rather_long_name_of_a_symbol@V_1\n";
                     return rootlet_audit_accept(base.audit, kBaseline, sizeof kBaseline - 1, &made.text, error);
                   },
                   text_of});
  return steps;
}

std::vector<Step> outputs(const Made& base, const std::string& place) {
  const auto clean = [place](Made&) { return left_in(place); };
  std::vector<Step> steps;
  steps.push_back({"plan",
                   [&base](Made& made, rootlet_error** error) {
                     return rootlet_plan_make(base.closure, base.options, &made.plan, error);
                   },
                   [](Made& made) {
                     std::string all = std::to_string(rootlet_plan_bytes(made.plan));
                     for (size_t i = 0; i < rootlet_plan_count(made.plan); ++i)
                       all += rootlet_plan_path(made.plan, i) +
                              std::to_string(rootlet_plan_modified(made.plan, i));
                     return all;
                   }});
  for (const char* format : {"tar", "dir"}) {
    const std::string path = place + "/layer";
    steps.push_back({format,
                     [&base, format, path](Made&, rootlet_error** error) {
                       return rootlet_plan_write(base.plan, nullptr, format, path.c_str(), error);
                     },
                     [path](Made&) { return taken_away(path); }, clean});
  }
  // Not zstd, whose own threads ask for memory in no order.
  const std::string packed = place + "/layer.tar.gz";
  steps.push_back({"tar, by gzip",
                   [&base, packed](Made& made, rootlet_error** error) {
                     return rootlet_plan_write(base.plan, made.options, "tar", packed.c_str(), error);
                   },
                   [packed](Made&) { return taken_away(packed); }, clean,
                   [](Made& made) {
                     made.options = rootlet_options_new();
                     if (rootlet_options_set(made.options, "compression", "gzip", nullptr) != 0) std::exit(1);
                     if (rootlet_options_set(made.options, "threads", "2", nullptr) != 0) std::exit(1);
                   }});
  for (const char* format : {"oci", "oci-archive", "docker-archive"}) {
    const std::string path = place + "/image";
    steps.push_back({format,
                     [&base, format, path](Made& made, rootlet_error** error) {
                       return rootlet_plan_write_image(base.plan, base.options, format, path.c_str(), -1, &made.text, error);
                     },
                     [path](Made& made) { return rootlet_text_data(made.text) + taken_away(path, false); }, clean});
  }
  steps.push_back({"tar to a descriptor",
                   [&base](Made& made, rootlet_error** error) {
                     return rootlet_plan_write_to(base.plan, nullptr, "tar", made.descriptor, error);
                   },
                   [](Made& made) { return content("/proc/self/fd/" + std::to_string(made.descriptor)); },
                   [](Made&) { return ""; },
                   [](Made& made) { made.descriptor = ::memfd_create("tar", MFD_CLOEXEC); }});
  const std::string top = place + "/top";
  steps.push_back({"dir to a descriptor",
                   [&base](Made& made, rootlet_error** error) {
                     return rootlet_plan_write_to(base.plan, nullptr, "dir", made.descriptor, error);
                   },
                   [top](Made&) { return taken_away(top); },
                   [top](Made&) {
                     const std::string left = left_in(top);
                     fs::remove(top);
                     return left;
                   },
                   [top](Made& made) {
                     if (::mkdir(top.c_str(), 0755) != 0) std::exit(1);
                     made.descriptor = ::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                   }});
  const std::string text = place + "/text";
  steps.push_back({"text to a file",
                   [&base, text](Made&, rootlet_error** error) {
                     return rootlet_text_save(base.text, text.c_str(), error);
                   },
                   [text](Made&) { return taken_away(text); }, clean});
  return steps;
}

void warm(const std::string& place) {
  for (const Step& step : options_and_closures()) test(step);
  Made base;
  prepare(base, world + "/dpkg");
  if (rootlet_plan_make(base.closure, base.options, &base.plan, nullptr) != 0 ||
      rootlet_closure_text(base.closure, "tree", &base.text, nullptr) != 0)
    std::exit(1);
  for (const Step& step : texts(base)) test(step);
  if (rootlet_closure_audit(base.closure, base.options, &base.audit, nullptr) != 0) std::exit(1);
  for (const Step& step : audits(base)) test(step);
  for (const Step& step : outputs(base, place)) test(step);

  rootlet_text* manifest = nullptr;
  const std::string file = out + "/manifest", layer = out + "/layer";
  if (rootlet_plan_manifest(base.plan, nullptr, &manifest, nullptr) != 0 || rootlet_text_save(manifest, file.c_str(), nullptr) != 0 ||
      rootlet_plan_write(base.plan, nullptr, "dir", layer.c_str(), nullptr) != 0)
    std::exit(1);
  std::ofstream(layer + "/added") << "added";
  for (const Step& step : descriptions(base, rootlet_text_data(manifest), file, layer)) test(step);
  rootlet_text_free(manifest);
  base.free();
}

// The same for what is made once in a process: each time in a new one, in which nothing has been made yet.
void cold() {
  const std::string root = world + "/dpkg", said = out + "/expected";
  Step step = {"first use",
               [&root](Made& made, rootlet_error** error) {
                 const int code = make_options(made, error);
                 return code != 0 ? code : resolve(made, made.options, root, error);
               },
               [](Made& made) { return json(made.closure); },
               [&](Made& made) {
                 made.free();
                 prepare(made, root);
                 return json(made.closure) == content(said) ? "" : "the next answer is another one";
               }};
  step.makes_options = true;
  uint64_t count = 0;
  const auto in_child = [](const std::function<int()>& work) {
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child == 0) std::_Exit(work());
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  };
  in_child([&] {
    const Run undisturbed = run(step, 0, Refuse::once);
    std::ofstream(said) << undisturbed.answer;
    std::ofstream(out + "/count") << undisturbed.asked;
    return 0;
  });
  std::ifstream(out + "/count") >> count;
  uint64_t tried = 0;
  for (const Refuse how : {Refuse::once, Refuse::from_there_on}) {
    for (const uint64_t n : places(count, 250)) {
      const int status = in_child([&] {
        Run disturbed = run(step, n, how);
        disturbed.lost = 0;  // what is made once stays
        const std::string wrong = verdict(disturbed, content(said));
        if (!wrong.empty()) std::printf("%s\n", wrong.c_str());
        std::fflush(stdout);
        return wrong.empty() ? 0 : 1;
      });
      if (status != 0) complain(step.name, n, how, "status " + std::to_string(status));
      ++tried;
    }
  }
  std::printf("%-36s %6lu allocations, %5lu of them refused\n", step.name, count, tried);
}

}  // namespace
}  // namespace rootlet::test

int main(int argc, char** argv) {
  using namespace rootlet::test;
  if (argc != 4 && argc != 5)
    return std::fputs("usage: c_no_memory_test cold|warm WORLD OUT [STEP]\n", stderr), 2;
  if (argc == 5) only = argv[4];
  world = argv[2];
  out = argv[3];
  fs::remove_all(out);
  fs::create_directories(out + "/place");
  rules_file = out + "/rules.toml";
  std::ofstream(rules_file) << kRules;
  argv[1] == std::string("cold") ? cold() : warm(out + "/place");
  fs::remove_all(out);
  return failures == 0 ? 0 : 1;
}
