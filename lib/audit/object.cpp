#include "audit/object.hpp"

namespace rootlet::auditing {
namespace {

constexpr uint64_t kMaxKept = 256ull << 20;  // bytes of objects that are kept from one program to the next

std::vector<Want> wants_of(const elf::Symbols& symbols) {
  std::vector<Want> wants;
  wants.reserve(symbols.references().size());
  for (const elf::Reference& reference : symbols.references()) {
    const elf::Symbol symbol = symbols.symbol(reference.symbol);
    if (symbol.binding == elf::Binding::local) continue;
    Want want{elf::HashedName(symbol.name), nullptr, reference};
    if (symbols.has_versions() && symbols.versions()[symbol.version].hash != 0) want.version = &symbols.versions()[symbol.version];
    want.weak = symbol.binding == elf::Binding::weak;
    want.own = symbol.visibility == elf::Visibility::hidden || symbol.visibility == elf::Visibility::internal;
    wants.push_back(want);
  }
  return wants;
}

}  // namespace

const Object& Objects::of(const Node& node) {
  std::unique_ptr<Object>& object = known_[&node];
  if (object != nullptr) return *object;
  auto made = std::make_unique<Object>();
  made->node = &node;
  auto file = root_.open_file(node);
  auto symbols = file ? elf::Symbols::read(**file) : Result<elf::Symbols>(Unexpected(std::move(file).error()));
  if (symbols) {
    made->symbols = std::move(*symbols);
    made->wants = wants_of(made->symbols);
    if (auto found = elf::read_protections(**file, &made->symbols)) made->protections = *found;
    if (auto found = elf::read_thread_storage(**file)) made->storage = *found;
  } else {
    made->error = std::move(symbols).error();
  }
  made->bytes = sizeof(Object) + made->symbols.bytes() + made->wants.capacity() * sizeof(Want);
  bytes_ += made->bytes;
  object = std::move(made);
  return *object;
}

std::shared_ptr<Objects> Objects::kept(Root& root) {
  std::shared_ptr<Objects> objects = root.kept<Objects>();
  if (objects == nullptr) root.keep(objects = std::make_shared<Objects>(root));
  return objects;
}

void Objects::trim() {
  if (bytes_ <= kMaxKept) return;
  known_.clear();
  bytes_ = 0;
}

}  // namespace rootlet::auditing
