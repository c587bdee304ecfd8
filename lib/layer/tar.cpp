#include <algorithm>
#include <string>
#include <vector>

#include "layer/archive.hpp"
#include "layer/check.hpp"
#include "layer/content.hpp"
#include "layer/meter.hpp"
#include "layer/temporary_file.hpp"
#include "rootlet/layer.hpp"

namespace rootlet {

namespace {

using layer::Archive;
using layer::Content;
using layer::kPiece;
using layer::Meter;

Result<void> write_content(const PlanEntry& entry, Root& root, Archive& archive, Meter& meter,
                           std::vector<std::byte>& buffer) {
  auto content = Content::open(entry, root);
  if (!content) return Unexpected(std::move(content).error());
  uint64_t offset = 0;
  while (offset < content->size()) {
    Content::Run run = content->run(offset);
    if (run.hole) std::fill(buffer.begin(), buffer.end(), std::byte{0});
    while (offset < run.end) {
      auto piece = std::span(buffer).first(std::min<uint64_t>(kPiece, run.end - offset));
      if (!run.hole) {
        if (auto read = content->read(offset, piece); !read) return read;
      }
      if (auto added = archive.add(piece); !added) return added;
      offset += piece.size();
      if (auto go = meter.add(piece.size()); !go) return go;
    }
  }
  return content->finish();
}

Result<void> write_members(const Plan& plan, Root& root, int descriptor, const std::string& shown,
                           const ProgressCallback& progress) {
  Meter meter(plan, progress);
  std::vector<std::byte> buffer(kPiece);
  Archive archive(descriptor, shown);
  if (auto opened = archive.open(); !opened) return opened;
  for (const PlanEntry& entry : plan.entries) {
    if (auto go = meter.begin(entry); !go) return go;
    if (entry.path != "/") {
      if (auto begun = archive.begin(entry); !begun) return begun;
      if (entry.type == PlanEntryType::file) {
        if (auto written = write_content(entry, root, archive, meter, buffer); !written) return written;
      }
      if (auto ended = archive.end(); !ended) return ended;
    }
    meter.end();
  }
  if (auto finished = archive.finish(); !finished) return finished;
  return meter.finish();
}

}  // namespace

Result<void> write_tar(const Plan& plan, Root& root, const std::string& file,
                       const ProgressCallback& progress) {
  if (auto checked = layer::check_plan(plan); !checked) return checked;
  auto temporary = layer::TemporaryFile::beside(file);
  if (!temporary) return Unexpected(std::move(temporary).error());
  if (auto written = write_members(plan, root, temporary->descriptor(), temporary->target(), progress); !written) return written;
  return temporary->put_in_place();
}

Result<void> write_tar(const Plan& plan, Root& root, int descriptor, const ProgressCallback& progress) {
  if (auto checked = layer::check_plan(plan); !checked) return checked;
  return write_members(plan, root, descriptor, "descriptor " + std::to_string(descriptor), progress);
}

}  // namespace rootlet
