"""A flood against small bounds: the node refuses what it has no room for, in words that clients repeat after, before its
memory grows; what it acknowledged ends as it should, and other machines and finished work get through."""
import concurrent.futures
import http.client
import json
import threading
import time
import unittest
import uuid

from harness import aws, probe, world
from harness.processes import wait_until

FLAGS = ("--requests-max", "100", "--request-mib-max", "4", "--polls-max", "20", "--watches-max", "20")
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": 1, "End": True}}}


def raw(node, action, body):
    """(status, error name, Retry-After) of one call on a connection of its own."""
    connection = http.client.HTTPConnection(*node.http, timeout=60)
    try:
        connection.request("POST", "/", json.dumps(body), {
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{action}",
            "Authorization": aws._AUTHORIZATION})
        answer = connection.getresponse()
        text = json.loads(answer.read())
        return answer.status, text.get("__type", "").rsplit("#", 1)[-1], answer.getheader("Retry-After"), text
    finally:
        connection.close()


class Overload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world.World(workers=0, scheduler_flags=FLAGS)
        cls.world.__enter__()
        cls.addClassCleanup(lambda: cls.world.__exit__(None, None, None))
        cls.node = cls.world.schedulers[0].wait_until_ready()
        cls.client = cls.world.client()

    def machine(self, definition):
        return self.client.create_machine(f"m-{uuid.uuid4().hex[:8]}", definition)

    def shed(self, kind):
        return self.node.metric("pawl_requests_shed_total", kind=kind) or 0

    def test_a_flood_of_starts_is_shed_before_memory_grows(self):
        flooded, other = self.machine(PASS), self.machine(PASS)
        big = json.dumps("x" * 200_000)
        raw(self.node, "StartExecution", {"stateMachineArn": flooded, "input": big})
        before = self.node.resident_kib()
        acknowledged, refused, strange, others, peak = [], [], [], [], [before]
        stop = time.monotonic() + 6

        def flood(number):
            while time.monotonic() < stop:
                status, name, retry_after, answer = raw(self.node, "StartExecution",
                                                        {"stateMachineArn": flooded, "input": big})
                if status == 200:
                    acknowledged.append(answer["executionArn"])
                elif (status, name, retry_after) == (400, "ThrottlingException", "1"):
                    refused.append(number)
                    time.sleep(0.02)
                else:
                    strange.append((status, name, retry_after))

        def bulk():
            caller = probe.Probe(self.node.grpc)
            try:
                while time.monotonic() < stop:
                    try:
                        outcomes = caller.call("StartExecutions", state_machine_arn=flooded,
                                               items=[{"input": "1"}] * 2000)["outcomes"]
                    except probe.GrpcError as error:
                        (refused if error.code == 8 else strange).append(str(error))
                        continue
                    for outcome in outcomes:
                        if not outcome.get("error"):
                            acknowledged.append(outcome["execution_arn"])
                        elif outcome["error"] == "ThrottlingException":
                            refused.append(outcome["error"])
                        else:
                            strange.append(outcome["error"])
            finally:
                caller.close()

        def bystander():
            while time.monotonic() < stop:
                others.append(raw(self.node, "StartExecution", {"stateMachineArn": other, "input": "1"})[0])
                peak.append(self.node.resident_kib())
                time.sleep(0.05)

        threads = [threading.Thread(target=flood, args=(i,)) for i in range(40)]
        threads += [threading.Thread(target=bulk) for _ in range(3)] + [threading.Thread(target=bystander)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(strange, [])
        self.assertGreater(len(refused), 100)
        self.assertGreater(len(acknowledged), 100)
        self.assertGreater(self.shed("start"), 100)
        served = sum(status == 200 for status in others) / len(others)
        grown = (max(peak) - before) / 1024
        print(f"    {len(acknowledged)} started, {len(refused)} refused; a bystander was served {served:.0%} of "
              f"{len(others)} times; resident grew by {grown:.0f} MiB at most")
        self.assertGreater(served, 0.95, "a flood of one machine leaves room for another's starts")
        self.assertLess(grown, 200)
        sample = acknowledged[:: max(1, len(acknowledged) // 300)]
        for execution in sample:
            self.assertEqual(self.client.wait_for_end(execution)["status"], "SUCCEEDED")
        wait_until(lambda: self.node.metric("pawl_open_executions") == 0, 60)
        wait_until(lambda: self.node.metric("pawl_requests_under_way", kind="start") == 0, 10)

    def test_polls_over_the_bound_are_refused_and_reports_are_taken(self):
        name = f"a-{uuid.uuid4().hex[:8]}"
        activity = self.client.insist("CreateActivity", {"name": name})["activityArn"]
        machine = self.machine({"StartAt": "W", "States": {"W": {"Type": "Task", "Resource": activity, "End": True}}})
        execution = self.client.insist("StartExecution", {"stateMachineArn": machine})["executionArn"]
        task = self.client.call("GetActivityTask", {"activityArn": activity}, timeout=70)
        idle = self.client.insist("CreateActivity", {"name": name + "-idle"})["activityArn"]
        callers = [probe.Probe(self.node.grpc) for _ in range(20)]
        for number, caller in enumerate(callers):
            caller._process.stdin.write("Poll " + json.dumps({
                "session_id": f"s{number}", "worker_name": "w", "tasks_max": 1, "wait_ms": 20_000,
                "handlers": [{"name": name + "-idle"}]}) + "\n")
        try:
            wait_until(lambda: self.node.metric("pawl_requests_under_way", kind="poll") == 20, 20)
            status, error, retry_after, _ = raw(self.node, "GetActivityTask", {"activityArn": idle})
            self.assertEqual((status, error, retry_after), (400, "ThrottlingException", "1"))
            one_more = probe.Probe(self.node.grpc)
            with self.assertRaises(probe.GrpcError) as refused:
                one_more.poll("s-more", [name + "-idle"])
            self.assertEqual(refused.exception.code, 8)
            one_more.close()
            self.client.call("SendTaskHeartbeat", {"taskToken": task["taskToken"]})
            self.client.call("SendTaskSuccess", {"taskToken": task["taskToken"], "output": "1"})
            self.assertEqual(self.client.wait_for_end(execution)["status"], "SUCCEEDED")
            self.assertGreaterEqual(self.shed("poll"), 2)
        finally:
            for caller in callers:
                caller._process.kill()
                caller._process.wait()
                caller._process.stdin.close()
                caller._process.stdout.close()

    def test_waiting_calls_over_the_bound_are_refused(self):
        machine = self.machine({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}})
        executions = self.client.insist("StartExecution", {"stateMachineArn": machine})["executionArn"]
        callers = [probe.Probe(self.node.grpc) for _ in range(25)]
        with concurrent.futures.ThreadPoolExecutor(25) as pool:
            def wait(caller):
                try:
                    caller.call("DescribeExecution", execution_arn=executions, wait_ms=3000)
                    return 0
                except probe.GrpcError as error:
                    return error.code
            codes = list(pool.map(wait, callers))
        for caller in callers:
            caller.close()
        self.assertEqual(sorted(set(codes)), [0, 8], codes)
        self.assertGreaterEqual(self.shed("watch"), 1)


if __name__ == "__main__":
    unittest.main()
