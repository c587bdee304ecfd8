// Writes the small trees that the tests of rootlet.h look into: DIRECTORY/dpkg and DIRECTORY/rpm. Both hold
// something for most parts of the library: a cache, hwcaps, a note, rules, scripts, packages, configuration.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "loader/cache.hpp"
#include "package/rpm_header_builder.hpp"
#include "rootlet/elf.hpp"
#include "support/elf_builder.hpp"
#include "support/notes.hpp"

namespace rootlet::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLoader = "/lib64/ld-linux-x86-64.so.2";
constexpr const char* kStatus = R"(Package: libc6
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Version: 2.36-9

Package: zlib1g
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Version: 1:1.2.13
Depends: libc6 (>= 2.14)

Package: app
Status: install ok installed
Architecture: amd64
Version: 1.0
Depends: zlib1g, libc6 | other
Recommends: tool

)";

class Tree {
 public:
  explicit Tree(fs::path top) : top_(std::move(top)) { fs::create_directories(top_); }

  Tree& file(const std::string& path, const std::string& content, mode_t mode = 0644) {
    const fs::path place = top_ / path;
    fs::create_directories(place.parent_path());
    std::ofstream(place, std::ios::binary) << content;
    settle(place, mode);
    return *this;
  }
  Tree& program(const std::string& path, ElfSpec spec) {
    spec.interpreter = kLoader;
    return file(path, build_elf(spec), 0755);
  }
  Tree& library(const std::string& path, ElfSpec spec = {}) {
    spec.soname = fs::path(path).filename().string();
    return file(path, build_elf(spec));
  }
  Tree& link(const std::string& path, const std::string& target) {
    const fs::path place = top_ / path;
    fs::create_directories(place.parent_path());
    fs::create_symlink(target, place);
    return *this;
  }
  Tree& hard_link(const std::string& path, const std::string& existing) {
    fs::create_hard_link(top_ / existing, top_ / path);
    return *this;
  }

 private:
  // The same times wherever and whenever it is made.
  static void settle(const fs::path& place, mode_t mode) {
    const timespec times[2] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
    if (::chmod(place.c_str(), mode) != 0 || ::utimensat(AT_FDCWD, place.c_str(), times, 0) != 0)
      std::abort();
  }
  fs::path top_;
};

ElfSpec needs(std::initializer_list<const char*> names) {
  ElfSpec spec;
  for (const char* name : names) spec.needs(name);
  return spec;
}

std::string cache() {
  return write_library_cache(
      {{"libz.so.1", "/lib/x86_64-linux-gnu/libz.so.1", 0x0303, "", 0},
       {"libz.so.1", "/lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libz.so.1", 0x0303, "x86-64-v3", 0},
       {"libc.so.6", "/lib/x86_64-linux-gnu/libc.so.6", 0x0303, "", 0}},
      ByteOrder::little);
}

// A Java archive of one member, which is not compressed.
std::string jar(const std::string& manifest) {
  const std::string name = "META-INF/MANIFEST.MF";
  uint32_t sum = ~0u;
  for (const char c : manifest) {
    sum ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
  }
  const auto little = [](uint64_t value, int bytes) {
    std::string text;
    for (; bytes > 0; --bytes, value >>= 8) text += static_cast<char>(value & 255);
    return text;
  };
  const std::string what = little(20, 2) + little(0, 4) + little(0, 4) + little(~sum, 4) +
                           little(manifest.size(), 4) + little(manifest.size(), 4) + little(name.size(), 2) +
                           little(0, 2);
  const std::string local = "PK\3\4" + what + name + manifest;
  const std::string central = "PK\1\2" + little(20, 2) + what + little(0, 2 + 2 + 2 + 4 + 4) + name;
  return local + central + "PK\5\6" + little(0, 4) + little(1, 2) + little(1, 2) + little(central.size(), 4) +
         little(local.size(), 4) + little(0, 2);
}

void programs(Tree& tree) {
  ElfSpec app = needs({"libz.so.1", "libc.so.6"});
  app.imports = {"dlopen",   "setlocale", "iconv_open",    "getaddrinfo",
                 "getpwnam", "localtime", "bindtextdomain"};
  app.strings = {"libplug.so.1", "/usr/share/app/data.txt", "/etc/app.conf", "app"};
  const char* note = R"([{"soname":["libnote.so.2"],"feature":"notes","priority":"required"}])";
  app.interpreter = kLoader;
  tree.file("usr/bin/app", elf_with_note(app, "FDO", elf::kNoteDlopen, note), 0755);
  tree.hard_link("usr/bin/app-again", "usr/bin/app");
  ElfSpec broken = needs({"libz.so.1", "libgone.so.3"});
  broken.runpath = "/opt/none:$ORIGIN/../lib/app";
  tree.program("usr/bin/broken", broken);
  for (const char* name : {"dash", "python3.11", "perl", "node", "grep"})
    tree.program(std::string("usr/bin/") + name, needs({"libc.so.6"}));
  tree.link("usr/bin/sh", "dash").link("usr/bin/python3", "python3.11");
  tree.file("usr/bin/tool",
            "#!/bin/sh\nset -e\nDATA=/usr/share/app\n. \"$DATA/lib.sh\"\ngrep -q x \"$DATA/data.txt\" && "
            "exec app\n",
            0755);
  tree.file("usr/share/app/lib.sh", "run() { tool.py \"$@\"; }\nrun | missing-command\n");
  tree.file(
      "usr/bin/tool.py",
      "#!/usr/bin/python3\nimport os, helper\nfrom helper import part\nopen('/usr/share/app/data.txt')\n",
      0755);
  tree.file("usr/lib/python3.11/os.py", "import abc\n").file("usr/lib/python3.11/abc.py", "x = 1\n");
  tree.file("usr/lib/python3/dist-packages/helper/__init__.py", "import os\n")
      .file("usr/lib/python3/dist-packages/helper/part.py", "");
  tree.file("usr/bin/tool.js", "#!/usr/bin/node\nconst dep = require('dep');\nimport('./more.mjs');\n", 0755);
  tree.file("usr/bin/node_modules/dep/package.json",
            R"({"name":"dep","exports":{".":{"import":"./a.mjs","default":["./a.js"]}}})");
  tree.file("usr/bin/node_modules/dep/a.js", "exports.x = 1;\n");
  tree.file("usr/share/java/tool.jar",
            jar("Manifest-Version: 1.0\r\nClass-Path: help.jar file:/usr/share/app/lib.sh\r\n"))
      .file("usr/share/java/help.jar", "");
  tree.file("usr/bin/tool.pl", "#!/usr/bin/perl\nuse strict;\nuse Helper;\nrequire 'more.pl';\n", 0755);
  tree.file("usr/share/perl5/Helper.pm", "package Helper;\n1;\n")
      .file("usr/share/perl/5.36.0/strict.pm", "package strict;\n1;\n");
}

void libraries(Tree& tree) {
  ElfSpec loader;
  loader.strings = {"/lib/x86_64-linux-gnu/", "/usr/lib/x86_64-linux-gnu/", "/lib/", "/usr/lib/"};
  tree.link("lib", "usr/lib").link("lib64", "usr/lib64").link("bin", "usr/bin");
  tree.library("usr/lib64/ld-linux-x86-64.so.2", loader);
  const std::string lib = "usr/lib/x86_64-linux-gnu/";
  tree.library(lib + "libc.so.6", needs({"ld-linux-x86-64.so.2"}));
  ElfSpec z = needs({"libc.so.6"});
  z.soname = "libz.so.1";
  tree.file(lib + "libz.so.1.2.13", build_elf(z)).link(lib + "libz.so.1", "libz.so.1.2.13");
  tree.library(lib + "glibc-hwcaps/x86-64-v3/libz.so.1", needs({"libc.so.6"}));
  tree.library(lib + "libplug.so.1", needs({"libhelp.so.1"}))
      .library(lib + "libhelp.so.1")
      .library(lib + "libnote.so.2");
  tree.library(lib + "libnss_files.so.2").library(lib + "libnss_own.so.2", needs({"libc.so.6"}));
  tree.library(lib + "gconv/UTF-16.so").library(lib + "gconv/ISO8859-1.so");
  tree.file(lib + "gconv/gconv-modules",
            "alias UTF16// UTF-16//\nmodule UTF-16// INTERNAL UTF-16 1\nmodule INTERNAL UTF-16// UTF-16 1\n"
            "module ISO-8859-1// INTERNAL ISO8859-1 1\nmodule INTERNAL ISO-8859-1// ISO8859-1 1\n");
}

void data(Tree& tree) {
  tree.file("etc/ld.so.cache", cache())
      .file("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n")
      .file("etc/ld.so.conf.d/a.conf", "/opt/lib\n");
  tree.file("etc/nsswitch.conf", "passwd: files own\nhosts: files dns [NOTFOUND=return] own\n")
      .file("etc/app.conf", "charset = UTF-16\n");
  tree.file("etc/passwd", "root:x:0:0::/:/bin/sh\n")
      .file("etc/hosts", "127.0.0.1 localhost\n")
      .file("etc/services", "http 80/tcp\n");
  tree.file("etc/localtime", "TZif2")
      .file("usr/share/zoneinfo/Europe/Berlin", "TZif2")
      .file("usr/share/zoneinfo/tzdata.zi", "# version 2024a\n");
  tree.file("usr/lib/locale/C.utf8/LC_CTYPE", "ctype")
      .file("usr/share/locale/de/LC_MESSAGES/app.mo", "\xde\x12\x04\x95");
  tree.file("usr/share/app/data.txt", "text\n")
      .file("usr/share/app/F\xc5\x91tan\xc3\xba \xff.txt", "odd\n", 0600);
  tree.file("usr/share/app/\xc5\x91.txt", "one character\n");
  std::string large(3 << 20, 'x');
  for (size_t i = 0; i < large.size(); i += 512) large[i] = static_cast<char>(i >> 9);
  tree.file("usr/share/app/large", large);
  tree.file("usr/share/app/" + std::string(120, 'n') + "/" + std::string(200, 'm'), "deep\n")
      .link("usr/share/app/dangling", "/nowhere");
}

void dpkg(Tree& tree) {
  tree.file("var/lib/dpkg/status", kStatus);
  tree.file("var/lib/dpkg/info/libc6:amd64.list",
            "/.\n/lib\n/lib/x86_64-linux-gnu\n/lib/x86_64-linux-gnu/libc.so.6\n");
  tree.file("var/lib/dpkg/info/zlib1g:amd64.md5sums", "0123456789abcdef0123456789abcdef  lib/x86_64-linux-gnu/libz.so.1.2.13\n");
  tree.file("usr/lib/os-release", "ID=debian\nVERSION_ID=12\n").link("etc/os-release", "../usr/lib/os-release");
  tree.file("usr/share/doc/app/copyright", "License: MIT\n").link("usr/share/doc/zlib1g", "app");
  tree.file("var/lib/dpkg/info/zlib1g:amd64.list",
            "/.\n/lib/x86_64-linux-gnu/libz.so.1\n/lib/x86_64-linux-gnu/libz.so.1.2.13\n");
  tree.file("var/lib/dpkg/info/app.list",
            "/.\n/usr\n/usr/bin\n/usr/bin/app\n/usr/share/app\n/usr/share/app/data.txt\n/etc/app.conf\n");
}

void rpm(Tree& tree) {
  sqlite3* handle = nullptr;
  const std::string blob = sample_rpm_header().blob();
  sqlite3_stmt* insert = nullptr;
  if (sqlite3_open(":memory:", &handle) != SQLITE_OK ||
      sqlite3_exec(handle,
                   "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)",
                   nullptr, nullptr, nullptr) != SQLITE_OK ||
      sqlite3_prepare_v2(handle, "INSERT INTO Packages (blob) VALUES (?1)", -1, &insert, nullptr) !=
          SQLITE_OK ||
      sqlite3_bind_blob(insert, 1, blob.data(), static_cast<int>(blob.size()), SQLITE_STATIC) != SQLITE_OK ||
      sqlite3_step(insert) != SQLITE_DONE) {
    std::abort();
  }
  sqlite3_finalize(insert);
  sqlite3_int64 size = 0;
  unsigned char* bytes = sqlite3_serialize(handle, "main", &size, 0);
  tree.file("usr/lib/sysimage/rpm/rpmdb.sqlite", {reinterpret_cast<char*>(bytes), static_cast<size_t>(size)});
  sqlite3_free(bytes);
  sqlite3_close(handle);
}

void write(const fs::path& directory) {
  fs::remove_all(directory);
  for (const char* kind : {"dpkg", "rpm"}) {
    Tree tree(directory / kind);
    libraries(tree);
    programs(tree);
    data(tree);
    kind == std::string("dpkg") ? dpkg(tree) : rpm(tree);
  }
}

}  // namespace
}  // namespace rootlet::test

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: c_world DIRECTORY\n", stderr), 2;
  rootlet::test::write(argv[1]);
  return 0;
}
