"""Three scheduler processes on one database: spreading, forwarding, relaying, and what a caller notices when nodes come,
leave, die and freeze. The longest stall of each case is printed.
"""
import json
import random
import signal
import threading
import time
import unittest

from harness import aws, load, machines, processes, world

LEASE_S = 2.0
PARTITIONS = 64
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 600, "End": True}}}


def owned(here):
    return [node.metric("pawl_partitions_owned") or 0 if node.alive() else 0 for node in here.schedulers]


def wait_until_spread(here, nodes, seconds=15):
    share = -(-PARTITIONS // nodes)
    processes.wait_until(lambda: sum(owned(here)) == PARTITIONS and max(owned(here)) <= share, seconds,
                         lambda: f"partitions are owned {owned(here)}")


class Probe:
    """Starts executions one after the other from several threads, each with its end, and keeps how long each took.
    Through any node, or through those given."""

    def __init__(self, here, machine, threads=6, nodes=None):
        self._nodes, self._machine = nodes or here.schedulers, machine
        self._stopping = False
        self._lock = threading.Lock()
        self._began = 0.0
        self.took = []  # (when it began, how long it took)
        self.problems = []
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self, number):
        # Each call goes to another node; a client that gets no answer turns to the next.
        client = aws.Aws(*random.sample([node.http for node in self._nodes], len(self._nodes)), timeout=LEASE_S + 8)
        n = 0
        while not self._stopping:
            n += 1
            began = time.monotonic()
            try:
                self._one(client, f"probe-{number}-{n}-{random.random()}")
            except Exception as error:  # the test must hear of it
                self.problems.append(f"{type(error).__name__}: {error}")
                return
            with self._lock:
                self.took.append((began, time.monotonic() - began))

    def _one(self, client, name):
        try:
            execution = client.insist("StartExecution", {"stateMachineArn": self._machine, "name": name, "input": "{}"},
                                      seconds=60)["executionArn"]
        except aws.AwsError as error:
            if error.name != "ExecutionAlreadyExists":
                raise
            execution = aws.arn("execution", self._machine.rsplit(":", 1)[-1], name)
        while client.insist("DescribeExecution", {"executionArn": execution})["status"] == "RUNNING":
            time.sleep(0.01)

    def longest_since(self, when):
        with self._lock:
            return max((took for began, took in self.took if began + took >= when), default=0.0)

    def stop(self):
        self._stopping = True
        for thread in self._threads:
            thread.join(60)


class Cluster(unittest.TestCase):
    def test_any_node_takes_any_call(self):
        with world.World(nodes=3, workers=0, lease="2s") as here:
            wait_until_spread(here, 3)
            clients = [aws.Aws(node.http) for node in here.schedulers]
            machine = clients[0].create_machine("any", PASS)
            for n in range(40):
                started = [client.call("StartExecution", {"stateMachineArn": machine, "name": f"n{n}", "input": "{}"})
                           if n % 2 else client.call("StartExecution", {"stateMachineArn": machine, "input": "{}"})
                           for client in clients[:1 if n % 2 else 3]]
                for execution in {answer["executionArn"] for answer in started}:
                    for client in clients:
                        described = client.call("DescribeExecution", {"executionArn": execution})
                        self.assertEqual(described["status"], "SUCCEEDED")
                        self.assertEqual(len(client.history(execution)), 4)
            waiting = clients[1].create_machine("waiting", WAIT)
            for n in range(30):
                name, client = f"w{n}", clients[n % 3]
                arns = {other.call("StartExecution", {"stateMachineArn": waiting, "name": name, "input": "{}"})
                        ["executionArn"] for other in clients}
                self.assertEqual(len(arns), 1, "a name is one execution, whoever is asked")
                with self.assertRaises(aws.AwsError) as refused:
                    client.call("StartExecution", {"stateMachineArn": waiting, "name": name, "input": '{"other":1}'})
                self.assertEqual(refused.exception.name, "ExecutionAlreadyExists")
                client.call("StopExecution", {"executionArn": arns.copy().pop(), "error": "E", "cause": "c"})
                described = clients[(n + 1) % 3].call("DescribeExecution", {"executionArn": arns.pop()})
                self.assertEqual((described["status"], described["error"]), ("ABORTED", "E"))

    def test_a_worker_that_knows_one_node_gets_all_work(self):
        with world.World(nodes=3, workers=0, lease="2s") as here:
            wait_until_spread(here, 3)
            here.add_worker(here.schedulers[1])
            work = load.Load(here.client(), here.journal, "one")
            work.start(60)
            self.assertEqual(work.watch(60), 0, work.open_names())
            code, said = here.check()
            self.assertEqual(code, 0, said)

    def test_activity_polls_and_answers_go_to_any_node(self):
        with world.World(nodes=3, workers=0, lease="2s") as here:
            wait_until_spread(here, 3)
            clients = [aws.Aws(node.http) for node in here.schedulers]
            activity = clients[0].insist("CreateActivity", {"name": "by-hand"})["activityArn"]
            machine = clients[0].create_machine("by-hand", {"StartAt": "A", "States": {
                "A": {"Type": "Task", "Resource": activity, "HeartbeatSeconds": 20, "End": True}}})
            longest = 0.0
            for n in range(20):
                # Sometimes the poll is there first, sometimes the task.
                poller, got = clients[n % 3], []
                poll = threading.Thread(target=lambda p=poller, g=got: g.append(
                    p.call("GetActivityTask", {"activityArn": activity, "workerName": "hand"}, timeout=70)))
                if n % 2:
                    poll.start()
                    time.sleep(0.05)
                began = time.monotonic()
                execution = clients[(n + 1) % 3].call("StartExecution", {
                    "stateMachineArn": machine, "input": json.dumps({"n": n})})["executionArn"]
                if not n % 2:
                    poll.start()
                poll.join(30)
                longest = max(longest, time.monotonic() - began)
                self.assertEqual(json.loads(got[0]["input"]), {"n": n})
                token = got[0]["taskToken"]
                clients[(n + 2) % 3].call("SendTaskHeartbeat", {"taskToken": token})
                clients[(n + 1) % 3].call("SendTaskSuccess", {"taskToken": token, "output": json.dumps({"n": n + 1})})
                with self.assertRaises(aws.AwsError) as refused:
                    clients[n % 3].call("SendTaskHeartbeat", {"taskToken": token})
                self.assertEqual(refused.exception.name, "TaskTimedOut")
                described = clients[n % 3].call("DescribeExecution", {"executionArn": execution})
                self.assertEqual((described["status"], described["output"]), ("SUCCEEDED", json.dumps({"n": n + 1})))
            print(f"    longest wait of a task for a poll at another node: {longest * 1000:.0f} ms")

    def test_stalls_when_nodes_join_leave_die_and_freeze(self):
        with world.World(nodes=2, workers=0, lease=f"{LEASE_S:g}s") as here:
            wait_until_spread(here, 2)
            machine = here.client().create_machine("probe", PASS)
            third = processes.Scheduler(here.folder / "scheduler-2.log", here.database.dsn, f"{LEASE_S:g}s")
            probe = Probe(here, machine)
            time.sleep(2)
            print(f"    longest execution without harm: {probe.longest_since(0) * 1000:.0f} ms")
            stalls = {}

            def case(name, harm, settled):
                began = time.monotonic()
                harm()
                settled()
                time.sleep(0.5)
                stalls[name] = probe.longest_since(began)
                print(f"    {name}: longest stall {stalls[name] * 1000:.0f} ms")

            def join():
                third.start()
                here.schedulers.append(third)

            case("a node joins", join, lambda: wait_until_spread(here, 3))
            case("a node leaves (SIGTERM)", lambda: here.schedulers[1].stop(), lambda: wait_until_spread(here, 2))
            here.schedulers[1].start()
            wait_until_spread(here, 3)
            case("a node dies (SIGKILL)", lambda: here.schedulers[2].kill(), lambda: wait_until_spread(here, 2))
            here.schedulers[2].start()
            wait_until_spread(here, 3)

            def freeze():
                here.schedulers[0].pause()
                time.sleep(2 * LEASE_S)
                here.schedulers[0].go_on()

            case("a node freezes for two leases (SIGSTOP)", freeze, lambda: wait_until_spread(here, 3))
            probe.stop()
            self.assertEqual(probe.problems, [])
            self.assertGreater(len(probe.took), 100)
            # The figures are for reading; on a machine that is shared these bounds are wide.
            self.assertLess(stalls["a node joins"], 2)
            self.assertLess(stalls["a node leaves (SIGTERM)"], 2)
            self.assertLess(stalls["a node dies (SIGKILL)"], LEASE_S + 3)

    def test_the_others_take_a_frozen_node_over_as_quickly_as_a_dead_one(self):
        """It keeps its connections and answers nothing: what it was sent is not waited for once others own it."""
        with world.World(nodes=3, workers=0, lease=f"{LEASE_S:g}s") as here:
            wait_until_spread(here, 3)
            machine = here.client().create_machine("probe", PASS)
            probe = Probe(here, machine, nodes=here.schedulers[1:])
            stalls = []
            for _ in range(3):
                time.sleep(1)
                began = time.monotonic()
                here.schedulers[0].pause()
                time.sleep(3 * LEASE_S)
                stalls.append(probe.longest_since(began))
                here.schedulers[0].go_on()
                wait_until_spread(here, 3)
            probe.stop()
            print("    longest stalls with a frozen node, as others see it: "
                  + ", ".join(f"{stall * 1000:.0f} ms" for stall in stalls))
            self.assertEqual(probe.problems, [])
            # On a machine that is shared, one of three may be late.
            self.assertLess(max(stalls), LEASE_S + 1.5)
            self.assertLess(min(stalls), LEASE_S + 1)

    def test_nothing_is_lost_and_nothing_runs_twice_when_nodes_come_and_go(self):
        with world.World(nodes=3, workers=3, lease=f"{LEASE_S:g}s") as here:
            wait_until_spread(here, 3)
            work = load.Load(here.client(), here.journal, "harm")
            work.start(200, rate=12)
            watcher = threading.Thread(target=lambda: work.watch(40), daemon=True)
            watcher.start()
            for node, harm in ((1, signal.SIGTERM), (2, signal.SIGKILL), (0, signal.SIGSTOP), (1, signal.SIGKILL)):
                time.sleep(2)
                victim = here.schedulers[node]
                victim.send(harm)
                if harm == signal.SIGSTOP:
                    time.sleep(2 * LEASE_S)
                    victim.go_on()
                else:
                    victim.wait(20)
                    time.sleep(1)
                    victim.start()
            watcher.join()
            self.assertEqual(work.watch(60), 0, work.open_names())
            self.assertEqual(work.problems, [])
            code, said = here.check()
            here.keep = code != 0
            self.assertEqual(code, 0, said)


if __name__ == "__main__":
    unittest.main()
