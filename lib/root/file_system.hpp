// What a Root asks of the system: one entry of one directory at a time, links never followed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet/root.hpp"

namespace rootlet {

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  struct Entry {
    int error = 0;  // an errno value, or 0
    Status status;
    std::string target;  // of a symbolic link
  };
  virtual Entry entry(const Node& directory, std::string_view name) = 0;
  virtual Result<std::unique_ptr<File>> open(const Node& node) = 0;
  virtual Result<std::vector<std::string>> list(const Node& directory) = 0;
  virtual std::optional<std::string> attribute(const Node& node, const char* name) = 0;
};

// `top` receives the status of the directory itself.
Result<std::unique_ptr<FileSystem>> open_posix_file_system(const std::string& directory, Status& top);
// What an image's layers make, one on the other (root/image.hpp). All of them are read once, and compared with their digests.
// The image may go.
Result<std::unique_ptr<FileSystem>> make_image_file_system(const ImageSource& image, const std::string& shown, Status& top);
std::unique_ptr<FileSystem> make_memory_file_system(MemoryTree tree);

}  // namespace rootlet
