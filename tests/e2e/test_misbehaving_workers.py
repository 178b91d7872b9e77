"""Workers that answer twice, late, for an old attempt, with no JSON, with a forged token; and none at all: each ends
with a clear word to the worker, and the execution goes on as if it had not happened."""
import json
import time
import unittest
import uuid

from harness import aws, probe, world
from harness.processes import wait_until


def machine(handler, **more):
    return {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": aws.arn("activity", handler),
                                                   "End": True, **more}}}


def answer(task, output):
    return {"task_token": task["task_token"], "output": output}


class MisbehavingWorkers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world.World(workers=0)
        cls.world.__enter__()
        cls.addClassCleanup(lambda: cls.world.__exit__(None, None, None))
        cls.node = cls.world.schedulers[0].wait_until_ready()
        cls.client = cls.world.client()
        cls.probe = probe.Probe(cls.node.grpc)
        cls.addClassCleanup(cls.probe.close)

    def setUp(self):
        self.handler = f"h-{uuid.uuid4().hex[:8]}"
        self.session = f"s-{uuid.uuid4()}"

    def start(self, value=None, **more):
        self.client.insist("CreateActivity", {"name": self.handler})
        arn = self.client.create_machine(self.handler, machine(self.handler, **more))
        return self.client.insist("StartExecution", {"stateMachineArn": arn, "input": json.dumps(value)})["executionArn"]

    def take(self, session=None, **more):
        for _ in range(20):
            try:
                tasks, _ = self.probe.poll(session or self.session, [self.handler], **more)
                break
            except probe.GrpcError as error:
                self.assertEqual(error.code, 14, error)  # UNAVAILABLE, just after a restart
                time.sleep(0.2)
        self.assertEqual(len(tasks), 1)
        return tasks[0]

    def assert_ends(self, execution, status, output=None, error=None):
        described = self.client.wait_for_end(execution)
        self.assertEqual((described["status"], described.get("output"), described.get("error")), (status, output, error))
        types = [event["type"] for event in self.client.history(execution)]
        self.assertEqual(sum(kind.startswith("Activity") and kind.endswith(("Succeeded", "Failed", "TimedOut"))
                             for kind in types), 1, types)
        return described

    def assert_runs(self, execution):
        self.assertEqual(self.client.call("DescribeExecution", {"executionArn": execution})["status"], "RUNNING")

    def test_a_second_answer_is_stale_in_the_same_call_and_later(self):
        execution = self.start()
        task = self.take()
        self.assertEqual(self.probe.report(self.session, answer(task, "1"), answer(task, "2")), ["RECORDED", "STALE"])
        self.assertEqual(self.probe.report(self.session, answer(task, "3")), ["STALE"])
        self.assert_ends(execution, "SUCCEEDED", "1")

    def test_an_answer_that_is_late_is_stale(self):
        execution = self.start(TimeoutSeconds=1)
        task = self.take()
        self.assert_ends(execution, "FAILED", error="States.Timeout")
        self.assertEqual(self.probe.report(self.session, answer(task, "1")), ["STALE"])

    def test_an_answer_after_the_execution_was_stopped_is_stale_and_the_worker_is_told(self):
        execution = self.start()
        task = self.take()
        self.client.call("StopExecution", {"executionArn": execution})
        beat = self.probe.call("Heartbeat", session_id=self.session, tasks=[{"task_token": task["task_token"]}])
        self.assertEqual(set(beat["cancelled_tokens"]), {task["task_token"]})
        self.assertEqual(self.probe.report(self.session, answer(task, "1")), ["STALE"])

    def test_an_answer_of_an_old_attempt_is_stale(self):
        execution = self.start()
        old = self.take(restartable=True)
        self.probe.call("EndSession", session_id=self.session)
        new = self.take("other-" + self.session, restartable=True)
        self.assertEqual((int(old["attempt"]), int(new["attempt"])), (1, 2))
        self.assertEqual(self.probe.report(self.session, answer(old, '"old"')), ["STALE"])
        self.assert_runs(execution)
        self.assertEqual(self.probe.report("other-" + self.session, answer(new, '"new"')), ["RECORDED"])
        self.assert_ends(execution, "SUCCEEDED", '"new"')

    def test_an_output_that_is_no_json_fails_the_attempt_and_says_so(self):
        for output in ("{", "", "nul", "{'a': 1}", "[1,]", '"\ud800'):
            with self.subTest(output):
                execution = self.start()
                task = self.take()
                try:
                    codes = self.probe.report(self.session, answer(task, output))
                except probe.GrpcError:
                    continue  # not even valid UTF-8: gRPC refuses it
                self.assertEqual(codes, ["INVALID"])
                self.assertIn("no JSON", self.assert_ends(execution, "FAILED", error="States.Runtime")["cause"])

    def test_an_output_that_is_too_large_fails_the_attempt_and_says_so(self):
        execution = self.start()
        task = self.take()
        codes = self.probe.report(self.session, answer(task, json.dumps("x" * 300_000)))
        self.assert_ends(execution, "FAILED", error="States.DataLimitExceeded")
        self.assertEqual(codes, ["INVALID"])

    def test_a_forged_token_changes_nothing(self):
        execution = self.start()
        task = self.take()
        token = task["task_token"]
        other = {"A": "B"}.get(token[10], "A")
        forged = ["", "no token", token[:-1], token + "A", token[:10] + other + token[11:], token.swapcase(), "A" * 5000]
        codes = self.probe.report(self.session, *[{"task_token": text, "output": "1"} for text in forged], held=[token])
        self.assertEqual(set(codes), {"STALE"})
        for text in forged[1:]:
            with self.assertRaises(aws.AwsError) as caught:
                self.client.call("SendTaskSuccess", {"taskToken": text, "output": "1"})
            self.assertIn(caught.exception.name, ("InvalidToken", "ValidationException"))
        self.assert_runs(execution)
        self.assertEqual(self.probe.report(self.session, answer(task, "2")), ["RECORDED"])
        self.assert_ends(execution, "SUCCEEDED", "2")

    def test_held_tokens_of_others_or_of_nobody_disturb_nothing(self):
        execution = self.start()
        task = self.take()
        self.probe.poll("thief-" + self.session, tasks=0, wait_ms=0, held=[task["task_token"], "junk", ""])
        self.probe.call("EndSession", session_id="thief-" + self.session)
        self.assert_runs(execution)
        self.assertEqual(self.probe.report(self.session, answer(task, "2")), ["RECORDED"])
        self.assert_ends(execution, "SUCCEEDED", "2")

    def test_senseless_numbers_in_a_poll_do_no_harm(self):
        for tasks, wait in ((-5, 0), (0, -1), (2_000_000_000, 0), (1, -2_000_000_000)):
            with self.subTest(tasks=tasks, wait=wait):
                self.assertEqual(self.probe.poll(self.session, [self.handler], tasks, wait)[0], [])
        execution = self.start()
        tasks, _ = self.probe.poll(self.session, [self.handler], 2_000_000_000, 5000)
        self.assertEqual(self.probe.report(self.session, answer(tasks[0], "1")), ["RECORDED"])
        self.assert_ends(execution, "SUCCEEDED", "1")

    def test_a_task_that_nobody_serves_waits_visibly(self):
        execution = self.start({"n": 1})
        wait_until(lambda: self.node.metric("pawl_task_backlog", handler=self.handler) == 1, 5)
        self.assertEqual(self.node.metric("pawl_task_pollers", handler=self.handler), 0)
        self.assert_runs(execution)
        self.assertEqual([event["type"] for event in self.client.history(execution)],
                         ["ExecutionStarted", "TaskStateEntered", "ActivityScheduled"])
        self.node.kill()
        self.node.start().wait_until_ready()
        wait_until(lambda: self.node.metric("pawl_task_backlog", handler=self.handler) == 1, 5)
        task = self.take()
        self.assertEqual(json.loads(task["input"]), {"n": 1})
        self.assertEqual(self.probe.report(self.session, answer(task, "1")), ["RECORDED"])
        self.assert_ends(execution, "SUCCEEDED", "1")
        self.assertEqual(self.node.metric("pawl_task_backlog", handler=self.handler) or 0, 0)

    def test_a_worker_that_is_never_heard_of_again_loses_its_task(self):
        execution = self.start()
        began = time.monotonic()
        task = self.take()
        described = self.client.wait_for_end(execution, 20)
        self.assertEqual((described["status"], described["error"]), ("FAILED", "Pawl.WorkerLost"))
        self.assertGreater(time.monotonic() - began, 8)
        self.assertEqual(self.probe.report(self.session, answer(task, "1")), ["STALE"])


if __name__ == "__main__":
    unittest.main()
