"""Roots, options, closures and plans."""

from __future__ import annotations

import gc
import gzip
import hashlib
import io
import json
import os
import pickle
import stat
import subprocess
import sys
import tarfile
import tempfile
import typing
import unittest
from pathlib import Path, PurePosixPath

import rootlet
from rootlet import options as internal
from support import Case, programs


class Closures(Case):
    def test_values_agree_with_the_json(self) -> None:
        closure = rootlet.resolve("/usr/bin/python3", "/usr/bin/curl", locale=["C.UTF-8"])
        answer = closure.to_dict()
        self.assertEqual([str(entry) for entry in closure.entries], answer["entries"])
        self.assertEqual(closure.root, answer["root"])
        self.assertEqual(len(closure.files), len(answer["files"]))
        for file, item in zip(closure.files, answer["files"]):
            self.assertEqual(str(file.path), item["path"])
            self.assertEqual(file.type.name.lower(), item["type"])
            self.assertEqual(file.package, item.get("package"))
            self.assertEqual(file.target, item.get("target"))
            self.assertEqual(file.generated, item.get("generated", False))
            self.assertEqual(file.size, item.get("size", 0))
            if file.type is not rootlet.FileType.SYMLINK:
                self.assertEqual(f"{file.mode:04o}", item["mode"])
            reasons = [{key: value for key, value in vars(reason).items() if value is not None} for reason in file.reasons]
            self.assertEqual(reasons, item["reasons"])
        self.assertEqual([vars(finding) for finding in closure.findings], answer["findings"])
        self.assertTrue(any(file.generated for file in closure.files))

    def test_files_are_a_sequence_and_are_found_by_path(self) -> None:
        with rootlet.resolve("/usr/bin/xz") as closure:
            files = closure.files
            self.assertEqual(files[-1], files[len(files) - 1])
            self.assertEqual(files[:3], [files[0], files[1], files[2]])
            self.assertEqual(list(files), files[:])
            self.assertEqual(closure.find(Path("/usr/bin/xz")).path, PurePosixPath("/usr/bin/xz"))
            self.assertEqual(files.index(closure.find("/usr/bin/xz")), list(files).index(closure.find(b"/usr/bin/xz")))
            self.assertIsNone(closure.find("/etc/fstab"))
            self.assertIn("/usr/bin/xz", closure)
            self.assertIn(PurePosixPath("/usr/bin/xz"), closure)
            self.assertNotIn("/etc/fstab", closure)
            self.assertNotIn(None, closure)
            with self.assertRaises(IndexError):
                files[len(files)]
            with self.assertRaises(AttributeError):
                files[0].size = 1

    def test_what_is_missing_is_told_with_every_candidate(self) -> None:
        tree = self.tree()
        library = next(tree.glob("usr/lib/*/liblzma.so.5"))
        library.unlink()
        closure = rootlet.resolve("/usr/bin/xz", root=tree, data="none")
        self.assertFalse(closure.complete)
        (missing,) = closure.missing
        self.assertEqual((missing.name, missing.by, missing.kind), ("liblzma.so.5", "/usr/bin/xz", "needed"))
        self.assertIn(f"/{library.relative_to(tree)}", [attempt.path for attempt in missing.tried])
        tried = [vars(attempt) for attempt in missing.tried]
        self.assertEqual([{**vars(missing), "tried": tried}], closure.to_dict()["missing"])
        self.assertIn("1 missing", repr(closure))

        place = tree.parent / "layer.tar"
        with self.assertRaises(rootlet.Incomplete) as caught:
            rootlet.build("/usr/bin/xz", root=tree, tar=place, data="none")
        self.assertEqual(caught.exception.missing, closure.missing)
        self.assertIn("liblzma.so.5", str(caught.exception))
        self.assertFalse(place.exists())
        rootlet.build("/usr/bin/xz", root=tree, tar=place, data="none", allow_missing=True)
        self.assertTrue(place.exists())

    def test_why_has_the_chains_as_values_and_as_text(self) -> None:
        closure = rootlet.resolve("/usr/bin/xz", data="none")
        real = next(str(file.path) for file in closure.files if file.path.name.startswith("libc.so"))
        why = closure.why(real)
        self.assertTrue(why.present)
        first = why.chains[0]
        self.assertEqual((first[0].path, first[0].reason.kind), (PurePosixPath("/usr/bin/xz"), "entry"))
        self.assertEqual(first[-1].path, PurePosixPath(real))
        self.assertEqual(first[-1].reason, next(reason for reason in closure.find(real).reasons if reason.by == "/usr/bin/xz"))
        self.assertGreater(len(why.chains), 1)
        self.assertFalse(why.more)
        short = closure.why(real, limit=1)
        self.assertEqual((len(short.chains), short.more), (1, True))
        self.assertIn(real, str(why))
        absent = closure.why("/etc/fstab")
        self.assertEqual((absent.present, absent.chains), (False, ()))
        self.assertTrue(absent.notes)
        with self.assertRaises(ValueError):
            closure.why(real, limit=-1)

    def test_texts(self) -> None:
        closure = rootlet.resolve("/usr/bin/xz", data="none")
        self.assertEqual(closure.text("paths").split("\n")[:-1], [str(file.path) for file in closure.files])
        self.assertIn("liblzma", closure.text())
        self.assertNotIn("\033", closure.text("tree"))
        self.assertIn("\033", closure.text("color-tree"))
        self.assertTrue(closure.text("dot").startswith("digraph"))
        self.assertEqual(json.loads(closure.json()), closure.to_dict())
        rule = closure.depfile("out/layer.tar")
        self.assertTrue(rule.startswith("out/layer.tar:"))
        self.assertIn("/usr/bin/xz", rule)
        self.assertEqual(rootlet.printable("a\x1b[2J\udcff"), "a\\x1b[2J\\xff")

    def test_report_is_a_page(self) -> None:
        closure = rootlet.resolve("/usr/bin/xz", data="none")
        earlier = rootlet.resolve("/usr/bin/sort", data="none")
        try:
            page = closure.report()
        except rootlet.Unsupported as error:
            self.skipTest(str(error))
        self.assertIn("<html", page[:500])
        self.assertIn("/usr/bin/xz", page)
        self.assertNotIn("/usr/bin/sort", page)
        compared = closure.report(before=earlier)
        self.assertIn("/usr/bin/sort", compared)
        self.assertEqual(compared, closure.report(before=earlier.json()))
        with self.assertRaises(rootlet.Error):
            closure.report(before="no JSON")

    def test_names_that_are_not_utf8_come_and_go_unharmed(self) -> None:
        tree = self.directory()
        name = b"/caf\xe9\n"
        Path(os.fsdecode(os.fsencode(tree) + name)).write_text("x")
        os.symlink(name[1:], os.fsencode(tree) + b"/li\xe8n")
        closure = rootlet.resolve(b"/li\xe8n", root=tree, data="none")
        self.assertEqual([os.fsencode(file.path) for file in closure.files], [name, b"/li\xe8n"])
        self.assertEqual(os.fsencode(closure.files[1].target), name[1:])
        self.assertEqual(os.fsencode(closure.entries[0]), b"/li\xe8n")
        self.assertIn(os.fsdecode(name), closure)
        self.assertIn(name, closure.text("paths").encode("utf-8", "surrogateescape"))
        why = closure.why(os.fsdecode(name))
        self.assertTrue(why.present)
        self.assertEqual(os.fsencode(why.chains[0][-1].path), name)
        self.assertEqual(os.fsencode(why.chains[0][-1].reason.detail), b"/li\xe8n")
        self.assertIn(b"/li\xe8n", [os.fsencode(entry.path) for entry in closure.plan()])
        with self.assertRaises(rootlet.NotFound) as caught:
            rootlet.resolve(b"/n\xe9", root=tree)
        self.assertEqual(os.fsencode(caught.exception.path), b"/n\xe9")

    def test_closed_handles_say_so_and_values_live_on(self) -> None:
        with rootlet.Root("/") as root:
            with root.resolve("/usr/bin/xz", data="none") as closure:
                plan, files = closure.plan(), closure.files
                file, entry = files[0], plan[0]
        self.assertEqual((file, entry), (rootlet.resolve("/usr/bin/xz", data="none").files[0], plan[0]))
        uses = (lambda: root.name, lambda: root.resolve("/"), closure.json, closure.plan, lambda: files[0], lambda: "/" in closure)
        for use in uses:
            with self.assertRaisesRegex(ValueError, "is closed"):
                use()
        self.assertGreater(len(plan), 0)
        plan.write_tar(io.BytesIO())  # keeps what it needs
        plan.close()
        with self.assertRaisesRegex(ValueError, "the plan is closed"):
            len(plan)
        self.assertIn("closed", repr(root) + repr(closure) + repr(plan) + repr(files))

    def test_no_garbage_is_left_for_the_collector(self) -> None:
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        for _ in range(20):
            rootlet.resolve("/usr/bin/true", data="none", progress=lambda now: None).plan().close()
        self.assertLess(gc.collect(), 20)

    def test_a_root_is_shared_by_closures(self) -> None:
        root = rootlet.Root("/")
        self.assertEqual(root.name, "/")
        one = rootlet.resolve("/usr/bin/xz", root=root).json()
        self.assertEqual(one, root.resolve("/usr/bin/xz").json())
        self.assertEqual(one, rootlet.resolve("/usr/bin/xz", root=b"/").json())


class Options(Case):
    def test_every_option_of_the_library_is_typed_and_no_other(self) -> None:
        kinds = {"text": str, "number": int, "flag": bool}
        hints = typing.get_type_hints(rootlet.Options)
        self.assertEqual(set(hints), set(internal.known()))
        for keyword, (_, kind) in internal.known().items():
            hint = hints[keyword]
            if kind == "list":
                self.assertEqual(typing.get_origin(hint), typing.get_origin(typing.Sequence[str]), keyword)
            elif typing.get_origin(hint) is typing.Literal:
                self.assertEqual(kind, "text", keyword)
            else:
                self.assertEqual(hint, kinds[kind], keyword)

    def test_options_reach_the_library(self) -> None:
        paths = lambda **options: rootlet.resolve("/usr/bin/xz", **options).text("paths")
        self.assertIn("/etc/hostname", paths(include=["/etc/hostname"], data="none"))
        self.assertNotIn("liblzma", paths(exclude=["*liblzma*"], data="none"))
        self.assertIn("Europe/Berlin", paths(timezone=["Europe/Berlin"]))
        self.assertIn("/doc/" if os.path.exists("/usr/share/doc/xz-utils") else "", paths(data="package") + "/doc/")
        self.assertNotEqual(paths(data="none"), paths(data="auto"))
        self.assertEqual(paths(locale=(), rules=[]), paths())

    def test_rules_come_from_files_and_from_memory(self) -> None:
        text = '[[rule]]\nname = "mine"\nbecause = "it is so"\nsource = "a test"\n[rule.when]\npath = ["/usr/bin/xz"]\n'
        text += '[rule.then]\nfiles = ["/etc/hostname"]\n'
        file = self.directory() / "mine.toml"
        file.write_text(text)
        for rules in ([file], [str(file)], [rootlet.Rules("mine.toml", text)]):
            closure = rootlet.resolve("/usr/bin/xz", rules=rules)
            self.assertEqual(closure.find("/etc/hostname").reasons[0].kind, "rule", rules)

    def test_words_that_are_off_are_refused(self) -> None:
        for options in ({"locales": ["C"]}, {"keep-setid": True}, {"locale": "C"}, {"locale": b"C"}, {"locale": 1}, {"include": [1]},
                        {"rules": rootlet.Rules("a", "")}, {"epoch": "1"}, {"epoch": True}, {"keep_setid": 1}, {"cpu": 2}):
            with self.assertRaises(TypeError, msg=str(options)):
                rootlet.resolve("/usr/bin/xz", **options)
        with self.assertRaisesRegex(TypeError, "no option 'locales'; the options are annotation, base, charset"):
            rootlet.resolve("/usr/bin/xz", locales=["C"])
        for options in ({"data": "some"}, {"epoch": -1}, {"times": ""}):
            with self.assertRaises(ValueError, msg=str(options)):
                rootlet.resolve("/usr/bin/xz", **options)
        for call in (lambda: rootlet.resolve("/usr\0"), lambda: rootlet.Root("/\0"), lambda: rootlet.resolve("/", cpu="a\0")):
            with self.assertRaisesRegex(ValueError, "NUL"):
                call()
        for call in (lambda: rootlet.resolve(1), lambda: rootlet.Root(None), lambda: rootlet.build("/usr/bin/xz"),
                     lambda: rootlet.build("/usr/bin/xz", tar="a", dir="b")):
            with self.assertRaises(TypeError):
                call()


class Plans(Case):
    def test_entries_agree_with_the_tar(self) -> None:
        plan = rootlet.resolve("/usr/bin/python3").plan()
        tar = io.BytesIO()
        plan.write_tar(tar)
        tar.seek(0)
        with tarfile.open(fileobj=tar) as archive:
            members = {"/" + member.name: member for member in archive}
        entries = [entry for entry in plan if str(entry.path) != "/"]
        self.assertEqual(list(members), [str(entry.path) for entry in entries])
        for entry in entries:
            member = members[str(entry.path)]
            facts = (member.mode, member.uid, member.gid, member.mtime)
            self.assertEqual(facts, (entry.mode, entry.uid, entry.gid, entry.modified))
            if entry.type is rootlet.FileType.FILE:
                self.assertTrue(member.isreg())
                self.assertEqual(member.size, entry.size)
            elif entry.type is rootlet.FileType.SYMLINK:
                self.assertTrue(member.issym())
                self.assertEqual(member.linkname, entry.target)
            else:
                self.assertEqual(member.isdir(), entry.type is rootlet.FileType.DIRECTORY)
        self.assertEqual(plan.bytes, sum(entry.size for entry in plan if entry.type is rootlet.FileType.FILE))
        self.assertEqual(plan[-1], plan[len(plan) - 1])
        self.assertEqual(plan[1:3], [plan[1], plan[2]])
        self.assertIn(plan[0], plan)

    def test_options_of_the_closure_count_unless_they_are_given_anew(self) -> None:
        closure = rootlet.resolve("/usr/bin/xz", data="none", times="epoch", epoch=7)
        self.assertEqual({entry.modified for entry in closure.plan()}, {7})
        self.assertEqual({entry.modified for entry in closure.plan(epoch=8)}, {8})
        with self.assertRaises(TypeError):
            closure.plan(time="epoch")

    def test_findings_of_set_user_id_bits(self) -> None:
        tree = self.directory()
        (tree / "su").write_bytes(b"x")
        (tree / "su").chmod(0o4755)
        closure = rootlet.resolve("/su", root=tree)
        plan = closure.plan()
        self.assertEqual([entry.mode for entry in plan if entry.path.name == "su"], [0o755])
        self.assertEqual([finding.by for finding in plan.findings], ["/su"])
        kept = closure.plan(keep_setid=True)
        self.assertEqual([entry.mode for entry in kept if entry.path.name == "su"], [0o4755])
        self.assertEqual(kept.findings, ())

    def test_a_tar_is_compressed_as_it_is_told(self) -> None:
        plan = rootlet.resolve("/usr/bin/xz", data="none").plan()
        plain, packed = io.BytesIO(), io.BytesIO()
        plan.write_tar(plain)
        plan.write_tar(packed, compression="gzip", level=1, threads=2)
        self.assertLess(len(packed.getvalue()), len(plain.getvalue()))
        self.assertEqual(gzip.decompress(packed.getvalue()), plain.getvalue())

    def test_a_tar_is_the_same_wherever_it_goes(self) -> None:
        plan = rootlet.resolve("/usr/bin/xz", data="none").plan()
        place = self.directory()
        plan.write_tar(place / "a.tar")
        expected = (place / "a.tar").read_bytes()
        self.assertEqual(stat.S_IMODE((place / "a.tar").stat().st_mode) & 0o600, 0o600)

        descriptor = os.open(place / "b.tar", os.O_WRONLY | os.O_CREAT)
        plan.write_tar(descriptor)
        os.close(descriptor)
        with open(place / "c.tar", "wb") as file:
            plan.write_tar(file)
            self.assertEqual(file.tell(), len(expected))
        with open(place / "d.tar", "wb", buffering=0) as file:
            plan.write_tar(file)
        for name in "bcd":
            self.assertEqual((place / f"{name}.tar").read_bytes(), expected, name)

        with open(place / "e.tar", "w+b") as file:  # what was written before stays before
            file.write(b"head")
            plan.write_tar(file)
            file.write(b"tail")
        self.assertEqual((place / "e.tar").read_bytes(), b"head" + expected + b"tail")
        with gzip.open(place / "f.gz", "wb") as file:  # has a fileno() that leads around the compression
            plan.write_tar(file)
        self.assertEqual(gzip.decompress((place / "f.gz").read_bytes()), expected)
        memory = io.BytesIO()
        plan.write_tar(memory)
        self.assertEqual(memory.getvalue(), expected)
        with tempfile.NamedTemporaryFile() as file:
            plan.write_tar(file)
            file.seek(0)
            self.assertEqual(file.read(), expected)
        with open(place / "g.tar", "w") as file, self.assertRaises(TypeError):
            plan.write_tar(file)
        with self.assertRaises(TypeError):
            plan.write_tar(None)

    def test_a_tar_goes_through_a_pipe(self) -> None:
        program = "import rootlet, sys; rootlet.build('/usr/bin/xz', data='none', tar=sys.stdout.buffer)"
        piped = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True).stdout
        memory = io.BytesIO()
        rootlet.build("/usr/bin/xz", data="none", tar=memory)
        self.assertEqual(piped, memory.getvalue())

    def test_directories_by_name_and_by_descriptor(self) -> None:
        place = self.directory()
        plan = rootlet.build("/usr/bin/xz", dir=place / "new", data="none")
        (place / "open").mkdir()
        descriptor = os.open(place / "open", os.O_RDONLY | os.O_DIRECTORY)
        plan.write_dir(descriptor)
        os.close(descriptor)
        for entry in plan:
            for name in ("new", "open"):
                written = os.lstat(f"{place}/{name}{entry.path}")
                if entry.type is rootlet.FileType.FILE:
                    self.assertEqual((stat.S_IMODE(written.st_mode), written.st_size), (entry.mode, entry.size))
                elif entry.type is rootlet.FileType.SYMLINK:
                    self.assertEqual(os.readlink(f"{place}/{name}{entry.path}"), entry.target)
        if os.geteuid() == 0:
            ran = subprocess.run(["/usr/sbin/chroot", place / "new", "/usr/bin/xz", "--version"], capture_output=True, text=True)
            self.assertIn("liblzma", ran.stdout)


class Images(Case):
    def test_images_are_written_to_paths_and_descriptors(self) -> None:
        place = self.directory()
        plan = rootlet.resolve("/usr/bin/xz", user="nonroot", data="none", compression="none").plan()
        image = plan.write_oci(place / "layout", tag="one", layers="split", label=["a=b"])
        index = json.loads((place / "layout/index.json").read_text())
        self.assertEqual(index["manifests"][0]["digest"], image.digest)
        read = lambda digest: (place / "layout/blobs" / digest.replace(":", "/")).read_bytes()
        manifest = json.loads(read(str(image.digest)))
        self.assertEqual(manifest["config"]["digest"], image.config)
        self.assertEqual([layer["digest"] for layer in manifest["layers"]], [layer.digest for layer in image.layers])
        self.assertEqual([layer.digest for layer in image.layers], [layer.diff_id for layer in image.layers])
        for layer in image.layers:
            self.assertEqual("sha256:" + hashlib.sha256(read(layer.digest)).hexdigest(), layer.digest)
            self.assertEqual(len(read(layer.digest)), layer.size)
        config = json.loads(read(image.config))["config"]
        self.assertEqual((config["User"], config["Labels"]), ("65532:65532", {"a": "b"}))

        with open(place / "archive", "wb") as file:
            same = plan.write_oci_archive(file.fileno(), tag="one", layers="split", label=["a=b"])
        self.assertEqual(same, image)
        docker = plan.write_docker_archive(place / "docker", tag="a:b", layers="split", label=["a=b"])
        self.assertEqual((docker.digest, docker.config), (None, image.config))
        self.assertEqual(rootlet.join_images(place / "layout", "one", tag="all")[:7], "sha256:")
        with self.assertRaises(rootlet.InvalidArgument):
            plan.write_oci(place / "layout", tag="a b")

    def test_build_writes_any_of_them(self) -> None:
        place = self.directory()
        rootlet.build("/usr/bin/xz", data="none", oci=place / "layout", tag="x")
        rootlet.build("/usr/bin/xz", data="none", oci_archive=place / "archive", tag="x")
        rootlet.build("/usr/bin/xz", data="none", docker_archive=place / "docker", tag="x")
        manifest = json.loads((place / "layout/index.json").read_text())["manifests"][0]
        with tarfile.open(place / "archive") as archive:
            file = archive.extractfile("index.json")
            assert file is not None
            self.assertEqual(json.load(file)["manifests"][0], manifest)
        with tarfile.open(place / "docker") as archive:
            self.assertIn("manifest.json", archive.getnames())


class Values(unittest.TestCase):
    def test_errors_and_values_survive_pickling(self) -> None:
        with self.assertRaises(rootlet.NotFound) as caught:
            rootlet.resolve("/no/such")
        again = pickle.loads(pickle.dumps(caught.exception))
        self.assertIs(type(again), rootlet.NotFound)
        self.assertEqual((again.code, str(again), again.path), (-2, str(caught.exception), "/no/such"))
        file = rootlet.resolve("/usr/bin/xz", data="none").files[0]
        self.assertEqual(pickle.loads(pickle.dumps(file)), file)
        self.assertEqual(hash(pickle.loads(pickle.dumps(file))), hash(file))

    def test_many_programs_of_this_machine(self) -> None:
        root = rootlet.Root("/")
        for program in programs(30):
            closure = root.resolve(program, data="none")
            self.assertIn(program if closure.find(program) else str(closure.files[0].path), closure)
            self.assertEqual(len(list(closure.files)), len(closure.files))


if __name__ == "__main__":
    unittest.main()
