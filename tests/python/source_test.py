"""The examples run, the types hold, the version is one."""

from __future__ import annotations

import doctest
import importlib
import os
import re
import shutil
import subprocess
import sys
import unittest

import rootlet
from support import SOURCE, Case

PACKAGE = SOURCE / "bindings" / "python"


def load_tests(loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: object) -> unittest.TestSuite:
    for file in sorted((PACKAGE / "rootlet").glob("*.py")):
        name = "rootlet" if file.stem == "__init__" else f"rootlet.{file.stem}"
        tests.addTests(doctest.DocTestSuite(importlib.import_module(name)))
    return tests


class Source(Case):
    def test_types_are_strict(self) -> None:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        cache = self.directory()
        command = ["mypy", "--cache-dir", cache, "rootlet", "backend"]
        checked = subprocess.run(command, cwd=PACKAGE, env=environment, capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        (cache / "user.py").write_text(
            "import io, rootlet\n"
            "closure = rootlet.resolve('/usr/bin/xz', locale=['C'], rules=[rootlet.Rules('a', 'b')], epoch=1)\n"
            "size: int = closure.files[0].size\n"
            "names: list[str] = [file.path.name for file in closure.files[1:]]\n"
            "closure.plan(keep_setid=True).write_tar(io.BytesIO(), progress=lambda now: now.bytes_done < 9)\n"
            "rootlet.resolve('/usr/bin/xz', locales=['C'])\n"
            "rootlet.resolve('/usr/bin/xz', data='much')\n"
            "closure.plan(cpu='all')\n"
        )
        command = ["mypy", "--strict", "--enable-incomplete-feature=Unpack", "--cache-dir", cache, cache / "user.py"]
        used = subprocess.run(command, env={**environment, "MYPYPATH": str(PACKAGE)}, capture_output=True, text=True)
        lines = re.findall(r"user\.py:(\d+): error", used.stdout)
        self.assertEqual(sorted(set(lines)), ["6", "7", "8"], used.stdout + used.stderr)

    def test_the_version_is_that_of_the_source(self) -> None:
        said = re.search(r'^version = "(.*)"$', (PACKAGE / "pyproject.toml").read_text(), re.MULTILINE)[1]
        self.assertEqual(said, re.search(r"project\(rootlet VERSION ([\d.]+)", (SOURCE / "CMakeLists.txt").read_text())[1])
        self.assertEqual(said, rootlet.version())

    def test_every_name_that_is_exported_is_there_and_documented(self) -> None:
        self.assertEqual(rootlet.__all__, sorted(rootlet.__all__))
        for name in rootlet.__all__:
            exported = getattr(rootlet, name)
            if name != "ProgressCallback":
                self.assertTrue(exported.__doc__, name)

    def test_the_readme_shows_what_is_there(self) -> None:
        text = (PACKAGE / "README.md").read_text()
        for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            compile(block, "README.md", "exec")
        for name in set(re.findall(r"rootlet\.([A-Za-z]\w+)", text)) - {"so"}:
            self.assertTrue(hasattr(rootlet, name), name)
        for method in set(re.findall(r"\b(?:closure|plan|root)\.(\w+)", text)):
            self.assertTrue(any(hasattr(kind, method) for kind in (rootlet.Closure, rootlet.Plan, rootlet.Root)), method)

    def test_the_import_is_light(self) -> None:
        program = "import sys; before = set(sys.modules); import rootlet; print(*set(sys.modules) - before)"
        loaded = set(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split())
        self.assertEqual(loaded & {"logging", "tempfile", "shutil", "subprocess", "socket", "typing_extensions"}, set())


if __name__ == "__main__":
    unittest.main()
