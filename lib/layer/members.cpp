#include "layer/members.hpp"

#include <algorithm>
#include <vector>

#include "layer/archive.hpp"
#include "layer/content.hpp"

namespace rootlet::layer {

namespace {

class Members {
 public:
  Members(Root& root, Sink& sink, Meter& meter) : root_(root), meter_(meter), archive_(sink), buffer_(kPiece) {}

  Result<void> open() { return archive_.open(); }
  Result<void> add(const PlanEntry& entry);
  Result<void> finish() { return archive_.finish(); }

 private:
  Result<void> add_content(const PlanEntry& entry);

  Root& root_;
  Meter& meter_;
  Archive archive_;
  std::vector<std::byte> buffer_;
};

Result<void> Members::add_content(const PlanEntry& entry) {
  auto content = Content::open(entry, root_);
  if (!content) return Unexpected(std::move(content).error());
  uint64_t offset = 0;
  while (offset < content->size()) {
    Content::Run run = content->run(offset);
    if (run.hole) std::fill(buffer_.begin(), buffer_.end(), std::byte{0});
    while (offset < run.end) {
      auto piece = std::span(buffer_).first(std::min<uint64_t>(kPiece, run.end - offset));
      if (!run.hole) {
        if (auto read = content->read(offset, piece); !read) return read;
      }
      if (auto added = archive_.add(piece); !added) return added;
      offset += piece.size();
      if (auto go = meter_.add(piece.size()); !go) return go;
    }
  }
  return content->finish();
}

Result<void> Members::add(const PlanEntry& entry) {
  if (auto go = meter_.begin(entry); !go) return go;
  if (entry.path != "/") {
    if (auto begun = archive_.begin(entry); !begun) return begun;
    if (entry.type == PlanEntryType::file) {
      if (auto written = add_content(entry); !written) return written;
    }
    if (auto ended = archive_.end(); !ended) return ended;
  }
  meter_.end();
  return {};
}

}  // namespace

Result<void> write_members(const Plan& plan, std::span<const size_t> entries, Root& root, Sink& sink, Meter& meter) {
  Members members(root, sink, meter);
  if (auto opened = members.open(); !opened) return opened;
  for (const size_t index : entries) {
    if (auto added = members.add(plan.entries[index]); !added) return added;
  }
  return members.finish();
}

Result<void> write_members(const Plan& plan, Root& root, Sink& sink, Meter& meter) {
  Members members(root, sink, meter);
  if (auto opened = members.open(); !opened) return opened;
  for (const PlanEntry& entry : plan.entries) {
    if (auto added = members.add(entry); !added) return added;
  }
  return members.finish();
}

}  // namespace rootlet::layer
