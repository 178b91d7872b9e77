#!/usr/bin/env python3
"""Holds every C++ source against the rules of ARCHITECTURE.md and STYLE.md (rules.py, checks.py).

Each rule counts as one case, and so does its self-test: the example that must break it does, the one that must not
doesn't (examples.py). Prints the files, lines and the sentence of a broken rule; the last line is "N passed, N failed".
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import checks  # noqa: E402
import examples  # noqa: E402
import sources  # noqa: E402


def self_test(name, check):
    """What is wrong with the rule itself; empty when it can fail and can pass."""
    if name not in examples.EXAMPLES:
        return [f"{name}: the rule has no example in examples.py"]
    bad, good = examples.EXAMPLES[name]
    problems = []
    if not list(check(sources.Source(*bad))):
        problems.append(f"{name}: the example that must break the rule does not: {bad}")
    found = list(check(sources.Source(*good)))
    if found:
        problems.append(f"{name}: the example that must obey the rule breaks it: {good}: {found}")
    return problems


def main():
    failed = passed = 0

    def count(problems):
        nonlocal failed, passed
        passed += not problems
        failed += bool(problems)
        for problem in problems:
            print(problem)

    files = list(sources.all_sources())
    for name, (check, why) in checks.ALL.items():
        count(self_test(name, check))
        broken = [f"  {file.path}:{line}: {found}" for file in files for line, found in check(file)]
        count([f"{name}: {why}", *broken] if broken else [])
    print(f"{len(files)} files, {len(checks.ALL)} rules")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
