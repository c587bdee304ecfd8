// What is behind the handles of rootlet.h.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rootlet.h"
#include "rootlet/audit.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/image.hpp"
#include "rootlet/inventory.hpp"
#include "rootlet/layer.hpp"
#include "rootlet/plan.hpp"
#include "rootlet/root.hpp"

struct rootlet_error {
  int code;
  std::string message, path;
};

struct rootlet_text {
  std::string text;
};

struct rootlet_options {
  std::vector<std::vector<std::string>> values;  // by the option's index
  std::vector<rootlet::RulesFile> rules;
  rootlet_progress_function progress = nullptr;
  void* progress_data = nullptr;
  rootlet_log_function log = nullptr;
  void* log_data = nullptr;

  rootlet_options();
};

namespace rootlet::c {

struct SharedRoot {
  explicit SharedRoot(Root opened) : root(std::move(opened)) {}
  std::mutex mutex;  // held while `root` is used
  Root root;
};

// The closure's texts with a NUL behind each: views have none.
class Names {
 public:
  explicit Names(const Closure& closure);
  const char* path(size_t file) const { return name(first_[file]); }
  const char* package(size_t file) const { return name(first_[file] + 1); }
  const char* by(size_t file, size_t reason) const { return name(first_[file] + 2 + 2 * reason); }
  const char* detail(size_t file, size_t reason) const { return name(first_[file] + 3 + 2 * reason); }
  const char* missing_name(size_t missing) const { return name(first_missing_ + 2 * missing); }
  const char* missing_by(size_t missing) const { return name(first_missing_ + 2 * missing + 1); }

 private:
  void add(std::string_view text);
  const char* name(size_t index) const { return text_.data() + offsets_[index]; }
  std::string text_;
  std::vector<size_t> offsets_, first_;
  size_t first_missing_ = 0;
};

struct SharedClosure {
  SharedClosure(std::shared_ptr<SharedRoot> from, Closure made) : root(std::move(from)), closure(std::move(made)), names(closure) {}
  std::shared_ptr<SharedRoot> root;  // outlives the closure, which points into it
  Closure closure;
  Names names;
};

}  // namespace rootlet::c

struct rootlet_root {
  std::shared_ptr<rootlet::c::SharedRoot> shared;
};

struct rootlet_closure {
  std::shared_ptr<rootlet::c::SharedClosure> shared;
};

struct rootlet_plan {
  std::shared_ptr<rootlet::c::SharedClosure> closure;  // outlives the plan, which points into its root
  rootlet::Plan plan;
};

struct rootlet_audit {
  explicit rootlet_audit(rootlet::Audit made);
  rootlet::Audit audit;  // points into nothing
  // What is worked out, by the index of the finding or the object.
  std::vector<std::string> keys;
  std::vector<std::vector<std::string>> protections;  // in the order of kProtections
};

namespace rootlet::c {

ResolveOptions resolve_options(const rootlet_options* options);
PlanOptions plan_options(const rootlet_options* options);
TarOptions tar_options(const rootlet_options* options);
RootOptions root_options(const rootlet_options* options);
ImageOptions image_options(const rootlet_options* options, ImageFormat format);
ProgressCallback write_progress(const rootlet_options* options);
std::function<bool(const AuditProgress&)> audit_progress(const rootlet_options* options);

// The kind of bill of materials that the options want for an image, if any.
std::optional<SbomFormat> wanted_sbom(const rootlet_options* options);
// Of the plan; its root must be locked.
Result<std::string> sbom_of(const rootlet_plan& plan, const rootlet_options* options, SbomFormat format);

// One line for the log, if there is one at all.
void log(const rootlet_options* options, rootlet_level level, const std::string& line);
void log_findings(const rootlet_options* options, const std::vector<Finding>& findings);

// Stores the error, if it is wanted, and returns its code.
int store(rootlet_error** error, Error&& reason) noexcept;
int store_no_memory(rootlet_error** error) noexcept;
int store_internal(rootlet_error** error, const char* what) noexcept;

// The item of that index, or null.
template <typename T>
const T* at(const std::vector<T>& items, size_t index) {
  return index < items.size() ? &items[index] : nullptr;
}

// The error for an argument that must not be NULL.
inline Unexpected null(const char* what) { return fail(ErrorCode::invalid_argument, std::string(what) + " is NULL"); }

// Runs what may fail and lets nothing fly out of it. `body` returns a Result<void>.
template <typename Body>
int guarded(rootlet_error** error, Body&& body) noexcept {
  if (error != nullptr) *error = nullptr;
  try {
    Result<void> done = body();
    if (done) return ROOTLET_OK;
    return store(error, std::move(done).error());
  } catch (const std::bad_alloc&) {
    return store_no_memory(error);
  } catch (const std::exception& defect) {
    return store_internal(error, defect.what());
  } catch (...) {
    return store_internal(error, "an exception that is none of the standard library's");
  }
}

Result<void> give(rootlet_text** text, std::string made);

}  // namespace rootlet::c
