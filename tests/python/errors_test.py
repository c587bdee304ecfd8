"""Each code that can be provoked comes out as its exception."""

from __future__ import annotations

import os
import unittest
from typing import Any, Callable

import rootlet
from rootlet import errors
from support import Case


class Errors(Case):
    def check(self, kind: type[rootlet.Error], code: rootlet.Code, call: Callable[[], Any], path: object = "") -> rootlet.Error:
        with self.assertRaises(kind) as caught:
            call()
        error = caught.exception
        self.assertIs(type(error), kind)
        self.assertIs(error.code, code)
        self.assertEqual(error.path, str(path))
        self.assertEqual(str(error), error.message)
        self.assertGreater(len(error.message), 5)
        return error

    def test_invalid_argument(self) -> None:
        code = rootlet.Code.INVALID_ARGUMENT
        closure = rootlet.resolve("/usr/bin/xz", data="none")
        self.check(rootlet.InvalidArgument, code, lambda: closure.text("xml"))
        self.check(rootlet.InvalidArgument, code, lambda: closure.why(""))
        self.check(rootlet.InvalidArgument, code, lambda: rootlet.resolve("/usr/bin/xz", data="much"))
        self.check(rootlet.InvalidArgument, code, lambda: rootlet.resolve("usr/bin/xz"), "usr/bin/xz")
        self.assertTrue(issubclass(rootlet.InvalidArgument, ValueError))

    def test_not_found(self) -> None:
        self.check(rootlet.NotFound, rootlet.Code.NOT_FOUND, lambda: rootlet.resolve("/no/such"), "/no/such")
        self.check(rootlet.NotFound, rootlet.Code.NOT_FOUND, lambda: rootlet.Root("/no/such"), "/no/such")
        self.check(rootlet.NotFound, rootlet.Code.NOT_FOUND, lambda: rootlet.resolve("/", rules=["/no/such"]), "/no/such")

    def test_not_a_directory(self) -> None:
        self.check(rootlet.NotADirectory, rootlet.Code.NOT_A_DIRECTORY, lambda: rootlet.Root("/usr/bin/xz"), "/usr/bin/xz")

    def test_permission_denied(self) -> None:
        place = self.directory()
        plan = rootlet.resolve("/usr/bin/xz", data="none").plan()
        place.chmod(0o555)
        self.addCleanup(os.seteuid, os.geteuid())
        if os.geteuid() == 0:
            os.seteuid(65534)
        tar = place / "a.tar"
        self.check(rootlet.PermissionDenied, rootlet.Code.PERMISSION_DENIED, lambda: plan.write_tar(tar), tar)

    def test_io(self) -> None:
        with open("/dev/full", "wb", buffering=0) as full:
            name = f"descriptor {full.fileno()}"
            self.check(rootlet.Error, rootlet.Code.IO, lambda: rootlet.build("/usr/bin/xz", data="none", tar=full), name)

    def test_malformed(self) -> None:
        rules = [rootlet.Rules("mine", "= 1")]
        error = self.check(rootlet.Malformed, rootlet.Code.MALFORMED, lambda: rootlet.resolve("/usr/bin/xz", rules=rules), "mine")
        self.assertIn("mine:1", error.message)

    def test_unsupported(self) -> None:
        self.check(rootlet.Unsupported, rootlet.Code.UNSUPPORTED, lambda: rootlet.resolve("/dev/null"), "/dev/null")

    def test_already_exists(self) -> None:
        tree = self.tree()
        plan = rootlet.resolve("/usr/bin/xz", data="none").plan()
        self.check(rootlet.AlreadyExists, rootlet.Code.ALREADY_EXISTS, lambda: plan.write_dir(tree), tree)
        self.check(rootlet.AlreadyExists, rootlet.Code.ALREADY_EXISTS, lambda: plan.write_tar(tree), tree)

    def test_too_large(self) -> None:
        rules = [rootlet.Rules("mine", "#" * (8 << 20))]
        self.check(rootlet.TooLarge, rootlet.Code.TOO_LARGE, lambda: rootlet.resolve("/usr/bin/xz", rules=rules), "mine")

    def test_cancelled(self) -> None:
        self.check(rootlet.Cancelled, rootlet.Code.CANCELLED, lambda: rootlet.resolve("/usr/bin/xz", progress=lambda now: False))

    @unittest.skipIf("asan" in os.environ.get("LD_PRELOAD", ""), "the sanitizer ends the process when there is no memory")
    def test_no_memory(self) -> None:
        program = """
import resource, rootlet
text = b"\\xff" * (32 << 20)
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (48 << 20), resource.RLIM_INFINITY))
try:
    rootlet.printable(text)
except MemoryError as error:
    print(type(error).__name__, error.code.name)
"""
        self.assertEqual(self.python(program).stdout, "NoMemory NO_MEMORY\n")

    def test_every_code_has_a_class(self) -> None:
        for code in rootlet.Code:
            error = errors.error_class(code)(code, "words", "/path")
            self.assertIsInstance(error, rootlet.Error)
            self.assertEqual((error.code, str(error), error.path), (code, "words", "/path"))
        self.assertIs(rootlet.Error(-99, "of a later library").code, rootlet.Code.INTERNAL)


if __name__ == "__main__":
    unittest.main()
