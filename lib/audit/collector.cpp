#include "audit/collector.hpp"

#include <algorithm>

#include "base/escape.hpp"

namespace rootlet::auditing {
namespace {

constexpr size_t kMaxUndefined = 10'000;  // of one object

std::string base_name(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

// "; libc.so.6 has up to GLIBC_2.36", or nothing.
std::string clause(const std::string& nearest) { return nearest.empty() ? "" : "; " + nearest; }

std::string consequence(AuditEffect effect, bool library) {
  switch (effect) {
    case AuditEffect::stops_start: return library ? "it does not load" : "the program does not start";
    case AuditEffect::fails_on_call: return "the program ends where it is first called";
    case AuditEffect::fails_to_open: return "it does not open, or ends where it is first called";
    case AuditEffect::note: break;
  }
  return "";
}

}  // namespace

void Collector::note(AuditFinding finding) {
  finding.message = escaped(finding.message);  // it has names of strangers in it, and is for people
  auto [place, added] = found_.try_emplace({finding.rule, finding.object, finding.subject}, finding, std::set<std::string>{});
  auto& [known, programs] = place->second;
  if (!program_.empty()) programs.insert(program_);
  if (finding.effect < known.effect) known = std::move(finding);
}

void Collector::missing_library(const Load& load, const LoadFailure& failure, AuditEffect effect) {
  AuditFinding finding;
  finding.rule = "missing-library";
  finding.effect = effect;
  finding.object = load.objects[failure.from].node->path();
  finding.subject = failure.name;
  // What is there and not taken says more than all the places where nothing is.
  const auto taken = std::find_if(failure.tried.rbegin(), failure.tried.rend(), [](const Attempt& attempt) { return attempt.why.find("o such file or directory") == attempt.why.npos && attempt.why.find("ot a directory") == attempt.why.npos; });
  const bool refused = taken != failure.tried.rend();
  finding.message = finding.object + " needs " + failure.name + ", which " +
                    (refused ? "is not taken: " + taken->path + ": " + taken->why : "is not there") +
                    (failure.kind == EdgeKind::preload ? ": the loader goes on without it" : effect == AuditEffect::note ? ": it does not open" : ": " + consequence(effect, library_));
  note(std::move(finding));
}

void Collector::missing_interpreter(const std::string& object, std::string_view path, const std::string& why) {
  AuditFinding finding;
  finding.rule = "missing-interpreter";
  finding.effect = AuditEffect::stops_start;
  finding.object = object;
  finding.subject = path;
  finding.message = object + " is run by " + finding.subject + ", " + why;
  note(std::move(finding));
}

void Collector::undefined(const Unbound& unbound, std::string nearest) {
  const Want& want = *unbound.want;
  AuditFinding finding;
  finding.rule = unbound.why == Unbound::without_version ? "no-version-information" : "undefined-symbol";
  finding.effect = unbound.effect;
  finding.object = unbound.object->node->path();
  finding.symbol = want.name.text;
  finding.subject = finding.symbol;
  std::string version;
  if (want.version != nullptr) {
    finding.version = want.version->name;
    finding.from = want.version->file;
    finding.subject += "@" + finding.version;
    version = ", version " + finding.version + (finding.from.empty() ? "" : " of " + finding.from);
  }
  if (!found_.contains({finding.rule, finding.object, finding.subject}) && ++undefined_[finding.object] > kMaxUndefined) {
    finding.subject = finding.symbol = finding.version = finding.from = "";
    finding.message = finding.object + " needs more symbols than the " + std::to_string(kMaxUndefined) + " that are listed, which nothing that it is loaded with defines";
    return note(std::move(finding));
  }
  finding.message = finding.object + " needs " + finding.symbol + version + ", which " +
                    (unbound.why == Unbound::without_version ? base_name(unbound.by->node->path()) + " has without any version: the loader's assertion fails"
                     : unbound.why == Unbound::if_global ? "nothing that it needs defines; " + unbound.by->node->path() + " does, which is opened as well: it depends on RTLD_GLOBAL"
                     : unbound.why == Unbound::not_in_its_file
                         ? finding.from + " does not define, and glibc before 2.30 asks nothing else" + clause(nearest) + ": " + consequence(finding.effect, library_)
                         : "nothing that it is loaded with defines" + clause(nearest) + ": " + consequence(finding.effect, library_));
  finding.nearest = std::move(nearest);
  note(std::move(finding));
}

void Collector::version(const Unmatched& unmatched, std::string nearest) {
  AuditFinding finding;
  finding.rule = unmatched.no_versions ? "no-version-information" : "missing-version";
  finding.effect = unmatched.effect;
  finding.object = unmatched.object->node->path();
  finding.version = unmatched.requirement->version;
  finding.from = unmatched.requirement->file;
  finding.subject = finding.from + "(" + finding.version + ")";
  finding.message = finding.object + " needs " + finding.version + " of " + finding.from + ", which ";
  if (unmatched.provider == nullptr) {
    finding.message += "it does not load: the loader's assertion fails";
  } else if (unmatched.no_versions) {
    finding.message += "defines no versions at all: the loader warns";
  } else {
    finding.message += unmatched.provider->node->path() + " does not define" + clause(nearest) + ": " + consequence(finding.effect, library_);
  }
  finding.nearest = std::move(nearest);
  note(std::move(finding));
}

void Collector::copy_size(const CopySize& found) {
  AuditFinding finding;
  finding.rule = "copy-size";
  finding.object = found.object->node->path();
  finding.symbol = finding.subject = found.want->name.text;
  finding.message = finding.object + " copies " + finding.symbol + " as " + std::to_string(found.here) + " bytes, but it has " + std::to_string(found.there) +
                    " in " + found.provider->node->path() + ": link the program again";
  note(std::move(finding));
}

void Collector::misbound(const Misbound& found) {
  AuditFinding finding;
  finding.rule = found.why == Misbound::circular_ifunc ? "circular-ifunc" : "protected-symbol";
  finding.effect = found.effect;
  finding.object = found.object->node->path();
  finding.symbol = finding.subject = found.want->name.text;
  const std::string provider = found.provider->node->path(), so = consequence(finding.effect, library_);
  switch (found.why) {
    case Misbound::circular_ifunc: finding.message = finding.object + " is bound to " + finding.symbol + " at the start, an IFUNC of " + provider + ", which is relocated after it: " + so; break;
    case Misbound::protected_copy: finding.message = finding.object + " has a copy of " + finding.symbol + ", which is protected in " + provider + ": " + (so.empty() ? "the library goes on with its own" : so); break;
    case Misbound::protected_address: finding.message = finding.object + " has an address of its own for " + finding.symbol + ", which is protected in " + provider + ": " + (so.empty() ? "the library has another" : so); break;
  }
  note(std::move(finding));
}

void Collector::unsupported(const Unsupported& found) {
  AuditFinding finding;
  finding.rule = "unsupported-relocation";
  finding.effect = found.effect;
  finding.object = found.object->node->path();
  finding.subject = found.relocations;
  finding.message = finding.object + (finding.subject == "DT_RELR" ? " has its relative relocations in DT_RELR, which musl knows since 1.2.4: its addresses stay as they are in the file"
                                                                   : " has functions that are chosen when it is loaded (" + finding.subject + "), which musl does not do: " + consequence(found.effect, library_));
  note(std::move(finding));
}

void Collector::relr(const Object& object) {
  AuditFinding finding;
  finding.rule = "relr-without-version";
  finding.effect = library_ ? AuditEffect::fails_to_open : AuditEffect::stops_start;
  finding.object = object.node->path();
  finding.subject = "GLIBC_ABI_DT_RELR";
  finding.message = finding.object + " has DT_RELR and does not require GLIBC_ABI_DT_RELR, which the loader insists on: link it with -z pack-relative-relocs by a linker that adds it";
  note(std::move(finding));
}

void Collector::malformed(const std::string& object, const Error& error) {
  AuditFinding finding;
  finding.rule = "malformed";
  finding.effect = library_ ? AuditEffect::fails_to_open : AuditEffect::stops_start;
  finding.object = object;
  finding.message = object + " cannot be audited: " + error.message;
  note(std::move(finding));
}

void sort(std::vector<AuditFinding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const AuditFinding& a, const AuditFinding& b) {
    return std::tie(a.effect, a.object, a.rule, a.subject) < std::tie(b.effect, b.object, b.rule, b.subject);
  });
}

std::vector<AuditFinding> Collector::take() {
  std::vector<AuditFinding> findings;
  for (auto& [key, found] : found_) {
    findings.push_back(std::move(found.first));
    findings.back().program = found.second.empty() ? "" : *found.second.begin();
    findings.back().programs = found.second.size();
  }
  sort(findings);
  return findings;
}

}  // namespace rootlet::auditing
