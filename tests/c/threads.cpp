// Eight threads at once: with roots of their own, with one root, with one closure. Each answer equals the one
// that a single thread got before. Five seconds; with ROOTLET_LONG_TESTS=1 a minute.
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "rootlet.h"

namespace rootlet::test {
namespace {

constexpr size_t kThreads = 8;

struct Job {
  const char* kind;  // of root
  std::vector<const char*> entries;
  const char* data;
};

const std::array<Job, 8> kJobs = {{
    {"dpkg", {"/usr/bin/app"}, "auto"},
    {"rpm", {"/usr/bin/app", "/usr/bin/tool"}, "package"},
    {"dpkg", {"/usr/bin/tool", "/usr/bin/tool.py", "/usr/bin/tool.js", "/usr/bin/tool.pl"}, "auto"},
    {"rpm", {"/usr/bin/broken"}, "none"},
    {"dpkg", {"/usr/share/app", "/usr/bin/grep"}, "none"},
    {"rpm", {"/usr/bin/tool.py"}, "auto"},
    {"dpkg", {"/usr/bin/broken", "/usr/bin/app-again"}, "package"},
    {"rpm", {"/usr/lib/x86_64-linux-gnu", "/usr/bin/app"}, "auto"},
}};

std::atomic<unsigned> failures = 0;
std::string world;

void complain(const char* what, const char* why) {
  if (++failures <= 20) std::printf("%s: %s\n", what, why);
}

bool good(int code, rootlet_error*& error, const char* what) {
  if (code == ROOTLET_OK) return true;
  complain(what, rootlet_error_message(error));
  rootlet_error_free(error);
  error = nullptr;
  return false;
}

// FNV-1a.
class Digest {
 public:
  void add(const char* bytes, size_t size) {
    for (size_t i = 0; i < size; ++i)
      value_ = (value_ ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3;
  }
  void add(const char* text) {
    add(text == nullptr ? "-" : text, text == nullptr ? 1 : std::char_traits<char>::length(text));
  }
  void add(uint64_t number) { add(reinterpret_cast<const char*>(&number), sizeof number); }
  void add(rootlet_text* text) {
    add(rootlet_text_data(text), rootlet_text_size(text));
    rootlet_text_free(text);
  }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325;
};

rootlet_root* open_root(const char* kind) {
  rootlet_root* root = nullptr;
  rootlet_error* error = nullptr;
  good(rootlet_root_open((world + "/" + kind).c_str(), &root, &error), error, "a root");
  return root;
}

rootlet_closure* resolve(rootlet_root* root, const Job& job) {
  rootlet_options* options = rootlet_options_new();
  rootlet_closure* closure = nullptr;
  rootlet_error* error = nullptr;
  good(rootlet_options_set(options, "data", job.data, &error), error, "an option");
  good(rootlet_resolve(root, options, job.entries.data(), job.entries.size(), &closure, &error), error,
       "a closure");
  rootlet_options_free(options);
  return closure;
}

void add_getters(const rootlet_closure* closure, Digest& digest) {
  for (size_t i = 0; i < rootlet_file_count(closure); ++i) {
    digest.add(rootlet_file_path(closure, i));
    digest.add(rootlet_file_package(closure, i));
    digest.add(rootlet_file_target(closure, i));
    digest.add(rootlet_file_size(closure, i) + rootlet_file_mode(closure, i) +
               rootlet_file_find(closure, rootlet_file_path(closure, i)));
    for (size_t j = 0; j < rootlet_reason_count(closure, i); ++j) {
      digest.add(rootlet_reason_kind(closure, i, j));
      digest.add(rootlet_reason_by(closure, i, j));
      digest.add(rootlet_reason_detail(closure, i, j));
    }
  }
  for (size_t i = 0; i < rootlet_missing_count(closure); ++i) digest.add(rootlet_missing_name(closure, i));
  for (size_t i = 0; i < rootlet_finding_count(closure); ++i) digest.add(rootlet_finding_detail(closure, i));
}

void add_tar(const rootlet_plan* plan, Digest& digest) {
  rootlet_error* error = nullptr;
  const int file = ::memfd_create("tar", MFD_CLOEXEC);
  good(rootlet_plan_write_to(plan, nullptr, "tar", file, &error), error, "a tar");
  std::array<char, 65536> piece;
  ::lseek(file, 0, SEEK_SET);
  for (ssize_t length; (length = ::read(file, piece.data(), piece.size())) > 0;)
    digest.add(piece.data(), static_cast<size_t>(length));
  ::close(file);
}

// All that can be asked of a closure.
uint64_t digest_of(const rootlet_closure* closure) {
  Digest digest;
  rootlet_text* text = nullptr;
  rootlet_plan* plan = nullptr;
  rootlet_error* error = nullptr;
  add_getters(closure, digest);
  for (const char* format : {"json", "paths", "tree", "dot"}) {
    if (good(rootlet_closure_text(closure, format, &text, &error), error, format)) digest.add(text);
  }
  if (good(rootlet_closure_depfile(closure, "x", &text, &error), error, "a depfile")) digest.add(text);
  if (good(rootlet_closure_why(closure, "/usr/lib/x86_64-linux-gnu/libc.so.6", 4, "text", nullptr, &text,
                               &error),
           error, "why"))
    digest.add(text);
  if (!good(rootlet_plan_make(closure, nullptr, &plan, &error), error, "a plan")) return 0;
  for (size_t i = 0; i < rootlet_plan_count(plan); ++i) digest.add(rootlet_plan_path(plan, i));
  add_tar(plan, digest);
  if (good(rootlet_plan_manifest(plan, nullptr, &text, &error), error, "a manifest")) digest.add(text);
  for (const char* format : {"spdx", "cyclonedx"}) {
    if (good(rootlet_plan_sbom(plan, nullptr, format, &text, &error), error, format)) digest.add(text);
  }
  rootlet_plan_free(plan);
  rootlet_audit* audit = nullptr;
  if (!good(rootlet_closure_audit(closure, nullptr, &audit, &error), error, "an audit")) return 0;
  for (const char* format : {"json", "sarif", "junit", "text"}) {
    if (good(rootlet_audit_text(audit, format, &text, &error), error, format)) digest.add(text);
  }
  rootlet_audit_free(audit);
  return digest.value();
}

// What `job` says with this root, which is freed.
uint64_t answer(rootlet_root* root, const Job& job, bool free_root) {
  rootlet_closure* closure = resolve(root, job);
  if (free_root) rootlet_root_free(root);
  const uint64_t digest = digest_of(closure);
  rootlet_closure_free(closure);
  return digest;
}

template <typename Work>
void at_once(const char* name, std::chrono::milliseconds time, Work work) {
  std::atomic<unsigned long> done = 0;
  std::vector<std::thread> threads;
  const auto end = std::chrono::steady_clock::now() + time;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (size_t round = i; std::chrono::steady_clock::now() < end; ++round, ++done)
        work(round % kJobs.size());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("%s: %lu answers of %zu threads\n", name, done.load(), kThreads);
  std::fflush(stdout);
}

void run() {
  const bool long_tests = std::getenv("ROOTLET_LONG_TESTS") != nullptr;
  const std::chrono::milliseconds time(long_tests ? 20'000 : 1'600);
  // The first use of everything is by several threads as well: what one thread says alone comes afterwards.
  std::array<std::atomic<uint64_t>, kJobs.size()> first = {};
  at_once("the first time", std::chrono::milliseconds(200),
          [&](size_t job) { first[job] = answer(open_root(kJobs[job].kind), kJobs[job], true); });
  std::array<uint64_t, kJobs.size()> expected;
  for (size_t job = 0; job < kJobs.size(); ++job) {
    expected[job] = answer(open_root(kJobs[job].kind), kJobs[job], true);
    if (first[job] != 0 && first[job] != expected[job]) complain("the first time", "another answer");
  }
  const auto compare = [&](const char* what, size_t job, uint64_t digest) {
    if (digest != expected[job]) complain(what, "another answer");
  };

  at_once("roots of their own", time, [&](size_t job) {
    compare("a root of its own", job, answer(open_root(kJobs[job].kind), kJobs[job], true));
  });

  std::array<rootlet_root*, kJobs.size()> roots;
  rootlet_root* const dpkg = open_root("dpkg");
  rootlet_root* const rpm = open_root("rpm");
  for (size_t job = 0; job < kJobs.size(); ++job)
    roots[job] = kJobs[job].kind == std::string("dpkg") ? dpkg : rpm;
  at_once("one root", time,
          [&](size_t job) { compare("one root", job, answer(roots[job], kJobs[job], false)); });

  std::array<rootlet_closure*, kJobs.size()> closures;
  for (size_t job = 0; job < kJobs.size(); ++job) closures[job] = resolve(roots[job], kJobs[job]);
  rootlet_root_free(dpkg);
  rootlet_root_free(rpm);
  at_once("one closure", time,
          [&](size_t job) { compare("one closure", job % 2, digest_of(closures[job % 2])); });
  for (rootlet_closure* closure : closures) rootlet_closure_free(closure);
}

}  // namespace
}  // namespace rootlet::test

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: c_threads_test WORLD\n", stderr), 2;
  rootlet::test::world = argv[1];
  rootlet::test::run();
  return rootlet::test::failures == 0 ? 0 : 1;
}
