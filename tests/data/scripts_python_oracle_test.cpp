// Python against the interpreter of this machine: every file that it loads must be among ours.
#include <gtest/gtest.h>

#include "data/scripts_closure.hpp"

namespace rootlet::test {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

class PythonOracle : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!installed(kPython)) GTEST_SKIP() << kPython << " is not installed";
    interpreter_ = std::filesystem::canonical(kPython);
    auto root = Root::open("/");
    ASSERT_TRUE(root.has_value());
    root_.emplace(std::move(*root));
  }

  // For each module the files of sys.modules after `import module`; nothing for one that fails here. One process
  // asks for all of them, each in a child.
  std::vector<std::set<std::string>> loaded(const Strings& modules) const {
    write_file(directory_ / "ask.py",
               "import os, sys\nfor n, module in enumerate(sys.argv[1:]):\n  if os.fork(): os.wait(); continue\n  __import__(module)\n"
               "  with open(sys.path[0] + '/' + str(n), 'w') as out:\n    for m in list(sys.modules.values()):\n      f = getattr(m, '__file__', None)\n"
               "      if f and f != __file__: print(f, file=out)\n  os._exit(0)\n");
    Strings command = {kPython, directory_ / "ask.py"};
    command.insert(command.end(), modules.begin(), modules.end());
    EXPECT_EQ(run_command(command).status, 0);
    std::vector<std::set<std::string>> found;
    for (size_t i = 0; i < modules.size(); ++i) {
      const std::string answer = directory_ / std::to_string(i);
      found.push_back(std::filesystem::exists(answer) ? paths_in(read_file(answer)) : std::set<std::string>());
    }
    return found;
  }

  std::set<std::string> ours(const std::string& module) {
    // A Root looks a file up once: each entry has a name of its own.
    const std::string entry = directory_ / (module + ".entry");
    write_file(entry, "import " + module + "\n");
    return script_closure(*root_, ScriptLanguage::python, interpreter_, entry);
  }

  TemporaryDirectory directory_;
  std::string interpreter_;
  std::optional<Root> root_;
};

TEST_F(PythonOracle, LoadsNothingAtItsStartThatIsNotListed) {
  const auto real = loaded({"sys"}).front();
  ASSERT_GT(real.size(), 5u);
  EXPECT_EQ(lines_of(without(real, ours("sys"))), "");
}

TEST_F(PythonOracle, FindsEveryFileThatModulesOfTheLibraryLoad) {
  Figures figures;
  const Strings modules =
       {"json", "re", "argparse", "subprocess", "socket", "ssl", "http.client", "http.server", "urllib.request", "email.message", "email.mime.text",
        "logging.handlers", "asyncio", "csv", "decimal", "fractions", "datetime", "pathlib", "shutil", "tempfile", "zipfile", "tarfile", "hashlib",
        "threading", "typing", "dataclasses", "unittest", "sqlite3", "xml.etree.ElementTree", "xml.dom.minidom", "configparser", "optparse", "pickle",
        "multiprocessing", "concurrent.futures", "inspect", "collections", "random", "statistics", "platform", "gettext", "curses", "ctypes", "glob",
        "uuid", "smtplib", "secrets", "array", "zoneinfo", "html.parser", "tomllib", "xmlrpc.client", "queue", "gzip", "lzma", "importlib.metadata"};
  const auto real = loaded(modules);
  for (size_t i = 0; i < modules.size(); ++i) {
    if (real[i].empty()) continue;  // an interpreter without this module
    const auto found = ours(modules[i]);
    EXPECT_EQ(lines_of(without(real[i], found)), "") << "import " << modules[i];
    figures.add(found, real[i]);
  }
  ASSERT_GT(figures.count, 30u);
  std::printf("%zu modules, %.2f times the bytes that are really loaded\n", figures.count, figures.mean());
  EXPECT_LT(figures.mean(), 3.0);
}

TEST_F(PythonOracle, FindsEveryFileThatInstalledPackagesLoad) {
  size_t count = 0;
  const Strings modules = {"yaml", "pygments", "six", "pyparsing", "OpenSSL", "cryptography.x509", "jwt", "httplib2", "apt", "gi", "dbus", "setuptools",
                             "pkg_resources", "distro", "elftools.elf.elffile", "argcomplete", "requests", "numpy"};
  const auto real = loaded(modules);
  for (size_t i = 0; i < modules.size(); ++i) {
    if (real[i].empty()) continue;
    ++count;
    EXPECT_EQ(lines_of(without(real[i], ours(modules[i]))), "") << "import " << modules[i];
  }
  if (count == 0) GTEST_SKIP() << "no package for Python is installed";
}

}  // namespace
}  // namespace rootlet::test
