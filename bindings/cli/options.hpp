// The command line, as data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rootlet/closure.hpp"
#include "rootlet/plan.hpp"

namespace rootlet::cli {

struct Options {
  enum class Command : uint8_t { resolve, build, why, version } command = Command::resolve;
  std::string root = "/";
  rootlet::ResolveOptions resolve;
  rootlet::PlanOptions plan;
  std::string format;  // resolve: tree, paths, json, dot; why: text, json
  std::string color = "auto";
  std::string data = "auto", times = "package";
  std::vector<std::string> rules;
  bool allow_missing = false;
  bool quiet = false;
  std::string directory;  // --dir
  std::string tar;        // --tar, "-" for standard output
  std::string path;       // why
  size_t limit = 20;      // why: chains
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
