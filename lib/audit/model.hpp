// LIEF's model of the symbols and versions of an object: what the audit asks when something is not bound.
//
// LIEF is in a module of its own, librootlet-lief.so, which is loaded at the first call of read_model() and stays; who has no unbound
// reference never pays for it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elf/symbols.hpp"

namespace rootlet::auditing {

struct ModelSymbol {
  std::string name, version;  // version: empty without one
  elf::Binding binding = elf::Binding::local;
  elf::SymbolType type = elf::SymbolType::none;
  elf::Visibility visibility = elf::Visibility::normal;
  bool defined = false;
  bool local_version = false;   // version index 0: not for others
  bool hidden_version = false;  // "foo@V" and not "foo@@V"

  bool operator==(const ModelSymbol&) const = default;
};

struct Model {
  std::vector<ModelSymbol> symbols;                                // in the order of the file
  std::vector<std::string> definitions;                            // versions that it defines, its own name left out
  std::vector<std::pair<std::string, std::string>> requirements;   // file and version

  bool operator==(const Model&) const = default;
};

// The model of an object's symbols of these names and of all its versions. Errors: `unsupported` if the module is not to be had, saying
// where it was looked for; `too_large` for the bounds of canonical.hpp; `malformed` if LIEF gives up. Safe to call from several threads.
Result<Model> read_model(const elf::Symbols& symbols, const std::vector<std::string_view>& names);

// The same without LIEF, by our own reader alone. Errors are `too_large`, as above.
Result<Model> own_model(const elf::Symbols& symbols, const std::vector<std::string_view>& names);

// Whether any symbol has that name, defined or not; quick, for every object is asked it.
bool mentions(const elf::Symbols& symbols, std::string_view name);

// LIEF's version, "0.9.0-"; an error as above.
Result<std::string> lief_version();

// Where the module is, instead of the usual places: beside the file that holds this library, in rootlet/ beside it, in the directory of
// libraries that belongs to the command's, and where rootlet was installed. Counts until the module is loaded.
void use_lief_module(std::string path);

}  // namespace rootlet::auditing
