#include "rootlet/image.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "image/blobs.hpp"
#include "image/config.hpp"
#include "image/image_archive.hpp"
#include "image/join.hpp"
#include "image/layout.hpp"
#include "image/maker.hpp"
#include "layer/check.hpp"
#include "layer/descriptor_sink.hpp"
#include "layer/temporary_file.hpp"

namespace rootlet {
namespace {

using image::Blobs;
using image::Layout;

Result<WrittenImage> write_layout(const Closure& closure, const Plan& plan, Root& root, const std::string& path, const ImageOptions& options,
                                  const ProgressCallback& progress) {
  auto layout = Layout::open(path);
  if (!layout) return Unexpected(std::move(layout).error());
  Blobs blobs(layout->directory(), layout->target());
  auto made = image::make_image(closure, plan, root, options, false, blobs, &*layout, path, progress);
  if (!made) return Unexpected(std::move(made).error());
  if (options.ready) options.ready(made->written);
  if (auto done = layout->commit(blobs.all(), made->manifests); !done) return Unexpected(std::move(done).error());
  return std::move(made->written);
}

// `directory` is where the blobs wait.
Result<WrittenImage> write_archive(const Closure& closure, const Plan& plan, Root& root, bool docker, int directory, const layer::Target& target, int out,
                                   const ImageOptions& options, const ProgressCallback& progress) {
  auto name = docker ? image::docker_name(options.tag, closure.entries.empty() ? "" : closure.entries.front()) : Result<std::string>(std::string());
  if (!name) return Unexpected(std::move(name).error());
  Blobs blobs(directory, target);
  auto made = image::make_image(closure, plan, root, options, docker, blobs, nullptr, target.path, progress);
  if (!made) return Unexpected(std::move(made).error());
  auto index = image::archive_index(std::move(made->manifests), blobs);
  if (!index) return Unexpected(std::move(index).error());
  if (options.ready) options.ready(made->written);
  layer::DescriptorSink sink(out, target.path);
  WrittenImage& written = made->written;
  Result<void> done;
  if (docker) {
    std::vector<std::string> layers;
    for (const WrittenImage::Layer& layer : written.layers) layers.push_back(layer.digest.substr(layer.digest.find(':') + 1));
    done = image::write_docker_archive(blobs.all(), written.config_digest.substr(written.config_digest.find(':') + 1), layers, *name, sink, target.path);
  } else {
    done = image::write_oci_archive(blobs.all(), *index, sink, target.path);
  }
  if (!done) return Unexpected(std::move(done).error());
  return std::move(written);
}

// layer.md, "Whiteouts": a file of such a name would take another away.
Result<void> check_names(const Plan& plan) {
  for (const PlanEntry& entry : plan.entries) {
    if (!std::string_view(entry.path).substr(entry.path.rfind('/') + 1).starts_with(".wh.")) continue;
    return fail(ErrorCode::invalid_argument, entry.path + " cannot be in an image, where a name that starts with .wh. says that a file is gone; leave it out with --exclude", entry.path);
  }
  return {};
}

Result<void> check_docker(const ImageOptions& options) {
  if (!options.attachments.empty()) return fail(ErrorCode::invalid_argument, "a docker archive has no place for an attachment; write an OCI layout or archive");
  if (!options.annotations.empty()) return fail(ErrorCode::invalid_argument, "a docker archive has no place for annotations; write an OCI layout or archive");
  return {};
}

Result<void> check(const Plan& plan, const ImageOptions& options, ImageFormat format) {
  if (auto checked = layer::check_plan(plan); !checked) return checked;
  if (auto checked = check_names(plan); !checked) return checked;
  if (format == ImageFormat::docker_archive) return check_docker(options);
  return options.tag.empty() ? Result<void>() : image::check_tag(options.tag);
}

}  // namespace

Result<WrittenImage> write_image(const Closure& closure, const Plan& plan, Root& root, ImageFormat format, const std::string& path,
                                 const ImageOptions& options, const ProgressCallback& progress) {
  if (auto checked = check(plan, options, format); !checked) return Unexpected(std::move(checked).error());
  if (format == ImageFormat::oci) return write_layout(closure, plan, root, path, options, progress);
  auto target = layer::Target::open(path);
  if (!target) return Unexpected(std::move(target).error());
  auto file = layer::TemporaryFile::beside(path);
  if (!file) return Unexpected(std::move(file).error());
  auto written = write_archive(closure, plan, root, format == ImageFormat::docker_archive, target->parent.get(), *target, file->descriptor(), options, progress);
  if (!written) return written;
  if (auto done = file->put_in_place(); !done) return Unexpected(std::move(done).error());
  return written;
}

Result<WrittenImage> write_image(const Closure& closure, const Plan& plan, Root& root, ImageFormat format, int descriptor, const ImageOptions& options,
                                 const ProgressCallback& progress) {
  if (format == ImageFormat::oci) return fail(ErrorCode::invalid_argument, "an image layout is a directory, and is written to a path; a descriptor takes an archive");
  if (auto checked = check(plan, options, format); !checked) return Unexpected(std::move(checked).error());
  layer::Target target;
  target.path = "descriptor " + std::to_string(descriptor);
  target.name = "image";
  constexpr const char* kPlace = "/var/tmp";  // which, unlike /tmp, is seldom in memory
  target.parent = layer::Descriptor(::open(kPlace, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!target.parent) return layer::output_error(errno, "cannot keep layers in", kPlace);
  return write_archive(closure, plan, root, format == ImageFormat::docker_archive, target.parent.get(), target, descriptor, options, progress);
}

Result<std::string> join_images(const std::string& directory, const std::vector<std::string>& images, const std::string& tag) {
  if (auto checked = image::check_tag(tag); !checked) return Unexpected(std::move(checked).error());
  auto layout = Layout::open_existing(directory);
  if (!layout) return Unexpected(std::move(layout).error());
  const std::string shown = directory + "/index.json";
  auto text = layout->read_index();
  if (!text) return Unexpected(std::move(text).error());
  auto known = oci::parse_index(*text, shown);
  if (!known) return Unexpected(std::move(known).error());
  if (std::find(images.begin(), images.end(), tag) != images.end()) {
    return fail(ErrorCode::invalid_argument, "the index cannot be called \"" + tag + "\", as one of its images is; they keep their tags");
  }
  oci::Index joined;
  for (const std::string& image : images) {
    if (auto added = image::add_image(*layout, *known, image, joined); !added) return Unexpected(std::move(added).error());
  }
  if (joined.manifests.empty()) return fail(ErrorCode::invalid_argument, "no image is named; an index joins at least one");
  Blobs blobs(layout->directory(), layout->target());
  auto index = blobs.add_document(oci::kIndexType, oci::to_json(joined));
  if (!index) return Unexpected(std::move(index).error());
  index->annotations.emplace_back(oci::kReferenceName, tag);
  if (auto done = layout->commit(blobs.all(), {*index}); !done) return Unexpected(std::move(done).error());
  return std::move(index->digest);
}

}  // namespace rootlet
