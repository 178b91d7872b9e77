"""Several PostgreSQL servers: partitions move from one to another while the service works on them. Nothing is lost, each
stands still for a moment only, and lists and searches see all of them as one."""
import json
import subprocess
import threading
import time
import unittest

from harness import aws, load, world
from harness.processes import BIN, wait_until

EXECUTIONS = 80
STOPPED_MS_MAX = 1000  # of a machine that is busy with other tests; alone it is 30


class Servers(unittest.TestCase):
    def admin(self, here, command, *more):
        servers = [part for dsn in here.dsns for part in ("--postgres", dsn)]
        done = subprocess.run([BIN / "pawl", "admin", command, "--output", "json", *servers, *map(str, more)],
                              capture_output=True, text=True, check=False, timeout=240)
        self.assertTrue(done.stdout[:1] in ("{", "["), done.stderr)
        return done.returncode, json.loads(done.stdout)

    def move(self, here, to, partitions):
        code, moved = self.admin(here, "move", "--to", to, "--partition", *partitions)
        self.assertEqual(code, 0)
        return moved

    def test_partitions_move_under_load(self):
        with world.World(nodes=2, workers=2, databases=2) as here:
            here.wait_until_serving()
            client = here.client()
            waiting = client.insist("CreateStateMachine", {
                "name": "waiting", "roleArn": aws.ROLE,
                "definition": json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 86400,
                                                                            "End": True}}})})["stateMachineArn"]
            arns = [client.insist("StartExecution", {"stateMachineArn": waiting, "name": f"w{n}"})["executionArn"]
                    for n in range(40)]
            work = load.Load(client, here.journal, "servers")
            work.start(EXECUTIONS, rate=8)
            watching = threading.Thread(target=work.watch, args=(150,))
            watching.start()
            wait_until(lambda: work.acknowledged >= 10, 30)
            moved = self.move(here, 2, range(0, 64, 2))
            moved += self.move(here, 1, range(0, 64, 4))
            stopped = [one["stopped_ms"] for one in moved]
            print(f"\n    {len(moved)} moves, {sum(one['decisions'] for one in moved)} decisions; a partition stood still "
                  f"for {sum(stopped) / len(stopped):.0f} ms, {max(stopped)} ms at most", flush=True)
            self.assertLess(max(stopped), STOPPED_MS_MAX)
            self.assertGreater(sum(one["decisions"] for one in moved), 50)
            here.wait_until_serving()

            # All 40 in one list, page by page, newest first, each once; and each is found where it is.
            listed, token = [], {}
            while token is not None:
                page = client.insist("ListExecutions", {"stateMachineArn": waiting, "maxResults": 7, **token})
                listed += [one["executionArn"] for one in page["executions"]]
                token = {"nextToken": page["nextToken"]} if page.get("nextToken") else None
            self.assertEqual(listed, arns[::-1])
            for arn in arns:
                self.assertEqual(client.insist("DescribeExecution", {"executionArn": arn})["status"], "RUNNING")
                client.insist("StopExecution", {"executionArn": arn})
            with self.assertRaises(aws.AwsError) as gone:
                client.call("DescribeExecution", {"executionArn": arns[0] + "x"})
            self.assertEqual(gone.exception.name, "ExecutionDoesNotExist")

            watching.join()
            self.assertEqual(work.open_names(), [])
            self.assertEqual(work.problems, [])
            code, said = here.check()
            self.assertEqual(code, 0, said)
            code, report = self.admin(here, "check")
            self.assertEqual((code, report["findings"]), (0, []))
            self.assertEqual(here.database.sql("select count(*) from pawl.partitions where here", "further2"), "16")
            self.assertEqual(here.database.sql("select count(*) from pawl.partitions where here"), "48")
            self.a_move_that_was_cut_off_is_mended(here)
            self.without_one_of_them_the_others_go_on(here, client, waiting)

    def a_move_that_was_cut_off_is_mended(self, here):
        """Between the two commits the partition is nowhere; whoever looks next puts it back, or finishes it."""
        target = here.database.sql("select server from pawl.cluster", "further2")
        here.database.sql("update pawl.partitions set here = false, moving_to = null, writer = null, node = '' "
                          "where partition = 1")
        code, report = self.admin(here, "check")
        self.assertEqual(code, 1)
        self.assertIn((1, "none of the given databases holds its log"),
                      [(f.get("partition"), f["sentence"]) for f in report["findings"]])
        here.database.sql(f"update pawl.partitions set moving_to = '{target}' where partition = 1")
        code, places = self.admin(here, "move")
        self.assertEqual((code, places[1]["server"]), (0, 1))
        self.assertEqual(self.admin(here, "check")[0], 0)

    def without_one_of_them_the_others_go_on(self, here, client, machine):
        here.database.sql("alter database further2 allow_connections false", "postgres")
        here.database.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'further2'", "postgres")
        wait_until(lambda: not any(node.ready() for node in here.schedulers), 15)
        served = 0
        for n in range(24):
            try:
                client.call("StartExecution", {"stateMachineArn": machine, "name": f"x{n}"}, timeout=5)
                served += 1
            except (aws.AwsError, aws.NoAnswer):
                pass
        self.assertGreater(served, 8, "three quarters of the partitions are at the other one")
        here.database.sql("alter database further2 allow_connections true", "postgres")
        for node in here.schedulers:
            node.wait_until_ready(30)
        here.wait_until_serving()
        time.sleep(1)
        code, report = self.admin(here, "check")
        self.assertEqual((code, report["findings"]), (0, []))


if __name__ == "__main__":
    unittest.main()
