// An audit for people: first what comes of what is not bound, last what it was all about.
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "report/audit_words.hpp"
#include "report/text.hpp"
#include "rootlet/report.hpp"

namespace rootlet {
namespace {

constexpr size_t kLargest = 20;  // files that nothing reaches

std::string counted(uint64_t number, const char* one) { return std::to_string(number) + " " + one + (number == 1 ? "" : "s"); }

const char* headline(AuditEffect effect) {
  switch (effect) {
    case AuditEffect::stops_start: return " does not start:";
    case AuditEffect::fails_on_call: return " starts, and fails later:";
    case AuditEffect::fails_to_open: return " starts, and cannot open what it opens later:";
    case AuditEffect::note: break;
  }
  return ":";
}

class AuditWriter {
 public:
  AuditWriter(const Audit& audit, const TreeStyle& style) : audit_(audit), paint_(style.color) {}

  std::string write() {
    for (const AuditFinding& finding : audit_.findings) sort_in(finding);
    for (const auto& [worst, program] : by_worst()) {
      out_ += paint_.bold(printable(program)) + paint_.red(is_library(program) ? " does not load:" : headline(worst)) + "\n";
      for (const AuditFinding* finding : of_programs_[program]) unbound(*finding);
    }
    for (const AuditFinding* finding : notes_) out_ += paint_.dim("note: ") + sentence(*finding) + "\n";
    unreached();
    protection_line();
    summary();
    return std::move(out_);
  }

 private:
  // By program; the findings stay in the order of the audit, the worst effect first.
  void sort_in(const AuditFinding& finding) {
    if (finding.effect != AuditEffect::note) {
      finding.accepted ? ++accepted_ : ++by_effect_[static_cast<size_t>(finding.effect)];
      if (!finding.accepted) of_programs_[finding.program.empty() ? finding.object : finding.program].push_back(&finding);
    } else if (!finding.accepted && !report::is_hardening(finding.rule) && finding.rule != "unreached-file") {
      notes_.push_back(&finding);
    }
  }

  std::vector<std::pair<AuditEffect, std::string_view>> by_worst() const {
    std::vector<std::pair<AuditEffect, std::string_view>> programs;
    for (const auto& [program, findings] : of_programs_) {
      const auto worst = std::min_element(findings.begin(), findings.end(), [](const AuditFinding* a, const AuditFinding* b) { return a->effect < b->effect; });
      programs.emplace_back((*worst)->effect, program);
    }
    std::sort(programs.begin(), programs.end());
    return programs;
  }

  bool is_library(std::string_view path) const {
    const auto object = std::lower_bound(audit_.objects.begin(), audit_.objects.end(), path, [](const AuditObject& item, std::string_view wanted) { return item.path < wanted; });
    return object != audit_.objects.end() && object->path == path && !object->program;
  }

  std::string sentence(const AuditFinding& finding) const {
    return printable(finding.message.empty() ? finding.key() : finding.message) + paint_.dim(" [" + std::string(finding.rule) + "]");
  }

  void unbound(const AuditFinding& finding) {
    out_ += "  " + sentence(finding) + "\n";
    if (!finding.nearest.empty() && finding.message.find(finding.nearest) == std::string::npos) out_ += "      nearest: " + printable(finding.nearest) + "\n";
    if (finding.programs > 1) out_ += paint_.dim("      and so in " + counted(finding.programs - 1, "other program")) + "\n";
  }

  void unreached() {
    if (audit_.unreached.empty()) return;
    uint64_t bytes = 0;
    for (const UnreachedFile& file : audit_.unreached) bytes += file.size;
    out_ += paint_.bold(counted(audit_.unreached.size(), "file") + (audit_.entries.empty() ? " that no program reaches, " : " that the entries do not reach, ") + size_text(bytes)) +
            (audit_.unreached.size() > kLargest ? ", the largest of them (all are in the JSON):\n" : ":\n");
    for (size_t i = 0; i < std::min(kLargest, audit_.unreached.size()); ++i) {
      const UnreachedFile& file = audit_.unreached[i];
      std::string size = size_text(file.size);
      size.insert(0, 12 - std::min<size_t>(size.size(), 12), ' ');
      out_ += size + "  " + printable(file.path) + (file.package.empty() ? "" : paint_.dim(" (" + printable(file.package) + ")")) + "\n";
    }
  }

  void protection_line() {
    if (audit_.objects.empty()) return;
    uint64_t programs = 0, pie = 0, full = 0, partial = 0, nx = 0, canary = 0, fortify = 0, relocations = 0;
    for (const AuditObject& object : audit_.objects) {
      const Protections& has = object.protections;
      programs += object.program;
      pie += object.program && has.pie != Pie::no;
      full += has.relro == Relro::full;
      partial += has.relro == Relro::partial;
      nx += has.nx;
      canary += has.canary;
      fortify += has.fortify;
      relocations += has.text_relocations;
    }
    out_ += paint_.dim("hardening: " + std::to_string(pie) + " of " + counted(programs, "program") + " PIE; of " + counted(audit_.objects.size(), "object") + " " +
                       std::to_string(full) + " with full RELRO, " + std::to_string(partial) + " partial, " + std::to_string(nx) + " NX, " + std::to_string(canary) +
                       " canary, " + std::to_string(fortify) + " fortify, " + std::to_string(relocations) + " text relocations") + "\n";
  }

  void summary() {
    out_ += paint_.dim(counted(audit_.programs, "program") + ", " + counted(audit_.objects.size(), "object") + ", " + counted(audit_.bindings, "reference") + " looked up; ");
    static constexpr const char* kOne[] = {" stops the start", " fails later", " fails to open"};
    static constexpr const char* kMore[] = {" stop the start", " fail later", " fail to open"};
    std::string said;
    for (size_t i = 0; i < std::size(kOne); ++i) {
      if (by_effect_[i] == 0) continue;
      const std::string number = said.empty() ? counted(by_effect_[i], "finding") : std::to_string(by_effect_[i]);
      said += (said.empty() ? "" : ", ") + number + (by_effect_[i] == 1 ? kOne : kMore)[i];
    }
    out_ += said.empty() ? paint_.green(accepted_ == 0 ? "all bound" : "nothing new") : paint_.red(said);
    if (accepted_ != 0) out_ += paint_.dim("; " + std::to_string(accepted_) + " accepted");
    out_ += "\n";
  }

  const Audit& audit_;
  const Paint paint_;
  std::map<std::string_view, std::vector<const AuditFinding*>> of_programs_;
  std::vector<const AuditFinding*> notes_;
  uint64_t by_effect_[3] = {}, accepted_ = 0;
  std::string out_;
};

// A column of the table: its head, and its words for an object.
struct Column {
  std::string_view head;
  std::string_view of;  // a name of the JSON; more than one in `also`
  std::string_view also = {};
  std::string_view bad = {};  // the word that is painted
};
constexpr Column kColumns[] = {{"RELRO", "relro", "", "none"}, {"CANARY", "canary"}, {"NX", "nx", "", "no"}, {"PIE", "pie", "", "no"}, {"FORTIFY", "fortify"},
                               {"TEXTREL", "text_relocations", "", "yes"}, {"RPATH", "rpath"}, {"RUNPATH", "runpath"}, {"IBT/BTI", "ibt", "bti"},
                               {"SHSTK/PAC", "shstk", "pac"}, {"CPU", "isa_needed"}, {"KERNEL", "kernel"}};

std::string cell(const Column& column, const Protections& has) {
  std::string word = protection(has, column.of);
  if (!column.also.empty() && word != "yes") word = protection(has, column.also);
  return word.empty() ? "-" : word;
}

}  // namespace

std::string to_text(const Audit& audit, const TreeStyle& style) { return AuditWriter(audit, style).write(); }

std::string to_hardening(const Audit& audit, const TreeStyle& style) {
  const Paint paint(style.color);
  std::string out;
  const auto widest = [&audit](const Column& column) {
    size_t width = column.head.size();
    for (const AuditObject& object : audit.objects) width = std::max(width, cell(column, object.protections).size());
    return width;
  };
  std::vector<size_t> widths;
  for (const Column& column : kColumns) {
    widths.push_back(widest(column) + 2);
    out += column.head;
    out.append(widths.back() - column.head.size(), ' ');
  }
  out = paint.bold(out + "FILE") + "\n";
  for (const AuditObject& object : audit.objects) {
    for (size_t i = 0; i < std::size(kColumns); ++i) {
      const std::string word = cell(kColumns[i], object.protections);
      out += word == kColumns[i].bad ? paint.red(word) : word;
      out.append(widths[i] - word.size(), ' ');
    }
    out += printable(object.path) + "\n";
  }
  return out;
}

}  // namespace rootlet
