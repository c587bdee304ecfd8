"""Manifests, bills of materials, and what differs."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import unittest
from pathlib import Path, PurePosixPath

import rootlet
from support import Case


class Compare(Case):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.place = Path(temporary.name)
        self.layer = self.place / "layer"
        self.plan = rootlet.build("/usr/bin/xz", dir=self.layer, epoch=1700000000)

    def test_a_manifest_has_the_digests_that_hashlib_finds(self) -> None:
        manifest = json.loads(self.plan.manifest())
        files = [file for file in manifest["files"] if file["type"] == "file"]
        self.assertGreater(len(files), 3)
        for file in files:
            self.assertEqual(file["sha256"], hashlib.sha256(Path(f"{self.layer}{file['path']}").read_bytes()).hexdigest())

    def test_bills_of_materials_have_the_time_of_the_plan(self) -> None:
        self.assertEqual(json.loads(self.plan.sbom())["creationInfo"]["created"], "2023-11-14T22:13:20Z")
        self.assertEqual(json.loads(self.plan.sbom("cyclonedx"))["metadata"]["timestamp"], "2023-11-14T22:13:20Z")
        with self.assertRaisesRegex(rootlet.InvalidArgument, "there are spdx, cyclonedx"):
            self.plan.sbom("swid")  # type: ignore[arg-type]

    def test_a_layer_differs_from_its_manifest_where_it_was_changed(self) -> None:
        manifest = self.plan.manifest()
        self.assertTrue(rootlet.verify(self.layer, manifest).same)
        self.assertTrue(rootlet.verify(rootlet.Root(self.layer), manifest.encode()).same)
        (self.layer / "usr/bin/xz").chmod(0o700)
        odd = os.fsencode(self.layer) + b"/\xff"
        Path(os.fsdecode(odd)).write_text("new")
        program, added = rootlet.verify(self.layer, manifest).files
        self.assertEqual((program.path, program.change, program.what), (PurePosixPath("/usr/bin/xz"), "changed", ("mode 0755, now 0700",)))
        self.assertEqual(program.reasons, (rootlet.Reason("entry", "", "/usr/bin/xz"),))
        self.assertEqual((os.fsencode(added.path), added.change, added.size_before, added.size_after), (b"/\xff", "added", None, 3))
        with self.assertRaisesRegex(rootlet.Malformed, "is not whole"):
            rootlet.verify(self.layer, manifest[:100])

    def test_two_layers_differ_in_files_and_packages(self) -> None:
        (self.place / "one").write_text(self.plan.manifest())
        (self.place / "two").write_text(rootlet.resolve("/usr/bin/xz", "/usr/bin/gzip").plan().manifest())
        difference = rootlet.diff(self.place / "one", self.place / "two")
        self.assertIn(PurePosixPath("/usr/bin/gzip"), [file.path for file in difference.files if file.change == "added"])
        self.assertTrue(rootlet.diff(self.place / "one", self.place / "one").same)
        for package in difference.packages:
            self.assertEqual((package.change, package.version_before, package.size_before), ("added", None, None))
        with self.assertRaises(rootlet.NotFound):
            rootlet.diff(self.place / "one", self.place / "none")

    def test_it_can_be_stopped(self) -> None:
        for call in (self.plan.manifest, self.plan.sbom):
            with self.assertRaises(rootlet.Cancelled):
                call(progress=lambda now: False)
        with self.assertRaises(rootlet.Cancelled):
            rootlet.verify(self.layer, self.plan.manifest(), progress=lambda now: now.files_done < 2)


if __name__ == "__main__":
    unittest.main()
