// Where a directory goes, and what is left when it does not arrive.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <boost/filesystem.hpp>

#include "layer/directory_fixture.hpp"

namespace rootlet::test {
namespace {

TEST_F(DirectoryLayer, AnEmptyDirectoryIsReplaced) {
  ASSERT_EQ(::mkdir(out.c_str(), 0700), 0);
  out += "//";
  EXPECT_EQ(write(varied_plan()), "ok");
  EXPECT_EQ(status_of(work / "out").st_mode & 07777, 0711u);
}

TEST_F(DirectoryLayer, WhatElseStandsThereIsRefusedAndKept) {
  ASSERT_EQ(::mkdir((work / "full").c_str(), 0755), 0);
  write_file(work / "full/kept", "kept");
  write_file(work / "file", "kept");
  ASSERT_EQ(::mkdir((work / "empty").c_str(), 0755), 0);
  ASSERT_EQ(::symlink("empty", (work / "link").c_str()), 0);
  std::string before = listing(work.path());

  out = work / "full";
  EXPECT_EQ(write(varied_plan()),
            "already_exists: " + out + " exists and is not empty; remove it or give another name");
  for (const char* name : {"file", "link"}) {
    out = work / name;
    EXPECT_EQ(write(varied_plan()),
              "already_exists: " + out + " exists and is not a directory; remove it or give another name");
  }
  EXPECT_EQ(listing(work.path()), before);
}

TEST_F(DirectoryLayer, WhatAppearsMeanwhileIsRefusedAndKept) {
  EXPECT_EQ(write(varied_plan(),
                  [&](const Progress& progress) {
                    if (progress.files_done == 3) {
                      ::mkdir(out.c_str(), 0755);
                      write_file(out + "/kept", "kept");
                    }
                    return true;
                  }),
            "already_exists: " + out + " was made by someone else meanwhile; remove it or give another name");
  EXPECT_EQ(run_command({"ls", "-A", work.path(), out}).out, work.path() + ":\nout\n\n" + out + ":\nkept\n");
}

TEST_F(DirectoryLayer, AnOutputNeedsANameInADirectoryThatExists) {
  for (const char* name : {"", "/", ".", "..", "x/.", "//"}) {
    out = name;
    EXPECT_TRUE(write(varied_plan()).starts_with("invalid_argument: ")) << name;
  }
  out = work / "absent/out";
  EXPECT_EQ(write(varied_plan()), "not_found: cannot write into the directory " + (work / "absent") +
                                      ": No such file or directory");
  write_file(work / "file", "");
  out = work / "file/out";
  EXPECT_TRUE(write(varied_plan()).starts_with("not_a_directory: "));
}

TEST_F(DirectoryLayer, StoppedAtAnyPointItLeavesNothing) {
  ASSERT_EQ(::mkdir(out.c_str(), 0700), 0);
  ASSERT_EQ(::chmod(work.path().c_str(), 0777), 0);
  if (is_root()) {
    ASSERT_EQ(::chown(out.c_str(), 65534, 65534), 0);
  }
  size_t stops = 0;
  for (std::string result; result != "ok"; ++stops) {
    size_t left = stops;
    result = in_child([&] {
      if (!become_nobody()) return std::string("cannot become nobody");
      return write(varied_plan(), [&](const Progress&) { return left-- > 0; });
    });
    if (result == "ok") break;
    EXPECT_TRUE(result.starts_with("cancelled: ")) << result;
    EXPECT_EQ(listing(work.path()).find("rootlet"), std::string::npos) << stops;
    EXPECT_EQ(run_command({"ls", "-A", out}).out, "");
    ASSERT_LT(stops, 100u);
  }
  EXPECT_EQ(stops, varied_plan().entries.size() + 1);
}

TEST_F(DirectoryLayer, ACallbackThatThrowsLeavesNothing) {
  EXPECT_THROW(write(varied_plan(),
                     [](const Progress& progress) -> bool {
                       if (progress.files_done == 5) throw std::bad_alloc();
                       return true;
                     }),
               std::bad_alloc);
  EXPECT_EQ(beside(), "");
}

TEST_F(DirectoryLayer, KilledItLeavesOnlyTheTemporary) {
  ASSERT_EQ(::mkdir(out.c_str(), 0700), 0);
  EXPECT_EQ(in_child([&] {
              return write(varied_plan(), [](const Progress& progress) {
                return progress.files_done < 7 || ::kill(::getpid(), SIGKILL) != 0;
              });
            }),
            "signal 9");
  EXPECT_EQ(run_command({"ls", "-A", out}).out, "");
  std::string left = beside();
  EXPECT_TRUE(left.starts_with(".out.rootlet-")) << left;
  EXPECT_EQ(left.size(), std::string(".out.rootlet-XXXXXX\nout\n").size()) << left;
  EXPECT_EQ(status_of(work / left.substr(0, left.find('\n'))).st_mode & 07777, 0700u);
}

TEST_F(DirectoryLayer, AFullDiskIsSaidAndLeavesNothing) {
  if (!is_root()) GTEST_SKIP() << "needs root to mount a small file system";
  Plan plan = PlanBuilder().file("/small", "s").file("/usr/large", std::string(4 << 20, 'x')).build();
  EXPECT_EQ(
      in_child([&] {
        if (!mount_small(work.path(), "size=1m")) return std::string("cannot mount");
        return write(plan) + "\n" + beside();
      }),
      "io: cannot write " + out +
          "/usr/large: No space left on device; free some space there, or write to another file system\n");
}

TEST_F(DirectoryLayer, NoMoreInodesIsSaidAndLeavesNothing) {
  if (!is_root()) GTEST_SKIP() << "needs root to mount a small file system";
  EXPECT_EQ(in_child([&] {
              if (!mount_small(work.path(), "nr_inodes=8")) return std::string("cannot mount");
              return write(varied_plan()).substr(0, 29) + "\n" + beside();
            }),
            "io: cannot make the directory\n");
}

class DirectoryLayerOfARoot : public DirectoryLayer {
 protected:
  DirectoryLayerOfARoot() {
    for (const char* name : {"a", "b", "c"}) write_file(tree / name, std::string(5000, *name));
    real = std::move(*Root::open(tree.path()));
    for (const char* name : {"a", "b", "c"}) builder.source(real.walk(std::string("/") + name).node);
  }
  // The outcome if `change` happens when so many entries are done.
  std::string write_while(uint64_t done, const std::function<void()>& change) {
    return outcome(write_directory(builder.build(), real, out, [&](const Progress& progress) {
      if (progress.files_done == done) change();
      return true;
    }));
  }

  TemporaryDirectory tree;
  Root real = Root::in_memory({});
  PlanBuilder builder;
};

TEST_F(DirectoryLayerOfARoot, AFileThatGrewOrShrankIsAnError) {
  for (size_t size : {0, 4999, 5001}) {
    write_file(tree / "b", std::string(size, 'b'));
    std::string result = write_while(99, [] {});
    EXPECT_EQ(result,
              "io: changed while it was read: /b; let nothing write to the root meanwhile, and try again")
        << size;
    EXPECT_EQ(beside(), "");
  }
}

TEST_F(DirectoryLayerOfARoot, AFileThatChangesInTheMidstIsAnError) {
  std::string large = tree / "large";
  write_file(large, std::string(5 << 20, 'x'));
  boost::filesystem::last_write_time(large, 1);  // so that it has another one then, whatever the clock's ticks
  builder.source(real.walk("/large").node);
  bool written = false;
  std::string result = outcome(write_directory(builder.build(), real, out, [&](const Progress& progress) {
    if (progress.bytes_done > 2 << 20 && !std::exchange(written, true)) {
      int file = ::open(large.c_str(), O_WRONLY);
      EXPECT_EQ(::pwrite(file, "y", 1, 0), 1);
      ::close(file);
    }
    return true;
  }));
  EXPECT_TRUE(written);
  EXPECT_TRUE(result.starts_with("io: changed while it was read: /large")) << result;
  EXPECT_EQ(beside(), "");
}

TEST_F(DirectoryLayerOfARoot, AFileThatVanishedIsAnError) {
  std::string result = write_while(1, [&] { ::unlink((tree / "c").c_str()); });
  EXPECT_TRUE(result.starts_with("not_found: ")) << result;
  EXPECT_NE(result.find("/c"), std::string::npos) << result;
  EXPECT_EQ(beside(), "");
}

TEST_F(DirectoryLayerOfARoot, AFileThatMayNotBeReadIsAnError) {
  ASSERT_EQ(::chmod((tree / "b").c_str(), 0), 0);
  ASSERT_EQ(::chmod(tree.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(work.path().c_str(), 0777), 0);
  std::string result = in_child(
      [&] { return become_nobody() ? write_while(99, [] {}) : std::string("cannot become nobody"); });
  EXPECT_TRUE(result.starts_with("permission_denied: ")) << result;
  EXPECT_EQ(beside(), "");
}

// Someone who can write beside the target swaps a directory of the unfinished tree for a link.
TEST_F(DirectoryLayer, APlantedLinkIsNotFollowed) {
  std::string outside = work / "outside";
  ASSERT_EQ(::mkdir(outside.c_str(), 0755), 0);
  Plan plan = PlanBuilder().directory("/usr").directory("/usr/lib").file("/usr/lib/a", "a").build();
  std::string result = write(plan, [&](const Progress& progress) {
    if (progress.path == "/usr/lib") {
      std::string temporary =
          work.path() + "/" + run_command({"sh", "-c", "cd \"$1\" && echo -n .out.*", "sh", work.path()}).out;
      EXPECT_EQ(::rename((temporary + "/usr").c_str(), (work / "moved").c_str()), 0);
      EXPECT_EQ(::symlink(outside.c_str(), (temporary + "/usr").c_str()), 0);
    }
    return true;
  });
  EXPECT_TRUE(result.starts_with("not_a_directory: cannot enter " + out + "/usr")) << result;
  EXPECT_EQ(run_command({"ls", "-A", outside}).out, "");
}

}  // namespace
}  // namespace rootlet::test
