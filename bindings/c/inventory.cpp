#include "rootlet/inventory.hpp"

#include "handles.hpp"
#include "rootlet/report.hpp"

namespace rootlet::c {
namespace {

Result<void> check_diff_format(std::string_view format) {
  if (format == "json" || format == "text" || format == "color-text") return {};
  return fail(ErrorCode::invalid_argument, "there is no format \"" + printable(format) + "\"; the formats are json, text, color-text");
}

Result<void> give_diff(const Diff& found, std::string_view format, int* differs, rootlet_text** text) {
  if (auto given = give(text, format == "json" ? to_json(found) : to_text(found, {format == "color-text"})); !given) return given;
  if (differs != nullptr) *differs = found.same() ? 0 : 1;
  return {};
}

}  // namespace

// Of the image that the options ask for.
static Result<Inventory> inventory_of(const rootlet_plan& plan, const rootlet_options* options, bool sha1) {
  const Closure& closure = plan.closure->closure;
  Root& root = plan.closure->root->root;
  const InventoryOptions how{sha1, write_progress(options)};
  const ImageOptions image = image_options(options, ImageFormat::oci);
  if (image.base.empty()) return take_inventory(closure, plan.plan, root, how);
  auto base = open_base(closure, root, image);
  if (!base) return Unexpected(std::move(base).error());
  return take_inventory(closure, plan.plan, root, *base, how);
}

Result<std::string> sbom_of(const rootlet_plan& plan, const rootlet_options* options, SbomFormat format) {
  auto taken = inventory_of(plan, options, format == SbomFormat::spdx);
  if (!taken) return Unexpected(std::move(taken).error());
  return to_sbom(*taken, format, {{}, plan_options(options).epoch});
}

}  // namespace rootlet::c

extern "C" {

using namespace rootlet;

int rootlet_plan_manifest(const rootlet_plan* plan, const rootlet_options* options, rootlet_text** text, rootlet_error** error) {
  if (text != nullptr) *text = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (plan == nullptr) return c::null("the plan");
    if (text == nullptr) return c::null("where the text goes");
    const std::lock_guard lock(plan->closure->root->mutex);
    auto taken = c::inventory_of(*plan, options, false);
    if (!taken) return Unexpected(std::move(taken).error());
    return c::give(text, to_manifest(plan->closure->closure, *taken));
  });
}

int rootlet_plan_sbom(const rootlet_plan* plan, const rootlet_options* options, const char* format, rootlet_text** text, rootlet_error** error) {
  if (text != nullptr) *text = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (plan == nullptr) return c::null("the plan");
    if (format == nullptr) return c::null("the format");
    if (text == nullptr) return c::null("where the text goes");
    const std::string_view wanted = format;
    if (wanted != "spdx" && wanted != "cyclonedx") {
      return fail(ErrorCode::invalid_argument, "there is no bill of materials \"" + printable(wanted) + "\"; there are spdx, cyclonedx");
    }
    const std::lock_guard lock(plan->closure->root->mutex);
    auto made = c::sbom_of(*plan, options, wanted == "spdx" ? SbomFormat::spdx : SbomFormat::cyclonedx);
    if (!made) return Unexpected(std::move(made).error());
    return c::give(text, std::move(*made));
  });
}

int rootlet_verify(rootlet_root* root, const rootlet_options* options, const char* manifest, size_t manifest_size, const char* format, int* differs,
                   rootlet_text** text, rootlet_error** error) {
  if (text != nullptr) *text = nullptr;
  if (differs != nullptr) *differs = 0;
  return c::guarded(error, [&]() -> Result<void> {
    if (root == nullptr) return c::null("the root");
    if (manifest == nullptr) return c::null("the manifest");
    if (format == nullptr) return c::null("the format");
    if (text == nullptr) return c::null("where the text goes");
    if (auto checked = c::check_diff_format(format); !checked) return checked;
    auto wanted = read_manifest({manifest, manifest_size});
    if (!wanted) return Unexpected(std::move(wanted).error());
    std::unique_lock lock(root->shared->mutex);
    auto found = take_inventory(root->shared->root, {false, c::write_progress(options)});
    lock.unlock();
    if (!found) return Unexpected(std::move(found).error());
    return c::give_diff(verify(*wanted, *found), format, differs, text);
  });
}

int rootlet_diff(const char* before, const char* after, const rootlet_options* options, const char* format, int* differs, rootlet_text** text,
                 rootlet_error** error) {
  if (text != nullptr) *text = nullptr;
  if (differs != nullptr) *differs = 0;
  return c::guarded(error, [&]() -> Result<void> {
    if (before == nullptr) return c::null("what was before");
    if (after == nullptr) return c::null("what came after");
    if (format == nullptr) return c::null("the format");
    if (text == nullptr) return c::null("where the text goes");
    if (auto checked = c::check_diff_format(format); !checked) return checked;
    auto from = open_inventory(before, {false, c::write_progress(options)}, c::root_options(options));
    if (!from) return Unexpected(std::move(from).error());
    auto to = open_inventory(after, {false, c::write_progress(options)}, c::root_options(options));
    if (!to) return Unexpected(std::move(to).error());
    return c::give_diff(diff(*from, *to), format, differs, text);
  });
}
}
