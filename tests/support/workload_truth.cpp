#include "support/workload_truth.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem.hpp>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

#include "support/workload_trace.hpp"

namespace rootlet::test {
namespace {

namespace fs = boost::filesystem;

constexpr int kMostLinks = 40;
constexpr int kDeepestInterpreter = 5;

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

// What the kernel opens for an execve besides the file: the interpreter of a script, the loader of a program.
std::string opened_by_kernel(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(4096, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<size_t>(file.gcount()));
  file.clear();
  if (head.starts_with("#!")) {
    std::istringstream line(head.substr(2, head.find('\n') - 2));
    std::string word;
    line >> word;
    return word;
  }
  const auto find = [&](auto header, auto segment) -> std::string {
    if (head.size() < sizeof header) return {};
    std::memcpy(&header, head.data(), sizeof header);
    for (int i = 0; i < header.e_phnum; ++i) {
      file.seekg(static_cast<std::streamoff>(header.e_phoff + static_cast<size_t>(i) * sizeof segment));
      file.read(reinterpret_cast<char*>(&segment), sizeof segment);
      if (segment.p_type != PT_INTERP) continue;
      std::string name(segment.p_filesz, '\0');
      file.seekg(static_cast<std::streamoff>(segment.p_offset));
      file.read(name.data(), static_cast<std::streamsize>(name.size()));
      return name.c_str();
    }
    return {};
  };
  if (!head.starts_with(ELFMAG) || head.size() < EI_NIDENT) return {};
  if (head[EI_CLASS] == ELFCLASS64) return find(Elf64_Ehdr(), Elf64_Phdr());
  return find(Elf32_Ehdr(), Elf32_Phdr());
}

class Recorder {
 public:
  Recorder(Truth& truth, std::string root) : truth_(truth), root_(std::move(root)) {}

  void operator()(const Access& access) {
    switch (access.kind) {
      case Access::Kind::kExecute: execute(access.base, access.path, 0); break;
      case Access::Kind::kMake:
        if (const auto parent = walk(access.base, parent_of(access.path), true)) note_directory(*parent);
        break;
      case Access::Kind::kRead: note(access, truth_.opened); break;
      case Access::Kind::kWrite:
        if (const auto real = note(access, truth_.looked_at)) note_directory(parent_of(*real));
        break;
      case Access::Kind::kLook: note(access, truth_.looked_at); break;
    }
  }

 private:
  std::optional<std::string> walk(const std::string& base, const std::string& path, bool follow) {
    return real_path(root_, base, path, follow, &truth_.links);
  }

  void note_directory(const std::string& path) {
    if (path != "/") truth_.directories.insert(path);
  }

  std::optional<std::string> note(const Access& access, Truth::Files& files) {
    const auto real = walk(access.base, access.path, access.follow);
    if (!real) return std::nullopt;
    struct stat status;
    if (::lstat((root_ + *real).c_str(), &status) != 0) return std::nullopt;
    if (S_ISDIR(status.st_mode)) note_directory(*real);
    if (S_ISREG(status.st_mode)) {
      const bool plain = access.path.find("/..") == std::string::npos;
      const std::string asked = fs::path(access.base + access.path).lexically_normal().string();
      files[*real].insert(plain ? asked : *real);
    }
    return real;
  }

  void execute(const std::string& base, const std::string& path, int depth) {
    const auto real = note({Access::Kind::kExecute, base, path, true}, truth_.opened);
    if (!real || depth > kDeepestInterpreter || !fs::is_regular_file(root_ + *real)) return;
    const std::string next = opened_by_kernel(root_ + *real);
    if (!next.empty()) execute(base, next, depth + 1);
  }

  Truth& truth_;
  const std::string root_;
};

// Directories of the world, with its modes, owners and times.
class Copier {
 public:
  Copier(std::string from, std::string to) : from_(std::move(from)), to_(std::move(to)) {}
  ~Copier() {
    // Caches of fonts hold for the time of a directory, which changed while things were made in it.
    for (auto path = made_.rbegin(); path != made_.rend(); ++path) copy_times(*path);
  }

  void directory(const std::string& path) {
    struct stat status;
    if (path == "/" || path.empty() || ::lstat((to_ + path).c_str(), &status) == 0) return;
    directory(parent_of(path));
    fs::create_directory(to_ + path);
    copy_rights(path);
    made_.push_back(path);
  }
  void link(const std::string& path, const std::string& target) {
    directory(parent_of(path));
    fs::create_symlink(target, to_ + path);
  }
  void file(const std::string& path) {
    directory(parent_of(path));
    if (fs::exists(to_ + path)) return;
    write_file(to_ + path, read_file(from_ + path));
    copy_rights(path);
    copy_times(path);
  }

 private:
  void copy_rights(const std::string& path) {
    struct stat status;
    if (::stat((from_ + path).c_str(), &status) != 0) return;
    if (::chown((to_ + path).c_str(), status.st_uid, status.st_gid) != 0) return;
    ::chmod((to_ + path).c_str(), status.st_mode & 07777);
  }
  void copy_times(const std::string& path) {
    struct stat status;
    if (::stat((from_ + path).c_str(), &status) != 0) return;
    const timespec times[2] = {status.st_atim, status.st_mtim};
    ::utimensat(AT_FDCWD, (to_ + path).c_str(), times, 0);
  }

  const std::string from_, to_;
  std::vector<std::string> made_;
};

}  // namespace

std::optional<std::string> real_path(const std::string& root, const std::string& base,
                                     const std::string& path, bool follow,
                                     std::map<std::string, std::string>* links) {
  std::vector<std::string> todo;  // the next part last
  const auto push = [&](const std::string& text) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, '/');) {
      if (!part.empty() && part != ".") parts.push_back(part);
    }
    todo.insert(todo.end(), parts.rbegin(), parts.rend());
  };
  push(path);
  std::string at = base;
  for (int followed = 0; !todo.empty();) {
    const std::string part = todo.back();
    todo.pop_back();
    if (part == "..") {
      if (at != base) at.resize(at.rfind('/'));
      continue;
    }
    const std::string full = at + "/" + part;
    struct stat status;
    if (is_supplied(full) || ::lstat((root + full).c_str(), &status) != 0) return std::nullopt;
    if (!S_ISLNK(status.st_mode)) {
      at = full;
      continue;
    }
    const std::string target = fs::read_symlink(root + full).string();
    if (links != nullptr) (*links)[full] = target;
    if (!follow && todo.empty()) return full;
    if (++followed > kMostLinks) return std::nullopt;
    if (target.starts_with('/')) at = base;
    push(target);
  }
  return at.empty() ? "/" : at;
}

Truth read_truth(const WorkloadWorld& world, const std::string& traces) {
  Truth result;
  Recorder recorder(result, world.root());
  for (const Access& access : read_accesses(traces, world.sandbox())) recorder(access);
  for (const auto& [real, paths] : result.opened) result.bytes += fs::file_size(world.root() + real);
  return result;
}

void copy_truth(const WorkloadWorld& world, const Truth& truth, const std::string& layer) {
  fs::create_directories(layer);
  Copier copier(world.root(), layer);
  for (const auto& [path, target] : truth.links) copier.link(path, target);
  for (const std::string& path : truth.directories) copier.directory(path);
  for (const Truth::Files* files : {&truth.opened, &truth.looked_at}) {
    for (const auto& [path, asked] : *files) copier.file(path);
  }
}

}  // namespace rootlet::test
