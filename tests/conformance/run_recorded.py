"""Replays recorded conformance cases against a `pawl dev` of its own.

    run_recorded.py [--with-known] [--strict] [GLOB...]      default: every tier 1 case

Cases named in known_failures.txt are left out unless --with-known is given; then they run, and may fail. --strict
compares what the cases ask to ignore too.

Without globs it also counts the cases of the language alone: those outside the API's own categories, express, logs and
local_mocking, and of them those that need neither a Map Run nor a nested execution. A case left out counts as failed.

The runner and the cases lie beside the checkout (../shared/conformance); without them this says so and, unless CI=true,
passes. Python 3 with boto3.
"""
import fnmatch
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared" / "conformance"
BIN = pathlib.Path(os.environ.get("PAWL_BIN", ROOT / "build" / "release" / "bin"))
START_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def known_failures():
    """Globs of cases that may fail, each with its reason after a #."""
    path = HERE / "known_failures.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


# Categories of the API, of other kinds of execution and of the recordings' own mocks: no cases of the language.
NOT_LANGUAGE = ("sfn_api*", "express", "logs", "local_mocking")


def language_cases():
    """All tier 1 cases of the language."""
    cases = [json.loads(path.read_text()) for path in sorted((SHARED / "cases").rglob("*.json"))]
    return [case for case in cases
            if case["tier"] == 1 and not any(fnmatch.fnmatch(case["category"], glob) for glob in NOT_LANGUAGE)]


def needs_other_executions(case):
    """Whether the case starts a Map Run or another execution; TestState starts neither."""
    text = json.dumps(case["definitions"])
    return case["kind"] != "test_state" and ("DISTRIBUTED" in text or "startExecution" in text)


def print_language_counts(replayed):
    """`replayed`: results by case id; one that is not there counts as failed."""
    def counts(cases):
        parts = []
        for level in ("output", "history"):
            passed = sum(1 for case in cases if not replayed.get(case["id"], {level: "left out"})[level])
            parts.append(f"{passed} of {len(cases)} ({100 * passed / len(cases):.1f}%) at {level} level")
        return ", ".join(parts)
    cases = language_cases()
    alone = [case for case in cases if not needs_other_executions(case)]
    print(f"language: {counts(cases)}")
    print(f"language without Map Runs and nested executions: {counts(alone)}")


def start_dev(work, lambda_port):
    """`pawl dev` with its functions at the runner; gives the process and the HTTP endpoint."""
    environment = {**os.environ, "AWS_ENDPOINT_URL_LAMBDA": f"http://127.0.0.1:{lambda_port}"}
    out = open(work / "out", "w+")
    process = subprocess.Popen([BIN / "pawl", "dev", "--http-port", "0", "--grpc-port", "0", "--ops-port", "0"],
                               stdout=out, stderr=open(work / "err", "w"), env=environment)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for line in (work / "out").read_text().splitlines():
            if line.startswith("ready "):
                return process, dict(part.split("=", 1) for part in line.split()[1:])["http"]
        time.sleep(0.1)
    process.kill()
    raise SystemExit("pawl dev did not become ready:\n" + (work / "out").read_text() + (work / "err").read_text() +
                     "\n0 passed, 1 failed")


def main():
    if not SHARED.is_dir():
        print("SKIPPED: the recorded cases are not beside this checkout (../shared/conformance)")
        missing_counts = os.environ.get("CI") == "true"
        print(f"0 passed, {int(missing_counts)} failed")
        return int(missing_counts)
    options = [argument for argument in sys.argv[1:] if argument.startswith("--")]
    globs = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    known = known_failures()
    selection = (["--only", *globs] if globs else []) + (["--strict"] if "--strict" in options else [])
    if known and "--with-known" not in options:
        selection += ["--skip", *known]
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        lambda_port = free_port()
        process, endpoint = start_dev(work, lambda_port)
        try:
            report = work / "report.json"
            subprocess.run([sys.executable, SHARED / "run_conformance.py", "--endpoint-url", endpoint, "--lambda-port",
                            str(lambda_port), "--timeout", "60", "--report", report, *selection], check=False)
            cases = [case for case in json.loads(report.read_text())["cases"] if "skipped" not in case]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    passed = [case["id"] for case in cases if not case["history"]]
    excused = [case["id"] for case in cases
               if case["history"] and any(fnmatch.fnmatch(case["id"], glob) for glob in known)]
    failed = [case["id"] for case in cases if case["history"] and case["id"] not in excused]
    for name in excused:
        print(f"known failure: {name}")
    if not globs:
        print_language_counts({case["id"]: case for case in cases})
    print(f"{len(passed)} of {len(cases)} recorded cases pass at history level")
    print(f"{len(passed)} passed, {len(failed)} failed")
    return int(bool(failed) or not passed)


if __name__ == "__main__":
    sys.exit(main())
