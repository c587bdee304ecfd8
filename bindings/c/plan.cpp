#include "handles.hpp"
#include "rootlet/report.hpp"

namespace rootlet::c {
namespace {

const PlanEntry* entry_of(const rootlet_plan* plan, size_t index) { return plan == nullptr ? nullptr : at(plan->plan.entries, index); }
const Finding* finding_of(const rootlet_plan* plan, size_t index) { return plan == nullptr ? nullptr : at(plan->plan.findings, index); }

// Writes it to whatever `place` is: a path or a descriptor.
template <typename Place>
Result<void> write(const rootlet_plan* plan, const rootlet_options* options, const char* format, const Place& place) {
  if (plan == nullptr) return null("the plan");
  if (format == nullptr) return null("the format");
  SharedRoot& root = *plan->closure->root;
  const std::lock_guard lock(root.mutex);
  const std::string_view wanted = format;
  if (wanted == "dir") return write_directory(plan->plan, root.root, place, write_progress(options));
  if (wanted == "tar") return write_tar(plan->plan, root.root, place, write_progress(options));
  return fail(ErrorCode::invalid_argument, "there is no format \"" + printable(format) + "\"; the formats are dir, tar");
}

}  // namespace
}  // namespace rootlet::c

extern "C" {

using namespace rootlet;

int rootlet_plan_make(const rootlet_closure* closure, const rootlet_options* options, rootlet_plan** plan, rootlet_error** error) {
  if (plan != nullptr) *plan = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (closure == nullptr) return c::null("the closure");
    if (plan == nullptr) return c::null("where the plan goes");
    std::unique_lock lock(closure->shared->root->mutex);
    auto made = make_plan(closure->shared->closure, closure->shared->root->root, c::plan_options(options));
    lock.unlock();
    if (!made) return Unexpected(std::move(made).error());
    std::unique_ptr<rootlet_plan> handle(new rootlet_plan{closure->shared, std::move(*made)});
    c::log_findings(options, handle->plan.findings);
    *plan = handle.release();
    return {};
  });
}

void rootlet_plan_free(rootlet_plan* plan) { delete plan; }

uint64_t rootlet_plan_bytes(const rootlet_plan* plan) { return plan == nullptr ? 0 : plan->plan.bytes; }
size_t rootlet_plan_count(const rootlet_plan* plan) { return plan == nullptr ? 0 : plan->plan.entries.size(); }

const char* rootlet_plan_path(const rootlet_plan* plan, size_t entry) {
  const PlanEntry* at = c::entry_of(plan, entry);
  return at == nullptr ? nullptr : at->path.c_str();
}

int rootlet_plan_type(const rootlet_plan* plan, size_t entry) {
  const PlanEntry* at = c::entry_of(plan, entry);
  if (at == nullptr) return 0;
  switch (at->type) {
    case PlanEntryType::directory: return ROOTLET_DIRECTORY;
    case PlanEntryType::symlink: return ROOTLET_SYMLINK;
    case PlanEntryType::hard_link: return ROOTLET_HARD_LINK;
    case PlanEntryType::file: break;
  }
  return ROOTLET_FILE;
}

uint32_t rootlet_plan_mode(const rootlet_plan* plan, size_t entry) {
  const PlanEntry* at = c::entry_of(plan, entry);
  return at == nullptr ? 0 : at->mode;
}

uint32_t rootlet_plan_uid(const rootlet_plan* plan, size_t entry) {
  const PlanEntry* at = c::entry_of(plan, entry);
  return at == nullptr ? 0 : at->uid;
}

uint32_t rootlet_plan_gid(const rootlet_plan* plan, size_t entry) {
  const PlanEntry* at = c::entry_of(plan, entry);
  return at == nullptr ? 0 : at->gid;
}

int64_t rootlet_plan_modified(const rootlet_plan* plan, size_t entry) {
  const PlanEntry* at = c::entry_of(plan, entry);
  return at == nullptr ? 0 : at->modified;
}

uint64_t rootlet_plan_size(const rootlet_plan* plan, size_t entry) {
  const PlanEntry* at = c::entry_of(plan, entry);
  return at == nullptr ? 0 : at->size;
}

const char* rootlet_plan_target(const rootlet_plan* plan, size_t entry) {
  const PlanEntry* at = c::entry_of(plan, entry);
  const bool link = at != nullptr && (at->type == PlanEntryType::symlink || at->type == PlanEntryType::hard_link);
  return link ? at->target.c_str() : nullptr;
}

size_t rootlet_plan_finding_count(const rootlet_plan* plan) { return plan == nullptr ? 0 : plan->plan.findings.size(); }

const char* rootlet_plan_finding_kind(const rootlet_plan* plan, size_t finding) {
  const Finding* at = c::finding_of(plan, finding);
  return at == nullptr ? nullptr : at->kind.c_str();
}

const char* rootlet_plan_finding_by(const rootlet_plan* plan, size_t finding) {
  const Finding* at = c::finding_of(plan, finding);
  return at == nullptr ? nullptr : at->by.c_str();
}

const char* rootlet_plan_finding_detail(const rootlet_plan* plan, size_t finding) {
  const Finding* at = c::finding_of(plan, finding);
  return at == nullptr ? nullptr : at->detail.c_str();
}

int rootlet_plan_write(const rootlet_plan* plan, const rootlet_options* options, const char* format, const char* path,
                       rootlet_error** error) {
  return c::guarded(error, [&]() -> Result<void> {
    if (path == nullptr) return c::null("the path");
    return c::write(plan, options, format, std::string(path));
  });
}

int rootlet_plan_write_to(const rootlet_plan* plan, const rootlet_options* options, const char* format, int descriptor,
                          rootlet_error** error) {
  return c::guarded(error, [&]() -> Result<void> { return c::write(plan, options, format, descriptor); });
}
}
