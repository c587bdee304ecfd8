// Files that are part of the library, as they were when it was built (lib/embed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace rootlet {

struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

}  // namespace rootlet
