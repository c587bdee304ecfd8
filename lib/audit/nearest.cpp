#include "audit/nearest.hpp"

#include <algorithm>
#include <optional>

#include "audit/model.hpp"

namespace rootlet::auditing {
namespace {

constexpr size_t kMaxNamed = 3;  // versions that one clause names

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits at `at`, without zeros ahead of them; moves on behind them.
std::string_view take_number(std::string_view text, size_t& at) {
  while (at < text.size() && text[at] == '0') ++at;
  const size_t start = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return text.substr(start, at - start);
}

// An object beyond the bounds of a model comes near nothing.
Model model_of(const elf::Symbols& symbols, const std::vector<std::string_view>& names) {
  auto model = read_model(symbols, names);
  if (!model && model.error().code != ErrorCode::too_large) model = own_model(symbols, names);
  return model ? std::move(*model) : Model();
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size() && i < kMaxNamed; ++i) text += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  if (words.size() > kMaxNamed) text += " and " + std::to_string(words.size() - kMaxNamed) + " more";
  return text;
}

// What the object that a version is wanted of has instead of it.
std::string other_versions(std::string_view name, const Model& model, std::string_view wanted) {
  if (model.definitions.empty()) return std::string(name) + " defines no versions";
  std::string_view before, after;
  for (const std::string& version : model.definitions) {
    if (version == wanted) return "";
    if (version_family(version) != version_family(wanted)) continue;
    const int order = compare_versions(version, wanted);
    if (order <= 0 && (before.empty() || compare_versions(version, before) > 0)) before = version;
    if (order > 0 && (after.empty() || compare_versions(version, after) < 0)) after = version;
  }
  const std::string start = std::string(name) + " has ";
  if (before.empty() && after.empty()) return start + listed(model.definitions);
  if (before.empty()) return start + "none before " + std::string(after);
  if (after.empty()) return start + "up to " + std::string(before);
  return start + std::string(before) + " and " + std::string(after) + ", and none between";
}

// "foo@V" or "foo@@V" as binutils writes it.
std::string versioned(const ModelSymbol& symbol) { return symbol.name + (symbol.hidden_version ? "@" : "@@") + symbol.version; }

// Why nobody else can use a definition, or nullptr.
const char* not_for_others(const ModelSymbol& symbol) {
  if (symbol.visibility == elf::Visibility::hidden || symbol.visibility == elf::Visibility::internal) return "hidden";
  if (symbol.binding == elf::Binding::local || symbol.local_version) return "local";
  return nullptr;
}

// How an object defines the symbol, if it does.
std::optional<std::string> definition(const Candidate& candidate, const Model& model, bool version_wanted) {
  std::vector<const ModelSymbol*> usable;
  const char* reason = nullptr;
  bool plain = false, hidden_version = true;
  for (const ModelSymbol& symbol : model.symbols) {
    if (!symbol.defined) continue;
    if (const char* why = not_for_others(symbol)) {
      reason = why;
    } else if (symbol.version.empty()) {
      plain = true;
    } else {
      usable.push_back(&symbol);
      hidden_version = hidden_version && symbol.hidden_version;
    }
  }
  const std::string start = std::string(candidate.name) + (candidate.loaded ? "" : ", which is not loaded,") + " defines it";
  std::sort(usable.begin(), usable.end(), [](const auto* a, const auto* b) { return compare_versions(a->version, b->version) < 0; });
  std::vector<std::string> words;
  for (const ModelSymbol* symbol : usable) words.push_back(versioned(*symbol));
  if (!usable.empty()) return start + " as " + listed(words) + (hidden_version && !version_wanted ? ", which is no default version" : "");
  if (plain) return start + (version_wanted && candidate.loaded ? " without a version" : "");
  if (reason != nullptr) return start + ", but " + reason;
  return std::nullopt;
}

}  // namespace

std::string_view version_family(std::string_view version) {
  return version.substr(0, static_cast<size_t>(std::find_if(version.begin(), version.end(), is_digit) - version.begin()));
}

int compare_versions(std::string_view a, std::string_view b) {
  size_t i = 0, k = 0;
  while (i < a.size() && k < b.size()) {
    if (is_digit(a[i]) && is_digit(b[k])) {
      const std::string_view left = take_number(a, i), right = take_number(b, k);
      if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
      if (const int order = left.compare(right); order != 0) return order < 0 ? -1 : 1;
    } else if (a[i] != b[k]) {
      return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[k]) ? -1 : 1;
    } else {
      ++i, ++k;
    }
  }
  return i < a.size() ? 1 : k < b.size() ? -1 : 0;
}

std::string nearest(const Wanted& wanted, const std::vector<Candidate>& candidates) {
  std::vector<std::string_view> names;
  if (!wanted.symbol.empty()) names.push_back(wanted.symbol);
  std::string clause, loaded, elsewhere;
  for (const Candidate& candidate : candidates) {
    if (candidate.symbols == nullptr) continue;
    const bool asked = !wanted.from.empty() && candidate.name == wanted.from;
    if (!asked && (names.empty() || !mentions(*candidate.symbols, wanted.symbol))) continue;
    const Model model = model_of(*candidate.symbols, names);
    if (asked && clause.empty() && !wanted.version.empty()) clause = other_versions(candidate.name, model, wanted.version);
    auto found = definition(candidate, model, !wanted.version.empty());
    if (!found) continue;
    std::string& kept = candidate.loaded ? loaded : elsewhere;
    if (kept.empty() || asked) kept = *found;
  }
  const std::string& symbol = loaded.empty() ? elsewhere : loaded;
  if (clause.empty() || symbol.empty()) return clause + symbol;
  return clause + "; " + symbol;
}

std::string model_problem() {
  auto version = lief_version();
  return version ? "" : version.error().message;
}

}  // namespace rootlet::auditing
