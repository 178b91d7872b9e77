"""A flood in one queue, or of one state machine, beside the work of another: how much slower is the other? Workers are
shared, so that everything that is scarce is contended: slots, decisions, commits. The ratio of medians is printed and
at most 2."""
import json
import statistics
import time
import unittest
import uuid

from harness import aws, machines, probe, world
from harness.processes import wait_until

SAMPLES = 30
FLOOD = 1500
TASK_MS = 50


class Fairness(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world.World(workers=2, slots=4)
        cls.world.__enter__()
        cls.addClassCleanup(lambda: cls.world.__exit__(None, None, None))
        cls.node = cls.world.schedulers[0].wait_until_ready()
        cls.client = cls.world.client()
        for handler in ("once", "again"):
            cls.client.insist("CreateActivity", {"name": handler})
        wait_until(lambda: (cls.node.metric("pawl_task_pollers") or 0) > 0, 20)

    def machine(self, handler):
        state = machines.task("$.key", handler, sleep_ms=TASK_MS)
        return self.client.create_machine(f"m-{uuid.uuid4().hex[:8]}", machines.sequence(("Work", state)))

    def run_once(self, machine, caller):
        """Milliseconds from the call that starts an execution to the one that tells its end."""
        began = time.monotonic()
        outcome = caller.call("StartExecutions", state_machine_arn=machine, wait=True,
                              items=[{"input": json.dumps({"value": 1, "key": uuid.uuid4().hex})}])["outcomes"][0]
        self.assertEqual(outcome.get("status"), "SUCCEEDED", outcome)
        return (time.monotonic() - began) * 1000

    def sample(self, machine):
        caller = probe.Probe(self.node.grpc)
        self.addCleanup(caller.close)
        return [self.run_once(machine, caller) for _ in range(SAMPLES)]

    def compare(self, name, small, flood):
        self.sample(small)
        alone = self.sample(small)
        caller = probe.Probe(self.node.grpc)
        self.addCleanup(caller.close)
        outcomes = caller.call("StartExecutions", state_machine_arn=flood, items=[
            {"input": json.dumps({"value": 1, "key": uuid.uuid4().hex})} for _ in range(FLOOD)])["outcomes"]
        self.assertTrue(all(not outcome.get("error") for outcome in outcomes))
        beside = self.sample(small)
        left = self.node.metric("pawl_task_backlog") or 0
        ratio = statistics.median(beside) / statistics.median(alone)
        print(f"    {name}: {statistics.median(alone):.0f} ms alone, {statistics.median(beside):.0f} ms beside the flood: "
              f"{ratio:.2f} times; slowest {max(alone):.0f} and {max(beside):.0f} ms; {left:.0f} of {FLOOD} left",
              flush=True)
        self.assertGreater(left, 0, "the flood was over before the samples were")
        self.assertLessEqual(ratio, 2)
        wait_until(lambda: self.node.metric("pawl_open_executions") == 0, 120)

    def test_a_flood_in_another_queue(self):
        self.compare("another queue's flood", self.machine("once"), self.machine("again"))

    def test_a_flood_of_another_machine_in_the_same_queue(self):
        self.compare("another machine's flood", self.machine("again"), self.machine("again"))

    def test_a_higher_priority_overtakes(self):
        caller = probe.Probe(self.node.grpc)
        self.addCleanup(caller.close)
        machine = self.machine("again")
        caller.call("StartExecutions", state_machine_arn=machine, items=[
            {"input": json.dumps({"value": 1, "key": uuid.uuid4().hex})} for _ in range(200)])
        began = time.monotonic()
        urgent = caller.call("StartExecutions", state_machine_arn=machine, wait=True, items=[
            {"input": json.dumps({"value": 1, "key": uuid.uuid4().hex}), "priority": 5}])["outcomes"][0]
        took = time.monotonic() - began
        self.assertEqual(urgent.get("status"), "SUCCEEDED")
        self.assertGreater(self.node.metric("pawl_open_executions"), 50, "it overtook most of those before it")
        print(f"    200 before it, and it took {took * 1000:.0f} ms")
        wait_until(lambda: self.node.metric("pawl_open_executions") == 0, 120)


if __name__ == "__main__":
    unittest.main()
