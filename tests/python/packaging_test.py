"""The package is found, built, installed and used as its users do it."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import unittest
import zipfile
from pathlib import Path

import rootlet
from rootlet import _library
from support import SOURCE, Case

PACKAGE = SOURCE / "bindings" / "python"
LIBRARY = Path(_library.lib._name)
USE = """
import rootlet
from rootlet import _library
print(_library.lib._name)
print(len(rootlet.resolve("/usr/bin/xz", data="none").files))
"""


def environment(**more: str) -> dict[str, str]:
    """Without what leads to this tree."""
    return {**{key: value for key, value in os.environ.items() if not re.match("ROOTLET|PYTHON|PIP", key)}, **more}


class Finding(Case):
    def load(self, **more: str) -> subprocess.CompletedProcess[str]:
        return self.python(USE, env=environment(**more), cwd="/")

    def copy(self) -> Path:
        place = self.directory()
        shutil.copytree(PACKAGE / "rootlet", place / "rootlet", ignore=shutil.ignore_patterns("__pycache__", "*.so*"))
        return place

    def test_the_environment_names_it(self) -> None:
        done = self.load(PYTHONPATH=str(PACKAGE), ROOTLET_LIBRARY=str(LIBRARY))
        self.assertEqual(done.stdout.split("\n")[0], str(LIBRARY))
        done = self.load(PYTHONPATH=str(PACKAGE), ROOTLET_LIBRARY="/no/such.so")
        self.assertRegex(done.stderr, "ImportError: ROOTLET_LIBRARY names a library that cannot be loaded: /no/such.so")

    def test_it_stands_beside_the_package(self) -> None:
        place = self.copy()
        (place / "rootlet" / "librootlet.so.0").symlink_to(LIBRARY)
        self.assertEqual(self.load(PYTHONPATH=str(place)).stdout.split("\n")[0], str(place / "rootlet" / "librootlet.so.0"))

    def test_the_loader_finds_it(self) -> None:
        place = self.copy()
        (place / "librootlet.so.0").symlink_to(LIBRARY)
        done = self.load(PYTHONPATH=str(place), LD_LIBRARY_PATH=str(place))
        self.assertEqual(done.stdout.split("\n")[0], "librootlet.so.0")

    def test_what_to_do_is_said_where_there_is_none(self) -> None:
        done = self.load(PYTHONPATH=str(self.copy()))
        if done.returncode == 0:
            self.skipTest("librootlet.so.0 is installed on this machine")
        self.assertIn("ImportError: there is no librootlet.so.0", done.stderr)
        for word in ("no such file", "pip install", "ROOTLET_LIBRARY"):
            self.assertIn(word, done.stderr)

    def test_another_library_is_refused(self) -> None:
        done = self.load(PYTHONPATH=str(PACKAGE), ROOTLET_LIBRARY="libc.so.6")
        self.assertRegex(done.stderr, "ImportError: libc.so.6 has no function rootlet_version: it is older than this package")


class Packaging(Case):
    library: Path
    module: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.place = cls.directory(cls())
        cls.library = cls.place / "librootlet.so.0"
        cls.module = cls.place / "librootlet-lief.so"
        shutil.copy(LIBRARY, cls.library)
        shutil.copy(LIBRARY.resolve().parent / cls.module.name, cls.module)
        if shutil.which("strip"):
            subprocess.run(["strip", cls.library, cls.module], check=True)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.doClassCleanups()
        shutil.rmtree(cls.place, ignore_errors=True)

    def pip(self, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pip", "--no-cache-dir", "--disable-pip-version-check", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env=environment(**more), cwd="/")

    def copy(self) -> Path:
        """Of the package alone: the C++ source does not stand around it."""
        copy = self.directory() / "python"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.so*"))
        return copy

    def venv(self) -> Path:
        venv = self.directory() / "venv"
        made = subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], capture_output=True, text=True)
        if made.returncode != 0:
            self.skipTest(f"no venv can be made: {made.stdout}{made.stderr}")
        return venv / "bin" / "python"

    def backend(self, source: Path, hook: str, place: Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Calls a hook as the tools that build packages do."""
        program = f"import sys; sys.path.insert(0, 'backend'); import rootlet_backend as it; print(it.{hook}({str(place)!r}))"
        return self.python(program, cwd=source, env=environment(PYTHONDONTWRITEBYTECODE="1", **more))

    def test_a_wheel_is_built_installed_and_used_without_the_source(self) -> None:
        source, place = self.copy(), self.directory()
        built = self.pip("wheel", "--no-index", "--no-deps", "-w", place, source, ROOTLET_LIBRARY=str(self.library))
        self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
        (wheel,) = place.iterdir()
        self.assertRegex(wheel.name, rf"^rootlet-{re.escape(rootlet.version())}-py3-none-linux_\w+\.whl$")
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
            self.assertEqual(names[:-1], sorted(names[:-1]))
            (record,) = [name for name in names if name.endswith(".dist-info/RECORD")]
            listed = dict(line.split(",", 1) for line in archive.read(record).decode().splitlines())
            self.assertEqual(set(listed), set(names))
            for name, value in listed.items():
                data = archive.read(name)
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
                self.assertEqual(value, "," if name == record else f"sha256={digest},{len(data)}")
            self.assertLessEqual({"rootlet/__init__.py", "rootlet/py.typed", "rootlet/librootlet.so.0", "rootlet/librootlet-lief.so"}, set(names))
        shutil.rmtree(source)

        python = self.venv()
        installed = self.pip("--python", python, "install", "--no-index", wheel)
        self.assertEqual(installed.returncode, 0, installed.stdout + installed.stderr)
        used = subprocess.run([python, "-I", "-c", USE], capture_output=True, text=True, env=environment(), cwd="/")
        self.assertEqual(used.returncode, 0, used.stderr)
        name, count = used.stdout.split()
        self.assertTrue(name.startswith(str(python.parent.parent)), name)
        self.assertEqual(int(count), len(rootlet.resolve("/usr/bin/xz", data="none").files))

    def test_an_editable_installation_follows_the_source(self) -> None:
        source, python = self.copy(), self.venv()
        installed = self.pip("--python", python, "install", "--no-index", "-e", source, ROOTLET_LIBRARY=str(self.library))
        self.assertEqual(installed.returncode, 0, installed.stdout + installed.stderr)
        with open(source / "rootlet" / "__init__.py", "a") as file:
            file.write("\nEDITED = True\n")
        program = USE + "assert rootlet.EDITED"
        used = subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, env=environment(), cwd="/")
        self.assertEqual(used.returncode, 0, used.stderr)
        self.assertEqual(used.stdout.split()[0], str(source / "rootlet" / "librootlet.so.0"))

    def test_same_files_same_bytes(self) -> None:
        for hook in ("build_wheel", "build_sdist"):
            outputs = []
            for epoch in ("1700000000", "1700000000", "1600000000"):
                source, place = self.copy(), self.directory()
                done = self.backend(source, hook, place, ROOTLET_LIBRARY=str(self.library), SOURCE_DATE_EPOCH=epoch)
                self.assertEqual(done.returncode, 0, done.stderr)
                outputs.append((place / done.stdout.strip()).read_bytes())
            self.assertEqual(outputs[0], outputs[1], hook)
            self.assertNotEqual(outputs[0], outputs[2], hook)

    def test_a_source_distribution_has_what_is_needed_and_says_what_is_not(self) -> None:
        place = self.directory()
        done = self.backend(PACKAGE, "build_sdist", place)
        self.assertEqual(done.returncode, 0, done.stderr)
        stem = f"rootlet-{rootlet.version()}"
        with tarfile.open(place / f"{stem}.tar.gz") as archive:
            names = {name[len(stem) + 1:] for name in archive.getnames()}
        subprocess.run(["tar", "-xzf", place / f"{stem}.tar.gz", "-C", place], check=True)
        modules = {f"rootlet/{file.name}" for file in (PACKAGE / "rootlet").glob("*.py")}
        self.assertEqual(names, modules | {"LICENSE", "PKG-INFO", "README.md", "pyproject.toml", "rootlet/py.typed",
                                           "backend/rootlet_backend.py"})
        source = place / stem
        done = self.backend(source, "build_wheel", place)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("does not stand in rootlet's source tree", done.stderr)
        self.assertIn("ROOTLET_LIBRARY", done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        done = self.backend(source, "build_wheel", place, ROOTLET_LIBRARY=str(self.library))
        self.assertEqual(done.returncode, 0, done.stderr)
        with zipfile.ZipFile(place / done.stdout.strip()) as wheel:
            self.assertIn(f"{stem}.dist-info/licenses/LICENSE", wheel.namelist())

    @unittest.skipUnless(os.environ.get("ROOTLET_LONG_TESTS"), "builds the library anew; set ROOTLET_LONG_TESTS")
    def test_the_library_is_built_from_the_source_tree(self) -> None:
        place = self.directory()
        built = self.pip("install", "--no-index", "--target", place, PACKAGE)
        self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
        used = self.python(USE, env=environment(PYTHONPATH=str(place)), cwd="/")
        self.assertEqual(used.stdout.split("\n")[0], str(place / "rootlet" / "librootlet.so.0"), used.stderr)


if __name__ == "__main__":
    unittest.main()
