"""Progress, cancelling, signals and messages."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
import unittest
from pathlib import Path

import rootlet
from support import Case

class Timeout(Exception):
    pass


class Progress(Case):
    def huge(self, size: int) -> Path:
        """A file that is one hole, too large to be written before it is stopped."""
        tree = self.directory()
        with open(tree / "huge", "wb") as file:
            file.truncate(size)
        return tree

    def test_resolving_reports_files_and_no_total(self) -> None:
        seen: list[rootlet.Progress] = []
        rootlet.resolve("/usr/bin/python3", "/usr/bin/curl", progress=seen.append)
        self.assertGreater(len(seen), 1)
        self.assertEqual(sorted(now.files_done for now in seen), [now.files_done for now in seen])
        self.assertEqual({(now.files_total, now.bytes_done, now.bytes_total) for now in seen}, {(0, 0, 0)})
        self.assertTrue(any(now.path.startswith("/") for now in seen))

    def test_writing_reports_every_entry_and_all_bytes(self) -> None:
        seen: list[rootlet.Progress] = []
        plan = rootlet.resolve("/usr/bin/python3").plan()
        plan.write_tar(self.directory() / "a.tar", progress=seen.append)
        self.assertGreater(len(seen), len(plan))
        self.assertEqual({str(entry.path) for entry in plan} - {now.path for now in seen}, set())
        last = seen[-1]
        self.assertEqual((last.files_done, last.bytes_done), (len(plan), plan.bytes))
        self.assertEqual({(now.files_total, now.bytes_total) for now in seen}, {(len(plan), plan.bytes)})

    def test_false_cancels_and_nothing_is_left(self) -> None:
        place = self.directory()
        plan = rootlet.resolve("/usr/bin/xz", data="none").plan()
        writes = (lambda stop: plan.write_tar(place / "a.tar", stop), lambda stop: plan.write_dir(place / "a", progress=stop))
        for write in writes:
            with self.assertRaises(rootlet.Cancelled):
                write(lambda now: now.bytes_done == 0)  # True goes on
        self.assertEqual(os.listdir(place), [])
        for write in writes:
            write(lambda now: None)  # goes on as well
        with self.assertRaises(rootlet.Cancelled):
            rootlet.build("/usr/bin/xz", tar=place / "b.tar", progress=lambda now: False)
        self.assertEqual(sorted(os.listdir(place)), ["a", "a.tar"])

    def test_what_a_callback_raises_comes_out(self) -> None:
        place = self.directory()

        def fail(now: rootlet.Progress) -> None:
            if now.bytes_done:
                raise KeyError("mine")

        for call in (lambda: rootlet.build("/usr/bin/xz", tar=place / "a.tar", progress=fail),
                     lambda: rootlet.resolve("/usr/bin/xz", progress=lambda now: 1 / 0)):
            with self.assertRaises((KeyError, ZeroDivisionError)) as caught:
                call()
            self.assertIsNone(caught.exception.__context__)
        self.assertEqual(os.listdir(place), [])

    def test_a_callback_may_call_rootlet(self) -> None:
        other = rootlet.Root("/")
        counts = set()
        rootlet.resolve("/usr/bin/xz", progress=lambda now: counts.add(len(other.resolve("/usr/bin/xz", data="none").files)))
        self.assertEqual(len(counts), 1)

    def test_what_a_signal_handler_raises_stops_the_call(self) -> None:
        tree = self.huge(4 << 30)
        # In a process of its own: what is raised between two instructions of Python's own modules may leave a lock of theirs locked.
        child = os.fork()
        if child == 0:
            try:
                self.interrupt_by_handler(tree)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def interrupt_by_handler(self, tree: Path) -> None:
        def handler(*_: object) -> None:
            raise Timeout

        hook = sys.unraisablehook
        plan = rootlet.resolve("/huge", root=tree).plan()
        signal.signal(signal.SIGALRM, handler)
        with open("/dev/null", "wb") as null:
            for i in range(15):  # it may come before, in, and behind a callback
                with self.assertRaises(Timeout):
                    signal.setitimer(signal.ITIMER_REAL, 0.002 + i * 0.0003)
                    plan.write_tar(null, progress=(lambda now: None) if i % 2 else None)
        self.assertIs(sys.unraisablehook, hook)
        with self.assertRaises(Timeout):
            for _ in range(1000):  # until one comes while the library is at work
                signal.setitimer(signal.ITIMER_REAL, 0.02)
                rootlet.resolve("/usr/bin/python3", "/usr/bin/git", "/usr/bin/curl")
                signal.setitimer(signal.ITIMER_REAL, 0)

    def test_other_unraisable_exceptions_go_where_they_went(self) -> None:
        class Broken:
            def __del__(self) -> None:
                raise KeyError("of another")

        caught: list[object] = []
        self.addCleanup(setattr, sys, "unraisablehook", sys.unraisablehook)
        sys.unraisablehook = lambda unraisable: caught.append(unraisable.exc_type)
        rootlet.resolve("/usr/bin/xz", data="none", progress=lambda now: Broken() and None)
        self.assertEqual(set(caught), {KeyError})

    def interrupt(self, program: str, ready: object) -> subprocess.CompletedProcess[str]:
        child = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
        try:
            while not ready():
                self.assertIsNone(child.poll())
                time.sleep(0.01)
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate()  # what goes on to the end has another status, and no interrupt to tell of
            return subprocess.CompletedProcess(program, child.returncode, "", errors)
        finally:
            child.kill()
            child.wait()

    def test_control_c_stops_the_writing_of_a_large_tar_and_leaves_nothing(self) -> None:
        tree = self.huge(8 << 30)
        for round in range(3):
            place = self.directory()
            # A background job is started with SIGINT ignored.
            program = "import rootlet, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
            program += f"rootlet.build('/huge', root={str(tree)!r}, tar={str(place / 'layer.tar')!r})"

            def ready() -> bool:  # the temporary grows
                return any(file.stat().st_size > (4 << 20) for file in place.iterdir())

            done = self.interrupt(program, ready)
            self.assertEqual(os.listdir(place), [], "something is left")
            self.assertIn("KeyboardInterrupt", done.stderr)
            self.assertNotIn("ignored", done.stderr)
            self.assertEqual(done.returncode, -signal.SIGINT)

    def test_messages_go_to_the_logger(self) -> None:
        tree = self.tree()
        next(tree.glob("usr/lib/*/liblzma.so.5")).unlink()
        with self.assertLogs("rootlet", logging.DEBUG) as logs:
            rootlet.resolve("/usr/bin/xz", root=tree, data="none")
        warnings = [record.getMessage() for record in logs.records if record.levelno == logging.WARNING]
        self.assertEqual(len(warnings), 1)
        self.assertIn("liblzma.so.5", warnings[0])
        self.assertIn(logging.DEBUG, [record.levelno for record in logs.records])
        (tree / "su").write_bytes(b"x")
        (tree / "su").chmod(0o4755)
        closure = rootlet.resolve("/su", root=tree)
        with self.assertLogs("rootlet", logging.INFO) as logs:
            closure.plan()
        self.assertEqual([record.levelno for record in logs.records], [logging.INFO])

    def test_nothing_is_printed_unless_the_program_asks(self) -> None:
        tree = self.tree()
        next(tree.glob("usr/lib/*/liblzma.so.5")).unlink()
        for first in ("", "import logging; "):
            done = self.python(f"{first}import rootlet; rootlet.resolve('/usr/bin/xz', root={str(tree)!r}, data='none')")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_other_threads_run_meanwhile(self) -> None:
        plan = rootlet.resolve("/huge", root=self.huge(1 << 40)).plan()
        started, stop = threading.Event(), threading.Event()

        def progress(now: rootlet.Progress) -> bool:
            if now.bytes_done:
                started.set()
            return not stop.is_set()

        def write() -> None:
            with open("/dev/null", "wb") as null, self.assertRaises(rootlet.Cancelled):
                plan.write_tar(null, progress=progress)

        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        self.assertTrue(started.wait(120))
        count = sum(range(100_000))
        self.assertTrue(writer.is_alive())
        stop.set()
        writer.join(120)
        self.assertFalse(writer.is_alive())
        self.assertGreater(count, 0)


if __name__ == "__main__":
    unittest.main()
