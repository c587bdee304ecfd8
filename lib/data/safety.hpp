// What no evidence may bring into a layer.
#pragma once

#include <string>
#include <string_view>

#include "rootlet/package.hpp"
#include "rootlet/root.hpp"

namespace rootlet::data {

// "/a/b" is below "/a"; "/a" and "/ab" are not.
constexpr bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

class Safety {
 public:
  Safety(Root& root, PackageDatabase& packages) : root_(root), packages_(packages) {}

  enum class Asker : uint8_t { evidence, rule };
  // Why a file must not be taken unless the user names it; empty if it may. For evidence, state in /var is out of bounds;
  // rules may know better.
  std::string refusal(const Node& node, Asker asker);
  // Below /proc, /sys, /dev: nothing there is a file of an image, and that needs no words.
  static bool is_virtual(std::string_view path);
  // Below /run, /tmp or /var: where a directory may have to be there, and files come and go.
  static bool is_state(std::string_view path);

 private:
  bool holds_private_key(const Node& node);
  Root& root_;
  PackageDatabase& packages_;
};

}  // namespace rootlet::data
