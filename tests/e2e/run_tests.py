#!/usr/bin/env python3
"""Runs the tests of this folder on the binaries in PAWL_BIN; the last line is 'N passed, N failed'.

    run_tests.py [NAME ...]      only tests whose id contains one of the names

Each test class runs in a process of its own, a few at a time: most of their time they wait for something that dies to
come back. PAWL_E2E_JOBS sets how many.
"""
import concurrent.futures
import os
import re
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
# A class that takes longer than this hangs.
CLASS_SECONDS_MAX = 420


def cases(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases(item)
        else:
            yield item


class Timed(unittest.TextTestResult):
    def startTest(self, test):
        self._began = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        self.stream.writeln(f"    {time.monotonic() - self._began:.1f} s")
        super().stopTest(test)


def run_here(tests):
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Timed).run(unittest.TestSuite(tests))
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    for test, why in result.skipped:
        print(f"SKIPPED: {test.id()}: {why}")
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
    return 1 if failed else 0


def run_class(name, wanted):
    """(passed, failed), after printing what it said as one piece."""
    try:
        done = subprocess.run([sys.executable, __file__, "--class", name, *wanted], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=CLASS_SECONDS_MAX)
        said = done.stdout
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode(errors="replace") + f"\n{name} hangs: no end after {CLASS_SECONDS_MAX} s\n"
    print(said, end="", flush=True)
    total = re.search(r"^(\d+) passed, (\d+) failed$", said, re.MULTILINE)
    return (int(total[1]), int(total[2])) if total else (0, 1)


def main():
    wanted = sys.argv[1:]
    only_class = None
    if wanted[:1] == ["--class"]:
        only_class, wanted = wanted[1], wanted[2:]
    found = unittest.TestLoader().discover(HERE, pattern="test_*.py", top_level_dir=HERE)
    tests = [test for test in cases(found) if not wanted or any(name in test.id() for name in wanted)]
    if only_class:
        return run_here(test for test in tests if test.id().rsplit(".", 1)[0] == only_class)
    classes = list(dict.fromkeys(test.id().rsplit(".", 1)[0] for test in tests))
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("PAWL_E2E_JOBS") or 3)) as pool:
        totals = list(pool.map(lambda name: run_class(name, wanted), classes))
    passed, failed = (sum(column) for column in zip(*totals)) if totals else (0, 0)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
