// The command line, as data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "handles.hpp"

namespace rootlet::cli {

struct Options {
  enum class Command : uint8_t { resolve, build, index, verify, diff, why, audit, report, version } command = Command::resolve;
  std::string root = "/";
  Handle<rootlet_options> library;  // what the library knows by itself
  std::string format;               // resolve: tree, paths, json, dot; why, verify, diff: text, json; audit: these, sarif, junit
  std::string color = "auto";
  bool allow_missing = false;
  bool quiet = false;
  std::string output_format;  // build: dir, tar, oci, oci-archive, docker-archive
  std::string output;         // build: where to, "-" for standard output; index: the layout
  std::string digest_file;    // build, index
  std::string tag;            // index
  std::string manifest;       // build: where to; verify: a file
  std::string sbom_file;      // build
  std::string depfile, depfile_target;
  std::string path;     // why
  size_t limit = 20;    // why: chains
  bool all = false, hardening = false;    // audit
  std::string baseline, write_baseline;  // audit: files
  std::string page;     // report: -o, "-" for standard output
  std::string compare;  // report: a file of JSON; diff: what `root` is compared with
  std::vector<std::string> entries;
};

// The options, or the exit status if there is nothing more to do (help was asked for, or the words are
// off and that has been said).
struct Parsed {
  std::optional<Options> options;
  int status = 0;
};
Parsed parse(int argc, char** argv);

}  // namespace rootlet::cli
