#include "rootlet/audit.hpp"

#include <algorithm>

#include "handles.hpp"
#include "report/audit_words.hpp"
#include "rootlet/report.hpp"

rootlet_audit::rootlet_audit(rootlet::Audit made) : audit(std::move(made)) {
  keys.reserve(audit.findings.size());
  for (const auto& finding : audit.findings) keys.push_back(finding.key());
  protections.reserve(audit.objects.size());
  for (const auto& object : audit.objects) {
    std::vector<std::string>& words = protections.emplace_back();
    for (const std::string_view name : rootlet::report::kProtections) words.push_back(rootlet::protection(object.protections, name));
  }
}

namespace rootlet::c {
namespace {

const AuditFinding* finding_of(const rootlet_audit* handle, size_t index) { return handle == nullptr ? nullptr : at(handle->audit.findings, index); }
const AuditObject* object_of(const rootlet_audit* handle, size_t index) { return handle == nullptr ? nullptr : at(handle->audit.objects, index); }
const UnreachedFile* unreached_of(const rootlet_audit* handle, size_t index) { return handle == nullptr ? nullptr : at(handle->audit.unreached, index); }

// A text of a finding, or NULL beyond the end.
const char* text_of(const rootlet_audit* handle, size_t index, std::string AuditFinding::*member) {
  const AuditFinding* finding = finding_of(handle, index);
  return finding == nullptr ? nullptr : (finding->*member).c_str();
}

void log_audit(const rootlet_options* options, const Audit& audit) {
  if (options == nullptr || options->log == nullptr) return;
  for (const AuditFinding& finding : audit.findings) {
    if (finding.effect != AuditEffect::note) log(options, ROOTLET_WARNING, std::string(to_string(finding.effect)) + ": " + finding.message + " [" + std::string(finding.rule) + "]");
  }
  log(options, ROOTLET_DEBUG, std::to_string(audit.programs) + " programs were audited, " + std::to_string(audit.bindings) + " references looked up");
}

Result<void> hand_out(rootlet_audit** handle, const rootlet_options* options, Result<Audit> made) {
  if (!made) return Unexpected(std::move(made).error());
  auto owned = std::make_unique<rootlet_audit>(std::move(*made));
  log_audit(options, owned->audit);
  *handle = owned.release();
  return {};
}

}  // namespace
}  // namespace rootlet::c

extern "C" {

using namespace rootlet;

int rootlet_closure_audit(const rootlet_closure* closure, const rootlet_options* options, rootlet_audit** audit, rootlet_error** error) {
  if (audit != nullptr) *audit = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (closure == nullptr) return c::null("the closure");
    if (audit == nullptr) return c::null("where the audit goes");
    std::unique_lock lock(closure->shared->root->mutex);
    auto made = rootlet::audit(closure->shared->root->root, closure->shared->closure, {c::resolve_options(options).loader, c::audit_progress(options)});
    lock.unlock();
    return c::hand_out(audit, options, std::move(made));
  });
}

int rootlet_root_audit(rootlet_root* root, const rootlet_options* options, const char* const* entries, size_t count, rootlet_audit** audit,
                       rootlet_error** error) {
  if (audit != nullptr) *audit = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (root == nullptr) return c::null("the root");
    if (audit == nullptr) return c::null("where the audit goes");
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i) {
      if (entries == nullptr || entries[i] == nullptr) return c::null("an entry");
      names.emplace_back(entries[i]);
    }
    std::unique_lock lock(root->shared->mutex);
    auto made = audit_root(root->shared->root, names, c::resolve_options(options), c::audit_progress(options));
    lock.unlock();
    return c::hand_out(audit, options, std::move(made));
  });
}

void rootlet_audit_free(rootlet_audit* audit) { delete audit; }

int rootlet_audit_bound(const rootlet_audit* audit) { return audit != nullptr && audit->audit.bound() ? 1 : 0; }
uint64_t rootlet_audit_programs(const rootlet_audit* audit) { return audit == nullptr ? 0 : audit->audit.programs; }
uint64_t rootlet_audit_bindings(const rootlet_audit* audit) { return audit == nullptr ? 0 : audit->audit.bindings; }

size_t rootlet_audit_finding_count(const rootlet_audit* audit) { return audit == nullptr ? 0 : audit->audit.findings.size(); }

const char* rootlet_audit_finding_rule(const rootlet_audit* audit, size_t finding) {
  const AuditFinding* at = c::finding_of(audit, finding);
  return at == nullptr ? nullptr : at->rule.data();
}

const char* rootlet_audit_finding_effect(const rootlet_audit* audit, size_t finding) {
  const AuditFinding* at = c::finding_of(audit, finding);
  return at == nullptr ? nullptr : to_string(at->effect).data();
}

const char* rootlet_audit_finding_object(const rootlet_audit* audit, size_t finding) { return c::text_of(audit, finding, &AuditFinding::object); }
const char* rootlet_audit_finding_subject(const rootlet_audit* audit, size_t finding) { return c::text_of(audit, finding, &AuditFinding::subject); }
const char* rootlet_audit_finding_symbol(const rootlet_audit* audit, size_t finding) { return c::text_of(audit, finding, &AuditFinding::symbol); }
const char* rootlet_audit_finding_version(const rootlet_audit* audit, size_t finding) { return c::text_of(audit, finding, &AuditFinding::version); }
const char* rootlet_audit_finding_from(const rootlet_audit* audit, size_t finding) { return c::text_of(audit, finding, &AuditFinding::from); }
const char* rootlet_audit_finding_nearest(const rootlet_audit* audit, size_t finding) { return c::text_of(audit, finding, &AuditFinding::nearest); }
const char* rootlet_audit_finding_program(const rootlet_audit* audit, size_t finding) { return c::text_of(audit, finding, &AuditFinding::program); }
const char* rootlet_audit_finding_message(const rootlet_audit* audit, size_t finding) { return c::text_of(audit, finding, &AuditFinding::message); }

uint64_t rootlet_audit_finding_programs(const rootlet_audit* audit, size_t finding) {
  const AuditFinding* at = c::finding_of(audit, finding);
  return at == nullptr ? 0 : at->programs;
}

const char* rootlet_audit_finding_key(const rootlet_audit* audit, size_t finding) {
  return c::finding_of(audit, finding) == nullptr ? nullptr : audit->keys[finding].c_str();
}

int rootlet_audit_finding_accepted(const rootlet_audit* audit, size_t finding) {
  const AuditFinding* at = c::finding_of(audit, finding);
  return at != nullptr && at->accepted ? 1 : 0;
}

size_t rootlet_audit_object_count(const rootlet_audit* audit) { return audit == nullptr ? 0 : audit->audit.objects.size(); }

const char* rootlet_audit_object_path(const rootlet_audit* audit, size_t object) {
  const AuditObject* at = c::object_of(audit, object);
  return at == nullptr ? nullptr : at->path.c_str();
}

int rootlet_audit_object_program(const rootlet_audit* audit, size_t object) {
  const AuditObject* at = c::object_of(audit, object);
  return at != nullptr && at->program ? 1 : 0;
}

uint64_t rootlet_audit_object_references(const rootlet_audit* audit, size_t object) {
  const AuditObject* at = c::object_of(audit, object);
  return at == nullptr ? 0 : at->references;
}

const char* rootlet_audit_object_protection(const rootlet_audit* audit, size_t object, const char* name) {
  if (c::object_of(audit, object) == nullptr || name == nullptr) return nullptr;
  const auto found = std::find(std::begin(report::kProtections), std::end(report::kProtections), name);
  if (found == std::end(report::kProtections)) return nullptr;
  const std::string& word = audit->protections[object][static_cast<size_t>(found - std::begin(report::kProtections))];
  return word.empty() ? nullptr : word.c_str();
}

size_t rootlet_audit_unreached_count(const rootlet_audit* audit) { return audit == nullptr ? 0 : audit->audit.unreached.size(); }

const char* rootlet_audit_unreached_path(const rootlet_audit* audit, size_t file) {
  const UnreachedFile* at = c::unreached_of(audit, file);
  return at == nullptr ? nullptr : at->path.c_str();
}

uint64_t rootlet_audit_unreached_size(const rootlet_audit* audit, size_t file) {
  const UnreachedFile* at = c::unreached_of(audit, file);
  return at == nullptr ? 0 : at->size;
}

const char* rootlet_audit_unreached_package(const rootlet_audit* audit, size_t file) {
  const UnreachedFile* at = c::unreached_of(audit, file);
  return at == nullptr || at->package.empty() ? nullptr : at->package.c_str();
}
}

namespace {

// The rules are made when they are first asked for, for which there may be no memory.
const rootlet::AuditRule* rule_of(size_t index) {
  const rootlet::AuditRule* rule = nullptr;
  rootlet::c::guarded(nullptr, [&]() -> rootlet::Result<void> {
    rule = rootlet::c::at(rootlet::all_audit_rules(), index);
    return {};
  });
  return rule;
}

}  // namespace

extern "C" {

size_t rootlet_audit_rule_count(void) {
  size_t count = 0;
  while (rule_of(count) != nullptr) ++count;
  return count;
}

const char* rootlet_audit_rule_name(size_t rule) { return rule_of(rule) == nullptr ? nullptr : rule_of(rule)->name.data(); }
const char* rootlet_audit_rule_summary(size_t rule) { return rule_of(rule) == nullptr ? nullptr : rule_of(rule)->summary.data(); }
const char* rootlet_audit_rule_help(size_t rule) { return rule_of(rule) == nullptr ? nullptr : rule_of(rule)->help.data(); }

int rootlet_audit_accept(rootlet_audit* audit, const char* baseline, size_t size, rootlet_text** stale, rootlet_error** error) {
  if (stale != nullptr) *stale = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (audit == nullptr) return c::null("the audit");
    if (baseline == nullptr && size != 0) return c::null("the baseline");
    auto unused = accept(audit->audit, {baseline, size});
    if (!unused) return Unexpected(std::move(unused).error());
    if (stale == nullptr) return {};
    std::string lines;
    for (const std::string& line : *unused) lines += line + "\n";
    return c::give(stale, std::move(lines));
  });
}

int rootlet_audit_text(const rootlet_audit* audit, const char* format, rootlet_text** text, rootlet_error** error) {
  if (text != nullptr) *text = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (audit == nullptr) return c::null("the audit");
    if (format == nullptr) return c::null("the format");
    if (text == nullptr) return c::null("where the text goes");
    const std::string_view wanted = format;
    if (wanted == "json") return c::give(text, to_json(audit->audit));
    if (wanted == "sarif") return c::give(text, to_sarif(audit->audit));
    if (wanted == "junit") return c::give(text, to_junit(audit->audit));
    if (wanted == "baseline") return c::give(text, to_baseline(audit->audit));
    if (wanted == "text" || wanted == "color-text") return c::give(text, to_text(audit->audit, {wanted == "color-text"}));
    if (wanted == "hardening" || wanted == "color-hardening") return c::give(text, to_hardening(audit->audit, {wanted == "color-hardening"}));
    return fail(ErrorCode::invalid_argument, "there is no format \"" + printable(wanted) +
                                                 "\"; the formats are text, color-text, hardening, color-hardening, json, sarif, junit, baseline");
  });
}
}
