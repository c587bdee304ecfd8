#include "audit/model.hpp"

#include <unordered_set>

#include "elf/canonical.hpp"
#include "audit/lief/loader.hpp"

namespace rootlet::auditing {
namespace {

std::vector<uint32_t> indices_of(const elf::Symbols& symbols, const std::vector<std::string_view>& names) {
  const std::unordered_set<std::string_view> wanted(names.begin(), names.end());
  std::vector<uint32_t> found;
  for (uint32_t index = 1; index < symbols.count() && !wanted.empty(); ++index) {
    if (wanted.contains(symbols.name(index))) found.push_back(index);
  }
  return found;
}

// The calls of the module. They may not throw: a lack of memory is kept until the module has returned.
struct Listener {
  Model model;
  bool out_of_memory = false;

  template <typename Take>
  static void guarded(void* context, Take&& take) {
    auto& self = *static_cast<Listener*>(context);
    try {
      take(self.model);
    } catch (const std::bad_alloc&) {
      self.out_of_memory = true;
    }
  }

  static void symbol(void* context, const rootlet_lief_symbol* told) {
    guarded(context, [told](Model& kept) {
      ModelSymbol symbol;
      symbol.name.assign(told->name, told->name_length);
      symbol.version.assign(told->version, told->version_length);
      symbol.binding = static_cast<elf::Binding>(told->binding);
      symbol.type = static_cast<elf::SymbolType>(told->type);
      symbol.visibility = static_cast<elf::Visibility>(told->visibility);
      symbol.defined = told->defined != 0;
      symbol.local_version = (told->version_word & 0x7fff) == elf::kVersionLocal;
      symbol.hidden_version = (told->version_word & 0x8000) != 0;
      kept.symbols.push_back(std::move(symbol));
    });
  }

  static void definition(void* context, const char* version, size_t length, unsigned, unsigned flags) {
    if ((flags & 1) != 0) return;  // the base is its own name
    guarded(context, [&](Model& kept) { kept.definitions.emplace_back(version, length); });
  }

  static void requirement(void* context, const char* file, size_t file_length, const char* version, size_t length) {
    guarded(context, [&](Model& kept) { kept.requirements.emplace_back(std::string(file, file_length), std::string(version, length)); });
  }
};

}  // namespace

bool mentions(const elf::Symbols& symbols, std::string_view name) {
  for (uint32_t index = 1; index < symbols.count(); ++index) {
    if (symbols.is_called(index, name)) return true;
  }
  return false;
}

Result<Model> read_model(const elf::Symbols& symbols, const std::vector<std::string_view>& names) {
  auto image = elf::canonical_image(symbols, indices_of(symbols, names));
  if (!image) return Unexpected(std::move(image).error());
  Listener listener;
  const rootlet_lief_calls calls = {&listener, Listener::symbol, Listener::definition, Listener::requirement};
  auto done = lief_read(*image, calls);
  if (listener.out_of_memory) throw std::bad_alloc();
  if (!done) return Unexpected(std::move(done).error());
  return std::move(listener.model);
}

Result<Model> own_model(const elf::Symbols& symbols, const std::vector<std::string_view>& names) {
  const std::vector<uint32_t> chosen = indices_of(symbols, names);
  if (auto bounded = elf::canonical_image(symbols, chosen); !bounded) return Unexpected(std::move(bounded).error());
  Model model;
  const auto& versions = symbols.versions();
  for (const uint32_t index : chosen) {
    const elf::Symbol symbol = symbols.symbol(index);
    ModelSymbol made;
    made.name = symbol.name;
    if (symbol.version > elf::kVersionGlobal && symbol.version < versions.size()) made.version = versions[symbol.version].name;
    made.binding = symbol.binding;
    made.type = symbol.type;
    made.visibility = symbol.visibility;
    made.defined = symbol.defined();
    made.local_version = symbol.version == elf::kVersionLocal;
    made.hidden_version = symbol.version_hidden;
    model.symbols.push_back(std::move(made));
  }
  for (const elf::VersionDefinition& definition : symbols.definitions()) {
    if (!definition.base) model.definitions.emplace_back(definition.version);
  }
  for (const elf::VersionRequirement& requirement : symbols.requirements()) model.requirements.emplace_back(requirement.file, requirement.version);
  return model;
}

}  // namespace rootlet::auditing
