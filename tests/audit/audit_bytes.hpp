// All that an audit reads of one file, from bytes that may be anybody's: what the mutants and the fuzz target go through.
#pragma once

#include <string>
#include <vector>

#include "audit/model.hpp"
#include "audit/nearest.hpp"
#include "elf/protections.hpp"
#include "elf/symbols.hpp"

namespace rootlet::test {

enum class AuditedBytes { refused, read, modelled };

inline AuditedBytes audit_bytes(Bytes bytes) {
  const MemorySource source(bytes);
  (void)elf::read_protections(source);
  (void)elf::read_thread_storage(source);
  const auto symbols = elf::Symbols::read(source);
  if (!symbols) return AuditedBytes::refused;

  // A name in sixteen, and what the first references are to: enough to meet every kind, and few, as in an audit.
  std::vector<std::string_view> names;
  const uint32_t step = symbols->count() / 16 + 1;
  for (uint32_t i = 1; i < symbols->count(); i += step) names.push_back(symbols->name(i));
  for (const elf::Reference& reference : symbols->references()) {
    if (names.size() >= 32) break;
    names.push_back(symbols->name(reference.symbol));
  }
  for (std::string_view name : names) symbols->each_candidate(elf::HashedName(name), [&](uint32_t index) { return symbols->name(index) == name; });
  const auto model = auditing::read_model(*symbols, names);

  const std::vector<auditing::Candidate> scope = {{"this", &*symbols, true}};
  size_t asked = 0;
  for (const elf::VersionRequirement& requirement : symbols->requirements()) {
    if (++asked > 4) break;
    (void)auditing::nearest({"", std::string(requirement.version) + "9", "this"}, scope);
  }
  if (!names.empty()) (void)auditing::nearest({names.back(), "V_1", "this"}, scope);
  return model ? AuditedBytes::modelled : AuditedBytes::read;
}

}  // namespace rootlet::test
