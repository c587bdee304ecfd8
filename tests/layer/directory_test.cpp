#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <fstream>

#include "layer/directory_fixture.hpp"

namespace rootlet::test {
namespace {

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
                if (!become_nobody()) return std::string("cannot become nobody");
                ::umask(mask);
                return write(varied_plan());
              }),
              "ok");
    expect_same_lines(listing(out), varied_listing(owner));
    run_command({"chmod", "-R", "u+rwx", out});
    run_command({"rm", "-r", out});
  }
}

// A rootless build in a namespace of one user failed on the first directory of state that another owns.
TEST_F(DirectoryLayer, AnOwnerThatTheUserNamespaceLacksBecomesItsRoot) {
  Plan plan = PlanBuilder().directory("/var/cache/man").build();
  plan.entries.back().uid = 6;
  plan.entries.back().gid = 12;
  const std::string user = std::to_string(::geteuid()), group = std::to_string(::getegid());
  const std::string written = in_child([&] {
    if (::unshare(CLONE_NEWUSER) != 0) return std::string("no user namespace");
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " + user + " 1";
    std::ofstream("/proc/self/gid_map") << "0 " + group + " 1";
    return write(plan);
  });
  if (written == "no user namespace") GTEST_SKIP() << "this system makes no user namespaces";
  EXPECT_EQ(written, "ok");
  EXPECT_EQ(status_of(out + "/var/cache/man").st_uid, ::geteuid());
}

TEST_F(DirectoryLayer, ContentIsWhatThePlanSays) {
  ASSERT_EQ(write(varied_plan()), "ok");
  EXPECT_EQ(read_file(out + "/usr/bin/tool"), std::string(3000, 'x'));
  EXPECT_EQ(read_file(out + "/usr/bin-file"), "sorts between a directory and what is in it");
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
                  .file("/" + kOddName + "/" + kOddName, "odd")
                  .symlink("/link", kOddName)
                  .file("/" + kUnicodeName, "u")
                  .build();
  ASSERT_EQ(write(plan), "ok");
  EXPECT_EQ(read_file(out + "/link/" + kOddName), "odd");
  EXPECT_EQ(read_file(out + "/" + kUnicodeName), "u");
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
  write_file(path, content);
  Root real = std::move(*Root::open("/dev/shm"));
  Plan plan = PlanBuilder().source(real.walk(path.substr(8)).node).build();
  EXPECT_EQ(outcome(write_directory(plan, real, out)), "ok");
  EXPECT_EQ(run_command({"cmp", path, out + path.substr(8)}).status, 0);
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace rootlet::test
