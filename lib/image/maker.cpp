#include "image/maker.hpp"

#include <algorithm>
#include <memory>

#include "base/digest.hpp"
#include "base/time_text.hpp"
#include "image/base.hpp"
#include "image/certificates.hpp"
#include "image/config.hpp"
#include "image/layers.hpp"
#include "image/open_base.hpp"
#include "image/platform.hpp"
#include "layer/descriptor_sink.hpp"
#include "layer/layer_stream.hpp"
#include "layer/meter.hpp"
#include "root/image.hpp"

namespace rootlet::image {
namespace {

std::string_view suffix(Compression compression) {
  switch (compression) {
    case Compression::none: return "";
    case Compression::gzip: return "+gzip";
    case Compression::zstd: return "+zstd";
  }
  return "";
}

// Makes the blobs of an image, and what binds them together.
class Maker {
 public:
  Maker(const Closure& closure, const Plan& plan, Root& root, const ImageOptions& options, bool docker, Blobs& blobs, const Layout* layout)
      : closure_(closure), plan_(plan), root_(root), options_(options), docker_(docker), blobs_(blobs), layout_(layout) {}

  Result<void> run(const std::string& shown, const ProgressCallback& progress) {
    if (auto done = describe(); !done) return done;
    if (auto done = take_base(); !done) return done;
    if (auto done = write_layers(shown, progress); !done) return done;
    auto config = blobs_.add_document(oci::kConfigType, oci::to_json(config_));
    if (!config) return Unexpected(std::move(config).error());
    manifest_.config = *config;
    written_.config_digest = config->digest;
    return docker_ ? Result<void>() : bind();
  }

  MadeImage take() { return {std::move(manifests_), std::move(written_)}; }

 private:
  // Everything that can be wrong with the options is said before anything is read.
  Result<void> describe() {
    if (options_.base.empty()) {
      auto platform = options_.platform.empty() ? find_platform(closure_, root_) : oci::parse_platform(options_.platform);
      if (!platform) return Unexpected(std::move(platform).error());
      config_.platform = std::move(*platform);
    } else {
      auto opened = open_base_image(closure_, root_, options_);
      if (!opened) return Unexpected(std::move(opened).error());
      base_ = std::move(*opened);
      if (base_->kind == ImageKind::tar) {
        return fail(ErrorCode::invalid_argument, "the base " + options_.base + " is a tar of a root and no image; a layout, or an OCI or docker archive, is one", options_.base);
      }
      config_ = base_->config;
      if (auto one = check_platforms(closure_, root_); !one) return one;
      if (auto fits = check_platform(); !fits) return fits;
    }
    auto certificates = certificate_file(closure_, root_);
    if (!certificates) return Unexpected(std::move(certificates).error());
    auto run = make_run_config(closure_, root_, options_, config_.run, *certificates);
    if (!run) return Unexpected(std::move(run).error());
    config_.run = std::move(*run);
    config_.created = time_text(options_.created);
    auto annotations = parse_pairs(options_.annotations, "annotation");
    if (!annotations) return Unexpected(std::move(annotations).error());
    manifest_.annotations = std::move(*annotations);
    return {};
  }

  // Programs of another machine do not run on the base's libraries.
  Result<void> check_platform() {
    auto own = find_platform(closure_, root_);
    if (!own || own->architecture == config_.platform.architecture) return {};
    return fail(ErrorCode::invalid_argument, "the base " + options_.base + " is for " + oci::to_string(config_.platform) + ", and the entries are for " + oci::to_string(*own), options_.base);
  }

  void annotate(std::string_view name, std::string value) {
    const auto said = [name](const auto& pair) { return pair.first == name; };
    if (std::none_of(manifest_.annotations.begin(), manifest_.annotations.end(), said)) manifest_.annotations.emplace_back(name, std::move(value));
  }

  Result<void> take_base() {
    if (!base_) return {};
    if (!base_->manifest_digest.empty()) annotate("org.opencontainers.image.base.digest", base_->manifest_digest);
    for (size_t i = 0; i < base_->layers.size(); ++i) {
      oci::Descriptor layer = base_->layers[i];
      // The same bytes under docker's name of their type.
      if (layer.media_type.starts_with("application/vnd.docker.")) layer.media_type = std::string(oci::kLayerType) + (layer.media_type.ends_with(".gzip") ? "+gzip" : layer.media_type.ends_with(".zstd") ? "+zstd" : "");
      manifest_.layers.push_back(layer);
      written_.layers.push_back({layer.digest, config_.diff_ids.at(i), layer.size});
      auto there = layout_ != nullptr ? layout_->has(layer.digest, layer.size) : Result<bool>(false);
      if (!there) return Unexpected(std::move(there).error());
      if (*there) continue;
      if (auto copied = copy_layer(i); !copied) return copied;
    }
    return {};
  }

  Result<void> copy_layer(size_t index) {
    auto source = base_->open_layer(index);
    if (!source) return Unexpected(std::move(source).error());
    auto file = blobs_.begin();
    if (!file) return Unexpected(std::move(file).error());
    layer::DescriptorSink out(file->descriptor(), options_.base);
    Digest digest;
    std::vector<std::byte> buffer(layer::kPiece);
    for (uint64_t offset = 0; offset < (*source)->size();) {
      auto length = (*source)->read_at(offset, std::span(buffer).first(std::min<uint64_t>(buffer.size(), (*source)->size() - offset)));
      if (!length) return Unexpected(std::move(length).error());
      if (*length == 0) return fail(ErrorCode::io, "a layer of the base " + options_.base + " ends early; let nothing write to it meanwhile", options_.base);
      const auto piece = std::span(buffer).first(*length);
      digest.add(piece);
      if (auto written = out.write(piece); !written) return written;
      offset += *length;
    }
    Blob blob{digest.hex(), (*source)->size(), std::move(*file)};
    if ("sha256:" + blob.digest != base_->layers[index].digest) {
      return fail(ErrorCode::malformed, "a layer of the base " + options_.base + " has not the digest " + base_->layers[index].digest + "; the base is damaged", options_.base);
    }
    blobs_.add(std::move(blob));
    return {};
  }

  Result<std::vector<Part>> parts() {
    std::vector<Part> parts = split(closure_, plan_, root_, options_.layers);
    if (!base_) return parts;
    auto below = open_root(*base_, base_reference(options_));
    if (!below) return Unexpected(std::move(below).error());
    for (Part& part : parts) {
      auto left = without_base(part.plan, closure_, root_, *below);
      if (!left) return Unexpected(std::move(left).error());
      part.plan = std::move(*left);
      for (Finding& finding : part.plan.findings) written_.findings.push_back(std::move(finding));
    }
    std::erase_if(parts, [](const Part& part) { return part.plan.entries.empty(); });
    return parts;
  }

  Result<void> write_layers(const std::string& shown, const ProgressCallback& progress) {
    auto parts = this->parts();
    if (!parts) return Unexpected(std::move(parts).error());
    uint64_t files = 0, bytes = 0;
    for (const Part& part : *parts) {
      files += part.plan.entries.size();
      bytes += part.plan.bytes;
    }
    layer::Meter meter(files, bytes, progress);
    for (const Part& part : *parts) {
      if (auto done = write_part(part, shown, meter); !done) return done;
    }
    return meter.finish();
  }

  Result<void> write_part(const Part& part, const std::string& shown, layer::Meter& meter) {
    const Compression compression = docker_ ? Compression::none : options_.compression;
    auto file = blobs_.begin();
    if (!file) return Unexpected(std::move(file).error());
    layer::DescriptorSink out(file->descriptor(), shown);
    auto layer = layer::write_layer(part.plan, root_, out, compression, options_.level, options_.threads, meter);
    if (!layer) return Unexpected(std::move(layer).error());
    const std::string media_type = std::string(oci::kLayerType) + std::string(suffix(compression));
    manifest_.layers.push_back(image::describe(media_type, layer->digest, layer->size));
    config_.diff_ids.push_back("sha256:" + layer->diff_id);
    written_.layers.push_back({manifest_.layers.back().digest, config_.diff_ids.back(), layer->size});
    config_.history.push_back(history_of(part));
    blobs_.add(Blob{std::move(layer->digest), layer->size, std::move(*file)});
    return {};
  }

  oci::History history_of(const Part& part) const {
    oci::History history;
    history.created = config_.created;
    history.created_by = "rootlet build";
    for (const std::string& entry : closure_.entries) history.created_by += " " + entry;
    const auto files = std::count_if(part.plan.entries.begin(), part.plan.entries.end(), [](const PlanEntry& entry) { return entry.type != PlanEntryType::directory; });
    history.comment = (part.name.empty() ? "" : part.name + ": ") + std::to_string(files) + (files == 1 ? " file, " : " files, ") + std::to_string(part.plan.bytes) + " bytes";
    return history;
  }

  Result<void> bind() {
    annotate("org.opencontainers.image.created", config_.created);
    auto manifest = blobs_.add_document(oci::kManifestType, oci::to_json(manifest_));
    if (!manifest) return Unexpected(std::move(manifest).error());
    written_.manifest_digest = manifest->digest;
    const oci::Descriptor subject = *manifest;
    manifest->platform = config_.platform;
    manifest->annotations.emplace_back(oci::kReferenceName, options_.tag.empty() ? "latest" : options_.tag);
    manifests_.push_back(std::move(*manifest));
    for (const Attachment& attachment : options_.attachments) {
      if (auto done = attach(attachment, subject); !done) return done;
    }
    return {};
  }

  // manifest.md, "Guidelines for Artifact Usage": an empty configuration, the document as the only layer.
  Result<void> attach(const Attachment& attachment, const oci::Descriptor& subject) {
    auto empty = blobs_.add_document(oci::kEmptyType, "{}");
    if (!empty) return Unexpected(std::move(empty).error());
    auto document = blobs_.add_document(attachment.media_type, attachment.content);
    if (!document) return Unexpected(std::move(document).error());
    oci::Manifest manifest;
    manifest.artifact_type = attachment.media_type;
    manifest.config = *empty;
    manifest.layers.push_back(*document);
    manifest.subject = subject;
    manifest.annotations.emplace_back("org.opencontainers.image.created", config_.created);
    auto descriptor = blobs_.add_document(oci::kManifestType, oci::to_json(manifest));
    if (!descriptor) return Unexpected(std::move(descriptor).error());
    descriptor->artifact_type = attachment.media_type;
    manifests_.push_back(std::move(*descriptor));
    return {};
  }

  const Closure& closure_;
  const Plan& plan_;
  Root& root_;
  const ImageOptions& options_;
  bool docker_;
  Blobs& blobs_;
  const Layout* layout_;
  std::unique_ptr<ImageSource> base_;
  oci::Config config_;
  oci::Manifest manifest_;
  std::vector<oci::Descriptor> manifests_;  // for the index
  WrittenImage written_;
};

}  // namespace

Result<MadeImage> make_image(const Closure& closure, const Plan& plan, Root& root, const ImageOptions& options, bool docker, Blobs& blobs, const Layout* layout,
                             const std::string& shown, const ProgressCallback& progress) {
  Maker maker(closure, plan, root, options, docker, blobs, layout);
  if (auto made = maker.run(shown, progress); !made) return Unexpected(std::move(made).error());
  return maker.take();
}

}  // namespace rootlet::image
