#include "image/image_archive.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/json_writer.hpp"
#include "layer/archive.hpp"
#include "layer/meter.hpp"
#include "layer/output.hpp"

namespace rootlet::image {
namespace {

// Members in the order in which they are added, of mode 0644 and time 0.
class Members {
 public:
  Members(layer::Sink& out, const std::string& shown) : archive_(out), shown_(shown) {}

  Result<void> open() { return archive_.open(); }
  Result<void> finish() { return archive_.finish(); }

  Result<void> directory(const std::string& path) {
    PlanEntry entry;
    entry.path = path;
    entry.type = PlanEntryType::directory;
    entry.mode = 0755;
    if (auto begun = archive_.begin(entry); !begun) return begun;
    return archive_.end();
  }

  Result<void> text(const std::string& path, std::string_view text) {
    if (auto begun = begin(path, text.size()); !begun) return begun;
    if (auto added = archive_.add(std::as_bytes(std::span(text.data(), text.size()))); !added) return added;
    return archive_.end();
  }

  Result<void> blob(const std::string& path, const Blob& blob) {
    if (auto begun = begin(path, blob.size); !begun) return begun;
    buffer_.resize(layer::kPiece);
    for (uint64_t offset = 0; offset < blob.size;) {
      const size_t wanted = std::min<uint64_t>(buffer_.size(), blob.size - offset);
      const ssize_t length = ::pread(blob.file.descriptor(), buffer_.data(), wanted, static_cast<off_t>(offset));
      if (length < 0 && errno == EINTR) continue;
      if (length <= 0) return layer::output_error(length < 0 ? errno : EIO, "cannot read back what was written for", shown_);
      if (auto added = archive_.add(std::span(buffer_).first(static_cast<size_t>(length))); !added) return added;
      offset += static_cast<uint64_t>(length);
    }
    return archive_.end();
  }

 private:
  Result<void> begin(const std::string& path, uint64_t size) {
    PlanEntry entry;
    entry.path = path;
    entry.mode = 0644;
    entry.size = size;
    return archive_.begin(entry);
  }

  layer::Archive archive_;
  const std::string& shown_;
  std::vector<std::byte> buffer_;
};

}  // namespace

Result<oci::Index> archive_index(std::vector<oci::Descriptor> manifests, Blobs& blobs) {
  if (manifests.size() < 2) return oci::Index{std::move(manifests)};
  const oci::Pairs names = std::exchange(manifests.front().annotations, {});
  for (size_t i = 1; i < manifests.size(); ++i) {
    manifests[i].platform = oci::Platform{"unknown", "unknown", ""};
    manifests[i].annotations.emplace_back(oci::kAttestationType, "attestation-manifest");
    manifests[i].annotations.emplace_back(oci::kAttestationSubject, manifests.front().digest);
  }
  auto whole = blobs.add_document(oci::kIndexType, oci::to_json(oci::Index{std::move(manifests)}));
  if (!whole) return Unexpected(std::move(whole).error());
  whole->annotations = names;
  return oci::Index{{std::move(*whole)}};
}

Result<void> write_oci_archive(const std::vector<Blob>& blobs, const oci::Index& index, layer::Sink& out, const std::string& shown) {
  Members members(out, shown);
  if (auto done = members.open(); !done) return done;
  if (auto done = members.text("/oci-layout", oci::kLayout); !done) return done;
  if (auto done = members.text("/index.json", oci::to_json(index)); !done) return done;
  for (const char* path : {"/blobs", "/blobs/sha256"}) {
    if (auto done = members.directory(path); !done) return done;
  }
  for (const Blob& blob : blobs) {
    if (auto done = members.blob("/blobs/sha256/" + blob.digest, blob); !done) return done;
  }
  return members.finish();
}

Result<void> write_docker_archive(const std::vector<Blob>& blobs, const std::string& config, const std::vector<std::string>& layers, const std::string& name,
                                  layer::Sink& out, const std::string& shown) {
  JsonWriter manifest;
  manifest.begin_array();
  manifest.begin_object();
  manifest.member("Config", config + ".json");
  manifest.key("RepoTags");
  manifest.begin_array();
  manifest.string(name);
  manifest.end_array();
  manifest.key("Layers");
  manifest.begin_array();
  for (const std::string& layer : layers) manifest.string(layer + ".tar");
  manifest.end_array();
  manifest.end_object();
  manifest.end_array();
  Members members(out, shown);
  if (auto done = members.open(); !done) return done;
  // First, since `docker load` reads from the front.
  if (auto done = members.text("/manifest.json", manifest.take()); !done) return done;
  for (const Blob& blob : blobs) {
    const std::string path = "/" + blob.digest + (blob.digest == config ? ".json" : ".tar");
    if (auto done = members.blob(path, blob); !done) return done;
  }
  return members.finish();
}

}  // namespace rootlet::image
