"""PostgreSQL's primary dies for good under load. A synchronous standby that is promoted has everything; of one that
lagged, the nodes notice what it lacks, and serve the partitions again only when somebody has accepted that."""
import json
import subprocess
import time
import unittest

from harness import aws, load, world
from harness.processes import BIN, wait_until

EXECUTIONS = 60


class Failover(unittest.TestCase):
    def test_a_promoted_synchronous_standby_has_everything(self):
        with world.World(nodes=2, workers=2, standby=True) as here:
            here.wait_until_serving()
            self.assertEqual(here.database.sql("select sync_state from pg_stat_replication"), "sync")
            work = load.Load(here.client(), here.journal, "failover")
            work.start(EXECUTIONS, rate=10)
            wait_until(lambda: work.acknowledged >= EXECUTIONS // 3, 30)
            here.database.kill()
            wait_until(lambda: not any(node.ready() for node in here.schedulers), 15)
            acknowledged = work.acknowledged
            time.sleep(1)
            self.assertEqual(work.acknowledged, acknowledged, "nobody can promise anything now")
            here.standby.promote()
            began = time.monotonic()
            for node in here.schedulers:
                node.wait_until_ready(30)
            print(f"\n    ready {time.monotonic() - began:.1f} s after the promotion", flush=True)
            self.assertEqual(work.watch(90), 0, work.open_names())
            self.assertEqual(work.problems, [])
            self.assertEqual(work.acknowledged, EXECUTIONS)
            code, said = here.check()
            self.assertEqual(code, 0, said)

    def test_a_replica_that_lagged_is_not_served_before_the_loss_is_accepted(self):
        with world.World(nodes=2, workers=1, standby="asynchronous") as here:
            here.wait_until_serving()
            client, database = here.client(), here.database
            machine = client.insist("CreateStateMachine", {
                "name": "waiting", "roleArn": aws.ROLE,
                "definition": json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 86400,
                                                                            "End": True}}})})["stateMachineArn"]

            def start(name):
                return client.insist("StartExecution", {"stateMachineArn": machine, "name": name})["executionArn"]
            kept = [start(f"kept-{n}") for n in range(20)]
            lsn = database.sql("select pg_current_wal_lsn()")
            wait_until(lambda: here.standby.sql(f"select pg_last_wal_replay_lsn() >= '{lsn}'") == "t", 20)
            here.standby.stop_streaming()
            lost = [start(f"lost-{n}") for n in range(5)]
            before = [len(node.log_text()) for node in here.schedulers]
            database.kill()
            here.standby.promote()

            def said(node):
                return node.ops("/readyz")
            for node in here.schedulers:
                wait_until(lambda: said(node)[0] == 503 and "lacks sequences" in said(node)[1], 20,
                           lambda: f"{said(node)}\n{node.log_text()[-3000:]}")
            wait_until(lambda: sum(node.metric("pawl_partitions_owned") or 0 for node in here.schedulers) >= 64 - 5, 20)
            time.sleep(2)  # two leases: nobody takes them
            losses = self.losses(here.standby.dsn)
            self.assertEqual(sum(loss["decisions"] for loss in losses), 5)
            for node in here.schedulers:
                self.assertEqual(node.metric("pawl_lost_decisions"), 5)
            lines = [line for node, at in zip(here.schedulers, before) for line in node.log_text()[at:].splitlines()
                     if "accept-loss" in line]
            self.assertLessEqual(len(lines), 2 * len(here.schedulers), lines)
            code, report = self.pawl("check", "--postgres", here.standby.dsn)
            self.assertEqual((code, {finding["kind"] for finding in report["findings"]}), (1, {"loss"}))

            # Other partitions are served; those that lost something are not.
            self.assertEqual(client.insist("DescribeExecution", {"executionArn": kept[0]})["status"], "RUNNING")
            served = 0
            for arn in kept:
                try:
                    client.call("StopExecution", {"executionArn": arn})
                    served += 1
                except (aws.AwsError, aws.NoAnswer):
                    pass
            self.assertGreater(served, 0)

            code, report = self.pawl("accept-loss", "--yes", "--postgres", here.standby.dsn)
            self.assertEqual((code, report["accepted"]), (0, len(losses)))
            for node in here.schedulers:
                node.wait_until_ready(20)
            here.wait_until_serving()
            for arn in lost:
                with self.assertRaises(aws.AwsError) as gone:
                    client.call("DescribeExecution", {"executionArn": arn})
                self.assertEqual(gone.exception.name, "ExecutionDoesNotExist")
            self.assertEqual(len({start(f"lost-{n}") for n in range(5)}), 5, "the names are free again")
            for arn in kept:
                client.insist("StopExecution", {"executionArn": arn})
            self.assertEqual(self.pawl("check", "--postgres", here.standby.dsn)[0], 0)
            self.assertEqual(self.losses(here.standby.dsn), [])
            self.former_primary_is_refused(here)

    def test_nodes_that_all_died_with_the_primary_do_not_trust_an_asynchronous_replica(self):
        with world.World(nodes=2, workers=0, standby="asynchronous") as here:
            here.wait_until_serving()
            kept = self.start_waiting(here, "kept", 5)
            lsn = here.database.sql("select pg_current_wal_lsn()")
            wait_until(lambda: here.standby.sql(f"select pg_last_wal_replay_lsn() >= '{lsn}'") == "t", 20)
            here.standby.stop_streaming()
            lost = self.start_waiting(here, "lost", 3)
            self.all_die_and_the_standby_takes_over(here)
            for node in here.schedulers:
                wait_until(lambda: "may lack decisions" in node.ops("/readyz")[1], 20,
                           lambda: f"{node.ops('/readyz')}\n{node.log_text()[-3000:]}")
            time.sleep(2)  # two leases: nobody takes them
            self.assertEqual(sum(node.metric("pawl_partitions_owned") or 0 for node in here.schedulers), 0)
            losses = self.losses(here.standby.dsn)
            self.assertEqual((len(losses), {loss["decisions"] for loss in losses}), (64, {0}))
            with self.assertRaises((aws.AwsError, aws.NoAnswer)):
                here.client().call("StopExecution", {"executionArn": kept[0]})
            code, report = self.pawl("accept-loss", "--yes", "--postgres", here.standby.dsn)
            self.assertEqual((code, report["accepted"]), (0, 64))
            here.wait_until_serving()
            for arn in kept:
                here.client().insist("StopExecution", {"executionArn": arn})
            for arn in lost:
                with self.assertRaises(aws.AwsError) as gone:
                    here.client().call("DescribeExecution", {"executionArn": arn})
                self.assertEqual(gone.exception.name, "ExecutionDoesNotExist")
            # It is over: other nodes on this timeline have nothing to ask.
            for node in here.schedulers:
                node.kill()
                node.start()
            here.wait_until_serving()
            self.assertEqual(self.losses(here.standby.dsn), [])

    def test_nodes_that_all_died_with_the_primary_go_on_with_a_synchronous_standby(self):
        with world.World(nodes=2, workers=0, standby=True) as here:
            here.wait_until_serving()
            kept = self.start_waiting(here, "kept", 5)
            self.all_die_and_the_standby_takes_over(here)
            here.wait_until_serving()
            self.assertEqual(self.losses(here.standby.dsn), [])
            for arn in kept:
                here.client().insist("StopExecution", {"executionArn": arn})

    def test_nodes_that_all_died_go_on_after_a_restart_of_the_database(self):
        with world.World(nodes=1, workers=0) as here:
            here.wait_until_serving()
            kept = self.start_waiting(here, "kept", 1)
            here.schedulers[0].kill()
            here.database.kill()
            here.database.start()
            here.schedulers[0].start()
            here.wait_until_serving()
            here.client().insist("StopExecution", {"executionArn": kept[0]})

    def start_waiting(self, here, name, count):
        machine = here.client().create_machine("waiting", {"StartAt": "W", "States": {"W": {
            "Type": "Wait", "Seconds": 86400, "End": True}}})
        return [here.client().insist("StartExecution", {"stateMachineArn": machine, "name": f"{name}-{n}"})
                ["executionArn"] for n in range(count)]

    def all_die_and_the_standby_takes_over(self, here):
        for node in here.schedulers:
            node.kill()
        here.database.kill()
        here.standby.promote()
        for node in here.schedulers:
            node.start()

    def former_primary_is_refused(self, here):
        """It comes back as it died, and the promoted one goes away: no node may take up the shorter timeline."""
        here.standby.kill()
        here.database.start()
        node = here.schedulers[0]
        wait_until(lambda: "timeline" in node.ops("/readyz")[1], 20, lambda: str(node.ops("/readyz")))
        here.database.kill()
        here.standby.start()
        for node in here.schedulers:
            node.wait_until_ready(20)

    def pawl(self, command, *more):
        done = subprocess.run([BIN / "pawl", "admin", command, "--output", "json", *more], capture_output=True,
                              text=True, check=False, timeout=120)
        self.assertTrue(done.stdout.startswith("{"), done.stderr)
        return done.returncode, json.loads(done.stdout)

    def losses(self, dsn):
        return self.pawl("accept-loss", "--postgres", dsn)[1]["losses"]


if __name__ == "__main__":
    unittest.main()
