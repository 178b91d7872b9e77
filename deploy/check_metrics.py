#!/usr/bin/env python3
"""Compares METRICS.md with what a running binary shows: check_metrics.py BINARY URL_OR_FILE.

    deploy/check_metrics.py pawl-scheduler http://127.0.0.1:9333/metrics

Both ways: a family that is not listed, one that is listed and not shown, and one whose type, help or labels differ.
Ends with "N passed, N failed", a case for each family.

    deploy/check_metrics.py --uses FILE...

checks that every metric which the files (alerts, dashboards) name is listed.
"""
import collections
import pathlib
import re
import sys
import urllib.request

PAGE = pathlib.Path(__file__).resolve().parent / "METRICS.md"
Family = collections.namedtuple("Family", "type labels help")
_ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<type>\w+) \|(?P<labels>[^|]*)\| (?P<help>.*) \|$")
_LABEL = re.compile(r'(\w+)="(?:[^"\\]|\\.)*"')


def listed(binary):
    families = {}
    section = PAGE.read_text().split(f"## {binary}\n", 1)[1].split("\n## ", 1)[0]
    for line in section.splitlines():
        row = _ROW.match(line)
        if row:
            labels = tuple(re.findall(r"`(\w+)`", row["labels"]))
            families[row["name"]] = Family(row["type"], labels, row["help"])
    return families


def shown(text):
    """Families by name; labels are None where no series shows them yet."""
    helps, types, labels = {}, {}, {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, helps[name] = line[len("# HELP "):].split(" ", 1)
        elif line.startswith("# TYPE "):
            name, types[name] = line[len("# TYPE "):].split(" ", 1)
        elif line:
            series = re.match(r"(\w+)(\{.*\})? ", line)
            name = series[1]
            if name not in types:
                name = re.sub(r"_(bucket|sum|count)$", "", name)
            labels[name] = tuple(label for label in _LABEL.findall(series[2] or "") if label != "le")
    return {name: Family(types.get(name), labels.get(name), helps[name]) for name in helps}


def difference(name, expected, found):
    if expected is None:
        return f"{name} is shown, but METRICS.md does not list it"
    if found is None:
        return f"{name} is listed, but not shown"
    if (expected.type, expected.help) != (found.type, found.help):
        return f"{name}: expected {expected.type} \"{expected.help}\", found {found.type} \"{found.help}\""
    if found.labels is not None and set(expected.labels) != set(found.labels):
        return f"{name}: expected the labels {expected.labels}, found {found.labels}"
    return None


def check_uses(files):
    names = {*listed("pawl-scheduler"), *listed("pawl-worker")}
    failed = passed = 0
    for file in files:
        for used in sorted(set(re.findall(r"\bpawl_\w+", pathlib.Path(file).read_text()))):
            is_listed = used in names or re.sub(r"_(bucket|sum|count)$", "", used) in names
            passed += is_listed
            failed += not is_listed
            if not is_listed:
                print(f"{file} uses {used}, which METRICS.md does not list")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    if len(sys.argv) > 2 and sys.argv[1] == "--uses":
        return check_uses(sys.argv[2:])
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binary, source = sys.argv[1:]
    if source.startswith("http"):
        with urllib.request.urlopen(source, timeout=10) as response:
            text = response.read().decode()
    else:
        text = pathlib.Path(source).read_text()
    expected, found = listed(binary), shown(text)
    problems = [difference(name, expected.get(name), found.get(name)) for name in sorted({*expected, *found})]
    for problem in filter(None, problems):
        print(problem)
    failed = sum(problem is not None for problem in problems)
    print(f"{len(problems) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
