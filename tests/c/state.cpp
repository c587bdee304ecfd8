// The library leaves the process as it is, and the process does not change its answers: no locale, directory,
// umask, signal, environment or output of one plays a part in the other.
#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

extern char** environ;

namespace {

// What the library asks the environment for, itself or through a library of its own.
std::vector<std::string> asked;
bool listening = false;

char* look_up(const char* name) {
  const size_t length = strlen(name);
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    if (strncmp(*variable, name, length) == 0 && (*variable)[length] == '=') return *variable + length + 1;
  }
  return nullptr;
}

}  // namespace

extern "C" char* getenv(const char* name) noexcept {
  if (listening) asked.emplace_back(name);
  return look_up(name);
}
extern "C" char* secure_getenv(const char* name) noexcept {
  return getenv(name);
}

namespace {

std::string world, out;

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string lines_of(const std::string& path, const std::string& start) {
  std::ifstream file(path);
  std::string all;
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, start.size(), start) == 0) all += line + "\n";
  }
  return all;
}

std::string descriptors() {
  std::string all;
  DIR* directory = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(directory)) all += std::string(entry->d_name) + " ";
  closedir(directory);
  return all;
}

std::string state() {
  const mode_t mask = umask(0);
  umask(mask);
  char directory[4096];
  std::string all = std::string(setlocale(LC_ALL, nullptr)) + "\n" + getcwd(directory, sizeof directory) +
                    "\n" + std::to_string(mask) + "\n";
  // Not SigQ, which counts what is queued for all processes of this user.
  for (const char* signals : {"SigPnd", "SigBlk", "SigIgn", "SigCgt"}) all += lines_of("/proc/self/status", signals);
  all += descriptors() + "\n";
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action = {};
    if (sigaction(signal, nullptr, &action) == 0)
      all += std::to_string(reinterpret_cast<uintptr_t>(action.sa_handler)) + " ";
  }
  for (char** variable = environ; *variable != nullptr; ++variable) all += std::string("\n") + *variable;
  return all + "\n" + std::to_string(timezone) + " " + std::to_string(uselocale(nullptr) == LC_GLOBAL_LOCALE);
}

// The JSON and the tar of a build in which every function runs that could change something.
std::string build() {
  static const char* const entries[] = {"/usr/bin/app", "/usr/bin/tool", "/usr/bin/tool.py",
                                        "/usr/bin/broken"};
  rootlet_root* root = nullptr;
  rootlet_closure* closure = nullptr;
  rootlet_plan* plan = nullptr;
  rootlet_text* text = nullptr;
  rootlet_error* error = nullptr;
  rootlet_options* options = rootlet_options_new();
  // In a locale of several bytes a character, the name "\u0151.txt" would be one of this pattern's.
  CHECK(succeeds(rootlet_options_add(options, "include", "/usr/share/app/?.txt", &error), &error));
  CHECK(succeeds(rootlet_options_add(options, "include", "/usr/share/app/F*.txt", &error), &error));
  CHECK(succeeds(rootlet_root_open((world + "/dpkg").c_str(), &root, &error), &error));
  CHECK(succeeds(rootlet_resolve(root, options, entries, 4, &closure, &error), &error));
  CHECK(succeeds(rootlet_plan_make(closure, options, &plan, &error), &error));
  CHECK(succeeds(rootlet_closure_text(closure, "json", &text, &error), &error));
  std::string answer = rootlet_text_data(text) != nullptr ? rootlet_text_data(text) : "";
  CHECK(rootlet_file_find(closure, "/usr/share/app/\xc5\x91.txt") == ROOTLET_NONE);
  rootlet_text_free(text);
  rootlet_audit* audit = nullptr;
  CHECK(succeeds(rootlet_closure_audit(closure, options, &audit, &error), &error));
  CHECK(succeeds(rootlet_audit_text(audit, "json", &text, &error), &error));
  answer += rootlet_text_data(text) != nullptr ? rootlet_text_data(text) : "";
  rootlet_text_free(text);
  rootlet_audit_free(audit);
  const std::string tar = out + "/layer.tar", directory = out + "/layer";
  CHECK(succeeds(rootlet_plan_write(plan, options, "tar", tar.c_str(), &error), &error));
  CHECK(succeeds(rootlet_plan_write(plan, options, "dir", directory.c_str(), &error), &error));
  answer += content(tar);
  for (const char* compression : {"gzip", "zstd"}) {
    CHECK(succeeds(rootlet_options_set(options, "compression", compression, &error), &error));
    CHECK(succeeds(rootlet_plan_write(plan, options, "tar", tar.c_str(), &error), &error));
    answer += content(tar);
  }
  rootlet_root_free(root);
  CHECK(succeeds(rootlet_plan_manifest(plan, options, &text, &error), &error));
  const std::string manifest(rootlet_text_data(text), rootlet_text_size(text));
  rootlet_text_free(text);
  CHECK(succeeds(rootlet_plan_sbom(plan, options, "spdx", &text, &error), &error));
  answer += manifest + rootlet_text_data(text);
  rootlet_text_free(text);
  CHECK(succeeds(rootlet_root_open(directory.c_str(), &root, &error), &error));
  int differs = -1;
  CHECK(succeeds(rootlet_verify(root, options, manifest.data(), manifest.size(), "text", &differs, &text, &error), &error));
  CHECK(differs == 0);
  rootlet_text_free(text);
  rootlet_root_free(root);
  CHECK(fails(rootlet_root_open("/none", &root, &error), ROOTLET_NOT_FOUND, &error));
  rootlet_plan_free(plan);
  rootlet_closure_free(closure);
  rootlet_options_free(options);
  unlink(tar.c_str());
  if (std::system(("rm -r " + directory).c_str()) != 0) ++failures;
  return answer;
}

// Runs a build with its standard output and error going to a file, and leaves no word there.
std::string quiet_build() {
  fflush(stdout);
  const int said = memfd_create("said", MFD_CLOEXEC), kept_out = dup(1), kept_err = dup(2);
  dup2(said, 1);
  dup2(said, 2);
  const std::string before = state();
  asked.clear();
  listening = true;
  const std::string answer = build();
  listening = false;
  const std::string after = state();
  dup2(kept_out, 1);
  dup2(kept_err, 2);
  const std::string words = content("/proc/self/fd/" + std::to_string(said));
  close(said);
  close(kept_out);
  close(kept_err);
  CHECK(words.empty());
  CHECK(before == after);
  CHECK(asked.empty());
  for (const std::string& name : asked) printf("asked for %s\n", name.c_str());
  if (before != after) printf("before:\n%s\nafter:\n%s\n", before.c_str(), after.c_str());
  if (!words.empty()) printf("said: %s\n", words.c_str());
  return answer;
}

void on_signal(int) {}

void compare(const std::string& plain) {
  const std::string now = quiet_build();
  CHECK(now == plain);
  if (now == plain) return;
  const size_t at = static_cast<size_t>(
      std::mismatch(now.begin(), now.end(), plain.begin(), plain.end()).first - now.begin());
  printf("from byte %zu on: %s\nand not: %s\n", at, now.substr(at, 200).c_str(),
         plain.substr(at, 200).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fputs("usage: c_state_test WORLD OUT\n", stderr), 2;
  world = argv[1];
  out = argv[2];
  mkdir(out.c_str(), 0755);
  std::thread([] {}).join();  // with its first thread a process takes a signal for the C library's own use (setxid in nptl(7))
  const std::string plain = quiet_build();
  CHECK(plain.size() > 10000);

  const char* const odd[][2] = {{"LD_LIBRARY_PATH", "/opt/lib:/nowhere"},
                                {"LD_PRELOAD_ODD", "libx.so"},
                                {"SOURCE_DATE_EPOCH", "1234"},
                                {"LANG", "C.UTF-8"},
                                {"LC_ALL", "C.UTF-8"},
                                {"LANGUAGE", "de:fr"},
                                {"TZ", "Asia/Kathmandu"},
                                {"TMPDIR", "/none/such"},
                                {"HOME", "/none"},
                                {"PATH", "/none"},
                                {"SQLITE_TMPDIR", "/none"},
                                {"PYTHONPATH", "/opt"},
                                {"MALLOC_ARENA_MAX", "1"}};
  for (const auto& variable : odd) setenv(variable[0], variable[1], 1);
  setenv("PATH", "/usr/bin:/bin", 1);  // for rm
  CHECK(setlocale(LC_ALL, "") != nullptr && strcmp(setlocale(LC_ALL, nullptr), "C.UTF-8") == 0);
  tzset();
  compare(plain);

  setlocale(LC_ALL, "C");
  CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR && signal(SIGUSR1, on_signal) != SIG_ERR);
  umask(0077);
  CHECK(chdir("/") == 0);
  compare(plain);
  umask(0777);
  compare(plain);
  CHECK(rmdir(out.c_str()) == 0);
  return failures == 0 ? 0 : 1;
}
