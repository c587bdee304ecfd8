// A directory tree under a temporary name, filled entry by entry and then put in place or removed.
//
// Every call names one component below an open directory and refuses to follow a link, so nothing is
// written outside of the tree, whatever anyone does to it meanwhile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "layer/meter.hpp"
#include "layer/output.hpp"
#include "rootlet/base.hpp"
#include "rootlet/plan.hpp"
#include "rootlet/root.hpp"

namespace rootlet::layer {

class Tree {
 public:
  // The plan must outlive the tree.
  Tree(Target target, const Plan& plan);
  // Removes everything, unless it was put in place.
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  // Makes the temporary directory beside the target; or inside of it, where it is an empty directory that cannot be
  // replaced: a mount point, or one in a place where nothing else may be written.
  Result<void> create();
  // Writes the plan's next entry. Directories stay of mode 0700 until seal().
  Result<void> add(Root& root, Meter& meter);
  // Gives the directories their modes, owners and times, the deepest first.
  Result<void> seal();
  // Renames the tree to the target, which must not exist or be an empty directory; or what is in it, if the tree is in
  // the target.
  Result<void> put_in_place();

 private:
  Result<void> create_in(int error);
  Result<void> claim_top();
  Result<void> move_up();
  Result<void> add_directory(int parent, const char* name, const PlanEntry& entry);
  Result<void> add_file(int parent, const char* name, const PlanEntry& entry, Root& root,
                        Meter& meter);
  Result<void> add_symlink(int parent, const char* name, const PlanEntry& entry);
  Result<void> add_hard_link(int parent, const char* name, const PlanEntry& entry);
  Result<void> set_attributes(int descriptor, const PlanEntry& entry);

  // The directory that holds `path`, one of the plan's; open until the next call.
  Result<int> parent_of(std::string_view path);
  // The same, or -1 and errno. Allocates nothing.
  int enter(std::string_view path) noexcept;
  // Where an entry is written, in the caller's words.
  std::string shown(const PlanEntry& entry) const { return target_.path + entry.path; }
  void remove() noexcept;

  Target target_;
  const Plan& plan_;
  bool privileged_;        // owners and capabilities are set
  bool inside_;            // target_.parent is the target itself
  std::string temporary_;  // the name in target_.parent; empty if nothing is there
  Descriptor top_;
  size_t added_ = 0;      // entries of the plan that exist
  bool sealing_ = false;  // directories may lack the permission to work in them
  Descriptor current_;    // the directory that parent_of() opened last, if it is not the top
  std::string_view current_path_;
  std::vector<std::byte> buffer_;
};

}  // namespace rootlet::layer
