"""The package, the command and a C program say the same, byte for byte."""

from __future__ import annotations

import shutil
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import rootlet
from rootlet import _library
from support import COMMAND, SOURCE, Case, programs

C_PROGRAM = r"""
#include <rootlet.h>
#include <stdio.h>
int main(int count, char **entries) {
  rootlet_root *root;
  if (rootlet_root_open("/", &root, NULL) != ROOTLET_OK) return 1;
  for (int i = 1; i < count; ++i) {
    rootlet_closure *closure;
    rootlet_text *text;
    if (rootlet_resolve(root, NULL, (const char *const *)&entries[i], 1, &closure, NULL) != ROOTLET_OK) return 1;
    if (rootlet_closure_text(closure, "json", &text, NULL) != ROOTLET_OK) return 1;
    fwrite(rootlet_text_data(text), 1, rootlet_text_size(text), stdout);
    rootlet_text_free(text);
    rootlet_closure_free(closure);
  }
  rootlet_root_free(root);
  return 0;
}
"""


def run(*arguments: str) -> bytes:
    return subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


class Command(Case):
    def test_json_of_twenty_programs(self) -> None:
        names = programs(20)
        self.assertEqual(len(names), 20)
        with ThreadPoolExecutor(2) as pool:
            printed = list(pool.map(lambda name: run(COMMAND, "resolve", "--format", "json", name), names))
        root = rootlet.Root("/")
        for name, expected in zip(names, printed):
            self.assertEqual(root.resolve(name).json().encode(), expected, name)

    def test_options_and_other_formats(self) -> None:
        closure = rootlet.resolve("/usr/bin/curl", locale=["C.UTF-8"], exclude=["/etc/*"], data="package", cpu="base")
        options = ("--locale", "C.UTF-8", "--exclude", "/etc/*", "--data", "package", "--cpu", "base")
        for format in ("json", "paths", "dot"):
            printed = run(COMMAND, "resolve", "--format", format, *options, "/usr/bin/curl")
            self.assertEqual(closure.text(format).encode("utf-8", "surrogateescape"), printed, format)

    def test_why(self) -> None:
        printed = run(COMMAND, "why", "/lib64", "/usr/bin/xz").decode()
        self.assertEqual(str(rootlet.resolve("/usr/bin/xz", record_attempts=True).why("/lib64", limit=0)), printed)

    def test_layers(self) -> None:
        place = self.directory()
        rootlet.build("/usr/bin/xz", "/usr/bin/curl", tar=place / "a.tar")
        run(COMMAND, "build", "--tar", str(place / "b.tar"), "/usr/bin/xz", "/usr/bin/curl")
        self.assertEqual((place / "a.tar").read_bytes(), (place / "b.tar").read_bytes())

    @unittest.skipUnless(shutil.which("cc"), "there is no C compiler")
    def test_a_c_program(self) -> None:
        place = self.directory()
        (place / "json.c").write_text(C_PROGRAM)
        library = Path(_library.lib._name)
        (place / "librootlet.so.0").symlink_to(library)
        subprocess.run(["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", f"-I{SOURCE / 'include'}", "-o", place / "json",
                        place / "json.c", library, "-Wl,-rpath,$ORIGIN"], check=True)
        names = programs(5)
        root = rootlet.Root("/")
        expected = "".join(root.resolve(name).json() for name in names).encode()
        self.assertEqual(run(str(place / "json"), *names), expected)


if __name__ == "__main__":
    unittest.main()
