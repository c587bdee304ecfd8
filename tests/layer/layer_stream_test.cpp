#include "layer/layer_stream.hpp"

#include "layer/collected.hpp"
#include "layer/plans.hpp"

namespace rootlet {
namespace {

using test::Collected;
using test::PlanBuilder;
using test::read_file;
using test::run_command;
using test::TemporaryDirectory;

struct Format {
  Compression compression;
  const char* unpack;
};

// What `sha256sum` says of a shell command's output.
std::string sha256sum(const std::string& command) { return run_command({"sh", "-c", command + " | sha256sum"}).out.substr(0, 64); }

TEST(LayerStream, DigestsAreThoseOfWhatCameOutAndOfWhatIsInside) {
  TemporaryDirectory work;
  std::string numbers;
  for (int i = 0; i < 300'000; ++i) numbers += std::to_string(i * 7919L % 65537) + "\n";
  const Plan plan = PlanBuilder().file("/usr/bin/tool", numbers, 0755).file("/etc/tool.conf", "a = b\n").symlink("/bin", "usr/bin").build();
  Root root = Root::in_memory({});
  ASSERT_TRUE(write_tar(plan, root, work / "plain.tar"));
  const std::string plain = sha256sum("cat " + work / "plain.tar");
  for (const auto& [compression, unpack] : {Format{Compression::none, "cat"}, Format{Compression::gzip, "gzip -dc"}, Format{Compression::zstd, "zstd -dc"}}) {
    Collected out;
    const ProgressCallback none;
    layer::Meter meter(plan, none);
    auto layer = layer::write_layer(plan, root, out, compression, 0, 2, meter);
    ASSERT_TRUE(layer) << layer.error().message;
    test::write_file(work / "layer", out.bytes);
    EXPECT_EQ(layer->digest, sha256sum("cat " + work / "layer"));
    EXPECT_EQ(layer->diff_id, sha256sum(unpack + (" " + work / "layer")));
    EXPECT_EQ(layer->diff_id, plain);
    EXPECT_EQ(layer->size, out.bytes.size());
    EXPECT_EQ(layer->uncompressed_size, read_file(work / "plain.tar").size());
  }
}

TEST(LayerStream, ALevelThatTheFormatLacksIsTheCallersMistake) {
  const Plan plan;
  Root root = Root::in_memory({});
  Collected out;
  const ProgressCallback none;
  layer::Meter meter(plan, none);
  auto layer = layer::write_layer(plan, root, out, Compression::gzip, 10, 1, meter);
  ASSERT_FALSE(layer);
  EXPECT_EQ(layer.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(layer.error().message, "gzip has no level 10; give 1 to 9, or 0 for the default of 6");
  EXPECT_FALSE(layer::write_layer(plan, root, out, Compression::zstd, 20, 1, meter));
  EXPECT_FALSE(layer::write_layer(plan, root, out, Compression::zstd, -1, 1, meter));
  EXPECT_EQ(out.bytes, "");
}

}  // namespace
}  // namespace rootlet
