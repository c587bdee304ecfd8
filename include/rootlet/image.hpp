// image: a Plan as an image: an OCI image layout, the same as one archive, or what `docker load` takes.
//
// The documents are those of the OCI image specification 1.1; the digests are SHA-256. Same closure, plan and options, same bytes, on
// every machine, at every time, for every user; digests of compressed layers depend on the version of libdeflate or libzstd as well, those of
// their content (diff IDs) do not. What write_tar() promises of its output holds here, too: complete under its name or not at all, nothing
// printed, nothing of the process changed (threads that compress are started and joined inside the call, with all signals blocked).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rootlet/base.hpp"
#include "rootlet/closure.hpp"
#include "rootlet/layer.hpp"
#include "rootlet/plan.hpp"
#include "rootlet/root.hpp"

namespace rootlet {

enum class ImageFormat : uint8_t {
  oci,             // an image layout, a directory: new, empty, or one that exists and gains an image
  oci_archive,     // an image layout in a tar
  docker_archive,  // what `docker save` writes and `docker load` reads; its layers are not compressed
};

enum class LayerSplit : uint8_t {
  one,    // all in one layer
  parts,  // the loader and libc, other libraries, data, the entries, each in a layer of its own, in this order. Of images that are
          // built from one root the first layers are the same, and so are their digests.
};

// A document about the image that goes with it: an image manifest of its own (OCI image-spec 1.1, "subject") beside the image's.
struct Attachment {
  std::string media_type;  // "application/spdx+json"
  std::string content;
};

struct WrittenImage {
  std::string manifest_digest;  // "sha256:…"; empty for a docker archive, which has none
  std::string config_digest;    // the image ID
  struct Layer {
    std::string digest, diff_id;
    uint64_t size = 0;  // as it is stored
  };
  std::vector<Layer> layers;      // those of the base included
  std::vector<Finding> findings;  // where the base differs from what the entries need
};

struct ImageOptions {
  // What the image is called in its layout (org.opencontainers.image.ref.name), instead of an image that has this name there;
  // "latest" if empty. Of a docker archive NAME[:TAG], the entry's name if empty.
  std::string tag;
  std::string platform;  // OS/ARCHITECTURE[/VARIANT]; if empty, as the ELF machine of the entries says

  // The image's configuration (config.md). With a base, what is not said here stays as the base has it.
  std::optional<std::vector<std::string>> entrypoint;  // the first entry, if not said
  std::vector<std::string> command;                    // arguments that `docker run IMAGE ARGUMENTS` replaces
  std::vector<std::string> environment;                // "NAME=VALUE"; PATH has a default
  std::vector<std::string> labels;                     // "NAME=VALUE"
  std::vector<std::string> annotations;                // "NAME=VALUE", of the manifest
  std::vector<std::string> ports;                      // "8080", "53/udp", "6000-6010/tcp"
  std::string user;                                    // "65532", "app:app"; "nonroot" is 65532, which PlanOptions::user makes known
  std::string directory;                               // where the entry point starts, absolute
  std::string stop_signal;                             // "SIGINT", "INT", "SIGRTMIN+3", or a number from 1 to 64
  int64_t created = 0;                                 // seconds since the epoch

  // As given to resolve(): they become LD_LIBRARY_PATH and LD_PRELOAD. Empty: as the image sets them that was the root.
  std::string library_path, preload;

  LayerSplit layers = LayerSplit::one;
  Compression compression = Compression::gzip;  // of the layers; a docker archive has none
  int level = 0;                                // as the compressor counts; 0: its default
  unsigned threads = 0;                         // that compress; 0: as many as the process may run on

  // An image to build on: a layout, DIR[:TAG], or what Root::open() takes for an image ("oci:DIR:TAG", an archive). Its layers come first,
  // and what they have is neither carried again nor changed.
  std::string base;

  std::vector<Attachment> attachments;  // of layouts and their archives

  // Called when all is known of the image and nothing is in place yet. What it throws stops the writing, and comes out of it.
  std::function<void(const WrittenImage&)> ready = {};
};

// `closure` and `plan` belong together and to `root`. Fails as write_tar() does, and with `invalid_argument` for options that are off.
//
// A layout that exists gets its new blobs first and its new index at the end, by a rename; until then, and after any failure, it is as
// it was; but a blob that the image has and that lies there damaged is replaced. Two processes may add to one layout at a time. What is not
// complete yet is in files without a name (O_TMPFILE) in the output's file system, or, where that has none, in files called
// ".NAME.rootlet-XXXXXX".
Result<WrittenImage> write_image(const Closure& closure, const Plan& plan, Root& root, ImageFormat format, const std::string& path,
                                 const ImageOptions& options = {}, const ProgressCallback& progress = {});

// An archive to an open descriptor, which stays open. Since the digests come first, the layers wait in a nameless file in /var/tmp.
Result<WrittenImage> write_image(const Closure& closure, const Plan& plan, Root& root, ImageFormat format, int descriptor,
                                 const ImageOptions& options = {}, const ProgressCallback& progress = {});

// The Root of ImageOptions::base, as write_image() opens it.
Result<Root> open_base(const Closure& closure, Root& root, const ImageOptions& options);

// Joins images of the layout in `directory` (their tags), each for another platform, into an index that is called `tag`; the images
// keep their tags. Returns the digest of the index.
Result<std::string> join_images(const std::string& directory, const std::vector<std::string>& images, const std::string& tag);

}  // namespace rootlet
