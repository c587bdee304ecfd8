// What the data room hands to the worklist.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/scripts.hpp"
#include "rootlet/root.hpp"

namespace rootlet::data {

// Where a need comes from; the closure turns it into a reason.
enum class Origin : uint8_t { evidence, rule, declared, opened, script, configuration, package };

struct Need {
  enum Kind : uint8_t {
    file,            // path: a file, link or directory of the root, as it is; of a directory not what is in it
    module,          // path: a file in `language`, which is read as one
    library,         // path: a name for dlopen in the object
    plugin,          // path: a shared object that the object opens by this path
    program,         // path: an executable that is started
    made_directory,  // path: an empty directory, whether or not the root has it
    generated,       // path, content: a file that is made
    missing,         // path: required and not there; content says what was looked for
    finding,         // path: the word for its kind; content: what it says
  } kind = file;
  std::string path;
  std::string content;
  Origin origin = Origin::evidence;
  std::string detail;  // the rule's name, the string, the option
  ScriptLanguage language = ScriptLanguage::shell;
  std::vector<std::string> about = {};  // of a finding, as in Finding; of what is missing, where it was looked for
  bool perhaps = false;                 // a program that may be something else, and whose absence says nothing
};
using Needs = std::vector<Need>;

}  // namespace rootlet::data
