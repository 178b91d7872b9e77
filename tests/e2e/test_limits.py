"""Limits on tasks, with real processes: no more tasks of a key run than its limit says, by what the workers wrote down,
while schedulers die by SIGKILL and come back; a rate holds; a limit can be changed and taken away while work waits."""
import json
import subprocess
import time
import unittest
import uuid

from harness import machines, world
from harness.processes import BIN, wait_until

LIMIT = 3
TASK_MS = 250


class Limits(unittest.TestCase):
    def admin(self, here, *words):
        done = subprocess.run([BIN / "pawl", "admin", *map(str, words), "--output", "json", "--postgres",
                               here.database.dsn], capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def limit(self, here, *words):
        self.admin(here, "limit", *words)
        time.sleep(3)  # until every node has read it

    def machine(self, client, handler="once", sleep_ms=TASK_MS):
        state = machines.task("$.key", handler, sleep_ms=sleep_ms)
        return client.create_machine(f"m-{uuid.uuid4().hex[:8]}", machines.sequence(("Work", state)))

    def start(self, client, machine, count):
        return [client.insist("StartExecution", {"stateMachineArn": machine, "input": json.dumps(
            {"value": 1, "key": uuid.uuid4().hex})})["executionArn"] for _ in range(count)]

    def await_end(self, client, arns, seconds):
        left = set(arns)

        def all_ended():
            for arn in list(left):
                status = client.insist("DescribeExecution", {"executionArn": arn})["status"]
                self.assertIn(status, ("RUNNING", "SUCCEEDED"))
                if status == "SUCCEEDED":
                    left.discard(arn)
            return not left
        wait_until(all_ended, seconds, lambda: f"{len(left)} of {len(arns)} executions run")

    def attempts(self, here, since=0):
        """(begin, end) in milliseconds of the attempts that began since."""
        begun, spans = {}, []
        for line in here.ledger.read_text().splitlines():
            entry = json.loads(line)
            attempt = entry["execution"], entry["key"], entry["attempt"]
            if entry["phase"] == "begin":
                begun[attempt] = entry["at_ms"]
            elif begun[attempt] >= since:
                spans.append((begun.pop(attempt), entry["at_ms"]))
        self.assertFalse([at for at in begun.values() if at >= since])
        return spans

    @staticmethod
    def most_at_once(spans):
        now = most = 0
        for _, change in sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans]):
            now += change
            most = max(most, now)
        return most

    def test_concurrency_holds_while_schedulers_die(self):
        with world.World(nodes=3, workers=2, slots=8) as here:
            here.wait_until_serving()
            client = here.client()
            for handler in ("once", "again"):
                client.insist("CreateActivity", {"name": handler})
            self.limit(here, "gpu", "--queue", "once", "--queue", "again", "--concurrency", LIMIT)
            began = time.monotonic()
            arns = self.start(client, self.machine(client), 40) + self.start(client, self.machine(client, "again"), 40)
            for node in (here.schedulers[2], here.schedulers[1], here.schedulers[2]):
                time.sleep(2)
                node.kill()
                time.sleep(0.5)
                node.start()
            self.await_end(client, arns, 150)
            took = time.monotonic() - began
            spans = self.attempts(here)
            least = len(spans) * TASK_MS / 1000 / LIMIT
            print(f"\n    {len(spans)} attempts, {self.most_at_once(spans)} at once at most, in {took:.1f} s; without a "
                  f"pause it takes {least:.1f} s", flush=True)
            self.assertLessEqual(self.most_at_once(spans), LIMIT)
            self.assertGreaterEqual(len(spans), 80)
            wait_until(lambda: self.admin(here, "limits")[0]["held"] == 0, 15)
            code = subprocess.run([BIN / "pawl", "admin", "check", "--postgres", here.database.dsn],
                                  capture_output=True, text=True, check=False, timeout=120)
            self.assertEqual(code.returncode, 0, code.stdout + code.stderr)

    def test_limits_are_changed_while_work_waits(self):
        with world.World(nodes=2, workers=2, slots=8) as here:
            here.wait_until_serving()
            client = here.client()
            client.insist("CreateActivity", {"name": "once"})
            self.limit(here, "once", "--rate", "2/s")
            self.assertEqual(self.admin(here, "limits"), [
                {"key": "once", "handlers": ["once"], "held": 0, "concurrency": None, "rate": 2.0}])
            since = time.time() * 1000
            machine = self.machine(client, sleep_ms=20)
            arns = self.start(client, machine, 60)
            time.sleep(8)
            at_two_a_second = len([1 for line in here.ledger.read_text().splitlines()
                                   if json.loads(line)["phase"] == "begin"])
            seconds = time.time() - since / 1000
            print(f"\n    {at_two_a_second} began in {seconds:.1f} s at 2/s", flush=True)
            self.assertLessEqual(at_two_a_second, 2 * (seconds + 3) + 1)
            self.assertGreaterEqual(at_two_a_second, 8)
            waiting = sum(node.metric("pawl_limit_tasks_waiting", key="once") or 0 for node in here.schedulers)
            self.assertGreater(waiting, 10)
            self.assertGreaterEqual(sum(node.metric("pawl_task_backlog", handler="once") or 0
                                        for node in here.schedulers), waiting / 2)
            self.limit(here, "once", "--none")
            self.await_end(client, arns, 30)
            self.assertEqual(self.admin(here, "limits"), [])

    def test_bad_input(self):
        with world.World(nodes=1, workers=0) as here:
            here.schedulers[0].wait_until_ready()
            self.admin(here, "limit", "gpu", "--queue", "train", "--concurrency", 2)
            for words, sentence in ((("limit", "train", "--concurrency", "1"), "under key gpu"),
                                    (("limit", "train"), "--concurrency"),
                                    (("limit", "train", "--rate", "fast"), "5/s"),
                                    (("limit", "train", "--rate", "-1/s"), "5/s"),
                                    (("limit", "train", "--concurrency", "0"), "concurrency")):
                done = subprocess.run([BIN / "pawl", "admin", *words, "--postgres", here.database.dsn],
                                      capture_output=True, text=True, check=False, timeout=60)
                self.assertNotEqual(done.returncode, 0, words)
                self.assertIn(sentence, done.stderr)


if __name__ == "__main__":
    unittest.main()
