#!/usr/bin/env python3
"""Compares what clients were told (the journal) and what workers ran (the ledger) with what the service has recorded.

    checker.py --journal FILE --ledger FILE (--endpoint HOST:PORT | --records FILE) [--save-records FILE]

Says every finding in a line; the exit code is 1 where there is one. It shares no code with the service and trusts
nothing but three files:

  journal   by the load: {"what": "intended" | "acknowledged" | "seen", "name", "shape", "n", "arn", "status"}
  ledger    by pawl-ledger-worker: {"execution", "state", "key", "attempt", "worker", "phase"}, phases begin, succeeded,
            failed
  records   read from the service: {"name", "shape", "describe", "history"} and {"shape", "listed": [names]}

The rules, each a function below:
  results    every acknowledged start is there and ended as its shape says; an unacknowledged one may be there, but then
             as good; what a client saw of an end still holds; nothing is listed that nobody asked for, or twice
  histories  ids 1..n, previousEventId below id, time never runs back, one start at the front, one end at the back which
             is the described one, every state entered is left
  ledger     no attempt began twice; nothing ran after its result was recorded; every attempt stands in the history;
             every recorded result was really computed by the worker that it names
"""
import argparse
import collections
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import aws, machines  # noqa: E402

ENDS = {"ExecutionSucceeded": "SUCCEEDED", "ExecutionFailed": "FAILED", "ExecutionAborted": "ABORTED",
        "ExecutionTimedOut": "TIMED_OUT"}


def read_lines(path):
    """The JSON lines of a file. A torn last line is what a kill leaves behind; anywhere else it is an error."""
    lines = pathlib.Path(path).read_text().split("\n")
    return [json.loads(line) for line in lines[:-1]]


def read_service(endpoint, journal):
    """The records of all executions of the journal, and the lists of all its state machines."""
    host, port = endpoint.rsplit(":", 1)
    client = aws.Aws((host, int(port)))
    for shape in sorted({line["shape"] for line in journal if line["what"] == "intended"}):
        yield {"shape": shape, "listed": client.executions(aws.arn("stateMachine", f"e2e-{shape}"))}
    for line in journal:
        if line["what"] != "intended":
            continue
        record = {"name": line["name"], "shape": line["shape"], "describe": None, "history": []}
        execution = aws.arn("execution", f"e2e-{line['shape']}", line["name"])
        try:
            record["describe"] = client.insist("DescribeExecution", {"executionArn": execution})
            record["history"] = client.history(execution)
        except aws.AwsError as error:
            record["error"] = str(error)
        yield record


def check_results(journal, records):
    intended = {line["name"]: line for line in journal if line["what"] == "intended"}
    acknowledged = {line["name"] for line in journal if line["what"] == "acknowledged"}
    seen = {line["name"]: line["status"] for line in journal if line["what"] == "seen"}
    recorded = {record["name"]: record for record in records if "name" in record}
    for name, line in intended.items():
        described = recorded.get(name, {}).get("describe")
        if described is None:
            if name in acknowledged:
                yield f"{name}: its start was acknowledged, but it is not there: {recorded.get(name, {}).get('error')}"
            continue
        expected = machines.outcome_of(line["shape"], line["n"])
        found = {key: described.get(key) for key in expected}
        if isinstance(found.get("output"), str):
            found["output"] = json.loads(found["output"])
        if found != expected:
            yield f"{name}: expected {expected}, found {found}"
        if name in seen and seen[name] != described["status"]:
            yield f"{name}: a client saw it end {seen[name]}, now it is {described['status']}"
    for record in records:
        if "listed" not in record:
            continue
        times = collections.Counter(record["listed"])
        for name, count in times.items():
            if name not in intended:
                yield f"{name}: listed, but nobody asked for it"
            if count > 1:
                yield f"{name}: listed {count} times"
        for name in acknowledged:
            if intended.get(name, {}).get("shape") == record["shape"] and name not in times:
                yield f"{name}: acknowledged, but not listed"


def check_history(record):
    name, events, described = record["name"], record["history"], record["describe"]
    if described is None:
        return
    if [event["id"] for event in events] != list(range(1, len(events) + 1)):
        yield f"{name}: ids are not 1..{len(events)}: {[event['id'] for event in events][:50]}"
        return
    before = None
    for event in events:
        previous = event.get("previousEventId", 0)
        if previous >= event["id"] or (previous == 0 and event["id"] > 2 and event["type"] not in ENDS):
            yield f"{name}: event {event['id']} {event['type']} has previousEventId {previous}"
        if before is not None and event["timestamp"] < before:
            yield f"{name}: time runs back at event {event['id']}"
        before = event["timestamp"]
    if not events or events[0]["type"] != "ExecutionStarted":
        yield f"{name}: does not begin with ExecutionStarted"
    if sum(event["type"] == "ExecutionStarted" for event in events) > 1:
        yield f"{name}: started twice"
    ends = [event for event in events if event["type"] in ENDS]
    if described["status"] == "RUNNING":
        if ends:
            yield f"{name}: RUNNING, but its history holds {ends[0]['type']}"
        return
    if len(ends) != 1 or events[-1] is not ends[0] or ENDS[ends[0]["type"]] != described["status"]:
        yield f"{name}: {described['status']}, but its history ends with {[event['type'] for event in ends]}"
    if described["status"] == "SUCCEEDED":
        for way, details in (("Entered", "stateEnteredEventDetails"), ("Exited", "stateExitedEventDetails")):
            count = collections.Counter(event[details]["name"] for event in events if event["type"].endswith(way))
            if way == "Entered":
                entered = count
            elif count != entered:
                yield f"{name}: entered {dict(entered)}, left {dict(count)}"


# One scheduling of a task, as the history tells it.
class Scheduling:
    def __init__(self, key, event):
        self.key, self.event = key, event
        self.starts = 0
        self.worker = None
        self.outcome = None  # succeeded, failed, timed out, aborted
        self.signature = None  # {"key", "attempt", "worker"} that the worker put into its result


def schedulings_of(record):
    """Every scheduling by the id of its event, in order."""
    by_id = {event["id"]: event for event in record["history"]}
    found = {}
    for event in record["history"]:
        kind, previous = event["type"], event.get("previousEventId", 0)
        if kind in ("ActivityScheduled", "LambdaFunctionScheduled"):
            details = event.get("activityScheduledEventDetails") or event["lambdaFunctionScheduledEventDetails"]
            found[event["id"]] = Scheduling(json.loads(details["input"])["key"], event["id"])
            continue
        if not kind.startswith(("Activity", "LambdaFunction")):
            continue
        at = previous if previous < event["id"] else 0
        while at and at not in found:
            before = by_id.get(at, {}).get("previousEventId", 0)
            at = before if before < at else 0  # check_history tells of the others
        if at not in found:
            continue
        scheduling = found[at]
        details = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
        if kind.endswith("Started"):
            scheduling.starts += 1
            scheduling.worker = details.get("workerName")
            continue
        scheduling.outcome = kind.replace("Activity", "").replace("LambdaFunction", "").lower()
        try:
            signature = json.loads(details.get("output") or details.get("cause") or "null")
        except ValueError:
            signature = None
        scheduling.signature = signature if isinstance(signature, dict) and "worker" in signature else None
    return found


def check_ledger(ledger, records):
    runs = collections.defaultdict(lambda: collections.defaultdict(dict))
    for line in ledger:
        stay, attempt = (line["execution"], line["key"]), line["attempt"]
        run = runs[stay][attempt]
        if line["phase"] in run:
            yield f"{stay[0]} {line['key']}: attempt {attempt} ran twice: {run[line['phase']]}, {line['worker']}"
        elif line["phase"] != "begin" and run.get("begin") != line["worker"]:
            yield f"{stay[0]} {line['key']}: attempt {attempt} ended on {line['worker']}, began on {run.get('begin')}"
        run[line["phase"]] = line["worker"]
    known = {}
    for record in records:
        if record.get("describe"):
            known[record["describe"]["executionArn"]] = record
    for execution in {stay[0] for stay in runs} - set(known):
        yield f"{execution}: workers ran its tasks, but it is not recorded"
    for execution, record in known.items():
        by_key = collections.defaultdict(list)
        for scheduling in schedulings_of(record).values():
            by_key[scheduling.key].append(scheduling)
        for stay in [stay for stay in runs if stay[0] == execution and stay[1] not in by_key]:
            yield f"{execution} {stay[1]}: ran, but the history does not have it"
        for key, schedulings in by_key.items():
            yield from check_stay(execution, key, schedulings, runs.get((execution, key), {}))


def check_stay(execution, key, schedulings, runs):
    """One stay in a Task state: its schedulings (several by Retry) against the attempts in the ledger."""
    where = f"{execution} {key}"
    ended = 0  # attempts up to this one belong to schedulings that are over
    for at, scheduling in enumerate(schedulings):
        if scheduling.starts > 1:
            yield f"{where}: one scheduling (event {scheduling.event}) started {scheduling.starts} times"
        signature = scheduling.signature
        if signature is None:
            if scheduling.outcome == "succeeded":
                yield f"{where}: a result that no worker signed"
            continue
        attempt = signature["attempt"]
        if attempt <= ended:
            yield f"{where}: attempt {attempt} was answered after attempt {ended}"
        ended = attempt
        if signature["key"] != key:
            yield f"{where}: has the result of {signature['key']}"
        if runs.get(attempt, {}).get(scheduling.outcome) != signature["worker"]:
            yield f"{where}: recorded {signature}, which the ledger does not have"
        if scheduling.starts == 0:
            yield f"{where}: answered by attempt {attempt}, but never started"
        if scheduling.outcome == "succeeded":
            for later in sorted(number for number in runs if number > attempt):
                yield f"{where}: attempt {later} ran though attempt {attempt} had succeeded"
            if at != len(schedulings) - 1:
                yield f"{where}: scheduled again after it had succeeded"
    # Attempts stand in the history through the start of their scheduling; a lost worker's next attempts within one
    # scheduling are not shown there, so their number is bounded by order only.
    if runs and not any(scheduling.starts for scheduling in schedulings):
        yield f"{where}: attempts {sorted(runs)} ran, but no start stands in the history"
    last = schedulings[-1]
    if last.signature and max(runs, default=0) > last.signature["attempt"]:
        yield f"{where}: attempt {max(runs)} ran, the history ends with attempt {last.signature['attempt']}"


def check(journal, ledger, records):
    records = list(records)
    findings = list(check_results(journal, records))
    for record in records:
        if "history" in record:
            findings += check_history(record)
    return findings + list(check_ledger(ledger, records))


def main():
    parser = argparse.ArgumentParser(description="Compares journal, ledger and histories.")
    parser.add_argument("--journal", required=True)
    parser.add_argument("--ledger", required=True)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--endpoint", help="HOST:PORT of the AWS API")
    source.add_argument("--records", help="a file that --save-records wrote")
    parser.add_argument("--save-records", metavar="FILE")
    arguments = parser.parse_args()
    journal, ledger = read_lines(arguments.journal), read_lines(arguments.ledger)
    records = list(read_service(arguments.endpoint, journal) if arguments.endpoint else read_lines(arguments.records))
    if arguments.save_records:
        pathlib.Path(arguments.save_records).write_text("".join(json.dumps(record) + "\n" for record in records))
    findings = check(journal, ledger, records)
    for finding in findings:
        print(finding)
    acknowledged = sum(line["what"] == "acknowledged" for line in journal)
    events = sum(len(record.get("history", ())) for record in records)
    attempts = [line["attempt"] for line in ledger if line["phase"] == "begin"]
    again = sum(attempt > 1 for attempt in attempts)
    print(f"{acknowledged} acknowledged executions, {events} events, {len(attempts)} attempts, {again} of them repeated: "
          f"{len(findings) or 'no'} finding{'s' if len(findings) > 1 else ''}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
