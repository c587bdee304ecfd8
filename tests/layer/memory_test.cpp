// What the command holds in memory while it writes much: a layer's size plays no part.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "layer/plans.hpp"

namespace rootlet {
namespace {

using test::run_command;
using test::TemporaryDirectory;

constexpr uint64_t kMiB = 1 << 20;

// Bytes that compress a little, as programs do.
std::string dense_mebibyte() {
  std::string bytes;
  uint64_t state = 88172645463325252ULL;
  while (bytes.size() < kMiB) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    bytes.append(reinterpret_cast<const char*>(&state), sizeof state);
    if (state % 3 == 0) bytes.append(8, '\0');
  }
  bytes.resize(kMiB);
  return bytes;
}

class Memory : public testing::TestWithParam<const char*> {
 protected:
  // A file of `size` that holds 64 KiB in every 16 MiB.
  void sparse(const std::string& name, uint64_t size) {
    const int file = ::open((tree / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    const std::string some(64 * 1024, 'x');
    for (uint64_t at = 0; at < size; at += 16 * kMiB) ASSERT_EQ(::pwrite(file, some.data(), some.size(), static_cast<off_t>(at)), 64 * 1024);
    ASSERT_EQ(::ftruncate(file, static_cast<off_t>(size)), 0);
    ::close(file);
  }
  void dense(const std::string& name, uint64_t size) {
    std::string bytes = dense_mebibyte();
    const int file = ::open((tree / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    for (uint64_t at = 0; at < size; at += kMiB) {
      std::rotate(bytes.begin(), bytes.begin() + 4099, bytes.end());
      ASSERT_EQ(::write(file, bytes.data(), kMiB), static_cast<ssize_t>(kMiB));
    }
    ::close(file);
  }

  // The most MiB that the command had in memory, and how many MiB the tar inside has. The process that starts it is small, since
  // what it holds counts (getrusage(2), ru_maxrss).
  std::string measure() {
    const std::string unpack = GetParam() == std::string("none") ? "cat" : GetParam() + std::string(" -dc");
    const std::string script =
        "import resource, subprocess, sys\n"
        "command, root, compression, unpack = sys.argv[1:]\n"
        "build = [command, 'build', '--quiet', '--root', root, '--data', 'none', '--compression', compression, '--threads', '2', '--tar', '-', '/data']\n"
        "writer = subprocess.Popen(build, stdout=subprocess.PIPE)\n"
        "reader = subprocess.Popen(unpack + ' | wc -c', shell=True, stdin=writer.stdout, stdout=subprocess.PIPE)\n"
        "writer.stdout.close()\n"
        "status = writer.wait()\n"
        "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024\n"
        "length = int(reader.communicate()[0])\n"
        "print(peak if status or peak >= 64 else 'small', length >> 20)\n";
    const auto ran = run_command({"python3", "-c", script, ROOTLET_COMMAND, tree.path(), GetParam(), unpack});
    return ran.out + ran.err;
  }

  TemporaryDirectory tree;
};

TEST_P(Memory, StaysSmallForATreeOf300MB) {
#if defined(ROOTLET_ADDRESS_SANITIZER)
  GTEST_SKIP() << "a sanitizer takes its share";
#endif
  ASSERT_EQ(::mkdir((tree / "data").c_str(), 0755), 0);
  dense("data/dense", 100 * kMiB);
  sparse("data/sparse", 200 * kMiB);
  EXPECT_EQ(measure(), "small 300\n");
}

TEST_P(Memory, StaysSmallForATreeOf10GB) {
#if defined(ROOTLET_ADDRESS_SANITIZER)
  GTEST_SKIP() << "a sanitizer takes its share";
#endif
  if (std::getenv("ROOTLET_LONG_TESTS") == nullptr) GTEST_SKIP() << "long; set ROOTLET_LONG_TESTS=1";
  ASSERT_EQ(::mkdir((tree / "data").c_str(), 0755), 0);
  for (const char* name : {"data/a", "data/b", "data/c"}) dense(name, 1024 * kMiB);
  sparse("data/sparse", 5 * 1024 * kMiB);
  sparse("data/sparse-too", 2 * 1024 * kMiB);
  EXPECT_EQ(measure(), "small 10240\n");
}

INSTANTIATE_TEST_SUITE_P(Formats, Memory, testing::Values("none", "gzip", "zstd"), [](const auto& now) { return std::string(now.param); });

}  // namespace
}  // namespace rootlet
