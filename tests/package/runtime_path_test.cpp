#include <gtest/gtest.h>

#include "rootlet/package.hpp"

namespace rootlet {
namespace {

TEST(RuntimePath, WhatIsReadWhileAProgramRunsStays) {
  for (const char* path : {
           "/usr/bin/curl",
           "/usr/lib/x86_64-linux-gnu/libcurl.so.4",
           "/usr/lib/x86_64-linux-gnu/gconv/ISO8859-15.so",
           "/usr/lib/python3/dist-packages/six.py",
           "/usr/lib/python3/dist-packages/cmake/__init__.py",
           "/usr/lib/python3/dist-packages/requests-2.28.1.egg-info/PKG-INFO",
           "/usr/lib/old/only.pyc",
           "/usr/share/icons/hicolor/16x16/apps/vim.png",
           "/usr/share/terminfo/x/xterm",
           "/usr/share/locale/locale.alias",
           "/usr/share/vim/vim90/doc/help.txt",
           "/usr/share/cmake-3.25/Modules/FindZLIB.cmake",
           "/usr/share/cmake/Modules/FindZLIB.cmake",
           "/usr/lib/gcc/x86_64-linux-gnu/12/include/stddef.h",
           "/etc/ssl/openssl.cnf",
           "/etc/init",
           "/usr/share/gdb/syscalls/amd64-linux.xml",
           "/usr/share/mandatory",
           "/var/lib/misc/data",
           "",
           "/",
       }) {
    EXPECT_TRUE(is_runtime_path(path)) << path;
  }
}

TEST(RuntimePath, LibtoolFilesThatSelectModulesStayAndThoseForLinkingGo) {
  EXPECT_TRUE(is_runtime_path("/usr/lib/x86_64-linux-gnu/ImageMagick-6.9.11/modules-Q16/coders/png.la"));
  EXPECT_TRUE(is_runtime_path("/usr/lib64/ImageMagick-7.1.1/modules-Q16HDRI/filters/analyze.la"));
  EXPECT_TRUE(is_runtime_path("/usr/lib/ImageMagick-6.4.0/coders/png.la"));
  EXPECT_TRUE(is_runtime_path("/usr/lib/gtk-3.0/modules/libgail.la"));
  EXPECT_FALSE(is_runtime_path("/usr/lib/x86_64-linux-gnu/libxmlsec1.la"));
}

TEST(RuntimePath, WhatServesReadersBuildersAndTheDistributionGoes) {
  for (const char* path : {
           "/usr/share/doc/curl/copyright",
           "/usr/share/man/man1/curl.1.gz",
           "/usr/share/man/de/man1/apt.1.gz",
           "/usr/share/info/grep.info.gz",
           "/usr/share/gtk-doc/html/glib/index.html",
           "/usr/share/help/C/gedit/index.docbook",
           "/usr/share/lintian/overrides/dash",
           "/usr/share/bug/vim/presubj",
           "/usr/share/menu/bash",
           "/usr/include/zlib.h",
           "/usr/include/x86_64-linux-gnu/sys/types.h",
           "/usr/lib/x86_64-linux-gnu/libz.a",
           "/usr/lib/x86_64-linux-gnu/pkgconfig/zlib.pc",
           "/usr/share/pkgconfig/bash-completion.pc",
           "/usr/lib/x86_64-linux-gnu/cmake/CURL/CURLConfig.cmake",
           "/usr/lib64/cmake/fmt/fmt-config.cmake",
           "/usr/share/cmake/fmt/fmt-config.cmake",
           "/usr/share/aclocal/pkg.m4",
           "/usr/share/aclocal-1.16/init.m4",
           "/usr/share/locale/de/LC_MESSAGES/grep.mo",
           "/usr/src/linux-headers-6.1/Makefile",
           "/var/cache/apt/pkgcache.bin",
           "/usr/lib/python3/dist-packages/__pycache__/six.cpython-311.pyc",
           "/lib/systemd/system/ssh.service",
           "/usr/lib/systemd/user/pipewire.service",
           "/etc/init.d/ssh",
           "/etc/rc2.d/S01ssh",
           "/etc/cron.daily/dpkg",
           "/etc/logrotate.d/apt",
           "/usr/share/bash-completion/completions/git",
           "/usr/lib/debug/.build-id/ab/cd.debug",
           "/usr/lib/.build-id/ab/cdef",
       }) {
    EXPECT_FALSE(is_runtime_path(path)) << path;
  }
}

}  // namespace
}  // namespace rootlet
