#!/usr/bin/env python3
"""What the model says of costs that are easy to reckon with."""
import unittest

from scaling_model import SCHEDULER, Costs, bound, cluster_cores, costs_with, limits, table

ONE = Costs(engine=20, writer=4, rest=6, commit=10, postgres=10, worker=4, load=1)


class ScalingModel(unittest.TestCase):
    def test_the_scarcest_resource_limits(self):
        self.assertEqual(bound({"a": 3.0, "b": 2.0}), (2.0, "b"))
        cores = cluster_cores(nodes=1, servers=1, node_cores=4, server_cores=4, worker_cores=1)
        self.assertEqual(bound(limits(ONE, 1, 1, cores)), (50_000, "engine threads"))
        few = cluster_cores(nodes=1, servers=1, node_cores=1, server_cores=4, worker_cores=1)
        steps, name = bound(limits(ONE, 1, 1, few))
        self.assertAlmostEqual(steps, 1e6 / 30)
        self.assertEqual(name, "scheduler cores")

    def test_processes_that_share_cores_add_up(self):
        shared = {"all cores": (SCHEDULER + ("postgres", "worker", "load"), 2)}
        self.assertAlmostEqual(bound(limits(ONE, 1, 1, shared))[0], 2e6 / 45)

    def test_a_connection_does_one_thing_at_a_time(self):
        self.assertEqual(limits(ONE, 3, 2, {})["writer connections"], 600_000)

    def test_crossing_grows_with_the_nodes_and_never_pays(self):
        two = Costs(**{**vars(ONE), "rest": 10, "worker": 3, "commit": 30})
        self.assertEqual(costs_with(1, ONE, two), ONE)
        self.assertEqual(costs_with(2, ONE, two).rest, 10)
        self.assertEqual(costs_with(4, ONE, two).rest, 12)
        self.assertEqual(costs_with(2, ONE, two).worker, 4)
        self.assertEqual(costs_with(2, ONE, two).commit, 10)

    def test_nodes_help_until_postgresql_is_used_up_and_then_servers_do(self):
        rows = {(nodes, servers): (steps, name) for nodes, servers, steps, name in table(ONE, ONE)}
        self.assertEqual(rows[1, 1], (50_000, "engine threads"))
        self.assertEqual(rows[1, 3], rows[1, 1])
        half = Costs(**{**vars(ONE), "postgres": 20})
        rows = {(nodes, servers): (steps, name) for nodes, servers, steps, name in table(half, half)}
        self.assertEqual(rows[8, 1], (200_000, "PostgreSQL cores"))
        self.assertEqual(rows[8, 3], (400_000, "engine threads"))


if __name__ == "__main__":
    unittest.main()
