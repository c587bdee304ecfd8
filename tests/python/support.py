"""What the tests of the Python package share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import rootlet

SOURCE = Path(os.environ["ROOTLET_SOURCE"])
COMMAND = os.environ["ROOTLET_COMMAND"]


class Case(unittest.TestCase):
    def directory(self) -> Path:
        made = Path(tempfile.mkdtemp(prefix="rootlet-python-"))
        self.addCleanup(shutil.rmtree, made, ignore_errors=True)
        return made

    def tree(self) -> Path:
        """xz and its libraries alone."""
        tree = self.directory() / "tree"
        rootlet.build("/usr/bin/xz", dir=tree, data="none")
        return tree

    def python(self, program: str, **more: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, **more)  # type: ignore[call-overload]


def programs(count: int) -> list[str]:
    """Real programs of this machine, well known ones first."""
    known = ["curl", "python3", "bash", "git", "perl", "xz", "gcc", "ls", "openssl", "sqlite3", "tar", "make", "dpkg", "gawk"]
    found = [f"/usr/bin/{name}" for name in known if os.path.exists(f"/usr/bin/{name}")]
    others = sorted(entry.path for entry in os.scandir("/usr/bin") if entry.is_file() and os.access(entry.path, os.X_OK))
    return list(dict.fromkeys(found + others[:: max(1, len(others) // count)]))[:count]
