// Patterns, with glob(3) in a chroot as the oracle. Two oddities of glibc's are left out: of two slashes at the
// start it often drops one, and a plain name with a slash behind it finds a file of that name.
#include <glob.h>
#include <sys/wait.h>

#include "root/worlds.hpp"
#include "support/dice.hpp"

namespace rootlet {
namespace {

using test::Dice;
using root_test::DiskWorld;
using Paths = std::vector<std::string>;

// What glob(3) finds for each pattern in a process chrooted to the directory.
std::vector<Paths> system_globs(const std::string& directory, const Paths& patterns) {
  int ends[2];
  if (::pipe(ends) != 0) std::abort();
  const pid_t child = ::fork();
  if (child == 0) {
    if (::chroot(directory.c_str()) != 0 || ::chdir("/") != 0) ::_exit(1);
    std::string output;
    for (const std::string& pattern : patterns) {
      glob_t found{};
      if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; ++i) output.append(found.gl_pathv[i]).push_back('\0');
      }
      ::globfree(&found);
      output.append("\n").push_back('\0');
    }
    for (size_t at = 0; at < output.size();) at += static_cast<size_t>(::write(ends[1], output.data() + at, output.size() - at));
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string output;
  char buffer[65536];
  for (ssize_t length; (length = ::read(ends[0], buffer, sizeof buffer)) > 0;) output.append(buffer, static_cast<size_t>(length));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  std::vector<Paths> answers(1);
  for (size_t at = 0, end; (end = output.find('\0', at)) != std::string::npos; at = end + 1) {
    const std::string item = output.substr(at, end - at);
    if (item == "\n") {
      answers.emplace_back();
    } else {
      answers.back().push_back(item);
    }
  }
  answers.pop_back();
  return answers;
}

class RootGlob : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can ask glob(3) inside a chroot";
  }
  DiskWorld disk_;

  void compare(const Paths& patterns) {
    const std::vector<Paths> expected = system_globs(disk_.real(""), patterns);
    ASSERT_EQ(expected.size(), patterns.size());
    Root root = disk_.open();
    for (size_t i = 0; i < patterns.size(); ++i) {
      EXPECT_EQ(root.glob(patterns[i]), expected[i]) << "for \"" << patterns[i] << "\"";
      found_ += expected[i].size();
    }
  }
  size_t found_ = 0;
};

TEST_F(RootGlob, FindsWhatAConfigurationIncludes) {
  for (const char* name : {"a.conf", "b.conf", "libc.conf", ".hidden.conf", "x86_64-linux-gnu.conf", "notes", "conf", "c.conf~"}) {
    disk_.file(std::string("/etc/ld.so.conf.d/") + name);
  }
  disk_.symlink("/etc/ld.so.conf.d/dangling.conf", "nowhere").symlink("/etc/alias", "ld.so.conf.d").directory("/etc/ld.so.conf.d/d.conf");
  disk_.symlink("/etc/absolute", "/etc/ld.so.conf.d");
  compare({"/etc/ld.so.conf.d/*.conf", "/etc/alias/*.conf", "/etc/absolute/*", "/etc/ld.so.conf.d/[a-c].conf", "/etc/ld.so.conf.d/?.conf",
           "/etc/*/a.conf", "/*/*/*.conf", "etc/ld.so.conf.d/*.conf", "/etc/ld.so.conf.d/.*.conf", "/etc/ld.so.conf.d/a.conf",
           "/etc/ld.so.conf.d/dangling.conf", "/etc/ld.so.conf.d/missing", "/missing/*", "/etc/ld.so.conf.d/a.conf/*", "/etc/./ld.so.conf.d/../*/a*"});
  EXPECT_GT(found_, 40u);
}

TEST_F(RootGlob, SpellsSlashesAsThePatternDoes) {
  disk_.file("/dir/file").directory("/dir/sub").symlink("/dir/link", "sub").symlink("/dir/dangling", "none").file("/dir/sub/x");
  compare({"/", "", "/dir/", "/dir//", "/dir/*/", "/dir/s*/", "/dir/*//", "/dir//*", "/dir//sub//x", "/d*//f*",
           "/d*//sub//*", "/d*/sub//x", ".", "..", "/..", "/.", "./*", "../*", "dir/..", "dir/../dir/*", "/dir/*/.", "/dir/*/..", "d*/"});
  EXPECT_GT(found_, 20u);
}

TEST_F(RootGlob, TakesDotsBracketsAndBackslashesAsGlobDoes) {
  for (const char* name : {"a", "b", "ab", ".a", "..a", "[", "]", "[a]", "a]", "*", "?", "a*b", "a\\b", "\\", "!a", "-", "^a", "a b"}) disk_.file(std::string("/dir/") + name);
  Paths patterns;
  for (const char* last : {"*", ".*", "..*", "?", ".?", "[ab]", "[!a]", "[^a]", "[a-b]b", "[]]", "[[]", "[", "[a", "a]", "\\*", "\\?", "\\[", "\\a", "a\\*b", "a\\\\b",
                           "\\\\", "[\\*]", "*\\*", "[[:alpha:]]", "[.]a", "\\.a", ".\\a", "[!.]a", "**", "*?*", "[-]", "[a-]", "a?b", "a b", "a\\ b", "[*]", "\\"}) {
    patterns.push_back(std::string("/dir/") + last);
    patterns.push_back(std::string("/d[i]r/") + last);
    patterns.push_back(std::string("/\\dir/") + last);
  }
  compare(patterns);
  EXPECT_GT(found_, 200u);
}

TEST_F(RootGlob, AgreesOnRandomPatterns) {
  Dice dice(3);
  const Paths names = {"a", "b", "ab", ".a", "aab"};
  for (const std::string& first : names) {
    for (const std::string& second : names) {
      const std::string path = "/" + first + "/" + second;
      switch (dice.below(3)) {
        case 0: disk_.file(path); break;
        case 1: disk_.directory(path).file(path + "/a").file(path + "/.b"); break;
        default: disk_.symlink(path, "../" + dice.pick(names)); break;
      }
    }
  }
  const Paths pieces = {"a", "b", "*", "?", "[ab]", ".", "..", "[!a]", "a*", "*b", "\\a", "[", "ab"};
  Paths patterns;
  for (int i = 0; i < 3000; ++i) {
    std::string pattern;
    const size_t count = dice.between(1, 4);
    for (size_t part = 0; part < count; ++part) {
      if (part > 0 || dice.percent(60)) pattern += part == 0 || dice.percent(95) ? "/" : "//";
      for (size_t piece = dice.between(1, 2); piece > 0; --piece) pattern += dice.pick(pieces);
    }
    if (pattern.back() == '*' || pattern.back() == '?') pattern += dice.percent(30) ? "/" : "";
    patterns.push_back(std::move(pattern));
  }
  compare(patterns);
  EXPECT_GT(found_, 2000u);
}

TEST(RootGlobLimit, StopsAtTheLimit) {
  MemoryTree tree;
  for (int i = 0; i < 100; ++i) tree.file("/dir/f" + std::to_string(i), "");
  Root root = Root::in_memory(std::move(tree));
  EXPECT_EQ(root.glob("/dir/*").size(), 100u);
  EXPECT_EQ(root.glob("/dir/*", 100).size(), 100u);
  EXPECT_EQ(root.glob("/dir/*", 7).size(), 7u);
  EXPECT_EQ(root.glob("/*/*", 7).size(), 7u);
}

TEST(RootGlobLimit, FindsTheSameInMemory) {
  Root root = Root::in_memory(MemoryTree().file("/etc/d/b", "").file("/etc/d/a", "").file("/etc/d/.c", "").symlink("/etc/e", "/etc/d"));
  EXPECT_EQ(root.glob("/etc/*/[ab]"), (Paths{"/etc/d/a", "/etc/d/b", "/etc/e/a", "/etc/e/b"}));
}

}  // namespace
}  // namespace rootlet
