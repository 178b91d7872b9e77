#!/usr/bin/env python3
"""Runs the tests of this folder on the binaries in PAWL_BIN; the last line is 'N passed, N failed'.

    run_tests.py [NAME ...]      only tests whose id contains one of the names
"""
import os
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


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


def main():
    wanted = sys.argv[1:]
    found = unittest.TestLoader().discover(HERE, pattern="test_*.py", top_level_dir=HERE)
    suite = unittest.TestSuite(t for t in cases(found) if not wanted or any(name in t.id() for name in wanted))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Timed).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    for test, why in result.skipped:
        print(f"SKIPPED: {test.id()}: {why}")
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
