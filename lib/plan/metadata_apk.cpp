// apk's list of installed packages, in the form that apk_db_fdb_read() of apk-tools' src/database.c reads. The lines of a
// package are as in the root; of those for its files, F (directory, with M for its mode) and R (file, with a and Z for its mode
// and sum), the ones for what the layer has.
#include <algorithm>
#include <utility>

#include "plan/metadata.hpp"

namespace rootlet::plan {
namespace {

void append(const Context& context, const Shipped& shipped, std::string& text) {
  const std::string record = context.database.record(*shipped.package);
  std::string directory;          // with a slash at both ends
  std::string heading;            // lines of the directory, until one of its files is there
  bool wanted = true;             // whether a line that says more of the last F or R is
  std::string_view rest = record;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.size() < 2) continue;
    const std::string with_newline = std::string(line) + "\n";
    if (line.starts_with("F:")) {
      directory = line.size() == 2 ? "/" : "/" + std::string(line.substr(2)) + "/";
      heading = with_newline;
      wanted = false;
    } else if (line.starts_with("M:")) {
      if (!heading.empty()) heading += with_newline;
    } else if (line.starts_with("R:")) {
      wanted = ships(context, shipped, directory + std::string(line.substr(2)));
      if (wanted) text += std::exchange(heading, {}) + with_newline;
    } else if (wanted || (!line.starts_with("a:") && !line.starts_with("Z:"))) {
      text += with_newline;
    }
  }
  text += "\n";
}

}  // namespace

void add_apk(const Context& context) {
  std::string text;
  for (const Shipped& shipped : context.packages) append(context, shipped, text);
  context.additions.add("/lib/apk/db/installed", std::move(text), kPackageMetadata);
}

}  // namespace rootlet::plan
