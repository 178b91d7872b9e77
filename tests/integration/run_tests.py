#!/usr/bin/env python3
"""Runs the tests below this folder against PAWL_ENDPOINT_URL; the last line is 'N passed, N failed'.

    run_tests.py [NAME ...]      only tests whose id contains one of the names
"""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


def cases(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases(item)
        else:
            yield item


def main():
    if not os.environ.get("PAWL_ENDPOINT_URL"):
        sys.exit("PAWL_ENDPOINT_URL is not set; tests/integration/run.sh starts a service and sets it")
    wanted = sys.argv[1:]
    found = unittest.TestLoader().discover(HERE, pattern="test_*.py", top_level_dir=HERE)
    suite = unittest.TestSuite(t for t in cases(found) if not wanted or any(name in t.id() for name in wanted))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
