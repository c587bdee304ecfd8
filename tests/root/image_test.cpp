// Images as roots, through the C++ interface; what clients say of them is in tests/image/reading_test.py.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "root/image.hpp"
#include "root/layer_tree.hpp"
#include "root/unpacked.hpp"
#include "root/worlds.hpp"
#include "rootlet/root.hpp"

#include "support/temporary.hpp"

namespace rootlet {
namespace {

int run(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()); }

// A tree, and the same as archives of tar(1), gzip(1) and zstd(1).
class ImageRoot : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(std::string(tree_) + "/d/e");
    for (int i = 0; i < 40; ++i) write("/d/file" + std::to_string(i), text(i, 100'000 + 7'777 * i));
    write("/d/e/secret", "of its owner");
    std::filesystem::permissions(tree_ + "/d/e/secret", std::filesystem::perms::owner_read);
    std::filesystem::create_symlink("../d/file1", tree_ + "/d/link");
    std::filesystem::create_hard_link(tree_ + "/d/file2", tree_ + "/d/again");
    ASSERT_EQ(run("tar -C " + tree_ + " -cf " + tree_ + ".tar . && gzip -k " + tree_ + ".tar && zstd -q " + tree_ + ".tar"), 0);
  }

  void write(const std::string& path, const std::string& content) { std::ofstream(tree_ + path, std::ios::binary) << content; }

  // Text that no compressor makes nothing of.
  static std::string text(uint32_t seed, size_t size) {
    std::string text;
    for (uint32_t state = seed + 1; text.size() < size;) text += static_cast<char>('a' + ((state = state * 1664525 + 1013904223) >> 28));
    return text;
  }

  test::TemporaryDirectory directory_;
  std::string tree_ = directory_ / "tree";
};

TEST_F(ImageRoot, HasTheStatusContentAndNamesOfTheDirectory) {
  for (const char* ending : {".tar", ".tar.gz", ".tar.zst"}) {
    auto image = Root::open(tree_ + ending);
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_EQ(image->name(), tree_ + ending);
    auto real = Root::open(tree_);
    ASSERT_TRUE(real);
    const Node& top = *image->walk("/d").node;
    EXPECT_EQ(*image->list(top), *real->list(*real->walk("/d").node));
    // Backwards, which is against the grain of compressed content.
    auto names = *image->list(top);
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      const Walk there = image->walk("/d/" + *name), here = real->walk("/d/" + *name);
      ASSERT_NE(there.node, nullptr) << *name;
      EXPECT_EQ(there.node->path(), here.node->path());
      EXPECT_EQ(there.links.size(), here.links.size());
      EXPECT_EQ(there.node->status().type, here.node->status().type);
      EXPECT_EQ(there.node->status().mode, here.node->status().mode) << *name;
      EXPECT_EQ(there.node->status().modified, here.node->status().modified);
      if (!there.node->is_file()) continue;
      EXPECT_EQ(there.node->status().link_count, here.node->status().link_count) << *name;
      EXPECT_EQ(root_test::content_of(*image, *there.node), root_test::content_of(*real, *here.node)) << *name << ending;
    }
    EXPECT_EQ(image->walk("/d/again").node->status().inode, image->walk("/d/file2").node->status().inode);
    EXPECT_EQ(root_test::content_of(*image, *image->walk("/d/e/secret").node), "of its owner");
    EXPECT_EQ(image->walk("/d/e/secret").node->status().mode, 0400U);
    EXPECT_EQ(image->walk("/none").error, ENOENT);
    EXPECT_EQ(image->open_file(*image->walk("/d").node).error().code, ErrorCode::invalid_argument);
  }
}

// With hardly any memory to keep things in, content is the same, only slower.
TEST_F(ImageRoot, ContentDoesNotDependOnWhatIsRemembered) {
  const std::string whole = test::read_file(tree_ + ".tar");
  for (const char* ending : {".tar.gz", ".tar.zst"}) {
    const std::string packed = test::read_file(tree_ + ending);
    for (const UnpackLimits limits : {UnpackLimits{}, UnpackLimits{1 << 16, 1 << 18, 1 << 16, 0, 2, 1 << 20}, UnpackLimits{1 << 20, 0, 0, 0, 1, 0}}) {
      const auto source = std::make_shared<MemorySource>(Bytes(std::string_view(packed)));
      Scan scan(*packing_of(*source, "it"), source, std::make_shared<UnpackMemory>(limits), "it", true);
      ASSERT_TRUE(scan.finish());
      const auto content = scan.source();
      ASSERT_EQ(content->size(), whole.size());
      std::string piece(70'000, '\0');
      for (uint64_t step = 0, offset = 0; step < 60; ++step, offset = (offset + whole.size() * 5 / 8) % whole.size()) {
        const size_t length = std::min<size_t>(piece.size(), whole.size() - offset);
        auto read = content->read_at(offset, std::as_writable_bytes(std::span(piece)));
        ASSERT_TRUE(read) << read.error().message;
        ASSERT_EQ(*read, length);
        ASSERT_EQ(piece.compare(0, length, whole, offset, length), 0) << offset << ending;
      }
      EXPECT_EQ(scan.stored_digest(), sha256(packed));
      EXPECT_EQ(scan.content_digest(), sha256(whole));
    }
  }
}

// A source for which memory is once too short.
class ShortOnce final : public Source {
 public:
  explicit ShortOnce(std::string content) : content_(std::move(content)), whole_(Bytes(std::string_view(content_))) {}
  void fail_behind(uint64_t offset) { fail_behind_ = offset; }

  Result<size_t> read_at(uint64_t offset, std::span<std::byte> out) const override {
    if (offset < fail_behind_) return whole_.read_at(offset, out);
    fail_behind_ = UINT64_MAX;
    throw std::bad_alloc();
  }
  uint64_t size() const override { return content_.size(); }

 private:
  std::string content_;
  MemorySource whole_;
  mutable uint64_t fail_behind_ = UINT64_MAX;
};

// A reader that was stopped in the midst of a block was taken for one that still stood at its beginning.
TEST_F(ImageRoot, ContentIsRightAfterALackOfMemory) {
  const std::string whole = test::read_file(tree_ + ".tar");
  for (const char* ending : {".tar.gz", ".tar.zst"}) {
    const auto source = std::make_shared<ShortOnce>(test::read_file(tree_ + ending));
    Scan scan(*packing_of(*source, "it"), source, std::make_shared<UnpackMemory>(UnpackLimits{1 << 20, 0, 0, 0, 2, 1 << 24}), "it", false);
    ASSERT_TRUE(scan.finish());
    const auto content = scan.source();
    std::string piece(4096, '\0');
    int stopped = 0;
    for (uint64_t stored = 0; stored < source->size(); stored += source->size() / 12) {
      const auto read = [&](uint64_t offset) { return content->read_at(offset, std::as_writable_bytes(std::span(piece))); };
      ASSERT_TRUE(read(0));
      source->fail_behind(stored);
      try {
        for (uint64_t offset = 0; offset < whole.size(); offset += kUnpackedBlock) static_cast<void>(read(offset));
      } catch (const std::bad_alloc&) {
        ++stopped;
      }
      source->fail_behind(UINT64_MAX);
      for (uint64_t offset = 0; offset < whole.size(); offset += kUnpackedBlock) {
        auto length = read(offset);
        ASSERT_TRUE(length) << length.error().message;
        ASSERT_EQ(piece.compare(0, *length, whole, offset, *length), 0) << offset << ending;
      }
    }
    EXPECT_GE(stopped, 10);
  }
}

// Where padding meets the end of the pieces in which it is read makes no difference.
TEST_F(ImageRoot, AZeroBehindAMemberOfGzipEndsTheContent) {
  ASSERT_EQ(run("printf more | gzip > " + tree_ + ".more"), 0);
  const std::string first = test::read_file(tree_ + ".tar.gz"), more = test::read_file(tree_ + ".more");
  const uint64_t last_piece = first.size() / kPackedPiece * kPackedPiece;
  for (const uint64_t padding : {uint64_t{1}, last_piece + kPackedPiece - first.size(), last_piece + 2 * kPackedPiece - first.size(), uint64_t{300'000}}) {
    for (const std::string& behind : {std::string(), more, std::string("\1garbage")}) {
      const std::string packed = first + std::string(padding, '\0') + behind;
      const auto source = std::make_shared<MemorySource>(Bytes(std::string_view(packed)));
      Scan scan(Packing::gzip, source, std::make_shared<UnpackMemory>(), "it", true);
      auto finished = scan.finish();
      ASSERT_TRUE(finished) << finished.error().message << " " << padding;
      EXPECT_EQ(scan.source()->size(), std::filesystem::file_size(tree_ + ".tar")) << padding;
      EXPECT_EQ(scan.stored_digest(), sha256(packed));
    }
  }
}

// What a tag names may change between two looks at it.
TEST_F(ImageRoot, IsOfTheImageThatWasOpenedWhateverItsNameIsOf) {
  auto image = open_image(tree_ + ".tar");
  ASSERT_TRUE(image);
  ASSERT_EQ(run("rm " + tree_ + ".tar && rm -r " + tree_ + "/d/e && tar -C " + tree_ + " -cf " + tree_ + ".tar ."), 0);
  auto root = open_root(**image, "it");
  ASSERT_TRUE(root) << root.error().message;
  image->reset();
  EXPECT_EQ(root->name(), "it");
  ASSERT_NE(root->walk("/d/e/secret").node, nullptr);
  EXPECT_EQ(root_test::content_of(*root, *root->walk("/d/e/secret").node), "of its owner");
}

TEST_F(ImageRoot, ATarIsOneLayerWithoutADigest) {
  auto image = open_image(tree_ + ".tar.gz");
  ASSERT_TRUE(image);
  EXPECT_EQ((*image)->kind, ImageKind::tar);
  ASSERT_EQ((*image)->layers.size(), 1U);
  EXPECT_EQ((*image)->layers[0].digest, "");
  auto stored = (*image)->open_layer(0);
  ASSERT_TRUE(stored);
  EXPECT_EQ((*stored)->size(), std::filesystem::file_size(tree_ + ".tar.gz"));
}

TEST(ImageReference, BadWordsForAPlatformAreRefusedOfADirectoryToo) {
  EXPECT_TRUE(Root::open("/", {"linux/arm/v7"}));
  for (const char* platform : {"linux", "linux/", "a/b/c/d"}) {
    const auto root = Root::open("/", {platform});
    ASSERT_FALSE(root) << platform;
    EXPECT_EQ(root.error().code, ErrorCode::invalid_argument);
  }
}

TEST(ImageReference, IsAPrefixOrAFile) {
  EXPECT_TRUE(is_image_reference("oci:anything"));
  EXPECT_TRUE(is_image_reference("/etc/passwd"));
  EXPECT_FALSE(is_image_reference("/etc"));
  EXPECT_FALSE(is_image_reference("/dev/null"));
  EXPECT_FALSE(is_image_reference("/none/such"));
}

}  // namespace
}  // namespace rootlet
