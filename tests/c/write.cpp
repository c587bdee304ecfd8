// Layers by path and by descriptor: the same bytes, nothing left behind by what fails or is stopped.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "check.h"

namespace {

namespace fs = std::filesystem;

std::string out;
rootlet_plan* plan;

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string listing(const std::string& top) {
  std::vector<std::string> lines;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top)) {
    struct stat status;
    if (lstat(entry.path().c_str(), &status) != 0) continue;
    lines.push_back(entry.path().string().substr(top.size()) + " " + std::to_string(status.st_mode) + " " +
                    std::to_string(status.st_mtime) + " " + std::to_string(status.st_nlink));
    if (entry.is_symlink())
      lines.back() += " " + fs::read_symlink(entry.path()).string();
    else if (entry.is_regular_file())
      lines.back() += " " + content(entry.path());
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

bool is_empty(const std::string& directory) {
  return fs::is_empty(directory);
}

std::string tar_by_path() {
  rootlet_error* error = nullptr;
  const std::string path = out + "/layer.tar";
  CHECK(succeeds(rootlet_plan_write(plan, nullptr, "tar", path.c_str(), &error), &error));
  const std::string bytes = content(path);
  fs::remove(path);
  CHECK(is_empty(out));
  return bytes;
}

// What arrives at the other end, read in small pieces by another process.
std::string tar_through(int writing, int reading) {
  rootlet_error* error = nullptr;
  const std::string path = out + "/arrived";
  const pid_t child = fork();
  if (child == 0) {
    close(writing);
    std::ofstream file(path, std::ios::binary);
    char piece[777];
    for (ssize_t length; (length = read(reading, piece, sizeof piece)) > 0;) file.write(piece, length);
    file.close();
    _exit(0);
  }
  close(reading);
  CHECK(succeeds(rootlet_plan_write_to(plan, nullptr, "tar", writing, &error), &error));
  CHECK(fcntl(writing, F_GETFD) >= 0);
  close(writing);
  int status = 0;
  waitpid(child, &status, 0);
  const std::string bytes = content(path);
  fs::remove(path);
  return bytes;
}

void descriptors_get_the_bytes_that_a_path_gets() {
  const std::string expected = tar_by_path();
  CHECK(expected.size() > (3 << 20));
  rootlet_error* error = nullptr;
  const int file = memfd_create("tar", MFD_CLOEXEC);
  CHECK(succeeds(rootlet_plan_write_to(plan, nullptr, "tar", file, &error), &error));
  CHECK(content("/proc/self/fd/" + std::to_string(file)) == expected);
  close(file);
  int ends[2];
  CHECK(pipe(ends) == 0);
  CHECK(tar_through(ends[1], ends[0]) == expected);
  CHECK(pipe2(ends, O_NONBLOCK) == 0);
  fcntl(ends[0], F_SETFL, 0);
  CHECK(tar_through(ends[1], ends[0]) == expected);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  CHECK(tar_through(ends[1], ends[0]) == expected);
}

void descriptors_that_cannot_be_written_to_are_errors() {
  rootlet_error* error = nullptr;
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  close(ends[0]);
  CHECK(fails(rootlet_plan_write_to(plan, nullptr, "tar", ends[1], &error), ROOTLET_IO,
              &error));  // and no signal
  close(ends[1]);
  CHECK(pipe(ends) == 0);
  close(ends[0]);
  const auto before = signal(SIGPIPE, SIG_IGN);
  CHECK(fails(rootlet_plan_write_to(plan, nullptr, "tar", ends[1], &error), ROOTLET_IO, &error));
  signal(SIGPIPE, before);
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGPIPE, SIG_DFL);
    rootlet_plan_write_to(plan, nullptr, "tar", ends[1], nullptr);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
  close(ends[1]);
  const int reading = open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(fails(rootlet_plan_write_to(plan, nullptr, "tar", reading, &error), ROOTLET_IO, &error));
  close(reading);
  CHECK(fails(rootlet_plan_write_to(plan, nullptr, "tar", reading, &error), ROOTLET_IO, &error));
  CHECK(fails(rootlet_plan_write_to(plan, nullptr, "tar", -1, &error), ROOTLET_IO, &error));
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  CHECK(fails(rootlet_plan_write_to(plan, nullptr, "tar", full, &error), ROOTLET_IO, &error));
  close(full);
}

int open_directory(const std::string& path) {
  fs::create_directory(path);
  return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void a_directory_by_descriptor_is_the_one_by_path() {
  rootlet_error* error = nullptr;
  const std::string by_path = out + "/by-path", by_descriptor = out + "/by-descriptor";
  CHECK(succeeds(rootlet_plan_write(plan, nullptr, "dir", by_path.c_str(), &error), &error));
  const int directory = open_directory(by_descriptor);
  CHECK(succeeds(rootlet_plan_write_to(plan, nullptr, "dir", directory, &error), &error));
  CHECK(listing(by_path) == listing(by_descriptor));
  CHECK(!listing(by_path).empty());
  CHECK(fs::status(by_path).permissions() == fs::status(by_descriptor).permissions());
  const std::string before = listing(by_descriptor);
  CHECK(
      fails(rootlet_plan_write_to(plan, nullptr, "dir", directory, &error), ROOTLET_ALREADY_EXISTS, &error));
  CHECK(listing(by_descriptor) == before);
  close(directory);
  fs::remove_all(by_path);
  fs::remove_all(by_descriptor);
  CHECK(is_empty(out));
}

struct Stop {
  int calls = 0, at = 0;
  uint64_t done = 0, bytes = 0;
};

int stop(void* data, uint64_t done, uint64_t total, uint64_t bytes_done, uint64_t bytes_total,
         const char* path) {
  Stop& state = *static_cast<Stop*>(data);
  CHECK(path != nullptr && total == rootlet_plan_count(plan) && bytes_total == rootlet_plan_bytes(plan));
  CHECK(done >= state.done && done <= total && bytes_done >= state.bytes && bytes_done <= bytes_total);
  state.done = done;
  state.bytes = bytes_done;
  return ++state.calls == state.at;
}

// Stops `write` at each of its callbacks; `left` says whether something is left behind.
template <typename Write, typename Clean>
void stop_everywhere(const char* name, Write write, Clean clean) {
  rootlet_options* options = rootlet_options_new();
  Stop state;
  rootlet_options_set_progress(options, stop, &state);
  rootlet_error* error = nullptr;
  CHECK(succeeds(write(options, &error), &error));
  CHECK(state.done == rootlet_plan_count(plan) && state.bytes == rootlet_plan_bytes(plan));
  clean(true);
  const int calls = state.calls;
  CHECK(calls > static_cast<int>(rootlet_plan_count(plan)));
  for (int at = 1; at <= calls; ++at) {
    state = Stop();
    state.at = at;
    CHECK(fails(write(options, &error), ROOTLET_CANCELLED, &error));
    CHECK(state.calls == at);
    clean(false);
  }
  printf("%s: stopped at each of %d callbacks\n", name, calls);
  rootlet_options_free(options);
}

void what_is_stopped_leaves_nothing_behind() {
  const std::string file = out + "/layer.tar", directory = out + "/layer", top = out + "/top";
  std::ofstream(file) << "older";
  stop_everywhere(
      "tar",
      [&](rootlet_options* options, rootlet_error** error) {
        return rootlet_plan_write(plan, options, "tar", file.c_str(), error);
      },
      [&](bool written) {
        CHECK(written == (content(file) != "older"));
        CHECK(std::distance(fs::directory_iterator(out), {}) == 1);
        std::ofstream(file) << "older";
      });
  fs::remove(file);
  stop_everywhere(
      "dir",
      [&](rootlet_options* options, rootlet_error** error) {
        return rootlet_plan_write(plan, options, "dir", directory.c_str(), error);
      },
      [&](bool written) {
        if (written) fs::remove_all(directory);
        CHECK(is_empty(out));
      });
  int descriptor = open_directory(top);
  stop_everywhere(
      "dir to a descriptor",
      [&](rootlet_options* options, rootlet_error** error) {
        return rootlet_plan_write_to(plan, options, "dir", descriptor, error);
      },
      [&](bool written) {
        CHECK(written != is_empty(top));
        for (const fs::directory_entry& entry : fs::directory_iterator(top)) fs::remove_all(entry.path());
      });
  close(descriptor);
  fs::remove(top);
  descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC);
  stop_everywhere(
      "tar to a descriptor",
      [&](rootlet_options* options, rootlet_error** error) {
        return rootlet_plan_write_to(plan, options, "tar", descriptor, error);
      },
      [](bool) {});
  close(descriptor);
}

void make_plan(const std::string& world) {
  static const char* const entries[] = {"/usr/bin/app", "/usr/bin/app-again", "/usr/share/app"};
  rootlet_root* root = nullptr;
  rootlet_closure* closure = nullptr;
  rootlet_error* error = nullptr;
  CHECK(succeeds(rootlet_root_open((world + "/dpkg").c_str(), &root, &error), &error));
  CHECK(succeeds(rootlet_resolve(root, nullptr, entries, 3, &closure, &error), &error));
  CHECK(succeeds(rootlet_plan_make(closure, nullptr, &plan, &error), &error));
  rootlet_root_free(root);
  rootlet_closure_free(closure);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return fputs("usage: c_write_test WORLD OUT\n", stderr), 2;
  out = argv[2];
  fs::remove_all(out);
  fs::create_directory(out);
  make_plan(argv[1]);
  descriptors_get_the_bytes_that_a_path_gets();
  descriptors_that_cannot_be_written_to_are_errors();
  a_directory_by_descriptor_is_the_one_by_path();
  what_is_stopped_leaves_nothing_behind();
  rootlet_plan_free(plan);
  CHECK(is_empty(out));
  fs::remove(out);
  return failures == 0 ? 0 : 1;
}
