// Where an archive goes, and what is left when it does not arrive.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <thread>

#include "layer/plans.hpp"

namespace rootlet {
namespace {

using test::in_child;
using test::is_root;
using test::outcome;
using test::PlanBuilder;
using test::run_command;
using test::TemporaryDirectory;

class TarOutput : public testing::Test {
 protected:
  std::string write(const ProgressCallback& progress = {}) {
    return outcome(write_tar(plan, root, out, progress));
  }
  std::string beside() const { return run_command({"ls", "-A", work.path()}).out; }
  // The archive, as it must arrive wherever it goes.
  std::string expected() {
    std::string path = work / "expected";
    EXPECT_EQ(outcome(write_tar(plan, root, path)), "ok");
    std::string bytes = test::read_file(path);
    ::unlink(path.c_str());
    return bytes;
  }

  TemporaryDirectory work;
  std::string out = work / "out.tar";
  Root root = Root::in_memory({});
  Plan plan = PlanBuilder().file("/a", "small").file("/b", std::string(5 << 20, 'b')).file("/c", "c").build();
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

TEST_F(TarOutput, AnExistingFileIsReplacedWholeAndItsReadersKeepTheOldOne) {
  test::write_file(out, "old", 0600);
  int reader = ::open(out.c_str(), O_RDONLY);
  EXPECT_EQ(write([&](const Progress&) { return test::read_file(out) == "old"; }), "ok");
  char buffer[16];
  EXPECT_EQ(::read(reader, buffer, sizeof buffer), 3);
  ::close(reader);
  EXPECT_EQ(test::read_file(out), expected());
  EXPECT_EQ(beside(), "out.tar\n");
}

TEST_F(TarOutput, TheModeIsThatOfAnyNewFile) {
  for (mode_t mask : {0022, 0077, 0}) {
    EXPECT_EQ(in_child([&] {
                ::umask(mask);
                return write();
              }),
              "ok");
    EXPECT_EQ(mode_of(out), 0644 & ~mask);
  }
}

TEST_F(TarOutput, WhatIsNoRegularFileIsRefusedAndKept) {
  ASSERT_EQ(::mkdir((work / "directory").c_str(), 0755), 0);
  ASSERT_EQ(::symlink("elsewhere", (work / "link").c_str()), 0);
  ASSERT_EQ(::mkfifo((work / "fifo").c_str(), 0600), 0);
  out = work / "directory";
  EXPECT_EQ(write(), "already_exists: " + out + " is a directory; give the name of a file");
  out = work / "link";
  EXPECT_EQ(write(),
            "invalid_argument: " + out +
                " is a symbolic link, and the rename at the end would replace it; name a file, or pass an "
                "open descriptor");
  out = work / "fifo";
  EXPECT_TRUE(write().starts_with("invalid_argument: " + out + " is not a regular file")) << write();
  out = work / "new/";
  EXPECT_TRUE(write().starts_with("invalid_argument: "));
  out = work / "absent/out.tar";
  EXPECT_TRUE(write().starts_with("not_found: "));
  EXPECT_EQ(beside(), "directory\nfifo\nlink\n");
}

TEST_F(TarOutput, StoppedAtAnyPointTheOldFileStays) {
  test::write_file(out, "old");
  size_t stops = 0;
  for (;; ++stops) {
    size_t left = stops;
    std::string result = write([&](const Progress&) { return left-- > 0; });
    if (result == "ok") break;
    EXPECT_TRUE(result.starts_with("cancelled: stopped at /")) << result;
    EXPECT_EQ(test::read_file(out), "old");
    EXPECT_EQ(beside(), "out.tar\n");
    ASSERT_LT(stops, 100u);
  }
  EXPECT_EQ(stops, 3u + 5 + 1) << "one an entry, one a MiB, one at the end";
}

TEST_F(TarOutput, ProgressCountsEntriesAndContent) {
  std::vector<std::string> seen;
  EXPECT_EQ(write([&](const Progress& p) {
              seen.push_back(std::to_string(p.files_done) + "/" + std::to_string(p.files_total) + " " +
                             std::to_string(p.bytes_done >> 20) + " " + std::string(p.path));
              EXPECT_EQ(p.bytes_total, plan.bytes);
              return true;
            }),
            "ok");
  std::vector<std::string> all = {"0/3 0 /a", "1/3 0 /b", "1/3 1 /b", "1/3 2 /b", "1/3 3 /b",
                                  "1/3 4 /b", "1/3 5 /b", "2/3 5 /c", "3/3 5 /c"};
  EXPECT_EQ(seen, all);
}

TEST_F(TarOutput, KilledTheOldFileStaysBesideTheTemporary) {
  test::write_file(out, "old");
  EXPECT_EQ(in_child([&] {
              return write([](const Progress& progress) {
                return progress.bytes_done < 3 << 20 || ::kill(::getpid(), SIGKILL) != 0;
              });
            }),
            "signal 9");
  EXPECT_EQ(test::read_file(out), "old");
  std::string left = beside();
  EXPECT_TRUE(left.starts_with(".out.tar.rootlet-")) << left;
  EXPECT_EQ(left.size(), std::string(".out.tar.rootlet-XXXXXX\nout.tar\n").size()) << left;
}

TEST_F(TarOutput, AFullDiskIsSaidAndTheOldFileStays) {
  if (!is_root()) GTEST_SKIP() << "needs root to mount a small file system";
  EXPECT_EQ(in_child([&] {
              if (!test::mount_small(work.path(), "size=1m")) return std::string("cannot mount");
              test::write_file(out, "old");
              return write() + "\n" + test::read_file(out) + "\n" + beside();
            }),
            "io: cannot write to " + out +
                ": No space left on device; free some space there, or write to another file "
                "system\nold\nout.tar\n");
}

TEST_F(TarOutput, AFullDeviceIsSaid) {
  int full = ::open("/dev/full", O_WRONLY);
  std::string result = outcome(write_tar(plan, root, full));
  EXPECT_TRUE(result.starts_with("io: cannot write")) << result;
  EXPECT_NE(result.find("descriptor " + std::to_string(full) + ": No space left on device"),
            std::string::npos)
      << result;
  // Even where all of it fits into one block, which is written last.
  result = outcome(write_tar(PlanBuilder().file("/a", "a").build(), root, full));
  EXPECT_NE(result.find("No space left on device"), std::string::npos) << result;
  ::close(full);
}

TEST_F(TarOutput, AFileSizeLimitIsSaid) {
  std::string result = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return write();
  });
  EXPECT_EQ(result, "io: cannot write to " + out +
                        ": File too large; raise the limit on file sizes, or write to another file system");
  EXPECT_EQ(beside(), "");
}

TEST_F(TarOutput, ADescriptorStaysOpenAndIsWrittenWhereItStands) {
  int file = ::open(out.c_str(), O_RDWR | O_CREAT, 0644);
  ASSERT_EQ(::write(file, "before", 6), 6);
  EXPECT_EQ(outcome(write_tar(plan, root, file)), "ok");
  EXPECT_EQ(::write(file, "after", 5), 5);
  ::close(file);
  EXPECT_TRUE(test::read_file(out) == "before" + expected() + "after");
}

TEST_F(TarOutput, ADescriptorThatIsNotOpenIsSaid) {
  EXPECT_EQ(outcome(write_tar(plan, root, -1)), "io: cannot write to descriptor -1: Bad file descriptor");
}

// A reader that takes little at a time, of a writer that must not wait.
TEST_F(TarOutput, ShortWritesAndFullPipesAreWaitedFor) {
  for (bool socket : {false, true}) {
    int ends[2];
    ASSERT_EQ(socket ? ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : ::pipe(ends), 0);
    ASSERT_EQ(::fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    std::string arrived;
    std::thread reader([&] {
      char buffer[5000];
      for (ssize_t length = 0; (length = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
        arrived.append(buffer, static_cast<size_t>(length));
      }
    });
    EXPECT_EQ(outcome(write_tar(plan, root, ends[1])), "ok");
    ::close(ends[1]);
    reader.join();
    ::close(ends[0]);
    EXPECT_TRUE(arrived == expected());
  }
}

TEST_F(TarOutput, ASocketThatIsHungUpIsAnErrorAndNoSignal) {
  std::string result = in_child([&] {
    ::signal(SIGPIPE, SIG_DFL);
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return std::string("no sockets");
    ::close(ends[0]);
    return outcome(write_tar(plan, root, ends[1]));
  });
  EXPECT_TRUE(result.starts_with("io: cannot write")) << result;
  EXPECT_TRUE(result.ends_with(": Broken pipe; the reader went away before the archive was complete"))
      << result;
}

TEST_F(TarOutput, APipeThatIsHungUpIsTheApplicationsAffair) {
  for (bool ignored : {false, true}) {
    std::string result = in_child([&] {
      ::signal(SIGPIPE, ignored ? SIG_IGN : SIG_DFL);
      int ends[2];
      if (::pipe(ends) != 0) return std::string("no pipe");
      ::close(ends[0]);
      return outcome(write_tar(plan, root, ends[1]));
    });
    if (!ignored) {
      EXPECT_EQ(result, "signal " + std::to_string(SIGPIPE));
    } else {
      EXPECT_TRUE(result.ends_with(": Broken pipe; the reader went away before the archive was complete"))
          << result;
    }
  }
}

// Signals arrive all the time, without SA_RESTART, while a slow reader makes every write wait.
TEST_F(TarOutput, InterruptedWritesGoOn) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  pid_t writer = ::fork();
  if (writer == 0) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &action, nullptr);
    itimerval often{{0, 500}, {0, 500}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    ::close(ends[0]);
    ::_exit(write_tar(plan, root, ends[1]) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string arrived;
  char buffer[65536];
  for (ssize_t length = 0; (length = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    arrived.append(buffer, static_cast<size_t>(length));
    ::usleep(1500);
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(writer, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(arrived == expected());
}

TEST_F(TarOutput, ASourceThatFailsLeavesTheOldFile) {
  TemporaryDirectory tree;
  test::write_file(tree / "a", "aaaa");
  test::write_file(tree / "b", std::string(3 << 20, 'b'));
  test::write_file(out, "old");
  const std::vector<std::pair<std::string, std::function<void()>>> changes = {
      {"io: changed while it was read: /b", [&] { EXPECT_EQ(::truncate((tree / "b").c_str(), 10), 0); }},
      {"io: changed while it was read: /b",
       [&] { test::write_file(tree / "b", std::string((3 << 20) + 1, 'b')); }},
      {"not_found: ", [&] { ::unlink((tree / "b").c_str()); }},
  };
  for (const auto& [start, change] : changes) {
    test::write_file(tree / "b", std::string(3 << 20, 'b'));
    Root real = std::move(*Root::open(tree.path()));
    plan = PlanBuilder().source(real.walk("/a").node).source(real.walk("/b").node).build();
    // Before it is opened, and in its midst.
    for (uint64_t when : {uint64_t{4}, uint64_t{1 << 20}}) {
      if (when > 4 && start.starts_with("not_found")) continue;  // an open file is still there
      std::string result = outcome(write_tar(plan, real, out, [&, &change = change](const Progress& progress) {  // clang before 16 does not capture what a structured binding names
        if (progress.bytes_done >= when && progress.path == "/b") change();
        return true;
      }));
      EXPECT_TRUE(result.starts_with(start)) << result;
      EXPECT_EQ(test::read_file(out), "old");
      EXPECT_EQ(beside(), "out.tar\n");
      test::write_file(tree / "b", std::string(3 << 20, 'b'));
    }
  }
}

}  // namespace
}  // namespace rootlet
