// A small root of each format. Those of dpkg are as dpkg 1.21 writes them; apk's follow apk_db_fdb_write() of apk-tools'
// src/database.c; pacman's follow alpm-db-desc(5) and alpm-db-files(5).
#pragma once

#include <string>

#include "rootlet/root.hpp"

namespace rootlet::test {

inline constexpr const char* kDpkgStatus = R"(Package: libc6
Status: install ok installed
Priority: optional
Architecture: amd64
Multi-Arch: same
Source: glibc (2.36-9+deb12u9)
Version: 2.36-9
Replaces: libc6-amd64
Depends: libgcc-s1, libcrypt1 (>= 1:4.4.10-10~)
Conffiles:
 /etc/ld.so.conf.d/x86_64-linux-gnu.conf d4e7a7b88a71b5ffd9e2644e71a0cfab
Description: GNU C Library: Shared libraries
 Contains the standard libraries
 .
 Package: not-a-package

Package: libgcc-s1
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Source: gcc-12
Version: 12.2.0-14
Depends: gcc-12-base (= 12.2.0-14), libc6 (>= 2.35)

Package: tool
Status: install ok triggers-pending
Architecture: all
Version: 1:2.0-1
Pre-Depends: libc6 (>= 2.14)
Depends: missing | mail-agent,
 libgcc-s1:any, tool

Package: mailer
Status: hold ok half-configured
Architecture: amd64
Version: 3
Provides: mail-agent (= 3), other-agent

Package: removed
Status: deinstall ok config-files
Architecture: amd64
Version: 4

)";

inline constexpr const char* kApkInstalled = R"(C:Q1DuXsOQ8p1T2+ZlYhb0nZqTGqkiM=
P:musl
V:1.2.5-r0
A:x86_64
S:407278
I:667648
T:the musl c library (libc) implementation
o:musl
t:1709901334
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1YHWGpA7qbR0hSZ1rTRzz5ztEZGg=
R:libc.musl-x86_64.so.1
a:0:0:777

C:Q1gbEVB1nbKiRLYkZ0nOiZqNRaBkM=
P:busybox
V:1.36.1-r29
A:x86_64
o:busybox
D:so:libc.musl-x86_64.so.1
p:/bin/sh cmd:busybox=1.36.1-r29
r:busybox-initscripts
F:bin
R:busybox
a:0:0:755
F:var
F:var/empty
M:0:0:555

C:Q1abcVB1nbKiRLYkZ0nOiZqNRaBkM=
P:tool
V:1-r0
A:x86_64
o:tool-suite
D:/bin/sh musl>=1.2 cmd:busybox !conflict so:libnone.so.1 missing~1
F:
R:at-the-top
F:usr/share/tool
R:data

)";

inline constexpr const char* kPacmanDesc = R"(%NAME%
bash

%VERSION%
5.2.026-2

%BASE%
bash-suite

%DESC%
The GNU Bourne Again shell

%ARCH%
x86_64

%DEPENDS%
readline
libreadline.so=8-64
glibc>=2.38
missing

%PROVIDES%
sh

)";

inline constexpr const char* kPacmanFiles = R"(%FILES%
usr/
usr/bin/
usr/bin/bash
usr/bin/sh
etc/skel/

%BACKUP%
etc/bash.bashrc	027d6bd8f5f6a06b75bb7698cb478089
)";

inline MemoryTree dpkg_tree() {
  MemoryTree tree;
  tree.file("/var/lib/dpkg/status", kDpkgStatus);
  tree.file("/var/lib/dpkg/info/libc6:amd64.list", "/.\n/lib\n/lib/libc.so.6\n/usr\n/usr/share\n/usr/share/doc\n");
  tree.file("/var/lib/dpkg/info/libgcc-s1:amd64.list", "/.\n/lib\n/lib/libgcc_s.so.1\n");
  tree.file("/var/lib/dpkg/info/tool.list", "/.\n/usr\n/usr/bin\n/usr/bin/tool\n/usr/bin/mail\n");
  tree.file("/var/lib/dpkg/info/mailer.list", "/.\n/usr\n/usr/bin\n/usr/bin/mail\n");
  tree.file("/var/lib/dpkg/diversions", "/usr/bin/mail\n/usr/bin/mail.distrib\nmailer\n");
  return tree;
}

inline MemoryTree apk_tree(std::string installed = kApkInstalled) {
  return MemoryTree().file("/lib/apk/db/installed", std::move(installed));
}

inline MemoryTree pacman_tree() {
  const std::string local = "/var/lib/pacman/local/";
  MemoryTree tree;
  tree.file(local + "ALPM_DB_VERSION", "9\n");
  tree.file(local + "bash-5.2.026-2/desc", kPacmanDesc);
  tree.file(local + "bash-5.2.026-2/files", kPacmanFiles);
  tree.file(local + "readline-8.2.010-1/desc", "%NAME%\nreadline\n\n%VERSION%\n8.2.010-1\n\n%ARCH%\nx86_64\n\n%PROVIDES%\nlibreadline.so=8-64\n\n");
  tree.file(local + "readline-8.2.010-1/files", "%FILES%\nusr/\nusr/lib/\nusr/lib/libreadline.so.8\n");
  tree.file(local + "glibc-2.39-4/desc", "%NAME%\nglibc\n\n%VERSION%\n2.39-4\n\n%ARCH%\nx86_64\n");
  tree.file(local + "glibc-2.39-4/files", "%FILES%\nusr/\nusr/lib/\nusr/lib/libc.so.6\n");
  return tree;
}

}  // namespace rootlet::test
