// What the audit knows of one object: its symbols, and what it refers to.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "elf/protections.hpp"
#include "elf/symbols.hpp"
#include "rootlet/base.hpp"
#include "rootlet/root.hpp"

namespace rootlet::auditing {

// Something that an object wants somebody to define.
struct Want {
  elf::HashedName name;
  const elf::Version* version = nullptr;  // null where any will do
  elf::Reference reference;
  bool weak = false;
  bool own = false;  // of a visibility that looks nowhere else (dl_symbol_visibility_binds_local_p)
};

struct Object {
  const Node* node = nullptr;
  elf::Symbols symbols;        // none if there is an error
  std::optional<Error> error;  // why they could not be read
  std::vector<Want> wants;
  elf::Protections protections;
  elf::ThreadStorage storage;
  uint64_t bytes = 0;          // of memory, about
};

// Reads each object of a root once.
class Objects {
 public:
  explicit Objects(Root& root) : root_(root) {}

  // Those of the root, from one audit to the next.
  static std::shared_ptr<Objects> kept(Root& root);

  // Lives until the next call of trim().
  const Object& of(const Node& node);

  // Forgets all of them where they have become much.
  void trim();

 private:
  Root& root_;
  std::unordered_map<const Node*, std::unique_ptr<Object>> known_;
  uint64_t bytes_ = 0;
};

}  // namespace rootlet::auditing
