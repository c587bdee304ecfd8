// The list of packages in distroless images of Azure Linux, which have no database of rpm: a line a package.
#include "plan/metadata.hpp"

namespace rootlet::plan {

void add_rpm(const Context& context) {
  std::string text;
  for (const Shipped& shipped : context.packages) {
    const std::string line = context.database.record(*shipped.package);
    if (line.empty()) {
      context.additions.finding("/var/lib/rpmmanifest", "the package " + shipped.package->name + " is left out: its version has no form that readers take");
    } else {
      text += line + "\n";
    }
  }
  context.additions.add("/var/lib/rpmmanifest/container-manifest-2", std::move(text), kPackageMetadata);
}

}  // namespace rootlet::plan
