// What is in the archive, by the word of three readers: GNU tar, Python's tarfile and libarchive.
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <memory>

#include "layer/plans.hpp"

namespace rootlet {
namespace {

using test::in_child;
using test::is_root;
using test::outcome;
using test::PlanBuilder;
using test::run_command;
using test::TemporaryDirectory;

class TarLayer : public testing::Test {
 protected:
  void write(const Plan& plan) { ASSERT_EQ(outcome(write_tar(plan, root, out)), "ok"); }

  // One line a member, as Python sees it: type, mode, owner, time, size, name and target in hex.
  std::string python_listing() const {
    const char* script = R"(
import sys, tarfile
raw = lambda text: text.encode('utf-8', 'surrogateescape').hex() or '-'
with tarfile.open(sys.argv[1], 'r:') as archive:
    for m in archive:
        print(m.type.decode(), oct(m.mode)[2:], f'{m.uid}:{m.gid}', repr(m.uname + m.gname), int(m.mtime), m.size,
              raw(m.name), raw(m.linkname))
)";
    auto result = run_command({"python3", "-c", script, out});
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
  }

  // The type flag of every header block, in order.
  std::string type_flags() const {
    std::string bytes = test::read_file(out), flags;
    for (size_t at = 0; at + 512 <= bytes.size() && bytes[at] != '\0';) {
      flags += bytes[at + 156];
      uint64_t size = std::stoull(bytes.substr(at + 124, 11), nullptr, 8);
      at += 512 + (size + 511) / 512 * 512;
    }
    return flags;
  }

  TemporaryDirectory work;
  std::string out = work / "out.tar";
  Root root = Root::in_memory({});
};

std::string hex(std::string_view text) {
  std::string digits;
  for (unsigned char byte : text) {
    digits += "0123456789abcdef"[byte >> 4];
    digits += "0123456789abcdef"[byte & 15];
  }
  return digits;
}

struct Member {
  int status = 0;  // of archive_read_next_header
  std::string name, target, content, capability;
  bool is_hard_link = false;
  int64_t size = 0, time = 0;
  mode_t mode = 0;
};

// The members as libarchive's reader sees them.
std::vector<Member> read_back(const std::string& path) {
  std::unique_ptr<archive, int (*)(archive*)> handle(archive_read_new(), archive_read_free);
  archive_read_support_format_tar(handle.get());
  EXPECT_EQ(archive_read_open_filename(handle.get(), path.c_str(), 65536), ARCHIVE_OK);
  std::vector<Member> members;
  archive_entry* entry = nullptr;
  for (int status; (status = archive_read_next_header(handle.get(), &entry)) != ARCHIVE_EOF;) {
    EXPECT_GE(status, ARCHIVE_WARN) << archive_error_string(handle.get());
    if (status < ARCHIVE_WARN) break;
    Member& member = members.emplace_back();
    member.status = status;
    member.name = archive_entry_pathname(entry);
    member.is_hard_link = archive_entry_hardlink(entry) != nullptr;
    const char* target = member.is_hard_link ? archive_entry_hardlink(entry) : archive_entry_symlink(entry);
    member.target = target != nullptr ? target : "";
    member.size = archive_entry_size(entry);
    member.time = archive_entry_mtime(entry);
    member.mode = archive_entry_mode(entry);
    const char* name = nullptr;
    const void* value = nullptr;
    size_t length = 0;
    archive_entry_xattr_reset(entry);
    while (archive_entry_xattr_next(entry, &name, &value, &length) == ARCHIVE_OK) {
      EXPECT_STREQ(name, "security.capability");
      member.capability.assign(static_cast<const char*>(value), length);
    }
    char buffer[65536];
    for (la_ssize_t got = 0; (got = archive_read_data(handle.get(), buffer, sizeof buffer)) > 0;) {
      member.content.append(buffer, static_cast<size_t>(got));
    }
  }
  return members;
}

Plan varied_plan() {
  return PlanBuilder()
      .directory("/", 0700, 99)
      .directory("/etc", 0711, 1)
      .file("/etc/conf", "key = value\n", 0600, 1700000000)
      .file("/etc-file", "", 0644, 2)
      .file("/usr/bin/tool", std::string(1025, 'x'), 04755, 3)
      .hard_link("/usr/bin/tool-2", "/usr/bin/tool", 04755, 3)
      .symlink("/usr/bin/alias", "../bin/tool", 4)
      .symlink("/usr/absolute", "/usr/bin", 4)
      .directory("/tmp", 01777, 5)
      .build();
}

TEST_F(TarLayer, GnuTarListsThePlanInItsOrder) {
  write(varied_plan());
  auto listed = run_command({"env", "TZ=UTC", "tar", "--numeric-owner", "--full-time", "-tvf", out});
  EXPECT_EQ(listed.err, "");
  std::string text = listed.out;
  // The width of the size column depends on what came before.
  for (size_t at = 0; (at = text.find("  ", at)) != std::string::npos;) text.erase(at, 1);
  EXPECT_EQ(text,
            "drwx--x--x 0/0 0 1970-01-01 00:00:01 etc/\n"
            "-rw-r--r-- 0/0 0 1970-01-01 00:00:02 etc-file\n"
            "-rw------- 0/0 12 2023-11-14 22:13:20 etc/conf\n"
            "drwxrwxrwt 0/0 0 1970-01-01 00:00:05 tmp/\n"
            "drwxr-xr-x 0/0 0 1970-01-01 00:00:00 usr/\n"
            "lrwxrwxrwx 0/0 0 1970-01-01 00:00:04 usr/absolute -> /usr/bin\n"
            "drwxr-xr-x 0/0 0 1970-01-01 00:00:00 usr/bin/\n"
            "lrwxrwxrwx 0/0 0 1970-01-01 00:00:04 usr/bin/alias -> ../bin/tool\n"
            "-rwsr-xr-x 0/0 1025 1970-01-01 00:00:03 usr/bin/tool\n"
            "hrwsr-xr-x 0/0 0 1970-01-01 00:00:03 usr/bin/tool-2 link to usr/bin/tool\n");
}

TEST_F(TarLayer, PythonSeesNoNamesOfOwners) {
  write(PlanBuilder().directory("/d", 0755, 7).file("/d/f", "abc", 0640, 8).build());
  EXPECT_EQ(python_listing(), "5 755 0:0 '' 7 0 " + hex("d") + " -\n0 640 0:0 '' 8 3 " + hex("d/f") + " -\n");
}

TEST_F(TarLayer, HardLinksFollowTheirFileAndHaveNoContent) {
  write(varied_plan());
  std::vector<Member> members = read_back(out);
  ASSERT_EQ(members.size(), 10u);
  EXPECT_EQ(members[8].name, "usr/bin/tool");
  EXPECT_EQ(members[8].content, std::string(1025, 'x'));
  EXPECT_EQ(members[9].name, "usr/bin/tool-2");
  EXPECT_TRUE(members[9].is_hard_link);
  EXPECT_EQ(members[9].target, "usr/bin/tool");
  EXPECT_EQ(members[9].content, "");
}

TEST_F(TarLayer, OrdinaryMembersHaveNoExtendedHeader) {
  // A directory's name ends in a slash: 100 and 155 bytes with it.
  std::string path = "/" + std::string(99, 'p') + "/" + std::string(54, 'p');
  write(PlanBuilder()
            .file(path + "/" + std::string(100, 'n'), "as long as a plain header takes")
            .file("/times", "", 0644, 2147483646)
            .symlink("/link", std::string(100, 't'))
            .hard_link("/times-2", "/times", 0644, 2147483646)
            .build());
  EXPECT_EQ(type_flags(), "255001");
}

TEST_F(TarLayer, TheEndIsTwoBlocksAndNoPadding) {
  write({});
  EXPECT_EQ(test::read_file(out), std::string(1024, '\0'));
  write(PlanBuilder().file("/a", std::string(513, 'a')).build());
  std::string bytes = test::read_file(out);
  EXPECT_EQ(bytes.size(), 512u + 1024 + 1024);
  EXPECT_EQ(bytes.substr(512 + 513), std::string(511 + 1024, '\0'));
}

Plan odd_plan() {
  const std::string odd = test::kOddName;
  return PlanBuilder()
      .directory("/" + odd, 0755, 1)
      .file("/" + odd + "/" + odd, "odd", 0644, 2)
      .hard_link("/" + odd + "2", "/" + odd + "/" + odd, 0644, 2)
      .symlink("/link", odd, 3)
      .file("/" + test::kUnicodeName, "unicode", 0644, 4)
      .symlink("/" + test::kUnicodeName + "-link", test::kUnicodeName, 5)
      .file("/" + test::kSurrogateName, "surrogates", 0644, 6)
      .file("/decomposed e\xcc\x81", "decomposed", 0644, 6)
      .file("/newline\nin\na name", "newline", 0644, 7)
      .file("/back\\slash ~ \x7f \x1b[31m", "", 0644, 7)
      .build();
}

TEST_F(TarLayer, NamesOfAnyBytesComeBackFromEveryReader) {
  Plan plan = odd_plan();
  write(plan);

  std::string python = python_listing();
  std::vector<Member> members = read_back(out);
  ASSERT_EQ(members.size(), plan.entries.size());
  for (size_t i = 0; i < members.size(); ++i) {
    const PlanEntry& entry = plan.entries[i];
    std::string name = entry.path.substr(1);
    std::string target = entry.type == PlanEntryType::hard_link ? entry.target.substr(1) : entry.target;
    EXPECT_NE(python.find(" " + hex(name) + " " + (target.empty() ? "-" : hex(target)) + "\n"),
              std::string::npos)
        << name;
    if (entry.type == PlanEntryType::directory) name += "/";
    EXPECT_EQ(members[i].status, ARCHIVE_OK) << name;
    EXPECT_EQ(members[i].name, name);
    EXPECT_EQ(members[i].target, target);
    EXPECT_EQ(members[i].content, entry.content.value_or(""));
  }

  ASSERT_EQ(outcome(write_directory(plan, root, work / "expected")), "ok");
  ASSERT_EQ(::mkdir((work / "gnu").c_str(), 0755), 0);
  EXPECT_EQ(run_command({"tar", "-xf", out, "-C", work / "gnu"}).status, 0);
  auto difference = run_command({"diff", "-r", "--no-dereference", work / "expected", work / "gnu"});
  EXPECT_EQ(difference.status, 0) << difference.out;

  if (run_command({"bsdtar", "--version"}).status != 0) return;
  ASSERT_EQ(::mkdir((work / "bsd").c_str(), 0755), 0);
  EXPECT_EQ(run_command({"bsdtar", "-xf", out, "-C", work / "bsd"}).err, "");
  difference = run_command({"diff", "-r", "--no-dereference", work / "expected", work / "bsd"});
  EXPECT_EQ(difference.status, 0) << difference.out;
}

TEST_F(TarLayer, NamesAndTargetsOfAnyLengthComeBack) {
  const std::string long_name(300, 'n'), long_target(5000, 't'),
      bytes_target = std::string(5000, 't') + "\xff";
  std::string deep;
  for (int depth = 0; depth < 50; ++depth) deep += "/" + std::string(99, 'd');
  Plan plan = PlanBuilder()
                  .file("/" + long_name, "long name")
                  .hard_link("/" + long_name + "-2", "/" + long_name)
                  .symlink("/link", long_target)
                  .symlink("/odd link", bytes_target)
                  .file(deep + "/file", "deep")
                  .build();
  write(plan);
  std::string python = python_listing();
  std::vector<Member> members = read_back(out);
  ASSERT_EQ(members.size(), plan.entries.size());
  for (size_t i = 0; i < members.size(); ++i) {
    const PlanEntry& entry = plan.entries[i];
    std::string slash = entry.type == PlanEntryType::directory ? "/" : "";
    std::string target = entry.type == PlanEntryType::hard_link ? entry.target.substr(1) : entry.target;
    EXPECT_EQ(members[i].name, entry.path.substr(1) + slash);
    EXPECT_EQ(members[i].target, target);
    EXPECT_NE(
        python.find(" " + hex(entry.path.substr(1)) + " " + (target.empty() ? "-" : hex(target)) + "\n"),
        std::string::npos);
  }
  // GNU tar marks what it cannot spell with a backslash; none of these names has any such byte.
  auto listed = run_command({"tar", "-tf", out});
  EXPECT_NE(listed.out.find(deep.substr(1) + "/file\n"), std::string::npos);
  EXPECT_NE(listed.out.find(long_name + "-2\n"), std::string::npos);
}

TEST_F(TarLayer, TimesOfAnyYearComeBack) {
  const int64_t times[] = {-1, -2208988800, 0, 2147483647, 4102444800, 8589934592, 253402300799};
  PlanBuilder builder;
  for (size_t i = 0; i < std::size(times); ++i) builder.file("/" + std::to_string(i), "", 0644, times[i]);
  write(builder.build());
  std::vector<Member> members = read_back(out);
  std::string python = python_listing();
  ASSERT_EQ(members.size(), std::size(times));
  for (size_t i = 0; i < std::size(times); ++i) {
    EXPECT_EQ(members[i].time, times[i]);
    EXPECT_NE(python.find("'' " + std::to_string(times[i]) + " 0 " + hex(std::to_string(i))),
              std::string::npos);
  }
  auto listed = run_command({"env", "TZ=UTC", "tar", "--full-time", "-tvf", out});
  EXPECT_NE(listed.out.find("1969-12-31 23:59:59 0\n"), std::string::npos) << listed.out;
  EXPECT_NE(listed.out.find("9999-12-31 23:59:59 6\n"), std::string::npos) << listed.out;
}

// cap_net_raw=ep, revision 2: what setcap(8) writes. It holds NUL bytes, and a newline is put in.
const std::string kCapability(
    "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 20);

TEST_F(TarLayer, CapabilitiesAreBinaryRecords) {
  std::string other = kCapability;
  other[4] = '\n';
  write(
      PlanBuilder().file("/a", "a", 0755).capability(kCapability).file("/b", "b").capability(other).build());
  EXPECT_EQ(type_flags(), "x0x0");
  std::string bytes = test::read_file(out);
  EXPECT_NE(bytes.find("57 SCHILY.xattr.security.capability=" + kCapability.substr(0, 16)), std::string::npos)
      << bytes;
  EXPECT_EQ(bytes.find("LIBARCHIVE"), std::string::npos);
  std::vector<Member> members = read_back(out);
  EXPECT_EQ(members.at(0).capability, kCapability);
  EXPECT_EQ(members.at(1).capability, other);
}

TEST_F(TarLayer, GnuTarRestoresCapabilities) {
  if (!is_root()) GTEST_SKIP() << "only root may set file capabilities";
  write(PlanBuilder().file("/ping", "#!", 0755).capability(kCapability).build());
  ASSERT_EQ(run_command({"tar", "--xattrs", "--xattrs-include=*", "-xf", out, "-C", work.path()}).err, "");
  EXPECT_EQ(run_command({"getcap", work / "ping"}).out, work / "ping" + " cap_net_raw=ep\n");
}

// The two outputs are one plan: what GNU tar makes of the archive is the directory.
TEST_F(TarLayer, ExtractedItIsTheDirectory) {
  Plan plan = varied_plan();
  write(plan);
  ASSERT_EQ(outcome(write_directory(plan, root, work / "expected")), "ok");
  ASSERT_EQ(::mkdir((work / "extracted").c_str(), 0755), 0);
  ASSERT_EQ(run_command({"tar", "--delay-directory-restore", "-xpf", out, "-C", work / "extracted"}).err, "");
  auto listing = [&](const std::string& name) {
    return run_command({"sh", "-c",
                        "cd \"$1\" && find . -mindepth 1 -printf '%p %y %m %U:%G %T@ %n %l\\n' | sort && "
                        "find . -type f -exec sha256sum {} + | sort",
                        "sh", work / name})
        .out;
  };
  EXPECT_EQ(listing("extracted"), listing("expected"));
  EXPECT_NE(listing("expected"), "");
}

// Every circumstance that must not show in the bytes, one child each.
TEST_F(TarLayer, TheBytesDependOnThePlanAlone) {
  std::vector<Plan> plans = {varied_plan(), odd_plan()};
  ASSERT_EQ(::chmod(work.path().c_str(), 0777), 0);
  std::vector<std::function<void()>> circumstances = {
      [] {},
      [] { ::setlocale(LC_ALL, "C"); },
      [] { EXPECT_NE(::setlocale(LC_ALL, "C.UTF-8"), nullptr); },
      [] { ::uselocale(::newlocale(LC_ALL_MASK, "C.UTF-8", nullptr)); },
      [] { ::umask(0777); },
      [] { ::umask(0); },
      [] {
        ::setenv("TZ", "Asia/Kathmandu", 1);
        ::tzset();
      },
      [] { EXPECT_TRUE(test::become_nobody()); },
      [] { EXPECT_EQ(::chdir("/"), 0); },
  };
  for (const Plan& plan : plans) {
    std::set<std::string> archives;
    for (const auto& circumstance : circumstances) {
      archives.insert(in_child([&] {
        circumstance();
        if (std::string text = outcome(write_tar(plan, root, out)); text != "ok") return text;
        ::chmod(out.c_str(), 0600);
        int file = ::open(out.c_str(), O_RDONLY);
        std::string bytes(1 << 20, '\0');
        ssize_t length = ::read(file, bytes.data(), bytes.size());
        ::unlink(out.c_str());
        return length < 0 ? std::string("cannot read") : bytes.substr(0, static_cast<size_t>(length));
      }));
    }
    ASSERT_EQ(archives.size(), 1u) << *archives.begin();
    EXPECT_GT(archives.begin()->size(), 4000u) << *archives.begin();
  }
}

TEST_F(TarLayer, TheCallersLocaleIsTheSameAfterwards) {
  locale_t before = ::uselocale(nullptr);
  locale_t mine = ::newlocale(LC_ALL_MASK, "C", nullptr);
  ::uselocale(mine);
  ASSERT_EQ(outcome(write_tar(odd_plan(), root, out,
                              [&](const Progress&) { return ::uselocale(nullptr) == mine; })),
            "ok");
  EXPECT_EQ(::uselocale(nullptr), mine);
  ::uselocale(before);
  ::freelocale(mine);
}

// Every other test asks whether the archive is right; this one, whether it is the one of yesterday.
TEST_F(TarLayer, TheBytesAreThoseOfTheFirstRelease) {
  auto digest = [&](const Plan& plan) {
    write(plan);
    return run_command({"sha256sum", "-b"}, test::read_file(out)).out.substr(0, 64);
  };
  EXPECT_EQ(digest(varied_plan()), "fc702694b36b9b42006811c7446e43ac2b9bb06593d0fa64df1d575620efbbd8");
  EXPECT_EQ(digest(odd_plan()), "4c0a9c30ec5cf3dce567557bfc49acdfb8ccd884f986acef7eb89ade79d6a6cc");
}

TEST_F(TarLayer, HolesAreZeros) {
  TemporaryDirectory tree;
  std::string path = tree / "sparse";
  int file = ::open(path.c_str(), O_RDWR | O_CREAT, 0644);
  ASSERT_EQ(::pwrite(file, "data", 4, 2 << 20), 4);
  ASSERT_EQ(::ftruncate(file, (5 << 20) + 1), 0);
  ::close(file);
  Root real = std::move(*Root::open(tree.path()));
  ASSERT_EQ(outcome(write_tar(PlanBuilder().source(real.walk("/sparse").node).build(), real, out)), "ok");
  EXPECT_EQ(type_flags(), "0");
  EXPECT_TRUE(read_back(out).at(0).content == test::read_file(path));
}

}  // namespace
}  // namespace rootlet
