#include <zlib.h>
#include <zstd.h>

#include <functional>

#include "fuzz/target.hpp"
#include "root/layer_tree.hpp"
#include "root/tar_reader.hpp"
#include "root/unpacked.hpp"

using namespace rootlet;

namespace {

// What holds of a tree, whatever its layers are.
uint64_t check(const LayerEntry& entry, const Source& content) {
  uint64_t entries = 1;
  fuzz::require(entry.inode != nullptr, "an entry is something");
  fuzz::require(entry.children.empty() || entry.is(NodeType::directory), "only directories have entries");
  uint64_t behind = 0;
  for (const Extent& extent : entry.inode->extents) {
    fuzz::require(extent.offset >= behind && extent.length > 0, "extents are in order");
    behind = extent.offset + extent.length;
    fuzz::require(extent.place <= content.size() && extent.length <= content.size() - extent.place, "content lies inside its layer");
  }
  fuzz::require(behind <= entry.inode->status.size || entry.inode->extents.empty(), "content is not more than the size");
  for (const auto& [name, child] : entry.children) {
    // What a member's last name says of whiteouts, that of a directory on the way to it does not.
    const bool whiteout = name.starts_with(".wh.") && !child->is(NodeType::directory);
    fuzz::require(!name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos && !whiteout, "a name is one");
    fuzz::require(child->parent == &entry && child->depth == entry.depth + 1, "an entry knows its parent");
    entries += check(*child, content);
  }
  return entries;
}

void field(std::string& header, size_t at, std::string_view text) { header.replace(at, text.size(), text); }

std::string octal(uint64_t value) {
  std::string digits = "00000000000";
  for (size_t i = digits.size(); i-- > 0; value /= 8) digits[i] = static_cast<char>('0' + value % 8);
  return digits;
}

void sum_up(std::string& header) {
  field(header, 148, "        ");
  uint64_t sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  field(header, 148, octal(sum).substr(5));
  header[154] = '\0';
}

// The same with sums in its headers that are right, so that changes get past them.
std::string repaired(std::string_view text) {
  std::string tar(text);
  for (size_t at = 0; at + 512 <= tar.size(); at += 512) {
    if (tar.compare(at + 257, 5, "ustar") != 0) continue;
    std::string header = tar.substr(at, 512);
    sum_up(header);
    tar.replace(at, 512, header);
  }
  return tar;
}

// What is read at any offset is what was read from end to end.
void check_content(Packing packing, const std::shared_ptr<const Source>& packed, const std::shared_ptr<UnpackMemory>& memory) {
  Scan scan(packing, packed, memory, "layer", false);
  std::string all;
  for (bool whole = false; !whole;) {
    auto piece = scan.next();
    if (!piece || all.size() > (4 << 20)) return;
    whole = piece->empty();
    all.append(Bytes(*piece).text());
  }
  const auto source = scan.source();
  fuzz::require(source->size() == all.size(), "the size is that of the content");
  for (uint64_t offset = all.size();; offset -= std::min<uint64_t>(offset, 50'001)) {
    char byte = 0;
    auto length = source->read_at(offset, std::as_writable_bytes(std::span(&byte, 1)));
    fuzz::require(length && *length == (offset < all.size() ? 1U : 0U) && (*length == 0 || byte == all[offset]), "content is the same at any offset");
    if (offset == 0) return;
  }
}

// The same layer twice, one on the other.
void check_tree(Packing packing, const std::shared_ptr<const Source>& packed, const std::shared_ptr<UnpackMemory>& memory) {
  const std::string shown = "layer";
  LayerTree tree;
  std::shared_ptr<const Source> content;
  for (int layer = 0; layer < 2; ++layer) {
    Scan scan(packing, packed, memory, shown, false);
    TarReader reader(scan, shown);
    tree.begin_layer();
    while (true) {
      auto member = reader.next();
      if (!member) {
        fuzz::require(member.error().message.find(shown) != std::string::npos, "an error says of what it is");
        return;
      }
      if (!*member) break;
      if (!tree.add(std::move(**member))) return;
    }
    if (!scan.finish()) return;
    content = scan.source();
  }
  fuzz::require(check(tree.top(), *content) <= kMostLayerEntries + 1, "entries are counted");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const auto packed = std::make_shared<MemorySource>(Bytes(text));
  auto packing = packing_of(*packed, "layer");
  if (!packing) return 0;
  UnpackLimits limits;
  limits.distance = 1 << 10;  // so that small inputs have points, and blocks that are kept
  const auto memory = std::make_shared<UnpackMemory>(limits);
  if (*packing != Packing::none) check_content(*packing, packed, memory);
  check_tree(*packing, packed, memory);
  const std::string summed = repaired(text);
  if (summed != text) check_tree(Packing::none, std::make_shared<MemorySource>(Bytes(summed)), memory);
  return 0;
}

namespace {

std::string member(std::string_view name, char type, std::string_view content, std::string_view link = {}) {
  std::string header(512, '\0');
  field(header, 0, name);
  field(header, 100, "0000644");
  field(header, 124, octal(content.size()));
  field(header, 136, octal(0));
  header[156] = type;
  field(header, 157, link);
  field(header, 257, std::string_view("ustar\00000", 8));
  sum_up(header);
  std::string padded(content);
  padded.resize((content.size() + 511) / 512 * 512);
  return header + padded;
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

std::string zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

}  // namespace

std::vector<std::string> fuzz::seeds() {
  const std::string end(1024, '\0');
  const std::string pax = member("x", 'x', "20 path=long/name/x\n25 SCHILY.xattr.user.a=b\n" "20 mtime=123.456789\n");
  const std::string sparse = member("x", 'x', "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n31 GNU.sparse.name=holes/in/it\n29 GNU.sparse.realsize=10000\n");
  std::string map = "1\n4096\n5\n";
  map.resize(512);
  std::vector<std::string> seeds = {
      member("d/", '5', "") + member("d/f", '0', "content") + member("l", '2', "", "d") + member("l/g", '0', "x") + member("h", '1', "", "d/f") + end,
      member("d/.wh.f", '0', "") + member("d/.wh..wh..opq", '0', "") + member("../up", '0', "") + member("./a//b/", '5', "") + member("null", '3', "") + end,
      pax + member("short", '0', "abc") + end,
      sparse + member("GNUSparseFile.0/holes", '0', map + "hello") + end,
      member("././@LongLink", 'L', "a/long/name") + member("a", '0', "1") + end};
  std::string varied;
  for (uint32_t i = 0, state = 1; i < 20000; ++i) varied += static_cast<char>((state = state * 1664525 + 1013904223) >> 24 & 31);
  const std::string large = member("large", '0', varied) + end;
  for (const std::string& text : {seeds[0], large}) {
    seeds.push_back(gzipped(text));
    seeds.push_back(zstd(text));
    seeds.push_back(gzipped(text.substr(0, 700)) + gzipped(text.substr(700)));
    seeds.push_back(zstd(text.substr(0, 700)) + zstd(text.substr(700)));
  }
  return seeds;
}
