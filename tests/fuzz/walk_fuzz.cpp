#include "fuzz/target.hpp"
#include "rootlet/root.hpp"

using namespace rootlet;

namespace {

// The next line of `rest`.
std::string take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  std::string line(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

void check(const Walk& walk, FollowLast follow) {
  fuzz::require((walk.node == nullptr) == (walk.error != 0), "a walk has an answer or an error");
  const size_t limit = walk.node != nullptr ? kMaxLinks : kMaxLinks + 1;  // with the link that was one too many
  fuzz::require(walk.links.size() <= limit, "and crosses no more links than the kernel would");
  if (walk.node != nullptr && follow == FollowLast::yes) fuzz::require(!walk.node->is_symlink(), "it does not end at a link");
}

}  // namespace

// The first line is what to look for; the others are where the links /a, /d/b, /d/e/c and so on lead.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = fuzz::as_text(data, size);
  const std::string path = take_line(rest);
  MemoryTree tree;
  tree.file("/d/e/file", "x").directory("/d/e/f");
  for (const char* link : {"/a", "/d/b", "/d/e/c", "/d/e/f/g", "/h"}) tree.symlink(link, take_line(rest));
  Root root = Root::in_memory(std::move(tree));
  for (const FollowLast follow : {FollowLast::yes, FollowLast::no}) {
    const Walk walk = root.walk(path, follow);
    check(walk, follow);
    if (walk.node == nullptr) continue;
    fuzz::require(root.walk(walk.node->path(), follow).node == walk.node, "the path of an answer leads to it again");
  }
  (void)root.glob(path, 100);
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  return {"/a/e/file\n/d\n../h\nf/g\n..\n/", "a/../b\na\nb\nc\nd\ne", "/d/*/[a-f]*\nd/e\ne\n../..\n/a\n/a", "//d/./e//c/\n\n\n/d/e/file\n"};
}
