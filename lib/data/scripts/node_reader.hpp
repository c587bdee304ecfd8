// What a JavaScript file loads, read off its text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/scripts/commands.hpp"
#include "data/scripts/node_lexer.hpp"

namespace rootlet::scripts {

struct NodeLoad {
  std::string specifier;  // "./x", "lodash/get", "#internal", "/usr/share/x.js"
  bool import = false;    // by import, and not by require
};

struct NodeUnknown {
  uint32_t line = 0;
  std::string what;
};

struct NodeFacts {
  std::vector<NodeLoad> loads;
  std::vector<std::string> patterns;  // "./commands/*.js" of require(`./commands/${name}.js`)
  std::vector<std::string> files;  // paths of files that it names from its own place: absolute
  std::vector<StartedProgram> started;
  std::vector<NodeUnknown> unknown;
  bool addon = false;  // finds a native addon of its package: bindings, node-gyp-build
};

// `path` is the file itself, for __dirname.
NodeFacts read_node(std::string_view text, std::string_view path);

inline constexpr size_t kMaxNodeLoads = 8192;  // of one file; what follows is left out

}  // namespace rootlet::scripts
