#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>

#include "layer/plans.hpp"

namespace rootlet {
namespace {

using test::in_child;
using test::is_root;
using test::outcome;
using test::PlanBuilder;
using test::run_command;
using test::TemporaryDirectory;

class DirectoryLayer : public testing::Test {
 protected:
  std::string write(const Plan& plan, const ProgressCallback& progress = {}) {
    return outcome(write_directory(plan, root, out, progress));
  }
  // Everything beside the target, itself included.
  std::string beside() const { return run_command({"ls", "-A", work.path()}).out; }

  TemporaryDirectory work;
  std::string out = work / "out";
  Root root = Root::in_memory({});
};

struct stat status_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

// Type, mode, owner, time, links, size and target of every path, as GNU find sees them.
std::string listing(const std::string& directory) {
  auto found =
      run_command({"sh", "-c", "cd \"$1\" && find . -printf '%p %y %m %U:%G %T@ %n %l\\n' | LC_ALL=C sort",
                   "sh", directory});
  EXPECT_EQ(found.status, 0) << found.err;
  return found.out;
}

Plan varied_plan() {
  return PlanBuilder()
      .directory("/", 0711, 5)
      .directory("/locked", 0555, 1000000000)
      .directory("/locked/inner", 0500, 12)
      .file("/locked/inner/file", "in a directory that takes no writes\n", 0400, 1)
      .file("/usr/bin/tool", std::string(3000, 'x'), 0755, 1700000000)
      .hard_link("/usr/bin/tool-2", "/usr/bin/tool", 0755, 1700000000)
      .hard_link("/zz/tool-3", "/usr/bin/tool", 0755, 1700000000)
      .symlink("/usr/bin/alias", "../bin/tool", -77)
      .file("/usr/bin-file", "sorts between a directory and what is in it", 0644, 7)
      .file("/empty", "", 0, 4102444800)
      .directory("/tmp", 01777, 3)
      .build();
}

const char kVariedListing[] =
    "./empty f 0 %s 4102444800.0000000000 1 \n"
    "./locked d 555 %s 1000000000.0000000000 3 \n"
    "./locked/inner d 500 %s 12.0000000000 2 \n"
    "./locked/inner/file f 400 %s 1.0000000000 1 \n"
    "./tmp d 1777 %s 3.0000000000 2 \n"
    "./usr d 755 %s 0.0000000000 3 \n"
    "./usr/bin d 755 %s 0.0000000000 2 \n"
    "./usr/bin-file f 644 %s 7.0000000000 1 \n"
    "./usr/bin/alias l 777 %s -77.0000000000 1 ../bin/tool\n"
    "./usr/bin/tool f 755 %s 1700000000.0000000000 3 \n"
    "./usr/bin/tool-2 f 755 %s 1700000000.0000000000 3 \n"
    "./zz d 755 %s 0.0000000000 2 \n"
    "./zz/tool-3 f 755 %s 1700000000.0000000000 3 \n"
    ". d 711 %s 5.0000000000 6 \n";

std::string varied_listing(const std::string& owner) {
  std::string text = kVariedListing;
  for (size_t at = 0; (at = text.find("%s", at)) != std::string::npos;) text.replace(at, 2, owner);
  return text;
}

// The same lines; how "." sorts among "./x" is sort's affair.
void expect_same_lines(std::string a, std::string b) {
  auto lines = [](const std::string& text) {
    std::multiset<std::string> set;
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      set.insert(text.substr(at, text.find('\n', at) - at));
    return set;
  };
  EXPECT_EQ(lines(a), lines(b)) << a;
}

TEST_F(DirectoryLayer, ModesTimesAndOwnersAreExactWhateverTheUmask) {
  std::string owner = std::to_string(::geteuid()) + ":" + std::to_string(::getegid());
  for (mode_t mask : {0, 022, 077, 0777}) {
    EXPECT_EQ(in_child([&] {
                ::umask(mask);
                return write(varied_plan());
              }),
              "ok");
    expect_same_lines(listing(out), varied_listing(owner));
    EXPECT_EQ(beside(), "out\n");
    run_command({"chmod", "-R", "u+rwx", out});
    run_command({"rm", "-r", out});
  }
}

TEST_F(DirectoryLayer, AnOrdinaryUserWritesTheSameUnderAnyUmask) {
  ASSERT_EQ(::chmod(work.path().c_str(), 0777), 0);
  std::string owner =
      is_root() ? "65534:65534" : std::to_string(::getuid()) + ":" + std::to_string(::getgid());
  for (mode_t mask : {022, 0777}) {
    EXPECT_EQ(in_child([&] {
                if (!test::become_nobody()) return std::string("cannot become nobody");
                ::umask(mask);
                return write(varied_plan());
              }),
              "ok");
    expect_same_lines(listing(out), varied_listing(owner));
    run_command({"chmod", "-R", "u+rwx", out});
    run_command({"rm", "-r", out});
  }
}

TEST_F(DirectoryLayer, ContentIsWhatThePlanSays) {
  ASSERT_EQ(write(varied_plan()), "ok");
  EXPECT_EQ(test::read_file(out + "/usr/bin/tool"), std::string(3000, 'x'));
  EXPECT_EQ(test::read_file(out + "/usr/bin-file"), "sorts between a directory and what is in it");
  EXPECT_EQ(status_of(out + "/zz/tool-3").st_ino, status_of(out + "/usr/bin/tool").st_ino);
  EXPECT_EQ(status_of(out + "/empty").st_size, 0);
}

TEST_F(DirectoryLayer, TheTopIsPlainWhereThePlanIsSilent) {
  ASSERT_EQ(write(PlanBuilder().file("/a", "a").build()), "ok");
  EXPECT_EQ(status_of(out).st_mode & 07777, 0755u);
  EXPECT_EQ(status_of(out).st_mtime, 0);
}

TEST_F(DirectoryLayer, AnEmptyPlanIsAnEmptyDirectory) {
  ASSERT_EQ(write({}), "ok");
  EXPECT_EQ(run_command({"ls", "-A", out}).out, "");
}

TEST_F(DirectoryLayer, NamesMayHoldAnyBytes) {
  Plan plan = PlanBuilder()
                  .file("/" + test::kOddName + "/" + test::kOddName, "odd")
                  .symlink("/link", test::kOddName)
                  .file("/" + test::kUnicodeName, "u")
                  .build();
  ASSERT_EQ(write(plan), "ok");
  EXPECT_EQ(test::read_file(out + "/link/" + test::kOddName), "odd");
  EXPECT_EQ(test::read_file(out + "/" + test::kUnicodeName), "u");
}

TEST_F(DirectoryLayer, PathsMayBeLongerThanAnyCallTakes) {
  std::string path;
  for (int depth = 0; depth < 60; ++depth) path += "/" + std::string(150, 'd');
  ASSERT_EQ(write(PlanBuilder().file(path + "/file", "deep").build()), "ok");
  std::string script = "cd \"$1\"; for i in $(seq 60); do cd d* || exit; done; cat file";
  EXPECT_EQ(run_command({"bash", "-c", script, "sh", out}).out, "deep");
}

TEST_F(DirectoryLayer, ALongOutputNameLeavesRoomForTheTemporaryOne) {
  out = work / std::string(255, 'n');
  EXPECT_EQ(write(varied_plan()), "ok");
}

TEST_F(DirectoryLayer, SetIdBitsAndCapabilitiesOutliveTheChangeOfOwner) {
  if (!is_root()) GTEST_SKIP() << "only root may set file capabilities";
  // cap_net_raw=ep, revision 2: what setcap(8) writes.
  const std::string capability(
      "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);
  Plan plan = PlanBuilder()
                  .file("/ping", "#!", 0755)
                  .capability(capability)
                  .file("/su", "#!", 06755)
                  .directory("/mail", 02775)
                  .build();
  ASSERT_EQ(in_child([&] {
              // Files of another group's making, so that a change of owner does happen.
              return ::setegid(65534) == 0 ? write(plan) : "no setegid";
            }),
            "ok");
  EXPECT_EQ(run_command({"getcap", out + "/ping"}).out, out + "/ping cap_net_raw=ep\n");
  EXPECT_EQ(status_of(out + "/su").st_mode & 07777, 06755u);
  EXPECT_EQ(status_of(out + "/su").st_gid, 0u);
  EXPECT_EQ(status_of(out + "/mail").st_mode & 07777, 02775u);
}

TEST_F(DirectoryLayer, NothingIsInheritedFromTheDirectoryAround) {
  // An access list that gives user 1 everything, by default, below: version 2, then tag, permissions, id.
  const uint16_t entries[] = {0x01,   7,      0xffff, 0xffff, 0x02,   7,      1,    0, 0x04,   7,
                              0xffff, 0xffff, 0x10,   7,      0xffff, 0xffff, 0x20, 5, 0xffff, 0xffff};
  std::string list("\x02\x00\x00\x00", 4);
  list.append(reinterpret_cast<const char*>(entries), sizeof entries);
  if (::setxattr(work.path().c_str(), "system.posix_acl_default", list.data(), list.size(), 0) != 0) {
    GTEST_SKIP() << "no access lists on this file system";
  }
  ASSERT_EQ(::chmod(work.path().c_str(), 02775), 0);
  if (is_root()) {
    ASSERT_EQ(::chown(work.path().c_str(), 0, 1), 0);
    ASSERT_EQ(::chmod(work.path().c_str(), 02775), 0);
  }
  ASSERT_EQ(write(varied_plan()), "ok");
  expect_same_lines(listing(out),
                    varied_listing(std::to_string(::geteuid()) + ":" + std::to_string(::getegid())));
  for (const char* path : {"", "/usr", "/usr/bin/tool"}) {
    EXPECT_LT(::getxattr((out + path).c_str(), "system.posix_acl_access", nullptr, 0), 0) << path;
    EXPECT_LT(::getxattr((out + path).c_str(), "system.posix_acl_default", nullptr, 0), 0) << path;
  }
}

TEST_F(DirectoryLayer, HolesStayHoles) {
  TemporaryDirectory tree;
  const off_t size = 64 << 20;
  std::string path = tree / "sparse";
  int file = ::open(path.c_str(), O_RDWR | O_CREAT, 0644);
  ASSERT_EQ(::pwrite(file, "first", 5, 1 << 20), 5);
  ASSERT_EQ(::pwrite(file, "second", 6, 40 << 20), 6);
  ASSERT_EQ(::ftruncate(file, size), 0);
  ::close(file);
  if (status_of(path).st_blocks * 512 > size / 2) GTEST_SKIP() << "no holes on this file system";

  Root real = std::move(*Root::open(tree.path()));
  Plan plan = PlanBuilder().source(real.walk("/sparse").node).build();
  Progress last;
  ASSERT_EQ(outcome(write_directory(plan, real, out,
                                    [&](const Progress& progress) {
                                      last = progress;
                                      return true;
                                    })),
            "ok");
  EXPECT_EQ(status_of(out + "/sparse").st_size, size);
  EXPECT_LE(status_of(out + "/sparse").st_blocks, status_of(path).st_blocks);
  EXPECT_EQ(run_command({"cmp", path, out + "/sparse"}).status, 0);
  EXPECT_EQ(last.bytes_done, static_cast<uint64_t>(size));
  EXPECT_EQ(last.bytes_total, static_cast<uint64_t>(size));
  EXPECT_EQ(last.files_done, last.files_total);
}

// /proc and /sys say a size and have no data that the kernel could copy; a file of another file
// system cannot be cloned. Content has to come through all the same.
TEST_F(DirectoryLayer, FilesOfAnotherFileSystemAreCopied) {
  struct stat here = status_of(work.path()), there{};
  if (::stat("/dev/shm", &there) != 0 || here.st_dev == there.st_dev) GTEST_SKIP() << "no second file system";
  std::string path = "/dev/shm/rootlet-test-" + std::to_string(::getpid());
  std::string content;
  for (int i = 0; content.size() < 3000000; ++i) content += std::to_string(i);
  test::write_file(path, content);
  Root real = std::move(*Root::open("/dev/shm"));
  Plan plan = PlanBuilder().source(real.walk(path.substr(8)).node).build();
  EXPECT_EQ(outcome(write_directory(plan, real, out)), "ok");
  EXPECT_EQ(run_command({"cmp", path, out + path.substr(8)}).status, 0);
  ::unlink(path.c_str());
}

TEST_F(DirectoryLayer, AnEmptyDirectoryIsReplaced) {
  ASSERT_EQ(::mkdir(out.c_str(), 0700), 0);
  out += "//";
  EXPECT_EQ(write(varied_plan()), "ok");
  EXPECT_EQ(status_of(work / "out").st_mode & 07777, 0711u);
}

TEST_F(DirectoryLayer, WhatElseStandsThereIsRefusedAndKept) {
  ASSERT_EQ(::mkdir((work / "full").c_str(), 0755), 0);
  test::write_file(work / "full/kept", "kept");
  test::write_file(work / "file", "kept");
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
                      test::write_file(out + "/kept", "kept");
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
  test::write_file(work / "file", "");
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
      if (!test::become_nobody()) return std::string("cannot become nobody");
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
        if (!test::mount_small(work.path(), "size=1m")) return std::string("cannot mount");
        return write(plan) + "\n" + beside();
      }),
      "io: cannot write " + out +
          "/usr/large: No space left on device; free some space there, or write to another file system\n");
}

TEST_F(DirectoryLayer, NoMoreInodesIsSaidAndLeavesNothing) {
  if (!is_root()) GTEST_SKIP() << "needs root to mount a small file system";
  EXPECT_EQ(in_child([&] {
              if (!test::mount_small(work.path(), "nr_inodes=8")) return std::string("cannot mount");
              return write(varied_plan()).substr(0, 29) + "\n" + beside();
            }),
            "io: cannot make the directory\n");
}

class DirectoryLayerOfARoot : public DirectoryLayer {
 protected:
  DirectoryLayerOfARoot() {
    for (const char* name : {"a", "b", "c"}) test::write_file(tree / name, std::string(5000, *name));
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
    test::write_file(tree / "b", std::string(size, 'b'));
    std::string result = write_while(99, [] {});
    EXPECT_EQ(result,
              "io: changed while it was read: /b; let nothing write to the root meanwhile, and try again")
        << size;
    EXPECT_EQ(beside(), "");
  }
}

TEST_F(DirectoryLayerOfARoot, AFileThatChangesInTheMidstIsAnError) {
  std::string large = tree / "large";
  test::write_file(large, std::string(5 << 20, 'x'));
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
      [&] { return test::become_nobody() ? write_while(99, [] {}) : std::string("cannot become nobody"); });
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

TEST(LayerPlans, APlanThatBreaksAPromiseIsRefused) {
  TemporaryDirectory work;
  Root root = Root::in_memory({});
  auto refused = [&](const Plan& plan, const std::string& why) {
    for (const auto& result :
         {write_directory(plan, root, work / "out"), write_tar(plan, root, work / "out")}) {
      std::string text = outcome(result);
      EXPECT_TRUE(text.starts_with("invalid_argument: the plan cannot be written: ") && text.ends_with(why))
          << text;
    }
    EXPECT_EQ(run_command({"ls", "-A", work.path()}).out, "");
  };
  for (const char* path : {"", "a", "/a/", "//a", "/a/../b", "/./a", "/a/."}) {
    Plan plan;
    plan.entries.emplace_back().path = path;
    refused(plan, "the path is not absolute and canonical");
  }
  Plan plan = PlanBuilder().directory("/a").directory("/b").build();
  std::swap(plan.entries[0], plan.entries[1]);
  refused(plan, "the entries are not sorted");
  plan.entries[0] = plan.entries[1];
  refused(plan, "the entries are not sorted");

  plan = PlanBuilder().file("/a/b", "x").build();
  plan.entries.erase(plan.entries.begin());
  refused(plan, "its parent directory is not in the plan before it");
  refused(PlanBuilder().symlink("/a", "b").file("/a/b", "x").build(), "its parent is not a directory");
  refused(PlanBuilder().file("/", "x").build(), "the top is not a directory");
  refused(PlanBuilder().file("/a", "x", 010644).build(), "the mode has more than permission bits");
  refused(PlanBuilder().symlink("/a", "").build(), "the link leads nowhere");
  refused(PlanBuilder().symlink("/a", std::string("b\0c", 3)).build(), "the link leads nowhere");
  refused(PlanBuilder().hard_link("/a", "/b").file("/b", "x").build(),
          "no file before it has the link's target");
  refused(PlanBuilder().directory("/a").hard_link("/b", "/a").build(),
          "no file before it has the link's target");
  plan = PlanBuilder().file("/a", "x").build();
  plan.entries[0].size = 2;
  refused(plan, "it has no content of the size it states");
  plan.entries[0].content.reset();
  refused(plan, "it has no content of the size it states");
}

}  // namespace
}  // namespace rootlet
