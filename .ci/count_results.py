#!/usr/bin/env python3
"""Counts the test cases of one ctest run: count_results.py DIR, with GoogleTest's JSON files and ctest's ctest.xml.

A test that left no JSON (no GoogleTest, or one that crashed) counts as one case, by ctest's word. Names what failed and
what skipped itself; the last line is "N passed, N failed". Exit code 1 if anything failed.
"""
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def cases_of(path):
    """Yields (name, outcome) for each case of a GoogleTest result file."""
    for suite in json.loads(path.read_text(errors="replace"))["testsuites"]:
        for case in suite["testsuite"]:
            name = f"{suite['name']}.{case['name']}"
            if case.get("failures"):
                yield name, "failed"
            elif case.get("result") == "SKIPPED":
                yield name, "skipped"
            elif case.get("status") == "RUN":
                yield name, "passed"


def main():
    folder = pathlib.Path(sys.argv[1])
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for test in ElementTree.parse(folder / "ctest.xml").getroot().iter("testcase"):
        name = test.get("name")
        succeeded = test.get("status") == "run"
        # An executable that runs several times writes NAME.json, NAME_1.json ...; ctest names it once here.
        results = folder / f"{name}.json"
        outcomes = list(cases_of(results)) if results.exists() else []
        for case, outcome in outcomes:
            counts[outcome] += 1
            if outcome == "skipped":
                print(f"skipped: {name}: {case}")
            if outcome == "failed":
                print(f"failed: {name}: {case}")
        if outcomes and succeeded:
            continue
        if not outcomes or all(outcome != "failed" for _, outcome in outcomes):
            counts["passed" if succeeded else "failed"] += 1
            if not succeeded:
                print(f"failed: {name} (crashed, timed out, or exited with an error)")
    if counts["skipped"]:
        print(f"{counts['skipped']} skipped themselves")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
