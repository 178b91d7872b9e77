#!/usr/bin/env python3
"""Prints how many lines of scheduler/asl the tests reach, file by file, and fails below the bound.

    scheduler/asl/coverage.py [--build DIR] [--min PERCENT] [--no-build]

Builds the language's tests with the coverage preset (gcc) into DIR (default build/coverage), runs them, and asks gcov.
Tests count: those beside the code, and the suites of tests/conformance that need no service. Headers and sources count
alike; tests and fuzz targets do not.
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = "scheduler/asl/"
MIN_PERCENT = 85  # issue 5


def tests():
    """Targets of pawl_test in the language's folders."""
    names = []
    for folder in ("scheduler/asl", "tests/conformance"):
        for lists in sorted((ROOT / folder).rglob("CMakeLists.txt")):
            text = re.sub(r"if\(NOT PAWL_CORE_ONLY\).*?endif\(\)", "", lists.read_text(), flags=re.S)
            names += re.findall(r"pawl_test\((\w+)", text)
    return names


def build_and_run(build, names, rebuild):
    if rebuild:
        subprocess.run(["cmake", "--preset", "coverage", "-B", build, "-DPAWL_CORE_ONLY=ON"], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run(["ninja", "-C", build, *names], check=True, stdout=subprocess.DEVNULL)
    for counts in build.rglob("*.gcda"):
        counts.unlink()
    for name in names:
        subprocess.run([build / "bin" / name, "--gtest_brief=1"], check=True, stdout=subprocess.DEVNULL)


def lines_of(build):
    """{file: {line: times reached}}, a line's counts from every object that has it added up."""
    reached = collections.defaultdict(collections.Counter)
    for counts in sorted((build / FOLDER).rglob("*.gcda")):
        out = subprocess.run(["gcov", "--json-format", "--stdout", counts], cwd=build, check=True, capture_output=True)
        for file in json.loads(out.stdout)["files"]:
            at = file["file"].find(FOLDER)
            name = file["file"][at:]
            if at >= 0 and "_test" not in name and "fuzz_" not in name:
                for line in file["lines"]:
                    reached[name][line["line_number"]] += line["count"]
    return reached


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "coverage")
    parser.add_argument("--min", type=float, default=MIN_PERCENT)
    parser.add_argument("--no-build", action="store_true")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    build_and_run(build, tests(), not arguments.no_build)
    reached = lines_of(build)
    total = hit = 0
    for name, lines in sorted(reached.items()):
        of_file = sum(1 for count in lines.values() if count > 0)
        total, hit = total + len(lines), hit + of_file
        print(f"{100 * of_file / len(lines):6.1f}%  {of_file:5} of {len(lines):5}  {name}")
    percent = 100 * hit / total if total else 0
    print(f"{percent:6.1f}%  {hit:5} of {total:5}  {FOLDER}")
    return int(percent < arguments.min)


if __name__ == "__main__":
    sys.exit(main())
