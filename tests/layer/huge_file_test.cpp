#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <memory>

#include "layer/plans.hpp"

namespace rootlet {
namespace {

using test::outcome;
using test::PlanBuilder;
using test::run_command;
using test::TemporaryDirectory;

// A file of 9 GiB, all hole but its last bytes.
class HugeFile : public testing::Test {
 protected:
  static constexpr off_t kSize = (9LL << 30) + 5;

  void SetUp() override {
    std::string path = tree / "huge";
    int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    ASSERT_EQ(::ftruncate(file, kSize), 0) << "the file system takes no such file";
    ASSERT_EQ(::pwrite(file, "the end", 7, kSize - 7), 7);
    struct stat status {};
    ASSERT_EQ(::fstat(file, &status), 0);
    ::close(file);
    if (status.st_blocks * 512 > 1 << 20) GTEST_SKIP() << "no holes on this file system";
    real = std::move(*Root::open(tree.path()));
    plan = PlanBuilder().source(real.walk("/huge").node).file("/last", "after").build();
  }

  TemporaryDirectory tree, work;
  std::string out = work / "out.tar";
  Root real = Root::in_memory({});
  Plan plan;
};

TEST_F(HugeFile, EveryReaderSeesItsSize) {
  int file = ::open(out.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  auto result =
      write_tar(plan, real, file, [](const Progress& progress) { return progress.bytes_done == 0; });
  ::close(file);
  ASSERT_TRUE(outcome(result).starts_with("cancelled: ")) << outcome(result);
  const char* script = "import sys, tarfile; print(tarfile.open(sys.argv[1]).firstmember.size)";
  EXPECT_EQ(run_command({"python3", "-c", script, out}).out, "9663676421\n");
  auto listed = run_command({"tar", "-tvf", out});
  EXPECT_NE(listed.out.find(" 9663676421 "), std::string::npos) << listed.out;
}

TEST_F(HugeFile, ItStreamsInConstantMemory) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  pid_t writer = ::fork();
  if (writer == 0) {
    ::close(ends[0]);
    bool good = write_tar(plan, real, ends[1]).has_value();
    struct rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    ::_exit(!good ? 1 : usage.ru_maxrss > 256 * 1024 ? 2 : 0);  // KiB; a sanitizer takes its share
  }
  ::close(ends[1]);
  std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_format_tar(reader.get());
  ASSERT_EQ(archive_read_open_fd(reader.get(), ends[0], 1 << 20), ARCHIVE_OK);
  std::string seen;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
    const void* block = nullptr;
    size_t length = 0;
    la_int64_t offset = 0;
    std::string last;
    while (archive_read_data_block(reader.get(), &block, &length, &offset) == ARCHIVE_OK) {
      size_t tail = std::min<size_t>(length, 7);
      last = (last + std::string(static_cast<const char*>(block) + length - tail, tail));
      last = last.substr(last.size() - std::min<size_t>(last.size(), 7));
    }
    seen += std::string(archive_entry_pathname(entry)) + " " + std::to_string(archive_entry_size(entry)) +
            " " + std::to_string(offset + static_cast<la_int64_t>(length)) + " " + last + "\n";
  }
  ::close(ends[0]);
  int ended = 0;
  ::waitpid(writer, &ended, 0);
  EXPECT_EQ(WEXITSTATUS(ended), 0) << "1: not written; 2: more than 256 MiB of memory";
  EXPECT_EQ(seen, "huge 9663676421 9663676421 the end\nlast 5 5 after\n");
}

}  // namespace
}  // namespace rootlet
