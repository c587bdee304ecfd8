#include "root/unpacked.hpp"

#include <zstd.h>

#include <algorithm>
#include <new>

namespace rootlet {
namespace {

constexpr int kLevel = 1;
constexpr uint64_t kRemembered = 64;  // blocks before one that was asked for

std::span<std::byte> writable(std::string& text) { return std::as_writable_bytes(std::span(text.data(), text.size())); }

// Unpacks until `out` is full or the content ends.
Result<size_t> read_full(Unpacker& unpacker, std::span<std::byte> out) {
  size_t done = 0;
  while (done < out.size()) {
    auto length = unpacker.read(out.subspan(done));
    if (!length) return length;
    if (*length == 0) break;
    done += *length;
  }
  return done;
}

}  // namespace

Unpacked::Unpacked(Packing packing, std::shared_ptr<const Source> packed, std::shared_ptr<UnpackMemory> memory, std::string shown)
    : packing_(packing), packed_(std::move(packed)), memory_(std::move(memory)), shown_(std::move(shown)), points_(1) {}

Unpacked::~Unpacked() {
  memory_->blocks_.remove_if([this](const UnpackMemory::Block& block) { return block.of == this; });
  memory_->cursors_.remove_if([this](const UnpackMemory::Cursor& cursor) { return cursor.of == this; });
}

Result<size_t> Unpacked::read_at(uint64_t offset, std::span<std::byte> out) const {
  size_t done = 0;
  while (done < out.size() && offset < size_) {
    auto content = block(offset / kUnpackedBlock);
    if (!content) return Unexpected(std::move(content).error());
    const size_t skip = offset % kUnpackedBlock;
    const size_t length = std::min((*content)->size() - skip, out.size() - done);
    std::memcpy(out.data() + done, (*content)->data() + skip, length);
    done += length;
    offset += length;
  }
  return done;
}

Result<const std::string*> Unpacked::block(uint64_t index) const {
  auto& blocks = memory_->blocks_;
  if (const auto found = cached_.find(index); found != cached_.end()) {
    blocks.splice(blocks.begin(), blocks, found->second);
    return &blocks.front().content;
  }
  auto content = unpack(index);
  if (!content) return Unexpected(std::move(content).error());
  const uint64_t length = std::min(kUnpackedBlock, size_ - index * kUnpackedBlock);
  if (content->size() != length) return fail(ErrorCode::io, shown_ + " has changed since it was opened; let nothing write to it meanwhile", shown_);
  return &remember(index, std::move(*content));
}

std::string& Unpacked::remember(uint64_t index, std::string content) const {
  auto& blocks = memory_->blocks_;
  blocks.push_front({this, index, std::move(content)});
  cached_[index] = blocks.begin();
  if (blocks.size() > memory_->limits_.cached) {
    const UnpackMemory::Block& last = blocks.back();
    last.of->cached_.erase(last.index);
    blocks.pop_back();
  }
  return blocks.front().content;
}

Result<std::string> Unpacked::unpack(uint64_t index) const {
  const uint64_t start = index * kUnpackedBlock;
  std::string content(std::min(kUnpackedBlock, size_ - start), '\0');
  if (const auto kept = kept_.find(index); kept != kept_.end()) {
    const size_t length = ZSTD_decompress(content.data(), content.size(), kept->second.data(), kept->second.size());
    if (ZSTD_isError(length) != 0) throw std::bad_alloc();  // of bytes that were compressed here, the only reason
    return content;
  }
  // The nearest place before it: the last point, or where a reader stands.
  const auto behind = std::upper_bound(points_.begin(), points_.end(), start, [](uint64_t at, const Point& point) { return at < point.out; });
  const Point& point = *std::prev(behind);
  auto& cursors = memory_->cursors_;
  auto best = cursors.end();
  for (auto cursor = cursors.begin(); cursor != cursors.end(); ++cursor) {
    if (cursor->of != this || cursor->position > start || cursor->position < point.out) continue;
    if (best == cursors.end() || cursor->position > best->position) best = cursor;
  }
  // Out of the list until it has read all: one that an error or a lack of memory stopped stands where nobody knows.
  std::list<UnpackMemory::Cursor> taken;
  if (best == cursors.end()) {
    taken.push_front({this, point.out, make_unpacker(packing_, *packed_, point, nullptr, shown_)});
  } else {
    taken.splice(taken.begin(), cursors, best);
  }
  UnpackMemory::Cursor& cursor = taken.front();
  const auto read = [&cursor](std::span<std::byte> out) {
    auto length = read_full(*cursor.unpacker, out);
    if (length) cursor.position += *length;
    return length;
  };
  while (cursor.position < start) {
    // What is passed on the way is often asked for next.
    const uint64_t from = cursor.position, wanted = std::min(kUnpackedBlock - from % kUnpackedBlock, start - from);
    std::string passed(wanted, '\0');
    auto length = read(writable(passed));
    if (!length) return Unexpected(std::move(length).error());
    if (*length < wanted) return std::string();
    const uint64_t at = from / kUnpackedBlock;
    if (wanted == kUnpackedBlock && start - from <= kRemembered * kUnpackedBlock && !cached_.contains(at)) remember(at, std::move(passed));
  }
  auto length = read(writable(content));
  if (!length) return Unexpected(std::move(length).error());
  content.resize(*length);
  cursors.splice(cursors.begin(), taken);
  memory_->thin_cursors();
  return content;
}

uint64_t Unpacked::point_before(uint64_t position) const {
  const auto behind = std::upper_bound(points_.begin(), points_.end(), position, [](uint64_t at, const Point& point) { return at < point.out; });
  return std::prev(behind)->out;
}

void UnpackMemory::thin_cursors() {
  uint64_t bytes = 0;
  for (const Cursor& cursor : cursors_) bytes += cursor.unpacker->memory();
  while (cursors_.size() > 1 && bytes > limits_.cursors) {
    auto closest = cursors_.end();
    uint64_t least = UINT64_MAX;
    for (auto cursor = std::next(cursors_.begin()); cursor != cursors_.end(); ++cursor) {
      uint64_t before = cursor->of->point_before(cursor->position);
      for (const Cursor& other : cursors_) {
        if (&other != &*cursor && other.of == cursor->of && other.position <= cursor->position) before = std::max(before, other.position);
      }
      if (cursor->position - before >= least) continue;
      least = cursor->position - before;
      closest = cursor;
    }
    bytes -= closest->unpacker->memory();
    cursors_.erase(closest);
  }
}

Scan::Scan(Packing packing, std::shared_ptr<const Source> packed, std::shared_ptr<UnpackMemory> memory, const std::string& shown, bool digests)
    : unpacked_(std::make_shared<Unpacked>(packing, std::move(packed), std::move(memory), shown)), digests_(digests) {
  unpacker_ = make_unpacker(packing, *unpacked_->packed_, Point(), digests ? &stored_ : nullptr, unpacked_->shown_);
}

Scan::~Scan() = default;

Result<std::span<const std::byte>> Scan::next(Keeping keeping) {
  block_.resize(kUnpackedBlock);
  size_t done = 0;
  while (done < block_.size()) {
    if (unpacked_->packing_ != Packing::none) mark();
    auto length = unpacker_->read(writable(block_).subspan(done));
    if (!length) return Unexpected(std::move(length).error());
    if (*length == 0) break;
    done += *length;
    out_ += *length;
    if (out_ > kMostUnpackedBytes || !unpacked_->memory_->take_content(*length)) {
      return fail(ErrorCode::too_large, unpacked_->shown_ + " has more content than the " + std::to_string(kMostUnpackedBytes >> 30) + " GiB that are read of one layer, or the image than twice that", unpacked_->shown_);
    }
  }
  block_.resize(done);
  unpacked_->size_ = out_;
  if (unpacked_->packing_ != Packing::none && done > 0) {
    if (digests_) content_.add(block_);
    if (keeping != Keeping::never) keep(keeping == Keeping::inside);
  }
  return std::as_bytes(std::span<const char>(block_));
}

uint64_t Scan::skip(uint64_t length) {
  const uint64_t left = unpacked_->packed_->size() - std::min(out_, unpacked_->packed_->size());
  if (digests_ || unpacked_->packing_ != Packing::none || length < kUnpackedBlock) return 0;
  length = std::min(length, left);
  out_ += length;
  Point point;
  point.in = out_;
  unpacker_ = make_unpacker(Packing::none, *unpacked_->packed_, point, nullptr, unpacked_->shown_);
  return length;
}

// Remembers this place, if unpacking can begin here and has not for long.
void Scan::mark() {
  std::vector<Point>& points = unpacked_->points_;
  UnpackMemory& memory = *unpacked_->memory_;
  if (out_ < points.back().out + memory.limits().distance) return;
  auto point = unpacker_->point();
  if (!point || !memory.take_window(sizeof(Point) + point->window.size())) return;
  point->out = out_;
  points.push_back(std::move(*point));
}

// Keeps the last block, if it lies far behind the last point.
void Scan::keep(bool inside) {
  const uint64_t start = out_ - block_.size();
  UnpackMemory& memory = *unpacked_->memory_;
  if (start < unpacked_->points_.back().out + 2 * memory.limits().distance) return;
  std::string packed(ZSTD_compressBound(block_.size()), '\0');
  const size_t length = ZSTD_compress(packed.data(), packed.size(), block_.data(), block_.size(), kLevel);
  if (ZSTD_isError(length) != 0) throw std::bad_alloc();
  if (!memory.take_kept(length, inside)) return;
  packed.resize(length);
  packed.shrink_to_fit();
  unpacked_->kept_.emplace(start / kUnpackedBlock, std::move(packed));
}

Result<void> Scan::finish() {
  while (true) {
    auto piece = next();
    if (!piece) return Unexpected(std::move(piece).error());
    if (piece->empty()) break;
  }
  return {};
}

std::shared_ptr<const Source> Scan::source() const { return unpacked_->packing_ == Packing::none ? unpacked_->packed_ : unpacked_; }

}  // namespace rootlet
