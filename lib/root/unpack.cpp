#include "root/unpack.hpp"

#include <algorithm>
#include <array>

namespace rootlet {
namespace {

class PlainUnpacker final : public Unpacker {
 public:
  PlainUnpacker(const Source& source, const Point& from, Digest* digest, const std::string& shown) : input_(source, from.in, digest, shown) {}

  Result<size_t> read(std::span<std::byte> out) override {
    auto rest = input_.rest();
    if (!rest) return Unexpected(std::move(rest).error());
    const size_t length = std::min(out.size(), rest->size());
    std::copy_n(rest->begin(), length, out.begin());
    input_.use(length);
    return length;
  }
  std::optional<Point> point() override { return Point{0, input_.position(), true, 0, {}}; }
  uint64_t memory() const override { return kPackedPiece; }

 private:
  PackedInput input_;
};

}  // namespace

Result<Packing> packing_of(const Source& source, const std::string& shown) {
  std::array<std::byte, 6> bytes{};
  auto length = source.read_at(0, bytes);
  if (!length) return Unexpected(std::move(length).error());
  const Bytes start(std::span<const std::byte>(bytes).first(*length));
  const std::string_view text = start.text();
  const auto skippable = start.number<uint32_t>(0, ByteOrder::little);
  if (text.starts_with("\x1f\x8b")) return Packing::gzip;
  if (text.starts_with("\x28\xb5\x2f\xfd") || (skippable && (*skippable & 0xfffffff0U) == 0x184d2a50U)) return Packing::zstd;
  for (const auto& [signature, name] : {std::pair<std::string_view, const char*>("BZh", "bzip2"), {"\xfd" "7zXZ", "xz"}}) {
    if (text.starts_with(signature)) return fail(ErrorCode::unsupported, shown + " is compressed by " + name + "; gzip and zstd are known here", shown);
  }
  return Packing::none;
}

PackedInput::PackedInput(const Source& source, uint64_t offset, Digest* digest, const std::string& shown)
    : source_(source), offset_(offset), digest_(digest), shown_(shown), buffer_(kPackedPiece) {}

Result<std::span<const std::byte>> PackedInput::rest() {
  if (used_ == length_) {
    auto length = source_.read_at(offset_, buffer_);
    if (!length) return Unexpected(std::move(length).error());
    if (digest_ != nullptr) digest_->add(std::span(buffer_).first(*length));
    offset_ += *length;
    length_ = *length;
    used_ = 0;
  }
  return std::span<const std::byte>(buffer_).subspan(used_, length_ - used_);
}

Unexpected PackedInput::malformed(const std::string& why) const {
  return fail(ErrorCode::malformed, shown_ + ": " + why + " at byte " + std::to_string(position()), shown_);
}

std::unique_ptr<Unpacker> make_unpacker(Packing packing, const Source& source, const Point& from, Digest* digest, const std::string& shown) {
  switch (packing) {
    case Packing::gzip: return make_gzip_unpacker(source, from, digest, shown);
    case Packing::zstd: return make_zstd_unpacker(source, from, digest, shown);
    case Packing::none: break;
  }
  return std::make_unique<PlainUnpacker>(source, from, digest, shown);
}

}  // namespace rootlet
