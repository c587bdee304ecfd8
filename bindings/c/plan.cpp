#include <algorithm>
#include <iterator>
#include <memory>

#include "base/json_writer.hpp"
#include "handles.hpp"
#include "rootlet/report.hpp"

namespace rootlet::c {
namespace {

const PlanEntry* entry_of(const rootlet_plan* plan, size_t index) { return plan == nullptr ? nullptr : at(plan->plan.entries, index); }
const Finding* finding_of(const rootlet_plan* plan, size_t index) { return plan == nullptr ? nullptr : at(plan->plan.findings, index); }

struct ImageName {
  std::string_view name;
  ImageFormat format;
};
constexpr ImageName kImageFormats[] = {{"oci", ImageFormat::oci}, {"oci-archive", ImageFormat::oci_archive}, {"docker-archive", ImageFormat::docker_archive}};

std::string about(const WrittenImage& image) {
  JsonWriter json;
  json.begin_object();
  if (!image.manifest_digest.empty()) json.member("digest", image.manifest_digest);
  json.member("config", image.config_digest);
  json.key("layers");
  json.begin_array();
  for (const WrittenImage::Layer& layer : image.layers) {
    json.begin_object();
    json.member("digest", layer.digest);
    json.member("diff_id", layer.diff_id);
    json.key("size");
    json.number(layer.size);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

const ImageName* find_image(std::string_view format) {
  const auto found = std::find_if(std::begin(kImageFormats), std::end(kImageFormats), [format](const auto& known) { return known.name == format; });
  return found == std::end(kImageFormats) ? nullptr : found;
}

// `text`, unless null, receives what about() says.
template <typename Place>
Result<void> write_image(const rootlet_plan* plan, const rootlet_options* options, ImageFormat format, const Place& place, rootlet_text** text) {
  ImageOptions image = image_options(options, format);
  if (format == ImageFormat::docker_archive && image.compression != Compression::none) {
    return fail(ErrorCode::invalid_argument, "the layers of a docker archive are not compressed; compress the archive, or write an OCI one");
  }
  if (const auto wanted = wanted_sbom(options); wanted && format != ImageFormat::docker_archive) {
    auto made = sbom_of(*plan, options, *wanted);
    if (!made) return Unexpected(std::move(made).error());
    image.attachments.push_back({*wanted == SbomFormat::spdx ? "application/spdx+json" : "application/vnd.cyclonedx+json", std::move(*made)});
  }
  // All that can fail for want of memory is done before the image is in place.
  std::unique_ptr<rootlet_text> said;
  image.ready = [&](const WrittenImage& written) {
    if (text != nullptr) said.reset(new rootlet_text{about(written)});
    log_findings(options, written.findings);
  };
  auto written = rootlet::write_image(plan->closure->closure, plan->plan, plan->closure->root->root, format, place, image, write_progress(options));
  if (!written) return Unexpected(std::move(written).error());
  if (text != nullptr) *text = said.release();
  return {};
}

// Writes it to whatever `place` is: a path or a descriptor.
template <typename Place>
Result<void> write(const rootlet_plan* plan, const rootlet_options* options, const char* format, const Place& place) {
  if (plan == nullptr) return null("the plan");
  if (format == nullptr) return null("the format");
  SharedRoot& root = *plan->closure->root;
  const std::lock_guard lock(root.mutex);
  const std::string_view wanted = format;
  if (wanted == "dir") return write_directory(plan->plan, root.root, place, write_progress(options));
  if (wanted == "tar") return write_tar(plan->plan, root.root, place, write_progress(options), tar_options(options));
  const ImageName* image = find_image(wanted);
  if (image == nullptr) {
    return fail(ErrorCode::invalid_argument, "there is no format \"" + printable(format) + "\"; the formats are dir, tar, oci, oci-archive, docker-archive");
  }
  return write_image(plan, options, image->format, place, nullptr);
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

int rootlet_plan_write_image(const rootlet_plan* plan, const rootlet_options* options, const char* format, const char* path, int descriptor,
                             rootlet_text** about, rootlet_error** error) {
  if (about != nullptr) *about = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (plan == nullptr) return c::null("the plan");
    if (format == nullptr) return c::null("the format");
    const c::ImageName* image = c::find_image(format);
    if (image == nullptr) return fail(ErrorCode::invalid_argument, "there is no format of images \"" + printable(format) + "\"; there are oci, oci-archive, docker-archive");
    const std::lock_guard lock(plan->closure->root->mutex);
    return path != nullptr ? c::write_image(plan, options, image->format, std::string(path), about) : c::write_image(plan, options, image->format, descriptor, about);
  });
}

int rootlet_index(const char* layout, const char* const* images, size_t count, const char* tag, rootlet_text** digest, rootlet_error** error) {
  if (digest != nullptr) *digest = nullptr;
  return c::guarded(error, [&]() -> Result<void> {
    if (layout == nullptr) return c::null("the layout");
    if (images == nullptr) return c::null("the list of images");
    if (tag == nullptr) return c::null("the tag");
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i) {
      if (images[i] == nullptr) return c::null("an image");
      names.emplace_back(images[i]);
    }
    std::unique_ptr<rootlet_text> said(digest == nullptr ? nullptr : new rootlet_text{});
    auto joined = join_images(layout, names, tag);
    if (!joined) return Unexpected(std::move(joined).error());
    if (digest == nullptr) return {};
    said->text = std::move(*joined);
    *digest = said.release();
    return {};
  });
}

int rootlet_plan_write_to(const rootlet_plan* plan, const rootlet_options* options, const char* format, int descriptor,
                          rootlet_error** error) {
  return c::guarded(error, [&]() -> Result<void> { return c::write(plan, options, format, descriptor); });
}
}
