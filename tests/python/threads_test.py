"""Eight threads, on shared handles and on their own."""

from __future__ import annotations

import io
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

import rootlet
from support import Case, programs

THREADS = 8


class Threads(Case):
    def all(self, work: object, *arguments: object) -> list[object]:
        barrier = threading.Barrier(THREADS)

        def run(index: int) -> object:
            barrier.wait()
            return work(index)

        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(run, range(THREADS)))

    def test_one_root_answers_all(self) -> None:
        names = programs(12)
        expected = [rootlet.resolve(name, data="none").json() for name in names]
        root = rootlet.Root("/")
        for answers in self.all(lambda index: [root.resolve(name, data="none").json() for name in names]):
            self.assertEqual(answers, expected)

    def test_roots_of_their_own(self) -> None:
        answers = self.all(lambda index: rootlet.resolve("/usr/bin/curl", progress=lambda now: None).json())
        self.assertEqual(len(set(answers)), 1)

    def test_one_closure_and_plan_serve_all(self) -> None:
        closure = rootlet.resolve("/usr/bin/python3", data="none")
        plan = closure.plan()

        def work(index: int) -> object:
            tar = io.BytesIO()
            plan.write_tar(tar)
            why = closure.why("/lib64")
            return tuple(closure.files), closure.json(), tuple(plan), tar.getvalue(), why, closure.depfile("a"), closure.missing

        answers = self.all(work)
        self.assertTrue(all(answer == answers[0] for answer in answers))

    def test_closing_does_not_pull_the_rug_from_under_others(self) -> None:
        for _ in range(10):
            closure = rootlet.resolve("/usr/bin/xz", data="none")

            def work(index: int) -> int:
                if index == 0:
                    closure.close()
                done = 0
                try:
                    for done in range(20):
                        closure.json()
                        list(closure.files)
                except ValueError as error:
                    self.assertIn("is closed", str(error))
                return done

            self.all(work)


if __name__ == "__main__":
    unittest.main()
