// rpm's database, made by rpm itself out of small packages and compared with what rpm says of it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem.hpp>

#include "package/ask.hpp"
#include "package/lines.hpp"
#include "package/rpm_header_builder.hpp"
#include "support/dice.hpp"
#include "support/temporary.hpp"

namespace rootlet::test {
namespace {

constexpr const char* kDatabase = "/usr/lib/sysimage/rpm";

constexpr const char* kTool = R"(Name: tool
Version: 1.2
Release: 3
Epoch: 1
Summary: A tool
License: MIT
BuildArch: noarch
Requires: (library >= 1 with library < 9), tool-interpreter, /usr/share/library/data, nowhere
Provides: virtual-tool = 2
%description
%package interpreter
Summary: Its interpreter
BuildArch: noarch
%description interpreter
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/share/doc/tool %{buildroot}/usr/share/tool/empty
echo '#!/usr/bin/tool-interpreter' > %{buildroot}/usr/bin/tool
echo text > %{buildroot}/usr/share/doc/tool/README
ln -s tool %{buildroot}/usr/bin/link
echo x > %{buildroot}/usr/bin/tool-interpreter
chmod 755 %{buildroot}/usr/bin/*
%files
/usr/bin/tool
/usr/bin/link
%dir /usr/share/tool
%dir /usr/share/tool/empty
%doc /usr/share/doc/tool/README
%ghost /var/log/tool.log
%files interpreter
/usr/bin/tool-interpreter
)";

constexpr const char* kLibrary = R"(Name: library
Version: 2
Release: 1
Summary: A library
License: MIT
%description
%install
mkdir -p %{buildroot}/usr/lib/%{_target_cpu} %{buildroot}/usr/share/library
echo x > %{buildroot}/usr/lib/%{_target_cpu}/liblibrary.so.2
echo x > %{buildroot}/usr/share/library/data
%files
/usr/lib/%{_target_cpu}/liblibrary.so.2
/usr/share/library
)";

constexpr const char* kExtra = R"(Name: extra
Version: 1
Release: 1
Summary: A package without files
License: MIT
%description
%files
)";

class RpmRoot {
 public:
  RpmRoot() {
    build("tool", kTool, {});
    build("library", kLibrary, {"--target", "x86_64"});
    build("library", kLibrary, {"--target", "i686"});
    build("extra", kExtra, {"--target", "x86_64"});
    boost::filesystem::create_directories(path());
    std::vector<std::string> install = {"-i", "--nodeps", "--ignorearch", "--ignoreos", "--excludedocs"};
    for (const char* package : {"noarch/tool-1.2-3.noarch", "noarch/tool-interpreter-1.2-3.noarch", "x86_64/library-2-1.x86_64",
                                "i686/library-2-1.i686", "x86_64/extra-1-1.x86_64"}) {
      install.push_back(work_ / "rpms/" + package + ".rpm");
    }
    rpm(install);
  }

  std::string path() const { return work_ / "root"; }
  std::string database() const { return path() + kDatabase; }

  CommandResult run(std::vector<std::string> words) const {
    words.insert(words.begin(), {"rpm", "--root", path(), "--dbpath", kDatabase});
    return run_command(words);
  }

  std::string rpm(const std::vector<std::string>& words) const {
    const CommandResult result = run(words);
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    return result.out;
  }

  // Sorted, because rpm answers in the order of installation.
  Lines rpm_lines(const std::vector<std::string>& words) const {
    const std::string out = rpm(words);
    Lines lines;
    for (std::string_view rest = out; !rest.empty();) lines.emplace_back(package::take_line(rest));
    std::sort(lines.begin(), lines.end());
    return lines;
  }

 private:
  void build(const std::string& name, const char* spec, std::vector<std::string> more) {
    write_file(work_ / (name + ".spec"), spec);
    more.insert(more.begin(), {"rpmbuild", "-bb", "--define", "_topdir " + (work_ / "build"), "--define", "_rpmdir " + (work_ / "rpms"),
                               "--define", "debug_package %{nil}", "--define", "__os_install_post %{nil}"});
    more.push_back(work_ / (name + ".spec"));
    const CommandResult result = run_command(more);
    ASSERT_EQ(result.status, 0) << result.err;
  }

  TemporaryDirectory work_;
};

// What rpm puts into its database is asked for often; the packages are built once.
const RpmRoot& rpm_root() {
  static const RpmRoot the_root;
  return the_root;
}

class MadeByRpm : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "rpm --root takes root";
  }
};

std::string database_bytes() { return read_file(rpm_root().database() + "/rpmdb.sqlite"); }

MemoryTree tree_with(std::string bytes, const char* path = "/usr/lib/sysimage/rpm/rpmdb.sqlite") { return MemoryTree().file(path, std::move(bytes)); }

TEST_F(MadeByRpm, PackagesAreThoseOfRpm) {
  Root root = *Root::open(rpm_root().path());
  PackageDatabase database(root);
  EXPECT_EQ(database.format(), PackageFormat::rpm);
  EXPECT_EQ(packages(database), (Lines{"extra 1-1 x86_64 (extra)", "library 2-1 x86_64 (library)", "library 2-1 i686 (library)",
                                       "tool 1:1.2-3 noarch (tool) -> library, tool-interpreter", "tool-interpreter 1:1.2-3 noarch (tool)"}));
  Lines ours;
  for (const Package* package : database.packages()) ours.push_back(package->name + " " + package->version + " " + package->architecture);
  std::sort(ours.begin(), ours.end());
  EXPECT_EQ(ours, rpm_root().rpm_lines({"-qa", "--qf", "%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE} %{ARCH}\\n"}));
  EXPECT_EQ(database.problems(), Lines{});
}

TEST_F(MadeByRpm, FilesAreThoseThatRpmListsWithoutDirectories) {
  Root root = *Root::open(rpm_root().path());
  PackageDatabase database(root);
  EXPECT_EQ(files(database, "tool"), (Lines{"/usr/bin/link", "/usr/bin/tool", "/usr/share/doc/tool/README", "/var/log/tool.log"}));
  for (const Package* package : database.packages()) {
    Lines listed;
    for (const std::string& line : rpm_root().rpm_lines({"-q", "--qf", "[%{FILEMODES:perms} %{FILENAMES}\\n]", package->name + "." + package->architecture})) {
      if (line[0] != 'd') listed.push_back(line.substr(line.find(' ') + 1));
    }
    std::sort(listed.begin(), listed.end());
    EXPECT_EQ(database.files(*package), listed) << package->name;
  }
}

TEST_F(MadeByRpm, OwnersAreThoseThatRpmNames) {
  Root root = *Root::open(rpm_root().path());
  PackageDatabase database(root);
  for (const char* path : {"/usr/bin/tool", "/usr/bin/link", "/usr/share/tool", "/usr/share/tool/empty", "/usr/bin/tool-interpreter",
                           "/usr/lib/x86_64/liblibrary.so.2", "/usr/lib/i686/liblibrary.so.2"}) {
    const Package* package = database.owner(path);
    ASSERT_NE(package, nullptr) << path;
    EXPECT_EQ(rpm_root().rpm({"-qf", "--qf", "%{NAME}.%{ARCH}\\n", path}), package->name + "." + package->architecture + "\n");
  }
  EXPECT_EQ(owner(database, "/usr/lib/i686/liblibrary.so.2"), "library:i686");
  EXPECT_EQ(owner(database, "/usr/share/library/data"), "library");
  EXPECT_EQ(owner(database, "/usr/lib"), "nobody");
  // It is in the list, and --excludedocs kept it from being installed.
  EXPECT_EQ(owner(database, "/usr/share/doc/tool/README"), "nobody");
  EXPECT_EQ(rpm_root().run({"-qf", "/usr/share/doc/tool/README"}).status, 1);
}

TEST_F(MadeByRpm, TheDatabaseIsFoundWhereDistributionsHaveItAndNoFileBesideItIsNeeded) {
  const std::string bytes = database_bytes();
  for (const char* path : {"/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/rpm/rpmdb.sqlite", "/usr/share/rpm/rpmdb.sqlite"}) {
    Root root = Root::in_memory(tree_with(bytes, path));
    PackageDatabase database(root);
    EXPECT_EQ(database.packages().size(), 5u) << path;
    EXPECT_EQ(database.problems(), Lines{});
  }
}

TEST_F(MadeByRpm, ChangesThatAreOnlyInTheLogAreAProblem) {
  Root root = Root::in_memory(tree_with(database_bytes()).file("/usr/lib/sysimage/rpm/rpmdb.sqlite-wal", "some"));
  PackageDatabase database(root);
  EXPECT_EQ(database.packages().size(), 5u);
  ASSERT_EQ(database.problems().size(), 1u);
  EXPECT_NE(database.problems()[0].find("rpmdb.sqlite-wal"), std::string::npos);
}

TEST_F(MadeByRpm, AlteredDatabasesAreReadAsFarAsTheyGo) {
  const std::string bytes = database_bytes();
  Dice dice(1);
  size_t with_problems = 0, with_packages = 0;
  for (int round = 0; round < 150; ++round) {
    std::string changed = bytes;
    for (size_t edits = size_t{1} << dice.below(12); edits > 0; --edits) changed[dice.below(changed.size())] = static_cast<char>(dice.below(256));
    if (dice.percent(30)) changed.resize(dice.below(changed.size()));
    Root root = Root::in_memory(tree_with(changed));
    ask_everything(root);
    PackageDatabase database(root);
    with_packages += !database.packages().empty();
    with_problems += !database.problems().empty();
    ASSERT_FALSE(testing::Test::HasFailure()) << "in round " << round;
  }
  EXPECT_GT(with_problems, 20u);
  EXPECT_GT(with_packages, 20u);
}

TEST_F(MadeByRpm, DatabasesCutShortAreReadAsFarAsTheyGo) {
  const std::string bytes = database_bytes();
  for (size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 300) {
    Root root = Root::in_memory(tree_with(bytes.substr(0, length)));
    ask_everything(root);
  }
}

TEST(Rpm, OlderFormatsAreNamedAndNotRead) {
  for (const auto& [path, kind] : {std::pair("/var/lib/rpm/Packages", "Berkeley DB"), std::pair("/usr/lib/sysimage/rpm/Packages.db", "NDB")}) {
    Root root = Root::in_memory(MemoryTree().file(path, "bytes"));
    PackageDatabase database(root);
    EXPECT_EQ(database.format(), PackageFormat::rpm);
    EXPECT_EQ(database.owner("/usr/bin/tool"), nullptr);
    ASSERT_EQ(database.problems().size(), 1u);
    EXPECT_TRUE(database.problems()[0].starts_with(std::string(path) + ": an rpm database in the format " + kind)) << database.problems()[0];
  }
}

TEST(Rpm, AFileThatIsNoDatabaseIsAProblem) {
  for (const std::string& bytes : {std::string(), std::string("x"), std::string(5000, 'x'), std::string("SQLite format 3\0", 16)}) {
    Root root = Root::in_memory(tree_with(bytes));
    PackageDatabase database(root);
    EXPECT_EQ(database.format(), PackageFormat::rpm);
    EXPECT_EQ(database.packages().size(), 0u);
    EXPECT_GE(database.problems().size(), 1u) << bytes.size();
  }
}

// A database of any schema, as a hostile image may have it.
Lines problems_of(const std::string& sql, size_t expected_packages) {
  const TemporaryDirectory directory;
  const CommandResult made = run_command({"sqlite3", directory / "db"}, sql);
  EXPECT_EQ(made.status, 0) << made.err;
  Root root = Root::in_memory(tree_with(read_file(directory / "db")));
  PackageDatabase database(root);
  EXPECT_EQ(database.packages().size(), expected_packages);
  return database.problems();
}

// The sample header as SQL spells a blob.
std::string sample_blob() {
  std::string text = "x'";
  for (unsigned char byte : sample_rpm_header().blob()) text += "0123456789abcdef"[byte >> 4], text += "0123456789abcdef"[byte & 15];
  return text + "'";
}

TEST(RpmHostile, OnlyATableOfPackagesIsRead) {
  EXPECT_EQ(problems_of("CREATE TABLE Packages(hnum INTEGER PRIMARY KEY, blob BLOB); INSERT INTO Packages VALUES(1, " + sample_blob() + ");", 1), Lines{});
  const std::string other = "CREATE TABLE t(hnum, blob); INSERT INTO t VALUES(1, " + sample_blob() + ");";
  for (const std::string& sql : {other, other + "CREATE VIEW Packages AS SELECT hnum, blob FROM t;",
                                 std::string("CREATE VIEW Packages AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                                             "SELECT i AS hnum, zeroblob(1000000) AS blob FROM n;"),
                                 std::string("CREATE TABLE Packages(hnum INTEGER PRIMARY KEY, other BLOB);")}) {
    const Lines problems = problems_of(sql, 0);
    ASSERT_EQ(problems.size(), 1u) << sql;
    EXPECT_TRUE(problems[0].starts_with("/usr/lib/sysimage/rpm/rpmdb.sqlite: has no readable table of packages")) << problems[0];
  }
}

TEST(RpmHostile, RowsThatAreNoHeadersArePassedOver) {
  const Lines problems = problems_of(
      "CREATE TABLE Packages(hnum INTEGER PRIMARY KEY, blob); INSERT INTO Packages VALUES(1, 'text'), (2, NULL), (3, 5), (4, x'0000000000000000'), (5, " +
          sample_blob() + ");",
      1);
  EXPECT_EQ(problems.size(), 3u);
}

TEST(RpmHostile, NumbersThatRepeatEndTheReading) {
  const std::string row = "(7, " + sample_blob() + ")";
  const Lines problems = problems_of("CREATE TABLE Packages(hnum, blob); INSERT INTO Packages VALUES" + row + "," + row + ";", 1);
  ASSERT_GE(problems.size(), 1u);
  EXPECT_NE(problems[0].find("package 7 is not behind package 7"), std::string::npos) << problems[0];
}

}  // namespace
}  // namespace rootlet::test
