#include <algorithm>

#include "handles.hpp"
#include "rootlet/report.hpp"

namespace rootlet::c {

Names::Names(const Closure& closure) {
  size_t texts = 2 * closure.missing.size(), bytes = 0;
  for (const ClosureFile& file : closure.files) {
    texts += 2 + 2 * file.reasons.size();
    bytes += file.path.size() + file.package.size();
    for (const Reason& reason : file.reasons) bytes += reason.by.size() + reason.detail.size();
  }
  for (const Missing& missing : closure.missing) bytes += missing.name.size() + missing.by.size();
  text_.reserve(bytes + texts);
  offsets_.reserve(texts);
  first_.reserve(closure.files.size());
  for (const ClosureFile& file : closure.files) {
    first_.push_back(offsets_.size());
    add(file.path);
    add(file.package);
    for (const Reason& reason : file.reasons) {
      add(reason.by);
      add(reason.detail);
    }
  }
  first_missing_ = offsets_.size();
  for (const Missing& missing : closure.missing) {
    add(missing.name);
    add(missing.by);
  }
}

void Names::add(std::string_view text) {
  offsets_.push_back(text_.size());
  text_.append(text).push_back('\0');
}

namespace {

const Closure* of(const rootlet_closure* handle) { return handle == nullptr ? nullptr : &handle->shared->closure; }

const ClosureFile* file_of(const rootlet_closure* handle, size_t index) {
  return handle == nullptr ? nullptr : at(of(handle)->files, index);
}

const Reason* reason_of(const rootlet_closure* handle, size_t file, size_t index) {
  const ClosureFile* found = file_of(handle, file);
  return found == nullptr ? nullptr : at(found->reasons, index);
}

const Missing* missing_of(const rootlet_closure* handle, size_t index) {
  return handle == nullptr ? nullptr : at(of(handle)->missing, index);
}

const Attempt* attempt_of(const rootlet_closure* handle, size_t missing, size_t index) {
  const Missing* found = missing_of(handle, missing);
  return found == nullptr ? nullptr : at(found->tried, index);
}

const Finding* finding_of(const rootlet_closure* handle, size_t index) {
  return handle == nullptr ? nullptr : at(of(handle)->findings, index);
}

void log_closure(const rootlet_options* options, const Closure& closure) {
  if (options == nullptr || options->log == nullptr) return;
  for (const Missing& missing : closure.missing) {
    log(options, ROOTLET_WARNING, "missing: " + std::string(missing.name) + ", needed by " + std::string(missing.by));
  }
  log_findings(options, closure.findings);
  log(options, ROOTLET_DEBUG, "the closure has " + std::to_string(closure.files.size()) + " files");
}

Result<void> unknown_format(const char* format, const char* known) {
  return fail(ErrorCode::invalid_argument, "there is no format \"" + printable(format) + "\"; the formats are " + known);
}

}  // namespace
}  // namespace rootlet::c

extern "C" {

using namespace rootlet;

int rootlet_root_open(const char* reference, rootlet_root** root, rootlet_error** error) {
  return rootlet_root_open_with(reference, nullptr, root, error);
}

int rootlet_root_open_with(const char* reference, const rootlet_options* options, rootlet_root** root, rootlet_error** error) {
  if (root != nullptr) *root = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (reference == nullptr) return c::null("the name of the root");
    if (root == nullptr) return c::null("where the root goes");
    auto opened = Root::open(reference, c::root_options(options));
    if (!opened) return Unexpected(std::move(opened).error());
    *root = new rootlet_root{std::make_shared<c::SharedRoot>(std::move(*opened))};
    return {};
  });
}

const char* rootlet_root_name(const rootlet_root* root) { return root == nullptr ? nullptr : root->shared->root.name().c_str(); }
void rootlet_root_free(rootlet_root* root) { delete root; }

int rootlet_resolve(rootlet_root* root, const rootlet_options* options, const char* const* entries, size_t count,
                    rootlet_closure** closure, rootlet_error** error) {
  if (closure != nullptr) *closure = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (root == nullptr) return c::null("the root");
    if (closure == nullptr) return c::null("where the closure goes");
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i) {
      if (entries == nullptr || entries[i] == nullptr) return c::null("an entry");
      names.emplace_back(entries[i]);
    }
    std::shared_ptr<c::SharedRoot> shared = root->shared;
    c::log(options, ROOTLET_DEBUG, "resolving " + std::to_string(count) + " entries in " + shared->root.name());
    std::unique_lock lock(shared->mutex);
    auto made = resolve(shared->root, names, c::resolve_options(options));
    lock.unlock();
    if (!made) return Unexpected(std::move(made).error());
    auto state = std::make_shared<c::SharedClosure>(std::move(shared), std::move(*made));
    c::log_closure(options, state->closure);
    *closure = new rootlet_closure{std::move(state)};
    return {};
  });
}

void rootlet_closure_free(rootlet_closure* closure) { delete closure; }

const char* rootlet_closure_root(const rootlet_closure* closure) { return closure == nullptr ? nullptr : c::of(closure)->root.c_str(); }
size_t rootlet_entry_count(const rootlet_closure* closure) { return closure == nullptr ? 0 : c::of(closure)->entries.size(); }
const char* rootlet_entry(const rootlet_closure* closure, size_t index) {
  return index < rootlet_entry_count(closure) ? c::of(closure)->entries[index].c_str() : nullptr;
}

size_t rootlet_file_count(const rootlet_closure* closure) { return closure == nullptr ? 0 : c::of(closure)->files.size(); }

size_t rootlet_file_find(const rootlet_closure* closure, const char* path) {
  if (closure == nullptr || path == nullptr) return ROOTLET_NONE;
  const ClosureFile* file = c::of(closure)->find(path);
  return file == nullptr ? ROOTLET_NONE : static_cast<size_t>(file - c::of(closure)->files.data());
}

const char* rootlet_file_path(const rootlet_closure* closure, size_t file) {
  return c::file_of(closure, file) == nullptr ? nullptr : closure->shared->names.path(file);
}

int rootlet_file_type(const rootlet_closure* closure, size_t file) {
  const ClosureFile* at = c::file_of(closure, file);
  if (at == nullptr) return 0;
  return at->type() == NodeType::symlink ? ROOTLET_SYMLINK : at->type() == NodeType::directory ? ROOTLET_DIRECTORY : ROOTLET_FILE;
}

uint64_t rootlet_file_size(const rootlet_closure* closure, size_t file) {
  const ClosureFile* at = c::file_of(closure, file);
  if (at == nullptr || at->type() != NodeType::file) return 0;
  return at->node != nullptr ? at->node->status().size : at->content->size();
}

uint32_t rootlet_file_mode(const rootlet_closure* closure, size_t file) {
  const ClosureFile* at = c::file_of(closure, file);
  if (at == nullptr) return 0;
  return at->node != nullptr ? at->node->status().mode : at->content ? 0644 : 0755;
}

const char* rootlet_file_target(const rootlet_closure* closure, size_t file) {
  const ClosureFile* at = c::file_of(closure, file);
  return at != nullptr && at->type() == NodeType::symlink ? at->node->target().c_str() : nullptr;
}

const char* rootlet_file_package(const rootlet_closure* closure, size_t file) {
  const ClosureFile* at = c::file_of(closure, file);
  return at == nullptr || at->package.empty() ? nullptr : closure->shared->names.package(file);
}

int rootlet_file_generated(const rootlet_closure* closure, size_t file) {
  const ClosureFile* at = c::file_of(closure, file);
  return at != nullptr && at->generated() ? 1 : 0;
}

size_t rootlet_reason_count(const rootlet_closure* closure, size_t file) {
  const ClosureFile* at = c::file_of(closure, file);
  return at == nullptr ? 0 : at->reasons.size();
}

const char* rootlet_reason_kind(const rootlet_closure* closure, size_t file, size_t reason) {
  const Reason* at = c::reason_of(closure, file, reason);
  return at == nullptr ? nullptr : to_string(at->kind).data();
}

const char* rootlet_reason_by(const rootlet_closure* closure, size_t file, size_t reason) {
  return c::reason_of(closure, file, reason) == nullptr ? nullptr : closure->shared->names.by(file, reason);
}

const char* rootlet_reason_detail(const rootlet_closure* closure, size_t file, size_t reason) {
  return c::reason_of(closure, file, reason) == nullptr ? nullptr : closure->shared->names.detail(file, reason);
}

const char* rootlet_reason_how(const rootlet_closure* closure, size_t file, size_t reason) {
  const Reason* at = c::reason_of(closure, file, reason);
  return at == nullptr || !at->how ? nullptr : to_string(*at->how).data();
}

size_t rootlet_missing_count(const rootlet_closure* closure) { return closure == nullptr ? 0 : c::of(closure)->missing.size(); }

const char* rootlet_missing_name(const rootlet_closure* closure, size_t missing) {
  return c::missing_of(closure, missing) == nullptr ? nullptr : closure->shared->names.missing_name(missing);
}

const char* rootlet_missing_by(const rootlet_closure* closure, size_t missing) {
  return c::missing_of(closure, missing) == nullptr ? nullptr : closure->shared->names.missing_by(missing);
}

const char* rootlet_missing_kind(const rootlet_closure* closure, size_t missing) {
  const Missing* at = c::missing_of(closure, missing);
  return at == nullptr ? nullptr : to_string(at->kind).data();
}

size_t rootlet_attempt_count(const rootlet_closure* closure, size_t missing) {
  const Missing* at = c::missing_of(closure, missing);
  return at == nullptr ? 0 : at->tried.size();
}

const char* rootlet_attempt_path(const rootlet_closure* closure, size_t missing, size_t attempt) {
  const Attempt* at = c::attempt_of(closure, missing, attempt);
  return at == nullptr ? nullptr : at->path.c_str();
}

const char* rootlet_attempt_how(const rootlet_closure* closure, size_t missing, size_t attempt) {
  const Attempt* at = c::attempt_of(closure, missing, attempt);
  return at == nullptr ? nullptr : to_string(at->how).data();
}

const char* rootlet_attempt_why(const rootlet_closure* closure, size_t missing, size_t attempt) {
  const Attempt* at = c::attempt_of(closure, missing, attempt);
  return at == nullptr ? nullptr : at->why.c_str();
}

size_t rootlet_finding_count(const rootlet_closure* closure) { return closure == nullptr ? 0 : c::of(closure)->findings.size(); }

const char* rootlet_finding_kind(const rootlet_closure* closure, size_t finding) {
  const Finding* at = c::finding_of(closure, finding);
  return at == nullptr ? nullptr : at->kind.c_str();
}

const char* rootlet_finding_by(const rootlet_closure* closure, size_t finding) {
  const Finding* at = c::finding_of(closure, finding);
  return at == nullptr ? nullptr : at->by.c_str();
}

const char* rootlet_finding_detail(const rootlet_closure* closure, size_t finding) {
  const Finding* at = c::finding_of(closure, finding);
  return at == nullptr ? nullptr : at->detail.c_str();
}

int rootlet_closure_text(const rootlet_closure* closure, const char* format, rootlet_text** text, rootlet_error** error) {
  if (text != nullptr) *text = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (closure == nullptr) return c::null("the closure");
    if (format == nullptr) return c::null("the format");
    if (text == nullptr) return c::null("where the text goes");
    const std::string_view wanted = format;
    if (wanted == "json") return c::give(text, to_json(*c::of(closure)));
    if (wanted == "paths") return c::give(text, to_paths(*c::of(closure)));
    if (wanted == "dot") return c::give(text, to_dot(*c::of(closure)));
    if (wanted == "tree" || wanted == "color-tree") return c::give(text, to_tree(*c::of(closure), {wanted == "color-tree"}));
    return c::unknown_format(format, "json, paths, tree, color-tree, dot");
  });
}

int rootlet_closure_report(const rootlet_closure* closure, const char* before, size_t before_size, rootlet_text** text,
                           rootlet_error** error) {
  if (text != nullptr) *text = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (closure == nullptr) return c::null("the closure");
    if (text == nullptr) return c::null("where the text goes");
    auto page = to_html(*c::of(closure), before == nullptr ? std::string_view() : std::string_view(before, before_size));
    if (!page) return Unexpected(std::move(page).error());
    return c::give(text, std::move(*page));
  });
}

int rootlet_closure_depfile(const rootlet_closure* closure, const char* target, rootlet_text** text, rootlet_error** error) {
  if (text != nullptr) *text = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (closure == nullptr) return c::null("the closure");
    if (target == nullptr) return c::null("the target");
    if (text == nullptr) return c::null("where the text goes");
    const std::lock_guard lock(closure->shared->root->mutex);
    auto rule = to_depfile(*c::of(closure), closure->shared->root->root, target);
    if (!rule) return Unexpected(std::move(rule).error());
    return c::give(text, std::move(*rule));
  });
}

int rootlet_closure_why(const rootlet_closure* closure, const char* path, size_t limit, const char* format, int* present,
                        rootlet_text** text, rootlet_error** error) {
  if (text != nullptr) *text = nullptr;
  if (present != nullptr) *present = 0;
  return c::guarded(error, [&]() -> Result<void> {
    if (closure == nullptr) return c::null("the closure");
    if (path == nullptr) return c::null("the path");
    if (format == nullptr) return c::null("the format");
    if (text == nullptr) return c::null("where the text goes");
    if (*path == '\0') return fail(ErrorCode::invalid_argument, "the path to explain is empty; write one such as /lib64");
    const std::string_view wanted = format;
    if (wanted != "json" && wanted != "text" && wanted != "color-text") return c::unknown_format(format, "json, text, color-text");
    const std::lock_guard lock(closure->shared->root->mutex);
    const Why answer = why(*c::of(closure), closure->shared->root->root, path, limit == 0 ? 1'000'000 : limit);
    if (auto given = c::give(text, wanted == "json" ? to_json(answer) : to_text(answer, {wanted == "color-text"})); !given) return given;
    if (present != nullptr) *present = answer.present ? 1 : 0;
    return {};
  });
}
}
