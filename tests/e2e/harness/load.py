"""Starts executions as clients do, remembers what it was told, and waits until all have ended."""
import json
import threading
import time

from harness import aws, machines

# A client gives up on one call after this; with the faults that the tests make, answers come much sooner.
PATIENCE_S = 120


class Load:
    """`journal`: a file that gets a line before a start is asked for, after it was acknowledged, and when an end was
    seen. Several threads; any of them may fail, which `problems` tells."""

    def __init__(self, client, journal, run, threads=4):
        self._client, self._run, self._threads = client, run, threads
        self._journal = open(journal, "a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()
        self._work = []
        self._workers = []
        self._machines = {}
        self._stopping = False
        self.acknowledged = 0
        self.ended = 0
        self.problems = []

    def _note(self, what, **more):
        with self._lock:
            self._journal.write(json.dumps({"what": what, **more}) + "\n")

    def start(self, count=None, rate=None):
        """Begins to start `count` executions (without: until stop()), shapes in turn, about `rate` a second."""
        self._machines = machines.create_all(self._client)
        shapes = list(machines.SHAPES)
        open_ended = count is None
        state = {"next": 0}
        began = time.monotonic()

        def take():
            with self._lock:
                n = state["next"]
                if self._stopping or (not open_ended and n >= count):
                    return None
                state["next"] = n + 1
            if rate:
                time.sleep(max(0.0, began + n / rate - time.monotonic()))
            return n

        def run():
            try:
                while (n := take()) is not None:
                    self._start_one(shapes[n % len(shapes)], n)
            except Exception as error:  # whatever it is, the test must hear of it
                self.problems.append(f"{type(error).__name__}: {error}")

        self._workers = [threading.Thread(target=run, daemon=True) for _ in range(self._threads)]
        for worker in self._workers:
            worker.start()

    def _start_one(self, shape, n):
        name = f"{self._run}-{shape}-{n}"
        self._note("intended", name=name, shape=shape, n=n)
        try:
            arn = self._client.insist("StartExecution", {
                "stateMachineArn": self._machines[shape], "name": name, "input": machines.input_of(shape, n)},
                seconds=PATIENCE_S)["executionArn"]
        except aws.AwsError as error:
            # An earlier call of ours took effect, its answer was lost, and the execution has ended since.
            if error.name != "ExecutionAlreadyExists":
                raise
            arn = aws.arn("execution", f"e2e-{shape}", name)
        self._note("acknowledged", name=name, arn=arn)
        with self._lock:
            self.acknowledged += 1
            self._work.append((name, arn, shape, n))

    def starting(self):
        return any(worker.is_alive() for worker in self._workers)

    def stop(self):
        self._stopping = True

    def watch(self, seconds):
        """Looks at open executions for so long, or until none is left; gives how many are open. Those of the shape
        "stopped" are stopped when they are seen waiting."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self._lock:
                batch, self._work = self._work[:20], self._work[20:]
            if not batch and not self.starting():
                break
            for item in batch:
                try:
                    over = self._look(*item, patience=max(1.0, deadline - time.monotonic()))
                except aws.NoAnswer:
                    over = False
                if not over:
                    with self._lock:
                        self._work.append(item)
            time.sleep(0.05)
        return len(self._work)

    def _look(self, name, arn, shape, n, patience):
        described = self._client.insist("DescribeExecution", {"executionArn": arn}, seconds=patience)
        if described["status"] == "RUNNING":
            if shape == "stopped" and time.time() - described["startDate"] > 2:
                self._client.insist("StopExecution", {"executionArn": arn, "error": "E2E.Stopped",
                                                      "cause": f"number {n}"}, seconds=patience)
            return False
        self._note("seen", name=name, status=described["status"])
        with self._lock:
            self.ended += 1
        return True

    def open_names(self):
        with self._lock:
            return [item[0] for item in self._work]
