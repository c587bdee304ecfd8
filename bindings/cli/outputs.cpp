#include "outputs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace rootlet::cli {
namespace {

namespace fs = std::filesystem;

bool is_image_layout(const Options& options) { return options.command == Options::Command::index || options.output_format == "oci"; }
bool is_directory(const Options& options) { return is_image_layout(options) || options.output_format == "dir"; }

// One spelling for one file, whether it is there or not: links are followed as far as there are any.
fs::path spelled(std::string name) {
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  std::error_code error;
  const fs::path absolute = fs::absolute(name, error);
  fs::path canonical = fs::weakly_canonical(absolute, error);
  return error ? absolute.lexically_normal() : canonical;
}

bool is_inside(const fs::path& path, const fs::path& directory) {
  return std::mismatch(path.begin(), path.end(), directory.begin(), directory.end()).second == directory.end();
}

// Why no file can be put there, as far as can be told without making one, or nothing.
std::optional<std::string> unwritable(const std::string& name) {
  if (name.ends_with('/')) return name + " ends in a slash; give the name of a file";
  const size_t slash = name.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : name.substr(0, std::max<size_t>(slash, 1));
  if (::faccessat(AT_FDCWD, (parent + "/.").c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return "cannot write " + name + " into the directory " + parent + ": " + std::strerror(errno);
  }
  struct stat status {};
  if (::lstat(name.c_str(), &status) != 0) return errno == ENOENT ? std::nullopt : std::optional("cannot write to " + name + ": " + std::strerror(errno));
  if (S_ISREG(status.st_mode)) return std::nullopt;
  if (S_ISDIR(status.st_mode)) return name + " is a directory; give the name of a file";
  return name + " is " + (S_ISLNK(status.st_mode) ? "a symbolic link" : "not a regular file") + ", and the rename at the end would replace it; name a file";
}

// What is written beside the output, or with audit and report instead of one.
std::vector<std::string> files_written(const Options& options) {
  std::vector<std::string> names = {options.digest_file, options.depfile, options.write_baseline, options.page == "-" ? "" : options.page};
  if (options.command == Options::Command::build) names.push_back(options.manifest);
  if (sbom_of(options) != "none") names.push_back(sbom_file(options));
  std::erase(names, "");
  return names;
}

// The file that may be meant by the name of an image: FILE, oci:FILE or oci:FILE:TAG.
std::vector<std::string> files_meant(const std::string& image) {
  std::vector<std::string> names = {image};
  if (!image.starts_with("oci:")) return names;
  names.push_back(image.substr(4));
  if (const size_t colon = image.rfind(':'); colon > 4) names.push_back(image.substr(4, colon - 4));
  return names;
}

// Not a baseline: that may be written anew.
std::vector<std::string> files_read(const Options& options) {
  std::vector<std::string> names = files_meant(options.root);
  const rootlet_options* library = options.library.get();
  if (rootlet_options_count(library, "base") != 0) {
    const auto base = files_meant(rootlet_options_get(library, "base", 0));
    names.insert(names.end(), base.begin(), base.end());
  }
  for (size_t i = 0; i < rootlet_options_count(library, "rules"); ++i) names.emplace_back(rootlet_options_get(library, "rules", i));
  if (options.command == Options::Command::report) names.push_back(options.compare);
  std::erase(names, "");
  return names;
}

constexpr const char* kIsRead = " is what this command reads; name another file to write";

// By its name or another link to it.
bool names_one_of(const std::string& name, const std::vector<std::string>& files) {
  std::error_code error;
  return fs::is_regular_file(name, error) && std::any_of(files.begin(), files.end(), [&](const std::string& file) { return fs::equivalent(name, file, error); });
}

}  // namespace

bool is_standard_output(const Options& options) { return options.output == "-" && !is_directory(options); }

std::string sbom_of(const Options& options) { return rootlet_options_get(options.library.get(), "sbom", 0); }

// Beside the layer, unless it is said where.
std::string sbom_file(const Options& options) {
  if (!options.sbom_file.empty()) return options.sbom_file;
  std::string name = options.output;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  return name + (sbom_of(options) == "spdx" ? ".spdx.json" : ".cdx.json");
}

std::optional<std::string> misplaced_output(const Options& options) {
  const bool has_sbom = sbom_of(options) != "none";
  if (has_sbom && options.sbom_file.empty() && is_standard_output(options)) return "--sbom has no file to write to beside standard output; name one with --sbom-file";
  if (!has_sbom && !options.sbom_file.empty()) return "--sbom-file has no bill of materials to write; say which with --sbom spdx or --sbom cyclonedx";
  const std::vector<std::string> read = files_read(options);
  std::vector<fs::path> taken;
  if (!options.output.empty() && !is_standard_output(options)) {
    if (names_one_of(options.output, read)) return options.output + kIsRead;
    taken.push_back(spelled(options.output));
  }
  for (const std::string& name : files_written(options)) {
    const fs::path path = spelled(name);
    if (std::find(taken.begin(), taken.end(), path) != taken.end()) return name + " is the name of two outputs";
    if (!taken.empty() && is_directory(options) && is_inside(path, taken.front())) {
      return name + " is inside " + options.output + ", which holds nothing but the " + (is_image_layout(options) ? "image layout" : "layer") + "; name a file outside of it";
    }
    if (auto problem = unwritable(name)) return problem;
    if (names_one_of(name, read)) return name + kIsRead;
    taken.push_back(path);
  }
  return std::nullopt;
}

}  // namespace rootlet::cli
