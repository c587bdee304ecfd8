#include <unordered_map>
#include <utility>

#include "package/database.hpp"

namespace rootlet::package {
namespace {

using Owner = std::function<std::optional<uint32_t>(std::string_view)>;

bool fits_all(std::string_view architecture) {
  return architecture == "all" || architecture == "noarch" || architecture == "any" || architecture.empty();
}

class Resolver {
 public:
  Resolver(const std::vector<Record>& records, const Owner& owner) : records_(records), owner_(owner), taken_by_(records.size(), kNobody) {
    names_.reserve(records.size() * 2);
    for (uint32_t i = 0; i < records.size(); ++i) note(names_[records[i].package.name].named, i);
    for (uint32_t i = 0; i < records.size(); ++i) {
      for (const std::string& name : records[i].provides) note(names_[name].provided_by, i);
    }
  }

  std::vector<std::string> resolve(uint32_t self) {
    const Package& package = records_[self].package;
    std::vector<std::string> found;
    for (const std::string& wanted : package.depends) {
      for (uint32_t i : satisfy(wanted, package.architecture)) {
        if (i != self && std::exchange(taken_by_[i], self) != self && found.size() < kMostDepends) found.push_back(spell(i));
      }
    }
    return found;
  }

 private:
  static constexpr uint32_t kNobody = UINT32_MAX;
  static constexpr size_t kMostDepends = 2000, kMostHolders = 64;

  // In the order of the records, which have the system's own architecture first.
  struct Holders {
    std::vector<uint32_t> named;
    std::vector<uint32_t> provided_by;
  };

  static void note(std::vector<uint32_t>& holders, uint32_t i) {
    if (holders.size() < kMostHolders && (holders.empty() || holders.back() != i)) holders.push_back(i);
  }

  std::vector<uint32_t> satisfy(std::string_view wanted, std::string_view architecture) const {
    if (auto known = names_.find(wanted); known != names_.end()) return choose(known->second, architecture);
    if (wanted.starts_with('/')) {
      auto owner = owner_(wanted);
      return owner ? std::vector<uint32_t>{*owner} : std::vector<uint32_t>{};
    }
    const size_t colon = wanted.rfind(':');
    if (colon == std::string_view::npos) return {};
    auto known = names_.find(wanted.substr(0, colon));
    if (known == names_.end()) return {};
    const std::string_view qualifier = wanted.substr(colon + 1);
    if (qualifier == "any" || qualifier == "native") return choose(known->second, architecture);
    return only(known->second, qualifier);
  }

  bool fits(uint32_t i, std::string_view architecture) const {
    const std::string& own = records_[i].package.architecture;
    return own == architecture || fits_all(own) || fits_all(architecture);
  }

  // A package of the name itself, and only where there is none those that provide it.
  std::vector<uint32_t> choose(const Holders& holders, std::string_view architecture) const {
    for (uint32_t i : holders.named) {
      if (fits(i, architecture)) return {i};
    }
    if (!holders.named.empty()) return {holders.named.front()};
    std::vector<uint32_t> fitting;
    for (uint32_t i : holders.provided_by) {
      if (fits(i, architecture)) fitting.push_back(i);
    }
    return fitting.empty() ? holders.provided_by : fitting;
  }

  std::vector<uint32_t> only(const Holders& holders, std::string_view architecture) const {
    std::vector<uint32_t> of_architecture;
    for (uint32_t i : holders.named.empty() ? holders.provided_by : holders.named) {
      if (records_[i].package.architecture == architecture) of_architecture.push_back(i);
    }
    return of_architecture;
  }

  std::string spell(uint32_t i) const {
    const Package& package = records_[i].package;
    const bool first = names_.at(package.name).named.front() == i;
    return first || package.architecture.empty() ? package.name : package.name + ":" + package.architecture;
  }

  const std::vector<Record>& records_;
  const Owner& owner_;
  std::unordered_map<std::string_view, Holders> names_;
  std::vector<uint32_t> taken_by_;  // the last package that was found to depend on each
};

}  // namespace

void resolve_dependencies(std::vector<Record>& records, const Owner& owner) {
  std::vector<std::vector<std::string>> resolved;
  resolved.reserve(records.size());
  {
    Resolver resolver(records, owner);
    for (uint32_t i = 0; i < records.size(); ++i) resolved.push_back(resolver.resolve(i));
  }
  for (size_t i = 0; i < records.size(); ++i) {
    records[i].package.depends = std::move(resolved[i]);
    records[i].provides = {};
  }
}

}  // namespace rootlet::package
