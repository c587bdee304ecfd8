"""Audits: what is bound, what is not, and what is accepted of it. What starts and what does not is asked of the real loader."""

from __future__ import annotations

import json
import os
import subprocess
import unittest
from pathlib import Path, PurePosixPath

import rootlet
from support import COMMAND, Case


class Audit(Case):
    def broken(self) -> Path:
        """A program whose library lost a function."""
        place = self.directory()
        (place / "app.c").write_text("int lost(void); int main(void) { return lost(); }\n")
        (place / "old.c").write_text("int lost(void) { return 0; }\n")
        (place / "new.c").write_text("int found(void) { return 0; }\n")
        library = ["-shared", "-fPIC", "-Wl,-soname,libx.so.1", "-o", place / "libx.so.1"]
        subprocess.run(["cc", *library, place / "old.c"], check=True)
        subprocess.run(["cc", "-o", place / "app", place / "app.c", place / "libx.so.1", f"-Wl,-rpath,{place}", "-Wl,-z,now"], check=True)
        subprocess.run([place / "app"], check=True)
        subprocess.run(["cc", *library, place / "new.c"], check=True)
        said = subprocess.run([place / "app"], capture_output=True, text=True)
        self.assertIn("undefined symbol: lost", said.stderr)
        return place / "app"

    def test_what_the_loader_refuses_is_found(self) -> None:
        app = self.broken()
        audit = rootlet.resolve(app, data="none").audit()
        self.assertFalse(audit.bound)
        finding, *others = [one for one in audit.findings if one.effect != "note"]
        self.assertEqual(others, [])
        self.assertEqual((finding.rule, finding.effect, finding.object, finding.symbol), ("undefined-symbol", "stops-start", PurePosixPath(app), "lost"))
        self.assertEqual((finding.program, finding.programs, finding.accepted), (PurePosixPath(app), 1, False))
        self.assertEqual(finding.key, f"undefined-symbol {app} {finding.subject}")
        self.assertIn("lost", finding.message)
        self.assertIn(finding.message, audit.text())
        self.assertEqual(repr(audit), "<rootlet.Audit of 1 program: not bound>")

    def test_what_is_accepted_does_not_count(self) -> None:
        audit = rootlet.resolve(self.broken(), data="none").audit()
        self.assertEqual(audit.accept("undefined-symbol /gone x\n\n# a comment\n" + audit.baseline()), ("undefined-symbol /gone x",))
        self.assertTrue(audit.bound)
        self.assertEqual([one.accepted for one in audit.findings if one.effect != "note"], [True])
        self.assertTrue(json.loads(audit.json())["bound"])
        with self.assertRaisesRegex(rootlet.Malformed, "line 2 of the baseline"):
            audit.accept(b"# first\nwhat is this?\n")

    def test_objects_are_protected_as_readelf_says(self) -> None:
        audit = rootlet.resolve("/usr/bin/xz", data="none").audit()
        self.assertTrue(audit.bound)
        for one in audit.objects:
            said = subprocess.run(["readelf", "-Wld", one.path], capture_output=True, text=True, check=True).stdout
            self.assertEqual(one.relro != "none", "GNU_RELRO" in said, one)
            self.assertEqual(one.nx, "GNU_STACK" in said and "RWE" not in said, one)
            self.assertEqual(one.runpath, "(RUNPATH)" in said, one)
        program = next(one for one in audit.objects if one.path == PurePosixPath("/usr/bin/xz"))
        self.assertTrue(program.program and program.references > 10)
        self.assertEqual(program.pie, "yes" if "DYN (Position-Independent" in subprocess.run(["readelf", "-h", "/usr/bin/xz"], capture_output=True, text=True).stdout else "no")

    def test_a_root_says_what_nothing_reaches(self) -> None:
        tree = self.directory() / "tree"
        rootlet.build("/usr/bin/xz", dir=tree, data="none", package_metadata=False)
        odd = os.fsdecode(b"\xff")
        (tree / odd).write_text("x" * 1000)
        (tree / "small").write_text("x")
        audit = rootlet.Root(tree).audit()
        self.assertEqual([(os.fsencode(one.path), one.size, one.package) for one in audit.unreached], [(b"/\xff", 1000, None), (b"/small", 1, None)])
        self.assertTrue(audit.bound)
        self.assertEqual(rootlet.Root(tree).audit("/usr/bin/xz", data="none").unreached, audit.unreached)
        self.assertIn("2 files that no program reaches", audit.text())

    def test_it_says_what_the_command_says(self) -> None:
        audit = rootlet.resolve("/usr/bin/xz").audit()
        for form in ("json", "sarif", "junit"):
            said = subprocess.run([COMMAND, "audit", "--format", form, "/usr/bin/xz"], capture_output=True, text=True, check=True).stdout
            self.assertEqual(audit.text(form), said)
        self.assertEqual(audit.to_dict()["programs"], audit.programs)
        self.assertEqual(len(audit.to_dict()["objects"]), len(audit.objects))

    def test_options_of_the_closure_count(self) -> None:
        tags = [one.kernel for one in rootlet.resolve("/usr/bin/xz", data="none").audit().objects]
        self.assertIn("3.2.0", tags)  # Debian's glibc: `readelf -n libc.so.6`
        old = rootlet.resolve("/usr/bin/xz", data="none", kernel="2.6.32").audit()
        self.assertIn("kernel-version", [one.rule for one in old.findings])

    def test_it_can_be_stopped_and_closed(self) -> None:
        closure = rootlet.resolve("/usr/bin/xz", data="none")
        seen: list[rootlet.Progress] = []
        with closure.audit(progress=seen.append) as audit:
            self.assertEqual([(now.files_done, now.files_total, now.path) for now in seen[:1]], [(0, 1, "/usr/bin/xz")])
        with self.assertRaisesRegex(ValueError, "the audit is closed"):
            audit.bound
        with self.assertRaises(rootlet.Cancelled):
            closure.audit(progress=lambda now: False)
        with self.assertRaises(rootlet.InvalidArgument):
            rootlet.resolve("/usr/bin/xz", kernel="old")

    def test_rules_are_described(self) -> None:
        rules = rootlet.audit_rules()
        self.assertGreater(len(rules), 10)
        self.assertEqual(len({rule.name for rule in rules}), len(rules))
        self.assertTrue(all(rule.summary and rule.help for rule in rules))


if __name__ == "__main__":
    unittest.main()
