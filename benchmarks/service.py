"""The processes that are measured: pawl-scheduler, the bench worker, the load; and what is asked of them."""
import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.request

ACCOUNT, REGION = "000000000000", "us-east-1"
NOOP = {"Type": "Task", "Resource": f"arn:aws:states:{REGION}:{ACCOUNT}:activity:noop"}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def chain(states, kind):
    body = {}
    for i in range(states):
        state = {"Type": "Pass"} if kind == "pass" else dict(NOOP)
        state.update({"End": True} if i == states - 1 else {"Next": f"S{i + 1}"})
        body[f"S{i}"] = state
    return {"StartAt": "S0", "States": body}


def fan_out(at_once):
    return {"StartAt": "M", "States": {"M": {
        "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": at_once, "End": True,
        "ItemProcessor": {"StartAt": "T", "States": {"T": {**NOOP, "End": True}}}}}}


def long_wait():
    return {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 365 * 24 * 3600, "End": True}}}


def wait_until():
    return {"StartAt": "W", "States": {"W": {"Type": "Wait", "TimestampPath": "$.at", "End": True}}}


def call(http_port, operation, body):
    request = urllib.request.Request(
        f"http://127.0.0.1:{http_port}/", json.dumps(body).encode(),
        {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{operation}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


class Process(subprocess.Popen):
    """Runs on `cores`, a set of their numbers, or on all."""

    def __init__(self, command, cores=None, **more):
        pin = cores and (lambda: os.sched_setaffinity(0, cores))
        super().__init__(command, preexec_fn=pin, **more)


class Scheduler:
    """One node."""

    def __init__(self, bin_dir, conninfo, log, cores=None):
        self.http, self.grpc, self.ops = free_port(), free_port(), free_port()
        self.address = f"127.0.0.1:{self.grpc}"
        self.log = log
        self.process = Process(
            [f"{bin_dir}/pawl-scheduler", "--address", "127.0.0.1", "--http-port", str(self.http), "--grpc-port",
             str(self.grpc), "--ops-port", str(self.ops), "--postgres", conninfo], cores, stderr=log)

    def wait_ready(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.ops}/readyz", timeout=1) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            if self.process.poll() is not None:
                raise SystemExit(f"pawl-scheduler ended early; see {self.log.name}")
            time.sleep(0.005)
        raise SystemExit("pawl-scheduler was not ready within 30 s")

    def metric(self, name, label=""):
        """The sum over its labels, or over those with this one."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ops}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if line.split("{")[0].split(" ")[0] == name and label in line)


class Service:
    """Schedulers and bench workers, one each unless told otherwise; the workers poll one node each, in turn, and have
    `slots` together. `workers` are in as many processes, or so many in each of `worker_processes`. `began` is the moment
    before they were launched. `cores` are those of the schedulers, `other_cores` those of workers and load."""

    def __init__(self, bin_dir, conninfo, slots=1024, nodes=1, workers=1, worker_processes=None, cores=None,
                 other_cores=None):
        processes = worker_processes or workers
        self.bin, self.other_cores = bin_dir, other_cores
        self.log = open(os.path.join(bin_dir, "..", "bench-scheduler.log"), "ab")
        self.began = time.monotonic()
        self.nodes = [Scheduler(bin_dir, conninfo, self.log, cores) for _ in range(nodes)]
        self.workers = [Process([f"{bin_dir}/pawl-bench-worker", self.nodes[i % nodes].address, str(slots // workers),
                                 str(workers // processes)], other_cores, stderr=self.log) for i in range(processes)]
        for node in self.nodes:
            node.wait_ready()

    @property
    def scheduler(self):
        return self.nodes[0].process

    @property
    def http(self):
        return self.nodes[0].http

    def pids(self):
        """Lists of them by name, for Cpu."""
        if len(self.nodes) == 1:
            schedulers = {"scheduler": [self.scheduler.pid]}
        else:
            schedulers = {f"scheduler {i + 1}": [node.process.pid] for i, node in enumerate(self.nodes)}
        return {**schedulers, "worker": [worker.pid for worker in self.workers]}

    def call(self, operation, body):
        return call(self.http, operation, body)

    def create(self, name, definition):
        return self.call("CreateStateMachine", {"name": name, "definition": json.dumps(definition),
                                                "roleArn": f"arn:aws:iam::{ACCOUNT}:role/bench"})["stateMachineArn"]

    def metric(self, name, label=""):
        """The sum over its labels, or over those with this one, and over the nodes."""
        return sum(node.metric(name, label) for node in self.nodes)

    def load(self, arn, count, how, text="{}"):
        """`how`: so many at once, "rate=R" or "start". Gives the generator's line and, as load_cpu, its CPU seconds."""
        targets = ",".join(node.address for node in self.nodes)
        with Process([f"{self.bin}/pawl-bench-load", targets, arn, str(count), str(how), text], self.other_cores,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            out, err = process.stdout.read(), process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"pawl-bench-load failed: {err[-2000:]}")
        return {**json.loads(out), "load_cpu": usage.ru_utime + usage.ru_stime}

    def stop(self):
        processes = self.workers + [node.process for node in self.nodes]
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        self.log.close()


def verify_histories(service, arn, events_expected, share=0.01):
    """Reads 1% of the executions back and looks at their histories; returns how many were looked at."""
    looked, token = 0, None
    while True:
        page = service.call("ListExecutions", {"stateMachineArn": arn, "maxResults": 1000,
                                               **({"nextToken": token} if token else {})})
        for execution in page["executions"]:
            if execution["status"] != "SUCCEEDED":
                raise SystemExit(f"{execution['executionArn']} is {execution['status']}")
            if random.random() >= share and looked > 0:
                continue
            events = service.call("GetExecutionHistory", {"executionArn": execution["executionArn"],
                                                          "maxResults": 1000})["events"]
            ids = [event["id"] for event in events]
            if ids != list(range(1, events_expected + 1)) or events[-1]["type"] != "ExecutionSucceeded":
                raise SystemExit(f"the history of {execution['executionArn']} is not as expected: {ids}")
            looked += 1
        token = page.get("nextToken")
        if not token:
            return looked
