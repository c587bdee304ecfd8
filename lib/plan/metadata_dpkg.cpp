// dpkg's metadata as distroless images have it (GoogleContainerTools/distroless, PACKAGE_METADATA.md): a file a package.
#include <algorithm>
#include <utility>

#include "base/digest.hpp"
#include "plan/metadata.hpp"

namespace rootlet::plan {
namespace {

constexpr std::string_view kSumsEnding = ".md5sums";

std::string_view take_line(std::string_view& text) {
  const size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
  const std::string_view line = text.substr(0, length);
  text.remove_prefix(length);
  return line;
}

// The stanza as it is, but of its configuration files those that the layer has.
std::string stanza_of(const Context& context, const Shipped& shipped) {
  const std::string record = context.database.record(*shipped.package);
  std::string stanza, heading;  // of Conffiles, until one of them is there
  bool conffiles = false;
  for (std::string_view rest = record; !rest.empty();) {
    const std::string_view line = take_line(rest);
    if (line.front() != ' ' && line.front() != '\t') {
      conffiles = line.starts_with("Conffiles:");
      heading = conffiles ? line : std::string_view();
      if (!conffiles) stanza += line;
    } else if (!conffiles) {
      stanza += line;
    } else if (ships(context, shipped, line.substr(1, line.find(' ', 1) - 1))) {
      stanza += std::exchange(heading, {});
      stanza += line;
    }
  }
  if (!stanza.empty() && stanza.back() != '\n') stanza += '\n';
  return stanza;
}

// As the package was built where dpkg has the sum, which shows what was changed since; computed for configuration files, which dpkg
// leaves out, and for packages that came without sums.
std::string sums_of(const Context& context, const Shipped& shipped) {
  const auto known = context.database.sums(*shipped.package);
  std::string lines;
  for (const PlanEntry* entry : shipped.files) {
    if (entry->type == PlanEntryType::symlink || entry->path.find_first_of("\n\\") != std::string::npos) continue;
    std::string sum;
    if (auto found = known.find(entry->path); found != known.end()) {
      sum = found->second;
    } else {
      const Node* node = entry->source != nullptr ? entry->source : context.root.walk(entry->path, FollowLast::no).node;
      if (node == nullptr) continue;
      auto file = context.root.open_file(*node);
      auto digest = file ? md5(**file) : Result<std::string>(std::string());
      if (!digest || digest->empty()) continue;  // whoever writes the layer says why it cannot be read
      sum = *digest;
    }
    lines += sum + "  " + entry->path.substr(1) + "\n";
  }
  return lines;
}

}  // namespace

void add_dpkg(const Context& context) {
  const std::vector<Shipped>& all = context.packages;
  for (size_t i = 0; i < all.size(); ++i) {
    const Package& package = *all[i].package;
    if (package.name.ends_with(kSumsEnding)) {
      context.additions.finding("/var/lib/dpkg", "the package " + package.name + " is left out: its name is that of another's list of sums");
      continue;
    }
    // Readers look for the sums under both names, and for a name of two architectures must not find those of the other one.
    const bool several = (i > 0 && all[i - 1].package->name == package.name) || (i + 1 < all.size() && all[i + 1].package->name == package.name);
    const std::string path = "/var/lib/dpkg/status.d/" + package.name + (several ? ":" + package.architecture : "");
    context.additions.add(path, stanza_of(context, all[i]), kPackageMetadata);
    context.additions.add(path + std::string(kSumsEnding), sums_of(context, all[i]), kPackageMetadata);
  }
}

}  // namespace rootlet::plan
