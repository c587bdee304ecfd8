// root: a directory, or an image, seen as `/`.
//
// A Root answers path lookups as the kernel would for a process chrooted there: absolute links
// restart at the root, `..` stops at it, a lookup ends after 40 links (path_resolution(7)). It never
// opens anything outside, also while a hostile tree changes under it: every system call names one
// component below a directory handle and refuses to follow links, and links are followed here.
//
// Each directory entry is looked up once in the life of a Root, and what was found is kept; a Root
// is a view of one moment. It is used by one thread at a time; two Roots share nothing.
//
// An image is read where it lies: its layers are stacked as OCI image-spec 1.1 (layer.md) has it, whiteouts and all, of their headers
// alone, and files are read out of them as they are asked for. Nothing is unpacked to disk, no owner or mode of the files in it keeps
// anyone from reading, and memory is bounded, whatever the image's size. Manifest, configuration and layers are compared with
// their digests.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "rootlet/base.hpp"

namespace rootlet {

enum class NodeType : uint8_t { file, directory, symlink, other };

struct Status {
  NodeType type = NodeType::other;
  uint32_t mode = 0;  // permission bits, set-id and sticky included (07777)
  uint64_t size = 0;
  uint64_t device = 0;
  uint64_t inode = 0;
  uint32_t link_count = 1;
  int64_t modified = 0;  // seconds since the epoch
  uint32_t uid = 0, gid = 0;
};

// One directory entry of a Root. Nodes are made by their Root and live as long as it does, so a
// `const Node*` is an identity.
class Node {
 public:
  const Node* parent() const { return parent_; }
  // Absolute inside the root, without links, `.` or `..`: "/usr/lib/libz.so.1".
  const std::string& path() const { return path_; }
  std::string_view name() const;
  const Status& status() const { return status_; }
  bool is_file() const { return status_.type == NodeType::file; }
  bool is_directory() const { return status_.type == NodeType::directory; }
  bool is_symlink() const { return status_.type == NodeType::symlink; }
  // What a symbolic link says, or empty.
  const std::string& target() const { return target_; }

 private:
  friend class Root;
  const Node* parent_ = nullptr;
  std::string path_;
  std::string target_;
  Status status_;
  int error_ = 0;  // an errno value if there is no such entry
  // By name, which is the end of the child's own path. Only directories have it.
  using Children = std::unordered_map<std::string_view, std::unique_ptr<Node>>;
  mutable std::unique_ptr<Children> children_;
};

// Where a path leads.
struct Walk {
  const Node* node = nullptr;        // null if it leads nowhere
  int error = 0;                     // then why: ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG, …
  std::vector<const Node*> links;    // every symbolic link crossed, in order
};

enum class FollowLast : bool { no, yes };

// An open regular file.
class File : public Source {
 public:
  // A descriptor for calls that want one (holes, copying in the kernel), or -1 for a file in memory.
  // It belongs to the File.
  virtual int descriptor() const = 0;
};

// A tree that exists only in memory: the twin of a real directory for tests.
class MemoryTree {
 public:
  struct Item {
    Status status;
    std::string content;  // of a file, or the target of a link
    bool readable = true;
  };
  // Parents that do not exist are made as directories of mode 0755. A path is absolute.
  MemoryTree& directory(std::string_view path, uint32_t mode = 0755);
  MemoryTree& file(std::string_view path, std::string content, uint32_t mode = 0644);
  MemoryTree& symlink(std::string_view path, std::string target);
  MemoryTree& hard_link(std::string_view path, std::string_view existing);
  MemoryTree& unreadable(std::string_view path);

  const std::map<std::string, Item>& items() const { return items_; }

 private:
  Item& add(std::string_view path, NodeType type, uint32_t mode);
  std::map<std::string, Item> items_;
  uint64_t next_inode_ = 2;
};

struct RootOptions {
  std::string platform;  // OS/ARCHITECTURE[/VARIANT] of an image that there are several of; a directory is as it is, but bad words are refused there too
};

struct ImageSource;  // lib/root/image.hpp: an image that is open
class FileSystem;  // lib/root/file_system.hpp: what a Root asks of the system, one entry at a time

class Root {
 public:
  // Opens what `reference` names:
  //   DIRECTORY              a real directory;
  //   oci:DIRECTORY[:TAG]    an image layout, and the name of an image in it, which may be left out where there is one;
  //   FILE                   an OCI archive, what `docker save` writes, or a tar of a root; all of them also compressed, by gzip or zstd;
  //   oci:FILE:TAG           one of several images in such an archive. Where it says their whole names, as docker's of version 25 and later
  //                          do, TAG is also such a name, or what docker shortens it to: "app:1" for "docker.io/library/app:1".
  // Errors: not_found, not_a_directory, permission_denied; of images also malformed (a digest that does not fit, a damaged archive),
  // unsupported, too_large, and invalid_argument where an image, a tag or a platform has to be named: the message lists them.
  static Result<Root> open(const std::string& reference, const RootOptions& options = {});
  static Root in_memory(MemoryTree tree);

  Root(Root&&) noexcept;
  Root& operator=(Root&&) noexcept;
  ~Root();

  // What was given to open(), or "memory".
  const std::string& name() const { return name_; }
  const Node& top() const { return *top_; }
  // The value of a variable that an image's configuration sets for its programs ("Env"), or empty; directories and tars set none.
  std::string variable(std::string_view name) const;

  // Follows `path` from `from` (the top if null, and always for an absolute path). With
  // FollowLast::no a link that is the last component is the answer itself.
  Walk walk(std::string_view path, FollowLast follow = FollowLast::yes, const Node* from = nullptr);

  // The entry `name` of a directory, links not followed; null and the errno value if there is none.
  const Node* child(const Node& directory, std::string_view name, int* error = nullptr);

  // Opens a regular file for reading.
  Result<std::unique_ptr<File>> open_file(const Node& node);

  // The names in a directory, sorted bytewise, without "." and "..".
  Result<std::vector<std::string>> list(const Node& directory);

  // Paths that match a shell pattern as glob(3) would match it, sorted bytewise; links are followed
  // and the paths are spelled as the pattern is. At most `limit` paths. A pattern and a tree made for it can be much
  // work: `work`, if given, is about the bytes of names that may be looked at, is reduced by those that were, and ends
  // the search at 0.
  std::vector<std::string> glob(std::string_view pattern, size_t limit = 100000, uint64_t* work = nullptr);

  // The value of an extended attribute, or nothing where there is none.
  std::optional<std::string> attribute(const Node& node, const char* name);

  // What another room has learned of this tree, so that it learns it once: taken out while it is used, and put back when it is
  // whole. It may point to this Root, so a Root that is moved leaves it behind. At most one of each type; null if there is none.
  template <typename T>
  std::shared_ptr<T> take() {
    auto found = kept_.things.extract(typeid(T));
    return found ? std::static_pointer_cast<T>(std::move(found.mapped())) : nullptr;
  }
  // The same without taking it out: for what only reads it.
  template <typename T>
  std::shared_ptr<T> kept() const {
    const auto found = kept_.things.find(typeid(T));
    return found == kept_.things.end() ? nullptr : std::static_pointer_cast<T>(found->second);
  }
  template <typename T>
  void keep(std::shared_ptr<T> thing) {
    kept_.things[typeid(T)] = std::move(thing);
  }

  // How often the file system was asked for an entry: what the promise above is tested by.
  uint64_t lookups() const { return lookups_; }

 private:
  friend Result<Root> open_root(const ImageSource& image, const std::string& name);
  Root(std::string name, std::unique_ptr<FileSystem> system, Status top);
  Node* lookup(const Node& directory, std::string_view name);

  std::string name_;
  std::vector<std::string> environment_;  // "NAME=VALUE"
  std::unique_ptr<FileSystem> system_;
  std::unique_ptr<Node> top_;
  uint64_t lookups_ = 0;
  uint64_t nodes_ = 0;

  struct Kept {
    std::unordered_map<std::type_index, std::shared_ptr<void>> things;
    Kept() = default;
    Kept(Kept&& other) noexcept { other.things.clear(); }
    Kept& operator=(Kept&& other) noexcept { return things.clear(), other.things.clear(), *this; }
  };
  Kept kept_;  // gone before what it points to
};

inline constexpr int kMaxLinks = 40;              // as the kernel's MAXSYMLINKS
inline constexpr size_t kMaxPath = 4096;          // PATH_MAX, with its NUL
inline constexpr size_t kMaxName = 255;           // NAME_MAX
inline constexpr uint64_t kMaxNodes = 2'000'000;  // entries that one Root remembers

}  // namespace rootlet
