"""Several scheduler processes on one database: one dies, one sleeps through its lease, one leaves in good order."""
import time
import unittest

import chaos
from harness import load, world
from harness.processes import wait_until

LEASE_S = 2.0
PARTITIONS = 64
# Processes share few cores with all other tests: what a clock on the wall may add to a bound.
SLACK_S = 1.0


class Nodes(unittest.TestCase):
    def begin(self, nodes, executions=0, rate=10):
        result = self._outcome.result
        self.failures_before = len(result.failures) + len(result.errors)
        self.world = world.World(nodes=nodes, workers=nodes, lease=f"{int(LEASE_S * 1000)}ms")
        self.world.__enter__()
        self.addCleanup(self.end_world)
        self.world.wait_until_serving()
        self.load = load.Load(self.world.client(), self.world.journal, "cluster")
        if executions:
            self.load.start(executions, rate=rate)
            wait_until(lambda: self.load.acknowledged >= executions // 4, 30)

    def end_world(self):
        result = self._outcome.result
        failed = len(result.failures) + len(result.errors) > self.failures_before
        self.world.__exit__(AssertionError if failed else None, None, None)

    def owned(self, node):
        return int(node.metric("pawl_partitions_owned") or 0)

    def fullest(self):
        """(the node that owns the most partitions, the others)"""
        nodes = sorted(self.world.schedulers, key=self.owned)
        return nodes[-1], nodes[:-1]

    def seconds_until_owned_by(self, nodes, limit):
        began = time.monotonic()
        wait_until(lambda: sum(self.owned(node) for node in nodes) == PARTITIONS, limit,
                   lambda: f"the others own {[self.owned(node) for node in nodes]} partitions")
        return time.monotonic() - began

    def assert_all_is_well(self):
        self.assertEqual(self.load.watch(90), 0, self.load.open_names())
        self.assertEqual(self.load.problems, [])
        code, said = self.world.check()
        self.assertEqual(code, 0, said)

    def test_a_killed_node_is_taken_over_within_its_lease_and_a_second(self):
        self.begin(nodes=2, executions=40)
        dead, rest = self.fullest()
        self.assertGreater(self.owned(dead), 0)
        dead.kill()
        took = self.seconds_until_owned_by(rest, LEASE_S + 1 + SLACK_S)
        print(f"\n    taken over {took:.2f} s after SIGKILL, lease {LEASE_S:g} s", flush=True)
        # The dead node's worker loses its session; its handlers that are not restartable wait for that.
        self.world.workers[self.world.schedulers.index(dead)].kill()
        self.assert_all_is_well()

    def test_a_node_that_sleeps_through_its_lease_is_fenced(self):
        self.begin(nodes=2, executions=60)
        sleeper, rest = self.fullest()
        sleeper.pause()
        self.seconds_until_owned_by(rest, LEASE_S + 1 + SLACK_S)
        time.sleep(LEASE_S)
        sleeper.go_on()
        # It must notice by itself: its appends are refused, its leases are gone.
        wait_until(lambda: sum(self.owned(node) for node in self.world.schedulers) == PARTITIONS, 2 * LEASE_S + SLACK_S,
                   lambda: f"claimed at once: {[self.owned(node) for node in self.world.schedulers]}")
        self.assert_all_is_well()

    def test_a_node_that_leaves_hands_its_partitions_over(self):
        self.begin(nodes=2, executions=40)
        leaver, rest = self.fullest()
        began = time.monotonic()
        self.assertEqual(leaver.stop(), 0, leaver.log_text()[-2000:])
        stopped = time.monotonic() - began
        self.seconds_until_owned_by(rest, LEASE_S + SLACK_S)
        took = time.monotonic() - began
        print(f"\n    stopped {stopped:.2f} s, handed over {took:.2f} s after SIGTERM", flush=True)
        leaver.start()
        self.assert_all_is_well()

    def test_three_nodes_under_harm(self):
        """One bounded round; `./dev chaos --nodes 3 --workers 4 --standby` is the long one."""
        seed = chaos.fresh_seed()
        problems = chaos.run(seconds=25, seed=seed, executions=120, nodes=3, workers=4, settle=60, quiet=True,
                             standby=True)
        self.assertEqual(problems, [], f"PAWL_E2E_SEED={seed} repeats it")


if __name__ == "__main__":
    unittest.main()
